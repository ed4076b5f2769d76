//! Rights: what a principal may do at a scope by its roles, less what is denied there.

use crate::azure::ids::{ArmId, ArmKind, Guid, same_arm_id};
use crate::azure::{Denies, DenyAssignment, RoleDefinition};

use super::check::{CheckId, Checked, Outcome};
use super::inputs::{Inputs, Kind, Place};
use super::observations::{Found as _, Grants, Look, Observations, Unseen};

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
    Ok(decide(
        inputs,
        place,
        &principal.id,
        grants,
        &lack,
        &seen.denials,
    ))
}

fn decide(
    inputs: &Inputs,
    scope: &Place,
    principal: &Guid,
    grants: &Grants,
    lack: &Lack,
    denials: &Look<Vec<DenyAssignment>>,
) -> Outcome {
    let what = inputs.kind.place();
    if !lack.denied.is_empty() {
        return Outcome::failed(format!(
            "Deny assignments take actions away from the service principal {principal}, whatever roles it has.\nScope: {scope}\nDenied:\n{}",
            listed(&lack.denied)
        ))
        .fix("Deny assignments are made by Azure for managed applications and deployment stacks: have them leave out this principal, or choose another place.")
        .doubtful(inputs.kind);
    }
    if lack.missing.is_empty() && !lack.perhaps_denied.is_empty() {
        return Outcome::warning(format!(
            "The service principal {principal} has a role with the needed actions, but deny assignments for or except certain groups may take some \
             away: its groups are not known here.\nScope: {scope}\nPerhaps denied:\n{}",
            listed(&lack.perhaps_denied)
        ))
        .fix("Look up whether it is a member of those groups.");
    }
    if lack.missing.is_empty() {
        let names: Vec<_> = grants
            .roles
            .iter()
            .map(|(_, role)| role.role_name.as_str())
            .collect();
        let has = format!(
            "The service principal {principal} has the needed actions at the {what}, by {}.",
            names.join(", ")
        );
        return match denials {
            Ok(_) => Outcome::passed(has),
            Err(Unseen::Blind { why, .. } | Unseen::Refused { why, .. }) => {
                Outcome::warning(format!(
                    "{has} Whether a deny assignment takes some away could not be seen.\n{why}"
                ))
            }
            Err(Unseen::NotAsked(_)) => Outcome::passed(format!(
                "{has} Whether a deny assignment takes some away could not be seen."
            )),
        };
    }
    let missing: Vec<_> = lack
        .missing
        .iter()
        .map(|action| format!("- {action}"))
        .collect();
    let missing = missing.join("\n");
    let subject = format!("The service principal {principal}");
    let place = format!("Scope: {scope}\nMissing:\n{missing}");
    if !grants.unread.is_empty() {
        return Outcome::warning(format!(
            "{subject} lacks actions at the {what}, unless the roles that could not be read allow them.\n{place}\nNot read:\n{}",
            grants.unread.join("\n")
        ));
    }
    let has = match grants.roles.as_slice() {
        [] if grants.is_without_groups => {
            format!("No role is assigned to itself at the {what} or above it.")
        }
        [] => format!("It has no role at the {what} or above it."),
        roles => {
            let told: Vec<_> = roles
                .iter()
                .map(|(scope, role)| format!("{:?} at {}", role.role_name, scope.as_str()))
                .collect();
            format!("It has {}.", told.join(", "))
        }
    };
    let lacks = format!("{subject} lacks actions at the {what}. {has}\n{place}");
    // What is needed at a hub is inferred: a role with another list of actions may be the vendor's own.
    let is_inferred = inputs.kind == Kind::VirtualHubPeering && !grants.roles.is_empty();
    let outcome = if grants.is_without_groups {
        Outcome::warning(format!(
            "{lacks}\n\nOnly what is assigned to itself could be seen: a group that it is in may have a role."
        ))
    } else if is_inferred {
        Outcome::warning(lacks)
    } else {
        Outcome::failed(lacks)
    };
    outcome
    .fix(format!(
        "Assign it a role with these actions at the {what}, its resource group or its subscription: {} defines one, and \
         konnectazure_role_assignment assigns it, with\n\n  scope        = \"{scope}\"\n  principal_id = \"{principal}\"\n\nLet the {} depend on \
         that assignment. A new assignment may take some minutes to be seen everywhere.",
        inputs.kind.role(),
        inputs.kind.object()
    ))
    .doubtful(inputs.kind)
    .lenient_at_plan(inputs.phase, "This run may still assign it.")
}

/// Denied actions as a list.
fn listed(denied: &[(String, String)]) -> String {
    let lines: Vec<_> = denied
        .iter()
        .map(|(action, by)| format!("- {action}, by {by}"))
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests;
