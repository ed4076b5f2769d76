//! A client without a network, for tests whose time is paused.

use std::sync::Arc;

use super::{Access, Client, Cloud, CredentialSettings, EndpointOverrides, Environment, Settings};
use crate::http::transport::scripted::{Answer, Script};
use crate::http::{Secret, Transport};

/// A client that gets these answers, after the one to its request for a token.
pub(crate) fn client(answers: impl IntoIterator<Item = Answer>) -> (Arc<Client>, Script) {
    let token = r#"{"token_type":"Bearer","expires_in":3599,"access_token":"t"}"#;
    let token = Answer::json(200, token);
    let script = Script::new([token].into_iter().chain(answers));
    let access = Access::default();
    access.configure(Settings {
        transport: Transport::scripted(script.clone()),
        cloud: Cloud::new(Environment::Public, &EndpointOverrides::default()).unwrap(),
        tenant_id: Some("2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11".parse().unwrap()),
        subscription_id: None,
        credential: CredentialSettings {
            client_id: Some("app".into()),
            client_secret: Some(Secret::new("s")),
            ..CredentialSettings::default()
        },
        correlation_request_id: None,
        max_retries: 0,
        max_concurrent_requests: 1,
        poll_step: None,
        unknown: false,
    });
    (access.client().unwrap(), script)
}
