//! Typed attribute values: what a model's fields are made of.

use std::collections::BTreeMap;

use super::number::Number;
use super::path::{Path, Step};
use super::types::Type;
use super::value::Value;

/// A model's field. There is no default in place of null or unknown: callers match.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Attr<T> {
    /// Becomes known during apply.
    Unknown,
    /// Absent.
    #[default]
    Null,
    /// There.
    Known(T),
}

impl<T> Attr<T> {
    /// The value, if it is there.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown | Self::Null => None,
        }
    }

    /// The value, if it is there.
    pub fn into_known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown | Self::Null => None,
        }
    }

    /// Whether it is absent.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it becomes known only during apply.
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}

impl Attr<String> {
    /// The text, if it is there.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.known().map(String::as_str)
    }
}

impl From<&str> for Attr<String> {
    fn from(text: &str) -> Self {
        Self::Known(text.to_owned())
    }
}

impl<T> From<Option<T>> for Attr<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Known)
    }
}

/// A value that does not fit the type that a model gives it: a fault of ours or of a hand-edited state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .path.label(&format!("{expected} expected")))]
pub struct ConversionError {
    /// Where.
    pub path: Path,
    /// What should have been there.
    pub expected: &'static str,
}

/// A Rust type that stands for the known values of one Terraform type.
pub trait AttrValue: Sized {
    /// The Terraform type.
    fn attr_type() -> Type;

    /// From a value that is neither null nor unknown.
    ///
    /// # Errors
    /// If the value is of another type; the path is that of the offending part.
    fn from_known(value: Value, path: &Path) -> Result<Self, ConversionError>;

    /// To a known value.
    fn into_known_value(self) -> Value;
}

impl<T: AttrValue> Attr<T> {
    /// From any value.
    ///
    /// # Errors
    /// If a known value is of another type.
    pub fn from_value(value: Value, path: &Path) -> Result<Self, ConversionError> {
        match value {
            Value::Null => Ok(Self::Null),
            Value::Unknown(_) => Ok(Self::Unknown),
            known => T::from_known(known, path).map(Self::Known),
        }
    }

    /// To a value.
    pub fn into_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Unknown => Value::unknown(),
            Self::Known(value) => value.into_known_value(),
        }
    }
}

macro_rules! scalar {
    ($rust:ty, $kind:ident, $expected:literal) => {
        impl AttrValue for $rust {
            fn attr_type() -> Type {
                Type::$kind
            }

            fn from_known(value: Value, path: &Path) -> Result<Self, ConversionError> {
                match value {
                    Value::$kind(inner) => Ok(inner),
                    _ => Err(ConversionError {
                        path: path.clone(),
                        expected: $expected,
                    }),
                }
            }

            fn into_known_value(self) -> Value {
                Value::$kind(self)
            }
        }
    };
}

scalar!(String, String, "a string");
scalar!(bool, Bool, "a bool");
scalar!(Number, Number, "a number");

impl AttrValue for i64 {
    fn attr_type() -> Type {
        Type::Number
    }

    fn from_known(value: Value, path: &Path) -> Result<Self, ConversionError> {
        match value {
            Value::Number(number) => number.to_i64(),
            _ => None,
        }
        .ok_or_else(|| ConversionError {
            path: path.clone(),
            expected: "a whole number",
        })
    }

    fn into_known_value(self) -> Value {
        self.into()
    }
}

macro_rules! collection {
    ($(#[$doc:meta])* $name:ident, $kind:ident, $constructor:path, $expected:literal, $step:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name<T>(pub Vec<Attr<T>>);

        impl<T> $name<T> {
            /// The elements, if every one is known.
            #[must_use]
            pub fn all_known(&self) -> Option<Vec<&T>> {
                self.0.iter().map(Attr::known).collect()
            }
        }

        impl<T> FromIterator<T> for $name<T> {
            fn from_iter<I: IntoIterator<Item = T>>(elements: I) -> Self {
                Self(elements.into_iter().map(Attr::Known).collect())
            }
        }

        impl<T: AttrValue> AttrValue for $name<T> {
            fn attr_type() -> Type {
                Type::$kind(Box::new(T::attr_type()))
            }

            fn from_known(value: Value, path: &Path) -> Result<Self, ConversionError> {
                let Value::$kind(elements) = value else {
                    return Err(ConversionError { path: path.clone(), expected: $expected });
                };
                let step: fn(&Path, usize) -> Path = $step;
                elements.into_iter().enumerate().map(|(index, element)| Attr::from_value(element, &step(path, index))).collect::<Result<_, _>>().map(Self)
            }

            fn into_known_value(self) -> Value {
                $constructor(self.0.into_iter().map(Attr::into_value).collect())
            }
        }
    };
}

collection!(
    /// Ordered elements.
    List, List, Value::List, "a list", |path, index| path.index(index)
);
collection!(
    /// Elements without order or repetition.
    Set, Set, Value::set, "a set", |path, _| path.clone()
);

impl<T: AttrValue> AttrValue for BTreeMap<String, Attr<T>> {
    fn attr_type() -> Type {
        Type::Map(Box::new(T::attr_type()))
    }

    fn from_known(value: Value, path: &Path) -> Result<Self, ConversionError> {
        let Value::Map(members) = value else {
            return Err(ConversionError {
                path: path.clone(),
                expected: "a map",
            });
        };
        members
            .into_iter()
            .map(|(key, element)| {
                let step = path.join(Step::Key(key.clone()));
                Attr::from_value(element, &step).map(|element| (key, element))
            })
            .collect()
    }

    fn into_known_value(self) -> Value {
        Value::Map(
            self.into_iter()
                .map(|(key, element)| (key, element.into_value()))
                .collect(),
        )
    }
}
