//! The words for what Azure refuses about an assignment.

use crate::azure::ids::RoleAssignmentId;
use crate::azure::{Error, RoleAssignment};
use crate::resources::explain::Failure;
use crate::tf::diagnostics::{Diagnostics, import_block};
use crate::tf::path::Path;

use super::TYPE_NAME;
use super::convert::Wanted;

/// An equal assignment exists under another name and may not be adopted.
pub(super) fn exists(failure: &Failure<'_>, wanted: &Wanted, twin: &RoleAssignment) -> Diagnostics {
    let adopt = match &wanted.name {
        Some(name) if wanted.may_adopt => {
            format!(
                "It cannot be adopted while name asks for {name}: leave name out, or set it to \"{}\".",
                twin.id.name()
            )
        }
        _ => {
            "Either adopt it with use_existing = true".to_owned()
                + if wanted.name.is_some() {
                    " (leaving name out if it is set)."
                } else {
                    "."
                }
        }
    };
    failure.because(format!(
        "The role is assigned to the principal at this scope already, and Azure allows that only once:\n\n  id: {}\n\n{adopt} Or import it:\n\n{}",
        twin.id,
        import_block(TYPE_NAME, &twin.id),
    ))
}

/// An equal assignment exists and cannot be read.
pub(super) fn exists_unseen(failure: &Failure<'_>, wanted: &Wanted, error: &Error) -> Diagnostics {
    let mut next = "The role is assigned to the principal at this scope already, but this caller cannot read the assignment: that needs \
                    Microsoft.Authorization/roleAssignments/read at the scope. The portal shows it under Access control (IAM) of the scope."
        .to_owned();
    if let Some(name) = error.existing_role_assignment() {
        let id = RoleAssignmentId::new(&wanted.scope, &name);
        let block = import_block(TYPE_NAME, &id);
        next = format!(
            "{next} By what Azure says its id is {id}. With that right it can be adopted with use_existing = true, or imported:\n\n{block}"
        );
    }
    failure.clone().next(next).explain(error)
}

/// What helps where Azure refuses a write.
pub(super) fn refused(failure: &Failure<'_>, wanted: &Wanted, error: &Error) -> Diagnostics {
    let (attribute, next) = if error.is_assignment_update_not_permitted() {
        (
            "name",
            format!(
                "An assignment named {} exists in the tenant with another scope, role or principal, none of which can change. Leave name out, or \
                 choose another GUID.",
                wanted.id().name()
            ),
        )
    } else if error.is_unmatched_principal_type() {
        (
            "principal_id",
            format!(
                "{} is not a service principal. The right id is object_id of the resource or data source konnectazure_service_principal.",
                wanted.principal_id
            ),
        )
    } else if error.is_principal_not_found() {
        (
            "principal_id",
            "Check that this is the object id of the service principal in this tenant, not the application's client id: object_id of the \
             resource or data source konnectazure_service_principal."
                .to_owned(),
        )
    } else if error.is_role_not_found() {
        (
            "role_definition_id",
            format!(
                "Check that the role exists, and that it can be assigned here: assignable_scopes of a custom role have to include {} or what \
                 holds it, such as its subscription.",
                wanted.scope
            ),
        )
    } else if error.is_scope_missing() {
        (
            "scope",
            "Check the id, and that the provider's credential sees this subscription.".to_owned(),
        )
    } else {
        return denied(failure, error, "write");
    };
    let failure = failure.clone().next(next);
    failure.at(Path::attribute(attribute)).explain(error)
}

/// What helps against a missing right, a lock or a limit. `right` is what comes last in the action.
pub(super) fn denied(failure: &Failure<'_>, error: &Error, right: &str) -> Diagnostics {
    let next = if error.is_forbidden() {
        format!(
            "This needs Microsoft.Authorization/roleAssignments/{right} at the scope, which Owner, User Access Administrator and Role Based Access \
             Control Administrator hold, and Contributor does not. A condition on the caller's own assignment may narrow it further. Rights that \
             were given a moment ago take some minutes to arrive."
        )
    } else if error.is_scope_locked() {
        "The lock named above protects the scope or what holds it. Someone with Microsoft.Authorization/locks/delete has to remove it first; \
         then run the same command again."
            .to_owned()
    } else if error.is_limit_exceeded() {
        "A subscription can hold 4000 role assignments. Remove ones that are no longer needed, first of all those of deleted principals.".to_owned()
    } else {
        return failure.explain(error);
    };
    failure.clone().next(next).explain(error)
}
