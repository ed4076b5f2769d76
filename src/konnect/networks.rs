//! Dedicated Cloud Gateway networks, which everything else hangs on.

use serde::Deserialize;

use super::client::{Client, network_path};
use super::error::Error;
use super::ids::{NetworkId, ProviderAccountId};
use super::lenient::{integer, or_default, readable};
use super::page::{List, list};
use super::state::{NetworkState, StateMetadata};
use crate::http::{Request, Scope};

/// A network as Konnect describes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Network {
    /// Its id.
    pub id: NetworkId,
    /// Its name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// Its state.
    #[serde(default)]
    pub state: NetworkState,
    /// What the infrastructure reports; the only sign of trouble, as there is no failed state.
    #[serde(default, deserialize_with = "StateMetadata::read")]
    pub state_metadata: Option<StateMetadata>,
    /// Its address block, such as `10.64.0.0/16`.
    #[serde(default, deserialize_with = "or_default")]
    pub cidr_block: String,
    /// The cloud provider's region.
    #[serde(default, deserialize_with = "or_default")]
    pub region: String,
    /// The cloud provider's zones.
    #[serde(default, deserialize_with = "or_default")]
    pub availability_zones: Vec<String>,
    /// The account it runs in, which tells the cloud provider.
    #[serde(default, deserialize_with = "readable")]
    pub cloud_gateway_provider_account_id: Option<ProviderAccountId>,
    /// Whether Konnect made it by itself.
    #[serde(default, deserialize_with = "or_default")]
    pub default: bool,
    /// How many transit gateways hang on it.
    #[serde(default, deserialize_with = "integer")]
    pub transit_gateway_count: i64,
    /// How many configurations use it.
    #[serde(default, deserialize_with = "integer")]
    pub configuration_reference_count: i64,
    /// Grows with every change.
    #[serde(default, deserialize_with = "integer")]
    pub entity_version: i64,
    /// When it was made, as RFC 3339.
    #[serde(default, deserialize_with = "or_default")]
    pub created_at: String,
    /// When it was last changed, as RFC 3339.
    #[serde(default, deserialize_with = "or_default")]
    pub updated_at: String,
    /// What the cloud provider calls its parts.
    #[serde(default, deserialize_with = "or_default")]
    pub provider_metadata: ProviderMetadata,
}

/// What the cloud provider calls a network's parts; often empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct ProviderMetadata {
    /// The network's id at the cloud provider.
    #[serde(default, deserialize_with = "or_default")]
    pub vpc_id: Option<String>,
}

/// Which networks to list; an empty filter lists all.
#[derive(Clone, Debug, Default)]
pub struct NetworkFilter {
    /// Those of exactly this name.
    pub name_eq: Option<String>,
    /// Those with this in their name. Left out where `name_eq` is given: a field takes one operator.
    pub name_contains: Option<String>,
    /// Those in this state.
    pub state: Option<NetworkState>,
}

impl NetworkFilter {
    /// Whether it lets the network pass, as the service should have seen to already.
    fn holds(&self, network: &Network) -> bool {
        let name = match (&self.name_eq, &self.name_contains) {
            (Some(name), _) => network.name == *name,
            (None, Some(part)) => {
                let (name, part) = (network.name.to_lowercase(), part.to_lowercase());
                name.contains(&part)
            }
            (None, None) => true,
        };
        let state = self.state.as_ref();
        name && state.is_none_or(|state| network.state == *state)
    }
}

impl Client {
    /// Reads a network.
    ///
    /// # Errors
    /// [`Error::is_not_found`] when there is none.
    pub async fn get_network(&self, scope: &Scope, id: &NetworkId) -> Result<Network, Error> {
        self.read(scope, Request::get(network_path(&id.to_string(), &[])))
            .await
    }

    /// A network as it is or was a few seconds ago, where Konnect has the last word on whether it still is: reads of many share a request.
    ///
    /// # Errors
    /// As [`Self::get_network`].
    pub async fn get_network_lately(
        &self,
        scope: &Scope,
        id: &NetworkId,
    ) -> Result<Network, Error> {
        let read = self.get_network(scope, id);
        self.networks.get(scope, *id, read).await
    }

    /// Every network, in no particular order, page by page.
    #[must_use]
    pub fn networks_in_pages(&self) -> List<'_, Network> {
        list(self, Request::get(["v2", "cloud-gateways", "networks"]))
    }

    /// Lists networks, in no particular order.
    ///
    /// # Errors
    /// When the list cannot be read to its end.
    pub async fn list_networks(
        &self,
        scope: &Scope,
        filter: &NetworkFilter,
    ) -> Result<Vec<Network>, Error> {
        let contains = match filter.name_eq {
            Some(_) => None,
            None => filter.name_contains.as_deref(),
        };
        let all = Request::get(["v2", "cloud-gateways", "networks"]);
        let narrowed = all
            .clone()
            .query_if("filter[name][eq]", filter.name_eq.as_deref())
            .query_if("filter[name][contains]", contains)
            .query_if(
                "filter[state][eq]",
                filter.state.as_ref().map(NetworkState::as_str),
            );
        let mut found: Vec<Network> = self.list_narrowed(scope, narrowed, all).await?;
        found.retain(|network| filter.holds(network));
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::super::client::tests::{NETWORK, client, network, scope};
    use super::*;
    use crate::http::transport::scripted::{Answer, Script};

    #[tokio::test]
    async fn a_full_network_is_read() {
        let body = format!(
            r#"{{"id":"{NETWORK}","name":"eastus2-prod","default":false,
            "cloud_gateway_provider_account_id":"929b2449-c69f-44c4-b6ad-9ecec6f811ae","region":"eastus2",
            "availability_zones":["eastus2-az2","eastus2-az3"],"cidr_block":"10.64.0.0/16","provider_metadata":{{}},
            "state":"ready","state_metadata":{{"reported_status":"READY"}},"transit_gateway_count":1.0,
            "configuration_reference_count":0,"entity_version":3,"created_at":"2026-08-21T10:00:00.000Z",
            "updated_at":"2026-08-21T10:35:00.000Z","a_future_key":[1]}}"#
        );
        let script = Script::new([Answer::json(200, body)]);
        let read = client(&script)
            .get_network(&scope(), &network())
            .await
            .unwrap();
        assert_eq!(read.state, NetworkState::Ready);
        assert_eq!(read.availability_zones.len(), 2);
        assert_eq!(read.transit_gateway_count, 1);
        assert_eq!(
            script.calls(),
            [format!("GET /v2/cloud-gateways/networks/{NETWORK}")]
        );
    }

    #[tokio::test]
    async fn a_sparse_network_is_read() {
        let body = format!(
            r#"{{"id":"{NETWORK}","state":"hibernating","state_metadata":{{}},"provider_metadata":null,
            "cloud_gateway_provider_account_id":"of another form"}}"#
        );
        let script = Script::new([Answer::json(200, body)]);
        let read = client(&script)
            .get_network(&scope(), &network())
            .await
            .unwrap();
        assert_eq!(read.state, NetworkState::Unknown("hibernating".into()));
        assert_eq!(read.state_metadata, None);
        assert_eq!(read.cloud_gateway_provider_account_id, None);
    }

    #[tokio::test]
    async fn a_filter_that_is_refused_is_left_to_this_side() {
        let other = NETWORK.replace("36ae", "46ae");
        let body = format!(
            r#"{{"data":[{{"id":"{NETWORK}","name":"prod"}},{{"id":"{other}","name":"test"}}]}}"#
        );
        let refused = Answer::json(
            400,
            r#"{"status":400,"title":"Invalid Request","detail":"unknown filter"}"#,
        );
        let script = Script::new([refused, Answer::json(200, body)]);
        let filter = NetworkFilter {
            name_eq: Some("prod".into()),
            ..NetworkFilter::default()
        };
        let listed = client(&script).list_networks(&scope(), &filter).await;
        assert_eq!(listed.unwrap().len(), 1);
        assert!(script.calls().iter().any(|call| !call.contains("filter")));
    }

    #[tokio::test]
    async fn what_a_filter_should_have_left_out_is_left_out() {
        let other = NETWORK.replace("36ae", "46ae");
        let body = format!(
            r#"{{"data":[{{"id":"{NETWORK}","name":"prod","state":"ready"}},{{"id":"{other}","name":"prod-2","state":"ready"}}]}}"#
        );
        for (filter, expected) in [
            (
                NetworkFilter {
                    name_eq: Some("prod".into()),
                    ..NetworkFilter::default()
                },
                1,
            ),
            (
                NetworkFilter {
                    name_contains: Some("PROD".into()),
                    ..NetworkFilter::default()
                },
                2,
            ),
            (
                NetworkFilter {
                    state: Some(NetworkState::Offline),
                    ..NetworkFilter::default()
                },
                0,
            ),
        ] {
            let script = Script::new([Answer::json(200, body.as_str())]);
            let listed = client(&script).list_networks(&scope(), &filter).await;
            assert_eq!(listed.unwrap().len(), expected, "{filter:?}");
        }
    }

    #[tokio::test]
    async fn filters_are_sent_as_deep_objects_with_one_operator_each() {
        let script = Script::new([Answer::json(
            200,
            r#"{"data":[],"meta":{"page":{"total":0}}}"#,
        )]);
        let filter = NetworkFilter {
            name_eq: Some("a,b c".into()),
            name_contains: Some("x".into()),
            state: Some(NetworkState::Ready),
        };
        let listed = client(&script)
            .list_networks(&scope(), &filter)
            .await
            .unwrap();
        assert!(listed.is_empty());
        assert_eq!(
            script.calls(),
            [
                "GET /v2/cloud-gateways/networks?filter%5Bname%5D%5Beq%5D=a%2Cb%20c&filter%5Bstate%5D%5Beq%5D=ready\
              &page%5Bsize%5D=100&page%5Bnumber%5D=1"
            ]
        );
    }
}
