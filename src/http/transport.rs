//! One HTTP exchange: connecting, TLS, proxies, limits. Nothing here decides about sending again.

pub(super) mod departure;

use std::collections::HashMap;
use std::error::Error as StdError;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, StatusCode};
use rustls::CertificateError;
use tokio::sync::{OnceCell, OwnedMutexGuard};
use tokio::time::timeout;
use url::{Origin, Url};

use super::address::{check_url, is_link_local};
use super::error::{Error, Interruption, InterruptionKind, chain};
use super::proxy;
use super::tls;

/// The largest answer that is read, after decompression.
const BODY_LIMIT: usize = 16 * 1024 * 1024;
/// Shorter than the idle limits of the load balancers in between, so that a pooled connection is rarely a dead one.
const IDLE_LIMIT: Duration = Duration::from_secs(50);
/// How long the first exchange with a server may keep the others waiting.
const HEAD_START: Duration = Duration::from_secs(1);

/// How exchanges are made.
#[derive(Clone, Debug)]
pub struct TransportSettings {
    /// The time for one exchange, from connecting to the last byte of the answer.
    pub request_timeout: Duration,
    /// The time for connecting, TLS included.
    pub connect_timeout: Duration,
    /// What is trusted besides the system's roots.
    pub ca_bundle: Option<CaBundle>,
    /// What we call ourselves.
    pub user_agent: String,
}

/// Certificates that are trusted besides the system's.
#[derive(Clone, Debug)]
pub struct CaBundle {
    /// A PEM file.
    pub path: PathBuf,
    /// The setting or the environment variable that names it.
    pub named_by: &'static str,
    /// Whether to go on, with a warning, where the file cannot be used.
    pub is_optional: bool,
}

impl Default for TransportSettings {
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(10),
            ca_bundle: None,
            user_agent: concat!("konnectazure/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// The way to the network, shared by all APIs. Cheap to clone; nothing is read or opened before the first use.
#[derive(Clone, Debug)]
pub struct Transport(Arc<Kind>);

#[derive(Debug)]
#[cfg_attr(
    test,
    expect(
        clippy::large_enum_variant,
        reason = "the small one is for tests, and a process has one transport"
    )
)]
enum Kind {
    Network(Network),
    #[cfg(test)]
    Scripted(Box<dyn scripted::Exchange>),
}

#[derive(Debug)]
struct Network {
    settings: TransportSettings,
    client: OnceCell<Client>,
    /// The servers that were met, each locked while the first exchange with it goes on.
    met: Mutex<HashMap<Origin, Arc<tokio::sync::Mutex<bool>>>>,
}

#[derive(Clone, Debug)]
struct Client {
    inner: reqwest::Client,
    has_roots: bool,
}

/// A request as it goes out.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Option<Bytes>,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decompressed.
    pub body: Bytes,
}

/// Why there is no whole answer.
#[derive(Debug)]
pub(crate) enum Broken {
    /// The exchange broke off.
    Interrupted(Interruption),
    /// There could be no exchange at all.
    Unusable(Error),
}

impl Transport {
    /// A transport; see [`TransportSettings`].
    #[must_use]
    pub fn new(settings: TransportSettings) -> Self {
        Self(Arc::new(Kind::Network(Network {
            settings,
            client: OnceCell::new(),
            met: Mutex::default(),
        })))
    }

    /// A transport that answers from a script.
    #[cfg(test)]
    pub(crate) fn scripted(exchange: impl scripted::Exchange + 'static) -> Self {
        Self(Arc::new(Kind::Scripted(Box::new(exchange))))
    }

    /// Sends once and reads the whole answer, whatever its status.
    pub(crate) async fn exchange(&self, outgoing: Outgoing) -> Result<Response, Broken> {
        check_url(&outgoing.url)
            .map_err(|reason| Broken::Unusable(Error::not_configured(reason)))?;
        self.unchecked(outgoing, None).await
    }

    /// The same with an address on this machine's own link (see [`is_link_local`]), in the clear or not, within `limit`.
    pub(crate) async fn exchange_on_link(
        &self,
        outgoing: Outgoing,
        limit: Duration,
    ) -> Result<Response, Broken> {
        if !is_link_local(&outgoing.url) {
            return self.exchange(outgoing).await;
        }
        self.unchecked(outgoing, Some(limit)).await
    }

    async fn unchecked(
        &self,
        outgoing: Outgoing,
        limit: Option<Duration>,
    ) -> Result<Response, Broken> {
        match &*self.0 {
            Kind::Network(network) => network.exchange(outgoing, limit).await,
            #[cfg(test)]
            Kind::Scripted(script) => {
                departure::mark(true);
                script.exchange(outgoing).await
            }
        }
    }
}

impl Client {
    fn require_roots(&self) -> Result<(), Error> {
        if self.has_roots {
            return Ok(());
        }
        Err(Error::not_configured(
            "no trusted root certificates were found on this system, so that no HTTPS server can be trusted; install them \
             (the package is usually called ca-certificates) or name a CA bundle",
        ))
    }
}

impl Network {
    async fn client(&self) -> Result<&Client, Error> {
        self.client.get_or_try_init(|| self.build()).await
    }

    async fn build(&self) -> Result<Client, Error> {
        let bundle = self.settings.ca_bundle.clone();
        let reading = tokio::task::spawn_blocking(move || tls::trust(bundle.as_ref()));
        let trust = reading
            .await
            .map_err(|error| Error::not_configured(format!("TLS cannot be set up: {error}")))??;
        let settings = &self.settings;
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(trust.config)
            .user_agent(&settings.user_agent)
            .redirect(reqwest::redirect::Policy::none())
            // A slow connection must show as one that was never made, not as a lost answer.
            .connect_timeout(settings.connect_timeout.min(settings.request_timeout / 2))
            .timeout(settings.request_timeout)
            .pool_idle_timeout(IDLE_LIMIT)
            .connector_layer(departure::Watch)
            .no_proxy();
        for proxy in proxy::proxies(|name| std::env::var(name).ok())? {
            builder = builder.proxy(proxy);
        }
        let inner = builder.build().map_err(|error| {
            Error::not_configured(format!(
                "the HTTP client cannot be set up: {}",
                chain(&error)
            ))
        })?;
        Ok(Client {
            inner,
            has_roots: trust.roots > 0,
        })
    }

    /// Held by the first exchange with a server, while the others wait a moment: whether HTTP/2 is offered, so that all can share one
    /// connection, shows only once there is one. Those that come at the same time would each make their own.
    async fn first(&self, url: &Url) -> Option<OwnedMutexGuard<bool>> {
        if url.scheme() != "https" {
            return None;
        }
        let server = {
            let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(met.entry(url.origin()).or_default())
        };
        let is_met = timeout(HEAD_START, server.lock_owned()).await.ok()?;
        Some(is_met).filter(|is_met| !**is_met)
    }

    async fn exchange(
        &self,
        outgoing: Outgoing,
        limit: Option<Duration>,
    ) -> Result<Response, Broken> {
        let client = self.client().await.map_err(Broken::Unusable)?;
        if outgoing.url.scheme() == "https" {
            client.require_roots().map_err(Broken::Unusable)?;
        }
        let first = self.first(&outgoing.url).await;
        let mut request = client
            .inner
            .request(outgoing.method, outgoing.url)
            .headers(outgoing.headers);
        if let Some(body) = outgoing.body {
            request = request.body(body);
        }
        if let Some(limit) = limit {
            request = request.timeout(limit);
        }
        departure::mark(true);
        let sent = request.send().await;
        if let Some(mut is_met) = first {
            *is_met = true;
        }
        let mut response = sent.map_err(interrupted)?;
        let status = response.status();
        let headers = std::mem::take(response.headers_mut());
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(interrupted)? {
            if body.len() + chunk.len() > BODY_LIMIT {
                return Err(Broken::Interrupted(Interruption {
                    kind: InterruptionKind::TooLarge,
                    message: format!("the answer is larger than {} MiB", BODY_LIMIT >> 20),
                }));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response {
            status,
            headers,
            body: body.freeze(),
        })
    }
}

fn interrupted(error: reqwest::Error) -> Broken {
    let error = error.without_url();
    let (kind, message) = if let Some(reason) = certificate_fault(&error) {
        let hint = "if a proxy inspects TLS on the way, its CA certificate has to be trusted as well (ca_certificate_path)";
        (
            InterruptionKind::Untrusted,
            format!("the server's certificate is not trusted: {reason}; {hint}"),
        )
    } else if error.is_connect() {
        (InterruptionKind::NotConnected, chain(&error))
    } else if error.is_timeout() {
        (
            InterruptionKind::Lost,
            "no whole answer within the time for one request".to_owned(),
        )
    } else {
        (InterruptionKind::Lost, chain(&error))
    };
    Broken::Interrupted(Interruption { kind, message })
}

/// What TLS had against the server's certificate, if that was the cause.
fn certificate_fault(error: &reqwest::Error) -> Option<String> {
    let mut source = error.source();
    while let Some(cause) = source {
        // An I/O error's source is its payload's source; the payload itself is only reachable this way.
        let payload = cause
            .downcast_ref::<std::io::Error>()
            .and_then(|error| error.get_ref())
            .map(|payload| payload as &(dyn StdError + 'static));
        let candidates = [Some(cause), payload];
        for candidate in candidates.into_iter().flatten() {
            if let Some(rustls::Error::InvalidCertificate(fault)) =
                candidate.downcast_ref::<rustls::Error>()
            {
                return Some(certificate_words(fault));
            }
        }
        source = payload
            .filter(|payload| payload.is::<std::io::Error>())
            .or_else(|| cause.source());
    }
    None
}

fn certificate_words(fault: &CertificateError) -> String {
    match fault {
        CertificateError::UnknownIssuer => "nobody that is trusted issued it".to_owned(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "it has expired".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it belongs to another host".to_owned()
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod connections;
#[cfg(test)]
pub(crate) mod scripted;
#[cfg(test)]
mod tests;
