//! What a peering's half on the virtual network, Konnect's quotas and failed deletions mean for `konnectazure_vnet_peering`, under real Terraform.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value as Json, json};
use support::patience::eventually;
use support::simulator::{Seed, Simulator};
use support::terraform::{Workspace, folded};

const PEERING: &str = "konnectazure_vnet_peering.this";
const VNET: &str = "vnet-orders";

/// Consent and every right on the virtual network.
fn grant(cloud: &Simulator) {
    let scope = cloud.vnet_id(VNET);
    let principal = cloud.consent()["id"].clone();
    let role = cloud.world(json!({ "add": "role_definition", "object": { "content": {
        "role_name": "peering", "actions": ["Microsoft.Network/*"], "assignable_scopes": [scope],
    }}}));
    cloud.world(json!({ "add": "role_assignment", "object": {
        "scope": scope, "role_definition": role["id"], "principal_id": principal,
    }}));
}

fn workspace(cloud: &Simulator, preflight: bool) -> Workspace {
    let workspace = Workspace::new(cloud.env());
    workspace.write(&format!(
        "resource \"konnectazure_vnet_peering\" \"this\" {{\n  name = \"orders\"\n  network_id = \"{}\"\n  vnet_id = \"{}\"\n  preflight = {preflight}\n}}\n",
        cloud.network_id("eastus2-prod"),
        cloud.vnet_id(VNET)
    ));
    workspace
}

/// A peering without checks, which would look at the virtual network as well.
fn granted() -> (Simulator, Workspace) {
    let cloud = Simulator::start(Seed::Demo);
    grant(&cloud);
    let workspace = workspace(&cloud, false);
    (cloud, workspace)
}

/// The virtual network as Azure shows it to so many looks (0: always), with a half in this state or none.
fn shown(cloud: &Simulator, state: Option<&str>, times: u32) {
    let id = cloud.vnet_id(VNET);
    let halves: Vec<Json> = state
        .into_iter()
        .map(|state| {
            json!({ "id": format!("{id}/virtualNetworkPeerings/kong"), "name": "kong", "properties": {
                "peeringState": state, "peeringSyncLevel": "FullyInSync", "provisioningState": "Succeeded",
                "remoteVirtualNetwork": { "id": "/subscriptions/x/kong" }, "remoteAddressSpace": { "addressPrefixes": ["10.64.0.0/16"] },
            }})
        })
        .collect();
    let body = json!({ "id": id, "name": VNET, "location": "eastus2", "properties": {
        "addressSpace": { "addressPrefixes": ["10.20.0.0/16"] }, "virtualNetworkPeerings": halves,
    }});
    cloud.fault(json!({ "service": "arm", "method": "GET", "path": format!("/virtualNetworks/{VNET}"), "times": times, "status": 200, "body": body }));
}

fn looks(cloud: &Simulator) -> usize {
    cloud
        .requests_matching("arm", "GET", &format!("/virtualNetworks/{VNET}"))
        .len()
}

fn deletions(cloud: &Simulator) -> usize {
    cloud
        .requests_matching("konnect", "DELETE", "/transit-gateways/")
        .len()
}

#[test]
fn a_creation_waits_a_while_for_the_half_that_is_there_to_be_connected() {
    let (cloud, workspace) = granted();
    shown(&cloud, Some("Initiated"), 3);
    let said = folded(&workspace.apply().expect_success("apply"));
    assert!(!said.contains("in Azure"), "{said}");
    let half = &workspace.state()[PEERING]["azure_peering"];
    assert_eq!(
        (&half["state"], &half["sync_level"]),
        (&json!("Connected"), &json!("FullyInSync"))
    );
    workspace.destroy().expect_success("destroy");
}

/// Konnect's `ready` counts: a half that stays behind, or is never seen, makes neither a failure nor a long wait.
#[test]
fn a_half_that_stays_behind_is_warned_of_and_fails_nothing() {
    let (cloud, workspace) = granted();
    shown(&cloud, Some("Initiated"), 0);
    let said = folded(&workspace.apply().expect_success("apply"));
    assert!(
        said.contains("The virtual network peering \"orders\" is Initiated in Azure"),
        "{said}"
    );
    assert_eq!(
        workspace.state()[PEERING]["azure_peering"]["state"],
        "Initiated"
    );
    assert!(looks(&cloud) >= 10);
    workspace.assert_settled();
    cloud.clear_faults();
    workspace.destroy().expect_success("destroy");
}

#[test]
fn a_half_that_is_not_there_is_soon_given_up() {
    let (cloud, workspace) = granted();
    shown(&cloud, None, 0);
    let said = folded(&workspace.apply().expect_success("apply"));
    let warning = "The Azure side of virtual network peering \"orders\" was not found";
    assert_eq!(said.matches(warning).count(), 1, "{said}");
    assert_eq!(workspace.state()[PEERING]["azure_peering"], Json::Null);
    assert!(looks(&cloud) >= 5);
    workspace.assert_settled();
    cloud.clear_faults();
    workspace.destroy().expect_success("destroy");
}

/// Null alone would look as if the caller may not look.
#[test]
fn a_half_or_a_virtual_network_that_is_gone_is_warned_of_by_a_refresh() {
    let (cloud, workspace) = granted();
    workspace.apply().expect_success("apply");
    let refreshed = |part: &str| {
        let planned = workspace.run(&["plan", "-no-color", "-detailed-exitcode"]);
        let said = folded(&planned.text);
        assert!(said.contains(part), "{part:?} is not in {said}");
        assert_eq!(planned.status.code(), Some(0), "{said}");
    };
    let vnet = cloud.vnet_id(VNET);
    cloud.world(json!({ "azure_peering": { "vnet_id": vnet, "remove": true } }));
    refreshed("The Azure side of virtual network peering \"orders\" is gone");
    cloud.world(json!({ "remove": "virtual_network", "id": vnet }));
    refreshed("The virtual network of virtual network peering \"orders\" is gone");
    workspace.destroy().expect_success("destroy");
}

/// Somebody who believes a warning deletes what it names.
#[test]
fn a_peering_of_the_customers_own_is_never_taken_for_kongs() {
    for state in ["Connected", "Disconnected"] {
        let (cloud, workspace) = granted();
        let vnet = cloud.vnet_id(VNET);
        let hub = vnet.replace(VNET, "hub");
        cloud.world(
            json!({ "azure_peering": { "vnet_id": vnet, "name": "to-hub", "set": {
                "state": state, "remote_virtual_network_id": hub, "remote_address_prefixes": [],
            }}}),
        );
        workspace.apply().expect_success("apply");
        cloud.world(json!({ "azure_peering": { "vnet_id": vnet, "remove": true } }));
        workspace
            .run(&["apply", "-refresh-only", "-auto-approve", "-no-color"])
            .expect_success("refresh");
        assert_eq!(workspace.state()[PEERING]["azure_peering"], Json::Null);
        let said = workspace.destroy().expect_success("destroy");
        for part in ["was left behind", "to-hub"] {
            assert!(!said.contains(part), "{part:?} is in {said}");
        }
    }
}

/// What tells no addresses is taken for the half only if it came with the peering.
#[test]
fn a_half_that_tells_no_addresses_is_the_one_that_came_with_the_peering() {
    let (cloud, workspace) = granted();
    let vnet = cloud.vnet_id(VNET);
    cloud.world(json!({ "azure_peering": { "vnet_id": vnet, "name": "older", "set": {
        "state": "Connected", "remote_virtual_network_id": "/subscriptions/x/older", "remote_address_prefixes": [],
    }}}));
    workspace.apply().expect_success("apply");
    let half = workspace.state()[PEERING]["azure_peering"]["id"].clone();
    assert!(
        half.as_str().is_some_and(|id| id.contains("/kong-")),
        "{half}"
    );
    cloud.world(
        json!({ "azure_peering": { "vnet_id": vnet, "set": { "remote_address_prefixes": [] } } }),
    );
    workspace.assert_settled();
    assert_eq!(workspace.state()[PEERING]["azure_peering"]["id"], half);
}

/// Rows 50 and 51: two halves, two owners.
#[test]
fn a_half_that_outlives_its_peering_is_reported_with_its_deletion() {
    let (cloud, workspace) = granted();
    workspace.apply().expect_success("apply");
    cloud.world(
        json!({ "azure_peering": { "vnet_id": cloud.vnet_id(VNET), "name": "left-over", "set": {
            "state": "Disconnected", "remote_address_prefixes": ["10.64.0.0/16"],
        }}}),
    );
    let said = folded(&workspace.destroy().expect_success("destroy"));
    for part in [
        "The Azure side of virtual network peering \"orders\" was left behind",
        "still there, Disconnected",
        "az network vnet peering delete --ids",
        "virtualNetworkPeerings/left-over",
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    assert_eq!(cloud.objects("transit_gateways"), [] as [Json; 0]);
}

/// The old peering is gone by then: a failure would leave nothing.
#[test]
fn a_replacement_waits_for_the_half_that_azure_deletes_late() {
    for state in ["Disconnected", "Connected"] {
        let cloud = Simulator::start(Seed::Demo);
        grant(&cloud);
        let workspace = workspace(&cloud, true);
        workspace.apply().expect_success("apply");
        shown(&cloud, Some(state), 0);
        let replace = format!("-replace={PEERING}");
        let replace = workspace.start(&["apply", &replace, "-auto-approve", "-no-color"]);
        eventually("the deletion", || deletions(&cloud) == 1);
        let checks = || {
            cloud
                .requests_matching("arm", "GET", "/roleAssignments")
                .len()
        };
        let before = checks();
        eventually("the checks before the creation", || checks() >= before + 4);
        let posts = || {
            cloud
                .requests_matching("konnect", "POST", "/transit-gateways")
                .len()
        };
        assert_eq!(posts(), 1, "{state}");
        cloud.clear_faults();
        let said = replace.finish().expect_success("apply of the replacement");
        assert_eq!(posts(), 2, "{state}: {said}");
        workspace.assert_settled();
        workspace.destroy().expect_success("destroy");
    }
}

#[test]
fn where_nothing_is_left_or_nothing_can_be_seen_a_deletion_says_nothing() {
    for may_look in [true, false] {
        let (cloud, workspace) = granted();
        workspace.apply().expect_success("apply");
        cloud.settings(json!({ "rights": { "network_read": may_look } }));
        let said = workspace.destroy().expect_success("destroy");
        assert!(!said.contains("was left behind"), "{said}");
    }
}

/// Row 57: final at once, with the quota's name and maximum.
#[test]
fn a_quota_that_is_used_up_is_told_and_not_tried_again() {
    let (cloud, workspace) = granted();
    let body = json!({ "status": 403, "title": "Quota Exceeded", "instance": "kong:trace:125",
        "detail": "Maximum number of Transit Gateways exceeded. Max allowed: 2" });
    cloud.fault(json!({ "service": "konnect", "method": "POST", "path": "/transit-gateways", "times": 0, "status": 403, "body": body }));
    let said = folded(&workspace.apply().expect_failure("apply"));
    for part in [
        "Quota Exceeded",
        "Maximum number of Transit Gateways exceeded. Max allowed: 2",
        "kong:trace:125",
        "/v2/cloud-gateways/resource-quotas",
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    let posts = cloud.requests_matching("konnect", "POST", "/transit-gateways");
    assert_eq!(posts.len(), 1);
}

#[test]
fn a_deletion_that_fails_in_the_background_is_asked_for_once_more() {
    let (cloud, workspace) = granted();
    workspace.apply().expect_success("apply");
    cloud.stop_clock();
    let destroy = workspace.start(&["destroy", "-auto-approve", "-no-color"]);
    eventually("the deletion", || deletions(&cloud) == 1);
    let id = cloud.objects("transit_gateways")[0]["id"].clone();
    let path = format!("/transit-gateways/{}", id.as_str().unwrap());
    let looks = || cloud.requests_matching("konnect", "GET", &path).len();
    let before = looks();
    eventually("a look at it", || looks() > before);
    let failed =
        json!({ "state": "error", "state_metadata": { "reason": "a route table holds it" } });
    cloud.world(json!({ "patch": "transit_gateway", "id": id, "set": failed }));
    eventually("the second deletion", || deletions(&cloud) == 2);
    cloud.world(json!({ "patch": "transit_gateway", "id": id, "set": failed }));
    let said = folded(&destroy.finish().expect_failure("destroy"));
    for part in [
        "accepted the deletion twice and could not carry it out",
        "a route table holds it",
        "stays in the state",
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    cloud.run_clock(6000.0);
    workspace.destroy().expect_success("the next destroy");
    assert_eq!(cloud.objects("transit_gateways"), [] as [Json; 0]);
}
