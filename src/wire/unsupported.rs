//! Kinds of things that this provider has none of. Its schema lists none, so no host has a reason to ask; one that does is told so.

use tonic::Status;

use super::calls::{CallName, at_once, unknown_type};
use super::diagnostics::encode;
use super::generated::{self, invoke_action};

pub(super) const EPHEMERAL: &str = "ephemeral resource";
pub(super) const ACTION: &str = "action";

/// A stream of few answers that are all there from the start.
pub(super) type Few<T> = tokio_stream::Iter<std::vec::IntoIter<Result<T, Status>>>;

/// The error that there is no such thing.
pub(super) fn none_such(rpc: &'static str, kind: &str, name: &str) -> Vec<generated::Diagnostic> {
    at_once(&CallName::new(rpc, name), true, || {
        encode(unknown_type(kind, name).into())
    })
}

/// An action that completes with this error.
pub(super) fn invoke(rpc: &'static str, action_type: &str) -> Few<invoke_action::Event> {
    let completed = invoke_action::event::Completed {
        diagnostics: none_such(rpc, ACTION, action_type),
    };
    tokio_stream::iter(vec![Ok(invoke_action::Event {
        r#type: Some(invoke_action::event::Type::Completed(completed)),
    })])
}

/// State stores are an experiment; providers without one do not implement their calls.
pub(super) fn state_store(rpc: &'static str) -> Status {
    at_once(&CallName::new(rpc, ""), true, || {
        Status::unimplemented("this provider has no state stores")
    })
}
