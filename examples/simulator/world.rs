//! What exists: one Entra tenant with its Azure subscriptions, and one Konnect organisation.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::clock::{self, Moment};
use crate::settings::Settings;

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct World {
    pub(crate) tenant_id: String,
    pub(crate) tenant_domain: String,
    /// The tenant in which Kong's half of every peering lives.
    pub(crate) kong_tenant_id: String,
    pub(crate) caller: Caller,
    pub(crate) subscriptions: Vec<Subscription>,
    pub(crate) resource_groups: Vec<ResourceGroup>,
    pub(crate) virtual_networks: Vec<VirtualNetwork>,
    pub(crate) virtual_hubs: Vec<VirtualHub>,
    pub(crate) private_dns_zones: Vec<PrivateDnsZone>,
    pub(crate) applications: Vec<Application>,
    pub(crate) directory_objects: Vec<DirectoryObject>,
    pub(crate) service_principals: Vec<ServicePrincipal>,
    pub(crate) role_definitions: Vec<RoleDefinition>,
    pub(crate) role_assignments: Vec<RoleAssignment>,
    pub(crate) deny_assignments: Vec<DenyAssignment>,
    pub(crate) locks: Vec<Lock>,
    pub(crate) konnect_tokens: Vec<KonnectToken>,
    pub(crate) provider_accounts: Vec<ProviderAccount>,
    pub(crate) networks: Vec<Network>,
    pub(crate) configuration_references: Vec<ConfigurationReference>,
    pub(crate) transit_gateways: Vec<TransitGateway>,
    pub(crate) private_dns: Vec<PrivateDns>,
    pub(crate) settings: Settings,
}

impl World {
    pub(crate) fn network(&self, id: &str) -> Option<&Network> {
        self.networks
            .iter()
            .find(|network| network.id.eq_ignore_ascii_case(id))
    }

    pub(crate) fn virtual_network(&self, id: &str) -> Option<&VirtualNetwork> {
        self.virtual_networks
            .iter()
            .find(|found| found.id().eq_ignore_ascii_case(id))
    }

    pub(crate) fn has_resource_group(&self, subscription_id: &str, name: &str) -> bool {
        self.resource_groups.iter().any(|group| {
            group.subscription_id.eq_ignore_ascii_case(subscription_id)
                && group.name.eq_ignore_ascii_case(name)
        })
    }

    pub(crate) fn has_subscription(&self, id: &str) -> bool {
        self.subscriptions
            .iter()
            .any(|subscription| subscription.id.eq_ignore_ascii_case(id))
    }

    /// The provider (`azure`, `aws`, `gcp`) behind a network, by its account.
    pub(crate) fn provider_of(&self, network: &Network) -> Option<&str> {
        self.provider_accounts
            .iter()
            .find(|account| account.id == network.cloud_gateway_provider_account_id)
            .map(|account| account.provider.as_str())
    }
}

pub(crate) fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

fn yes() -> bool {
    true
}

fn first_version() -> u64 {
    1
}

fn connected() -> String {
    "Connected".to_owned()
}

fn in_sync() -> String {
    "FullyInSync".to_owned()
}

fn location() -> String {
    "eastus2".to_owned()
}

fn ready() -> String {
    "ready".to_owned()
}

fn admin() -> String {
    "network-admin".to_owned()
}

/// The application whose credentials the provider under test holds.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(crate) struct Caller {
    pub(crate) client_id: String,
    pub(crate) object_id: String,
    pub(crate) display_name: String,
    #[serde(default, skip_serializing)]
    pub(crate) client_secret: String,
    /// Certificates registered for client assertions, PEM or base64 DER; when empty, any well-formed certificate assertion passes.
    #[serde(default)]
    pub(crate) certificates: Vec<String>,
    /// Federated credentials; when empty, any well-formed token of another issuer passes.
    #[serde(default)]
    pub(crate) federated_credentials: Vec<FederatedCredential>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FederatedCredential {
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) audience: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) display_name: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResourceGroup {
    pub(crate) subscription_id: String,
    pub(crate) name: String,
    #[serde(default = "location")]
    pub(crate) location: String,
}

impl ResourceGroup {
    pub(crate) fn id(&self) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{}",
            self.subscription_id, self.name
        )
    }
}

fn network_resource_id(
    subscription_id: &str,
    resource_group: &str,
    kind: &str,
    name: &str,
) -> String {
    format!(
        "/subscriptions/{subscription_id}/resourceGroups/{resource_group}/providers/Microsoft.Network/{kind}/{name}"
    )
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VirtualNetwork {
    pub(crate) subscription_id: String,
    pub(crate) resource_group: String,
    pub(crate) name: String,
    #[serde(default = "location")]
    pub(crate) location: String,
    pub(crate) address_prefixes: Vec<String>,
    #[serde(default)]
    pub(crate) subnets: Vec<Subnet>,
    #[serde(default)]
    pub(crate) peerings: Vec<AzurePeering>,
    #[serde(default = "new_id")]
    pub(crate) resource_guid: String,
}

impl VirtualNetwork {
    pub(crate) fn id(&self) -> String {
        network_resource_id(
            &self.subscription_id,
            &self.resource_group,
            "virtualNetworks",
            &self.name,
        )
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subnet {
    pub(crate) name: String,
    pub(crate) address_prefix: String,
}

/// The half of a peering that lies on the customer's virtual network.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AzurePeering {
    pub(crate) name: String,
    #[serde(default = "connected")]
    pub(crate) state: String,
    #[serde(default = "in_sync")]
    pub(crate) sync_level: String,
    #[serde(default)]
    pub(crate) remote_virtual_network_id: String,
    #[serde(default)]
    pub(crate) remote_address_prefixes: Vec<String>,
    /// The Konnect transit gateway that made it; empty for any other peering.
    #[serde(default)]
    pub(crate) transit_gateway_id: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VirtualHub {
    pub(crate) subscription_id: String,
    pub(crate) resource_group: String,
    pub(crate) name: String,
    #[serde(default = "location")]
    pub(crate) location: String,
    pub(crate) address_prefix: String,
    #[serde(default)]
    pub(crate) connections: Vec<HubConnection>,
}

impl VirtualHub {
    pub(crate) fn id(&self) -> String {
        network_resource_id(
            &self.subscription_id,
            &self.resource_group,
            "virtualHubs",
            &self.name,
        )
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HubConnection {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) remote_virtual_network_id: String,
    #[serde(default)]
    pub(crate) transit_gateway_id: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PrivateDnsZone {
    pub(crate) subscription_id: String,
    pub(crate) resource_group: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) links: Vec<VirtualNetworkLink>,
}

impl PrivateDnsZone {
    pub(crate) fn id(&self) -> String {
        network_resource_id(
            &self.subscription_id,
            &self.resource_group,
            "privateDnsZones",
            &self.name,
        )
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VirtualNetworkLink {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) virtual_network_id: String,
    #[serde(default)]
    pub(crate) registration_enabled: bool,
    #[serde(default)]
    pub(crate) private_dns_id: String,
}

/// An application registration, of this tenant or of another one that made it multi-tenant.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Application {
    #[serde(default = "new_id")]
    pub(crate) id: String,
    pub(crate) app_id: String,
    #[serde(default)]
    pub(crate) display_name: String,
    pub(crate) owner_tenant_id: String,
}

/// A user or group, known so that its id given for a service principal's can be refused by type.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DirectoryObject {
    #[serde(default = "new_id")]
    pub(crate) id: String,
    /// `User` or `Group`.
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) display_name: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServicePrincipal {
    #[serde(default = "new_id")]
    pub(crate) id: String,
    pub(crate) app_id: String,
    #[serde(default)]
    pub(crate) display_name: String,
    #[serde(default = "yes")]
    pub(crate) account_enabled: bool,
    #[serde(default)]
    pub(crate) app_owner_organization_id: String,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) notes: Option<String>,
    #[serde(default)]
    pub(crate) tags: Vec<String>,
    #[serde(default = "clock::entra_timestamp")]
    pub(crate) created_at: String,
    #[serde(default)]
    pub(crate) readable_from: Moment,
    #[serde(default)]
    pub(crate) known_to_resource_manager_from: Moment,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleContent {
    pub(crate) role_name: String,
    #[serde(default)]
    pub(crate) description: String,
    #[serde(default)]
    pub(crate) actions: Vec<String>,
    #[serde(default)]
    pub(crate) not_actions: Vec<String>,
    #[serde(default)]
    pub(crate) data_actions: Vec<String>,
    #[serde(default)]
    pub(crate) not_data_actions: Vec<String>,
    #[serde(default)]
    pub(crate) assignable_scopes: Vec<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleDefinition {
    /// The GUID: a role's name in Resource Manager.
    #[serde(default = "new_id")]
    pub(crate) id: String,
    pub(crate) content: RoleContent,
    #[serde(default)]
    pub(crate) built_in: bool,
    #[serde(default = "clock::azure_timestamp")]
    pub(crate) created_on: String,
    #[serde(default = "clock::azure_timestamp")]
    pub(crate) updated_on: String,
    #[serde(default)]
    pub(crate) readable_from: Moment,
    /// What reads still show while an update replicates, and until when.
    #[serde(default)]
    pub(crate) stale: Option<(Moment, RoleContent)>,
    #[serde(default)]
    pub(crate) deleted: Option<DeletedRole>,
}

/// A deleted role lingers: readable for a while, and its name taken for a while.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeletedRole {
    pub(crate) readable_until: Moment,
    pub(crate) name_taken_until: Moment,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleAssignment {
    /// The GUID that names it.
    #[serde(default = "new_id")]
    pub(crate) id: String,
    pub(crate) scope: String,
    /// GUID of the role definition.
    pub(crate) role_definition: String,
    pub(crate) principal_id: String,
    #[serde(default = "service_principal_type")]
    pub(crate) principal_type: String,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) condition: Option<String>,
    #[serde(default)]
    pub(crate) condition_version: Option<String>,
    #[serde(default = "clock::azure_timestamp")]
    pub(crate) created_on: String,
    #[serde(default = "clock::azure_timestamp")]
    pub(crate) updated_on: String,
    #[serde(default)]
    pub(crate) readable_from: Moment,
    #[serde(default)]
    pub(crate) effective_from: Moment,
}

fn service_principal_type() -> String {
    "ServicePrincipal".to_owned()
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DenyAssignment {
    #[serde(default = "new_id")]
    pub(crate) id: String,
    pub(crate) scope: String,
    #[serde(default)]
    pub(crate) name: String,
    pub(crate) actions: Vec<String>,
    #[serde(default)]
    pub(crate) not_actions: Vec<String>,
    /// Principals denied; empty means everyone.
    #[serde(default)]
    pub(crate) principal_ids: Vec<String>,
}

/// A management lock: role assignments below it can be made, not deleted.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lock {
    #[serde(default = "new_id")]
    pub(crate) id: String,
    pub(crate) scope: String,
    #[serde(default)]
    pub(crate) name: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KonnectToken {
    #[serde(default = "new_id")]
    pub(crate) id: String,
    #[serde(skip_serializing)]
    pub(crate) token: String,
    /// `network-admin`, `network-viewer` (no private DNS, no writes) or `none`.
    #[serde(default = "admin")]
    pub(crate) role: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the wire's own names")]
pub(crate) struct ProviderAccount {
    #[serde(default = "new_id")]
    pub(crate) id: String,
    pub(crate) provider: String,
    #[serde(default = "new_id")]
    pub(crate) provider_account_id: String,
    #[serde(default = "clock::konnect_timestamp")]
    pub(crate) created_at: String,
    #[serde(default = "clock::konnect_timestamp")]
    pub(crate) updated_at: String,
}

/// A change of state that is due.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    pub(crate) at: Moment,
    /// A state, or `check` and `gone`, which are not states.
    pub(crate) to: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Network {
    #[serde(default = "new_id")]
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) default: bool,
    pub(crate) cloud_gateway_provider_account_id: String,
    pub(crate) region: String,
    pub(crate) availability_zones: Vec<String>,
    pub(crate) cidr_block: String,
    #[serde(default)]
    pub(crate) provider_metadata: Map<String, Value>,
    #[serde(default = "ready")]
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) state_metadata: Map<String, Value>,
    #[serde(default = "first_version")]
    pub(crate) entity_version: u64,
    #[serde(default = "clock::konnect_timestamp")]
    pub(crate) created_at: String,
    #[serde(default = "clock::konnect_timestamp")]
    pub(crate) updated_at: String,
    #[serde(default)]
    pub(crate) next: Option<Step>,
}

/// A configuration that uses a network and so keeps it from being deleted.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfigurationReference {
    #[serde(default = "new_id")]
    pub(crate) id: String,
    pub(crate) network_id: String,
    #[serde(default = "new_id")]
    pub(crate) control_plane_id: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the wire's own names")]
pub(crate) struct TransitGateway {
    #[serde(default = "new_id")]
    pub(crate) id: String,
    pub(crate) network_id: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) dns_config: Vec<Value>,
    #[serde(default)]
    pub(crate) cidr_blocks: Option<Vec<String>>,
    pub(crate) transit_gateway_attachment_config: Map<String, Value>,
    #[serde(default = "ready")]
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) state_metadata: Map<String, Value>,
    #[serde(default = "first_version")]
    pub(crate) entity_version: u64,
    #[serde(default = "clock::konnect_timestamp")]
    pub(crate) created_at: String,
    #[serde(default = "clock::konnect_timestamp")]
    pub(crate) updated_at: String,
    #[serde(default)]
    pub(crate) next: Option<Step>,
}

impl TransitGateway {
    pub(crate) fn config(&self, key: &str) -> &str {
        self.transit_gateway_attachment_config
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The virtual network it names, as an ARM id; `None` for any other kind.
    pub(crate) fn virtual_network_id(&self) -> Option<String> {
        (self.config("kind") == "azure-vnet-peering-attachment").then(|| {
            network_resource_id(
                self.config("subscription_id"),
                self.config("resource_group_name"),
                "virtualNetworks",
                self.config("vnet_name"),
            )
        })
    }

    /// The virtual hub it names, as an ARM id; `None` for any other kind.
    pub(crate) fn virtual_hub_id(&self) -> Option<String> {
        (self.config("kind") == "azure-vhub-peering-attachment").then(|| {
            network_resource_id(
                self.config("subscription_id"),
                self.config("resource_group_name"),
                "virtualHubs",
                self.config("vhub_name"),
            )
        })
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the wire's own names")]
pub(crate) struct PrivateDns {
    #[serde(default = "new_id")]
    pub(crate) id: String,
    pub(crate) network_id: String,
    pub(crate) name: String,
    pub(crate) private_dns_attachment_config: Map<String, Value>,
    #[serde(default = "ready")]
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) state_metadata: Map<String, Value>,
    #[serde(default = "first_version")]
    pub(crate) entity_version: u64,
    #[serde(default = "clock::konnect_timestamp")]
    pub(crate) created_at: String,
    #[serde(default = "clock::konnect_timestamp")]
    pub(crate) updated_at: String,
    #[serde(default)]
    pub(crate) next: Option<Step>,
}

impl PrivateDns {
    pub(crate) fn config(&self, key: &str) -> &str {
        self.private_dns_attachment_config
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The private DNS zone it names, as an ARM id; `None` for any other kind.
    pub(crate) fn zone_id(&self) -> Option<String> {
        (self.config("kind") == "azure-private-hosted-zone-attachment").then(|| {
            network_resource_id(
                self.config("peer_subscription_id"),
                self.config("peer_resource_group_id"),
                "privateDnsZones",
                self.config("domain_name"),
            )
        })
    }
}
