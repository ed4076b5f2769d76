//! The provider block.

use super::calls::Call;
use super::diagnostics::encode;
use super::generated::{configure_provider, validate_provider_config};
use super::values::decode;
use crate::tf::diagnostics::Diagnostics;

pub(super) fn validate(
    call: &Call,
    request: &validate_provider_config::Request,
) -> Result<validate_provider_config::Response, Diagnostics> {
    let kind = call.provider.shape().object_type();
    let config = decode("provider configuration", request.config.as_ref(), kind)?;
    Ok(validate_provider_config::Response {
        diagnostics: encode(call.provider.validate(&config)),
    })
}

pub(super) async fn configure(
    call: Call,
    request: configure_provider::Request,
) -> Result<configure_provider::Response, Diagnostics> {
    let kind = call.provider.shape().object_type();
    let config = decode("provider configuration", request.config.as_ref(), kind)?;
    let diagnostics = call.provider.configure(config, call.cancel).await;
    Ok(configure_provider::Response {
        diagnostics: encode(diagnostics),
    })
}
