//! `konnectazure_network`: a Dedicated Cloud Gateway network of Konnect, by its id or its name.
//!
//! A network names only the account it runs in; which cloud that is, the provider account tells, which some tokens may not read.

use std::sync::Arc;

use async_trait::async_trait;

use crate::http::scope::Scope;
use crate::konnect::{self, Client, CloudProvider, Network, NetworkFilter, NetworkId};
use crate::model;
use crate::resources::explain::Failure;
use crate::resources::konnect_object::flow::cloud_provider;
use crate::resources::konnect_object::schema::{state_metadata, state_metadata_kind};
use crate::resources::konnect_object::{StateMetadataModel, explain};
use crate::resources::scope;
use crate::tf::attr::{Attr, List};
use crate::tf::context::Context;
use crate::tf::data_source::DataSource;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;
use crate::tf::schema::{Attribute, Schema};
use crate::tf::types::Type;
use crate::tf::validate::{NotEmpty, Parses};

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

/// The data source.
pub struct NetworkDataSource {
    konnect: Arc<konnect::Access>,
}

impl NetworkDataSource {
    /// A data source that uses this client once it is configured.
    #[must_use]
    pub const fn new(konnect: Arc<konnect::Access>) -> Self {
        Self { konnect }
    }
}

#[async_trait]
impl DataSource for NetworkDataSource {
    type Model = NetworkModel;

    fn type_name(&self) -> &'static str {
        "konnectazure_network"
    }

    fn schema(&self) -> Schema {
        let mut attributes = vec![
            Attribute::optional_computed("id", Type::String)
                .describe("Id of the network. Give either this or `name`.")
                .validate(Parses::new("a UUID", |text: &str| {
                    text.parse::<NetworkId>().map(drop)
                })),
            Attribute::optional_computed("name", Type::String)
                .describe("Name of the network. Give either this or `id`. Exactly one network must have it.")
                .validate(NotEmpty),
        ];
        attributes.extend(computed());
        Schema::new(
            "A Dedicated Cloud Gateway network of Konnect, found by its id or its name.",
            attributes,
        )
    }

    fn validate(&self, config: &NetworkModel, diagnostics: &mut Diagnostics) {
        let fault = match (&config.id, &config.name) {
            (Attr::Known(_), Attr::Known(_)) => "`id` and `name` exclude each other",
            (Attr::Null, Attr::Null) => "Which network is meant is not said",
            _ => return,
        };
        diagnostics.push(
            Diagnostic::error(fault, "Give either `id` or `name`.").at(Path::attribute("id")),
        );
    }

    async fn read(
        &self,
        context: &Context,
        config: NetworkModel,
    ) -> Result<NetworkModel, Diagnostics> {
        let wanted = Wanted::of(&config)?;
        let scope = scope(context);
        let client = self
            .konnect
            .client()
            .map_err(|error| wanted.failure().explain(&error))?;
        let network = wanted.find(&client, &scope).await?;
        let provider = cloud_provider(&client, &scope, &network).await;
        Ok(to_model(config, network, provider))
    }
}

/// How the network is named.
enum Wanted {
    Id(NetworkId),
    Name(String),
}

impl Wanted {
    fn of(config: &NetworkModel) -> Result<Self, Diagnostics> {
        if let Some(text) = config.id.as_str() {
            return text.parse().map(Self::Id).map_err(|_| {
                Diagnostic::error("Invalid id", format!("{text:?} is not a UUID."))
                    .at(Path::attribute("id"))
                    .into()
            });
        }
        let name = config.name.as_str().unwrap_or_default();
        Ok(Self::Name(name.to_owned()))
    }

    fn failure(&self) -> Failure<'static> {
        let object = match self {
            Self::Id(id) => format!("network {id}"),
            Self::Name(name) => format!("network {name:?}"),
        };
        Failure::new("read", object)
    }

    async fn find(&self, client: &Client, scope: &Scope) -> Result<Network, Diagnostics> {
        match self {
            Self::Id(id) => client.get_network(scope, id).await.map_err(|error| {
                let failure = self.failure();
                if error.is_not_found() {
                    explain(failure.at(Path::attribute("id")).next(MISSING), &error)
                } else {
                    explain(failure, &error)
                }
            }),
            Self::Name(name) => {
                let filter = NetworkFilter {
                    name_eq: Some(name.clone()),
                    ..NetworkFilter::default()
                };
                let found = client
                    .list_networks(scope, &filter)
                    .await
                    .map_err(|error| explain(self.failure(), &error))?;
                only(found).map_err(|what| self.failure().at(Path::attribute("name")).because(what))
            }
        }
    }
}

const MISSING: &str = "Konnect has no such network, or the token may not see it: it may belong to another organisation.";

/// The one network that was found.
fn only(mut found: Vec<Network>) -> Result<Network, String> {
    if found.len() > 1 {
        let mut ids: Vec<String> = found
            .iter()
            .map(|network| format!("- {} in {}", network.id, network.region))
            .collect();
        ids.sort();
        return Err(format!(
            "{} networks have this name. Give the `id` of one instead:\n{}",
            ids.len(),
            ids.join("\n")
        ));
    }
    found.pop().ok_or_else(|| MISSING.to_owned())
}

fn to_model(
    config: NetworkModel,
    network: Network,
    provider: Option<CloudProvider>,
) -> NetworkModel {
    NetworkModel {
        // An id keeps the spelling of the configuration, which Terraform insists on.
        id: match config.id {
            Attr::Known(id) => Attr::Known(id),
            _ => Attr::Known(network.id.to_string()),
        },
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
        created_at: Attr::Known(network.created_at),
        updated_at: Attr::Known(network.updated_at),
    }
}

fn computed() -> Vec<Attribute> {
    let string =
        |name, description: &str| Attribute::computed(name, Type::String).describe(description);
    let number =
        |name, description: &str| Attribute::computed(name, Type::Number).describe(description);
    vec![
        string("region", "Region of the cloud, such as `eastus2`."),
        string(
            "cidr_block",
            "Address block of the network. It must not overlap the address space of a virtual network that is peered with it.",
        ),
        string(
            "state",
            "State as Konnect reports it: `ready` once private networking can be set up. A diagnostic, not a contract: Konnect may add states.",
        ),
        Attribute::computed("state_metadata", state_metadata_kind())
            .describe("What Konnect says about the state. Null where it says nothing."),
        string(
            "cloud_provider",
            "The cloud that the network runs in: `azure`, `aws` or `gcp`. Null where the token may not read provider accounts.",
        ),
        string(
            "cloud_gateway_provider_account_id",
            "Id in Konnect of the cloud account that the network runs in.",
        ),
        Attribute::computed("availability_zones", Type::list(Type::String))
            .describe("Availability zones of the network."),
        Attribute::computed("default", Type::Bool)
            .describe("Whether Konnect made the network by itself when the account was linked."),
        number(
            "transit_gateway_count",
            "How many transit gateways, peerings included, the network has.",
        ),
        number(
            "configuration_reference_count",
            "How many data plane configurations use the network.",
        ),
        number("entity_version", "Grows with each change in Konnect."),
        string("created_at", "When it was made, in RFC 3339."),
        string("updated_at", "When it was last changed, in RFC 3339."),
    ]
}
