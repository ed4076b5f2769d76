//! `list "konnectazure_vnet_peering"`: the transit gateways of kind `azure-vnet-peering-attachment`.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Listing, NetworkObjects, name_or_id};
use crate::http::scope::Scope;
use crate::konnect::{self, Attachment, Client, Network, NetworkId, TransitGateway};
use crate::resources::clients::Clients;
use crate::resources::konnect_object::managed::Managed as _;
use crate::resources::konnect_object::phase::{Lifecycle as _, Phase};
use crate::resources::vnet_peering::{self, VnetPeeringModel, VnetPeeringResource};
use crate::tf::diagnostics::Diagnostics;

/// Peerings with virtual networks.
pub struct VnetPeerings {
    resource: VnetPeeringResource,
}

/// The list over clients that are configured later.
#[must_use]
pub fn list(clients: &Clients) -> NetworkObjects<VnetPeerings> {
    let resource = vnet_peering::resource(clients);
    NetworkObjects::over(Arc::clone(&clients.konnect), VnetPeerings { resource })
}

#[async_trait]
impl Listing for VnetPeerings {
    type Remote = TransitGateway;
    type Object = VnetPeeringModel;

    const TYPE_NAME: &'static str = "konnectazure_vnet_peering";
    const NOUN: &'static str = "virtual network peerings";
    const DESCRIPTION: &'static str = "\
Finds the peerings of Konnect networks with Azure virtual networks, whoever created them: in one network, or in every network that the token may \
see. With `include_resource` the half in Azure is looked up for each, where the provider's credential may read the virtual network.";

    fn pages<'c>(client: &'c Client, network_id: &NetworkId) -> konnect::List<'c, TransitGateway> {
        client.transit_gateways_in_pages(network_id)
    }

    fn object(
        &self,
        network_id: NetworkId,
        remote: &TransitGateway,
    ) -> Result<Option<(String, VnetPeeringModel)>, Diagnostics> {
        let is_ours = matches!(remote.attachment, Attachment::AzureVnet { .. });
        if !is_ours || remote.phase() == Phase::Terminated {
            return Ok(None);
        }
        let model = VnetPeeringModel::listed(network_id, remote)?;
        Ok(Some((name_or_id(&remote.name, &remote.id), model)))
    }

    async fn complete(
        &self,
        scope: &Scope,
        network: &Network,
        object: VnetPeeringModel,
    ) -> (VnetPeeringModel, bool) {
        self.resource
            .look_at_azure_half(scope, object, Some(network))
            .await
    }
}
