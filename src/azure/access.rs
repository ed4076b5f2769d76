//! Late configuration: who needs Azure holds an [`Access`] from the start and asks it for the client when it sends.

use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use uuid::Uuid;

use super::client::Client;
use super::cloud::Cloud;
use super::credential::CredentialSettings;
use super::ids::{Guid, SubscriptionId};
use crate::http::{Error, Transport};

/// All that a client has to know.
#[derive(Clone)]
pub struct Settings {
    /// The way to the network.
    pub transport: Transport,
    /// Which cloud, with overridden addresses.
    pub cloud: Cloud,
    /// The tenant, where one is configured.
    pub tenant_id: Option<Guid>,
    /// The subscription, where one is configured.
    pub subscription_id: Option<SubscriptionId>,
    /// What tokens can be had with.
    pub credential: CredentialSettings,
    /// Sent with every Resource Manager call, so that its support finds all calls of one run; by default a random one.
    pub correlation_request_id: Option<String>,
    /// How often one request is sent again.
    pub max_retries: u32,
    /// How many requests run at the same time, per API.
    pub max_concurrent_requests: usize,
    /// A fixed time between two looks of a wait, instead of growing ones.
    pub poll_step: Option<Duration>,
    /// Some of the settings are only known later.
    pub unknown: bool,
}

impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Settings")
            .field("cloud", &self.cloud)
            .field("tenant_id", &self.tenant_id)
            .field("subscription_id", &self.subscription_id)
            .field("unknown", &self.unknown)
            .finish_non_exhaustive()
    }
}

/// The correlation id: the one given, else a random one that stays for the life of the process. A text that cannot stand
/// in a header is not taken.
pub(super) fn correlation_request_id(given: Option<&str>) -> String {
    static OWN: OnceLock<String> = OnceLock::new();
    let usable = given
        .map(str::trim)
        .filter(|id| !id.is_empty() && id.chars().all(|character| character.is_ascii_graphic()));
    usable.map_or_else(
        || OWN.get_or_init(|| Uuid::new_v4().to_string()).clone(),
        str::to_owned,
    )
}

/// The way to the client, before and after it is configured.
#[derive(Debug, Default)]
pub struct Access(RwLock<State>);

#[derive(Debug, Default)]
enum State {
    #[default]
    Unset,
    Unknown {
        poll_step: Option<Duration>,
    },
    Ready(Arc<Client>),
}

impl Access {
    /// Sets or replaces the settings. A client that somebody holds goes on with the old ones.
    pub fn configure(&self, settings: Settings) {
        let state = if settings.unknown {
            State::Unknown {
                poll_step: settings.poll_step,
            }
        } else {
            State::Ready(Arc::new(Client::new(settings)))
        };
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// The client.
    ///
    /// # Errors
    /// [`Error::is_not_known_yet`] while a setting is unknown, [`Error::is_not_configured`] before the first
    /// [`Access::configure`].
    pub fn client(&self) -> Result<Arc<Client>, Error> {
        match &*self.0.read().unwrap_or_else(PoisonError::into_inner) {
            State::Ready(client) => Ok(Arc::clone(client)),
            State::Unknown { .. } => Err(Error::not_known_yet(
                "Azure cannot be asked yet: some of the settings for it depend on values that are not known until apply",
            )),
            State::Unset => Err(Error::not_configured(
                "Azure cannot be asked: nothing is configured for it",
            )),
        }
    }

    /// Why nothing can be asked yet: some of the settings become known later.
    #[must_use]
    pub fn not_known_yet(&self) -> Option<String> {
        let error = self.client().err()?;
        error.is_not_known_yet().then(|| error.to_string())
    }

    /// The fixed time between two looks of a wait, where one is configured.
    #[must_use]
    pub fn poll_step(&self) -> Option<Duration> {
        match &*self.0.read().unwrap_or_else(PoisonError::into_inner) {
            State::Ready(client) => client.poll_step(),
            State::Unknown { poll_step } => *poll_step,
            State::Unset => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correlation_id_that_cannot_be_sent_is_replaced() {
        assert_eq!(correlation_request_id(Some(" run-1 ")), "run-1");
        for bad in [None, Some(""), Some("a\nb"), Some("ü")] {
            let own = correlation_request_id(bad);
            assert!(own.parse::<Uuid>().is_ok(), "{bad:?}");
            assert_eq!(own, correlation_request_id(None));
        }
    }

    #[test]
    fn without_settings_the_client_is_not_there() {
        assert!(Access::default().client().unwrap_err().is_not_configured());
    }
}
