//! Rights: what a principal may do at a scope by its roles, less what is denied there.

use crate::azure::ids::{ArmId, ArmKind, Guid, same_arm_id};
use crate::azure::{Denies, DenyAssignment, RoleDefinition};

use super::check::{CheckId, Checked, Outcome};
use super::inputs::Inputs;
use super::observations::{Found as _, Observations};

mod verdict;

use verdict::{Case, Verdict};

/// What Kong's application does at a virtual network to peer with it, by the vendor's documents.
pub const VNET_PEERING_ACTIONS: [&str; 5] = [
    "Microsoft.Network/virtualNetworks/read",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/read",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/delete",
    "Microsoft.Network/virtualNetworks/peer/action",
];

/// What it takes to connect a network to a hub, as Microsoft lists it for such connections. The vendor shows its own list in its interface only.
pub(super) const HUB_CONNECTION_ACTIONS: [&str; 4] = [
    "Microsoft.Network/virtualHubs/read",
    "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/read",
    "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/write",
    "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/delete",
];

/// What it takes to link a zone to a network. The vendor publishes no list.
pub(super) const ZONE_LINK_ACTIONS: [&str; 4] = [
    "Microsoft.Network/privateDnsZones/read",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks/read",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks/write",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks/delete",
];

/// What a principal lacks at a scope.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lack {
    /// Needed actions that no role allows.
    pub(super) missing: Vec<String>,
    /// Needed actions that a deny assignment takes away, each with its name and id.
    pub(super) denied: Vec<(String, String)>,
    /// The same where that depends on the groups that the principal is in.
    pub(super) perhaps_denied: Vec<(String, String)>,
}

/// Which of the needed actions a principal may not do at a scope.
///
/// `roles` are those assigned to the principal or its groups, with the scopes of the assignments. One role need not allow everything: what
/// several allow adds up, and what one excludes another may still allow.
pub(super) fn lack(
    needed: &[String],
    at: &ArmId,
    principal: &Guid,
    roles: &[(ArmId, RoleDefinition)],
    denials: &[DenyAssignment],
) -> Lack {
    let effective: Vec<_> = roles
        .iter()
        .filter(|(scope, _)| reaches(scope, at))
        .map(|(_, role)| role)
        .collect();
    let denials: Vec<_> = denials.iter().filter(|denial| holds(denial, at)).collect();
    let missing = needed
        .iter()
        .filter(|action| !effective.iter().any(|role| role.allows(action)))
        .cloned()
        .collect();
    let denied = |how: Denies| {
        needed
            .iter()
            .filter_map(|action| {
                let denial = denials
                    .iter()
                    .find(|denial| denial.denies(principal, action) == how)?;
                Some((action.clone(), format!("{:?} ({})", denial.name, denial.id)))
            })
            .collect()
    };
    Lack {
        missing,
        denied: denied(Denies::Yes),
        perhaps_denied: denied(Denies::ByGroup),
    }
}

/// Whether an assignment at `scope` holds at `at`. Only assignments at and above `at` are listed, so that a management group is one that holds it.
fn reaches(scope: &ArmId, at: &ArmId) -> bool {
    matches!(scope.kind(), ArmKind::ManagementGroup | ArmKind::Tenant) || scope.contains(at)
}

/// Whether a deny assignment holds at `at`. A service that does not know the filter lists those of other places as well.
fn holds(denial: &DenyAssignment, at: &ArmId) -> bool {
    if denial.does_not_apply_below {
        return same_arm_id(&denial.scope, at.as_str());
    }
    let scope = denial.scope.parse::<ArmId>();
    scope.map_or(true, |scope| reaches(&scope, at))
}

pub(super) fn service_principal(inputs: &Inputs, seen: &Observations) -> Checked {
    let principal = seen.principal.as_ref()?;
    let client_id = &inputs.client_id;
    let tenant = seen
        .tenant
        .id
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    Ok(match principal {
        None => {
            let doubt = seen.tenant.doubt.as_deref().unwrap_or_default();
            let missing = format!(
                "The application {client_id} has no service principal in the tenant {tenant}: nobody consented to it there. {doubt}"
            );
            Outcome::failed(missing.trim_end())
                .fix(&seen.tenant.ways_to_consent)
                .doubtful(inputs.kind)
                .lenient_at_plan(inputs.phase, "This run may still make it.")
        }
        Some(principal) if principal.account_enabled == Some(false) => Outcome::failed(format!(
            "The service principal {} of the application {client_id} is disabled in the tenant {tenant}, so that it cannot sign in.",
            principal.id
        ))
        .fix(format!(
            "Enable it: in the Entra admin center under Enterprise applications, Properties, \"Enabled for users to sign in\", or with\n\n  az ad sp \
             update --id {} --set accountEnabled=true",
            principal.id
        ))
        .doubtful(inputs.kind),
        Some(principal) => Outcome::passed(format!(
            "The application {client_id} ({}) has the service principal {} in the tenant {tenant}.",
            principal.display_name, principal.id
        )),
    })
}

pub(super) fn role_assignment(inputs: &Inputs, seen: &Observations) -> Checked {
    let Some(place) = inputs.place() else {
        return Ok(Outcome::skipped(inputs.unknown_place()));
    };
    let principal = seen.principal.require(CheckId::ServicePrincipal)?;
    if let Some(check) = seen.missing_place() {
        return Ok(Outcome::skipped(format!("{check} did not pass.")));
    }
    let grants = seen.grants.as_ref()?;
    let denials = seen.denials.as_deref().unwrap_or_default();
    let lack = lack(
        &inputs.needed_actions,
        place.as_arm_id(),
        &principal.id,
        &grants.roles,
        denials,
    );
    let verdict = Verdict::of(inputs.kind, grants, &lack);
    let case = Case {
        inputs,
        scope: place,
        principal: &principal.id,
        grants,
        lack: &lack,
        denials: &seen.denials,
    };
    Ok(case.tell(verdict))
}

#[cfg(test)]
mod tests;
