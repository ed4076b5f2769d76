//! Generated protocol messages to [`crate::tf`] types and back. No decisions live here.
//!
//! [`Server`] answers every call of the protocol; one file below holds each group of calls. Whatever is expected to fail fails with a
//! diagnostic: a gRPC error would throw the new state of an object away.

pub mod generated;
pub mod json;
pub mod msgpack;
pub mod type_json;

mod calls;
mod codec_error;
mod data_source;
mod deferral;
mod diagnostics;
mod encoded;
mod functions;
mod import;
mod list;
mod plan_apply;
mod provider;
mod read;
mod schema;
mod server;
mod unsupported;
mod upgrade;
mod validate;
mod values;

pub use diagnostics::encode_path;
pub use encoded::ProviderService;
pub use server::Server;
