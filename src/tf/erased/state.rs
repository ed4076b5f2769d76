//! What happens to a state between a handler and the host.

use crate::tf::schema::{Attribute, IdentityAttribute, OnChange};
use crate::tf::spelling;
use crate::tf::value::{Members, Value};

/// `members` as the host must get them after a handler: exactly the schema's attributes; those that the handler's model does not hold
/// (`timeouts`) come from `carried`.
pub(super) fn complete(
    attributes: &[Attribute],
    mut members: Members,
    carried: &Members,
) -> Members {
    attributes
        .iter()
        .map(|attribute| {
            let value = members
                .remove(attribute.name)
                .or_else(|| carried.get(attribute.name).cloned());
            (attribute.name.to_owned(), value.unwrap_or_default())
        })
        .collect()
}

/// The result of an apply, spelt as it was planned.
pub(super) fn as_planned(attributes: &[Attribute], result: Members, planned: &Members) -> Members {
    spelling::keep_members(
        attributes,
        keep_absences(attributes, result, planned),
        planned,
    )
}

/// The result of a refresh, spelt as the state had it. What is only saved is not the service's to tell: it stays, or is its default.
pub(super) fn as_stored(attributes: &[Attribute], result: Members, stored: &Members) -> Members {
    let mut result = as_planned(attributes, result, stored);
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.on_change == OnChange::SaveOnly)
    {
        let kept = stored
            .get(attribute.name)
            .filter(|value| !value.is_null())
            .or(attribute.default.as_ref());
        if let Some(kept) = kept {
            result.insert(attribute.name.to_owned(), kept.clone());
        }
    }
    result
}

/// Unknowns become what they were before, or null: a handler that failed, or found only a part, leaves them behind.
pub(super) fn without_unknowns(saved: Members, prior: Option<&Members>) -> Members {
    saved
        .into_iter()
        .map(|(name, value)| {
            let before = prior.and_then(|prior| prior.get(&name));
            let value = known_part(value, before);
            (name, value)
        })
        .collect()
}

/// The identity that a state holds. `None` while a part of it is unknown or nothing of it is there.
pub(super) fn identity_of(identity: &[IdentityAttribute], state: &Value) -> Option<Value> {
    let members = state.members()?;
    let parts: Vec<_> = identity
        .iter()
        .map(|part| {
            let value = members.get(part.name).cloned().unwrap_or_default();
            (part.name, value)
        })
        .collect();
    let is_known = parts.iter().all(|(_, value)| value.is_wholly_known());
    let is_there = parts.iter().any(|(_, value)| !value.is_null());
    (is_known && is_there).then(|| Value::object(parts))
}

/// Whether `identity` tells another object than `stored` does, under the attributes' own idea of equality. Parts that were not stored
/// may become anything.
pub(super) fn is_another(attributes: &[Attribute], stored: &Value, identity: &Value) -> bool {
    let Some(identity) = identity.members() else {
        return false;
    };
    identity.iter().any(|(name, part)| match stored.get(name) {
        None | Some(Value::Null | Value::Unknown(_)) => false,
        Some(before) => !attributes
            .iter()
            .find(|attribute| attribute.name == name)
            .map_or(before == part, |attribute| {
                spelling::equivalent(attribute, before, part)
            }),
    })
}

/// Both identities, a line for each part.
pub(super) fn told_apart(stored: &Value, found: &Value) -> String {
    let lines = found.members().into_iter().flatten().map(|(name, part)| {
        let before = stored.get(name).unwrap_or(&Value::Null);
        if before == part {
            format!("{name}: {}", shown(part))
        } else {
            format!("{name}: stored {}, found {}", shown(before), shown(part))
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A part of an identity: a scalar, or a list of scalars.
fn shown(part: &Value) -> String {
    match part {
        Value::String(text) => format!("{text:?}"),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::List(elements) => {
            let elements: Vec<String> = elements.iter().map(shown).collect();
            format!("[{}]", elements.join(", "))
        }
        _ => "nothing".to_owned(),
    }
}

/// Unknowns at any depth replaced by `before`, as far as it reaches, or null.
fn known_part(value: Value, before: Option<&Value>) -> Value {
    if value.is_wholly_known() {
        return value;
    }
    match value {
        Value::Unknown(_) => before.cloned().unwrap_or_default(),
        Value::Object(members) => {
            Value::Object(without_unknowns(members, before.and_then(Value::members)))
        }
        Value::Map(members) => {
            Value::Map(without_unknowns(members, before.and_then(Value::members)))
        }
        Value::List(elements) => Value::List(known_elements(elements)),
        Value::Tuple(elements) => Value::Tuple(known_elements(elements)),
        Value::Set(elements) => Value::set(known_elements(elements)),
        Value::Dynamic(inner) => Value::Dynamic(Box::new((inner.0, known_part(inner.1, None)))),
        known => known,
    }
}

fn known_elements(elements: Vec<Value>) -> Vec<Value> {
    elements
        .into_iter()
        .map(|element| known_part(element, None))
        .collect()
}

fn keep_absences(attributes: &[Attribute], mut result: Members, reference: &Members) -> Members {
    for attribute in attributes {
        if let (Some(value), Some(reference)) = (
            result.get_mut(attribute.name),
            reference.get(attribute.name),
        ) {
            *value = spelling::keep_absence(attribute, std::mem::take(value), reference);
        }
    }
    result
}
