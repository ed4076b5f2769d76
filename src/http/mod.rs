//! REST plumbing for any vendor: transport, retry decision, backoff, paging, errors, redaction, waiting.
//!
//! [`Api`] sends a [`Request`] within a [`Scope`], decides what may be sent again, and answers with a [`Response`] or one
//! [`Error`]. [`poll::Poll`] is the one place that waits for something to become true.

pub mod address;
pub mod api;
mod authorize;
mod call;
pub mod deletion;
pub mod error;
pub mod file;
mod gate;
#[cfg(test)]
pub(crate) mod hostile;
mod json;
pub mod lately;
pub mod page;
pub(crate) mod plain;
pub mod poll;
mod proxy;
pub mod redact;
pub mod request;
pub mod retry;
pub mod scope;
pub mod secret;
pub mod shared;
mod tls;
pub mod transport;

pub use address::{InvalidAddress, address, base_address};
pub use api::{Api, ApiSettings, ReadRefusal, RefusalParts};
pub use authorize::{Authorize, StaticToken};
pub use error::{Error, Failure, FieldFault, Interruption, InterruptionKind, Refusal};
pub use lately::Lately;
pub use page::Pages;
pub use poll::{Poll, Progress, Waited};
pub use request::Request;
pub use retry::RetrySettings;
pub use scope::{Ended, Scope};
pub use secret::Secret;
pub use shared::SharedReads;
pub use transport::{CaBundle, Response, Transport, TransportSettings};
