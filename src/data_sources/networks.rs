//! `konnectazure_networks`: the Dedicated Cloud Gateway networks of Konnect, all or those that pass filters.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use crate::http::scope::Scope;
use crate::konnect::{
    self, Client, CloudProvider, Error, Network, NetworkFilter, NetworkState, ProviderAccountId,
};
use crate::model;
use crate::resources::clients::Clients;
use crate::resources::explain::Failure;
use crate::resources::konnect_object::flow::cloud_provider;
use crate::resources::konnect_object::{NetworkModel, network};
use crate::resources::scope;
use crate::tf::attr::{Attr, List};
use crate::tf::context::Context;
use crate::tf::data_source::DataSource;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;
use crate::tf::schema::{Attribute, AttributeKind, Nesting, Schema};
use crate::tf::types::Type;
use crate::tf::validate::{NotEmpty, OneOf};

model! {
    /// Filters, and the networks that pass them.
    pub struct NetworksModel {
        /// A part of the name.
        pub name_contains: String,
        /// The state.
        pub state: String,
        /// The cloud.
        pub cloud_provider: String,
        /// The networks, by name.
        pub networks: List<NetworkModel>,
    }
}

/// The data source.
pub struct NetworksDataSource {
    konnect: Arc<konnect::Access>,
}

/// The data source over clients that are configured later.
#[must_use]
pub fn data_source(clients: &Clients) -> NetworksDataSource {
    NetworksDataSource {
        konnect: Arc::clone(&clients.konnect),
    }
}

#[async_trait]
impl DataSource for NetworksDataSource {
    type Model = NetworksModel;

    fn type_name(&self) -> &'static str {
        "konnectazure_networks"
    }

    fn schema(&self) -> Schema {
        let mut network = vec![
            Attribute::computed("id", Type::String).describe("Id of the network."),
            Attribute::computed("name", Type::String).describe("Name of the network."),
        ];
        network.extend(network::attributes());
        let attributes = vec![
            Attribute::optional("name_contains", Type::String)
                .describe("Only networks with this text in their name.")
                .validate(NotEmpty),
            Attribute::optional("state", Type::String)
                .describe("Only networks in this state, such as `ready`.")
                .validate(NotEmpty),
            Attribute::optional("cloud_provider", Type::String)
                .describe(
                    "Only networks in this cloud: `azure`, `aws` or `gcp`. Networks whose provider account the token may not read are left out, with a \
                     warning.",
                )
                .validate(OneOf(&["azure", "aws", "gcp"])),
            Attribute::computed(
                "networks",
                AttributeKind::Nested(Nesting::List, network),
            )
            .describe("The networks, ordered by name and id. Empty if none passes the filters."),
        ];
        Schema::new(
            "The Dedicated Cloud Gateway networks of Konnect: all that the token may see, or those that pass every given filter.",
            attributes,
        )
    }

    async fn read(
        &self,
        context: &Context,
        config: NetworksModel,
    ) -> Result<NetworksModel, Diagnostics> {
        let failure = Failure::new("read", "the networks");
        let scope = scope(context);
        let client = self.konnect.client();
        let client = client.map_err(|error| failure.explain(&error))?;
        let filter = NetworkFilter {
            name_contains: config.name_contains.as_str().map(str::to_owned),
            state: config.state.as_str().map(NetworkState::from),
            ..NetworkFilter::default()
        };
        let found = client.list_networks(&scope, &filter).await;
        let found = found.map_err(|error| failure.explain(&error))?;
        let (clouds, fault) = clouds(&client, &scope, &found).await;
        let wanted = config.cloud_provider.as_str();
        let (networks, unknown) = select(found, &clouds, wanted);
        // Who may not read provider accounts is told only where it matters.
        if !unknown.is_empty() && (wanted.is_some() || fault.is_some()) {
            context.warn(unknown_clouds(&unknown, wanted, fault.as_ref()));
        }
        Ok(NetworksModel {
            networks: Attr::Known(networks.into_iter().collect()),
            ..config
        })
    }
}

type Clouds = BTreeMap<ProviderAccountId, CloudProvider>;

/// The cloud of each account that can be read, each asked for once; and why one could not be read that the token may read.
async fn clouds(client: &Client, scope: &Scope, networks: &[Network]) -> (Clouds, Option<Error>) {
    let mut asked = BTreeMap::new();
    let mut fault = None;
    for network in networks {
        if let Some(account) = network.cloud_gateway_provider_account_id
            && !asked.contains_key(&account)
        {
            let cloud = cloud_provider(client, scope, network).await;
            let cloud = cloud.unwrap_or_else(|error| {
                fault.get_or_insert(error);
                None
            });
            asked.insert(account, cloud);
        }
    }
    let clouds = asked
        .into_iter()
        .filter_map(|(account, cloud)| Some((account, cloud?)));
    (clouds.collect(), fault)
}

/// The networks of a cloud in their order, and the names of those whose cloud cannot be told.
fn select(
    mut found: Vec<Network>,
    clouds: &Clouds,
    wanted: Option<&str>,
) -> (Vec<NetworkModel>, Vec<String>) {
    found.sort_by(|left, right| (&left.name, left.id).cmp(&(&right.name, right.id)));
    let mut selected = Vec::new();
    let mut unknown = Vec::new();
    for network in found {
        let account = network.cloud_gateway_provider_account_id;
        let cloud = account.and_then(|account| clouds.get(&account));
        if cloud.is_none() {
            unknown.push(network.name.clone());
        }
        match (wanted, cloud) {
            (Some(_), None) => {}
            (Some(wanted), Some(cloud)) if !cloud.as_str().eq_ignore_ascii_case(wanted) => {}
            _ => selected.push(NetworkModel::of(network, cloud)),
        }
    }
    (selected, unknown)
}

fn unknown_clouds(names: &[String], wanted: Option<&str>, fault: Option<&Error>) -> Diagnostic {
    let reason = fault.map_or_else(
        || "The token may not read the provider accounts of these networks".to_owned(),
        |error| {
            let error = error.http();
            format!("The provider accounts of these networks could not be read ({error})")
        },
    );
    let consequence = if wanted.is_some() {
        "they are left out"
    } else {
        "their `cloud_provider` is null this time"
    };
    Diagnostic::warning(
        "The cloud of some networks is not known",
        format!("{reason}, so that {consequence}: {}.", names.join(", ")),
    )
    .at(Path::attribute("cloud_provider"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const AZURE: &str = "c27f3f1a-6e0b-4d57-9c84-2b1a0d9e8f73";
    const AWS: &str = "d9a04b6e-3c15-4f28-8b7d-5e6f1c2a3b40";

    fn network(name: &str, last: char, account: &str) -> Network {
        serde_json::from_value(json!({
            "id": format!("0b6f5d1c-7a83-4e29-9d40-c3b2a1f0e98{last}"),
            "name": name,
            "cloud_gateway_provider_account_id": account,
        }))
        .unwrap()
    }

    #[test]
    fn networks_are_ordered_and_those_of_unknown_clouds_are_told() {
        let clouds: Clouds = [(AZURE.parse().unwrap(), CloudProvider::Azure)].into();
        let found = || {
            vec![
                network("b", '1', AZURE),
                network("a", '3', AZURE),
                network("a", '2', AZURE),
                network("c", '4', AWS),
            ]
        };
        let names = |networks: &[NetworkModel]| -> Vec<String> {
            let text = |network: &NetworkModel| network.id.as_str().unwrap().chars().last();
            networks.iter().filter_map(text).map(String::from).collect()
        };
        let (all, unknown) = select(found(), &clouds, None);
        assert_eq!(names(&all), ["2", "3", "1", "4"]);
        assert_eq!(unknown, ["c"]);
        let (azure, unknown) = select(found(), &clouds, Some("Azure"));
        assert_eq!(names(&azure), ["2", "3", "1"]);
        assert_eq!(unknown, ["c"]);
        let (aws, _) = select(found(), &clouds, Some("aws"));
        assert!(aws.is_empty());
    }
}
