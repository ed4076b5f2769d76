//! Resource Manager: role definitions, role assignments, virtual networks.

use serde_json::{Value, json};

use crate::support::simulator::{Answer, Seed, Simulator, exchange};
use crate::support::spec;
use crate::{PEERING_ACTIONS, grant};

const VERSION: &str = "api-version=2022-04-01";
const ONE: &str = "11111111-1111-4111-8111-111111111111";
const TWO: &str = "22222222-2222-4222-8222-222222222222";

fn subscription(cloud: &Simulator, index: usize) -> String {
    format!(
        "/subscriptions/{}",
        cloud.ready()["subscription_ids"][index].as_str().unwrap()
    )
}

fn role(name: &str, scopes: &[&str]) -> Value {
    json!({ "properties": {
        "roleName": name,
        "description": "Perform cross-tenant network peering.",
        "type": "CustomRole",
        "assignableScopes": scopes,
        "permissions": [{ "actions": PEERING_ACTIONS, "notActions": [] }],
    }})
}

fn roles(scope: &str) -> String {
    format!("{scope}/providers/Microsoft.Authorization/roleDefinitions")
}

fn assignments(scope: &str) -> String {
    format!("{scope}/providers/Microsoft.Authorization/roleAssignments")
}

fn code(answer: &Answer) -> String {
    answer.json()["error"]["code"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn put_role(cloud: &Simulator, scope: &str, id: &str, body: &Value) -> Answer {
    cloud.arm(
        "PUT",
        &format!("{}/{id}?{VERSION}", roles(scope)),
        Some(body),
    )
}

fn put_assignment(cloud: &Simulator, scope: &str, id: &str, role: &str, principal: &str) -> Answer {
    let role = format!("{}/{role}", roles(&subscription(cloud, 0)));
    let body = json!({ "properties": { "roleDefinitionId": role, "principalId": principal, "principalType": "ServicePrincipal" } });
    cloud.arm(
        "PUT",
        &format!("{}/{id}?{VERSION}", assignments(scope)),
        Some(&body),
    )
}

#[test]
fn role_names_are_unique_in_the_tenant_though_not_visible_everywhere() {
    let cloud = Simulator::start(Seed::Demo);
    let (first, second) = (subscription(&cloud, 0), subscription(&cloud, 1));
    let made = put_role(&cloud, &first, ONE, &role("Kong's role", &[&first]));
    assert_eq!(
        (made.status, &made.json()["id"]),
        (201, &json!(format!("{}/{ONE}", roles(&first))))
    );

    let taken = put_role(&cloud, &second, TWO, &role("Kong's Role", &[&second]));
    assert_eq!(
        (taken.status, code(&taken)),
        (409, "RoleDefinitionWithSameNameExists".to_owned())
    );
    let named = "$filter=roleName%20eq%20'Kong''s%20role'";
    let count = |scope: &str, filter: &str| {
        let answer = cloud.arm("GET", &format!("{}?{VERSION}&{filter}", roles(scope)), None);
        answer.json()["value"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((count(&first, named), count(&second, named)), (1, 0));
    assert_eq!(
        count("", "$filter=type%20eq%20'CustomRole'"),
        1,
        "the tenant's own list shows it"
    );
    assert_eq!(
        code(&cloud.arm("GET", &format!("{}/{ONE}?{VERSION}", roles(&second)), None)),
        "RoleDefinitionDoesNotExist"
    );

    let widened = put_role(
        &cloud,
        &first,
        ONE,
        &role("Kong's role", &[&first, &second]),
    );
    assert_eq!(widened.status, 201);
    let seen = cloud.arm("GET", &format!("{}/{ONE}?{VERSION}", roles(&second)), None);
    assert_eq!(
        seen.json()["id"],
        json!(format!("{}/{ONE}", roles(&second))),
        "the id is shown through the scope asked"
    );
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn role_definitions_refuse_what_the_service_refuses() {
    let cloud = Simulator::start(Seed::Demo);
    let first = subscription(&cloud, 0);
    let mut odd_action = role("odd", &[&first]);
    odd_action["properties"]["permissions"][0]["actions"] = json!(["peer"]);
    assert_eq!(
        code(&put_role(&cloud, &first, ONE, &odd_action)),
        "InvalidActionOrNotAction"
    );
    assert_eq!(
        code(&put_role(&cloud, &first, ONE, &role("none", &[]))),
        "InvalidAssignableScopes"
    );
    assert_eq!(
        code(&put_role(&cloud, &first, ONE, &role("root", &["/"]))),
        "InvalidAssignableScopes"
    );
    let foreign = put_role(
        &cloud,
        &first,
        ONE,
        &role(
            "foreign",
            &["/subscriptions/00000000-0000-4000-8000-000000000000"],
        ),
    );
    assert_eq!(
        (foreign.status, code(&foreign)),
        (403, "LinkedAuthorizationFailed".to_owned())
    );
    let bare = cloud.arm("GET", &format!("{}/{ONE}", roles(&first)), None);
    assert_eq!(
        (bare.status, code(&bare)),
        (400, "MissingApiVersionParameter".to_owned())
    );
    cloud.settings(json!({ "rights": { "role_write": false } }));
    let denied = put_role(&cloud, &first, ONE, &role("denied", &[&first]));
    assert_eq!(
        (denied.status, code(&denied)),
        (403, "AuthorizationFailed".to_owned())
    );
    spec::assert_bad_requests_are_refused(&cloud.requests());
}

#[test]
fn assigned_roles_can_neither_be_deleted_nor_lose_the_scope() {
    let cloud = Simulator::start(Seed::Demo);
    let (first, second) = (subscription(&cloud, 0), subscription(&cloud, 1));
    let vnet = cloud.vnet_id("vnet-orders").to_owned();
    let principal = cloud.consent()["id"].as_str().unwrap().to_owned();
    put_role(&cloud, &first, ONE, &role("role", &[&first, &second]));
    assert_eq!(
        put_assignment(&cloud, &vnet, ONE, ONE, &principal).status,
        201
    );
    let path = format!("{}/{ONE}?{VERSION}", roles(&first));
    assert_eq!(
        code(&cloud.arm("DELETE", &path, None)),
        "RoleDefinitionHasAssignments"
    );
    assert_eq!(
        code(&put_role(&cloud, &second, ONE, &role("role", &[&second]))),
        "RoleDefinitionHasAssignments"
    );
    assert_eq!(
        cloud
            .arm(
                "DELETE",
                &format!("{}/{ONE}?{VERSION}", assignments(&vnet)),
                None
            )
            .status,
        200
    );
    assert_eq!(
        cloud
            .arm(
                "DELETE",
                &format!("{}/{ONE}?{VERSION}", assignments(&vnet)),
                None
            )
            .status,
        204
    );
    assert_eq!(cloud.arm("DELETE", &path, None).status, 200);
    assert_eq!(cloud.arm("DELETE", &path, None).status, 204);
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn role_assignments_meet_their_twin_by_its_id() {
    let cloud = Simulator::start(Seed::Demo);
    let vnet = cloud.vnet_id("vnet-orders").to_owned();
    let principal = cloud.consent()["id"].as_str().unwrap().to_owned();
    put_role(
        &cloud,
        &subscription(&cloud, 0),
        ONE,
        &role("role", &[&subscription(&cloud, 0)]),
    );
    let made = put_assignment(&cloud, &vnet, ONE, ONE, &principal);
    assert_eq!(
        (made.status, &made.json()["properties"]["createdBy"]),
        (201, &Value::Null)
    );
    assert_eq!(
        put_assignment(&cloud, &vnet, ONE, ONE, &principal).status,
        200
    );
    let twin = put_assignment(&cloud, &vnet, TWO, ONE, &principal);
    assert_eq!(
        (twin.status, code(&twin)),
        (409, "RoleAssignmentExists".to_owned())
    );
    assert!(twin.body.contains(&ONE.replace('-', "")), "{}", twin.body);
    let moved = put_assignment(&cloud, cloud.vnet_id("vnet-overlap"), ONE, ONE, &principal);
    assert_eq!(
        (moved.status, code(&moved)),
        (400, "RoleAssignmentUpdateNotPermitted".to_owned())
    );

    let list = |scope: &str, filter: &str| {
        let answer = cloud.arm(
            "GET",
            &format!("{}?{VERSION}&{filter}", assignments(scope)),
            None,
        );
        answer.json()["value"].as_array().map_or(0, Vec::len)
    };
    let first = subscription(&cloud, 0);
    let of_principal = format!("$filter=principalId%20eq%20'{principal}'");
    assert_eq!(
        (
            list(&first, "$filter=atScope()"),
            list(&vnet, "$filter=atScope()")
        ),
        (0, 1)
    );
    assert_eq!(
        (
            list(&first, &of_principal),
            list(&first, "$filter=principalId%20eq%20'x'")
        ),
        (1, 0)
    );
    assert_eq!(
        list(
            &vnet,
            &format!("$filter=atScope()%20and%20assignedTo('{principal}')")
        ),
        1
    );
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn principals_are_checked_as_the_service_does() {
    let cloud = Simulator::start(Seed::Demo);
    let vnet = cloud.vnet_id("vnet-orders").to_owned();
    put_role(
        &cloud,
        &subscription(&cloud, 0),
        ONE,
        &role("role", &[&subscription(&cloud, 0)]),
    );
    let kong = cloud.url("kong_application_id").to_owned();
    assert_eq!(
        put_assignment(&cloud, &vnet, TWO, ONE, &kong).status,
        201,
        "a claimed service principal is taken on trust"
    );
    cloud.arm(
        "DELETE",
        &format!("{}/{TWO}?{VERSION}", assignments(&vnet)),
        None,
    );
    cloud.settings(json!({ "azure": { "strict_principal_check": true } }));
    assert_eq!(
        code(&put_assignment(&cloud, &vnet, TWO, ONE, &kong)),
        "PrincipalNotFound"
    );
    let user = cloud.objects("directory_objects")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        code(&put_assignment(&cloud, &vnet, TWO, ONE, &user)),
        "UnmatchedPrincipalType"
    );
    let application = cloud.objects("applications")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        code(&put_assignment(&cloud, &vnet, TWO, ONE, &application)),
        "PrincipalTypeNotSupported"
    );
    let missing_role = put_assignment(&cloud, &vnet, TWO, TWO, &user);
    assert_eq!(
        (missing_role.status, code(&missing_role)),
        (404, "RoleDefinitionDoesNotExist".to_owned())
    );
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn replicas_lag_as_switched() {
    let cloud = Simulator::manual(Seed::Demo);
    cloud.settings(json!({ "lag": {
        "role_definition": 60, "role_assignment": 30, "service_principal_in_resource_manager": 20, "role_name_reservation": 120,
    }}));
    let first = subscription(&cloud, 0);
    let vnet = cloud.vnet_id("vnet-orders").to_owned();
    let principal = cloud.consent()["id"].as_str().unwrap().to_owned();
    assert_eq!(
        put_role(&cloud, &first, ONE, &role("role", &[&first])).status,
        201
    );
    let path = format!("{}/{ONE}?{VERSION}", roles(&first));
    assert_eq!(cloud.arm("GET", &path, None).status, 404);
    assert_eq!(
        code(&put_assignment(&cloud, &vnet, ONE, ONE, &principal)),
        "RoleDefinitionDoesNotExist"
    );
    cloud.advance(60);
    assert_eq!(cloud.arm("GET", &path, None).status, 200);
    cloud.world(json!({ "patch": "service_principal", "id": principal, "set": { "known_to_resource_manager_from": 80_000 } }));
    assert_eq!(
        code(&put_assignment(&cloud, &vnet, ONE, ONE, &principal)),
        "PrincipalNotFound"
    );
    cloud.advance(20);
    assert_eq!(
        put_assignment(&cloud, &vnet, ONE, ONE, &principal).status,
        201
    );
    let assignment = format!("{}/{ONE}?{VERSION}", assignments(&vnet));
    assert_eq!(
        code(&cloud.arm("GET", &assignment, None)),
        "RoleAssignmentNotFound"
    );
    cloud.advance(30);
    assert_eq!(cloud.arm("GET", &assignment, None).status, 200);
    cloud.arm("DELETE", &assignment, None);
    assert_eq!(cloud.arm("DELETE", &path, None).status, 200);
    assert_eq!(
        put_role(&cloud, &first, TWO, &role("role", &[&first])).status,
        409,
        "the name is still reserved"
    );
    cloud.advance(120);
    assert_eq!(
        put_role(&cloud, &first, TWO, &role("role", &[&first])).status,
        201
    );
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn locks_keep_assignments_from_being_deleted() {
    let cloud = Simulator::start(Seed::Demo);
    let vnet = cloud.vnet_id("vnet-orders").to_owned();
    grant(&cloud, &vnet, &["*"], &[]);
    let id = cloud.objects("role_assignments")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    cloud.world(json!({ "add": "lock", "object": { "scope": subscription(&cloud, 0) } }));
    let refused = cloud.arm(
        "DELETE",
        &format!("{}/{id}?{VERSION}", assignments(&vnet)),
        None,
    );
    assert_eq!(
        (refused.status, code(&refused)),
        (409, "ScopeLocked".to_owned())
    );
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn virtual_network_shows_address_space_and_peerings() {
    let cloud = Simulator::start(Seed::Demo);
    let vnet = cloud.vnet_id("vnet-orders").to_owned();
    cloud.world(json!({ "azure_peering": { "vnet_id": vnet, "name": "other", "set": { "state": "Disconnected" } } }));
    let read = |id: &str| cloud.arm("GET", &format!("{id}?api-version=2024-05-01"), None);
    let properties = read(&vnet.to_uppercase()).json()["properties"].clone();
    assert_eq!(
        properties["addressSpace"]["addressPrefixes"],
        json!(["10.20.0.0/16"])
    );
    assert_eq!(
        properties["virtualNetworkPeerings"][0]["properties"]["peeringState"],
        "Disconnected"
    );
    assert_eq!(
        code(&read(&vnet.replace("vnet-orders", "vnet-typo"))),
        "ResourceNotFound"
    );
    assert_eq!(
        code(&read(&vnet.replace("rg-network", "rg-typo"))),
        "ResourceGroupNotFound"
    );
    assert_eq!(
        code(&read(&vnet.replace(cloud.url("subscription_id"), ONE))),
        "SubscriptionNotFound"
    );
    cloud.settings(json!({ "rights": { "denied": [{ "action": "Microsoft.Network/virtualNetworks/read", "scope": vnet }] } }));
    assert_eq!(read(&vnet).status, 403);
    assert_eq!(read(cloud.vnet_id("vnet-billing")).status, 200);
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn bodies_must_say_that_they_are_json() {
    let cloud = Simulator::start(Seed::Demo);
    let first = subscription(&cloud, 0);
    let host = cloud
        .url("resource_manager_http")
        .trim_start_matches("http://")
        .to_owned();
    let token = format!(
        "Bearer {}",
        cloud.token("https://management.azure.com/.default")
    );
    let body = role("role", &[&first]).to_string();
    let path = format!("{}/{ONE}?{VERSION}", roles(&first));
    let answer = exchange(&host, "PUT", &path, &[("authorization", &token)], &body);
    assert_eq!(
        (answer.status, code(&answer)),
        (415, "UnsupportedMediaType".to_owned())
    );
}

#[test]
fn filters_beyond_the_published_ones_are_refused() {
    let cloud = Simulator::start(Seed::Demo);
    let list = |filter: &str| {
        let path = format!(
            "{}?{VERSION}&$filter={}",
            roles(""),
            filter.replace(' ', "%20")
        );
        cloud.arm("GET", &path, None).status
    };
    for good in [
        "type eq 'BuiltInRole'",
        "roleName eq 'it''s' and type eq 'CustomRole'",
        "atScopeAndBelow()",
    ] {
        assert_eq!(list(good), 200, "{good}");
    }
    for bad in [
        "roleName eq Kong",
        "roleName ne 'x'",
        "roleName eq 'x' or type eq 'y'",
        "eq 'x'",
        "roleName eq 'x",
        "id eq 'x'",
    ] {
        assert_eq!(list(bad), 400, "{bad}");
    }
    spec::assert_bad_requests_are_refused(&cloud.requests());
}
