//! The course of one creation: nothing of that name, the resource's own checks, network ready, POST in turn with others of the network, ready.

use async_trait::async_trait;
use tokio::sync::OwnedMutexGuard;

use crate::azure;
use crate::azure::ids::PrivateDnsZoneId;
use crate::http::poll::Waited;
use crate::http::scope::Scope;
use crate::konnect::{Network, NetworkId, StateMetadata};
use crate::resources::explain::Failure;
use crate::resources::turns::Turns;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::resource::Save;

use super::flow::{Flow, NOTHING_CREATED, NotReady, Objects};
use super::hints::Hints;
use super::is_set;
use super::managed::{BodyOf, Managed, ObjectOf};
use super::phase::{Lifecycle, Phase};

/// What has to hold before an object is asked for.
#[async_trait]
pub(crate) trait Checks<M>: Send + Sync {
    /// Tells the user what does not hold; an error where nothing may be asked for.
    async fn check(&self, scope: &Scope, model: &M) -> Result<(), Diagnostics>;
}

/// The checks of an object that gets along with some others in its network only.
pub(crate) struct Checked<'a, M> {
    /// The checks.
    pub(crate) checks: &'a dyn Checks<M>,
    /// Who asks for objects in each network.
    pub(crate) asked: &'a Turns<NetworkId, u64>,
}

/// One creation.
pub(crate) struct Creation<'a, M: Managed> {
    /// Konnect.
    pub(crate) flow: Flow<'a, M::Objects>,
    /// Azure, for what was assigned lately; nothing where the object needs no rights there.
    pub(crate) azure: Option<&'a azure::Access>,
    /// What to look at once Konnect gave up.
    pub(crate) hints: Option<Hints>,
    /// What is checked first, where the object does not exist yet.
    pub(crate) checked: Option<Checked<'a, M>>,
    /// The place in Azure that only one object at a time can be made at, and whose turn it is there.
    pub(crate) turn: Option<(&'a Turns<PrivateDnsZoneId>, PrivateDnsZoneId)>,
    /// Where progress is kept.
    pub(crate) save: &'a Save<M>,
}

impl<M: Managed> Creation<'_, M> {
    /// The object that exists already and may be adopted. Nothing is sent yet.
    pub(crate) async fn existing(&self, model: &M) -> Result<Option<ObjectOf<M>>, Diagnostics> {
        let body = self.body(model)?;
        let adopts = is_set(model.settings().use_existing);
        self.flow.adopt(&body, adopts).await
    }

    /// Makes the object where there is none to adopt, and waits for it if that is wanted. The network comes with it where it was read.
    pub(crate) async fn finish(
        &self,
        model: M,
        existing: Option<ObjectOf<M>>,
    ) -> Result<(M, Option<Network>), Diagnostics> {
        let body = self.body(&model)?;
        if let Some(existing) = existing {
            self.keep(&model, &existing)?;
            let adopted = self.wait(&model, existing).await;
            return Ok((self.conclude(model, adopted)?, None));
        }
        // What is wrong is told before the wait for the network, which can take long.
        let others = self.check(&model).await?;
        let network = self.flow.network_ready().await?;
        let _turn = self.turn().await?;
        let object = self.make_beside(&model, &body, others).await?;
        let made = match self.wait(&model, object).await {
            Err(not_ready) if self.is_worth_another_try(&not_ready) => {
                self.make_again(&model, &body, &not_ready.last).await?
            }
            outcome => outcome,
        };
        Ok((self.conclude(model, made)?, network))
    }

    /// The turn at the place that takes one object at a time; held until the object works.
    async fn turn(&self) -> Result<Option<OwnedMutexGuard<()>>, Diagnostics> {
        let Some((turns, zone)) = &self.turn else {
            return Ok(None);
        };
        let doing = format!("waiting until no other link is being made on {zone}");
        let turn = turns.take(&self.flow.scope, zone.clone(), &doing).await;
        turn.map(Some).map_err(|error| {
            let failure = self.flow.failure("create");
            failure.now(NOTHING_CREATED).explain(&error)
        })
    }

    /// The checks, and how many objects had been asked for in the network when they began.
    async fn check(&self, model: &M) -> Result<u64, Diagnostics> {
        let Some(checked) = &self.checked else {
            return Ok(0);
        };
        let others = *self.asking(checked).await?;
        checked.checks.check(&self.flow.scope, model).await?;
        Ok(others)
    }

    /// Makes the object in its turn. If another was asked for since the checks, which did not see that one, they are made again: of two that
    /// exclude each other, created side by side, one would fail half an hour later.
    async fn make_beside(
        &self,
        model: &M,
        body: &BodyOf<M>,
        others: u64,
    ) -> Result<ObjectOf<M>, Diagnostics> {
        let Some(checked) = &self.checked else {
            return self.make(model, body).await;
        };
        let mut asked = self.asking(checked).await?;
        if *asked != others {
            checked.checks.check(&self.flow.scope, model).await?;
        }
        *asked += 1;
        self.make(model, body).await
    }

    /// The turn to ask for an object in the network.
    async fn asking(&self, checked: &Checked<'_, M>) -> Result<OwnedMutexGuard<u64>, Diagnostics> {
        let network_id = self.flow.network_id;
        let doing =
            format!("waiting until no other object is being asked for in network {network_id}");
        let turn = checked
            .asked
            .take(&self.flow.scope, network_id, &doing)
            .await;
        turn.map_err(|error| {
            let failure = self.flow.failure("create");
            failure.now(NOTHING_CREATED).explain(&error)
        })
    }

    fn body(&self, model: &M) -> Result<BodyOf<M>, Diagnostics> {
        model.to_body().ok_or_else(|| {
            self.flow
                .failure("create")
                .because("Its configuration is not wholly known.")
        })
    }

    async fn make(&self, model: &M, body: &BodyOf<M>) -> Result<ObjectOf<M>, Diagnostics> {
        let object = self
            .flow
            .create(
                body,
                is_set(model.settings().use_existing),
                &M::attribute_of_field,
            )
            .await?;
        self.keep(model, &object)?;
        Ok(object)
    }

    /// Stores what is known of the object, so that nothing that fails later loses it.
    fn keep(&self, model: &M, object: &ObjectOf<M>) -> Result<(), Diagnostics> {
        self.save.save(&model.clone().accepted(object)?);
        Ok(())
    }

    async fn wait(
        &self,
        model: &M,
        object: ObjectOf<M>,
    ) -> Result<ObjectOf<M>, NotReady<ObjectOf<M>>> {
        if is_set(model.settings().wait_for_ready) {
            self.flow.ready(object).await
        } else {
            Ok(object)
        }
    }

    /// A permission that was granted minutes ago may not have reached every place in Azure; Konnect does not ask twice.
    fn is_worth_another_try(&self, not_ready: &NotReady<ObjectOf<M>>) -> bool {
        let last = &not_ready.last;
        last.phase() == Phase::Failed
            && last
                .state_metadata()
                .is_some_and(StateMetadata::speaks_of_permission)
            && self
                .azure
                .and_then(|azure| azure.client().ok())
                .is_some_and(|azure| azure.has_just_assigned())
    }

    async fn make_again(
        &self,
        model: &M,
        body: &BodyOf<M>,
        failed: &ObjectOf<M>,
    ) -> Result<Result<ObjectOf<M>, NotReady<ObjectOf<M>>>, Diagnostics> {
        tracing::info!(
            "{} is in {}. A role was assigned minutes ago, so that Azure may not have known of it yet: it is deleted and made once more",
            self.flow.noun,
            failed.describe()
        );
        self.keep(model, failed)?;
        let id = <M::Objects as Objects>::id(failed);
        self.flow.delete(id, "create").await?;
        let object = self.make(model, body).await?;
        Ok(self.wait(model, object).await)
    }

    fn conclude(
        &self,
        model: M,
        outcome: Result<ObjectOf<M>, NotReady<ObjectOf<M>>>,
    ) -> Result<M, Diagnostics> {
        match outcome {
            Ok(object) => model.accepted(&object),
            Err(not_ready) => {
                self.keep(&model, &not_ready.last)?;
                Err(self.explain(&not_ready))
            }
        }
    }

    fn explain(&self, not_ready: &NotReady<ObjectOf<M>>) -> Diagnostics {
        let NotReady { last, ended } = not_ready;
        let failure: Failure<'_> = self.flow.failure("create").now(format!(
            "The object exists in Konnect with id {}, and stays in the state, marked for replacement.",
            <M::Objects as Objects>::id(last)
        ));
        let failure = match (ended, &self.hints) {
            (Waited::Never(_), Some(hints)) if last.phase() == Phase::Failed => {
                let reason = last
                    .state_metadata()
                    .and_then(|told| told.reason.as_deref());
                let decoded = reason.and_then(|reason| hints.decode(reason));
                let advice = decoded.into_iter().chain([hints.failed()]);
                failure.next(advice.collect::<Vec<_>>().join("\n\n"))
            }
            _ => failure,
        };
        failure.waited(ended)
    }
}
