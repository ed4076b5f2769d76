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
    ($(#[$attribute:meta])* $name:ident, $kind:ident, $constructor:path, $expected:literal, $step:expr) => {
        $(#[$attribute])*
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
    #[derive(Clone, Debug, PartialEq, Eq)]
    List, List, Value::List, "a list", |path, index| path.index(index)
);
collection!(
    /// Elements without order or repetition; equality passes over both.
    #[derive(Clone, Debug, Eq)]
    Set, Set, Value::set, "a set", |path, _| path.clone()
);

impl<T: PartialEq> PartialEq for Set<T> {
    fn eq(&self, other: &Self) -> bool {
        let within = |inner: &Self, outer: &Self| inner.0.iter().all(|one| outer.0.contains(one));
        within(self, other) && within(other, self)
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: AttrValue>(value: Value) -> Result<Attr<T>, ConversionError> {
        Attr::from_value(value, &Path::attribute("here"))
    }

    fn survives<T: AttrValue + Clone + std::fmt::Debug + PartialEq>(attr: Attr<T>) {
        assert_eq!(read(attr.clone().into_value()), Ok(attr));
    }

    #[test]
    fn every_kind_of_attribute_survives_the_round_trip() {
        survives::<String>("a".into());
        survives(Attr::Known(true));
        survives(Attr::Known(-3_i64));
        survives::<Number>(Attr::Known("0.1".parse().unwrap()));
        survives(Attr::Known(List(vec![
            Attr::Known(1_i64),
            Attr::Null,
            Attr::Unknown,
        ])));
        survives(Attr::Known(Set::from_iter([
            "b".to_owned(),
            "a".to_owned(),
        ])));
        survives(Attr::Known(BTreeMap::from([
            ("k".to_owned(), Attr::Known(false)),
            ("l".to_owned(), Attr::Null),
        ])));
        survives::<List<Set<bool>>>(Attr::Unknown);
        survives::<BTreeMap<String, Attr<Number>>>(Attr::Null);
    }

    #[test]
    fn null_and_unknown_stay_apart_from_every_value() {
        let attrs = [Attr::Null, Attr::Unknown, Attr::from("")];
        for (place, attr) in attrs.iter().enumerate() {
            assert_eq!(attr.is_null(), place == 0);
            assert_eq!(attr.is_unknown(), place == 1);
            assert_eq!(attr.as_str().is_some(), place == 2);
            assert_eq!(attr.known(), attr.clone().into_known().as_ref());
        }
        assert_eq!(Attr::<bool>::from(None), Attr::Null);
        assert_eq!(Attr::from(Some(true)), Attr::Known(true));
    }

    #[test]
    fn integers_are_refused_where_they_would_be_cut() {
        for text in ["1.5", "9223372036854775808"] {
            let error = read::<i64>(Value::Number(text.parse().unwrap())).unwrap_err();
            assert_eq!(error.to_string(), "here: a whole number expected");
        }
    }

    #[test]
    fn error_names_the_offending_part() {
        let list = Value::List(vec!["a".into(), 1.into()]);
        let error = read::<List<String>>(list).unwrap_err();
        assert_eq!(error.to_string(), "here[1]: a string expected");

        let map = Value::Map([("k".to_owned(), "a".into())].into());
        let error = read::<BTreeMap<String, Attr<bool>>>(map).unwrap_err();
        assert_eq!(error.to_string(), r#"here["k"]: a bool expected"#);

        let set = Value::set(vec!["a".into(), 1.into()]);
        let error = read::<Set<String>>(set).unwrap_err();
        assert_eq!(error.to_string(), "here: a string expected");
    }

    #[test]
    fn collections_of_another_kind_are_refused() {
        assert!(read::<List<String>>(Value::set(Vec::new())).is_err());
        assert!(read::<Set<String>>(Value::List(Vec::new())).is_err());
        assert!(read::<BTreeMap<String, Attr<String>>>(Value::Object(BTreeMap::new())).is_err());
    }

    #[test]
    fn sets_are_equal_in_any_order_and_lists_are_not() {
        let [left, right] = [["a", "b"], ["b", "a"]].map(|names| names.map(str::to_owned));
        assert_eq!(Set::from_iter(left.clone()), Set::from_iter(right.clone()));
        assert_ne!(
            Set::from_iter(left.clone()),
            Set::from_iter(left[..1].to_vec())
        );
        assert_ne!(
            Set::from_iter(left[..1].to_vec()),
            Set::from_iter(left.clone())
        );
        assert_ne!(List::from_iter(left), List::from_iter(right));
    }

    #[test]
    fn one_unknown_element_keeps_a_collection_from_being_all_known() {
        assert_eq!(List(vec![Attr::Known(1)]).all_known(), Some(vec![&1]));
        assert_eq!(List(vec![Attr::Known(1), Attr::Unknown]).all_known(), None);
        assert_eq!(Set::<bool>(Vec::new()).all_known(), Some(Vec::new()));
    }

    #[test]
    fn types_nest_as_the_fields_do() {
        assert_eq!(
            List::<BTreeMap<String, Attr<Set<i64>>>>::attr_type(),
            Type::list(Type::map(Type::set(Type::Number)))
        );
    }
}
