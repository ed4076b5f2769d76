//! Values as Terraform holds them: known, null or unknown, at any depth.

use std::{cmp::Ordering, collections::BTreeMap};

use serde_json::{Value as Json, json};

use super::{numbers::Number, types::Type};

/// An object's attributes or a map's elements.
pub type Members = BTreeMap<String, Value>;

/// Equality is Terraform's: sets have no order, numbers compare by value, and unknowns are equal whatever is known about them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    #[default]
    Null,
    Unknown(Refinement),
    Bool(bool),
    Number(Number),
    String(String),
    List(Vec<Value>),
    /// In an order of its own; made by [`Value::set`].
    Set(Vec<Value>),
    Tuple(Vec<Value>),
    Map(Members),
    Object(Members),
    /// In a place of dynamic type, with the type that it has.
    Dynamic(Box<(Type, Value)>),
}

/// What is known about an unknown value. Takes no part in equality.
#[derive(Clone, Debug, Default)]
pub struct Refinement {
    /// `Some(false)`: will not be null.
    pub null: Option<bool>,
    /// How the text will begin.
    pub prefix: Option<String>,
    /// The least number, and whether it may be this very number.
    pub lower: Option<(Number, bool)>,
    /// The greatest number, and whether it may be this very number.
    pub upper: Option<(Number, bool)>,
    /// The least length of the collection.
    pub shortest: Option<i64>,
    /// The greatest length of the collection.
    pub longest: Option<i64>,
}

impl Refinement {
    pub fn is_empty(&self) -> bool {
        self.null.is_none()
            && self.prefix.is_none()
            && self.lower.is_none()
            && self.upper.is_none()
            && self.shortest.is_none()
            && self.longest.is_none()
    }

    /// Whether a value keeps the promise.
    pub fn admits(&self, value: &Value) -> bool {
        if self.null.is_some_and(|null| null != value.is_null()) {
            return false;
        }
        let is_long_enough = |length: usize| {
            let length = i64::try_from(length).unwrap();
            self.shortest.is_none_or(|shortest| shortest <= length)
                && self.longest.is_none_or(|longest| length <= longest)
        };
        let is_within = |number: &Number, bound: &Option<(Number, bool)>, side: Ordering| {
            bound.as_ref().is_none_or(|(bound, inclusive)| {
                let order = number.cmp(bound);
                order == side || (*inclusive && order == Ordering::Equal)
            })
        };
        match value {
            Value::String(text) => self
                .prefix
                .as_ref()
                .is_none_or(|prefix| text.starts_with(prefix)),
            Value::Number(number) => {
                is_within(number, &self.lower, Ordering::Greater)
                    && is_within(number, &self.upper, Ordering::Less)
            }
            Value::List(elements) | Value::Set(elements) => is_long_enough(elements.len()),
            Value::Map(members) => is_long_enough(members.len()),
            _ => true,
        }
    }
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

impl Value {
    /// An unknown about which nothing is known.
    pub fn unknown() -> Self {
        Self::Unknown(Refinement::default())
    }

    /// Equal elements once. Unknown ones stay, as each may become another value.
    pub fn set(mut elements: Vec<Self>) -> Self {
        elements.sort();
        elements.dedup_by(|left, right| left == right && left.is_wholly_known());
        Self::Set(elements)
    }

    pub fn object<N: Into<String>>(attributes: impl IntoIterator<Item = (N, Self)>) -> Self {
        let attributes = attributes.into_iter();
        Self::Object(
            attributes
                .map(|(name, value)| (name.into(), value))
                .collect(),
        )
    }

    pub fn is_null(&self) -> bool {
        match self {
            Self::Dynamic(inner) => inner.1.is_null(),
            _ => matches!(self, Self::Null),
        }
    }

    /// Whether the value itself is unknown; its members may be even if it is not.
    pub fn is_unknown(&self) -> bool {
        match self {
            Self::Dynamic(inner) => inner.1.is_unknown(),
            _ => matches!(self, Self::Unknown(_)),
        }
    }

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

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn members(&self) -> Option<&Members> {
        match self {
            Self::Map(members) | Self::Object(members) => Some(members),
            _ => None,
        }
    }

    pub fn elements(&self) -> Option<&[Self]> {
        match self {
            Self::List(elements) | Self::Set(elements) | Self::Tuple(elements) => Some(elements),
            _ => None,
        }
    }

    /// An attribute of a known object, or an element of a known map.
    pub fn get(&self, name: &str) -> Option<&Self> {
        self.members()?.get(name)
    }

    /// What JSON says about a place of this type; attributes that are left out are null.
    pub fn from_json(json: &Json, kind: &Type) -> Self {
        let all = |elements: &[Json], kind: &Type| -> Vec<Self> {
            let elements = elements.iter();
            elements.map(|json| Self::from_json(json, kind)).collect()
        };
        match (kind, json) {
            (_, Json::Null) => Self::Null,
            (Type::String, Json::String(text)) => Self::String(text.clone()),
            (Type::Number, Json::Number(number)) => {
                Self::Number(number.to_string().parse().unwrap())
            }
            (Type::Bool, Json::Bool(value)) => Self::Bool(*value),
            (Type::List(element), Json::Array(elements)) => Self::List(all(elements, element)),
            (Type::Set(element), Json::Array(elements)) => Self::set(all(elements, element)),
            (Type::Tuple(kinds), Json::Array(elements)) => {
                assert_eq!(kinds.len(), elements.len(), "{json}");
                let elements = kinds.iter().zip(elements);
                Self::Tuple(
                    elements
                        .map(|(kind, json)| Self::from_json(json, kind))
                        .collect(),
                )
            }
            (Type::Map(element), Json::Object(members)) => {
                let members = members.iter();
                let members =
                    members.map(|(key, json)| (key.clone(), Self::from_json(json, element)));
                Self::Map(members.collect())
            }
            (Type::Object(attributes), Json::Object(members)) => {
                let stranger = members.keys().find(|name| !attributes.contains_key(*name));
                assert_eq!(stranger, None, "an unsupported attribute");
                let attributes = attributes.iter();
                Self::object(attributes.map(|(name, kind)| {
                    let json = members.get(name).unwrap_or(&Json::Null);
                    (name.clone(), Self::from_json(json, kind))
                }))
            }
            (Type::Dynamic, Json::Object(parts)) => {
                let kind = Type::from_json(&parts["type"]).unwrap();
                let value = Self::from_json(&parts["value"], &kind);
                Self::Dynamic(Box::new((kind, value)))
            }
            _ => panic!("{json} is no {kind:?}"),
        }
    }

    /// As it stands in a state file, which has no unknowns.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Unknown(_) => panic!("an unknown in a state"),
            Self::Bool(value) => json!(value),
            Self::Number(number) => serde_json::from_str(&number.to_string()).unwrap(),
            Self::String(text) => json!(text),
            Self::List(elements) | Self::Set(elements) | Self::Tuple(elements) => {
                elements.iter().map(Self::to_json).collect()
            }
            Self::Map(members) | Self::Object(members) => {
                let members = members.iter();
                members
                    .map(|(name, value)| (name.clone(), value.to_json()))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            }
            Self::Dynamic(inner) => {
                json!({ "type": inner.0.to_json(), "value": inner.1.to_json() })
            }
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}
