//! Federation with GitHub Actions, and with CI systems that give tokens in the same way.

use azure_core::http::ClientMethodOptions;
use azure_identity::ClientAssertion;
use http::Method;
use serde::Deserialize;

use super::assertion::{AUDIENCE, TokenService, failed};
use super::settings::CredentialSettings;
use crate::http::{Error, Transport};

/// The token that GitHub Actions gives to a job with `id-token: write`, fetched anew each time.
#[derive(Debug)]
pub(super) struct GitHubAssertion(TokenService);

#[derive(Deserialize)]
struct Answer {
    value: String,
}

impl GitHubAssertion {
    pub(super) fn new(settings: &CredentialSettings, transport: &Transport) -> Result<Self, Error> {
        let service = TokenService::new(
            "the OIDC token service",
            Method::GET,
            settings,
            transport,
            &[("audience", AUDIENCE)],
            &[],
        );
        service.map(Self)
    }
}

#[async_trait::async_trait]
impl ClientAssertion for GitHubAssertion {
    async fn secret(
        &self,
        _options: Option<ClientMethodOptions<'_>>,
    ) -> azure_core::Result<String> {
        let answer: Answer = self.0.ask().await?;
        if answer.value.is_empty() {
            return Err(failed(Error::credential(
                "the OIDC token service gave an empty token",
            )));
        }
        Ok(answer.value)
    }
}
