//! `list "konnectazure_virtual_hub_peering"`: the transit gateways of kind `azure-vhub-peering-attachment`.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Listing, NetworkObjects, name_or_id};
use crate::konnect::{self, Attachment, Client, NetworkId, TransitGateway};
use crate::resources::clients::Clients;
use crate::resources::konnect_object::managed::Managed as _;
use crate::resources::konnect_object::phase::{Lifecycle as _, Phase};
use crate::resources::virtual_hub_peering::VirtualHubPeeringModel;
use crate::tf::diagnostics::Diagnostics;

/// Peerings with virtual hubs.
pub struct VirtualHubPeerings;

/// The list over clients that are configured later.
#[must_use]
pub fn list(clients: &Clients) -> NetworkObjects<VirtualHubPeerings> {
    NetworkObjects::over(Arc::clone(&clients.konnect), VirtualHubPeerings)
}

#[async_trait]
impl Listing for VirtualHubPeerings {
    type Remote = TransitGateway;
    type Object = VirtualHubPeeringModel;

    const TYPE_NAME: &'static str = "konnectazure_virtual_hub_peering";
    const NOUN: &'static str = "virtual hub peerings";
    const DESCRIPTION: &'static str = "\
Finds the peerings of Konnect networks with Azure virtual hubs, whoever created them: in one network, or in every network that the token may see.";

    fn pages<'c>(client: &'c Client, network_id: &NetworkId) -> konnect::List<'c, TransitGateway> {
        client.transit_gateways_in_pages(network_id)
    }

    fn object(
        &self,
        network_id: NetworkId,
        remote: &TransitGateway,
    ) -> Result<Option<(String, VirtualHubPeeringModel)>, Diagnostics> {
        let is_ours = matches!(remote.attachment, Attachment::AzureVhub { .. });
        if !is_ours || remote.phase() == Phase::Terminated {
            return Ok(None);
        }
        let model = VirtualHubPeeringModel::listed(network_id, remote)?;
        Ok(Some((name_or_id(&remote.name, &remote.id), model)))
    }
}
