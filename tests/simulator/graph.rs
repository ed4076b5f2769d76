//! Entra's tokens and Microsoft Graph's service principals.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::simulator::{Answer, Seed, Simulator};

const PRINCIPALS: &str = "/v1.0/servicePrincipals";

fn code(answer: &Answer) -> String {
    answer.json()["error"]["code"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn create(cloud: &Simulator) -> Answer {
    cloud.graph(
        "POST",
        PRINCIPALS,
        Some(&json!({ "appId": cloud.url("kong_application_id") })),
    )
}

#[test]
fn service_principal_is_made_read_and_deleted() {
    let cloud = Simulator::start(Seed::Demo);
    let app_id = cloud.url("kong_application_id").to_owned();
    let filtered = format!("{PRINCIPALS}?$filter=appId%20eq%20'{app_id}'&$select=id,appId");
    assert_eq!(
        cloud.graph("GET", &filtered, None).json()["value"],
        json!([])
    );
    let by_key = format!("{PRINCIPALS}(appId='{app_id}')");
    assert_eq!(
        code(&cloud.graph("GET", &by_key, None)),
        "Request_ResourceNotFound"
    );

    let made = create(&cloud);
    let id = made.json()["id"].clone();
    assert_eq!(
        (made.status, &made.json()["accountEnabled"]),
        (201, &json!(true))
    );
    assert_eq!(
        cloud.graph("GET", &filtered, None).json()["value"],
        json!([{ "id": id, "appId": app_id }])
    );
    let again = create(&cloud);
    assert_eq!(
        (again.status, code(&again)),
        (409, "Request_MultipleObjectsWithSameKeyValue".to_owned())
    );

    let path = format!("{PRINCIPALS}/{}", id.as_str().unwrap());
    assert_eq!(
        cloud.graph("GET", &path, None).json()["appId"],
        json!(app_id)
    );
    assert_eq!(cloud.graph("DELETE", &path, None).status, 204);
    assert_eq!(cloud.graph("DELETE", &path, None).status, 404);
}

#[test]
fn missing_rights_and_unknown_applications_have_their_texts() {
    let cloud = Simulator::start(Seed::Demo);
    let unknown = cloud.graph(
        "POST",
        PRINCIPALS,
        Some(&json!({ "appId": "00000000-0000-4000-8000-000000000001" })),
    );
    assert_eq!(unknown.status, 400);
    assert!(
        unknown
            .body
            .contains("does not reference a valid application object"),
        "{}",
        unknown.body
    );
    cloud.settings(json!({ "rights": { "graph_create": false } }));
    let refused = create(&cloud);
    assert_eq!(
        (refused.status, code(&refused)),
        (403, "Authorization_RequestDenied".to_owned())
    );
    assert!(
        refused.body.contains("backing application"),
        "{}",
        refused.body
    );
    let inner = refused.json()["error"]["innerError"].clone();
    assert_eq!(inner["request-id"].as_str(), refused.header("request-id"));
    cloud.settings(json!({ "rights": { "graph_read": false } }));
    assert_eq!(
        code(&cloud.graph("GET", PRINCIPALS, None)),
        "Authorization_RequestDenied"
    );
}

#[test]
fn new_service_principal_replicates_late_where_switched_on() {
    let cloud = Simulator::manual(Seed::Demo);
    cloud.settings(json!({ "lag": { "service_principal": 45 } }));
    let id = create(&cloud).json()["id"].as_str().unwrap().to_owned();
    assert_eq!(
        cloud
            .graph("GET", &format!("{PRINCIPALS}/{id}"), None)
            .status,
        404
    );
    cloud.advance(45);
    assert_eq!(
        cloud
            .graph("GET", &format!("{PRINCIPALS}/{id}"), None)
            .status,
        200
    );
}

#[test]
fn consent_page_gives_consent() {
    let cloud = Simulator::start(Seed::Demo);
    let path = format!(
        "/{}/adminconsent?client_id={}",
        cloud.url("tenant_id"),
        cloud.url("kong_application_id")
    );
    assert_eq!(
        cloud
            .call("active_directory_http", "GET", &path, None, None)
            .status,
        200
    );
    assert_eq!(create(&cloud).status, 409);
}

#[test]
fn tokens_are_bound_to_audience_and_time() {
    let cloud = Simulator::start(Seed::Demo);
    let graph = cloud.token("https://graph.microsoft.com/.default");
    let ask = |service: &str, path: &str, token: Option<&str>| {
        code(&cloud.call(service, "GET", path, token, None))
    };
    let subscriptions = "/subscriptions?api-version=2022-12-01";
    assert_eq!(
        ask("resource_manager_http", subscriptions, None),
        "AuthenticationFailed"
    );
    assert_eq!(
        ask("resource_manager_http", subscriptions, Some(&graph)),
        "InvalidAuthenticationToken"
    );
    assert_eq!(
        ask("microsoft_graph_http", PRINCIPALS, Some("a.b.c")),
        "InvalidAuthenticationToken"
    );
    assert_eq!(ask("microsoft_graph_http", PRINCIPALS, Some(&graph)), "");
    cloud.revoke_tokens();
    assert_eq!(
        ask("microsoft_graph_http", PRINCIPALS, Some(&graph)),
        "InvalidAuthenticationToken"
    );
    cloud.settings(json!({ "azure": { "token_lifetime_seconds": 0 } }));
    let expired = cloud.token("https://management.azure.com/.default");
    assert_eq!(
        ask("resource_manager_http", subscriptions, Some(&expired)),
        "ExpiredAuthenticationToken"
    );
}

#[test]
fn token_endpoint_refuses_with_entras_numbers() {
    let cloud = Simulator::start(Seed::Demo);
    let number = |changes: &[(&str, &str)]| {
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", cloud.url("client_id")),
            ("client_secret", cloud.url("client_secret")),
            ("scope", "https://management.azure.com/.default"),
        ];
        for (name, value) in changes {
            form.retain(|(known, _)| known != name);
            form.push((name, value));
        }
        cloud.token_request(&form).json()["error_codes"][0].clone()
    };
    assert_eq!(number(&[("client_secret", "wrong")]), 7_000_215);
    assert_eq!(
        number(&[("client_id", "00000000-0000-4000-8000-000000000001")]),
        700_016
    );
    assert_eq!(
        number(&[("scope", "https://example.com/.default")]),
        500_011
    );
    assert_eq!(number(&[("client_secret", "")]), 7_000_218);
    let assertion = |claims: Value| {
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!(
            "{}.{}.{}",
            encode(&json!({ "alg": "RS256" })),
            encode(&claims),
            URL_SAFE_NO_PAD.encode("signature")
        )
    };
    let federated = |claims: Value| {
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        number(&[
            ("client_secret", ""),
            ("client_assertion", &assertion(claims)),
            ("client_assertion_type", kind),
        ])
    };
    assert_eq!(
        federated(json!({ "iss": "https://ci.example", "sub": "main", "aud": "api", "exp": 1 })),
        700_024
    );
    assert_eq!(
        federated(
            json!({ "iss": "https://ci.example", "sub": "main", "aud": "api", "exp": 4_000_000_000_u64 })
        ),
        Value::Null
    );
    cloud.world(json!({ "caller": { "federated_credentials": [
        { "issuer": "https://ci.example", "subject": "release", "audience": "api" },
    ]}}));
    assert_eq!(
        federated(
            json!({ "iss": "https://ci.example", "sub": "main", "aud": "api", "exp": 4_000_000_000_u64 })
        ),
        700_213
    );
}

#[test]
fn secrets_are_masked_in_journal_and_log() {
    let cloud = Simulator::start(Seed::Demo);
    let token = cloud.token("https://graph.microsoft.com/.default");
    cloud.konnect("GET", "/v2/cloud-gateways/networks", None);
    let written = format!(
        "{}{}{}",
        json!(cloud.requests()),
        cloud.log(),
        cloud.state()
    );
    for secret in [
        token.as_str(),
        cloud.url("client_secret"),
        cloud.url("konnect_token"),
    ] {
        assert!(!written.contains(secret), "a secret is written out");
    }
    let token_requests = cloud.requests_matching("entra", "POST", "/token");
    assert_eq!(token_requests[0]["request_body"]["client_secret"], "***");
}
