//! Configurations of resources, checked.

use super::calls::Call;
use super::diagnostics::encode;
use super::generated::validate_resource_config;
use super::values::decode;
use crate::tf::diagnostics::Diagnostics;

pub(super) fn validate(
    call: &Call,
    request: &validate_resource_config::Request,
) -> Result<validate_resource_config::Response, Diagnostics> {
    let resource = call.resource(&request.type_name)?;
    let config = decode(
        "configuration",
        request.config.as_ref(),
        resource.shape().object_type(),
    )?;
    let write_only_allowed = request
        .client_capabilities
        .is_some_and(|capabilities| capabilities.write_only_attributes_allowed);
    Ok(validate_resource_config::Response {
        diagnostics: encode(resource.validate(&config, write_only_allowed)),
    })
}
