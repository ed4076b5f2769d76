//! `konnectazure_vnet_peering` under real Terraform.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use support::patience::eventually;
use support::simulator::{Seed, Simulator};
use support::spec;
use support::terraform::{Case, Workspace, folded};

const PEERING: &str = "konnectazure_vnet_peering.this";
const NETWORK: &str = "eastus2-prod";
/// The id of no network.
const NO_NETWORK: &str = "6b5e4a6c-32a7-4f0b-9c6e-1f1b0d9f7a21";

/// Consent, and every right on a virtual network, as an administrator would give who does not care.
fn grant(cloud: &Simulator, vnet: &str) {
    let scope = cloud.vnet_id(vnet);
    let principal = cloud.consent()["id"].clone();
    let role = cloud.world(json!({ "add": "role_definition", "object": { "content": {
        "role_name": format!("peering {vnet}"), "actions": ["Microsoft.Network/*"], "assignable_scopes": [scope],
    }}}));
    cloud.world(json!({ "add": "role_assignment", "object": {
        "scope": scope, "role_definition": role["id"], "principal_id": principal,
    }}));
}

/// A local cloud in which a peering with `vnet-orders` works.
fn granted() -> Simulator {
    let cloud = Simulator::start(Seed::Demo);
    grant(&cloud, "vnet-orders");
    cloud
}

fn peering(cloud: &Simulator, attributes: &str) -> String {
    peering_in(cloud.network_id(NETWORK), attributes)
}

fn peering_in(network: &str, attributes: &str) -> String {
    format!(
        "resource \"konnectazure_vnet_peering\" \"this\" {{\n  name = \"orders\"\n  network_id = \"{network}\"\n{attributes}\n}}\n"
    )
}

fn by_id(cloud: &Simulator) -> String {
    format!("  vnet_id = \"{}\"\n", cloud.vnet_id("vnet-orders"))
}

/// Without checks, whose requests would use up the faults of a script.
fn unchecked(cloud: &Simulator) -> String {
    format!("{}  preflight = false\n", by_id(cloud))
}

fn by_parts(cloud: &Simulator) -> String {
    format!(
        "  subscription_id = \"{}\"\n  resource_group_name = \"RG-Network\"\n  vnet_name = \"vnet-orders\"\n",
        cloud.url("subscription_id")
    )
}

fn sent(cloud: &Simulator, method: &str) -> usize {
    cloud
        .requests_matching("konnect", method, "/transit-gateways")
        .len()
}

/// Makes a peering as the Konnect UI would; its id.
fn made_outside(cloud: &Simulator, kind: &str, target: &str) -> String {
    let path = format!(
        "/v2/cloud-gateways/networks/{}/transit-gateways",
        cloud.network_id(NETWORK)
    );
    let (key, name) = target.split_once('=').unwrap();
    let mut config = json!({
        "kind": kind,
        "tenant_id": cloud.url("tenant_id"),
        "subscription_id": cloud.url("subscription_id"),
        "resource_group_name": "rg-network",
    });
    config[key] = json!(name);
    let body = json!({ "name": "orders", "transit_gateway_attachment_config": config });
    let answer = cloud.konnect("POST", &path, Some(&body));
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_peering_is_made_kept_imported_replaced_and_destroyed() {
    // Rows 47 and 48 of docs/user-pains.md: only what means something else replaces.
    let cloud = granted();
    let network = cloud.network_id(NETWORK);
    let dns = |server: &str| {
        format!(
            "{}  dns_config = [{{ remote_dns_server_ip_addresses = [\"{server}\"], domain_proxy_list = [\"Corp.example.\"] }}]\n",
            by_id(&cloud)
        )
    };
    Case::new(cloud.env())
        .apply(
            peering(&cloud, &by_id(&cloud)),
            &[(PEERING, "create")],
            |state| {
                let made = &state[PEERING];
                assert_eq!(made["state"], "ready");
                assert_eq!(made["vnet_name"], "vnet-orders");
                assert_eq!(made["resource_group_name"], "rg-network");
                assert_eq!(made["subscription_id"], cloud.url("subscription_id"));
                assert_eq!(made["tenant_id"], cloud.url("tenant_id"));
                assert_eq!(made["dns_config"], json!([]));
                assert_eq!(made["azure_peering"]["state"], "Connected");
                assert_eq!(made["azure_peering"]["sync_level"], "FullyInSync");
                assert_eq!(sent(&cloud, "POST"), 1);
            },
        )
        // The other way of naming the same network, in another spelling, and switches of our own: nothing is sent.
        .apply(peering(&cloud, &by_parts(&cloud)), &[], |state| {
            assert_eq!(state[PEERING]["resource_group_name"], "rg-network");
        })
        .apply(
            peering(
                &cloud,
                &format!(
                    "{}  dns_config = []\n  wait_for_ready = false\n",
                    by_id(&cloud)
                ),
            ),
            &[(PEERING, "update")],
            |_| {
                assert_eq!(
                    (
                        sent(&cloud, "POST"),
                        sent(&cloud, "PATCH"),
                        sent(&cloud, "DELETE")
                    ),
                    (1, 0, 0)
                );
            },
        )
        .apply(
            peering(&cloud, &by_id(&cloud)),
            &[(PEERING, "update")],
            |_| {},
        )
        .reimport(PEERING, |made| {
            format!("{network}/{}", made["id"].as_str().unwrap())
        })
        .reimport(PEERING, |made| {
            json!({ "id": made["id"], "network_id": network }).to_string()
        })
        .apply(
            peering(&cloud, &dns("10.20.0.4")),
            &[(PEERING, "replace")],
            |state| {
                assert_eq!(
                    state[PEERING]["dns_config"][0]["domain_proxy_list"],
                    json!(["Corp.example."])
                );
                assert_eq!((sent(&cloud, "POST"), sent(&cloud, "DELETE")), (2, 1));
            },
        )
        .reimport(PEERING, |made| {
            format!("{network}/{}", made["id"].as_str().unwrap())
        })
        .outside(|_| {
            let id = cloud.objects("transit_gateways")[0]["id"].clone();
            cloud.world(json!({ "remove": "transit_gateway", "id": id }));
        })
        .apply(
            peering(&cloud, &dns("10.20.0.4")),
            &[(PEERING, "create")],
            |_| {},
        )
        .run();
    assert_eq!(cloud.objects("transit_gateways"), [] as [Json; 0]);
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn what_is_left_can_be_destroyed_when_the_peering_went_with_its_network() {
    let cloud = granted();
    let configuration = peering(&cloud, &by_id(&cloud));
    let workspace = Workspace::new(cloud.env());
    workspace.write(&configuration);
    workspace.apply().expect_success("apply");
    let id = cloud.objects("transit_gateways")[0]["id"].clone();
    cloud.world(json!({ "remove": "transit_gateway", "id": id }));
    cloud.world(json!({ "remove": "network", "id": cloud.network_id(NETWORK) }));
    let planned = workspace.run(&["plan"]).expect_success("plan");
    for part in ["will be created", "The apply will fail on this"] {
        assert!(folded(&planned).contains(part), "{part}: {planned}");
    }
    workspace.destroy().expect_success("destroy");
}

#[test]
fn what_failed_can_be_destroyed_when_its_virtual_network_is_gone() {
    let cloud = granted();
    cloud.settings(json!({ "konnect": { "peering_outcome": "error" } }));
    let workspace = Workspace::new(cloud.env());
    workspace.write(&peering(&cloud, &by_id(&cloud)));
    workspace.apply().expect_failure("apply");
    cloud.world(json!({ "remove": "virtual_network", "id": cloud.vnet_id("vnet-orders") }));
    workspace.destroy().expect_success("destroy");
    assert_eq!(cloud.objects("transit_gateways"), [] as [Json; 0]);
}

#[test]
fn another_virtual_network_replaces_the_peering_in_either_way() {
    // Row 47 of docs/user-pains.md: what cannot be changed is replaced, visibly in the plan.
    let cloud = granted();
    grant(&cloud, "vnet-billing");
    let billing = cloud.vnet_id("vnet-billing").to_owned();
    Case::new(cloud.env())
        .apply(
            peering(&cloud, &by_id(&cloud)),
            &[(PEERING, "create")],
            |_| {},
        )
        .apply(
            peering(&cloud, &format!("  vnet_id = \"{billing}\"\n")),
            &[(PEERING, "replace")],
            |state| assert_eq!(state[PEERING]["vnet_name"], "vnet-billing"),
        )
        .apply(
            peering(&cloud, &by_parts(&cloud)),
            &[(PEERING, "replace")],
            |state| {
                assert_eq!(
                    state[PEERING]["vnet_id"].as_str().map(str::to_lowercase),
                    Some(cloud.vnet_id("vnet-orders").to_lowercase())
                );
            },
        )
        .run();
}

#[test]
fn a_bad_configuration_is_refused_on_its_attribute_before_anything_is_sent() {
    // Row 56 of docs/user-pains.md: what can never be right is not even asked for.
    let cloud = Simulator::start(Seed::Demo);
    let vnet = by_id(&cloud);
    Case::new(cloud.env())
        .plan_fails(peering(&cloud, ""), &["No virtual network is specified", "Name the virtual network either by `vnet_id`"])
        .plan_fails(peering(&cloud, &format!("{vnet}{}", by_parts(&cloud))), &["`vnet_id` and `subscription_id` exclude each other"])
        .plan_fails(peering(&cloud, "  vnet_name = \"vnet-orders\"\n"), &["`subscription_id` is missing", "`resource_group_name` is missing"])
        .plan_fails(peering(&cloud, "  vnet_id = \"vnet-orders\"\n"), &["Invalid vnet_id", "/subscriptions/SUBSCRIPTION_ID/resourceGroups/RESOURCE_GROUP"])
        .plan_fails(peering(&cloud, &format!("{vnet}  tenant_id = \"contoso\"\n")), &["Invalid tenant_id", "a GUID"])
        .plan_fails(
            peering(&cloud, &format!("{vnet}  dns_config = [{{ remote_dns_server_ip_addresses = [\"dns\"], domain_proxy_list = [\"a b\"] }}]\n")),
            &["dns_config[0].remote_dns_server_ip_addresses[0]", "dns_config[0].domain_proxy_list[0]"],
        )
        .plan_fails(peering_in("prod", &vnet), &["Invalid network_id"])
        .plan_fails(peering(&cloud, &vnet).replace("\"orders\"", &format!("{:?}", "x".repeat(121))), &["Invalid name", "121 characters"])
        // What cannot be planned cannot be destroyed either.
        .outside(|workspace| workspace.write(""))
        .run();
    assert_eq!(cloud.requests_matching("konnect", "", ""), [] as [Json; 0]);
}

#[test]
fn missing_consent_fails_before_anything_is_sent() {
    let cloud = Simulator::start(Seed::Demo);
    let url = format!(
        "/{}/adminconsent?client_id=207b296f-cf25-4d23-9eba-9a2c41dc62ca",
        cloud.url("tenant_id")
    );
    Case::new(cloud.env())
        .apply_fails(
            peering(&cloud, &by_id(&cloud)),
            &[
                "Kong's application cannot act in the tenant",
                &url,
                "Nothing was sent.",
            ],
        )
        .run();
    assert_eq!(sent(&cloud, "POST"), 0);
}

#[test]
fn what_cannot_work_is_refused_by_the_plan() {
    let cloud = Simulator::start(Seed::Demo);
    let vnet = by_id(&cloud);
    let named = |vnet: &str| {
        let id = cloud.vnet_id("vnet-orders").replace("vnet-orders", vnet);
        peering(&cloud, &format!("  vnet_id = \"{id}\"\n"))
    };
    Case::new(cloud.env())
        .plan_fails(
            named("vnet-overlap"),
            &["Address spaces overlap", "10.64.128.0/20", "10.64.0.0/16"],
        )
        .plan_fails(
            named("vnet-nowhere"),
            &["Azure has no such virtual network"],
        )
        .plan_fails(
            peering_in(cloud.network_id("us-east-2-prod"), &vnet),
            &["The Konnect network is not in Azure"],
        )
        .plan_fails(
            peering_in(NO_NETWORK, &vnet),
            &["Konnect has no such network", NO_NETWORK],
        )
        .run();
}

#[test]
fn a_network_that_never_fits_is_refused_without_checks_too() {
    let cloud = Simulator::start(Seed::Demo);
    let unchecked = unchecked(&cloud);
    Case::new(cloud.env())
        .apply_fails(
            peering_in(cloud.network_id("us-east-2-prod"), &unchecked),
            &["runs in the cloud \"aws\"", "Nothing was created."],
        )
        .apply_fails(
            peering_in(NO_NETWORK, &unchecked),
            &[&format!("Konnect has no network {NO_NETWORK}")],
        )
        .run();
    assert_eq!(sent(&cloud, "POST"), 0);
}

// Row 3 of docs/user-pains.md.
#[test]
fn a_failed_peering_says_why_and_is_replaced_by_the_next_apply() {
    // Rows 3, 40 and 45 of docs/user-pains.md: the reason is told, and what failed stays visible.
    let cloud = Simulator::start(Seed::Demo);
    let configuration = peering(&cloud, &unchecked(&cloud));
    Case::new(cloud.env())
        .apply_fails(
            &configuration,
            &[
                "AADSTS7000229",
                "state \"error\"",
                "stays in the state, marked for replacement",
                "adminconsent?client_id=",
                "konnectazure_role_assignment",
            ],
        )
        .outside(|_| {
            assert_eq!(cloud.objects("transit_gateways").len(), 1);
            grant(&cloud, "vnet-orders");
        })
        .apply(&configuration, &[(PEERING, "replace")], |state| {
            assert_eq!(state[PEERING]["state"], "ready");
        })
        .run();
}

#[test]
fn what_exists_is_an_error_with_its_import_or_adopted_where_it_is_the_same() {
    // Row 76 of docs/user-pains.md.
    let cloud = granted();
    let id = made_outside(
        &cloud,
        "azure-vnet-peering-attachment",
        "vnet_name=vnet-orders",
    );
    let place = format!("{}/{id}", cloud.network_id(NETWORK));
    let adopting = format!("{}  use_existing = true\n", by_id(&cloud));
    Case::new(cloud.env())
        .apply_fails(
            peering(&cloud, &by_id(&cloud)),
            &["holds an object of this name already", &format!("id = \"{place}\""), "to = konnectazure_vnet_peering.NAME"],
        )
        .apply_fails(
            peering(&cloud, &format!("{adopting}  dns_config = [{{ remote_dns_server_ip_addresses = [\"10.20.0.4\"], domain_proxy_list = [\"a.example\"] }}]\n")),
            &["`use_existing` does not adopt it", &place],
        )
        .apply(peering(&cloud, &adopting), &[(PEERING, "create")], |state| {
            assert_eq!(state[PEERING]["id"], *id);
            assert_eq!(sent(&cloud, "POST"), 1, "the one of before");
        })
        .run();
}

#[test]
fn a_name_taken_at_the_last_moment_is_refused_in_seconds_on_the_name() {
    // Row 37 of docs/user-pains.md: a 400 is usually final.
    for status in [400, 409] {
        let cloud = granted();
        cloud.settings(json!({ "konnect": { "duplicate_name_status": status } }));
        made_outside(
            &cloud,
            "azure-vnet-peering-attachment",
            "vnet_name=vnet-orders",
        );
        // The first list does not show it yet.
        cloud.fault(json!({ "service": "konnect", "method": "GET", "path": "/transit-gateways?", "nth": 1, "status": 200,
            "body": "{\"data\":[],\"meta\":{\"page\":{\"number\":1,\"size\":100,\"total\":0}}}" }));
        let started = Instant::now();
        Case::new(cloud.env())
            .apply_fails(
                peering(&cloud, &unchecked(&cloud)),
                &["holds an object of this name already", "import {"],
            )
            .run();
        assert!(started.elapsed() < Duration::from_secs(30), "{status}");
    }
}

#[test]
fn a_network_that_is_not_ready_is_waited_for() {
    // Row 39 of docs/user-pains.md: no second apply, no pause between.
    let cloud = Simulator::manual(Seed::Demo);
    grant(&cloud, "vnet-orders");
    let network = cloud.network_id("eastus2-staging");
    let workspace = Workspace::new(cloud.env());
    workspace.write(&peering_in(network, &by_id(&cloud)));
    let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
    let path = format!("/networks/{network}");
    eventually("a second look at the network", || {
        let looks = cloud.requests_matching("konnect", "GET", &path);
        looks
            .iter()
            .filter(|look| {
                look["path"]
                    .as_str()
                    .is_some_and(|path| path.ends_with(network))
            })
            .count()
            > 1
    });
    assert_eq!(sent(&cloud, "POST"), 0);
    cloud.world(json!({ "patch": "network", "id": network, "set": { "state": "ready" } }));
    eventually("the creation", || sent(&cloud, "POST") == 1);
    cloud.advance(30 * 60);
    apply.finish().expect_success("apply");
    workspace.assert_settled();
}

#[test]
fn a_refusal_while_the_network_is_not_ready_is_not_final() {
    let cloud = granted();
    let network = cloud.network_id(NETWORK);
    cloud.fault(json!([
        { "service": "konnect", "method": "POST", "path": "/transit-gateways", "nth": 1, "status": 400,
          "body": "{\"status\":400,\"title\":\"Bad Request\",\"detail\":\"network is not ready\",\"instance\":\"kong:trace:1\"}" },
        // The list by name, the look before the request, then the look that explains the refusal.
        { "service": "konnect", "method": "GET", "path": format!("/networks/{network}"), "nth": 3, "set_keys": { "state": "initializing" } },
    ]));
    let workspace = Workspace::new(cloud.env());
    workspace.write(&peering(&cloud, &unchecked(&cloud)));
    workspace.apply().expect_success("apply");
    assert_eq!(sent(&cloud, "POST"), 2);
}

#[test]
fn fields_that_konnect_refuses_are_found_on_their_attributes() {
    // Row 37 of docs/user-pains.md.
    let cloud = granted();
    cloud.fault(json!({ "service": "konnect", "method": "POST", "path": "/transit-gateways", "times": 0, "status": 400,
        "body": json!({ "status": 400, "title": "Invalid Request", "detail": "Invalid Parameters", "instance": "konnect:trace:9",
            "invalid_parameters": [{ "field": "transit_gateway_attachment_config.vnet_name", "rule": "max_length", "maximum": 64,
                "reason": "must not have more than 64 characters", "source": "body" }] }).to_string() }));
    Case::new(cloud.env())
        .apply_fails(
            peering(&cloud, &by_parts(&cloud)),
            &[
                "must not have more than 64 characters",
                "konnect:trace:9",
                "vnet_name = \"vnet-orders\"",
            ],
        )
        .run();
    assert_eq!(sent(&cloud, "POST"), 1);
}

// Row 32 of docs/user-pains.md.
#[test]
fn a_permission_that_azure_learns_of_late_is_worth_one_more_try() {
    // Row 32 of docs/user-pains.md.
    let cloud = Simulator::manual(Seed::Demo);
    cloud.settings(json!({ "lag": { "authorization": 8 * 60 } }));
    let vnet = cloud.vnet_id("vnet-orders");
    let workspace = Workspace::new(cloud.env());
    workspace.write(&format!(
        "resource \"konnectazure_service_principal\" \"kong\" {{}}\n\
         resource \"konnectazure_peering_role\" \"kong\" {{\n  assignable_scopes = [\"/subscriptions/{}\"]\n}}\n\
         resource \"konnectazure_role_assignment\" \"kong\" {{\n  scope = \"{vnet}\"\n  role_definition_id = konnectazure_peering_role.kong.id\n  \
         principal_id = konnectazure_service_principal.kong.object_id\n}}\n{}",
        cloud.url("subscription_id"),
        peering(&cloud, "  vnet_id = konnectazure_role_assignment.kong.scope\n")
    ));
    let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
    eventually("the first creation", || sent(&cloud, "POST") == 1);
    cloud.advance(4 * 60);
    eventually("the deletion", || sent(&cloud, "DELETE") == 1);
    cloud.advance(5 * 60);
    eventually("the second creation", || sent(&cloud, "POST") == 2);
    cloud.advance(30 * 60);
    apply.finish().expect_success("apply");
    workspace.assert_settled();
    assert_eq!((sent(&cloud, "POST"), sent(&cloud, "DELETE")), (2, 1));
}

#[test]
fn waiting_for_a_person_says_once_what_to_do_and_again_at_the_timeout() {
    // Row 44 of docs/user-pains.md: the timeout is the user's.
    let cloud = granted();
    cloud.settings(json!({ "konnect": { "peering_outcome": "pending-user-action" } }));
    let workspace = Workspace::new(cloud.env());
    let attributes = format!("{}  timeouts = {{ create = \"4s\" }}\n", by_id(&cloud));
    workspace.write(&peering(&cloud, &attributes));
    let said = workspace.apply().expect_failure("apply");
    assert_eq!(
        said.matches("Konnect waits for you to finish virtual network peering \"orders\"")
            .count(),
        1,
        "{said}"
    );
    let advice = "Konnect waits for something on the Azure side";
    assert_eq!(said.matches(advice).count(), 2, "{said}");
    assert!(
        said.contains("Gave up waiting for virtual network peering \"orders\" to become ready"),
        "{said}"
    );
    assert_eq!(workspace.state()[PEERING]["state"], "pending-user-action");
}

#[test]
fn a_deletion_that_is_refused_in_transition_waits_and_goes_on() {
    // Rows 49 and 58 of docs/user-pains.md: a creation need not wait, a deletion does.
    let cloud = Simulator::manual(Seed::Demo);
    grant(&cloud, "vnet-orders");
    let workspace = Workspace::new(cloud.env());
    workspace.write(&peering(
        &cloud,
        &format!("{}  wait_for_ready = false\n", by_id(&cloud)),
    ));
    workspace.apply().expect_success("apply");
    assert_eq!(workspace.state()[PEERING]["state"], "initializing");
    let destroy = workspace.start(&["destroy", "-auto-approve", "-no-color"]);
    eventually("the refusal", || sent(&cloud, "DELETE") == 1);
    cloud.advance(30 * 60);
    eventually("the deletion", || sent(&cloud, "DELETE") == 2);
    cloud.advance(5 * 60);
    destroy.finish().expect_success("destroy");
    assert_eq!(sent(&cloud, "DELETE"), 2);
}

#[test]
fn who_may_not_look_at_azure_is_warned_and_goes_on() {
    let cloud = granted();
    cloud.settings(json!({ "rights": { "graph_read": false, "network_read": false } }));
    let workspace = Workspace::new(cloud.env());
    workspace.write(&peering(&cloud, &by_id(&cloud)));
    let said = folded(&workspace.apply().expect_success("apply"));
    assert!(
        said.contains("Could not verify that Kong's application can act in the tenant"),
        "{said}"
    );
    let state = workspace.state();
    assert_eq!(
        (&state[PEERING]["state"], &state[PEERING]["azure_peering"]),
        (&json!("ready"), &Json::Null)
    );
    workspace.assert_settled();
}

#[test]
fn a_half_that_is_not_connected_in_azure_is_warned_of_and_no_change() {
    let cloud = granted();
    let workspace = Workspace::new(cloud.env());
    workspace.write(&peering(&cloud, &by_id(&cloud)));
    workspace.apply().expect_success("apply");
    let half = cloud.objects("virtual_networks")[0]["peerings"][0]["name"].clone();
    cloud.world(json!({ "azure_peering": { "vnet_id": cloud.vnet_id("vnet-orders"), "name": half, "set": { "state": "Disconnected" } } }));
    let planned = workspace.run(&["plan", "-no-color", "-detailed-exitcode"]);
    let said = folded(&planned.text);
    assert!(
        said.contains("The virtual network peering \"orders\" is Disconnected in Azure"),
        "{said}"
    );
    assert_eq!(planned.status.code(), Some(0), "{said}");
}

#[test]
fn what_konnect_does_not_say_about_the_state_is_null_and_no_change() {
    // Row 42 of docs/user-pains.md: what is told about a state may vanish.
    let cloud = granted();
    let workspace = Workspace::new(cloud.env());
    workspace.write(&peering(&cloud, &by_id(&cloud)));
    workspace.apply().expect_success("apply");
    let told = workspace.state()[PEERING]["state_metadata"].clone();
    assert_eq!(told["reported_status"], "READY");
    cloud.settings(json!({ "konnect": { "omit_state_metadata": true } }));
    workspace.assert_settled();
    workspace
        .run(&["apply", "-refresh-only", "-auto-approve", "-no-color"])
        .expect_success("refresh");
    assert_eq!(workspace.state()[PEERING]["state_metadata"], Json::Null);
    workspace.assert_settled();
}

#[test]
fn an_import_of_something_else_says_what_fits() {
    let cloud = granted();
    let id = made_outside(
        &cloud,
        "azure-vhub-peering-attachment",
        "vhub_name=hub-eastus2",
    );
    let workspace = Workspace::new(cloud.env());
    workspace.write(&peering(&cloud, &by_id(&cloud)));
    let place = format!("{}/{id}", cloud.network_id(NETWORK));
    let said = workspace
        .run(&["import", "-no-color", PEERING, &place])
        .expect_failure("import of a hub's peering");
    assert!(said.contains("konnectazure_virtual_hub_peering"), "{said}");
    let said = workspace
        .run(&["import", "-no-color", PEERING, "orders"])
        .expect_failure("import of a name");
    assert!(
        said.contains("Its import id is the network's id, a slash and the object's own id"),
        "{said}"
    );
}

#[test]
fn an_import_block_takes_over_what_was_made_elsewhere_and_changes_nothing() {
    let cloud = granted();
    let id = made_outside(
        &cloud,
        "azure-vnet-peering-attachment",
        "vnet_name=vnet-orders",
    );
    let workspace = Workspace::new(cloud.env());
    let block = format!(
        "import {{\n  to = {PEERING}\n  id = \"{}/{id}\"\n}}\n",
        cloud.network_id(NETWORK)
    );
    workspace.write(&format!("{}{block}", peering(&cloud, &by_id(&cloud))));
    let plan = workspace.plan();
    assert_eq!(plan.actions(), [].into(), "{}", plan.text);
    workspace.apply().expect_success("apply");
    workspace.assert_settled();
    assert_eq!(workspace.state()[PEERING]["id"], *id);
}
