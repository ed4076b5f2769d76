//! What the resources for objects in a Konnect network share: attributes, import ids, waiting, the course of creation and deletion.

use crate::azure;
use crate::http::error::Error;
use crate::http::scope::Scope;
use crate::tf::attr::Attr;

pub(crate) mod creation;
pub(crate) mod dns_config;
pub(crate) mod flow;
pub(crate) mod gateways;
pub(crate) mod hints;
pub(crate) mod import;
pub(crate) mod lifecycle;
pub(crate) mod lookup;
pub(crate) mod managed;
pub(crate) mod mappings;
pub(crate) mod moved;
pub(crate) mod network;
mod patience;
pub(crate) mod peering;
pub(crate) mod phase;
pub(crate) mod preflight;
pub(crate) mod private_dns;
pub(crate) mod replaced;
pub(crate) mod schema;

pub(crate) use flow::Flow;
pub use mappings::DnsMapping;
pub use network::NetworkModel;
pub use schema::StateMetadataModel;

/// Whether a switch with a default is on.
pub(crate) fn is_set(switch: &Attr<bool>) -> bool {
    switch.known().copied().unwrap_or_default()
}

/// The tenant that the provider is signed in to.
pub(crate) async fn provider_tenant(azure: &azure::Access, scope: &Scope) -> Result<String, Error> {
    let client = azure.client()?;
    Ok(client.tenant_id(scope).await?.to_string())
}
