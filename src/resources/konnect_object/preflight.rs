//! The checks of an object before it is planned and before it is made, as its own diagnostics.

use std::convert::Infallible;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;

use crate::http::poll::{Poll, Progress, Waited};
use crate::http::scope::Scope;
use crate::preflight::{CheckId, Clients, Inputs, Phase, Report, run};
use crate::tf::context::Context;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;
use crate::tf::resource::Planned;
use crate::{azure, konnect};

use super::creation::Checks;
use super::flow::{InNetwork as _, Objects};
use super::import;
use super::is_set;
use super::managed::Managed;
use super::patience::Patience;
use super::phase::Lifecycle as _;
use super::replaced::Replaced;

/// The time between two checks of what may only show late, where no other is given.
const GRACE_STEP: Duration = Duration::from_secs(1);

/// A model whose object is checked before it is made.
pub(crate) trait Checked: Managed {
    /// Whether the user wants the checks.
    fn wants_checks(&self) -> bool;

    /// What is to be checked. `config` is what the user wrote: it tells how the Azure side is named.
    fn inputs(&self, config: &Self, phase: Phase) -> Inputs;

    /// The attribute of the Azure side that a check is about; nothing where it is about what no attribute names.
    fn attribute_of_check(config: &Self, check: CheckId) -> Option<&'static str>;

    /// Whether another object takes the place of the one before.
    fn is_replaced(prior: &Self, planned: &Self) -> bool;
}

/// Whether a creation adopts what exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Adoption {
    /// It makes an object, or fails.
    None,
    /// It may: there is an object of the name, and the configuration is not wholly known yet.
    Possible,
    /// It does.
    Sure,
}

/// What the checks look at, and where they tell.
pub(crate) struct Preflight<'a> {
    clients: Clients<'a>,
    replaced: &'a Replaced,
    context: &'a Context,
}

impl<'a> Preflight<'a> {
    /// The checks of one call.
    pub(crate) const fn new(
        azure: &'a azure::Access,
        konnect: &'a konnect::Access,
        replaced: &'a Replaced,
        context: &'a Context,
    ) -> Self {
        Self {
            clients: Clients { azure, konnect },
            replaced,
            context,
        }
    }

    /// Before a creation is planned: what is known is checked, and what this very run may still make only warns.
    pub(crate) async fn plan<M: Checked>(
        &self,
        scope: &Scope,
        plan: &Planned<M>,
    ) -> Result<(), Diagnostics> {
        self.replaced.plans(plan);
        let Planned {
            config,
            planned,
            prior,
            ..
        } = plan;
        if let Some(prior) = prior {
            // The new object of a replacement is planned by a call of its own.
            self.replaced.manages(prior);
            return Ok(());
        }
        if !planned.wants_checks() {
            return Ok(());
        }
        let inputs = planned.inputs(config, Phase::Plan);
        if inputs.network_id.is_none() && inputs.target.is_none() {
            return Ok(());
        }
        let is_lost = self.replaced.was_lost(planned);
        let adoption = self.adoption(scope, planned).await;
        if adoption == Adoption::Sure {
            return Ok(());
        }
        let report = self.run_knowingly(inputs, scope).await;
        let report = if adoption == Adoption::Possible {
            report.lenient("The apply will fail on this, unless it adopts what exists.")
        } else if is_lost {
            report.lenient("The apply will fail on this.")
        } else {
            report
        };
        self.tell(&report, config, &planned.noun())
    }

    /// Checks once more where something failed, and the process learned meanwhile of what the state holds: Terraform plans what goes at the same time as
    /// what comes, in no order.
    async fn run_knowingly(&self, inputs: Inputs, scope: &Scope) -> Report {
        let first = self.replaced.less(inputs.clone());
        let report = run(&first, self.clients, scope).await;
        let again = self.replaced.less(inputs);
        let has_learned = (&first.leaving, &first.managed) != (&again.leaving, &again.managed);
        if report.passed() || !has_learned {
            return report;
        }
        run(&again, self.clients, scope).await
    }

    /// Whether the creation will find an object that it adopts, which nothing is checked for.
    async fn adoption<M: Managed>(&self, scope: &Scope, planned: &M) -> Adoption {
        let settings = planned.settings();
        let (true, Some(name)) = (is_set(settings.use_existing), settings.name.as_str()) else {
            return Adoption::None;
        };
        let network_id = import::recorded_network(settings.network_id);
        let (Ok(network_id), Ok(client)) = (network_id, self.clients.konnect.client()) else {
            return Adoption::None;
        };
        let objects = M::Objects::new(client, network_id);
        let named = objects.named(scope, name).await.unwrap_or_default();
        let listed = named.iter().map(<M::Objects as Objects>::id);
        // A list may lag.
        let read = listed
            .filter(|id| !self.replaced.is_leaving(&id.to_string()))
            .map(|id| objects.get(scope, id));
        let read = join_all(read).await.into_iter().flatten();
        let standing = read.filter(|object| !object.phase().is_ending());
        let body = planned.to_body();
        let judged = standing.map(|object| match &body {
            None => Adoption::Possible,
            Some(body) if M::Objects::is_same(body, &object) => Adoption::Sure,
            Some(_) => Adoption::None,
        });
        judged.max().unwrap_or(Adoption::None)
    }

    /// Checks again for a while as long as nothing is wrong but what may only show late: see [`Patience`].
    async fn run_patiently(&self, inputs: &Inputs, scope: &Scope) -> Report {
        let first = run(inputs, self.clients, scope).await;
        let mut patience = Patience::new(inputs.is_replacement);
        let Some(late) = patience.waits_for(&first) else {
            return first;
        };
        let mut last = first;
        let step = self.clients.konnect.poll_step().unwrap_or(GRACE_STEP);
        let ended: Result<Report, Waited<Infallible>> =
            Poll::new("checking what may show late in Azure", Some(step))
                .until(
                    scope,
                    Some(Progress::NotYet(late)),
                    || run(inputs, self.clients, scope),
                    |report| {
                        Ok(match patience.waits_for(&report) {
                            Some(late) => {
                                last = report;
                                Progress::NotYet(late)
                            }
                            None => Progress::Done(report),
                        })
                    },
                )
                .await;
        ended.unwrap_or(last)
    }

    /// Warnings go to the user, and failures stop the creation of `noun`.
    fn tell<M: Checked>(&self, report: &Report, config: &M, noun: &str) -> Result<(), Diagnostics> {
        let told = report.diagnostics(|check, diagnostic| {
            let summary = if diagnostic.is_error() {
                format!("Cannot create {noun}: {}", diagnostic.summary)
            } else {
                format!("{} ({noun})", diagnostic.summary)
            };
            let path = attribute::<M>(config, check).map_or_else(Path::root, Path::attribute);
            Diagnostic {
                summary,
                ..diagnostic
            }
            .at(path)
        });
        let (errors, warnings): (Vec<_>, Vec<_>) = told.into_iter().partition(Diagnostic::is_error);
        for warning in warnings {
            self.context.warn(warning);
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors.into_iter().collect())
        }
    }
}

#[async_trait]
impl<M: Checked> Checks<M> for Preflight<'_> {
    async fn check(&self, scope: &Scope, model: &M) -> Result<(), Diagnostics> {
        if !model.wants_checks() {
            return Ok(());
        }
        let inputs = model.inputs(model, Phase::Apply);
        let inputs = self.replaced.less(inputs);
        let report = self.run_patiently(&inputs, scope).await;
        self.tell(&report, model, &model.noun())
    }
}

/// Where the user sees what a check is about.
pub(crate) fn attribute<M: Checked>(config: &M, check: CheckId) -> Option<&'static str> {
    match check {
        CheckId::NetworkExists
        | CheckId::NetworkIsAzure
        | CheckId::NetworkReady
        | CheckId::Quota => Some("network_id"),
        CheckId::ServicePrincipal | CheckId::RoleAssignment => None,
        CheckId::VnetExists
        | CheckId::HubExists
        | CheckId::ZoneExists
        | CheckId::ZoneUnique
        | CheckId::LinkName
        | CheckId::AddressSpace
        | CheckId::VnetPeerings
        | CheckId::Regions => M::attribute_of_check(config, check),
    }
}
