//! Everything the provider offers: one line each, in alphabetical order.

use std::sync::Arc;

use crate::tf::provider::Registry;
use crate::{azure, konnect};

/// The registry over clients that Configure fills later.
#[must_use]
pub fn registry(_azure: &Arc<azure::Access>, _konnect: &Arc<konnect::Access>) -> Registry {
    Registry::new()
}
