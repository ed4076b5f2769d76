//! What is wrong with a value on its way in or out.

use std::convert::Infallible;

use rmp::encode::ValueWriteError;

use crate::tf::path::{Path, Step};
use crate::tf::types::Type;
use crate::tf::value::Value;

/// Something that is not of the type it should be. Bytes that came in: a fault of the host, of a hand-edited state, or a schema that
/// differs. A value on its way out: a fault of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .path.label(.message))]
pub struct CodecError {
    /// Where in the value.
    pub path: Path,
    /// What is wrong there.
    pub message: String,
}

impl CodecError {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            path: Path::root(),
            message: message.into(),
        }
    }

    pub(super) fn within(self, outer: Step) -> Self {
        Self {
            path: self.path.within(outer),
            ..self
        }
    }

    /// The same at the set that holds the element: no path leads into a set, so the message takes the rest of it.
    pub(super) fn at_set(self) -> Self {
        Self::new(self.to_string())
    }

    pub(super) fn mismatch(value: &Value, kind: &Type) -> Self {
        Self::new(format!(
            "{} expected, {} found",
            type_noun(kind),
            value_noun(value)
        ))
    }
}

impl From<Infallible> for CodecError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<ValueWriteError<Infallible>> for CodecError {
    fn from(never: ValueWriteError<Infallible>) -> Self {
        match never {
            ValueWriteError::InvalidMarkerWrite(never)
            | ValueWriteError::InvalidDataWrite(never) => match never {},
        }
    }
}

/// The step to an element of a list or tuple.
pub(super) fn index_step(index: usize) -> Step {
    Step::Index(i64::try_from(index).unwrap_or(i64::MAX))
}

/// What a value of this type is called in messages.
pub(super) const fn type_noun(kind: &Type) -> &'static str {
    match kind {
        Type::String => "a string",
        Type::Number => "a number",
        Type::Bool => "a bool",
        Type::Dynamic => "a value with its type",
        Type::List(_) => "a list",
        Type::Set(_) => "a set",
        Type::Map(_) => "a map",
        Type::Object(_) => "an object",
        Type::Tuple(_) => "a tuple",
    }
}

/// What this value is called in messages; never the value itself, which may be a secret.
const fn value_noun(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Unknown(_) => "an unknown",
        Value::Bool(_) => "a bool",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::List(_) => "a list",
        Value::Set(_) => "a set",
        Value::Tuple(_) => "a tuple",
        Value::Map(_) => "a map",
        Value::Object(_) => "an object",
        Value::Dynamic(_) => "a value with its type",
    }
}
