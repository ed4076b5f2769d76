//! What several test binaries share.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "every test binary uses a part of this"
)]

pub mod host;
pub mod identity;
