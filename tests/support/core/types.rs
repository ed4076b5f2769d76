//! Terraform's types, and their form as JSON.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    String,
    Number,
    Bool,
    /// Any type; each value carries its own.
    Dynamic,
    List(Box<Type>),
    Set(Box<Type>),
    Map(Box<Type>),
    Object(BTreeMap<String, Type>),
    Tuple(Vec<Type>),
}

impl Type {
    pub fn list(element: Self) -> Self {
        Self::List(Box::new(element))
    }

    pub fn set(element: Self) -> Self {
        Self::Set(Box::new(element))
    }

    pub fn map(element: Self) -> Self {
        Self::Map(Box::new(element))
    }

    pub fn object<N: Into<String>>(attributes: impl IntoIterator<Item = (N, Self)>) -> Self {
        let attributes = attributes.into_iter();
        Self::Object(attributes.map(|(name, kind)| (name.into(), kind)).collect())
    }

    /// As it stands in a schema.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let json: Json = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        Self::from_json(&json)
    }

    pub fn from_json(json: &Json) -> Result<Self, String> {
        let refused = || format!("{json} is no type");
        if let Some(name) = json.as_str() {
            return match name {
                "string" => Ok(Self::String),
                "number" => Ok(Self::Number),
                "bool" => Ok(Self::Bool),
                "dynamic" => Ok(Self::Dynamic),
                _ => Err(refused()),
            };
        }
        // Objects have a third part where attributes may be left out; no schema and no value may use it.
        let [name, of] = json.as_array().ok_or_else(refused)?.as_slice() else {
            return Err(refused());
        };
        match (name.as_str().ok_or_else(refused)?, of) {
            ("list", of) => Self::from_json(of).map(Self::list),
            ("set", of) => Self::from_json(of).map(Self::set),
            ("map", of) => Self::from_json(of).map(Self::map),
            ("tuple", Json::Array(elements)) => {
                let elements: Result<_, _> = elements.iter().map(Self::from_json).collect();
                elements.map(Self::Tuple)
            }
            ("object", Json::Object(attributes)) => {
                let attributes: Result<_, String> = attributes
                    .iter()
                    .map(|(name, kind)| Ok((name.clone(), Self::from_json(kind)?)))
                    .collect();
                attributes.map(Self::Object)
            }
            _ => Err(refused()),
        }
    }

    pub fn to_json(&self) -> Json {
        match self {
            Self::String => json!("string"),
            Self::Number => json!("number"),
            Self::Bool => json!("bool"),
            Self::Dynamic => json!("dynamic"),
            Self::List(element) => json!(["list", element.to_json()]),
            Self::Set(element) => json!(["set", element.to_json()]),
            Self::Map(element) => json!(["map", element.to_json()]),
            Self::Tuple(elements) => {
                json!([
                    "tuple",
                    elements.iter().map(Self::to_json).collect::<Vec<_>>()
                ])
            }
            Self::Object(attributes) => {
                let attributes = attributes.iter();
                let attributes: serde_json::Map<_, _> = attributes
                    .map(|(name, kind)| (name.clone(), kind.to_json()))
                    .collect();
                json!(["object", attributes])
            }
        }
    }
}
