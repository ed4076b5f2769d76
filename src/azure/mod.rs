//! Azure Resource Manager, Microsoft Graph and Entra: clouds, credentials, ids and typed calls.
//!
//! [`Access`] is what others hold; it gives the [`Client`] once it is configured. Calls stand in one file per kind of
//! object, as methods of the client; they answer with [`Error`], which knows what Azure's codes mean.

mod access;
mod client;
pub mod cloud;
pub mod credential;
mod deny_assignments;
mod envelope;
mod error;
mod graph;
pub mod guid;
pub mod ids;
mod permission;
mod private_dns_zones;
mod recent;
mod role_assignments;
mod role_definitions;
mod role_search;
mod scopes;
#[cfg(test)]
pub(crate) mod scripted;
mod token;
mod virtual_hubs;
mod virtual_networks;
mod wire;

pub use access::{Access, Settings};
pub use client::Client;
pub use cloud::{
    Cloud, EndpointError, EndpointOverrides, Environment, Service, UnknownEnvironment,
    admin_consent_url,
};
pub use credential::{Chosen, CredentialError, CredentialSettings, Method, select};
pub use deny_assignments::{Denies, DenyAssignment};
pub use error::{Denial, Error};
pub use graph::{PrincipalKind, ServicePrincipal};
pub use permission::{Permission, action_of_request, covers, overlaps};
pub use private_dns_zones::{PrivateDnsZone, PrivateDnsZoneLink};
pub use role_assignments::{
    PrincipalType, RoleAssignment, RoleAssignmentBody, RoleAssignmentFilter,
};
pub use role_definitions::{RoleDefinition, RoleDefinitionBody, RoleType};
pub use virtual_hubs::{HubConnection, VirtualHub};
pub use virtual_networks::{PeeringState, PeeringSyncLevel, VirtualNetwork, VnetPeering};
pub use wire::{List, Page};

#[cfg(test)]
mod tests;
