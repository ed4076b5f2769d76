//! `konnectazure_vnet_peering`: the peering of a Konnect network with an Azure virtual network.
//!
//! The remote object is a transit gateway of kind `azure-vnet-peering-attachment`, at
//! `/v2/cloud-gateways/networks/{network}/transit-gateways/{id}`. Konnect sets it up in the background with the rights of Kong's application in
//! the customer's tenant, and cannot change it: its PATCH serves other clouds only. A missing consent or role shows as the state `error` after
//! minutes, never as a refusal.
//!
//! Rights: `Network Admin` in Konnect. In Azure, reading the virtual network and service principals helps (checks, `azure_peering`) and is not needed.
//! Import: `NETWORK_ID/PEERING_ID`.

mod azure_half;
mod convert;
mod moved;
mod schema;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::azure::ids::VnetId;
use crate::azure::{self, VnetPeering};
use crate::http::poll::{Poll, Waited};
use crate::http::scope::Scope;
use crate::konnect::{self, Network};
use crate::resources::azure_target;
use crate::resources::clients::Clients;
use crate::resources::konnect_object::creation::Creation;
use crate::resources::konnect_object::hints::{Hints, Needs};
use crate::resources::konnect_object::import::Place;
use crate::resources::konnect_object::lifecycle;
use crate::resources::konnect_object::managed::Managed;
use crate::resources::konnect_object::peering::{self, Peering};
use crate::resources::konnect_object::phase::{Lifecycle, Phase};
use crate::resources::konnect_object::preflight::{Preflight, Replaced};
use crate::resources::konnect_object::{is_set, schema as common};
use crate::resources::scope;
use crate::tf::context::Context;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::resource::{ImportId, MoveSource, Planned, Resource, Save, Timeouts};
use crate::tf::schema::{IdentityAttribute, Schema};

use self::azure_half::Half;
pub use self::schema::{AzurePeeringModel, VnetPeeringModel};

const NEEDS: Needs = Needs {
    place: "virtual network",
    actions: "the peering actions",
    role: "konnectazure_peering_role",
    condition: "Virtual network: it exists under this very id, and its address space overlaps neither the Konnect network's block nor that of \
                another virtual network peered with it.",
};

/// Setting up takes 30 to 40 minutes at times.
const TIMEOUTS: Timeouts = Timeouts {
    create: Duration::from_secs(60 * 60),
    read: Duration::from_secs(5 * 60),
    update: Duration::from_secs(5 * 60),
    delete: Duration::from_secs(30 * 60),
};

/// The resource.
pub struct VnetPeeringResource {
    azure: Arc<azure::Access>,
    konnect: Arc<konnect::Access>,
    replaced: Replaced,
}

/// The resource over clients that are configured later.
#[must_use]
pub fn resource(clients: &Clients) -> VnetPeeringResource {
    VnetPeeringResource {
        azure: Arc::clone(&clients.azure),
        konnect: Arc::clone(&clients.konnect),
        replaced: Replaced::default(),
    }
}

#[async_trait]
impl Resource for VnetPeeringResource {
    type Model = VnetPeeringModel;

    fn type_name(&self) -> &'static str {
        VnetPeeringModel::TYPE_NAME
    }

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn identity(&self) -> Vec<IdentityAttribute> {
        common::identity()
    }

    fn timeouts(&self) -> Timeouts {
        TIMEOUTS
    }

    fn validate(&self, config: &VnetPeeringModel, diagnostics: &mut Diagnostics) {
        diagnostics.extend(azure_target::check::<VnetId>(&config.target()));
    }

    async fn plan(
        &self,
        context: &Context,
        plan: &mut Planned<VnetPeeringModel>,
    ) -> Result<(), Diagnostics> {
        peering::plan_target(&self.azure, context, plan).await;
        self.preflight(context).plan(&scope(context), plan).await
    }

    async fn create(
        &self,
        context: &Context,
        planned: VnetPeeringModel,
        save: &Save<VnetPeeringModel>,
    ) -> Result<VnetPeeringModel, Diagnostics> {
        let model = peering::with_tenant(&self.azure, context, planned).await?;
        let target = model.target();
        let tenant_id = target.tenant_id.as_str().unwrap_or_default();
        let vnet_id = target.id.as_str().unwrap_or_default().to_owned();
        let hints = Hints::new(&self.azure, &NEEDS, tenant_id, vnet_id);
        let creation = Creation {
            flow: lifecycle::flow(&self.konnect, context, "create", &model, hints.waiting())?,
            azure: Some(&self.azure),
            hints: Some(hints),
            turn: None,
            save,
        };
        let existing = creation.existing(&model).await?;
        let scope = scope(context);
        if existing.is_none() {
            self.preflight(context).apply(&scope, &model).await?;
        }
        let (model, network) = creation.finish(model, existing).await?;
        let network = network.as_ref();
        if !is_set(&model.wait_for_ready) {
            return Ok(self.with_azure_half(&scope, model, network).await);
        }
        let model = self.with_connected_half(&scope, model, network).await;
        warn_unless_connected(context, &model);
        Ok(model)
    }

    fn not_known_yet(&self) -> Option<String> {
        self.konnect.not_known_yet()
    }

    async fn read(
        &self,
        context: &Context,
        state: VnetPeeringModel,
    ) -> Result<Option<VnetPeeringModel>, Diagnostics> {
        let found = lifecycle::find(&self.konnect, context, &state).await?;
        self.replaced.refreshed(&state, found.as_ref());
        let Some(gateway) = found else {
            return Ok(None);
        };
        let model = state.apply_remote(&gateway)?;
        let model = self.with_azure_half(&scope(context), model, None).await;
        if gateway.phase() == Phase::Ready {
            warn_unless_connected(context, &model);
        }
        Ok(Some(model))
    }

    /// Nothing of a peering can be changed in place, so that nothing is sent: what comes here is another spelling of the same.
    async fn update(
        &self,
        context: &Context,
        _prior: VnetPeeringModel,
        planned: VnetPeeringModel,
        _save: &Save<VnetPeeringModel>,
    ) -> Result<VnetPeeringModel, Diagnostics> {
        let missing = planned.missing();
        self.read(context, planned).await?.ok_or(missing)
    }

    async fn delete(&self, context: &Context, state: VnetPeeringModel) -> Result<(), Diagnostics> {
        lifecycle::delete(&self.konnect, context, &state).await?;
        self.replaced.deleted(&state);
        if let Some(left) = self.left_half(&scope(context), &state).await {
            context.warn(azure_half::leftover(&state.noun(), &left));
        }
        Ok(())
    }

    async fn import(
        &self,
        _context: &Context,
        id: ImportId,
    ) -> Result<VnetPeeringModel, Diagnostics> {
        VnetPeeringModel::imported(&id)
    }

    fn move_from(&self, source: &MoveSource) -> Option<Result<Self::Model, Diagnostics>> {
        moved::model(source)
    }

    fn tidy_generated(&self, config: &mut VnetPeeringModel) {
        peering::tidy_generated(config);
    }
}

impl VnetPeeringResource {
    fn preflight<'a>(&'a self, context: &'a Context) -> Preflight<'a> {
        Preflight::new(&self.azure, &self.konnect, &self.replaced, context)
    }

    /// The model with what Azure tells about its half. `network` is read where the caller has not.
    async fn with_azure_half(
        &self,
        scope: &Scope,
        model: VnetPeeringModel,
        network: Option<&Network>,
    ) -> VnetPeeringModel {
        self.look_at_azure_half(scope, model, network).await.0
    }

    /// The same, and whether nothing stood in the way that another time may not.
    pub(crate) async fn look_at_azure_half(
        &self,
        scope: &Scope,
        mut model: VnetPeeringModel,
        network: Option<&Network>,
    ) -> (VnetPeeringModel, bool) {
        let half = self.azure_half(scope, &model, network).await;
        let is_told = half != Half::NotNow;
        model.azure_peering = half.apply(model.azure_peering);
        (model, is_told)
    }

    /// The model with its half in Azure once that is connected too. Konnect's `ready` counts: after a bounded while the model is given as it is.
    async fn with_connected_half(
        &self,
        scope: &Scope,
        mut model: VnetPeeringModel,
        network: Option<&Network>,
    ) -> VnetPeeringModel {
        let read = match network {
            Some(_) => None,
            None => self.network(scope, &model).await,
        };
        let network = network.or(read.as_ref());
        let (mut looks, mut last) = (0, Half::NotNow);
        let doing = format!("waiting for {} to be connected in Azure", model.noun());
        let ended: Result<Half, Waited<Infallible>> = Poll::new(doing, self.konnect.poll_step())
            .until(
                scope,
                None,
                || self.azure_half(scope, &model, network),
                |half| {
                    looks += 1;
                    last.clone_from(&half);
                    Ok(azure_half::connected(half, looks))
                },
            )
            .await;
        let half = ended.unwrap_or(last);
        model.azure_peering = half.apply(model.azure_peering);
        model
    }

    /// What stays on the virtual network of a peering that Konnect has deleted; nothing where that cannot be seen.
    async fn left_half(
        &self,
        scope: &Scope,
        state: &VnetPeeringModel,
    ) -> Option<AzurePeeringModel> {
        let vnet_id = state.target().joined::<VnetId>()?;
        let network = self.network(scope, state).await;
        let mut looks = 0;
        let doing = format!("waiting for the half of {} in Azure to go", state.noun());
        let ended: Result<_, Waited<Infallible>> = Poll::new(doing, self.konnect.poll_step())
            .until(
                scope,
                None,
                || azure_half::read_vnet(&self.azure, scope, &vnet_id),
                |vnet| {
                    looks += 1;
                    let half = vnet.map_or_else(
                        |unseen| unseen,
                        |vnet| {
                            let left = vnet.as_ref().and_then(|vnet| {
                                azure_half::remainder(vnet, &state.azure_peering, network.as_ref())
                            });
                            Half::Seen(left.map(AzurePeeringModel::from))
                        },
                    );
                    Ok(azure_half::left(half, looks))
                },
            )
            .await;
        ended.ok().flatten()
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

    async fn azure_half(
        &self,
        scope: &Scope,
        model: &VnetPeeringModel,
        network: Option<&Network>,
    ) -> Half {
        let Some(vnet_id) = model.target().joined::<VnetId>() else {
            return Half::NotAllowed;
        };
        let vnet = match azure_half::read_vnet(&self.azure, scope, &vnet_id).await {
            Ok(Some(vnet)) if !vnet.peerings.is_empty() => vnet,
            Ok(_) => return Half::Seen(None),
            Err(unseen) => return unseen,
        };
        let seen = |half: Option<&VnetPeering>| Half::Seen(half.map(AzurePeeringModel::from));
        if let Some(half) = azure_half::known_again(&vnet, &model.azure_peering) {
            return seen(Some(half));
        }
        if let Some(network) = network {
            return seen(azure_half::find(&vnet, network));
        }
        match self.network(scope, model).await {
            Some(network) => seen(azure_half::find(&vnet, &network)),
            None => Half::NotNow,
        }
    }
}

fn warn_unless_connected(context: &Context, model: &VnetPeeringModel) {
    let name = model.name.as_str().unwrap_or_default();
    let half = model.azure_peering.known();
    if let Some(warning) = half.and_then(|half| azure_half::warning(name, half)) {
        context.warn(warning);
    }
}

#[cfg(test)]
mod tests;
