//! Changes: planned, then made real.

use super::calls::{Call, about};
use super::deferral::deferral_of_change;
use super::diagnostics::{encode as encode_diagnostics, encode_path};
use super::generated::{apply_resource_change, plan_resource_change};
use super::values::{decode, decode_identity, encode, encode_identity, encode_state, is_absent};
use crate::tf::diagnostics::Diagnostics;
use crate::tf::erased::{ApplyRequest, PlanRequest};

pub(super) async fn plan(
    call: Call,
    request: plan_resource_change::Request,
) -> Result<plan_resource_change::Response, Diagnostics> {
    let resource = call.resource(&request.type_name)?;
    let shape = resource.shape();
    let kind = shape.object_type();
    let prior = decode("prior state", request.prior_state.as_ref(), kind)?;
    about(&prior);
    // What is destroyed is named by its state, and is destroyed by a provider that is configured by then.
    let destroys = is_absent(request.proposed_new_state.as_ref());
    let config = decode("configuration", request.config.as_ref(), kind)?;
    let deferred = if destroys {
        None
    } else {
        let capabilities = request.client_capabilities.as_ref();
        deferral_of_change(&call, capabilities, &shape.schema, &config)
    };
    let answer = resource
        .plan(PlanRequest {
            prior,
            destroys,
            config,
            private: request.prior_private,
            identity: decode_identity(request.prior_identity.as_ref(), shape.identity_type())?,
            cancel: call.cancel,
        })
        .await;
    let mut diagnostics = answer.diagnostics;
    Ok(plan_resource_change::Response {
        planned_state: Some(encode("planned state", &answer.planned, kind)?),
        requires_replace: answer.replace.iter().filter_map(encode_path).collect(),
        planned_private: answer.private,
        planned_identity: encode_identity(
            answer.identity.as_ref(),
            shape.identity_type(),
            &mut diagnostics,
        ),
        diagnostics: encode_diagnostics(diagnostics),
        deferred,
        ..plan_resource_change::Response::default()
    })
}

/// What an apply answers that could not even begin: everything is as it was.
pub(super) fn unapplied(
    request: &apply_resource_change::Request,
) -> apply_resource_change::Response {
    apply_resource_change::Response {
        new_state: request.prior_state.clone(),
        private: request.planned_private.clone(),
        new_identity: request.planned_identity.clone(),
        ..apply_resource_change::Response::default()
    }
}

pub(super) async fn apply(
    call: Call,
    request: apply_resource_change::Request,
) -> Result<apply_resource_change::Response, Diagnostics> {
    let resource = call.resource(&request.type_name)?;
    let shape = resource.shape();
    let kind = shape.object_type();
    let prior = decode("prior state", request.prior_state.as_ref(), kind)?;
    about(&prior);
    let answer = resource
        .apply(ApplyRequest {
            prior,
            planned: decode("planned state", request.planned_state.as_ref(), kind)?,
            config: decode("configuration", request.config.as_ref(), kind)?,
            private: request.planned_private,
            identity: decode_identity(request.planned_identity.as_ref(), shape.identity_type())?,
            cancel: call.cancel,
        })
        .await;
    // From here on something may have been made: nothing may be lost.
    about(&answer.state);
    let mut diagnostics = answer.diagnostics;
    Ok(apply_resource_change::Response {
        new_state: encode_state(&answer.state, kind, &mut diagnostics),
        private: answer.private,
        new_identity: encode_identity(
            answer.identity.as_ref(),
            shape.identity_type(),
            &mut diagnostics,
        ),
        diagnostics: encode_diagnostics(diagnostics),
        ..apply_resource_change::Response::default()
    })
}
