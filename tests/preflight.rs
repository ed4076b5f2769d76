//! The checks before a peering under real Terraform: as the peering's own diagnostics in plan and apply, and as data.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "preflight/peered.rs"]
mod peered;
mod support;
#[path = "preflight/unplanned.rs"]
mod unplanned;

use serde_json::{Value as Json, json};
use support::simulator::{Seed, Simulator};
use support::terraform::{Workspace, folded};

/// The id of no network.
const NO_NETWORK: &str = "6b5e4a6c-32a7-4f0b-9c6e-1f1b0d9f7a21";
const DATA: &str = "data.konnectazure_preflight.this";

/// Consent and a role with these actions on a virtual network; the ids of principal and assignment.
fn grant(cloud: &Simulator, vnet: &str, actions: &[&str]) -> (Json, Json) {
    let scope = cloud.vnet_id(vnet);
    let principal = cloud.consent()["id"].clone();
    let role = cloud.world(json!({ "add": "role_definition", "object": { "content": {
        "role_name": format!("peering {vnet}"), "actions": actions, "assignable_scopes": [scope],
    }}}));
    let assignment = cloud.world(json!({ "add": "role_assignment", "object": {
        "scope": scope, "role_definition": role["id"], "principal_id": principal,
    }}));
    (principal, assignment["id"].clone())
}

fn peering(name: &str, network: &str, vnet: &str) -> String {
    format!(
        "resource \"konnectazure_vnet_peering\" \"{name}\" {{\n  name = \"{name}\"\n  network_id = {network}\n  vnet_id = {vnet}\n}}\n"
    )
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

fn posts(cloud: &Simulator) -> usize {
    cloud
        .requests_matching("konnect", "POST", "/transit-gateways")
        .len()
}

/// One way to fail: the peering's name, network and virtual network, and what is said of it.
type Fault = (&'static str, String, String, &'static str);

/// A cloud in which every check fails for some peering, and those peerings.
fn faulty() -> (Simulator, Vec<Fault>) {
    let cloud = Simulator::manual(Seed::Demo);
    grant(&cloud, "vnet-orders", &["Microsoft.Network/*"]);
    cloud.world(
        json!({ "patch": "network", "id": cloud.network_id("eastus2-staging"), "set": { "state": "terminating" } }),
    );
    cloud.world(
        json!({ "azure_peering": { "vnet_id": cloud.vnet_id("vnet-orders"), "name": "left-over", "set": {
        "state": "Disconnected", "remote_address_prefixes": ["10.64.0.0/16"],
    }}}),
    );
    let billing = cloud.vnet_id("vnet-billing").to_owned();
    cloud.world(json!({ "add": "deny_assignment", "object": {
        "scope": billing, "name": "stack", "actions": ["Microsoft.Network/virtualNetworks/peer/action"],
    }}));
    let prod = cloud.network_id("eastus2-prod").to_owned();
    let orders = cloud.vnet_id("vnet-orders").to_owned();
    let nowhere = orders.replace("vnet-orders", "vnet-nowhere");
    let faults = vec![
        (
            "none",
            NO_NETWORK.to_owned(),
            orders.clone(),
            "Konnect has no such network",
        ),
        (
            "elsewhere",
            cloud.network_id("us-east-2-prod").to_owned(),
            orders.clone(),
            "The Konnect network is not in Azure",
        ),
        (
            "going",
            cloud.network_id("eastus2-staging").to_owned(),
            orders.clone(),
            "The Konnect network is not ready",
        ),
        (
            "nowhere",
            prod.clone(),
            nowhere,
            "Azure has no such virtual network",
        ),
        (
            "overlap",
            prod.clone(),
            cloud.vnet_id("vnet-overlap").to_owned(),
            "Address spaces overlap",
        ),
        (
            "dead",
            prod.clone(),
            orders,
            "A peering on the virtual network is in the way",
        ),
        (
            "denied",
            prod,
            billing,
            "Kong's application may not peer with the virtual network",
        ),
    ];
    (cloud, faults)
}

#[track_caller]
fn assert_all_told(said: &str, faults: &[Fault]) {
    for (name, _, _, headline) in faults {
        let told = format!("Cannot create virtual network peering \"{name}\": {headline}");
        assert!(said.contains(&told), "{told:?} is not in {said}");
    }
}

/// Rows 43, 50, 53, 56: told by the plan, each on the attribute that it is about.
#[test]
fn every_check_fails_the_plan_where_its_inputs_are_known() {
    let (cloud, faults) = faulty();
    let workspace = Workspace::new(cloud.env());
    let configuration: String = faults
        .iter()
        .map(|(name, network, vnet, _)| peering(name, &quoted(network), &quoted(vnet)))
        .collect();
    workspace.write(&configuration);
    let Err(failed) = workspace.try_plan(&[]) else {
        panic!("the plan should fail")
    };
    let said = folded(&failed.text);
    assert_all_told(&said, &faults);
    for part in [
        "network_id = \"6b5e4a6c",
        "10.64.128.0/20 of the virtual network overlaps 10.64.0.0/16",
        "az network vnet peering delete",
        "peer/action, by \"stack\"",
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }

    disable(&cloud);
    let Err(failed) = workspace.try_plan(&[]) else {
        panic!("the plan should fail")
    };
    assert!(folded(&failed.text).contains("Kong's application cannot act in the tenant"));
}

#[test]
fn every_check_fails_the_apply_where_its_inputs_were_unknown_and_nothing_is_sent() {
    let (cloud, faults) = faulty();
    let workspace = Workspace::new(cloud.env());
    let values: Vec<String> = faults
        .iter()
        .map(|(name, network, vnet, _)| {
            format!("    {name}_network = \"{network}\"\n    {name}_vnet = \"{vnet}\"\n")
        })
        .collect();
    let peerings: String = faults
        .iter()
        .map(|(name, ..)| {
            peering(
                name,
                &format!("terraform_data.later.output.{name}_network"),
                &format!("terraform_data.later.output.{name}_vnet"),
            )
        })
        .collect();
    workspace.write(&format!(
        "resource \"terraform_data\" \"later\" {{\n  input = {{\n{}  }}\n}}\n{peerings}",
        values.concat()
    ));
    assert_eq!(workspace.plan().actions().len(), faults.len() + 1);
    let said = folded(&workspace.apply().expect_failure("apply"));
    assert_all_told(&said, &faults);

    disable(&cloud);
    workspace.write(&format!(
        "resource \"terraform_data\" \"later\" {{\n  input = \"{}\"\n}}\n{}",
        cloud.vnet_id("vnet-orders"),
        peering(
            "disabled",
            &quoted(cloud.network_id("eastus2-prod")),
            "terraform_data.later.output"
        )
    ));
    let said = folded(&workspace.apply().expect_failure("apply"));
    assert!(
        said.contains("Kong's application cannot act in the tenant"),
        "{said}"
    );
    assert_eq!(posts(&cloud), 0);
}

/// Kong's application cannot sign in any more.
fn disable(cloud: &Simulator) {
    let principals = cloud.objects("service_principals");
    let principal = principals
        .iter()
        .find(|one| one["app_id"] == "207b296f-cf25-4d23-9eba-9a2c41dc62ca")
        .unwrap();
    cloud.world(json!({ "patch": "service_principal", "id": principal["id"], "set": { "account_enabled": false } }));
}

/// The plan lives with what this run may still make; the apply does not.
// Rows 3, 14 and 43 of docs/user-pains.md.
#[test]
fn missing_consent_and_actions_warn_in_the_plan_and_fail_the_apply() {
    let cloud = Simulator::manual(Seed::Demo);
    let workspace = Workspace::new(cloud.env());
    workspace.write(&peering(
        "orders",
        &quoted(cloud.network_id("eastus2-prod")),
        &quoted(cloud.vnet_id("vnet-orders")),
    ));
    let planned = workspace.plan();
    assert!(
        folded(&planned.text)
            .contains("Could not verify that Kong's application can act in the tenant")
    );
    let said = folded(&workspace.apply().expect_failure("apply without consent"));
    assert!(
        said.contains("Kong's application cannot act in the tenant")
            && said.contains("Application Administrator"),
        "{said}"
    );

    let (principal, _) = grant(
        &cloud,
        "vnet-orders",
        &["*/read", "*/virtualNetworkPeerings/*"],
    );
    let planned = workspace.plan();
    assert!(
        folded(&planned.text)
            .contains("Could not verify that Kong's application may peer with the virtual network")
    );
    let said = folded(&workspace.apply().expect_failure("apply without the action"));
    for part in [
        "- Microsoft.Network/virtualNetworks/peer/action",
        principal.as_str().unwrap(),
        cloud.vnet_id("vnet-orders"),
        "Nothing was sent.",
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    assert!(!said.contains("- Microsoft.Network/virtualNetworks/read"));
    assert_eq!(posts(&cloud), 0);
}

/// What another tool of the same run granted a moment ago is shown late, and fails no apply.
#[test]
fn consent_that_the_directory_shows_late_is_waited_for() {
    let cloud = Simulator::start(Seed::Demo);
    grant(&cloud, "vnet-orders", &["Microsoft.Network/*"]);
    cloud.fault(json!({ "service": "graph", "method": "GET", "path": "/servicePrincipals", "times": 5, "status": 200, "body": { "value": [] } }));
    let workspace = Workspace::new(cloud.env());
    workspace.write(&peering(
        "orders",
        &quoted(cloud.network_id("eastus2-prod")),
        &quoted(cloud.vnet_id("vnet-orders")),
    ));
    workspace.apply().expect_success("apply");
    let state = workspace.state();
    assert_eq!(state["konnectazure_vnet_peering.orders"]["state"], "ready");
}

/// Terraform plans what is missing before it destroys the rest, and says how to do without.
#[test]
fn a_failing_check_holds_up_no_destruction_without_refresh() {
    let cloud = Simulator::start(Seed::Demo);
    let workspace = Workspace::new(cloud.env());
    let rest = "resource \"terraform_data\" \"rest\" {}\n";
    workspace.write(rest);
    workspace.apply().expect_success("apply");
    let peering = peering(
        "none",
        &quoted(NO_NETWORK),
        &quoted(cloud.vnet_id("vnet-orders")),
    );
    workspace.write(&format!("{rest}{peering}"));
    let said = folded(&workspace.destroy().expect_failure("destroy"));
    assert!(said.contains("add -refresh=false"), "{said}");
    workspace
        .run(&["destroy", "-auto-approve", "-no-color", "-refresh=false"])
        .expect_success("destroy without refresh");
}

#[test]
fn without_the_right_to_look_there_are_warnings_and_the_peering_is_made() {
    let cloud = Simulator::start(Seed::Demo);
    grant(&cloud, "vnet-orders", &["Microsoft.Network/*"]);
    let refused = json!({ "title": "Forbidden", "status": 403, "detail": "no", "instance": "konnect:trace:1" });
    for path in [
        "provider-accounts",
        "availability",
        "transit-gateways?page%5Bsize%5D",
    ] {
        cloud.fault(json!({ "service": "konnect", "method": "GET", "path": path, "times": 0, "status": 403, "body": refused }));
    }
    cloud.settings(json!({ "rights": { "graph_read": false, "network_read": false } }));
    let workspace = Workspace::new(cloud.env());
    let configuration = peering(
        "orders",
        &quoted(cloud.network_id("eastus2-prod")),
        &quoted(cloud.vnet_id("vnet-orders")),
    );
    workspace.write(&format!("{configuration}\n{}", data(&cloud)));
    let said = folded(&workspace.apply().expect_success("apply"));
    for right in [
        "Application.Read.All",
        "Microsoft.Network/virtualNetworks/read",
    ] {
        assert!(said.contains(right), "{right:?} is not in {said}");
    }
    let state = workspace.state();
    assert_eq!(state["konnectazure_vnet_peering.orders"]["state"], "ready");
    assert_eq!(state[DATA]["passed"], true);
    assert_eq!(
        statuses(&state[DATA]),
        "network_exists passed, network_is_azure warning, network_ready passed, vnet_exists warning, address_space skipped, \
         service_principal warning, role_assignment skipped, vnet_peerings skipped, quota skipped, regions skipped"
    );
    cloud.settings(
        json!({ "rights": { "graph_read": true, "network_read": true, "role_read": false } }),
    );
    workspace.apply().expect_success("apply");
    let state = workspace.state();
    assert!(
        statuses(&state[DATA])
            .contains("address_space warning, service_principal passed, role_assignment warning"),
        "{}",
        statuses(&state[DATA])
    );
}

/// Whoever may make a peering need not be let in on anything else.
#[test]
fn without_the_right_to_see_the_network_there_is_a_warning_and_the_peering_is_made() {
    let cloud = Simulator::start(Seed::Demo);
    grant(&cloud, "vnet-orders", &["Microsoft.Network/*"]);
    let network = cloud.network_id("eastus2-prod");
    let refused = json!({ "title": "Forbidden", "status": 403, "detail": "no", "instance": "konnect:trace:1" });
    let workspace = Workspace::new(cloud.env());
    let configuration = peering(
        "orders",
        &quoted(network),
        &quoted(cloud.vnet_id("vnet-orders")),
    );
    workspace.write(&format!("{configuration}\n{}", data(&cloud)));
    // The first fault that fits counts: what lies below the network can be read, the network itself not.
    let path = format!("/networks/{network}");
    cloud.fault(json!([
        { "service": "konnect", "method": "GET", "path": format!("{path}/"), "times": 0, "delay_ms": 1 },
        { "service": "konnect", "method": "GET", "path": path, "times": 0, "status": 403, "body": refused },
    ]));
    let said = folded(&workspace.apply().expect_success("apply"));
    assert!(
        said.contains(
            "Could not verify that Konnect has the network (virtual network peering \"orders\")"
        ) && said.contains("Network Viewer"),
        "{said}"
    );
    let state = workspace.state();
    assert_eq!(state["konnectazure_vnet_peering.orders"]["state"], "ready");
    assert_eq!(
        statuses(&state[DATA]),
        "network_exists warning, network_is_azure skipped, network_ready skipped, vnet_exists passed, address_space skipped, \
         service_principal passed, role_assignment passed, vnet_peerings passed, quota skipped, regions skipped"
    );
}

fn data(cloud: &Simulator) -> String {
    format!(
        "data \"konnectazure_preflight\" \"this\" {{\n  network_id = \"{}\"\n  vnet_id = \"{}\"\n}}\n",
        cloud.network_id("eastus2-prod"),
        cloud.vnet_id("vnet-orders")
    )
}

fn statuses(data: &Json) -> String {
    let checks = data["checks"].as_array().unwrap();
    let told: Vec<_> = checks
        .iter()
        .map(|check| {
            format!(
                "{} {}",
                check["id"].as_str().unwrap(),
                check["status"].as_str().unwrap()
            )
        })
        .collect();
    told.join(", ")
}

/// Rows 52 and 59.
#[test]
fn the_checks_are_data_before_and_beside_the_peering() {
    let cloud = Simulator::start(Seed::Demo);
    let workspace = Workspace::new(cloud.env());
    let parts = format!(
        "data \"konnectazure_preflight\" \"this\" {{\n  network_id = \"{}\"\n  subscription_id = \"{}\"\n  resource_group_name = \"RG-Network\"\n  \
         vnet_name = \"vnet-orders\"\n}}\n",
        cloud.network_id("eastus2-prod"),
        cloud.url("subscription_id")
    );
    let verdict = "output \"passed\" {\n  value = data.konnectazure_preflight.this.passed\n}\n";
    workspace.write(&format!("{parts}{verdict}"));
    workspace.apply().expect_success("apply");
    assert_eq!(workspace.outputs()["passed"]["value"], false);
    let state = workspace.state();
    assert_eq!(
        statuses(&state[DATA]),
        "network_exists passed, network_is_azure passed, network_ready passed, vnet_exists passed, address_space passed, \
         service_principal failed, role_assignment skipped, vnet_peerings passed, quota skipped, regions passed"
    );
    let checks = &state[DATA]["checks"];
    assert!(
        checks[5]["fix"]
            .as_str()
            .unwrap()
            .contains("/adminconsent?client_id=207b296f-cf25-4d23-9eba-9a2c41dc62ca")
    );
    assert!(
        checks[9]["detail"]
            .as_str()
            .unwrap()
            .contains("The network is in eastus2")
    );

    grant(&cloud, "vnet-orders", &["Microsoft.Network/*"]);
    let peering = peering(
        "orders",
        &quoted(cloud.network_id("eastus2-prod")),
        &quoted(cloud.vnet_id("vnet-orders")),
    );
    workspace.write(&format!("{}{peering}{verdict}", data(&cloud)));
    workspace.apply().expect_success("apply");
    workspace.assert_settled();
    assert_eq!(workspace.outputs()["passed"]["value"], true);

    cloud.world(json!({ "azure_peering": { "vnet_id": cloud.vnet_id("vnet-orders"), "set": { "sync_level": "LocalNotInSync" } } }));
    workspace.apply().expect_success("apply");
    let state = workspace.state();
    assert_eq!(
        (&state[DATA]["passed"], &state[DATA]["checks"][7]["status"]),
        (&json!(true), &json!("warning"))
    );
    workspace.destroy().expect_success("destroy");
}

#[test]
fn the_data_source_refuses_bad_input_on_its_attribute() {
    let cloud = Simulator::manual(Seed::Empty);
    let workspace = Workspace::new(cloud.env());
    let network = format!("  network_id = \"{NO_NETWORK}\"\n");
    for (attributes, says) in [
        (network.clone(), "No virtual network is specified"),
        (
            format!("{network}  vnet_id = \"vnet-orders\"\n"),
            "Invalid vnet_id",
        ),
        (
            "  network_id = \"prod\"\n  vnet_name = \"v\"\n".to_owned(),
            "Invalid network_id",
        ),
        (
            format!("{network}  vnet_name = \"v\"\n"),
            "`subscription_id` is missing",
        ),
        (
            format!("{network}  client_id = \"kong\"\n"),
            "Invalid client_id",
        ),
    ] {
        workspace.write(&format!(
            "data \"konnectazure_preflight\" \"this\" {{\n{attributes}}}\n"
        ));
        let Err(failed) = workspace.try_plan(&[]) else {
            panic!("{attributes} should be refused")
        };
        let said = folded(&failed.text);
        assert!(said.contains(says), "{says:?} is not in {said}");
    }
}

/// Row 32: replicas that do not show yet what this very apply made.
#[test]
fn what_the_same_apply_made_counts_although_azure_does_not_show_it_yet() {
    let cloud = Simulator::manual(Seed::Demo);
    cloud.settings(json!({ "lag": { "role_assignment": 3600 } }));
    let workspace = Workspace::new(cloud.env());
    let subscription = format!("/subscriptions/{}", cloud.url("subscription_id"));
    let orders = cloud.vnet_id("vnet-orders");
    workspace.write(&format!(
        "resource \"konnectazure_service_principal\" \"kong\" {{}}\n\
         resource \"konnectazure_peering_role\" \"kong\" {{\n  assignable_scopes = [\"{subscription}\"]\n}}\n\
         resource \"konnectazure_role_assignment\" \"kong\" {{\n  scope = \"{orders}\"\n  role_definition_id = konnectazure_peering_role.kong.id\n  \
         principal_id = konnectazure_service_principal.kong.object_id\n  skip_propagation_wait = true\n}}\n\
         resource \"konnectazure_vnet_peering\" \"orders\" {{\n  name = \"orders\"\n  network_id = \"{}\"\n  vnet_id = \"{orders}\"\n  \
         wait_for_ready = false\n  depends_on = [konnectazure_role_assignment.kong]\n}}\n",
        cloud.network_id("eastus2-prod")
    ));
    workspace.apply().expect_success("apply");
    assert_eq!(posts(&cloud), 1);
}

/// Of two that exclude each other and are created side by side, each is checked before the other exists.
#[test]
fn of_two_peerings_of_one_run_with_the_same_addresses_one_is_made() {
    let cloud = Simulator::start(Seed::Demo);
    grant(&cloud, "vnet-orders", &["Microsoft.Network/*"]);
    cloud.world(json!({ "add": "virtual_network", "object": {
        "subscription_id": cloud.url("subscription_id"), "resource_group": "rg-network", "name": "vnet-twin", "address_prefixes": ["10.20.0.0/16"],
    }}));
    let orders = cloud.vnet_id("vnet-orders").to_owned();
    let twin = orders.replace("vnet-orders", "vnet-twin");
    let assigned = cloud.objects("role_assignments");
    cloud.world(json!({ "add": "role_assignment", "object": {
        "scope": twin, "role_definition": assigned[0]["role_definition"], "principal_id": assigned[0]["principal_id"],
    }}));
    let network = quoted(cloud.network_id("eastus2-prod"));
    let workspace = Workspace::new(cloud.env());
    workspace.write(&format!(
        "{}{}",
        peering("orders", &network, &quoted(&orders)),
        peering("twin", &network, &quoted(&twin)),
    ));
    let said = folded(&workspace.apply().expect_failure("apply"));
    for part in ["Address spaces overlap", "10.20.0.0/16", "Nothing was sent"] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    assert_eq!(posts(&cloud), 1);
    // What is missing would be planned, and refused, before the rest is destroyed.
    workspace
        .run(&["destroy", "-refresh=false", "-auto-approve", "-no-color"])
        .expect_success("destroy");
}

/// The new peering of a replacement does not collide with the one whose place it takes.
#[test]
fn a_replacement_may_go_to_the_same_addresses() {
    let cloud = Simulator::start(Seed::Demo);
    grant(&cloud, "vnet-orders", &["Microsoft.Network/*"]);
    cloud.world(json!({ "add": "virtual_network", "object": {
        "subscription_id": cloud.url("subscription_id"), "resource_group": "rg-network", "name": "vnet-moved", "address_prefixes": ["10.20.0.0/16"],
    }}));
    let moved = cloud
        .vnet_id("vnet-orders")
        .replace("vnet-orders", "vnet-moved");
    let scope = moved.as_str();
    let assigned = cloud.objects("role_assignments");
    cloud.world(json!({ "add": "role_assignment", "object": {
        "scope": scope, "role_definition": assigned[0]["role_definition"], "principal_id": assigned[0]["principal_id"],
    }}));
    let network = quoted(cloud.network_id("eastus2-prod"));
    let workspace = Workspace::new(cloud.env());
    workspace.write(&peering(
        "orders",
        &network,
        &quoted(cloud.vnet_id("vnet-orders")),
    ));
    workspace.apply().expect_success("apply");
    workspace.write(&peering("orders", &network, &quoted(&moved)));
    let actions = workspace.plan().actions();
    assert_eq!(actions["konnectazure_vnet_peering.orders"], "replace");
    workspace.apply().expect_success("apply of the replacement");
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
}
