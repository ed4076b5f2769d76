//! Apply: creation, update, deletion. Whatever a handler does, what it saved comes out.

use super::decode::{decode, optional_object};
use super::faults::guarded;
use super::resource::{ErasedResource, NOT_READ_YET};
use super::{ApplyRequest, DynResource as _, StateAnswer, state};
use crate::tf::config;
use crate::tf::consistency;
use crate::tf::context::Context;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::plan;
use crate::tf::resource::{Resource, Save};
use crate::tf::timeouts::Operation;
use crate::tf::value::{Members, Value};

/// How a creation or update ended.
struct Outcome {
    /// The new state, or what was saved before it failed.
    result: Result<Members, Option<Members>>,
    diagnostics: Diagnostics,
}

impl From<Diagnostic> for Outcome {
    fn from(error: Diagnostic) -> Self {
        Self {
            result: Err(None),
            diagnostics: error.into(),
        }
    }
}

impl<R: Resource> ErasedResource<R> {
    pub(super) async fn apply_change(&self, request: ApplyRequest) -> StateAnswer {
        let decoded = optional_object("prior state", &request.prior)
            .and_then(|prior| Ok((prior, optional_object("planned state", &request.planned)?)));
        let (prior, planned) = match decoded {
            Ok(decoded) => decoded,
            Err(error) => return self.unchanged(&request, error.into()),
        };
        match (prior, planned) {
            (None, None) => StateAnswer::default(),
            (Some(prior), None) => self.delete(&request, prior).await,
            (None, Some(planned)) => {
                let outcome = self.create(&request, planned).await;
                self.answer(&request, planned, outcome)
            }
            (Some(prior), Some(planned)) => {
                let outcome = if plan::differs(self.attributes(), planned, prior) {
                    self.update(&request, planned, prior).await
                } else {
                    // Only what concerns the provider's own behaviour changed: there is nothing to send.
                    Outcome {
                        result: Ok(planned.clone()),
                        diagnostics: Diagnostics::new(),
                    }
                };
                self.answer(&request, planned, outcome)
            }
        }
    }

    async fn create(&self, request: &ApplyRequest, planned: &Members) -> Outcome {
        let model = match self.model_to_apply(request, planned) {
            Ok(model) => model,
            Err(error) => return error.into(),
        };
        let context = self.context(Operation::Create, &request.planned, &request.cancel);
        let save = Save::default();
        let ended = guarded("creation", self.resource.create(&context, model, &save)).await;
        self.outcome(ended, &context, &save, planned, None)
    }

    async fn update(&self, request: &ApplyRequest, planned: &Members, prior: &Members) -> Outcome {
        let models = self.model_to_apply(request, planned).and_then(|model| {
            decode::<R::Model>("prior state", prior.clone()).map(|before| (before, model))
        });
        let (before, model) = match models {
            Ok(models) => models,
            Err(error) => return error.into(),
        };
        let context = self.context(Operation::Update, &request.planned, &request.cancel);
        let save = Save::default();
        let work = self.resource.update(&context, before, model, &save);
        let ended = guarded("update", work).await;
        self.outcome(ended, &context, &save, planned, Some(prior))
    }

    async fn delete(&self, request: &ApplyRequest, prior: &Members) -> StateAnswer {
        let model = match decode::<R::Model>("state", prior.clone()) {
            Ok(model) => model,
            Err(error) => return self.unchanged(request, error.into()),
        };
        let context = self.context(Operation::Delete, &request.prior, &request.cancel);
        let ended = guarded("deletion", self.resource.delete(&context, model)).await;
        let warnings = context.take_warnings();
        match ended {
            Ok(()) => StateAnswer {
                diagnostics: warnings,
                ..StateAnswer::default()
            },
            Err(errors) => self.unchanged(request, warnings.into_iter().chain(errors).collect()),
        }
    }

    /// The handler alone gets to see write-only values, which are in the configuration only.
    fn model_to_apply(
        &self,
        request: &ApplyRequest,
        planned: &Members,
    ) -> Result<R::Model, Diagnostic> {
        let nothing = Members::new();
        let configured = request.config.members().unwrap_or(&nothing);
        decode(
            "planned state",
            config::with_write_only(self.attributes(), planned.clone(), configured),
        )
    }

    fn outcome(
        &self,
        ended: Result<R::Model, Diagnostics>,
        context: &Context,
        save: &Save<R::Model>,
        planned: &Members,
        prior: Option<&Members>,
    ) -> Outcome {
        let mut diagnostics = context.take_warnings();
        let result = match ended {
            Ok(model) => Ok(state::as_planned(
                self.attributes(),
                self.members(model, planned),
                planned,
            )),
            Err(errors) => {
                diagnostics.extend(errors);
                Err(save
                    .last()
                    .map(|model| state::without_unknowns(self.members(model, planned), prior)))
            }
        };
        Outcome {
            result,
            diagnostics,
        }
    }

    fn answer(&self, request: &ApplyRequest, planned: &Members, outcome: Outcome) -> StateAnswer {
        let Outcome {
            result,
            mut diagnostics,
        } = outcome;
        let mut private = request.private.clone();
        let state = match result {
            Ok(members) => {
                if private == NOT_READ_YET {
                    private.clear();
                }
                diagnostics.extend(self.faults_of(planned, &members));
                Value::Object(state::without_unknowns(members, request.prior.members()))
            }
            Err(Some(saved)) => Value::Object(saved),
            Err(None) => return self.unchanged(request, diagnostics),
        };
        let before = request.identity.as_ref();
        let identity = self.same_identity(before, &state).unwrap_or_else(|error| {
            diagnostics.push(error);
            state::identity_of(&self.shape().identity, &state)
        });
        StateAnswer {
            identity: identity.or_else(|| self.stored_identity(before, &request.prior)),
            state,
            private,
            diagnostics,
        }
    }

    fn faults_of(&self, planned: &Members, result: &Members) -> Diagnostics {
        let result = Value::Object(result.clone());
        let kind = self.shape().object_type();
        let faults = if cfg!(debug_assertions) {
            let planned = Value::Object(planned.clone());
            consistency::apply_faults(self.attributes(), kind, &planned, &result)
        } else if result.is_wholly_known() {
            Vec::new()
        } else {
            consistency::state_faults(self.attributes(), kind, &result)
        };
        consistency::diagnostics("inconsistent result of an apply", &faults)
    }

    /// The answer of an apply that led to nothing that could be told: the object is as it was before.
    fn unchanged(&self, request: &ApplyRequest, diagnostics: Diagnostics) -> StateAnswer {
        let identity = if request.prior.is_null() {
            None
        } else {
            self.stored_identity(request.identity.as_ref(), &request.prior)
        };
        StateAnswer {
            state: request.prior.clone(),
            private: request.private.clone(),
            identity,
            diagnostics,
        }
    }
}
