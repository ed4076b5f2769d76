//! The checks of a peering before it is planned and before it is made, as its own diagnostics.

use std::sync::{Mutex, PoisonError};

use crate::azure::ids::VnetId;
use crate::http::scope::Scope;
use crate::konnect::TransitGatewayId;
use crate::preflight::{Clients, Inputs, Phase, Target, run};
use crate::resources::konnect_object::managed::Managed as _;
use crate::resources::konnect_object::peering::Peering as _;
use crate::resources::konnect_object::preflight::tell;
use crate::tf::context::Context;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::resource::Planned;

use super::schema::VnetPeeringModel;

/// What the checks look at, and where they tell.
pub(super) struct Preflight<'a> {
    /// Both clouds.
    pub(super) clients: Clients<'a>,
    /// What is planned to go.
    pub(super) replaced: &'a Replaced,
    /// The call, for warnings.
    pub(super) context: &'a Context,
}

/// Peerings that this process planned to replace.
///
/// A replacement is planned in two calls: one that knows the old peering, and one for the new peering that does not. Without this, the new
/// one would be said to collide with the one whose place it takes.
#[derive(Debug, Default)]
pub(super) struct Replaced(Mutex<Vec<TransitGatewayId>>);

impl Replaced {
    fn note(&self, id: TransitGatewayId) {
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.push(id);
    }

    fn ids(&self) -> Vec<TransitGatewayId> {
        let ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.clone()
    }
}

impl Preflight<'_> {
    /// Before a creation is planned: what is known is checked, and what this very run may still make only warns.
    pub(super) async fn plan(
        &self,
        scope: &Scope,
        plan: &Planned<VnetPeeringModel>,
    ) -> Result<(), Diagnostics> {
        if let Some(id) = replaced_peering(plan) {
            self.replaced.note(id);
        }
        // The new peering of a replacement is planned by a call of its own.
        if !is_wanted(&plan.planned) || plan.prior.is_some() {
            return Ok(());
        }
        let is_named_by_id = !plan.config.vnet_id.is_null();
        let inputs = Inputs {
            leaving: self.replaced.ids(),
            ..inputs(Phase::Plan, &plan.planned, is_named_by_id)
        };
        if inputs.network_id.is_none() && inputs.target.is_none() {
            return Ok(());
        }
        let target = if is_named_by_id {
            "vnet_id"
        } else {
            "vnet_name"
        };
        let report = run(&inputs, self.clients, scope).await;
        tell(self.context, &report, &plan.planned.noun(), target)
    }

    /// Before the peering is made: everything it needs has to be there.
    pub(super) async fn apply(
        &self,
        scope: &Scope,
        model: &VnetPeeringModel,
    ) -> Result<(), Diagnostics> {
        if !is_wanted(model) {
            return Ok(());
        }
        let inputs = inputs(Phase::Apply, model, true);
        let report = run(&inputs, self.clients, scope).await;
        tell(self.context, &report, &model.noun(), "vnet_id")
    }
}

fn is_wanted(model: &VnetPeeringModel) -> bool {
    model.preflight.known() == Some(&true)
}

/// The peering whose place another takes. Nothing of one can be changed, so that every difference but ours alone replaces it.
fn replaced_peering(plan: &Planned<VnetPeeringModel>) -> Option<TransitGatewayId> {
    let prior = plan.prior.as_ref()?;
    let planned = &plan.planned;
    let is_replaced = !plan.replace.is_empty()
        || prior.network_id != planned.network_id
        || prior.name != planned.name
        || prior.dns_config != planned.dns_config;
    let id = prior.id.as_str().filter(|_| is_replaced)?;
    id.parse().ok()
}

fn inputs(phase: Phase, model: &VnetPeeringModel, is_named_by_id: bool) -> Inputs {
    let known = model.target();
    let name = if is_named_by_id {
        Target::ById
    } else {
        Target::ByName
    };
    Inputs {
        network_id: model.network_id.as_str().and_then(|id| id.parse().ok()),
        target: known.joined::<VnetId>().map(name),
        tenant_id: known.tenant_id.as_str().and_then(|id| id.parse().ok()),
        ..Inputs::new(phase)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tf::attr::Attr;
    use crate::tf::path::Path;

    const PEERING: &str = "0da2a7a4-7d0d-4f0e-9b7e-6d7a3d3d0001";

    fn model() -> VnetPeeringModel {
        VnetPeeringModel {
            id: PEERING.into(),
            network_id: "6b5e4a6c-32a7-4f0b-9c6e-1f1b0d9f7a21".into(),
            name: "orders".into(),
            subscription_id: "66666666-7777-8888-9999-aaaaaaaaaaaa".into(),
            resource_group_name: "rg-net".into(),
            vnet_name: "orders".into(),
            preflight: Attr::Known(true),
            ..VnetPeeringModel::default()
        }
    }

    fn plan(prior: Option<VnetPeeringModel>) -> Planned<VnetPeeringModel> {
        Planned {
            config: model(),
            prior,
            planned: model(),
            replace: Vec::new(),
        }
    }

    #[test]
    fn what_is_not_known_yet_is_left_out() {
        let whole = inputs(Phase::Plan, &model(), false);
        assert!(whole.network_id.is_some() && matches!(whole.target, Some(Target::ByName(_))));
        assert!(whole.tenant_id.is_none());
        let unknown = VnetPeeringModel {
            network_id: Attr::Unknown,
            vnet_name: Attr::Unknown,
            ..model()
        };
        let unknown = inputs(Phase::Plan, &unknown, true);
        assert!(unknown.network_id.is_none() && unknown.target.is_none());
    }

    #[test]
    fn only_a_peering_that_is_replaced_goes() {
        let is_replaced = |plan: &Planned<VnetPeeringModel>| {
            let id = replaced_peering(plan);
            assert!(id.is_none_or(|id| id.to_string() == PEERING));
            id.is_some()
        };
        assert!(!is_replaced(&plan(None)));
        let switched = VnetPeeringModel {
            wait_for_ready: Attr::Known(false),
            ..model()
        };
        assert!(!is_replaced(&plan(Some(switched))));
        let renamed = VnetPeeringModel {
            name: "billing".into(),
            ..model()
        };
        assert!(is_replaced(&plan(Some(renamed))));
        let mut moved = plan(Some(model()));
        moved.replace.push(Path::attribute("vnet_id"));
        assert!(is_replaced(&moved));
    }

    #[test]
    fn the_checks_can_be_switched_off() {
        for (preflight, expected) in [
            (Attr::Known(true), true),
            (Attr::Known(false), false),
            (Attr::Unknown, false),
        ] {
            let model = VnetPeeringModel {
                preflight,
                ..model()
            };
            assert_eq!(is_wanted(&model), expected);
        }
    }
}
