//! The provider block and the environment, joined into the clients' settings.

use std::path::PathBuf;
use std::time::Duration;

use tokio::time::timeout;
use url::Url;

use crate::azure::cloud::{
    Cloud, EndpointError, EndpointOverrides, Environment, Service, UnknownEnvironment,
};
use crate::azure::credential::CredentialSettings;
use crate::azure::ids::{Guid, ParseIdError};
use crate::http::scope::in_words;
use crate::http::secret::Secret;
use crate::http::transport::{CaBundle, Transport, TransportSettings};
use crate::http::{file, redact};
use crate::tf::attr::Attr;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::duration;
use crate::tf::model::Model;
use crate::tf::path::Path;
use crate::tf::value::Value;
use crate::{azure, konnect};

use super::environment::{self as env, Variables};
use super::schema::{EndpointsModel, ProviderModel};

const MAX_RETRIES: u32 = 8;
const MAX_CONCURRENT_REQUESTS: usize = 32;

/// How long a file may take. One on a network's share that hangs, or a pipe that nobody writes to, never comes to its end.
const FILE_TIMEOUT: Duration = Duration::from_secs(30);

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
    let mut reader = Reader {
        environment,
        diagnostics: Diagnostics::new(),
    };
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

/// A setting that is a text, secret or not.
trait Text {
    fn text(&self) -> &str;
}

impl Text for String {
    fn text(&self) -> &str {
        self
    }
}

impl Text for Secret {
    fn text(&self) -> &str {
        self.expose()
    }
}

/// A setting's value and where it came from: the attribute's or the variable's name.
struct Found {
    value: String,
    source: &'static str,
    /// It stands in the block.
    is_configured: bool,
}

/// Of two settings that say the same, the one in the block beats the one in the environment.
fn outrank(direct: Option<Found>, file: Option<Found>) -> (Option<Found>, Option<Found>) {
    let is_configured =
        |found: &Option<Found>| found.as_ref().is_some_and(|found| found.is_configured);
    match (is_configured(&direct), is_configured(&file)) {
        (true, false) => (direct, None),
        (false, true) => (None, file),
        _ => (direct, file),
    }
}

struct Reader<'e> {
    environment: Variables<'e>,
    diagnostics: Diagnostics,
}

impl Reader<'_> {
    async fn settings(&mut self, model: &ProviderModel) -> Option<Settings> {
        let ca_bundle = self.text(
            "ca_certificate_path",
            &model.ca_certificate_path,
            env::CA_CERTIFICATE_PATH,
        );
        let defaults = TransportSettings::default();
        let transport = Transport::new(TransportSettings {
            request_timeout: self
                .duration("request_timeout", &model.request_timeout)
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
        let max_retries = count(&model.max_retries).unwrap_or(MAX_RETRIES);
        let max_concurrent_requests =
            count(&model.max_concurrent_requests).unwrap_or(MAX_CONCURRENT_REQUESTS);
        let poll_step = self.poll_step();
        let unknown = Unknown::of(model);

        let server_url = self.konnect_server_url(model);
        let cloud = self.cloud(model);
        let token = self.text("konnect_token", &model.konnect_token, env::KONNECT_TOKEN);
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
            tenant_id: self.guid("tenant_id", &model.tenant_id, env::TENANT_ID),
            subscription_id: self.guid(
                "subscription_id",
                &model.subscription_id,
                env::SUBSCRIPTION_ID,
            ),
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

    fn variable(&self, names: &[&'static str]) -> Option<Found> {
        names.iter().find_map(|name| {
            let value = (self.environment)(name)?;
            (!value.trim().is_empty()).then_some(Found {
                value,
                source: name,
                is_configured: false,
            })
        })
    }

    fn text<T: Text>(
        &self,
        name: &'static str,
        configured: &Attr<T>,
        names: &[&'static str],
    ) -> Option<Found> {
        match configured {
            Attr::Known(value) if !value.text().trim().is_empty() => Some(Found {
                value: value.text().to_owned(),
                source: name,
                is_configured: true,
            }),
            Attr::Unknown => None,
            // A variable without a value is often passed on as an empty text.
            Attr::Known(_) | Attr::Null => self.variable(names),
        }
    }

    fn refuse(&mut self, attribute: &'static str, source: &'static str, problem: &str) {
        let origin = if attribute == source {
            String::new()
        } else {
            format!(" (from the environment variable {source})")
        };
        self.diagnostics.push(
            Diagnostic::error(
                format!("Invalid {attribute}"),
                format!("The value of {attribute}{origin} cannot be used: {problem}."),
            )
            .at(Path::attribute(attribute)),
        );
    }

    fn parsed<T>(
        &mut self,
        attribute: &'static str,
        found: Option<Found>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let found = found?;
        match parse(&found.value) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.refuse(attribute, found.source, &problem);
                None
            }
        }
    }

    fn guid(
        &mut self,
        name: &'static str,
        configured: &Attr<String>,
        names: &[&'static str],
    ) -> Option<Guid> {
        let found = self.text(name, configured, names);
        self.parsed(name, found, |text| {
            text.trim()
                .parse()
                .map_err(|refusal: ParseIdError| refusal.to_string())
        })
    }

    fn duration(&mut self, name: &'static str, configured: &Attr<String>) -> Option<Duration> {
        let found = self.text(name, configured, &[]);
        self.parsed(name, found, duration::parse_positive)
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

    fn switch(
        &mut self,
        name: &'static str,
        configured: &Attr<bool>,
        names: &[&'static str],
        default: bool,
    ) -> bool {
        let found = match configured {
            Attr::Known(value) => return *value,
            Attr::Unknown => None,
            Attr::Null => self.variable(names),
        };
        self.parsed(name, found, |text| {
            match text.trim().to_ascii_lowercase().as_str() {
                "true" | "1" | "t" => Ok(true),
                "false" | "0" | "f" => Ok(false),
                _ => Err(format!("{text:?} is neither true nor false")),
            }
        })
        .unwrap_or(default)
    }

    /// A value that may also stand in a file; both may be given side by side if they agree. While one of the two is unknown, nothing else is
    /// looked at: it may be what counts, and what the environment says instead may be out of date.
    async fn text_or_file<T: Text>(
        &mut self,
        (name, configured, names): (&'static str, &Attr<T>, &[&'static str]),
        (file_name, configured_file, file_names): (&'static str, &Attr<String>, &[&'static str]),
    ) -> Option<String> {
        if configured.is_unknown() || configured_file.is_unknown() {
            return None;
        }
        let direct = self.text(name, configured, names);
        let file = self.text(file_name, configured_file, file_names);
        let (direct, file) = outrank(direct, file);
        let direct = direct.map(|found| found.value);
        let filed = match file {
            Some(found) => {
                let content = content(&found.value).await;
                self.parsed(file_name, Some(found), |_| content)
            }
            None => None,
        };
        match (direct, filed) {
            (Some(direct), Some(filed)) if direct != filed => {
                self.refuse(
                    file_name,
                    file_name,
                    &format!("the file's content differs from {name}; give only one of the two"),
                );
                Some(direct)
            }
            (direct, filed) => direct.or(filed),
        }
    }

    fn konnect_server_url(&mut self, model: &ProviderModel) -> Option<Url> {
        let default = || Found {
            value: konnect::DEFAULT_SERVER_URL.to_owned(),
            source: "konnect_server_url",
            is_configured: false,
        };
        let found = self
            .text(
                "konnect_server_url",
                &model.konnect_server_url,
                env::KONNECT_SERVER_URL,
            )
            .unwrap_or_else(default);
        self.parsed("konnect_server_url", Some(found), |text| {
            konnect::server_url(text).map_err(|refusal| refusal.to_string())
        })
    }

    fn cloud(&mut self, model: &ProviderModel) -> Option<Cloud> {
        let name = self.text("environment", &model.environment, env::ENVIRONMENT);
        let environment = self
            .parsed("environment", name, |text| {
                text.parse()
                    .map_err(|refusal: UnknownEnvironment| refusal.to_string())
            })
            .unwrap_or_default();
        let none = EndpointsModel::default();
        let endpoints = model.endpoints.known().unwrap_or(&none);
        let address = |configured, names| {
            self.text("endpoints", configured, names)
                .map(|found| found.value)
        };
        let overrides = EndpointOverrides {
            resource_manager: address(&endpoints.resource_manager, env::RESOURCE_MANAGER_URL),
            microsoft_graph: address(&endpoints.microsoft_graph, env::MICROSOFT_GRAPH_URL),
            active_directory: address(&endpoints.active_directory, env::ACTIVE_DIRECTORY_URL),
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
        let secret = |found: Option<Found>| found.map(|found| confidential(found.value));
        let text = |found: Option<Found>| found.map(|found| found.value);
        let client_id = self
            .text_or_file(
                ("client_id", &model.client_id, env::CLIENT_ID),
                (
                    "client_id_file_path",
                    &model.client_id_file_path,
                    env::CLIENT_ID_FILE_PATH,
                ),
            )
            .await;
        let client_secret = self
            .text_or_file(
                ("client_secret", &model.client_secret, env::CLIENT_SECRET),
                (
                    "client_secret_file_path",
                    &model.client_secret_file_path,
                    env::CLIENT_SECRET_FILE_PATH,
                ),
            )
            .await;
        let oidc_token_file_path = self.text(
            "oidc_token_file_path",
            &model.oidc_token_file_path,
            env::OIDC_TOKEN_FILE_PATH,
        );
        let oidc_token = self.text("oidc_token", &model.oidc_token, env::OIDC_TOKEN);
        let (oidc_token, oidc_token_file_path) = outrank(oidc_token, oidc_token_file_path);
        // HCP Terraform's own token is asked last, so that a token file wins over it.
        let oidc_token = oidc_token.or_else(|| match oidc_token_file_path {
            None => self.variable(env::HCP_IDENTITY_TOKEN),
            Some(_) => None,
        });
        let (client_certificate, client_certificate_path) = outrank(
            self.text(
                "client_certificate",
                &model.client_certificate,
                env::CLIENT_CERTIFICATE,
            ),
            self.text(
                "client_certificate_path",
                &model.client_certificate_path,
                env::CLIENT_CERTIFICATE_PATH,
            ),
        );
        CredentialSettings {
            client_id,
            client_secret: client_secret.map(confidential),
            client_certificate: secret(client_certificate),
            client_certificate_path: text(client_certificate_path).map(PathBuf::from),
            client_certificate_password: secret(self.text(
                "client_certificate_password",
                &model.client_certificate_password,
                env::CLIENT_CERTIFICATE_PASSWORD,
            )),
            use_oidc: self.switch("use_oidc", &model.use_oidc, env::USE_OIDC, false),
            oidc_token: secret(oidc_token),
            oidc_token_file_path: text(oidc_token_file_path).map(PathBuf::from),
            federated_token_file: self
                .variable(env::FEDERATED_TOKEN_FILE)
                .map(|found| PathBuf::from(found.value)),
            oidc_request_url: text(self.text(
                "oidc_request_url",
                &model.oidc_request_url,
                env::OIDC_REQUEST_URL,
            )),
            oidc_request_token: secret(self.text(
                "oidc_request_token",
                &model.oidc_request_token,
                env::OIDC_REQUEST_TOKEN,
            )),
            ado_pipeline_service_connection_id: text(self.text(
                "ado_pipeline_service_connection_id",
                &model.ado_pipeline_service_connection_id,
                env::ADO_SERVICE_CONNECTION_ID,
            )),
            use_aks_workload_identity: self.switch(
                "use_aks_workload_identity",
                &model.use_aks_workload_identity,
                env::USE_AKS_WORKLOAD_IDENTITY,
                false,
            ),
            use_msi: self.switch("use_msi", &model.use_msi, env::USE_MSI, false),
            use_cli: self.switch("use_cli", &model.use_cli, env::USE_CLI, true),
        }
    }
}

/// A secret that is masked wherever a service or a tool echoes it.
fn confidential(text: String) -> Secret {
    let secret = Secret::new(text);
    redact::remember(&secret, redact::Origin::Configured);
    secret
}

/// What a file says, without the line's end and spaces around it.
async fn content(path: &str) -> Result<String, String> {
    let reading = file::aside(std::path::Path::new(path), file::read_text);
    let problem = match timeout(FILE_TIMEOUT, reading).await {
        Ok(Ok(content)) => return Ok(content.trim().to_owned()),
        Ok(Err(refusal)) => refusal.to_string(),
        Err(_) => format!(
            "it did not come to its end within {}",
            in_words(FILE_TIMEOUT)
        ),
    };
    Err(format!("the file {path} cannot be read: {problem}"))
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
        const SHARED: [&str; 4] = [
            "ca_certificate_path",
            "request_timeout",
            "max_retries",
            "max_concurrent_requests",
        ];
        let mut unknown = Self {
            konnect: false,
            azure: false,
        };
        for (name, value) in model.clone().into_members() {
            if Value::is_wholly_known(&value) {
                continue;
            }
            let shared = SHARED.contains(&name.as_str());
            let konnect = name.starts_with("konnect_");
            unknown.konnect |= shared || konnect;
            unknown.azure |= shared || !konnect;
        }
        unknown
    }
}

#[cfg(test)]
mod tests;
