//! Private DNS zones and their links to networks.

use ::http::Method;
use serde::Deserialize;

use super::Error;
use super::client::{Client, optional, optional_by_code};
use super::ids::PrivateDnsZoneId;
use super::wire::null_as_default;
use crate::http::{Request, Scope};

/// Stable since 2020 in every cloud; the newer ones add nothing that is read here.
const API_VERSION: &str = "2020-06-01";

/// A private DNS zone. That it is there is all that is asked about it.
#[derive(Clone, Debug, Deserialize)]
pub struct PrivateDnsZone {}

/// A zone's link to a network.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "LinkWire")]
pub struct PrivateDnsZoneLink {
    /// The id of the linked network.
    pub vnet_id: Option<String>,
}

#[derive(Deserialize)]
struct LinkWire {
    #[serde(default, deserialize_with = "null_as_default")]
    properties: LinkProperties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LinkProperties {
    virtual_network: Option<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    id: Option<String>,
}

impl From<LinkWire> for PrivateDnsZoneLink {
    fn from(wire: LinkWire) -> Self {
        let network = wire.properties.virtual_network;
        Self {
            vnet_id: network.and_then(|reference| reference.id),
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_and_links_are_read() {
        let zone =
            r#"{"id":"/z","name":"example.com","properties":{"numberOfVirtualNetworkLinks":"2"}}"#;
        assert!(serde_json::from_str::<PrivateDnsZone>(zone).is_ok());
        let link: PrivateDnsZoneLink = serde_json::from_str(
            r#"{"id":"/z/l","name":"l","properties":{"virtualNetwork":{"id":"/v"},"registrationEnabled":"odd"}}"#,
        )
        .unwrap();
        assert_eq!(link.vnet_id.as_deref(), Some("/v"));
    }
}
