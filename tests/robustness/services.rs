//! Services that use every freedom their published behaviour leaves them.

use serde_json::json;

use super::support::simulator::{Seed, Simulator};
use super::support::terraform::folded;
use super::{everything, grants, lone_peering, mappings, peering, text, workspace};

#[test]
fn the_whole_flow_bears_unknown_keys_decimals_small_pages_and_slow_states() {
    // Row 88 of docs/user-pains.md.
    let simulator = Simulator::start(Seed::Demo);
    simulator.settings(json!({
        "konnect": {
            "omit_state_metadata": true,
            "peering_first_state": "created",
            "private_dns_first_state": "created",
            "duplicate_name_status": 409,
            "maximum_page_size": 1,
            "default_page_size": 1,
            "problem_charset": true,
        },
        "azure": { "tenant_form_role_ids": true, "page_size": 1 },
        "durations": { "terminated": 120, "private_dns_updating": 60 },
    }));
    simulator.fault(json!([
        { "service": "konnect", "path": "provider-accounts", "times": 0, "status": 403,
          "body": { "status": 403, "title": "Forbidden", "detail": "Permission denied", "instance": "kong:trace:1" } },
        { "service": "konnect", "path": "availability.json", "times": 0, "status": 404, "body": "" },
        { "service": "konnect", "path": "transit-gateways", "times": 0, "extra_keys": true, "decimal_numbers": true },
        { "service": "konnect", "times": 0, "decimal_numbers": true },
        { "service": "graph", "times": 0, "extra_keys": true },
        { "service": "arm", "times": 0, "extra_keys": true },
    ]));
    let workspace = workspace(&simulator, &everything(&simulator));
    workspace.apply().expect_success("apply");
    workspace.assert_settled();
    let state = workspace.state();
    assert_eq!(
        text(&state, "konnectazure_vnet_peering.orders", "state"),
        "ready"
    );
    assert_eq!(
        text(&state, "konnectazure_dns_mappings.corp", "state"),
        "ready"
    );
    workspace.write(
        &(grants(&simulator) + &peering(&simulator, "") + &mappings(&simulator, "10.20.0.5", "")),
    );
    workspace.apply().expect_success("update of the mappings");
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
    assert!(simulator.objects("transit_gateways").is_empty());
}

#[test]
fn absent_optional_fields_make_neither_errors_nor_changes() {
    // Row 88 of docs/user-pains.md.
    let simulator = Simulator::start(Seed::Demo);
    simulator.fault(json!([
        { "service": "graph", "path": "servicePrincipals", "times": 0,
          "remove_keys": ["@odata.context", "accountEnabled", "appOwnerOrganizationId", "displayName"] },
        { "service": "konnect", "path": "transit-gateways", "times": 0,
          "remove_keys": ["state_metadata", "dns_config", "meta"] },
        { "service": "konnect", "path": "private-dns", "times": 0,
          "set_keys": { "state_metadata": null } },
        { "service": "arm", "path": "roleDefinitions", "times": 0, "remove_keys": ["name", "type"] },
        { "service": "arm", "path": "roleAssignments", "times": 0, "remove_keys": ["name", "type"] },
    ]));
    let workspace = workspace(&simulator, &everything(&simulator));
    workspace.apply().expect_success("apply");
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
}

#[test]
fn who_may_read_nothing_in_azure_can_still_peer_and_is_warned() {
    let simulator = Simulator::start(Seed::Demo);
    let granting = workspace(&simulator, &grants(&simulator));
    granting
        .apply()
        .expect_success("consent, role and assignment");
    simulator.settings(
        json!({ "rights": { "graph_read": false, "network_read": false, "role_read": false } }),
    );
    let workspace = workspace(&simulator, &lone_peering(&simulator, ""));
    let said = folded(&workspace.apply().expect_success("apply without rights"));
    assert!(said.contains("Warning:"), "{said}");
    let state = workspace.state();
    assert_eq!(
        text(&state, "konnectazure_vnet_peering.orders", "state"),
        "ready"
    );
    assert!(state["konnectazure_vnet_peering.orders"]["azure_peering"].is_null());
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
}

#[test]
fn an_unreachable_graph_does_not_hold_up_an_assignment() {
    let simulator = Simulator::start(Seed::Demo);
    let principal = simulator.consent();
    let id = principal["id"]
        .as_str()
        .or(principal["object_id"].as_str())
        .unwrap_or_else(|| panic!("{principal}"))
        .to_owned();
    simulator.settings(json!({ "rights": { "graph_read": false } }));
    let workspace = workspace(
        &simulator,
        &format!(
            "resource \"konnectazure_peering_role\" \"kong\" {{\n  assignable_scopes = [\"{}\"]\n}}\n\
             resource \"konnectazure_role_assignment\" \"kong\" {{\n  scope = \"{}\"\n  role_definition_id = konnectazure_peering_role.kong.id\n  \
             principal_id = \"{id}\"\n}}\n",
            super::subscription(&simulator),
            simulator.vnet_id("vnet-orders")
        ),
    );
    workspace
        .apply()
        .expect_success("an assignment without a look at the directory");
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
}

#[test]
fn a_gateways_own_404_does_not_drop_objects_from_the_state() {
    // Row 89 of docs/user-pains.md.
    let simulator = Simulator::start(Seed::Demo);
    let workspace = workspace(&simulator, &mappings(&simulator, "10.20.0.4", ""));
    workspace.apply().expect_success("apply");
    for body in [
        json!("<html><body>no such host</body></html>"),
        json!({ "message": "no Route matched with those values" }),
    ] {
        simulator.fault(json!({ "service": "konnect", "method": "GET", "path": "private-dns/", "status": 404, "body": body }));
        let said = workspace
            .run(&["plan", "-no-color"])
            .expect_failure("a plan behind a wrong gateway");
        assert!(said.contains("404"), "{said}");
        simulator.clear_faults();
    }
    for body in [json!(null), json!({ "message": "Not found" })] {
        let not_found = |path: &str, times: u32| json!({ "service": "konnect", "method": "GET", "path": path, "times": times, "status": 404, "body": body });
        // Once, from a replica that lags: the list goes on showing it.
        simulator.fault(not_found("private-dns/", 1));
        workspace.assert_settled();
        simulator.clear_faults();
        simulator.fault(not_found("private-dns", 0));
        let plan = workspace.plan();
        assert_eq!(
            plan.actions()["konnectazure_dns_mappings.corp"],
            "create",
            "{}",
            plan.text
        );
        simulator.clear_faults();
    }
    workspace.destroy().expect_success("destroy");
}

#[test]
fn a_patch_that_answers_before_konnect_begins_is_waited_for() {
    let simulator = Simulator::start(Seed::Demo);
    let workspace = workspace(&simulator, &mappings(&simulator, "10.20.0.4", ""));
    workspace.apply().expect_success("apply");
    let stale = json!({ "kind": "azure-outbound-resolver",
        "dns_config": { "corp.example": { "remote_dns_server_ip_addresses": ["10.20.0.4"] } } });
    simulator.fault(
        json!({ "service": "konnect", "method": "PATCH", "path": "private-dns/",
        "set_keys": { "state": "ready", "private_dns_attachment_config": stale } }),
    );
    workspace.write(&mappings(&simulator, "10.20.0.5", ""));
    workspace.apply().expect_success("update");
    assert_eq!(simulator.objects("private_dns")[0]["state"], "ready");
    assert_eq!(
        simulator
            .requests_matching("konnect", "PATCH", "private-dns/")
            .len(),
        1
    );
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
}

#[test]
fn whatever_a_network_that_is_not_ready_answers_is_waited_out() {
    for body in [
        json!({ "status": 400, "title": "Invalid Request", "detail": "Invalid Parameters", "instance": "kong:trace:7",
                "invalid_parameters": [{ "field": "network_id", "reason": "network is not ready", "rule": "invalid", "source": "path" }] }),
        json!({ "status": 400, "title": "Bad Request", "detail": "Network is not in a ready state", "instance": "kong:trace:8" }),
        json!({ "status": 400, "title": "Invalid Request", "detail": "Invalid Parameters", "instance": "kong:trace:9",
                "invalid_parameters": [{ "field": "state", "reason": "must be ready", "rule": "invalid" }] }),
        json!(null),
    ] {
        let simulator = Simulator::start(Seed::Demo);
        simulator.fault(json!([
            { "service": "konnect", "method": "POST", "path": "private-dns", "status": 400, "body": body },
            { "service": "konnect", "method": "GET", "path": &format!("networks/{}", simulator.network_id("eastus2-prod")),
              // Terraform plans twice, and each plan lists what else the network has; the creation lists what has the name, and reads the network.
              "nth": 7, "times": 3, "set_keys": { "state": "initializing" } },
        ]));
        let workspace = workspace(&simulator, &mappings(&simulator, "10.20.0.4", ""));
        workspace
            .apply()
            .expect_success(&format!("creation after {body}"));
        workspace.destroy().expect_success("destroy");
    }
}

#[test]
fn a_name_taken_behind_our_back_is_told_with_its_id_whatever_the_refusal_says() {
    for (status, body) in [
        (
            409,
            json!({ "status": 409, "title": "Conflict", "detail": "Conflict", "instance": "kong:trace:2" }),
        ),
        (409, json!(null)),
        (
            400,
            json!({ "status": 400, "title": "Invalid Request", "detail": "Duplicate.", "instance": "kong:trace:3" }),
        ),
    ] {
        let simulator = Simulator::start(Seed::Demo);
        let first = workspace(&simulator, &mappings(&simulator, "10.20.0.4", ""));
        first.apply().expect_success("the first");
        let id = simulator.objects("private_dns")[0]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        simulator.fault(json!([
            { "service": "konnect", "method": "GET", "path": "private-dns?", "status": 200, "body": { "data": [] } },
            { "service": "konnect", "method": "POST", "path": "private-dns", "status": status, "body": body },
        ]));
        let second = workspace(&simulator, &mappings(&simulator, "10.20.0.9", ""));
        let said = second.apply().expect_failure("the second");
        assert!(said.contains(&id) && said.contains("import {"), "{said}");
    }
}

#[test]
fn storms_of_refusals_that_pass_do_not_fail_an_apply() {
    // Row 80 of docs/user-pains.md.
    let simulator = Simulator::start(Seed::Demo);
    simulator.fault(json!([
        { "service": "entra", "times": 2, "status": 503, "headers": { "retry-after": "0" } },
        { "service": "graph", "times": 3, "status": 429, "headers": { "retry-after": "0" } },
        { "service": "arm", "times": 5, "status": 429, "headers": { "retry-after": "1" },
          "body": { "error": { "code": "TooManyRequests", "message": "slow down" } } },
        { "service": "konnect", "times": 4, "status": 503, "body": "<html>upstream</html>" },
        { "service": "konnect", "method": "GET", "nth": 6, "times": 2, "status": 502, "body": "<html>upstream</html>" },
        { "service": "konnect", "method": "DELETE", "times": 2, "status": 429, "headers": { "retry-after": "0" } },
    ]));
    let workspace = workspace(&simulator, &everything(&simulator));
    workspace.apply().expect_success("apply");
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
}

#[test]
fn deletions_are_done_whatever_success_is_called_and_refusals_are_tried_again() {
    let simulator = Simulator::start(Seed::Demo);
    simulator.settings(json!({ "konnect": { "delete_immediately": true } }));
    let workspace = workspace(&simulator, &mappings(&simulator, "10.20.0.4", ""));
    workspace.apply().expect_success("apply");
    simulator.fault(json!([
        { "service": "konnect", "method": "DELETE", "path": "private-dns/", "status": 409,
          "body": { "status": 409, "title": "Conflict", "detail": "busy", "instance": "kong:trace:4" } },
    ]));
    workspace.destroy().expect_success("destroy");
    assert!(simulator.objects("private_dns").is_empty());
}

#[test]
fn an_object_that_is_gone_already_is_destroyed_without_a_refresh() {
    let simulator = Simulator::start(Seed::Demo);
    let workspace = workspace(&simulator, &everything(&simulator));
    workspace.apply().expect_success("apply");
    let state = simulator.state();
    let changes: Vec<_> = [
        "private_dns",
        "transit_gateways",
        "role_assignments",
        "role_definitions",
        "service_principals",
    ]
    .iter()
    .flat_map(|kind| {
        let singular = if *kind == "private_dns" {
            *kind
        } else {
            kind.trim_end_matches('s')
        };
        state[*kind]
            .as_array()
            .unwrap()
            .iter()
            .filter(|object| object["built_in"] != true && object["display_name"] != "terraform")
            .map(move |object| json!({ "remove": singular, "id": object["id"] }))
            .collect::<Vec<_>>()
    })
    .collect();
    simulator.world(json!(changes));
    workspace
        .run(&["destroy", "-auto-approve", "-no-color", "-refresh=false"])
        .expect_success("destroy of what is gone");
}

#[test]
fn a_refresh_asks_no_more_than_it_must() {
    let simulator = Simulator::start(Seed::Demo);
    let workspace = workspace(&simulator, &everything(&simulator));
    workspace.apply().expect_success("apply");
    simulator.clear_requests();
    workspace.plan();
    let mut asked: Vec<String> = simulator
        .requests()
        .iter()
        .filter(|request| request["service"] != "entra")
        .map(|request| {
            format!(
                "{} {}",
                request["service"].as_str().unwrap(),
                request["method"].as_str().unwrap()
            )
        })
        .collect();
    asked.sort();
    assert_eq!(
        asked,
        [
            "arm GET",
            "arm GET",
            "arm GET",
            "graph GET",
            "konnect GET",
            "konnect GET"
        ],
        "{:#?}",
        simulator
            .requests()
            .iter()
            .map(|request| request["path"].clone())
            .collect::<Vec<_>>()
    );
    workspace.destroy().expect_success("destroy");
}

#[test]
fn a_network_that_is_not_ready_yet_is_planned_with_and_waited_for() {
    let simulator = Simulator::start(Seed::Demo);
    let staging = simulator.network_id("eastus2-staging").to_owned();
    let configuration = (grants(&simulator) + &peering(&simulator, ""))
        .replace(simulator.network_id("eastus2-prod"), &staging);
    let workspace = workspace(&simulator, &configuration);
    workspace
        .apply()
        .expect_success("apply while the network starts");
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
}

#[test]
fn grants_that_lists_show_late_do_not_stop_the_peering_of_the_same_apply() {
    let simulator = Simulator::start(Seed::Demo);
    simulator.fault(json!([
        { "service": "arm", "method": "GET", "path": "roleAssignments?", "times": 4, "status": 200, "body": { "value": [] } },
        { "service": "graph", "method": "GET", "path": "servicePrincipals?", "nth": 5, "times": 2, "status": 200, "body": { "value": [] } },
    ]));
    let workspace = workspace(&simulator, &(grants(&simulator) + &peering(&simulator, "")));
    workspace.apply().expect_success("apply");
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
}

#[test]
fn what_konnect_makes_of_a_creation_is_a_change_to_plan_and_no_failure() {
    let simulator = Simulator::start(Seed::Demo);
    simulator.fault(json!({ "service": "konnect", "path": "private-dns", "times": 0, "set_keys": { "name": "CORP" } }));
    let workspace = workspace(&simulator, &mappings(&simulator, "10.20.0.4", ""));
    workspace.apply().expect_success("apply");
    let plan = workspace.plan();
    assert_eq!(
        plan.actions()["konnectazure_dns_mappings.corp"],
        "update",
        "{}",
        plan.text
    );
    simulator.clear_faults();
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
}
