//! Objects that come from elsewhere: imported, moved from another type, written as configuration.

use super::calls::{Call, about};
use super::deferral::deferral;
use super::diagnostics::encode as encode_diagnostics;
use super::generated::{
    RawState, generate_resource_config, import_resource_state, move_resource_state,
};
use super::values::{decode, decode_identity, encode, encode_identity};
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::erased::{DynResource, StateAnswer};
use crate::tf::path::Path;
use crate::tf::resource::{ImportId, MoveSource};
use crate::tf::value::{Members, Value};

pub(super) async fn import(
    call: Call,
    request: import_resource_state::Request,
) -> Result<import_resource_state::Response, Diagnostics> {
    let resource = call.resource(&request.type_name)?;
    let shape = resource.shape();
    let id = if request.id.is_empty() {
        let identity = decode_identity(request.identity.as_ref(), shape.identity_type())?;
        ImportId::Identity(importable(resource.as_ref(), identity)?)
    } else {
        ImportId::Id(request.id)
    };
    if let Some(deferred) = deferral(&call, request.client_capabilities.as_ref()) {
        return Ok(import_resource_state::Response {
            deferred: Some(deferred),
            ..import_resource_state::Response::default()
        });
    }
    let StateAnswer {
        state,
        private,
        identity,
        mut diagnostics,
    } = resource.import(id, call.cancel).await;
    about(&state);
    let mut imported_resources = Vec::new();
    if !diagnostics.has_errors() {
        imported_resources.push(import_resource_state::ImportedResource {
            type_name: request.type_name,
            state: Some(encode("imported state", &state, shape.object_type())?),
            private,
            identity: encode_identity(identity.as_ref(), shape.identity_type(), &mut diagnostics),
        });
    }
    Ok(import_resource_state::Response {
        imported_resources,
        diagnostics: encode_diagnostics(diagnostics),
        deferred: None,
    })
}

/// The identity of an import: there, known, and complete.
fn importable(resource: &dyn DynResource, identity: Option<Value>) -> Result<Members, Diagnostic> {
    let refuse = |detail: String| Diagnostic::error("Invalid import", detail);
    let Some(Value::Object(members)) = identity else {
        return Err(refuse(
            "Neither an id nor an identity was given.".to_owned(),
        ));
    };
    for part in &resource.shape().identity {
        let refuse = |detail| refuse(detail).at(Path::attribute(part.name));
        match members.get(part.name) {
            Some(Value::Null) | None if part.required_for_import => {
                return Err(refuse(format!(
                    "The identity needs `{}`: {}",
                    part.name, part.description
                )));
            }
            Some(value) if !value.is_wholly_known() => {
                return Err(refuse(format!(
                    "The identity's `{}` is not known yet.",
                    part.name
                )));
            }
            _ => {}
        }
    }
    Ok(members)
}

pub(super) fn move_state(
    call: &Call,
    request: move_resource_state::Request,
) -> Result<move_resource_state::Response, Diagnostics> {
    let resource = call.resource(&request.target_type_name)?;
    let shape = resource.shape();
    let source = MoveSource {
        provider_address: request.source_provider_address,
        type_name: request.source_type_name,
        schema_version: request.source_schema_version,
        state: parse_source(request.source_state.as_ref())?
            .ok_or_else(|| unreadable("There is no state to move."))?,
        identity: parse_source(request.source_identity.as_ref())?,
    };
    let StateAnswer {
        state,
        private,
        identity,
        mut diagnostics,
    } = resource.move_from(&source);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    Ok(move_resource_state::Response {
        target_state: Some(encode("moved state", &state, shape.object_type())?),
        target_private: private,
        target_identity: encode_identity(
            identity.as_ref(),
            shape.identity_type(),
            &mut diagnostics,
        ),
        diagnostics: encode_diagnostics(diagnostics),
    })
}

fn parse_source(raw: Option<&RawState>) -> Result<Option<serde_json::Value>, Diagnostic> {
    let Some(raw) = raw else {
        return Ok(None);
    };
    if raw.json.is_empty() {
        return if raw.flatmap.is_empty() {
            Ok(None)
        } else {
            Err(unreadable(
                "The state is in the form of Terraform 0.11, which holds no types. Refresh it with its own provider first.",
            ))
        };
    }
    serde_json::from_slice(&raw.json)
        .map(|json: serde_json::Value| Some(json).filter(|json| !json.is_null()))
        .map_err(|error| unreadable(format!("The state is not JSON: {error}.")))
}

fn unreadable(detail: impl Into<String>) -> Diagnostic {
    Diagnostic::error("Cannot read the state to move", detail)
}

pub(super) fn generate_config(
    call: &Call,
    request: &generate_resource_config::Request,
) -> Result<generate_resource_config::Response, Diagnostics> {
    let resource = call.resource(&request.type_name)?;
    let kind = resource.shape().object_type();
    let state = decode("state", request.state.as_ref(), kind)?;
    let (config, diagnostics) = resource.generate_config(&state);
    Ok(generate_resource_config::Response {
        config: Some(encode("generated configuration", &config, kind)?),
        diagnostics: encode_diagnostics(diagnostics),
    })
}
