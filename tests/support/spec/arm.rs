//! Exchanges with Resource Manager against the Swagger files of role definitions, role assignments and virtual networks.
//!
//! Other resources have no file, so exchanges about them are not looked at.

use std::path::Path;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::schema::{Nulls, Schemas, translated};
use super::{Exchange, Requests};

struct File {
    name: &'static str,
    document: Value,
}

pub(super) struct Arm {
    files: Vec<File>,
    schemas: Schemas,
}

const ROLE_DEFINITIONS: &str = "azure-authorization-roledefinitions.2022-04-01.json";
const ROLE_ASSIGNMENTS: &str = "azure-authorization-roleassignments.2022-04-01.json";
const VIRTUAL_NETWORK: &str = "azure-network-virtualnetwork-get.2024-05-01.json";
const ERRORS: &str = "azure-common-types-errors.v2.json";
const NETWORK_COMMON: &str = "network.json";

impl Arm {
    pub(super) fn read(folder: &Path) -> Self {
        let mut files = Vec::new();
        let mut definitions = Map::new();
        for name in [ROLE_DEFINITIONS, ROLE_ASSIGNMENTS, VIRTUAL_NETWORK, ERRORS] {
            let text = std::fs::read_to_string(folder.join(name)).expect("the document");
            let document: Value = serde_json::from_str(&text).expect("the document is JSON");
            let document = rewritten(&document, name);
            definitions.insert(
                name.to_owned(),
                translated(&document["definitions"], Nulls::ForTexts),
            );
            files.push(File { name, document });
        }
        definitions.insert(NETWORK_COMMON.to_owned(), network_common());
        let mut root = Map::new();
        root.insert("files".to_owned(), Value::Object(definitions));
        Self {
            files,
            schemas: Schemas::new(root),
        }
    }

    /// The file and path template that describe an exchange.
    fn find(&self, path: &str) -> Option<(&File, &'static str)> {
        let path = percent_decode_str(path).decode_utf8_lossy().to_lowercase();
        let tail = |kind: &str| {
            let marker = format!("/providers/microsoft.authorization/{kind}");
            path.rsplit_once(&marker).map(|(_, tail)| tail.to_owned())
        };
        let file = |name: &str| self.files.iter().find(|file| file.name == name);
        if let Some(tail) = tail("roledefinitions") {
            let template = if tail.is_empty() {
                "/{scope}/providers/Microsoft.Authorization/roleDefinitions"
            } else {
                "/{scope}/providers/Microsoft.Authorization/roleDefinitions/{roleDefinitionId}"
            };
            return Some((file(ROLE_DEFINITIONS)?, template));
        }
        if let Some(tail) = tail("roleassignments") {
            let template = if tail.is_empty() {
                "/{scope}/providers/Microsoft.Authorization/roleAssignments"
            } else {
                "/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}"
            };
            return Some((file(ROLE_ASSIGNMENTS)?, template));
        }
        let (_, name) = path.split_once("/providers/microsoft.network/virtualnetworks/")?;
        let template = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Network/virtualNetworks/{virtualNetworkName}";
        (!name.contains('/')).then_some((file(VIRTUAL_NETWORK)?, template))
    }

    pub(super) fn check(&self, entry: &Value, requests: Requests) -> Vec<String> {
        let exchange = Exchange::of(entry);
        let Some((file, template)) = self.find(exchange.path) else {
            return Vec::new();
        };
        let operation = &file.document["paths"][template][exchange.method.to_lowercase()];
        if operation.is_null() {
            return if exchange.refused() && requests == Requests::FitOrRefused {
                Vec::new()
            } else {
                vec!["no such operation is published".to_owned()]
            };
        }
        let key = format!("{} {template}", exchange.method);
        let mut findings = self.request_findings(&key, file, operation, &exchange);
        if requests == Requests::FitOrRefused && (exchange.refused() || exchange.distorted) {
            findings.clear();
        }
        if !exchange.distorted {
            findings.extend(self.answer_findings(&key, operation, &exchange));
        }
        findings
    }

    fn request_findings(
        &self,
        key: &str,
        file: &File,
        operation: &Value,
        exchange: &Exchange<'_>,
    ) -> Vec<String> {
        let mut findings = Vec::new();
        let version = exchange
            .query
            .iter()
            .find(|(name, _)| name == "api-version");
        let published = file.document["info"]["version"]
            .as_str()
            .unwrap_or_default();
        if version.is_none_or(|(_, version)| version != published) {
            findings.push(format!("the api-version is not {published}"));
        }
        let known = [
            "api-version",
            "$filter",
            "$expand",
            "tenantId",
            "$skiptoken",
        ];
        for (name, _) in &exchange.query {
            if !known.contains(&name.as_str()) {
                findings.push(format!("query parameter {name} is not published"));
            }
        }
        let body = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|parameter| body_parameter(file, parameter))
            .find(|parameter| parameter["in"] == "body");
        match (body, exchange.request_body.is_null()) {
            (Some(_), true) => findings.push("the request has no body".to_owned()),
            (None, false) => {
                findings.push("the request has a body, and none is published".to_owned());
            }
            (Some(parameter), false) => {
                let schema = translated(&parameter["schema"], Nulls::ForTexts);
                let found =
                    self.schemas
                        .errors(&format!("{key} request"), &schema, exchange.request_body);
                findings.extend(found.iter().map(|text| format!("request: {text}")));
            }
            (None, true) => {}
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
        let responses = &operation["responses"];
        let response = match responses.get(status.to_string()) {
            Some(response) => response,
            None if status >= 400 => &responses["default"],
            None => return vec![format!("status {status} is not published")],
        };
        let schema = &response["schema"];
        if schema.is_null() {
            let empty = exchange.response_body.is_null();
            return if empty {
                Vec::new()
            } else {
                vec!["the answer has a body, and none is published".to_owned()]
            };
        }
        let mut schema = translated(schema, Nulls::ForTexts);
        if status >= 400 {
            // The documents require nothing of an error; clients need its code and message.
            let error = json!({ "type": "object", "required": ["code", "message"] });
            schema = json!({ "allOf": [schema], "required": ["error"], "properties": { "error": error } });
        }
        let found =
            self.schemas
                .errors(&format!("{key} {status}"), &schema, exchange.response_body);
        findings_of_answer(found, exchange.content_type)
    }
}

/// The parameter itself, where the operation only refers to it.
fn body_parameter<'value>(file: &'value File, parameter: &'value Value) -> &'value Value {
    let Some(reference) = parameter["$ref"].as_str() else {
        return parameter;
    };
    reference
        .strip_prefix("#/parameters/")
        .and_then(|name| file.document["parameters"].get(name))
        .unwrap_or(parameter)
}

fn findings_of_answer(found: Vec<String>, content_type: &str) -> Vec<String> {
    let mut findings: Vec<String> = found
        .into_iter()
        .map(|text| format!("answer: {text}"))
        .collect();
    if content_type != "application/json" {
        findings.push(format!(
            "content type {content_type} is not application/json"
        ));
    }
    findings
}

/// Points every reference to the place where all files' definitions are put together.
fn rewritten(value: &Value, file: &str) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(key, value)| match (key.as_str(), value) {
                    ("$ref", Value::String(reference)) => {
                        (key.clone(), json!(rewritten_reference(reference, file)))
                    }
                    _ => (key.clone(), rewritten(value, file)),
                })
                .collect(),
        ),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| rewritten(item, file)).collect())
        }
        other => other.clone(),
    }
}

fn rewritten_reference(reference: &str, file: &str) -> String {
    match reference.split_once("#/definitions/") {
        Some(("", name)) => format!("#/files/{file}/{name}"),
        Some((path, name)) if path.ends_with("types.json") => format!("#/files/{ERRORS}/{name}"),
        Some((_, name)) => format!("#/files/{NETWORK_COMMON}/{name}"),
        None => reference.to_owned(),
    }
}

/// What the virtual network's file takes from `network.json`, which is not among the files; written down from its use.
fn network_common() -> Value {
    let text = json!({ "type": "string" });
    json!({
        "CloudError": { "properties": { "error": { "properties": { "code": text, "message": text } } } },
        "ExtendedLocation": { "type": "object" },
        "ProvisioningState": { "type": "string", "enum": ["Succeeded", "Updating", "Deleting", "Failed"] },
        "Resource": { "properties": { "id": text, "name": text, "type": text, "location": text, "tags": { "type": "object" } } },
        "SubResource": { "properties": { "id": text } },
    })
}
