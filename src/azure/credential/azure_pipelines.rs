//! Federation with Azure DevOps: the pipeline gives a token for its service connection.

use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use http::Method;
use serde::Deserialize;

use super::assertion::{TokenService, failed};
use super::settings::CredentialSettings;
use crate::http::{Error, Transport};

/// The token that Azure Pipelines gives for a service connection, fetched anew each time.
#[derive(Debug)]
pub(super) struct PipelinesAssertion(TokenService);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    oidc_token: String,
}

impl PipelinesAssertion {
    pub(super) fn new(settings: &CredentialSettings, transport: &Transport) -> Result<Self, Error> {
        let connection = settings
            .ado_pipeline_service_connection_id
            .as_deref()
            .unwrap_or_default();
        let service = TokenService::new(
            "Azure Pipelines",
            Method::POST,
            settings,
            transport,
            &[
                ("api-version", "7.1"),
                ("serviceConnectionId", connection.trim()),
            ],
            // Otherwise a missing right is answered with a redirect to a login page.
            &[("x-tfs-fedauthredirect", "Suppress")],
        );
        service.map(Self)
    }
}

#[async_trait::async_trait]
impl ClientAssertion for PipelinesAssertion {
    async fn secret(
        &self,
        _options: Option<ClientMethodOptions<'_>>,
    ) -> azure_core::Result<String> {
        let answer: Answer = self.0.ask().await?;
        if answer.oidc_token.is_empty() {
            return Err(failed(Error::credential(
                "Azure Pipelines gave an empty token",
            )));
        }
        Ok(answer.oidc_token)
    }
}
