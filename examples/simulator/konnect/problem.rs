//! Konnect's refusals: `application/problem+json` with a trace id, and the invalid parameters of a 400.

use serde_json::{Map, Value, json};

use crate::exchange::Answer;

#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: u16,
    title: &'static str,
    detail: String,
    invalid_parameters: Vec<Value>,
}

impl Problem {
    fn new(status: u16, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            title,
            detail: detail.into(),
            invalid_parameters: Vec::new(),
        }
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    pub(crate) fn forbidden() -> Self {
        Self::new(
            403,
            "Forbidden",
            "You do not have permission to perform this action",
        )
    }

    pub(crate) fn quota_exceeded(name: &str, maximum: usize) -> Self {
        Self::new(
            403,
            "Quota Exceeded",
            format!("Maximum number of {name} exceeded. Max allowed: {maximum}."),
        )
    }

    pub(crate) fn not_found() -> Self {
        Self::new(404, "Not Found", "Not Found")
    }

    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(409, "Conflict", detail)
    }

    /// A 400 over `invalid_parameters`, of which the published schema demands at least one.
    pub(crate) fn invalid(invalid_parameters: Vec<Value>) -> Self {
        Self {
            invalid_parameters,
            ..Self::new(400, "Invalid Request", "Invalid Parameters")
        }
    }

    /// A 400 that no field of the body is to blame for: the state of the object in the path is.
    pub(crate) fn not_now(field: &str, reason: &str) -> Self {
        let parameter =
            json!({ "field": field, "rule": "invalid", "reason": reason, "source": "path" });
        Self {
            invalid_parameters: vec![parameter],
            ..Self::new(400, "Invalid Request", reason)
        }
    }

    /// A name that is taken, as a 400 or a 409: which one the live API answers is not published.
    pub(crate) fn duplicate_name(status: u16, name: &str, what: &str) -> Self {
        let reason = format!("{what} with name '{name}' already exists");
        if status == 409 {
            return Self::conflict(reason);
        }
        Self::invalid(vec![
            json!({ "field": "name", "rule": "invalid", "reason": reason, "source": "body" }),
        ])
    }

    pub(crate) fn into_answer(self, trace: u64, charset: bool) -> Answer {
        // Both prefixes occur in the published examples.
        let prefix = if trace.is_multiple_of(2) {
            "konnect:trace"
        } else {
            "kong:trace"
        };
        let instance = format!(
            "{prefix}:{}",
            2_822_394_689_570_210_000_u64.saturating_add(trace)
        );
        let mut body = Map::new();
        body.insert("status".to_owned(), json!(self.status));
        body.insert("title".to_owned(), json!(self.title));
        body.insert("instance".to_owned(), json!(instance));
        body.insert("detail".to_owned(), json!(self.detail));
        let mut meaning = format!("{}: {}", self.title, self.detail);
        if self.status == 404 {
            body.insert("type".to_owned(), json!("https://httpstatuses.com/404"));
        }
        if !self.invalid_parameters.is_empty() {
            let reasons: Vec<String> = self.invalid_parameters.iter().map(describe).collect();
            meaning = format!("{}: {}", self.title, reasons.join("; "));
            body.insert(
                "invalid_parameters".to_owned(),
                json!(self.invalid_parameters),
            );
        }
        let content_type = if charset {
            "application/problem+json; charset=utf-8"
        } else {
            "application/problem+json"
        };
        Answer::typed(
            self.status,
            content_type,
            Value::Object(body).to_string(),
            meaning,
        )
    }
}

fn describe(parameter: &Value) -> String {
    let text = |key: &str| {
        parameter
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    format!("{} {}", text("field"), text("reason"))
}
