//! The creation of an assignment, or the adoption of the equal one that is there.

use std::sync::Arc;

use crate::azure::ids::{ArmId, ArmKind, RoleAssignmentId};
use crate::azure::{Client, Error, RoleAssignment, RoleDefinition};
use crate::http::Scope;
use crate::http::error::Error as CallError;
use crate::http::poll::{Poll, Progress, Waited};
use crate::resources::explain::Failure;
use crate::resources::settle::Grace;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::resource::Save;

use super::convert::{self, Wanted};
use super::explain;
use super::principal::{self, Principal};
use super::schema::RoleAssignmentModel;

/// What a creation works with.
pub(super) struct Creation<'a> {
    pub(super) client: Arc<Client>,
    pub(super) scope: Scope,
    pub(super) planned: &'a RoleAssignmentModel,
    pub(super) wanted: &'a Wanted,
    pub(super) failure: &'a Failure<'a>,
    pub(super) save: &'a Save<RoleAssignmentModel>,
}

/// How one attempt ended.
enum Attempt {
    Done,
    /// Azure does not know this everywhere yet; something vouches for it, or nothing does.
    Unknown {
        what: &'static str,
        is_vouched_for: bool,
        error: Error,
    },
    Refused(Error),
}

impl Creation<'_> {
    /// The id of the assignment that was made or adopted.
    pub(super) async fn run(&self) -> Result<RoleAssignmentId, Diagnostics> {
        let wanted = self.wanted;
        let principal_id = &wanted.principal_id;
        let seen = principal::check(&self.client, &self.scope, principal_id, self.failure).await?;
        let id = wanted.id();
        let mut grace = Grace::new();
        let mut last = None;
        let ended = Poll::new("assigning the role", self.client.poll_step())
            .until(
                &self.scope,
                None,
                || self.attempt(&id, seen),
                |attempt| match attempt {
                    Attempt::Done => Ok(Progress::Done(())),
                    Attempt::Refused(error) => Err(error),
                    Attempt::Unknown {
                        what,
                        is_vouched_for,
                        error,
                    } => {
                        if grace.is_over() && !is_vouched_for {
                            return Err(error);
                        }
                        last = Some(error);
                        Ok(Progress::NotYet(format!(
                            "Azure does not know the {what} everywhere yet"
                        )))
                    }
                },
            )
            .await;
        match (ended, last) {
            (Ok(()), _) => Ok(id),
            (Err(Waited::Failed(error)), _) if error.is_role_assignment_exists() => {
                self.adopt(&error).await
            }
            // The service's own words say more than that the time is over.
            (Err(Waited::Failed(error)), _) | (Err(Waited::Deadline { .. }), Some(error)) => {
                Err(explain::refused(self.failure, wanted, &error))
            }
            (Err(ended), _) => Err(self.failure.waited(&ended.map(CallError::from))),
        }
    }

    async fn attempt(&self, id: &RoleAssignmentId, seen: Principal) -> Attempt {
        let error = match self.put(id, None).await {
            Ok(()) => return Attempt::Done,
            Err(error) => error,
        };
        let (what, is_vouched_for) = if error.is_role_not_found() {
            let role = self.role().await;
            if role
                .as_ref()
                .is_some_and(|role| !may_be_assigned(role, &self.wanted.scope))
            {
                return Attempt::Refused(error);
            }
            ("role", role.is_some())
        } else if error.is_principal_not_found() {
            let was_made = self.client.has_just_made(&self.wanted.principal_id);
            ("principal", seen == Principal::Seen || was_made)
        } else {
            return Attempt::Refused(error);
        };
        Attempt::Unknown {
            what,
            is_vouched_for,
            error,
        }
    }

    /// The role that Azure says it does not know: as this process made it, or as a read shows it.
    async fn role(&self) -> Option<RoleDefinition> {
        let id = &self.wanted.role;
        if let Some(made) = self.client.just_made_role_definition(id.guid()) {
            return Some(made);
        }
        let read = self.client.get_role_definition(&self.scope, id).await;
        read.inspect_err(|error| tracing::debug!(%error, "the role cannot be looked up"))
            .ok()
            .flatten()
    }

    async fn put(&self, id: &RoleAssignmentId, twin: Option<&RoleAssignment>) -> Result<(), Error> {
        let body = self.wanted.to_body(twin);
        let put = self
            .client
            .put_role_assignment(&self.scope, id, &body)
            .await;
        put.map(drop).inspect_err(|error| {
            if error.may_have_happened() {
                self.save.save(&convert::applied(self.planned, id));
            }
        })
    }

    async fn adopt(&self, error: &Error) -> Result<RoleAssignmentId, Diagnostics> {
        let Some(twin) = self.twin(error).await else {
            return Err(explain::exists_unseen(self.failure, self.wanted, error));
        };
        let is_named_otherwise = self
            .wanted
            .name
            .as_ref()
            .is_some_and(|name| name != twin.id.name());
        // Under the name that was sent it is this creation's own: an earlier attempt's, whose answer was lost.
        let own = self.wanted.id();
        let is_own = twin.id.name() == own.name();
        if !is_own && (!self.wanted.may_adopt || is_named_otherwise) {
            return Err(explain::exists(self.failure, self.wanted, &twin));
        }
        tracing::info!(id = %twin.id, "adopting the assignment that exists");
        // It was planned in our spelling, which a service need not keep.
        let id = if is_own {
            own
        } else {
            RoleAssignmentId::new(&self.wanted.scope, twin.id.name())
        };
        if twin.description != self.wanted.description {
            let put = self.put(&id, Some(&twin)).await;
            put.map_err(|error| explain::refused(self.failure, self.wanted, &error))?;
        }
        Ok(id)
    }

    /// The assignment that exists: the one that the refusal names, or else the one that grants the same. Replicas may show neither at once.
    async fn twin(&self, error: &Error) -> Option<RoleAssignment> {
        let mut grace = Grace::new();
        let found = Poll::new(
            "looking for the assignment that exists",
            self.client.poll_step(),
        )
        .until(
            &self.scope,
            None,
            || self.look_for_twin(error),
            |twin| match twin {
                Ok(Some(twin)) => Ok(Progress::Done(twin)),
                Ok(None) if !grace.is_over() => {
                    Ok(Progress::NotYet("it cannot be read yet".to_owned()))
                }
                Ok(None) => Ok(Progress::Never("it cannot be read".to_owned())),
                Err(error) => Err(error),
            },
        )
        .await;
        found
            .inspect_err(|ended| tracing::debug!(%ended, "the assignment that exists is not found"))
            .ok()
    }

    async fn look_for_twin(&self, error: &Error) -> Result<Option<RoleAssignment>, Error> {
        if let Some(name) = error.existing_role_assignment() {
            let id = RoleAssignmentId::new(&self.wanted.scope, &name);
            let named = self.client.get_role_assignment(&self.scope, &id).await;
            if let Ok(Some(twin)) = named
                && self.wanted.is_granted_by(&twin)
            {
                return Ok(Some(twin));
            }
        }
        let Wanted {
            scope,
            role,
            principal_id,
            ..
        } = self.wanted;
        self.client
            .find_role_assignment(&self.scope, scope, role.guid(), principal_id)
            .await
    }
}

/// Whether the role can be assigned at the scope, as far as ids tell: what a management group holds cannot be seen from them.
fn may_be_assigned(role: &RoleDefinition, scope: &ArmId) -> bool {
    let scopes = role.assignable_scopes.iter();
    let is_group = |id: ArmId| id.kind() == ArmKind::ManagementGroup;
    role.is_assignable_at(scope)
        || role.assignable_scopes.is_empty()
        || scopes.filter_map(|own| own.parse().ok()).any(is_group)
}
