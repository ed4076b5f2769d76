//! The client itself: it writes and reads values as Terraform does, and its rules find what they are there to find. The server is held to
//! the same bytes, so that neither codec is measured by itself alone.

use std::collections::BTreeMap;

use konnectazure::{
    tf::{number::Number as ServerNumber, value::Value as ServerValue},
    wire::{generated::schema::object::NestingMode, msgpack as server, type_json as server_types},
};
use serde_json::{Value as Json, json};

use crate::support::core::{
    Attribute, Refinement, Type, Value,
    msgpack::{decode, encode},
    rules::{Faults, outcome_faults, plan_faults, propose, state_faults},
};

/// A value's type, its bytes as Terraform writes them, and what they mean as JSON, where JSON can say it.
const WRITTEN: &[(&str, &[u8], Option<&str>)] = &[
    (r#""string""#, b"\xa4lamp", Some(r#""lamp""#)),
    (r#""string""#, b"\xc0", Some("null")),
    (r#""bool""#, b"\xc3", Some("true")),
    (r#""number""#, b"\x01", Some("1.0")),
    (r#""number""#, b"\x7f", Some("127")),
    (r#""number""#, b"\xcc\x80", Some("128")),
    (r#""number""#, b"\xcd\x01\x00", Some("256")),
    (r#""number""#, b"\xce\x00\x01\x00\x00", Some("65536")),
    (
        r#""number""#,
        b"\xcf\x7f\xff\xff\xff\xff\xff\xff\xff",
        Some("9223372036854775807"),
    ),
    (r#""number""#, b"\xff", Some("-1")),
    (r#""number""#, b"\xe0", Some("-32")),
    (r#""number""#, b"\xd0\xdf", Some("-33")),
    (r#""number""#, b"\xd1\xff\x7f", Some("-129")),
    (
        r#""number""#,
        b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00",
        Some("-9223372036854775808"),
    ),
    // A float where it is exact, a decimal text without an exponent otherwise.
    (
        r#""number""#,
        b"\xcb\x3f\xe0\x00\x00\x00\x00\x00\x00",
        Some("0.5"),
    ),
    (r#""number""#, b"\xa30.1", Some("0.10")),
    (r#""number""#, b"\xa90.0000001", Some("1e-7")),
    (
        r#""number""#,
        b"\xb418446744073709551615",
        Some("18446744073709551615"),
    ),
    (
        r#""number""#,
        b"\xbf1000000000000000000000000000000",
        Some("1e30"),
    ),
    (
        r#"["list","string"]"#,
        b"\x92\xa1b\xa1a",
        Some(r#"["b","a"]"#),
    ),
    (r#"["list","string"]"#, b"\x91\xc0", Some("[null]")),
    (
        r#"["set","string"]"#,
        b"\x92\xa1a\xa1b",
        Some(r#"["b","a"]"#),
    ),
    (
        r#"["map","bool"]"#,
        b"\x81\xa1k\xc2",
        Some(r#"{"k":false}"#),
    ),
    (
        r#"["object",{"a":"string","b":"number"}]"#,
        b"\x82\xa1a\xc0\xa1b\x02",
        Some(r#"{"b":2}"#),
    ),
    (
        r#"["tuple",["string","number"]]"#,
        b"\x92\xa1a\x02",
        Some(r#"["a",2]"#),
    ),
    (
        r#""dynamic""#,
        b"\x92\xc4\x08\"string\"\xa1a",
        Some(r#"{"type":"string","value":"a"}"#),
    ),
    (r#""string""#, b"\xd4\x00\x00", None),
    (r#"["list","string"]"#, b"\x92\xd4\x00\x00\xa1a", None),
    // Not null, and beginning with "x-".
    (r#""string""#, b"\xc7\x07\x0c\x82\x01\xc2\x02\xa2x-", None),
    // At least three elements, and at most five.
    (
        r#"["list","bool"]"#,
        b"\xc7\x05\x0c\x82\x05\x03\x06\x05",
        None,
    ),
    // Not null, and greater than a half.
    (
        r#""number""#,
        b"\xc7\x0f\x0c\x82\x01\xc2\x03\x92\xcb\x3f\xe0\x00\x00\x00\x00\x00\x00\xc2",
        None,
    ),
];

/// What the server understood, part by part: bytes that come back unchanged may have been misread on the way.
fn translated(value: &ServerValue) -> Value {
    let all = |elements: &[ServerValue]| elements.iter().map(translated).collect();
    let named = |members: &BTreeMap<String, ServerValue>| {
        let members = members.iter();
        members
            .map(|(name, member)| (name.clone(), translated(member)))
            .collect()
    };
    let bound = |bound: &Option<(ServerNumber, bool)>| {
        let (number, inclusive) = bound.as_ref()?;
        Some((number.to_string().parse().unwrap(), *inclusive))
    };
    let length = |length: Option<u64>| length.map(|length| i64::try_from(length).unwrap());
    match value {
        ServerValue::Null => Value::Null,
        ServerValue::Unknown(promise) => Value::Unknown(Refinement {
            null: promise.null,
            prefix: promise.prefix.clone(),
            lower: bound(&promise.lower),
            upper: bound(&promise.upper),
            shortest: length(promise.shortest),
            longest: length(promise.longest),
        }),
        ServerValue::Bool(value) => Value::Bool(*value),
        ServerValue::Number(number) => Value::Number(number.to_string().parse().unwrap()),
        ServerValue::String(text) => Value::String(text.clone()),
        ServerValue::List(elements) => Value::List(all(elements)),
        ServerValue::Set(elements) => Value::set(all(elements)),
        ServerValue::Tuple(elements) => Value::Tuple(all(elements)),
        ServerValue::Map(members) => Value::Map(named(members)),
        ServerValue::Object(members) => Value::Object(named(members)),
        ServerValue::Dynamic(inner) => {
            let kind = Type::parse(&server_types::write(&inner.0)).unwrap();
            Value::Dynamic(Box::new((kind, translated(&inner.1))))
        }
    }
}

#[test]
fn what_terraform_writes_comes_back_from_the_server_and_means_the_same() {
    for (kind, bytes, meaning) in WRITTEN {
        let case = format!("{kind} {bytes:x?}");
        let own = Type::parse(kind.as_bytes()).unwrap();
        let read = decode(bytes, &own).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(encode(&read, &own), *bytes, "{case}");
        if let Some(meaning) = meaning {
            let meaning: Json = serde_json::from_str(meaning).unwrap();
            assert_eq!(read, Value::from_json(&meaning, &own), "{case}");
        }
        let its = server_types::parse(kind.as_bytes()).unwrap();
        let read = server::decode(bytes, &its).unwrap();
        assert_eq!(encode(&translated(&read), &own), *bytes, "{case}: {read:?}");
        let answer = server::encode(&read, &its).unwrap();
        // Terraform reads more forms than it writes, so an answer may look different. What it means may not.
        let answer = decode(&answer, &own).unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(encode(&answer, &own), *bytes, "{case}");
    }
}

#[test]
fn promises_are_read_and_not_only_passed_on() {
    let promise = |kind: &str, bytes: &[u8]| {
        let read = decode(bytes, &Type::parse(kind.as_bytes()).unwrap()).unwrap();
        let Value::Unknown(promise) = read else {
            panic!("{read:?} is known");
        };
        promise
    };
    let text = promise(r#""string""#, b"\xc7\x07\x0c\x82\x01\xc2\x02\xa2x-");
    assert!(text.admits(&"x-1".into()));
    assert!(!text.admits(&"y-1".into()) && !text.admits(&Value::Null));
    let list = promise(r#"["list","bool"]"#, b"\xc7\x05\x0c\x82\x05\x03\x06\x05");
    let of = |length| Value::List(vec![true.into(); length]);
    assert!(list.admits(&of(3)) && list.admits(&of(5)));
    assert!(!list.admits(&of(2)) && !list.admits(&of(6)));
    // Between a half, which it is not, and two, which it may be.
    let bytes = b"\xc7\x11\x0c\x82\x03\x92\xcb\x3f\xe0\x00\x00\x00\x00\x00\x00\xc2\x04\x92\x02\xc3";
    let number = promise(r#""number""#, bytes);
    let number_of = |text: &str| Value::Number(text.parse().unwrap());
    assert!(number.admits(&number_of("0.51")) && number.admits(&2.into()));
    assert!(!number.admits(&number_of("0.5")) && !number.admits(&number_of("2.001")));
    assert!(!number.admits(&(-1).into()));
}

#[test]
fn what_terraform_reads_besides_is_read() {
    let cases: [(&str, &[u8], &str); 6] = [
        (r#""string""#, b"\xc4\x01a", r#""a""#),
        (r#""number""#, b"\xca\x3f\x00\x00\x00", "0.5"),
        (
            r#""number""#,
            b"\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a",
            "0.1",
        ),
        (r#""number""#, b"\xd3\xff\xff\xff\xff\xff\xff\xff\xff", "-1"),
        (r#""number""#, b"\xa40.10", "0.1"),
        (r#"["set","bool"]"#, b"\x92\xc3\xc3", "[true]"),
    ];
    for (kind, bytes, meaning) in cases {
        let kind = Type::parse(kind.as_bytes()).unwrap();
        let meaning: Json = serde_json::from_str(meaning).unwrap();
        let meaning = Value::from_json(&meaning, &kind);
        assert_eq!(decode(bytes, &kind), Ok(meaning), "{bytes:x?}");
    }
    for unknown in [&b"\xd4\x05\x07"[..], b"\xc7\x00\x05"] {
        assert!(decode(unknown, &Type::Bool).unwrap().is_unknown());
    }
}

#[test]
fn what_terraform_would_not_read_is_refused() {
    let cases: [(&str, &[u8]); 16] = [
        (r#""string""#, b""),
        (r#""string""#, b"\xa4lam"),
        (r#""string""#, b"\xa1aa"),
        (r#""string""#, b"\x01"),
        (r#""string""#, b"\xa1\xff"),
        (r#""bool""#, b"\x01"),
        (r#""number""#, b"\xa3one"),
        (r#""number""#, b"\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00"),
        (r#"["list","bool"]"#, b"\x80"),
        (r#"["tuple",["bool"]]"#, b"\x92\xc3\xc3"),
        (r#"["object",{"a":"bool","b":"bool"}]"#, b"\x81\xa1a\xc3"),
        (r#"["object",{"a":"bool"}]"#, b"\x82\xa1a\xc3\xa1b\xc3"),
        (r#"["object",{"a":"bool"}]"#, b"\x82\xa1a\xc3\xa1a\xc3"),
        (r#""dynamic""#, b"\xa1a"),
        (r#""string""#, b"\xc7\x02\x05\x80\x80"),
        // A refinement that says nothing.
        (r#""string""#, b"\xd5\x0c\x80\xc0"),
    ];
    for (kind, bytes) in cases {
        let kind = Type::parse(kind.as_bytes()).unwrap();
        let read = decode(bytes, &kind);
        assert!(read.is_err(), "{bytes:x?} was read as {read:?}");
    }
}

fn attribute(name: &str, kind: Type) -> Attribute {
    Attribute {
        name: name.to_owned(),
        kind,
        nested: None,
        optional: true,
        computed: false,
        write_only: false,
        sensitive: false,
    }
}

/// A name, an id that is computed, a place that may be, a secret, and parts with numbers of their own.
fn schema() -> Vec<Attribute> {
    let computed = |name: &str, optional| Attribute {
        optional,
        computed: true,
        ..attribute(name, Type::String)
    };
    let part = vec![attribute("label", Type::String), computed("serial", false)];
    let part_type = Type::object([("label", Type::String), ("serial", Type::String)]);
    let parts = |name: &str, nesting, kind| Attribute {
        nested: Some((nesting, part.clone())),
        ..attribute(name, kind)
    };
    vec![
        attribute("name", Type::String),
        computed("id", false),
        computed("place", true),
        Attribute {
            write_only: true,
            ..attribute("secret", Type::String)
        },
        parts("parts", NestingMode::List, Type::list(part_type.clone())),
        parts("spares", NestingMode::Set, Type::set(part_type)),
    ]
}

fn thing(written: &Json) -> Value {
    let attributes = schema().into_iter();
    let kind = Type::object(attributes.map(|attribute| (attribute.name, attribute.kind)));
    Value::from_json(written, &kind)
}

fn with(value: &Value, name: &str, member: Value) -> Value {
    let mut members = value.members().unwrap().clone();
    members.insert(name.to_owned(), member);
    Value::Object(members)
}

#[track_caller]
fn assert_found(faults: &Faults, expected: &str) {
    assert!(
        faults.iter().any(|fault| fault.contains(expected)),
        "{expected} is not in {faults:?}"
    );
}

#[test]
fn a_plan_that_is_none_of_the_configurations_is_found() {
    let schema = schema();
    let prior = thing(&json!({ "name": "Lamp", "id": "1", "place": "attic" }));
    let config = thing(&json!({
        "name": "lamp",
        "secret": "hidden",
        "parts": [{ "label": "bulb" }],
        "spares": [{ "label": "fuse" }],
    }));
    let good = thing(&json!({
        "name": "lamp",
        "id": "1",
        "place": "cellar",
        "parts": [{ "label": "bulb", "serial": "7" }],
        "spares": [{ "label": "fuse", "serial": "8" }],
    }));
    let faults = |planned: &Value| plan_faults(&schema, &prior, &config, planned);
    assert_eq!(faults(&good), [""; 0]);
    // What was there before may stay, whatever its spelling.
    assert_eq!(faults(&with(&good, "name", "Lamp".into())), [""; 0]);
    assert_eq!(faults(&with(&good, "id", Value::unknown())), [""; 0]);
    let part = |label: &str| thing(&json!({ "parts": [{ "label": label }] }));
    let two = thing(&json!({ "parts": [{ "label": "bulb" }, { "label": "wire" }] }));
    let parts = |value: &Value| value.get("parts").unwrap().clone();
    let cases = [
        (
            with(&good, "name", "LAMP".into()),
            ".name: planned value matches neither",
        ),
        (
            with(&good, "name", Value::unknown()),
            ".name: planned value matches neither",
        ),
        (
            with(&good, "secret", "hidden".into()),
            ".secret: returned a value",
        ),
        (
            with(&good, "parts", Value::Null),
            ".parts: planned for absence",
        ),
        (
            with(&good, "parts", Value::unknown()),
            ".parts: planned unknown",
        ),
        (with(&good, "parts", parts(&two)), ".parts: count in plan"),
        (
            with(&good, "parts", parts(&part("wire"))),
            ".parts[0].label: planned value",
        ),
        (
            with(&good, "spares", Value::set(Vec::new())),
            ".spares: count in plan",
        ),
        (Value::Null, "planned for absence"),
    ];
    for (planned, expected) in cases {
        assert_found(&faults(&planned), expected);
    }
    let nothing = thing(&json!({}));
    let uninvited = plan_faults(&schema, &Value::Null, &nothing, &part("bulb"));
    assert_found(&uninvited, ".parts: planned for existence");
    let uninvited = thing(&json!({ "name": "lamp" }));
    let uninvited = plan_faults(&schema, &Value::Null, &nothing, &uninvited);
    assert_found(&uninvited, ".name: planned value for a non-computed");
    assert_found(
        &plan_faults(&schema, &Value::Null, &Value::Null, &good),
        "planned for existence",
    );
}

#[test]
fn an_outcome_that_was_not_planned_is_found() {
    let planned = thing(&json!({ "name": "lamp", "parts": [{ "label": "bulb" }] }));
    let planned = with(&planned, "id", Value::unknown());
    let made = with(&planned, "id", "1".into());
    assert_eq!(outcome_faults(&planned, &made), [""; 0]);
    let none = Value::List(Vec::new());
    let cases = [
        (
            with(&made, "name", "chair".into()),
            ".name: an unexpected new value",
        ),
        (
            with(&made, "name", Value::Null),
            ".name: was present, but now null",
        ),
        (
            with(&made, "name", Value::unknown()),
            ".name: was known, but now unknown",
        ),
        (with(&made, "place", "attic".into()), ".place: was null"),
        (with(&made, "parts", none), ".parts: length changed"),
        (Value::Null, "was present, but now null"),
    ];
    for (actual, expected) in cases {
        assert_found(&outcome_faults(&planned, &actual), expected);
    }
    let half_known = Value::set(vec!["a".into(), Value::unknown()]);
    let set = |elements: &[&str]| Value::set(elements.iter().map(|text| (*text).into()).collect());
    assert_eq!(outcome_faults(&half_known, &set(&["a", "b"])), [""; 0]);
    assert_found(
        &outcome_faults(&half_known, &set(&["b", "c"])),
        "does not correlate",
    );
    assert_found(
        &outcome_faults(&half_known, &set(&["a", "b", "c"])),
        "length changed",
    );
    let kind = Type::String;
    let promised = decode(b"\xc7\x07\x0c\x82\x01\xc2\x02\xa2x-", &kind).unwrap();
    assert_found(
        &outcome_faults(&promised, &"y-1".into()),
        "does not conform",
    );
}

#[test]
fn a_state_that_is_none_is_found() {
    let schema = schema();
    let state = thing(&json!({ "name": "lamp", "id": "1" }));
    assert_eq!(state_faults(&schema, &state), [""; 0]);
    let unknown = with(&state, "id", Value::unknown());
    assert_found(&state_faults(&schema, &unknown), ".id: contains unknown");
    let leaked = with(&state, "secret", "hidden".into());
    assert_found(&state_faults(&schema, &leaked), ".secret: returned a value");
}

#[test]
fn what_is_computed_is_proposed_as_it_was() {
    let prior = thing(&json!({
        "name": "lamp",
        "id": "1",
        "place": "attic",
        "parts": [{ "label": "bulb", "serial": "7" }],
        "spares": [{ "label": "fuse", "serial": "8" }, { "label": "bulb", "serial": "9" }],
    }));
    let config = thing(&json!({
        "place": "cellar",
        "parts": [{ "label": "wire" }, { "label": "bulb" }],
        "spares": [{ "label": "bulb" }, { "label": "plug" }],
    }));
    let proposed = thing(&json!({
        "id": "1",
        "place": "cellar",
        "parts": [{ "label": "wire", "serial": "7" }, { "label": "bulb" }],
        "spares": [{ "label": "bulb", "serial": "9" }, { "label": "plug" }],
    }));
    assert_eq!(propose(&schema(), &prior, &config), proposed);
    assert_eq!(propose(&schema(), &Value::Null, &config), config);
}
