//! Which way to authenticate: a pure function of what is set.

use std::fmt;
use std::path::Path;

use super::settings::CredentialSettings;
use crate::azure::ids::Guid;
use crate::http::Secret;

/// A way to get tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// An application and its certificate.
    ClientCertificate,
    /// An application and its secret.
    ClientSecret,
    /// A token of another issuer, as given.
    OidcToken,
    /// A token of another issuer, in a file.
    OidcTokenFile,
    /// A token that Azure Pipelines gives.
    AzurePipelines,
    /// A token that GitHub Actions, or a service like it, gives.
    GitHubActions,
    /// A token that Kubernetes put into a file.
    AksWorkloadIdentity,
    /// The identity of the machine.
    ManagedIdentity,
    /// The Azure CLI's login.
    AzureCli,
}

impl fmt::Display for Method {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ClientCertificate => "client certificate",
            Self::ClientSecret => "client secret",
            Self::OidcToken => "OIDC token",
            Self::OidcTokenFile => "OIDC token file",
            Self::AzurePipelines => "OIDC token of Azure Pipelines",
            Self::GitHubActions => "OIDC token of GitHub Actions",
            Self::AksWorkloadIdentity => "AKS workload identity",
            Self::ManagedIdentity => "managed identity",
            Self::AzureCli => "Azure CLI",
        })
    }
}

/// The way that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The way.
    pub method: Method,
    /// Ways that stand before it and are set in part, each with what it lacks. Shown when the chosen one fails.
    pub passed_over: Vec<String>,
}

/// No way is set completely.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "there is no way to authenticate to Azure{}; set one of client_secret, client_certificate, use_oidc, use_msi, or log in with `az login`",
    Because(passed_over)
)]
pub struct CredentialError {
    passed_over: Vec<String>,
}

struct Because<'a>(&'a [String]);

impl fmt::Display for Because<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            formatter.write_str(": none is set, and use_cli is false")
        } else {
            write!(formatter, ": {}", self.0.join("; "))
        }
    }
}

/// Chooses the first way whose settings are complete. What is set in part is passed over, as users know it from other
/// tools, but not forgotten.
///
/// # Errors
/// When none is complete; says what each one lacks.
pub fn select(
    settings: &CredentialSettings,
    tenant_id: Option<&Guid>,
) -> Result<Chosen, CredentialError> {
    let mut passed_over = Vec::new();
    for candidate in candidates(settings) {
        let lacking = candidate.lacking(settings, tenant_id);
        if lacking.is_empty() {
            return Ok(Chosen {
                method: candidate.method,
                passed_over,
            });
        }
        passed_over.push(format!(
            "{} is set, but {} is not",
            candidate.because,
            lacking.join(" and ")
        ));
    }
    Err(CredentialError { passed_over })
}

/// A way of which something is set.
struct Candidate {
    method: Method,
    /// The setting that brings it up.
    because: &'static str,
    /// Whether it signs in as an application, for which tenant and client id are needed.
    is_application: bool,
    /// What else it lacks.
    lacking: Option<&'static str>,
}

impl Candidate {
    fn application(method: Method, because: &'static str) -> Self {
        Self {
            method,
            because,
            is_application: true,
            lacking: None,
        }
    }

    fn lacking(
        &self,
        settings: &CredentialSettings,
        tenant_id: Option<&Guid>,
    ) -> Vec<&'static str> {
        let has_client_id = has_text(settings.client_id.as_deref());
        let mut lacking = Vec::new();
        if self.is_application && tenant_id.is_none() {
            lacking.push("tenant_id");
        }
        if self.is_application && !has_client_id {
            lacking.push("client_id");
        }
        lacking.extend(self.lacking);
        lacking
    }
}

/// The ways of which something is set, in their order.
fn candidates(settings: &CredentialSettings) -> Vec<Candidate> {
    let mut found = Vec::new();
    if has_secret(settings.client_certificate.as_ref()) {
        found.push(Candidate::application(
            Method::ClientCertificate,
            "client_certificate",
        ));
    } else if has_path(settings.client_certificate_path.as_deref()) {
        found.push(Candidate::application(
            Method::ClientCertificate,
            "client_certificate_path",
        ));
    }
    if has_secret(settings.client_secret.as_ref()) {
        found.push(Candidate::application(
            Method::ClientSecret,
            "client_secret",
        ));
    }
    if settings.use_oidc {
        found.extend(oidc(settings));
    }
    if settings.use_aks_workload_identity {
        let file = settings.aks_token_file();
        found.push(Candidate {
            lacking: (!has_path(file))
                .then_some("oidc_token_file_path or AZURE_FEDERATED_TOKEN_FILE"),
            ..Candidate::application(Method::AksWorkloadIdentity, "use_aks_workload_identity")
        });
    }
    for (is_on, method, because) in [
        (settings.use_msi, Method::ManagedIdentity, "use_msi"),
        (settings.use_cli, Method::AzureCli, "use_cli"),
    ] {
        if is_on {
            found.push(Candidate {
                method,
                because,
                is_application: false,
                lacking: None,
            });
        }
    }
    found
}

fn oidc(settings: &CredentialSettings) -> Vec<Candidate> {
    let mut found = Vec::new();
    if has_secret(settings.oidc_token.as_ref()) {
        found.push(Candidate::application(Method::OidcToken, "oidc_token"));
    }
    if has_path(settings.oidc_token_file_path.as_deref()) {
        found.push(Candidate::application(
            Method::OidcTokenFile,
            "oidc_token_file_path",
        ));
    }
    let has_url = has_text(settings.oidc_request_url.as_deref());
    let has_token = has_secret(settings.oidc_request_token.as_ref());
    let lacking = match (has_url, has_token) {
        (true, true) => None,
        (true, false) => Some("oidc_request_token"),
        (false, true) => Some("oidc_request_url"),
        (false, false) => Some("oidc_request_url with oidc_request_token"),
    };
    if has_text(settings.ado_pipeline_service_connection_id.as_deref()) {
        found.push(Candidate {
            lacking,
            ..Candidate::application(Method::AzurePipelines, "ado_pipeline_service_connection_id")
        });
    }
    if has_url || has_token {
        let because = if has_url {
            "oidc_request_url"
        } else {
            "oidc_request_token"
        };
        found.push(Candidate {
            lacking,
            ..Candidate::application(Method::GitHubActions, because)
        });
    }
    // Last: it lies about in every pod with an identity, those that run a CI system's jobs included.
    if has_path(settings.federated_token_file.as_deref()) {
        found.push(Candidate::application(
            Method::OidcTokenFile,
            "AZURE_FEDERATED_TOKEN_FILE",
        ));
    }
    if found.is_empty() {
        found.push(Candidate {
            lacking: Some("any of oidc_token, oidc_token_file_path, oidc_request_url"),
            ..Candidate::application(Method::OidcToken, "use_oidc")
        });
    }
    found
}

fn has_text(text: Option<&str>) -> bool {
    text.is_some_and(|text| !text.trim().is_empty())
}

fn has_secret(secret: Option<&Secret>) -> bool {
    has_text(secret.map(Secret::expose))
}

fn has_path(path: Option<&Path>) -> bool {
    path.is_some_and(|path| !path.as_os_str().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Set = fn(&mut CredentialSettings);

    fn tenant() -> Guid {
        "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11".parse().unwrap()
    }

    fn settings(changes: &[Set]) -> CredentialSettings {
        let mut settings = CredentialSettings::default();
        for change in changes {
            change(&mut settings);
        }
        settings
    }

    const CLIENT: Set = |set| set.client_id = Some("c".into());
    const SECRET: Set = |set| set.client_secret = Some(Secret::new("s"));
    const CERTIFICATE: Set = |set| set.client_certificate = Some(Secret::new("b64"));
    const CERTIFICATE_FILE: Set = |set| set.client_certificate_path = Some("f".into());
    const OIDC: Set = |set| set.use_oidc = true;
    const TOKEN: Set = |set| set.oidc_token = Some(Secret::new("t"));
    const TOKEN_FILE: Set = |set| set.oidc_token_file_path = Some("f".into());
    const URL: Set = |set| set.oidc_request_url = Some("https://ci".into());
    const REQUEST_TOKEN: Set = |set| set.oidc_request_token = Some(Secret::new("r"));
    const CONNECTION: Set = |set| set.ado_pipeline_service_connection_id = Some("x".into());
    const AKS: Set = |set| set.use_aks_workload_identity = true;
    const AKS_FILE: Set = |set| set.federated_token_file = Some("f".into());
    const MSI: Set = |set| set.use_msi = true;
    const NO_CLI: Set = |set| set.use_cli = false;

    #[test]
    fn the_first_complete_way_is_chosen() {
        let table: &[(&[Set], Method)] = &[
            (&[], Method::AzureCli),
            (&[CLIENT], Method::AzureCli),
            (&[MSI], Method::ManagedIdentity),
            (
                &[CLIENT, CERTIFICATE, SECRET, OIDC, TOKEN, MSI],
                Method::ClientCertificate,
            ),
            (
                &[CLIENT, CERTIFICATE_FILE, SECRET],
                Method::ClientCertificate,
            ),
            (&[CLIENT, SECRET, OIDC, TOKEN, MSI], Method::ClientSecret),
            (
                &[CLIENT, OIDC, TOKEN, TOKEN_FILE, URL, REQUEST_TOKEN, MSI],
                Method::OidcToken,
            ),
            (
                &[CLIENT, OIDC, TOKEN_FILE, URL, REQUEST_TOKEN],
                Method::OidcTokenFile,
            ),
            (
                &[CLIENT, OIDC, URL, REQUEST_TOKEN, CONNECTION],
                Method::AzurePipelines,
            ),
            (
                &[CLIENT, OIDC, URL, REQUEST_TOKEN, AKS_FILE],
                Method::GitHubActions,
            ),
            (&[CLIENT, OIDC, AKS_FILE, MSI], Method::OidcTokenFile),
            (&[CLIENT, AKS, AKS_FILE, MSI], Method::AksWorkloadIdentity),
            (&[CLIENT, AKS, TOKEN_FILE], Method::AksWorkloadIdentity),
            // Without their switch, tokens that lie about in CI are not used.
            (
                &[CLIENT, TOKEN, TOKEN_FILE, URL, REQUEST_TOKEN, AKS_FILE],
                Method::AzureCli,
            ),
            // What is set in part is passed over.
            (&[SECRET], Method::AzureCli),
            (&[CLIENT, OIDC, MSI], Method::ManagedIdentity),
            (&[CLIENT, OIDC, URL, CONNECTION], Method::AzureCli),
        ];
        for (row, (changes, method)) in table.iter().enumerate() {
            let chosen = select(&settings(changes), Some(&tenant())).unwrap();
            assert_eq!(chosen.method, *method, "row {row}");
        }
    }

    #[test]
    fn an_application_needs_a_tenant() {
        let chosen = select(&settings(&[CLIENT, SECRET]), None).unwrap();
        assert_eq!(chosen.method, Method::AzureCli);
        assert_eq!(
            chosen.passed_over,
            ["client_secret is set, but tenant_id is not"]
        );
    }

    #[test]
    fn without_any_way_the_error_says_what_each_lacks() {
        let none = select(&settings(&[NO_CLI]), Some(&tenant()))
            .unwrap_err()
            .to_string();
        assert!(none.contains("use_cli is false"), "{none}");
        let partly = select(&settings(&[NO_CLI, SECRET, OIDC, URL, AKS]), None)
            .unwrap_err()
            .to_string();
        for part in [
            "client_secret is set, but tenant_id and client_id is not",
            "oidc_request_url is set, but tenant_id and client_id and oidc_request_token is not",
            "use_aks_workload_identity is set",
        ] {
            assert!(partly.contains(part), "{partly}");
        }
    }

    #[test]
    fn empty_texts_count_as_not_set() {
        let empty: Set = |set| {
            set.client_id = Some(" ".into());
            set.client_secret = Some(Secret::new(""));
            set.client_certificate_path = Some("".into());
        };
        let chosen = select(&settings(&[empty]), Some(&tenant())).unwrap();
        assert_eq!(
            (chosen.method, chosen.passed_over.len()),
            (Method::AzureCli, 0)
        );
    }
}
