//! The protocol as Terraform speaks it: over gRPC with mutual TLS, in its order of calls, with its checks of every answer, and with
//! messages that it would never send.

#![allow(
    unreachable_pub,
    reason = "modules of one test binary have nobody to export to"
)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[path = "protocol/capabilities.rs"]
mod capabilities;
#[path = "protocol/client.rs"]
mod client;
#[path = "protocol/elsewhere.rs"]
mod elsewhere;
#[path = "protocol/every_type.rs"]
mod every_type;
#[path = "protocol/failures.rs"]
mod failures;
#[path = "protocol/hostile.rs"]
mod hostile;
#[path = "protocol/hostile_types.rs"]
mod hostile_types;
#[path = "protocol/lifecycle.rs"]
mod lifecycle;
#[path = "protocol/lists.rs"]
mod lists;
#[path = "protocol/provider.rs"]
mod provider;
#[cfg(unix)]
#[path = "protocol/stuck_file.rs"]
mod stuck_file;
mod support;
#[path = "protocol/toy.rs"]
mod toy;
#[path = "protocol/toy_list.rs"]
mod toy_list;
