//! Virtual hubs of a Virtual WAN and the networks connected to them.

use ::http::Method;
use serde::Deserialize;

use super::Error;
use super::client::{Client, optional_by_code};
use super::ids::VhubId;
use super::wire::{List, list, null_as_default};
use crate::http::{Request, Scope};

const API_VERSION: &str = "2024-05-01";

/// A virtual hub.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "VhubWire")]
pub struct VirtualHub {
    /// The id in the service's spelling.
    pub id: String,
    /// The region.
    pub location: Option<String>,
    /// The hub's own block in CIDR notation.
    pub address_prefix: Option<String>,
    /// `Succeeded` when nothing is going on.
    pub provisioning_state: Option<String>,
    /// `Provisioned` when the hub's router works.
    pub routing_state: Option<String>,
}

/// A network's connection to a hub.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "ConnectionWire")]
pub struct HubConnection {
    /// The id of the connected network.
    pub remote_vnet_id: Option<String>,
}

#[derive(Deserialize)]
struct VhubWire {
    #[serde(default, deserialize_with = "null_as_default")]
    id: String,
    location: Option<String>,
    properties: VhubProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VhubProperties {
    address_prefix: Option<String>,
    provisioning_state: Option<String>,
    routing_state: Option<String>,
}

#[derive(Deserialize)]
struct ConnectionWire {
    #[serde(default, deserialize_with = "null_as_default")]
    properties: ConnectionProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConnectionProperties {
    remote_virtual_network: Option<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    id: Option<String>,
}

impl From<VhubWire> for VirtualHub {
    fn from(wire: VhubWire) -> Self {
        Self {
            id: wire.id,
            location: wire.location,
            address_prefix: wire.properties.address_prefix,
            provisioning_state: wire.properties.provisioning_state,
            routing_state: wire.properties.routing_state,
        }
    }
}

impl From<ConnectionWire> for HubConnection {
    fn from(wire: ConnectionWire) -> Self {
        Self {
            remote_vnet_id: wire
                .properties
                .remote_virtual_network
                .and_then(|reference| reference.id),
        }
    }
}

impl Client {
    /// The hub; `None` where it, its resource group or its subscription does not exist.
    ///
    /// # Errors
    /// Any refusal but one that says by its code that it does not exist.
    pub async fn get_virtual_hub(
        &self,
        scope: &Scope,
        id: &VhubId,
    ) -> Result<Option<VirtualHub>, Error> {
        let request = Request::raw_path(Method::GET, id.as_arm_id().as_str())
            .query("api-version", API_VERSION);
        optional_by_code(self.arm().json(scope, request).await)
    }

    /// The networks connected to a hub.
    #[must_use]
    pub fn list_hub_connections(&self, id: &VhubId) -> List<HubConnection> {
        let segments = id
            .as_arm_id()
            .segments()
            .chain(["hubVirtualNetworkConnections"]);
        list(
            self.arm(),
            Request::get(segments).query("api-version", API_VERSION),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hubs_and_connections_are_read() {
        let hub: VirtualHub = serde_json::from_str(
            r#"{"id":"/h","location":"westeurope","properties":{"addressPrefix":"10.2.0.0/23","provisioningState":"Succeeded","routingState":"Provisioned"}}"#,
        )
        .unwrap();
        assert_eq!(hub.address_prefix.as_deref(), Some("10.2.0.0/23"));
        let connection: HubConnection = serde_json::from_str(
            r#"{"id":"/h/c","name":"c","properties":{"remoteVirtualNetwork":{"id":"/v"}}}"#,
        )
        .unwrap();
        assert_eq!(connection.remote_vnet_id.as_deref(), Some("/v"));
    }
}
