//! Transit gateways: a network's peerings. The Azure kinds cannot be changed, only created and deleted.

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::client::{Client, all_of, network_path};
use super::create::{New, once};
use super::error::Error;
use super::ids::{NetworkId, TransitGatewayId};
use super::lenient::{folded_address, folded_domain, integer, member, or_default};
use super::page::{List, list};
use super::state::{StateMetadata, TransitGatewayState};
use crate::http::{Request, Scope};

const AZURE_VNET: &str = "azure-vnet-peering-attachment";
const AZURE_VHUB: &str = "azure-vhub-peering-attachment";
const PATH: &str = "transit-gateways";

/// A transit gateway as Konnect describes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TransitGateway {
    /// Its id.
    pub id: TransitGatewayId,
    /// Its name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// Its state.
    #[serde(default)]
    pub state: TransitGatewayState,
    /// What the infrastructure reports.
    #[serde(default, deserialize_with = "StateMetadata::read")]
    pub state_metadata: Option<StateMetadata>,
    /// What it attaches to.
    #[serde(rename = "transit_gateway_attachment_config")]
    pub attachment: Attachment,
    /// Which domains are resolved by which servers behind it.
    #[serde(default, deserialize_with = "or_default")]
    pub dns_config: Vec<DnsConfig>,
    /// Grows with every change.
    #[serde(default, deserialize_with = "integer")]
    pub entity_version: i64,
    /// When it was made, as RFC 3339.
    #[serde(default, deserialize_with = "or_default")]
    pub created_at: String,
    /// When it was last changed, as RFC 3339.
    #[serde(default, deserialize_with = "or_default")]
    pub updated_at: String,
}

/// What a transit gateway attaches to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attachment {
    /// An Azure virtual network.
    AzureVnet {
        /// The customer's Entra tenant.
        tenant_id: String,
        /// The virtual network's subscription.
        subscription_id: String,
        /// The virtual network's resource group.
        resource_group_name: String,
        /// The virtual network's name.
        vnet_name: String,
    },
    /// An Azure virtual hub.
    AzureVhub {
        /// The customer's Entra tenant.
        tenant_id: String,
        /// The hub's subscription.
        subscription_id: String,
        /// The hub's resource group.
        resource_group_name: String,
        /// The hub's name.
        vhub_name: String,
    },
    /// A kind that is not ours to manage, by its name.
    Other(String),
}

/// Domains that are resolved by the given servers, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsConfig {
    /// The servers' addresses.
    #[serde(default, deserialize_with = "or_default")]
    pub remote_dns_server_ip_addresses: Vec<String>,
    /// The domains.
    #[serde(default, deserialize_with = "or_default")]
    pub domain_proxy_list: Vec<String>,
}

/// A transit gateway to be created.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewTransitGateway {
    /// Its name, unique within the network.
    pub name: String,
    /// What it attaches to; [`Attachment::Other`] cannot be created.
    #[serde(rename = "transit_gateway_attachment_config")]
    pub attachment: Attachment,
    /// Which domains are resolved by which servers behind it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dns_config: Vec<DnsConfig>,
}

impl Attachment {
    /// The service's name for the kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::AzureVnet { .. } => AZURE_VNET,
            Self::AzureVhub { .. } => AZURE_VHUB,
            Self::Other(kind) => kind,
        }
    }

    /// Kind and members under the service's names.
    fn members(&self) -> Vec<(&'static str, &str)> {
        let (tenant_id, subscription_id, resource_group_name, name) = match self {
            Self::AzureVnet {
                tenant_id,
                subscription_id,
                resource_group_name,
                vnet_name,
            } => (
                tenant_id,
                subscription_id,
                resource_group_name,
                ("vnet_name", vnet_name.as_str()),
            ),
            Self::AzureVhub {
                tenant_id,
                subscription_id,
                resource_group_name,
                vhub_name,
            } => (
                tenant_id,
                subscription_id,
                resource_group_name,
                ("vhub_name", vhub_name.as_str()),
            ),
            Self::Other(kind) => return vec![("kind", kind)],
        };
        vec![
            ("kind", self.kind()),
            ("tenant_id", tenant_id),
            ("subscription_id", subscription_id),
            ("resource_group_name", resource_group_name),
            name,
        ]
    }

    /// Whether both attach to the same thing. Azure compares all of these names without case.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.members(), other.members());
        ours.len() == theirs.len()
            && ours
                .iter()
                .zip(&theirs)
                .all(|(ours, theirs)| ours.0 == theirs.0 && ours.1.eq_ignore_ascii_case(theirs.1))
    }
}

impl<'de> Deserialize<'de> for Attachment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let config = Value::deserialize(deserializer)?;
        let text = |name| member::<String>(&config, name);
        Ok(match text("kind").as_str() {
            AZURE_VNET => Self::AzureVnet {
                tenant_id: text("tenant_id"),
                subscription_id: text("subscription_id"),
                resource_group_name: text("resource_group_name"),
                vnet_name: text("vnet_name"),
            },
            AZURE_VHUB => Self::AzureVhub {
                tenant_id: text("tenant_id"),
                subscription_id: text("subscription_id"),
                resource_group_name: text("resource_group_name"),
                vhub_name: text("vhub_name"),
            },
            kind => Self::Other(kind.to_owned()),
        })
    }
}

impl Serialize for Attachment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.members() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl TransitGateway {
    /// Whether this has the name and the whole configuration of `new`, as the service and Azure compare them.
    #[must_use]
    pub fn is_same(&self, new: &NewTransitGateway) -> bool {
        self.name == new.name
            && self.attachment.is_same(&new.attachment)
            && is_same_dns_config(&self.dns_config, &new.dns_config)
    }
}

/// Whether both mean the same: order counts, the case of domains and the spelling of addresses do not.
#[must_use]
pub fn is_same_dns_config(ours: &[DnsConfig], theirs: &[DnsConfig]) -> bool {
    ours.len() == theirs.len()
        && ours
            .iter()
            .zip(theirs)
            .all(|(ours, theirs)| ours.is_same(theirs))
}

impl DnsConfig {
    /// Whether both mean the same; order counts.
    fn is_same(&self, other: &Self) -> bool {
        let folded = |config: &Self| -> (Vec<String>, Vec<String>) {
            let addresses = config.remote_dns_server_ip_addresses.iter();
            let domains = config.domain_proxy_list.iter();
            (
                addresses.map(|text| folded_address(text)).collect(),
                domains.map(|text| folded_domain(text)).collect(),
            )
        };
        folded(self) == folded(other)
    }
}

impl Client {
    /// Reads a transit gateway.
    ///
    /// # Errors
    /// [`Error::is_not_found`] when there is none, or no such network.
    pub async fn get_transit_gateway(
        &self,
        scope: &Scope,
        network: &NetworkId,
        id: &TransitGatewayId,
    ) -> Result<TransitGateway, Error> {
        let path = [PATH, &id.to_string()];
        self.read(
            scope,
            Request::get(network_path(&network.to_string(), &path)),
        )
        .await
    }

    /// As [`Client::get_transit_gateway`], for one of which something is known: where many of a network are read at the same time, they share a
    /// list of them, as far as what it shows is what `is_known` expects.
    ///
    /// # Errors
    /// As [`Client::get_transit_gateway`].
    pub async fn get_known_transit_gateway(
        &self,
        scope: &Scope,
        network: &NetworkId,
        id: &TransitGatewayId,
        is_known: &(dyn Fn(&TransitGateway) -> bool + Sync),
    ) -> Result<TransitGateway, Error> {
        let reading = self.transit_gateways.reading(*network);
        let list = async |scope: Scope| {
            let pages = self.transit_gateways_in_pages(network);
            Box::pin(pages.by_id(&scope, |object| object.id)).await
        };
        match reading.listed(scope, id, list).await {
            Some(object) if is_known(&object) => Ok(object),
            _ => self.get_transit_gateway(scope, network, id).await,
        }
    }

    /// Lists a network's transit gateways of every kind, or those of exactly the given name.
    ///
    /// # Errors
    /// When the list cannot be read to its end.
    pub async fn list_transit_gateways(
        &self,
        scope: &Scope,
        network: &NetworkId,
        name: Option<&str>,
    ) -> Result<Vec<TransitGateway>, Error> {
        let mut found: Vec<TransitGateway> = self.list_named(scope, network, PATH, name).await?;
        found.retain(|found| name.is_none_or(|name| found.name == name));
        Ok(found)
    }

    /// A network's transit gateways of every kind, page by page.
    #[must_use]
    pub fn transit_gateways_in_pages(&self, network: &NetworkId) -> List<'_, TransitGateway> {
        list(self, all_of(network, PATH))
    }

    /// Creates a transit gateway, of whose name there is none, and does not wait for it. When an answer is lost, an equal object is the one that
    /// this call made, and nothing is sent again.
    ///
    /// # Errors
    /// [`Error::is_field_fault`] and [`Error::is_name_taken`] are final. Any other [`Error::is_bad_request`] can mean that the
    /// network is not ready. [`is_outcome_unknown`](crate::http::Error::is_outcome_unknown) when it is not known whether the object exists.
    pub async fn create_transit_gateway(
        &self,
        scope: &Scope,
        network: &NetworkId,
        new: &NewTransitGateway,
    ) -> Result<TransitGateway, Error> {
        let _changing = self.transit_gateways.changing(*network);
        once(self, scope, network, new).await
    }

    /// Asks for a transit gateway's deletion and does not wait for it. One that is not there counts as deleted.
    ///
    /// # Errors
    /// [`Error::is_bad_request`] or [`Error::is_conflict`] while it is in transition.
    pub async fn delete_transit_gateway(
        &self,
        scope: &Scope,
        network: &NetworkId,
        id: &TransitGatewayId,
    ) -> Result<(), Error> {
        let _changing = self.transit_gateways.changing(*network);
        let (network, id) = (network.to_string(), id.to_string());
        self.remove(scope, &network_path(&network, &[PATH, &id]))
            .await
    }
}

impl New for NewTransitGateway {
    type Object = TransitGateway;

    const PATH: &'static str = PATH;

    fn name(&self) -> &str {
        &self.name
    }

    fn is_made(&self, object: &TransitGateway) -> bool {
        !object.state.is_ending() && object.is_same(self)
    }
}

#[cfg(test)]
mod tests;
