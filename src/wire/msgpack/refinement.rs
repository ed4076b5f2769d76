//! What is known about an unknown value: the content of an ext.
//!
//! With code 12 it is a map with integer keys: 1 whether the value will be null, 2 a string's prefix, 3 and 4 a number's
//! bounds as `[number, inclusive]`, 5 and 6 a collection's least and greatest length. Other keys belong to later hosts.

use rmp::encode::{self, ByteBuf};

use super::CodecError;
use super::decode::Reader;
use super::encode::{write_number, write_text};
use crate::tf::number::Number;
use crate::tf::value::Refinement;

/// The ext type code of an unknown with a refinement.
const CODE: i8 = 12;

/// The longest content that the host reads.
const CONTENT_LIMIT: usize = 1024;

const NULL: u8 = 1;
const PREFIX: u8 = 2;
const LOWER: u8 = 3;
const UPPER: u8 = 4;
const SHORTEST: u8 = 5;
const LONGEST: u8 = 6;

/// Reads an ext's content. One of at most a byte is a plain unknown whatever its code.
pub(super) fn read(code: i8, content: &[u8]) -> Result<Refinement, CodecError> {
    if content.len() <= 1 {
        return Ok(Refinement::default());
    }
    if code != CODE {
        return Err(CodecError::new(format!("unsupported extension {code}")));
    }
    if content.len() > CONTENT_LIMIT {
        return Err(CodecError::new("an unknown value's refinement is too long"));
    }
    let mut reader = Reader::new(content);
    let mut refinement = Refinement::default();
    for _ in 0..reader.map_length()? {
        match u8::try_from(reader.signed()?) {
            Ok(NULL) => refinement.null = Some(reader.bool()?),
            Ok(PREFIX) => refinement.prefix = Some(reader.text()?),
            Ok(LOWER) => refinement.lower = Some(read_bound(&mut reader)?),
            Ok(UPPER) => refinement.upper = Some(read_bound(&mut reader)?),
            Ok(SHORTEST) => refinement.shortest = Some(reader.unsigned()?),
            Ok(LONGEST) => refinement.longest = Some(reader.unsigned()?),
            _ => reader.skip()?,
        }
    }
    if reader.is_at_end() {
        Ok(refinement)
    } else {
        Err(CodecError::new(
            "an unknown value's refinement is malformed",
        ))
    }
}

fn read_bound(reader: &mut Reader<'_>) -> Result<(Number, bool), CodecError> {
    let length = reader.array_length()?;
    if length != 2 {
        return Err(CodecError::new("a bound is not a number and a bool"));
    }
    Ok((reader.number()?, reader.bool()?))
}

/// Writes an unknown. A refinement only promises, so what would exceed the limit is left out.
pub(super) fn write(buffer: &mut ByteBuf, refinement: &Refinement) -> Result<(), CodecError> {
    let Refinement {
        null,
        prefix,
        lower,
        upper,
        shortest,
        longest,
    } = refinement;
    let mut entries = Entries::default();
    entries.add(NULL, null.as_ref(), |entry, null| {
        Ok(encode::write_bool(entry, *null)?)
    })?;
    entries.add(LOWER, lower.as_ref(), write_bound)?;
    entries.add(UPPER, upper.as_ref(), write_bound)?;
    for (key, length) in [(SHORTEST, shortest), (LONGEST, longest)] {
        entries.add(key, length.as_ref(), |entry, length| {
            encode::write_uint(entry, *length)?;
            Ok(())
        })?;
    }
    entries.add(PREFIX, prefix.as_ref(), |entry, prefix| {
        write_text(entry, prefix)
    })?;
    entries.write(buffer)
}

fn write_bound(
    entry: &mut ByteBuf,
    (number, inclusive): &(Number, bool),
) -> Result<(), CodecError> {
    encode::write_array_len(entry, 2)?;
    write_number(entry, number)?;
    Ok(encode::write_bool(entry, *inclusive)?)
}

#[derive(Default)]
struct Entries {
    count: u32,
    content: Vec<u8>,
}

impl Entries {
    fn add<T>(
        &mut self,
        key: u8,
        value: Option<&T>,
        write: impl FnOnce(&mut ByteBuf, &T) -> Result<(), CodecError>,
    ) -> Result<(), CodecError> {
        let Some(value) = value else {
            return Ok(());
        };
        let mut entry = ByteBuf::new();
        encode::write_pfix(&mut entry, key)?;
        write(&mut entry, value)?;
        // One byte more for the map's own marker.
        if 1 + self.content.len() + entry.as_slice().len() <= CONTENT_LIMIT {
            self.content.extend_from_slice(entry.as_slice());
            self.count += 1;
        }
        Ok(())
    }

    fn write(self, buffer: &mut ByteBuf) -> Result<(), CodecError> {
        if self.count == 0 {
            encode::write_ext_meta(buffer, 1, 0)?;
            buffer.as_mut_vec().push(0);
            return Ok(());
        }
        let mut content = ByteBuf::new();
        encode::write_map_len(&mut content, self.count)?;
        content.as_mut_vec().extend(self.content);
        let length = u32::try_from(content.as_slice().len())
            .map_err(|_| CodecError::new("a refinement is too long"))?;
        encode::write_ext_meta(buffer, length, CODE)?;
        buffer.as_mut_vec().extend_from_slice(content.as_slice());
        Ok(())
    }
}
