//! What was seen of both clouds: the only thing that the checks decide on.

use crate::azure::ids::{ArmId, Guid, VnetId, same_arm_id};
use crate::azure::{DenyAssignment, RoleDefinition, ServicePrincipal, VirtualNetwork};
use crate::konnect::{
    Attachment, Availability, CloudProvider, Network, TransitGateway, TransitGatewayId,
    TransitGatewayState,
};

use super::check::{CheckId, Outcome};

/// One look at something.
#[derive(Clone, Debug)]
pub(super) enum Look<T> {
    /// It was seen.
    Seen(T),
    /// It could not be looked at; the text says why, and what right is missing.
    Blind(String),
    /// There was no sense in looking; the text says why.
    NotAsked(String),
}

impl<T> Look<T> {
    pub(super) const fn seen(&self) -> Option<&T> {
        match self {
            Self::Seen(seen) => Some(seen),
            Self::Blind(_) | Self::NotAsked(_) => None,
        }
    }

    /// What was seen, or the outcome of a check that is about this very thing.
    pub(super) fn examine(&self) -> Result<&T, Outcome> {
        match self {
            Self::Seen(seen) => Ok(seen),
            Self::Blind(why) => Err(Outcome::warning(why)),
            Self::NotAsked(why) => Err(Outcome::skipped(why)),
        }
    }
}

impl<T> Look<Option<T>> {
    /// What was seen, or the outcome of a check that needs it but is not about it.
    pub(super) fn require(&self, check: CheckId) -> Result<&T, Outcome> {
        match self {
            Self::Seen(Some(seen)) => Ok(seen),
            Self::Seen(None) => Err(Outcome::skipped(format!("{check} did not pass."))),
            Self::Blind(_) => Err(Outcome::skipped(format!("{check} could not be checked."))),
            Self::NotAsked(why) => Err(Outcome::skipped(why)),
        }
    }

    pub(super) fn found(&self) -> Option<&T> {
        self.seen().and_then(Option::as_ref)
    }
}

/// Everything that was looked at.
#[derive(Clone, Debug)]
pub(super) struct Observations {
    pub(super) network: Look<Option<Network>>,
    /// The cloud that the network's account is in.
    pub(super) provider: Look<CloudProvider>,
    pub(super) availability: Look<Availability>,
    /// All peerings of the network, whatever their kind.
    pub(super) gateways: Look<Vec<TransitGateway>>,
    /// What the network's other peerings lead to.
    pub(super) siblings: Vec<Sibling>,
    pub(super) vnet: Look<Option<VirtualNetwork>>,
    pub(super) tenant: Tenant,
    pub(super) principal: Look<Option<ServicePrincipal>>,
    pub(super) grants: Look<Grants>,
    pub(super) denials: Look<Vec<DenyAssignment>>,
}

/// Another peering of the network with its virtual network.
#[derive(Clone, Debug)]
pub(super) struct Sibling {
    pub(super) name: String,
    pub(super) vnet_id: VnetId,
    pub(super) vnet: Look<Option<VirtualNetwork>>,
}

/// The tenant that Kong's application has to act in.
#[derive(Clone, Debug, Default)]
pub(super) struct Tenant {
    /// The virtual network's.
    pub(super) id: Option<Guid>,
    /// How it comes by the service principal, with the address for this very tenant.
    pub(super) ways_to_consent: String,
    /// Why consent may not be possible at all.
    pub(super) doubt: Option<String>,
}

/// What a principal is granted at a scope, there or from above.
#[derive(Clone, Debug, Default)]
pub(super) struct Grants {
    /// The assigned roles, each with the scope of its assignment.
    pub(super) roles: Vec<(ArmId, RoleDefinition)>,
    /// Assigned roles that could not be read, with the reasons.
    pub(super) unread: Vec<String>,
}

/// The virtual network that a peering leads to, where it leads to one.
pub(super) fn attached_vnet(gateway: &TransitGateway) -> Option<VnetId> {
    match &gateway.attachment {
        Attachment::AzureVnet {
            subscription_id,
            resource_group_name,
            vnet_name,
            ..
        } => VnetId::new(
            &subscription_id.parse().ok()?,
            resource_group_name,
            vnet_name,
        )
        .ok(),
        Attachment::AzureVhub { .. } | Attachment::Other(_) => None,
    }
}

/// Neither going nor failed: it occupies its addresses, or is about to.
fn is_alive(state: &TransitGatewayState) -> bool {
    !state.is_ending() && *state != TransitGatewayState::Error
}

/// The network's peerings that live, apart from those that do not count.
pub(super) fn others<'a>(
    gateways: &'a [TransitGateway],
    leaving: &'a [TransitGatewayId],
) -> impl Iterator<Item = &'a TransitGateway> {
    gateways
        .iter()
        .filter(|gateway| !leaving.contains(&gateway.id) && is_alive(&gateway.state))
}

impl Observations {
    /// The living peering of the network that leads to `vnet_id` already, one that does not count included.
    pub(super) fn peering_with(&self, vnet_id: &VnetId) -> Option<&TransitGateway> {
        self.peerings_with(vnet_id)
            .find(|gateway| is_alive(&gateway.state))
    }

    /// All peerings of the network that lead to `vnet_id`, whatever their state.
    pub(super) fn peerings_with(&self, vnet_id: &VnetId) -> impl Iterator<Item = &TransitGateway> {
        let gateways = self.gateways.seen().map(Vec::as_slice).unwrap_or_default();
        gateways.iter().filter(move |gateway| {
            attached_vnet(gateway).is_some_and(|attached| attached == *vnet_id)
        })
    }

    /// Whether `remote` is the network's own virtual network on Kong's side, where Konnect tells.
    pub(super) fn is_kongs_vnet(&self, remote: &str) -> bool {
        let network = self.network.found();
        network
            .and_then(|network| network.provider_metadata.vpc_id.as_deref())
            .is_some_and(|own| same_arm_id(own, remote))
    }
}
