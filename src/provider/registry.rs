//! Everything the provider offers: one `pub mod` line each, at the head of `src/resources/mod.rs` and of its like for data sources, lists
//! and functions. `build.rs` makes a call of each line, so that no second list of them has to be kept.

use crate::resources::clients::Clients;
use crate::tf::provider::Registry;

/// The registry over clients that Configure fills later.
#[must_use]
pub fn registry(clients: &Clients) -> Registry {
    include!(concat!(env!("OUT_DIR"), "/registry.rs"))
}
