//! How tokens are had.
//!
//! Which way is decided once, from what is set and not by trial: a way that fails is not followed by the next, which would
//! hide the reason. The order is the one users know from other tools: certificate, secret, OIDC, managed identity, CLI.

mod assertion;
mod azure_pipelines;
pub(super) mod cli;
mod client_certificate;
mod exchange;
mod explain;
mod github;
mod managed_identity;
mod processes;
mod retry;
mod select;
mod settings;
mod token_file;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientOptions, HttpClient, RetryOptions, Transport as CoreTransport};
use azure_core::time::OffsetDateTime;
use azure_identity::{
    ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions,
    ClientSecretCredential, ClientSecretCredentialOptions, Executor,
};
use url::Url;

pub use select::{Chosen, CredentialError, Method, select};
pub use settings::CredentialSettings;

use super::ids::{Guid, SubscriptionId};
use super::token::{Issued, Issuer};
use crate::http::{Error, Secret, Transport, redact};
use exchange::Exchange;
use retry::BoundedRetry;

/// Everything that tokens are made of. Nothing is read or started before the first token is asked for.
#[derive(Debug)]
pub(super) struct Credentials {
    settings: CredentialSettings,
    tenant_id: Option<Guid>,
    subscription_id: Option<SubscriptionId>,
    authority: Url,
    transport: Transport,
    http_client: Arc<dyn HttpClient>,
    executor: Arc<dyn Executor>,
    chosen: std::sync::OnceLock<Result<Chosen, CredentialError>>,
}

impl Credentials {
    pub(super) fn new(
        settings: CredentialSettings,
        tenant_id: Option<Guid>,
        subscription_id: Option<SubscriptionId>,
        authority: Url,
        transport: Transport,
    ) -> Self {
        Self {
            settings,
            tenant_id,
            subscription_id,
            authority,
            http_client: Arc::new(Exchange::new(transport.clone())),
            transport,
            executor: Arc::new(processes::Processes),
            chosen: std::sync::OnceLock::new(),
        }
    }

    #[cfg(test)]
    fn with_executor(self, executor: Arc<dyn Executor>) -> Self {
        Self { executor, ..self }
    }

    fn chosen(&self) -> Result<&Chosen, Error> {
        let chosen = self.chosen.get_or_init(|| {
            let chosen = select(&self.settings, self.tenant_id.as_ref());
            if let Ok(chosen) = &chosen {
                tracing::debug!(method = %chosen.method, "chose how to authenticate to Azure");
                for reason in &chosen.passed_over {
                    tracing::debug!(reason, "passed over a way to authenticate to Azure");
                }
            }
            chosen
        });
        chosen
            .as_ref()
            .map_err(|error| Error::not_configured(error.to_string()))
    }

    /// The tenant the Azure CLI is logged in to, where the CLI is the credential.
    pub(super) async fn cli_tenant_id(&self) -> Result<Guid, Error> {
        if self.chosen()?.method == Method::AzureCli {
            return cli::tenant_id(&*self.executor, self.subscription_id.as_ref()).await;
        }
        Err(Error::not_configured(
            "the tenant is not known: set tenant_id in the provider's configuration, or ARM_TENANT_ID",
        ))
    }

    /// A source of tokens for one audience.
    pub(super) fn issuer(self: &Arc<Self>, scope: String) -> Box<dyn Issuer> {
        Box::new(CredentialIssuer {
            credentials: Arc::clone(self),
            scope,
        })
    }

    fn client_options(&self) -> ClientOptions {
        let mut custom = CustomConfiguration::default();
        // Always set: otherwise AZURE_AUTHORITY_HOST of the environment could send secrets elsewhere.
        custom.authority_host = self.authority.to_string();
        ClientOptions {
            cloud: Some(Arc::new(CloudConfiguration::Custom(custom))),
            retry: RetryOptions::custom(Arc::new(BoundedRetry::default())),
            // Always set: the library's own transport panics where no TLS provider is installed for the process.
            transport: Some(CoreTransport::new(Arc::clone(&self.http_client))),
            ..ClientOptions::default()
        }
    }

    async fn build(&self, method: Method) -> Result<Arc<dyn TokenCredential>, Error> {
        match method {
            Method::ClientSecret => self.client_secret(),
            Method::ClientCertificate => {
                let assertion = client_certificate::CertificateAssertion::load(
                    &self.settings,
                    self.tenant_id()?,
                    &self.client_id()?,
                    &self.authority,
                )
                .await?;
                self.with_assertion(assertion)
            }
            Method::OidcToken => {
                let token = self.settings.oidc_token.clone();
                let token = token.ok_or_else(|| Error::not_configured("oidc_token is not set"))?;
                self.with_assertion(token_file::StaticAssertion::new(token))
            }
            Method::OidcTokenFile => self.with_token_file(self.settings.oidc_token_file()),
            Method::AksWorkloadIdentity => self.with_token_file(self.settings.aks_token_file()),
            Method::AzurePipelines => {
                let assertion =
                    azure_pipelines::PipelinesAssertion::new(&self.settings, &self.transport)?;
                self.with_assertion(assertion)
            }
            Method::GitHubActions => {
                let assertion = github::GitHubAssertion::new(&self.settings, &self.transport)?;
                self.with_assertion(assertion)
            }
            Method::ManagedIdentity => {
                let client_id = self.optional_client_id();
                managed_identity::credential(client_id, self.client_options()).map_err(unusable)
            }
            Method::AzureCli => cli::credential(
                self.tenant_id.as_ref(),
                self.subscription_id.as_ref(),
                Arc::clone(&self.executor),
            )
            .map_err(unusable),
        }
    }

    fn client_secret(&self) -> Result<Arc<dyn TokenCredential>, Error> {
        let secret = self.settings.client_secret.as_ref().map(Secret::expose);
        let secret = secret.ok_or_else(|| Error::not_configured("client_secret is not set"))?;
        let options = ClientSecretCredentialOptions {
            client_options: self.client_options(),
        };
        let credential = ClientSecretCredential::new(
            self.tenant_id()?.as_str(),
            self.client_id()?,
            azure_core::credentials::Secret::new(secret.trim().to_owned()),
            Some(options),
        )
        .map_err(unusable)?;
        Ok(credential)
    }

    fn with_token_file(&self, path: Option<&Path>) -> Result<Arc<dyn TokenCredential>, Error> {
        let path = path
            .ok_or_else(|| Error::not_configured("the path of the OIDC token's file is not set"))?;
        self.with_assertion(token_file::FileAssertion::new(path))
    }

    fn with_assertion(
        &self,
        assertion: impl ClientAssertion + 'static,
    ) -> Result<Arc<dyn TokenCredential>, Error> {
        let options = ClientAssertionCredentialOptions {
            client_options: self.client_options(),
        };
        let credential = ClientAssertionCredential::new(
            self.tenant_id()?.to_string(),
            self.client_id()?,
            assertion,
            Some(options),
        )
        .map_err(unusable)?;
        Ok(credential)
    }

    fn tenant_id(&self) -> Result<&Guid, Error> {
        let tenant_id = self.tenant_id.as_ref();
        tenant_id.ok_or_else(|| Error::not_configured("tenant_id is not set"))
    }

    fn client_id(&self) -> Result<String, Error> {
        let client_id = self.optional_client_id();
        client_id.ok_or_else(|| Error::not_configured("client_id is not set"))
    }

    fn optional_client_id(&self) -> Option<String> {
        let client_id = self.settings.client_id.as_deref().map(str::trim);
        client_id.filter(|id| !id.is_empty()).map(str::to_owned)
    }
}

/// The library refuses the settings; its texts hold no values of secrets.
#[expect(clippy::needless_pass_by_value, reason = "made for map_err")]
fn unusable(error: azure_core::Error) -> Error {
    Error::credential(format!(
        "the settings for authenticating to Azure cannot be used: {error}"
    ))
}

/// Tokens for one audience.
struct CredentialIssuer {
    credentials: Arc<Credentials>,
    scope: String,
}

#[async_trait]
impl Issuer for CredentialIssuer {
    /// A token that was just issued, never a kept one: the library's credentials keep their tokens, so that each call makes a new one. Certificates,
    /// files and assertions are thereby read and asked for again, too.
    async fn issue(&self) -> Result<Issued, Error> {
        let chosen = self.credentials.chosen()?;
        let credential = self.credentials.build(chosen.method).await?;
        let token = credential
            .get_token(&[self.scope.as_str()], None)
            .await
            .map_err(|error| explain::explain(chosen, &self.scope, error))?;
        let left = token.expires_on - OffsetDateTime::now_utc();
        let lifetime = Duration::try_from(left).unwrap_or_default();
        tracing::debug!(
            method = %chosen.method,
            audience = self.scope,
            lifetime_seconds = lifetime.as_secs(),
            "got a token"
        );
        let token = Secret::new(token.token.secret());
        redact::remember(&token, redact::Origin::Issued);
        Ok(Issued { token, lifetime })
    }
}

#[cfg(test)]
mod tests;
