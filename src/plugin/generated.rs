//! The services every plugin offers its host, as Rust types, compiled from `proto/` by `build.rs`.

#![allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::pedantic,
    clippy::let_underscore_must_use,
    reason = "generated code"
)]

/// Controller, standard streams and broker.
pub mod plugin {
    include!(concat!(env!("OUT_DIR"), "/plugin.rs"));
}

/// The standard health service.
pub mod health {
    include!(concat!(env!("OUT_DIR"), "/grpc.health.v1.rs"));
}
