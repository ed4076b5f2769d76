//! Plans and applies, in Terraform's order of calls.

use konnectazure::wire::generated as wire;

use super::{
    Core, Diagnostics, Stored, capabilities, checked,
    checks::{assert_identity, assert_none},
    has_errors,
    rules::{outcome_faults, plan_faults, propose, state_faults},
    values::Value,
};

/// What Terraform shows in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    NoOp,
    Create,
    Update,
    Replace,
    Delete,
}

/// A change that was planned and found consistent.
#[derive(Clone, Debug)]
pub struct Planned {
    pub action: Action,
    pub state: Value,
    pub replace: Vec<wire::AttributePath>,
    pub warnings: Diagnostics,
    private: Vec<u8>,
    identity: Option<Value>,
}

/// What a resource answered to one plan call.
struct Answer {
    planned: Value,
    replace: Vec<wire::AttributePath>,
    warnings: Diagnostics,
    private: Vec<u8>,
    identity: Option<Value>,
}

impl Planned {
    fn new(action: Action, answer: Answer) -> Self {
        Self {
            action,
            state: answer.planned,
            replace: answer.replace,
            warnings: answer.warnings,
            private: answer.private,
            identity: answer.identity,
        }
    }
}

impl Core {
    /// Validates and plans a creation, update or replacement, checking the answers as Terraform does.
    ///
    /// # Errors
    /// The provider's, which Terraform shows.
    pub async fn plan(
        &mut self,
        type_name: &str,
        prior: &Stored,
        config: &Value,
    ) -> Result<Planned, Diagnostics> {
        self.plan_after(type_name, prior, config, &[]).await
    }

    /// The same in an apply, with the private data of the plan that was approved.
    async fn plan_after(
        &mut self,
        type_name: &str,
        prior: &Stored,
        config: &Value,
        planned_private: &[u8],
    ) -> Result<Planned, Diagnostics> {
        let found = self.validate(type_name, config).await;
        if has_errors(&found) {
            return Err(found);
        }
        let answer = self
            .plan_once(type_name, prior, config, planned_private)
            .await?;
        if prior.state.is_null() {
            return Ok(Planned::new(Action::Create, answer));
        }
        let before = prior.state.clone();
        let is_write_only = |path: &wire::AttributePath| self.is_write_only(type_name, path);
        let effective: Vec<_> = answer
            .replace
            .iter()
            .filter(|path| {
                let (old, new) = (step_into(&before, path), step_into(&answer.planned, path));
                assert!(old.is_some() || new.is_some(), "no attribute at {path:?}");
                old != new || is_write_only(path)
            })
            .cloned()
            .collect();
        if !effective.is_empty() {
            let absent = Stored {
                state: Value::Null,
                private: answer.private,
                identity: answer.identity,
            };
            let again = self
                .plan_once(type_name, &absent, config, planned_private)
                .await?;
            return Ok(Planned {
                replace: effective,
                ..Planned::new(Action::Replace, again)
            });
        }
        if self.identities.contains_key(type_name) {
            let (before, planned) = (prior.identity.as_ref(), answer.identity.as_ref());
            assert_identity(before, planned, "in the plan of an update");
        }
        let action = if answer.planned == before {
            Action::NoOp
        } else {
            Action::Update
        };
        Ok(Planned::new(action, answer))
    }

    fn is_write_only(&self, type_name: &str, path: &wire::AttributePath) -> bool {
        use wire::attribute_path::step::Selector;

        let mut attributes = self.attributes(type_name);
        let mut is_write_only = false;
        for step in &path.steps {
            let Some(Selector::AttributeName(name)) = &step.selector else {
                continue;
            };
            let Some(attribute) = attributes.iter().find(|attribute| attribute.name == *name)
            else {
                return false;
            };
            is_write_only = attribute.write_only;
            attributes = attribute
                .nested
                .as_ref()
                .map_or(&[][..], |(_, inner)| inner);
        }
        is_write_only
    }

    async fn plan_once(
        &mut self,
        type_name: &str,
        prior: &Stored,
        config: &Value,
        planned_private: &[u8],
    ) -> Result<Answer, Diagnostics> {
        let proposed = propose(self.attributes(type_name), &prior.state, config);
        let answer = self
            .client
            .plan_resource_change(wire::plan_resource_change::Request {
                type_name: type_name.to_owned(),
                prior_state: Some(self.encode(type_name, &prior.state)),
                proposed_new_state: Some(self.encode(type_name, &proposed)),
                config: Some(self.encode(type_name, config)),
                prior_private: prior.private.clone(),
                prior_identity: self.encode_identity(type_name, prior.identity.as_ref()),
                client_capabilities: Some(capabilities()),
                planned_private: planned_private.to_vec(),
                ..Default::default()
            })
            .await
            .unwrap()
            .into_inner();
        let diagnostics = checked(answer.diagnostics);
        if has_errors(&diagnostics) {
            return Err(diagnostics);
        }
        assert!(!answer.legacy_type_system);
        assert_eq!(answer.deferred, None);
        let planned = self.decode(type_name, answer.planned_state);
        let attributes = self.attributes(type_name);
        let faults = plan_faults(attributes, &prior.state, config, &planned);
        assert_none(&faults, "Provider produced invalid plan");
        Ok(Answer {
            planned,
            replace: answer.requires_replace,
            warnings: diagnostics,
            private: answer.planned_private,
            identity: self.decode_identity(type_name, answer.planned_identity),
        })
    }

    /// Plans a destruction.
    pub async fn plan_destroy(
        &mut self,
        type_name: &str,
        prior: &Stored,
    ) -> Result<Planned, Diagnostics> {
        let null = self.encode(type_name, &Value::Null);
        let answer = self
            .client
            .plan_resource_change(wire::plan_resource_change::Request {
                type_name: type_name.to_owned(),
                prior_state: Some(self.encode(type_name, &prior.state)),
                proposed_new_state: Some(null.clone()),
                config: Some(null),
                prior_private: prior.private.clone(),
                prior_identity: self.encode_identity(type_name, prior.identity.as_ref()),
                client_capabilities: Some(capabilities()),
                ..Default::default()
            })
            .await
            .unwrap()
            .into_inner();
        let diagnostics = checked(answer.diagnostics);
        if has_errors(&diagnostics) {
            return Err(diagnostics);
        }
        let planned = self.decode(type_name, answer.planned_state);
        assert!(planned.is_null(), "planned a non-null destroy value");
        Ok(Planned {
            action: Action::Delete,
            state: planned,
            replace: Vec::new(),
            warnings: diagnostics,
            private: answer.planned_private,
            identity: self.decode_identity(type_name, answer.planned_identity),
        })
    }

    /// Makes a plan real: plans again, as Terraform does, now with everything known, and applies. What is stored afterwards comes back
    /// together with the provider's diagnostics.
    pub async fn apply(
        &mut self,
        type_name: &str,
        prior: &Stored,
        plan: &Planned,
        config: &Value,
    ) -> (Stored, Diagnostics) {
        if !prior.state.is_null() {
            self.read_state_file(type_name, prior).await;
        }
        match plan.action {
            Action::NoOp => (prior.clone(), Vec::new()),
            Action::Delete => self.apply_once(type_name, prior, plan, &Value::Null).await,
            Action::Create | Action::Update => {
                let last = match self.plan_last(type_name, prior, plan, config).await {
                    Ok(last) => last,
                    Err(diagnostics) => return (prior.clone(), diagnostics),
                };
                if last.action == Action::NoOp {
                    // What was unknown turned out to be what it was before.
                    return (prior.clone(), Vec::new());
                }
                self.apply_once(type_name, prior, &last, config).await
            }
            Action::Replace => {
                // The deletion gets the private data of the creation's plan.
                let delete = Planned {
                    action: Action::Delete,
                    state: Value::Null,
                    ..plan.clone()
                };
                let (left, diagnostics) = self
                    .apply_once(type_name, prior, &delete, &Value::Null)
                    .await;
                if has_errors(&diagnostics) {
                    return (left, diagnostics);
                }
                let absent = Stored::default();
                let create = match self.plan_last(type_name, &absent, plan, config).await {
                    Ok(create) => create,
                    Err(diagnostics) => return (absent, diagnostics),
                };
                self.apply_once(type_name, &absent, &create, config).await
            }
        }
    }

    /// The plan of an apply that finds what the first one found.
    pub async fn plan_again(
        &mut self,
        type_name: &str,
        prior: &Stored,
        plan: &Planned,
        config: &Value,
    ) -> Planned {
        let last = self.plan_last(type_name, prior, plan, config).await;
        last.expect("a second plan")
    }

    /// The plan of an apply, with everything known. Of what was planned before, only what was unknown has changed. The object that a
    /// replacement replaces is gone by then.
    async fn plan_last(
        &mut self,
        type_name: &str,
        prior: &Stored,
        plan: &Planned,
        config: &Value,
    ) -> Result<Planned, Diagnostics> {
        let last = self
            .plan_after(type_name, prior, config, &plan.private)
            .await?;
        let is_as_planned = match plan.action {
            Action::Replace => last.action == Action::Create,
            Action::Update => matches!(last.action, Action::Update | Action::NoOp),
            action => last.action == action,
        };
        assert!(
            is_as_planned,
            "Provider produced inconsistent final plan: {:?} became {:?}",
            plan.action, last.action
        );
        let faults = outcome_faults(&plan.state, &last.state);
        assert_none(&faults, "Provider produced inconsistent final plan");
        Ok(last)
    }

    /// Applies a plan as it is, although something may have changed since: for what has to hold without the plan that Terraform makes right before.
    pub async fn apply_unplanned(
        &mut self,
        type_name: &str,
        prior: &Stored,
        plan: &Planned,
        config: &Value,
    ) -> (Stored, Diagnostics) {
        self.apply_once(type_name, prior, plan, config).await
    }

    async fn apply_once(
        &mut self,
        type_name: &str,
        prior: &Stored,
        plan: &Planned,
        config: &Value,
    ) -> (Stored, Diagnostics) {
        let answer = self
            .client
            .apply_resource_change(wire::apply_resource_change::Request {
                type_name: type_name.to_owned(),
                prior_state: Some(self.encode(type_name, &prior.state)),
                planned_state: Some(self.encode(type_name, &plan.state)),
                config: Some(self.encode(type_name, config)),
                planned_private: plan.private.clone(),
                planned_identity: self.encode_identity(type_name, plan.identity.as_ref()),
                ..Default::default()
            })
            .await
            .unwrap()
            .into_inner();
        assert!(!answer.legacy_type_system);
        let diagnostics = checked(answer.diagnostics);
        let has_failed = has_errors(&diagnostics);
        let stored = Stored {
            state: self.decode(type_name, answer.new_state),
            private: answer.private,
            identity: self.decode_identity(type_name, answer.new_identity),
        };
        if has_failed && stored.state.is_null() {
            // Nothing was made, or what there was is kept.
            return (prior.clone(), diagnostics);
        }
        if !has_failed {
            let faults = outcome_faults(&plan.state, &stored.state);
            assert_none(&faults, "Provider produced inconsistent result after apply");
        }
        let faults = state_faults(self.attributes(type_name), &stored.state);
        assert_none(
            &faults,
            "Provider returned invalid result object after apply",
        );
        if !stored.state.is_null() && self.identities.contains_key(type_name) {
            let before = prior.identity.as_ref();
            assert_identity(before, stored.identity.as_ref(), "after an apply");
        }
        (stored, diagnostics)
    }
}

fn step_into(value: &Value, path: &wire::AttributePath) -> Option<Value> {
    use wire::attribute_path::step::Selector;

    path.steps.iter().try_fold(value.clone(), |value, step| {
        match step.selector.as_ref()? {
            Selector::AttributeName(name) | Selector::ElementKeyString(name) => {
                value.get(name).cloned()
            }
            Selector::ElementKeyInt(index) => value
                .elements()?
                .get(usize::try_from(*index).ok()?)
                .cloned(),
        }
    })
}
