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
mod looks;
mod moved;
mod schema;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::azure;
use crate::azure::ids::VnetId;
use crate::konnect::{self, NetworkId};
use crate::resources::azure_target;
use crate::resources::clients::Clients;
use crate::resources::konnect_object::creation::{Checked, Creation};
use crate::resources::konnect_object::hints::{Hints, Needs};
use crate::resources::konnect_object::lifecycle;
use crate::resources::konnect_object::managed::Managed;
use crate::resources::konnect_object::peering::{self, Peering};
use crate::resources::konnect_object::phase::{Lifecycle, Phase};
use crate::resources::konnect_object::preflight::Preflight;
use crate::resources::konnect_object::replaced::Replaced;
use crate::resources::konnect_object::{is_set, schema as common};
use crate::resources::scope;
use crate::resources::turns::Turns;
use crate::tf::context::Context;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::resource::{ImportId, MoveSource, Planned, Resource, Save, Timeouts};
use crate::tf::schema::{IdentityAttribute, Schema};

use self::looks::{Known, warn_unless_connected};
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
    asked: Arc<Turns<NetworkId, u64>>,
    replaced: Replaced,
}

/// The resource over clients that are configured later.
#[must_use]
pub fn resource(clients: &Clients) -> VnetPeeringResource {
    VnetPeeringResource {
        azure: Arc::clone(&clients.azure),
        konnect: Arc::clone(&clients.konnect),
        asked: Arc::clone(&clients.asked),
        replaced: Replaced::new(&clients.konnect),
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
        let preflight = self.preflight(context);
        let creation = Creation {
            flow: lifecycle::flow(&self.konnect, context, "create", &model, hints.waiting())?,
            azure: Some(&self.azure),
            hints: Some(hints),
            checked: Some(Checked {
                checks: &preflight,
                asked: &self.asked,
            }),
            turn: None,
            save,
        };
        let existing = creation.existing(&model).await?;
        let scope = scope(context);
        let before = match &existing {
            None => self.peerings_now(&scope, &model).await,
            Some(_) => None,
        };
        let (mut model, network) = creation.finish(model, existing).await?;
        let known = Known {
            network: network.as_ref(),
            before: before.as_deref(),
        };
        let half = if is_set(&model.wait_for_ready) {
            let half = self.connected_half(&scope, &model, known).await;
            warn_unless_connected(context, &model, &half);
            half
        } else {
            self.azure_half(&scope, &model, known).await
        };
        model.azure_peering = half.apply(model.azure_peering);
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
        self.replaced.manages(&state);
        let found = lifecycle::find(&self.konnect, context, &state).await?;
        self.replaced.refreshed(&state, found.as_ref());
        let Some(gateway) = found else {
            return Ok(None);
        };
        let mut model = state.apply_remote(&gateway)?;
        let half = self
            .azure_half(&scope(context), &model, Known::default())
            .await;
        if gateway.phase() == Phase::Ready {
            warn_unless_connected(context, &model, &half);
        }
        model.azure_peering = half.apply(model.azure_peering);
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
        self.replaced.deletes(&state);
        lifecycle::delete(&self.konnect, context, &state).await?;
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
        peering::tidy_generated(&self.azure, config);
    }
}

impl VnetPeeringResource {
    fn preflight<'a>(&'a self, context: &'a Context) -> Preflight<'a> {
        Preflight::new(&self.azure, &self.konnect, &self.replaced, context)
    }
}

#[cfg(test)]
mod tests;
