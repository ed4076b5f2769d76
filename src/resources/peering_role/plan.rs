//! What can be told of the role before anything is sent.

use crate::tf::attr::{Attr, Set};
use crate::tf::path::Path;
use crate::tf::resource::Planned;

use super::convert;
use super::purpose::{self, Purpose};
use super::schema::PeeringRoleModel;

/// Fills what the configuration leaves out and what follows from it.
pub(super) fn fill(plan: &mut Planned<PeeringRoleModel>) {
    fill_defaults(plan);
    match &plan.prior {
        None => fill_for_creation(&mut plan.planned),
        Some(prior) => {
            if is_another_role(prior, &plan.planned) {
                plan.replace.push(Path::attribute("name"));
            }
            fill_for_update(prior, &mut plan.planned);
        }
    }
}

fn fill_defaults(plan: &mut Planned<PeeringRoleModel>) {
    let config = &plan.config;
    let planned = &mut plan.planned;
    if config.purpose.is_null() {
        planned.purpose = purpose_without_configuration(config, plan.prior.as_ref());
    }
    let purpose = match &planned.purpose {
        Attr::Known(name) => Attr::Known(Purpose::from_name(name).unwrap_or_default()),
        Attr::Null | Attr::Unknown => Attr::Unknown,
    };
    if config.name.is_null() {
        planned.name = preset(&purpose, |purpose| purpose.role_name().to_owned());
    }
    if config.description.is_null() {
        planned.description = Purpose::description().into();
    }
    if config.actions.is_null() {
        planned.actions = preset(&purpose, |purpose| {
            let actions = purpose.actions().iter();
            actions.map(|action| (*action).to_owned()).collect()
        });
    }
}

/// The purpose only chooses defaults. Where the configuration leaves it no say, the one in the state stays, so that
/// an imported role whose actions were recognised shows no change.
fn purpose_without_configuration(
    config: &PeeringRoleModel,
    prior: Option<&PeeringRoleModel>,
) -> Attr<String> {
    let has_a_say = config.name.is_null() || config.actions.is_null();
    match prior.map(|prior| &prior.purpose) {
        Some(Attr::Known(prior)) if !has_a_say => Attr::Known(prior.clone()),
        _ => Purpose::default().as_str().into(),
    }
}

fn preset<T>(purpose: &Attr<Purpose>, value: impl FnOnce(Purpose) -> T) -> Attr<T> {
    match purpose {
        Attr::Known(purpose) => Attr::Known(value(*purpose)),
        Attr::Null | Attr::Unknown => Attr::Unknown,
    }
}

fn fill_for_creation(planned: &mut PeeringRoleModel) {
    // Only where adoption is out of the question is it known now who will have made the role.
    if planned.use_existing == Attr::Known(false) {
        planned.created = Attr::Known(true);
        planned.remote_name = planned.name.clone();
        planned.existing_assignable_scopes = Attr::Null;
    }
}

fn fill_for_update(prior: &PeeringRoleModel, planned: &mut PeeringRoleModel) {
    planned.created = prior.created.clone();
    // In a role that is ours alone no others' scopes stay. In a shared one, what was there before may have gone, and is ours if this update adds it.
    let adds_nothing = prior.existing_assignable_scopes.is_null()
        || convert::is_same_scopes(&prior.assignable_scopes, &planned.assignable_scopes);
    planned.existing_assignable_scopes = match convert::is_shared(planned) {
        true if adds_nothing => prior.existing_assignable_scopes.clone(),
        true => Attr::Unknown,
        false => Attr::Null,
    };
    planned.remote_name = if planned.name == prior.name || convert::is_adopted(prior) {
        prior.remote_name.clone()
    } else {
        planned.name.clone()
    };
}

/// Whether the name asks for another role than the one that was adopted: that one's name is its owner's to change.
fn is_another_role(prior: &PeeringRoleModel, planned: &PeeringRoleModel) -> bool {
    let is_its_name = match (planned.name.as_str(), prior.remote_name.as_str()) {
        (Some(name), Some(remote_name)) => purpose::is_either_spelling(name, remote_name),
        _ => false,
    };
    convert::is_adopted(prior) && planned.name != prior.name && !is_its_name
}

/// Takes out of a generated configuration what the purpose gives anyway, and the purpose where it is the usual one.
pub(super) fn leave_out_defaults(config: &mut PeeringRoleModel) {
    let Some(purpose) = config.purpose.as_str().and_then(Purpose::from_name) else {
        return;
    };
    if config.name.as_str() == Some(purpose.role_name()) {
        config.name = Attr::Null;
    }
    if config.description.as_str() == Some(Purpose::description()) {
        config.description = Attr::Null;
    }
    let actions = texts(&config.actions);
    if Purpose::of_actions(actions.iter().map(String::as_str)) == Some(purpose) {
        config.actions = Attr::Null;
    }
    if purpose == Purpose::default() {
        config.purpose = Attr::Null;
    }
}

/// A set of the known texts.
pub(super) fn texts(set: &Attr<Set<String>>) -> Vec<String> {
    set.known()
        .map(|set| {
            set.0
                .iter()
                .filter_map(|text| text.known().cloned())
                .collect()
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(
        config: PeeringRoleModel,
        prior: Option<PeeringRoleModel>,
    ) -> Planned<PeeringRoleModel> {
        Planned {
            planned: PeeringRoleModel {
                use_existing: config.use_existing.clone(),
                name: config.name.clone(),
                actions: config.actions.clone(),
                purpose: config.purpose.clone(),
                remote_name: Attr::Unknown,
                created: Attr::Unknown,
                existing_assignable_scopes: Attr::Unknown,
                ..PeeringRoleModel::default()
            },
            config,
            prior,
            replace: Vec::new(),
        }
    }

    fn config() -> PeeringRoleModel {
        PeeringRoleModel {
            use_existing: Attr::Known(false),
            ..PeeringRoleModel::default()
        }
    }

    fn own() -> PeeringRoleModel {
        PeeringRoleModel {
            name: "Creator".into(),
            remote_name: "Creator".into(),
            created: Attr::Known(true),
            purpose: "private_dns_link".into(),
            ..config()
        }
    }

    #[test]
    fn nothing_configured_means_peering_with_a_network() {
        let mut plan = plan(config(), None);
        fill(&mut plan);
        let planned = plan.planned;
        assert_eq!(planned.purpose.as_str(), Some("vnet_peering"));
        assert_eq!(
            planned.name.as_str(),
            Some("Kong Cloud Gateway Peering Creator")
        );
        assert_eq!(
            planned.description.as_str(),
            Some("Perform cross-tenant network peering.")
        );
        assert_eq!(texts(&planned.actions).len(), 5);
        assert_eq!(planned.created, Attr::Known(true));
        assert_eq!(planned.remote_name, planned.name);
        assert!(planned.existing_assignable_scopes.is_null());
    }

    #[test]
    fn an_unknown_purpose_leaves_its_defaults_unknown() {
        let mut plan = plan(
            PeeringRoleModel {
                purpose: Attr::Unknown,
                name: "Mine".into(),
                ..config()
            },
            None,
        );
        fill(&mut plan);
        assert!(plan.planned.purpose.is_unknown() && plan.planned.actions.is_unknown());
        assert_eq!(plan.planned.name.as_str(), Some("Mine"));
        assert!(plan.planned.description.known().is_some());
    }

    #[test]
    fn whether_a_role_is_adopted_is_seen_in_apply_only() {
        for use_existing in [Attr::Known(true), Attr::Unknown] {
            let mut plan = plan(
                PeeringRoleModel {
                    use_existing,
                    ..config()
                },
                None,
            );
            fill(&mut plan);
            let planned = plan.planned;
            assert!(planned.created.is_unknown() && planned.remote_name.is_unknown());
            assert!(planned.existing_assignable_scopes.is_unknown());
        }
    }

    #[test]
    fn a_purpose_without_a_say_stays_as_it_was_imported() {
        let explicit = PeeringRoleModel {
            name: "Creator".into(),
            actions: Attr::Known(["a/b".to_owned()].into_iter().collect()),
            ..config()
        };
        let mut plan_explicit = plan(explicit, Some(own()));
        fill(&mut plan_explicit);
        assert_eq!(
            plan_explicit.planned.purpose.as_str(),
            Some("private_dns_link")
        );
        let mut plan_defaults = plan(config(), Some(own()));
        fill(&mut plan_defaults);
        assert_eq!(plan_defaults.planned.purpose.as_str(), Some("vnet_peering"));
    }

    #[test]
    fn a_generated_configuration_says_only_what_is_no_default() {
        for purpose in Purpose::ALL {
            let mut state = plan(
                PeeringRoleModel {
                    purpose: purpose.as_str().into(),
                    ..config()
                },
                None,
            );
            fill(&mut state);
            let mut generated = state.planned.clone();
            leave_out_defaults(&mut generated);
            assert!(generated.name.is_null() && generated.description.is_null());
            assert!(generated.actions.is_null());
            assert_eq!(generated.purpose.is_null(), purpose == Purpose::default());
            let mut again = plan(generated, Some(state.planned.clone()));
            fill(&mut again);
            assert_eq!(again.planned, state.planned);
        }
        let own = PeeringRoleModel {
            actions: Attr::Known(["a/b".to_owned()].into_iter().collect()),
            ..own()
        };
        let mut generated = own.clone();
        leave_out_defaults(&mut generated);
        assert_eq!(generated, own);
    }

    #[test]
    fn what_was_there_before_is_known_while_no_scope_changes() {
        let scopes = |texts: &[&str]| {
            let texts = texts.iter().map(|text| (*text).to_owned());
            Attr::Known(texts.collect())
        };
        let prior = PeeringRoleModel {
            created: Attr::Known(false),
            assignable_scopes: scopes(&["/subscriptions/a"]),
            existing_assignable_scopes: scopes(&["/subscriptions/b"]),
            ..own()
        };
        let none = PeeringRoleModel {
            existing_assignable_scopes: Attr::Null,
            ..prior.clone()
        };
        let (same, other) = (scopes(&["/SUBSCRIPTIONS/A"]), scopes(&["/subscriptions/c"]));
        for (prior, wanted, expected) in [
            (&prior, &same, prior.existing_assignable_scopes.clone()),
            (&prior, &other, Attr::Unknown),
            (&prior, &Attr::Unknown, Attr::Unknown),
            (&none, &other, Attr::Null),
        ] {
            let mut plan = plan(config(), Some(prior.clone()));
            plan.planned.use_existing = Attr::Known(true);
            plan.planned.assignable_scopes = wanted.clone();
            fill(&mut plan);
            assert_eq!(plan.planned.existing_assignable_scopes, expected);
        }
    }

    #[test]
    fn an_own_role_is_renamed_and_an_adopted_one_is_let_go() {
        let renamed = PeeringRoleModel {
            name: "Other".into(),
            ..config()
        };
        let mut owned = plan(renamed.clone(), Some(own()));
        fill(&mut owned);
        assert_eq!(owned.planned.remote_name.as_str(), Some("Other"));
        assert!(owned.replace.is_empty());
        let adopted = PeeringRoleModel {
            created: Attr::Known(false),
            remote_name: "Creator - Kong".into(),
            ..own()
        };
        let unknown = PeeringRoleModel {
            name: Attr::Unknown,
            ..config()
        };
        for another in [renamed, unknown] {
            let mut replaced = plan(another, Some(adopted.clone()));
            fill(&mut replaced);
            assert_eq!(replaced.replace, [Path::attribute("name")]);
        }
        let respelled = PeeringRoleModel {
            name: "creator - kong".into(),
            ..config()
        };
        let mut kept = plan(respelled, Some(adopted));
        fill(&mut kept);
        assert_eq!(kept.planned.remote_name.as_str(), Some("Creator - Kong"));
        assert_eq!(kept.planned.created, Attr::Known(false));
        assert!(kept.replace.is_empty());
    }
}
