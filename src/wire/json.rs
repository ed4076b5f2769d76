//! Values as JSON, the form in which the host keeps state.
//!
//! It differs from `MessagePack`: nothing is unknown, a value of dynamic type is `{"value": …, "type": …}`, and since an older
//! version of the provider or a person may have written it, objects may lack attributes (which are then null) or have more
//! than their type (which are then ignored).

use serde_json::{Map, Value as Json};

pub use super::codec_error::CodecError;
use super::codec_error::{index_step, type_noun};
use super::type_json;
use crate::tf::path::Step;
use crate::tf::types::Type;
use crate::tf::value::{Members, Value};

/// Reads the value of this type that the state's JSON holds. Numbers keep every digit.
///
/// # Errors
/// If the bytes are not JSON (nested less than 128 deep), or the JSON is not a value of the type.
pub fn decode_json(bytes: &[u8], kind: &Type) -> Result<Value, CodecError> {
    let json = serde_json::from_slice(bytes)
        .map_err(|error| CodecError::new(format!("invalid JSON: {error}")))?;
    from_json(json, kind)
}

/// Writes a value of this type as state JSON.
///
/// # Errors
/// If the value is not of the type, or something in it is unknown or infinite.
pub fn encode_json(value: &Value, kind: &Type) -> Result<Vec<u8>, CodecError> {
    to_json(value, kind).map(|json| json.to_string().into_bytes())
}

fn from_json(json: Json, kind: &Type) -> Result<Value, CodecError> {
    match (json, kind) {
        (Json::Null, _) => Ok(Value::Null),
        (Json::String(text), Type::String) => Ok(Value::String(text)),
        (Json::Bool(value), Type::Bool) => Ok(Value::Bool(value)),
        (Json::Number(number), Type::Number) => number
            .as_str()
            .parse()
            .map(Value::Number)
            .map_err(|error: crate::tf::number::NotANumber| CodecError::new(error.to_string())),
        (Json::Object(members), Type::Dynamic) => dynamic_from_json(members),
        (Json::Array(elements), Type::List(kind)) => {
            elements_from_json(elements, std::iter::repeat(kind.as_ref())).map(Value::List)
        }
        (Json::Array(elements), Type::Set(kind)) => {
            elements_from_json(elements, std::iter::repeat(kind.as_ref()))
                .map(Value::set)
                .map_err(CodecError::at_set)
        }
        (Json::Array(elements), Type::Tuple(kinds)) => {
            if elements.len() != kinds.len() {
                return Err(CodecError::new(format!(
                    "a tuple of {} expected, {} elements found",
                    kinds.len(),
                    elements.len()
                )));
            }
            elements_from_json(elements, kinds).map(Value::Tuple)
        }
        (Json::Object(members), Type::Map(kind)) => members
            .into_iter()
            .map(|(key, json)| match from_json(json, kind) {
                Ok(value) => Ok((key, value)),
                Err(error) => Err(error.within(Step::Key(key))),
            })
            .collect::<Result<_, _>>()
            .map(Value::Map),
        (Json::Object(mut members), Type::Object(kinds)) => kinds
            .iter()
            .map(|(name, kind)| {
                let json = members.remove(name).unwrap_or_default();
                from_json(json, kind)
                    .map(|value| (name.clone(), value))
                    .map_err(|error| error.within(Step::Attribute(name.clone())))
            })
            .collect::<Result<_, _>>()
            .map(Value::Object),
        (json, kind) => Err(CodecError::new(format!(
            "{} expected, {} found",
            type_noun(kind),
            json_noun(&json)
        ))),
    }
}

fn dynamic_from_json(mut members: Map<String, Json>) -> Result<Value, CodecError> {
    let (Some(json), Some(kind)) = (members.remove("value"), members.remove("type")) else {
        return Err(CodecError::new(
            "a value of any type needs its type beside it",
        ));
    };
    let kind = type_json::from_json(&kind).map_err(|error| CodecError::new(error.to_string()))?;
    let value = from_json(json, &kind)?;
    Ok(if kind == Type::Dynamic {
        value
    } else {
        Value::Dynamic(Box::new((kind, value)))
    })
}

fn elements_from_json<'k>(
    elements: Vec<Json>,
    kinds: impl IntoIterator<Item = &'k Type>,
) -> Result<Vec<Value>, CodecError> {
    elements
        .into_iter()
        .zip(kinds)
        .enumerate()
        .map(|(index, (json, kind))| {
            from_json(json, kind).map_err(|error| error.within(index_step(index)))
        })
        .collect()
}

const fn json_noun(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a bool",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

fn to_json(value: &Value, kind: &Type) -> Result<Json, CodecError> {
    match (value, kind) {
        (Value::Null, _) => Ok(Json::Null),
        (Value::Bool(value), Type::Bool) => Ok(Json::Bool(*value)),
        (Value::String(text), Type::String) => Ok(Json::String(text.clone())),
        (Value::Number(number), Type::Number) => number
            .to_string()
            .parse()
            .map(Json::Number)
            .map_err(|_| CodecError::new("state cannot hold an infinite number")),
        (Value::Dynamic(inner), Type::Dynamic) => {
            let (kind, value) = inner.as_ref();
            let mut members = Map::new();
            members.insert("value".to_owned(), to_json(value, kind)?);
            members.insert("type".to_owned(), type_json::to_json(kind));
            Ok(Json::Object(members))
        }
        (Value::List(elements), Type::List(kind)) => {
            elements_to_json(elements, std::iter::repeat(kind.as_ref()))
        }
        (Value::Set(elements), Type::Set(kind)) => {
            elements_to_json(elements, std::iter::repeat(kind.as_ref())).map_err(CodecError::at_set)
        }
        (Value::Tuple(elements), Type::Tuple(kinds)) if elements.len() == kinds.len() => {
            elements_to_json(elements, kinds)
        }
        (Value::Map(members), Type::Map(kind)) => members
            .iter()
            .map(|(key, value)| {
                to_json(value, kind)
                    .map(|json| (key.clone(), json))
                    .map_err(|error| error.within(Step::Key(key.clone())))
            })
            .collect::<Result<_, _>>()
            .map(Json::Object),
        (Value::Object(members), Type::Object(kinds)) => {
            if let Some(extra) = members.keys().find(|name| !kinds.contains_key(*name)) {
                return Err(CodecError::new(format!("unsupported attribute {extra:?}")));
            }
            kinds
                .iter()
                .map(|(name, kind)| {
                    attribute_to_json(members, name, kind).map(|json| (name.clone(), json))
                })
                .collect::<Result<_, _>>()
                .map(Json::Object)
        }
        (Value::Unknown(_), _) => Err(CodecError::new("state cannot hold an unknown")),
        (value, kind) => Err(CodecError::mismatch(value, kind)),
    }
}

fn attribute_to_json(members: &Members, name: &str, kind: &Type) -> Result<Json, CodecError> {
    match members.get(name) {
        Some(value) => {
            to_json(value, kind).map_err(|error| error.within(Step::Attribute(name.to_owned())))
        }
        None => Err(CodecError::new(format!("attribute {name:?} is missing"))),
    }
}

fn elements_to_json<'k>(
    elements: &[Value],
    kinds: impl IntoIterator<Item = &'k Type>,
) -> Result<Json, CodecError> {
    elements
        .iter()
        .zip(kinds)
        .enumerate()
        .map(|(index, (value, kind))| {
            to_json(value, kind).map_err(|error| error.within(index_step(index)))
        })
        .collect::<Result<_, _>>()
        .map(Json::Array)
}

#[cfg(test)]
mod tests;
