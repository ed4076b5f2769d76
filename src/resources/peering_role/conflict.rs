//! The words for a role name that is taken.

use crate::azure::{Error, RoleDefinition};
use crate::resources::explain::Failure;
use crate::tf::diagnostics::{Diagnostic, Diagnostics, import_block};
use crate::tf::path::Path;

use super::TYPE_NAME;
use super::blockers::{self, Blocked, InTheWay};
use super::convert::Wanted;
use super::remote::NotChanged;

/// A role of the tenant has the name, and may not be adopted.
pub(super) fn taken(failure: &Failure<'_>, role: &RoleDefinition) -> Diagnostics {
    failure
        .clone()
        .at(Path::attribute("name"))
        .because(ways_on(role))
}

/// The same as a look ahead.
pub(super) fn taken_warning(role: &RoleDefinition) -> Diagnostic {
    let summary = format!("The role name {:?} is taken", role.role_name);
    let detail = format!(
        "Unless this same run removes the role that has it, the creation will fail. {}",
        ways_on(role)
    );
    Diagnostic::warning(summary, detail).at(Path::attribute("name"))
}

fn ways_on(role: &RoleDefinition) -> String {
    format!(
        "The tenant has a custom role named {:?} already, and Azure keeps these names unique in a whole tenant:\n\n  id: {}\n  assignable \
         scopes: {}\n\nEither share it: with use_existing = true the assignable_scopes are added to it, and a destroy takes only those away \
         again. Or, if no other configuration manages it, take it over as it is:\n\n{}",
        role.role_name,
        role.id,
        role.assignable_scopes.join(", "),
        import_block(TYPE_NAME, &role.id),
    )
}

/// Another role of the tenant has the name that this resource's own is to get.
pub(super) fn name_taken(failure: &Failure<'_>, role: &RoleDefinition) -> Diagnostics {
    failure.clone().at(Path::attribute("name")).because(format!(
        "Another custom role of the tenant has the name {:?}, and Azure keeps these names unique in a whole tenant:\n\n  id: {}\n  assignable \
         scopes: {}\n\nChoose another name. To share that role instead, set use_existing = true and replace this resource (terraform apply \
         -replace=ADDRESS).",
        role.role_name,
        role.id,
        role.assignable_scopes.join(", "),
    ))
}

/// One of Azure's own roles has the name.
pub(super) fn built_in(failure: &Failure<'_>, role: &RoleDefinition) -> Diagnostics {
    failure.clone().at(Path::attribute("name")).because(format!(
        "{:?} is the name of one of Azure's built-in roles, which cannot be changed. Choose another name.",
        role.role_name
    ))
}

/// Azure says that the name is taken, but by a role that the caller cannot see.
pub(super) fn invisible(failure: &Failure<'_>, wanted: &Wanted, error: &Error) -> Diagnostics {
    failure
        .clone()
        .at(Path::attribute("name"))
        .next(format!(
            "A role named {:?} exists outside of what this caller can see: custom role names are unique in a whole tenant, but a role is shown \
             only through its own assignable scopes, and none of those is readable here. Someone who sees the other subscriptions and management \
             groups of the tenant finds it with:\n\n  az role definition list --custom-role-only true --name {:?}\n\nThey can add your scopes to \
             its assignable scopes (then set use_existing = true), or give this caller Microsoft.Authorization/roleDefinitions/read and /write \
             there. Or choose another name. A role that was deleted a moment ago keeps its name for some minutes.",
            wanted.name, wanted.name
        ))
        .explain(error)
}

/// The role to adopt permits too little.
pub(super) fn too_narrow(
    failure: &Failure<'_>,
    role: &RoleDefinition,
    missing: &[&str],
) -> Diagnostics {
    let lines: Vec<String> = missing.iter().map(|action| format!("  {action}")).collect();
    failure.clone().at(Path::attribute("actions")).because(format!(
        "The existing role {:?} does not permit:\n\n{}\n\nAn adopted role's permissions are its owner's and are not changed. Have them added to \
         {}, or choose another name, or ask for fewer actions.",
        role.role_name,
        lines.join("\n"),
        role.id,
    ))
}

/// What helps where Azure refuses a write.
pub(super) fn refused(failure: &Failure<'_>, error: &Error) -> Diagnostics {
    if error.is_role_name_taken() {
        return failure
            .clone()
            .at(Path::attribute("name"))
            .next("Another custom role of the tenant has this name, visible to this caller or not. Choose another one.")
            .explain(error);
    }
    if error.is_forbidden() {
        return failure
            .clone()
            .next(
                "Writing a custom role needs Microsoft.Authorization/roleDefinitions/write on every one of its assignable scopes, those that it \
                 has already included; deleting it needs …/delete. Owner and User Access Administrator hold both. Rights that were given a \
                 moment ago take some minutes to arrive.",
            )
            .explain(error);
    }
    if error.is_limit_exceeded() {
        return failure
            .clone()
            .next("A tenant can have 5000 custom roles (2000 in China). Delete unused ones, or share one with use_existing = true.")
            .explain(error);
    }
    if error.is_scope_missing() {
        return failure
            .clone()
            .at(Path::attribute("assignable_scopes"))
            .explain(error);
    }
    failure.explain(error)
}

/// A change that did not come about.
pub(super) fn not_changed(failure: &Failure<'_>, fault: &NotChanged) -> Diagnostics {
    match fault {
        NotChanged::Gone => failure.because(
            "The role was deleted while it was being changed. Run the same command again: it will be made or looked for anew.",
        ),
        NotChanged::Contended => failure.because(
            "Somebody else keeps writing to the role at the same time, and each write undoes this one: Azure keeps no versions of roles by which \
             this could be avoided. Find out who changes it, or run the same command again later.",
        ),
        NotChanged::Failed(error) => refused(failure, error),
        NotChanged::Waited(ended) => failure.waited(ended),
    }
}

/// A removal that did not come about.
pub(super) fn blocked(failure: &Failure<'_>, fault: Blocked) -> Diagnostics {
    match fault {
        Blocked::Refused(error) if error.is_role_has_assignments() => failure
            .clone()
            .next(
                "The role is still assigned where this caller cannot look. Someone who sees all of its assignable scopes finds the assignments in \
                 the portal: Access control (IAM), Roles, the role, Assignments.",
            )
            .explain(&error),
        Blocked::Refused(error) => refused(failure, &error),
        Blocked::Standing(error, standing) => failure.clone().next(blockers::ways_on(&standing)).explain(&error),
        Blocked::Waited(ended) => failure.waited(&ended),
    }
}

/// Assignments that keep a scope from being removed, seen before anything was sent.
pub(super) fn in_the_way(failure: &Failure<'_>, fault: &InTheWay) -> Diagnostics {
    match fault {
        InTheWay::Standing(standing) => failure.because(format!(
            "{}\n\nWhere the scope is another configuration's, set use_existing = true in this one: what others add to the role is then left \
             alone.",
            blockers::ways_on(standing)
        )),
        InTheWay::Waited(ended) => failure.waited(ended),
    }
}
