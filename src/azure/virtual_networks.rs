//! Virtual networks with their address spaces and peerings.

use ::http::Method;
use serde::Deserialize;

use super::Error;
use super::client::{Client, optional};
use super::ids::VnetId;
use super::wire::{null_as_default, remote_enum};
use crate::http::{Request, Scope};

/// Newer stable versions exist; the fields read here are the same in them.
const API_VERSION: &str = "2024-05-01";

remote_enum! {
    /// How far a peering has come.
    PeeringState {
        /// Only this half exists.
        Initiated = "Initiated",
        /// Both halves exist and traffic flows.
        Connected = "Connected",
        /// The other half was deleted; this one has to go before a new peering.
        Disconnected = "Disconnected",
    }
}

remote_enum! {
    /// Whether both halves of a peering know the same address spaces.
    PeeringSyncLevel {
        /// They do.
        FullyInSync = "FullyInSync",
        /// The other network's half is behind.
        RemoteNotInSync = "RemoteNotInSync",
        /// This network's half is behind.
        LocalNotInSync = "LocalNotInSync",
        /// Both are behind.
        LocalAndRemoteNotInSync = "LocalAndRemoteNotInSync",
    }
}

/// A virtual network.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "VnetWire")]
pub struct VirtualNetwork {
    /// The id in the service's spelling.
    pub id: String,
    /// The region.
    pub location: Option<String>,
    /// How far the last change of the network has come, where the service says: `Succeeded`, `Updating`, `Deleting`, `Failed`.
    pub provisioning_state: Option<String>,
    /// The address space: IPv4 and IPv6 blocks in CIDR notation.
    pub address_prefixes: Vec<String>,
    /// The peerings this network takes part in.
    pub peerings: Vec<VnetPeering>,
}

/// This network's half of a peering.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "PeeringWire")]
pub struct VnetPeering {
    /// The id in the service's spelling.
    pub id: String,
    /// Its name within the network.
    pub name: String,
    /// How far it has come, where the service says.
    pub state: Option<PeeringState>,
    /// Whether both halves agree, where the service says.
    pub sync_level: Option<PeeringSyncLevel>,
    /// The id of the network on the other side.
    pub remote_vnet_id: Option<String>,
    /// The other side's blocks, as peered and as they are now.
    pub remote_address_prefixes: Vec<String>,
}

#[derive(Deserialize)]
struct VnetWire {
    #[serde(default, deserialize_with = "null_as_default")]
    id: String,
    location: Option<String>,
    properties: VnetProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VnetProperties {
    provisioning_state: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    address_space: AddressSpace,
    #[serde(default, deserialize_with = "null_as_default")]
    virtual_network_peerings: Vec<VnetPeering>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AddressSpace {
    #[serde(default, deserialize_with = "null_as_default")]
    address_prefixes: Vec<String>,
}

#[derive(Deserialize)]
struct PeeringWire {
    #[serde(default, deserialize_with = "null_as_default")]
    id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    properties: PeeringProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PeeringProperties {
    peering_state: Option<PeeringState>,
    peering_sync_level: Option<PeeringSyncLevel>,
    remote_virtual_network: Option<Reference>,
    #[serde(default, deserialize_with = "null_as_default")]
    remote_address_space: AddressSpace,
    #[serde(default, deserialize_with = "null_as_default")]
    remote_virtual_network_address_space: AddressSpace,
}

#[derive(Deserialize)]
struct Reference {
    id: Option<String>,
}

impl From<VnetWire> for VirtualNetwork {
    fn from(wire: VnetWire) -> Self {
        let VnetProperties {
            provisioning_state,
            address_space,
            virtual_network_peerings,
        } = wire.properties;
        Self {
            id: wire.id,
            location: wire.location,
            provisioning_state,
            address_prefixes: address_space.address_prefixes,
            peerings: virtual_network_peerings,
        }
    }
}

impl From<PeeringWire> for VnetPeering {
    fn from(wire: PeeringWire) -> Self {
        let PeeringProperties {
            peering_state,
            peering_sync_level,
            remote_virtual_network,
            remote_address_space,
            remote_virtual_network_address_space,
        } = wire.properties;
        let mut prefixes = remote_address_space.address_prefixes;
        for prefix in remote_virtual_network_address_space.address_prefixes {
            if !prefixes.contains(&prefix) {
                prefixes.push(prefix);
            }
        }
        Self {
            id: wire.id,
            name: wire.name,
            state: peering_state,
            sync_level: peering_sync_level,
            remote_vnet_id: remote_virtual_network.and_then(|reference| reference.id),
            remote_address_prefixes: prefixes,
        }
    }
}

impl Client {
    /// The network with its peerings; `None` where it, its resource group or its subscription does not exist.
    ///
    /// # Errors
    /// Any refusal but "not found".
    pub async fn get_virtual_network(
        &self,
        scope: &Scope,
        id: &VnetId,
    ) -> Result<Option<VirtualNetwork>, Error> {
        let request = Request::raw_path(Method::GET, id.as_arm_id().as_str())
            .query("api-version", API_VERSION);
        optional(self.arm().json(scope, request).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_spaces_and_both_sides_of_peerings_are_read() {
        let vnet: VirtualNetwork = serde_json::from_value(serde_json::json!({
            "id": "/v", "name": "v", "location": "westeurope", "etag": "W/\"1\"",
            "properties": {
                "provisioningState": "Succeeded",
                "addressSpace": {"addressPrefixes": ["10.1.0.0/16", "fd00::/48"]},
                "subnets": [{"properties": {"addressPrefixes": ["10.1.0.0/24"]}}],
                "virtualNetworkPeerings": [
                    {"id": "/v/p", "name": "p", "properties": {
                        "peeringState": "connected", "peeringSyncLevel": "Sideways",
                        "remoteVirtualNetwork": {"id": "/r"},
                        "remoteAddressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
                        "remoteVirtualNetworkAddressSpace": {"addressPrefixes": ["10.0.0.0/16", "10.9.0.0/16"]}}},
                    {"id": "/v/q", "name": "q", "properties": null}
                ]
            }
        }))
        .unwrap();
        assert_eq!(vnet.address_prefixes, ["10.1.0.0/16", "fd00::/48"]);
        let [first, second] = vnet.peerings.as_slice() else {
            panic!("two peerings")
        };
        assert_eq!(first.state, Some(PeeringState::Connected));
        assert_eq!(
            first.sync_level,
            Some(PeeringSyncLevel::Unknown("Sideways".into()))
        );
        assert_eq!(
            first.remote_address_prefixes,
            ["10.0.0.0/16", "10.9.0.0/16"]
        );
        assert_eq!(second.state, None);
    }

    #[test]
    fn a_network_without_anything_is_read() {
        let vnet: VirtualNetwork = serde_json::from_str(
            r#"{"properties":{"addressSpace":null,"virtualNetworkPeerings":null}}"#,
        )
        .unwrap();
        assert!(vnet.address_prefixes.is_empty() && vnet.peerings.is_empty());
    }
}
