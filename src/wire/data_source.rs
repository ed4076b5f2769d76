//! Data sources.

use super::calls::Call;
use super::deferral::{deferral, unread};
use super::diagnostics::encode as encode_diagnostics;
use super::generated::{read_data_source, validate_data_resource_config};
use super::values::{decode, encode};
use crate::tf::diagnostics::Diagnostics;

pub(super) fn validate(
    call: &Call,
    request: &validate_data_resource_config::Request,
) -> Result<validate_data_resource_config::Response, Diagnostics> {
    let source = call.data_source(&request.type_name)?;
    let config = decode(
        "configuration",
        request.config.as_ref(),
        source.shape().object_type(),
    )?;
    Ok(validate_data_resource_config::Response {
        diagnostics: encode_diagnostics(source.validate(&config)),
    })
}

pub(super) async fn read(
    call: Call,
    request: read_data_source::Request,
) -> Result<read_data_source::Response, Diagnostics> {
    let source = call.data_source(&request.type_name)?;
    let kind = source.shape().object_type();
    let config = decode("configuration", request.config.as_ref(), kind)?;
    if let Some(deferred) = deferral(&call, request.client_capabilities.as_ref()) {
        let state = unread(&source.shape().schema, config);
        return Ok(read_data_source::Response {
            state: Some(encode("result", &state, kind)?),
            deferred: Some(deferred),
            ..read_data_source::Response::default()
        });
    }
    let (state, diagnostics) = source.read(config, call.cancel).await;
    Ok(read_data_source::Response {
        state: Some(encode("result", &state, kind)?),
        diagnostics: encode_diagnostics(diagnostics),
        deferred: None,
    })
}
