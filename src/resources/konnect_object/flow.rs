//! The lifecycle that all objects in a Konnect network share.
//!
//! An object is found by its name, made once its network is ready, waited for, and deleted to the end. Konnect offers no URL that tells
//! how an operation goes: progress is seen by reading the object's state again.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use crate::http::error::Error as HttpError;
use crate::http::poll::{Poll, Progress, Waited, tolerate};
use crate::http::scope::Scope;
use crate::konnect::{Client, Error, NetworkId};
use crate::resources::explain::Failure;
use crate::tf::context::Context;
use crate::tf::diagnostics::{Diagnostic, Diagnostics, import_block};
use crate::tf::path::Path;

use super::lifecycle::look_again;
use super::phase::{self, Ended, Lifecycle, Phase, Settled};

mod deletion;
mod network;

pub(crate) use network::cloud_provider;

/// How often in a row an object may be missing before that counts as deleted, and how long at least right after it was made.
const UNSEEN_LIMIT: u32 = 3;
const UNSEEN_TIME: Duration = Duration::from_secs(15);

/// How often the state that was before a change may be seen after it.
const STALE_LIMIT: u32 = 3;

/// How often a creation is asked for again that was refused for the sake of what exists, where nothing that exists explains it.
const CONFLICT_LIMIT: u32 = 3;

/// How long Konnect may say that something is not ready although its network shows as ready: it learns that in one place later than in another.
const READINESS_LIMIT: Duration = Duration::from_secs(60);

/// What is so after a creation that failed before anything was sent.
pub(super) const NOTHING_CREATED: &str = "Nothing was created.";

/// Whether a refusal is about something that is not ready, as far as its text tells: it has no code of its own.
fn speaks_of_readiness(error: &Error) -> bool {
    let Some(refusal) = error.refusal().filter(|_| error.is_bad_request()) else {
        return false;
    };
    let reasons = refusal.fields.iter().map(|fault| &fault.reason);
    let words = [
        "not ready",
        "initializing",
        "not in the ready",
        "not in a ready",
        "must be ready",
    ];
    reasons.chain([&refusal.message]).any(|text| {
        let text = text.to_lowercase();
        words.iter().any(|words| text.contains(words))
    })
}

/// One kind of object in one network, as the API serves it.
#[async_trait]
pub(crate) trait Objects: Send + Sync {
    /// Its id.
    type Id: Copy + Display + PartialEq + Send + Sync;
    /// The object.
    type Object: Lifecycle + Clone + Send + Sync;
    /// What is sent to make one.
    type Body: Send + Sync;

    /// The object's id.
    fn id(object: &Self::Object) -> Self::Id;

    /// The name in a body.
    fn name(body: &Self::Body) -> &str;

    /// Whether the object has the whole configuration that the body asks for.
    fn is_same(body: &Self::Body, object: &Self::Object) -> bool;

    /// All of them.
    async fn all(&self, scope: &Scope) -> Result<Vec<Self::Object>, Error>;

    /// The objects of this name.
    async fn named(&self, scope: &Scope, name: &str) -> Result<Vec<Self::Object>, Error>;

    /// Makes one; after a lost answer finds it. There was none of its name before.
    async fn create(&self, scope: &Scope, body: &Self::Body) -> Result<Self::Object, Error>;

    /// The object.
    async fn get(&self, scope: &Scope, id: Self::Id) -> Result<Self::Object, Error>;

    /// As `get`, for an object that is expected as `is_known` tells: reads of many may then share a request.
    async fn get_known(
        &self,
        scope: &Scope,
        id: Self::Id,
        is_known: &(dyn for<'o> Fn(&'o Self::Object) -> bool + Sync),
    ) -> Result<Self::Object, Error>;

    /// Asks for its deletion.
    async fn delete(&self, scope: &Scope, id: Self::Id) -> Result<(), Error>;
}

/// Objects that a client and a network are enough for.
pub(crate) trait InNetwork: Objects {
    /// Those of a network.
    fn new(client: Arc<Client>, network_id: NetworkId) -> Self;
}

/// One lifecycle call on one object.
pub(crate) struct Flow<'a, O> {
    /// The call.
    pub(crate) context: &'a Context,
    /// Its bounds.
    pub(crate) scope: Scope,
    /// The time between two looks, where it is fixed.
    pub(crate) step: Option<Duration>,
    /// The API.
    pub(crate) client: Arc<Client>,
    /// The network that holds the object.
    pub(crate) network_id: NetworkId,
    /// The object's kind.
    pub(crate) objects: O,
    /// The resource's type name, for import blocks.
    pub(crate) type_name: &'static str,
    /// The object in messages: `virtual network peering "orders"`.
    pub(crate) noun: String,
    /// What somebody has to do while Konnect waits for them.
    pub(crate) advice: String,
}

/// A wait for readiness that ended otherwise.
pub(crate) struct NotReady<T> {
    /// The object as it was seen last.
    pub(crate) last: T,
    /// How the wait ended.
    pub(crate) ended: Waited<HttpError>,
}

/// Whether an object that was just answered as ready is believed to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    /// It is.
    Believed,
    /// Only once a look agrees.
    Doubtful,
}

impl<O: Objects> Flow<'_, O> {
    /// What cannot be done, and to what.
    pub(crate) fn failure(&self, action: &'static str) -> Failure<'static> {
        Failure::new(action, self.noun.clone())
    }

    /// The object of the wanted name, if there is one and it may be adopted. One that is being deleted is waited for.
    pub(crate) async fn adopt(
        &self,
        body: &O::Body,
        use_existing: bool,
    ) -> Result<Option<O::Object>, Diagnostics> {
        // A list may show for a while what is gone already, even as if it stood.
        let mut gone = Vec::new();
        let existing = loop {
            let Some(listed) = self.find(O::name(body), &gone).await? else {
                return Ok(None);
            };
            let id = O::id(&listed);
            let looked = self.look(id).await;
            let looked = looked.map_err(|error| self.failure("create").explain(&error))?;
            let Some(existing) = looked.filter(|object| object.phase() != Phase::Terminated) else {
                gone.push(id);
                continue;
            };
            if existing.phase() != Phase::Terminating {
                break existing;
            }
            tracing::info!("{} of before is still being deleted", self.noun);
            let now = format!(
                "Nothing was created. The one of before, with id {id}, is still being deleted."
            );
            match self.gone(id, "create", &now).await? {
                Ended::Gone => gone.push(id),
                Ended::Failed(back) => break back,
            }
        };
        self.adopt_or_refuse(body, existing, use_existing, None)
            .map(Some)
    }

    /// An object that stands where another is wanted: adopted if that is wanted and it is the same, else an error that says how to manage it.
    fn adopt_or_refuse(
        &self,
        body: &O::Body,
        existing: O::Object,
        use_existing: bool,
        refusal: Option<&Error>,
    ) -> Result<O::Object, Diagnostics> {
        let is_same = existing.facts().name == O::name(body) && O::is_same(body, &existing);
        if !(use_existing && is_same) {
            return Err(self.exists(body, &existing, use_existing, refusal).into());
        }
        tracing::info!(
            "{} exists as configured, with id {}: adopted",
            self.noun,
            O::id(&existing)
        );
        Ok(existing)
    }

    /// The object of this name, one that stays before one that is being deleted.
    async fn find(&self, name: &str, gone: &[O::Id]) -> Result<Option<O::Object>, Diagnostics> {
        let found = self
            .objects
            .named(&self.scope, name)
            .await
            .map_err(|error| self.create_failure(&error).explain(&error))?;
        let (ending, standing): (Vec<_>, Vec<_>) = found
            .into_iter()
            .filter(|object| object.phase() != Phase::Terminated)
            .filter(|object| !gone.contains(&O::id(object)))
            .partition(|object| object.phase() == Phase::Terminating);
        Ok(standing.into_iter().chain(ending).next())
    }

    /// The failure of a creation; a missing network is the network attribute's fault.
    fn create_failure(&self, error: &Error) -> Failure<'static> {
        let failure = self.failure("create");
        if error.is_not_found() {
            return failure
                .next(format!(
                    "Konnect has no network {}, or the token may not see it. The data source konnectazure_network finds a network by its name.",
                    self.network_id
                ))
                .at(Path::attribute("network_id"));
        }
        failure
    }

    /// What a creation met that Konnect refused for the sake of what exists: an object of the same name, or else of the same configuration.
    async fn in_the_way(&self, body: &O::Body) -> Option<O::Object> {
        let mut all = self.objects.all(&self.scope).await.ok()?;
        all.retain(|object| object.phase() != Phase::Terminated);
        // What stays counts before what is going.
        all.sort_by_key(|object| object.phase() == Phase::Terminating);
        let is_named = |object: &O::Object| object.facts().name == O::name(body);
        let position = all
            .iter()
            .position(is_named)
            .or_else(|| all.iter().position(|object| O::is_same(body, object)))?;
        Some(all.swap_remove(position))
    }

    fn exists(
        &self,
        body: &O::Body,
        existing: &O::Object,
        use_existing: bool,
        refusal: Option<&Error>,
    ) -> Diagnostic {
        let id = O::id(existing);
        let name = existing.facts().name;
        let (what, at) = if name == O::name(body) {
            ("holds an object of this name already".to_owned(), "name")
        } else {
            (
                format!(
                    "holds an object of this very configuration already, under the name {name:?}"
                ),
                "network_id",
            )
        };
        let adoption = if use_existing {
            "`use_existing` does not adopt it, since its configuration is not the one that is wanted."
        } else {
            "If its configuration is the one that is wanted, `use_existing = true` adopts it."
        };
        let refused = refusal.map_or_else(String::new, |refusal| format!("{refusal}.\n\n"));
        let block = import_block(self.type_name, format!("{}/{id}", self.network_id));
        Diagnostic::error(
            format!("Cannot create {}", self.noun),
            format!(
                "{refused}The network {} {what}, with id {id} and {}.\n\n\
                 {adoption} To manage it here as it is, import it:\n\n{block}\n\n\
                 Otherwise choose another name. A replacement keeps the name, so that it cannot be created before the old object is destroyed \
                 (`create_before_destroy`): Konnect allows a name once in a network.",
                self.network_id,
                existing.describe()
            ),
        )
        .at(Path::attribute(at))
    }

    /// Makes the object. `attribute` finds the attribute of a field that Konnect objects to.
    pub(crate) async fn create(
        &self,
        body: &O::Body,
        use_existing: bool,
        attribute: &(dyn Fn(&str) -> Option<Path> + Sync),
    ) -> Result<O::Object, Diagnostics> {
        let mut conflicts = 0;
        let mut has_waited = false;
        loop {
            let error = match self.objects.create(&self.scope, body).await {
                Ok(object) => return Ok(object),
                Err(error) => error,
            };
            // What a network that is not ready answers with is not published. Only a fault that is wholly the user's is surely final.
            let mut faults = error.field_faults().iter();
            let is_users =
                error.is_field_fault() && faults.all(|fault| attribute(&fault.field).is_some());
            if error.is_bad_request()
                && !is_users
                && let Some(network) = self.network_in_transition().await
            {
                tracing::info!("{} is refused while its network is not ready", self.noun);
                self.wait_for_network(network).await?;
                continue;
            }
            // A name that is taken has no code of its own either. There was no object of this name when the call began.
            let is_taken = error.is_conflict() || error.is_name_taken();
            if (is_taken || error.is_bad_request() && !is_users)
                && let Some(existing) = self.in_the_way(body).await
            {
                if existing.phase() != Phase::Terminating {
                    tracing::info!("{} was made at the same time: {error}", self.noun);
                    return self.adopt_or_refuse(body, existing, use_existing, Some(&error));
                }
                tracing::info!("{} of before is still being deleted", self.noun);
                self.gone(O::id(&existing), "create", NOTHING_CREATED)
                    .await?;
                if conflicts < CONFLICT_LIMIT {
                    conflicts += 1;
                    continue;
                }
            }
            let error = if !is_users && speaks_of_readiness(&error) && !has_waited {
                has_waited = true;
                match self.create_once_ready(body, &error).await? {
                    Ok(object) => return Ok(object),
                    // Another refusal is weighed like a first one, once it is given again.
                    Err(error) if !speaks_of_readiness(&error) => continue,
                    Err(error) => error,
                }
            } else {
                error
            };
            // Konnect may be at work on something that is not shown.
            if is_taken && conflicts < CONFLICT_LIMIT {
                conflicts += 1;
                self.wait_a_moment(&error).await?;
                continue;
            }
            let failure = self.create_failure(&error).fields(attribute);
            return Err(failure.explain(&error));
        }
    }

    /// Asks again in growing steps for what was refused because something is not ready. The inner error is the last refusal.
    async fn create_once_ready(
        &self,
        body: &O::Body,
        refusal: &Error,
    ) -> Result<Result<O::Object, Error>, Diagnostics> {
        let started = Instant::now();
        let refused = |refusal: &Error| format!("its creation is refused: {refusal}");
        let waited: Result<_, Waited<HttpError>> = Poll::new(
            format!("waiting until Konnect takes {}", self.noun),
            self.step,
        )
        .until(
            &self.scope,
            Some(Progress::NotYet(refused(refusal))),
            || self.objects.create(&self.scope, body),
            |made| {
                Ok(match made {
                    Err(error)
                        if speaks_of_readiness(&error) && started.elapsed() < READINESS_LIMIT =>
                    {
                        Progress::NotYet(refused(&error))
                    }
                    made => Progress::Done(made),
                })
            },
        )
        .await;
        waited.map_err(|ended| self.failure("create").now(NOTHING_CREATED).waited(&ended))
    }

    /// The first step of a wait, after which a creation that was refused may be asked for again.
    async fn wait_a_moment(&self, refusal: &Error) -> Result<(), Diagnostics> {
        let doing = format!("waiting to ask for {} again", self.noun);
        let refused = Progress::NotYet(format!("its creation is refused: {refusal}"));
        let waited: Result<(), Waited<HttpError>> = Poll::new(doing, self.step)
            .until(
                &self.scope,
                Some(refused),
                || std::future::ready(()),
                |()| Ok(Progress::Done(())),
            )
            .await;
        waited.map_err(|ended| self.failure("create").now(NOTHING_CREATED).waited(&ended))
    }

    /// The object, once it works. `first` is what was read last.
    pub(crate) async fn ready(&self, first: O::Object) -> Result<O::Object, NotReady<O::Object>> {
        self.ready_unless_stale(first, First::Believed, 0).await
    }

    /// The object, once it works again after a change. The answer to the change may still be from before Konnect began with it, so that one more look
    /// has to agree; where the object had failed before, that may be seen a few times more.
    pub(crate) async fn ready_after_change(
        &self,
        changed: O::Object,
        before: Phase,
    ) -> Result<O::Object, NotReady<O::Object>> {
        let stale_looks = if before == Phase::Failed {
            STALE_LIMIT
        } else {
            0
        };
        self.ready_unless_stale(changed, First::Doubtful, stale_looks)
            .await
    }

    async fn ready_unless_stale(
        &self,
        first: O::Object,
        trust: First,
        mut stale_looks: u32,
    ) -> Result<O::Object, NotReady<O::Object>> {
        let id = O::id(&first);
        let mut last = first.clone();
        let started = Instant::now();
        let (mut was_seen, mut unseen) = (false, 0);
        let mut warned = false;
        let mut judge = |object: O::Object| {
            last.clone_from(&object);
            if object.phase() == Phase::Failed && stale_looks > 0 {
                stale_looks -= 1;
                return Progress::NotYet(object.describe());
            }
            stale_looks = 0;
            if object.phase() == Phase::NeedsUser && !warned {
                warned = true;
                self.context.warn(self.needs_user(&object));
            }
            phase::ready(object, &self.advice)
        };
        let seen = match judge(first) {
            Progress::Done(object) if trust == First::Doubtful => {
                Progress::NotYet(object.describe())
            }
            seen => seen,
        };
        let ended = Poll::new(
            format!("waiting for {} to become ready", self.noun),
            self.step,
        )
        .until(
            &self.scope,
            Some(seen),
            || self.objects.get(&self.scope, id),
            |looked| match looked {
                Ok(object) => {
                    (was_seen, unseen) = (true, 0);
                    Ok(judge(object))
                }
                Err(error)
                    if error.is_not_found()
                        && (unseen < UNSEEN_LIMIT
                            || !was_seen && started.elapsed() < UNSEEN_TIME) =>
                {
                    unseen += 1;
                    Ok(Progress::NotYet("it is not shown".to_owned()))
                }
                Err(error) if error.is_not_found() => Ok(Progress::Never(
                    "It was deleted by somebody else while it was set up".to_owned(),
                )),
                Err(error) => tolerate(error.into_http()),
            },
        )
        .await;
        ended.map_err(|ended| NotReady { last, ended })
    }

    fn needs_user(&self, object: &O::Object) -> Diagnostic {
        Diagnostic::warning(
            format!("Konnect waits for you to finish {}", self.noun),
            format!("It is in {}.\n\n{}", object.describe(), self.advice),
        )
    }

    /// The object, once it is not in transition and can be changed.
    pub(crate) async fn settled(&self, id: O::Id) -> Result<Settled<O::Object>, Waited<HttpError>> {
        let doing = format!("waiting until {} can be changed", self.noun);
        Poll::new(doing, self.step)
            .until(
                &self.scope,
                None,
                || self.look_twice(id),
                |looked| match looked {
                    Ok(object) => Ok(phase::settled(object)),
                    Err(error) => tolerate(error.into_http()),
                },
            )
            .await
    }

    /// The object, or nothing where another kind of look agrees that there is none.
    async fn look_twice(&self, id: O::Id) -> Result<Option<O::Object>, Error> {
        match self.look(id).await? {
            None => look_again(&self.objects, &self.scope, self.step, id, None).await,
            found => Ok(found),
        }
    }

    /// The object, or nothing where there is none.
    pub(crate) async fn look(&self, id: O::Id) -> Result<Option<O::Object>, Error> {
        match self.objects.get(&self.scope, id).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
