//! Values, states and identities, both ways.

use super::codec_error::CodecError;
use super::generated::{DynamicValue, ResourceIdentityData};
use super::{json, msgpack};
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::{Path, Step};
use crate::tf::types::Type;
use crate::tf::value::{Members, Value};

/// A value that came in. One without content, and one that is not there, is null.
pub(super) fn decode(
    what: &str,
    value: Option<&DynamicValue>,
    kind: &Type,
) -> Result<Value, Diagnostic> {
    try_decode(value, kind).map_err(|error| not_understood(what, &error))
}

/// The same, for one who has his own words for what is wrong with it.
pub(super) fn try_decode(value: Option<&DynamicValue>, kind: &Type) -> Result<Value, CodecError> {
    match value {
        Some(value) if !value.msgpack.is_empty() => msgpack::decode(&value.msgpack, kind),
        Some(value) if !value.json.is_empty() => json::decode_json(&value.json, kind),
        _ => Ok(Value::Null),
    }
}

/// Whether a value that came in is null.
pub(super) fn is_absent(value: Option<&DynamicValue>) -> bool {
    const NIL: &[u8] = &[0xc0];
    value.is_none_or(
        |value| match (value.msgpack.as_slice(), value.json.as_slice()) {
            ([], json) => json.is_empty() || json.trim_ascii() == b"null",
            (msgpack, _) => msgpack == NIL,
        },
    )
}

/// A value that goes out.
pub(super) fn encode(what: &str, value: &Value, kind: &Type) -> Result<DynamicValue, Diagnostic> {
    msgpack::encode(value, kind)
        .map(|msgpack| DynamicValue {
            msgpack,
            json: Vec::new(),
        })
        .map_err(|error| not_expressible(what, &error))
}

/// A state that goes out and must not be lost: what cannot be expressed is left out, with an error, and the rest stays.
pub(super) fn encode_state(
    state: &Value,
    kind: &Type,
    diagnostics: &mut Diagnostics,
) -> Option<DynamicValue> {
    let Value::Object(members) = state else {
        return encode("state", state, kind)
            .map_err(|error| diagnostics.push(error))
            .ok();
    };
    let mut members: Members = members.clone();
    loop {
        let state = Value::Object(members.clone());
        match msgpack::encode(&state, kind) {
            Ok(msgpack) => {
                return Some(DynamicValue {
                    msgpack,
                    json: Vec::new(),
                });
            }
            Err(error) => {
                diagnostics.push(not_expressible("state", &error));
                let culprit = match error.path.steps().first() {
                    Some(Step::Attribute(name)) => members.get_mut(name),
                    _ => None,
                };
                match culprit {
                    Some(value) if !value.is_null() => *value = Value::Null,
                    _ => return None,
                }
            }
        }
    }
}

/// An identity that came in.
pub(super) fn decode_identity(
    identity: Option<&ResourceIdentityData>,
    kind: &Type,
) -> Result<Option<Value>, Diagnostic> {
    let Some(identity) = identity else {
        return Ok(None);
    };
    let value = decode("identity", identity.identity_data.as_ref(), kind)?;
    Ok(Some(value).filter(|value| !value.is_null()))
}

/// An identity that goes out.
pub(super) fn encode_identity(
    identity: Option<&Value>,
    kind: &Type,
    diagnostics: &mut Diagnostics,
) -> Option<ResourceIdentityData> {
    match encode("identity", identity?, kind) {
        Ok(data) => Some(ResourceIdentityData {
            identity_data: Some(data),
        }),
        Err(error) => {
            diagnostics.push(error);
            None
        }
    }
}

/// The error for a message that makes no sense.
pub(super) fn not_understood(what: &str, error: &CodecError) -> Diagnostic {
    Diagnostic::error(
        format!("The {what} was not understood"),
        format!("{error}.\n\nEither it was changed by hand, or it comes from another version of the provider."),
    )
    .at(root_of(&error.path))
}

fn not_expressible(what: &str, error: &CodecError) -> Diagnostic {
    Diagnostic::bug(
        format_args!("the {what} cannot be sent"),
        format_args!("{error}."),
    )
    .at(root_of(&error.path))
}

/// Deeper steps come from bytes that made no sense, so they might name nothing that exists.
fn root_of(path: &Path) -> Path {
    match path.steps().first() {
        Some(Step::Attribute(name)) => Path::attribute(name),
        _ => Path::root(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind() -> Type {
        Type::object([("id", Type::String), ("count", Type::Number)])
    }

    #[test]
    fn a_value_without_content_is_null() {
        assert_eq!(decode("state", None, &kind()), Ok(Value::Null));
        assert_eq!(
            decode("state", Some(&DynamicValue::default()), &kind()),
            Ok(Value::Null)
        );
    }

    #[test]
    fn both_encodings_are_read() {
        let value = Value::object([("id", "1".into()), ("count", Value::Null)]);
        let sent = encode("state", &value, &kind()).expect("encodable");
        assert_eq!(decode("state", Some(&sent), &kind()), Ok(value.clone()));
        let json = DynamicValue {
            msgpack: Vec::new(),
            json: br#"{"id":"1"}"#.to_vec(),
        };
        assert_eq!(decode("state", Some(&json), &kind()), Ok(value));
    }

    #[test]
    fn one_bad_attribute_does_not_lose_a_state() {
        let state = Value::object([("id", "1".into()), ("count", true.into())]);
        let mut diagnostics = Diagnostics::new();
        let sent = encode_state(&state, &kind(), &mut diagnostics);
        assert!(diagnostics.has_errors());
        let kept = Value::object([("id", "1".into()), ("count", Value::Null)]);
        assert_eq!(decode("state", sent.as_ref(), &kind()), Ok(kept));
    }
}
