//! Texts that lead a request elsewhere wherever one is put into an address as it is.

use proptest::prelude::*;

/// A few parts of addresses, escapes of them, and anything else.
pub(crate) fn hostile() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("/".to_owned()),
        Just("\\".to_owned()),
        Just("?".to_owned()),
        Just("#".to_owned()),
        Just("&".to_owned()),
        Just("'".to_owned()),
        Just(".".to_owned()),
        Just("..".to_owned()),
        Just("%".to_owned()),
        Just("%2e%2E".to_owned()),
        Just("%2f".to_owned()),
        Just("\n".to_owned()),
        Just("\t".to_owned()),
        Just("\0".to_owned()),
        Just("@".to_owned()),
        Just(":".to_owned()),
        Just("name".to_owned()),
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

/// The same, often around an id that is as it should be.
pub(crate) fn hostile_around(id: &'static str) -> impl Strategy<Value = String> {
    let around = (hostile(), hostile()).prop_map(move |(before, after)| before + id + &after);
    prop_oneof![Just(id.to_owned()), hostile(), around]
}

/// The segments of an address's path, each as a server reads it.
pub(crate) fn segments(url: &url::Url) -> Vec<String> {
    let decode = |segment: &str| {
        percent_encoding::percent_decode_str(segment)
            .decode_utf8()
            .unwrap()
            .into_owned()
    };
    url.path_segments().unwrap().map(decode).collect()
}

/// What follows the question mark, as a server reads it.
pub(crate) fn pairs(url: &url::Url) -> Vec<(String, String)> {
    url.query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}
