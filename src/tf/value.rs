//! Values: known, null or unknown, at any depth.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::number::Number;
use super::types::Type;

/// An object's attributes or a map's elements, in name order.
pub type Members = BTreeMap<String, Value>;

/// A value of any Terraform type.
///
/// Equality is Terraform's: sets have no order, numbers compare by value, and two unknowns are equal whatever is known about them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Absent.
    #[default]
    Null,
    /// Not known yet; becomes known during apply.
    Unknown(Refinement),
    /// True or false.
    Bool(bool),
    /// A decimal of any size.
    Number(Number),
    /// Text.
    String(String),
    /// Ordered elements.
    List(Vec<Value>),
    /// Elements in canonical order; build it with [`Value::set`].
    Set(Vec<Value>),
    /// Ordered elements, each of its own type.
    Tuple(Vec<Value>),
    /// Elements by name.
    Map(Members),
    /// Attributes by name.
    Object(Members),
    /// A value in a place of dynamic type, with the type it has.
    Dynamic(Box<(Type, Value)>),
}

impl Value {
    /// An unknown about which nothing is known.
    #[must_use]
    pub fn unknown() -> Self {
        Self::Unknown(Refinement::default())
    }

    /// Text.
    pub fn string(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    /// A set: sorted, equal known elements once. Unknown elements stay, as each may become another value.
    #[must_use]
    pub fn set(mut elements: Vec<Self>) -> Self {
        elements.sort();
        elements.dedup_by(|left, right| left == right && left.is_wholly_known());
        Self::Set(elements)
    }

    /// An object of these attributes.
    pub fn object<N: Into<String>>(attributes: impl IntoIterator<Item = (N, Self)>) -> Self {
        Self::Object(
            attributes
                .into_iter()
                .map(|(name, value)| (name.into(), value))
                .collect(),
        )
    }

    /// Whether the value is absent.
    #[must_use]
    pub fn is_null(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Dynamic(inner) => inner.1.is_null(),
            _ => false,
        }
    }

    /// Whether the value itself is unknown (its members may be, even if it is not).
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        match self {
            Self::Unknown(_) => true,
            Self::Dynamic(inner) => inner.1.is_unknown(),
            _ => false,
        }
    }

    /// Whether nothing in the value is unknown.
    #[must_use]
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Self::Unknown(_) => false,
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => true,
            Self::List(elements) | Self::Set(elements) | Self::Tuple(elements) => {
                elements.iter().all(Self::is_wholly_known)
            }
            Self::Map(members) | Self::Object(members) => {
                members.values().all(Self::is_wholly_known)
            }
            Self::Dynamic(inner) => inner.1.is_wholly_known(),
        }
    }

    /// The text, of a known string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            Self::Dynamic(inner) => inner.1.as_str(),
            _ => None,
        }
    }

    /// The members of a known object or map.
    #[must_use]
    pub fn members(&self) -> Option<&Members> {
        match self {
            Self::Map(members) | Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The elements of a known list, set or tuple.
    #[must_use]
    pub fn elements(&self) -> Option<&[Self]> {
        match self {
            Self::List(elements) | Self::Set(elements) | Self::Tuple(elements) => Some(elements),
            _ => None,
        }
    }

    /// An attribute of a known object, or an element of a known map.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.members()?.get(name)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

/// What is known about an unknown value. Does not take part in equality.
#[derive(Clone, Debug, Default)]
pub struct Refinement {
    /// `Some(false)`: will not be null; `Some(true)`: will be.
    pub null: Option<bool>,
    /// How the string will begin.
    pub prefix: Option<String>,
    /// The number's lower bound, and whether it belongs to the range.
    pub lower: Option<(Number, bool)>,
    /// The number's upper bound, and whether it belongs to the range.
    pub upper: Option<(Number, bool)>,
    /// The least length of the collection.
    pub shortest: Option<u64>,
    /// The greatest length of the collection.
    pub longest: Option<u64>,
}

impl PartialEq for Refinement {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Refinement {}

impl PartialOrd for Refinement {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Refinement {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::tf::arbitrary::{any_type, any_value, config};

    fn typed(kind: Type, value: Value) -> Value {
        Value::Dynamic(Box::new((kind, value)))
    }

    #[test]
    fn sets_have_no_order_and_no_repetition() {
        let left = Value::set(vec!["b".into(), "a".into(), "b".into()]);
        let right = Value::set(vec!["a".into(), "b".into()]);
        assert_eq!(left, right);
        assert_eq!(left.elements().unwrap().len(), 2);
    }

    #[test]
    fn unknown_elements_of_a_set_all_stay() {
        let half_known = || Value::object([("a", Value::unknown()), ("b", 1.into())]);
        let set = Value::set(vec![
            Value::unknown(),
            half_known(),
            Value::unknown(),
            half_known(),
        ]);
        assert_eq!(set.elements().unwrap().len(), 4);
    }

    #[test]
    fn unknowns_are_equal_whatever_is_known_about_them() {
        let refined = Value::Unknown(Refinement {
            prefix: Some("x-".to_owned()),
            ..Refinement::default()
        });
        assert_eq!(refined, Value::unknown());
    }

    #[test]
    fn dynamic_value_answers_for_what_it_holds() {
        assert!(typed(Type::String, Value::Null).is_null());
        assert!(typed(Type::String, Value::unknown()).is_unknown());
        assert_eq!(typed(Type::String, "a".into()).as_str(), Some("a"));
        assert!(!typed(Type::Bool, true.into()).is_null());
        assert!(
            !typed(Type::list(Type::Bool), Value::List(vec![Value::unknown()])).is_wholly_known()
        );
    }

    #[test]
    fn value_is_wholly_known_when_nothing_within_is_unknown() {
        let known = Value::object([("a", Value::List(vec![Value::Null, 1.into()]))]);
        assert!(known.is_wholly_known());
        let hidden =
            Value::object([("a", Value::Map([("k".to_owned(), Value::unknown())].into()))]);
        assert!(!hidden.is_wholly_known());
        assert!(!hidden.is_unknown());
    }

    #[test]
    fn members_and_elements_are_found_only_where_there_are_some() {
        let object = Value::object([("a", Value::from("b"))]);
        assert_eq!(object.get("a").and_then(Value::as_str), Some("b"));
        assert_eq!(object.get("b"), None);
        assert_eq!(object.elements(), None);
        assert_eq!(Value::string("a").members(), None);
        assert_eq!(Value::Null.get("a"), None);
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn set_is_the_same_in_whatever_order_it_is_built(
            elements in any_type().prop_flat_map(|kind| vec(any_value(&kind), 0..6))
        ) {
            let mut reversed = elements.clone();
            reversed.reverse();
            let set = Value::set(elements);
            prop_assert_eq!(&Value::set(reversed), &set);
            prop_assert_eq!(&Value::set(set.elements().unwrap().to_vec()), &set);
        }
    }
}
