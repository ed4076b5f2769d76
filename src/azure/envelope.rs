//! Reads the bodies with which Resource Manager, Graph and Entra say no.
//!
//! The documented shape is `{"error":{"code","message","details":[…]}}`; seen besides it: the same without `error`, a
//! byte order mark before it, `null` for any part, an error written as JSON text inside the message, Entra's
//! `{"error":"…","error_description":"…"}`, an HTML page of a gateway, and nothing at all. None of them may hide the code.

use http::HeaderMap;
use serde_json::{Map, Value};

use crate::http::{FieldFault, RefusalParts};

/// How deep an error inside an error's text is followed.
const NESTING_LIMIT: u8 = 4;
/// How much of a body that is no JSON is shown.
const EXCERPT_CHARACTERS: usize = 300;

/// Headers that name an exchange, with the words used for them. Resource Manager sends the first two, Graph the others.
pub(super) const TRACE_HEADERS: &[(&str, &str)] = &[
    ("x-ms-correlation-request-id", "correlation id"),
    ("x-ms-request-id", "request id"),
    ("request-id", "request id"),
    ("client-request-id", "client request id"),
];

/// What a refusal's body says; the headers are read by [`TRACE_HEADERS`].
pub(super) fn read_refusal(_status: u16, _headers: &HeaderMap, body: &[u8]) -> RefusalParts {
    let Fault {
        code,
        message,
        fields,
        trace,
    } = Fault::read(body);
    RefusalParts {
        code,
        message,
        trace,
        fields,
    }
}

/// An error body, read as far as it could be.
#[derive(Debug, Default)]
pub(super) struct Fault {
    pub(super) code: Option<String>,
    /// Empty when the body says nothing.
    pub(super) message: String,
    pub(super) fields: Vec<FieldFault>,
    pub(super) trace: Vec<(String, String)>,
}

impl Fault {
    pub(super) fn read(body: &[u8]) -> Self {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => Self::from_value(&value, NESTING_LIMIT),
            Err(_) => Self {
                message: excerpt(&String::from_utf8_lossy(body)),
                ..Self::default()
            },
        }
    }

    fn from_value(value: &Value, nesting: u8) -> Self {
        match value {
            Value::Object(object) => Self::from_object(object, nesting),
            Value::String(text) => Self {
                message: one_line(text),
                ..Self::default()
            },
            // Some gateways send a list of errors; the first one is the cause.
            Value::Array(items) => items
                .first()
                .map(|first| Self::from_value(first, nesting))
                .unwrap_or_default(),
            _ => Self::default(),
        }
    }

    fn from_object(object: &Map<String, Value>, nesting: u8) -> Self {
        for wrapper in ["error", "odata.error"] {
            if let Some(Value::Object(inner)) = object.get(wrapper) {
                return Self::from_object(inner, nesting);
            }
        }
        // Entra: the code is the text of `error`.
        let code = text(object, "code").or_else(|| text(object, "error"));
        let message = text(object, "message")
            .or_else(|| text(object, "error_description"))
            .or_else(|| match object.get("message") {
                // Old Graph: {"lang": "en", "value": "…"}.
                Some(Value::Object(message)) => text(message, "value"),
                _ => None,
            })
            .unwrap_or_default();
        let trace = trace_in(object);
        if let Some(inner) = written_in(&message, nesting) {
            return Self {
                code: inner.code.or(code),
                trace: if inner.trace.is_empty() {
                    trace
                } else {
                    inner.trace
                },
                ..inner
            };
        }
        let mut fault = Self {
            code,
            message: one_line(&message),
            fields: Vec::new(),
            trace,
        };
        if let Some(Value::Array(details)) = object.get("details") {
            for detail in details {
                fault.add_detail(detail, nesting);
            }
        }
        fault
    }

    /// A detail either names what it is about, or only says more.
    fn add_detail(&mut self, detail: &Value, nesting: u8) {
        if nesting == 0 {
            return;
        }
        let inner = Self::from_value(detail, nesting - 1);
        let target = match detail {
            Value::Object(object) => text(object, "target"),
            _ => None,
        };
        if let Some(field) = target {
            self.fields.push(FieldFault {
                field,
                rule: inner.code,
                reason: inner.message,
            });
        } else if !inner.message.is_empty() && !self.message.contains(&inner.message) {
            if !self.message.is_empty() {
                self.message.push(' ');
            }
            self.message.push_str(&inner.message);
        }
        self.fields.extend(inner.fields);
    }
}

/// The error that a message holds as JSON text, if it does.
fn written_in(message: &str, nesting: u8) -> Option<Fault> {
    let text = message.trim();
    if nesting == 0 || !text.starts_with('{') {
        return None;
    }
    let value: Value = serde_json::from_str(text).ok()?;
    let fault = Fault::from_value(&value, nesting - 1);
    (fault.code.is_some() || !fault.message.is_empty()).then_some(fault)
}

fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    match object.get(key)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn trace_in(object: &Map<String, Value>) -> Vec<(String, String)> {
    let mut trace = Vec::new();
    for wrapper in ["innerError", "innererror"] {
        if let Some(Value::Object(inner)) = object.get(wrapper) {
            for (key, label) in [
                ("request-id", "request id"),
                ("client-request-id", "client request id"),
            ] {
                trace.extend(text(inner, key).map(|id| (label.to_owned(), id)));
            }
        }
    }
    for (key, label) in [
        ("trace_id", "trace id"),
        ("correlation_id", "correlation id"),
    ] {
        trace.extend(text(object, key).map(|id| (label.to_owned(), id)));
    }
    trace
}

/// Line breaks and runs of blanks become one blank.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The readable part of a body that is no JSON: of a page its text without tags, scripts and styles.
pub(super) fn excerpt(text: &str) -> String {
    let plain = if text.trim_start().starts_with('<') {
        without_tags(text)
    } else {
        text.to_owned()
    };
    let line = one_line(&plain);
    let mut shown: String = line.chars().take(EXCERPT_CHARACTERS).collect();
    if shown.len() < line.len() {
        shown.push('…');
    }
    shown
}

fn without_tags(page: &str) -> String {
    let mut plain = String::new();
    let mut rest = page;
    while let Some((before, tag_onwards)) = rest.split_once('<') {
        plain.push_str(before);
        plain.push(' ');
        let lower = tag_onwards
            .get(..6)
            .unwrap_or_default()
            .to_ascii_lowercase();
        let closing = if lower.starts_with("style") {
            "</style>"
        } else if lower.starts_with("script") {
            "</script>"
        } else {
            ">"
        };
        rest = match tag_onwards.split_once(closing) {
            Some((_, after)) => after,
            None => "",
        };
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(body: &str) -> (Option<String>, String) {
        let fault = Fault::read(body.as_bytes());
        (fault.code, fault.message)
    }

    #[test]
    fn every_shape_of_an_error_body_gives_code_and_message() {
        let expected = (
            Some("AuthorizationFailed".to_owned()),
            "No \"right\" here.".to_owned(),
        );
        for body in [
            r#"{"error":{"code":"AuthorizationFailed","message":"No \"right\"\r\n here."}}"#,
            r#"{"error":{"code":"AuthorizationFailed","message":"No \"right\" here.","details":null,"target":null}}"#,
            r#"{"code":"AuthorizationFailed","message":"No \"right\" here."}"#,
            r#"{"id":"/x","status":"Failed","error":{"code":"AuthorizationFailed","message":"No \"right\" here."}}"#,
            "\u{feff}{\"error\":{\"code\":\"AuthorizationFailed\",\"message\":\"No \\\"right\\\" here.\"}}",
            r#"{"odata.error":{"code":"AuthorizationFailed","message":{"lang":"en","value":"No \"right\" here."}}}"#,
            r#"{"error":{"code":"BadRequest","message":"{\"error\":{\"code\":\"AuthorizationFailed\",\"message\":\"No \\\"right\\\" here.\"}}"}}"#,
            r#"{"error":{"code":"AuthorizationFailed","message":"{\"message\":\"No \\\"right\\\" here.\"}"}}"#,
            r#"[{"error":{"code":"AuthorizationFailed","message":"No \"right\" here."}}]"#,
            r#"{"error":"AuthorizationFailed","error_description":"No \"right\" here.","error_codes":[7]}"#,
        ] {
            assert_eq!(read(body), expected, "{body}");
        }
    }

    #[test]
    fn what_is_no_error_body_keeps_its_text() {
        assert_eq!(read(""), (None, String::new()));
        assert_eq!(read("null"), (None, String::new()));
        assert_eq!(
            read("upstream\nconnect error"),
            (None, "upstream connect error".to_owned())
        );
        assert_eq!(
            read(
                "<html><head><style>p { color: red }</style><title>502 Bad Gateway</title></head><body><p>nginx</p></body></html>"
            ),
            (None, "502 Bad Gateway nginx".to_owned())
        );
        assert_eq!(read("<unclosed"), (None, String::new()));
        let long = "x".repeat(10_000);
        assert!(read(&long).1.chars().count() <= EXCERPT_CHARACTERS + 1);
        // A message that only looks like JSON stays a message.
        assert_eq!(
            read(r#"{"message":"{not json"}"#),
            (None, "{not json".to_owned())
        );
    }

    #[test]
    fn details_say_more_or_name_a_field() {
        let fault = Fault::read(
            br#"{"error":{"code":"InvalidRequest","message":"Two things.","details":[
                {"code":"TooLong","target":"properties.roleName","message":"At most 512."},
                {"code":"Other","message":"Also this."},
                {"code":"Other","message":"Two things."}, null]}}"#,
        );
        assert_eq!(fault.message, "Two things. Also this.");
        assert_eq!(
            fault.fields,
            [FieldFault {
                field: "properties.roleName".into(),
                rule: Some("TooLong".into()),
                reason: "At most 512.".into()
            }]
        );
    }

    #[test]
    fn ids_are_read_from_the_body_too() {
        let body = br#"{"error":{"code":"Authorization_RequestDenied","message":"No.","innerError":
            {"date":"2025-01-01T00:00:00","request-id":"r-body","client-request-id":"c-body"}}}"#;
        assert_eq!(
            read_refusal(403, &HeaderMap::new(), body).trace,
            [
                ("request id".to_owned(), "r-body".to_owned()),
                ("client request id".to_owned(), "c-body".to_owned())
            ]
        );
    }

    proptest! {
        #[test]
        fn no_body_makes_the_reader_panic(body in proptest::collection::vec(any::<u8>(), 0..200), tags in "[<>/a-z{}\":é ]{0,80}") {
            drop(Fault::read(&body));
            drop(Fault::read(tags.as_bytes()));
        }
    }

    #[test]
    fn deep_nesting_ends() {
        let mut body = r#"{"code":"Deep"}"#.to_owned();
        for _ in 0..40 {
            body = serde_json::json!({ "message": body, "code": "Outer" }).to_string();
            if body.len() > 100_000 {
                break;
            }
        }
        assert_eq!(Fault::read(body.as_bytes()).code.as_deref(), Some("Outer"));
    }
}
