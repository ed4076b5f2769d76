//! State JSON as the host writes it, and what is refused.

use proptest::prelude::*;

use super::*;
use crate::tf::arbitrary::{any_known_value, any_type, config, mutated};

fn person() -> Type {
    Type::object([
        ("name", Type::String),
        ("age", Type::Number),
        ("tags", Type::map(Type::String)),
    ])
}

fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

#[test]
fn missing_attributes_are_null_and_undefined_ones_are_ignored() {
    let value = decode_json(br#" { "name" : "a", "gone": [1] } "#, &person()).unwrap();
    assert_eq!(
        value,
        Value::object([
            ("name", "a".into()),
            ("age", Value::Null),
            ("tags", Value::Null),
        ])
    );
}

#[test]
fn numbers_keep_every_digit() {
    for text in [
        "0.1",
        "12345678901234567890123",
        "0.1000000000000000055511151231257827021181583404541015625",
        "1e400",
        "-1.5E-400",
        "-0",
    ] {
        assert_eq!(
            decode_json(text.as_bytes(), &Type::Number),
            Ok(number(text)),
            "{text}"
        );
    }
    assert!(decode_json(b"1e999999999999", &Type::Number).is_err());
}

#[test]
fn dynamic_values_bring_their_type() {
    let value = decode_json(
        br#"{"value":["a",1],"type":["tuple",["string","number"]]}"#,
        &Type::Dynamic,
    );
    let kind = Type::Tuple(vec![Type::String, Type::Number]);
    let inner = Value::Tuple(vec!["a".into(), number("1")]);
    assert_eq!(value, Ok(Value::Dynamic(Box::new((kind, inner)))));
    assert_eq!(decode_json(b"null", &Type::Dynamic), Ok(Value::Null));
    assert!(decode_json(br#""a""#, &Type::Dynamic).is_err());
    assert!(decode_json(br#"{"value":"a"}"#, &Type::Dynamic).is_err());
    assert!(decode_json(br#"{"value":"a","type":"text"}"#, &Type::Dynamic).is_err());
}

#[test]
fn dynamic_written_within_dynamic_is_one_dynamic() {
    let nested = br#"{"value":{"value":"a","type":"string"},"type":"dynamic"}"#;
    let value = Value::Dynamic(Box::new((Type::String, "a".into())));
    assert_eq!(decode_json(nested, &Type::Dynamic), Ok(value));
}

#[test]
fn errors_name_the_place() {
    let kind = Type::object([("people", Type::list(person()))]);
    let error = decode_json(br#"{"people":[{},{"tags":{"k":1}}]}"#, &kind).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"people[1].tags["k"]: a string expected, a number found"#
    );

    let kind = Type::object([("people", Type::set(person()))]);
    let error = decode_json(br#"{"people":[{"age":true}]}"#, &kind).unwrap_err();
    assert_eq!(error.path.to_string(), "people");
    assert_eq!(error.message, "[0].age: a number expected, a bool found");
}

#[test]
fn what_is_not_the_type_is_refused() {
    let tuple = Type::Tuple(vec![Type::String]);
    for (text, kind) in [
        ("", Type::String),
        ("\"a\" \"b\"", Type::String),
        ("\"\\ud800\"", Type::String),
        ("1", Type::String),
        ("\"1\"", Type::Number),
        ("\"true\"", Type::Bool),
        ("{}", Type::list(Type::String)),
        ("[]", Type::map(Type::String)),
        ("[]", tuple.clone()),
        ("[\"a\",\"b\"]", tuple),
        ("[]", person()),
    ] {
        assert!(decode_json(text.as_bytes(), &kind).is_err(), "{text}");
    }
}

#[test]
fn hostile_depth_is_refused_not_followed() {
    let kind = (0..200).fold(Type::String, |kind, _| Type::list(kind));
    assert!(decode_json("[".repeat(100_000).as_bytes(), &kind).is_err());
    assert!(decode_json(&[b"[".repeat(180), b"]".repeat(180)].concat(), &kind).is_err());
}

#[test]
fn state_holds_neither_unknown_nor_infinity_nor_half_an_object() {
    let unknown = Value::List(vec![Value::unknown()]);
    let error = encode_json(&unknown, &Type::list(Type::String)).unwrap_err();
    assert_eq!(error.to_string(), "[0]: state cannot hold an unknown");

    let infinite = Value::Number(crate::tf::number::Number::PositiveInfinity);
    assert!(encode_json(&infinite, &Type::Number).is_err());

    let half = Value::object([("name", Value::Null)]);
    assert!(encode_json(&half, &person()).is_err());
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn wholly_known_values_survive_the_round_trip(
        (kind, value) in any_type().prop_flat_map(|kind| (Just(kind.clone()), any_known_value(&kind)))
    ) {
        let bytes = encode_json(&value, &kind).unwrap();
        prop_assert_eq!(decode_json(&bytes, &kind), Ok(value));
    }

    #[test]
    fn damaged_state_never_panics(
        (kind, bytes) in any_type().prop_flat_map(|kind| {
            let written = any_known_value(&kind).prop_map({
                let kind = kind.clone();
                move |value| encode_json(&value, &kind).unwrap()
            });
            (Just(kind), mutated(written))
        })
    ) {
        drop(decode_json(&bytes, &kind));
    }
}
