//! Terraform's rules for what a provider plans and makes, from the notes on its plan check and its check after an apply. The server's own
//! checks are not asked: this is the second opinion.

use konnectazure::wire::generated::schema::object::NestingMode;

use super::{
    schemas::Attribute,
    values::{Members, Value},
};

/// Broken rules, each with its place.
pub type Faults = Vec<String>;

/// Of a plan: what users wrote stands there as they wrote it, or as it was before.
pub fn plan_faults(
    attributes: &[Attribute],
    prior: &Value,
    config: &Value,
    planned: &Value,
) -> Faults {
    let mut faults = Faults::new();
    match (config, planned) {
        (Value::Null, Value::Null) => {}
        (Value::Object(config), Value::Object(planned)) => {
            members_planned(attributes, prior, config, planned, "", &mut faults);
        }
        (Value::Null, _) => faults.push("planned for existence but config wants absence".into()),
        _ => faults.push("planned for absence but config wants existence".into()),
    }
    faults.extend(write_only_faults(attributes, planned, ""));
    faults
}

fn members_planned(
    attributes: &[Attribute],
    prior: &Value,
    config: &Members,
    planned: &Members,
    place: &str,
    faults: &mut Faults,
) {
    for attribute in attributes.iter().filter(|attribute| !attribute.write_only) {
        let name = attribute.name.as_str();
        let prior = prior.get(name).unwrap_or(&Value::Null);
        let place = format!("{place}.{name}");
        let (Some(config), Some(planned)) = (config.get(name), planned.get(name)) else {
            faults.push(format!("{place}: missing"));
            continue;
        };
        let is_kept = planned == prior && !prior.is_null() && !config.is_null();
        if planned == config || is_kept || (attribute.computed && config.is_null()) {
            continue;
        }
        match &attribute.nested {
            Some((nesting, inner)) => {
                nested_planned(*nesting, inner, prior, config, planned, &place, faults);
            }
            None if config.is_null() => {
                faults.push(format!(
                    "{place}: planned value for a non-computed attribute"
                ));
            }
            None => faults.push(format!(
                "{place}: planned value matches neither config value nor prior value"
            )),
        }
    }
}

fn nested_planned(
    nesting: NestingMode,
    attributes: &[Attribute],
    prior: &Value,
    config: &Value,
    planned: &Value,
    place: &str,
    faults: &mut Faults,
) {
    match (nesting, config, planned) {
        (_, Value::Null, _) => {
            faults.push(format!(
                "{place}: planned for existence but config wants absence"
            ));
        }
        (_, _, Value::Null) => {
            faults.push(format!(
                "{place}: planned for absence but config wants existence"
            ));
        }
        (_, _, Value::Unknown(_)) => {
            faults.push(format!("{place}: planned unknown for configured value"));
        }
        (NestingMode::Single, Value::Object(config), Value::Object(planned)) => {
            members_planned(attributes, prior, config, planned, place, faults);
        }
        (NestingMode::List, Value::List(config), Value::List(planned))
            if config.len() == planned.len() =>
        {
            let prior = prior.elements().unwrap_or_default();
            for (index, (config, planned)) in config.iter().zip(planned).enumerate() {
                let prior = prior.get(index).unwrap_or(&Value::Null);
                let place = format!("{place}[{index}]");
                element_planned(attributes, prior, config, planned, &place, faults);
            }
        }
        (NestingMode::Map, Value::Map(config), Value::Map(planned))
            if config.keys().eq(planned.keys()) =>
        {
            for (key, config) in config {
                let prior = prior.get(key).unwrap_or(&Value::Null);
                let place = format!("{place}[{key:?}]");
                element_planned(attributes, prior, config, &planned[key], &place, faults);
            }
        }
        // Which object of a set became which cannot be told; unknown ones may turn out to be the same.
        (NestingMode::Set, Value::Set(configured), Value::Set(planned))
            if planned.len() == configured.len() || !config.is_wholly_known() => {}
        _ => faults.push(format!(
            "{place}: count in plan disagrees with count in config"
        )),
    }
}

fn element_planned(
    attributes: &[Attribute],
    prior: &Value,
    config: &Value,
    planned: &Value,
    place: &str,
    faults: &mut Faults,
) {
    match (config, planned) {
        _ if config == planned => {}
        (Value::Object(config), Value::Object(planned)) => {
            members_planned(attributes, prior, config, planned, place, faults);
        }
        _ => faults.push(format!(
            "{place}: planned for another element than the config's"
        )),
    }
}

/// Of what came of a plan, made or planned again: what was known is the same, what was not keeps its promise.
pub fn outcome_faults(planned: &Value, actual: &Value) -> Faults {
    let mut faults = Faults::new();
    compare(planned, actual, "", &mut faults);
    faults
}

fn compare(planned: &Value, actual: &Value, place: &str, faults: &mut Faults) {
    let mut fault = |reason: &str| faults.push(format!("{place}: {reason}"));
    match (planned, actual) {
        (Value::Unknown(promise), _) => {
            if !actual.is_unknown() && !promise.admits(actual) {
                fault("final value does not conform to planning placeholder");
            }
        }
        (Value::Null, Value::Null) => {}
        (_, Value::Unknown(_)) => fault("was known, but now unknown"),
        (Value::Null, _) => fault("was null, but now present"),
        (_, Value::Null) => fault("was present, but now null"),
        (Value::Object(planned), Value::Object(actual))
        | (Value::Map(planned), Value::Map(actual)) => {
            for name in actual.keys().filter(|name| !planned.contains_key(*name)) {
                fault(&format!("new element {name} has appeared"));
            }
            for (name, planned) in planned {
                match actual.get(name) {
                    Some(actual) => compare(planned, actual, &format!("{place}.{name}"), faults),
                    None => faults.push(format!("{place}: element {name} has vanished")),
                }
            }
        }
        (Value::List(planned), Value::List(actual))
        | (Value::Tuple(planned), Value::Tuple(actual)) => {
            if planned.len() != actual.len() {
                fault("length changed");
            }
            for (index, (planned, actual)) in planned.iter().zip(actual).enumerate() {
                compare(planned, actual, &format!("{place}[{index}]"), faults);
            }
        }
        (Value::Set(before), Value::Set(now)) if !planned.is_wholly_known() => {
            let fits = |planned: &Value, actual: &Value| outcome_faults(planned, actual).is_empty();
            if now.len() > before.len() {
                fault("length changed");
            }
            if !before
                .iter()
                .all(|one| now.iter().any(|other| fits(one, other)))
            {
                fault("planned set element does not correlate with any element in actual");
            }
            if !now
                .iter()
                .all(|one| before.iter().any(|other| fits(other, one)))
            {
                fault("actual set element does not correlate with any element in plan");
            }
        }
        (Value::Dynamic(planned), Value::Dynamic(actual)) if planned.0 == actual.0 => {
            compare(&planned.1, &actual.1, place, faults);
        }
        (planned, actual) if planned == actual => {}
        _ => fault("an unexpected new value"),
    }
}

/// Of every state: wholly known, and without what may not be stored.
pub fn state_faults(attributes: &[Attribute], state: &Value) -> Faults {
    let mut faults = write_only_faults(attributes, state, "");
    let members = state.members().into_iter().flatten();
    let unknown = members.filter(|(_, member)| !member.is_wholly_known());
    faults.extend(unknown.map(|(name, _)| format!(".{name}: contains unknown values")));
    if state.is_unknown() {
        faults.push("unknown as a whole".into());
    }
    faults
}

fn write_only_faults(attributes: &[Attribute], value: &Value, place: &str) -> Faults {
    let mut faults = Faults::new();
    for attribute in attributes {
        let place = format!("{place}.{}", attribute.name);
        let Some(member) = value.get(&attribute.name) else {
            continue;
        };
        if attribute.write_only && !member.is_null() {
            faults.push(format!(
                "{place}: returned a value for a write-only attribute"
            ));
        }
        let Some((nesting, inner)) = &attribute.nested else {
            continue;
        };
        let objects: Vec<&Value> = match (nesting, member) {
            (NestingMode::Single, object) => vec![object],
            (_, Value::Map(objects)) => objects.values().collect(),
            (_, objects) => objects.elements().unwrap_or_default().iter().collect(),
        };
        let inner = objects
            .into_iter()
            .flat_map(|object| write_only_faults(inner, object, &place));
        faults.extend(inner);
    }
    faults
}

/// What Terraform proposes: the configuration, and what was there before for computed attributes without one.
pub fn propose(attributes: &[Attribute], prior: &Value, config: &Value) -> Value {
    let Value::Object(members) = config else {
        return config.clone();
    };
    let mut proposed = members.clone();
    for attribute in attributes {
        let before = prior.get(&attribute.name).unwrap_or(&Value::Null);
        let value = proposed.get_mut(&attribute.name).expect(&attribute.name);
        if value.is_null() && attribute.computed {
            *value = before.clone();
        } else if let Some((nesting, inner)) = &attribute.nested {
            *value = propose_nested(*nesting, inner, before, value);
        }
    }
    Value::Object(proposed)
}

fn propose_nested(
    nesting: NestingMode,
    attributes: &[Attribute],
    prior: &Value,
    config: &Value,
) -> Value {
    let nothing = Value::Null;
    let before = prior.elements().unwrap_or_default();
    match (nesting, config) {
        (NestingMode::Single, config) => propose(attributes, prior, config),
        (NestingMode::List, Value::List(objects)) => {
            let objects = objects.iter().enumerate();
            let objects = objects.map(|(index, config)| {
                propose(attributes, before.get(index).unwrap_or(&nothing), config)
            });
            Value::List(objects.collect())
        }
        (NestingMode::Map, Value::Map(objects)) => {
            let objects = objects.iter().map(|(key, config)| {
                let before = prior.get(key).unwrap_or(&nothing);
                (key.clone(), propose(attributes, before, config))
            });
            Value::Map(objects.collect())
        }
        (NestingMode::Set, Value::Set(objects)) => {
            let objects = objects.iter().map(|config| {
                let mut same = before
                    .iter()
                    .filter(|before| propose(attributes, before, config) == **before);
                propose(attributes, same.next().unwrap_or(&nothing), config)
            });
            Value::set(objects.collect())
        }
        (_, config) => config.clone(),
    }
}
