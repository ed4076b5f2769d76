//! The host's own rules for what a provider answers, as pure functions.
//!
//! The runtime obeys them by construction; builds with debug assertions and the tests ask here, so that a fault shows on our side first.
//! The rules are those of the host's plan check (`plan_valid`) and its check after apply (`compatible`).
//! Reasons never hold values, as those may be secret.

use std::fmt;

use super::diagnostics::{Diagnostic, Diagnostics};
use super::path::{Path, Step};
use super::schema::{Attribute, AttributeKind, Nesting};
use super::types::Type;
use super::value::{Members, Refinement, Value};

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where; sets are not stepped into.
    pub path: Path,
    /// What is wrong there.
    pub reason: String,
}

impl Fault {
    fn new(path: &Path, reason: impl Into<String>) -> Self {
        Self {
            path: path.clone(),
            reason: reason.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_root() {
            formatter.write_str(&self.reason)
        } else {
            write!(formatter, "{}: {}", self.path, self.reason)
        }
    }
}

/// Errors about one answer, one for each broken rule, which say that the provider is at fault and not the configuration.
#[must_use]
pub fn diagnostics(what: &str, faults: &[Fault]) -> Diagnostics {
    faults
        .iter()
        .map(|fault| Diagnostic::bug(what, format_args!("{fault}.")).at(fault.path.clone()))
        .collect()
}

/// The rules for a planned creation or update.
#[must_use]
pub fn plan_faults(
    attributes: &[Attribute],
    prior: Option<&Value>,
    config: &Value,
    planned: &Value,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    match (config, planned) {
        (Value::Object(config), Value::Object(planned)) => {
            let prior = prior.and_then(Value::members);
            members_planned(
                attributes,
                prior,
                config,
                planned,
                &Path::root(),
                &mut faults,
            );
        }
        (Value::Null, Value::Null) => {}
        (Value::Null, _) => faults.push(Fault::new(
            &Path::root(),
            "planned for existence but the configuration wants absence",
        )),
        _ => faults.push(Fault::new(
            &Path::root(),
            "planned for absence but the configuration wants existence",
        )),
    }
    write_only_faults(attributes, planned, &mut faults);
    faults
}

/// The rules for what an apply answers, measured by what was planned. Not for answers with errors.
#[must_use]
pub fn apply_faults(
    attributes: &[Attribute],
    kind: &Type,
    planned: &Value,
    actual: &Value,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    if planned.is_null() != actual.is_null() {
        let reason = if planned.is_null() {
            "was absent, but now present"
        } else {
            "was present, but now absent"
        };
        faults.push(Fault::new(&Path::root(), reason));
        return faults;
    }
    compatible(planned, actual, &Path::root(), &mut faults);
    faults.extend(state_faults(attributes, kind, actual));
    faults
}

/// The rules for every state: of the right type, which is `kind`, wholly known, without write-only values.
#[must_use]
pub fn state_faults(attributes: &[Attribute], kind: &Type, state: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    type_faults(kind, state, &Path::root(), &mut faults);
    unknown_faults(state, &Path::root(), &mut faults);
    write_only_faults(attributes, state, &mut faults);
    faults
}

/// Where `value` is not of type `kind`. Null and unknown are of every type.
pub fn type_faults(kind: &Type, value: &Value, path: &Path, faults: &mut Vec<Fault>) {
    match (kind, value) {
        (_, Value::Null | Value::Unknown(_))
        | (Type::String, Value::String(_))
        | (Type::Number, Value::Number(_))
        | (Type::Bool, Value::Bool(_)) => {}
        (Type::Dynamic, Value::Dynamic(inner)) => type_faults(&inner.0, &inner.1, path, faults),
        (Type::List(element), Value::List(values)) => {
            for (index, value) in values.iter().enumerate() {
                type_faults(element, value, &path.index(index), faults);
            }
        }
        (Type::Set(element), Value::Set(values)) => {
            for value in values {
                type_faults(element, value, path, faults);
            }
        }
        (Type::Map(element), Value::Map(values)) => {
            for (key, value) in values {
                type_faults(element, value, &path.join(Step::Key(key.clone())), faults);
            }
        }
        (Type::Tuple(kinds), Value::Tuple(values)) if kinds.len() == values.len() => {
            for (index, (kind, value)) in kinds.iter().zip(values).enumerate() {
                type_faults(kind, value, &path.index(index), faults);
            }
        }
        (Type::Object(kinds), Value::Object(values)) => {
            for (name, kind) in kinds {
                match values.get(name) {
                    Some(value) => type_faults(kind, value, &path.child(name), faults),
                    None => faults.push(Fault::new(&path.child(name), "is missing")),
                }
            }
            for name in values.keys().filter(|name| !kinds.contains_key(*name)) {
                faults.push(Fault::new(&path.child(name), "is not in the schema"));
            }
        }
        _ => faults.push(Fault::new(path, "has another type than the schema says")),
    }
}

fn members_planned(
    attributes: &[Attribute],
    prior: Option<&Members>,
    config: &Members,
    planned: &Members,
    path: &Path,
    faults: &mut Vec<Fault>,
) {
    for attribute in attributes {
        let path = path.child(attribute.name);
        match (config.get(attribute.name), planned.get(attribute.name)) {
            (Some(config), Some(planned)) => {
                let prior = prior.and_then(|prior| prior.get(attribute.name));
                attribute_planned(attribute, prior, config, planned, &path, faults);
            }
            _ => faults.push(Fault::new(&path, "is missing")),
        }
    }
}

fn attribute_planned(
    attribute: &Attribute,
    prior: Option<&Value>,
    config: &Value,
    planned: &Value,
    path: &Path,
    faults: &mut Vec<Fault>,
) {
    let takes_config = planned == config;
    let keeps_prior = !config.is_null() && !planned.is_null() && prior == Some(planned);
    let is_providers = attribute.mode.is_computed() && config.is_null();
    // A write-only value that is planned has a rule of its own.
    if takes_config || keeps_prior || is_providers || attribute.write_only {
        return;
    }
    if let AttributeKind::Nested(nesting, attributes) = &attribute.kind {
        nested_planned((*nesting, attributes), prior, config, planned, path, faults);
    } else if config.is_null() {
        faults.push(Fault::new(
            path,
            "planned a value for a non-computed attribute",
        ));
    } else {
        faults.push(Fault::new(
            path,
            "the planned value matches neither the configured nor the prior value",
        ));
    }
}

fn nested_planned(
    (nesting, attributes): (Nesting, &[Attribute]),
    prior: Option<&Value>,
    config: &Value,
    planned: &Value,
    path: &Path,
    faults: &mut Vec<Fault>,
) {
    let mut object = |config: &Value, planned: &Value, prior: Option<&Value>, path: &Path| match (
        config, planned,
    ) {
        (Value::Object(config), Value::Object(planned)) => {
            let prior = prior.and_then(Value::members);
            members_planned(attributes, prior, config, planned, path, faults);
        }
        (config, planned) if config == planned => {}
        _ => faults.push(Fault::new(
            path,
            "planned an object other than the configured one",
        )),
    };
    match (nesting, config, planned) {
        (Nesting::Single, Value::Object(_), Value::Object(_)) => {
            object(config, planned, prior, path);
        }
        (Nesting::List, Value::List(configs), Value::List(values))
            if configs.len() == values.len() =>
        {
            let priors = prior.and_then(Value::elements).unwrap_or_default();
            for (index, (config, planned)) in configs.iter().zip(values).enumerate() {
                object(config, planned, priors.get(index), &path.index(index));
            }
        }
        (Nesting::Map, Value::Map(configs), Value::Map(values))
            if configs.keys().eq(values.keys()) =>
        {
            for ((key, config), planned) in configs.iter().zip(values.values()) {
                let prior = prior.and_then(|prior| prior.get(key));
                object(config, planned, prior, &path.join(Step::Key(key.clone())));
            }
        }
        // Elements of sets cannot be told apart; only their number must be possible, and unknown ones may turn out equal.
        (Nesting::Set, Value::Set(configs), Value::Set(values))
            if configs.len() == values.len()
                || !config.is_wholly_known()
                || !planned.is_wholly_known() => {}
        (_, Value::Null, _) => faults.push(Fault::new(
            path,
            "planned for existence but the configuration wants absence",
        )),
        (_, _, Value::Null) => faults.push(Fault::new(
            path,
            "planned for absence but the configuration wants existence",
        )),
        (_, _, Value::Unknown(_)) => {
            faults.push(Fault::new(path, "planned unknown for a configured value"));
        }
        _ => faults.push(Fault::new(
            path,
            "the number or the keys of the planned objects are not the configured ones",
        )),
    }
}

fn compatible(planned: &Value, actual: &Value, path: &Path, faults: &mut Vec<Fault>) {
    let mut fault = |reason: &str| faults.push(Fault::new(path, reason));
    match (planned, actual) {
        (Value::Unknown(refinement), actual) => {
            if !fits(refinement, actual) {
                fault("does not fit what the plan promised about the unknown value");
            }
        }
        (_, Value::Unknown(_)) => fault("was known, but now unknown"),
        (Value::Null, Value::Null) => {}
        (Value::Null, _) => fault("was null, but now is not"),
        (_, Value::Null) => fault("was not null, but now is"),
        (Value::Object(planned), Value::Object(actual)) => {
            members_compatible(planned, actual, |name| path.child(name), faults);
        }
        (Value::Map(planned), Value::Map(actual)) => {
            members_compatible(
                planned,
                actual,
                |key| path.join(Step::Key(key.to_owned())),
                faults,
            );
        }
        (Value::List(planned), Value::List(actual))
        | (Value::Tuple(planned), Value::Tuple(actual)) => {
            if planned.len() == actual.len() {
                for (index, (planned, actual)) in planned.iter().zip(actual).enumerate() {
                    compatible(planned, actual, &path.index(index), faults);
                }
            } else {
                fault("its length changed");
            }
        }
        (Value::Set(planned), Value::Set(actual)) => {
            if planned.len() < actual.len() {
                fault("its length changed");
            }
            let found = |element: &Value| {
                actual.iter().any(|candidate| {
                    let mut faults = Vec::new();
                    compatible(element, candidate, path, &mut faults);
                    faults.is_empty()
                })
            };
            if !planned.iter().all(found) {
                fault("a planned set element correlates with none in the result");
            }
        }
        (Value::Dynamic(planned), Value::Dynamic(actual)) => {
            compatible(&planned.1, &actual.1, path, faults);
        }
        (planned, actual) => {
            if planned != actual {
                fault("has another value than planned");
            }
        }
    }
}

fn members_compatible(
    planned: &Members,
    actual: &Members,
    path: impl Fn(&str) -> Path,
    faults: &mut Vec<Fault>,
) {
    for (name, planned) in planned {
        match actual.get(name) {
            Some(actual) => compatible(planned, actual, &path(name), faults),
            None => faults.push(Fault::new(&path(name), "has vanished")),
        }
    }
    for name in actual.keys().filter(|name| !planned.contains_key(*name)) {
        faults.push(Fault::new(&path(name), "has appeared"));
    }
}

/// Whether a value keeps the promise of a refined unknown. A value that is still unknown has a rule of its own.
fn fits(refinement: &Refinement, value: &Value) -> bool {
    let nullness = refinement.null.is_none_or(|null| null == value.is_null());
    let content =
        match value {
            Value::String(text) => refinement
                .prefix
                .as_ref()
                .is_none_or(|prefix| text.starts_with(prefix.as_str())),
            Value::Number(number) => {
                let above = refinement.lower.as_ref().is_none_or(|(bound, inclusive)| {
                    number > bound || (*inclusive && number == bound)
                });
                let below = refinement.upper.as_ref().is_none_or(|(bound, inclusive)| {
                    number < bound || (*inclusive && number == bound)
                });
                above && below
            }
            Value::List(elements) | Value::Set(elements) => length_fits(refinement, elements.len()),
            Value::Map(members) => length_fits(refinement, members.len()),
            _ => true,
        };
    value.is_unknown() || (nullness && content)
}

fn length_fits(refinement: &Refinement, length: usize) -> bool {
    let length = length as u64;
    refinement
        .shortest
        .is_none_or(|shortest| length >= shortest)
        && refinement.longest.is_none_or(|longest| length <= longest)
}

fn unknown_faults(value: &Value, path: &Path, faults: &mut Vec<Fault>) {
    match value {
        Value::Unknown(_) => faults.push(Fault::new(path, "is still unknown")),
        Value::List(elements) | Value::Tuple(elements) => {
            for (index, element) in elements.iter().enumerate() {
                unknown_faults(element, &path.index(index), faults);
            }
        }
        Value::Map(members) => {
            for (key, member) in members {
                unknown_faults(member, &path.join(Step::Key(key.clone())), faults);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                unknown_faults(member, &path.child(name), faults);
            }
        }
        Value::Set(_) | Value::Dynamic(_) => {
            if !value.is_wholly_known() {
                faults.push(Fault::new(path, "holds something that is still unknown"));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn write_only_faults(attributes: &[Attribute], value: &Value, faults: &mut Vec<Fault>) {
    write_only_at(attributes, value, &Path::root(), faults);
}

fn write_only_at(attributes: &[Attribute], value: &Value, path: &Path, faults: &mut Vec<Fault>) {
    for attribute in attributes {
        let Some(member) = value.get(attribute.name) else {
            continue;
        };
        let path = path.child(attribute.name);
        if attribute.write_only {
            if !member.is_null() {
                faults.push(Fault::new(&path, "a write-only value would be stored"));
            }
        } else if let AttributeKind::Nested(nesting, attributes) = &attribute.kind {
            match (nesting, member) {
                (Nesting::Single, object) => write_only_at(attributes, object, &path, faults),
                (Nesting::List, Value::List(objects)) => {
                    for (index, object) in objects.iter().enumerate() {
                        write_only_at(attributes, object, &path.index(index), faults);
                    }
                }
                (Nesting::Map, Value::Map(objects)) => {
                    for (key, object) in objects {
                        write_only_at(
                            attributes,
                            object,
                            &path.join(Step::Key(key.clone())),
                            faults,
                        );
                    }
                }
                // Schemas have no write-only attributes in sets.
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
