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
mod creation;
mod hints;
mod moved;
mod preflight;
mod schema;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::azure::ids::VnetId;
use crate::azure::{self, VnetPeering};
use crate::http::scope::Scope;
use crate::konnect::{self, Network, NetworkId, TransitGateway, TransitGatewayId};
use crate::preflight::Clients;
use crate::resources::azure_target::{self, TargetPlan};
use crate::resources::explain::Failure;
use crate::resources::konnect_object::gateways::Gateways;
use crate::resources::konnect_object::phase::{Lifecycle, Phase};
use crate::resources::konnect_object::{Flow, explain, import, schema as common};
use crate::resources::scope;
use crate::tf::attr::Attr;
use crate::tf::context::Context;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::path::Path;
use crate::tf::resource::{ImportId, MoveSource, Planned, Resource, Save, Timeouts};
use crate::tf::schema::{IdentityAttribute, Schema};

use self::azure_half::Half;
use self::creation::Creation;
use self::hints::Hints;
use self::preflight::{Preflight, Replaced};
pub use self::schema::{AzurePeeringModel, VnetPeeringModel};

const TYPE_NAME: &str = "konnectazure_vnet_peering";
const WHAT: &str = "virtual network peering";

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

impl VnetPeeringResource {
    /// A resource that uses these clients once they are configured.
    #[must_use]
    pub fn new(azure: Arc<azure::Access>, konnect: Arc<konnect::Access>) -> Self {
        Self {
            azure,
            konnect,
            replaced: Replaced::default(),
        }
    }
}

#[async_trait]
impl Resource for VnetPeeringResource {
    type Model = VnetPeeringModel;

    fn type_name(&self) -> &'static str {
        TYPE_NAME
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
        let config = plan.config.target();
        let prior = plan.prior.as_ref().map(VnetPeeringModel::target);
        let default_tenant = if config.tenant_id.is_null() {
            self.default_tenant(&scope(context)).await
        } else {
            None
        };
        let filled = TargetPlan {
            config: &config,
            planned: &plan.planned.target(),
            prior: prior.as_ref(),
            default_tenant: default_tenant.as_deref(),
        }
        .fill::<VnetId>();
        if let Some(prior) = &prior {
            let replaced = azure_target::replaced_attributes::<VnetId>(prior, &filled);
            plan.replace.extend(replaced);
        }
        plan.planned.set_target(filled);
        self.preflight(context).plan(&scope(context), plan).await
    }

    async fn create(
        &self,
        context: &Context,
        planned: VnetPeeringModel,
        save: &Save<VnetPeeringModel>,
    ) -> Result<VnetPeeringModel, Diagnostics> {
        let scope = scope(context);
        let model = self.with_tenant(&scope, planned).await?;
        let hints = Hints::new(&self.azure, &model.target());
        let place = import::recorded_network(&model.network_id)?;
        let flow = self.flow(context, "create", place, noun(&model), hints.waiting())?;
        let creation = Creation {
            azure: &self.azure,
            preflight: self.preflight(context),
            flow,
            hints,
            save,
        };
        let (model, network) = creation.run(model).await?;
        Ok(self.with_azure_half(&scope, model, network.as_ref()).await)
    }

    async fn read(
        &self,
        context: &Context,
        state: VnetPeeringModel,
    ) -> Result<Option<VnetPeeringModel>, Diagnostics> {
        let scope = scope(context);
        let import::Place { network_id, id } = recorded(&state)?;
        let failure = || Failure::new("read", noun(&state));
        let client = self
            .konnect
            .client()
            .map_err(|error| failure().explain(&error))?;
        let gateway = match client.get_transit_gateway(&scope, &network_id, &id).await {
            Ok(gateway) => gateway,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(explain(failure(), &error)),
        };
        if gateway.phase() == Phase::Terminated {
            return Ok(None);
        }
        let model = convert::apply_remote(state, &gateway)?;
        let model = self.with_azure_half(&scope, model, None).await;
        if let (Phase::Ready, Some(half)) = (gateway.phase(), model.azure_peering.known())
            && let Some(warning) = azure_half::warning(&gateway.name, half)
        {
            context.warn(warning);
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
        let object = noun(&planned);
        let read = self.read(context, planned).await?;
        read.ok_or_else(|| {
            Failure::new("update", object).because("It does not exist in Konnect any more.")
        })
    }

    async fn delete(&self, context: &Context, state: VnetPeeringModel) -> Result<(), Diagnostics> {
        let import::Place { network_id, id } = recorded(&state)?;
        let flow = self.flow(context, "delete", network_id, noun(&state), String::new())?;
        flow.delete(id, "delete").await
    }

    async fn import(
        &self,
        _context: &Context,
        id: ImportId,
    ) -> Result<VnetPeeringModel, Diagnostics> {
        import::place(WHAT, &id).map(imported)
    }

    fn move_from(&self, source: &MoveSource) -> Option<Result<Self::Model, Diagnostics>> {
        moved::model(source)
    }

    /// The state holds both ways of naming the virtual network, of which a configuration takes one.
    fn tidy_generated(&self, config: &mut VnetPeeringModel) {
        if !config.vnet_id.is_null() {
            config.subscription_id = Attr::Null;
            config.resource_group_name = Attr::Null;
            config.vnet_name = Attr::Null;
        }
    }
}

impl VnetPeeringResource {
    fn preflight<'a>(&'a self, context: &'a Context) -> Preflight<'a> {
        Preflight {
            clients: Clients {
                azure: &self.azure,
                konnect: &self.konnect,
            },
            replaced: &self.replaced,
            context,
        }
    }

    /// The provider's tenant, where it can be known now.
    async fn default_tenant(&self, scope: &Scope) -> Option<String> {
        let tenant = self.azure.client().ok()?.tenant_id(scope).await;
        tenant.ok().map(|tenant| tenant.to_string())
    }

    /// The model with the provider's tenant where there is no other.
    async fn with_tenant(
        &self,
        scope: &Scope,
        mut model: VnetPeeringModel,
    ) -> Result<VnetPeeringModel, Diagnostics> {
        if model.tenant_id.known().is_none() {
            let tenant = match self.azure.client() {
                Ok(client) => client.tenant_id(scope).await.map_err(Into::into),
                Err(error) => Err(error),
            };
            let tenant = tenant.map_err(|error| {
                Failure::new("create", noun(&model))
                    .next("Give tenant_id, here or in the provider block: the tenant of the virtual network's subscription.")
                    .at(Path::attribute("tenant_id"))
                    .explain(&error)
            })?;
            model.tenant_id = Attr::Known(tenant.to_string());
        }
        Ok(model)
    }

    fn flow<'a>(
        &self,
        context: &'a Context,
        action: &'static str,
        network_id: NetworkId,
        noun: String,
        advice: String,
    ) -> Result<Flow<'a, Gateways>, Diagnostics> {
        let client = self
            .konnect
            .client()
            .map_err(|error| Failure::new(action, noun.clone()).explain(&error))?;
        Ok(Flow {
            context,
            scope: scope(context),
            step: self.konnect.poll_step(),
            client: Arc::clone(&client),
            network_id,
            objects: Gateways { client, network_id },
            type_name: TYPE_NAME,
            noun,
            advice,
        })
    }

    /// The model with what Azure tells about its half. `network` is read where the caller has not.
    pub(crate) async fn with_azure_half(
        &self,
        scope: &Scope,
        mut model: VnetPeeringModel,
        network: Option<&Network>,
    ) -> VnetPeeringModel {
        let half = self.azure_half(scope, &model, network).await;
        model.azure_peering = half.apply(model.azure_peering);
        model
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
        let (Ok(konnect), Ok(place)) = (self.konnect.client(), recorded(model)) else {
            return Half::NotNow;
        };
        let network_id = place.network_id;
        match konnect.get_network(scope, &network_id).await {
            Ok(network) => seen(azure_half::find(&vnet, &network)),
            Err(error) => {
                tracing::debug!("the block of network {network_id} is not known: {error}");
                Half::NotNow
            }
        }
    }
}

/// The least state from which a refresh finds the peering.
fn imported(place: import::Place<TransitGatewayId>) -> VnetPeeringModel {
    VnetPeeringModel {
        id: Attr::Known(place.id.to_string()),
        network_id: Attr::Known(place.network_id.to_string()),
        // What Konnect does not hold starts with its default, so that the plan after the import is empty.
        wait_for_ready: Attr::Known(true),
        preflight: Attr::Known(true),
        use_existing: Attr::Known(false),
        ..VnetPeeringModel::default()
    }
}

/// What an import followed by a refresh makes of a transit gateway, but for the half in Azure.
///
/// # Errors
/// If it is of another kind.
pub(crate) fn listed(
    network_id: NetworkId,
    gateway: &TransitGateway,
) -> Result<VnetPeeringModel, Diagnostics> {
    let id = gateway.id;
    convert::apply_remote(imported(import::Place { network_id, id }), gateway)
}

/// The peering in messages.
fn noun(model: &VnetPeeringModel) -> String {
    let name = model
        .name
        .as_str()
        .or(model.id.as_str())
        .unwrap_or_default();
    format!("{WHAT} {name:?}")
}

/// Where the peering of a state is.
fn recorded(state: &VnetPeeringModel) -> Result<import::Place<TransitGatewayId>, Diagnostics> {
    import::recorded(&state.network_id, &state.id)
}
