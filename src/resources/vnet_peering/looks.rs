//! The looks at the half in Azure: at once, until it is connected, and until it is gone.

use std::convert::Infallible;
use std::time::Duration;

use crate::azure::VirtualNetwork;
use crate::azure::ids::VnetId;
use crate::http::poll::{Poll, Waited};
use crate::http::scope::Scope;
use crate::konnect::Network;
use crate::resources::konnect_object::import::Place;
use crate::resources::konnect_object::managed::Managed as _;
use crate::resources::konnect_object::peering::Peering as _;
use crate::resources::settle::Grace;
use crate::tf::context::Context;

use super::azure_half::{self, Connecting, Found, Half, Reported};
use super::{VnetPeeringModel, VnetPeeringResource};

/// How long to look at most: the peering is Konnect's, and Azure's answer only an addition.
const LOOK_LIMIT: Duration = Duration::from_secs(20);

/// What the caller knows already, so that it need not be asked for.
#[derive(Clone, Copy, Default)]
pub(super) struct Known<'a> {
    /// The peering's network.
    pub(super) network: Option<&'a Network>,
    /// The ids of the peerings that the virtual network had before this one was asked for.
    pub(super) before: Option<&'a [String]>,
}

impl VnetPeeringResource {
    /// The model with its half in Azure, and whether nothing stood in the way that another time may not.
    pub(crate) async fn look_at_azure_half(
        &self,
        scope: &Scope,
        mut model: VnetPeeringModel,
        network: Option<&Network>,
    ) -> (VnetPeeringModel, bool) {
        let known = Known {
            network,
            before: None,
        };
        let half = self.azure_half(scope, &model, known).await;
        let is_told = half != Half::NotNow;
        model.azure_peering = half.apply(model.azure_peering);
        (model, is_told)
    }

    /// The half in Azure once that is connected too. Konnect's `ready` counts: after a bounded while it is given as it is.
    pub(super) async fn connected_half(
        &self,
        scope: &Scope,
        model: &VnetPeeringModel,
        known: Known<'_>,
    ) -> Half {
        let read = match known.network {
            Some(_) => None,
            None => self.network(scope, model).await,
        };
        let known = Known {
            network: known.network.or(read.as_ref()),
            ..known
        };
        let (mut connecting, mut last) = (Connecting::new(), Half::NotNow);
        let doing = format!("waiting for {} to be connected in Azure", model.noun());
        let ended: Result<Half, Waited<Infallible>> = Poll::new(doing, self.konnect.poll_step())
            .until(
                scope,
                None,
                || self.azure_half(scope, model, known),
                |half| {
                    last.clone_from(&half);
                    Ok(connecting.judge(half))
                },
            )
            .await;
        ended.unwrap_or(last)
    }

    /// What stays on the virtual network of a peering that Konnect has deleted; nothing where that cannot be seen.
    pub(super) async fn left_half(&self, scope: &Scope, state: &VnetPeeringModel) -> Option<Found> {
        let vnet_id = state.target().joined::<VnetId>()?;
        let network = self.network(scope, state).await;
        let mut patience = Grace::new();
        let doing = format!("waiting for the half of {} in Azure to go", state.noun());
        let ended: Result<_, Waited<Infallible>> = Poll::new(doing, self.konnect.poll_step())
            .until(
                scope,
                None,
                || self.read_vnet(scope, &vnet_id),
                |vnet| {
                    let left = |vnet: Option<VirtualNetwork>| {
                        let before = &state.azure_peering;
                        let left = azure_half::remainder(
                            vnet.as_ref()?,
                            &vnet_id,
                            before,
                            network.as_ref(),
                        );
                        left.map(Found::from)
                    };
                    let half = vnet.map(|vnet| left(vnet).map_or(Half::Missing, Half::Found));
                    let half = half.unwrap_or_else(|unseen| unseen);
                    Ok(azure_half::left(half, &mut patience))
                },
            )
            .await;
        ended.ok().flatten()
    }

    /// The ids of the peerings that the virtual network has now, where they may be seen.
    pub(super) async fn peerings_now(
        &self,
        scope: &Scope,
        model: &VnetPeeringModel,
    ) -> Option<Vec<String>> {
        let vnet_id = model.target().joined::<VnetId>()?;
        let vnet = self.read_vnet(scope, &vnet_id).await.ok().flatten()?;
        Some(vnet.peerings.into_iter().map(|one| one.id).collect())
    }

    /// The peering's network, which tells which half is Konnect's.
    async fn network(&self, scope: &Scope, model: &VnetPeeringModel) -> Option<Network> {
        let (konnect, place) = (self.konnect.client().ok()?, model.place().ok()?);
        let Place { network_id, .. } = place;
        let network = konnect.get_network(scope, &network_id).await;
        network
            .inspect_err(|error| {
                tracing::debug!("the block of network {network_id} is not known: {error}");
            })
            .ok()
    }

    /// The half in Azure as it is now.
    pub(super) async fn azure_half(
        &self,
        scope: &Scope,
        model: &VnetPeeringModel,
        known: Known<'_>,
    ) -> Half {
        let Some(vnet_id) = model.target().joined::<VnetId>() else {
            return Half::NotAllowed;
        };
        let vnet = match self.read_vnet(scope, &vnet_id).await {
            Ok(Some(vnet)) => vnet,
            Ok(None) if self.is_elsewhere(scope, model).await => return Half::NotAllowed,
            Ok(None) => return Half::NoVnet,
            Err(unseen) => return unseen,
        };
        if let Some(half) = azure_half::known_again(&vnet, &vnet_id, &model.azure_peering) {
            return Half::Found(half.into());
        }
        if vnet.peerings.is_empty() {
            return Half::Missing;
        }
        if let Some(network) = known.network {
            return azure_half::find(&vnet, &vnet_id, network, known.before);
        }
        match self.network(scope, model).await {
            Some(network) => azure_half::find(&vnet, &vnet_id, &network, known.before),
            None => Half::NotNow,
        }
    }

    /// Whether the virtual network is in another tenant than Azure is asked in: from there, what exists looks as if it did not.
    async fn is_elsewhere(&self, scope: &Scope, model: &VnetPeeringModel) -> bool {
        let target = model.target();
        let Some((client, wanted)) = self.azure.client().ok().zip(target.tenant_id.as_str()) else {
            return false;
        };
        let asked = client.tenant_id(scope).await;
        asked.is_ok_and(|asked| !asked.as_str().eq_ignore_ascii_case(wanted))
    }

    /// The virtual network with its halves of peerings; nothing where it does not exist.
    async fn read_vnet(
        &self,
        scope: &Scope,
        vnet_id: &VnetId,
    ) -> Result<Option<VirtualNetwork>, Half> {
        let scope = scope.at_most(LOOK_LIMIT);
        let client = self.azure.client().map_err(|error| {
            if error.is_not_known_yet() {
                Half::NotNow
            } else {
                Half::NotAllowed
            }
        })?;
        let read = client.get_virtual_network(&scope, vnet_id).await;
        read.map_err(|error| {
            tracing::debug!("the peerings of {vnet_id} were not read: {error}");
            let may_not_look = error.is_forbidden()
                || error.is_unauthorized()
                || error.is_credential()
                || error.is_not_configured();
            if may_not_look {
                Half::NotAllowed
            } else {
                Half::NotNow
            }
        })
    }
}

/// Warns where Konnect reports the peering as ready and Azure does not. `model` tells what was seen before.
pub(super) fn warn_unless_connected(context: &Context, model: &VnetPeeringModel, half: &Half) {
    let target = model.target();
    let reported = Reported {
        name: model.name.as_str().unwrap_or_default(),
        vnet_id: target.id.as_str().unwrap_or_default(),
        before: &model.azure_peering,
    };
    if let Some(warning) = reported.warning(half) {
        context.warn(warning);
    }
}
