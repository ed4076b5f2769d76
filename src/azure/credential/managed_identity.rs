//! The identity of the machine or container that this runs on.

use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::http::ClientOptions;
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};

/// The identity of the machine; with a client id the one of several that it names.
pub(super) fn credential(
    client_id: Option<String>,
    client_options: ClientOptions,
) -> azure_core::Result<Arc<dyn TokenCredential>> {
    let options = ManagedIdentityCredentialOptions {
        user_assigned_id: client_id.map(UserAssignedId::ClientId),
        client_options,
    };
    Ok(ManagedIdentityCredential::new(Some(options))?)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use azure_core::http::headers::Headers;
    use azure_core::http::{AsyncRawResponse, HttpClient, Request, StatusCode, Transport};

    use super::*;

    /// A machine's identity endpoint.
    #[derive(Debug, Default)]
    struct Endpoint(Mutex<Vec<String>>);

    #[async_trait::async_trait]
    impl HttpClient for Endpoint {
        async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
            self.0.lock().unwrap().push(request.url().to_string());
            let body = r#"{"access_token":"t","expires_on":"4102444800","resource":"r","token_type":"Bearer"}"#;
            Ok(AsyncRawResponse::from_bytes(
                StatusCode::Ok,
                Headers::new(),
                body,
            ))
        }
    }

    #[tokio::test]
    async fn the_client_id_names_the_identity_where_it_is_given() {
        for (client_id, named) in [(None, false), (Some("app".to_owned()), true)] {
            let endpoint = Arc::new(Endpoint::default());
            let http_client: Arc<dyn HttpClient> = Arc::<Endpoint>::clone(&endpoint);
            let options = ClientOptions {
                transport: Some(Transport::new(http_client)),
                ..ClientOptions::default()
            };
            let credential = credential(client_id, options).unwrap();
            let token = credential
                .get_token(&["https://management.azure.com/.default"], None)
                .await
                .unwrap();
            assert_eq!(token.token.secret(), "t");
            let asked = endpoint.0.lock().unwrap();
            assert!(
                asked[0].starts_with("http://169.254.169.254/metadata/identity/oauth2/token?"),
                "{asked:?}"
            );
            assert!(
                asked[0].contains("resource=https%3A%2F%2Fmanagement.azure.com"),
                "{asked:?}"
            );
            assert_eq!(asked[0].contains("client_id=app"), named, "{asked:?}");
        }
    }
}
