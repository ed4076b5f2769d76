//! How the caller signs in, as configured.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::http::Secret;

/// What a user may set to authenticate. Reading configuration, environment and the files that hold ids and secrets is the
/// caller's part; an empty text counts as not set.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch that users turn by itself"
)]
#[derive(Clone)]
pub struct CredentialSettings {
    /// The application's client id.
    pub client_id: Option<String>,
    /// The application's secret.
    pub client_secret: Option<Secret>,
    /// The application's certificate and key: base64 of a PKCS#12 file.
    pub client_certificate: Option<Secret>,
    /// The PKCS#12 file itself.
    pub client_certificate_path: Option<PathBuf>,
    /// What the PKCS#12 data is encrypted with.
    pub client_certificate_password: Option<Secret>,
    /// Exchange a token of another issuer.
    pub use_oidc: bool,
    /// That token.
    pub oidc_token: Option<Secret>,
    /// A file that holds it; read again for every token.
    pub oidc_token_file_path: Option<PathBuf>,
    /// Where a CI system gives such tokens.
    pub oidc_request_url: Option<String>,
    /// What the CI system wants to see for it.
    pub oidc_request_token: Option<Secret>,
    /// The service connection, where that CI system is Azure Pipelines.
    pub ado_pipeline_service_connection_id: Option<String>,
    /// Exchange the token that Kubernetes put into a file.
    pub use_aks_workload_identity: bool,
    /// That file, as the webhook names it; else `oidc_token_file_path`. With `use_oidc` it is the last that is asked.
    pub federated_token_file: Option<PathBuf>,
    /// Use the identity of the machine.
    pub use_msi: bool,
    /// Use the Azure CLI's login.
    pub use_cli: bool,
}

impl Default for CredentialSettings {
    fn default() -> Self {
        Self {
            client_id: None,
            client_secret: None,
            client_certificate: None,
            client_certificate_path: None,
            client_certificate_password: None,
            use_oidc: false,
            oidc_token: None,
            oidc_token_file_path: None,
            oidc_request_url: None,
            oidc_request_token: None,
            ado_pipeline_service_connection_id: None,
            use_aks_workload_identity: false,
            federated_token_file: None,
            use_msi: false,
            use_cli: true,
        }
    }
}

impl CredentialSettings {
    pub(super) fn oidc_token_file(&self) -> Option<&Path> {
        let own = self.oidc_token_file_path.as_deref();
        own.or(self.federated_token_file.as_deref())
    }

    pub(super) fn aks_token_file(&self) -> Option<&Path> {
        let own = self.federated_token_file.as_deref();
        own.or(self.oidc_token_file_path.as_deref())
    }
}

/// Shows the switches alone: even an id may be a secret put in the wrong place.
impl fmt::Debug for CredentialSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CredentialSettings")
            .field("use_oidc", &self.use_oidc)
            .field("use_aks_workload_identity", &self.use_aks_workload_identity)
            .field("use_msi", &self.use_msi)
            .field("use_cli", &self.use_cli)
            .finish_non_exhaustive()
    }
}
