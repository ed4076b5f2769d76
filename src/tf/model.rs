//! Models: a resource's, data source's or provider's attributes as a plain struct.

use std::collections::BTreeMap;

use super::attr::ConversionError;
use super::path::Path;
use super::types::Type;
use super::value::{Members, Value};

/// A struct of [`Attr`](super::attr::Attr) fields that stands for an object; made with [`model!`](crate::model).
pub trait Model: Clone + Default + Send + Sync + 'static {
    /// The attributes' types by name, for the check against the schema.
    fn attribute_types() -> BTreeMap<String, Type>;

    /// From an object's attributes. Attributes that the model does not have are ignored; missing ones are null.
    ///
    /// # Errors
    /// If an attribute is of another type.
    fn from_members(members: Members, path: &Path) -> Result<Self, ConversionError>;

    /// To an object's attributes.
    fn into_members(self) -> Members;

    /// From an object.
    ///
    /// # Errors
    /// If the value is not a known object, or an attribute is of another type.
    fn from_object(value: Value) -> Result<Self, ConversionError> {
        match value {
            Value::Object(members) => Self::from_members(members, &Path::root()),
            _ => Err(ConversionError {
                path: Path::root(),
                expected: "an object",
            }),
        }
    }

    /// To an object.
    fn into_object(self) -> Value {
        Value::Object(self.into_members())
    }
}

/// Declares a model: a struct whose fields are attributes of the same name.
///
/// Field types are what [`Attr`](crate::tf::attr::Attr) holds; a model may be a field of another (a nested attribute).
///
/// ```
/// konnectazure::model! {
///     /// A greeting.
///     pub struct Greeting {
///         /// Whom to greet.
///         pub name: String,
///         /// How often.
///         pub times: i64,
///     }
/// }
/// let greeting = Greeting { name: "world".into(), ..Greeting::default() };
/// assert!(greeting.times.is_null());
/// ```
#[macro_export]
macro_rules! model {
    ($(#[$meta:meta])* $visibility:vis struct $name:ident { $($(#[$field_meta:meta])* $field_visibility:vis $field:ident: $kind:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        $visibility struct $name {
            $($(#[$field_meta])* $field_visibility $field: $crate::tf::attr::Attr<$kind>,)*
        }

        impl $crate::tf::model::Model for $name {
            fn attribute_types() -> ::std::collections::BTreeMap<String, $crate::tf::types::Type> {
                // A vector, here and below: from arrays, each length would bring a sort of its own into the binary.
                let types = vec![$((stringify!($field).to_owned(), <$kind as $crate::tf::attr::AttrValue>::attr_type()),)*];
                types.into_iter().collect()
            }

            fn from_members(
                mut members: $crate::tf::value::Members,
                path: &$crate::tf::path::Path,
            ) -> Result<Self, $crate::tf::attr::ConversionError> {
                Ok(Self {
                    $($field: $crate::tf::attr::Attr::from_value(
                        members.remove(stringify!($field)).unwrap_or_default(),
                        &path.child(stringify!($field)),
                    )?,)*
                })
            }

            fn into_members(self) -> $crate::tf::value::Members {
                let members = vec![$((stringify!($field).to_owned(), self.$field.into_value()),)*];
                members.into_iter().collect()
            }
        }

        impl $crate::tf::attr::AttrValue for $name {
            fn attr_type() -> $crate::tf::types::Type {
                $crate::tf::types::Type::Object(<Self as $crate::tf::model::Model>::attribute_types())
            }

            fn from_known(
                value: $crate::tf::value::Value,
                path: &$crate::tf::path::Path,
            ) -> Result<Self, $crate::tf::attr::ConversionError> {
                match value {
                    $crate::tf::value::Value::Object(members) => <Self as $crate::tf::model::Model>::from_members(members, path),
                    _ => Err($crate::tf::attr::ConversionError { path: path.clone(), expected: "an object" }),
                }
            }

            fn into_known_value(self) -> $crate::tf::value::Value {
                <Self as $crate::tf::model::Model>::into_object(self)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tf::attr::{Attr, AttrValue, List};

    crate::model! {
        struct Rule {
            name: String,
            priority: i64,
        }
    }

    crate::model! {
        struct Firewall {
            id: String,
            rules: List<Rule>,
            fallback: Rule,
        }
    }

    fn firewall() -> Firewall {
        Firewall {
            id: Attr::Unknown,
            rules: Attr::Known(List::from_iter([Rule {
                name: "web".into(),
                priority: Attr::Known(1),
            }])),
            fallback: Attr::Null,
        }
    }

    #[test]
    fn nested_model_survives_the_round_trip() {
        assert_eq!(
            Firewall::from_object(firewall().into_object()),
            Ok(firewall())
        );
    }

    #[test]
    fn type_follows_the_fields() {
        let rule = Type::object([("name", Type::String), ("priority", Type::Number)]);
        assert_eq!(
            Firewall::attr_type(),
            Type::object([
                ("id", Type::String),
                ("rules", Type::list(rule.clone())),
                ("fallback", rule),
            ])
        );
    }

    #[test]
    fn object_made_of_a_model_has_every_attribute() {
        let object = Firewall::default().into_object();
        let members = object.members().unwrap();
        assert!(members.keys().eq(Firewall::attribute_types().keys()));
        assert!(members.values().all(Value::is_null));
    }

    #[test]
    fn missing_attributes_are_null_and_others_are_ignored() {
        let object = Value::object([("name", Value::from("web")), ("gone", true.into())]);
        let rule = Rule::from_object(object).unwrap();
        assert_eq!(rule.name.as_str(), Some("web"));
        assert!(rule.priority.is_null());
    }

    #[test]
    fn error_names_the_attribute_at_any_depth() {
        let rule = Value::object([("priority", Value::from("first"))]);
        let object = Value::object([("rules", Value::List(vec![rule]))]);
        assert_eq!(
            Firewall::from_object(object).unwrap_err().to_string(),
            "rules[0].priority: a whole number expected"
        );
        let object = Value::object([("fallback", true)].map(|(name, on)| (name, on.into())));
        assert_eq!(
            Firewall::from_object(object).unwrap_err().to_string(),
            "fallback: an object expected"
        );
    }

    #[test]
    fn only_a_known_object_is_a_model() {
        for value in [Value::Null, Value::unknown(), "a".into()] {
            let error = Rule::from_object(value).unwrap_err();
            assert_eq!(error.to_string(), "an object expected");
        }
    }
}
