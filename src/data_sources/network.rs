//! `konnectazure_network`: a Dedicated Cloud Gateway network of Konnect, by its id or its name.
//!
//! A network names only the account it runs in; which cloud that is, the provider account tells, which some tokens may not read.

use std::sync::Arc;

use async_trait::async_trait;

use crate::http::scope::Scope;
use crate::konnect::{self, Client, Error, Network, NetworkFilter, NetworkId, NetworkState};
use crate::resources::clients::Clients;
use crate::resources::konnect_object::flow::cloud_provider;
use crate::resources::konnect_object::lookup::{self, Wanted};
use crate::resources::konnect_object::{NetworkModel, network};
use crate::resources::scope;
use crate::tf::attr::Attr;
use crate::tf::context::Context;
use crate::tf::data_source::DataSource;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;
use crate::tf::schema::{Attribute, Schema};
use crate::tf::types::Type;
use crate::tf::validate::{NotEmpty, Parses};

const WHAT: &str = "network";

const MISSING: &str = "Konnect has no such network, or the token may not see it: it may belong to another organisation.";

/// The data source.
pub struct NetworkDataSource {
    konnect: Arc<konnect::Access>,
}

/// The data source over clients that are configured later.
#[must_use]
pub fn data_source(clients: &Clients) -> NetworkDataSource {
    NetworkDataSource {
        konnect: Arc::clone(&clients.konnect),
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
                    let id = text.parse::<NetworkId>();
                    id.map(drop).map_err(|fault| fault.reason())
                })),
            Attribute::optional_computed("name", Type::String)
                .describe("Name of the network. Give either this or `id`. Exactly one network must have it.")
                .validate(NotEmpty),
        ];
        attributes.extend(network::attributes());
        Schema::new(
            "A Dedicated Cloud Gateway network of Konnect, found by its id or its name.",
            attributes,
        )
    }

    fn validate(&self, config: &NetworkModel, diagnostics: &mut Diagnostics) {
        diagnostics.extend(lookup::check(&config.id, &config.name, WHAT));
    }

    async fn read(
        &self,
        context: &Context,
        config: NetworkModel,
    ) -> Result<NetworkModel, Diagnostics> {
        let wanted = Wanted::of(&config.id, &config.name)?;
        let scope = scope(context);
        let client = self
            .konnect
            .client()
            .map_err(|error| wanted.failure(WHAT).explain(&error))?;
        let network = find(&client, &scope, &wanted).await?;
        let provider = cloud_provider(&client, &scope, &network).await;
        let provider = provider.unwrap_or_else(|error| {
            context.warn(unknown_cloud(&network, &error));
            None
        });
        let found = NetworkModel::of(network, provider.as_ref());
        Ok(NetworkModel {
            // An id keeps the spelling of the configuration, which Terraform insists on.
            id: config.id.into_known().map_or(found.id, Attr::Known),
            ..found
        })
    }
}

fn unknown_cloud(network: &Network, error: &Error) -> Diagnostic {
    Diagnostic::warning(
        "The cloud of the network is not known",
        format!(
            "Which cloud network {:?} runs in could not be read, so that `cloud_provider` is null this time: {}.",
            network.name,
            error.http()
        ),
    )
}

async fn find(
    client: &Client,
    scope: &Scope,
    wanted: &Wanted<NetworkId>,
) -> Result<Network, Diagnostics> {
    let failure = wanted.failure(WHAT);
    match wanted {
        Wanted::Id(id) => client.get_network(scope, id).await.map_err(|error| {
            if error.is_not_found() {
                failure
                    .at(Path::attribute("id"))
                    .next(MISSING)
                    .explain(&error)
            } else {
                failure.explain(&error)
            }
        }),
        Wanted::Name(name) => {
            let filter = NetworkFilter {
                name_eq: Some(name.clone()),
                ..NetworkFilter::default()
            };
            let found = client.list_networks(scope, &filter).await;
            let found = found.map_err(|error| failure.clone().explain(&error))?;
            only(found).map_err(|what| failure.at(Path::attribute("name")).because(what))
        }
    }
}

fn only(mut found: Vec<Network>) -> Result<Network, String> {
    found.retain(|network| network.state != NetworkState::Terminated);
    let is_going = |network: &Network| network.state.is_ending();
    let line = |network: &Network| format!("- {} in {}", network.id, network.region);
    lookup::one_of(found, "networks", is_going, line)?.ok_or_else(|| MISSING.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_network_made_anew_under_its_old_name_is_found_beside_the_one_that_goes() {
        let network = |last: char, state: &str| -> Network {
            let id = format!("0b6f5d1c-7a83-4e29-9d40-c3b2a1f0e98{last}");
            serde_json::from_value(json!({ "id": id, "name": "prod", "state": state })).unwrap()
        };
        let found = |states: &[&str]| {
            let networks = states.iter().zip('1'..);
            only(networks.map(|(state, last)| network(last, state)).collect())
                .map(|network| network.id.to_string().pop())
        };
        assert_eq!(found(&["terminated", "ready"]), Ok(Some('2')));
        assert_eq!(found(&["initializing", "terminating"]), Ok(Some('1')));
        assert_eq!(found(&["terminated", "terminating"]), Ok(Some('2')));
        assert_eq!(found(&["terminated"]), Err(MISSING.to_owned()));
        assert!(found(&["ready", "offline"]).is_err_and(|what| what.starts_with("2 networks")));
    }
}
