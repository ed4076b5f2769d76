//! The taking away of scopes, and of the role as a whole: never while somebody's assignment needs them.

use crate::azure::RoleDefinition;
use crate::resources::explain::Failure;
use crate::resources::settle;
use crate::tf::context::Context;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;

use super::blockers::{Blocked, InTheWay, listing};
use super::conflict;
use super::convert::{self, Change, Removal, without};
use super::plan::texts;
use super::remote::{Changed, NotChanged, Roles};
use super::schema::PeeringRoleModel;

/// Changes the role; scopes that go must hold no assignments of it any more.
pub(super) async fn change_unassigned(
    roles: &Roles<'_>,
    role: RoleDefinition,
    change: &Change,
    failure: &Failure<'_>,
    sent: &(dyn Fn() + Sync),
) -> Result<Changed, Diagnostics> {
    let in_the_way = failure.clone().at(Path::attribute("assignable_scopes"));
    let removed = change.removed(&role);
    if !removed.is_empty() {
        let unassigned = roles.await_unassigned(&role.name, &removed, 0).await;
        unassigned.map_err(|fault| conflict::in_the_way(&in_the_way, &fault))?;
    }
    match try_change(roles, role, &removed, change, sent).await {
        Ok(done) => done.map_err(|fault| conflict::not_changed(failure, &fault)),
        Err(fault) => Err(conflict::blocked(&in_the_way, fault)),
    }
}

/// The change, again for as long as Azure refuses it because of assignments that are disappearing.
async fn try_change(
    roles: &Roles<'_>,
    role: RoleDefinition,
    removed: &[String],
    change: &Change,
    sent: &(dyn Fn() + Sync),
) -> Result<Result<Changed, NotChanged>, Blocked> {
    let role = &role;
    let attempt = || async move {
        // Whatever was waited for took time, in which others may have added scopes.
        let found = if removed.is_empty() {
            Some(role.clone())
        } else {
            let (scopes, name) = (&role.assignable_scopes, &role.role_name);
            roles.base(&role.name, scopes, name).await?
        };
        let changed = match found {
            Some(role) => roles.change(role, change, sent).await,
            None => Err(NotChanged::Gone),
        };
        match changed {
            Err(NotChanged::Gone) if change.is_removal() => Ok(Ok(Changed::Shown)),
            Err(NotChanged::Failed(error)) => Err(error),
            changed => Ok(changed),
        }
    };
    roles
        .while_assignments_disappear(&role.name, removed, attempt)
        .await
}

/// What a destroy works with.
pub(super) struct Destruction<'a> {
    pub(super) context: &'a Context,
    pub(super) roles: &'a Roles<'a>,
    pub(super) state: &'a PeeringRoleModel,
    pub(super) failure: &'a Failure<'a>,
}

impl Destruction<'_> {
    pub(super) async fn run(&self, role: RoleDefinition) -> Result<(), Diagnostics> {
        match Removal::of(self.state, &role) {
            Removal::Delete => self.delete(&role).await,
            Removal::Scopes(scopes) => {
                self.remove(role.clone(), scopes).await?;
                self.warn_if_unused(&role).await;
                Ok(())
            }
            Removal::Nothing => {
                self.warn_if_left(&role);
                self.warn_if_unused(&role).await;
                Ok(())
            }
        }
    }

    async fn delete(&self, role: &RoleDefinition) -> Result<(), Diagnostics> {
        let deletion = || self.roles.delete(role);
        let deleted = self
            .roles
            .while_assignments_disappear(&role.name, &role.assignable_scopes, deletion)
            .await;
        match deleted {
            Ok(()) => {}
            // Of a role that may be shared, others' assignments are no fault: they go on working.
            Err(Blocked::Standing(_, standing)) if convert::is_shared(self.state) => {
                self.warn_in_use(role, &role.assignable_scopes, &listing(&standing));
                return Ok(());
            }
            Err(fault) => return Err(conflict::blocked(self.failure, fault)),
        }
        self.roles.shared.note_freed(&role.role_name);
        if convert::is_adopted(self.state) {
            self.warn_deleted(role);
        }
        let gone = self.roles.await_gone(role).await;
        gone.map_err(|ended| self.failure.waited(&ended))
    }

    /// Takes our scopes away, but for those below which others use the role.
    async fn remove(&self, role: RoleDefinition, scopes: Vec<String>) -> Result<(), Diagnostics> {
        let mut unused = Vec::new();
        let mut in_use = Vec::new();
        let mut users = Vec::new();
        for scope in scopes {
            let one = [scope];
            let unassigned = self.roles.await_unassigned(&role.name, &one, 0).await;
            match unassigned {
                Ok(()) => unused.extend(one),
                Err(InTheWay::Standing(standing)) => {
                    in_use.extend(one);
                    users.extend(standing);
                }
                Err(fault) => return Err(conflict::in_the_way(self.failure, &fault)),
            }
        }
        if in_use.is_empty() {
            self.warn_if_left(&role);
        } else {
            self.warn_in_use(&role, &in_use, &listing(&users));
        }
        if unused.is_empty() {
            return Ok(());
        }
        let change = Change::removing(unused);
        let changed = change_unassigned(self.roles, role, &change, self.failure, &|| {}).await?;
        settle::warn_unless_shown(self.context, changed == Changed::Shown);
        Ok(())
    }

    /// A role of our own is not deleted while others use it, which is worth knowing.
    fn warn_if_left(&self, role: &RoleDefinition) {
        if convert::is_adopted(self.state) {
            return;
        }
        let left = without(
            &role.assignable_scopes,
            &texts(&self.state.assignable_scopes),
        );
        self.context.warn(Diagnostic::warning(
            format!("Azure role {:?} is left in the tenant", role.role_name),
            format!(
                "It is also assignable at scopes that this resource did not add, so another configuration seems to share it:\n\n  {}\n\nOnly \
                 this resource's own scopes were taken away. The last configuration that shares it deletes it; otherwise delete it by \
                 hand once nobody needs it:\n\n  az role definition delete --name {}",
                left.join("\n  "),
                role.name,
            ),
        ));
    }

    /// What an adopted role had before survives it. Whether somebody still wants that cannot be told here: who made the role may have destroyed
    /// its own resource already, and left the role for the sake of this one's assignments.
    async fn warn_if_unused(&self, role: &RoleDefinition) {
        let kept = convert::kept_scopes(self.state, role);
        if kept.is_empty() || !convert::is_adopted(self.state) {
            return;
        }
        match self.roles.standing_assignments(&role.name, &kept).await {
            Ok(standing) if standing.is_empty() => {}
            Ok(_) => return,
            Err(error) => {
                tracing::debug!(%error, "the role's assignments cannot be looked at");
                return;
            }
        }
        self.context.warn(Diagnostic::warning(
            format!("Azure role {:?} is left in the tenant", role.role_name),
            format!(
                "It had these assignable scopes before this resource adopted it, so they stay:\n\n  {}\n\nNobody is assigned the role there any \
                 more, as far as this caller sees. If no other configuration needs it, delete it by hand:\n\n  az role definition delete \
                 --name {}",
                kept.join("\n  "),
                role.name,
            ),
        ));
    }

    /// Others' assignments need what this resource added.
    fn warn_in_use(&self, role: &RoleDefinition, scopes: &[String], users: &str) {
        self.context.warn(Diagnostic::warning(
            format!("Azure role {:?} is still used by others", role.role_name),
            format!(
                "These of its assignable scopes were left in it:\n\n  {}\n\nbecause these assignments, which are not this configuration's, \
                 need them:\n\n{users}\n\nOnce they are gone and nobody else needs the role, take the scopes out of it or delete it by \
                 hand:\n\n  az role definition delete --name {}",
                scopes.join("\n  "),
                role.name,
            ),
        ));
    }

    /// Azure allows no role without a scope, so the last one to use it takes the role away with its scopes.
    fn warn_deleted(&self, role: &RoleDefinition) {
        self.context.warn(Diagnostic::warning(
            format!("Azure role {:?} was deleted", role.role_name),
            "It was adopted from others, but had no assignable scopes left besides those that this resource added, and was assigned to nobody.",
        ));
    }
}
