//! Stored states and identities, brought into today's shape.

use std::cmp::Ordering;

use super::calls::Call;
use super::generated::{
    RawState, ResourceIdentityData, upgrade_resource_identity, upgrade_resource_state,
};
use super::json::decode_json;
use super::values::{encode, not_understood};
use crate::tf::diagnostics::{Diagnostic, Diagnostics};

pub(super) fn state(
    call: &Call,
    request: &upgrade_resource_state::Request,
) -> Result<upgrade_resource_state::Response, Diagnostics> {
    let resource = call.resource(&request.type_name)?;
    let shape = resource.shape();
    let stored = stored_json(request.raw_state.as_ref())?;
    let upgraded;
    let json = match request.version.cmp(&shape.schema.version) {
        Ordering::Equal => stored,
        Ordering::Greater => {
            return Err(unreadable("It was stored by a newer version of the provider.").into());
        }
        Ordering::Less => {
            let old = serde_json::from_slice(stored)
                .map_err(|error| unreadable(format!("It is not JSON: {error}.")))?;
            upgraded = resource.upgrade(request.version, old)?.to_string();
            upgraded.as_bytes()
        }
    };
    let state = decode_json(json, shape.object_type())
        .map_err(|error| not_understood("stored state", &error))?;
    if state.is_null() {
        // A null answer would make the host forget the object.
        return Err(unreadable("It is empty.").into());
    }
    Ok(upgrade_resource_state::Response {
        upgraded_state: Some(encode(
            "upgraded state",
            &resource.stored(state),
            shape.object_type(),
        )?),
        diagnostics: Vec::new(),
    })
}

fn stored_json(raw: Option<&RawState>) -> Result<&[u8], Diagnostic> {
    match raw {
        Some(raw) if !raw.json.is_empty() => Ok(&raw.json),
        Some(raw) if !raw.flatmap.is_empty() => Err(unreadable(
            "It is in the form of Terraform 0.11, which this provider never wrote.",
        )),
        _ => Err(unreadable("It is empty.")),
    }
}

fn unreadable(detail: impl Into<String>) -> Diagnostic {
    Diagnostic::error("Cannot read the stored state", detail)
}

/// There is only one version of every identity, so hosts have no reason to ask. Objects that were stored without an identity get theirs
/// with the next refresh.
pub(super) fn identity(
    call: &Call,
    request: &upgrade_resource_identity::Request,
) -> Result<upgrade_resource_identity::Response, Diagnostics> {
    let resource = call.resource(&request.type_name)?;
    let kind = resource.shape().identity_type();
    let stored = request
        .raw_identity
        .as_ref()
        .map(|raw| raw.json.as_slice())
        .unwrap_or_default();
    if stored.is_empty() {
        return Ok(upgrade_resource_identity::Response::default());
    }
    let identity =
        decode_json(stored, kind).map_err(|error| not_understood("stored identity", &error))?;
    Ok(upgrade_resource_identity::Response {
        upgraded_identity: Some(ResourceIdentityData {
            identity_data: Some(encode("upgraded identity", &identity, kind)?),
        }),
        diagnostics: Vec::new(),
    })
}
