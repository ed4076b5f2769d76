//! Terraform's types.

use std::collections::BTreeMap;

/// The type of a value; its JSON form is in `wire::type_json`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// Unicode text.
    String,
    /// A decimal of any size.
    Number,
    /// True or false.
    Bool,
    /// Any type; each value carries its own.
    Dynamic,
    /// Ordered elements of one type.
    List(Box<Type>),
    /// Elements of one type without order or repetition.
    Set(Box<Type>),
    /// Elements of one type by name.
    Map(Box<Type>),
    /// Named attributes, each of its own type; every one is present.
    Object(BTreeMap<String, Type>),
    /// Ordered elements, each of its own type.
    Tuple(Vec<Type>),
}

impl Type {
    /// A list of `element`s.
    #[must_use]
    pub fn list(element: Self) -> Self {
        Self::List(Box::new(element))
    }

    /// A set of `element`s.
    #[must_use]
    pub fn set(element: Self) -> Self {
        Self::Set(Box::new(element))
    }

    /// A map of `element`s.
    #[must_use]
    pub fn map(element: Self) -> Self {
        Self::Map(Box::new(element))
    }

    /// An object of these attributes.
    pub fn object<N: Into<String>>(attributes: impl IntoIterator<Item = (N, Self)>) -> Self {
        Self::Object(
            attributes
                .into_iter()
                .map(|(name, kind)| (name.into(), kind))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_attributes_makes_no_difference() {
        let left = Type::object([("a", Type::String), ("b", Type::Bool)]);
        let right = Type::object([("b", Type::Bool), ("a", Type::String)]);
        assert_eq!(left, right);
        assert_ne!(left, Type::object([("a", Type::String)]));
    }

    #[test]
    fn order_of_tuple_elements_makes_a_difference() {
        let left = Type::Tuple(vec![Type::String, Type::Bool]);
        assert_ne!(left, Type::Tuple(vec![Type::Bool, Type::String]));
    }
}
