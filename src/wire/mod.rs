//! Generated protocol messages to [`crate::tf`] types and back. No decisions live here.

pub mod generated;
