//! One call: what stays the same over its attempts, what they have come to, and the errors that it ends in.

use http::{Method, StatusCode};
use tokio::time::Instant;
use url::Url;

use super::error::{Error, Failure, Interruption, InterruptionKind, Refusal};
use super::retry::{Patience, Verdict};
use super::scope::{Ended, Scope};

/// One call of an API.
pub(super) struct Call<'a> {
    pub(super) api: &'static str,
    pub(super) scope: &'a Scope,
    pub(super) method: Method,
    pub(super) url: Url,
    /// Method and path.
    pub(super) name: String,
    pub(super) started: Instant,
    pub(super) attempts: u32,
    pub(super) patience: Patience,
    /// The last failure that might have passed.
    pub(super) last: Option<Error>,
    /// It changes nothing.
    pub(super) is_read: bool,
    /// A change was sent, and no answer since says that it was not carried out.
    pub(super) is_unclear: bool,
}

/// How an attempt failed.
pub(super) enum Failed {
    Refused(Refusal),
    Interrupted(Interruption),
}

impl Failed {
    /// Whether what was sent may have been carried out all the same.
    fn may_have_happened(&self) -> bool {
        match self {
            Self::Refused(refusal) => match refusal.status {
                408 => true,
                // Only these two server errors say that the request was not understood.
                status => status >= 500 && !matches!(status, 501 | 505),
            },
            Self::Interrupted(interruption) => matches!(
                interruption.kind,
                InterruptionKind::Lost | InterruptionKind::TooLarge
            ),
        }
    }

    /// Whether the service looked at what was asked for and refused it, as it would have done before. Who is turned away at the door
    /// (no token, no right, too many requests) does not learn what became of an earlier attempt.
    fn is_about_the_change(&self) -> bool {
        let Self::Refused(refusal) = self else {
            return false;
        };
        matches!(refusal.status, 400..=499) && !matches!(refusal.status, 401 | 403 | 408 | 429)
    }
}

impl Call<'_> {
    /// Counts the attempt in and makes its error.
    pub(super) fn failed(&mut self, failed: Failed, verdict: Verdict) -> Error {
        if !self.is_read && failed.may_have_happened() {
            self.is_unclear = true;
        } else if verdict == Verdict::Final && failed.is_about_the_change() {
            self.is_unclear = false;
        }
        match failed {
            Failed::Refused(refusal) => self.refused(refusal, verdict),
            Failed::Interrupted(interruption) => self.interrupted(interruption, verdict),
        }
    }

    fn refused(&self, mut refusal: Refusal, verdict: Verdict) -> Error {
        refusal.is_passing = verdict.is_passing();
        let is_throttled = refusal.status == StatusCode::TOO_MANY_REQUESTS.as_u16();
        if verdict == Verdict::LookFirst || (is_throttled && self.is_unclear) {
            self.outcome_unknown(refusal)
        } else {
            Failure::Refused(refusal).into()
        }
    }

    fn interrupted(&self, source: Interruption, verdict: Verdict) -> Error {
        let (api, call, attempts) = (self.api, self.name.clone(), self.attempts);
        match source.kind {
            InterruptionKind::TooLarge if verdict == Verdict::Final => Failure::Undecodable {
                api,
                call,
                at: None,
                reason: source.message,
                trace: Vec::new(),
            }
            .into(),
            // Lost now, or in an attempt before this one.
            _ if self.is_unclear => self.outcome_unknown(source),
            InterruptionKind::NotConnected | InterruptionKind::Untrusted => Failure::NotSent {
                api,
                call,
                attempts,
                source,
            }
            .into(),
            InterruptionKind::Lost | InterruptionKind::TooLarge => Failure::NoAnswer {
                api,
                call,
                attempts,
                source,
            }
            .into(),
        }
    }

    fn outcome_unknown(&self, source: impl std::error::Error + Send + Sync + 'static) -> Error {
        Failure::OutcomeUnknown {
            api: self.api,
            call: self.name.clone(),
            attempts: self.attempts,
            source: Box::new(source),
        }
        .into()
    }

    /// The error of a bound that was reached.
    pub(super) fn ended(&mut self, ended: Ended) -> Error {
        let doing = self.name.clone();
        self.stopped(ended, doing)
    }

    /// As [`Call::ended`], with more to say about what was being done.
    pub(super) fn stopped(&mut self, ended: Ended, doing: String) -> Error {
        let last = self.last.take();
        match ended {
            Ended::Cancelled => Failure::Cancelled { doing, last },
            Ended::Deadline => Failure::Deadline {
                doing,
                elapsed: self.started.elapsed(),
                attempts: self.attempts,
                last,
            },
        }
        .into()
    }
}
