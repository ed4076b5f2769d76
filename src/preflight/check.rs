//! What a check found, and how that is told.

use std::fmt;

use crate::tf::diagnostics::{Diagnostic, Diagnostics};

use super::inputs::Phase;

/// The checks, in the order in which they are told. The texts are part of the public interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CheckId {
    /// Konnect has the network.
    NetworkExists,
    /// It runs in Azure.
    NetworkIsAzure,
    /// It can take peerings.
    NetworkReady,
    /// Azure has the virtual network.
    VnetExists,
    /// Nobody's addresses collide.
    AddressSpace,
    /// Kong's application can sign in to the tenant.
    ServicePrincipal,
    /// It may do at the virtual network what a peering takes.
    RoleAssignment,
    /// No remains on the virtual network stand in the way.
    VnetPeerings,
    /// The organisation may have one more peering.
    Quota,
    /// Where both sides are; for information.
    Regions,
}

impl CheckId {
    /// All of them, in order.
    pub const ALL: [Self; 10] = [
        Self::NetworkExists,
        Self::NetworkIsAzure,
        Self::NetworkReady,
        Self::VnetExists,
        Self::AddressSpace,
        Self::ServicePrincipal,
        Self::RoleAssignment,
        Self::VnetPeerings,
        Self::Quota,
        Self::Regions,
    ];

    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NetworkExists => "network_exists",
            Self::NetworkIsAzure => "network_is_azure",
            Self::NetworkReady => "network_ready",
            Self::VnetExists => "vnet_exists",
            Self::AddressSpace => "address_space",
            Self::ServicePrincipal => "service_principal",
            Self::RoleAssignment => "role_assignment",
            Self::VnetPeerings => "vnet_peerings",
            Self::Quota => "quota",
            Self::Regions => "regions",
        }
    }

    /// Which input a user would change.
    #[must_use]
    pub const fn subject(self) -> Subject {
        match self {
            Self::NetworkExists | Self::NetworkIsAzure | Self::NetworkReady | Self::Quota => {
                Subject::Network
            }
            Self::VnetExists | Self::AddressSpace | Self::VnetPeerings | Self::Regions => {
                Subject::Vnet
            }
            Self::ServicePrincipal | Self::RoleAssignment => Subject::Principal,
        }
    }

    /// What is wrong when it fails, as a headline.
    const fn headline(self) -> &'static str {
        match self {
            Self::NetworkExists => "Konnect has no such network",
            Self::NetworkIsAzure => "The Konnect network is not in Azure",
            Self::NetworkReady => "The Konnect network is not ready",
            Self::VnetExists => "Azure has no such virtual network",
            Self::AddressSpace => "Address spaces overlap",
            Self::ServicePrincipal => "Kong's application cannot act in the tenant",
            Self::RoleAssignment => "Kong's application may not peer with the virtual network",
            Self::VnetPeerings => "A peering on the virtual network is in the way",
            Self::Quota => "The quota for peerings is used up",
            Self::Regions => "The regions do not fit",
        }
    }

    /// What holds when it passes.
    const fn statement(self) -> &'static str {
        match self {
            Self::NetworkExists => "Konnect has the network",
            Self::NetworkIsAzure => "the Konnect network is in Azure",
            Self::NetworkReady => "the Konnect network is ready",
            Self::VnetExists => "the virtual network exists",
            Self::AddressSpace => "no address spaces overlap",
            Self::ServicePrincipal => "Kong's application can act in the tenant",
            Self::RoleAssignment => "Kong's application may peer with the virtual network",
            Self::VnetPeerings => "nothing on the virtual network is in the way",
            Self::Quota => "the quota allows one more peering",
            Self::Regions => "the regions fit",
        }
    }
}

impl fmt::Display for CheckId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// How a check ended. The texts are part of the public interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// All is well.
    Passed,
    /// The peering would fail.
    Failed,
    /// It may fail, or the caller has no right to look.
    Warning,
    /// What it needs to know is not known.
    Skipped,
}

impl Status {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Warning => "warning",
            Self::Skipped => "skipped",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Which input a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The Konnect network.
    Network,
    /// The virtual network.
    Vnet,
    /// Kong's application and its rights; no input of a peering names them.
    Principal,
}

/// One check's outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Which check.
    pub id: CheckId,
    /// How it ended.
    pub status: Status,
    /// What was found, in sentences.
    pub detail: String,
    /// What to do about it; empty where there is nothing to do.
    pub fix: String,
}

impl Check {
    pub(super) fn new(id: CheckId, outcome: Outcome) -> Self {
        let Outcome {
            status,
            detail,
            fix,
        } = outcome;
        Self {
            id,
            status,
            detail,
            fix,
        }
    }

    /// Which input it is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.id.subject()
    }

    fn diagnostic(&self, phase: Phase) -> Option<Diagnostic> {
        let Self {
            id,
            status,
            detail,
            fix,
        } = self;
        let (summary, closing) = match status {
            Status::Passed | Status::Skipped => return None,
            Status::Failed if phase == Phase::Apply => (
                id.headline().to_owned(),
                Some(format!(
                    "Nothing was sent. This is the check {id}; preflight = false leaves all checks out."
                )),
            ),
            Status::Failed => (
                id.headline().to_owned(),
                Some(format!(
                    "This is the check {id}; preflight = false leaves all checks out."
                )),
            ),
            Status::Warning => (format!("Not sure that {}", id.statement()), None),
        };
        let paragraphs = [Some(detail.clone()), Some(fix.clone()), closing];
        let text: Vec<_> = paragraphs
            .into_iter()
            .flatten()
            .filter(|paragraph| !paragraph.is_empty())
            .collect();
        let text = text.join("\n\n");
        Some(match status {
            Status::Failed => Diagnostic::error(summary, text),
            _ => Diagnostic::warning(summary, text),
        })
    }
}

/// A check's outcome before it has its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) status: Status,
    pub(super) detail: String,
    pub(super) fix: String,
}

impl Outcome {
    fn new(status: Status, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            fix: String::new(),
        }
    }

    pub(super) fn passed(detail: impl Into<String>) -> Self {
        Self::new(Status::Passed, detail)
    }

    pub(super) fn failed(detail: impl Into<String>) -> Self {
        Self::new(Status::Failed, detail)
    }

    pub(super) fn warning(detail: impl Into<String>) -> Self {
        Self::new(Status::Warning, detail)
    }

    pub(super) fn skipped(detail: impl Into<String>) -> Self {
        Self::new(Status::Skipped, detail)
    }

    pub(super) fn fix(self, fix: impl Into<String>) -> Self {
        Self {
            fix: fix.into(),
            ..self
        }
    }

    /// A failure that a creation waits out is only a warning, unless nothing is to be created.
    pub(super) fn lenient_unless_alone(self, phase: Phase, remark: &str) -> Self {
        match phase {
            Phase::Plan | Phase::Apply => self.lenient_at_plan(Phase::Plan, remark),
            Phase::Standalone => self,
        }
    }

    /// A failure that this very run may still mend is only a warning while it plans.
    pub(super) fn lenient_at_plan(self, phase: Phase, remark: &str) -> Self {
        if self.status == Status::Failed && phase == Phase::Plan {
            Self {
                status: Status::Warning,
                detail: format!("{} {remark}", self.detail),
                fix: self.fix,
            }
        } else {
            self
        }
    }
}

/// Every check's outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// When the checks were made.
    pub phase: Phase,
    /// One for each [`CheckId`], in their order.
    pub checks: Vec<Check>,
}

impl Report {
    /// Whether no check failed. Warnings and what was skipped do not count.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.checks
            .iter()
            .all(|check| check.status != Status::Failed)
    }

    /// The outcome of one check.
    #[must_use]
    pub fn check(&self, id: CheckId) -> Option<&Check> {
        self.checks.iter().find(|check| check.id == id)
    }

    /// An error for each failure and a warning for each warning; `place` puts each where the user sees its subject.
    #[must_use]
    pub fn diagnostics(&self, place: impl Fn(Subject, Diagnostic) -> Diagnostic) -> Diagnostics {
        let told = self.checks.iter().filter_map(|check| {
            let diagnostic = check.diagnostic(self.phase)?;
            Some(place(check.subject(), diagnostic))
        });
        told.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tf::path::Path;

    fn report(phase: Phase, outcomes: Vec<(CheckId, Outcome)>) -> Report {
        let checks = outcomes
            .into_iter()
            .map(|(id, outcome)| Check::new(id, outcome))
            .collect();
        Report { phase, checks }
    }

    #[test]
    fn each_failure_is_its_own_error_on_its_own_attribute() {
        let report = report(
            Phase::Apply,
            vec![
                (CheckId::NetworkExists, Outcome::passed("There.")),
                (
                    CheckId::VnetExists,
                    Outcome::failed("Not there.").fix("Make it."),
                ),
                (
                    CheckId::ServicePrincipal,
                    Outcome::warning("You may not look."),
                ),
                (CheckId::RoleAssignment, Outcome::skipped("No principal.")),
                (CheckId::NetworkReady, Outcome::failed("Not yet.")),
            ],
        );
        assert!(!report.passed());
        let told = report.diagnostics(|subject, diagnostic| match subject {
            Subject::Vnet => diagnostic.at(Path::attribute("vnet_id")),
            Subject::Network => diagnostic.at(Path::attribute("network_id")),
            Subject::Principal => diagnostic,
        });
        let told: Vec<_> = told
            .iter()
            .map(|one| {
                (
                    one.is_error(),
                    one.path.to_string(),
                    one.detail.split("\n\n").count(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (true, "vnet_id".into(), 3),
                (false, String::new(), 1),
                (true, "network_id".into(), 2)
            ]
        );
    }

    #[test]
    fn warnings_and_what_was_skipped_do_not_fail() {
        let report = report(
            Phase::Standalone,
            vec![
                (CheckId::Quota, Outcome::skipped("")),
                (CheckId::Regions, Outcome::warning("")),
            ],
        );
        assert!(report.passed());
    }

    #[test]
    fn only_planning_is_lenient() {
        for (phase, status) in [
            (Phase::Plan, Status::Warning),
            (Phase::Apply, Status::Failed),
            (Phase::Standalone, Status::Failed),
        ] {
            let outcome = Outcome::failed("Missing.").lenient_at_plan(phase, "Perhaps soon.");
            assert_eq!(outcome.status, status);
        }
        let passed = Outcome::passed("").lenient_at_plan(Phase::Plan, "x");
        assert_eq!(passed, Outcome::passed(""));
    }

    #[test]
    fn names_are_stable_and_told_once() {
        let names = CheckId::ALL.map(CheckId::as_str);
        assert_eq!(
            names.join(" "),
            "network_exists network_is_azure network_ready vnet_exists address_space service_principal role_assignment vnet_peerings quota \
             regions"
        );
        assert!(CheckId::ALL.is_sorted());
    }
}
