//! Values to `MessagePack`.

use std::collections::BTreeMap;
use std::iter::repeat;

use rmp::encode::{self, ByteBuf};

use super::{CodecError, DEPTH_LIMIT, refinement};
use crate::tf::number::Number;
use crate::tf::path::Step;
use crate::tf::types::Type;
use crate::tf::value::{Members, Value};
use crate::wire::codec_error::index_step;
use crate::wire::type_json;

/// Writes a value of this type.
///
/// # Errors
/// If the value is not of the type. Nothing is filled in: an object has all its attributes, null ones included.
pub fn encode(value: &Value, kind: &Type) -> Result<Vec<u8>, CodecError> {
    let mut buffer = ByteBuf::new();
    write_value(&mut buffer, value, kind, DEPTH_LIMIT)?;
    Ok(buffer.into_vec())
}

fn write_value(
    buffer: &mut ByteBuf,
    value: &Value,
    kind: &Type,
    depth: usize,
) -> Result<(), CodecError> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(CodecError::new("the value is nested too deeply"));
    };
    match (value, kind) {
        (Value::Null, _) => Ok(encode::write_nil(buffer)?),
        (Value::Unknown(known), _) => refinement::write(buffer, known),
        (Value::Bool(value), Type::Bool) => Ok(encode::write_bool(buffer, *value)?),
        (Value::Number(number), Type::Number) => write_number(buffer, number),
        (Value::String(text), Type::String) => write_text(buffer, text),
        (Value::Dynamic(inner), Type::Dynamic) => {
            let (kind, value) = inner.as_ref();
            write_dynamic(buffer, value, kind, depth)
        }
        (Value::List(elements), Type::List(kind)) => {
            write_elements(buffer, elements, repeat(kind.as_ref()), depth)
        }
        (Value::Set(elements), Type::Set(kind)) => {
            write_elements(buffer, elements, repeat(kind.as_ref()), depth)
                .map_err(CodecError::at_set)
        }
        (Value::Tuple(elements), Type::Tuple(kinds)) => {
            if elements.len() != kinds.len() {
                return Err(CodecError::new(format!(
                    "a tuple of {} expected, {} elements found",
                    kinds.len(),
                    elements.len()
                )));
            }
            write_elements(buffer, elements, kinds, depth)
        }
        (Value::Map(members), Type::Map(kind)) => write_map(buffer, members, kind, depth),
        (Value::Object(members), Type::Object(kinds)) => {
            write_object(buffer, members, kinds, depth)
        }
        (
            Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Dynamic(_)
            | Value::List(_)
            | Value::Set(_)
            | Value::Tuple(_)
            | Value::Map(_)
            | Value::Object(_),
            _,
        ) => Err(CodecError::mismatch(value, kind)),
    }
}

fn write_dynamic(
    buffer: &mut ByteBuf,
    value: &Value,
    kind: &Type,
    depth: usize,
) -> Result<(), CodecError> {
    if *kind == Type::Dynamic {
        return write_value(buffer, value, kind, depth);
    }
    encode::write_array_len(buffer, 2)?;
    let kind_json = type_json::write(kind);
    encode::write_bin_len(buffer, length(kind_json.len())?)?;
    buffer.as_mut_vec().extend(kind_json);
    write_value(buffer, value, kind, depth)
}

fn write_elements<'k>(
    buffer: &mut ByteBuf,
    elements: &[Value],
    kinds: impl IntoIterator<Item = &'k Type>,
    depth: usize,
) -> Result<(), CodecError> {
    encode::write_array_len(buffer, length(elements.len())?)?;
    for (index, (element, kind)) in elements.iter().zip(kinds).enumerate() {
        write_value(buffer, element, kind, depth)
            .map_err(|error| error.within(index_step(index)))?;
    }
    Ok(())
}

fn write_map(
    buffer: &mut ByteBuf,
    members: &Members,
    kind: &Type,
    depth: usize,
) -> Result<(), CodecError> {
    encode::write_map_len(buffer, length(members.len())?)?;
    for (key, value) in members {
        write_text(buffer, key)?;
        write_value(buffer, value, kind, depth)
            .map_err(|error| error.within(Step::Key(key.clone())))?;
    }
    Ok(())
}

fn write_object(
    buffer: &mut ByteBuf,
    members: &Members,
    kinds: &BTreeMap<String, Type>,
    depth: usize,
) -> Result<(), CodecError> {
    if let Some(extra) = members.keys().find(|name| !kinds.contains_key(*name)) {
        return Err(CodecError::new(format!("unsupported attribute {extra:?}")));
    }
    encode::write_map_len(buffer, length(kinds.len())?)?;
    for (name, kind) in kinds {
        let Some(value) = members.get(name) else {
            return Err(CodecError::new(format!("attribute {name:?} is missing")));
        };
        write_text(buffer, name)?;
        write_value(buffer, value, kind, depth)
            .map_err(|error| error.within(Step::Attribute(name.clone())))?;
    }
    Ok(())
}

pub(super) fn write_text(buffer: &mut ByteBuf, text: &str) -> Result<(), CodecError> {
    encode::write_str_len(buffer, length(text.len())?)?;
    buffer.as_mut_vec().extend_from_slice(text.as_bytes());
    Ok(())
}

pub(super) fn write_number(buffer: &mut ByteBuf, number: &Number) -> Result<(), CodecError> {
    if let Some(integer) = number.to_i64() {
        encode::write_sint(buffer, integer)?;
    } else if let Some(natural) = number.to_u64() {
        encode::write_uint(buffer, natural)?;
    } else if !number.is_integer()
        && let Some(float) = number.to_exact_f64()
    {
        encode::write_f64(buffer, float)?;
    } else {
        write_text(buffer, &number.to_string())?;
    }
    Ok(())
}

fn length(length: usize) -> Result<u32, CodecError> {
    u32::try_from(length).map_err(|_| CodecError::new("the value is too long"))
}
