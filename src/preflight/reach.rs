//! Which addresses a Konnect network reaches over its peerings.

use futures_util::future::join_all;

use crate::azure::{self, VirtualNetwork};
use crate::http::scope::Scope;
use crate::konnect::{self, NetworkId};

use super::cidr::{Cidr, readable};
use super::inputs::Place;
use super::observations::{attached, is_alive};

/// The address spaces of all virtual networks that a Konnect network is peered with. `None` where they are not all known: without a peering, with one that
/// leads elsewhere, and where the caller may not look.
pub async fn reachable(
    azure: &azure::Client,
    konnect: &konnect::Client,
    network_id: &NetworkId,
    scope: &Scope,
) -> Option<Vec<Cidr>> {
    let gateways = konnect.list_transit_gateways(scope, network_id, None).await;
    let gateways = gateways.ok()?;
    let living = gateways.iter().filter(|gateway| is_alive(&gateway.state));
    let vnets: Vec<_> = living
        .map(|gateway| match attached(gateway) {
            Some(Place::Vnet(id)) => Some(id),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let read = vnets
        .iter()
        .map(async |id| azure.get_virtual_network(scope, id).await.ok().flatten());
    let vnets: Option<Vec<VirtualNetwork>> = join_all(read).await.into_iter().collect();
    let prefixes = vnets?.into_iter().flat_map(|vnet| vnet.address_prefixes);
    let addresses = readable(&prefixes.collect::<Vec<_>>());
    (!addresses.is_empty()).then_some(addresses)
}
