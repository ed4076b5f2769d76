//! The lifecycle that all objects in a Konnect network share.
//!
//! An object is found by its name, made once its network is ready, waited for, and deleted to the end. Konnect offers no URL that tells
//! how an operation goes: progress is seen by reading the object's state again.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::http::error::Error as HttpError;
use crate::http::poll::{Poll, Progress, Waited, tolerate};
use crate::http::scope::Scope;
use crate::konnect::{Client, Error, NetworkId};
use crate::resources::explain::{Failure, import_block};
use crate::tf::context::Context;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;

use super::phase::{self, Lifecycle, Phase, Settled};

mod deletion;
mod network;

pub(crate) use network::cloud_provider;

/// How often an object may be missing right after it was made, before that counts as deleted.
const UNSEEN_LIMIT: u32 = 3;

/// How often the state that was before a change may be seen after it.
const STALE_LIMIT: u32 = 3;

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

/// What a client reported, with its advice where it has one.
pub(crate) fn explain(failure: Failure<'_>, error: &Error) -> Diagnostics {
    let failure = match error.advice() {
        Some(advice) => failure.next(advice),
        None => failure,
    };
    failure.explain(error.http())
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
        // A list may show for a while what is gone already.
        let mut gone = Vec::new();
        let existing = loop {
            let Some(existing) = self.find(O::name(body), &gone).await? else {
                return Ok(None);
            };
            if existing.phase() != Phase::Terminating {
                break existing;
            }
            tracing::info!("{} of before is still being deleted", self.noun);
            let id = O::id(&existing);
            let now = format!(
                "Nothing was created. The one of before, with id {id}, is still being deleted."
            );
            self.gone(id, "create", &now).await?;
            gone.push(id);
        };
        if use_existing && O::is_same(body, &existing) {
            tracing::info!(
                "{} exists as configured, with id {}: adopted",
                self.noun,
                O::id(&existing)
            );
            return Ok(Some(existing));
        }
        Err(self.exists(&existing, use_existing).into())
    }

    /// The object of this name, one that stays before one that is being deleted.
    async fn find(&self, name: &str, gone: &[O::Id]) -> Result<Option<O::Object>, Diagnostics> {
        let found = self
            .objects
            .named(&self.scope, name)
            .await
            .map_err(|error| explain(self.create_failure(&error), &error))?;
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

    fn exists(&self, existing: &O::Object, use_existing: bool) -> Diagnostic {
        let id = O::id(existing);
        let adoption = if use_existing {
            "`use_existing` does not adopt it, since its configuration is not the one that is wanted."
        } else {
            "If its configuration is the one that is wanted, `use_existing = true` adopts it."
        };
        let block = import_block(self.type_name, format!("{}/{id}", self.network_id));
        Diagnostic::error(
            format!("Cannot create {}", self.noun),
            format!(
                "The network {} holds an object of this name already, with id {id} and {}.\n\n\
                 {adoption} To manage it here as it is, import it:\n\n{block}\n\n\
                 Otherwise choose another name. A replacement keeps the name, so that it cannot be created before the old object is destroyed \
                 (`create_before_destroy`): Konnect allows a name once in a network.",
                self.network_id,
                existing.describe()
            ),
        )
        .at(Path::attribute("name"))
    }

    /// Makes the object. `attribute` finds the attribute of a field that Konnect objects to.
    pub(crate) async fn create(
        &self,
        body: &O::Body,
        attribute: &(dyn Fn(&str) -> Option<Path> + Sync),
    ) -> Result<O::Object, Diagnostics> {
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
            let may_be_taken = error.is_conflict() || error.is_bad_request() && !is_users;
            if (may_be_taken || error.is_name_taken())
                && let Ok(Some(existing)) = self.find(O::name(body), &[]).await
            {
                tracing::info!(
                    "{} was made by somebody else at the same time: {error}",
                    self.noun
                );
                return Err(self.exists(&existing, false).into());
            }
            let failure = self.create_failure(&error).fields(attribute);
            return Err(explain(failure, &error));
        }
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
        let mut unseen = 0;
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
        .judging(
            &self.scope,
            Some(seen),
            || self.objects.get(&self.scope, id),
            |looked| match looked {
                Ok(object) => {
                    unseen = UNSEEN_LIMIT;
                    Ok(judge(object))
                }
                Err(error) if error.is_not_found() && unseen < UNSEEN_LIMIT => {
                    unseen += 1;
                    Ok(Progress::NotYet("it is not shown yet".to_owned()))
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
            .judging(
                &self.scope,
                None,
                || self.look(id),
                |looked| match looked {
                    Ok(object) => Ok(phase::settled(object)),
                    Err(error) => tolerate(error.into_http()),
                },
            )
            .await
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
