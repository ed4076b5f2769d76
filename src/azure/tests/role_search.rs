//! The search for roles by name, as it goes over the wire.

use super::*;

const SECOND: &str = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09591";
const LIST: &str = "providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01";
const BELOW: &str = "$filter=atScopeAndBelow%28%29";
const BY_NAME: &str = "$filter=roleName%20eq%20%27r%27";

fn subscription(id: &str, tenant: &str) -> String {
    format!(r#"{{"id":"{id}","subscriptionId":"ignored","tenantId":"{tenant}"}}"#)
}

fn group(name: &str) -> String {
    format!(
        r#"{{"id":"/providers/Microsoft.Management/managementGroups/{name}","name":"{name}","properties":{{"tenantId":"{TENANT}"}}}}"#
    )
}

fn names() -> [String; 1] {
    ["r".to_owned()]
}

fn views() -> [ArmId; 1] {
    [SUBSCRIPTION.parse().unwrap()]
}

#[tokio::test(start_paused = true)]
async fn a_service_that_cannot_filter_by_name_is_asked_for_all() {
    let (client, script) = client([
        refused(400, "UnsupportedQuery"),
        list(&[role("other", OBJECT), role("R", ROLE)], None),
        list(&[], None),
    ]);
    let found = client
        .find_role_definitions_by_name(&scope(), &views(), &names())
        .await;
    let found = found.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].name, guid(ROLE));
    assert_eq!(calls(&script)[1], format!("GET {SUBSCRIPTION}/{LIST}"));
}

// Row 18 of docs/user-pains.md.
#[tokio::test(start_paused = true)]
async fn a_name_is_looked_for_in_every_scope_that_the_caller_sees() {
    let foreign = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09592";
    let (client, script) = client([
        list(
            &[
                subscription(SUBSCRIPTION, TENANT),
                subscription(foreign, OBJECT),
                subscription(SECOND, TENANT),
            ],
            None,
        ),
        list(&[group("platform")], None),
        refused(403, "AuthorizationFailed"),
        list(&[role("r", ROLE)], None),
    ]);
    let found = client
        .find_role_definitions_elsewhere(&scope(), &views(), &names())
        .await;
    let found = found.unwrap();
    assert_eq!(found.len(), 1);
    let platform = "/providers/Microsoft.Management/managementGroups/platform";
    assert_eq!(
        calls(&script)[2..],
        [
            format!("GET {SECOND}/{LIST}&{BY_NAME}"),
            format!("GET {platform}/{LIST}&{BY_NAME}"),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_role_of_a_single_group_is_found_below_its_subscription() {
    let (client, script) = client([
        refused(403, "AuthorizationFailed"),
        refused(404, "InvalidResourceType"),
        list(&[role("r", ROLE)], None),
    ]);
    let group: ArmId = format!("{SUBSCRIPTION}/resourceGroups/net")
        .parse()
        .unwrap();
    let found = client
        .find_role_definitions_elsewhere(&scope(), &[group], &names())
        .await;
    assert_eq!(found.unwrap().len(), 1);
    assert_eq!(
        calls(&script).pop(),
        Some(format!("GET {SUBSCRIPTION}/{LIST}&{BELOW}"))
    );
}

/// Two names and many scopes are one search, several scopes at a time.
#[tokio::test(start_paused = true)]
async fn both_names_are_looked_for_in_one_search() {
    let other = |name: &str| format!("$filter=roleName%20eq%20%27{name}%27");
    let (client, script) = client([
        list(&[subscription(SECOND, TENANT)], None),
        refused(403, "AuthorizationFailed"),
        list(&[], None),
        list(&[role("R - Kong", ROLE)], None),
    ]);
    let names = ["r".to_owned(), "r - Kong".to_owned()];
    let found = client
        .find_role_definitions_elsewhere(&scope(), &views(), &names)
        .await;
    assert_eq!(found.unwrap()[0].name, guid(ROLE));
    assert_eq!(
        calls(&script)[2..],
        [
            format!("GET {SECOND}/{LIST}&{BY_NAME}"),
            format!("GET {SECOND}/{LIST}&{}", other("r%20-%20Kong")),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_search_that_gets_no_answer_is_no_finding() {
    let (client, _) = client([Answer::Broken(InterruptionKind::Untrusted)]);
    let found = client
        .find_role_definitions_elsewhere(&scope(), &views(), &names())
        .await;
    assert!(found.is_err());
}
