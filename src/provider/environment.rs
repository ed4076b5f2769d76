//! The environment variables that stand in for absent settings.

/// Reads one variable; a closure, so that tests need not touch the real environment.
pub type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;
/// A borrowed [`Lookup`].
pub type Variables<'e> = &'e Lookup;

/// Konnect's token.
pub const KONNECT_TOKEN: &[&str] = &["KONNECT_TOKEN", "KONNECT_SPAT"];
/// Konnect's address.
pub const KONNECT_SERVER_URL: &[&str] = &["KONNECT_SERVER_URL"];
/// The Entra tenant.
pub const TENANT_ID: &[&str] = &["ARM_TENANT_ID", "AZURE_TENANT_ID"];
/// The default subscription.
pub const SUBSCRIPTION_ID: &[&str] = &["ARM_SUBSCRIPTION_ID", "AZURE_SUBSCRIPTION_ID"];
/// The application that signs in.
pub const CLIENT_ID: &[&str] = &["ARM_CLIENT_ID", "AZURE_CLIENT_ID"];
/// A file that holds the client id.
pub const CLIENT_ID_FILE_PATH: &[&str] = &["ARM_CLIENT_ID_FILE_PATH"];
/// The application's secret.
pub const CLIENT_SECRET: &[&str] = &["ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET"];
/// A file that holds the secret.
pub const CLIENT_SECRET_FILE_PATH: &[&str] = &["ARM_CLIENT_SECRET_FILE_PATH"];
/// A PKCS#12 certificate in base64.
pub const CLIENT_CERTIFICATE: &[&str] = &["ARM_CLIENT_CERTIFICATE"];
/// A PKCS#12 certificate's file.
pub const CLIENT_CERTIFICATE_PATH: &[&str] = &["ARM_CLIENT_CERTIFICATE_PATH"];
/// The certificate's password.
pub const CLIENT_CERTIFICATE_PASSWORD: &[&str] = &["ARM_CLIENT_CERTIFICATE_PASSWORD"];
/// Switches workload identity federation on.
pub const USE_OIDC: &[&str] = &["ARM_USE_OIDC"];
/// The identity token itself.
pub const OIDC_TOKEN: &[&str] = &["ARM_OIDC_TOKEN"];
/// A file that holds the identity token.
pub const OIDC_TOKEN_FILE_PATH: &[&str] = &["ARM_OIDC_TOKEN_FILE_PATH"];
/// The identity token that HCP Terraform hands to a run.
pub const HCP_IDENTITY_TOKEN: &[&str] = &["TFC_WORKLOAD_IDENTITY_TOKEN"];
/// The identity token's file on Kubernetes with workload identity.
pub const FEDERATED_TOKEN_FILE: &[&str] = &["AZURE_FEDERATED_TOKEN_FILE"];
/// Where a pipeline asks for an identity token: ours, GitHub's, Azure DevOps'.
pub const OIDC_REQUEST_URL: &[&str] = &[
    "ARM_OIDC_REQUEST_URL",
    "ACTIONS_ID_TOKEN_REQUEST_URL",
    "SYSTEM_OIDCREQUESTURI",
];
/// The token with which a pipeline asks for an identity token.
pub const OIDC_REQUEST_TOKEN: &[&str] = &[
    "ARM_OIDC_REQUEST_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "SYSTEM_ACCESSTOKEN",
];
/// The Azure DevOps service connection.
pub const ADO_SERVICE_CONNECTION_ID: &[&str] = &[
    "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
    "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID",
];
/// Switches workload identity on Kubernetes on.
pub const USE_AKS_WORKLOAD_IDENTITY: &[&str] = &["ARM_USE_AKS_WORKLOAD_IDENTITY"];
/// Switches managed identity on.
pub const USE_MSI: &[&str] = &["ARM_USE_MSI"];
/// Whether the Azure CLI may be used.
pub const USE_CLI: &[&str] = &["ARM_USE_CLI"];
/// The cloud.
pub const ENVIRONMENT: &[&str] = &["ARM_ENVIRONMENT", "AZURE_ENVIRONMENT"];
/// Azure Resource Manager's address.
pub const RESOURCE_MANAGER_URL: &[&str] = &["KONNECTAZURE_RESOURCE_MANAGER_URL"];
/// Microsoft Graph's address.
pub const MICROSOFT_GRAPH_URL: &[&str] = &["KONNECTAZURE_MICROSOFT_GRAPH_URL"];
/// Entra's address.
pub const ACTIVE_DIRECTORY_URL: &[&str] = &["KONNECTAZURE_ACTIVE_DIRECTORY_URL"];
/// A PEM bundle of further trusted roots.
pub const CA_CERTIFICATE_PATH: &[&str] = &["KONNECTAZURE_CA_CERTIFICATE_PATH", SSL_CERT_FILE];
/// The bundle that many programs on a machine share.
pub const SSL_CERT_FILE: &str = "SSL_CERT_FILE";
/// A fixed step between two looks while waiting, for tests and the local cloud.
pub const POLL_INTERVAL: &[&str] = &["KONNECTAZURE_POLL_INTERVAL"];
/// One id under which Azure groups all calls of a run.
pub const CORRELATION_REQUEST_ID: &[&str] = &["ARM_CORRELATION_REQUEST_ID"];
