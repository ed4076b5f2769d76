//! One call's work on role definitions in Resource Manager.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;

use crate::azure::ids::{ArmId, Guid, RoleDefinitionId};
use crate::azure::{Client, Error, RoleDefinition, RoleDefinitionBody, RoleType};
use crate::http::Scope;
use crate::http::error::Error as CallError;
use crate::http::poll::{Poll, Progress, Waited, tolerate};
use crate::resources::{missing, settle};

use super::convert::{Change, parsed_scopes, without};
use super::purpose::{is_same_name, other_spelling};
use super::shared::Shared;

/// How long a read may show an older version before that counts as somebody's later write instead of lag.
const UPDATE_LAG_LIMIT: Duration = Duration::from_secs(30);

/// How often a change is made again after somebody else's write undid it.
const MERGE_LIMIT: u32 = 5;

/// Role definitions through the provider's client.
pub(super) struct Roles<'a> {
    pub(super) client: Arc<Client>,
    pub(super) scope: Scope,
    pub(super) step: Option<Duration>,
    pub(super) shared: &'a Shared,
}

/// What the search for a name found.
pub(super) enum Found {
    /// A custom role with the name or its other spelling.
    Custom(RoleDefinition),
    /// One of Azure's own roles, which cannot be shared or replaced.
    BuiltIn(RoleDefinition),
    /// None that the caller can see.
    None,
}

/// Why a change did not come about.
pub(super) enum NotChanged {
    /// The role is not there any more.
    Gone,
    /// Azure refused, or could not be asked.
    Failed(Error),
    /// Others kept undoing the change.
    Contended,
    /// The wait for it to be seen ended.
    Waited(Waited<CallError>),
}

/// What was seen after a write.
enum Seen {
    /// The change.
    Changed,
    /// A later write of somebody else's.
    Undone(RoleDefinition),
    /// The version before, for longer than replicas usually need.
    Before(RoleDefinition),
}

/// How a change that Azure accepted ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Changed {
    /// Reads show it.
    Shown,
    /// Reads go on showing the version before.
    NotShown,
}

impl Roles<'_> {
    /// The role of this name, looked for through its future scopes and in the tenant. With `either_spelling` also the
    /// one whose name differs by the suffix that the vendor's wizard appends; the exact name goes first.
    pub(super) async fn find(
        &self,
        name: &str,
        scopes: &[String],
        either_spelling: bool,
    ) -> Result<Found, Error> {
        let (views, names) = (parsed_scopes(scopes), spellings(name, either_spelling));
        let found = self
            .client
            .find_role_definitions_by_name(&self.scope, &views, &names);
        Ok(first_of(&found.await?, &names))
    }

    /// As [`Roles::find`], in all other scopes of the tenant that the caller can see. Takes requests for each of them.
    pub(super) async fn find_elsewhere(
        &self,
        name: &str,
        scopes: &[String],
        either_spelling: bool,
    ) -> Result<Found, Error> {
        let (views, names) = (parsed_scopes(scopes), spellings(name, either_spelling));
        let found = self
            .client
            .find_role_definitions_elsewhere(&self.scope, &views, &names);
        Ok(first_of(&found.await?, &names))
    }

    /// The role of this GUID, through any of the scopes that it is known to have had.
    pub(super) async fn get(
        &self,
        guid: &Guid,
        scopes: &[String],
    ) -> Result<Option<RoleDefinition>, Error> {
        // A role that is assignable in a resource group only is not shown through the subscription.
        self.client
            .find_role_definition(&self.scope, guid, &parsed_scopes(scopes))
            .await
    }

    /// As [`Roles::get`], for a role that is known to have been there: gone only where no list shows it under its name either.
    pub(super) async fn get_known(
        &self,
        guid: &Guid,
        scopes: &[String],
        name: &str,
    ) -> Result<Option<RoleDefinition>, Error> {
        if let Some(found) = self.get(guid, scopes).await? {
            return Ok(Some(found));
        }
        let (views, names) = (parsed_scopes(scopes), [name.to_owned()]);
        let is_listed = async || {
            let found = self
                .client
                .find_role_definitions_by_name(&self.scope, &views, &names);
            Ok(found.await?.iter().any(|role| role.name == *guid))
        };
        let read = || self.get(guid, scopes);
        missing::look_again(&self.scope, self.step, guid, is_listed, read).await
    }

    /// Waits for the turn to write to the role.
    pub(super) async fn turn(&self, role: &Guid) -> Result<OwnedMutexGuard<()>, Error> {
        let doing = "waiting for another change of the role in this run";
        let turn = self.shared.turns.take(&self.scope, role.clone(), doing);
        turn.await.map_err(Error::from)
    }

    /// The role as the base of a change, in one's turn. A replica that lags may show it as it was before this run's last change, which a
    /// write of the whole role would undo; so it is read until it shows all of them, for as long as replicas usually need.
    pub(super) async fn base(
        &self,
        guid: &Guid,
        scopes: &[String],
        name: &str,
    ) -> Result<Option<RoleDefinition>, Error> {
        let Some(own) = self.shared.changes(&self.client, guid) else {
            return self.get_known(guid, scopes, name).await;
        };
        let limited = self.limited(UPDATE_LAG_LIMIT);
        let doing = format!("waiting until reads show what this run changed in role {guid}");
        let started = Instant::now();
        let mut seen = None;
        let ended = Poll::new(&doing, self.step)
            .until(
                &limited.scope,
                None,
                || limited.get(guid, scopes),
                |found| {
                    seen = found?;
                    Ok(match &seen {
                        Some(role) if own.is_done(role) => Progress::Done(()),
                        Some(_) => Progress::NotYet("they show it as it was before".to_owned()),
                        None => Progress::NotYet("they do not show it".to_owned()),
                    })
                },
            )
            .await;
        match (ended, self.scope.check()) {
            (Err(Waited::Failed(error)), _) => Err(error),
            (Err(_), Err(ended)) => Err(CallError::ended(ended, doing, started.elapsed()).into()),
            _ => Ok(seen),
        }
    }

    /// The role with all that this run changed in it, whichever version was read.
    pub(super) fn as_left(&self, role: RoleDefinition) -> RoleDefinition {
        match self.shared.changes(&self.client, &role.name) {
            Some(own) => own.applied(role),
            None => role,
        }
    }

    /// The same work with a limit of time.
    pub(super) fn limited(&self, limit: Duration) -> Self {
        Self {
            client: Arc::clone(&self.client),
            scope: self.scope.at_most(limit),
            ..*self
        }
    }

    /// Writes a new role through the first of its scopes, as the service's documents have it; again while a name that this
    /// process gave up is not released yet.
    pub(super) async fn put_new(
        &self,
        guid: &Guid,
        body: &RoleDefinitionBody,
    ) -> Result<RoleDefinition, Error> {
        let id = RoleDefinitionId::new(&written_through(&body.assignable_scopes), guid);
        let put = || self.client.put_role_definition(&self.scope, &id, body);
        let is_held = |answer: &Result<RoleDefinition, Error>| {
            let refusal = answer.as_ref().err();
            refusal.is_some_and(Error::is_role_name_taken)
                && self.shared.was_freed_now(&body.role_name)
        };
        let held = || Progress::NotYet("the deleted role still holds it".to_owned());
        let mut answer = put().await;
        if is_held(&answer) {
            let doing = format!("waiting until Azure releases the name {:?}", body.role_name);
            let released: Result<(), Waited<Infallible>> = Poll::new(doing, self.step)
                .until(&self.scope, Some(held()), put, |again| {
                    answer = again;
                    Ok(if is_held(&answer) {
                        held()
                    } else {
                        Progress::Done(())
                    })
                })
                .await;
            if let Err(ended) = released {
                tracing::info!("{ended}");
            }
        }
        if may_be_done(&answer) {
            let change = Change::adding(body.assignable_scopes.clone());
            self.shared.note(&self.client, guid, change);
        }
        answer
    }

    /// Changes the role until reads agree that it is changed, whoever else writes to it meanwhile. What this run changed in it before is part
    /// of each write and has to be seen as well: the role that is given may be a version from before that.
    ///
    /// `sent` is called once a write may have taken effect.
    pub(super) async fn change(
        &self,
        mut role: RoleDefinition,
        change: &Change,
        sent: impl Fn() + Sync,
    ) -> Result<Changed, NotChanged> {
        let own = self.shared.changes(&self.client, &role.name);
        let change = &own.unwrap_or_default().followed_by(change);
        let mut was_undone = false;
        for _ in 0..MERGE_LIMIT {
            if change.is_done(&role) {
                return Ok(Changed::Shown);
            }
            let body = change.body(&role);
            let held = self.as_left(role.clone()).assignable_scopes;
            let id = RoleDefinitionId::new(&written_through(&held), &role.name);
            let put = self
                .client
                .put_role_definition(&self.scope, &id, &body)
                .await;
            if may_be_done(&put) {
                self.shared.note(&self.client, &role.name, change.clone());
            }
            match put {
                Ok(_) => sent(),
                Err(error) if error.is_not_found() => return Err(NotChanged::Gone),
                Err(error) => {
                    if error.may_have_happened() {
                        sent();
                    }
                    return Err(NotChanged::Failed(error));
                }
            }
            match self.watch(&role, change, &body).await? {
                Seen::Changed => return Ok(Changed::Shown),
                Seen::Undone(newer) => {
                    tracing::info!(role = %newer.id, "somebody else changed the role at the same time; changing it again");
                    was_undone = true;
                    role = newer;
                }
                // Lag and somebody's return to the old version look the same; to write once more is right for both.
                Seen::Before(old) => {
                    tracing::info!(role = %old.id, "reads go on showing the role as it was; changing it again");
                    role = old;
                }
            }
        }
        if was_undone {
            Err(NotChanged::Contended)
        } else {
            Ok(Changed::NotShown)
        }
    }

    async fn watch(
        &self,
        before: &RoleDefinition,
        change: &Change,
        written: &RoleDefinitionBody,
    ) -> Result<Seen, NotChanged> {
        let started = Instant::now();
        let mut scopes = written.assignable_scopes.clone();
        scopes.extend(before.assignable_scopes.iter().cloned());
        // An older version than the one before may still be shown, with what this run took away since.
        scopes.extend(change.remove.iter().cloned());
        let doing = format!(
            "waiting until role {:?} is changed everywhere",
            written.role_name
        );
        Poll::new(doing, self.step)
            .agreements(settle::AGREEING_READS)
            .until(
                &self.scope,
                None,
                || self.get(&before.name, &scopes),
                |found| {
                    let role = match found {
                        Ok(Some(role)) => role,
                        Ok(None) => {
                            return Ok(Progress::NotYet("it cannot be read now".to_owned()));
                        }
                        Err(error) => return tolerate(error.into()),
                    };
                    if change.is_done(&role) {
                        return Ok(Progress::Done(Seen::Changed));
                    }
                    // A scope that was in no version of ours was written after it; otherwise only time tells lag from loss.
                    let is_later = !without(&role.assignable_scopes, &scopes).is_empty();
                    if is_later {
                        return Ok(Progress::Done(Seen::Undone(role)));
                    }
                    if started.elapsed() > UPDATE_LAG_LIMIT {
                        return Ok(Progress::Done(Seen::Before(role)));
                    }
                    Ok(Progress::NotYet(
                        "reads still show the version before".to_owned(),
                    ))
                },
            )
            .await
            .map_err(NotChanged::Waited)
    }

    /// Deletes the role through a scope that it has: through another one it would seem to be gone already.
    pub(super) async fn delete(&self, role: &RoleDefinition) -> Result<(), Error> {
        let id = RoleDefinitionId::new(&written_through(&role.assignable_scopes), &role.name);
        self.client.delete_role_definition(&self.scope, &id).await?;
        self.shared.forget(&self.client, &role.name);
        Ok(())
    }

    /// Waits until no read shows the role any more.
    pub(super) async fn await_gone(&self, role: &RoleDefinition) -> Result<(), Waited<CallError>> {
        let read = || self.get(&role.name, &role.assignable_scopes);
        let doing = format!("waiting until role {:?} is gone", role.role_name);
        settle::until_gone(&self.scope, self.step, doing, read).await
    }
}

/// Whether a write took effect, as far as its answer tells.
fn may_be_done(put: &Result<RoleDefinition, Error>) -> bool {
    match put {
        Ok(_) => true,
        Err(error) => error.may_have_happened(),
    }
}

fn spellings(name: &str, either: bool) -> Vec<String> {
    let other = either.then(|| other_spelling(name));
    std::iter::once(name.to_owned()).chain(other).collect()
}

/// The role of the first name that one has: a custom role before one of Azure's own.
fn first_of(found: &[RoleDefinition], names: &[String]) -> Found {
    for name in names {
        let (built_in, custom): (Vec<_>, Vec<_>) = found
            .iter()
            .filter(|role| is_same_name(&role.role_name, name))
            .partition(|role| role.role_type == RoleType::BuiltIn);
        if let Some(role) = custom.first() {
            return Found::Custom((*role).clone());
        }
        if let Some(role) = built_in.first() {
            return Found::BuiltIn((*role).clone());
        }
    }
    Found::None
}

/// The scope in whose path a write goes: the service looks the role up there and checks the caller's right.
fn written_through(assignable_scopes: &[String]) -> ArmId {
    parsed_scopes(assignable_scopes)
        .into_iter()
        .next()
        .unwrap_or_else(ArmId::tenant)
}
