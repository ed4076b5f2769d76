//! Every way a remote call can fail, and the questions callers ask about it.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use http::Method;

use super::redact::redact;
use super::scope::{Ended, in_words};

/// Why a remote call gave no usable answer. One pointer wide; the cause is in [`Error::failure`].
///
/// A message does not repeat its cause: print the chain of sources once, at the edge.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    failure: Failure,
    may_have_happened: bool,
    advice: Option<String>,
}

/// The ways a remote call fails.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// Something the user has to set is missing or wrong; the text says what.
    #[error("{0}")]
    NotConfigured(String),
    /// The settings hold values that only become known later.
    #[error("{0}")]
    NotKnownYet(String),
    /// The request could not even be built, an id that cannot stand in a path for example.
    #[error("{0}")]
    Unsendable(String),
    /// No connection came about, so nothing was carried out.
    #[error("{api} could not be reached for {call}{}", Tries(*attempts))]
    NotSent {
        /// The API's name.
        api: &'static str,
        /// Method and path.
        call: String,
        /// How often it was tried.
        attempts: u32,
        /// What the network layer said.
        source: Interruption,
    },
    /// A read was sent, but no whole answer came back.
    #[error("{api} gave no complete answer to {call}{}", Tries(*attempts))]
    NoAnswer {
        /// The API's name.
        api: &'static str,
        /// Method and path.
        call: String,
        /// How often it was tried.
        attempts: u32,
        /// What the network layer said.
        source: Interruption,
    },
    /// A change was sent, but whether it was carried out is not known: look before sending it again.
    #[error("it is not known whether {api} carried out {call}{}", Tries(*attempts))]
    OutcomeUnknown {
        /// The API's name.
        api: &'static str,
        /// Method and path.
        call: String,
        /// How often it was tried.
        attempts: u32,
        /// An [`Interruption`] or a [`Refusal`] with a server error.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The service answered with an error status.
    #[error("{0}")]
    Refused(Refusal),
    /// The service answered with success, but not with what was agreed.
    #[error(
        "{api} answered {call} with something unexpected{}: {reason}{}",
        At(at.as_deref()),
        Traces(trace)
    )]
    Undecodable {
        /// The API's name.
        api: &'static str,
        /// Method and path.
        call: String,
        /// The JSON path of the fault, where one is known.
        at: Option<String>,
        /// What did not fit.
        reason: String,
        /// Ids for the service's support.
        trace: Vec<(String, String)>,
    },
    /// The operation's time was over.
    #[error("{doing} was not done after {}{}", in_words(*elapsed), Tries(*attempts))]
    Deadline {
        /// What was being done.
        doing: String,
        /// How long it had taken.
        elapsed: Duration,
        /// How often it was tried.
        attempts: u32,
        /// The last failure that might have passed.
        #[source]
        last: Option<Error>,
    },
    /// The user interrupted.
    #[error("{doing} was interrupted")]
    Cancelled {
        /// What was being done.
        doing: String,
        /// The last failure that might have passed.
        #[source]
        last: Option<Error>,
    },
    /// No token could be had, and asking again will not help.
    #[error("{message}")]
    Credential {
        /// What went wrong and what the user can do.
        message: String,
    },
}

/// What the network layer said when an exchange broke off.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Interruption {
    /// How far the exchange had come.
    pub kind: InterruptionKind,
    /// The reasons, outermost first.
    pub message: String,
}

/// How far an exchange had come when it broke off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterruptionKind {
    /// There was no connection: name resolution, refusal, a proxy, TLS. The request was not sent.
    NotConnected,
    /// The server's certificate is not trusted. The request was not sent, and trying again will not help.
    Untrusted,
    /// The connection ended or the time was over after the request may have been received.
    Lost,
    /// The answer was larger than is read.
    TooLarge,
}

/// An error status, read as far as it could be.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The API's name.
    pub api: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The service's own code or title.
    pub code: Option<String>,
    /// What the service said, in one line; never empty.
    pub message: String,
    /// The request's method.
    pub method: Method,
    /// The request's path, without its query.
    pub path: String,
    /// Ids for the service's support, each with its label: `("trace id", "konnect:trace:1")`.
    pub trace: Vec<(String, String)>,
    /// What was wrong with which field.
    pub fields: Vec<FieldFault>,
    /// How often the request was sent.
    pub attempts: u32,
    /// Whether the same request may succeed later, as the API's own rules have it.
    pub is_passing: bool,
    /// The beginning of the body, redacted; it tells whether the service itself answered.
    pub body_excerpt: String,
}

/// One field that a service objected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// Dotted path as the service sent it, array indexes as segments: `groups.0.name`.
    pub field: String,
    /// The service's name for the rule that was broken.
    pub rule: Option<String>,
    /// What the service said about it.
    pub reason: String,
}

impl Error {
    /// The cause.
    #[must_use]
    pub fn failure(&self) -> &Failure {
        &self.0.failure
    }

    /// The error with what the user can do about it, as whoever made the call knows it.
    #[must_use]
    pub fn advise(mut self, advice: Option<String>) -> Self {
        self.0.advice = advice;
        self
    }

    /// What the user can do about it, where that does not depend on the object.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.0.advice.as_deref()
    }

    /// The error of a change that was sent, and of which no answer says that it was not carried out.
    pub(super) fn after_change(mut self, may_have_happened: bool) -> Self {
        self.0.may_have_happened |= may_have_happened;
        self
    }

    /// Something the user has to set is missing or wrong; `text` says what.
    #[must_use]
    pub fn not_configured(text: impl Into<String>) -> Self {
        Failure::NotConfigured(text.into()).into()
    }

    /// The settings are only known later.
    #[must_use]
    pub fn not_known_yet(text: impl Into<String>) -> Self {
        Failure::NotKnownYet(text.into()).into()
    }

    /// The request cannot be built.
    #[must_use]
    pub fn unsendable(text: impl Into<String>) -> Self {
        Failure::Unsendable(text.into()).into()
    }

    /// No token could be had.
    #[must_use]
    pub fn credential(message: impl Into<String>) -> Self {
        let message = message.into();
        Failure::Credential { message }.into()
    }

    /// The operation's time was over or it was interrupted, before or while `doing`.
    #[must_use]
    pub fn ended(ended: Ended, doing: impl Into<String>, elapsed: Duration) -> Self {
        let doing = doing.into();
        match ended {
            Ended::Cancelled => Failure::Cancelled { doing, last: None },
            Ended::Deadline => Failure::Deadline {
                doing,
                elapsed,
                attempts: 0,
                last: None,
            },
        }
        .into()
    }

    /// The service's refusal, if the service answered with an error status.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self.failure() {
            Failure::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// The HTTP status of a refusal.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.refusal().map(|refusal| refusal.status)
    }

    /// The last failure before time ran out or the user interrupted.
    #[must_use]
    pub fn last(&self) -> Option<&Self> {
        match self.failure() {
            Failure::Deadline { last, .. } | Failure::Cancelled { last, .. } => last.as_ref(),
            _ => None,
        }
    }

    /// The user interrupted.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self.failure(), Failure::Cancelled { .. })
    }

    /// The operation's time was over.
    #[must_use]
    pub fn is_deadline(&self) -> bool {
        matches!(self.failure(), Failure::Deadline { .. })
    }

    /// The call's change may have been carried out: it was sent, and no answer says that it was not. Whatever ended the call, the object
    /// may exist now.
    #[must_use]
    pub fn may_have_happened(&self) -> bool {
        self.0.may_have_happened
    }

    /// It is not known whether a change was carried out, and the call ended with that. One that ended otherwise may have been carried out
    /// as well: see [`Error::may_have_happened`].
    #[must_use]
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self.failure(), Failure::OutcomeUnknown { .. })
    }

    /// The service reported success with an answer that could not be read.
    #[must_use]
    pub fn is_undecodable(&self) -> bool {
        matches!(self.failure(), Failure::Undecodable { .. })
    }

    /// The settings hold values that only become known later.
    #[must_use]
    pub fn is_not_known_yet(&self) -> bool {
        matches!(self.failure(), Failure::NotKnownYet(_))
    }

    /// Something the user has to set is missing or wrong.
    #[must_use]
    pub fn is_not_configured(&self) -> bool {
        matches!(self.failure(), Failure::NotConfigured(_))
    }

    /// No token could be had.
    #[must_use]
    pub fn is_credential(&self) -> bool {
        matches!(self.failure(), Failure::Credential { .. })
    }

    /// A read's answer that says little by itself: one that cannot be read may come from something on the way, and a missing right may be
    /// known in one place earlier than in another. What is read next tells whether it lasts.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        match self.failure() {
            Failure::Undecodable { .. } => !self.may_have_happened(),
            Failure::Refused(refusal) => {
                refusal.method == Method::GET && matches!(refusal.status, 401 | 403)
            }
            _ => false,
        }
    }

    /// Trying the same again later may help, although the retries of one call were used up.
    ///
    /// A long wait goes on after such an error; see [`super::poll::tolerate`].
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self.failure() {
            Failure::NotSent { source, .. } => source.kind == InterruptionKind::NotConnected,
            Failure::NoAnswer { .. } => true,
            Failure::Refused(refusal) => refusal.is_passing,
            _ => false,
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let may_have_happened = matches!(failure, Failure::OutcomeUnknown { .. });
        Self(Box::new(Inner {
            failure,
            may_have_happened,
            advice: None,
        }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.failure(), formatter)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.failure().source()
    }
}

/// What to look at where nothing could be sent.
pub const UNREACHABLE: &str = "Nothing was sent. Check that the service can be reached from here: name resolution, proxy (HTTPS_PROXY, NO_PROXY), and \
                               ca_certificate_path if a proxy inspects TLS.";

/// An error and its causes in one line, without repetitions and secrets.
#[must_use]
pub fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    for cause in std::iter::successors(error.source(), |cause| (*cause).source()) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    redact(&text).into_owned()
}

impl Refusal {
    /// Whether the body can be the service's own: JSON, or nothing. A proxy's page or line of text says nothing about the object.
    #[must_use]
    pub fn is_in_own_words(&self) -> bool {
        let body = self.body_excerpt.trim_start_matches('\u{feff}').trim();
        body.is_empty() || body.starts_with('{')
    }
}

impl StdError for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = http::StatusCode::from_u16(self.status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or_default();
        let status = format!("{} {reason}", self.status);
        write!(
            formatter,
            "{} answered {} to {} {}: ",
            self.api,
            status.trim_end(),
            self.method,
            self.path
        )?;
        match &self.code {
            Some(code) if *code != self.message => write!(formatter, "{code}: ")?,
            _ => {}
        }
        formatter.write_str(&self.message)?;
        for fault in &self.fields {
            write!(formatter, "; {}: {}", fault.field, fault.reason)?;
        }
        write!(formatter, "{}{}", Traces(&self.trace), Tries(self.attempts))
    }
}

/// ` (trace id: …, request id: …)`, or nothing.
struct Traces<'a>(&'a [(String, String)]);

impl fmt::Display for Traces<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(((first_label, first_id), rest)) = self.0.split_first() else {
            return Ok(());
        };
        write!(formatter, " ({first_label}: {first_id}")?;
        for (label, id) in rest {
            write!(formatter, ", {label}: {id}")?;
        }
        formatter.write_str(")")
    }
}

/// `, tried 3 times`, where it was tried more than once.
struct Tries(u32);

impl fmt::Display for Tries {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 | 1 => Ok(()),
            tries => write!(formatter, ", tried {tries} times"),
        }
    }
}

/// ` at data[3].name`, where the place is known.
struct At<'a>(Option<&'a str>);

impl fmt::Display for At<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(place) => write!(formatter, " at {place}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal() -> Refusal {
        Refusal {
            api: "Sample",
            status: 400,
            code: Some("Invalid Request".into()),
            message: "Invalid Parameters".into(),
            method: Method::POST,
            path: "/v2/things".into(),
            trace: vec![("trace id".into(), "kong:trace:124".into())],
            fields: vec![FieldFault {
                field: "name".into(),
                rule: Some("max_length".into()),
                reason: "too long".into(),
            }],
            attempts: 1,
            is_passing: false,
            body_excerpt: String::new(),
        }
    }

    #[test]
    fn refusal_tells_status_call_text_fields_and_trace() {
        assert_eq!(
            refusal().to_string(),
            "Sample answered 400 Bad Request to POST /v2/things: Invalid Request: Invalid Parameters; name: too long \
             (trace id: kong:trace:124)"
        );
    }

    #[test]
    fn deadline_keeps_the_last_failure_as_its_source() {
        let last = Error::from(Failure::Refused(refusal()));
        let error = Error::from(Failure::Deadline {
            doing: "GET /v2/things".into(),
            elapsed: Duration::from_secs(90),
            attempts: 4,
            last: Some(last),
        });
        assert_eq!(
            error.to_string(),
            "GET /v2/things was not done after 1 m 30 s, tried 4 times"
        );
        assert!(error.source().is_some());
        assert!(error.is_deadline());
        assert_eq!(error.last().and_then(Error::status), Some(400));
    }

    #[test]
    fn error_is_one_pointer_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
