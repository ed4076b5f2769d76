//! `list "konnectazure_dns_mappings"`: the private DNS objects of kind `azure-outbound-resolver`.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Listing, NetworkObjects, name_or_id};
use crate::konnect::{self, Client, NetworkId, PrivateDns, PrivateDnsConfig};
use crate::resources::clients::Clients;
use crate::resources::dns_mappings::DnsMappingsModel;
use crate::resources::konnect_object::managed::Managed as _;
use crate::resources::konnect_object::phase::{Lifecycle as _, Phase};
use crate::tf::diagnostics::Diagnostics;

/// DNS mappings.
pub struct DnsMappings;

/// The list over clients that are configured later.
#[must_use]
pub fn list(clients: &Clients) -> NetworkObjects<DnsMappings> {
    NetworkObjects::over(Arc::clone(&clients.konnect), DnsMappings)
}

#[async_trait]
impl Listing for DnsMappings {
    type Remote = PrivateDns;
    type Object = DnsMappingsModel;

    const TYPE_NAME: &'static str = "konnectazure_dns_mappings";
    const NOUN: &'static str = "DNS mappings";
    const DESCRIPTION: &'static str = "\
Finds the DNS mappings of Konnect networks, whoever created them: in one network, or in every network that the token may see. Reading private DNS \
needs the role `Network Admin` in Konnect.";

    fn pages<'c>(client: &'c Client, network_id: &NetworkId) -> konnect::List<'c, PrivateDns> {
        client.private_dns_in_pages(network_id)
    }

    fn object(
        &self,
        network_id: NetworkId,
        remote: &PrivateDns,
    ) -> Result<Option<(String, DnsMappingsModel)>, Diagnostics> {
        let is_ours = matches!(
            remote.config,
            PrivateDnsConfig::AzureOutboundResolver { .. }
        );
        if !is_ours || remote.phase() == Phase::Terminated {
            return Ok(None);
        }
        let model = DnsMappingsModel::listed(network_id, remote)?;
        Ok(Some((name_or_id(&remote.name, &remote.id), model)))
    }
}
