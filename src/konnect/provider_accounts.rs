//! Konnect's own accounts at cloud providers: a network's account tells which cloud it runs in.

use std::fmt;

use serde::{Deserialize, Deserializer};

use super::client::Client;
use super::error::Error;
use super::ids::ProviderAccountId;
use super::lenient::or_default;
use crate::http::{Request, Scope};

/// A cloud provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloudProvider {
    /// Amazon Web Services.
    Aws,
    /// Microsoft Azure.
    Azure,
    /// Google Cloud.
    Gcp,
    /// One that this version does not know, as the service wrote it.
    Unknown(String),
}

impl CloudProvider {
    /// The service's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Aws => "aws",
            Self::Azure => "azure",
            Self::Gcp => "gcp",
            Self::Unknown(text) => text,
        }
    }
}

impl From<&str> for CloudProvider {
    fn from(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "aws" => Self::Aws,
            "azure" => Self::Azure,
            "gcp" => Self::Gcp,
            _ => Self::Unknown(text.to_owned()),
        }
    }
}

impl Default for CloudProvider {
    fn default() -> Self {
        Self::Unknown(String::new())
    }
}

impl fmt::Display for CloudProvider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for CloudProvider {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        Ok(text.as_deref().map_or_else(Self::default, Self::from))
    }
}

/// An account of Konnect's at a cloud provider.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ProviderAccount {
    /// The id that networks name.
    pub id: ProviderAccountId,
    /// The cloud provider.
    #[serde(default)]
    pub provider: CloudProvider,
    /// The account's id at the cloud provider.
    #[serde(default, deserialize_with = "or_default")]
    pub provider_account_id: String,
}

impl Client {
    /// Reads a provider account.
    ///
    /// # Errors
    /// [`Error::is_not_found`] when there is none.
    pub async fn get_provider_account(
        &self,
        scope: &Scope,
        id: &ProviderAccountId,
    ) -> Result<ProviderAccount, Error> {
        let path = ["v2", "cloud-gateways", "provider-accounts", &id.to_string()];
        self.read(scope, Request::get(path)).await
    }

    /// A provider account as it is or was a few seconds ago: it stays in its cloud, so that reads of many share a request.
    ///
    /// # Errors
    /// As [`Self::get_provider_account`].
    pub async fn get_provider_account_lately(
        &self,
        scope: &Scope,
        id: &ProviderAccountId,
    ) -> Result<ProviderAccount, Error> {
        let read = self.get_provider_account(scope, id);
        self.provider_accounts.get(scope, *id, read).await
    }
}

#[cfg(test)]
mod tests {
    use super::super::client::tests::{client, scope};
    use crate::http::transport::scripted::{Answer, Script};

    #[tokio::test]
    async fn an_account_of_a_cloud_to_come_keeps_its_name() {
        let id = "929b2449-c69f-44c4-b6ad-9ecec6f811af";
        let script = Script::new([Answer::json(
            200,
            format!(r#"{{"id":"{id}","provider":"moon"}}"#),
        )]);
        let id = id.parse().unwrap();
        let read = client(&script).get_provider_account(&scope(), &id).await;
        assert_eq!(read.unwrap().provider.to_string(), "moon");
    }
}
