//! How long the checks before a creation look again at what may only show late.

use std::time::Duration;

use crate::preflight::{Check, CheckId, Report, Status};
use crate::resources::settle::Grace;

/// How long, and for how many looks at least, what a deleted object leaves in Azure may still be there: Azure deletes in the background.
const REMAINS_GRACE: (Duration, u32) = (Duration::from_secs(30), 6);

/// How long to check again what may only show late.
pub(super) struct Patience {
    /// For consent and assignments that another tool, or another provider of this very run, made a moment ago. What this process made itself counts at once.
    directory: Grace,
    /// For what goes with the object that this run has deleted at the same place, where there is one.
    remains: Option<Grace>,
}

impl Patience {
    pub(super) fn new(is_replacement: bool) -> Self {
        let (time, looks) = REMAINS_GRACE;
        Self {
            directory: Grace::new(),
            remains: is_replacement.then(|| Grace::of(time, looks)),
        }
    }

    /// What another look is worth for; nothing where something else is wrong, which no look changes.
    pub(super) fn waits_for(&mut self, report: &Report) -> Option<String> {
        let is_open = |check: &&Check| match check.id {
            // A half that still looks alive is no failure of this check.
            CheckId::VnetPeerings if self.remains.is_some() => {
                matches!(check.status, Status::Failed | Status::Warning)
            }
            _ => check.status == Status::Failed,
        };
        let open: Vec<CheckId> = report
            .checks
            .iter()
            .filter(is_open)
            .map(|check| check.id)
            .collect();
        let is_directory =
            |id: &CheckId| matches!(id, CheckId::ServicePrincipal | CheckId::RoleAssignment);
        let is_remains = |id: &CheckId| {
            self.remains.is_some() && matches!(id, CheckId::VnetPeerings | CheckId::LinkName)
        };
        if !open.iter().all(|id| is_directory(id) || is_remains(id)) {
            return None;
        }
        let waits_for_remains = open.iter().any(is_remains);
        let waits_for_directory = open.iter().any(is_directory);
        let remains = self.remains.as_mut().filter(|_| waits_for_remains);
        let for_remains = remains.is_some_and(|grace| !grace.is_over());
        // Both count their looks, whichever lasts longer.
        let for_directory = waits_for_directory && !self.directory.is_over();
        let waits = for_remains || for_directory;
        let names = open.iter().map(CheckId::to_string).collect::<Vec<_>>();
        waits.then(|| format!("{} does not pass yet", names.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::{Kind, Phase};

    fn report(checks: &[(CheckId, Status)]) -> Report {
        let checks = checks.iter().map(|(id, status)| Check {
            id: *id,
            status: *status,
            headline: None,
            detail: String::new(),
            fix: String::new(),
        });
        Report {
            kind: Kind::VnetPeering,
            phase: Phase::Apply,
            checks: checks.collect(),
        }
    }

    /// How many seconds a report that stays as it is is looked at again.
    async fn seconds(is_replacement: bool, checks: &[(CheckId, Status)]) -> u64 {
        let mut patience = Patience::new(is_replacement);
        let mut seconds = 0;
        while patience.waits_for(&report(checks)).is_some() {
            tokio::time::advance(Duration::from_secs(1)).await;
            seconds += 1;
        }
        seconds
    }

    #[tokio::test(start_paused = true)]
    async fn what_goes_with_a_deleted_object_is_waited_for_and_nothing_else() {
        use CheckId::{AddressSpace, LinkName, RoleAssignment, VnetPeerings};
        use Status::{Failed, Passed, Warning};
        for (checks, alone, replaced) in [
            (vec![(VnetPeerings, Failed), (AddressSpace, Passed)], 0, 30),
            (vec![(LinkName, Failed)], 0, 30),
            (vec![(LinkName, Warning)], 0, 0),
            // A half that still looks alive.
            (vec![(VnetPeerings, Warning)], 0, 30),
            (
                vec![(VnetPeerings, Failed), (RoleAssignment, Failed)],
                0,
                30,
            ),
            (vec![(VnetPeerings, Failed), (AddressSpace, Failed)], 0, 0),
            (vec![(RoleAssignment, Failed)], 5, 5),
            (vec![(AddressSpace, Failed)], 0, 0),
            (vec![(RoleAssignment, Passed)], 0, 0),
        ] {
            assert_eq!(seconds(false, &checks).await, alone, "{checks:?}");
            assert_eq!(seconds(true, &checks).await, replaced, "{checks:?}");
        }
    }
}
