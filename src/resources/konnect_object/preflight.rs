//! The checks of an object before it is planned and before it is made, as its own diagnostics.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;

use crate::http::poll::{Poll, Progress, Waited};
use crate::http::scope::Scope;
use crate::preflight::{
    Check, CheckId, Clients, Inputs, Phase, Place, Report, Status, Target, run,
};
use crate::resources::settle::Grace;
use crate::tf::attr::Attr;
use crate::tf::context::Context;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;
use crate::tf::resource::Planned;
use crate::{azure, konnect};

use super::creation::Checks;
use super::flow::{InNetwork as _, Objects};
use super::import;
use super::is_set;
use super::managed::{Managed, ObjectOf};
use super::phase::{self, Lifecycle as _};

/// The time between two checks of what may only show late, where no other is given.
const GRACE_STEP: Duration = Duration::from_secs(1);

/// How long, and for how many looks at least, what a deleted object leaves in Azure may still be there: Azure deletes in the background.
const REMAINS_GRACE: (Duration, u32) = (Duration::from_secs(30), 6);

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

/// What this process knows of objects in whose place others come.
///
/// A replacement is planned in two calls: one that knows the old object, and one for the new object that does not; what is tainted has the second
/// call alone. `leaving` are those that this process planned to replace, or has deleted, which a list may show for a while. `managed` are all that
/// the state holds, as far as it was seen. Without them, the new object would be said to collide with the one whose place it takes.
#[derive(Debug, Default)]
pub(crate) struct Replaced {
    leaving: Leaving,
    managed: Ids,
    lost: Lost,
}

/// Objects that this process planned to replace, or has deleted: a list may show them for a while, and Azure what belonged to them.
///
/// A replacement is planned in two calls: one that knows the old object, and one for the new object that does not. Without this, the new
/// one would be said to collide with the one whose place it takes.
#[derive(Debug, Default)]
struct Leaving(Mutex<Vec<Left>>);

/// What such an object leaves.
#[derive(Clone, Debug)]
struct Left {
    id: String,
    place: Option<Place>,
    link_name: Option<String>,
}

impl Left {
    fn of<M: Checked>(model: &M) -> Option<Self> {
        let id = model.settings().id.as_str()?.to_lowercase();
        let Inputs {
            target, link_name, ..
        } = model.inputs(model, Phase::Plan);
        Some(Self {
            id,
            place: target.map(|target| target.place().clone()),
            link_name,
        })
    }

    /// Whether it was at the very place in Azure that is wanted now.
    fn is_at(&self, inputs: &Inputs) -> bool {
        let wanted = inputs.target.as_ref().map(Target::place);
        let link = |name: &Option<String>| name.as_deref().map(str::to_lowercase);
        wanted.is_some()
            && self.place.as_ref() == wanted
            && link(&self.link_name) == link(&inputs.link_name)
    }
}

impl Leaving {
    fn note(&self, left: Left) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(left);
    }

    fn ids(&self) -> Vec<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|left| left.id.clone()).collect()
    }

    /// What is to be checked, with what this process knows of what goes.
    fn complete(&self, inputs: Inputs) -> Inputs {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Inputs {
            leaving: all.iter().map(|left| left.id.clone()).collect(),
            is_replacement: all.iter().any(|left| left.is_at(&inputs)),
            ..inputs
        }
    }
}

/// Ids in Konnect.
#[derive(Debug, Default)]
struct Ids(Mutex<BTreeSet<String>>);

impl Ids {
    fn note(&self, id: &str) {
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.insert(id.to_lowercase());
    }

    fn all(&self) -> Vec<String> {
        let ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.iter().cloned().collect()
    }
}

/// Objects that a refresh of this process found gone or failed, by network and name.
///
/// What was lost outside Terraform has to show in the plan as to be made again. A failed check would also hold up `terraform destroy`, which
/// plans so before it destroys what is left: often the network is gone as well, and what failed is marked for replacement.
#[derive(Debug, Default)]
struct Lost(Mutex<Vec<(Attr<String>, Attr<String>)>>);

impl Lost {
    fn note(&self, place: (Attr<String>, Attr<String>)) {
        let mut lost = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lost.push(place);
    }

    /// Whether it is one of them. What was planned once is not lost any more: what a later plan of a long process finds there is another object.
    fn take(&self, place: &(Attr<String>, Attr<String>)) -> bool {
        let mut lost = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = lost.len();
        lost.retain(|known| known != place);
        lost.len() < before
    }
}

fn place<M: Managed>(model: &M) -> (Attr<String>, Attr<String>) {
    let settings = model.settings();
    (settings.network_id.clone(), settings.name.clone())
}

impl Replaced {
    /// Keeps in mind what a refresh found of the state's object.
    pub(crate) fn refreshed<M: Managed>(&self, state: &M, found: Option<&ObjectOf<M>>) {
        if found.is_none_or(|object| object.phase() == phase::Phase::Failed) {
            self.lost.note(place(state));
        }
    }

    /// Keeps in mind that the state's object goes. To be told first of all: what comes in its place may be planned at the same time.
    pub(crate) fn deletes<M: Checked>(&self, state: &M) {
        if let Some(left) = Left::of(state) {
            self.leaving.note(left);
        }
    }

    /// Keeps in mind that the state holds the object. To be told first of all, as well.
    pub(crate) fn manages<M: Managed>(&self, state: &M) {
        if let Some(id) = state.settings().id.as_str() {
            self.managed.note(id);
        }
    }

    /// What is to be checked, less what goes.
    fn less(&self, inputs: Inputs) -> Inputs {
        self.leaving.complete(Inputs {
            managed: self.managed.all(),
            ..inputs
        })
    }
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
        if let Some(left) = replaced_object(plan).and_then(Left::of) {
            self.replaced.leaving.note(left);
        }
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
        let is_lost = self.replaced.lost.take(&place(planned));
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
        let leaving = self.replaced.leaving.ids();
        let listed = named.iter().map(<M::Objects as Objects>::id);
        // A list may lag.
        let read = listed
            .filter(|id| !leaving.contains(&id.to_string()))
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

/// How long to check again what may only show late.
struct Patience {
    /// For consent and assignments that another tool, or another provider of this very run, made a moment ago. What this process made itself counts at once.
    directory: Grace,
    /// For what goes with the object that this run has deleted at the same place, where there is one.
    remains: Option<Grace>,
}

impl Patience {
    fn new(is_replacement: bool) -> Self {
        let (time, looks) = REMAINS_GRACE;
        Self {
            directory: Grace::new(),
            remains: is_replacement.then(|| Grace::of(time, looks)),
        }
    }

    /// What another look is worth for; nothing where something else is wrong, which no look changes.
    fn waits_for(&mut self, report: &Report) -> Option<String> {
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

/// The object whose place another takes.
pub(crate) fn replaced_object<M: Checked>(plan: &Planned<M>) -> Option<&M> {
    let prior = plan.prior.as_ref()?;
    let (before, now) = (prior.settings(), plan.planned.settings());
    let is_replaced = !plan.replace.is_empty()
        || before.network_id != now.network_id
        || before.name != now.name
        || M::is_replaced(prior, &plan.planned);
    is_replaced.then_some(prior)
}

#[cfg(test)]
mod tests;
