//! The checks of a peering before it is planned and before it is made, as its own diagnostics.

use std::sync::Arc;

use crate::azure;
use crate::azure::ids::{Guid, VnetId};
use crate::http::scope::Scope;
use crate::konnect;
use crate::preflight::consent::KONG_CLIENT_ID;
use crate::preflight::{Clients, Inputs, Phase, Subject, Target, run};
use crate::tf::context::Context;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;
use crate::tf::resource::Planned;

use super::schema::VnetPeeringModel;

/// Both clouds, and how the user names the virtual network.
pub(super) struct Preflight<'a> {
    /// Azure, configured or not.
    pub(super) azure: &'a Arc<azure::Access>,
    /// Konnect, configured or not.
    pub(super) konnect: &'a Arc<konnect::Access>,
    /// The call, for warnings.
    pub(super) context: &'a Context,
}

impl Preflight<'_> {
    /// Before a creation or replacement is planned: what is known is checked, and what this very run may still make only warns.
    pub(super) async fn plan(
        &self,
        scope: &Scope,
        plan: &Planned<VnetPeeringModel>,
    ) -> Result<(), Diagnostics> {
        if !is_wanted(&plan.planned) || !makes_a_peering(plan) {
            return Ok(());
        }
        let own_peering = plan.prior.as_ref().and_then(|prior| prior.id.as_str());
        let is_named_by_id = !plan.config.vnet_id.is_null();
        let inputs = Inputs {
            own_peering: own_peering.and_then(|id| id.parse().ok()),
            ..inputs(Phase::Plan, &plan.planned, is_named_by_id)?
        };
        self.check(scope, &inputs, is_named_by_id).await
    }

    /// Right before the peering is made: everything it needs has to be there.
    pub(super) async fn apply(
        &self,
        scope: &Scope,
        model: &VnetPeeringModel,
    ) -> Result<(), Diagnostics> {
        if !is_wanted(model) {
            return Ok(());
        }
        let inputs = inputs(Phase::Apply, model, true)?;
        self.check(scope, &inputs, true).await
    }

    async fn check(
        &self,
        scope: &Scope,
        inputs: &Inputs,
        is_named_by_id: bool,
    ) -> Result<(), Diagnostics> {
        let clients = Clients {
            azure: self.azure,
            konnect: self.konnect,
        };
        let report = run(inputs, clients, scope).await;
        let vnet = if is_named_by_id {
            "vnet_id"
        } else {
            "vnet_name"
        };
        let diagnostics = report.diagnostics(|subject, diagnostic| match subject {
            Subject::Network => diagnostic.at(Path::attribute("network_id")),
            Subject::Vnet => diagnostic.at(Path::attribute(vnet)),
            Subject::Principal => diagnostic,
        });
        if !report.passed() {
            return Err(diagnostics);
        }
        for warning in diagnostics {
            self.context.warn(warning);
        }
        Ok(())
    }
}

fn is_wanted(model: &VnetPeeringModel) -> bool {
    model.preflight.known() == Some(&true)
}

/// Whether the plan leads to a new peering. Nothing of one can be changed, so that every other difference is one of ours alone.
fn makes_a_peering(plan: &Planned<VnetPeeringModel>) -> bool {
    plan.prior.as_ref().is_none_or(|prior| {
        let planned = &plan.planned;
        !plan.replace.is_empty()
            || prior.network_id != planned.network_id
            || prior.name != planned.name
            || prior.dns_config != planned.dns_config
    })
}

fn inputs(
    phase: Phase,
    model: &VnetPeeringModel,
    is_named_by_id: bool,
) -> Result<Inputs, Diagnostics> {
    let client_id: Guid = KONG_CLIENT_ID.parse().map_err(|error| {
        Diagnostic::error(
            "A fault in this provider",
            format!("The id of Kong's application cannot be read: {error}."),
        )
    })?;
    let known = model.target();
    let name = if is_named_by_id {
        Target::ById
    } else {
        Target::ByName
    };
    Ok(Inputs {
        network_id: model.network_id.as_str().and_then(|id| id.parse().ok()),
        target: known.joined::<VnetId>().map(name),
        tenant_id: known.tenant_id.as_str().and_then(|id| id.parse().ok()),
        ..Inputs::new(phase, client_id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tf::attr::Attr;

    fn model() -> VnetPeeringModel {
        VnetPeeringModel {
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
        let whole = inputs(Phase::Plan, &model(), false).unwrap();
        assert!(whole.network_id.is_some() && matches!(whole.target, Some(Target::ByName(_))));
        assert!(whole.tenant_id.is_none());
        let unknown = VnetPeeringModel {
            network_id: Attr::Unknown,
            vnet_name: Attr::Unknown,
            ..model()
        };
        let unknown = inputs(Phase::Plan, &unknown, true).unwrap();
        assert!(unknown.network_id.is_none() && unknown.target.is_none());
    }

    #[test]
    fn only_a_creation_and_a_replacement_are_checked() {
        assert!(makes_a_peering(&plan(None)));
        let switched = VnetPeeringModel {
            wait_for_ready: Attr::Known(false),
            ..model()
        };
        assert!(!makes_a_peering(&plan(Some(switched))));
        let renamed = VnetPeeringModel {
            name: "billing".into(),
            ..model()
        };
        assert!(makes_a_peering(&plan(Some(renamed))));
        let mut moved = plan(Some(model()));
        moved.replace.push(Path::attribute("vnet_id"));
        assert!(makes_a_peering(&moved));
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
