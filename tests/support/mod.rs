//! What several test binaries share.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "every test binary uses a part of this"
)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

pub mod attached;
pub mod core;
pub mod host;
pub mod identity;
pub mod pages;
pub mod patience;
pub mod quotes;
pub mod simulator;
pub mod snippets;
pub mod spec;
pub mod terraform;
pub mod version;
