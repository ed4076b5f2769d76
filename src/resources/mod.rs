//! The managed resources, one file or folder each.
//!
//! The first modules are the types, and the provider offers what the `resource` of each makes. The others are shared.

pub mod dns_mappings;
pub mod peering_role;
pub mod private_hosted_zone;
pub mod role_assignment;
pub mod service_principal;
pub mod virtual_hub_peering;
pub mod vnet_peering;

pub mod azure_target;
pub mod clients;
pub mod equivalence;
pub mod explain;
pub mod konnect_object;
mod missing;
mod moved;
mod of_command;
mod planned;
mod settle;
mod turns;

use crate::http::scope::Scope;
use crate::tf::context::Context;

/// What bounds the remote calls of one lifecycle call: the user's timeout and interruption.
#[must_use]
pub fn scope(context: &Context) -> Scope {
    Scope {
        deadline: context.deadline,
        cancel: context.cancel.clone(),
    }
}
