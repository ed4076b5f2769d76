//! `data "konnectazure_dns_mappings"`: DNS mappings that somebody else manages, by id or name.

use std::sync::Arc;

use async_trait::async_trait;

use crate::konnect::{self, PrivateDns, PrivateDnsConfig, PrivateDnsId};
use crate::model;
use crate::resources::clients::Clients;
use crate::resources::konnect_object::flow::InNetwork as _;
use crate::resources::konnect_object::lookup::{self, Lookup, Wanted};
use crate::resources::konnect_object::managed::Told;
use crate::resources::konnect_object::private_dns::{PrivateDnsObjects, other_kind};
use crate::resources::konnect_object::{
    DnsMapping, StateMetadataModel, import, mappings, schema as common,
};
use crate::resources::scope;
use crate::tf::attr::{Attr, Set};
use crate::tf::context::Context;
use crate::tf::data_source::DataSource;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::schema::{Attribute, AttributeKind, Nesting, Schema};
use crate::tf::types::Type;

const WHAT: &str = "object with DNS mappings";

model! {
    /// The DNS mappings.
    pub struct DnsMappingsDataModel {
        /// The network.
        pub network_id: String,
        /// Id in Konnect.
        pub id: String,
        /// The name in Konnect.
        pub name: String,
        /// Which servers answer for which domains.
        pub mappings: Set<DnsMapping>,
        /// The kind of mapping, as Konnect's documentation names it.
        pub mapping_type: String,
        /// How many domains there are.
        pub domain_count: i64,
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
pub struct DnsMappingsDataSource {
    konnect: Arc<konnect::Access>,
}

/// The data source over clients that are configured later.
#[must_use]
pub fn data_source(clients: &Clients) -> DnsMappingsDataSource {
    DnsMappingsDataSource {
        konnect: Arc::clone(&clients.konnect),
    }
}

#[async_trait]
impl DataSource for DnsMappingsDataSource {
    type Model = DnsMappingsDataModel;

    fn type_name(&self) -> &'static str {
        "konnectazure_dns_mappings"
    }

    fn schema(&self) -> Schema {
        let mapping = vec![
            Attribute::computed("domains", Type::set(Type::String))
                .describe("Domains with the same list of addresses."),
            Attribute::computed("target_ip_addresses", Type::list(Type::String)).describe(
                "Addresses of the DNS servers that answer for them, in the order in which they are asked.",
            ),
        ];
        let mut attributes = Vec::from(lookup::attributes::<PrivateDnsId>("object"));
        attributes.extend([
            Attribute::computed("mappings", AttributeKind::Nested(Nesting::Set, mapping)).describe(
                "Which servers answer for which domains, one for each list of addresses.",
            ),
            Attribute::computed("mapping_type", Type::String).describe(
                "Which of the documented types the mappings are: `1-to-1`, `N-to-1` or `M-to-N`.",
            ),
            Attribute::computed("domain_count", Type::Number)
                .describe("How many domains are mapped."),
        ]);
        attributes.extend(common::shown());
        Schema::new(
            "DNS mappings of a Dedicated Cloud Gateway network of Konnect that somebody else manages, found by id or name.",
            attributes,
        )
    }

    fn validate(&self, config: &DnsMappingsDataModel, diagnostics: &mut Diagnostics) {
        diagnostics.extend(lookup::check(&config.id, &config.name, WHAT));
    }

    async fn read(
        &self,
        context: &Context,
        config: DnsMappingsDataModel,
    ) -> Result<DnsMappingsDataModel, Diagnostics> {
        let wanted = Wanted::of(&config.id, &config.name)?;
        let network_id = import::recorded_network(&config.network_id)?;
        let client = self.konnect.client();
        let client = client.map_err(|error| wanted.failure(WHAT).explain(&error))?;
        let lookup = Lookup {
            what: WHAT,
            objects: PrivateDnsObjects::new(client, network_id),
            wanted,
            is_of_kind: |object| {
                matches!(
                    object.config,
                    PrivateDnsConfig::AzureOutboundResolver { .. }
                )
            },
        };
        let object = lookup.find(&scope(context)).await?;
        to_model(config, &object)
    }
}

fn to_model(
    config: DnsMappingsDataModel,
    object: &PrivateDns,
) -> Result<DnsMappingsDataModel, Diagnostics> {
    let PrivateDnsConfig::AzureOutboundResolver { dns_config } = &object.config else {
        return Err(other_kind(object.id, &object.config));
    };
    let mappings = Attr::Known(mappings::group(dns_config));
    let given_id = config.id.clone();
    let mut model = DnsMappingsDataModel {
        mapping_type: mappings::mapping_type(&mappings)
            .map(|kind| kind.to_string())
            .into(),
        domain_count: mappings::domain_count(&mappings).into(),
        mappings,
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
    .fill(object);
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

    #[test]
    fn mappings_are_grouped_by_their_addresses() {
        let object: PrivateDns = serde_json::from_value(json!({
            "id": "d2c1b0a9-8f7e-4d6c-b5a4-938271605f4e",
            "name": "corp",
            "state": "ready",
            "private_dns_attachment_config": {"kind": "azure-outbound-resolver", "dns_config": {
                "a.example": {"remote_dns_server_ip_addresses": ["10.0.0.4"]},
                "b.example": {"remote_dns_server_ip_addresses": ["10.0.0.4"]},
            }},
        }))
        .unwrap();
        let model = to_model(DnsMappingsDataModel::default(), &object).unwrap();
        assert_eq!(model.mapping_type, "N-to-1".into());
        assert_eq!(model.domain_count, Attr::Known(2));
        assert_eq!(model.mappings.known().unwrap().0.len(), 1);
        assert!(model.id.known().is_some());
    }
}
