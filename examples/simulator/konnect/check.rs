//! Checks a request body against the published shapes and collects what is wrong with it.

use serde_json::{Map, Value, json};

use crate::konnect::Request;
use crate::konnect::problem::Problem;

/// Longest name of a network, transit gateway or private DNS object.
const NAME_LIMIT: usize = 120;

#[derive(Default)]
pub(crate) struct Check {
    invalid_parameters: Vec<Value>,
}

/// The body as an object, or the 400 that says it is none.
pub(crate) fn body(request: &Request<'_>) -> Result<Map<String, Value>, Problem> {
    match request.call.json() {
        Ok(Value::Object(fields)) if request.call.is_json() => Ok(fields),
        _ => Err(Problem::invalid(vec![
            json!({ "field": "", "rule": "is_object", "reason": "body must be a JSON object sent as application/json", "source": "body" }),
        ])),
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

impl Check {
    pub(crate) fn refuse(&mut self, field: &str, rule: &str, reason: impl Into<String>) {
        self.push(
            json!({ "field": field, "rule": rule, "reason": reason.into(), "source": "body" }),
        );
    }

    /// The published schema wants the parameters to be unique.
    fn push(&mut self, parameter: Value) {
        if !self.invalid_parameters.contains(&parameter) {
            self.invalid_parameters.push(parameter);
        }
    }

    /// The refusal of everything collected, for a caller that has just added to it.
    pub(crate) fn into_problem(self) -> Problem {
        Problem::invalid(self.invalid_parameters)
    }

    pub(crate) fn finish(self) -> Result<(), Problem> {
        if self.invalid_parameters.is_empty() {
            Ok(())
        } else {
            Err(self.into_problem())
        }
    }

    /// Refuses every key that a closed object does not have.
    pub(crate) fn closed(&mut self, fields: &Map<String, Value>, path: &str, allowed: &[&str]) {
        for key in fields.keys().filter(|key| !allowed.contains(&key.as_str())) {
            let field = join(path, key);
            self.refuse(
                &field,
                "unknown_property",
                format!("{field} is not a known property"),
            );
        }
    }

    pub(crate) fn required(
        &mut self,
        fields: &Map<String, Value>,
        path: &str,
        key: &str,
    ) -> Option<Value> {
        let field = join(path, key);
        let value = fields.get(key).cloned();
        if value.is_none() {
            self.refuse(&field, "required", format!("{field} is a required field"));
        }
        value
    }

    pub(crate) fn string(
        &mut self,
        fields: &Map<String, Value>,
        path: &str,
        key: &str,
    ) -> Option<String> {
        let value = self.required(fields, path, key)?;
        let field = join(path, key);
        let text = value.as_str().map(str::to_owned);
        if text.is_none() {
            self.refuse(&field, "is_string", format!("{field} must be a string"));
        }
        text
    }

    pub(crate) fn name(&mut self, fields: &Map<String, Value>) -> Option<String> {
        let name = self.string(fields, "", "name")?;
        if name.chars().count() > NAME_LIMIT {
            self.push(json!({
                "field": "name",
                "rule": "max_length",
                "maximum": NAME_LIMIT,
                "reason": format!("name must be shorter than or equal to {NAME_LIMIT} characters"),
                "source": "body",
            }));
            return None;
        }
        Some(name)
    }

    pub(crate) fn choice(&mut self, field: &str, value: &str, choices: &[&str]) -> bool {
        if choices.contains(&value) {
            return true;
        }
        let reason = format!("{field} must be one of {}", choices.join(", "));
        self.push(json!({ "field": field, "rule": "enum", "choices": choices, "reason": reason, "source": "body" }));
        false
    }

    pub(crate) fn object(
        &mut self,
        fields: &Map<String, Value>,
        path: &str,
        key: &str,
    ) -> Option<Map<String, Value>> {
        let value = self.required(fields, path, key)?;
        let field = join(path, key);
        if let Value::Object(object) = value {
            return Some(object);
        }
        self.refuse(&field, "is_object", format!("{field} must be an object"));
        None
    }

    pub(crate) fn strings(
        &mut self,
        fields: &Map<String, Value>,
        path: &str,
        key: &str,
    ) -> Option<Vec<String>> {
        let value = self.required(fields, path, key)?;
        let field = join(path, key);
        let Value::Array(items) = value else {
            self.refuse(&field, "is_array", format!("{field} must be an array"));
            return None;
        };
        let mut texts = Vec::new();
        for (index, item) in items.iter().enumerate() {
            match item.as_str() {
                Some(text) => texts.push(text.to_owned()),
                None => self.refuse(
                    &format!("{field}.{index}"),
                    "is_string",
                    format!("{field}.{index} must be a string"),
                ),
            }
        }
        (texts.len() == items.len()).then_some(texts)
    }
}
