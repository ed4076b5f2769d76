//! Networks as data sources show them.

use crate::konnect::{CloudProvider, Network};
use crate::model;
use crate::tf::attr::{Attr, List};
use crate::tf::schema::Attribute;
use crate::tf::types::Type;

use super::StateMetadataModel;
use super::schema::{state_metadata, state_metadata_kind};

model! {
    /// A network.
    pub struct NetworkModel {
        /// Id in Konnect.
        pub id: String,
        /// The name.
        pub name: String,
        /// The region of the cloud.
        pub region: String,
        /// The address block.
        pub cidr_block: String,
        /// State in Konnect.
        pub state: String,
        /// What Konnect says about the state.
        pub state_metadata: StateMetadataModel,
        /// The cloud.
        pub cloud_provider: String,
        /// The account in that cloud.
        pub cloud_gateway_provider_account_id: String,
        /// The availability zones.
        pub availability_zones: List<String>,
        /// Whether Konnect made it by itself.
        pub default: bool,
        /// How many peerings and other transit gateways it has.
        pub transit_gateway_count: i64,
        /// How many data plane configurations use it.
        pub configuration_reference_count: i64,
        /// Grows with each change.
        pub entity_version: i64,
        /// When it was made.
        pub created_at: String,
        /// When it was last changed.
        pub updated_at: String,
    }
}

impl NetworkModel {
    /// Of a network and its cloud, where that is known.
    pub(crate) fn of(network: Network, provider: Option<&CloudProvider>) -> Self {
        Self {
            id: Attr::Known(network.id.to_string()),
            name: Attr::Known(network.name),
            region: Attr::Known(network.region),
            cidr_block: Attr::Known(network.cidr_block),
            state: Attr::Known(network.state.to_string()),
            state_metadata: state_metadata(network.state_metadata.as_ref()),
            cloud_provider: provider.map(|provider| provider.as_str().to_owned()).into(),
            cloud_gateway_provider_account_id: network
                .cloud_gateway_provider_account_id
                .map(|account| account.to_string())
                .into(),
            availability_zones: Attr::Known(network.availability_zones.into_iter().collect()),
            default: Attr::Known(network.default),
            transit_gateway_count: Attr::Known(network.transit_gateway_count),
            configuration_reference_count: Attr::Known(network.configuration_reference_count),
            entity_version: Attr::Known(network.entity_version),
            created_at: told(network.created_at),
            updated_at: told(network.updated_at),
        }
    }
}

/// What Konnect leaves out is null.
fn told(text: String) -> Attr<String> {
    Some(text).filter(|text| !text.is_empty()).into()
}

/// Everything of a network but its id and name.
pub(crate) fn attributes() -> Vec<Attribute> {
    let string = |name, description: &'static str| {
        Attribute::computed(name, Type::String).describe(description)
    };
    let number = |name, description: &'static str| {
        Attribute::computed(name, Type::Number).describe(description)
    };
    vec![
        string("region", "Region of the cloud, such as `eastus2`."),
        string(
            "cidr_block",
            "Address block of the network. It must not overlap the address space of a virtual network that is peered with it.",
        ),
        string(
            "state",
            "State as Konnect reports it: `ready` once private networking can be set up. Informational: Konnect may add states.",
        ),
        Attribute::computed("state_metadata", state_metadata_kind())
            .describe("What Konnect says about the state. Null if it says nothing."),
        string(
            "cloud_provider",
            "The cloud that the network runs in: `azure`, `aws` or `gcp`. Null if the token may not read provider accounts.",
        ),
        string(
            "cloud_gateway_provider_account_id",
            "Id in Konnect of the cloud account that the network runs in.",
        ),
        Attribute::computed("availability_zones", Type::list(Type::String))
            .describe("Availability zones of the network."),
        Attribute::computed("default", Type::Bool)
            .describe("Whether Konnect created the network itself when the account was linked."),
        number(
            "transit_gateway_count",
            "How many transit gateways, peerings included, the network has.",
        ),
        number(
            "configuration_reference_count",
            "How many data plane configurations use the network.",
        ),
        number(
            "entity_version",
            "Version of the object, which grows with each change in Konnect.",
        ),
        string("created_at", "When it was created, in RFC 3339."),
        string("updated_at", "When it was last changed, in RFC 3339."),
    ]
}
