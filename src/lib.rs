//! A Terraform provider for private connectivity between Azure networks and Kong Konnect's Dedicated Cloud Gateways.
//!
//! The modules form floors; `docs/architecture.md` holds the map and `tests/tidy.rs` enforces who may use whom.
//!
//! - [`plugin`]: how the host process starts us and talks to us: handshake, mutual TLS, shutdown.
//! - [`wire`]: generated messages to [`tf`] types and back; the value codecs.
//! - [`tf`]: Terraform in plain Rust: values, schema, diagnostics, plan order, the resource traits.
//! - [`http`]: REST plumbing for any vendor: transport, retry, waiting, errors.
//! - [`azure`], [`konnect`]: typed clients.
//! - [`preflight`]: checks that join both clouds.
//! - [`resources`], [`data_sources`], [`functions`], [`lists`]: one file or folder per Terraform type.
//! - [`provider`]: configuration, clients and the registry.

pub mod azure;
pub mod data_sources;
pub mod functions;
pub mod http;
pub mod konnect;
pub mod lists;
pub mod plugin;
pub mod preflight;
pub mod provider;
pub mod resources;
pub mod tf;
pub mod wire;
