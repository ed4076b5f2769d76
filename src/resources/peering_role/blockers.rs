//! Assignments that keep a role, or one of its scopes, from being removed.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::azure::ids::{ArmId, Guid};
use crate::azure::{Error, RoleAssignment};
use crate::http::error::Error as CallError;
use crate::http::poll::{Poll, Progress, Waited, tolerate};
use crate::resources::settle::Grace;
use crate::tf::diagnostics::import_block;

use super::convert::parsed_scopes;
use super::remote::Roles;

/// How long Azure's check on removal may lag behind the deletion of an assignment by this process.
const LAG_LIMIT: Duration = Duration::from_secs(5 * 60);

/// How long it is not believed where no assignment can be seen: enough for what another tool deleted a moment ago.
const DOUBT_LIMIT: Duration = Duration::from_secs(30);

/// How many looks in a row must find no assignment at most, when Azure keeps saying that there is one.
const PATIENT_LOOKS: u32 = 10;

/// How many assignments are looked at one by one, and named in an error.
const SHOWN_LIMIT: usize = 10;

impl Roles<'_> {
    /// Waits while assignments of the role below these scopes disappear. Ones that stay end it.
    ///
    /// `refusals` says how often Azure has just said that there are some: then the first look comes after a pause, and as
    /// many looks must find none.
    pub(super) async fn await_unassigned(
        &self,
        role: &Guid,
        scopes: &[String],
        refusals: u32,
    ) -> Result<(), InTheWay> {
        let mut seen = BTreeSet::new();
        let mut grace = Grace::new();
        let mut in_the_way = Vec::new();
        let poll = Poll::new(
            "waiting for assignments of the role to disappear",
            self.step,
        )
        .agreements(refusals.min(PATIENT_LOOKS));
        let look = || self.standing_assignments(role, scopes);
        let judge = |standing: Result<Vec<RoleAssignment>, Error>| {
            let standing = match standing {
                Ok(standing) => standing,
                // What cannot be seen from here, the service's own check sees.
                Err(error) if error.refusal().is_some() && !error.is_passing() => {
                    tracing::debug!(%error, "the role's assignments cannot be looked at");
                    return Ok(Progress::Done(()));
                }
                Err(error) => return tolerate(error.into()),
            };
            let ids: BTreeSet<String> = standing
                .iter()
                .map(|assignment| assignment.id.to_string().to_lowercase())
                .collect();
            if ids.is_empty() {
                return Ok(Progress::Done(()));
            }
            if ids != seen {
                grace = Grace::new();
                seen = ids;
            }
            // Those that are the same for so long are not on their way out.
            if grace.is_over() {
                in_the_way = standing;
                return Ok(Progress::Never("the role is still assigned".to_owned()));
            }
            Ok(Progress::NotYet(format!(
                "{} assignment(s) left",
                seen.len()
            )))
        };
        let refused = || Progress::NotYet("Azure says that it is still assigned".to_owned());
        let first = (refusals > 0).then(refused);
        match poll.until(&self.scope, first, look, judge).await {
            Ok(()) => Ok(()),
            Err(Waited::Never(_)) => Err(InTheWay::Standing(in_the_way)),
            Err(ended) => Err(InTheWay::Waited(ended)),
        }
    }

    /// Lists lag behind deletions, so each assignment is looked at by itself.
    pub(super) async fn standing_assignments(
        &self,
        role: &Guid,
        scopes: &[String],
    ) -> Result<Vec<RoleAssignment>, Error> {
        let mut standing = Vec::new();
        for listed in self.listed_assignments(role, scopes).await? {
            if standing.len() < SHOWN_LIMIT {
                let found = self
                    .client
                    .get_role_assignment(&self.scope, &listed.id)
                    .await?;
                standing.extend(found);
            } else {
                standing.push(listed);
            }
        }
        Ok(standing)
    }

    async fn listed_assignments(
        &self,
        role: &Guid,
        scopes: &[String],
    ) -> Result<Vec<RoleAssignment>, Error> {
        let mut found: Vec<RoleAssignment> = Vec::new();
        for at in parsed_scopes(scopes) {
            for assignment in self.all_assignments(&at).await? {
                let is_below = at.contains(&assignment.scope) || at.subscription_id().is_none();
                let is_known = found.iter().any(|known| known.id == assignment.id);
                if assignment.role_definition_id.guid() == role && is_below && !is_known {
                    found.push(assignment);
                }
            }
        }
        Ok(found)
    }

    async fn all_assignments(&self, at: &ArmId) -> Result<Vec<RoleAssignment>, Error> {
        let filter = crate::azure::RoleAssignmentFilter::All;
        let listed = self
            .client
            .list_role_assignments(at, &filter)
            .collect(&self.scope)
            .await;
        match listed.map_err(Error::from) {
            // A scope that is gone holds no assignments.
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            listed => listed,
        }
    }

    /// Tries a removal again for as long as Azure refuses it because of assignments that are disappearing.
    ///
    /// # Errors
    /// What ended the attempts; with the assignments in the way, where they can be seen.
    pub(super) async fn while_assignments_disappear<T, A>(
        &self,
        role: &Guid,
        scopes: &[String],
        mut attempt: impl FnMut() -> A,
    ) -> Result<T, Blocked>
    where
        A: Future<Output = Result<T, Error>>,
    {
        let started = Instant::now();
        let limit = if self.client.has_just_unassigned() {
            LAG_LIMIT
        } else {
            DOUBT_LIMIT
        };
        let limited = self.limited(limit);
        let mut refusals = 0;
        loop {
            let error = match attempt().await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            if !error.is_role_has_assignments() || started.elapsed() >= limit {
                return Err(Blocked::Refused(error));
            }
            refusals += 1;
            match limited.await_unassigned(role, scopes, refusals).await {
                Ok(()) => {}
                Err(InTheWay::Standing(standing)) => {
                    return Err(Blocked::Standing(error, standing));
                }
                Err(InTheWay::Waited(ended @ Waited::Cancelled { .. })) => {
                    return Err(Blocked::Waited(ended));
                }
                Err(InTheWay::Waited(_)) => return Err(Blocked::Refused(error)),
            }
        }
    }
}

/// Why assignments did not disappear.
pub(super) enum InTheWay {
    /// These stay.
    Standing(Vec<RoleAssignment>),
    /// The wait for them ended.
    Waited(Waited<CallError>),
}

/// Why a removal did not come about.
pub(super) enum Blocked {
    /// Azure refused it.
    Refused(Error),
    /// Azure refused it because of these assignments, which stay.
    Standing(Error, Vec<RoleAssignment>),
    /// The wait for them ended.
    Waited(Waited<CallError>),
}

/// The assignments, each with its id.
pub(super) fn listing(standing: &[RoleAssignment]) -> String {
    let mut lines: Vec<String> = standing
        .iter()
        .take(SHOWN_LIMIT)
        .map(|assignment| {
            format!(
                "  {} (principal {})",
                assignment.id, assignment.principal_id
            )
        })
        .collect();
    let more = standing.len().saturating_sub(SHOWN_LIMIT);
    if more > 0 {
        lines.push(format!("  and {more} more"));
    }
    lines.join("\n")
}

/// The assignments, and the ways to be rid of them.
pub(super) fn ways_on(standing: &[RoleAssignment]) -> String {
    let first = standing.first().map(|assignment| assignment.id.to_string());
    let first = first.unwrap_or_default();
    format!(
        "The role is still assigned:\n{}\n\nRemove them first, as with:\n\n  az role assignment delete --ids \"{first}\"\n\nor bring them \
         into a configuration and destroy them there:\n\n{}",
        listing(standing),
        import_block("konnectazure_role_assignment", &first),
    )
}
