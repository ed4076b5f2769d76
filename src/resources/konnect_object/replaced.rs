//! What is known of objects in whose place others come.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::konnect::{self, Client};
use crate::preflight::{Inputs, Phase, Place, Target};
use crate::resources::of_command::OfCommand;
use crate::tf::attr::Attr;
use crate::tf::resource::Planned;

use super::managed::{Managed, ObjectOf};
use super::phase::{self, Lifecycle as _};
use super::preflight::Checked;

/// What this command knows of objects in whose place others come. Without it, the new object would be said to collide with the one whose place it
/// takes.
///
/// Terraform plans a replacement in two calls: first one with the old object as prior state, which finds that it has to be replaced, and then one for
/// the new object, which does not know the old one. What is tainted has the second call alone. A refresh goes before both. When it is applied, the
/// old object is deleted first; the call that makes the new one does not know of that either. Calls for different objects come in no order.
pub(crate) struct Replaced {
    konnect: Arc<konnect::Access>,
    known: OfCommand<Client, Mutex<Known>>,
}

#[derive(Debug, Default)]
struct Known {
    /// What the command planned to replace, or has deleted, by the id in Konnect: a list may show it for a while, and Azure what belonged to it.
    leaving: BTreeMap<String, Left>,
    /// Ids of all that the state holds, as far as it was seen.
    managed: BTreeSet<String>,
    lost: Lost,
}

/// Where such an object is in Azure.
#[derive(Clone, Debug)]
struct Left {
    place: Option<Place>,
    link_name: Option<String>,
}

impl Left {
    fn of<M: Checked>(model: &M) -> Self {
        let Inputs {
            target, link_name, ..
        } = model.inputs(model, Phase::Plan);
        Self {
            place: target.map(|target| target.place().clone()),
            link_name,
        }
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

/// Objects that a refresh of this process found gone or failed, by network and name.
///
/// What was lost outside Terraform has to show in the plan as to be made again. A failed check would also hold up `terraform destroy`, which
/// plans so before it destroys what is left: often the network is gone as well, and what failed is marked for replacement.
#[derive(Debug, Default)]
struct Lost(Vec<(Attr<String>, Attr<String>)>);

impl Lost {
    /// Whether it is one of them. What was planned once is not lost any more: what a later plan of a long process finds there is another object.
    fn take(&mut self, place: &(Attr<String>, Attr<String>)) -> bool {
        let before = self.0.len();
        self.0.retain(|known| known != place);
        self.0.len() < before
    }
}

fn place<M: Managed>(model: &M) -> (Attr<String>, Attr<String>) {
    let settings = model.settings();
    (settings.network_id.clone(), settings.name.clone())
}

impl Known {
    fn leaves<M: Checked>(&mut self, model: &M) {
        if let Some(id) = model.settings().id.as_str() {
            self.leaving.insert(id.to_lowercase(), Left::of(model));
        }
    }

    /// What is to be checked, less what goes.
    fn less(&self, inputs: Inputs) -> Inputs {
        Inputs {
            leaving: self.leaving.keys().cloned().collect(),
            managed: self.managed.iter().cloned().collect(),
            is_replacement: self.leaving.values().any(|left| left.is_at(&inputs)),
            ..inputs
        }
    }
}

impl Replaced {
    /// Of the commands for which this access is configured.
    pub(crate) fn new(konnect: &Arc<konnect::Access>) -> Self {
        Self {
            konnect: Arc::clone(konnect),
            known: OfCommand::default(),
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Known) -> T) -> T {
        let known = self.known.of(self.konnect.client().ok().as_ref());
        let mut known: MutexGuard<'_, Known> = known.lock().unwrap_or_else(PoisonError::into_inner);
        act(&mut known)
    }

    /// Keeps in mind what a refresh found of the state's object.
    pub(crate) fn refreshed<M: Managed>(&self, state: &M, found: Option<&ObjectOf<M>>) {
        if found.is_none_or(|object| object.phase() == phase::Phase::Failed) {
            self.with(|known| known.lost.0.push(place(state)));
        }
    }

    /// Whether the object that is planned was found gone or failed; see [`Lost::take`].
    pub(super) fn was_lost<M: Managed>(&self, planned: &M) -> bool {
        self.with(|known| known.lost.take(&place(planned)))
    }

    /// Keeps in mind that the state's object goes. To be told first of all: what comes in its place may be planned at the same time.
    pub(crate) fn deletes<M: Checked>(&self, state: &M) {
        self.with(|known| known.leaves(state));
    }

    /// Keeps in mind that the plan replaces the object, where it does. To be told first of all, as well.
    pub(super) fn plans<M: Checked>(&self, plan: &Planned<M>) {
        if let Some(prior) = replaced_object(plan) {
            self.with(|known| known.leaves(prior));
        }
    }

    /// Keeps in mind that the state holds the object. To be told first of all, as well.
    pub(crate) fn manages<M: Managed>(&self, state: &M) {
        if let Some(id) = state.settings().id.as_str() {
            self.with(|known| known.managed.insert(id.to_lowercase()));
        }
    }

    /// Whether the object with this id in Konnect goes.
    pub(super) fn is_leaving(&self, id: &str) -> bool {
        self.with(|known| known.leaving.contains_key(id))
    }

    /// What is to be checked, less what goes.
    pub(super) fn less(&self, inputs: Inputs) -> Inputs {
        self.with(|known| known.less(inputs))
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
mod tests {
    use std::time::Duration;

    use url::Url;

    use super::*;
    use crate::http::secret::Secret;
    use crate::http::transport::{Transport, TransportSettings};
    use crate::preflight::Kind;

    const ZONE: &str = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/net/providers/Microsoft.Network/privateDnsZones/corp.example";

    fn inputs(target: Option<Place>, link: &str) -> Inputs {
        Inputs {
            target: target.map(Target::ByName),
            link_name: Some(link.to_owned()),
            ..Inputs::new(Kind::PrivateHostedZone, Phase::Apply)
        }
    }

    fn left() -> (String, Left) {
        let left = Left {
            place: Some(Place::Zone(ZONE.parse().unwrap())),
            link_name: Some("Kong".to_owned()),
        };
        ("d2c1b0a9".to_owned(), left)
    }

    #[test]
    fn a_deleted_object_counts_where_it_was() {
        let place = || Place::Zone(ZONE.parse().unwrap());
        let mut known = Known::default();
        assert!(!known.less(inputs(Some(place()), "kong")).is_replacement);
        known.leaving.extend([left(), left()]);
        let again = known.less(inputs(Some(place()), "kong"));
        assert!(again.is_replacement);
        assert_eq!(again.leaving, ["d2c1b0a9"]);
        let elsewhere = ZONE.replace("corp", "other").parse().unwrap();
        for other in [
            inputs(Some(place()), "other"),
            inputs(Some(Place::Zone(elsewhere)), "kong"),
            inputs(None, "kong"),
        ] {
            let other = known.less(other);
            assert!(!other.is_replacement);
            assert_eq!(other.leaving, ["d2c1b0a9"]);
        }
    }

    #[test]
    fn what_an_earlier_command_replaced_counts_no_more() {
        let access = Arc::new(konnect::Access::default());
        let configure = || {
            access.configure(konnect::Settings {
                transport: Transport::new(TransportSettings::default()),
                server_url: Url::parse("https://global.api.konghq.com").unwrap(),
                token: Some(Secret::new("kpat_1")),
                token_source: "KONNECT_TOKEN".to_owned(),
                unknown: false,
                max_retries: 0,
                max_concurrent_requests: 1,
                poll_step: Some(Duration::ZERO),
            });
        };
        let replaced = Replaced::new(&access);
        configure();
        replaced.with(|known| {
            known.leaving.extend([left()]);
            known.managed.insert("d2c1b0a9".to_owned());
        });
        assert!(replaced.is_leaving("d2c1b0a9"));
        configure();
        let inputs = replaced.less(inputs(None, "kong"));
        assert!(inputs.leaving.is_empty() && inputs.managed.is_empty());
    }
}
