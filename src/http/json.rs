//! Reading JSON bodies, with the place of a fault as a path that people can find.
//!
//! The path is worked out from the place that the parser names, only once reading has failed. A deserializer that keeps track of its path
//! (`serde_path_to_error`) would be compiled once more for every type that is read.

use std::fmt::Write as _;

use serde::de::DeserializeOwned;

/// Why a body could not be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// `data[3].name`, where the text was JSON as far as that.
    pub at: Option<String>,
    /// What did not fit.
    pub reason: String,
}

/// Reads `body` as `T`; a byte order mark before it is skipped.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    serde_json::from_slice(body).map_err(|error| Fault {
        at: place(body, error.line(), error.column()),
        reason: error.to_string(),
    })
}

/// The JSON path of the value that ends at or spans the given place (lines from 1, columns in bytes).
fn place(body: &[u8], line: usize, column: usize) -> Option<String> {
    let line_start = match line {
        0 => return None,
        1 => 0,
        _ => {
            let newlines = body.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            newlines.map(|(index, _)| index).nth(line - 2)? + 1
        }
    };
    let end = line_start.saturating_add(column).min(body.len());
    let path = walk(body.get(..end)?);
    (!path.is_empty()).then_some(path)
}

/// One open object or array.
enum Level {
    Object { key: Option<String> },
    Array { index: usize },
}

/// The path at which reading `text`, the beginning of a JSON document, stopped.
fn walk(text: &[u8]) -> String {
    let mut levels: Vec<Level> = Vec::new();
    let mut string: Option<Vec<u8>> = None;
    let mut escaped = false;
    let mut last_string = Vec::new();
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        let is_last = bytes.peek().is_none();
        if let Some(open) = string.as_mut() {
            if byte == b'"' && !escaped {
                last_string = string.take().unwrap_or_default();
            } else {
                escaped = byte == b'\\' && !escaped;
                open.push(byte);
            }
            continue;
        }
        match byte {
            b'"' => string = Some(Vec::new()),
            b'{' => levels.push(Level::Object { key: None }),
            b'[' => levels.push(Level::Array { index: 0 }),
            // A fault that is found at the end of an object or array is that object's own, not its last member's.
            b'}' | b']' if is_last => match levels.last_mut() {
                Some(Level::Object { key }) => *key = None,
                Some(Level::Array { .. }) => drop(levels.pop()),
                None => {}
            },
            b'}' | b']' => drop(levels.pop()),
            b':' => {
                if let Some(Level::Object { key }) = levels.last_mut() {
                    *key = Some(String::from_utf8_lossy(&last_string).into_owned());
                }
            }
            b',' => match levels.last_mut() {
                Some(Level::Object { key }) => *key = None,
                Some(Level::Array { index }) => *index += 1,
                None => {}
            },
            _ => {}
        }
    }
    let mut path = String::new();
    for level in levels {
        match level {
            Level::Object { key: Some(key) } => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(&key);
            }
            Level::Object { key: None } => {}
            Level::Array { index } => {
                // Writing to a string cannot fail.
                write!(path, "[{index}]").unwrap_or_default();
            }
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its reading is tested")]
    struct Page {
        data: Vec<Item>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its reading is tested")]
    struct Item {
        name: String,
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its reading is tested")]
    struct Inner {
        count: u32,
    }

    fn at(body: &str) -> String {
        read::<Page>(body.as_bytes())
            .unwrap_err()
            .at
            .unwrap_or_default()
    }

    #[test]
    fn a_wrong_type_is_named_by_its_path() {
        assert_eq!(at(r#"{"data":[{"name":"a"},{"name":5}]}"#), "data[1].name");
        assert_eq!(
            at(
                "{\"data\": [\n {\"name\": \"a\", \"inner\": {\"x\": [1, 2],\n \"count\": \"}\"}}]}"
            ),
            "data[0].inner.count"
        );
        assert_eq!(at(r#"{"data":{}}"#), "data");
    }

    #[test]
    fn a_missing_field_is_named_by_its_object() {
        assert_eq!(
            at(r#"{"data":[{"name":"a"},{"inner":{"count":1}}]}"#),
            "data[1]"
        );
        assert_eq!(
            at(r#"{"data":[{"name":"a","inner":{"y":1}}]}"#),
            "data[0].inner"
        );
    }

    #[test]
    fn a_cut_body_is_a_fault_too() {
        let fault = read::<Page>(br#"{"data":[{"name":"a"},{"na"#).unwrap_err();
        assert!(fault.reason.contains("EOF"), "{}", fault.reason);
        assert_eq!(fault.at.as_deref(), Some("data[1]"));
        assert_eq!(read::<Page>(b"").unwrap_err().at, None);
    }

    #[test]
    fn a_byte_order_mark_is_skipped() {
        assert!(read::<Page>(b"\xEF\xBB\xBF{\"data\":[]}").is_ok());
    }

    proptest! {
        #[test]
        fn any_body_is_survived(body in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Err(fault) = read::<Page>(&body) {
                prop_assert!(!fault.reason.is_empty());
            }
        }
    }
}
