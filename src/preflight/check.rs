//! What a check found, and how that is told.

use std::fmt;

use crate::tf::diagnostics::{Diagnostic, Diagnostics};

use super::inputs::{Kind, Phase};

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
    /// Azure has the virtual hub.
    HubExists,
    /// Azure has the private DNS zone.
    ZoneExists,
    /// The network has no other zone of this name.
    ZoneUnique,
    /// The zone has no link of this name yet.
    LinkName,
    /// Nobody's addresses collide.
    AddressSpace,
    /// Kong's application can sign in to the tenant.
    ServicePrincipal,
    /// It may do on the Azure side what a connection takes.
    RoleAssignment,
    /// No remains on the virtual network stand in the way.
    VnetPeerings,
    /// How many peerings the network has; for information, since Konnect tells no limit.
    Quota,
    /// Where both sides are; for information.
    Regions,
}

impl CheckId {
    /// The stable name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NetworkExists => "network_exists",
            Self::NetworkIsAzure => "network_is_azure",
            Self::NetworkReady => "network_ready",
            Self::VnetExists => "vnet_exists",
            Self::HubExists => "hub_exists",
            Self::ZoneExists => "zone_exists",
            Self::ZoneUnique => "zone_unique",
            Self::LinkName => "link_name",
            Self::AddressSpace => "address_space",
            Self::ServicePrincipal => "service_principal",
            Self::RoleAssignment => "role_assignment",
            Self::VnetPeerings => "vnet_peerings",
            Self::Quota => "quota",
            Self::Regions => "regions",
        }
    }

    /// What is wrong when it fails, as a headline.
    const fn headline(self, kind: Kind) -> &'static str {
        match self {
            Self::NetworkExists => "Konnect has no such network",
            Self::NetworkIsAzure => "The Konnect network is not in Azure",
            Self::NetworkReady => "The Konnect network is not ready",
            Self::VnetExists => "Azure has no such virtual network",
            Self::HubExists => "Azure has no such virtual hub",
            Self::ZoneExists => "Azure has no such private DNS zone",
            Self::ZoneUnique => "The network has a zone of this name already",
            Self::LinkName => "The name of the link is taken",
            Self::AddressSpace => "Address spaces overlap",
            Self::ServicePrincipal => "Kong's application cannot act in the tenant",
            Self::RoleAssignment => match kind {
                Kind::VnetPeering => "Kong's application may not peer with the virtual network",
                Kind::VirtualHubPeering => "Kong's application may not connect to the virtual hub",
                Kind::PrivateHostedZone => "Kong's application may not link the private DNS zone",
            },
            Self::VnetPeerings => "A peering on the virtual network is in the way",
            // For information: they never fail.
            Self::Quota | Self::Regions => "The connection may not be as expected",
        }
    }

    /// What holds when it passes.
    const fn statement(self, kind: Kind) -> &'static str {
        match self {
            Self::NetworkExists => "Konnect has the network",
            Self::NetworkIsAzure => "the Konnect network is in Azure",
            Self::NetworkReady => "the Konnect network is ready",
            Self::VnetExists => "the virtual network exists",
            Self::HubExists => "the virtual hub exists and works",
            Self::ZoneExists => "the private DNS zone exists",
            Self::ZoneUnique => "nothing else of the network answers for the zone",
            Self::LinkName => "the name of the link is free",
            Self::AddressSpace => "no address spaces overlap",
            Self::ServicePrincipal => "Kong's application can act in the tenant",
            Self::RoleAssignment => match kind {
                Kind::VnetPeering => "Kong's application may peer with the virtual network",
                Kind::VirtualHubPeering => "Kong's application may connect to the virtual hub",
                Kind::PrivateHostedZone => "Kong's application may link the private DNS zone",
            },
            Self::VnetPeerings => "nothing on the virtual network is in the way",
            Self::Quota | Self::Regions => "the connection is as expected",
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
    /// The object would fail.
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

/// One check's outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Which check.
    pub id: CheckId,
    /// How it ended.
    pub status: Status,
    /// What is wrong, where the check's usual headline does not say it.
    pub headline: Option<&'static str>,
    /// What was found, in sentences.
    pub detail: String,
    /// What to do about it; empty if there is nothing to do.
    pub fix: String,
}

impl Check {
    pub(super) fn new(id: CheckId, outcome: Outcome) -> Self {
        let Outcome {
            status,
            headline,
            detail,
            fix,
        } = outcome;
        Self {
            id,
            status,
            headline,
            detail,
            fix,
        }
    }

    fn lenient(self, remark: &str) -> Self {
        if self.status != Status::Failed {
            return self;
        }
        Self {
            status: Status::Warning,
            detail: remarked(&self.detail, remark),
            ..self
        }
    }

    fn diagnostic(&self, kind: Kind, phase: Phase) -> Option<Diagnostic> {
        let Self {
            id,
            status,
            headline,
            detail,
            fix,
        } = self;
        let wrong = headline.unwrap_or_else(|| id.headline(kind)).to_owned();
        let (summary, closing) = match status {
            Status::Passed | Status::Skipped => return None,
            Status::Failed if phase == Phase::Apply => (
                wrong,
                Some(format!(
                    "Nothing was sent. This is the check {id}; preflight = false leaves all checks out."
                )),
            ),
            Status::Failed => (
                wrong,
                Some(format!(
                    "This is the check {id}; preflight = false leaves all checks out. If this holds up `terraform destroy`, which plans what is \
                     missing before it destroys the rest, add -refresh=false or set preflight = false."
                )),
            ),
            Status::Warning if headline.is_some() => (wrong, None),
            Status::Warning => (
                format!("Could not verify that {}", id.statement(kind)),
                None,
            ),
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

/// What a check comes to. The error is an outcome as well: that of a check which lacks what it would judge.
pub(super) type Checked = Result<Outcome, Outcome>;

/// A check's outcome before it has its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) status: Status,
    pub(super) headline: Option<&'static str>,
    pub(super) detail: String,
    pub(super) fix: String,
}

impl Outcome {
    fn new(status: Status, detail: impl Into<String>) -> Self {
        Self {
            status,
            headline: None,
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

    /// A failure about an application that may not be the one that Kong uses: told as such, and where nothing speaks for it, a warning only.
    pub(super) fn doubtful(self, kind: Kind) -> Self {
        let Some(doubt) = kind.doubt_about_application() else {
            return self;
        };
        if self.status != Status::Failed {
            return self;
        }
        let status = match kind {
            Kind::VnetPeering | Kind::VirtualHubPeering => self.status,
            Kind::PrivateHostedZone => Status::Warning,
        };
        Self {
            status,
            fix: format!("{}\n\n{doubt}", self.fix),
            ..self
        }
    }

    /// A failure that a creation waits out is only a warning, unless nothing is to be created.
    pub(super) fn lenient_unless_alone(self, phase: Phase, remark: &str) -> Self {
        match phase {
            Phase::Plan | Phase::Apply => self.softened(remark),
            Phase::Standalone => self,
        }
    }

    /// A failure that this very run may still mend is only a warning while it plans.
    pub(super) fn lenient_at_plan(self, phase: Phase, remark: &str) -> Self {
        match phase {
            Phase::Plan => self.softened(remark),
            Phase::Apply | Phase::Standalone => self,
        }
    }

    /// A warning in place of a failure.
    fn softened(self, remark: &str) -> Self {
        if self.status != Status::Failed {
            return self;
        }
        Self {
            status: Status::Warning,
            detail: remarked(&self.detail, remark),
            ..self
        }
    }
}

/// A remark is a paragraph of its own: what stands before it may be a list that people copy lines of.
fn remarked(detail: &str, remark: &str) -> String {
    format!("{detail}\n\n{remark}")
}

/// Every check's outcome.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What was checked.
    pub kind: Kind,
    /// When the checks were made.
    pub phase: Phase,
    /// One for each of the kind's checks, in their order.
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

    /// The same with each failure as a warning, for what the apply will judge again: `remark` tells how.
    #[must_use]
    pub fn lenient(self, remark: &str) -> Self {
        let checks = self.checks.into_iter();
        Self {
            checks: checks.map(|check| check.lenient(remark)).collect(),
            ..self
        }
    }

    /// The outcome of one check.
    #[must_use]
    pub fn check(&self, id: CheckId) -> Option<&Check> {
        self.checks.iter().find(|check| check.id == id)
    }

    /// An error for each failure and a warning for each warning; `place` puts each where the user sees what it is about.
    #[must_use]
    pub fn diagnostics(&self, place: impl Fn(CheckId, Diagnostic) -> Diagnostic) -> Diagnostics {
        let told = self.checks.iter().filter_map(|check| {
            let diagnostic = check.diagnostic(self.kind, self.phase)?;
            Some(place(check.id, diagnostic))
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
        Report {
            kind: Kind::VnetPeering,
            phase,
            checks,
        }
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
        let told = report.diagnostics(|check, diagnostic| match check {
            CheckId::VnetExists => diagnostic.at(Path::attribute("vnet_id")),
            CheckId::NetworkReady => diagnostic.at(Path::attribute("network_id")),
            _ => diagnostic,
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
            let outcome = Outcome::failed("Missing:\n- a").lenient_at_plan(phase, "Perhaps soon.");
            assert_eq!(outcome.status, status);
            // What is listed can be copied, line by line.
            assert!(outcome.detail.lines().any(|line| line == "- a"));
        }
        let passed = Outcome::passed("").lenient_at_plan(Phase::Plan, "x");
        assert_eq!(passed, Outcome::passed(""));
    }

    #[test]
    fn a_lenient_report_warns_of_what_failed() {
        let outcomes = vec![
            (CheckId::VnetExists, Outcome::failed("Missing:\n- a")),
            (CheckId::Quota, Outcome::skipped("")),
        ];
        let report = report(Phase::Plan, outcomes).lenient("The apply will fail on this.");
        assert!(report.passed());
        let warned = report.check(CheckId::VnetExists).unwrap();
        assert_eq!(
            (warned.status, warned.detail.as_str()),
            (
                Status::Warning,
                "Missing:\n- a\n\nThe apply will fail on this."
            )
        );
    }

    #[test]
    fn names_are_stable_and_told_once() {
        for (kind, expected) in [
            (
                Kind::VnetPeering,
                "network_exists network_is_azure network_ready vnet_exists address_space service_principal role_assignment vnet_peerings quota \
                 regions",
            ),
            (
                Kind::VirtualHubPeering,
                "network_exists network_is_azure network_ready hub_exists address_space service_principal role_assignment quota regions",
            ),
            (
                Kind::PrivateHostedZone,
                "network_exists network_is_azure network_ready zone_exists zone_unique link_name service_principal role_assignment",
            ),
        ] {
            let names: Vec<_> = kind.checks().iter().map(|check| check.as_str()).collect();
            assert_eq!(names.join(" "), expected);
        }
    }
}
