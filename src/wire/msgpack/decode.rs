//! `MessagePack` to values. Everything here may be hostile: no read trusts a length, a depth or a type.

use std::collections::BTreeMap;

use rmp::Marker;

use super::{CodecError, DEPTH_LIMIT, refinement};
use crate::tf::number::Number;
use crate::tf::path::Step;
use crate::tf::types::Type;
use crate::tf::value::{Members, Value};
use crate::wire::codec_error::index_step;
use crate::wire::type_json;

/// Most elements for which room is made before they have been read.
const ROOM_LIMIT: usize = 256;

/// Reads the value of this type that the bytes hold.
///
/// # Errors
/// If the bytes are not exactly one value of the type.
pub fn decode(bytes: &[u8], kind: &Type) -> Result<Value, CodecError> {
    let mut reader = Reader::new(bytes);
    let value = read_value(&mut reader, kind, DEPTH_LIMIT)?;
    if reader.is_at_end() {
        Ok(value)
    } else {
        Err(CodecError::new("there is more than one value"))
    }
}

fn read_value(reader: &mut Reader<'_>, kind: &Type, depth: usize) -> Result<Value, CodecError> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(CodecError::new("the value is nested too deeply"));
    };
    let marker = reader.peek()?;
    if marker == Marker::Null {
        reader.nil()?;
        return Ok(Value::Null);
    }
    if is_ext(marker) {
        let (code, payload) = reader.ext()?;
        return refinement::read(code, payload).map(Value::Unknown);
    }
    match kind {
        Type::String => reader.text().map(Value::String),
        Type::Number => reader.number().map(Value::Number),
        Type::Bool => reader.bool().map(Value::Bool),
        Type::Dynamic => read_dynamic(reader, depth),
        Type::List(element) => read_elements(reader, element, depth).map(Value::List),
        Type::Set(element) => read_elements(reader, element, depth)
            .map(Value::set)
            .map_err(CodecError::at_set),
        Type::Map(element) => read_map(reader, element, depth),
        Type::Object(attributes) => read_object(reader, attributes, depth),
        Type::Tuple(elements) => read_tuple(reader, elements, depth),
    }
}

fn read_dynamic(reader: &mut Reader<'_>, depth: usize) -> Result<Value, CodecError> {
    let length = reader.array_length()?;
    if length != 2 {
        return Err(CodecError::new(format!(
            "a type and a value expected, {length} elements found"
        )));
    }
    let kind =
        type_json::parse(reader.bytes()?).map_err(|error| CodecError::new(error.to_string()))?;
    let value = read_value(reader, &kind, depth)?;
    // A value of dynamic type within a dynamic place carries its own type already.
    Ok(if kind == Type::Dynamic {
        value
    } else {
        Value::Dynamic(Box::new((kind, value)))
    })
}

fn read_elements(
    reader: &mut Reader<'_>,
    kind: &Type,
    depth: usize,
) -> Result<Vec<Value>, CodecError> {
    let length = reader.array_length()?;
    let mut elements = Vec::with_capacity(length.min(ROOM_LIMIT));
    for index in 0..length {
        let element =
            read_value(reader, kind, depth).map_err(|error| error.within(index_step(index)))?;
        elements.push(element);
    }
    Ok(elements)
}

fn read_tuple(reader: &mut Reader<'_>, kinds: &[Type], depth: usize) -> Result<Value, CodecError> {
    let length = reader.array_length()?;
    if length != kinds.len() {
        return Err(CodecError::new(format!(
            "a tuple of {} expected, {length} elements found",
            kinds.len()
        )));
    }
    kinds
        .iter()
        .enumerate()
        .map(|(index, kind)| {
            read_value(reader, kind, depth).map_err(|error| error.within(index_step(index)))
        })
        .collect::<Result<_, _>>()
        .map(Value::Tuple)
}

fn read_map(reader: &mut Reader<'_>, kind: &Type, depth: usize) -> Result<Value, CodecError> {
    let mut members = Members::new();
    for _ in 0..reader.map_length()? {
        let key = reader.text()?;
        let value = read_value(reader, kind, depth)
            .map_err(|error| error.within(Step::Key(key.clone())))?;
        insert_new(&mut members, key, value)?;
    }
    Ok(Value::Map(members))
}

fn read_object(
    reader: &mut Reader<'_>,
    kinds: &BTreeMap<String, Type>,
    depth: usize,
) -> Result<Value, CodecError> {
    let mut members = Members::new();
    for _ in 0..reader.map_length()? {
        let name = reader.text()?;
        let Some(kind) = kinds.get(&name) else {
            return Err(CodecError::new(format!("unsupported attribute {name:?}")));
        };
        let value = read_value(reader, kind, depth)
            .map_err(|error| error.within(Step::Attribute(name.clone())))?;
        insert_new(&mut members, name, value)?;
    }
    match kinds.keys().find(|name| !members.contains_key(*name)) {
        Some(missing) => Err(CodecError::new(format!("attribute {missing:?} is missing"))),
        None => Ok(Value::Object(members)),
    }
}

fn insert_new(members: &mut Members, name: String, value: Value) -> Result<(), CodecError> {
    if members.contains_key(&name) {
        return Err(CodecError::new(format!("{name:?} occurs twice")));
    }
    members.insert(name, value);
    Ok(())
}

const fn is_ext(marker: Marker) -> bool {
    matches!(
        marker,
        Marker::FixExt1
            | Marker::FixExt2
            | Marker::FixExt4
            | Marker::FixExt8
            | Marker::FixExt16
            | Marker::Ext8
            | Marker::Ext16
            | Marker::Ext32
    )
}

/// The primitives of `MessagePack`, read from a slice.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    fn peek(&self) -> Result<Marker, CodecError> {
        self.rest
            .first()
            .map(|byte| Marker::from_u8(*byte))
            .ok_or_else(truncated)
    }

    /// Runs one of `rmp`'s readers. Its error says less than what was expected and found.
    fn primitive<T, E>(
        &mut self,
        expected: &str,
        read: impl FnOnce(&mut &'a [u8]) -> Result<T, E>,
    ) -> Result<T, CodecError> {
        let found = self.peek()?;
        read(&mut self.rest)
            .map_err(|_| CodecError::new(format!("{expected} expected, {found:?} found")))
    }

    fn nil(&mut self) -> Result<(), CodecError> {
        self.primitive("nil", rmp::decode::read_nil)
    }

    pub(super) fn bool(&mut self) -> Result<bool, CodecError> {
        self.primitive("a bool", rmp::decode::read_bool)
    }

    pub(super) fn unsigned(&mut self) -> Result<u64, CodecError> {
        self.primitive("a natural number", rmp::decode::read_int)
    }

    pub(super) fn signed(&mut self) -> Result<i64, CodecError> {
        self.primitive("an integer", rmp::decode::read_int)
    }

    /// The length of an array. Every element takes at least a byte, so a longer one than the rest cannot be true.
    pub(super) fn array_length(&mut self) -> Result<usize, CodecError> {
        let length = self.primitive("an array", rmp::decode::read_array_len)?;
        self.plausible(length, 1)
    }

    /// The number of a map's entries, each of which takes at least two bytes.
    pub(super) fn map_length(&mut self) -> Result<usize, CodecError> {
        let length = self.primitive("a map", rmp::decode::read_map_len)?;
        self.plausible(length, 2)
    }

    fn plausible(&self, length: u32, least: usize) -> Result<usize, CodecError> {
        usize::try_from(length)
            .ok()
            .filter(|length| *length <= self.rest.len() / least)
            .ok_or_else(truncated)
    }

    fn take(&mut self, length: u32) -> Result<&'a [u8], CodecError> {
        let length = usize::try_from(length).map_err(|_| truncated())?;
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The content of a str or a bin.
    fn bytes(&mut self) -> Result<&'a [u8], CodecError> {
        let length = match self.peek()? {
            Marker::Bin8 | Marker::Bin16 | Marker::Bin32 => {
                self.primitive("bytes", rmp::decode::read_bin_len)?
            }
            _ => self.primitive("a string", rmp::decode::read_str_len)?,
        };
        self.take(length)
    }

    pub(super) fn text(&mut self) -> Result<String, CodecError> {
        std::str::from_utf8(self.bytes()?)
            .map(str::to_owned)
            .map_err(|error| CodecError::new(format!("a string is not UTF-8: {error}")))
    }

    pub(super) fn number(&mut self) -> Result<Number, CodecError> {
        let refuse = |error: &dyn std::fmt::Display| CodecError::new(error.to_string());
        let float = match self.peek()? {
            Marker::FixPos(_) | Marker::U8 | Marker::U16 | Marker::U32 | Marker::U64 => {
                return self.unsigned().map(Number::from);
            }
            Marker::FixNeg(_) | Marker::I8 | Marker::I16 | Marker::I32 | Marker::I64 => {
                return self.signed().map(Number::from);
            }
            Marker::F32 => self
                .primitive("a float", rmp::decode::read_f32)
                .map(f64::from)?,
            Marker::F64 => self.primitive("a float", rmp::decode::read_f64)?,
            Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => {
                return self.text()?.parse().map_err(|error| refuse(&error));
            }
            other => return Err(refuse(&format_args!("a number expected, {other:?} found"))),
        };
        Number::from_f64(float).ok_or_else(|| refuse(&"a number expected, NaN found"))
    }

    /// An ext's type code and content.
    fn ext(&mut self) -> Result<(i8, &'a [u8]), CodecError> {
        let head = self.primitive("an ext", rmp::decode::read_ext_meta)?;
        Ok((head.typeid, self.take(head.size)?))
    }

    /// Passes over one value of any form, without recursion.
    pub(super) fn skip(&mut self) -> Result<(), CodecError> {
        let mut pending: u64 = 1;
        while let Some(left) = pending.checked_sub(1) {
            pending = left;
            match self.peek()? {
                Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => {
                    pending = pending.saturating_add(self.array_length()? as u64);
                }
                Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => {
                    pending = pending.saturating_add(2 * self.map_length()? as u64);
                }
                Marker::FixStr(_)
                | Marker::Str8
                | Marker::Str16
                | Marker::Str32
                | Marker::Bin8
                | Marker::Bin16
                | Marker::Bin32 => {
                    self.bytes()?;
                }
                Marker::Null => self.nil()?,
                Marker::True | Marker::False => {
                    self.bool()?;
                }
                Marker::Reserved => return Err(CodecError::new("invalid MessagePack")),
                marker if is_ext(marker) => {
                    self.ext()?;
                }
                _ => {
                    self.number()?;
                }
            }
        }
        Ok(())
    }
}

fn truncated() -> CodecError {
    CodecError::new("the value ends early")
}
