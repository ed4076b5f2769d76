//! `list "konnectazure_private_hosted_zone"`: the private DNS objects of kind `azure-private-hosted-zone-attachment`.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Listing, NetworkObjects, name_or_id};
use crate::konnect::{self, Client, NetworkId, PrivateDns, PrivateDnsConfig};
use crate::resources::clients::Clients;
use crate::resources::konnect_object::managed::Managed as _;
use crate::resources::konnect_object::phase::{Lifecycle as _, Phase};
use crate::resources::private_hosted_zone::PrivateHostedZoneModel;
use crate::tf::diagnostics::Diagnostics;

/// Linked private DNS zones.
pub struct PrivateHostedZones;

/// The list over clients that are configured later.
#[must_use]
pub fn list(clients: &Clients) -> NetworkObjects<PrivateHostedZones> {
    NetworkObjects::over(Arc::clone(&clients.konnect), PrivateHostedZones)
}

#[async_trait]
impl Listing for PrivateHostedZones {
    type Remote = PrivateDns;
    type Object = PrivateHostedZoneModel;

    const TYPE_NAME: &'static str = "konnectazure_private_hosted_zone";
    const NOUN: &'static str = "private hosted zones";
    const DESCRIPTION: &'static str = "\
Finds the private DNS zones that are linked to Konnect networks, whoever created them: in one network, or in every network that the token may see. Reading private DNS \
needs the role `Network Admin` in Konnect.";

    fn pages<'c>(client: &'c Client, network_id: &NetworkId) -> konnect::List<'c, PrivateDns> {
        client.private_dns_in_pages(network_id)
    }

    fn object(
        &self,
        network_id: NetworkId,
        remote: &PrivateDns,
    ) -> Result<Option<(String, PrivateHostedZoneModel)>, Diagnostics> {
        let is_ours = matches!(remote.config, PrivateDnsConfig::AzureHostedZone { .. });
        if !is_ours || remote.phase() == Phase::Terminated {
            return Ok(None);
        }
        let model = PrivateHostedZoneModel::listed(network_id, remote)?;
        Ok(Some((name_or_id(&remote.name, &remote.id), model)))
    }
}
