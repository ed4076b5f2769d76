//! How a change is planned: in passes, the same for every resource. A destruction plans null, and none of them is made.
//!
//! 1. [`propose`]: what configuration and prior state make, attribute by attribute, as if the resource changed nothing itself.
//!    - What the configuration leaves out takes its **default**.
//!    - **Write-only** values are dropped: they are never planned or stored.
//!    - **Equivalence**: where configuration and prior state spell one value differently, the prior spelling stays.
//!    - Computed attributes without configuration keep their prior value. If anything but save-only attributes changed (a creation changes
//!      everything), they become **unknown** instead, but for those that never change in an object's life: [`OnUpdate::Keep`] and
//!      [`OnChange::Replace`].
//! 2. The resource is asked: its own [`plan`](super::resource::Resource::plan) over what was proposed.
//! 3. [`settle`]: write-only and equivalence again, for what the resource wrote.
//! 4. [`propose_change`], where [`is_changed_by_resource_alone`]: pass 1 kept computed attributes, since nothing seemed to change, and now
//!    something does. They become unknown after all, and passes 2 and 3 are made once more over that: the resource sees what a change makes
//!    unknown, and what it then leaves so stays so.
//! 5. [`replacements`]: attributes with [`OnChange::Replace`] whose planned value differs from the prior one (unknown differs). Those that the
//!    resource named are added. The host then asks for a second plan without prior state.
//!
//! The proposal that hosts send along is not used: it can be derived from configuration and prior state, and hosts differ in how they
//! do it for nested attributes. A plan that changes nothing is the prior state, value for value.

use super::path::Path;
use super::schema::{Attribute, AttributeKind, Nesting, OnChange, OnUpdate};
use super::spelling;
use super::value::{Members, Value};

/// Pass 1: what the configuration and the prior state make, before the resource is asked.
#[must_use]
pub fn propose(attributes: &[Attribute], prior: Option<&Members>, config: &Members) -> Members {
    let Some(prior) = prior else {
        return merge_members(attributes, config, None, Change::Something);
    };
    let unchanged = merge_members(attributes, config, Some(prior), Change::Nothing);
    if differs(attributes, &unchanged, prior) {
        merge_members(attributes, config, Some(prior), Change::Something)
    } else {
        unchanged
    }
}

/// Pass 4: the same where something is known to change, although configuration and prior state do not tell.
#[must_use]
pub fn propose_change(attributes: &[Attribute], prior: &Members, config: &Members) -> Members {
    merge_members(attributes, config, Some(prior), Change::Something)
}

/// Pass 3: `planned` is `proposed` after the resource has had its say.
#[must_use]
pub fn settle(
    attributes: &[Attribute],
    prior: Option<&Members>,
    proposed: &Members,
    mut planned: Members,
) -> Members {
    for attribute in attributes {
        // What the resource did not touch keeps what the host said about unknowns: models do not carry refinements.
        let untouched = proposed.get(attribute.name) == planned.get(attribute.name);
        if let (true, Some(value)) = (untouched, proposed.get(attribute.name)) {
            planned.insert(attribute.name.to_owned(), value.clone());
        }
        if attribute.write_only {
            planned.insert(attribute.name.to_owned(), Value::Null);
        }
    }
    match prior {
        Some(prior) => spelling::keep_members(attributes, planned, prior),
        None => planned,
    }
}

/// Whether nothing but the resource's own plan makes a change, so that pass 4 is made.
#[must_use]
pub fn is_changed_by_resource_alone(
    attributes: &[Attribute],
    prior: &Members,
    proposed: &Members,
    planned: &Members,
) -> bool {
    !differs(attributes, proposed, prior) && differs(attributes, planned, prior)
}

/// Whether two states differ in more than what is only saved.
#[must_use]
pub fn differs(attributes: &[Attribute], left: &Members, right: &Members) -> bool {
    attributes.iter().any(|attribute| {
        attribute_differs(
            attribute,
            left.get(attribute.name),
            right.get(attribute.name),
        )
    })
}

/// Pass 5: the paths by which the schema demands replacement.
#[must_use]
pub fn replacements(attributes: &[Attribute], prior: &Members, planned: &Members) -> Vec<Path> {
    let mut paths = Vec::new();
    collect_replacements(attributes, prior, planned, &Path::root(), &mut paths);
    paths
}

/// A configuration with its defaults, for what has no state: providers and data sources.
#[must_use]
pub fn with_defaults(attributes: &[Attribute], mut config: Members) -> Members {
    for attribute in attributes {
        if let Some(default) = &attribute.default
            && is_absent(&config, attribute)
        {
            config.insert(attribute.name.to_owned(), default.clone());
        }
    }
    config
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    /// Computed values stay.
    Nothing,
    /// Computed values may become others.
    Something,
}

const NULL: &Value = &Value::Null;

fn is_absent(config: &Members, attribute: &Attribute) -> bool {
    config.get(attribute.name).is_none_or(Value::is_null)
}

fn is_recomputed(attribute: &Attribute) -> bool {
    attribute.mode.is_computed()
        && attribute.default.is_none()
        && !attribute.write_only
        && attribute.on_update == OnUpdate::Recompute
        && attribute.on_change != OnChange::Replace
}

fn merge_members(
    attributes: &[Attribute],
    config: &Members,
    prior: Option<&Members>,
    change: Change,
) -> Members {
    attributes
        .iter()
        .map(|attribute| {
            let config = config.get(attribute.name).unwrap_or(NULL);
            // An attribute that a stored state does not have yet is one that it has as null.
            let prior = prior.map(|prior| prior.get(attribute.name).unwrap_or(NULL));
            (
                attribute.name.to_owned(),
                merge(attribute, config, prior, change),
            )
        })
        .collect()
}

/// `prior` is `None` where there is no object before, as in a creation or for a new list element.
fn merge(attribute: &Attribute, config: &Value, prior: Option<&Value>, change: Change) -> Value {
    if attribute.write_only {
        return Value::Null;
    }
    if config.is_unknown() {
        return config.clone();
    }
    if config.is_null() {
        return unconfigured(attribute, prior, change);
    }
    if let Some(prior) = prior
        && spelling::equivalent(attribute, config, prior)
    {
        return prior.clone();
    }
    match &attribute.kind {
        AttributeKind::Type(_) => config.clone(),
        AttributeKind::Nested(_, attributes) => merge_nested(attributes, config, prior, change),
    }
}

fn unconfigured(attribute: &Attribute, prior: Option<&Value>, change: Change) -> Value {
    if let Some(default) = &attribute.default {
        return match prior {
            Some(prior) if spelling::equivalent(attribute, default, prior) => prior.clone(),
            _ => default.clone(),
        };
    }
    if !attribute.mode.is_computed() {
        return Value::Null;
    }
    match (prior, change) {
        (Some(prior), Change::Nothing) => prior.clone(),
        (Some(prior), Change::Something) if !may_become_another(attribute, prior) => prior.clone(),
        _ => Value::unknown(),
    }
}

/// What never changes but is not there yet, in a state of an older version of the provider, may still be filled in.
fn may_become_another(attribute: &Attribute, prior: &Value) -> bool {
    is_recomputed(attribute) || (prior.is_null() && attribute.on_change != OnChange::Replace)
}

fn merge_nested(
    attributes: &[Attribute],
    config: &Value,
    prior: Option<&Value>,
    change: Change,
) -> Value {
    match config {
        Value::Object(_) => merge_object(attributes, config, prior, change),
        Value::List(elements) => Value::List(
            elements
                .iter()
                .enumerate()
                .map(|(index, element)| {
                    let counterpart = prior
                        .and_then(Value::elements)
                        .and_then(|prior| prior.get(index));
                    merge_object(attributes, element, counterpart, change)
                })
                .collect(),
        ),
        Value::Map(elements) => Value::Map(
            elements
                .iter()
                .map(|(key, element)| {
                    let counterpart = prior.and_then(|prior| prior.get(key));
                    (
                        key.clone(),
                        merge_object(attributes, element, counterpart, change),
                    )
                })
                .collect(),
        ),
        Value::Set(elements) => {
            let mut unmatched: Vec<&Value> = prior
                .and_then(Value::elements)
                .unwrap_or_default()
                .iter()
                .collect();
            Value::set(
                elements
                    .iter()
                    .map(|element| {
                        let counterpart = unmatched
                            .iter()
                            .position(|prior| is_configured_as(attributes, prior, element))
                            .map(|index| unmatched.swap_remove(index));
                        merge_object(attributes, element, counterpart, change)
                    })
                    .collect(),
            )
        }
        other => other.clone(),
    }
}

fn merge_object(
    attributes: &[Attribute],
    config: &Value,
    prior: Option<&Value>,
    change: Change,
) -> Value {
    match config {
        Value::Object(config) => Value::Object(merge_members(
            attributes,
            config,
            prior.and_then(Value::members),
            change,
        )),
        other => other.clone(),
    }
}

/// Whether a set's prior element is what `config` makes of it: elements have no name by which they could be found again.
fn is_configured_as(attributes: &[Attribute], prior: &Value, config: &Value) -> bool {
    let merged = merge_object(attributes, config, Some(prior), Change::Nothing);
    match (&merged, prior) {
        (Value::Object(merged), Value::Object(prior)) => attributes.iter().all(|attribute| {
            let (merged, prior) = (merged.get(attribute.name), prior.get(attribute.name));
            attribute.write_only || merged.unwrap_or(NULL) == prior.unwrap_or(NULL)
        }),
        _ => false,
    }
}

fn attribute_differs(attribute: &Attribute, left: Option<&Value>, right: Option<&Value>) -> bool {
    let (left, right) = (left.unwrap_or(NULL), right.unwrap_or(NULL));
    if attribute.on_change == OnChange::SaveOnly || attribute.write_only || left == right {
        return false;
    }
    let AttributeKind::Nested(_, attributes) = &attribute.kind else {
        return true;
    };
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => differs(attributes, left, right),
        (Value::List(left), Value::List(right)) if left.len() == right.len() => left
            .iter()
            .zip(right)
            .any(|(left, right)| objects_differ(attributes, left, right)),
        (Value::Map(left), Value::Map(right)) if left.keys().eq(right.keys()) => left
            .values()
            .zip(right.values())
            .any(|(left, right)| objects_differ(attributes, left, right)),
        _ => true,
    }
}

fn objects_differ(attributes: &[Attribute], left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => differs(attributes, left, right),
        _ => left != right,
    }
}

fn collect_replacements(
    attributes: &[Attribute],
    prior: &Members,
    planned: &Members,
    path: &Path,
    paths: &mut Vec<Path>,
) {
    for attribute in attributes {
        let before = prior.get(attribute.name).unwrap_or(NULL);
        let after = planned.get(attribute.name).unwrap_or(NULL);
        if before == after {
            continue;
        }
        let path = path.child(attribute.name);
        if attribute.on_change == OnChange::Replace {
            paths.push(path);
        } else if let AttributeKind::Nested(nesting, attributes) = &attribute.kind {
            nested_replacements(*nesting, attributes, (before, after), path, paths);
        }
    }
}

fn nested_replacements(
    nesting: Nesting,
    attributes: &[Attribute],
    (before, after): (&Value, &Value),
    path: Path,
    paths: &mut Vec<Path>,
) {
    if !demands_replacement(attributes) {
        return;
    }
    match (nesting, before, after) {
        (Nesting::Single, Value::Object(before), Value::Object(after)) => {
            collect_replacements(attributes, before, after, &path, paths);
        }
        (Nesting::List, Value::List(before), Value::List(after)) if before.len() == after.len() => {
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                if let (Value::Object(before), Value::Object(after)) = (before, after) {
                    collect_replacements(attributes, before, after, &path.index(index), paths);
                }
            }
        }
        // Elements that came or went cannot be told apart from ones that changed.
        _ => paths.push(path),
    }
}

fn demands_replacement(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.on_change == OnChange::Replace
            || matches!(&attribute.kind, AttributeKind::Nested(_, nested) if demands_replacement(nested))
    })
}

#[cfg(test)]
mod tests;
