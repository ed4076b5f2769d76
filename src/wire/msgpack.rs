//! Values as `MessagePack`, the form in which the host sends them and expects them back.
//!
//! Which form a value has depends on its type, so both ways need it. The form, as the host's own codec has it:
//!
//! | Type | Form |
//! | --- | --- |
//! | string | str (bin is read too) |
//! | number | int; float where exact and not integral, or infinite; otherwise a str of decimal digits |
//! | bool | bool |
//! | list, set, tuple | array |
//! | map, object | map with str keys; an object has every attribute, null ones included |
//! | dynamic | array of the type's JSON as bin, and the value in that type |
//! | any, null | nil |
//! | any, unknown | ext; with code 12 and a map of what is known about the value, see `refinement` |

mod decode;
mod encode;
mod refinement;

#[cfg(test)]
mod tests;

pub use self::decode::decode;
pub use self::encode::encode;
pub use super::codec_error::CodecError;

/// Most containers around a value. Real configurations stay below ten; hostile bytes must not exhaust the stack.
const DEPTH_LIMIT: usize = 100;
