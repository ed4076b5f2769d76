//! Deferral: what cannot be told yet is put off where the host can do that, since the provider block is not known, or an attribute that
//! says where the object will be.
//!
//! A plan is made all the same, since nothing in it needs a remote service; it is only marked, so that nothing is applied by it. Other
//! unknown values are no reason to defer: they are planned as unknown, and one apply stays enough.

use super::calls::Call;
use super::generated::{ClientCapabilities, Deferred, deferred::Reason};
use crate::tf::schema::Schema;
use crate::tf::value::{Members, Value};

/// Whether this call is to be put off for the provider block.
pub(super) fn deferral(call: &Call, capabilities: Option<&ClientCapabilities>) -> Option<Deferred> {
    if !is_allowed(capabilities) || !call.provider.is_configuration_unknown() {
        return None;
    }
    tracing::info!("deferred: the provider block is not known yet");
    Some(because(Reason::ProviderConfigUnknown))
}

/// Whether a planned creation or update is to be put off, for the provider block or for an attribute of its own.
pub(super) fn deferral_of_change(
    call: &Call,
    capabilities: Option<&ClientCapabilities>,
    schema: &Schema,
    config: &Value,
) -> Option<Deferred> {
    deferral(call, capabilities).or_else(|| {
        let attribute = schema.deferring(config)?;
        if !is_allowed(capabilities) {
            return None;
        }
        tracing::info!(attribute = attribute.name, "deferred: it is not known yet");
        Some(because(Reason::ResourceConfigUnknown))
    })
}

/// The host alone decides whether anything may be put off: Terraform fails on a deferral that it did not allow. It allows them throughout
/// an apply, too, where everything is known by then, so that nothing is deferred there.
fn is_allowed(capabilities: Option<&ClientCapabilities>) -> bool {
    capabilities.is_some_and(|capabilities| capabilities.deferral_allowed)
}

fn because(reason: Reason) -> Deferred {
    Deferred {
        reason: reason.into(),
    }
}

/// What a data source will be: its configuration, and unknown what follows from it.
pub(super) fn unread(schema: &Schema, config: Value) -> Value {
    let Value::Object(members) = config else {
        return config;
    };
    let unknown = |(name, value): (String, Value)| {
        let is_computed = schema
            .attribute(&name)
            .is_some_and(|attribute| attribute.mode.is_computed());
        let value = if value.is_null() && is_computed {
            Value::unknown()
        } else {
            value
        };
        (name, value)
    };
    Value::Object(members.into_iter().map(unknown).collect::<Members>())
}
