//! Looks at the Azure side of what is to be made: the virtual network, the hub with what lies behind it, or the zone with the link's name.

use futures_util::future::join_all;

use crate::azure::ids::{PrivateDnsZoneId, VhubId, VnetId};
use crate::azure::{self, PrivateDnsZone, PrivateDnsZoneLink, VirtualHub, VirtualNetwork};

use super::super::inputs::Place;
use super::super::observations::{Found as _, Look, Unseen};
use super::azure::{Azure, read_vnet};
use super::{OF_NO_USE, look};

/// What was seen of the Azure side; all but one of it is of no use.
pub(super) struct Places {
    pub(super) vnet: Look<Option<VirtualNetwork>>,
    pub(super) hub: Look<Option<VirtualHub>>,
    pub(super) behind: Vec<(VnetId, VirtualNetwork)>,
    pub(super) zone: Look<Option<PrivateDnsZone>>,
    pub(super) link: Look<Option<PrivateDnsZoneLink>>,
}

impl Places {
    fn none(why: &Unseen) -> Self {
        Self {
            vnet: Err(why.clone()),
            hub: Err(why.clone()),
            behind: Vec::new(),
            zone: Err(why.clone()),
            link: Err(why.clone()),
        }
    }
}

impl Azure<'_> {
    pub(super) async fn places(&self) -> Places {
        let (client, place) = match self.place() {
            Ok(place) => place,
            // Whatever is asked about says why it was not looked at.
            Err(why) => return Places::none(&why),
        };
        let none = Places::none(&Unseen::NotAsked(OF_NO_USE.to_owned()));
        match place {
            Place::Vnet(id) => Places {
                vnet: read_vnet(client, self.scope, id).await,
                ..none
            },
            Place::Vhub(id) => {
                let (hub, behind) = tokio::join!(self.hub(client, id), self.behind(client, id));
                Places {
                    hub,
                    behind,
                    ..none
                }
            }
            Place::Zone(id) => {
                let (zone, link) = tokio::join!(self.zone(client, id), self.link(client, id));
                Places { zone, link, ..none }
            }
        }
    }

    async fn hub(&self, client: &azure::Client, id: &VhubId) -> Look<Option<VirtualHub>> {
        let answer = client.get_virtual_hub(self.scope, id).await;
        look(
            &format!("the virtual hub {id}"),
            "Microsoft.Network/virtualHubs/read there, as in the role Reader",
            answer,
        )
    }

    /// The virtual networks that the hub is connected with. Kong's own is in another tenant, so that what cannot be read is no fault.
    async fn behind(&self, client: &azure::Client, id: &VhubId) -> Vec<(VnetId, VirtualNetwork)> {
        let connections = client.list_hub_connections(id).collect(self.scope).await;
        let connections = connections.unwrap_or_else(|error| {
            tracing::debug!("the connections of {id} were not read: {error}");
            Vec::new()
        });
        let named = connections
            .iter()
            .filter_map(|connection| connection.remote_vnet_id.as_deref()?.parse().ok());
        let read = named.map(async |vnet_id: VnetId| {
            let vnet = read_vnet(client, self.scope, &vnet_id).await;
            vnet.found().cloned().map(|vnet| (vnet_id, vnet))
        });
        join_all(read).await.into_iter().flatten().collect()
    }

    async fn zone(
        &self,
        client: &azure::Client,
        id: &PrivateDnsZoneId,
    ) -> Look<Option<PrivateDnsZone>> {
        let answer = client.get_private_dns_zone(self.scope, id).await;
        look(
            &format!("the private DNS zone {id}"),
            "Microsoft.Network/privateDnsZones/read there, as in the role Reader",
            answer,
        )
    }

    async fn link(
        &self,
        client: &azure::Client,
        id: &PrivateDnsZoneId,
    ) -> Look<Option<PrivateDnsZoneLink>> {
        let Some(name) = self.inputs.link_name.as_deref() else {
            return Err(Unseen::NotAsked(
                "Which name the link gets is not known yet.".to_owned(),
            ));
        };
        let answer = client.get_private_dns_zone_link(self.scope, id, name).await;
        look(
            &format!("the links of the private DNS zone {id}"),
            "Microsoft.Network/privateDnsZones/virtualNetworkLinks/read there, as in the role Reader",
            answer,
        )
    }
}
