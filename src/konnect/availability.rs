//! What each cloud provider's regions offer: zones, and where a network's addresses may lie.

use serde::Deserialize;

use super::client::Client;
use super::error::Error;
use super::lenient::or_default;
use super::provider_accounts::CloudProvider;
use crate::http::{Request, Scope};

/// What can be had where. Only the parts that concern networks are read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Availability {
    /// The cloud providers.
    #[serde(default, deserialize_with = "or_default")]
    pub providers: Vec<AvailableProvider>,
}

/// A cloud provider and its regions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct AvailableProvider {
    /// The cloud provider.
    #[serde(default)]
    pub provider: CloudProvider,
    /// Its regions.
    #[serde(default, deserialize_with = "or_default")]
    pub regions: Vec<AvailableRegion>,
}

/// A region and what networks in it may look like.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct AvailableRegion {
    /// The cloud provider's name for it, such as `eastus2`.
    #[serde(default, deserialize_with = "or_default")]
    pub region: String,
    /// Its name for people.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// The zones.
    #[serde(default, deserialize_with = "or_default")]
    pub availability_zones: Vec<String>,
    /// The ranges a network's block has to lie in.
    #[serde(default, deserialize_with = "or_default")]
    pub cidr_blocks: Vec<String>,
    /// The ranges a network's block must not touch.
    #[serde(default, deserialize_with = "or_default")]
    pub reserved_cidr_blocks: Vec<String>,
}

impl Availability {
    /// A region of a cloud provider.
    #[must_use]
    pub fn region(&self, provider: &CloudProvider, region: &str) -> Option<&AvailableRegion> {
        let providers = self
            .providers
            .iter()
            .filter(|found| found.provider == *provider);
        providers
            .flat_map(|found| &found.regions)
            .find(|found| found.region == region)
    }
}

impl Client {
    /// Reads what can be had where.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn availability(&self, scope: &Scope) -> Result<Availability, Error> {
        self.read(
            scope,
            Request::get(["v2", "cloud-gateways", "availability.json"]),
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::super::client::tests::{client, scope};
    use super::*;
    use crate::http::transport::scripted::{Answer, Script};

    #[tokio::test]
    async fn a_region_is_found_among_what_else_the_document_holds() {
        let script = Script::new([Answer::json(
            200,
            r#"{"versions":["3.9"],"instance_types":[],"serverless_v1_providers":[],"new":1,"providers":[
                {"provider":"aws","regions":[{"region":"eastus2"}]},
                {"provider":"azure","regions":[{"region":"eastus2","name":"East US 2","availability_zones":["eastus2-az2"],
                 "cidr_blocks":["10.0.0.0/8"],"reserved_cidr_blocks":["10.100.0.0/16"],"status":"ga"}]}]}"#,
        )]);
        let read = client(&script).availability(&scope()).await.unwrap();
        let region = read.region(&CloudProvider::Azure, "eastus2").unwrap();
        assert_eq!(region.reserved_cidr_blocks, ["10.100.0.0/16"]);
        assert_eq!(read.region(&CloudProvider::Azure, "mars"), None);
        assert_eq!(script.calls(), ["GET /v2/cloud-gateways/availability.json"]);
    }
}
