//! Configurations: checked attribute by attribute, and written from state.

use super::diagnostics::{Diagnostic, Diagnostics};
use super::path::{Path, Step};
use super::schema::{Attribute, AttributeKind, Mode, Nesting};
use super::value::{Members, Value};

/// Checks every attribute, at any depth: required ones are there, known values pass their validators, the host can keep write-only
/// values to itself.
#[must_use]
pub fn validate(
    attributes: &[Attribute],
    config: &Members,
    write_only_allowed: bool,
) -> Diagnostics {
    let mut walk = Walk {
        write_only_allowed,
        diagnostics: Diagnostics::new(),
    };
    walk.members(attributes, config, &Path::root(), true);
    walk.diagnostics
}

/// Turns a state into a configuration that leads to it: without what only the provider sets, and without what is a default anyway.
#[must_use]
pub fn generate(attributes: &[Attribute], state: &Members) -> Members {
    attributes
        .iter()
        .map(|attribute| {
            let value = state.get(attribute.name).cloned().unwrap_or_default();
            (attribute.name.to_owned(), generate_value(attribute, value))
        })
        .collect()
}

/// A copy without write-only values.
#[must_use]
pub fn without_write_only(attributes: &[Attribute], mut members: Members) -> Members {
    for attribute in attributes {
        if attribute.write_only {
            members.insert(attribute.name.to_owned(), Value::Null);
        } else if let AttributeKind::Nested(_, nested) = &attribute.kind
            && let Some(value) = members.get_mut(attribute.name)
        {
            *value = map_nested(std::mem::take(value), &|object| {
                without_write_only(nested, object)
            });
        }
    }
    members
}

/// A copy in which write-only values are those of `config`, for handlers, who are the only ones to see them.
#[must_use]
pub fn with_write_only(attributes: &[Attribute], members: Members, config: &Members) -> Members {
    attributes.iter().fold(members, |mut members, attribute| {
        let configured = config.get(attribute.name);
        if attribute.write_only {
            let value = configured.cloned().unwrap_or_default();
            members.insert(attribute.name.to_owned(), value);
        } else if let AttributeKind::Nested(_, nested) = &attribute.kind
            && let Some(value) = members.get_mut(attribute.name)
            && let Some(configured) = configured
        {
            *value = nested_with_write_only(nested, std::mem::take(value), configured);
        }
        members
    })
}

fn nested_with_write_only(attributes: &[Attribute], value: Value, config: &Value) -> Value {
    match (value, config) {
        (Value::Object(members), Value::Object(config)) => {
            Value::Object(with_write_only(attributes, members, config))
        }
        (Value::List(elements), Value::List(configs)) if elements.len() == configs.len() => {
            Value::List(
                elements
                    .into_iter()
                    .zip(configs)
                    .map(|(element, config)| nested_with_write_only(attributes, element, config))
                    .collect(),
            )
        }
        (Value::Map(elements), Value::Map(configs)) => Value::Map(
            elements
                .into_iter()
                .map(|(key, element)| {
                    let config = configs.get(&key).unwrap_or(&Value::Null);
                    (key, nested_with_write_only(attributes, element, config))
                })
                .collect(),
        ),
        (value, _) => value,
    }
}

/// Applies `change` to each object of a nested attribute, however they are arranged.
fn map_nested(value: Value, change: &dyn Fn(Members) -> Members) -> Value {
    match value {
        Value::Object(members) => Value::Object(change(members)),
        Value::List(elements) => Value::List(
            elements
                .into_iter()
                .map(|element| map_nested(element, change))
                .collect(),
        ),
        Value::Set(elements) => Value::set(
            elements
                .into_iter()
                .map(|element| map_nested(element, change))
                .collect(),
        ),
        Value::Map(elements) => Value::Map(
            elements
                .into_iter()
                .map(|(key, element)| (key, map_nested(element, change)))
                .collect(),
        ),
        other => other,
    }
}

fn generate_value(attribute: &Attribute, value: Value) -> Value {
    let is_default = attribute.default.as_ref() == Some(&value);
    if attribute.mode == Mode::Computed
        || attribute.write_only
        || is_default
        || !value.is_wholly_known()
    {
        return Value::Null;
    }
    match &attribute.kind {
        AttributeKind::Type(_) => value,
        AttributeKind::Nested(_, nested) => map_nested(value, &|object| generate(nested, &object)),
    }
}

/// The place one step further, where there is a path to it.
fn place(path: &Path, steppable: bool, step: Step) -> Path {
    if steppable {
        path.join(step)
    } else {
        path.clone()
    }
}

struct Walk {
    write_only_allowed: bool,
    diagnostics: Diagnostics,
}

impl Walk {
    /// `steppable` is false inside sets, whose elements have no path: everything there is told about the set.
    fn members(
        &mut self,
        attributes: &[Attribute],
        members: &Members,
        path: &Path,
        steppable: bool,
    ) {
        for attribute in attributes {
            let value = members.get(attribute.name).unwrap_or(&Value::Null);
            let place = place(path, steppable, Step::Attribute(attribute.name.to_owned()));
            self.attribute(attribute, value, &place, steppable);
        }
    }

    fn attribute(&mut self, attribute: &Attribute, value: &Value, path: &Path, steppable: bool) {
        if value.is_unknown() {
            return;
        }
        if value.is_null() {
            if attribute.mode == Mode::Required {
                self.error(
                    path,
                    "Missing value",
                    format!("`{}` must be set.", attribute.name),
                );
            }
            return;
        }
        if !attribute.mode.is_configurable() {
            let detail = format!(
                "`{}` is set by the provider and cannot be configured.",
                attribute.name
            );
            self.error(path, "Value for a read-only attribute", detail);
            return;
        }
        if attribute.write_only && !self.write_only_allowed {
            let detail = format!(
                "`{}` is write-only: it must never be stored, and this version of the program that runs the provider would store it. \
                 Terraform 1.11 or OpenTofu 1.11 is needed.",
                attribute.name
            );
            self.error(path, "Write-only attribute not supported", detail);
        }
        for validator in &attribute.validators {
            validator.validate(value, path, &mut self.diagnostics);
        }
        if let AttributeKind::Nested(nesting, nested) = &attribute.kind {
            self.nested(*nesting, nested, value, path, steppable);
        }
    }

    fn nested(
        &mut self,
        nesting: Nesting,
        attributes: &[Attribute],
        value: &Value,
        path: &Path,
        steppable: bool,
    ) {
        match (nesting, value) {
            (Nesting::Single, Value::Object(members)) => {
                self.members(attributes, members, path, steppable);
            }
            (Nesting::List, Value::List(elements)) => {
                for (index, element) in elements.iter().enumerate() {
                    let index = i64::try_from(index).unwrap_or(i64::MAX);
                    let place = place(path, steppable, Step::Index(index));
                    self.element(attributes, element, &place, steppable);
                }
            }
            (Nesting::Map, Value::Map(elements)) => {
                for (key, element) in elements {
                    let place = place(path, steppable, Step::Key(key.clone()));
                    self.element(attributes, element, &place, steppable);
                }
            }
            (Nesting::Set, Value::Set(elements)) => {
                for element in elements {
                    self.element(attributes, element, path, false);
                }
            }
            _ => {}
        }
    }

    fn element(&mut self, attributes: &[Attribute], element: &Value, path: &Path, steppable: bool) {
        match element {
            Value::Object(members) => self.members(attributes, members, path, steppable),
            Value::Null => self.error(
                path,
                "Missing value",
                "An element must not be null.".to_owned(),
            ),
            _ => {}
        }
    }

    fn error(&mut self, path: &Path, summary: &str, detail: String) {
        self.diagnostics
            .push(Diagnostic::error(summary, detail).at(path.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tf::types::Type;
    use crate::tf::validate::OneOf;

    fn colour() -> Attribute {
        Attribute::required("colour", Type::String).validate(OneOf(&["red", "blue"]))
    }

    fn nested(nesting: Nesting) -> Vec<Attribute> {
        vec![Attribute::optional(
            "items",
            AttributeKind::Nested(nesting, vec![colour()]),
        )]
    }

    fn item(colour: impl Into<Value>) -> Value {
        Value::object([("colour", colour.into())])
    }

    fn paths(attributes: &[Attribute], items: Value) -> Vec<String> {
        let config = [("items".to_owned(), items)].into();
        validate(attributes, &config, true)
            .iter()
            .map(|diagnostic| diagnostic.path.to_string())
            .collect()
    }

    #[test]
    fn faults_are_found_at_any_depth() {
        let list = Value::List(vec![item("red"), item("green")]);
        assert_eq!(paths(&nested(Nesting::List), list), ["items[1].colour"]);
        let map = Value::Map([("a".to_owned(), item("green"))].into());
        assert_eq!(paths(&nested(Nesting::Map), map), ["items[\"a\"].colour"]);
        assert_eq!(
            paths(&nested(Nesting::Single), item(Value::Null)),
            ["items.colour"]
        );
    }

    #[test]
    fn paths_stop_at_sets() {
        let set = Value::set(vec![item("red"), item("green")]);
        assert_eq!(paths(&nested(Nesting::Set), set), ["items"]);
    }

    #[test]
    fn unknown_values_are_not_checked_yet() {
        assert!(paths(&nested(Nesting::Single), item(Value::unknown())).is_empty());
        assert!(paths(&nested(Nesting::Single), Value::unknown()).is_empty());
    }

    #[test]
    fn write_only_values_need_a_host_that_forgets_them() {
        let attributes = [Attribute::optional("password", Type::String).write_only()];
        let config: Members = [("password".to_owned(), "hidden".into())].into();
        assert!(validate(&attributes, &config, true).is_empty());
        let refused = validate(&attributes, &config, false);
        assert!(refused.has_errors());
        assert!(!format!("{refused:?}").contains("hidden"));
    }

    #[test]
    fn write_only_values_reach_handlers_and_nobody_else() {
        let attributes = [Attribute::optional(
            "login",
            AttributeKind::Nested(
                Nesting::Single,
                vec![Attribute::optional("password", Type::String).write_only()],
            ),
        )];
        let login = |password: Value| -> Members {
            [("login".to_owned(), Value::object([("password", password)]))].into()
        };
        let given = with_write_only(&attributes, login(Value::Null), &login("hidden".into()));
        assert_eq!(given, login("hidden".into()));
        assert_eq!(without_write_only(&attributes, given), login(Value::Null));
    }

    #[test]
    fn generated_configuration_leaves_out_what_needs_no_saying() {
        let attributes = [
            Attribute::computed("id", Type::String),
            Attribute::required("name", Type::String),
            Attribute::optional("wait", Type::Bool).default_value(true),
            Attribute::optional("retry", Type::Bool).default_value(true),
        ];
        let state: Members = [
            ("id".to_owned(), "1".into()),
            ("name".to_owned(), "one".into()),
            ("wait".to_owned(), true.into()),
            ("retry".to_owned(), false.into()),
        ]
        .into();
        let config = generate(&attributes, &state);
        let written: Vec<&str> = config
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(written, ["name", "retry"]);
    }
}
