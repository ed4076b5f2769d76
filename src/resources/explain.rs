//! Typed client errors as a user reads them: what was being done to which object, what the service said, what now exists, what to do.

use std::error::Error as _;

use crate::azure::action_of_request;
use crate::http::error::{Error, Failure as Cause, Refusal, UNREACHABLE};
use crate::http::poll::{LookError, Waited};
use crate::http::scope::in_words;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;

/// The code of a refusal in Azure for want of a right at the very place.
const AUTHORIZATION_FAILED: &str = "AuthorizationFailed";

/// Maps a field as the service names it (`transit_gateway_attachment_config.vnet_name`) to the attribute it came from.
pub type FieldPath<'f> = &'f (dyn Fn(&str) -> Option<Path> + Sync);

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
        Self {
            action,
            object: object.into(),
            now: None,
            next: None,
            path: Path::root(),
            fields: &|_| None,
        }
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

    /// A failure that a client reported. What the client advises counts before what the caller does.
    #[must_use]
    pub fn explain(&self, error: &Error) -> Diagnostics {
        if let Some(advice) = error.advice() {
            return self.clone().next(advice).tell(error);
        }
        self.tell(error)
    }

    fn tell(&self, error: &Error) -> Diagnostics {
        let Some(refusal) = error.refusal() else {
            return self.diagnostic(&describe(error), advice(error)).into();
        };
        let (placed, rest): (Vec<_>, Vec<_>) = refusal
            .fields
            .iter()
            .partition(|fault| (self.fields)(&fault.field).is_some());
        if placed.is_empty() {
            return self.diagnostic(&describe(error), advice(error)).into();
        }
        let mut diagnostics = Diagnostics::new();
        for fault in placed {
            let rule = fault
                .rule
                .as_ref()
                .map_or_else(String::new, |rule| format!(", rule {rule}"));
            let mut what = vec![
                format!(
                    "{} refused the value: {}",
                    refusal.api,
                    sentence(&fault.reason)
                ),
                format!("field: {}{rule}", fault.field),
            ];
            what.extend(trace(refusal));
            let path = (self.fields)(&fault.field).unwrap_or_default();
            diagnostics.push(self.diagnostic(&what.join("\n"), None).at(path));
        }
        if !rest.is_empty() {
            diagnostics.push(self.diagnostic(&describe(error), advice(error)));
        }
        diagnostics
    }

    /// A wait that did not end well.
    #[must_use]
    pub fn waited(&self, waited: &Waited<Error>) -> Diagnostics {
        match waited {
            Waited::Failed(error) => self.explain(error),
            Waited::Never(reason) => self.because(sentence(reason)),
            Waited::Deadline {
                doing,
                last_state,
                elapsed,
            } => {
                let what = format!(
                    "Gave up {doing} after {}: {}",
                    in_words(*elapsed),
                    sentence(last_state)
                );
                self.diagnostic(
                    &what,
                    Some(
                        "Raise the operation's value in `timeouts` if this needs longer."
                            .to_owned(),
                    ),
                )
                .into()
            }
            Waited::Cancelled { doing, last_state } => {
                let what = format!(
                    "Interrupted while {doing}. The last that was seen: {}",
                    sentence(last_state)
                );
                self.diagnostic(
                    &what,
                    Some("Run the same command again to go on.".to_owned()),
                )
                .into()
            }
        }
    }

    fn diagnostic(&self, what: &str, advice: Option<String>) -> Diagnostic {
        let paragraphs = [
            Some(what.to_owned()),
            self.now.clone(),
            self.next.clone().or(advice),
        ];
        let detail: Vec<String> = paragraphs.into_iter().flatten().collect();
        Diagnostic::error(
            format!("Cannot {} {}", self.action, self.object),
            detail.join("\n\n"),
        )
        .at(self.path.clone())
    }
}

/// What is explained already has been weighed.
impl LookError for Diagnostics {
    fn doubt(&self) -> Option<String> {
        None
    }
}

/// What happened, in the service's words where it answered.
fn describe(error: &Error) -> String {
    let Some(refusal) = error.refusal() else {
        let causes = std::iter::successors(error.source(), |cause| (*cause).source());
        let causes = causes.map(|cause| format!("Cause: {}", sentence(&cause.to_string())));
        let lines: Vec<String> = std::iter::once(sentence(&error.to_string()))
            .chain(causes)
            .collect();
        return lines.join("\n");
    };
    let mut lines = vec![format!(
        "{} answered {}{}: {}",
        refusal.api,
        refusal.status,
        code(refusal),
        sentence(&refusal.message)
    )];
    lines.extend(
        refusal
            .fields
            .iter()
            .map(|fault| format!("{}: {}", fault.field, sentence(&fault.reason))),
    );
    lines.push(format!("request: {} {}", refusal.method, refusal.path));
    lines.extend(trace(refusal));
    if refusal.attempts > 1 {
        lines.push(format!("attempts: {}", refusal.attempts));
    }
    lines.join("\n")
}

/// The ids by which the service's support finds the request.
fn trace(refusal: &Refusal) -> impl Iterator<Item = String> {
    refusal
        .trace
        .iter()
        .map(|(name, value)| format!("{name}: {value}"))
}

fn code(refusal: &Refusal) -> String {
    refusal
        .code
        .as_ref()
        .map_or_else(String::new, |code| format!(" {code}"))
}

/// What generally helps against this kind of error.
fn advice(error: &Error) -> Option<String> {
    let text = match error.failure() {
        Cause::NotSent { .. } => UNREACHABLE,
        Cause::NoAnswer { .. } => {
            "Run the same command again. If it comes back, look for what ends connections on the way: a proxy, a firewall, a VPN."
        }
        Cause::OutcomeUnknown { .. } => {
            "Whether the request took effect is not known. Run the same command again: what exists is looked for first."
        }
        Cause::NotKnownYet(_) => {
            "What the provider block takes from resources of the same configuration is known once those are applied: apply them first, with \
             -target, or keep them in a configuration of their own."
        }
        Cause::Deadline { .. } => "Raise the operation's value in `timeouts` if this needs longer.",
        Cause::Cancelled { .. } => "Run the same command again to go on.",
        Cause::Refused(refusal) => {
            return missing_action(refusal).or_else(|| refusal_advice(refusal).map(str::to_owned));
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// What the identity may not do, where the request itself tells. With another code it is a policy that forbids it, or a right elsewhere that is missing.
fn missing_action(refusal: &Refusal) -> Option<String> {
    let code = refusal.code.as_deref().unwrap_or(AUTHORIZATION_FAILED);
    if refusal.status != 403 || !code.eq_ignore_ascii_case(AUTHORIZATION_FAILED) {
        return None;
    }
    let action = action_of_request(&refusal.method, &refusal.path)?;
    Some(format!(
        "The identity that runs Terraform lacks a right for this request. It needs a role with the action {action} there or above."
    ))
}

/// What generally helps against a refusal, where the caller knows nothing better.
fn refusal_advice(refusal: &Refusal) -> Option<&'static str> {
    let text = match refusal.status {
        401 => {
            "Sign-in succeeded, but the service does not accept the token: check tenant_id and environment."
        }
        403 => {
            "The identity that runs Terraform lacks a right for this request; the service's message names it."
        }
        429 => {
            "The service throttles this identity. Lower -parallelism or max_concurrent_requests, or try again later."
        }
        500.. => {
            "The service has a fault of its own. Try again later; its support can find the request by the ids above."
        }
        _ => return None,
    };
    Some(text)
}

/// Text that ends like a sentence, whatever its author left at the end.
fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?', ':']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::http::error::FieldFault;

    fn refusal(fields: Vec<FieldFault>) -> Error {
        Cause::Refused(Refusal {
            api: "Konnect",
            status: 400,
            code: Some("Invalid Request".into()),
            message: "Invalid Parameters".into(),
            method: Method::POST,
            path: "/v2/cloud-gateways/networks/1/transit-gateways".into(),
            trace: vec![("trace id".into(), "konnect:trace:7".into())],
            fields,
            attempts: 1,
            is_passing: false,
            body_excerpt: String::new(),
        })
        .into()
    }

    fn fault(field: &str) -> FieldFault {
        FieldFault {
            field: field.into(),
            rule: Some("max_length".into()),
            reason: "too long".into(),
        }
    }

    fn name_only(field: &str) -> Option<Path> {
        (field == "name").then(|| Path::attribute("name"))
    }

    #[test]
    fn says_action_object_answer_trace_and_what_now_exists() {
        let failure = Failure::new("create", "virtual network peering \"x\"")
            .now("Nothing was created.")
            .next("Choose another name.");
        let diagnostics: Vec<_> = failure.explain(&refusal(Vec::new())).into_iter().collect();
        let [only] = diagnostics.as_slice() else {
            panic!("one diagnostic")
        };
        assert_eq!(only.summary, "Cannot create virtual network peering \"x\"");
        let detail = &only.detail;
        let places = [
            "400 Invalid Request: Invalid Parameters.",
            "konnect:trace:7",
            "Nothing was created.",
            "Choose another name.",
        ]
        .map(|text| {
            detail
                .find(text)
                .unwrap_or_else(|| panic!("{text} is missing in {detail}"))
        });
        assert!(places.is_sorted(), "{detail}");
    }

    #[test]
    fn puts_a_field_fault_on_its_attribute_and_the_others_on_the_block() {
        let failure = Failure::new("create", "a thing").fields(&name_only);
        let diagnostics: Vec<_> = failure
            .explain(&refusal(vec![fault("name"), fault("other.0.part")]))
            .into_iter()
            .collect();
        let [named, rest] = diagnostics.as_slice() else {
            panic!("two diagnostics")
        };
        assert_eq!(named.path, Path::attribute("name"));
        assert!(
            named.detail.contains("too long") && named.detail.contains("konnect:trace:7"),
            "{}",
            named.detail
        );
        assert!(
            rest.path.is_root() && rest.detail.contains("other.0.part"),
            "{}",
            rest.detail
        );
    }

    #[test]
    fn a_missing_right_is_named_by_the_action_that_the_request_takes() {
        let path = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/providers/Microsoft.Authorization/roleAssignments/r";
        for (code, names) in [
            (Some("AuthorizationFailed"), true),
            (None, true),
            (Some("LinkedAuthorizationFailed"), false),
            (Some("RequestDisallowedByPolicy"), false),
        ] {
            let refused = Cause::Refused(Refusal {
                api: "Azure Resource Manager",
                status: 403,
                code: code.map(str::to_owned),
                message: "no".into(),
                method: Method::PUT,
                path: path.into(),
                trace: Vec::new(),
                fields: Vec::new(),
                attempts: 1,
                is_passing: false,
                body_excerpt: String::new(),
            });
            let diagnostics = Failure::new("create", "role assignment").explain(&refused.into());
            let detail = &diagnostics.iter().next().unwrap().detail;
            assert_eq!(
                detail.contains("the action Microsoft.Authorization/roleAssignments/write"),
                names,
                "{detail}"
            );
        }
    }

    #[test]
    fn settings_that_are_not_known_yet_come_with_the_way_on() {
        let error = Error::not_known_yet("the settings are not known yet");
        let diagnostics = Failure::new("read", "network \"a\"").explain(&error);
        let detail = &diagnostics.iter().next().unwrap().detail;
        assert!(
            detail.contains("not known yet") && detail.contains("-target"),
            "{detail}"
        );
    }

    #[test]
    fn an_interrupted_wait_tells_what_was_seen_last() {
        let waited = Waited::Cancelled {
            doing: "waiting for the peering".into(),
            last_state: "initializing".into(),
        };
        let diagnostics = Failure::new("create", "a thing").waited(&waited);
        let detail = diagnostics
            .iter()
            .map(|diagnostic| diagnostic.detail.clone())
            .collect::<String>();
        assert!(
            detail.contains("waiting for the peering") && detail.contains("initializing."),
            "{detail}"
        );
    }
}
