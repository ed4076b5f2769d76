//! From a typed [`Resource`] to [`DynResource`]: everything but apply, which is in `apply`.

use std::sync::OnceLock;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::decode::{decode, object, optional_object, validated};
use super::faults::{guarded, guarded_now};
use super::{
    ApplyRequest, DynResource, PlanAnswer, PlanRequest, ReadRequest, Shape, StateAnswer, state,
};
use crate::tf::config;
use crate::tf::consistency;
use crate::tf::context::Context;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::model::Model;
use crate::tf::path::Path;
use crate::tf::plan;
use crate::tf::resource::{ImportId, MoveSource, Planned, Resource};
use crate::tf::schema::{Attribute, IdentityAttribute, Schema};
use crate::tf::soundness;
use crate::tf::timeouts::{self, Operation};
use crate::tf::value::{Members, Value};

/// Stored beside a state that an import made: it holds what the object is found by and no more, until the refresh that follows completes it.
pub(super) const NOT_READ_YET: &[u8] = br#"{"imported":true}"#;

/// What a resource plans.
struct Proposal {
    planned: Members,
    /// Attributes that it replaces for, besides those that the schema says.
    replace: Vec<Path>,
}

/// A resource's answer to one proposal.
struct Asked {
    warnings: Diagnostics,
    outcome: Result<Proposal, Diagnostics>,
}

/// The adaptor.
pub struct ErasedResource<R> {
    pub(super) resource: R,
    shape: OnceLock<Shape>,
}

impl<R: Resource> ErasedResource<R> {
    /// Wraps a resource. Its schema is asked for when it is first needed.
    pub const fn new(resource: R) -> Self {
        Self {
            resource,
            shape: OnceLock::new(),
        }
    }

    pub(super) fn attributes(&self) -> &[Attribute] {
        &self.shape().schema.attributes
    }

    pub(super) fn context(
        &self,
        operation: Operation,
        state: &Value,
        cancel: &CancellationToken,
    ) -> Context {
        let timeout = timeouts::timeout(state, operation, &self.resource.timeouts());
        Context::new(timeout, cancel.clone())
    }

    /// A handler's model as the host must get it; `carried` has what no model holds.
    pub(super) fn members(&self, model: R::Model, carried: &Members) -> Members {
        let members = state::complete(self.attributes(), model.into_members(), carried);
        config::without_write_only(self.attributes(), members)
    }

    /// The identity that is stored, or else the one that the state holds.
    pub(super) fn stored_identity(&self, identity: Option<&Value>, state: &Value) -> Option<Value> {
        identity
            .filter(|identity| !identity.is_null() && identity.is_wholly_known())
            .cloned()
            .or_else(|| state::identity_of(&self.shape().identity, state))
    }

    /// The identity that `state` holds; an error where it tells another object than `stored` does. Another spelling of the same is no error.
    pub(super) fn same_identity(
        &self,
        stored: Option<&Value>,
        state: &Value,
    ) -> Result<Option<Value>, Diagnostic> {
        let shape = self.shape();
        let identity = state::identity_of(&shape.identity, state);
        match (stored, identity) {
            (Some(stored), Some(identity))
                if state::is_another(&shape.schema.attributes, stored, &identity) =>
            {
                Err(Diagnostic::error(
                    format!("The identity of {} changed", self.resource.type_name()),
                    format!(
                        "What identifies the remote object is not what the state has stored, so that another object answers in its place:\n\n\
                         {}\n\nIf that is meant, remove the object from the state and import the other one.",
                        state::told_apart(stored, &identity),
                    ),
                ))
            }
            (_, identity) => Ok(identity),
        }
    }

    /// Passes 2 and 3 of a plan, as [`plan`] numbers them.
    async fn ask(
        &self,
        request: &PlanRequest,
        prior: Option<&Members>,
        config: &Members,
        proposed: &Members,
    ) -> Asked {
        let context = self.context(Operation::Read, &request.config, &request.cancel);
        let outcome = self.try_ask(&context, prior, config, proposed).await;
        Asked {
            warnings: context.take_warnings(),
            outcome,
        }
    }

    async fn try_ask(
        &self,
        context: &Context,
        prior: Option<&Members>,
        config: &Members,
        proposed: &Members,
    ) -> Result<Proposal, Diagnostics> {
        let mut typed = Planned {
            config: decode::<R::Model>("configuration", config.clone())?,
            prior: prior
                .map(|prior| decode("prior state", prior.clone()))
                .transpose()?,
            planned: decode("planned state", proposed.clone())?,
            replace: Vec::new(),
        };
        guarded("planning", self.resource.plan(context, &mut typed)).await?;
        let planned = self.members(typed.planned, proposed);
        Ok(Proposal {
            planned: plan::settle(self.attributes(), prior, proposed, planned),
            replace: typed.replace,
        })
    }

    /// All passes of a plan, as [`plan`] numbers them.
    async fn try_plan(
        &self,
        request: &PlanRequest,
        answer: &mut PlanAnswer,
    ) -> Result<(), Diagnostics> {
        let attributes = self.attributes();
        let config = object("configuration", &request.config)?;
        let prior = optional_object("prior state", &request.prior)?;
        let proposed = plan::propose(attributes, prior, config);
        let mut asked = self.ask(request, prior, config, &proposed).await;
        if let (Some(prior), Ok(first)) = (prior, &asked.outcome)
            && plan::is_changed_by_resource_alone(attributes, prior, &proposed, &first.planned)
        {
            // Pass 4: it was asked as if nothing changed, and then changed something itself.
            let proposed = plan::propose_change(attributes, prior, config);
            asked = self.ask(request, Some(prior), config, &proposed).await;
        }
        answer.diagnostics.extend(asked.warnings);
        let Proposal { planned, replace } = asked.outcome?;
        if let Some(prior) = prior {
            answer.replace = plan::replacements(attributes, prior, &planned);
            for path in replace {
                if !answer.replace.contains(&path) {
                    answer.replace.push(path);
                }
            }
        }
        answer.planned = Value::Object(planned);
        answer.identity = if prior.is_none() || !answer.replace.is_empty() {
            // Terraform stores an identity with unknown parts in the plan, and then cannot show that plan as JSON (seen with 1.15).
            state::identity_of(&self.shape().identity, &answer.planned)
        } else {
            self.stored_identity(request.identity.as_ref(), &request.prior)
        };
        if cfg!(debug_assertions) {
            let prior = prior.map(|_| &request.prior);
            let faults =
                consistency::plan_faults(attributes, prior, &request.config, &answer.planned);
            answer
                .diagnostics
                .extend(consistency::diagnostics("inconsistent plan", &faults));
        }
        Ok(())
    }

    async fn try_read(
        &self,
        request: &ReadRequest,
        diagnostics: &mut Diagnostics,
    ) -> Result<Option<(Value, Option<Value>)>, Diagnostics> {
        let Some(stored) = optional_object("state", &request.state)? else {
            return Ok(None);
        };
        let model = decode::<R::Model>("state", stored.clone())?;
        let context = self.context(Operation::Read, &request.state, &request.cancel);
        let outcome = guarded("refresh", self.resource.read(&context, model)).await;
        diagnostics.extend(context.take_warnings());
        let Some(model) = outcome? else {
            return Ok(None);
        };

        let members = state::as_stored(self.attributes(), self.members(model, stored), stored);
        let state = Value::Object(members);
        let faults =
            consistency::state_faults(self.attributes(), self.shape().object_type(), &state);
        if !faults.is_empty() {
            return Err(consistency::diagnostics(
                "invalid state after a refresh",
                &faults,
            ));
        }
        let just_found = request.private == NOT_READ_YET;
        let before = request.identity.as_ref().filter(|_| !just_found);
        let identity = self.same_identity(before, &state)?;
        Ok(Some((state, identity)))
    }

    /// What keeps a generated configuration from being taken: what others made may break rules that hold here.
    fn doubts(&self, config: &Value) -> Diagnostics {
        if config.is_null() {
            return Diagnostics::new();
        }
        let faults = self.validate(config, true).into_iter();
        faults
            .filter(Diagnostic::is_error)
            .map(|fault| {
                let summary = format!(
                    "The generated configuration needs a change: {}",
                    fault.summary
                );
                Diagnostic::warning(summary, fault.detail).at(fault.path)
            })
            .collect()
    }

    /// A state that a handler made from little: what is missing is null, what is only saved is as `carried` has it, or has its default.
    fn found(&self, model: R::Model, carried: &Members) -> StateAnswer {
        let members = state::without_unknowns(self.members(model, carried), None);
        let state = Value::Object(state::as_stored(self.attributes(), members, carried));
        StateAnswer {
            identity: state::identity_of(&self.shape().identity, &state),
            state,
            private: Vec::new(),
            diagnostics: Diagnostics::new(),
        }
    }
}

#[async_trait]
impl<R: Resource> DynResource for ErasedResource<R> {
    fn type_name(&self) -> &'static str {
        self.resource.type_name()
    }

    fn schema(&self) -> Schema {
        let mut schema = self.resource.schema();
        schema
            .attributes
            .push(timeouts::attribute(&self.resource.timeouts()));
        schema
    }

    fn identity(&self) -> Vec<IdentityAttribute> {
        self.resource.identity()
    }

    fn shape(&self) -> &Shape {
        self.shape
            .get_or_init(|| Shape::new(self.schema(), self.identity()))
    }

    fn schema_faults(&self) -> Vec<String> {
        let shape = self.shape();
        let mut model = R::Model::attribute_types();
        let mut faults = soundness::schema_faults(&shape.schema);
        if model.contains_key(timeouts::NAME) {
            faults.push("the model must not hold `timeouts`".to_owned());
        }
        if let Some(attribute) = shape.schema.attribute(timeouts::NAME) {
            model.insert(timeouts::NAME.to_owned(), attribute.kind.value_type());
        }
        faults.extend(soundness::model_faults(&shape.schema, &model));
        faults.extend(soundness::identity_faults(&shape.schema, &shape.identity));
        faults
    }

    fn validate(&self, config: &Value, write_only_allowed: bool) -> Diagnostics {
        if config.is_unknown() {
            return Diagnostics::new();
        }
        let members = match object("configuration", config) {
            Ok(members) => members,
            Err(error) => return error.into(),
        };
        validated(
            "configuration",
            self.attributes(),
            members.clone(),
            write_only_allowed,
            |model, found| self.resource.validate(model, found),
        )
    }

    async fn plan(&self, request: PlanRequest) -> PlanAnswer {
        let mut answer = PlanAnswer {
            private: request.private.clone(),
            ..PlanAnswer::default()
        };
        if request.destroys {
            answer.identity = self.stored_identity(request.identity.as_ref(), &request.prior);
        } else if let Err(errors) = self.try_plan(&request, &mut answer).await {
            answer.diagnostics.extend(errors);
        }
        answer
    }

    async fn apply(&self, request: ApplyRequest) -> StateAnswer {
        self.apply_change(request).await
    }

    async fn read(&self, request: ReadRequest) -> StateAnswer {
        let mut answer = StateAnswer::default();
        // What was only just imported has nothing to plan with.
        if request.private != NOT_READ_YET
            && let Some(reason) = self.resource.not_known_yet()
        {
            answer.diagnostics.push(Diagnostic::warning(
                "Not refreshed: the provider's settings are not known yet",
                format!(
                    "A {} stays in the state as it was: {reason}. What changed outside since then is seen by the next plan.",
                    self.type_name()
                ),
            ));
            answer.state = request.state;
            answer.private = request.private;
            answer.identity = request.identity;
            return answer;
        }
        match self.try_read(&request, &mut answer.diagnostics).await {
            Ok(Some((state, identity))) => {
                answer.state = state;
                // A state of an older time may hold less than its identity does.
                answer.identity = identity.or(request.identity);
                if request.private != NOT_READ_YET {
                    answer.private = request.private;
                }
            }
            Ok(None) => {}
            Err(errors) => {
                answer.diagnostics.extend(errors);
                answer.state = request.state;
                answer.private = request.private;
                answer.identity = request.identity;
            }
        }
        answer
    }

    async fn import(&self, id: ImportId, cancel: CancellationToken) -> StateAnswer {
        let given = match &id {
            ImportId::Id(_) => None,
            ImportId::Identity(members) => Some(Value::Object(members.clone())),
        };
        let context = self.context(Operation::Read, &Value::Null, &cancel);
        let outcome = guarded("import", self.resource.import(&context, id)).await;
        let warnings = context.take_warnings();
        match outcome {
            Ok(model) => {
                let found = self.found(model, &Members::new());
                StateAnswer {
                    private: NOT_READ_YET.to_vec(),
                    identity: found.identity.or(given),
                    diagnostics: warnings,
                    ..found
                }
            }
            Err(errors) => StateAnswer {
                diagnostics: warnings.into_iter().chain(errors).collect(),
                ..StateAnswer::default()
            },
        }
    }

    fn listed(&self, members: Members) -> Result<(Value, Value), Diagnostics> {
        let attributes = self.attributes();
        // As if it had been imported: what the state before the refresh did not hold was null.
        let imported = state::complete(attributes, Members::new(), &Members::new());
        let members = state::complete(attributes, members, &imported);
        let members = config::without_write_only(attributes, members);
        let state = Value::Object(state::as_stored(attributes, members, &imported));
        let faults = consistency::state_faults(attributes, self.shape().object_type(), &state);
        if !faults.is_empty() {
            return Err(consistency::diagnostics(
                "invalid object of a query",
                &faults,
            ));
        }
        let identity = state::identity_of(&self.shape().identity, &state);
        let identity = identity.ok_or_else(|| {
            Diagnostic::bug(
                format_args!("a {} without identity", self.type_name()),
                "A query found an object and not what identifies it.",
            )
        })?;
        Ok((state, identity))
    }

    fn move_from(&self, source: &MoveSource) -> StateAnswer {
        let outcome = guarded_now("move", || {
            self.resource.move_from(source).unwrap_or_else(|| {
                Err(Diagnostic::error(
                    format!("Cannot move to {}", self.type_name()),
                    format!(
                        "A {} of the provider {} cannot become a {}. Import the object instead.",
                        source.type_name,
                        source.provider_address,
                        self.type_name()
                    ),
                )
                .into())
            })
        });
        match outcome {
            Ok(model) => {
                let timeouts = timeouts::of_other(&source.state);
                self.found(model, &[(timeouts::NAME.to_owned(), timeouts)].into())
            }
            Err(diagnostics) => StateAnswer {
                diagnostics,
                ..StateAnswer::default()
            },
        }
    }

    fn upgrade(
        &self,
        version: i64,
        state: serde_json::Value,
    ) -> Result<serde_json::Value, Diagnostics> {
        guarded_now("state upgrade", || self.resource.upgrade(version, state))
    }

    fn stored(&self, state: Value) -> Value {
        match state {
            Value::Object(members) => {
                Value::Object(config::without_write_only(self.attributes(), members))
            }
            other => other,
        }
    }

    fn generate_config(&self, state: &Value) -> (Value, Diagnostics) {
        let outcome = optional_object("state", state)
            .map_err(Diagnostics::from)
            .and_then(|members| {
                let Some(members) = members else {
                    return Ok(Value::Null);
                };
                let generated = config::generate(self.attributes(), members);
                let mut model = decode::<R::Model>("generated configuration", generated.clone())?;
                guarded_now("configuration generation", || {
                    self.resource.tidy_generated(&mut model);
                    Ok(Value::Object(self.members(model, &generated)))
                })
            });
        match outcome {
            Ok(config) => {
                let doubts = self.doubts(&config);
                (config, doubts)
            }
            Err(errors) => (Value::Null, errors),
        }
    }
}
