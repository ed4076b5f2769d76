//! Two spellings of one value: which of them stays.
//!
//! A service often answers with another spelling than it was given (case, order, a prefix). The one that the user wrote stays in plan
//! and state as long as the attribute's [`Equivalence`](super::schema::Equivalence) calls both equal.

use super::schema::{Attribute, AttributeKind, Mode, Nesting};
use super::types::Type;
use super::value::{Members, Value};

/// Whether two values of an attribute mean the same. Unknowns mean only themselves.
#[must_use]
pub fn equivalent(attribute: &Attribute, left: &Value, right: &Value) -> bool {
    if left == right {
        return true;
    }
    if spelled_equally(attribute, left, right) {
        return true;
    }
    let AttributeKind::Nested(nesting, attributes) = &attribute.kind else {
        return false;
    };
    match (nesting, left, right) {
        (Nesting::Single, Value::Object(left), Value::Object(right)) => {
            members_equivalent(attributes, left, right)
        }
        (Nesting::List, Value::List(left), Value::List(right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right)
                    .all(|(left, right)| objects_equivalent(attributes, left, right))
        }
        (Nesting::Map, Value::Map(left), Value::Map(right)) => {
            left.keys().eq(right.keys())
                && left
                    .values()
                    .zip(right.values())
                    .all(|(left, right)| objects_equivalent(attributes, left, right))
        }
        (Nesting::Set, Value::Set(left), Value::Set(right)) => {
            let mut unmatched: Vec<&Value> = right.iter().collect();
            left.len() == right.len()
                && left.iter().all(|element| {
                    let found = unmatched
                        .iter()
                        .position(|other| objects_equivalent(attributes, element, other));
                    found.map(|index| unmatched.swap_remove(index)).is_some()
                })
        }
        _ => false,
    }
}

/// `value` with `reference`'s spelling wherever both mean the same.
#[must_use]
pub fn keep_spelling(attribute: &Attribute, value: Value, reference: &Value) -> Value {
    if equivalent(attribute, &value, reference) {
        return reference.clone();
    }
    let AttributeKind::Nested(nesting, attributes) = &attribute.kind else {
        return value;
    };
    match (nesting, value, reference) {
        (Nesting::Single, Value::Object(value), Value::Object(reference)) => {
            Value::Object(keep_members(attributes, value, reference))
        }
        (Nesting::List, Value::List(values), Value::List(references)) => Value::List(
            values
                .into_iter()
                .enumerate()
                .map(|(index, value)| keep_object(attributes, value, references.get(index)))
                .collect(),
        ),
        (Nesting::Map, Value::Map(values), Value::Map(references)) => Value::Map(
            values
                .into_iter()
                .map(|(key, value)| {
                    let reference = references.get(&key);
                    (key, keep_object(attributes, value, reference))
                })
                .collect(),
        ),
        (Nesting::Set, Value::Set(values), Value::Set(references)) => {
            // Each reference serves once, or two elements would melt into one.
            let mut unmatched: Vec<&Value> = references.iter().collect();
            Value::set(
                values
                    .into_iter()
                    .map(|value| {
                        unmatched
                            .iter()
                            .position(|reference| objects_equivalent(attributes, &value, reference))
                            .map_or(value, |index| unmatched.swap_remove(index).clone())
                    })
                    .collect(),
            )
        }
        (_, value, _) => value,
    }
}

/// An object's attributes with `reference`'s spelling wherever both mean the same.
#[must_use]
pub fn keep_members(attributes: &[Attribute], mut values: Members, reference: &Members) -> Members {
    for attribute in attributes {
        if let (Some(value), Some(reference)) = (
            values.get_mut(attribute.name),
            reference.get(attribute.name),
        ) {
            *value = keep_spelling(attribute, std::mem::take(value), reference);
        }
    }
    values
}

/// What a service calls empty, a user may call absent, and the other way round: `value` as `reference` has it.
///
/// Only attributes that nobody but the user fills: for a computed one, absent and empty differ.
#[must_use]
pub fn keep_absence(attribute: &Attribute, value: Value, reference: &Value) -> Value {
    let one_is_absent = value.is_null() != reference.is_null();
    let means_nothing = |value: &Value| value.is_null() || is_empty_collection(value);
    if attribute.mode == Mode::Optional
        && is_collection(&attribute.kind)
        && one_is_absent
        && means_nothing(&value)
        && means_nothing(reference)
    {
        reference.clone()
    } else {
        value
    }
}

fn is_collection(kind: &AttributeKind) -> bool {
    match kind {
        AttributeKind::Type(kind) => {
            matches!(kind, Type::List(_) | Type::Set(_) | Type::Map(_))
        }
        AttributeKind::Nested(nesting, _) => *nesting != Nesting::Single,
    }
}

fn is_empty_collection(value: &Value) -> bool {
    match value {
        Value::List(elements) | Value::Set(elements) => elements.is_empty(),
        Value::Map(members) => members.is_empty(),
        _ => false,
    }
}

fn spelled_equally(attribute: &Attribute, left: &Value, right: &Value) -> bool {
    let comparable = |value: &Value| !value.is_null() && value.is_wholly_known();
    attribute.equivalence.is_some_and(|equivalence| {
        comparable(left) && comparable(right) && equivalence(left, right)
    })
}

fn members_equivalent(attributes: &[Attribute], left: &Members, right: &Members) -> bool {
    attributes.iter().all(
        |attribute| match (left.get(attribute.name), right.get(attribute.name)) {
            (Some(left), Some(right)) => equivalent(attribute, left, right),
            (None, None) => true,
            _ => false,
        },
    )
}

fn objects_equivalent(attributes: &[Attribute], left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => members_equivalent(attributes, left, right),
        _ => left == right,
    }
}

fn keep_object(attributes: &[Attribute], value: Value, reference: Option<&Value>) -> Value {
    match (value, reference) {
        (Value::Object(value), Some(Value::Object(reference))) => {
            Value::Object(keep_members(attributes, value, reference))
        }
        (value, _) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignoring_case(left: &Value, right: &Value) -> bool {
        match (left.as_str(), right.as_str()) {
            (Some(left), Some(right)) => left.eq_ignore_ascii_case(right),
            _ => false,
        }
    }

    fn id() -> Attribute {
        Attribute::required("id", Type::String).equivalent(ignoring_case)
    }

    fn nested(nesting: Nesting) -> Attribute {
        let attributes = vec![id(), Attribute::optional("note", Type::String)];
        Attribute::required("items", AttributeKind::Nested(nesting, attributes))
    }

    fn item(id: &str, note: &str) -> Value {
        Value::object([("id", id.into()), ("note", note.into())])
    }

    #[test]
    fn the_references_spelling_stays() {
        assert_eq!(
            keep_spelling(&id(), "ABC".into(), &"abc".into()),
            "abc".into()
        );
        assert_eq!(
            keep_spelling(&id(), "ABD".into(), &"abc".into()),
            "ABD".into()
        );
    }

    #[test]
    fn null_and_unknown_are_no_spellings() {
        for odd in [Value::Null, Value::unknown()] {
            assert_eq!(keep_spelling(&id(), odd.clone(), &"abc".into()), odd);
            assert_eq!(keep_spelling(&id(), "abc".into(), &odd), "abc".into());
        }
    }

    #[test]
    fn members_of_lists_and_maps_keep_their_spelling_each() {
        let kept = keep_spelling(
            &nested(Nesting::List),
            Value::List(vec![item("A", "new"), item("B", "old")]),
            &Value::List(vec![item("a", "old"), item("b", "old")]),
        );
        assert_eq!(kept, Value::List(vec![item("a", "new"), item("b", "old")]));

        let map = |value| Value::Map([("key".to_owned(), value)].into());
        let kept = keep_spelling(
            &nested(Nesting::Map),
            map(item("A", "new")),
            &map(item("a", "old")),
        );
        assert_eq!(kept, map(item("a", "new")));
    }

    #[test]
    fn elements_of_sets_are_found_by_meaning() {
        let kept = keep_spelling(
            &nested(Nesting::Set),
            Value::set(vec![item("B", "1"), item("A", "1"), item("C", "1")]),
            &Value::set(vec![item("a", "1"), item("b", "2")]),
        );
        assert_eq!(
            kept,
            Value::set(vec![item("a", "1"), item("B", "1"), item("C", "1")])
        );
    }

    #[test]
    fn two_elements_do_not_share_one_counterpart() {
        let twice = Value::set(vec![item("a", "1"), item("A", "1")]);
        let different = Value::set(vec![item("a", "1"), item("b", "1")]);
        assert!(!equivalent(&nested(Nesting::Set), &twice, &different));
    }

    #[test]
    fn empty_and_absent_are_one_where_only_the_user_writes() {
        let optional = Attribute::optional("tags", Type::set(Type::String));
        assert_eq!(
            keep_absence(&optional, Value::set(vec![]), &Value::Null),
            Value::Null
        );
        assert_eq!(
            keep_absence(&optional, Value::Null, &Value::set(vec![])),
            Value::set(vec![])
        );
        let full = Value::set(vec!["a".into()]);
        assert_eq!(keep_absence(&optional, full.clone(), &Value::Null), full);
        let computed = Attribute::optional_computed("tags", Type::set(Type::String));
        assert_eq!(
            keep_absence(&computed, Value::set(vec![]), &Value::Null),
            Value::set(vec![])
        );
    }
}
