//! One request and its answer, between the listeners and the services.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use serde_json::Value;

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Service {
    Entra,
    Graph,
    Arm,
    Konnect,
    Control,
}

impl Service {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Entra => "entra",
            Self::Graph => "graph",
            Self::Arm => "arm",
            Self::Konnect => "konnect",
            Self::Control => "control",
        }
    }
}

pub(crate) struct Call {
    pub(crate) service: Service,
    pub(crate) method: Method,
    /// As sent, still percent-encoded, without the query.
    pub(crate) path: String,
    pub(crate) raw_query: String,
    /// Decoded pairs in the order sent.
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// `https://localhost:PORT` of the listener, for links in answers.
    pub(crate) base_url: String,
}

impl Call {
    /// The path's parts, decoded, empty ones left out.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path
            .split('/')
            .filter(|part| !part.is_empty())
            .map(decode)
            .collect()
    }

    pub(crate) fn query_value(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn bearer_token(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization")?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    }

    /// Whether the request says that its body is JSON.
    pub(crate) fn is_json(&self) -> bool {
        let media_type = self
            .header("content-type")
            .and_then(|content_type| content_type.split(';').next());
        media_type
            .is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
    }

    pub(crate) fn json(&self) -> Result<Value, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// The body as `application/x-www-form-urlencoded` pairs.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body)
            .into_owned()
            .collect()
    }
}

pub(crate) fn decode(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// What happened, in a few words, for the log line.
    pub(crate) meaning: String,
}

impl Answer {
    pub(crate) fn empty(status: u16, meaning: impl Into<String>) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Vec::new(),
            meaning: meaning.into(),
        }
    }

    pub(crate) fn json(status: u16, body: &Value, meaning: impl Into<String>) -> Self {
        Self::typed(
            status,
            "application/json; charset=utf-8",
            body.to_string(),
            meaning,
        )
    }

    pub(crate) fn html(status: u16, body: impl Into<String>, meaning: impl Into<String>) -> Self {
        Self::typed(status, "text/html; charset=utf-8", body.into(), meaning)
    }

    pub(crate) fn typed(
        status: u16,
        content_type: &str,
        body: String,
        meaning: impl Into<String>,
    ) -> Self {
        let mut answer = Self::empty(status, meaning);
        answer.body = body.into_bytes();
        answer.with_header("content-type", content_type)
    }

    #[must_use]
    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
            self.headers.insert(name, value);
        }
        self
    }

    pub(crate) fn json_body(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}
