//! The local cloud keeps to what the published APIs say.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value, json};
use support::simulator::{Seed, Simulator};

fn peering(cloud: &Simulator, name: &str, vnet_name: &str) -> Value {
    json!({
        "name": name,
        "transit_gateway_attachment_config": {
            "kind": "azure-vnet-peering-attachment",
            "tenant_id": cloud.url("tenant_id"),
            "subscription_id": cloud.url("subscription_id"),
            "resource_group_name": "rg-network",
            "vnet_name": vnet_name,
        },
    })
}

/// Gives Kong's application every right on a scope, as an administrator would who does not care.
fn grant(cloud: &Simulator, scope: &str) {
    let principal = cloud.consent()["id"].clone();
    let role = cloud.world(json!({ "add": "role_definition", "object": { "content": {
        "role_name": "peering", "actions": ["Microsoft.Network/*"], "assignable_scopes": [scope],
    }}}))["id"]
        .clone();
    cloud.world(json!({ "add": "role_assignment", "object": { "scope": scope, "role_definition": role, "principal_id": principal } }));
}

#[test]
fn peering_becomes_ready_on_the_clock_and_shows_on_the_virtual_network() {
    let cloud = Simulator::manual(Seed::Demo);
    grant(&cloud, cloud.vnet_id("vnet-orders"));
    let path = format!(
        "/v2/cloud-gateways/networks/{}/transit-gateways",
        cloud.network_id("eastus2-prod")
    );
    let (status, created) = cloud.konnect(
        "POST",
        &path,
        Some(&peering(&cloud, "orders", "vnet-orders")),
    );
    assert_eq!((status, &created["state"]), (201, &json!("initializing")));

    cloud.advance(29 * 60);
    assert_eq!(
        cloud.objects("transit_gateways")[0]["state"],
        "initializing"
    );
    cloud.advance(60);
    assert_eq!(cloud.objects("transit_gateways")[0]["state"], "ready");
    assert_eq!(
        cloud.objects("virtual_networks")[0]["peerings"][0]["state"],
        "Connected"
    );

    let one = format!("{path}/{}", created["id"].as_str().unwrap());
    assert_eq!(cloud.konnect("DELETE", &one, None).0, 204);
    assert_eq!(cloud.konnect("GET", &one, None).1["state"], "terminating");
    assert_eq!(cloud.konnect("DELETE", &one, None).0, 400);
    cloud.advance(5 * 60);
    assert_eq!(cloud.konnect("GET", &one, None).0, 404);
    assert_eq!(cloud.objects("virtual_networks")[0]["peerings"], json!([]));
}
