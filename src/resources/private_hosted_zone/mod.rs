//! `konnectazure_private_hosted_zone`: a zone of Azure Private DNS that a Konnect network resolves names in.
//!
//! The remote object is a private DNS object of kind `azure-private-hosted-zone-attachment`, at
//! `/v2/cloud-gateways/networks/{network}/private-dns/{id}`. Kong's application links the zone to Kong's own network, under a name that the user
//! chooses. Konnect's PATCH refuses this kind, a new name included.
//!
//! Rights: `Network Admin` in Konnect; `Network Viewer` may not read private DNS. In Azure, reading the zone helps (checks) and is not needed.
//! Import: `NETWORK_ID/PRIVATE_DNS_ID`.

mod convert;
mod moved;
mod schema;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::azure;
use crate::azure::ids::{Guid, PrivateDnsZoneId};
use crate::konnect::{self, NetworkId};
use crate::resources::azure_target::unless_default;
use crate::resources::clients::Clients;
use crate::resources::explain::Failure;
use crate::resources::konnect_object::creation::{Checked, Creation};
use crate::resources::konnect_object::hints::{Hints, Needs};
use crate::resources::konnect_object::lifecycle;
use crate::resources::konnect_object::managed::Managed;
use crate::resources::konnect_object::preflight::Preflight;
use crate::resources::konnect_object::replaced::Replaced;
use crate::resources::konnect_object::{provider_tenant, schema as common};
use crate::resources::scope;
use crate::resources::turns::Turns;
use crate::tf::attr::Attr;
use crate::tf::context::Context;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::path::Path;
use crate::tf::resource::{ImportId, MoveSource, Planned, Resource, Save, Timeouts};
use crate::tf::schema::{IdentityAttribute, Schema};

pub use self::schema::PrivateHostedZoneModel;

const NEEDS: Needs = Needs {
    place: "private DNS zone",
    actions: "the actions for virtual network links (virtualNetworkLinks/write among them)",
    role: "konnectazure_peering_role with purpose = \"private_dns_link\"",
    condition: "Zone: it exists in this very resource group, has no link of this name yet, and the network is linked to no other zone of this name.",
};

const TIMEOUTS: Timeouts = Timeouts {
    create: Duration::from_secs(20 * 60),
    read: Duration::from_secs(5 * 60),
    update: Duration::from_secs(5 * 60),
    delete: Duration::from_secs(20 * 60),
};

/// The resource.
pub struct PrivateHostedZoneResource {
    azure: Arc<azure::Access>,
    konnect: Arc<konnect::Access>,
    asked: Arc<Turns<NetworkId, u64>>,
    replaced: Replaced,
    /// Azure refuses to make two links on one zone at the same time.
    turns: Turns<PrivateDnsZoneId>,
}

/// The resource over clients that are configured later.
#[must_use]
pub fn resource(clients: &Clients) -> PrivateHostedZoneResource {
    PrivateHostedZoneResource {
        azure: Arc::clone(&clients.azure),
        konnect: Arc::clone(&clients.konnect),
        asked: Arc::clone(&clients.asked),
        replaced: Replaced::new(&clients.konnect),
        turns: Turns::default(),
    }
}

impl PrivateHostedZoneResource {
    /// The provider's subscription, where one is configured.
    fn default_subscription(&self) -> Option<String> {
        let client = self.azure.client().ok()?;
        client.subscription_id().map(ToString::to_string)
    }

    /// The model with the provider's tenant and subscription where there are no others.
    async fn with_defaults(
        &self,
        context: &Context,
        mut model: PrivateHostedZoneModel,
    ) -> Result<PrivateHostedZoneModel, Diagnostics> {
        let failure = Failure::new("create", model.noun());
        if model.subscription_id.known().is_none() {
            let subscription = self.default_subscription().ok_or_else(|| {
                failure
                    .clone()
                    .next("Give subscription_id, here or in the provider block: the zone's subscription.")
                    .at(Path::attribute("subscription_id"))
                    .because("Neither the resource nor the provider block names a subscription.")
            })?;
            model.subscription_id = Attr::Known(subscription);
        }
        if model.tenant_id.known().is_none() {
            let tenant = provider_tenant(&self.azure, &scope(context)).await;
            let tenant = tenant.map_err(|error| {
                failure
                    .next("Give tenant_id, here or in the provider block: the tenant of the zone's subscription.")
                    .at(Path::attribute("tenant_id"))
                    .explain(&error)
            })?;
            model.tenant_id = Attr::Known(tenant);
        }
        Ok(model)
    }

    fn preflight<'a>(&'a self, context: &'a Context) -> Preflight<'a> {
        Preflight::new(&self.azure, &self.konnect, &self.replaced, context)
    }
}

#[async_trait]
impl Resource for PrivateHostedZoneResource {
    type Model = PrivateHostedZoneModel;

    fn type_name(&self) -> &'static str {
        PrivateHostedZoneModel::TYPE_NAME
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

    async fn plan(
        &self,
        context: &Context,
        plan: &mut Planned<PrivateHostedZoneModel>,
    ) -> Result<(), Diagnostics> {
        let planned = &mut plan.planned;
        if plan.config.subscription_id.is_null() && planned.subscription_id.is_unknown() {
            planned.subscription_id = self
                .default_subscription()
                .map_or(Attr::Unknown, Attr::Known);
        }
        if plan.config.tenant_id.is_null() && planned.tenant_id.is_unknown() {
            let tenant = provider_tenant(&self.azure, &scope(context)).await;
            planned.tenant_id = tenant.map_or(Attr::Unknown, Attr::Known);
        }
        self.preflight(context).plan(&scope(context), plan).await
    }

    async fn create(
        &self,
        context: &Context,
        planned: PrivateHostedZoneModel,
        save: &Save<PrivateHostedZoneModel>,
    ) -> Result<PrivateHostedZoneModel, Diagnostics> {
        let model = self.with_defaults(context, planned).await?;
        let tenant_id = model.tenant_id.as_str().unwrap_or_default();
        let zone = model.zone_id();
        let place = zone.as_ref().map(ToString::to_string).unwrap_or_default();
        let hints = Hints::new(&self.azure, &NEEDS, tenant_id, place);
        let preflight = self.preflight(context);
        let creation = Creation {
            flow: lifecycle::flow(&self.konnect, context, "create", &model, hints.waiting())?,
            azure: Some(&self.azure),
            hints: Some(hints),
            checked: Some(Checked {
                checks: &preflight,
                asked: &self.asked,
            }),
            turn: zone.map(|zone| (&self.turns, zone)),
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
        state: PrivateHostedZoneModel,
    ) -> Result<Option<PrivateHostedZoneModel>, Diagnostics> {
        self.replaced.manages(&state);
        let found = lifecycle::find(&self.konnect, context, &state).await?;
        self.replaced.refreshed(&state, found.as_ref());
        match found {
            Some(object) => state.apply_remote(&object).map(Some),
            None => Ok(None),
        }
    }

    /// Nothing of it can be changed in place, so that nothing is sent: what comes here is another spelling of the same.
    async fn update(
        &self,
        context: &Context,
        _prior: PrivateHostedZoneModel,
        planned: PrivateHostedZoneModel,
        _save: &Save<PrivateHostedZoneModel>,
    ) -> Result<PrivateHostedZoneModel, Diagnostics> {
        let missing = planned.missing();
        self.read(context, planned).await?.ok_or(missing)
    }

    async fn delete(
        &self,
        context: &Context,
        state: PrivateHostedZoneModel,
    ) -> Result<(), Diagnostics> {
        self.replaced.deletes(&state);
        lifecycle::delete(&self.konnect, context, &state).await?;
        Ok(())
    }

    async fn import(
        &self,
        _context: &Context,
        id: ImportId,
    ) -> Result<PrivateHostedZoneModel, Diagnostics> {
        PrivateHostedZoneModel::imported(&id)
    }

    fn move_from(&self, source: &MoveSource) -> Option<Result<Self::Model, Diagnostics>> {
        moved::model(source)
    }

    fn tidy_generated(&self, config: &mut PrivateHostedZoneModel) {
        let Ok(client) = self.azure.client() else {
            return;
        };
        let tenant = client.known_tenant_id().map(Guid::as_str);
        config.tenant_id = unless_default(std::mem::take(&mut config.tenant_id), tenant);
        let subscription = client.subscription_id().map(ToString::to_string);
        let given = std::mem::take(&mut config.subscription_id);
        config.subscription_id = unless_default(given, subscription.as_deref());
    }
}
