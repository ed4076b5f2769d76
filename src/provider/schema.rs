//! The provider block.

use crate::azure::cloud::Service;
use crate::azure::ids::Guid;
use crate::http::address;
use crate::http::secret::Secret;
use crate::konnect;
use crate::model;
use crate::tf::attr::{AttrValue, ConversionError};
use crate::tf::duration;
use crate::tf::path::Path;
use crate::tf::schema::{Attribute, AttributeKind, Nesting, Schema};
use crate::tf::types::Type;
use crate::tf::validate::{OneOf, Parses, UnlessEmpty, Validate, WholeNumber};
use crate::tf::value::Value;

use super::configuration::check_endpoint;

model! {
    /// The provider block as written.
    pub struct ProviderModel {
        /// Konnect's personal or system account access token.
        pub konnect_token: Secret,
        /// Konnect's address.
        pub konnect_server_url: String,
        /// The Entra tenant.
        pub tenant_id: String,
        /// The default subscription.
        pub subscription_id: String,
        /// The application that signs in.
        pub client_id: String,
        /// A file that holds the client id.
        pub client_id_file_path: String,
        /// The application's secret.
        pub client_secret: Secret,
        /// A file that holds the secret.
        pub client_secret_file_path: String,
        /// A PKCS#12 certificate in base64.
        pub client_certificate: Secret,
        /// A PKCS#12 certificate's file.
        pub client_certificate_path: String,
        /// The certificate's password.
        pub client_certificate_password: Secret,
        /// Whether workload identity federation is used.
        pub use_oidc: bool,
        /// The identity token.
        pub oidc_token: Secret,
        /// The identity token's file.
        pub oidc_token_file_path: String,
        /// Where a pipeline asks for an identity token.
        pub oidc_request_url: String,
        /// The token with which it asks.
        pub oidc_request_token: Secret,
        /// The Azure DevOps service connection.
        pub ado_pipeline_service_connection_id: String,
        /// Whether workload identity on Kubernetes is used.
        pub use_aks_workload_identity: bool,
        /// Whether managed identity is used.
        pub use_msi: bool,
        /// Whether the Azure CLI may be used.
        pub use_cli: bool,
        /// The cloud.
        pub environment: String,
        /// Addresses other than the cloud's.
        pub endpoints: EndpointsModel,
        /// A PEM bundle of further trusted roots.
        pub ca_certificate_path: String,
        /// The limit of one HTTP exchange.
        pub request_timeout: String,
        /// How often a passing failure is tried again.
        pub max_retries: i64,
        /// How many requests one service sees at once.
        pub max_concurrent_requests: i64,
    }
}

model! {
    /// Addresses other than the cloud's.
    pub struct EndpointsModel {
        /// Azure Resource Manager.
        pub resource_manager: String,
        /// Microsoft Graph.
        pub microsoft_graph: String,
        /// Entra.
        pub active_directory: String,
    }
}

/// A text that a model keeps out of everything that prints it.
impl AttrValue for Secret {
    fn attr_type() -> Type {
        Type::String
    }

    fn from_known(value: Value, path: &Path) -> Result<Self, ConversionError> {
        String::from_known(value, path).map(Self::new)
    }

    fn into_known_value(self) -> Value {
        self.expose().into()
    }
}

/// The clouds by their names in `environment`.
pub const ENVIRONMENTS: &[&str] = &["public", "usgovernment", "china"];

fn text(name: &'static str, description: &'static str) -> Attribute {
    Attribute::optional(name, Type::String).describe(description)
}

fn switch(name: &'static str, description: &'static str) -> Attribute {
    Attribute::optional(name, Type::Bool).describe(description)
}

fn checked<E>(result: Result<impl Sized, E>) -> Result<(), E> {
    result.map(|_| ())
}

fn endpoint(service: Service) -> impl Validate {
    let parses = Parses::new("an https address", move |text: &str| {
        check_endpoint(service, text)
    });
    UnlessEmpty(parses.unrepeated())
}

fn token_service(text: &str) -> Result<(), String> {
    checked(address(text).map_err(|fault| fault.reason))
}

fn guid() -> impl Validate {
    UnlessEmpty(Parses::new(
        "a GUID such as `11111111-2222-3333-4444-555555555555`",
        |text: &str| {
            let guid = text.parse::<Guid>();
            guid.map(drop).map_err(|fault| fault.reason().to_owned())
        },
    ))
}

/// The provider block's schema. Everything is optional and falls back to the environment.
#[must_use]
pub fn schema() -> Schema {
    let groups = [konnect_settings(), application(), identities(), services()];
    Schema::new(
        "Connects Azure virtual networks with Kong Konnect's Dedicated \
         Cloud Gateways: Kong's application in the Entra tenant, the custom \
         role and its assignment, the peering until it is ready, and the \
         DNS mappings, in one apply.\n\nEvery setting is optional and falls back to the environment variables listed with it. The \
         configuration takes precedence over the environment. An empty string counts as not set in both.",
        groups.into_iter().flatten().collect(),
    )
}

fn konnect_settings() -> Vec<Attribute> {
    vec![
        text(
            "konnect_token",
            "Konnect personal access token or system account access token. \
             Environment: `KONNECT_TOKEN`, `KONNECT_SPAT`.",
        )
        .sensitive(),
        text(
            "konnect_server_url",
            "Address of the Konnect API. Default \
             `https://global.api.konghq.com`; a geo host such as \
             `us.api.konghq.com` is mapped to it, since only the global host \
             serves Cloud Gateways. Environment: `KONNECT_SERVER_URL`.",
        )
        .validate(UnlessEmpty(
            Parses::new("the address of a Konnect API", |text: &str| {
                checked(konnect::server_url(text))
            })
            .unrepeated(),
        )),
    ]
}

fn application() -> Vec<Attribute> {
    vec![
        text(
            "tenant_id",
            "Entra tenant. Environment: `ARM_TENANT_ID`, `AZURE_TENANT_ID`. \
             Default: the Azure CLI's, if that is the credential.",
        )
        .validate(guid()),
        text(
            "subscription_id",
            "Subscription for lookups that do not name one. Environment: \
             `ARM_SUBSCRIPTION_ID`, `AZURE_SUBSCRIPTION_ID`.",
        )
        .validate(guid()),
        text(
            "client_id",
            "Application (client) id of the identity that the provider signs in \
             as. Environment: `ARM_CLIENT_ID`, `AZURE_CLIENT_ID`.",
        ),
        text(
            "client_id_file_path",
            "File that holds the client id. Environment: \
             `ARM_CLIENT_ID_FILE_PATH`.",
        ),
        text(
            "client_secret",
            "Client secret (its value, not its id). Environment: \
             `ARM_CLIENT_SECRET`, `AZURE_CLIENT_SECRET`.",
        )
        .sensitive(),
        text(
            "client_secret_file_path",
            "File that holds the client secret. Environment: \
             `ARM_CLIENT_SECRET_FILE_PATH`.",
        ),
        text(
            "client_certificate",
            "PKCS#12 bundle with certificate and key, in base64. Environment: \
             `ARM_CLIENT_CERTIFICATE`.",
        )
        .sensitive(),
        text(
            "client_certificate_path",
            "File of the PKCS#12 bundle. Environment: \
             `ARM_CLIENT_CERTIFICATE_PATH`.",
        ),
        text(
            "client_certificate_password",
            "Password of the PKCS#12 bundle. Environment: \
             `ARM_CLIENT_CERTIFICATE_PASSWORD`.",
        )
        .sensitive(),
    ]
}

fn identities() -> Vec<Attribute> {
    vec![
        switch(
            "use_oidc",
            "Sign in with an identity token (workload identity federation). \
             Default `false`. Environment: `ARM_USE_OIDC`.",
        ),
        text(
            "oidc_token",
            "The identity token. Environment: `ARM_OIDC_TOKEN`, then HCP \
             Terraform's `TFC_WORKLOAD_IDENTITY_TOKEN`.",
        )
        .sensitive(),
        text(
            "oidc_token_file_path",
            "File that holds the identity token; it is read again for every \
             sign-in. Environment: `ARM_OIDC_TOKEN_FILE_PATH`, \
             `AZURE_FEDERATED_TOKEN_FILE`.",
        ),
        text(
            "oidc_request_url",
            "URL from which the pipeline's identity tokens are requested. Environment: \
             `ARM_OIDC_REQUEST_URL`, `ACTIONS_ID_TOKEN_REQUEST_URL`, \
             `SYSTEM_OIDCREQUESTURI`.",
        )
        .validate(UnlessEmpty(
            Parses::new("the address of a token service", token_service).unrepeated(),
        )),
        text(
            "oidc_request_token",
            "Token that authorises requests for identity tokens. Environment: \
             `ARM_OIDC_REQUEST_TOKEN`, `ACTIONS_ID_TOKEN_REQUEST_TOKEN`, \
             `SYSTEM_ACCESSTOKEN`.",
        )
        .sensitive(),
        text(
            "ado_pipeline_service_connection_id",
            "Azure DevOps service connection. Environment: \
             `ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID`, \
             `ARM_OIDC_AZURE_SERVICE_CONNECTION_ID`.",
        ),
        switch(
            "use_aks_workload_identity",
            "Sign in with the workload identity of a Kubernetes pod. Default \
             `false`. Environment: `ARM_USE_AKS_WORKLOAD_IDENTITY`.",
        ),
        switch(
            "use_msi",
            "Sign in with the machine's managed identity. Default `false`. \
             Environment: `ARM_USE_MSI`.",
        ),
        switch(
            "use_cli",
            "Use the Azure CLI's sign-in if no other credential is set. \
             Default `true`. Environment: `ARM_USE_CLI`.",
        ),
    ]
}

fn services() -> Vec<Attribute> {
    vec![
        text(
            "environment",
            "Azure cloud: `public` (default), `usgovernment` or `china`. \
             Environment: `ARM_ENVIRONMENT`, `AZURE_ENVIRONMENT`.",
        )
        .validate(UnlessEmpty(OneOf(ENVIRONMENTS))),
        Attribute::optional(
            "endpoints",
            AttributeKind::Nested(
                Nesting::Single,
                vec![
                    text(
                        "resource_manager",
                        "Azure Resource Manager. Environment: \
                         `KONNECTAZURE_RESOURCE_MANAGER_URL`.",
                    )
                    .validate(endpoint(Service::ResourceManager)),
                    text(
                        "microsoft_graph",
                        "Microsoft Graph. Environment: `KONNECTAZURE_MICROSOFT_GRAPH_URL`.",
                    )
                    .validate(endpoint(Service::MicrosoftGraph)),
                    text(
                        "active_directory",
                        "Entra sign-in; the links to the consent page lead there, too. \
                         Environment: `KONNECTAZURE_ACTIVE_DIRECTORY_URL`.",
                    )
                    .validate(endpoint(Service::ActiveDirectory)),
                ],
            ),
        )
        .describe(
            "URLs to use instead of the cloud's. Token audiences follow \
             `environment`, not these.",
        ),
        text(
            "ca_certificate_path",
            "PEM bundle of certificate authorities to trust in addition to the system's, for proxies that inspect TLS. Environment: \
             `KONNECTAZURE_CA_CERTIFICATE_PATH`, `SSL_CERT_FILE`.",
        ),
        text(
            "request_timeout",
            "Time limit of one HTTP request, such as `90s`. Default `60s`.",
        )
        .validate(UnlessEmpty(Parses::new(
            "a duration such as `90s` or `1h30m`",
            |text: &str| checked(duration::parse_positive(text)),
        ))),
        Attribute::optional("max_retries", Type::Number)
            .describe(
                "Maximum number of retries of a request after a transient failure; at most \
                 four if no connection could be made. Default `8`.",
            )
            .validate(WholeNumber { least: 0, most: 30 }),
        Attribute::optional("max_concurrent_requests", Type::Number)
            .describe(
                "Maximum number of concurrent requests to each remote API. \
                 Default `32`.",
            )
            .validate(WholeNumber {
                least: 1,
                most: 1_000,
            }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tf::diagnostics::Diagnostics;

    #[test]
    fn a_password_in_an_address_is_not_repeated() {
        let value = Value::from("https://me:hunter2@konnect.example:99999");
        let schema = schema();
        let endpoints = match schema.attribute("endpoints").map(|found| &found.kind) {
            Some(AttributeKind::Nested(_, attributes)) => attributes.as_slice(),
            _ => &[],
        };
        let tops = ["konnect_server_url", "oidc_request_url"];
        let tops = tops.map(|name| schema.attribute(name).unwrap());
        assert_eq!(endpoints.len(), 3);
        for attribute in tops.into_iter().chain(endpoints) {
            let mut diagnostics = Diagnostics::new();
            for validator in &attribute.validators {
                validator.validate(&value, &Path::root(), &mut diagnostics);
            }
            let told = format!("{diagnostics:?}");
            assert!(told.contains("port") && !told.contains("hunter2"), "{told}");
        }
    }
}
