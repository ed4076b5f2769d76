//! One remote API: authorization, retries, the shared pause, concurrency, and the reading of refusals.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;
use tracing::Instrument as _;
use url::Url;

use super::authorize::Authorize;
use super::call::{Call, Failed};
use super::error::{Error, Failure, FieldFault, Interruption, InterruptionKind, Refusal};
use super::gate::Gate;
use super::json;
use super::plain::{excerpt, plain_message, shortened};
use super::redact::redact;
use super::request::Request;
use super::retry::{Outcome, Patience, RetrySettings, Verdict, asked_pause, decide, spread};
use super::scope::{Ended, Scope, in_words};
use super::transport::departure::Departure;
use super::transport::{Broken, Outgoing, Response, Transport};

/// Reads what a service says in the body of a refusal. Must cope with any body: HTML of a gateway, nothing at all.
pub type ReadRefusal = fn(status: u16, headers: &HeaderMap, body: &[u8]) -> RefusalParts;

/// What a service said about its refusal; whatever is missing is filled in by the [`Api`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefusalParts {
    /// The service's own code or title.
    pub code: Option<String>,
    /// What it said; empty when it said nothing that could be read.
    pub message: String,
    /// Ids for the service's support, each with its label.
    pub trace: Vec<(String, String)>,
    /// What was wrong with which field.
    pub fields: Vec<FieldFault>,
}

/// A remote API's settings.
#[derive(Clone)]
pub struct ApiSettings {
    /// The API's name in messages.
    pub name: &'static str,
    /// The address that requests are relative to.
    pub base: Url,
    /// The way to the network.
    pub transport: Transport,
    /// Who gives the tokens.
    pub authorize: Arc<dyn Authorize>,
    /// How many exchanges run at the same time at most; zero counts as one.
    pub max_concurrent_requests: usize,
    /// How often and how patiently requests are sent again.
    pub retry: RetrySettings,
    /// Reads refusals.
    pub read_refusal: ReadRefusal,
    /// Sent with every request.
    pub headers: HeaderMap,
    /// Response headers that identify a call to the service's support, each with its label.
    pub trace_headers: &'static [(&'static str, &'static str)],
}

impl ApiSettings {
    /// Settings with the usual limits.
    #[must_use]
    pub fn new(
        name: &'static str,
        base: Url,
        transport: Transport,
        authorize: Arc<dyn Authorize>,
        read_refusal: ReadRefusal,
    ) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        Self {
            name,
            base,
            transport,
            authorize,
            max_concurrent_requests: 32,
            retry: RetrySettings::default(),
            read_refusal,
            headers,
            trace_headers: &[],
        }
    }
}

/// A remote API. Cheap to clone; clones share limits and pauses.
#[derive(Clone)]
pub struct Api(Arc<Inner>);

struct Inner {
    settings: ApiSettings,
    permits: Semaphore,
    gate: Gate,
}

impl fmt::Debug for Api {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Api")
            .field("name", &self.0.settings.name)
            .field("base", &self.0.settings.base.as_str())
            .finish_non_exhaustive()
    }
}

impl Api {
    /// An API; see [`ApiSettings`].
    #[must_use]
    pub fn new(settings: ApiSettings) -> Self {
        let permits = settings
            .max_concurrent_requests
            .clamp(1, Semaphore::MAX_PERMITS);
        Self(Arc::new(Inner {
            settings,
            permits: Semaphore::new(permits),
            gate: Gate::default(),
        }))
    }

    /// The API's name in messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.settings.name
    }

    /// The address that requests are relative to.
    #[must_use]
    pub fn base(&self) -> &Url {
        &self.0.settings.base
    }

    /// Sends a request until it succeeds, fails finally, or the scope ends. Any 2xx is success.
    ///
    /// A change in flight is not cut by cancellation or by the deadline, only by the transport's request timeout. Reads, and
    /// all waits, end at once.
    ///
    /// # Errors
    /// See [`Failure`]. A request that is not repeatable gives [`Failure::OutcomeUnknown`] when it may have been carried out.
    pub async fn send(&self, scope: &Scope, request: Request) -> Result<Response, Error> {
        let mut call = self.call(scope, &request)?;
        self.carry_out(&mut call, &request).await
    }

    fn call<'s>(&self, scope: &'s Scope, request: &Request) -> Result<Call<'s>, Error> {
        let url = request.url(self.base())?;
        Ok(Call {
            api: self.name(),
            scope,
            method: request.method().clone(),
            name: format!("{} {}", request.method(), url.path()),
            url,
            started: Instant::now(),
            attempts: request.attempts(),
            patience: Patience::default(),
            last: None,
            is_read: request.is_read(),
            is_unclear: false,
        })
    }

    async fn carry_out(&self, call: &mut Call<'_>, request: &Request) -> Result<Response, Error> {
        let span = tracing::debug_span!("call", api = call.api, method = %call.method, path = call.url.path());
        let answer = self.until_done(call, request).instrument(span).await;
        answer.map_err(|error| error.after_change(call.is_unclear))
    }

    async fn until_done(&self, call: &mut Call<'_>, request: &Request) -> Result<Response, Error> {
        let settings = &self.0.settings;
        let scope = call.scope;
        let mut refused: Option<HeaderValue> = None;
        let mut renewed = false;
        loop {
            if let Err(ended) = scope.check() {
                return Err(call.ended(ended));
            }
            self.pass_gate(call).await?;
            let authorization = settings.authorize.authorization(refused.as_ref());
            let authorization = match scope.bound(authorization).await {
                Ok(authorization) => authorization?,
                Err(ended) => return Err(call.ended(ended)),
            };
            refused = None;
            let answer = self.attempt(call, request, authorization.clone()).await?;
            let (asked, failed) = match answer {
                Ok(response) if response.status.is_success() => return Ok(response),
                Ok(response)
                    if response.status == StatusCode::UNAUTHORIZED
                        && !renewed
                        && settings.authorize.can_renew() =>
                {
                    renewed = true;
                    refused = Some(authorization);
                    continue;
                }
                Ok(response) => {
                    let asked = asked_pause(&response.headers, SystemTime::now());
                    (asked, Failed::Refused(self.refusal(call, &response)))
                }
                Err(interruption) => (None, Failed::Interrupted(interruption)),
            };
            if let (
                Some(asked),
                Failed::Refused(Refusal {
                    status: 429 | 503, ..
                }),
            ) = (asked, &failed)
            {
                self.0.gate.close_until(Instant::now() + asked);
            }
            let verdict = self.judge(request, asked, &failed);
            let error = call.failed(failed, verdict);
            let pause = call.patience.next(verdict, &settings.retry, fastrand::f64);
            let Some(pause) = pause else {
                return Err(error);
            };
            tracing::debug!(attempt = call.attempts, %error, "failed in passing, will be sent again");
            call.last = Some(error);
            self.wait_until(call, Instant::now() + pause).await?;
        }
    }

    /// As [`Api::send`], and reads the answer.
    ///
    /// # Errors
    /// As [`Api::send`]; [`Failure::Undecodable`] when the answer is not a `T`.
    pub async fn json<T: DeserializeOwned>(
        &self,
        scope: &Scope,
        request: Request,
    ) -> Result<T, Error> {
        let mut call = self.call(scope, &request)?;
        let response = self.carry_out(&mut call, &request).await?;
        json::read(&response.body).map_err(|fault| {
            let undecodable = Failure::Undecodable {
                api: call.api,
                call: call.name,
                at: fault.at,
                reason: redact(&shortened(&fault.reason)).into_owned(),
                trace: self.header_trace(&response.headers),
            };
            // It was a success, whatever its answer says.
            Error::from(undecodable).after_change(!call.is_read)
        })
    }

    /// Waits while the API as a whole is paused, and a moment more, so that those who wait do not all come back in the same instant.
    async fn pass_gate(&self, call: &mut Call<'_>) -> Result<(), Error> {
        while let Some(opens) = self.0.gate.opens_at() {
            let moment = spread(&self.0.settings.retry, fastrand::f64());
            self.wait_until(call, opens + moment).await?;
        }
        Ok(())
    }

    /// Waits for a place among the exchanges that run at the same time, while the API is not paused. The semaphore is never closed, so that
    /// there is always a place in the end.
    async fn turn(&self, call: &mut Call<'_>) -> Result<Option<SemaphorePermit<'_>>, Error> {
        loop {
            let permit = match call.scope.bound(self.0.permits.acquire()).await {
                Ok(permit) => permit,
                Err(ended) => return Err(call.ended(ended)),
            };
            // The pause may have begun while this call stood in the queue, or got its token.
            if self.0.gate.opens_at().is_none() {
                return Ok(permit.ok());
            }
            drop(permit);
            self.pass_gate(call).await?;
        }
    }

    /// Waits before the next attempt; fails at once when that would lie after the deadline.
    async fn wait_until(&self, call: &mut Call<'_>, when: Instant) -> Result<(), Error> {
        let wait = in_words(when.saturating_duration_since(Instant::now()));
        if when > call.scope.deadline {
            let doing = format!(
                "{} (to be sent again only in {wait}, when the time for it is over)",
                call.name
            );
            return Err(call.stopped(Ended::Deadline, doing));
        }
        tracing::trace!(wait, "pause");
        match call.scope.sleep_until(when).await {
            Ok(()) => Ok(()),
            Err(ended) => Err(call.ended(ended)),
        }
    }

    /// Sends once. The outer error ends the call; the inner one is for the retry decision.
    async fn attempt(
        &self,
        call: &mut Call<'_>,
        request: &Request,
        authorization: HeaderValue,
    ) -> Result<Result<Response, Interruption>, Error> {
        let settings = &self.0.settings;
        let permit = self.turn(call).await?;
        let mut headers = settings.headers.clone();
        headers.extend(request.headers().clone());
        headers.insert(AUTHORIZATION, authorization);
        let outgoing = Outgoing {
            method: call.method.clone(),
            url: call.url.clone(),
            headers,
            body: request.body().cloned(),
        };
        call.attempts += 1;
        request.note_attempts(call.attempts);
        let sent = Instant::now();
        let departure = Departure::default();
        let mut exchange = Box::pin(departure.of(settings.transport.exchange(outgoing)));
        let answer = match call.scope.bound(&mut exchange).await {
            Ok(answer) => answer,
            // What came of a change is worth every wait.
            Err(_) if !request.is_read() && departure.has_left() => exchange.await,
            Err(ended) => return Err(call.ended(ended)),
        };
        drop(permit);
        let answer = match answer {
            Ok(response) => Ok(response),
            Err(Broken::Interrupted(interruption)) => Err(interruption),
            Err(Broken::Unusable(error)) => return Err(error),
        };
        self.log(call, sent.elapsed(), &answer);
        Ok(answer)
    }

    fn log(&self, call: &Call<'_>, took: Duration, answer: &Result<Response, Interruption>) {
        let attempt = call.attempts;
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        match answer {
            Ok(response) => {
                let status = response.status.as_u16();
                let ids = self.header_trace(&response.headers);
                let request_id = ids.first().map_or("", |(_, id)| id.as_str());
                tracing::debug!(status, attempt, request_id, ms, "exchange");
            }
            Err(interruption) => {
                tracing::debug!(attempt, ms, error = %interruption, "exchange broke off");
            }
        }
    }

    fn judge(&self, request: &Request, asked: Option<Duration>, failed: &Failed) -> Verdict {
        let outcome = match failed {
            Failed::Refused(refusal) => Outcome::Status {
                status: refusal.status,
                code: refusal.code.as_deref(),
                asked,
            },
            Failed::Interrupted(interruption) => match interruption.kind {
                InterruptionKind::NotConnected => Outcome::NotSent,
                InterruptionKind::Untrusted => return Verdict::Final,
                InterruptionKind::TooLarge if request.is_repeatable() => return Verdict::Final,
                InterruptionKind::TooLarge | InterruptionKind::Lost => Outcome::Lost,
            },
        };
        decide(request.is_repeatable(), outcome, &self.0.settings.retry)
    }

    /// The ids by which the service knows the exchange, fit to be shown: a header may throw a secret back as a body may.
    fn header_trace(&self, headers: &HeaderMap) -> Vec<(String, String)> {
        let named = self.0.settings.trace_headers.iter();
        named
            .filter_map(|(header, label)| {
                let id = headers.get(*header)?.to_str().ok()?;
                Some(((*label).to_owned(), redact(id).into_owned()))
            })
            .collect()
    }

    fn refusal(&self, call: &Call<'_>, response: &Response) -> Refusal {
        let status = response.status.as_u16();
        let mut parts = (self.0.settings.read_refusal)(status, &response.headers, &response.body);
        for (label, id) in self.header_trace(&response.headers) {
            if !parts.trace.iter().any(|(known, _)| *known == label) {
                parts.trace.push((label, id));
            }
        }
        let body_excerpt = excerpt(&response.body);
        if parts.message.trim().is_empty() {
            parts.message = plain_message(response, &body_excerpt);
        }
        let shown = |text: &str| redact(&shortened(text.trim())).into_owned();
        for fault in &mut parts.fields {
            fault.reason = shown(&fault.reason);
            fault.field = shown(&fault.field);
        }
        for (_, id) in &mut parts.trace {
            *id = shown(id);
        }
        Refusal {
            api: self.name(),
            status,
            code: parts
                .code
                .map(|code| shown(&code))
                .filter(|code| !code.is_empty()),
            message: shown(&parts.message),
            method: call.method.clone(),
            path: call.url.path().to_owned(),
            trace: parts.trace,
            fields: parts.fields,
            attempts: call.attempts,
            is_passing: false,
            body_excerpt,
        }
    }
}

#[cfg(test)]
mod tests;
