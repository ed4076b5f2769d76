//! What Konnect says when it refuses, and the questions callers ask about it.

use std::error::Error as StdError;
use std::fmt;
use std::ops::Deref;

use http::HeaderMap;
use serde_json::Value;

use super::lenient::member;
use crate::http::poll::LookError;
use crate::http::{self as rest, FieldFault, RefusalParts};

/// What Kong's gateway says where no service is behind a path.
const UNROUTED: &str = "no Route matched";

/// Why a Konnect call failed. Status, refusal, deadline and the like are those of [`rest::Error`], which it dereferences to.
#[derive(Debug)]
pub struct Error(rest::Error);

impl LookError for Error {
    fn doubt(&self) -> Option<String> {
        self.0.doubt()
    }
}

impl Error {
    /// The failure as every API has it.
    #[must_use]
    pub fn http(&self) -> &rest::Error {
        &self.0
    }

    /// There is no such object.
    ///
    /// Only the service's own answer counts. A wrong address leads to a proxy's page, or to the gateway before the service, which
    /// answers 404 for everything: what it says must not be taken for the end of an object.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.refusal().is_some_and(|refusal| {
            refusal.status == 404
                && refusal.is_in_own_words()
                && !refusal.message.starts_with(UNROUTED)
        })
    }

    /// The token is missing, expired or revoked.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.status() == Some(401)
    }

    /// The token's owner lacks a role, or an IP allow list refuses us.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.status() == Some(403) && !self.is_quota_exceeded()
    }

    /// The organisation's quota is used up. It shares its status with [`Error::is_forbidden`]; only the title tells them apart:
    /// `{"status":403,"title":"Quota Exceeded","detail":"Maximum number of Active Networks exceeded. …"}`.
    #[must_use]
    pub fn is_quota_exceeded(&self) -> bool {
        let code = self.refusal().and_then(|refusal| refusal.code.as_deref());
        self.status() == Some(403)
            && code.is_some_and(|code| code.eq_ignore_ascii_case("Quota Exceeded"))
    }

    /// The request conflicts with what exists.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.status() == Some(409)
    }

    /// The request as it stands is refused: a fault of its fields, or of the state that the objects are in.
    #[must_use]
    pub fn is_bad_request(&self) -> bool {
        self.status() == Some(400)
    }

    /// A 400 that names a field of the request's body in every one of its faults: no waiting helps.
    #[must_use]
    pub fn is_field_fault(&self) -> bool {
        let faults = self.field_faults();
        self.is_bad_request() && !faults.is_empty() && faults.iter().all(names_body_field)
    }

    /// What was wrong with which field.
    #[must_use]
    pub fn field_faults(&self) -> &[FieldFault] {
        self.refusal().map_or(&[], |refusal| &refusal.fields)
    }

    /// Another object of this name exists. The published examples use 409; older reports and the other clients' retry rules point
    /// to 400 (Kong/kong-operator#1521). Neither has a code of its own, so the text decides.
    #[must_use]
    pub fn is_name_taken(&self) -> bool {
        let Some(refusal) = self
            .refusal()
            .filter(|refusal| matches!(refusal.status, 400 | 409))
        else {
            return false;
        };
        let mut faults = refusal.fields.iter();
        says_taken(&refusal.message) && refusal.message.to_ascii_lowercase().contains("name")
            || faults.any(|fault| fault.field == "name" && says_taken(&fault.reason))
    }

    /// The failure as every API has it.
    #[must_use]
    pub fn into_http(self) -> rest::Error {
        self.0
    }
}

impl Deref for Error {
    type Target = rest::Error;

    fn deref(&self) -> &rest::Error {
        &self.0
    }
}

impl From<Error> for rest::Error {
    fn from(error: Error) -> Self {
        error.0
    }
}

impl From<rest::Error> for Error {
    fn from(inner: rest::Error) -> Self {
        Self(inner)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

/// Faults of the path are not the body's, and tell of the state an object is in: `networkId`, `transitGatewayId`. Names in bodies
/// are written with underscores.
fn names_body_field(fault: &FieldFault) -> bool {
    let first = fault.field.split('.').next().unwrap_or_default();
    let is_of_path = first == "network_id" || first.contains(|c: char| c.is_ascii_uppercase());
    !first.is_empty() && !is_of_path
}

fn says_taken(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    [
        "already",
        "exists",
        "unique",
        "duplicate",
        "taken",
        "in use",
    ]
    .iter()
    .any(|word| text.contains(word))
}

/// Reads `application/problem+json`, and whatever gateways on the way send instead.
pub(super) fn read_refusal(_status: u16, _headers: &HeaderMap, body: &[u8]) -> RefusalParts {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let Ok(problem) = serde_json::from_slice::<Value>(body) else {
        return RefusalParts::default();
    };
    let title: String = member(&problem, "title");
    let detail: String = member(&problem, "detail");
    // API gateways in between answer with a bare message.
    let message = [detail, member(&problem, "message"), title.clone()]
        .into_iter()
        .find(|text| !text.trim().is_empty())
        .unwrap_or_default();
    let instance: String = member(&problem, "instance");
    let parameters: Vec<Value> = member(&problem, "invalid_parameters");
    RefusalParts {
        code: (!title.is_empty()).then_some(title),
        message,
        trace: (!instance.is_empty())
            .then(|| ("trace id".to_owned(), instance))
            .into_iter()
            .collect(),
        fields: parameters.iter().filter_map(field_fault).collect(),
    }
}

/// One of the five documented shapes of a parameter's fault, or something near enough.
fn field_fault(parameter: &Value) -> Option<FieldFault> {
    if !parameter.is_object() {
        return None;
    }
    let rule: Option<String> = member(parameter, "rule");
    let mut reason: String = member(parameter, "reason");
    if reason.trim().is_empty() {
        reason = match &rule {
            Some(rule) => format!("breaks the rule {rule}"),
            None => "is not accepted".to_owned(),
        };
    }
    for bound in ["minimum", "maximum", "choices", "dependents"] {
        if let Some(value) = parameter
            .get(bound)
            .map(in_words)
            .filter(|value| !value.is_empty())
            && !holds_word(&reason, &value)
        {
            reason = format!("{reason} ({bound}: {value})");
        }
    }
    Some(FieldFault {
        field: member(parameter, "field"),
        rule,
        reason,
    })
}

/// Whether the text already tells the value: `1` is not told by `10`.
fn holds_word(text: &str, value: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    text.split(|c| !is_part(c)).any(|word| word == value)
}

fn in_words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(in_words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::super::client::tests::api;
    use super::*;
    use crate::http::transport::scripted::{Answer, Script};
    use crate::http::{Request, Scope};

    async fn refused(status: u16, body: &str) -> Error {
        let script = Script::new([Answer::json(status, body)]);
        let scope = Scope::detached(Duration::from_secs(60));
        let error = api(&script)
            .send(&scope, Request::get(["a"]))
            .await
            .unwrap_err();
        error.into()
    }

    #[tokio::test]
    async fn all_five_shapes_of_field_faults_are_read() {
        let error = refused(
            400,
            r#"{"status":400,"title":"Invalid Request","instance":"konnect:trace:123","detail":"Invalid Parameters",
                "invalid_parameters":[
                {"field":"name","rule":"required","reason":"is required","source":"body"},
                {"field":"a.0.b","rule":"min","minimum":1,"reason":"too small"},
                {"field":"name","rule":"max_length","maximum":120,"reason":"must not have more than 120 characters"},
                {"field":"c.kind","rule":"enum","choices":["x","y"],"reason":"must be one of"},
                {"field":"d","rule":"dependent_fields","dependents":["e"],"reason":""}]}"#,
        )
        .await;
        let told: Vec<_> = error
            .field_faults()
            .iter()
            .map(|fault| format!("{}: {}", fault.field, fault.reason))
            .collect();
        assert_eq!(
            told,
            [
                "name: is required",
                "a.0.b: too small (minimum: 1)",
                "name: must not have more than 120 characters",
                "c.kind: must be one of (choices: x, y)",
                "d: breaks the rule dependent_fields (dependents: e)",
            ]
        );
        assert!(error.is_field_fault());
        assert!(
            error.to_string().contains("(trace id: konnect:trace:123)"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_fault_without_a_body_field_may_pass() {
        for body in [
            r#"{"status":400,"title":"Bad Request","detail":"network is not ready","instance":"kong:trace:1"}"#,
            r#"{"title":"Bad Request","invalid_parameters":[{"field":"networkId","reason":"not ready","source":"path"}]}"#,
            r#"{"title":"Bad Request","invalid_parameters":[{"field":"transitGatewayId","reason":"initializing"}]}"#,
            r#"{"title":"Bad Request","invalid_parameters":[{"reason":"not ready"}]}"#,
            r#"{"title":"Bad Request","invalid_parameters":"none"}"#,
            "",
        ] {
            let error = refused(400, body).await;
            assert!(error.is_bad_request() && !error.is_field_fault(), "{body}");
        }
    }

    #[tokio::test]
    async fn quota_and_permission_are_told_apart_by_title() {
        let quota = refused(
            403,
            r#"{"status":403,"title":"Quota Exceeded","instance":"kong:trace:125","detail":"Maximum number of Active Networks exceeded. Max allowed: 2"}"#,
        )
        .await;
        assert!(quota.is_quota_exceeded() && !quota.is_forbidden());
        assert!(quota.to_string().contains("Active Networks"));
        let permission = refused(
            403,
            r#"{"status":403,"title":"Forbidden","detail":"Permission denied"}"#,
        )
        .await;
        assert!(permission.is_forbidden() && !permission.is_quota_exceeded());
    }

    #[tokio::test]
    async fn a_taken_name_is_recognised_in_both_forms() {
        let conflict = r#"{"title":"Conflict","detail":"Transit gateway name must be unique"}"#;
        let field = r#"{"title":"Invalid Request","detail":"Invalid Parameters",
            "invalid_parameters":[{"field":"name","rule":"invalid","reason":"already exists in this network"}]}"#;
        assert!(refused(409, conflict).await.is_name_taken());
        assert!(refused(400, field).await.is_name_taken());
        let other = r#"{"title":"Conflict","detail":"An attachment is being terminated"}"#;
        let other = refused(409, other).await;
        assert!(other.is_conflict() && !other.is_name_taken());
    }

    #[tokio::test]
    async fn bodies_of_gateways_still_say_something() {
        let bare = refused(401, r#"{"message":"Unauthorized"}"#).await;
        assert!(bare.is_unauthorized());
        assert_eq!(
            bare.to_string(),
            "Konnect answered 401 Unauthorized to GET /a: Unauthorized"
        );
        let page = refused(404, "<html><body><h1>Not here</h1></body></html>").await;
        assert!(page.to_string().ends_with("Not here"), "{page}");
        assert!(refused(404, "").await.to_string().contains("Not Found"));
    }

    #[tokio::test]
    async fn only_the_services_own_404_says_that_an_object_is_gone() {
        for body in [
            r#"{"status":404,"title":"Not Found","detail":"Not Found","instance":"kong:trace:126"}"#,
            r#"{"message":"Not found"}"#,
            "{}",
            "",
        ] {
            assert!(refused(404, body).await.is_not_found(), "{body}");
        }
        for body in [
            "<html><body>no such host</body></html>",
            "404 page not found",
            r#"{"message":"no Route matched with those values"}"#,
        ] {
            assert!(!refused(404, body).await.is_not_found(), "{body}");
        }
        let gone = r#"{"title":"Gone"}"#;
        assert!(!refused(410, gone).await.is_not_found());
    }

    proptest! {
        #[test]
        fn any_body_is_survived(body in "[ -~]{0,60}|\\{\"invalid_parameters\":[ -~]{0,40}\\}") {
            let parts = read_refusal(400, &HeaderMap::new(), body.as_bytes());
            prop_assert!(parts.fields.iter().all(|fault| !fault.reason.is_empty()));
        }
    }
}
