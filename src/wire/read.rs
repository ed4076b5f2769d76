//! Refresh.

use super::calls::{Call, about};
use super::deferral::deferral;
use super::diagnostics::encode as encode_diagnostics;
use super::generated::read_resource;
use super::values::{decode, decode_identity, encode, encode_identity};
use crate::tf::diagnostics::Diagnostics;
use crate::tf::erased::ReadRequest;

/// What a refresh answers that failed: everything is as it was. A missing state would say that the object is gone.
pub(super) fn unread(request: &read_resource::Request) -> read_resource::Response {
    read_resource::Response {
        new_state: request.current_state.clone(),
        private: request.private.clone(),
        new_identity: request.current_identity.clone(),
        ..read_resource::Response::default()
    }
}

pub(super) async fn read(
    call: Call,
    request: read_resource::Request,
) -> Result<read_resource::Response, Diagnostics> {
    let resource = call.resource(&request.type_name)?;
    let shape = resource.shape();
    let state = decode("state", request.current_state.as_ref(), shape.object_type())?;
    about(&state);
    if let Some(deferred) = deferral(&call, request.client_capabilities.as_ref()) {
        return Ok(read_resource::Response {
            deferred: Some(deferred),
            ..unread(&request)
        });
    }
    let answer = resource
        .read(ReadRequest {
            state,
            private: request.private,
            identity: decode_identity(request.current_identity.as_ref(), shape.identity_type())?,
            cancel: call.cancel,
        })
        .await;
    let mut diagnostics = answer.diagnostics;
    Ok(read_resource::Response {
        new_state: Some(encode("state", &answer.state, shape.object_type())?),
        private: answer.private,
        new_identity: encode_identity(
            answer.identity.as_ref(),
            shape.identity_type(),
            &mut diagnostics,
        ),
        diagnostics: encode_diagnostics(diagnostics),
        ..read_resource::Response::default()
    })
}
