//! The course of one creation: nothing of that name, checks, network ready, POST, ready.

use crate::azure;
use crate::http::poll::Waited;
use crate::konnect::{Network, NewTransitGateway, StateMetadata, TransitGateway};
use crate::resources::explain::Failure;
use crate::resources::konnect_object::flow::NotReady;
use crate::resources::konnect_object::gateways::Gateways;
use crate::resources::konnect_object::phase::{Lifecycle, Phase};
use crate::resources::konnect_object::{Flow, is_set};
use crate::tf::attr::Attr;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::resource::Save;

use super::convert;
use super::hints::Hints;
use super::preflight::Preflight;
use super::schema::VnetPeeringModel;

/// One creation of a peering.
pub(super) struct Creation<'a> {
    /// Azure, for what was assigned lately.
    pub(super) azure: &'a azure::Access,
    /// What is checked before anything is sent.
    pub(super) preflight: Preflight<'a>,
    /// Konnect.
    pub(super) flow: Flow<'a, Gateways>,
    /// What to say when it does not work.
    pub(super) hints: Hints,
    /// Where progress is kept.
    pub(super) save: &'a Save<VnetPeeringModel>,
}

impl Creation<'_> {
    /// The peering, ready if that is to be waited for, and its network where it was read.
    pub(super) async fn run(
        &self,
        model: VnetPeeringModel,
    ) -> Result<(VnetPeeringModel, Option<Network>), Diagnostics> {
        let body = convert::to_body(&model).ok_or_else(|| self.incomplete())?;
        let existing = self.flow.adopt(&body, is_set(&model.use_existing)).await?;
        if let Some(existing) = existing {
            self.keep(&model, &existing)?;
            let adopted = self.wait(&model, existing).await;
            return Ok((self.finish(model, adopted)?, None));
        }
        // What is wrong is told before the wait for the network, which can take long.
        self.preflight.apply(&self.flow.scope, &model).await?;
        let network = self.flow.network_ready().await?;
        let gateway = self.make(&model, &body).await?;
        let made = match self.wait(&model, gateway).await {
            Err(not_ready) if self.is_worth_another_try(&not_ready) => {
                self.make_again(&model, &body, &not_ready.last).await?
            }
            outcome => outcome,
        };
        Ok((self.finish(model, made)?, Some(network)))
    }

    fn incomplete(&self) -> Diagnostics {
        self.flow
            .failure("create")
            .because("Its configuration is not wholly known, or the names in it make no id of a virtual network.")
    }

    async fn make(
        &self,
        model: &VnetPeeringModel,
        body: &NewTransitGateway,
    ) -> Result<TransitGateway, Diagnostics> {
        let gateway = self.flow.create(body, &convert::attribute_of_field).await?;
        self.keep(model, &gateway)?;
        Ok(gateway)
    }

    /// Stores what is known of the peering, so that nothing that fails later loses it.
    fn keep(&self, model: &VnetPeeringModel, gateway: &TransitGateway) -> Result<(), Diagnostics> {
        let mut kept = convert::accepted(model.clone(), gateway)?;
        kept.azure_peering = Attr::Null;
        self.save.save(&kept);
        Ok(())
    }

    async fn wait(
        &self,
        model: &VnetPeeringModel,
        gateway: TransitGateway,
    ) -> Result<TransitGateway, NotReady<TransitGateway>> {
        if is_set(&model.wait_for_ready) {
            self.flow.ready(gateway).await
        } else {
            Ok(gateway)
        }
    }

    /// A permission that was granted minutes ago may not have reached every place in Azure; Konnect does not ask twice.
    fn is_worth_another_try(&self, not_ready: &NotReady<TransitGateway>) -> bool {
        let last = &not_ready.last;
        last.phase() == Phase::Failed
            && last
                .state_metadata()
                .is_some_and(StateMetadata::speaks_of_permission)
            && self
                .azure
                .client()
                .is_ok_and(|azure| azure.has_just_assigned())
    }

    async fn make_again(
        &self,
        model: &VnetPeeringModel,
        body: &NewTransitGateway,
        failed: &TransitGateway,
    ) -> Result<Result<TransitGateway, NotReady<TransitGateway>>, Diagnostics> {
        tracing::info!(
            "{} is in {}. A role was assigned minutes ago, so that Azure may not have known of it yet: the peering is deleted and made once more",
            self.flow.noun,
            failed.describe()
        );
        self.keep(model, failed)?;
        self.flow.delete(failed.id, "create").await?;
        let gateway = self.make(model, body).await?;
        Ok(self.wait(model, gateway).await)
    }

    fn finish(
        &self,
        model: VnetPeeringModel,
        outcome: Result<TransitGateway, NotReady<TransitGateway>>,
    ) -> Result<VnetPeeringModel, Diagnostics> {
        match outcome {
            Ok(gateway) => convert::accepted(model, &gateway),
            Err(not_ready) => {
                self.keep(&model, &not_ready.last)?;
                Err(self.explain(&not_ready))
            }
        }
    }

    fn explain(&self, not_ready: &NotReady<TransitGateway>) -> Diagnostics {
        let NotReady { last, ended } = not_ready;
        let failure: Failure<'_> = self.flow.failure("create").now(format!(
            "The peering exists in Konnect with id {}, and stays in the state, marked for replacement.",
            last.id
        ));
        let failure = match ended {
            Waited::Never(_) if last.phase() == Phase::Failed => failure.next(self.hints.failed()),
            _ => failure,
        };
        failure.waited(ended)
    }
}
