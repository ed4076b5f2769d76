//! Private DNS zones and their links to networks.

use ::http::Method;
use serde::Deserialize;

use super::Error;
use super::client::{Client, optional, optional_by_code};
use super::ids::PrivateDnsZoneId;
use super::wire::{List, list, null_as_default};
use crate::http::{Request, Scope};

/// Stable since 2020 in every cloud; the newer ones add nothing that is read here.
const API_VERSION: &str = "2020-06-01";

/// A private DNS zone.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "ZoneWire")]
pub struct PrivateDnsZone {
    /// The id in the service's spelling.
    pub id: String,
    /// The domain.
    pub name: String,
    /// How many networks it is linked to.
    pub link_count: Option<u64>,
    /// `Succeeded` when nothing is going on.
    pub provisioning_state: Option<String>,
}

/// A zone's link to a network.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "LinkWire")]
pub struct PrivateDnsZoneLink {
    /// The id in the service's spelling.
    pub id: String,
    /// Its name within the zone.
    pub name: String,
    /// The id of the linked network.
    pub vnet_id: Option<String>,
    /// `Completed` when the link works.
    pub link_state: Option<String>,
    /// Whether the network's machines enter their own names.
    pub registration_enabled: bool,
}

#[derive(Deserialize)]
struct ZoneWire {
    #[serde(default, deserialize_with = "null_as_default")]
    id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    properties: ZoneProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ZoneProperties {
    number_of_virtual_network_links: Option<u64>,
    provisioning_state: Option<String>,
}

#[derive(Deserialize)]
struct LinkWire {
    #[serde(default, deserialize_with = "null_as_default")]
    id: String,
    #[serde(default, deserialize_with = "null_as_default")]
    name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    properties: LinkProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LinkProperties {
    virtual_network: Option<Reference>,
    virtual_network_link_state: Option<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    registration_enabled: bool,
}

#[derive(Deserialize)]
struct Reference {
    id: Option<String>,
}

impl From<ZoneWire> for PrivateDnsZone {
    fn from(wire: ZoneWire) -> Self {
        Self {
            id: wire.id,
            name: wire.name,
            link_count: wire.properties.number_of_virtual_network_links,
            provisioning_state: wire.properties.provisioning_state,
        }
    }
}

impl From<LinkWire> for PrivateDnsZoneLink {
    fn from(wire: LinkWire) -> Self {
        let LinkProperties {
            virtual_network,
            virtual_network_link_state,
            registration_enabled,
        } = wire.properties;
        Self {
            id: wire.id,
            name: wire.name,
            vnet_id: virtual_network.and_then(|reference| reference.id),
            link_state: virtual_network_link_state,
            registration_enabled,
        }
    }
}

impl Client {
    /// The zone; `None` where it, its resource group or its subscription does not exist.
    ///
    /// # Errors
    /// Any refusal but one that says by its code that it does not exist.
    pub async fn get_private_dns_zone(
        &self,
        scope: &Scope,
        id: &PrivateDnsZoneId,
    ) -> Result<Option<PrivateDnsZone>, Error> {
        let request = Request::raw_path(Method::GET, id.as_arm_id().as_str())
            .query("api-version", API_VERSION);
        optional_by_code(self.arm().json(scope, request).await)
    }

    /// One of the zone's links; `None` where there is none of this name.
    ///
    /// # Errors
    /// Any refusal but "not found".
    pub async fn get_private_dns_zone_link(
        &self,
        scope: &Scope,
        zone: &PrivateDnsZoneId,
        name: &str,
    ) -> Result<Option<PrivateDnsZoneLink>, Error> {
        let segments = zone
            .as_arm_id()
            .segments()
            .chain(["virtualNetworkLinks", name]);
        let request = Request::get(segments).query("api-version", API_VERSION);
        optional(self.arm().json(scope, request).await)
    }

    /// The zone's links.
    #[must_use]
    pub fn list_private_dns_zone_links(&self, zone: &PrivateDnsZoneId) -> List<PrivateDnsZoneLink> {
        let segments = zone.as_arm_id().segments().chain(["virtualNetworkLinks"]);
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
    fn zones_and_links_are_read() {
        let zone: PrivateDnsZone = serde_json::from_str(
            r#"{"id":"/z","name":"example.com","properties":{"numberOfVirtualNetworkLinks":2}}"#,
        )
        .unwrap();
        assert_eq!(zone.link_count, Some(2));
        let link: PrivateDnsZoneLink = serde_json::from_str(
            r#"{"id":"/z/l","name":"l","properties":{"virtualNetwork":{"id":"/v"},"registrationEnabled":null,"virtualNetworkLinkState":"Completed"}}"#,
        )
        .unwrap();
        assert_eq!(
            (link.vnet_id.as_deref(), link.link_state.as_deref()),
            (Some("/v"), Some("Completed"))
        );
    }
}
