//! Typed client errors as a user reads them: what was being done to which object, what the service said, what now exists, what to do.

use std::error::Error as _;
use std::fmt::{Display, Write as _};
use std::time::Duration;

use crate::http::error::{Error, Failure as Cause, Refusal};
use crate::http::poll::Waited;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;

/// Maps a field as the service names it (`transit_gateway_attachment_config.vnet_name`) to the attribute it came from.
pub type FieldPath<'f> = &'f dyn Fn(&str) -> Option<Path>;

/// One thing that could not be done, ready to be joined with the error that stopped it.
#[derive(Clone)]
pub struct Failure<'f> {
    action: &'static str,
    object: String,
    now: Option<String>,
    next: Option<String>,
    path: Path,
    fields: FieldPath<'f>,
}

impl<'f> Failure<'f> {
    /// `action` is a bare verb ("create"), `object` names type and name or id.
    pub fn new(action: &'static str, object: impl Into<String>) -> Self {
        Self { action, object: object.into(), now: None, next: None, path: Path::root(), fields: &|_| None }
    }

    /// What exists after the failure, and whether it is in the state.
    #[must_use]
    pub fn now(mut self, now: impl Into<String>) -> Self {
        self.now = Some(now.into());
        self
    }

    /// What the user can do; in place of the general advice for the kind of error.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    /// The attribute that the failure is about.
    #[must_use]
    pub fn at(mut self, path: Path) -> Self {
        self.path = path;
        self
    }

    /// How the service's field names map to attributes.
    #[must_use]
    pub fn fields(mut self, fields: FieldPath<'f>) -> Self {
        self.fields = fields;
        self
    }

    /// A failure that no service reported: `what` says what is wrong.
    #[must_use]
    pub fn because(&self, what: impl AsRef<str>) -> Diagnostics {
        self.diagnostic(what.as_ref(), None).into()
    }

    /// A failure that a client reported.
    #[must_use]
    pub fn explain(&self, error: &Error) -> Diagnostics {
        let Some(refusal) = error.refusal() else {
            return self.diagnostic(&describe(error), advice(error)).into();
        };
        let (placed, rest): (Vec<_>, Vec<_>) = refusal.fields.iter().partition(|fault| (self.fields)(&fault.field).is_some());
        if placed.is_empty() {
            return self.diagnostic(&describe(error), advice(error)).into();
        }
        let mut diagnostics = Diagnostics::new();
        for fault in placed {
            let mut what = format!("{} refused the value: {}", refusal.api, sentence(&fault.reason));
            if let Some(rule) = &fault.rule {
                write_to(&mut what, format_args!(" (field {}, rule {rule})", fault.field));
            }
            for (name, value) in &refusal.trace {
                write_to(&mut what, format_args!("\n{name}: {value}"));
            }
            let path = (self.fields)(&fault.field).unwrap_or_default();
            diagnostics.push(self.diagnostic(&what, None).at(path));
        }
        if !rest.is_empty() {
            diagnostics.push(self.diagnostic(&describe(error), advice(error)));
        }
        diagnostics
    }

    /// A wait that did not end well.
    #[must_use]
    pub fn waited<E: AsRef<Error>>(&self, waited: &Waited<E>) -> Diagnostics {
        match waited {
            Waited::Failed(error) => self.explain(error.as_ref()),
            Waited::Never(reason) => self.because(sentence(reason)),
            Waited::Deadline { doing, last_state, elapsed } => {
                let what = format!("Gave up {doing} after {}: {}", human(*elapsed), sentence(last_state));
                self.diagnostic(&what, Some("Raise the operation's value in `timeouts` if this needs longer.".to_owned())).into()
            }
            Waited::Cancelled { doing, last_state } => {
                let what = format!("Interrupted while {doing}. The last that was seen: {}", sentence(last_state));
                self.diagnostic(&what, Some("Run the same command again to go on.".to_owned())).into()
            }
        }
    }

    fn diagnostic(&self, what: &str, advice: Option<String>) -> Diagnostic {
        let paragraphs = [Some(what.to_owned()), self.now.clone(), self.next.clone().or(advice)];
        let detail: Vec<String> = paragraphs.into_iter().flatten().collect();
        Diagnostic::error(format!("Cannot {} {}", self.action, self.object), detail.join("\n\n")).at(self.path.clone())
    }
}

/// What happened, in the service's words where it answered.
fn describe(error: &Error) -> String {
    let Some(refusal) = error.refusal() else {
        let mut text = sentence(&error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            write_to(&mut text, format_args!("\nCause: {}", sentence(&cause.to_string())));
            source = cause.source();
        }
        return text;
    };
    let mut text = format!("{} answered {}{}: {}", refusal.api, refusal.status, code(refusal), sentence(&refusal.message));
    for fault in &refusal.fields {
        write_to(&mut text, format_args!("\n{}: {}", fault.field, sentence(&fault.reason)));
    }
    write_to(&mut text, format_args!("\nrequest: {} {}", refusal.method, refusal.path));
    for (name, value) in &refusal.trace {
        write_to(&mut text, format_args!("\n{name}: {value}"));
    }
    if refusal.attempts > 1 {
        write_to(&mut text, format_args!("\nattempts: {}", refusal.attempts));
    }
    text
}

fn code(refusal: &Refusal) -> String {
    refusal.code.as_ref().map_or_else(String::new, |code| format!(" {code}"))
}

/// What generally helps against this kind of error.
fn advice(error: &Error) -> Option<String> {
    let text = match error.failure() {
        Cause::NotSent { .. } => "Nothing was sent. Check that the service can be reached from here: name resolution, proxy (HTTPS_PROXY, NO_PROXY), and \
                                  ca_certificate_path if a proxy inspects TLS.",
        Cause::OutcomeUnknown { .. } => "Whether the request took effect is not known. Run the same command again: what exists is looked for first.",
        Cause::Deadline { .. } => "Raise the operation's value in `timeouts` if this needs longer.",
        Cause::Cancelled { .. } => "Run the same command again to go on.",
        Cause::Refused(refusal) => return crate::konnect::error::advice(refusal).or_else(|| crate::azure::error::advice(refusal)),
        _ => return None,
    };
    Some(text.to_owned())
}

/// Text that ends like a sentence, whatever its author left at the end.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?', ':']) { text.to_owned() } else { format!("{text}.") }
}

fn write_to(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    drop(text.write_fmt(what));
}

/// A duration as people say it: `90 s`, `12 min`.
fn human(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds / 60) }
}

/// An import block, ready to be pasted; the name is the user's to choose.
#[must_use]
pub fn import_block(type_name: &str, id: impl Display) -> String {
    format!("import {{\n  to = {type_name}.NAME\n  id = \"{id}\"\n}}")
}
