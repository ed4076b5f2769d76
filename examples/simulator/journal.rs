//! What was asked and answered, with everything secret masked.

use axum::http::HeaderMap;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::clock;
use crate::exchange::{Answer, Call, Service};

/// Older entries are dropped beyond this many.
const CAPACITY: usize = 20_000;
const MASK: &str = "***";
const SECRET_FIELDS: [&str; 6] = [
    "client_secret",
    "client_assertion",
    "access_token",
    "refresh_token",
    "assertion",
    "password",
];
/// Headers worth keeping; `authorization` is never among them.
const KEPT_HEADERS: [&str; 12] = [
    "accept",
    "content-type",
    "user-agent",
    "prefer",
    "if-match",
    "retry-after",
    "request-id",
    "client-request-id",
    "x-ms-client-request-id",
    "x-ms-correlation-request-id",
    "x-ms-request-id",
    "www-authenticate",
];

#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    pub(crate) seq: u64,
    pub(crate) time: String,
    pub(crate) service: Service,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// None when the connection was cut before an answer.
    pub(crate) status: Option<u16>,
    pub(crate) meaning: String,
    /// The fault that was injected, if any.
    pub(crate) fault: Option<String>,
    pub(crate) request_headers: Map<String, Value>,
    pub(crate) request_body: Value,
    pub(crate) response_headers: Map<String, Value>,
    pub(crate) response_body: Value,
}

#[derive(Default)]
pub(crate) struct Journal {
    entries: std::collections::VecDeque<Entry>,
    last: u64,
}

impl Journal {
    /// Takes down one exchange. `answer` is what the client really got, after faults.
    pub(crate) fn record(
        &mut self,
        call: &Call,
        answer: Option<&Answer>,
        meaning: &str,
        fault: Option<String>,
    ) -> Entry {
        self.last += 1;
        let entry = Entry {
            seq: self.last,
            time: clock::konnect_timestamp(),
            service: call.service,
            method: call.method.to_string(),
            path: call.path.clone(),
            query: call.raw_query.clone(),
            status: answer.map(|answer| answer.status),
            meaning: meaning.to_owned(),
            fault,
            request_headers: kept(&call.headers),
            request_body: request_body(call),
            response_headers: answer
                .map(|answer| kept(&answer.headers))
                .unwrap_or_default(),
            response_body: answer.map_or(Value::Null, |answer| body_value(&answer.body)),
        };
        if self.entries.len() >= CAPACITY {
            self.entries.pop_front();
        }
        self.entries.push_back(entry.clone());
        entry
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Forgets the entries; sequence numbers go on.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }
}

fn kept(headers: &HeaderMap) -> Map<String, Value> {
    KEPT_HEADERS
        .iter()
        .filter_map(|name| {
            let value = headers.get(*name)?.to_str().ok()?;
            Some(((*name).to_owned(), Value::String(value.to_owned())))
        })
        .collect()
}

fn request_body(call: &Call) -> Value {
    let is_form = call
        .header("content-type")
        .is_some_and(|content_type| content_type.starts_with("application/x-www-form-urlencoded"));
    if is_form {
        let pairs: Map<String, Value> = call
            .form()
            .into_iter()
            .map(|(key, value)| (key, Value::String(value)))
            .collect();
        return masked(Value::Object(pairs));
    }
    body_value(&call.body)
}

fn body_value(body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(body).map_or_else(
        |_| Value::String(String::from_utf8_lossy(body).into_owned()),
        masked,
    )
}

fn masked(value: Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(key, value)| {
                    let value = if SECRET_FIELDS.contains(&key.as_str()) {
                        Value::String(MASK.to_owned())
                    } else {
                        masked(value)
                    };
                    (key, value)
                })
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(masked).collect()),
        other => other,
    }
}
