//! Access to Konnect that is handed out before it is configured.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use url::Url;

use super::client::Client;
use crate::http::{Error, Secret, Transport};

/// How to reach Konnect.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The way to the network.
    pub transport: Transport,
    /// The server's address, as [`super::server_url()`] gives it.
    pub server_url: Url,
    /// The token, if there is one.
    pub token: Option<Secret>,
    /// Where the token was set, for messages: `konnect_token` or a variable's name.
    pub token_source: String,
    /// Some of these settings are not known yet.
    pub unknown: bool,
    /// How many times a request is sent again.
    pub max_retries: u32,
    /// How many requests run at the same time.
    pub max_concurrent_requests: usize,
    /// A fixed time between looks of every wait.
    pub poll_step: Option<Duration>,
}

/// A place for the client, filled when the settings are known; filling it again replaces the client.
#[derive(Debug, Default)]
pub struct Access(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    client: Option<Arc<Client>>,
    /// Why there is no client.
    missing: Missing,
    poll_step: Option<Duration>,
}

#[derive(Clone, Debug, Default)]
enum Missing {
    #[default]
    Unconfigured,
    NotKnownYet,
    NoToken,
    Refused(String),
}

impl Access {
    /// Takes the settings. Nothing is sent, and missing parts are no error before the first use.
    pub fn configure(&self, mut settings: Settings) {
        let poll_step = settings.poll_step;
        let source = settings.token_source.clone();
        let token = settings.token.take();
        let made = match token.filter(|token| !token.expose().trim().is_empty()) {
            _ if settings.unknown => Err(Missing::NotKnownYet),
            None => Err(Missing::NoToken),
            Some(token) => Client::new(settings, &token)
                .map_err(|error| Missing::Refused(format!("{source} cannot be used: {error}"))),
        };
        let (client, missing) = match made {
            Ok(client) => (Some(Arc::new(client)), Missing::default()),
            Err(missing) => (None, missing),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State {
            client,
            missing,
            poll_step,
        };
    }

    /// The client.
    ///
    /// # Errors
    /// When there is no token, or the settings are not known yet.
    pub fn client(&self) -> Result<Arc<Client>, Error> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = &state.client {
            return Ok(client.clone());
        }
        Err(match &state.missing {
            Missing::Unconfigured => {
                Error::not_configured("access to Konnect has not been configured")
            }
            Missing::NotKnownYet => Error::not_known_yet(
                "the provider's configuration for Konnect holds values that are not known yet; they become known during apply",
            ),
            Missing::NoToken => Error::not_configured(
                "there is no token for Konnect: set konnect_token in the provider block or the environment variable KONNECT_TOKEN \
                 (a personal access token or, better for automation, a system account token)",
            ),
            Missing::Refused(text) => Error::not_configured(text.clone()),
        })
    }

    /// Why nothing can be asked yet: some of the settings become known later.
    #[must_use]
    pub fn not_known_yet(&self) -> Option<String> {
        let error = self.client().err()?;
        error.is_not_known_yet().then(|| error.to_string())
    }

    /// The fixed time between looks of a wait, if one is set.
    #[must_use]
    pub fn poll_step(&self) -> Option<Duration> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .poll_step
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::TransportSettings;

    fn settings(token: Option<&str>, unknown: bool) -> Settings {
        Settings {
            transport: Transport::new(TransportSettings::default()),
            server_url: Url::parse("https://global.api.konghq.com").unwrap(),
            token: token.map(Secret::new),
            token_source: "KONNECT_TOKEN".to_owned(),
            unknown,
            max_retries: 8,
            max_concurrent_requests: 32,
            poll_step: Some(Duration::from_millis(20)),
        }
    }

    fn refused(settings: Settings) -> Error {
        let access = Access::default();
        access.configure(settings);
        access.client().unwrap_err()
    }

    #[test]
    fn a_missing_token_is_told_at_first_use() {
        assert!(
            Access::default()
                .client()
                .is_err_and(|error| error.is_not_configured())
        );
        for token in [None, Some(""), Some(" \n")] {
            let error = refused(settings(token, false)).to_string();
            assert!(
                error.contains("konnect_token") && error.contains("KONNECT_TOKEN"),
                "{error}"
            );
        }
    }

    #[test]
    fn unknown_settings_and_bad_tokens_are_told_apart() {
        assert!(refused(settings(Some("kpat_1"), true)).is_not_known_yet());
        let error = refused(settings(Some("kpat_a\nb"), false)).to_string();
        assert!(
            error.contains("KONNECT_TOKEN") && !error.contains("kpat_a"),
            "{error}"
        );
    }

    #[test]
    fn configuring_again_replaces_the_client() {
        let access = Access::default();
        access.configure(settings(Some("kpat_1"), false));
        let first = access.client().unwrap();
        assert!(Arc::ptr_eq(&first, &access.client().unwrap()));
        access.configure(settings(Some("kpat_2"), false));
        assert!(!Arc::ptr_eq(&first, &access.client().unwrap()));
        assert_eq!(access.poll_step(), Some(Duration::from_millis(20)));
    }
}
