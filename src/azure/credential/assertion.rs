//! What the ways to come by another issuer's token have in common.

use std::time::Duration;

use azure_core::error::ErrorKind;
use http::{HeaderName, HeaderValue, Method};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use super::settings::CredentialSettings;
use crate::azure::envelope::{TRACE_HEADERS, read_refusal};
use crate::http::{
    Api, ApiSettings, Error, Request, RetrySettings, Scope, Secret, StaticToken, Transport, address,
};

/// Whom Entra wants such tokens to be made out to.
pub(super) const AUDIENCE: &str = "api://AzureADTokenExchange";

/// The time for getting one token of the CI system.
const LIMIT: Duration = Duration::from_secs(60);

/// A service of a CI system that gives tokens. Asked again for every Entra token: its tokens live for minutes, while
/// our waits take longer.
#[derive(Debug)]
pub(super) struct TokenService {
    api: Api,
    request: Request,
}

impl TokenService {
    /// The service that `oidc_request_url` and `oidc_request_token` lead to, with more query parameters and headers.
    pub(super) fn new(
        name: &'static str,
        method: Method,
        settings: &CredentialSettings,
        transport: &Transport,
        query: &[(&str, &str)],
        headers: &[(&'static str, &'static str)],
    ) -> Result<Self, Error> {
        let text = settings.oidc_request_url.as_deref().unwrap_or_default();
        let url = address(text).map_err(|fault| {
            Error::not_configured(format!("oidc_request_url cannot be used: {}", fault.reason))
        })?;
        let token = settings
            .oidc_request_token
            .clone()
            .unwrap_or_else(|| Secret::new(""));
        let segments = url.path_segments().into_iter().flatten();
        // The path is encoded as it stands; it is encoded again, segment by segment, when it is sent.
        let segments = segments
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned());
        let mut request = Request::new(method, segments).reads();
        for (name, value) in url.query_pairs() {
            if query.iter().all(|(own, _)| !name.eq_ignore_ascii_case(own)) {
                request = request.query(&name, &value);
            }
        }
        for (name, value) in query {
            request = request.query(name, value);
        }
        for (name, value) in headers {
            request = request.header(
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            );
        }
        let mut base = url.clone();
        base.set_path("");
        base.set_query(None);
        base.set_fragment(None);
        let api = Api::new(ApiSettings {
            retry: RetrySettings {
                max_retries: 4,
                ..RetrySettings::default()
            },
            trace_headers: TRACE_HEADERS,
            ..ApiSettings::new(
                name,
                base,
                transport.clone(),
                std::sync::Arc::new(StaticToken::bearer(&token)?),
                read_refusal,
            )
        });
        Ok(Self { api, request })
    }

    /// Asks for a token.
    pub(super) async fn ask<T: DeserializeOwned>(&self) -> azure_core::Result<T> {
        let scope = Scope::detached(LIMIT);
        self.api
            .json(&scope, self.request.clone())
            .await
            .map_err(failed)
    }
}

/// Carries an error of ours through the library, to be taken out again on the other side.
pub(super) fn failed(error: Error) -> azure_core::Error {
    azure_core::Error::new(ErrorKind::Credential, error)
}
