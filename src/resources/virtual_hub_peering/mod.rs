//! `konnectazure_virtual_hub_peering`: the peering of a Konnect network with the virtual hub of an Azure Virtual WAN.
//!
//! The remote object is a transit gateway of kind `azure-vhub-peering-attachment`, at
//! `/v2/cloud-gateways/networks/{network}/transit-gateways/{id}`. Kong's application makes a connection in the customer's hub to a network in
//! Kong's tenant. Neither service tells which of a hub's connections that is, so that the Azure half is not shown.
//!
//! Rights: `Network Admin` in Konnect. In Azure, reading the hub and service principals helps (checks) and is not needed.
//! Import: `NETWORK_ID/PEERING_ID`.

mod convert;
mod moved;
mod schema;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::azure;
use crate::azure::ids::VhubId;
use crate::konnect::{self, NetworkId};
use crate::resources::azure_target;
use crate::resources::clients::Clients;
use crate::resources::konnect_object::creation::{Checked, Creation};
use crate::resources::konnect_object::hints::{Hints, Needs};
use crate::resources::konnect_object::lifecycle;
use crate::resources::konnect_object::managed::Managed;
use crate::resources::konnect_object::peering::{self, Peering};
use crate::resources::konnect_object::preflight::Preflight;
use crate::resources::konnect_object::replaced::Replaced;
use crate::resources::konnect_object::schema as common;
use crate::resources::scope;
use crate::resources::turns::Turns;
use crate::tf::context::Context;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::resource::{ImportId, MoveSource, Planned, Resource, Save, Timeouts};
use crate::tf::schema::{IdentityAttribute, Schema};

pub use self::schema::VirtualHubPeeringModel;

const NEEDS: Needs = Needs {
    place: "virtual hub",
    actions: "the actions for hub connections",
    role: "konnectazure_peering_role with purpose = \"virtual_hub_peering\"",
    condition: "Virtual hub: it exists under this very id, its routing works, and its addresses and those of the networks behind it do not overlap \
                the Konnect network's block.",
};

/// Setting up takes 30 to 40 minutes at times.
const TIMEOUTS: Timeouts = Timeouts {
    create: Duration::from_secs(60 * 60),
    read: Duration::from_secs(5 * 60),
    update: Duration::from_secs(5 * 60),
    delete: Duration::from_secs(30 * 60),
};

/// The resource.
pub struct VirtualHubPeeringResource {
    azure: Arc<azure::Access>,
    konnect: Arc<konnect::Access>,
    asked: Arc<Turns<NetworkId, u64>>,
    replaced: Replaced,
}

/// The resource over clients that are configured later.
#[must_use]
pub fn resource(clients: &Clients) -> VirtualHubPeeringResource {
    VirtualHubPeeringResource {
        azure: Arc::clone(&clients.azure),
        konnect: Arc::clone(&clients.konnect),
        asked: Arc::clone(&clients.asked),
        replaced: Replaced::new(&clients.konnect),
    }
}

impl VirtualHubPeeringResource {
    fn preflight<'a>(&'a self, context: &'a Context) -> Preflight<'a> {
        Preflight::new(&self.azure, &self.konnect, &self.replaced, context)
    }
}

#[async_trait]
impl Resource for VirtualHubPeeringResource {
    type Model = VirtualHubPeeringModel;

    fn type_name(&self) -> &'static str {
        VirtualHubPeeringModel::TYPE_NAME
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

    fn validate(&self, config: &VirtualHubPeeringModel, diagnostics: &mut Diagnostics) {
        diagnostics.extend(azure_target::check::<VhubId>(&config.target()));
    }

    async fn plan(
        &self,
        context: &Context,
        plan: &mut Planned<VirtualHubPeeringModel>,
    ) -> Result<(), Diagnostics> {
        peering::plan_target(&self.azure, context, plan).await;
        self.preflight(context).plan(&scope(context), plan).await
    }

    async fn create(
        &self,
        context: &Context,
        planned: VirtualHubPeeringModel,
        save: &Save<VirtualHubPeeringModel>,
    ) -> Result<VirtualHubPeeringModel, Diagnostics> {
        let model = peering::with_tenant(&self.azure, context, planned).await?;
        let target = model.target();
        let tenant_id = target.tenant_id.as_str().unwrap_or_default();
        let vhub_id = target.id.as_str().unwrap_or_default().to_owned();
        let hints = Hints::new(&self.azure, &NEEDS, tenant_id, vhub_id);
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
        let (model, _) = creation.finish(model, existing).await?;
        Ok(model)
    }

    fn not_known_yet(&self) -> Option<String> {
        self.konnect.not_known_yet()
    }

    async fn read(
        &self,
        context: &Context,
        state: VirtualHubPeeringModel,
    ) -> Result<Option<VirtualHubPeeringModel>, Diagnostics> {
        self.replaced.manages(&state);
        let found = lifecycle::find(&self.konnect, context, &state).await?;
        self.replaced.refreshed(&state, found.as_ref());
        match found {
            Some(object) => state.apply_remote(&object).map(Some),
            None => Ok(None),
        }
    }

    /// Nothing of a peering can be changed in place, so that nothing is sent: what comes here is another spelling of the same.
    async fn update(
        &self,
        context: &Context,
        _prior: VirtualHubPeeringModel,
        planned: VirtualHubPeeringModel,
        _save: &Save<VirtualHubPeeringModel>,
    ) -> Result<VirtualHubPeeringModel, Diagnostics> {
        let missing = planned.missing();
        self.read(context, planned).await?.ok_or(missing)
    }

    async fn delete(
        &self,
        context: &Context,
        state: VirtualHubPeeringModel,
    ) -> Result<(), Diagnostics> {
        self.replaced.deletes(&state);
        lifecycle::delete(&self.konnect, context, &state).await?;
        Ok(())
    }

    async fn import(
        &self,
        _context: &Context,
        id: ImportId,
    ) -> Result<VirtualHubPeeringModel, Diagnostics> {
        VirtualHubPeeringModel::imported(&id)
    }

    fn move_from(&self, source: &MoveSource) -> Option<Result<Self::Model, Diagnostics>> {
        moved::model(source)
    }

    fn tidy_generated(&self, config: &mut VirtualHubPeeringModel) {
        peering::tidy_generated(&self.azure, config);
    }
}
