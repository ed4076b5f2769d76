//! The client's calls as they go over the wire, and what it makes of the answers.

use std::time::Duration;

use super::ids::{ArmId, Guid, RoleAssignmentId, RoleDefinitionId, VnetId};
use super::*;
use crate::http::transport::scripted::{Answer, Script};
use crate::http::{InterruptionKind, Scope, Secret, Transport};

mod hostile;
mod role_search;

const TENANT: &str = "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11";
const SUBSCRIPTION: &str = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590";
const ROLE: &str = "4d97b98b-1d4f-4787-a291-c67834d212e7";
const APP: &str = "207b296f-cf25-4d23-9eba-9a2c41dc62ca";
const OBJECT: &str = "7a7a4e2d-7a11-4b47-9a6a-2c2a3a156c8a";

fn settings(transport: Transport) -> Settings {
    Settings {
        transport,
        cloud: Cloud::new(Environment::Public, &EndpointOverrides::default()).unwrap(),
        tenant_id: Some(guid(TENANT)),
        subscription_id: None,
        credential: CredentialSettings {
            client_id: Some("app".into()),
            client_secret: Some(Secret::new("s")),
            ..CredentialSettings::default()
        },
        correlation_request_id: Some("run-1".into()),
        max_retries: 3,
        max_concurrent_requests: 8,
        poll_step: None,
        unknown: false,
    }
}

fn token(text: &str) -> Answer {
    Answer::json(
        200,
        format!(r#"{{"token_type":"Bearer","expires_in":3599,"access_token":"{text}"}}"#),
    )
}

/// A client whose first exchange, the token's, is scripted already.
fn client(answers: impl IntoIterator<Item = Answer>) -> (Client, Script) {
    let script = Script::new([token("t")].into_iter().chain(answers));
    let settings = Settings {
        // So long that within one bounded wait the number of looks is known.
        poll_step: Some(Duration::from_secs(60)),
        ..settings(Transport::scripted(script.clone()))
    };
    (Client::new(settings), script)
}

/// The calls after the token's.
fn calls(script: &Script) -> Vec<String> {
    assert_eq!(script.left(), 0, "{:?}", script.calls());
    script.calls().split_off(1)
}

fn guid(text: &str) -> Guid {
    text.parse().unwrap()
}

fn scope() -> Scope {
    Scope::detached(Duration::from_secs(600))
}

fn refused(status: u16, code: &str) -> Answer {
    Answer::json(
        status,
        format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#),
    )
}

fn role(name: &str, guid: &str) -> String {
    format!(
        r#"{{"id":"/providers/Microsoft.Authorization/roleDefinitions/{guid}","name":"{guid}","properties":{{"roleName":"{name}","type":"CustomRole","assignableScopes":["{SUBSCRIPTION}"],"permissions":[{{"actions":["a"]}}]}}}}"#
    )
}

fn list(items: &[String], next: Option<&str>) -> Answer {
    let next = next.map_or(String::new(), |next| format!(r#","nextLink":"{next}""#));
    Answer::json(200, format!(r#"{{"value":[{}]{next}}}"#, items.join(",")))
}

fn principal() -> String {
    format!(
        r#"{{"id":"{OBJECT}","appId":"{APP}","displayName":"kong","accountEnabled":true,"appOwnerOrganizationId":null}}"#
    )
}

#[tokio::test(start_paused = true)]
async fn a_role_is_written_where_its_id_says() {
    let (client, script) = client([Answer::json(201, role("r", ROLE))]);
    let id = RoleDefinitionId::new(&SUBSCRIPTION.parse().unwrap(), &guid(ROLE));
    let body = RoleDefinitionBody {
        role_name: "r".into(),
        assignable_scopes: vec![SUBSCRIPTION.into()],
        ..RoleDefinitionBody::default()
    };
    let written = client
        .put_role_definition(&scope(), &id, &body)
        .await
        .unwrap();
    assert_eq!(written.id, id);
    assert_eq!(
        calls(&script),
        [format!(
            "PUT {SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{ROLE}?api-version=2022-04-01"
        )]
    );
    let sent = &script.seen()[1];
    assert_eq!(sent.url.host_str(), Some("management.azure.com"));
    assert_eq!(sent.headers["x-ms-correlation-request-id"], "run-1");
    assert_eq!(sent.headers["authorization"], "Bearer t");
}

#[tokio::test(start_paused = true)]
async fn the_tenants_scope_makes_no_doubled_slash() {
    let (client, script) = client([refused(404, "RoleDefinitionDoesNotExist")]);
    let id = RoleDefinitionId::new(&ArmId::tenant(), &guid(ROLE));
    assert!(
        client
            .get_role_definition(&scope(), &id)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(
        calls(&script),
        [format!(
            "GET /providers/Microsoft.Authorization/roleDefinitions/{ROLE}?api-version=2022-04-01"
        )]
    );
}

#[tokio::test(start_paused = true)]
async fn a_role_is_looked_for_by_name_in_each_view_and_the_tenant() {
    let other = "5d97b98b-1d4f-4787-a291-c67834d212e7";
    let (client, script) = client([
        list(&[role("Kong's role", ROLE)], None),
        refused(403, "AuthorizationFailed"),
        list(
            &[role("unrelated", "6d97b98b-1d4f-4787-a291-c67834d212e7")],
            Some("https://management.azure.com/providers/next?$skiptoken=a%2Bb"),
        ),
        list(
            &[role("KONG'S ROLE", other), role("Kong's role", ROLE)],
            None,
        ),
    ]);
    let group: ArmId = "/providers/Microsoft.Management/managementGroups/mg"
        .parse()
        .unwrap();
    let subscription: ArmId = SUBSCRIPTION.parse().unwrap();
    let views = [subscription.clone(), group.clone(), subscription];
    let found = client
        .find_role_definitions_by_name(&scope(), &views, &["Kong's role".to_owned()])
        .await
        .unwrap();
    let names: Vec<&str> = found.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(names, [ROLE, other]);
    let by_name = "$filter=roleName%20eq%20%27Kong%27%27s%20role%27";
    let list = "providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01";
    assert_eq!(
        calls(&script),
        [
            format!("GET {SUBSCRIPTION}/{list}&{by_name}"),
            format!("GET {group}/{list}&{by_name}"),
            format!("GET /{list}&$filter=type%20eq%20%27CustomRole%27"),
            "GET /providers/next?$skiptoken=a%2Bb".to_owned(),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_token_goes_to_no_host_that_a_next_page_names() {
    let (client, script) = client([
        list(&[], Some("https://evil.example/next?page=2")),
        list(&[], None),
    ]);
    let listed = client
        .list_role_definitions(&SUBSCRIPTION.parse().unwrap(), None)
        .collect(&scope())
        .await;
    assert!(listed.unwrap().is_empty());
    let asked = script.seen();
    let hosts: Vec<_> = asked.iter().map(|one| one.url.host_str()).collect();
    assert!(!hosts.contains(&Some("evil.example")), "{hosts:?}");
    assert_eq!(calls(&script).pop().as_deref(), Some("GET /next?page=2"));
}

#[tokio::test(start_paused = true)]
async fn a_role_that_left_one_view_is_found_through_another() {
    let (client, script) = client([
        refused(404, "RoleDefinitionDoesNotExist"),
        Answer::json(200, role("r", ROLE)),
    ]);
    let views = [SUBSCRIPTION.parse().unwrap()];
    assert!(
        client
            .find_role_definition(&scope(), &guid(ROLE), &views)
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(calls(&script).len(), 2);

    let (client, _) = self::client([
        refused(403, "AuthorizationFailed"),
        refused(404, "RoleDefinitionDoesNotExist"),
    ]);
    // Not to be taken for gone: one view was closed.
    let looked = client
        .find_role_definition(&scope(), &guid(ROLE), &views)
        .await;
    assert!(looked.unwrap_err().is_forbidden());
}

#[tokio::test(start_paused = true)]
async fn the_twin_of_an_assignment_is_the_one_at_exactly_this_scope() {
    let vnet =
        format!("{SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v");
    let item = |at: &str, role: &str, principal: &str, name: u8| {
        format!(
            r#"{{"id":"{at}/providers/Microsoft.Authorization/roleAssignments/b69a9388-9488-4534-b470-7ec6d41beef{name}","properties":{{"scope":"{at}","roleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/{role}","principalId":"{principal}"}}}}"#
        )
    };
    let (client, script) = client([list(
        &[
            item(SUBSCRIPTION, ROLE, OBJECT, 1),
            item(&vnet, "5d97b98b-1d4f-4787-a291-c67834d212e7", OBJECT, 2),
            item(
                &vnet.to_uppercase().replace(
                    "/PROVIDERS/MICROSOFT.NETWORK",
                    "/providers/Microsoft.Network",
                ),
                ROLE,
                OBJECT,
                3,
            ),
        ],
        None,
    )]);
    let found = client
        .find_role_assignment(&scope(), &vnet.parse().unwrap(), &guid(ROLE), &guid(OBJECT))
        .await
        .unwrap()
        .unwrap();
    assert!(found.id.name().as_str().ends_with('3'));
    assert_eq!(
        calls(&script),
        [format!(
            "GET {vnet}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01&$filter=principalId%20eq%20%27{OBJECT}%27"
        )]
    );
}

#[tokio::test(start_paused = true)]
async fn deleting_what_is_gone_is_done() {
    let id = RoleAssignmentId::new(&SUBSCRIPTION.parse().unwrap(), &guid(ROLE));
    for answers in [
        vec![Answer::json(204, "")],
        vec![Answer::json(200, "{}")],
        // What is missing twice is gone.
        vec![
            refused(404, "RoleAssignmentNotFound"),
            refused(404, "RoleAssignmentNotFound"),
        ],
        // Lost once, and then gone.
        vec![
            Answer::Broken(InterruptionKind::Lost),
            refused(404, "RoleAssignmentNotFound"),
            refused(404, "RoleAssignmentNotFound"),
        ],
        // A replica that did not know it has not deleted it.
        vec![
            refused(404, "RoleAssignmentNotFound"),
            Answer::json(200, "{}"),
            Answer::json(200, "{}"),
        ],
        // A refusal that only means that there is nothing to delete.
        vec![
            refused(403, "AuthorizationFailed"),
            refused(404, "RoleAssignmentNotFound"),
        ],
    ] {
        let (client, script) = client(answers);
        client.delete_role_assignment(&scope(), &id).await.unwrap();
        assert_eq!(script.left(), 0);
    }
    let still_there = [refused(403, "AuthorizationFailed"), Answer::json(200, "{}")];
    let (client, _) = client(still_there);
    assert!(
        client
            .delete_role_assignment(&scope(), &id)
            .await
            .unwrap_err()
            .is_forbidden()
    );
}

#[tokio::test(start_paused = true)]
async fn a_network_that_is_not_there_is_an_answer() {
    let vnet: VnetId = format!(
        "{SUBSCRIPTION}/resourceGroups/net (1)/providers/Microsoft.Network/virtualNetworks/v"
    )
    .replace(" (1)", "(1)")
    .parse()
    .unwrap();
    let (client, script) = client([
        refused(404, "ResourceGroupNotFound"),
        Answer::json(404, "<html>no route</html>"),
        Answer::json(404, "no such route"),
        Answer::json(404, ""),
        Answer::json(404, r#"{"message":"Not Found"}"#),
    ]);
    assert!(
        client
            .get_virtual_network(&scope(), &vnet)
            .await
            .unwrap()
            .is_none()
    );
    // A proxy's page says nothing about the network.
    for _page in 0..2 {
        assert!(client.get_virtual_network(&scope(), &vnet).await.is_err());
    }
    // The service's own 404 may come without a code, and without a body.
    for _bare in 0..2 {
        let found = client.get_virtual_network(&scope(), &vnet).await;
        assert!(found.unwrap().is_none());
    }
    assert!(calls(&script)[0].contains("virtualNetworks/v?api-version=2024-05-01"));
}

#[tokio::test(start_paused = true)]
async fn a_service_principal_is_found_by_its_application() {
    let (client, script) = client([list(&[principal()], None), list(&[], None)]);
    let found = client
        .find_service_principal(&scope(), &guid(APP))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (found.id.as_str(), found.account_enabled),
        (OBJECT, Some(true))
    );
    assert!(
        client
            .find_service_principal(&scope(), &guid(APP))
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(
        calls(&script)[0],
        format!(
            "GET /v1.0/servicePrincipals?$filter=appId%20eq%20%27{APP}%27&$select=id%2CappId%2CdisplayName%2CaccountEnabled"
        )
    );
    assert_eq!(script.seen()[1].url.host_str(), Some("graph.microsoft.com"));
    assert!(script.seen()[1].headers.contains_key("client-request-id"));
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_cannot_filter_is_asked_by_key() {
    let by_key = format!(
        "GET /v1.0/servicePrincipals(appId='{APP}')?$select=id%2CappId%2CdisplayName%2CaccountEnabled"
    );
    for (status, answer, found) in [
        (400, Answer::json(200, principal()), true),
        (501, refused(404, "Request_ResourceNotFound"), false),
    ] {
        let (client, script) = client([refused(status, "Request_UnsupportedQuery"), answer]);
        let principal = client.find_service_principal(&scope(), &guid(APP)).await;
        assert_eq!(principal.unwrap().is_some(), found, "{status}");
        assert_eq!(calls(&script).pop().as_deref(), Some(by_key.as_str()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_tenant_without_a_view_of_its_own_hides_no_role() {
    let name = guid(ROLE);
    let views = [SUBSCRIPTION.parse().unwrap()];
    for status in [400, 404, 405] {
        let (client, script) = client([
            refused(404, "RoleDefinitionDoesNotExist"),
            Answer::json(status, "<html>unrouted</html>"),
            list(&[], None),
            Answer::json(status, "<html>unrouted</html>"),
        ]);
        let gone = client.find_role_definition(&scope(), &name, &views).await;
        assert!(gone.unwrap().is_none(), "{status}");
        let found = client
            .find_role_definitions_by_name(&scope(), &views, &["Kong".to_owned()])
            .await;
        assert!(found.unwrap().is_empty(), "{status}");
        assert_eq!(calls(&script).len(), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn creating_a_service_principal_sends_the_application_alone() {
    let (client, script) = client([Answer::json(201, principal())]);
    client
        .create_service_principal(&scope(), &guid(APP))
        .await
        .unwrap();
    let body = script.seen()[1].body.clone().unwrap();
    assert_eq!(body.as_ref(), format!(r#"{{"appId":"{APP}"}}"#).as_bytes());
}

#[tokio::test(start_paused = true)]
async fn a_lost_create_is_looked_for_before_it_is_sent_again() {
    // Found at once; so also where the answer is none.
    for answer in [
        Answer::Broken(InterruptionKind::Lost),
        Answer::json(201, "<html>"),
    ] {
        let (client, script) = client([answer, list(&[principal()], None)]);
        client
            .create_service_principal(&scope(), &guid(APP))
            .await
            .unwrap();
        assert_eq!(calls(&script).len(), 2);
    }

    // Nothing was made: sent again.
    let (client, script) = client([
        Answer::Broken(InterruptionKind::Lost),
        list(&[], None),
        Answer::json(201, principal()),
    ]);
    client
        .create_service_principal(&scope(), &guid(APP))
        .await
        .unwrap();
    assert_eq!(calls(&script).len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_answers_nothing_readable_is_looked_for() {
    let (client, script) = client([Answer::json(201, "{}"), list(&[principal()], None)]);
    let made = client.create_service_principal(&scope(), &guid(APP)).await;
    assert_eq!(made.unwrap().id, guid(OBJECT));
    assert_eq!(calls(&script).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn after_a_lost_create_a_duplicate_is_ours() {
    let (client, script) = client([
        Answer::json(503, ""),
        list(&[], None),
        refused(409, "Request_MultipleObjectsWithSameKeyValue"),
        list(&[], None),
        list(&[principal()], None),
    ]);
    let created = client
        .create_service_principal(&scope(), &guid(APP))
        .await
        .unwrap();
    assert_eq!(created.id.as_str(), OBJECT);
    assert_eq!(calls(&script).len(), 5);
}

#[tokio::test(start_paused = true)]
async fn refusals_of_a_create_are_not_repeated() {
    for (status, code) in [
        (403, "Authorization_RequestDenied"),
        (409, "Request_MultipleObjectsWithSameKeyValue"),
        (400, "Request_BadRequest"),
    ] {
        let (client, script) = client([refused(status, code)]);
        let failure = client
            .create_service_principal(&scope(), &guid(APP))
            .await
            .unwrap_err();
        assert_eq!(failure.status(), Some(status));
        assert_eq!(calls(&script).len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_guid_is_classified_by_what_the_directory_knows() {
    let missing = || refused(404, "Request_ResourceNotFound");
    let denied = || refused(403, "Authorization_RequestDenied");
    let empty = || list(&[], None);
    let application = || Answer::json(200, format!(r#"{{"appId":"{APP}","displayName":"kong"}}"#));
    let table = [
        (vec![Answer::json(200, principal())], "ServicePrincipal"),
        (
            vec![missing(), list(&[principal().replace(APP, TENANT)], None)],
            "ApplicationClientId",
        ),
        (
            vec![missing(), empty(), application(), empty()],
            "ApplicationObject",
        ),
        (
            vec![
                missing(),
                empty(),
                missing(),
                list(&[format!(r#"{{"appId":"{TENANT}"}}"#)], None),
            ],
            "ApplicationClientId",
        ),
        (
            vec![
                missing(),
                empty(),
                missing(),
                empty(),
                Answer::json(
                    200,
                    r##"{"@odata.type":"#microsoft.graph.group","displayName":"Ops"}"##,
                ),
            ],
            "Other { kind: \"group\"",
        ),
        (
            vec![missing(), empty(), denied(), denied(), denied()],
            "Unknown",
        ),
        // What only adds detail may be refused in any way.
        (
            vec![
                missing(),
                empty(),
                missing(),
                refused(501, "NotImplemented"),
                refused(405, "Request_BadRequest"),
            ],
            "Unknown",
        ),
        (
            vec![denied(), denied(), denied(), denied(), denied()],
            "NotAllowed",
        ),
    ];
    for (answers, expected) in table {
        let (client, script) = client(answers);
        let kind = client
            .classify_principal(&scope(), &guid(TENANT))
            .await
            .unwrap();
        assert!(format!("{kind:?}").starts_with(expected), "{kind:?}");
        assert_eq!(script.left(), 0, "{expected}");
    }
}

#[tokio::test(start_paused = true)]
async fn assignments_that_cannot_be_filtered_are_picked_here() {
    let assignment = |name: &str, principal: &str| {
        format!(
            r#"{{"id":"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/{name}","properties":{{"roleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/{ROLE}","principalId":"{principal}","principalType":"Group","scope":"{SUBSCRIPTION}"}}}}"#
        )
    };
    for status in [400, 501] {
        let all = [assignment(APP, TENANT), assignment(TENANT, OBJECT)];
        let (client, script) = client([refused(status, "UnsupportedQuery"), list(&all, None)]);
        let at: ArmId = SUBSCRIPTION.parse().unwrap();
        let found = client
            .find_role_assignment(&scope(), &at, &guid(ROLE), &guid(OBJECT))
            .await
            .unwrap();
        assert_eq!(found.unwrap().id.name(), &guid(TENANT));
        assert!(calls(&script)[0].contains("principalId") && !calls(&script)[1].contains("filter"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once() {
    let found = || Answer::json(200, r#"{"properties":{}}"#);
    let (client, script) = client([
        found(),
        refused(401, "ExpiredAuthenticationToken"),
        token("t2"),
        found(),
    ]);
    let vnet: VnetId =
        format!("{SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v")
            .parse()
            .unwrap();
    client.get_virtual_network(&scope(), &vnet).await.unwrap();
    tokio::time::advance(Duration::from_secs(60)).await;
    client.get_virtual_network(&scope(), &vnet).await.unwrap();
    assert_eq!(
        script.seen().last().unwrap().headers["authorization"],
        "Bearer t2"
    );
}

#[tokio::test(start_paused = true)]
async fn refusals_carry_the_ids_that_support_asks_for() {
    let answer = Answer::Status(
        403,
        vec![
            ("x-ms-correlation-request-id", "run-1".to_owned()),
            ("x-ms-request-id", "r-1".to_owned()),
        ],
        r#"{"error":{"code":"AuthorizationFailed","message":"No."}}"#.to_owned(),
    );
    let (client, _) = client([answer]);
    let id = RoleDefinitionId::new(&SUBSCRIPTION.parse().unwrap(), &guid(ROLE));
    let text = client
        .get_role_definition(&scope(), &id)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        text.contains("correlation id: run-1") && text.contains("request id: r-1"),
        "{text}"
    );
}

#[tokio::test]
async fn an_unknown_setting_makes_the_client_wait() {
    let access = Access::default();
    let known = settings(Transport::scripted(Script::default()));
    access.configure(Settings {
        unknown: true,
        poll_step: Some(Duration::from_secs(1)),
        ..known.clone()
    });
    assert!(access.client().unwrap_err().is_not_known_yet());
    assert_eq!(access.poll_step(), Some(Duration::from_secs(1)));
    access.configure(known);
    assert_eq!(
        access.client().unwrap().tenant_id(&scope()).await.unwrap(),
        guid(TENANT)
    );
}
