//! Deferral: what needs a configured provider is put off while the provider block is not known, where the host can do that.
//!
//! A plan is made all the same, since nothing in it needs a remote service; it is only marked, so that nothing is applied by it. Unknown
//! values in a resource's own configuration are no reason to defer: they are planned as unknown, and one apply stays enough.

use super::calls::Call;
use super::generated::{ClientCapabilities, Deferred, deferred::Reason};
use crate::tf::schema::Schema;
use crate::tf::value::{Members, Value};

/// Whether this call is to be put off, and why. The host alone decides whether anything may be: Terraform fails on a deferral that it did
/// not allow. It allows them throughout an apply, too, where a provider block is wholly known, so that nothing is deferred there.
pub(super) fn deferral(call: &Call, capabilities: Option<&ClientCapabilities>) -> Option<Deferred> {
    let allowed = capabilities.is_some_and(|capabilities| capabilities.deferral_allowed);
    if !allowed || !call.provider.is_configuration_unknown() {
        return None;
    }
    tracing::info!("deferred: the provider block is not known yet");
    Some(Deferred {
        reason: Reason::ProviderConfigUnknown.into(),
    })
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
