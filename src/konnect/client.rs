//! The client: one API, one token, advice for refusals that concern the token.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::access::Settings;
use super::error::{Error, read_refusal};
use super::ids::{NetworkId, PrivateDnsId, ProviderAccountId, TransitGatewayId};
use super::networks::Network;
use super::page;
use super::private_dns::PrivateDns;
use super::provider_accounts::ProviderAccount;
use super::transit_gateways::TransitGateway;
use crate::http::deletion;
use crate::http::{
    self as rest, Api, ApiSettings, Lately, Request, RetrySettings, Scope, Secret, SharedReads,
    StaticToken,
};

/// Konnect's name in messages.
pub(super) const NAME: &str = "Konnect";

/// How long it serves what many creations ask for alike.
const MOMENT: Duration = Duration::from_secs(5);

/// Calls Konnect's Cloud Gateways API. Share it: limits and pauses hold per client.
#[derive(Debug)]
pub struct Client {
    api: Api,
    token_source: String,
    pub(super) poll_step: Option<Duration>,
    pub(super) networks: Lately<NetworkId, Network>,
    pub(super) provider_accounts: Lately<ProviderAccountId, ProviderAccount>,
    pub(super) private_dns: SharedReads<NetworkId, PrivateDnsId, PrivateDns>,
    pub(super) transit_gateways: SharedReads<NetworkId, TransitGatewayId, TransitGateway>,
}

impl Client {
    /// A client for the given settings and token.
    ///
    /// # Errors
    /// When the token cannot be sent.
    pub(super) fn new(settings: Settings, token: &Secret) -> Result<Self, rest::Error> {
        let authorize = StaticToken::bearer(token)?;
        let api = Api::new(ApiSettings {
            max_concurrent_requests: settings.max_concurrent_requests,
            retry: RetrySettings {
                max_retries: settings.max_retries,
                ..RetrySettings::default()
            },
            trace_headers: &[("x-kong-request-id", "request id")],
            ..ApiSettings::new(
                NAME,
                settings.server_url,
                settings.transport,
                Arc::new(authorize),
                read_refusal,
            )
        });
        Ok(Self {
            api,
            token_source: settings.token_source,
            poll_step: settings.poll_step,
            networks: Lately::new(MOMENT),
            provider_accounts: Lately::new(MOMENT),
            private_dns: SharedReads::default(),
            transit_gateways: SharedReads::default(),
        })
    }

    pub(super) fn api(&self) -> &Api {
        &self.api
    }

    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        scope: &Scope,
        request: Request,
    ) -> Result<T, Error> {
        let answer = self.api.json(scope, request).await;
        answer.map_err(|error| self.explain(error))
    }

    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        scope: &Scope,
        request: Request,
    ) -> Result<Vec<T>, Error> {
        page::list(self, request).collect(scope).await
    }

    /// A list that the service may narrow, where the caller picks from what it is given: one that does not know the filter gives all.
    pub(super) async fn list_narrowed<T: DeserializeOwned>(
        &self,
        scope: &Scope,
        narrowed: Request,
        all: Request,
    ) -> Result<Vec<T>, Error> {
        match self.list(scope, narrowed).await {
            Err(error) if matches!(error.status(), Some(400 | 501)) => {
                tracing::debug!(%error, "a filter may have been refused; listing all");
                self.list(scope, all).await
            }
            answer => answer,
        }
    }

    /// A list below a network, or those of exactly the given name as far as the service knows to narrow it.
    pub(super) async fn list_named<T: DeserializeOwned>(
        &self,
        scope: &Scope,
        network: &NetworkId,
        kind: &str,
        name: Option<&str>,
    ) -> Result<Vec<T>, Error> {
        let all = all_of(network, kind);
        match name {
            Some(name) => {
                let narrowed = all.clone().query("filter[name][eq]", name);
                self.list_narrowed(scope, narrowed, all).await
            }
            None => self.list(scope, all).await,
        }
    }

    /// Deletes the object of this path; one that is not there counts as deleted.
    pub(super) async fn remove(&self, scope: &Scope, path: &[&str]) -> Result<(), Error> {
        let delete = Request::delete(path.iter().copied());
        let read = Request::get(path.iter().copied());
        let requests = (&delete, &read);
        let deleted = deletion::delete(
            &self.api,
            scope,
            self.poll_step,
            requests,
            Error::is_not_found,
        );
        deleted
            .await
            .map_err(|error: Error| self.explain(error.into_http()))
    }

    /// Adds what the user can do when the token is the trouble.
    pub(super) fn explain(&self, error: rest::Error) -> Error {
        let error = Error::from(error);
        let advice = if error.is_unauthorized() {
            Some(format!(
                "Konnect does not accept the token, which comes from {}. It may be mistyped, expired or revoked, or of another organisation; tokens \
                 last at most 12 months. An organisation can also forbid personal tokens (kpat_…) and take system account tokens (spat_…) only.",
                self.token_source
            ))
        } else if error.is_forbidden() {
            Some(format!(
                "The token's owner needs the role Network Admin in Konnect (Network Viewer suffices to read networks and peerings, but not private \
                 DNS). The token comes from {}. An organisation's IP allow list refuses callers from elsewhere in the same way.",
                self.token_source
            ))
        } else if error.is_quota_exceeded() {
            Some(
                "This does not pass by itself. Remove what is no longer needed, or have Kong's support raise the organisation's quota; GET \
                 /v2/cloud-gateways/resource-quotas shows the maxima."
                    .to_owned(),
            )
        } else {
            None
        };
        error.into_http().advise(advice).into()
    }
}

/// The path below a network.
pub(super) fn network_path<'a>(network: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    let mut path = vec!["v2", "cloud-gateways", "networks", network];
    path.extend_from_slice(rest);
    path
}

/// The list of a kind of objects below a network.
pub(super) fn all_of(network: &NetworkId, kind: &str) -> Request {
    Request::get(network_path(&network.to_string(), &[kind]))
}

#[cfg(test)]
pub(super) mod tests {
    use url::Url;

    use super::*;
    use crate::http::transport::Transport;
    use crate::http::transport::scripted::{Answer, Script};

    pub(crate) const NETWORK: &str = "36ae63d3-efd1-4bec-b246-62aa5d3f5695";

    pub(crate) fn client(script: &Script) -> Client {
        let settings = Settings {
            transport: Transport::scripted(script.clone()),
            server_url: Url::parse("https://global.api.konghq.com").unwrap(),
            token: None,
            token_source: "KONNECT_TOKEN".to_owned(),
            unknown: false,
            max_retries: 2,
            max_concurrent_requests: 4,
            poll_step: None,
        };
        Client::new(settings, &Secret::new("kpat_1")).unwrap()
    }

    pub(crate) fn api(script: &Script) -> Api {
        client(script).api
    }

    pub(crate) fn network() -> NetworkId {
        NETWORK.parse().unwrap()
    }

    pub(crate) fn scope() -> Scope {
        Scope::detached(Duration::from_secs(600))
    }

    async fn advice(status: u16, body: &str) -> String {
        let script = Script::new([Answer::json(status, body)]);
        let error = client(&script)
            .get_network(&scope(), &network())
            .await
            .unwrap_err();
        error.advice().unwrap_or_default().to_owned()
    }

    #[tokio::test]
    async fn token_trouble_comes_with_advice_and_without_the_token() {
        // Row 82 of docs/user-pains.md.
        let unauthorized = advice(401, r#"{"title":"Unauthorized"}"#).await;
        assert!(unauthorized.contains("KONNECT_TOKEN") && unauthorized.contains("expired"));
        let forbidden = advice(403, r#"{"title":"Forbidden"}"#).await;
        assert!(forbidden.contains("Network Admin"));
        let quota = advice(403, r#"{"title":"Quota Exceeded"}"#).await;
        assert!(quota.contains("quota") && !quota.contains("role"));
        assert_eq!(advice(404, "{}").await, "");
    }

    #[tokio::test(start_paused = true)]
    async fn a_deletion_that_is_not_found_is_sent_again_while_the_object_is_shown() {
        const MISSING: &str = r#"{"status":404,"title":"Not Found"}"#;
        let missing = || Answer::json(404, MISSING);
        let shown = || Answer::json(200, "{}");
        let gone = vec![missing(), missing()];
        let slip = vec![missing(), shown(), shown()];
        let always = std::iter::repeat_with(|| [missing(), shown()]);
        let always: Vec<Answer> = always.take(4).flatten().collect();
        let blind = vec![missing(), Answer::json(403, "{}")];
        for answers in [gone, slip, always, blind] {
            let script = Script::new(answers);
            let removed = client(&script).remove(&scope(), &["x"]).await;
            assert!(
                removed.is_ok() && script.left() == 0,
                "{:?}",
                script.calls()
            );
            let calls = script.calls();
            let are_same_place = calls.iter().all(|call| call.ends_with(" /x"));
            assert!(
                are_same_place && calls[0].starts_with("DELETE"),
                "{calls:?}"
            );
        }
    }
}
