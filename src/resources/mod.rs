//! The managed resources, one file or folder each.

use crate::http::scope::Scope;
use crate::tf::context::Context;

pub mod azure_target;
pub mod dns_mappings;
pub mod equivalence;
pub mod explain;
pub mod konnect_object;
mod moved;
pub mod peering_role;
mod planned;
pub mod private_hosted_zone;
pub mod role_assignment;
pub mod service_principal;
mod settle;
pub mod virtual_hub_peering;
pub mod vnet_peering;

/// What bounds the remote calls of one lifecycle call: the user's timeout and interruption.
#[must_use]
pub fn scope(context: &Context) -> Scope {
    Scope {
        deadline: context.deadline,
        cancel: context.cancel.clone(),
    }
}
