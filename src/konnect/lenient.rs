//! Reading what a service sends when it does not quite keep to its schema.

use std::net::IpAddr;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// `null` as the default, together with `#[serde(default)]` for what is absent.
pub(super) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A whole number, written `10` or `10.0`; `null` is zero.
pub(super) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    match Option::<serde_json::Number>::deserialize(deserializer)? {
        None => Ok(0),
        Some(number) => whole(&number)
            .ok_or_else(|| D::Error::custom(format!("{number} is not a whole number"))),
    }
}

/// A whole number that may be absent; anything else counts as absent.
pub(super) fn maybe_integer<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<i64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Number(number) => whole(&number),
        _ => None,
    })
}

/// A domain name as DNS compares it.
pub(super) fn folded_domain(domain: &str) -> String {
    domain.trim_end_matches('.').to_ascii_lowercase()
}

/// An address in its one canonical spelling; other text as it is.
pub(super) fn folded_address(text: &str) -> String {
    text.parse::<IpAddr>()
        .map_or_else(|_| text.to_owned(), |address| address.to_string())
}

/// What can be read as a `T`; anything else counts as absent.
pub(super) fn readable<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

fn whole(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let number = number.as_f64()?;
        // Beyond 2^53 a float no longer names one whole number.
        let is_exact = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        is_exact.then_some(number as i64)
    })
}

/// The member `name` of an object as a `T`; the default when it is absent, `null` or of another type.
pub(super) fn member<T: Default + DeserializeOwned>(object: &Value, name: &str) -> T {
    let value = object.get(name).filter(|value| !value.is_null()).cloned();
    value
        .and_then(|value| serde_json::from_value(value).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Sample {
        #[serde(default, deserialize_with = "integer")]
        count: i64,
        #[serde(default, deserialize_with = "or_default")]
        text: String,
    }

    #[test]
    fn numbers_are_read_however_they_are_written() {
        for (text, count) in [
            ("{}", 0),
            (r#"{"count":null}"#, 0),
            (r#"{"count":10}"#, 10),
            (r#"{"count":10.0}"#, 10),
            (r#"{"count":1e2}"#, 100),
        ] {
            assert_eq!(serde_json::from_str::<Sample>(text).unwrap().count, count);
        }
        for bad in [r#"{"count":1.5}"#, r#"{"count":1e300}"#, r#"{"count":"1"}"#] {
            assert!(serde_json::from_str::<Sample>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn null_and_absent_are_the_same() {
        for text in ["{}", r#"{"text":null}"#] {
            assert_eq!(serde_json::from_str::<Sample>(text).unwrap().text, "");
        }
    }
}
