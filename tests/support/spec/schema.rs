//! Turns the schema dialects of the published documents into JSON Schema and validates against it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

/// What a document is checked for besides its own words.
#[derive(Clone, Copy)]
pub(super) enum Nulls {
    /// `null` only where the schema says `nullable`.
    AsWritten,
    /// `null` wherever a text is: Resource Manager sends unset texts so, although its documents never say it.
    ForTexts,
}

/// A document's definitions as JSON Schema, with validators compiled as they are needed.
pub(super) struct Schemas {
    /// Holds the definitions under the path that references use.
    root: Map<String, Value>,
    compiled: Mutex<BTreeMap<String, std::sync::Arc<Validator>>>,
}

impl Schemas {
    pub(super) fn new(definitions: Map<String, Value>) -> Self {
        Self {
            root: definitions,
            compiled: Mutex::default(),
        }
    }

    /// What is wrong with `instance` by `schema`; `key` names the schema for the cache.
    pub(super) fn errors(&self, key: &str, schema: &Value, instance: &Value) -> Vec<String> {
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let validator = compiled
            .entry(key.to_owned())
            .or_insert_with(|| self.compile(schema))
            .clone();
        drop(compiled);
        validator
            .iter_errors(instance)
            .map(|error| {
                let path = error.instance_path().to_string();
                let at = if path.is_empty() {
                    "the body".to_owned()
                } else {
                    path
                };
                format!("{at}: {error}")
            })
            .collect()
    }

    fn compile(&self, schema: &Value) -> std::sync::Arc<Validator> {
        let mut root = self.root.clone();
        root.insert("allOf".to_owned(), json!([schema]));
        // A key that no alternative declares is a slip of the simulator's, even where the document leaves objects open.
        if closes(schema) {
            root.insert("unevaluatedProperties".to_owned(), json!(false));
        }
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .offline()
            .build(&Value::Object(root))
            .expect("the published schema compiles");
        std::sync::Arc::new(validator)
    }
}

const CLOSED: &str = "x-closed";

/// Marks a schema so that undeclared keys are refused at its top.
pub(super) fn closed(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(fields) = schema.as_object_mut() {
        fields.insert(CLOSED.to_owned(), json!(true));
    }
    schema
}

fn closes(schema: &Value) -> bool {
    schema[CLOSED] == true
}

/// `OpenAPI` 3.0 and Swagger 2 to JSON Schema, as far as they differ.
pub(super) fn translated(value: &Value, nulls: Nulls) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Map<String, Value> = fields
                .iter()
                .filter(|(key, _)| {
                    !matches!(key.as_str(), "example" | "examples" | "discriminator")
                })
                .map(|(key, value)| (key.clone(), translated(value, nulls)))
                .collect();
            let nullable = fields.remove("nullable") == Some(json!(true))
                || (matches!(nulls, Nulls::ForTexts)
                    && fields.get("type") == Some(&json!("string")));
            if nullable {
                if let Some(Value::String(kind)) = fields.get("type").cloned() {
                    fields.insert("type".to_owned(), json!([kind, "null"]));
                }
                if let Some(Value::Array(choices)) = fields.get_mut("enum") {
                    choices.push(Value::Null);
                }
            }
            Value::Object(fields)
        }
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| translated(item, nulls)).collect())
        }
        other => other.clone(),
    }
}
