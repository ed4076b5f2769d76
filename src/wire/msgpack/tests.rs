//! Bytes as seen from the host, and what is refused.

use proptest::prelude::*;

use super::*;
use crate::tf::arbitrary::{any_refinement, any_type, any_value, config, mutated};
use crate::tf::number::Number;
use crate::tf::types::Type;
use crate::tf::value::{Refinement, Value};

fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

/// A str of up to 31 bytes, or longer with a one-byte length.
fn text(content: &str) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap();
    let mut bytes = if length < 32 {
        vec![0xa0 | length]
    } else {
        vec![0xd9, length]
    };
    bytes.extend(content.as_bytes());
    bytes
}

fn bin(content: &str) -> Vec<u8> {
    let mut bytes = vec![0xc4, u8::try_from(content.len()).unwrap()];
    bytes.extend(content.as_bytes());
    bytes
}

#[test]
fn decimals_that_no_float_holds_travel_as_text() {
    for digits in [
        "0.1",
        "3.14159",
        "0.0000001",
        "1000000000000000000000000000000",
        "12345678901234567890123",
        "-0.3",
        "0.1000000000000000055511151231257827021181583404541015625",
    ] {
        assert_eq!(decode(&text(digits), &Type::Number), Ok(number(digits)));
        assert_eq!(encode(&number(digits), &Type::Number), Ok(text(digits)));
    }
}

#[test]
fn integers_travel_as_integers_and_exact_fractions_as_floats() {
    let half = [&[0xcb][..], &0.5_f64.to_be_bytes()].concat();
    let least = [&[0xd3][..], &i64::MIN.to_be_bytes()].concat();
    let most = [&[0xcf][..], &u64::MAX.to_be_bytes()].concat();
    let infinite = [&[0xcb][..], &f64::INFINITY.to_be_bytes()].concat();
    let cases = [
        (number("1.0"), vec![0x01]),
        (number("0"), vec![0x00]),
        (number("-1"), vec![0xff]),
        (number("-33"), vec![0xd0, 0xdf]),
        (number("200"), vec![0xcc, 200]),
        (number("0.5"), half),
        (number("-9223372036854775808"), least),
        (number("18446744073709551615"), most),
        (Value::Number(Number::PositiveInfinity), infinite),
    ];
    for (value, bytes) in cases {
        assert_eq!(decode(&bytes, &Type::Number), Ok(value.clone()));
        assert_eq!(encode(&value, &Type::Number), Ok(bytes));
    }
    assert_eq!(
        decode(&text("18446744073709551615"), &Type::Number),
        Ok(number("18446744073709551615"))
    );
}

#[test]
fn floats_mean_their_shortest_text_as_the_host_compares_them() {
    let double = [&[0xcb][..], &0.1_f64.to_be_bytes()].concat();
    assert_eq!(decode(&double, &Type::Number), Ok(number("0.1")));
    let single = [&[0xca][..], &0.1_f32.to_be_bytes()].concat();
    assert_ne!(decode(&single, &Type::Number), Ok(number("0.1")));
    let nan = [&[0xcb][..], &f64::NAN.to_be_bytes()].concat();
    assert!(decode(&nan, &Type::Number).is_err());
}

#[test]
fn null_is_nil_in_every_type() {
    for kind in [
        Type::String,
        Type::Dynamic,
        Type::list(Type::String),
        Type::object([("a", Type::Bool)]),
    ] {
        assert_eq!(decode(&[0xc0], &kind), Ok(Value::Null));
        assert_eq!(encode(&Value::Null, &kind), Ok(vec![0xc0]));
    }
}

#[test]
fn plain_unknown_is_three_bytes() {
    assert_eq!(
        encode(&Value::unknown(), &Type::Dynamic),
        Ok(vec![0xd4, 0x00, 0x00])
    );
}

#[test]
fn short_ext_of_any_code_is_unknown_and_long_one_only_with_code_12() {
    for bytes in [
        &[0xd4, 0x00, 0x00][..],
        &[0xd4, 0x05, 0x00],
        &[0xd4, 0x0c, 0x00],
        &[0xc7, 0x00, 0x07],
    ] {
        assert!(decode(bytes, &Type::String).unwrap().is_unknown());
    }
    assert!(decode(&[0xd5, 0x05, 0x81, 0x01], &Type::String).is_err());
}

#[test]
fn template_with_unknown_part_keeps_its_prefix() {
    // What the host sends for "x-${id}".
    let content = [&[0x82, 0x01, 0xc2, 0x02][..], &text("x-")].concat();
    let bytes = [&[0xc7, 0x07, 0x0c][..], &content].concat();
    let value = decode(&bytes, &Type::String).unwrap();
    let Value::Unknown(known) = &value else {
        panic!("{value:?} is not unknown");
    };
    assert_eq!(known.null, Some(false));
    assert_eq!(known.prefix.as_deref(), Some("x-"));
    assert_eq!(encode(&value, &Type::String), Ok(bytes));
}

#[test]
fn refinement_keys_of_later_hosts_are_passed_over() {
    let content = [
        0x83, 0x63, 0x92, 0x81, 0xa1, b'a', 0xcb, 0, 0, 0, 0, 0, 0, 0, 0, 0xc0, 0x05, 0x03, 0xff,
        0xd4, 0x01, 0x01,
    ];
    let bytes = [
        &[0xc7, u8::try_from(content.len()).unwrap(), 12][..],
        &content,
    ]
    .concat();
    let Ok(Value::Unknown(known)) = decode(&bytes, &Type::list(Type::String)) else {
        panic!("not read");
    };
    assert_eq!(known.shortest, Some(3));
    assert_eq!(known.null, None);
}

#[test]
fn damaged_refinements_are_refused() {
    for content in [
        &[0x81, 0x01][..],
        &[0x81, 0x01, 0x02],
        &[0x81, 0xa1, b'a', 0xc2],
        &[0x81, 0x03, 0x91, 0x01],
        &[0x81, 0x01, 0xc2, 0xc0],
        &[0x81, 0x63, 0xc1],
        &[0x01, 0x02],
    ] {
        let bytes = [
            &[0xc7, u8::try_from(content.len()).unwrap(), 12][..],
            content,
        ]
        .concat();
        assert!(decode(&bytes, &Type::String).is_err(), "{content:x?}");
    }
    let long = [&[0xc8, 0x04, 0x01, 12, 0x80][..], &[0; 1024]].concat();
    assert!(decode(&long, &Type::String).is_err());
}

#[test]
fn refinement_too_long_to_send_is_left_out() {
    let value = Value::Unknown(Refinement {
        prefix: Some("x".repeat(2000)),
        ..Refinement::default()
    });
    assert_eq!(encode(&value, &Type::String), Ok(vec![0xd4, 0x00, 0x00]));
    let value = Value::Unknown(Refinement {
        null: Some(false),
        prefix: Some("x".repeat(2000)),
        ..Refinement::default()
    });
    assert_eq!(
        encode(&value, &Type::String),
        Ok(vec![0xc7, 0x03, 0x0c, 0x81, 0x01, 0xc2])
    );
}

#[test]
fn dynamic_values_bring_their_type() {
    // What the host sends for the literal { k = [1, "a"] }.
    let bytes = [
        vec![0x92],
        bin(r#"["object",{"k":["tuple",["number","string"]]}]"#),
        vec![0x81],
        text("k"),
        vec![0x92, 0x01],
        text("a"),
    ]
    .concat();
    let kind = Type::object([("k", Type::Tuple(vec![Type::Number, Type::String]))]);
    let inner = Value::object([("k", Value::Tuple(vec![number("1"), "a".into()]))]);
    let value = Value::Dynamic(Box::new((kind, inner)));
    assert_eq!(decode(&bytes, &Type::Dynamic), Ok(value.clone()));
    assert_eq!(encode(&value, &Type::Dynamic), Ok(bytes));
}

#[test]
fn null_of_known_type_in_dynamic_place_keeps_the_type() {
    let bytes = [vec![0x92], bin(r#""string""#), vec![0xc0]].concat();
    let value = decode(&bytes, &Type::Dynamic).unwrap();
    assert!(value.is_null());
    assert_eq!(encode(&value, &Type::Dynamic), Ok(bytes));
}

#[test]
fn dynamic_within_dynamic_is_one_dynamic() {
    let typed = [vec![0x92], bin(r#""bool""#), vec![0xc3]].concat();
    let twice = [vec![0x92], bin(r#""dynamic""#), typed.clone()].concat();
    assert_eq!(
        decode(&twice, &Type::Dynamic),
        decode(&typed, &Type::Dynamic)
    );
}

#[test]
fn text_may_come_as_bin_but_must_be_utf_8() {
    assert_eq!(decode(&bin("a"), &Type::String), Ok("a".into()));
    assert!(decode(&[0xa1, 0xff], &Type::String).is_err());
    assert!(decode(&[0x01], &Type::String).is_err());
}

#[test]
fn sets_arrive_in_canonical_order_once() {
    let bytes = [vec![0x93], text("b"), text("a"), text("b")].concat();
    assert_eq!(
        decode(&bytes, &Type::set(Type::String)),
        Ok(Value::set(vec!["a".into(), "b".into()]))
    );
}

#[test]
fn objects_have_all_their_attributes_and_no_others() {
    let kind = Type::object([("a", Type::String), ("b", Type::String)]);
    let members = |names: &[&str]| {
        let mut bytes = vec![0x80 | u8::try_from(names.len()).unwrap()];
        for name in names {
            bytes.extend(text(name));
            bytes.push(0xc0);
        }
        bytes
    };
    assert!(decode(&members(&["b", "a"]), &kind).is_ok());
    for (names, message) in [
        (&["a"][..], r#"attribute "b" is missing"#),
        (&["a", "b", "c"], r#"unsupported attribute "c""#),
        (&["a", "a"], r#""a" occurs twice"#),
    ] {
        let error = decode(&members(names), &kind).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    let half = Value::object([("a", Value::Null)]);
    assert!(encode(&half, &kind).is_err());
    let more = Value::object(["a", "b", "c"].map(|name| (name, Value::Null)));
    assert!(encode(&more, &kind).is_err());
}

#[test]
fn errors_name_the_place_and_never_the_value() {
    let kind = Type::object([("rules", Type::list(Type::map(Type::Bool)))]);
    let bytes = [
        vec![0x81],
        text("rules"),
        vec![0x92, 0x80, 0x81],
        text("k"),
        text("secret"),
    ]
    .concat();
    let error = decode(&bytes, &kind).unwrap_err();
    assert_eq!(error.path.to_string(), r#"rules[1]["k"]"#);
    assert!(error.message.starts_with("a bool expected"), "{error}");
    assert!(!error.to_string().contains("secret"));

    let wrong = Value::object([("rules", Value::List(vec!["secret".into()]))]);
    assert_eq!(
        encode(&wrong, &kind).unwrap_err().to_string(),
        "rules[0]: a map expected, a string found"
    );
}

#[test]
fn errors_within_a_set_stop_at_the_set() {
    let kind = Type::object([("names", Type::set(Type::String))]);
    let bytes = [vec![0x81], text("names"), vec![0x91, 0x01]].concat();
    let error = decode(&bytes, &kind).unwrap_err();
    assert_eq!(error.path.to_string(), "names");
    assert!(
        error.message.starts_with("[0]: a string expected"),
        "{error}"
    );
}

#[test]
fn incomplete_and_surplus_bytes_are_refused() {
    for bytes in [
        &[][..],
        &[0xa5, b'a'],
        &[0xc1],
        &[0xc0, 0xc0],
        &[0xdb, 0xff, 0xff, 0xff, 0xff],
        &[0xc9, 0xff, 0xff, 0xff, 0xff, 0x0c],
        &[0xd4],
    ] {
        assert!(decode(bytes, &Type::String).is_err(), "{bytes:x?}");
    }
}

#[test]
fn lengths_that_cannot_be_true_are_refused_before_anything_is_allocated() {
    let list = [0xdd, 0xff, 0xff, 0xff, 0xff, 0xc0];
    assert!(decode(&list, &Type::list(Type::Bool)).is_err());
    let map = [0xdf, 0xff, 0xff, 0xff, 0xff, 0xa0];
    assert!(decode(&map, &Type::map(Type::Bool)).is_err());
}

#[test]
fn hostile_depth_is_refused_not_followed() {
    let level = [vec![0x92], bin(r#""dynamic""#)].concat();
    assert!(decode(&level.repeat(100_000), &Type::Dynamic).is_err());

    let level = [vec![0x92], bin(r#"["tuple",["dynamic"]]"#), vec![0x91]].concat();
    let nested = |levels: usize| [level.repeat(levels), vec![0xc0]].concat();
    assert!(decode(&nested(100_000), &Type::Dynamic).is_err());
    let value = decode(&nested(40), &Type::Dynamic).unwrap();
    assert_eq!(encode(&value, &Type::Dynamic), Ok(nested(40)));
}

#[test]
fn value_without_type_is_refused_in_a_dynamic_place() {
    assert!(encode(&"a".into(), &Type::Dynamic).is_err());
    assert!(decode(&text("a"), &Type::Dynamic).is_err());
}

fn typed_bytes() -> impl Strategy<Value = (Type, Vec<u8>)> {
    any_type().prop_flat_map(|kind| {
        let written = any_value(&kind).prop_map({
            let kind = kind.clone();
            move |value| encode(&value, &kind).unwrap()
        });
        (Just(kind), mutated(written))
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_value_survives_the_round_trip(
        (kind, value) in any_type().prop_flat_map(|kind| (Just(kind.clone()), any_value(&kind)))
    ) {
        let bytes = encode(&value, &kind).unwrap();
        let back = decode(&bytes, &kind).unwrap();
        prop_assert_eq!(&back, &value);
        // Equality passes over what is known about unknowns; the bytes do not.
        prop_assert_eq!(encode(&back, &kind).unwrap(), bytes);
    }

    #[test]
    fn any_refinement_survives_the_round_trip(refinement in any_refinement()) {
        let bytes = encode(&Value::Unknown(refinement.clone()), &Type::String).unwrap();
        let Value::Unknown(back) = decode(&bytes, &Type::String).unwrap() else {
            panic!("not unknown");
        };
        prop_assert_eq!(format!("{back:?}"), format!("{refinement:?}"));
    }

    #[test]
    fn damaged_bytes_never_panic((kind, bytes) in typed_bytes()) {
        drop(decode(&bytes, &kind));
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        kind in any_type(),
        bytes in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        drop(decode(&bytes, &kind));
    }
}
