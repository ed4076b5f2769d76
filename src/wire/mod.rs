//! Generated protocol messages to [`crate::tf`] types and back. No decisions live here.

mod codec_error;
pub mod generated;
pub mod json;
pub mod msgpack;
pub mod type_json;
