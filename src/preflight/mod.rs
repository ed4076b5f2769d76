//! Preflight: what would make a peering fail half an hour after it was asked for, found out before.
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
mod inputs;
mod network;
mod observations;
mod permissions;
mod vnet;

pub use check::{Check, CheckId, Report, Status, Subject};
pub use gather::Clients;
pub use inputs::{Inputs, Phase, Target};
pub use permissions::VNET_PEERING_ACTIONS;

use crate::http::scope::Scope;

use check::Outcome;
use observations::Observations;

/// Makes every check. Never fails: what cannot be found out is a warning.
pub async fn run(inputs: &Inputs, clients: Clients<'_>, scope: &Scope) -> Report {
    let seen = Box::pin(gather::gather(inputs, clients, scope)).await;
    decide(inputs, &seen)
}

fn decide(inputs: &Inputs, seen: &Observations) -> Report {
    let checks = CheckId::ALL.map(|id| Check::new(id, outcome(id, inputs, seen)));
    for check in &checks {
        tracing::debug!(check = %check.id, status = %check.status, "preflight: {}", check.detail);
    }
    Report {
        phase: inputs.phase,
        checks: checks.into(),
    }
}

fn outcome(id: CheckId, inputs: &Inputs, seen: &Observations) -> Outcome {
    match id {
        CheckId::NetworkExists => network::exists(inputs, seen),
        CheckId::NetworkIsAzure => network::is_azure(seen),
        CheckId::NetworkReady => network::is_ready(inputs, seen),
        CheckId::VnetExists => vnet::exists(inputs, seen),
        CheckId::AddressSpace => address::disjoint(inputs, seen),
        CheckId::ServicePrincipal => permissions::service_principal(inputs, seen),
        CheckId::RoleAssignment => permissions::role_assignment(inputs, seen),
        CheckId::VnetPeerings => vnet::peerings(inputs, seen),
        CheckId::Quota => network::quota(inputs, seen),
        CheckId::Regions => vnet::regions(seen),
    }
}

#[cfg(test)]
mod tests;
