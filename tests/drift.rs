//! What changes outside: what is nobody's business, what a plan undoes, and what is never taken for a disappearance.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use support::simulator::{Seed, Simulator};
use support::terraform::Workspace;

const PRINCIPAL: &str = "konnectazure_service_principal.kong";
const ROLE: &str = "konnectazure_peering_role.kong";
const ASSIGNMENT: &str = "konnectazure_role_assignment.kong";
const PEERING: &str = "konnectazure_vnet_peering.orders";
const MAPPINGS: &str = "konnectazure_dns_mappings.corp";
const ADDRESSES: [&str; 5] = [PRINCIPAL, ROLE, ASSIGNMENT, PEERING, MAPPINGS];

/// One of everything; a failure that passes is not tried again, so that the tests need not wait for it.
fn everything(simulator: &Simulator, peering: &str, server: &str) -> String {
    format!(
        r#"
provider "konnectazure" {{
  max_retries = 0
}}
resource "konnectazure_service_principal" "kong" {{}}
resource "konnectazure_peering_role" "kong" {{
  assignable_scopes = ["/subscriptions/{subscription}"]
}}
resource "konnectazure_role_assignment" "kong" {{
  scope              = "{vnet_id}"
  role_definition_id = konnectazure_peering_role.kong.id
  principal_id       = konnectazure_service_principal.kong.object_id
  description        = "peering"
}}
resource "konnectazure_vnet_peering" "orders" {{
  name       = "orders"
  network_id = "{network}"
  vnet_id    = konnectazure_role_assignment.kong.scope
{peering}}}
resource "konnectazure_dns_mappings" "corp" {{
  name       = "corp"
  network_id = konnectazure_vnet_peering.orders.network_id
  mappings   = [{{ domains = ["orders.corp.example"], target_ip_addresses = ["{server}"] }}]
}}
resource "terraform_data" "after" {{
  input = [konnectazure_vnet_peering.orders.id, konnectazure_dns_mappings.corp.id]
}}
"#,
        subscription = simulator.url("subscription_id"),
        vnet_id = simulator.vnet_id("vnet-orders"),
        network = simulator.network_id("eastus2-prod"),
    )
}

/// The id by which the simulator knows an object of a kind.
fn id(simulator: &Simulator, kind: &str, matches: impl Fn(&Json) -> bool) -> String {
    let objects = simulator.objects(kind);
    let object = objects.iter().find(|object| matches(object)).unwrap();
    object["id"].as_str().unwrap().to_owned()
}

/// What Terraform has to know of one of ours before it can plan anything else for it.
fn unknown_parts(change: &Json) -> Vec<String> {
    let unknown = change["after_unknown"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    let mut names: Vec<String> = unknown
        .into_iter()
        .filter(|(_, value)| value.to_string().contains("true"))
        .map(|(name, _)| name)
        .collect();
    names.sort();
    names
}

// Row 86 of docs/user-pains.md: what Konnect changes by itself on the way to `ready` is no drift.
#[test]
fn what_konnect_changes_by_itself_is_no_change() {
    let simulator = Simulator::manual(Seed::Demo);
    let workspace = Workspace::new(simulator.env());
    let grants = simulator.consent();
    let role = simulator.world(json!({ "add": "role_definition", "object": { "content": {
        "role_name": "peering", "actions": ["Microsoft.Network/*"], "assignable_scopes": [simulator.vnet_id("vnet-orders")],
    }}}));
    simulator.world(json!({ "add": "role_assignment", "object": {
        "scope": simulator.vnet_id("vnet-orders"), "role_definition": role["id"], "principal_id": grants["id"],
    }}));
    let configuration = |more: &str| {
        format!(
            "resource \"konnectazure_vnet_peering\" \"orders\" {{\n  name = \"orders\"\n  network_id = \"{}\"\n  vnet_id = \"{}\"\n  \
             wait_for_ready = false\n{more}}}\n\
             resource \"terraform_data\" \"after\" {{\n  input = konnectazure_vnet_peering.orders.id\n}}\n",
            simulator.network_id("eastus2-prod"),
            simulator.vnet_id("vnet-orders"),
        )
    };
    workspace.write(&configuration(""));
    workspace.apply().expect_success("apply");
    let before = workspace.state();
    assert_eq!(before[PEERING]["state"], "initializing");
    simulator.advance(2 * 60 * 60);
    workspace.assert_settled();
    workspace.apply().expect_success("apply");
    let after = workspace.state();
    assert_eq!(after[PEERING]["state"], "ready");
    assert_ne!(
        after[PEERING]["entity_version"],
        before[PEERING]["entity_version"]
    );

    // A plan that changes nothing of the object knows all of it beforehand.
    workspace.write(&configuration("  timeouts = { create = \"2h\" }\n"));
    let plan = workspace.plan();
    assert_eq!(
        plan.actions(),
        [(PEERING.to_owned(), "update".to_owned())].into()
    );
    assert_eq!(unknown_parts(&plan.change(PEERING)), [] as [String; 0]);
    let changed = plan.change(PEERING);
    for name in [
        "id",
        "state",
        "entity_version",
        "updated_at",
        "azure_peering",
    ] {
        assert_eq!(changed["before"][name], changed["after"][name], "{name}");
    }
    simulator.clear_requests();
    workspace.apply().expect_success("apply of other timeouts");
    let written = simulator.requests_matching("konnect", "", "transit-gateways");
    assert!(
        written.iter().all(|request| request["method"] == "GET"),
        "{written:?}"
    );
    workspace.assert_settled();
}

// Row 87 of docs/user-pains.md: an id is known in every later plan, so that nothing that refers to it changes with it.
#[test]
fn ids_stay_whatever_is_changed() {
    let simulator = Simulator::start(Seed::Demo);
    let workspace = Workspace::new(simulator.env());
    workspace.write(&everything(&simulator, "", "10.20.0.4"));
    workspace.apply().expect_success("apply");
    let before = workspace.state();
    let changed = everything(&simulator, "", "10.20.0.5")
        .replace(
            "description        = \"peering\"",
            "description = \"other\"",
        )
        .replace(
            "resource \"konnectazure_peering_role\" \"kong\" {",
            "resource \"konnectazure_peering_role\" \"kong\" {\n  description = \"other\"",
        );
    workspace.write(&changed);
    let plan = workspace.plan();
    let updates =
        [ASSIGNMENT, MAPPINGS, ROLE].map(|address| (address.to_owned(), "update".to_owned()));
    assert_eq!(plan.actions(), updates.into(), "{}", plan.text);
    for address in [ASSIGNMENT, MAPPINGS, ROLE] {
        let unknown = unknown_parts(&plan.change(address));
        assert!(
            !unknown.contains(&"id".to_owned()),
            "{address}: {unknown:?}"
        );
    }
    workspace.apply().expect_success("apply of the changes");
    workspace.assert_settled();
    let after = workspace.state();
    for address in ADDRESSES {
        assert_eq!(after[address]["id"], before[address]["id"], "{address}");
    }
    workspace.destroy().expect_success("destroy");
}

/// A change by hand: whose, how it is planned back, and how it is made.
struct ByHand<'s> {
    address: &'static str,
    action: &'static str,
    kind: &'static str,
    id: &'s str,
    set: Json,
}

/// One change of every attribute that can be configured.
fn changes_by_hand<'s>(
    simulator: &Simulator,
    state: &'s BTreeMap<String, Json>,
) -> Vec<ByHand<'s>> {
    let changes = |address, action, kind, id: &'static str| {
        let id = state[address][id].as_str().unwrap();
        move |set: Json| ByHand {
            address,
            action,
            kind,
            id,
            set,
        }
    };
    let role = changes(ROLE, "update", "role_definition", "role_definition_id");
    let assignment = changes(ASSIGNMENT, "update", "role_assignment", "name");
    let mappings = changes(MAPPINGS, "update", "private_dns", "id");
    let peering = changes(PEERING, "replace", "transit_gateway", "id");
    let subscription = format!("/subscriptions/{}", simulator.url("subscription_id"));
    let group = format!("{subscription}/resourceGroups/rg-empty");
    let resolver = |domains: Json| json!({ "private_dns_attachment_config": { "kind": "azure-outbound-resolver", "dns_config": domains } });
    let attachment = |name: &str, value: &str| {
        let held = simulator.objects("transit_gateways");
        let mut config = held[0]["transit_gateway_attachment_config"].clone();
        config[name] = json!(value);
        json!({ "transit_gateway_attachment_config": config })
    };
    let servers = json!({ "remote_dns_server_ip_addresses": ["10.20.0.9"] });
    let dns_config = json!([{ "remote_dns_server_ip_addresses": ["10.20.0.9"], "domain_proxy_list": ["a.example"] }]);
    vec![
        role(json!({ "content": { "role_name": "Kong" } })),
        role(json!({ "content": { "description": "by hand" } })),
        role(json!({ "content": { "actions": ["Microsoft.Network/*"] } })),
        role(json!({ "content": { "not_actions": ["Microsoft.Network/x/read"] } })),
        role(json!({ "content": { "assignable_scopes": [subscription, group] } })),
        assignment(json!({ "description": "by hand" })),
        assignment(json!({ "description": null })),
        mappings(json!({ "name": "by-hand" })),
        mappings(resolver(json!({ "orders.corp.example": servers }))),
        mappings(resolver(json!({}))),
        peering(json!({ "name": "by-hand" })),
        peering(json!({ "dns_config": dns_config })),
        peering(attachment("vnet_name", "vnet-other")),
        peering(attachment("resource_group_name", "rg-other")),
        peering(attachment(
            "subscription_id",
            "6b5e4a6c-32a7-4f0b-9c6e-1f1b0d9f7a21",
        )),
    ]
}

// Row 90 of docs/user-pains.md: all that can be configured is read back, so that a plan undoes what somebody changed by hand.
#[test]
fn every_configured_attribute_that_was_changed_outside_is_planned_back() {
    let simulator = Simulator::start(Seed::Demo);
    let workspace = Workspace::new(simulator.env());
    // The checks before a creation would find the peering that was only renamed in the local cloud.
    workspace.write(&everything(
        &simulator,
        "  preflight = false\n",
        "10.20.0.4",
    ));
    workspace.apply().expect_success("apply");
    let state = workspace.state();
    let patch = |kind: &str, id: &str, set: &Json| {
        simulator.world(json!({ "patch": kind, "id": id, "set": set }));
    };
    let held = simulator.objects("transit_gateways")[0].clone();
    let original = json!({
        "name": held["name"], "dns_config": held["dns_config"],
        "transit_gateway_attachment_config": held["transit_gateway_attachment_config"],
    });
    for ByHand {
        address,
        action,
        kind,
        id,
        set,
    } in changes_by_hand(&simulator, &state)
    {
        patch(kind, id, &set);
        let plan = workspace.plan();
        assert_eq!(
            plan.actions().get(address).map(String::as_str),
            Some(action),
            "{set}: {}",
            plan.text
        );
        if action == "update" {
            workspace.apply().expect_success("apply that undoes it");
        } else {
            // A replacement takes its time; it is enough that it is planned.
            patch(kind, id, &original);
        }
        workspace.assert_settled();
    }
    workspace.destroy().expect_success("destroy");
}

// Rows 83 and 89 of docs/user-pains.md: only what is gone is dropped from the state; a refusal to answer is an error that says which right is missing.
#[test]
fn only_what_is_gone_is_made_again() {
    let simulator = Simulator::start(Seed::Demo);
    let workspace = Workspace::new(simulator.env());
    workspace.write(&everything(&simulator, "", "10.20.0.4"));
    workspace.apply().expect_success("apply");
    let file = || std::fs::read_to_string(workspace.folder().join("terraform.tfstate")).unwrap();
    let before = file();
    for status in [403, 500, 503] {
        for (service, path, says) in [
            ("konnect", "private-dns/", "Network Admin"),
            ("konnect", "transit-gateways/", "Network Admin"),
            ("arm", "roleDefinitions/", "roleDefinitions"),
            ("arm", "roleAssignments/", "roleAssignments"),
            ("graph", "servicePrincipals/", "Application.Read"),
        ] {
            simulator.fault(json!({ "service": service, "method": "GET", "path": path, "times": 0, "status": status,
                "body": { "status": status, "title": "Forbidden", "detail": "Permission denied", "instance": "kong:trace:1" } }));
            let said = workspace
                .run(&["apply", "-refresh-only", "-auto-approve", "-no-color"])
                .expect_failure("a refresh");
            assert!(
                said.contains(&status.to_string()),
                "{path} {status}: {said}"
            );
            assert!(
                status != 403 || said.contains(says),
                "{path} {status}: {said}"
            );
            simulator.clear_faults();
        }
    }
    let kept = |text: &str| {
        let state: Json = serde_json::from_str(text).unwrap();
        state["resources"].clone()
    };
    assert_eq!(kept(&before), kept(&file()));
    workspace.assert_settled();

    let ours = simulator.ready()["kong_application_id"].clone();
    let gone = [
        ("private_dns", id(&simulator, "private_dns", |_| true)),
        (
            "transit_gateway",
            id(&simulator, "transit_gateways", |_| true),
        ),
        (
            "role_assignment",
            workspace.state()[ASSIGNMENT]["name"]
                .as_str()
                .unwrap()
                .to_owned(),
        ),
        (
            "role_definition",
            workspace.state()[ROLE]["role_definition_id"]
                .as_str()
                .unwrap()
                .to_owned(),
        ),
        (
            "service_principal",
            id(&simulator, "service_principals", |principal| {
                principal["app_id"] == ours
            }),
        ),
    ];
    for (kind, id) in gone {
        simulator.world(json!({ "remove": kind, "id": id }));
    }
    let plan = workspace.plan();
    let actions = plan.actions();
    for address in ADDRESSES {
        assert_eq!(
            actions.get(address).map(String::as_str),
            Some("create"),
            "{address}: {}",
            plan.text
        );
    }
    workspace
        .apply()
        .expect_success("apply that makes everything again");
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
}
