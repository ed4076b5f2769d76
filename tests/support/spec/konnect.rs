//! Exchanges with Konnect against `konnect-cloud-gateways.v2.openapi.yaml`.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::schema::{Nulls, Schemas, closed, translated};
use super::{Exchange, Requests};

const PREFIX: &str = "/v2";

pub(super) struct Konnect {
    paths: Map<String, Value>,
    components: Value,
    schemas: Schemas,
}

impl Konnect {
    pub(super) fn read(folder: &Path) -> Self {
        let text = std::fs::read_to_string(folder.join("konnect-cloud-gateways.v2.openapi.yaml"))
            .expect("the document");
        let document: Value = serde_yaml_ng::from_str(&text).expect("the document is YAML");
        let schemas = translated(&document["components"]["schemas"], Nulls::AsWritten);
        let mut definitions = Map::new();
        definitions.insert("components".to_owned(), json!({ "schemas": schemas }));
        Self {
            paths: document["paths"].as_object().cloned().unwrap_or_default(),
            components: document["components"].clone(),
            schemas: Schemas::new(definitions),
        }
    }

    pub(super) fn operations(&self) -> Vec<String> {
        let methods = ["get", "post", "put", "patch", "delete"];
        let of_path = |(path, operations): (&String, &Value)| {
            let found = methods
                .into_iter()
                .filter(|method| operations.get(*method).is_some());
            found
                .map(|method| format!("{} {path}", method.to_uppercase()))
                .collect::<Vec<_>>()
        };
        self.paths.iter().flat_map(of_path).collect()
    }

    pub(super) fn operation(&self, entry: &Value) -> Option<String> {
        let exchange = Exchange::of(entry);
        let (template, _) = self.find(&exchange)?;
        Some(format!("{} {template}", exchange.method))
    }

    fn find(&self, exchange: &Exchange<'_>) -> Option<(&str, &Value)> {
        let path = exchange.path.strip_prefix(PREFIX)?;
        let (template, operations) = self
            .paths
            .iter()
            .find(|(template, _)| matches_template(template, path))?;
        let operation = operations.get(exchange.method.to_lowercase())?;
        Some((template.as_str(), operation))
    }

    /// Follows a reference into the components, once.
    fn resolved<'value>(&'value self, value: &'value Value) -> &'value Value {
        value["$ref"]
            .as_str()
            .and_then(|reference| reference.strip_prefix("#/components/"))
            .and_then(|path| self.components.pointer(&format!("/{path}")))
            .unwrap_or(value)
    }

    pub(super) fn check(&self, entry: &Value, requests: Requests) -> Vec<String> {
        let exchange = Exchange::of(entry);
        let Some((template, operation)) = self.find(&exchange) else {
            return match (requests, exchange.status) {
                (Requests::FitOrRefused, Some(404)) => Vec::new(),
                _ => vec!["no such operation is published".to_owned()],
            };
        };
        let key = format!("{} {template}", exchange.method);
        let mut findings = self.request_findings(&key, operation, &exchange);
        if requests == Requests::FitOrRefused {
            // Where the request does not fit, all that is asked is that it was refused.
            let served = !findings.is_empty() && !exchange.refused() && !exchange.distorted;
            findings.retain(|_| served);
        }
        if !exchange.distorted {
            findings.extend(self.answer_findings(&key, operation, &exchange));
        }
        findings
    }

    fn request_findings(
        &self,
        key: &str,
        operation: &Value,
        exchange: &Exchange<'_>,
    ) -> Vec<String> {
        let mut findings = self.query_findings(key, operation, exchange);
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        match (schema.is_null(), exchange.request_body.is_null()) {
            (true, true) => {}
            (true, false) => {
                findings.push("the request has a body, and none is published".to_owned());
            }
            (false, true) => findings.push("the request has no body".to_owned()),
            (false, false) => {
                let mut schema = translated(schema, Nulls::AsWritten);
                if key.starts_with("POST") && key.ends_with("/private-dns") {
                    // The document forgets to require these two; nothing can be made without them.
                    schema = json!({ "allOf": [schema], "required": ["name", "private_dns_attachment_config"] });
                }
                let found = self.schemas.errors(
                    &format!("{key} request"),
                    &closed(&schema),
                    exchange.request_body,
                );
                findings.extend(found.iter().map(|text| format!("request: {text}")));
            }
        }
        findings
    }

    fn query_findings(&self, key: &str, operation: &Value, exchange: &Exchange<'_>) -> Vec<String> {
        let parameters: Vec<&Value> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|parameter| self.resolved(parameter))
            .filter(|parameter| parameter["in"] == "query")
            .collect();
        let mut findings = Vec::new();
        let mut filter = Map::new();
        for (name, value) in &exchange.query {
            if let Some(path) = name
                .strip_prefix("filter[")
                .and_then(|rest| rest.strip_suffix(']'))
            {
                let (field, operator) = path.split_once("][").unwrap_or((path, ""));
                if operator.is_empty() {
                    filter.insert(field.to_owned(), json!(value));
                } else if let Some(operators) = filter
                    .entry(field.to_owned())
                    .or_insert_with(|| json!({}))
                    .as_object_mut()
                {
                    operators.insert(operator.to_owned(), json!(value));
                }
                continue;
            }
            let known = parameters
                .iter()
                .any(|parameter| parameter["name"] == *name);
            if !known {
                findings.push(format!("query parameter {name} is not published"));
            } else if !value.is_empty() && value.parse::<u64>().is_err() {
                findings.push(format!("query parameter {name} is not an integer"));
            }
        }
        if filter.is_empty() {
            return findings;
        }
        match parameters
            .iter()
            .find(|parameter| parameter["name"] == "filter")
        {
            Some(parameter) => {
                let schema = translated(&parameter["schema"], Nulls::AsWritten);
                let found =
                    self.schemas
                        .errors(&format!("{key} filter"), &schema, &Value::Object(filter));
                findings.extend(found.iter().map(|text| format!("filter: {text}")));
            }
            None => findings.push("this list has no filter".to_owned()),
        }
        findings
    }

    fn answer_findings(
        &self,
        key: &str,
        operation: &Value,
        exchange: &Exchange<'_>,
    ) -> Vec<String> {
        let Some(status) = exchange.status else {
            return vec!["there is no answer".to_owned()];
        };
        let Some(response) = operation["responses"].get(status.to_string()) else {
            return vec![format!("status {status} is not published")];
        };
        let Some((media_type, content)) = self.resolved(response)["content"]
            .as_object()
            .and_then(|content| content.iter().next())
        else {
            let empty = exchange.response_body.is_null();
            return if empty {
                Vec::new()
            } else {
                vec!["the answer has a body, and none is published".to_owned()]
            };
        };
        let mut findings = Vec::new();
        if exchange.content_type != media_type {
            findings.push(format!(
                "content type {} is not {media_type}",
                exchange.content_type
            ));
        }
        let schema = closed(&translated(&content["schema"], Nulls::AsWritten));
        let found =
            self.schemas
                .errors(&format!("{key} {status}"), &schema, exchange.response_body);
        findings.extend(found.iter().map(|text| format!("answer: {text}")));
        findings
    }
}

fn matches_template(template: &str, path: &str) -> bool {
    let mut path = path.split('/');
    let fits = template.split('/').all(|part| {
        path.next()
            .is_some_and(|found| part == found || (part.starts_with('{') && !found.is_empty()))
    });
    fits && path.next().is_none()
}
