//! Everything about the local cloud's behaviour that a test or a demo may switch, through `POST /world`.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) durations: Durations,
    pub(crate) lag: Lag,
    pub(crate) rights: Rights,
    pub(crate) azure: AzureSettings,
    pub(crate) konnect: KonnectSettings,
    pub(crate) limits: Limits,
}

/// How fast and how much each service answers.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    /// Real milliseconds before every answer.
    pub(crate) latency_ms: u64,
    /// Requests that a service takes in one second; 0 for any number.
    pub(crate) requests_per_second: usize,
}

/// How long each phase lasts, in seconds of the simulated clock. The defaults are the published figures where there are any.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Durations {
    /// In `created`, when a kind of object is configured to start there.
    pub(crate) created: i64,
    pub(crate) network_initializing: i64,
    pub(crate) network_terminating: i64,
    /// From a peering's creation until Azure refuses it, where it does; part of `peering_initializing`.
    pub(crate) peering_check: i64,
    pub(crate) peering_initializing: i64,
    pub(crate) peering_terminating: i64,
    pub(crate) resolver_initializing: i64,
    pub(crate) hosted_zone_initializing: i64,
    pub(crate) private_dns_updating: i64,
    pub(crate) private_dns_terminating: i64,
    /// How long a deleted object can still be read as `terminated`; 0 goes straight to 404.
    pub(crate) terminated: i64,
}

impl Default for Durations {
    fn default() -> Self {
        Self {
            created: 30,
            network_initializing: 35 * 60,
            network_terminating: 10 * 60,
            peering_check: 4 * 60,
            peering_initializing: 30 * 60,
            peering_terminating: 5 * 60,
            resolver_initializing: 3 * 60,
            hosted_zone_initializing: 60,
            private_dns_updating: 60,
            private_dns_terminating: 60,
            terminated: 0,
        }
    }
}

/// Replication lag, in seconds of the simulated clock; all 0 unless switched on.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Lag {
    /// Until a new service principal can be read in Microsoft Graph.
    pub(crate) service_principal: i64,
    /// Until Resource Manager knows a new service principal (`PrincipalNotFound` before).
    pub(crate) service_principal_in_resource_manager: i64,
    /// Until a new role definition can be read, listed and assigned.
    pub(crate) role_definition: i64,
    /// Until reads show the new version of an updated role definition.
    pub(crate) role_definition_update: i64,
    /// How long a deleted role definition can still be read.
    pub(crate) role_definition_deletion: i64,
    /// How long the name of a deleted role definition stays taken.
    pub(crate) role_name_reservation: i64,
    /// Until a new role assignment can be read.
    pub(crate) role_assignment: i64,
    /// Until a new role assignment takes effect for the principal that got it.
    pub(crate) authorization: i64,
}

/// What the caller's credentials allow.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, each named for one right"
)]
pub(crate) struct Rights {
    pub(crate) graph_read: bool,
    pub(crate) graph_create: bool,
    pub(crate) graph_delete: bool,
    /// `Microsoft.Network/*/read`.
    pub(crate) network_read: bool,
    /// `Microsoft.Authorization/roleDefinitions/read` and `roleAssignments/read`.
    pub(crate) role_read: bool,
    /// `Microsoft.Authorization/roleDefinitions/write` and `delete`.
    pub(crate) role_write: bool,
    /// `Microsoft.Authorization/roleAssignments/write` and `delete`.
    pub(crate) assignment_write: bool,
    /// Single actions refused at a scope and below.
    pub(crate) denied: Vec<Denied>,
}

impl Default for Rights {
    fn default() -> Self {
        Self {
            graph_read: true,
            graph_create: true,
            graph_delete: true,
            network_read: true,
            role_read: true,
            role_write: true,
            assignment_write: true,
            denied: Vec::new(),
        }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Denied {
    /// An action, with `*` as in role definitions.
    pub(crate) action: String,
    #[serde(default)]
    pub(crate) scope: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AzureSettings {
    /// Real seconds an access token is good for.
    pub(crate) token_lifetime_seconds: i64,
    /// Refuse an unknown principal even when the request says `principalType = ServicePrincipal`; the real service tolerates it.
    pub(crate) strict_principal_check: bool,
    /// Print role definition ids in assignments without the subscription, as newer API versions do.
    pub(crate) tenant_form_role_ids: bool,
    /// Objects on one page of a Resource Manager or Graph list.
    pub(crate) page_size: usize,
    /// Names of the management groups that the caller can see; which of them holds what, the local cloud does not know.
    pub(crate) management_groups: Vec<String>,
}

impl Default for AzureSettings {
    fn default() -> Self {
        Self {
            token_lifetime_seconds: 3600,
            strict_principal_check: false,
            tenant_form_role_ids: false,
            page_size: 100,
            management_groups: Vec::new(),
        }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches of behaviour"
)]
pub(crate) struct KonnectSettings {
    /// First state of a network, `initializing` or `created`.
    pub(crate) network_first_state: String,
    pub(crate) peering_first_state: String,
    pub(crate) private_dns_first_state: String,
    /// `judged` by the fake Azure, or any state that every peering shall end in.
    pub(crate) peering_outcome: String,
    /// State of a peering whose application has no service principal: `error` as observed, or `pending-user-action`, which heals.
    pub(crate) missing_consent_state: String,
    /// `judged`, or any state that every private DNS object shall end in.
    pub(crate) private_dns_outcome: String,
    /// An `error` goes to `ready` by itself once its cause is gone.
    pub(crate) error_heals: bool,
    /// Answer to a name that is taken: 400 or 409.
    pub(crate) duplicate_name_status: u16,
    /// A deleted object is gone at once instead of passing through `terminating`.
    pub(crate) delete_immediately: bool,
    /// Leave `state_metadata` out wherever the published schema allows.
    pub(crate) omit_state_metadata: bool,
    /// Refuse to delete a network that still has transit gateways.
    pub(crate) gateways_block_network_delete: bool,
    /// Most networks that may be other than offline.
    pub(crate) active_network_quota: usize,
    pub(crate) default_page_size: usize,
    pub(crate) maximum_page_size: usize,
    /// Send `application/problem+json; charset=utf-8`.
    pub(crate) problem_charset: bool,
    /// Client ids of Kong's multi-tenant applications.
    pub(crate) vnet_application: String,
    pub(crate) hub_application: String,
    pub(crate) dns_application: String,
}

/// Client id of `kong-cgw-azure-vnet-peering-app` in the vendor's documents.
pub(crate) const KONG_APPLICATION: &str = "207b296f-cf25-4d23-9eba-9a2c41dc62ca";

impl Default for KonnectSettings {
    fn default() -> Self {
        Self {
            network_first_state: "initializing".to_owned(),
            peering_first_state: "initializing".to_owned(),
            private_dns_first_state: "initializing".to_owned(),
            peering_outcome: "judged".to_owned(),
            missing_consent_state: "error".to_owned(),
            private_dns_outcome: "judged".to_owned(),
            error_heals: false,
            duplicate_name_status: 400,
            delete_immediately: false,
            omit_state_metadata: false,
            gateways_block_network_delete: true,
            active_network_quota: 10,
            default_page_size: 10,
            maximum_page_size: 100,
            problem_charset: false,
            vnet_application: KONG_APPLICATION.to_owned(),
            hub_application: KONG_APPLICATION.to_owned(),
            dns_application: KONG_APPLICATION.to_owned(),
        }
    }
}
