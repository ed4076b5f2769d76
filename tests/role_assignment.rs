//! `konnectazure_role_assignment` under real Terraform.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::time::Instant;

use serde_json::{Value as Json, json};
use support::patience::PATIENCE;
use support::simulator::{Seed, Simulator};
use support::terraform::{Case, Workspace, folded};

const ADDRESS: &str = "konnectazure_role_assignment.kong";
const KONG: &str = "207b296f-cf25-4d23-9eba-9a2c41dc62ca";
const NETWORK_CONTRIBUTOR: &str =
    "/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7";
const NOBODY: &str = "0b6f5d1c-7a83-4e29-9d40-c3b2a1f0e987";
const ADA: &str = "62a5b4c3-d2e1-4f00-9a8b-7c6d5e4f3a2b";

/// A tenant in which consent was given, and the service principal's object id.
fn consented() -> (Simulator, String) {
    let simulator = Simulator::start(Seed::Demo);
    let id = simulator.consent()["id"].as_str().unwrap().to_owned();
    (simulator, id)
}

fn assignment(scope: &str, role: &str, principal: &str, more: &str) -> String {
    format!(
        "resource \"konnectazure_role_assignment\" \"kong\" {{\n  scope = \"{scope}\"\n  role_definition_id = \"{role}\"\n  \
         principal_id = \"{principal}\"\n{more}\n}}\n"
    )
}

fn assignments(simulator: &Simulator) -> Vec<Json> {
    simulator.objects("role_assignments")
}

fn puts(simulator: &Simulator) -> Vec<Json> {
    simulator.requests_matching("arm", "PUT", "/roleAssignments/")
}

/// An equal assignment of somebody else's.
fn twin(simulator: &Simulator, scope: &str, principal: &str) -> String {
    let id = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d";
    simulator.world(json!({
        "add": "role_assignment",
        "object": {
            "id": id, "scope": scope, "principal_id": principal, "description": "by hand",
            "role_definition": "4d97b98b-1d4f-4787-a291-c67834d212e7", "condition": "true", "condition_version": "2.0",
        },
    }));
    format!("{scope}/providers/Microsoft.Authorization/roleAssignments/{id}")
}

fn shouted(id: &str) -> String {
    id.to_uppercase()
        .replace("/SUBSCRIPTIONS", "/subscriptions")
}

// Row 34 of docs/user-pains.md.
// Row 35 of docs/user-pains.md.
#[test]
fn it_is_made_described_in_place_replaced_imported_and_deleted() {
    let (simulator, kong) = consented();
    let (vnet, hub) = (
        simulator.vnet_id("vnet-orders"),
        simulator.vnet_id("vnet-billing"),
    );
    let plain = assignment(vnet, NETWORK_CONTRIBUTOR, &kong, "");
    Case::new(simulator.env())
        .apply(plain.as_str(), &[(ADDRESS, "create")], |state| {
            let [stored] = &assignments(&simulator)[..] else {
                panic!("one assignment")
            };
            let made = &state[ADDRESS];
            assert_eq!(made["name"], stored["id"]);
            assert_eq!(
                made["id"],
                format!(
                    "{vnet}/providers/Microsoft.Authorization/roleAssignments/{}",
                    stored["id"].as_str().unwrap()
                )
            );
            assert_eq!(made["scope"], vnet);
            assert_eq!(made["description"], "");
            let body = &puts(&simulator)[0]["request_body"]["properties"];
            assert_eq!(body["principalType"], "ServicePrincipal");
            simulator.clear_requests();
        })
        .apply(
            assignment(
                vnet,
                NETWORK_CONTRIBUTOR,
                &kong,
                "description = \"for Kong\"",
            ),
            &[(ADDRESS, "update")],
            |_| {
                assert_eq!(assignments(&simulator)[0]["description"], "for Kong");
                assert_eq!(puts(&simulator).len(), 1);
            },
        )
        .reimport(ADDRESS, |made| made["id"].as_str().unwrap().to_owned())
        .apply(plain.as_str(), &[(ADDRESS, "update")], |_| {})
        .apply(
            assignment(hub, NETWORK_CONTRIBUTOR, &kong, ""),
            &[(ADDRESS, "replace")],
            |_| {
                assert_eq!(assignments(&simulator).len(), 1);
            },
        )
        .apply(
            assignment(
                hub,
                NETWORK_CONTRIBUTOR,
                &kong,
                &format!("name = \"{NOBODY}\""),
            ),
            &[(ADDRESS, "replace")],
            |state| {
                assert_eq!(state[ADDRESS]["name"], NOBODY);
            },
        )
        .run();
    assert!(assignments(&simulator).is_empty());
}

// Row 30 of docs/user-pains.md.
// Row 31 of docs/user-pains.md.
#[test]
fn spelling_makes_no_difference() {
    let (simulator, kong) = consented();
    let vnet = simulator.vnet_id("vnet-orders");
    simulator.settings(json!({ "azure": { "tenant_form_role_ids": true } }));
    let subscription = simulator.ready()["subscription_ids"][0]
        .as_str()
        .unwrap()
        .to_owned();
    let role = format!("/subscriptions/{subscription}{NETWORK_CONTRIBUTOR}");
    Case::new(simulator.env())
        .apply(
            assignment(vnet, &role, &kong, ""),
            &[(ADDRESS, "create")],
            |_| {},
        )
        .apply(
            assignment(
                &shouted(vnet),
                NETWORK_CONTRIBUTOR,
                &kong.to_uppercase(),
                "description = \"\"",
            ),
            &[],
            |state| assert_eq!(state[ADDRESS]["scope"], vnet, "the first spelling stays"),
        )
        .reimport(ADDRESS, |made| shouted(made["id"].as_str().unwrap()))
        .run();
}

// Row 22 of docs/user-pains.md.
// Row 36 of docs/user-pains.md.
#[test]
fn with_a_role_and_a_principal_of_the_same_run_it_survives_their_lag() {
    let simulator = Simulator::start(Seed::Demo);
    simulator.settings(json!({ "lag": {
        "service_principal": 600, "service_principal_in_resource_manager": 1200, "role_definition": 600, "role_assignment": 1200
    } }));
    // Reads agree before the replica that assigns knows the role.
    simulator.fault(json!({
        "service": "arm", "method": "PUT", "path": "/roleAssignments/", "times": 30, "status": 404,
        "body": { "error": { "code": "RoleDefinitionDoesNotExist", "message": "The specified role definition does not exist." } }
    }));
    let subscription = simulator.ready()["subscription_ids"][0]
        .as_str()
        .unwrap()
        .to_owned();
    let flow = format!(
        "resource \"konnectazure_service_principal\" \"kong\" {{}}\n\
         resource \"konnectazure_peering_role\" \"kong\" {{\n  assignable_scopes = [\"/subscriptions/{subscription}\"]\n}}\n\
         resource \"konnectazure_role_assignment\" \"kong\" {{\n  scope = \"{}\"\n  role_definition_id = konnectazure_peering_role.kong.id\n  \
         principal_id = konnectazure_service_principal.kong.object_id\n}}\n",
        simulator.vnet_id("vnet-orders")
    );
    Case::new(simulator.env())
        .apply(
            flow,
            &[
                ("konnectazure_peering_role.kong", "create"),
                (ADDRESS, "create"),
                ("konnectazure_service_principal.kong", "create"),
            ],
            |_| {},
        )
        .run();
    for kind in ["role_assignments", "service_principals"] {
        let left = simulator
            .objects(kind)
            .into_iter()
            .filter(|object| object["app_id"] != simulator.url("client_id"));
        assert_eq!(left.count(), 0, "{kind}");
    }
}

// Row 36 of docs/user-pains.md.
#[test]
fn what_something_vouches_for_is_waited_for_and_what_cannot_be_is_refused_at_once() {
    let (simulator, kong) = consented();
    let vnet = simulator.vnet_id("vnet-orders");
    let unknown = |code: &str| {
        json!({
            "service": "arm", "method": "PUT", "path": "/roleAssignments/", "times": 250, "status": 400,
            "body": { "error": { "code": code, "message": "Unknown here." } }
        })
    };
    // Longer than the grace: the one is in the directory, the other can be read.
    for code in ["PrincipalNotFound", "RoleDefinitionDoesNotExist"] {
        simulator.fault(unknown(code));
        Case::new(simulator.env())
            .apply(
                assignment(vnet, NETWORK_CONTRIBUTOR, &kong, ""),
                &[(ADDRESS, "create")],
                |_| simulator.clear_requests(),
            )
            .run();
    }
    let elsewhere = "7a6b5c4d-3e2f-4a1b-9c8d-0e1f2a3b4c5d";
    let second = simulator.ready()["subscription_ids"][1].as_str().unwrap();
    simulator.world(json!({ "add": "role_definition", "object": { "id": elsewhere, "content": {
        "role_name": "elsewhere", "actions": ["*"], "assignable_scopes": [format!("/subscriptions/{second}")],
    } } }));
    simulator.clear_requests();
    let role = format!(
        "/subscriptions/{second}/providers/Microsoft.Authorization/roleDefinitions/{elsewhere}"
    );
    Case::new(simulator.env())
        .apply_fails(
            assignment(vnet, &role, &kong, ""),
            &[
                "RoleDefinitionDoesNotExist",
                "assignable_scopes of a custom role",
            ],
        )
        .run();
    assert_eq!(puts(&simulator).len(), 1);
}

#[test]
fn a_description_that_reads_are_late_to_show_is_waited_for() {
    let (simulator, kong) = consented();
    let vnet = simulator.vnet_id("vnet-orders");
    let workspace = Workspace::new(simulator.env());
    workspace.write(&assignment(vnet, NETWORK_CONTRIBUTOR, &kong, ""));
    workspace.apply().expect_success("apply");
    let id = workspace.state()[ADDRESS]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let old = simulator.arm("GET", &format!("{id}?api-version=2022-04-01"), None);
    // The refresh and the look before the update see it; the reads after it do not show the new one at first.
    simulator.fault(json!({
        "service": "arm", "method": "GET", "path": "/roleAssignments/", "nth": 3, "times": 3, "status": 200, "body": old.json()
    }));
    workspace.write(&assignment(
        vnet,
        NETWORK_CONTRIBUTOR,
        &kong,
        "description = \"for Kong\"",
    ));
    workspace.apply().expect_success("update");
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
}

#[test]
fn an_equal_one_that_cannot_be_read_is_told_with_the_id_that_azure_gives() {
    let (simulator, kong) = consented();
    let vnet = simulator.vnet_id("vnet-orders");
    let existing = twin(&simulator, vnet, &kong);
    simulator.settings(json!({ "rights": { "role_read": false } }));
    Case::new(simulator.env())
        .apply_fails(
            assignment(vnet, NETWORK_CONTRIBUTOR, &kong, ""),
            &[&format!("id = \"{existing}\""), "roleAssignments/read"],
        )
        .run();
}

// Row 28 of docs/user-pains.md.
#[test]
fn a_client_id_in_place_of_the_object_id_is_an_error_with_the_right_one() {
    let (simulator, kong) = consented();
    let vnet = simulator.vnet_id("vnet-orders");
    Case::new(simulator.env())
        .apply_fails(
            assignment(vnet, NETWORK_CONTRIBUTOR, KONG, ""),
            &[
                "with konnectazure_role_assignment.kong",
                "is the client id of application \"kong-cgw-azure-vnet-peering-app\"",
                &format!("principal_id = \"{kong}\""),
            ],
        )
        .apply_fails(
            assignment(vnet, NETWORK_CONTRIBUTOR, ADA, ""),
            &["Ada Admin", "is a service principal"],
        )
        .apply_fails(
            assignment(vnet, NETWORK_CONTRIBUTOR, NOBODY, ""),
            &[
                "knows no object",
                "object_id of the resource or data source",
            ],
        )
        .run();
    assert!(
        puts(&simulator).is_empty(),
        "nothing is sent for a wrong principal"
    );
}

#[test]
fn a_client_id_without_consent_leads_to_the_consent_link() {
    let simulator = Simulator::start(Seed::Demo);
    simulator.world(json!({
        "add": "application",
        "object": { "id": NOBODY, "app_id": "1b6f5d1c-7a83-4e29-9d40-c3b2a1f0e987", "display_name": "own", "owner_tenant_id": simulator.url("tenant_id") },
    }));
    Case::new(simulator.env())
        .apply_fails(
            assignment(
                simulator.vnet_id("vnet-orders"),
                NETWORK_CONTRIBUTOR,
                NOBODY,
                "",
            ),
            &[
                "registration of application \"own\"",
                "/adminconsent?client_id=1b6f5d1c",
            ],
        )
        .run();
}

// Row 36 of docs/user-pains.md.
#[test]
fn without_the_right_to_look_the_principal_is_taken_as_given() {
    let (simulator, kong) = consented();
    let vnet = simulator.vnet_id("vnet-orders");
    simulator.settings(
        json!({ "rights": { "graph_read": false }, "azure": { "strict_principal_check": true } }),
    );
    let started = Instant::now();
    Case::new(simulator.env())
        .apply_fails(
            assignment(vnet, NETWORK_CONTRIBUTOR, NOBODY, ""),
            &["PrincipalNotFound", "not the application's client id"],
        )
        .outside(|_| {
            // A short grace, as nobody has said that it exists.
            assert!(started.elapsed() < PATIENCE);
            simulator.clear_requests();
        })
        .apply_fails(
            assignment(vnet, NETWORK_CONTRIBUTOR, ADA, ""),
            &["UnmatchedPrincipalType", "is not a service principal"],
        )
        .apply(
            assignment(vnet, NETWORK_CONTRIBUTOR, &kong, ""),
            &[(ADDRESS, "create")],
            |_| {},
        )
        .run();
}

// Row 29 of docs/user-pains.md.
#[test]
fn an_equal_one_is_told_or_adopted() {
    // Row 76 of docs/user-pains.md.
    let (simulator, kong) = consented();
    let vnet = simulator.vnet_id("vnet-orders");
    let existing = twin(&simulator, vnet, &kong);
    let import = format!("id = \"{existing}\"");
    let named = format!("use_existing = true\nname = \"{NOBODY}\"");
    Case::new(simulator.env())
        .apply_fails(
            assignment(vnet, NETWORK_CONTRIBUTOR, &kong, ""),
            &[
                "Azure allows that only once",
                "use_existing = true",
                "to = konnectazure_role_assignment.NAME",
                &import,
            ],
        )
        .apply_fails(
            assignment(vnet, NETWORK_CONTRIBUTOR, &kong, &named),
            &["leave name out", &import],
        )
        .apply(
            assignment(vnet, NETWORK_CONTRIBUTOR, &kong, "use_existing = true"),
            &[(ADDRESS, "create")],
            |state| {
                assert_eq!(state[ADDRESS]["id"], existing);
                let [stored] = &assignments(&simulator)[..] else {
                    panic!("one assignment")
                };
                assert_eq!(stored["condition"], "true", "a condition survives");
            },
        )
        .run();
}

// Row 29 of docs/user-pains.md.
#[test]
fn an_equal_one_that_the_refusal_does_not_name_is_found_by_what_it_grants() {
    let (simulator, kong) = consented();
    let vnet = simulator.vnet_id("vnet-orders");
    let existing = twin(&simulator, vnet, &kong);
    simulator.fault(json!({
        "service": "arm", "method": "PUT", "path": "/roleAssignments/", "times": 0, "status": 409,
        "body": { "error": { "code": "RoleAssignmentExists", "message": "The role assignment already exists." } }
    }));
    Case::new(simulator.env())
        .apply_fails(
            assignment(vnet, NETWORK_CONTRIBUTOR, &kong, ""),
            &[&existing],
        )
        .run();
}

// Row 29 of docs/user-pains.md.
// Row 35 of docs/user-pains.md.
#[test]
fn a_repeated_creation_meets_itself() {
    let (simulator, kong) = consented();
    let vnet = simulator.vnet_id("vnet-orders");
    let configuration = assignment(vnet, NETWORK_CONTRIBUTOR, &kong, "");
    let lost = Workspace::new(simulator.env());
    lost.write(&configuration);
    lost.apply().expect_success("a run whose state is lost");
    simulator.fault(
        json!({ "service": "arm", "method": "PUT", "path": "/roleAssignments/", "reset": "after" }),
    );
    Case::new(simulator.env())
        .apply(configuration, &[(ADDRESS, "create")], |_| {
            assert_eq!(assignments(&simulator).len(), 1);
        })
        .run();
    assert!(assignments(&simulator).is_empty());
}

#[test]
fn a_name_of_another_assignment_is_an_error_on_the_name() {
    let (simulator, kong) = consented();
    let existing = twin(&simulator, simulator.vnet_id("vnet-billing"), &kong);
    let name = existing.rsplit('/').next().unwrap();
    Case::new(simulator.env())
        .apply_fails(
            assignment(
                simulator.vnet_id("vnet-orders"),
                NETWORK_CONTRIBUTOR,
                &kong,
                &format!("name = \"{name}\""),
            ),
            &[
                "name = \"0a1b2c3d",
                "Leave name out, or choose another GUID",
            ],
        )
        .run();
}

#[test]
fn what_is_wrong_is_told_on_its_attribute() {
    let (simulator, kong) = consented();
    let vnet = simulator.vnet_id("vnet-orders");
    let missing_role = NETWORK_CONTRIBUTOR.replace("4d97b98b", "4d97b98c");
    let missing_vnet = format!("{vnet}-gone");
    Case::new(simulator.env())
        .plan_fails(
            assignment("vnet", NETWORK_CONTRIBUTOR, &kong, ""),
            &["Invalid scope"],
        )
        .plan_fails(
            assignment(vnet, "Network Contributor", &kong, ""),
            &["Invalid role_definition_id"],
        )
        .plan_fails(
            assignment(vnet, NETWORK_CONTRIBUTOR, "kong", "name = \"x\""),
            &["Invalid principal_id", "Invalid name"],
        )
        .apply_fails(
            assignment(vnet, &missing_role, &kong, ""),
            &["role_definition_id =", "Check that the role exists"],
        )
        .apply_fails(
            assignment(&missing_vnet, NETWORK_CONTRIBUTOR, &kong, ""),
            &["scope =", "Check the id"],
        )
        .run();
    simulator.settings(json!({ "rights": { "assignment_write": false } }));
    Case::new(simulator.env())
        .apply_fails(
            assignment(vnet, NETWORK_CONTRIBUTOR, &kong, ""),
            &[
                "AuthorizationFailed",
                "Microsoft.Authorization/roleAssignments/write",
                "Role Based Access",
            ],
        )
        .run();
}

#[test]
fn a_lock_is_named_and_one_deleted_outside_is_made_again() {
    let (simulator, kong) = consented();
    let vnet = simulator.vnet_id("vnet-orders");
    let workspace = Workspace::new(simulator.env());
    workspace.write(&assignment(vnet, NETWORK_CONTRIBUTOR, &kong, ""));
    workspace.apply().expect_success("apply");
    simulator
        .world(json!({ "add": "lock", "object": { "id": NOBODY, "scope": vnet, "name": "keep" } }));
    let said = workspace.destroy().expect_failure("destroy under a lock");
    assert!(
        said.contains("ScopeLocked") && said.contains("locks/delete"),
        "{said}"
    );
    simulator.world(json!({ "remove": "lock", "id": NOBODY }));
    let id = assignments(&simulator)[0]["id"].clone();
    simulator.world(json!({ "remove": "role_assignment", "id": id }));
    assert_eq!(workspace.plan().actions()[ADDRESS], "create");
    workspace.apply().expect_success("apply");
    workspace.assert_settled();
    let id = assignments(&simulator)[0]["id"].clone();
    simulator.world(json!({ "remove": "role_assignment", "id": id }));
    workspace
        .destroy()
        .expect_success("destroy of what is gone");
}

// Row 33 of docs/user-pains.md.
#[test]
fn the_wait_can_be_skipped_and_a_bad_import_id_is_told() {
    let (simulator, kong) = consented();
    let vnet = simulator.vnet_id("vnet-orders");
    let workspace = Workspace::new(simulator.env());
    workspace.write(&assignment(
        vnet,
        NETWORK_CONTRIBUTOR,
        &kong,
        "skip_propagation_wait = true",
    ));
    workspace.apply().expect_success("apply");
    let reads = simulator.requests_matching("arm", "GET", "/roleAssignments/");
    assert!(reads.is_empty(), "{reads:?}");
    workspace.assert_settled();
    workspace
        .run(&["state", "rm", ADDRESS])
        .expect_success("state rm");
    let said = workspace
        .run(&["import", "-no-color", ADDRESS, vnet])
        .expect_failure("import");
    assert!(
        folded(&said).contains("/providers/Microsoft.Authorization/roleAssignments/"),
        "{said}"
    );
}
