//! From the host's values to the handlers' models, and what every kind of configuration is checked by.

use super::faults::{guarded_now, unfit};
use crate::tf::config;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::model::Model;
use crate::tf::schema::Attribute;
use crate::tf::value::{Members, Value};

/// Members as a model, or the error that the user gets.
pub(super) fn decode<M: Model>(what: &str, members: Members) -> Result<M, Diagnostic> {
    M::from_object(Value::Object(members)).map_err(|error| unfit(what, &error))
}

pub(super) fn object<'a>(what: &str, value: &'a Value) -> Result<&'a Members, Diagnostic> {
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(Diagnostic::error(
            format!("No {what}"),
            format!("The host sent no {what} where one is needed. This is a bug in the host."),
        )),
    }
}

pub(super) fn optional_object<'a>(
    what: &str,
    value: &'a Value,
) -> Result<Option<&'a Members>, Diagnostic> {
    match value {
        Value::Null => Ok(None),
        other => object(what, other).map(Some),
    }
}

/// What is wrong with a configuration, named `what` in messages: first by its schema, then, where it fits the model, by `validate`.
pub(super) fn validated<M: Model>(
    what: &str,
    attributes: &[Attribute],
    members: Members,
    write_only_allowed: bool,
    validate: impl FnOnce(&M, &mut Diagnostics),
) -> Diagnostics {
    let mut diagnostics = config::validate(attributes, &members, write_only_allowed);
    let outcome = decode(what, members)
        .map_err(Diagnostics::from)
        .and_then(|model| {
            guarded_now("validation", || {
                let mut found = Diagnostics::new();
                validate(&model, &mut found);
                Ok(found)
            })
        });
    diagnostics.extend(outcome.unwrap_or_else(|errors| errors));
    diagnostics
}
