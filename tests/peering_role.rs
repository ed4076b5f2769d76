//! `konnectazure_peering_role` under real Terraform.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value as Json, json};
use support::simulator::{Seed, Simulator};
use support::spec;
use support::terraform::{Case, Workspace, folded};

const ADDRESS: &str = "konnectazure_peering_role.kong";
const NAME: &str = "Kong Cloud Gateway Peering Creator";
const WIZARD_NAME: &str = "Kong Cloud Gateway Peering Creator - Kong";
const FOREIGN_ROLE: &str = "6f0e7c1a-2b3d-4c5e-8f90-a1b2c3d4e5f6";

fn subscription(simulator: &Simulator, index: usize) -> String {
    let id = simulator.ready()["subscription_ids"][index].as_str();
    format!("/subscriptions/{}", id.unwrap())
}

fn role(scopes: &[&str], more: &str) -> String {
    named("kong", scopes, more)
}

fn named(name: &str, scopes: &[&str], more: &str) -> String {
    format!(
        "resource \"konnectazure_peering_role\" \"{name}\" {{\n  assignable_scopes = {}\n{more}\n}}\n",
        json!(scopes)
    )
}

/// The custom roles of the tenant.
fn roles(simulator: &Simulator) -> Vec<Json> {
    let all = simulator.objects("role_definitions").into_iter();
    all.filter(|role| role["built_in"] != true && role["deleted"].is_null())
        .collect()
}

fn content(simulator: &Simulator) -> Json {
    let [role] = &roles(simulator)[..] else {
        panic!("one custom role, not {:?}", roles(simulator));
    };
    role["content"].clone()
}

fn writes(simulator: &Simulator) -> Vec<String> {
    let all = simulator.requests_matching("arm", "", "/roleDefinitions/");
    all.into_iter()
        .filter_map(|entry| entry["method"].as_str().map(str::to_owned))
        .filter(|method| method != "GET")
        .collect()
}

/// A role that somebody else made.
fn foreign_role(simulator: &Simulator, name: &str, scopes: &[&str], actions: &[&str]) {
    simulator.world(json!({
        "add": "role_definition",
        "object": {
            "id": FOREIGN_ROLE,
            "content": {
                "role_name": name,
                "description": "of another team",
                "actions": actions,
                "data_actions": ["Microsoft.Storage/storageAccounts/blobServices/read"],
                "assignable_scopes": scopes,
            },
        },
    }));
}

fn assign(simulator: &Simulator, role: &str, scope: &str) -> String {
    let id = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d";
    simulator.world(json!({
        "add": "role_assignment",
        "object": {
            "id": id, "scope": scope, "role_definition": role,
            "principal_id": "91b6d3f8-2c4e-4a70-8d15-e7f09a3b6c52",
        },
    }));
    id.to_owned()
}

fn set_of(value: &Json) -> Vec<String> {
    let texts = value.as_array().unwrap().iter();
    let mut texts: Vec<String> = texts
        .map(|text| text.as_str().unwrap().to_owned())
        .collect();
    texts.sort();
    texts
}

// Row 21 of docs/user-pains.md.
// Row 27 of docs/user-pains.md.
#[test]
fn it_is_made_changed_in_place_imported_and_deleted() {
    let simulator = Simulator::start(Seed::Demo);
    let (first, second) = (subscription(&simulator, 0), subscription(&simulator, 1));
    Case::new(simulator.env())
        .apply(role(&[&first], ""), &[(ADDRESS, "create")], |state| {
            let kong = &state[ADDRESS];
            assert_eq!(kong["name"], NAME);
            assert_eq!(kong["remote_name"], NAME);
            assert_eq!(kong["purpose"], "vnet_peering");
            assert_eq!(kong["description"], "Perform cross-tenant network peering.");
            assert_eq!(kong["actions"].as_array().unwrap().len(), 5);
            assert_eq!(kong["not_actions"], json!([]));
            assert_eq!(kong["created"], true);
            assert_eq!(kong["existing_assignable_scopes"], Json::Null);
            let guid = roles(&simulator)[0]["id"].as_str().unwrap().to_owned();
            assert_eq!(kong["role_definition_id"], guid);
            assert_eq!(
                kong["id"],
                format!("{first}/providers/Microsoft.Authorization/roleDefinitions/{guid}")
            );
            simulator.clear_requests();
        })
        .apply(role(&[&second, &first], ""), &[(ADDRESS, "update")], |_| {
            assert_eq!(writes(&simulator), ["PUT"], "one write adds a scope");
            assert_eq!(set_of(&content(&simulator)["assignable_scopes"]).len(), 2);
        })
        .apply(
            role(&[&second], "name = \"Peering\"\ndescription = \"ours\"\nactions = [\"Microsoft.Network/*\"]\nnot_actions = [\"*/delete\"]"),
            &[(ADDRESS, "update")],
            |state| {
                let content = content(&simulator);
                assert_eq!(content["role_name"], "Peering");
                assert_eq!(content["description"], "ours");
                assert_eq!(content["actions"], json!(["Microsoft.Network/*"]));
                assert_eq!(content["not_actions"], json!(["*/delete"]));
                assert_eq!(content["assignable_scopes"], json!([second]));
                assert_eq!(state[ADDRESS]["remote_name"], "Peering");
            },
        )
        .apply(role(&[&second], "purpose = \"virtual_hub_peering\""), &[(ADDRESS, "update")], |state| {
            assert_eq!(state[ADDRESS]["actions"].as_array().unwrap().len(), 7);
            assert_eq!(state[ADDRESS]["name"], NAME);
        })
        .reimport(ADDRESS, |kong| kong["id"].as_str().unwrap().to_uppercase().replace("/SUBSCRIPTIONS", "/subscriptions"))
        .run();
    assert!(roles(&simulator).is_empty());
    spec::assert_journal_conforms(&simulator.requests());
}

// Row 21 of docs/user-pains.md.
// Row 26 of docs/user-pains.md.
#[test]
fn spelling_and_order_make_no_difference() {
    let simulator = Simulator::start(Seed::Demo);
    let (first, second) = (subscription(&simulator, 0), subscription(&simulator, 1));
    let group = format!("{first}/resourceGroups/rg-network");
    let shouted = format!(
        "{}/RESOURCEGROUPS/RG-NETWORK",
        first
            .to_uppercase()
            .replace("/SUBSCRIPTIONS", "/subscriptions")
    );
    Case::new(simulator.env())
        .apply(role(&[&group, &second], ""), &[(ADDRESS, "create")], |_| {})
        .apply(role(&[&second, &shouted], "actions = [\"microsoft.network/virtualNetworks/PEER/action\", \"Microsoft.Network/virtualNetworks/read\", \
            \"Microsoft.Network/virtualNetworks/virtualNetworkPeerings/delete\", \"Microsoft.Network/virtualNetworks/virtualNetworkPeerings/read\", \
            \"Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write\"]"), &[], |_| {})
        .run();
}

#[test]
fn roles_made_by_the_wizard_are_imported_by_id_or_name_with_an_empty_plan() {
    let simulator = Simulator::start(Seed::Demo);
    let (first, second) = (subscription(&simulator, 0), subscription(&simulator, 1));
    simulator.world(json!({
        "add": "role_definition",
        "object": { "id": FOREIGN_ROLE, "content": {
            "role_name": "Kong Cloud Gateway DNS Link Creator - Kong",
            "description": "Perform cross-tenant network peering.",
            "actions": ["Microsoft.Network/privateDnsZones/read", "Microsoft.Network/privateDnsZones/virtualNetworkLinks/read",
                "Microsoft.Network/privateDnsZones/virtualNetworkLinks/write", "Microsoft.Network/privateDnsZones/virtualNetworkLinks/delete"],
            "assignable_scopes": [first, second],
        } },
    }));
    let configuration = role(
        &[&first, &second],
        "purpose = \"private_dns_link\"\nname = \"Kong Cloud Gateway DNS Link Creator - Kong\"",
    );
    let workspace = Workspace::new(simulator.env());
    workspace.write(&configuration);
    let by_id =
        format!("{second}/providers/Microsoft.Authorization/roleDefinitions/{FOREIGN_ROLE}");
    let as_azurerm = format!("{by_id}|{second}");
    for id in [
        by_id.as_str(),
        as_azurerm.as_str(),
        "kong cloud gateway dns link creator - KONG",
    ] {
        workspace
            .run(&["import", "-no-color", ADDRESS, id])
            .expect_success("import");
        workspace.assert_settled();
        assert_eq!(workspace.state()[ADDRESS]["created"], true);
        workspace
            .run(&["state", "rm", ADDRESS])
            .expect_success("state rm");
    }
    for (id, says) in [
        ("No Such Role", "has a custom role of this name"),
        ("Reader", "one of Azure's built-in roles"),
        ("/subscriptions/x", "roleDefinitions"),
    ] {
        let said = workspace
            .run(&["import", "-no-color", ADDRESS, id])
            .expect_failure("import");
        assert!(said.contains(says), "{said}");
    }
}

#[test]
fn an_import_by_name_needs_the_providers_subscription() {
    let simulator = Simulator::start(Seed::Demo);
    let mut workspace = Workspace::new(simulator.env());
    workspace.unset("ARM_SUBSCRIPTION_ID");
    workspace.write(&role(&[&subscription(&simulator, 0)], ""));
    let said = workspace
        .run(&["import", "-no-color", ADDRESS, NAME])
        .expect_failure("import");
    assert!(
        said.contains("Set the provider's subscription_id"),
        "{said}"
    );
}

// Row 17 of docs/user-pains.md.
#[test]
fn a_name_that_is_taken_is_told_with_both_ways_on() {
    // Row 76 of docs/user-pains.md.
    let simulator = Simulator::start(Seed::Demo);
    let (first, second) = (subscription(&simulator, 0), subscription(&simulator, 1));
    foreign_role(&simulator, &NAME.to_uppercase(), &[&second], &["*"]);
    Case::new(simulator.env())
        .apply_fails(
            role(&[&first], ""),
            &[
                "on main.tf line",
                FOREIGN_ROLE,
                &second,
                "use_existing = true",
                "to = konnectazure_peering_role.NAME",
                "Azure keeps these names unique",
            ],
        )
        .run();
    assert!(writes(&simulator).is_empty());
    let planned = Workspace::new(simulator.env());
    planned.write(&role(&[&first], ""));
    let text = folded(&planned.plan().text);
    assert!(
        text.contains("is taken") && text.contains(FOREIGN_ROLE),
        "{text}"
    );
}

// Row 18 of docs/user-pains.md.
#[test]
fn a_holder_that_cannot_be_seen_is_told_as_such() {
    let simulator = Simulator::start(Seed::Demo);
    let (first, second) = (subscription(&simulator, 0), subscription(&simulator, 1));
    foreign_role(&simulator, NAME, &[&second], &["*"]);
    simulator.fault(json!({
        "service": "arm", "method": "GET", "path": "/roleDefinitions?", "times": 0, "status": 200, "body": { "value": [] }
    }));
    for more in ["", "use_existing = true"] {
        Case::new(simulator.env())
            .apply_fails(
                role(&[&first], more),
                &[
                    "RoleDefinitionWithSameNameExists",
                    "outside of what this caller can see",
                    "az role definition list",
                ],
            )
            .run();
    }
    assert_eq!(
        content(&simulator)["assignable_scopes"],
        json!([second]),
        "what cannot be seen is not touched"
    );
}

// Row 17 of docs/user-pains.md.
// Row 19 of docs/user-pains.md.
#[test]
fn an_existing_role_is_shared_and_only_our_scopes_come_and_go() {
    let simulator = Simulator::start(Seed::Demo);
    let (first, second) = (subscription(&simulator, 0), subscription(&simulator, 1));
    let group = format!("{first}/resourceGroups/rg-network");
    foreign_role(
        &simulator,
        WIZARD_NAME,
        &[&second],
        &["Microsoft.Network/virtualNetworks/*"],
    );
    Case::new(simulator.env())
        .apply(role(&[&first, &second], "use_existing = true"), &[(ADDRESS, "create")], |state| {
            let kong = &state[ADDRESS];
            assert_eq!(kong["created"], false);
            assert_eq!(kong["name"], NAME);
            assert_eq!(kong["remote_name"], WIZARD_NAME);
            assert_eq!(kong["existing_assignable_scopes"], json!([second]));
            assert_eq!(kong["role_definition_id"], FOREIGN_ROLE);
            let content = content(&simulator);
            assert_eq!(content["assignable_scopes"], json!([second, first]));
            assert_eq!(content["description"], "of another team");
            assert_eq!(content["data_actions"].as_array().unwrap().len(), 1);
        })
        .outside(|_| {
            let mut content = content(&simulator);
            content["assignable_scopes"].as_array_mut().unwrap().push(json!(group));
            simulator.world(json!({ "patch": "role_definition", "id": FOREIGN_ROLE, "set": { "content": content } }));
        })
        .outside(Workspace::assert_settled)
        .apply(role(&[&second], "use_existing = true"), &[(ADDRESS, "update")], |_| {
            assert_eq!(content(&simulator)["assignable_scopes"], json!([second, group]));
        })
        .apply(role(&[&first], "use_existing = true"), &[(ADDRESS, "update")], |_| {
            assert_eq!(set_of(&content(&simulator)["assignable_scopes"]).len(), 3, "what it had before stays");
        })
        .run();
    assert_eq!(
        content(&simulator)["assignable_scopes"],
        json!([second, group])
    );
    assert!(!writes(&simulator).contains(&"DELETE".to_owned()));
}

#[test]
fn a_role_that_permits_too_little_is_not_adopted() {
    let simulator = Simulator::start(Seed::Demo);
    let (first, second) = (subscription(&simulator, 0), subscription(&simulator, 1));
    foreign_role(
        &simulator,
        NAME,
        &[&second],
        &[
            "*/read",
            "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/*",
        ],
    );
    Case::new(simulator.env())
        .apply_fails(
            role(&[&first], "use_existing = true"),
            &["does not permit: Microsoft.Network/virtualNetworks/peer/action An adopted role's permissions"],
        )
        .run();
    assert_eq!(content(&simulator)["assignable_scopes"], json!([second]));
}

#[test]
fn a_role_of_ours_that_others_share_is_left_to_them() {
    let simulator = Simulator::start(Seed::Demo);
    let (first, second) = (subscription(&simulator, 0), subscription(&simulator, 1));
    let owner = Workspace::new(simulator.env());
    owner.write(&role(&[&first], "use_existing = true"));
    owner.apply().expect_success("the owner's apply");
    assert_eq!(owner.state()[ADDRESS]["created"], true);
    let sharer = Workspace::new(simulator.env());
    sharer.write(&role(&[&second], "use_existing = true"));
    sharer.apply().expect_success("the sharer's apply");
    assert_eq!(
        sharer.state()[ADDRESS]["existing_assignable_scopes"],
        json!([first])
    );
    owner.assert_settled();
    sharer.assert_settled();
    let said = folded(&owner.destroy().expect_success("the owner's destroy"));
    assert!(said.contains("is left in the tenant"), "{said}");
    assert_eq!(content(&simulator)["assignable_scopes"], json!([second]));
    sharer.assert_settled();
    let said = folded(&sharer.destroy().expect_success("the sharer's destroy"));
    assert!(said.contains("was deleted"), "{said}");
    assert!(
        roles(&simulator).is_empty(),
        "no role can be left without a scope"
    );
}

#[test]
fn an_adopted_role_is_let_go_for_one_of_another_name() {
    let simulator = Simulator::start(Seed::Demo);
    let (first, second) = (subscription(&simulator, 0), subscription(&simulator, 1));
    foreign_role(&simulator, NAME, &[&second], &["*"]);
    let named = role(&[&first], "use_existing = true\nname = \"Mine\"");
    Case::new(simulator.env())
        .apply(
            role(&[&first], "use_existing = true"),
            &[(ADDRESS, "create")],
            |_| {},
        )
        .apply(named, &[(ADDRESS, "replace")], |state| {
            assert_eq!(state[ADDRESS]["created"], true);
            let foreign = roles(&simulator)
                .into_iter()
                .find(|role| role["id"] == FOREIGN_ROLE)
                .unwrap();
            assert_eq!(foreign["content"]["role_name"], NAME);
            assert_eq!(foreign["content"]["assignable_scopes"], json!([second]));
        })
        .run();
    assert_eq!(roles(&simulator).len(), 1);
}

/// No list of the tenant as a whole, and what else is scripted.
fn without_the_tenants_list(simulator: &Simulator) {
    simulator.fault(json!({
        "service": "arm", "method": "GET", "path": "/roleDefinitions?*CustomRole", "times": 0, "status": 403,
        "body": { "error": { "code": "AuthorizationFailed", "message": "no right at the root" } }
    }));
}

// Row 18 of docs/user-pains.md.
#[test]
fn a_role_of_another_subscription_or_one_group_of_it_is_found_and_shared() {
    for group in ["", "/resourceGroups/rg-billing"] {
        let simulator = Simulator::start(Seed::Demo);
        let first = subscription(&simulator, 0);
        let theirs = subscription(&simulator, 1) + group;
        foreign_role(&simulator, WIZARD_NAME, &[&theirs], &["*"]);
        without_the_tenants_list(&simulator);
        let exact = format!("name = \"{WIZARD_NAME}\"");
        Case::new(simulator.env())
            .apply_fails(
                role(&[&first], &exact),
                &[FOREIGN_ROLE, &theirs, "use_existing = true"],
            )
            .apply(
                role(&[&first], "use_existing = true"),
                &[(ADDRESS, "create")],
                |state| {
                    assert_eq!(state[ADDRESS]["created"], false);
                    assert_eq!(state[ADDRESS]["role_definition_id"], FOREIGN_ROLE);
                },
            )
            .run();
        assert_eq!(content(&simulator)["assignable_scopes"], json!([theirs]));
    }
}

// Row 18 of docs/user-pains.md.
#[test]
fn a_role_that_only_a_management_group_shows_is_found() {
    let simulator = Simulator::start(Seed::Demo);
    let first = subscription(&simulator, 0);
    let group = "/providers/Microsoft.Management/managementGroups/platform";
    simulator.settings(json!({ "azure": { "management_groups": ["platform"] } }));
    foreign_role(&simulator, NAME, &[group], &["*"]);
    without_the_tenants_list(&simulator);
    simulator.fault(json!({
        "service": "arm", "method": "GET", "path": "/subscriptions/*/roleDefinitions?", "times": 0, "status": 200,
        "body": { "value": [] }
    }));
    Case::new(simulator.env())
        .apply_fails(role(&[&first], ""), &[FOREIGN_ROLE, group])
        .run();
}

// Row 26 of docs/user-pains.md.
#[test]
fn scopes_of_every_kind_show_no_change_afterwards() {
    let simulator = Simulator::start(Seed::Demo);
    let first = subscription(&simulator, 0);
    let group = "/providers/Microsoft.Management/managementGroups/platform";
    let resources = format!("{first}/resourceGroups/rg-network");
    for scopes in [
        vec![group],
        vec![&resources],
        vec![group, &first, &resources],
    ] {
        Case::new(simulator.env())
            .apply(role(&scopes, ""), &[(ADDRESS, "create")], |_| {})
            .reimport(ADDRESS, |kong| {
                let guid = kong["role_definition_id"].as_str().unwrap();
                format!(
                    "{}/providers/Microsoft.Authorization/roleDefinitions/{guid}",
                    scopes[0]
                )
            })
            .run();
    }
}

#[test]
fn two_of_one_run_add_their_scopes_one_after_the_other() {
    let simulator = Simulator::start(Seed::Demo);
    let (first, second) = (subscription(&simulator, 0), subscription(&simulator, 1));
    let third = format!("{first}/resourceGroups/rg-network");
    foreign_role(&simulator, NAME, &[&third], &["*"]);
    let both = named("one", &[&first], "use_existing = true")
        + &named("two", &[&second], "use_existing = true");
    Case::new(simulator.env())
        .apply(
            both,
            &[
                ("konnectazure_peering_role.one", "create"),
                ("konnectazure_peering_role.two", "create"),
            ],
            |_| assert_eq!(set_of(&content(&simulator)["assignable_scopes"]).len(), 3),
        )
        .run();
    assert_eq!(content(&simulator)["assignable_scopes"], json!([third]));
}

#[test]
fn a_scope_that_somebody_overwrote_is_added_again() {
    let simulator = Simulator::start(Seed::Demo);
    let (first, second) = (subscription(&simulator, 0), subscription(&simulator, 1));
    let group = format!("{second}/resourceGroups/rg-billing");
    foreign_role(&simulator, NAME, &[&second], &["*"]);
    // The read after the first write shows what somebody else wrote over it.
    let view = |scopes: &[&str]| {
        json!({
            "id": format!("{second}/providers/Microsoft.Authorization/roleDefinitions/{FOREIGN_ROLE}"),
            "name": FOREIGN_ROLE, "type": "Microsoft.Authorization/roleDefinitions",
            "properties": { "roleName": NAME, "type": "CustomRole", "description": "", "assignableScopes": scopes,
                "permissions": [{ "actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": [] }] },
        })
    };
    let path = format!("/roleDefinitions/{FOREIGN_ROLE}");
    simulator.fault(json!({
        "service": "arm", "method": "GET", "path": path, "nth": 2, "times": 2, "status": 200, "body": view(&[&second, &group])
    }));
    Case::new(simulator.env())
        .apply(
            role(&[&first], "use_existing = true"),
            &[(ADDRESS, "create")],
            |_| {
                let scopes = set_of(&content(&simulator)["assignable_scopes"]);
                assert!(
                    scopes.contains(&first) && scopes.contains(&group),
                    "{scopes:?}"
                );
            },
        )
        .outside(|_| assert_eq!(writes(&simulator), ["PUT", "PUT"]))
        .run();
}

// Row 24 of docs/user-pains.md.
// Row 25 of docs/user-pains.md.
#[test]
fn an_assignment_in_the_way_is_named() {
    let simulator = Simulator::start(Seed::Demo);
    let (first, second) = (subscription(&simulator, 0), subscription(&simulator, 1));
    let workspace = Workspace::new(simulator.env());
    workspace.write(&role(&[&first, &second], ""));
    workspace.apply().expect_success("apply");
    let guid = workspace.state()[ADDRESS]["role_definition_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let assignment = assign(&simulator, &guid, &second);
    workspace.write(&role(&[&first], ""));
    let said = workspace
        .apply()
        .expect_failure("the removal of a scope that is in use");
    assert!(
        said.contains(&assignment) && said.contains("az role assignment delete --ids"),
        "{said}"
    );
    let said = workspace
        .destroy()
        .expect_failure("the deletion of a role that is in use");
    assert!(
        said.contains(&assignment) && said.contains("konnectazure_role_assignment.NAME"),
        "{said}"
    );
    simulator.world(json!({ "remove": "role_assignment", "id": assignment }));
    workspace.apply().expect_success("the removal of a scope");
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
    assert!(roles(&simulator).is_empty());
}

// Row 25 of docs/user-pains.md.
#[test]
fn assignments_that_reads_are_late_to_lose_are_not_in_the_way() {
    let simulator = Simulator::start(Seed::Demo);
    let (first, second) = (subscription(&simulator, 0), subscription(&simulator, 1));
    let workspace = Workspace::new(simulator.env());
    workspace.write(&role(&[&first, &second], ""));
    workspace.apply().expect_success("apply");
    let guid = workspace.state()[ADDRESS]["role_definition_id"].clone();
    let id = assign(&simulator, guid.as_str().unwrap(), &second);
    let path = format!("{second}/providers/Microsoft.Authorization/roleAssignments");
    let version = "api-version=2022-04-01";
    let listed = simulator.arm("GET", &format!("{path}?{version}"), None);
    let read = simulator.arm("GET", &format!("{path}/{id}?{version}"), None);
    simulator.world(json!({ "remove": "role_assignment", "id": id }));
    for (path, old) in [("/roleAssignments?", listed), ("/roleAssignments/", read)] {
        simulator.fault(json!({
            "service": "arm", "method": "GET", "path": path, "times": 20, "status": 200, "body": old.json()
        }));
    }
    workspace.write(&role(&[&first], ""));
    workspace.apply().expect_success("the removal of a scope");
    workspace.destroy().expect_success("destroy");
}

#[test]
fn a_new_name_that_another_role_has_is_told_with_that_role() {
    let simulator = Simulator::start(Seed::Demo);
    let (first, second) = (subscription(&simulator, 0), subscription(&simulator, 1));
    foreign_role(&simulator, "Taken", &[&second], &["*"]);
    Case::new(simulator.env())
        .apply(role(&[&first], ""), &[(ADDRESS, "create")], |_| {
            simulator.clear_requests();
        })
        .apply_fails(
            role(&[&first], "name = \"taken\""),
            &[FOREIGN_ROLE, &second, "Choose another name"],
        )
        .outside(|_| assert!(writes(&simulator).is_empty()))
        .run();
}

// Row 22 of docs/user-pains.md.
// Row 23 of docs/user-pains.md.
#[test]
fn replicas_that_lag_and_names_that_are_released_late_are_waited_for() {
    let simulator = Simulator::start(Seed::Demo);
    let first = subscription(&simulator, 0);
    simulator.settings(json!({ "lag": {
        "role_definition": 1800, "role_definition_update": 1800, "role_definition_deletion": 1800, "role_name_reservation": 3600
    } }));
    let workspace = Workspace::new(simulator.env());
    workspace.write(&role(&[&first], ""));
    workspace.apply().expect_success("apply");
    workspace.assert_settled();
    workspace
        .run(&[
            "apply",
            "-auto-approve",
            "-no-color",
            &format!("-replace={ADDRESS}"),
        ])
        .expect_success("replacement");
    workspace.write(&role(&[&first], "description = \"new\""));
    workspace.apply().expect_success("update");
    workspace.assert_settled();
    // The default is the only change, and nothing in the configuration says so.
    workspace.write(&role(&[&first], ""));
    workspace
        .apply()
        .expect_success("update back to the default");
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
    assert!(roles(&simulator).is_empty());
}

#[test]
fn one_deleted_outside_is_made_again_and_drift_is_undone() {
    let simulator = Simulator::start(Seed::Demo);
    let (first, second) = (subscription(&simulator, 0), subscription(&simulator, 1));
    let created = role(&[&first], "");
    Case::new(simulator.env())
        .apply(created.as_str(), &[(ADDRESS, "create")], |_| {})
        .outside(|_| {
            let id = roles(&simulator)[0]["id"].clone();
            simulator.world(json!({ "remove": "role_definition", "id": id }));
        })
        .apply(created.as_str(), &[(ADDRESS, "create")], |_| {})
        .outside(|_| {
            let mut content = content(&simulator);
            content["role_name"] = json!("Renamed");
            content["assignable_scopes"] = json!([first, second]);
            let id = roles(&simulator)[0]["id"].clone();
            simulator.world(
                json!({ "patch": "role_definition", "id": id, "set": { "content": content } }),
            );
        })
        .apply(created.as_str(), &[(ADDRESS, "update")], |_| {
            let content = content(&simulator);
            assert_eq!(content["role_name"], NAME);
            assert_eq!(content["assignable_scopes"], json!([first]));
        })
        .run();
}

// Row 22 of docs/user-pains.md.
#[test]
fn an_answer_that_is_lost_makes_one_role() {
    let simulator = Simulator::start(Seed::Demo);
    simulator.fault(
        json!({ "service": "arm", "method": "PUT", "path": "/roleDefinitions/", "reset": "after" }),
    );
    Case::new(simulator.env())
        .apply(
            role(&[&subscription(&simulator, 0)], ""),
            &[(ADDRESS, "create")],
            |_| {
                assert_eq!(roles(&simulator).len(), 1);
            },
        )
        .run();
    assert!(roles(&simulator).is_empty());
}

// Row 20 of docs/user-pains.md.
#[test]
fn what_is_refused_is_told_with_what_helps() {
    let simulator = Simulator::start(Seed::Demo);
    let first = subscription(&simulator, 0);
    simulator.settings(json!({ "rights": { "role_write": false } }));
    Case::new(simulator.env())
        .plan_fails(
            role(&["/subscriptions/x"], ""),
            &["Invalid assignable_scopes"],
        )
        .plan_fails(role(&[], ""), &["Invalid assignable_scopes"])
        .plan_fails(
            role(&[&first], "purpose = \"peering\""),
            &["Invalid purpose"],
        )
        .plan_fails(
            role(&[&first], "actions = [\"read\"]"),
            &["Invalid actions"],
        )
        .apply_fails(
            role(&[&first], ""),
            &[
                "AuthorizationFailed",
                "every one of its assignable scopes",
                "correlation",
            ],
        )
        .run();
    assert!(roles(&simulator).is_empty());
}
