//! The provider block and the environment, joined into the clients' settings. What comes first in this table wins:
//!
//! | Setting | 1. | 2. | 3. |
//! |---|---|---|---|
//! | any | its attribute | its variables, in the order of [`environment`](super::environment) | its default |
//! | client id, client secret | attribute, and file named by an attribute: equal where both are given | the same of the variables | none |
//! | certificate, identity token | attribute or file's attribute: where both are given, the credential decides | the same of the variables | of a token, HCP Terraform's own |
//!
//! An attribute that is not known yet leaves its setting open: the variables may be out of date.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::azure::cloud::{
    Cloud, EndpointError, EndpointOverrides, Environment, Service, UnknownEnvironment,
};
use crate::azure::credential::CredentialSettings;
use crate::http::retry::RetrySettings;
use crate::http::transport::{CaBundle, Transport, TransportSettings};
use crate::tf::attr::Attr;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::duration;
use crate::tf::path::Path;
use crate::{azure, konnect};

use super::environment::{self as env, Variables};
use super::schema::{EndpointsModel, ProviderModel};

mod reader;

use reader::{Found, Reader, Setting, confidential, setting};

const MAX_CONCURRENT_REQUESTS: usize = 32;

/// What both clients need to know.
#[derive(Debug)]
pub struct Settings {
    /// For Konnect.
    pub konnect: konnect::Settings,
    /// For Azure and Microsoft Graph.
    pub azure: azure::Settings,
}

/// Joins the block and the environment. The block beats the environment; an empty text counts as absent in either. Waits for files only, and
/// off the async threads.
///
/// # Errors
/// A setting that is malformed, at its attribute; of a variable the message names the variable.
pub async fn resolve(
    model: &ProviderModel,
    environment: Variables<'_>,
) -> Result<Settings, Diagnostics> {
    let mut reader = Reader::new(environment);
    match reader.settings(model).await {
        Some(settings) if !reader.diagnostics.has_errors() => Ok(settings),
        _ => Err(reader.diagnostics),
    }
}

/// Whether an address can replace one of the cloud's: https, or http on loopback for services that see no secrets.
///
/// # Errors
/// Why it cannot.
pub fn check_endpoint(service: Service, text: &str) -> Result<(), EndpointError> {
    let mut overrides = EndpointOverrides::default();
    let place = match service {
        Service::ResourceManager => &mut overrides.resource_manager,
        Service::MicrosoftGraph => &mut overrides.microsoft_graph,
        Service::ActiveDirectory => &mut overrides.active_directory,
    };
    *place = Some(text.to_owned());
    Cloud::new(Environment::Public, &overrides).map(|_| ())
}

impl Reader<'_> {
    async fn settings(&mut self, model: &ProviderModel) -> Option<Settings> {
        let ca_bundle = self.text(&setting!(
            model.ca_certificate_path,
            env::CA_CERTIFICATE_PATH
        ));
        let defaults = TransportSettings::default();
        let transport = Transport::new(TransportSettings {
            request_timeout: self
                .duration(&setting!(model.request_timeout, &[]))
                .unwrap_or(defaults.request_timeout),
            ca_bundle: ca_bundle.map(|found| CaBundle {
                path: PathBuf::from(found.value),
                named_by: found.source,
                // As programs in Go do, Terraform itself among them.
                is_optional: found.source == env::SSL_CERT_FILE,
            }),
            user_agent: format!(
                "terraform-provider-konnectazure/{}",
                env!("CARGO_PKG_VERSION")
            ),
            ..defaults
        });
        let max_retries = count(&model.max_retries).unwrap_or(RetrySettings::default().max_retries);
        let max_concurrent_requests =
            count(&model.max_concurrent_requests).unwrap_or(MAX_CONCURRENT_REQUESTS);
        let poll_step = self.poll_step();
        let unknown = Unknown::of(model);

        let server_url = self.konnect_server_url(model);
        let cloud = self.cloud(model);
        let token = self.text(&setting!(model.konnect_token, env::KONNECT_TOKEN));
        let konnect = konnect::Settings {
            transport: transport.clone(),
            server_url: server_url?,
            token_source: token
                .as_ref()
                .map_or("konnect_token", |found| found.source)
                .to_owned(),
            token: token.map(|found| confidential(found.value)),
            unknown: unknown.konnect,
            max_retries,
            max_concurrent_requests,
            poll_step,
        };
        let azure = azure::Settings {
            transport,
            cloud: cloud?,
            tenant_id: self.guid(&setting!(model.tenant_id, env::TENANT_ID)),
            subscription_id: self.guid(&setting!(model.subscription_id, env::SUBSCRIPTION_ID)),
            credential: self.credential(model).await,
            correlation_request_id: self
                .variable(env::CORRELATION_REQUEST_ID)
                .map(|found| found.value),
            unknown: unknown.azure,
            max_retries,
            max_concurrent_requests,
            poll_step,
        };
        Some(Settings { konnect, azure })
    }

    fn poll_step(&mut self) -> Option<Duration> {
        let found = self.variable(env::POLL_INTERVAL)?;
        match duration::parse(&found.value) {
            Ok(step) => Some(step),
            Err(refusal) => {
                self.diagnostics.push(Diagnostic::error(
                    format!("Invalid {}", found.source),
                    format!(
                        "The environment variable {} cannot be used: {refusal}.",
                        found.source
                    ),
                ));
                None
            }
        }
    }

    fn konnect_server_url(&mut self, model: &ProviderModel) -> Option<Url> {
        let setting = setting!(model.konnect_server_url, env::KONNECT_SERVER_URL);
        let found = self.text(&setting).unwrap_or_else(|| Found {
            value: konnect::DEFAULT_SERVER_URL.to_owned(),
            source: setting.name,
            is_configured: false,
        });
        self.parsed(setting.name, Some(found), |text| {
            konnect::server_url(text).map_err(|refusal| refusal.to_string())
        })
    }

    fn cloud(&mut self, model: &ProviderModel) -> Option<Cloud> {
        let name = self.text(&setting!(model.environment, env::ENVIRONMENT));
        let environment = self
            .parsed("environment", name, |text| {
                text.parse()
                    .map_err(|refusal: UnknownEnvironment| refusal.to_string())
            })
            .unwrap_or_default();
        let none = EndpointsModel::default();
        let endpoints = model.endpoints.known().unwrap_or(&none);
        let overrides = EndpointOverrides {
            resource_manager: self.value(&setting!(
                endpoints.resource_manager,
                env::RESOURCE_MANAGER_URL
            )),
            microsoft_graph: self.value(&setting!(
                endpoints.microsoft_graph,
                env::MICROSOFT_GRAPH_URL
            )),
            active_directory: self.value(&setting!(
                endpoints.active_directory,
                env::ACTIVE_DIRECTORY_URL
            )),
        };
        Cloud::new(environment, &overrides)
            .map_err(|refusal| {
                let (name, variable) = match refusal.service() {
                    Service::ResourceManager => ("resource_manager", env::RESOURCE_MANAGER_URL),
                    Service::MicrosoftGraph => ("microsoft_graph", env::MICROSOFT_GRAPH_URL),
                    Service::ActiveDirectory => ("active_directory", env::ACTIVE_DIRECTORY_URL),
                };
                let detail = format!(
                    "{refusal}. It is set in endpoints.{name} or the environment variable {}.",
                    variable.join(", ")
                );
                self.diagnostics.push(
                    Diagnostic::error("Invalid endpoints", detail)
                        .at(Path::attribute("endpoints").child(name)),
                );
            })
            .ok()
    }

    async fn credential(&mut self, model: &ProviderModel) -> CredentialSettings {
        let client_id = self
            .text_or_content(
                &setting!(model.client_id, env::CLIENT_ID),
                &setting!(model.client_id_file_path, env::CLIENT_ID_FILE_PATH),
            )
            .await;
        let client_secret = self
            .text_or_content(
                &setting!(model.client_secret, env::CLIENT_SECRET),
                &setting!(model.client_secret_file_path, env::CLIENT_SECRET_FILE_PATH),
            )
            .await;
        let (oidc_token, oidc_token_file_path) = self.oidc_token(model);
        let (client_certificate, client_certificate_path) = self.text_and_file(
            &setting!(model.client_certificate, env::CLIENT_CERTIFICATE),
            &setting!(model.client_certificate_path, env::CLIENT_CERTIFICATE_PATH),
        );
        CredentialSettings {
            client_id,
            client_secret: client_secret.map(confidential),
            client_certificate: client_certificate.map(|found| confidential(found.value)),
            client_certificate_path: client_certificate_path.map(path),
            client_certificate_password: self.secret(&setting!(
                model.client_certificate_password,
                env::CLIENT_CERTIFICATE_PASSWORD
            )),
            use_oidc: self.switch(&setting!(model.use_oidc, env::USE_OIDC), false),
            oidc_token: oidc_token.map(|found| confidential(found.value)),
            oidc_token_file_path: oidc_token_file_path.map(path),
            federated_token_file: self.variable(env::FEDERATED_TOKEN_FILE).map(path),
            oidc_request_url: self.value(&setting!(model.oidc_request_url, env::OIDC_REQUEST_URL)),
            oidc_request_token: self
                .secret(&setting!(model.oidc_request_token, env::OIDC_REQUEST_TOKEN)),
            ado_pipeline_service_connection_id: self.value(&setting!(
                model.ado_pipeline_service_connection_id,
                env::ADO_SERVICE_CONNECTION_ID
            )),
            use_aks_workload_identity: self.switch(
                &setting!(
                    model.use_aks_workload_identity,
                    env::USE_AKS_WORKLOAD_IDENTITY
                ),
                false,
            ),
            use_msi: self.switch(&setting!(model.use_msi, env::USE_MSI), false),
            use_cli: self.switch(&setting!(model.use_cli, env::USE_CLI), true),
        }
    }

    /// HCP Terraform's own token is asked last, so that a token file wins over it.
    fn oidc_token(&self, model: &ProviderModel) -> (Option<Found>, Option<Found>) {
        let (token, file) = self.text_and_file(
            &setting!(model.oidc_token, env::OIDC_TOKEN),
            &setting!(model.oidc_token_file_path, env::OIDC_TOKEN_FILE_PATH),
        );
        if token.is_none() && file.is_none() {
            (self.variable(env::HCP_IDENTITY_TOKEN), None)
        } else {
            (token, file)
        }
    }
}

fn path(found: Found) -> PathBuf {
    PathBuf::from(found.value)
}

fn count<N: TryFrom<i64>>(configured: &Attr<i64>) -> Option<N> {
    configured
        .known()
        .and_then(|number| N::try_from(*number).ok())
}

/// Which of the two clients has a setting that is known only during apply.
struct Unknown {
    konnect: bool,
    azure: bool,
}

impl Unknown {
    fn of(model: &ProviderModel) -> Self {
        // Whole, so that a setting that is added has to be put to one side or the other.
        let ProviderModel {
            konnect_token,
            konnect_server_url,
            tenant_id,
            subscription_id,
            client_id,
            client_id_file_path,
            client_secret,
            client_secret_file_path,
            client_certificate,
            client_certificate_path,
            client_certificate_password,
            use_oidc,
            oidc_token,
            oidc_token_file_path,
            oidc_request_url,
            oidc_request_token,
            ado_pipeline_service_connection_id,
            use_aks_workload_identity,
            use_msi,
            use_cli,
            environment,
            endpoints,
            ca_certificate_path,
            request_timeout,
            max_retries,
            max_concurrent_requests,
        } = model;
        let shared = ca_certificate_path.is_unknown()
            || request_timeout.is_unknown()
            || max_retries.is_unknown()
            || max_concurrent_requests.is_unknown();
        let texts = [
            tenant_id,
            subscription_id,
            client_id,
            client_id_file_path,
            client_secret_file_path,
            client_certificate_path,
            oidc_token_file_path,
            oidc_request_url,
            ado_pipeline_service_connection_id,
            environment,
        ];
        let secrets = [
            client_secret,
            client_certificate,
            client_certificate_password,
            oidc_token,
            oidc_request_token,
        ];
        let switches = [use_oidc, use_aks_workload_identity, use_msi, use_cli];
        Self {
            konnect: shared || konnect_token.is_unknown() || konnect_server_url.is_unknown(),
            azure: shared
                || texts.into_iter().any(Attr::is_unknown)
                || secrets.into_iter().any(Attr::is_unknown)
                || switches.into_iter().any(Attr::is_unknown)
                || !endpoints.clone().into_value().is_wholly_known(),
        }
    }
}

#[cfg(test)]
mod tests;
