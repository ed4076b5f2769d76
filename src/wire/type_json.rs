//! Types as JSON: `"string"`, `["list","number"]`, `["object",{"name":"string"}]`.

use serde_json::Value as Json;

use crate::tf::types::Type;

/// JSON that is not a type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a type: {0}")]
pub struct NotAType(String);

/// Reads a type. An object's optional third element, which lists optional attributes, says nothing about values and is dropped.
///
/// # Errors
/// If the bytes are not JSON, not a type, or nested more deeply than any type that is meant (128 levels of JSON).
pub fn parse(bytes: &[u8]) -> Result<Type, NotAType> {
    let json: Json = serde_json::from_slice(bytes)
        .map_err(|error| NotAType(format!("invalid JSON ({error})")))?;
    from_json(&json)
}

/// Writes a type; attributes are in name order, so equal types give equal bytes.
#[must_use]
pub fn write(kind: &Type) -> Vec<u8> {
    match kind {
        // Most are, and are spared the way over a tree.
        Type::String => br#""string""#.to_vec(),
        Type::Number => br#""number""#.to_vec(),
        Type::Bool => br#""bool""#.to_vec(),
        _ => to_json(kind).to_string().into_bytes(),
    }
}

/// The type that parsed JSON stands for.
///
/// # Errors
/// If it stands for none.
pub fn from_json(json: &Json) -> Result<Type, NotAType> {
    let refuse = || NotAType(json.to_string().chars().take(80).collect());
    match json {
        Json::String(name) => match name.as_str() {
            "string" => Ok(Type::String),
            "number" => Ok(Type::Number),
            "bool" => Ok(Type::Bool),
            "dynamic" => Ok(Type::Dynamic),
            _ => Err(refuse()),
        },
        Json::Array(parts) => {
            let [Json::String(name), argument, rest @ ..] = parts.as_slice() else {
                return Err(refuse());
            };
            match (name.as_str(), argument, rest) {
                ("list", element, []) => from_json(element).map(Type::list),
                ("set", element, []) => from_json(element).map(Type::set),
                ("map", element, []) => from_json(element).map(Type::map),
                ("tuple", Json::Array(elements), []) => elements
                    .iter()
                    .map(from_json)
                    .collect::<Result<_, _>>()
                    .map(Type::Tuple),
                ("object", Json::Object(attributes), [] | [Json::Array(_)]) => attributes
                    .iter()
                    .map(|(name, kind)| Ok((name.clone(), from_json(kind)?)))
                    .collect::<Result<_, _>>()
                    .map(Type::Object),
                _ => Err(refuse()),
            }
        }
        _ => Err(refuse()),
    }
}

/// The type as JSON.
#[must_use]
pub fn to_json(kind: &Type) -> Json {
    let of = |name: &str, argument: Json| Json::Array(vec![name.into(), argument]);
    match kind {
        Type::String => "string".into(),
        Type::Number => "number".into(),
        Type::Bool => "bool".into(),
        Type::Dynamic => "dynamic".into(),
        Type::List(element) => of("list", to_json(element)),
        Type::Set(element) => of("set", to_json(element)),
        Type::Map(element) => of("map", to_json(element)),
        Type::Tuple(elements) => of("tuple", elements.iter().map(to_json).collect()),
        Type::Object(attributes) => of(
            "object",
            Json::Object(
                attributes
                    .iter()
                    .map(|(name, kind)| (name.clone(), to_json(kind)))
                    .collect(),
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tf::arbitrary::{any_type, config};

    #[test]
    fn every_kind_of_type_has_its_text() {
        let cases = [
            (r#""string""#, Type::String),
            (r#""number""#, Type::Number),
            (r#""bool""#, Type::Bool),
            (r#""dynamic""#, Type::Dynamic),
            (r#"["list","string"]"#, Type::list(Type::String)),
            (r#"["set","number"]"#, Type::set(Type::Number)),
            (
                r#"["map",["list","bool"]]"#,
                Type::map(Type::list(Type::Bool)),
            ),
            (
                r#"["tuple",["string","number"]]"#,
                Type::Tuple(vec![Type::String, Type::Number]),
            ),
            (r#"["tuple",[]]"#, Type::Tuple(Vec::new())),
            (
                r#"["object",{"a":"dynamic","b":"string"}]"#,
                Type::object([("b", Type::String), ("a", Type::Dynamic)]),
            ),
        ];
        for (text, kind) in cases {
            assert_eq!(String::from_utf8(write(&kind)).unwrap(), text);
            assert_eq!(parse(text.as_bytes()).unwrap(), kind);
        }
    }

    #[test]
    fn list_of_optional_attributes_is_dropped() {
        assert_eq!(
            parse(br#"["object",{"a":"string"},["a"]]"#).unwrap(),
            Type::object([("a", Type::String)]),
        );
    }

    #[test]
    fn what_is_not_a_type_is_refused() {
        for text in [
            "",
            "null",
            "1",
            "{}",
            "[]",
            r#""text""#,
            r#"["list"]"#,
            r#"["list","string","string"]"#,
            r#"["list",["string"]]"#,
            r#"["object",["string"]]"#,
            r#"["object",{"a":1}]"#,
            r#"["object",{},{}]"#,
            r#"["tuple","string"]"#,
            r#"["string"]"#,
            r#""string" "string""#,
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn hostile_depth_is_refused_not_followed() {
        let text = r#"["list","#.repeat(100_000);
        assert!(parse(text.as_bytes()).is_err());
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn any_type_survives_the_round_trip(kind in any_type()) {
            prop_assert_eq!(parse(&write(&kind)), Ok(kind));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            drop(parse(&bytes));
        }
    }
}
