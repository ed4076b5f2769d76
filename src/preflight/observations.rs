//! What was seen of both clouds: the only thing that the checks decide on.

use crate::azure::ids::{ArmId, Guid, VhubId, VnetId, same_arm_id};
use crate::azure::{
    DenyAssignment, PrivateDnsZone, PrivateDnsZoneLink, RoleDefinition, ServicePrincipal,
    VirtualHub, VirtualNetwork,
};
use crate::konnect::{
    Attachment, Availability, CloudProvider, Network, PrivateDns, TransitGateway,
    TransitGatewayState,
};

use super::check::{CheckId, Outcome};
use super::inputs::{Inputs, Place};

/// One look at something: what was seen, or why it was not.
pub(super) type Look<T> = Result<T, Unseen>;

/// Why something was not seen.
#[derive(Clone, Debug)]
pub(super) enum Unseen {
    /// It could not be looked at: why, what right is missing, and what helps.
    Blind { why: String, fix: String },
    /// The service takes nothing from the caller, so that what needs it fails as well: why, and what helps.
    Refused { why: String, fix: String },
    /// There was no sense in looking; the text says why.
    NotAsked(String),
}

impl Unseen {
    /// It could not be looked at, and nobody can help it.
    pub(super) fn blind(why: impl Into<String>) -> Self {
        Self::Blind {
            why: why.into(),
            fix: String::new(),
        }
    }

    /// The reason, as a text.
    pub(super) fn why(&self) -> &str {
        match self {
            Self::Blind { why, .. } | Self::Refused { why, .. } | Self::NotAsked(why) => why,
        }
    }
}

/// The outcome of a check that is about the very thing.
impl From<&Unseen> for Outcome {
    fn from(unseen: &Unseen) -> Self {
        match unseen {
            Unseen::Blind { why, fix } => Self::warning(why).fix(fix),
            Unseen::Refused { why, fix } => Self::failed(why).fix(fix),
            Unseen::NotAsked(why) => Self::skipped(why),
        }
    }
}

/// A look at something that may not exist.
pub(super) trait Found<T> {
    /// It, or the outcome of a check that needs it but is not about it.
    fn require(&self, check: CheckId) -> Result<&T, Outcome>;

    fn found(&self) -> Option<&T>;
}

impl<T> Found<T> for Look<Option<T>> {
    fn require(&self, check: CheckId) -> Result<&T, Outcome> {
        match self {
            Ok(Some(seen)) => Ok(seen),
            Ok(None) | Err(Unseen::Refused { .. }) => {
                Err(Outcome::skipped(format!("{check} did not pass.")))
            }
            Err(Unseen::Blind { .. }) => {
                Err(Outcome::skipped(format!("{check} could not be checked.")))
            }
            Err(Unseen::NotAsked(why)) => Err(Outcome::skipped(why)),
        }
    }

    fn found(&self) -> Option<&T> {
        self.as_ref().ok()?.as_ref()
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
    pub(super) hub: Look<Option<VirtualHub>>,
    /// The virtual networks that the hub is connected with, as far as they can be read.
    pub(super) behind: Vec<(VnetId, VirtualNetwork)>,
    pub(super) zone: Look<Option<PrivateDnsZone>>,
    /// The zone's link of the wanted name.
    pub(super) link: Look<Option<PrivateDnsZoneLink>>,
    /// All private DNS objects of the network, whatever their kind.
    pub(super) private_dns: Look<Vec<PrivateDns>>,
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
    /// Whether roles of the principal's groups are left out, since nobody would tell them.
    pub(super) is_without_groups: bool,
}

/// What a peering leads to, where that is in Azure.
pub(super) fn attached(gateway: &TransitGateway) -> Option<Place> {
    match &gateway.attachment {
        Attachment::AzureVnet {
            subscription_id,
            resource_group_name,
            vnet_name,
            ..
        } => {
            let subscription_id = subscription_id.parse().ok()?;
            let id = VnetId::new(&subscription_id, resource_group_name, vnet_name);
            id.ok().map(Place::Vnet)
        }
        Attachment::AzureVhub {
            subscription_id,
            resource_group_name,
            vhub_name,
            ..
        } => {
            let subscription_id = subscription_id.parse().ok()?;
            let id = VhubId::new(&subscription_id, resource_group_name, vhub_name);
            id.ok().map(Place::Vhub)
        }
        Attachment::Other(_) => None,
    }
}

/// Neither going nor failed: it occupies its addresses, or is about to.
pub(super) fn is_alive(state: &TransitGatewayState) -> bool {
    !state.is_ending() && *state != TransitGatewayState::Error
}

/// The network's peerings that live, apart from those that do not count.
pub(super) fn others<'a>(
    gateways: &'a [TransitGateway],
    leaving: &'a [String],
) -> impl Iterator<Item = &'a TransitGateway> {
    gateways
        .iter()
        .filter(|gateway| !leaving.contains(&gateway.id.to_string()) && is_alive(&gateway.state))
}

/// Whether a peering lives where another is to be made, and does not go with this run.
pub(super) fn is_in_the_way(inputs: &Inputs, gateway: &TransitGateway) -> bool {
    let is_there = |place: &Place| attached(gateway).is_some_and(|attached| attached == *place);
    is_alive(&gateway.state)
        && !inputs.leaving.contains(&gateway.id.to_string())
        && inputs.place().is_some_and(is_there)
}

impl Observations {
    /// The check of the Azure side that says that it is not there.
    pub(super) fn missing_place(&self) -> Option<CheckId> {
        if matches!(self.vnet, Ok(None)) {
            Some(CheckId::VnetExists)
        } else if matches!(self.hub, Ok(None)) {
            Some(CheckId::HubExists)
        } else if matches!(self.zone, Ok(None)) {
            Some(CheckId::ZoneExists)
        } else {
            None
        }
    }

    /// The living peering of the network that leads to `place` already, one that does not count included.
    pub(super) fn peering_with(&self, place: &Place) -> Option<&TransitGateway> {
        self.peerings_with(place)
            .find(|gateway| is_alive(&gateway.state))
    }

    /// The peering that a new one would collide with.
    pub(super) fn peered_already(&self, inputs: &Inputs) -> Option<&TransitGateway> {
        self.peerings_with(inputs.place()?)
            .find(|peering| is_in_the_way(inputs, peering))
    }

    /// All peerings of the network that lead to `place`, whatever their state.
    pub(super) fn peerings_with(&self, place: &Place) -> impl Iterator<Item = &TransitGateway> {
        let gateways = self.gateways.as_deref().unwrap_or_default();
        gateways
            .iter()
            .filter(move |gateway| attached(gateway).is_some_and(|attached| attached == *place))
    }

    /// Whether `remote` is the network's own virtual network on Kong's side, where Konnect tells.
    pub(super) fn is_kongs_vnet(&self, remote: &str) -> bool {
        let network = self.network.found();
        network
            .and_then(|network| network.provider_metadata.vpc_id.as_deref())
            .is_some_and(|own| same_arm_id(own, remote))
    }
}
