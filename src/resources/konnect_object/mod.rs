//! What the resources for objects in a Konnect network share: attributes, import ids, waiting, the course of creation and deletion.

use crate::tf::attr::Attr;

pub(crate) mod dns_config;
pub(crate) mod flow;
pub(crate) mod gateways;
pub(crate) mod import;
pub(crate) mod moved;
pub(crate) mod phase;
pub(crate) mod preflight;
pub(crate) mod private_dns;
pub(crate) mod schema;

pub(crate) use flow::{Flow, explain};
pub use schema::StateMetadataModel;

/// Whether a switch with a default is on.
pub(crate) fn is_set(switch: &Attr<bool>) -> bool {
    switch.known().copied().unwrap_or_default()
}
