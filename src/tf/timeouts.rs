//! The `timeouts` attribute that every resource has, without a word about it in the resource.

use std::time::Duration;

use super::duration;
use super::resource::Timeouts;
use super::schema::{Attribute, AttributeKind, Nesting};
use super::types::Type;
use super::validate::Parses;
use super::value::Value;

/// The attribute's name.
pub const NAME: &str = "timeouts";

/// Something that takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Making the object.
    Create,
    /// Looking at it: refresh, plan and import.
    Read,
    /// Changing it.
    Update,
    /// Removing it.
    Delete,
}

impl Operation {
    const ALL: [Self; 4] = [Self::Create, Self::Read, Self::Update, Self::Delete];

    /// The name, as the attribute has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}

impl Timeouts {
    /// The default of one operation.
    #[must_use]
    pub const fn of(&self, operation: Operation) -> Duration {
        match operation {
            Operation::Create => self.create,
            Operation::Read => self.read,
            Operation::Update => self.update,
            Operation::Delete => self.delete,
        }
    }
}

/// The attribute for a resource with these defaults. A change of it is saved, and no more.
#[must_use]
pub fn attribute(defaults: &Timeouts) -> Attribute {
    let operations = Operation::ALL
        .into_iter()
        .map(|operation| {
            Attribute::optional(operation.name(), Type::String)
                .describe(format!(
                    "How long {} may take, such as `90s` or `1h30m`. Default: `{}`.",
                    operation.name(),
                    duration::format(defaults.of(operation))
                ))
                .validate(Parses::new(
                    "a duration such as `90s` or `1h30m`",
                    |text: &str| duration::parse_positive(text).map(|_| ()),
                ))
        })
        .collect();
    Attribute::optional(NAME, AttributeKind::Nested(Nesting::Single, operations))
        .describe("How long operations may take. A change is saved without touching the object.")
        .save_only()
}

/// How long `operation` may take by the `timeouts` of `state`, which may be null, partly unknown, or without any.
#[must_use]
pub fn timeout(state: &Value, operation: Operation, defaults: &Timeouts) -> Duration {
    state
        .get(NAME)
        .and_then(|timeouts| timeouts.get(operation.name()))
        .and_then(Value::as_str)
        .and_then(|text| duration::parse_positive(text).ok())
        .unwrap_or_else(|| defaults.of(operation))
}

/// The timeouts in the state of another type, as far as this attribute can hold them; null if there are none.
#[must_use]
pub fn of_other(state: &serde_json::Value) -> Value {
    let set = |operation: Operation| {
        let text = state.get(NAME)?.get(operation.name())?.as_str()?;
        duration::parse_positive(text).is_ok().then(|| text.into())
    };
    let timeouts = Operation::ALL.map(|operation| {
        let value: Option<Value> = set(operation);
        (operation.name(), value.unwrap_or_default())
    });
    if timeouts.iter().all(|(_, value)| value.is_null()) {
        return Value::Null;
    }
    Value::object(timeouts)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DEFAULTS: Timeouts = Timeouts {
        create: Duration::from_secs(60),
        read: Duration::from_secs(5),
        update: Duration::from_secs(50),
        delete: Duration::from_secs(30),
    };

    fn state(create: impl Into<Value>) -> Value {
        Value::object([(NAME, Value::object([("create", create.into())]))])
    }

    #[test]
    fn the_users_timeout_wins_over_the_default() {
        let chosen = timeout(&state("1h"), Operation::Create, &DEFAULTS);
        assert_eq!(chosen, Duration::from_secs(3600));
    }

    #[test]
    fn whatever_is_not_a_known_duration_means_the_default() {
        for odd in [Value::Null, Value::unknown(), "soon".into(), true.into()] {
            assert_eq!(
                timeout(&state(odd), Operation::Create, &DEFAULTS),
                DEFAULTS.create
            );
        }
        assert_eq!(
            timeout(&Value::Null, Operation::Delete, &DEFAULTS),
            DEFAULTS.delete
        );
        let without = Value::object([(NAME, Value::Null)]);
        assert_eq!(timeout(&without, Operation::Read, &DEFAULTS), DEFAULTS.read);
    }

    #[test]
    fn timeouts_of_other_types_are_taken_as_far_as_they_can_be() {
        let taken = of_other(
            &json!({ "timeouts": { "create": "45m", "delete": null, "read": "soon", "later": "1h" } }),
        );
        let texts = ["create", "read", "update", "delete"]
            .map(|name| taken.get(name).and_then(Value::as_str).map(str::to_owned));
        assert_eq!(texts, [Some("45m".to_owned()), None, None, None]);
        for nothing in [
            json!({}),
            json!({ "timeouts": null }),
            json!({ "timeouts": [] }),
            json!({ "timeouts": { "create": 5, "read": "-1s" } }),
            json!([]),
        ] {
            assert_eq!(of_other(&nothing), Value::Null, "{nothing}");
        }
    }

    #[test]
    fn the_attribute_tells_its_defaults() {
        let AttributeKind::Nested(Nesting::Single, operations) = attribute(&DEFAULTS).kind else {
            panic!("timeouts is one object");
        };
        assert_eq!(operations.len(), 4);
        assert!(operations[0].description.contains("`1m`"));
    }
}
