//! The provider protocol as Rust types, compiled from `proto/tfplugin6.proto` by `build.rs`.

#![allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::pedantic,
    clippy::let_underscore_must_use,
    reason = "generated code"
)]

include!(concat!(env!("OUT_DIR"), "/tfplugin6.rs"));
