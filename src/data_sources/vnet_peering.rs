//! `data "konnectazure_vnet_peering"`: a peering that somebody else manages, by its id or its name.

use std::sync::Arc;

use async_trait::async_trait;

use crate::azure::ids::VnetId;
use crate::konnect::{self, Attachment, TransitGateway, TransitGatewayId};
use crate::model;
use crate::resources::azure_target::{self, KnownTarget, Target};
use crate::resources::clients::Clients;
use crate::resources::konnect_object::dns_config::{self, DnsConfigModel};
use crate::resources::konnect_object::flow::InNetwork as _;
use crate::resources::konnect_object::gateways::{Gateways, other_kind};
use crate::resources::konnect_object::lookup::{self, Lookup, Wanted};
use crate::resources::konnect_object::managed::Told;
use crate::resources::konnect_object::{StateMetadataModel, import, schema as common};
use crate::resources::scope;
use crate::tf::attr::{Attr, List};
use crate::tf::context::Context;
use crate::tf::data_source::DataSource;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::schema::{Attribute, Schema};
use crate::tf::types::Type;

const WHAT: &str = "virtual network peering";

model! {
    /// A peering.
    pub struct VnetPeeringDataModel {
        /// The network.
        pub network_id: String,
        /// Id in Konnect.
        pub id: String,
        /// The name in Konnect.
        pub name: String,
        /// The virtual network's ARM id.
        pub vnet_id: String,
        /// The virtual network's tenant.
        pub tenant_id: String,
        /// The virtual network's subscription.
        pub subscription_id: String,
        /// The virtual network's resource group.
        pub resource_group_name: String,
        /// The virtual network's name.
        pub vnet_name: String,
        /// DNS servers that the peering was made with.
        pub dns_config: List<DnsConfigModel>,
        /// State in Konnect.
        pub state: String,
        /// What Konnect says about the state.
        pub state_metadata: StateMetadataModel,
        /// Grows with each change.
        pub entity_version: i64,
        /// When it was made.
        pub created_at: String,
        /// When it was last changed.
        pub updated_at: String,
    }
}

/// The data source.
pub struct VnetPeeringDataSource {
    konnect: Arc<konnect::Access>,
}

/// The data source over clients that are configured later.
#[must_use]
pub fn data_source(clients: &Clients) -> VnetPeeringDataSource {
    VnetPeeringDataSource {
        konnect: Arc::clone(&clients.konnect),
    }
}

#[async_trait]
impl DataSource for VnetPeeringDataSource {
    type Model = VnetPeeringDataModel;

    fn type_name(&self) -> &'static str {
        "konnectazure_vnet_peering"
    }

    fn schema(&self) -> Schema {
        let text = |name, description: &'static str| {
            Attribute::computed(name, Type::String).describe(description)
        };
        let mut attributes = Vec::from(lookup::attributes::<TransitGatewayId>("peering"));
        attributes.extend([
            text(
                "vnet_id",
                "ARM id of the virtual network. Null where the names in Konnect make none.",
            ),
            text(
                "tenant_id",
                "Entra tenant of the virtual network's subscription.",
            ),
            text("subscription_id", "Subscription of the virtual network."),
            text(
                "resource_group_name",
                "Resource group of the virtual network.",
            ),
            text("vnet_name", "Name of the virtual network."),
            dns_config::computed_attribute(),
        ]);
        attributes.extend(common::shown());
        Schema::new(
            "A peering of a Dedicated Cloud Gateway network of Konnect with an Azure virtual network that somebody else manages, found by its id or its \
             name. Its DNS mappings, for example, can then be managed here.",
            attributes,
        )
    }

    fn validate(&self, config: &VnetPeeringDataModel, diagnostics: &mut Diagnostics) {
        diagnostics.extend(lookup::check(&config.id, &config.name, "peering"));
    }

    async fn read(
        &self,
        context: &Context,
        config: VnetPeeringDataModel,
    ) -> Result<VnetPeeringDataModel, Diagnostics> {
        let wanted = Wanted::of(&config.id, &config.name)?;
        let network_id = import::recorded_network(&config.network_id)?;
        let client = self.konnect.client();
        let client = client.map_err(|error| wanted.failure(WHAT).explain(&error))?;
        let lookup = Lookup {
            what: WHAT,
            objects: Gateways::new(client, network_id),
            wanted,
            is_of_kind: |gateway| matches!(gateway.attachment, Attachment::AzureVnet { .. }),
        };
        let gateway = lookup.find(&scope(context)).await?;
        to_model(config, &gateway)
    }
}

fn to_model(
    config: VnetPeeringDataModel,
    gateway: &TransitGateway,
) -> Result<VnetPeeringDataModel, Diagnostics> {
    let Attachment::AzureVnet {
        tenant_id,
        subscription_id,
        resource_group_name,
        vnet_name,
    } = &gateway.attachment
    else {
        return Err(other_kind(gateway.id, &gateway.attachment));
    };
    let remote = KnownTarget {
        tenant_id,
        subscription_id,
        resource_group_name,
        name: vnet_name,
    };
    let target = azure_target::from_remote::<VnetId>(&Target::default(), remote);
    let given_id = config.id.clone();
    let mut model = VnetPeeringDataModel {
        vnet_id: target.id,
        tenant_id: target.tenant_id,
        subscription_id: target.subscription_id,
        resource_group_name: target.resource_group_name,
        vnet_name: target.name,
        dns_config: dns_config::from_remote(&Attr::Null, &gateway.dns_config),
        ..config
    };
    Told {
        id: &mut model.id,
        name: &mut model.name,
        state: &mut model.state,
        state_metadata: &mut model.state_metadata,
        entity_version: &mut model.entity_version,
        created_at: &mut model.created_at,
        updated_at: &mut model.updated_at,
    }
    .fill(gateway);
    if given_id.known().is_some() {
        // An id keeps the spelling of the configuration, which Terraform insists on.
        model.id = given_id;
    }
    Ok(model)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "d2c1b0a9-8f7e-4d6c-b5a4-938271605f4e";

    #[test]
    fn a_peering_is_told_whole_and_the_given_id_keeps_its_spelling() {
        let gateway: TransitGateway = serde_json::from_value(json!({
            "id": ID,
            "name": "orders",
            "state": "ready",
            "transit_gateway_attachment_config": {
                "kind": "azure-vnet-peering-attachment",
                "tenant_id": "11111111-2222-3333-4444-555555555555",
                "subscription_id": "66666666-7777-8888-9999-aaaaaaaaaaaa",
                "resource_group_name": "rg-net",
                "vnet_name": "orders",
            },
        }))
        .unwrap();
        let config = VnetPeeringDataModel {
            id: Attr::Known(ID.to_uppercase()),
            ..VnetPeeringDataModel::default()
        };
        let model = to_model(config, &gateway).unwrap();
        assert_eq!(model.id, Attr::Known(ID.to_uppercase()));
        assert_eq!(model.name, "orders".into());
        assert!(
            model
                .vnet_id
                .as_str()
                .is_some_and(|id| id.ends_with("/virtualNetworks/orders"))
        );
    }
}
