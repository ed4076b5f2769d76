//! Values as `MessagePack`, by its specification and by what Terraform makes of it. Nothing of this is the server's: a mistake that its
//! reading and its writing share shows here.

use super::{
    numbers::Number,
    types::Type,
    values::{Members, Refinement, Value},
};

/// The extension of an unknown about which something is known.
const REFINED: u8 = 12;
/// What Terraform takes of such an extension.
const REFINED_LIMIT: usize = 1024;

/// A value in a place of this type. It has to fit.
pub fn encode(value: &Value, kind: &Type) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes, value, kind);
    bytes
}

fn write(bytes: &mut Vec<u8>, value: &Value, kind: &Type) {
    match (value, kind) {
        (Value::Null, _) => bytes.push(0xc0),
        (Value::Unknown(refinement), _) if refinement.is_empty() => {
            bytes.extend([0xd4, 0x00, 0x00]);
        }
        (Value::Unknown(refinement), _) => write_refined(bytes, refinement),
        (Value::Dynamic(inner), Type::Dynamic) => {
            let kind = inner.0.to_json().to_string();
            write_head(bytes, 2, (0x90, 15), &[0xdc, 0xdd]);
            write_head(bytes, kind.len(), (0, 0), &[0xc4, 0xc5, 0xc6]);
            bytes.extend(kind.as_bytes());
            write(bytes, &inner.1, &inner.0);
        }
        (Value::Bool(value), Type::Bool) => bytes.push(if *value { 0xc3 } else { 0xc2 }),
        (Value::Number(number), Type::Number) => write_number(bytes, number),
        (Value::String(text), Type::String) => write_text(bytes, text),
        (Value::List(elements), Type::List(kind)) | (Value::Set(elements), Type::Set(kind)) => {
            write_head(bytes, elements.len(), (0x90, 15), &[0xdc, 0xdd]);
            for element in elements {
                write(bytes, element, kind);
            }
        }
        (Value::Tuple(elements), Type::Tuple(kinds)) if elements.len() == kinds.len() => {
            write_head(bytes, elements.len(), (0x90, 15), &[0xdc, 0xdd]);
            for (element, kind) in elements.iter().zip(kinds) {
                write(bytes, element, kind);
            }
        }
        (Value::Map(members), Type::Map(kind)) => {
            write_head(bytes, members.len(), (0x80, 15), &[0xde, 0xdf]);
            for (key, member) in members {
                write_text(bytes, key);
                write(bytes, member, kind);
            }
        }
        (Value::Object(members), Type::Object(kinds)) if members.keys().eq(kinds.keys()) => {
            write_head(bytes, members.len(), (0x80, 15), &[0xde, 0xdf]);
            for ((name, member), kind) in members.iter().zip(kinds.values()) {
                write_text(bytes, name);
                write(bytes, member, kind);
            }
        }
        _ => panic!("{value:?} is no {kind:?}"),
    }
}

/// A length: within one byte where it is small, otherwise after the first of these bytes whose width holds it.
fn write_head(bytes: &mut Vec<u8>, length: usize, (short, most): (u8, usize), wide: &[u8]) {
    let length = u32::try_from(length).unwrap();
    if most > 0 && length as usize <= most {
        bytes.push(short | u8::try_from(length).unwrap());
        return;
    }
    // Arrays and maps have no form with one byte.
    let widths = &[1, 2, 4][3 - wide.len()..];
    let (code, width) = wide
        .iter()
        .zip(widths)
        .find(|(_, width)| **width == 4 || length < 1 << (8 * **width))
        .unwrap();
    bytes.push(*code);
    bytes.extend(&length.to_be_bytes()[4 - width..]);
}

fn write_text(bytes: &mut Vec<u8>, text: &str) {
    write_head(bytes, text.len(), (0xa0, 31), &[0xd9, 0xda, 0xdb]);
    bytes.extend(text.as_bytes());
}

/// An integer where it is one and fits, a float where it is exactly one, otherwise text.
fn write_number(bytes: &mut Vec<u8>, number: &Number) {
    if let Some(integer) = number.to_i64() {
        write_integer(bytes, integer);
    } else if let Some(float) = number.to_exact_f64().filter(|_| !number.is_integer()) {
        bytes.push(0xcb);
        bytes.extend(float.to_be_bytes());
    } else {
        write_text(bytes, &number.to_string());
    }
}

fn write_integer(bytes: &mut Vec<u8>, integer: i64) {
    let (codes, bits) = if integer >= 0 {
        ([0xcc, 0xcd, 0xce, 0xcf], [8, 16, 32, 64])
    } else {
        // One bit of each is the sign.
        ([0xd0, 0xd1, 0xd2, 0xd3], [7, 15, 31, 63])
    };
    let whole = integer.to_be_bytes();
    if (-32..128).contains(&integer) {
        bytes.push(whole[7]);
        return;
    }
    let size = if integer >= 0 { integer } else { !integer };
    let place = bits
        .iter()
        .position(|bits| *bits >= 63 || size < 1 << bits)
        .unwrap();
    bytes.push(codes[place]);
    bytes.extend(&whole[8 - (1 << place)..]);
}

fn write_refined(bytes: &mut Vec<u8>, refinement: &Refinement) {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    let mut part = |key: u8, write: &dyn Fn(&mut Vec<u8>)| {
        let mut part = vec![key];
        write(&mut part);
        parts.push(part);
    };
    if let Some(null) = refinement.null {
        part(1, &|bytes| bytes.push(if null { 0xc3 } else { 0xc2 }));
    }
    if let Some(prefix) = &refinement.prefix {
        part(2, &|bytes| write_text(bytes, prefix));
    }
    for (key, bound) in [(3, &refinement.lower), (4, &refinement.upper)] {
        if let Some((number, inclusive)) = bound {
            part(key, &|bytes| {
                bytes.push(0x92);
                write_number(bytes, number);
                bytes.push(if *inclusive { 0xc3 } else { 0xc2 });
            });
        }
    }
    for (key, length) in [(5, refinement.shortest), (6, refinement.longest)] {
        if let Some(length) = length {
            part(key, &|bytes| write_integer(bytes, length));
        }
    }
    let mut payload = vec![0x80 | u8::try_from(parts.len()).unwrap()];
    payload.extend(parts.concat());
    match payload.len() {
        length @ (1 | 2 | 4 | 8 | 16) => bytes.push(0xd4 + u8::try_from(length.ilog2()).unwrap()),
        length => write_head(bytes, length, (0, 0), &[0xc7, 0xc8, 0xc9]),
    }
    bytes.push(REFINED);
    bytes.extend(payload);
}

/// What the bytes say, nothing else being there.
///
/// # Errors
/// What Terraform would not read either.
pub fn decode(bytes: &[u8], kind: &Type) -> Result<Value, String> {
    let mut reader = Reader(bytes);
    let value = reader.value(kind)?;
    if reader.0.is_empty() {
        Ok(value)
    } else {
        Err(format!("{} bytes too many", reader.0.len()))
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or("cut short")?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, String> {
        Ok(self.take(1)?[0])
    }

    /// An unsigned number of this many bytes.
    fn unsigned(&mut self, width: usize) -> Result<u64, String> {
        let bytes = self.take(width)?;
        Ok(bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    fn length(&mut self, width: usize) -> Result<usize, String> {
        Ok(usize::try_from(self.unsigned(width)?).unwrap())
    }

    fn value(&mut self, kind: &Type) -> Result<Value, String> {
        let first = *self.0.first().ok_or("cut short")?;
        if first == 0xc0 {
            self.byte()?;
            return Ok(Value::Null);
        }
        if matches!(first, 0xc7..=0xc9 | 0xd4..=0xd8) {
            return self.unknown().map(Value::Unknown);
        }
        match kind {
            Type::Bool => match self.byte()? {
                0xc2 => Ok(Value::Bool(false)),
                0xc3 => Ok(Value::Bool(true)),
                other => Err(format!("{other:#x} is no bool")),
            },
            Type::String => self.text().map(Value::String),
            Type::Number => self.number().map(Value::Number),
            Type::List(element) => self.elements(element).map(Value::List),
            Type::Set(element) => self.elements(element).map(Value::set),
            Type::Tuple(kinds) => {
                if self.array()? != kinds.len() {
                    return Err(format!("{} elements are required", kinds.len()));
                }
                let elements: Result<_, _> = kinds.iter().map(|kind| self.value(kind)).collect();
                elements.map(Value::Tuple)
            }
            Type::Map(element) => self.members(|_| Some(element)).map(Value::Map),
            Type::Object(attributes) => {
                let members = self.members(|name| attributes.get(name))?;
                if members.len() == attributes.len() {
                    Ok(Value::Object(members))
                } else {
                    Err(format!(
                        "an object with {} attributes is required ({} given)",
                        attributes.len(),
                        members.len()
                    ))
                }
            }
            Type::Dynamic => self.dynamic(),
        }
    }

    fn dynamic(&mut self) -> Result<Value, String> {
        if self.array()? != 2 {
            return Err("a dynamic value is a type and a value".to_owned());
        }
        let width = match self.byte()? {
            0xc4 => 1,
            0xc5 => 2,
            0xc6 => 4,
            other => return Err(format!("{other:#x} where a type's bytes are due")),
        };
        let length = self.length(width)?;
        let kind = Type::parse(self.take(length)?)?;
        let value = self.value(&kind)?;
        Ok(Value::Dynamic(Box::new((kind, value))))
    }

    fn array(&mut self) -> Result<usize, String> {
        match self.byte()? {
            short @ 0x90..=0x9f => Ok(usize::from(short & 0x0f)),
            0xdc => self.length(2),
            0xdd => self.length(4),
            other => Err(format!("{other:#x} is no array")),
        }
    }

    fn elements(&mut self, kind: &Type) -> Result<Vec<Value>, String> {
        let length = self.array()?;
        (0..length).map(|_| self.value(kind)).collect()
    }

    fn members<'t>(&mut self, kind: impl Fn(&str) -> Option<&'t Type>) -> Result<Members, String> {
        let mut members = Members::new();
        for _ in 0..self.map()? {
            let name = self.text()?;
            let kind = kind(&name).ok_or_else(|| format!("unsupported attribute {name}"))?;
            let value = self.value(kind)?;
            if members.insert(name.clone(), value).is_some() {
                return Err(format!("{name} twice"));
            }
        }
        Ok(members)
    }

    fn map(&mut self) -> Result<usize, String> {
        match self.byte()? {
            short @ 0x80..=0x8f => Ok(usize::from(short & 0x0f)),
            0xde => self.length(2),
            0xdf => self.length(4),
            other => Err(format!("{other:#x} is no map")),
        }
    }

    /// Bytes are taken for text, as Terraform does.
    fn text(&mut self) -> Result<String, String> {
        let length = match self.byte()? {
            short @ 0xa0..=0xbf => usize::from(short & 0x1f),
            0xc4 | 0xd9 => self.length(1)?,
            0xc5 | 0xda => self.length(2)?,
            0xc6 | 0xdb => self.length(4)?,
            other => return Err(format!("{other:#x}: string is required")),
        };
        let text = std::str::from_utf8(self.take(length)?);
        text.map(str::to_owned).map_err(|error| error.to_string())
    }

    fn number(&mut self) -> Result<Number, String> {
        let first = *self.0.first().ok_or("cut short")?;
        if matches!(first, 0xa0..=0xbf | 0xd9..=0xdb) {
            return self.text()?.parse();
        }
        self.byte()?;
        let number = match first {
            0x00..=0x7f => u64::from(first).into(),
            0xe0..=0xff => i64::from(first.cast_signed()).into(),
            0xcc..=0xcf => self.unsigned(1 << (first - 0xcc))?.into(),
            0xd0..=0xd3 => {
                let width = 1 << (first - 0xd0);
                let bits = self.unsigned(width)?.cast_signed();
                let spare = 64 - 8 * width;
                (bits << spare >> spare).into()
            }
            0xca => {
                let bits = u32::try_from(self.unsigned(4)?).unwrap();
                Number::from_f64(f64::from(f32::from_bits(bits))).ok_or("not finite")?
            }
            0xcb => Number::from_f64(f64::from_bits(self.unsigned(8)?)).ok_or("not finite")?,
            other => return Err(format!("{other:#x} is no number")),
        };
        Ok(number)
    }

    fn unknown(&mut self) -> Result<Refinement, String> {
        let length = match self.byte()? {
            fixed @ 0xd4..=0xd8 => 1 << (fixed - 0xd4),
            wide => self.length(1 << (wide - 0xc7))?,
        };
        let code = self.byte()?;
        let mut payload = Reader(self.take(length)?);
        if length <= 1 {
            return Ok(Refinement::default());
        }
        if code != REFINED || length > REFINED_LIMIT {
            return Err(format!(
                "unsupported extension type {code} of {length} bytes"
            ));
        }
        let refinement = payload.refinement()?;
        if payload.0.is_empty() && !refinement.is_empty() {
            Ok(refinement)
        } else {
            Err("a refinement that says nothing, or too much".to_owned())
        }
    }

    fn refinement(&mut self) -> Result<Refinement, String> {
        let mut refinement = Refinement::default();
        for _ in 0..self.map()? {
            match self.byte()? {
                1 => refinement.null = Some(self.byte()? == 0xc3),
                2 => refinement.prefix = Some(self.text()?),
                3 => refinement.lower = Some(self.bound()?),
                4 => refinement.upper = Some(self.bound()?),
                5 => refinement.shortest = self.number()?.to_i64(),
                6 => refinement.longest = self.number()?.to_i64(),
                other => return Err(format!("{other} is no key of a refinement")),
            }
        }
        Ok(refinement)
    }

    fn bound(&mut self) -> Result<(Number, bool), String> {
        if self.array()? != 2 {
            return Err("a bound is a number and whether it belongs to the range".to_owned());
        }
        Ok((self.number()?, self.byte()? == 0xc3))
    }
}
