//! Private DNS attachments: outbound resolvers, which can be changed, and hosted zones, which cannot.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use super::client::{Client, all_of, network_path};
use super::create::{New, once};
use super::error::Error;
use super::ids::{NetworkId, PrivateDnsId};
use super::lenient::{folded_address, folded_domain, integer, member, or_default};
use super::page::{List, list};
use super::state::{PrivateDnsState, StateMetadata};
use crate::http::{Request, Scope};

const AZURE_RESOLVER: &str = "azure-outbound-resolver";
const AZURE_ZONE: &str = "azure-private-hosted-zone-attachment";
const PATH: &str = "private-dns";

/// A private DNS attachment as Konnect describes it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct PrivateDns {
    /// Its id.
    pub id: PrivateDnsId,
    /// Its name.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// Its state.
    #[serde(default)]
    pub state: PrivateDnsState,
    /// What the infrastructure reports.
    #[serde(default, deserialize_with = "StateMetadata::read")]
    pub state_metadata: Option<StateMetadata>,
    /// What it resolves, and how.
    #[serde(rename = "private_dns_attachment_config")]
    pub config: PrivateDnsConfig,
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

/// What a private DNS attachment resolves, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrivateDnsConfig {
    /// Forwards domains to servers in an Azure network.
    AzureOutboundResolver {
        /// The servers' addresses by domain, in order.
        dns_config: BTreeMap<String, Vec<String>>,
    },
    /// Links an Azure private DNS zone to the network.
    AzureHostedZone {
        /// The zone's name.
        domain_name: String,
        /// The zone's Entra tenant.
        peer_tenant_id: String,
        /// The zone's subscription.
        peer_subscription_id: String,
        /// The **name** of the zone's resource group: the published examples hold names in spite of the key.
        peer_resource_group_id: String,
        /// The name of the link that Konnect will make on the zone.
        peer_vnet_link_name: String,
    },
    /// A kind that is not ours to manage, by its name.
    Other(String),
}

/// A private DNS attachment to be created, or the whole of what one is to become.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewPrivateDns {
    /// Its name.
    pub name: String,
    /// What it resolves, and how; [`PrivateDnsConfig::Other`] cannot be sent.
    #[serde(rename = "private_dns_attachment_config")]
    pub config: PrivateDnsConfig,
}

impl PrivateDnsConfig {
    /// The service's name for the kind.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::AzureOutboundResolver { .. } => AZURE_RESOLVER,
            Self::AzureHostedZone { .. } => AZURE_ZONE,
            Self::Other(kind) => kind,
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::AzureOutboundResolver { dns_config } => {
                let domains: BTreeMap<_, _> = dns_config
                    .iter()
                    .map(|(domain, addresses)| {
                        (
                            domain,
                            json!({ "remote_dns_server_ip_addresses": addresses }),
                        )
                    })
                    .collect();
                json!({ "kind": AZURE_RESOLVER, "dns_config": domains })
            }
            Self::AzureHostedZone {
                domain_name,
                peer_tenant_id,
                peer_subscription_id,
                peer_resource_group_id,
                peer_vnet_link_name,
            } => json!({
                "kind": AZURE_ZONE,
                "domain_name": domain_name,
                "peer_tenant_id": peer_tenant_id,
                "peer_subscription_id": peer_subscription_id,
                "peer_resource_group_id": peer_resource_group_id,
                "peer_vnet_link_name": peer_vnet_link_name,
            }),
            Self::Other(kind) => json!({ "kind": kind }),
        }
    }

    /// Whether both mean the same: DNS and Azure compare names without case, a trailing dot says nothing, and an
    /// IPv6 address has many spellings.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::AzureOutboundResolver { dns_config: ours },
                Self::AzureOutboundResolver { dns_config: theirs },
            ) => is_same_forwarding(ours, theirs),
            (Self::AzureHostedZone { .. }, Self::AzureHostedZone { .. }) => {
                self.zone() == other.zone()
            }
            (Self::Other(ours), Self::Other(theirs)) => ours == theirs,
            _ => false,
        }
    }

    /// The parts of a hosted zone as DNS and Azure compare them.
    fn zone(&self) -> Option<[String; 5]> {
        let Self::AzureHostedZone {
            domain_name,
            peer_tenant_id,
            peer_subscription_id,
            peer_resource_group_id,
            peer_vnet_link_name,
        } = self
        else {
            return None;
        };
        Some([
            folded_domain(domain_name),
            peer_tenant_id.to_lowercase(),
            peer_subscription_id.to_lowercase(),
            peer_resource_group_id.to_lowercase(),
            peer_vnet_link_name.to_lowercase(),
        ])
    }
}

/// Whether both forward the same domains to the same servers in the same order, however these are spelled.
#[must_use]
pub fn is_same_forwarding(
    ours: &BTreeMap<String, Vec<String>>,
    theirs: &BTreeMap<String, Vec<String>>,
) -> bool {
    folded(ours) == folded(theirs)
}

fn folded(dns_config: &BTreeMap<String, Vec<String>>) -> BTreeMap<String, Vec<String>> {
    dns_config
        .iter()
        .map(|(domain, addresses)| {
            let addresses = addresses.iter().map(|text| folded_address(text));
            (folded_domain(domain), addresses.collect())
        })
        .collect()
}

impl<'de> Deserialize<'de> for PrivateDnsConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let config = Value::deserialize(deserializer)?;
        let text = |name| member::<String>(&config, name);
        Ok(match text("kind").as_str() {
            AZURE_RESOLVER => {
                let domains: BTreeMap<String, Value> = member(&config, "dns_config");
                let addresses = |entry: &Value| member(entry, "remote_dns_server_ip_addresses");
                Self::AzureOutboundResolver {
                    dns_config: domains
                        .into_iter()
                        .map(|(domain, entry)| (domain, addresses(&entry)))
                        .collect(),
                }
            }
            AZURE_ZONE => Self::AzureHostedZone {
                domain_name: text("domain_name"),
                peer_tenant_id: text("peer_tenant_id"),
                peer_subscription_id: text("peer_subscription_id"),
                peer_resource_group_id: text("peer_resource_group_id"),
                peer_vnet_link_name: text("peer_vnet_link_name"),
            },
            kind => Self::Other(kind.to_owned()),
        })
    }
}

impl Serialize for PrivateDnsConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl PrivateDns {
    /// Whether this has the name and the whole configuration of `new`.
    #[must_use]
    pub fn is_same(&self, new: &NewPrivateDns) -> bool {
        self.name == new.name && self.config.is_same(&new.config)
    }
}

impl Client {
    /// Reads a private DNS attachment.
    ///
    /// # Errors
    /// [`Error::is_not_found`] when there is none, or no such network.
    pub async fn get_private_dns(
        &self,
        scope: &Scope,
        network: &NetworkId,
        id: &PrivateDnsId,
    ) -> Result<PrivateDns, Error> {
        let path = [PATH, &id.to_string()];
        self.read(
            scope,
            Request::get(network_path(&network.to_string(), &path)),
        )
        .await
    }

    /// As [`Client::get_private_dns`], for one of which something is known: where many of a network are read at the same time, they share a
    /// list of them, as far as what it shows is what `is_known` expects.
    ///
    /// # Errors
    /// As [`Client::get_private_dns`].
    pub async fn get_known_private_dns(
        &self,
        scope: &Scope,
        network: &NetworkId,
        id: &PrivateDnsId,
        is_known: &(dyn Fn(&PrivateDns) -> bool + Sync),
    ) -> Result<PrivateDns, Error> {
        let reading = self.private_dns.reading(*network);
        let list = async |scope: Scope| {
            let pages = self.private_dns_in_pages(network);
            Box::pin(pages.by_id(&scope, |object| object.id)).await
        };
        match reading.listed(scope, id, list).await {
            Some(object) if is_known(&object) => Ok(object),
            _ => self.get_private_dns(scope, network, id).await,
        }
    }

    /// Lists a network's private DNS attachments of every kind, or those of exactly the given name.
    ///
    /// # Errors
    /// When the list cannot be read to its end.
    pub async fn list_private_dns(
        &self,
        scope: &Scope,
        network: &NetworkId,
        name: Option<&str>,
    ) -> Result<Vec<PrivateDns>, Error> {
        let mut found: Vec<PrivateDns> = self.list_named(scope, network, PATH, name).await?;
        found.retain(|found| name.is_none_or(|name| found.name == name));
        Ok(found)
    }

    /// A network's private DNS attachments of every kind, page by page.
    #[must_use]
    pub fn private_dns_in_pages(&self, network: &NetworkId) -> List<'_, PrivateDns> {
        list(self, all_of(network, PATH))
    }

    /// Creates a private DNS attachment and does not wait for it; see [`Client::create_transit_gateway`].
    ///
    /// # Errors
    /// As [`Client::create_transit_gateway`].
    pub async fn create_private_dns(
        &self,
        scope: &Scope,
        network: &NetworkId,
        new: &NewPrivateDns,
    ) -> Result<PrivateDns, Error> {
        let _changing = self.private_dns.changing(*network);
        once(self, scope, network, new).await
    }

    /// Changes an outbound resolver into `new`, whole: the map of domains is replaced, not merged. It may have to become ready
    /// again.
    ///
    /// # Errors
    /// [`Error::is_bad_request`] or [`Error::is_conflict`] for a hosted zone, and while the resolver is in transition.
    pub async fn patch_private_dns(
        &self,
        scope: &Scope,
        network: &NetworkId,
        id: &PrivateDnsId,
        new: &NewPrivateDns,
    ) -> Result<PrivateDns, Error> {
        let _changing = self.private_dns.changing(*network);
        let path = [PATH, &id.to_string()];
        let request = Request::patch(network_path(&network.to_string(), &path)).json(new)?;
        self.read(scope, request).await
    }

    /// Asks for a private DNS attachment's deletion and does not wait for it. One that is not there counts as deleted.
    ///
    /// # Errors
    /// [`Error::is_bad_request`] or [`Error::is_conflict`] while it is in transition.
    pub async fn delete_private_dns(
        &self,
        scope: &Scope,
        network: &NetworkId,
        id: &PrivateDnsId,
    ) -> Result<(), Error> {
        let _changing = self.private_dns.changing(*network);
        let (network, id) = (network.to_string(), id.to_string());
        self.remove(scope, &network_path(&network, &[PATH, &id]))
            .await
    }
}

impl New for NewPrivateDns {
    type Object = PrivateDns;

    const PATH: &'static str = PATH;

    fn name(&self) -> &str {
        &self.name
    }

    fn is_made(&self, object: &PrivateDns) -> bool {
        !object.state.is_ending() && object.is_same(self)
    }
}

#[cfg(test)]
mod tests;
