//! Scopes and actions: what lies under what, and who may do what where.

use crate::clock::Moment;
use crate::world::World;

fn parts(scope: &str) -> impl Iterator<Item = &str> {
    scope.split('/').filter(|part| !part.is_empty())
}

/// Whether `inner` is `outer` or lies below it. The tenant covers everything, and so does any management group: the local cloud has
/// no hierarchy of them.
pub(crate) fn covers(outer: &str, inner: &str) -> bool {
    if is_management_group(outer) {
        return equal(outer, inner) || !is_tenant(inner);
    }
    let mut inner = parts(inner);
    parts(outer).all(|part| {
        inner
            .next()
            .is_some_and(|other| other.eq_ignore_ascii_case(part))
    })
}

pub(crate) fn equal(left: &str, right: &str) -> bool {
    let mut right = parts(right);
    parts(left).all(|part| {
        right
            .next()
            .is_some_and(|other| other.eq_ignore_ascii_case(part))
    }) && right.next().is_none()
}

pub(crate) fn is_tenant(scope: &str) -> bool {
    parts(scope).next().is_none()
}

pub(crate) fn is_management_group(scope: &str) -> bool {
    let mut parts = parts(scope);
    let provider = parts
        .next()
        .is_some_and(|part| part.eq_ignore_ascii_case("providers"))
        && parts
            .next()
            .is_some_and(|part| part.eq_ignore_ascii_case("Microsoft.Management"));
    provider
        && parts
            .next()
            .is_some_and(|part| part.eq_ignore_ascii_case("managementGroups"))
        && parts.next().is_some()
        && parts.next().is_none()
}

/// The subscription a scope lies in.
pub(crate) fn subscription(scope: &str) -> Option<&str> {
    let mut parts = parts(scope);
    parts
        .next()
        .filter(|part| part.eq_ignore_ascii_case("subscriptions"))?;
    parts.next()
}

/// The resource group a scope lies in.
pub(crate) fn resource_group(scope: &str) -> Option<&str> {
    let mut parts = parts(scope).skip(2);
    parts
        .next()
        .filter(|part| part.eq_ignore_ascii_case("resourceGroups"))?;
    parts.next()
}

/// Whether a role's pattern covers an action: compared without case, `*` stands for any text.
pub(crate) fn matches_action(pattern: &str, action: &str) -> bool {
    let pattern = pattern.to_lowercase();
    let action = action.to_lowercase();
    let mut pieces = pattern.split('*');
    let Some(first) = pieces.next() else {
        return false;
    };
    let Some(mut rest) = action.strip_prefix(first) else {
        return false;
    };
    let mut tail = None;
    for piece in pieces {
        if let Some(middle) = tail.replace(piece) {
            match rest.split_once(middle) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
    }
    tail.map_or(rest.is_empty(), |tail| rest.ends_with(tail))
}

/// Whether a principal may do `action` at `scope` at that moment, by role assignments in effect and deny assignments.
pub(crate) fn allows(
    world: &World,
    principal_id: &str,
    action: &str,
    scope: &str,
    at: Moment,
) -> bool {
    let denied = world.deny_assignments.iter().any(|deny| {
        covers(&deny.scope, scope)
            && (deny.principal_ids.is_empty()
                || deny
                    .principal_ids
                    .iter()
                    .any(|id| id.eq_ignore_ascii_case(principal_id)))
            && deny
                .actions
                .iter()
                .any(|pattern| matches_action(pattern, action))
            && !deny
                .not_actions
                .iter()
                .any(|pattern| matches_action(pattern, action))
    });
    if denied {
        return false;
    }
    world
        .role_assignments
        .iter()
        .filter(|assignment| assignment.effective_from <= at)
        .filter(|assignment| {
            assignment.principal_id.eq_ignore_ascii_case(principal_id)
                && covers(&assignment.scope, scope)
        })
        .any(|assignment| {
            world
                .role_definitions
                .iter()
                .filter(|role| {
                    role.deleted.is_none()
                        && role.id.eq_ignore_ascii_case(&assignment.role_definition)
                })
                .any(|role| {
                    role.content
                        .actions
                        .iter()
                        .any(|pattern| matches_action(pattern, action))
                        && !role
                            .content
                            .not_actions
                            .iter()
                            .any(|pattern| matches_action(pattern, action))
                })
        })
}
