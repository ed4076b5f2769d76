//! Preflight: what would make a connection with Azure fail half an hour after it was asked for, found out before.
//!
//! [`run`] looks at both clouds, each thing once and as much as possible at the same time, and then decides by pure functions. A check has a
//! stable name, a status, what was found and what to do about it. Where the caller has no right to look, or a service does not answer, the
//! check is a warning: what cannot be seen is no proof of a fault.
//!
//! Rights that help: reading networks, provider accounts and transit gateways in Konnect; `Application.Read.All` in Microsoft Graph; `Reader`
//! at the virtual networks.

mod address;
mod check;
pub mod cidr;
pub mod consent;
mod gather;
mod half;
mod hub;
mod inputs;
mod network;
mod observations;
mod permissions;
mod reach;
mod vnet;
mod zone;

pub use check::{Check, CheckId, Report, Status};
pub use gather::Clients;
pub use half::{Destination, leads_home};
pub use inputs::{Inputs, Kind, Phase, Place, Target};
pub use permissions::VNET_PEERING_ACTIONS;
pub use reach::reachable;

use crate::http::scope::Scope;

use check::Checked;
use observations::Observations;

/// Makes every check. Never fails: what cannot be found out is a warning.
pub async fn run(inputs: &Inputs, clients: Clients<'_>, scope: &Scope) -> Report {
    let seen = Box::pin(gather::gather(inputs, clients, scope)).await;
    decide(inputs, &seen)
}

fn decide(inputs: &Inputs, seen: &Observations) -> Report {
    let ids = inputs.kind.checks().iter();
    let checks: Vec<_> = ids
        .map(|id| {
            let outcome = checked(*id, inputs, seen).unwrap_or_else(|unseen| unseen);
            Check::new(*id, outcome)
        })
        .collect();
    for check in &checks {
        tracing::debug!(check = %check.id, status = %check.status, "preflight: {}", check.detail);
    }
    Report {
        kind: inputs.kind,
        phase: inputs.phase,
        checks,
    }
}

fn checked(id: CheckId, inputs: &Inputs, seen: &Observations) -> Checked {
    match id {
        CheckId::NetworkExists => network::exists(inputs, seen),
        CheckId::NetworkIsAzure => network::is_azure(seen),
        CheckId::NetworkReady => network::is_ready(inputs, seen),
        CheckId::VnetExists => vnet::exists(inputs, seen),
        CheckId::HubExists => hub::exists(inputs, seen),
        CheckId::ZoneExists => zone::exists(inputs, seen),
        CheckId::ZoneUnique => zone::is_unique(inputs, seen),
        CheckId::LinkName => zone::link_name_is_free(inputs, seen),
        CheckId::AddressSpace => address::disjoint(inputs, seen),
        CheckId::ServicePrincipal => permissions::service_principal(inputs, seen),
        CheckId::RoleAssignment => permissions::role_assignment(inputs, seen),
        CheckId::VnetPeerings => vnet::peerings(inputs, seen),
        CheckId::Quota => network::quota(inputs, seen),
        CheckId::Regions => network::regions(inputs, seen),
    }
}

#[cfg(test)]
mod tests;
