//! Whether a principal's roles suffice at a place: first decided, then told.

use crate::azure::DenyAssignment;
use crate::azure::ids::Guid;

use super::super::check::Outcome;
use super::super::inputs::{Inputs, Kind, Place};
use super::super::observations::{Grants, Look, Unseen};
use super::Lack;

/// What a principal's roles at a place come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Deny assignments take needed actions away, whatever roles it has.
    Denied,
    /// They suffice, unless it is in one of the groups that deny assignments name.
    AllowedUnlessDeniedByGroup,
    /// They suffice.
    Allowed,
    /// They do not suffice, unless those do that could not be read.
    LackingUnlessUnread,
    /// They do not suffice, unless a group's do, which nobody told.
    LackingUnlessByGroup,
    /// They do not hold all that is thought to be needed, and may be meant to be just enough.
    PerhapsLacking,
    /// They do not suffice.
    Lacking,
}

impl Verdict {
    pub(super) fn of(kind: Kind, grants: &Grants, lack: &Lack) -> Self {
        // What is needed at a hub is inferred: a role with another list of actions may be the vendor's own.
        let is_inferred = kind == Kind::VirtualHubPeering;
        if !lack.denied.is_empty() {
            Self::Denied
        } else if lack.missing.is_empty() {
            if lack.perhaps_denied.is_empty() {
                Self::Allowed
            } else {
                Self::AllowedUnlessDeniedByGroup
            }
        } else if !grants.unread.is_empty() {
            Self::LackingUnlessUnread
        } else if grants.is_without_groups {
            Self::LackingUnlessByGroup
        } else if is_inferred && !grants.roles.is_empty() {
            Self::PerhapsLacking
        } else {
            Self::Lacking
        }
    }
}

/// What a verdict is about.
pub(super) struct Case<'a> {
    pub(super) inputs: &'a Inputs,
    pub(super) scope: &'a Place,
    pub(super) principal: &'a Guid,
    pub(super) grants: &'a Grants,
    pub(super) lack: &'a Lack,
    pub(super) denials: &'a Look<Vec<DenyAssignment>>,
}

impl Case<'_> {
    pub(super) fn tell(&self, verdict: Verdict) -> Outcome {
        match verdict {
            Verdict::Denied => self.denied(),
            Verdict::AllowedUnlessDeniedByGroup => self.perhaps_denied(),
            Verdict::Allowed => self.allowed(),
            Verdict::LackingUnlessUnread => self.unread(),
            Verdict::LackingUnlessByGroup => self.assigned(Outcome::warning(format!(
                "{}\n\nOnly what is assigned to itself could be seen: a group that it is in may have a role.",
                self.lacks()
            ))),
            Verdict::PerhapsLacking => self.assigned(Outcome::warning(self.lacks())),
            Verdict::Lacking => self.assigned(Outcome::failed(self.lacks())),
        }
    }

    fn denied(&self) -> Outcome {
        Outcome::failed(format!(
            "Deny assignments take actions away from the service principal {}, whatever roles it has.\nScope: {}\nDenied:\n{}",
            self.principal,
            self.scope,
            listed(&self.lack.denied)
        ))
        .fix("Deny assignments are made by Azure for managed applications and deployment stacks: have them leave out this principal, or choose another place.")
        .doubtful(self.inputs.kind)
    }

    fn perhaps_denied(&self) -> Outcome {
        Outcome::warning(format!(
            "The service principal {} has a role with the needed actions, but deny assignments for or except certain groups may take some \
             away: its groups are not known here.\nScope: {}\nPerhaps denied:\n{}",
            self.principal,
            self.scope,
            listed(&self.lack.perhaps_denied)
        ))
        .fix("Look up whether it is a member of those groups.")
    }

    fn allowed(&self) -> Outcome {
        let names = self.grants.roles.iter();
        let names: Vec<_> = names.map(|(_, role)| role.role_name.as_str()).collect();
        let has = format!(
            "The service principal {} has the needed actions at the {}, by {}.",
            self.principal,
            self.what(),
            names.join(", ")
        );
        match self.denials {
            Ok(_) => Outcome::passed(has),
            Err(Unseen::Blind { why, fix } | Unseen::Refused { why, fix }) => {
                Outcome::warning(format!(
                    "{has} Whether a deny assignment takes some away could not be seen.\n{why}"
                ))
                .fix(fix)
            }
            Err(Unseen::NotAsked(_)) => Outcome::passed(format!(
                "{has} Whether a deny assignment takes some away could not be seen."
            )),
        }
    }

    fn unread(&self) -> Outcome {
        Outcome::warning(format!(
            "The service principal {} lacks actions at the {}, unless the roles that could not be read allow them.\n{}\nNot read:\n{}",
            self.principal,
            self.what(),
            self.missing(),
            self.grants.unread.join("\n")
        ))
    }

    fn lacks(&self) -> String {
        let what = self.what();
        let has = match self.grants.roles.as_slice() {
            [] if self.grants.is_without_groups => {
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
        format!(
            "The service principal {} lacks actions at the {what}. {has}\n{}",
            self.principal,
            self.missing()
        )
    }

    /// What is missing where.
    fn missing(&self) -> String {
        let missing = self.lack.missing.iter();
        let missing: Vec<_> = missing.map(|action| format!("- {action}")).collect();
        format!("Scope: {}\nMissing:\n{}", self.scope, missing.join("\n"))
    }

    /// With the assignment that mends it.
    fn assigned(&self, outcome: Outcome) -> Outcome {
        let kind = self.inputs.kind;
        outcome
            .fix(format!(
                "Assign it a role with these actions at the {}, its resource group or its subscription: {} defines one, and \
                 konnectazure_role_assignment assigns it, with\n\n  scope        = \"{}\"\n  principal_id = \"{}\"\n\nLet the {} depend on \
                 that assignment. A new assignment may take some minutes to be seen everywhere.",
                self.what(),
                kind.role(),
                self.scope,
                self.principal,
                kind.object()
            ))
            .doubtful(kind)
            .lenient_at_plan(self.inputs.phase, "This run may still assign it.")
    }

    const fn what(&self) -> &'static str {
        self.inputs.kind.place()
    }
}

/// Denied actions as a list.
fn listed(denied: &[(String, String)]) -> String {
    let lines: Vec<_> = denied
        .iter()
        .map(|(action, by)| format!("- {action}, by {by}"))
        .collect();
    lines.join("\n")
}
