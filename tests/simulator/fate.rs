//! What becomes of a peering, by what Azure would say to it.

use serde_json::{Value, json};

use crate::support::simulator::{Seed, Simulator};
use crate::{PEERING_ACTIONS, gateways, grant, peering, private_dns};

/// Asks for a peering and waits it out; the object in the end.
fn outcome(cloud: &Simulator, body: &Value) -> Value {
    let created = cloud.konnect("POST", &gateways(cloud), Some(body));
    assert_eq!(
        (created.status, &created.json()["state"]),
        (201, &json!("initializing")),
        "{}",
        created.body
    );
    cloud.advance(30 * 60);
    let path = format!(
        "{}/{}",
        gateways(cloud),
        created.json()["id"].as_str().unwrap()
    );
    cloud.konnect("GET", &path, None).json()
}

fn assert_refused(gateway: &Value, words: &[&str]) {
    assert_eq!(gateway["state"], "error", "{gateway}");
    let reason = gateway["state_metadata"]["reason"].as_str().unwrap();
    for word in words {
        assert!(reason.contains(word), "[{word}] is not in [{reason}]");
    }
}

#[test]
fn becomes_ready_on_the_clock_and_shows_on_the_virtual_network() {
    let cloud = Simulator::manual(Seed::Demo);
    grant(&cloud, cloud.vnet_id("vnet-orders"), &PEERING_ACTIONS, &[]);
    let created = cloud
        .konnect(
            "POST",
            &gateways(&cloud),
            Some(&peering(&cloud, "orders", "vnet-orders")),
        )
        .json();
    cloud.advance(29 * 60);
    assert_eq!(
        cloud.objects("transit_gateways")[0]["state"],
        "initializing"
    );
    assert_eq!(
        cloud.objects("virtual_networks")[0]["peerings"][0]["state"],
        "Initiated"
    );
    cloud.advance(60);
    assert_eq!(cloud.objects("transit_gateways")[0]["state"], "ready");
    assert_eq!(
        cloud.objects("virtual_networks")[0]["peerings"][0]["state"],
        "Connected"
    );

    let one = format!("{}/{}", gateways(&cloud), created["id"].as_str().unwrap());
    assert_eq!(cloud.konnect("DELETE", &one, None).status, 204);
    cloud.advance(5 * 60);
    assert_eq!(cloud.konnect("GET", &one, None).status, 404);
    assert_eq!(cloud.objects("virtual_networks")[0]["peerings"], json!([]));
}

#[test]
fn fails_without_consent_and_with_a_disabled_application() {
    let cloud = Simulator::manual(Seed::Demo);
    let body = peering(&cloud, "no consent", "vnet-orders");
    assert_refused(
        &outcome(&cloud, &body),
        &["missing service principal", cloud.url("tenant_id")],
    );

    let principal = grant(&cloud, cloud.vnet_id("vnet-orders"), &PEERING_ACTIONS, &[]);
    cloud.world(json!({ "patch": "service_principal", "id": principal, "set": { "account_enabled": false } }));
    assert_refused(
        &outcome(&cloud, &peering(&cloud, "disabled", "vnet-orders")),
        &["disabled"],
    );
}

#[test]
fn fails_without_each_single_action() {
    for missing in PEERING_ACTIONS {
        let cloud = Simulator::manual(Seed::Demo);
        let actions: Vec<&str> = PEERING_ACTIONS
            .into_iter()
            .filter(|action| *action != missing)
            .collect();
        grant(&cloud, cloud.vnet_id("vnet-orders"), &actions, &[]);
        assert_refused(
            &outcome(&cloud, &peering(&cloud, "orders", "vnet-orders")),
            &["AuthorizationFailed", missing],
        );
    }
}

#[test]
fn counts_wildcards_excluded_actions_and_scopes_above() {
    let allowed: [(&str, &[&str], &[&str]); 4] = [
        ("/subscriptions/SUBSCRIPTION", &["*"], &[]),
        (
            "/subscriptions/SUBSCRIPTION/resourceGroups/RG-Network",
            &["microsoft.network/virtualnetworks/*"],
            &[],
        ),
        (
            "/subscriptions/SUBSCRIPTION",
            &["*/read", "*/write", "*/delete", "*/action"],
            &["Microsoft.Authorization/*"],
        ),
        (
            "/providers/Microsoft.Management/managementGroups/all",
            &["Microsoft.Network/*"],
            &[],
        ),
    ];
    for (scope, actions, not_actions) in allowed {
        let cloud = Simulator::manual(Seed::Demo);
        grant(
            &cloud,
            &scope.replace("SUBSCRIPTION", cloud.url("subscription_id")),
            actions,
            not_actions,
        );
        assert_eq!(
            outcome(&cloud, &peering(&cloud, "orders", "vnet-orders"))["state"],
            "ready",
            "{scope}"
        );
    }
    let cloud = Simulator::manual(Seed::Demo);
    grant(
        &cloud,
        cloud.vnet_id("vnet-orders"),
        &["*"],
        &["Microsoft.Network/virtualNetworks/*/write"],
    );
    assert_refused(
        &outcome(&cloud, &peering(&cloud, "orders", "vnet-orders")),
        &["virtualNetworkPeerings/write"],
    );
    let cloud = Simulator::manual(Seed::Demo);
    grant(&cloud, cloud.vnet_id("vnet-billing"), &["*"], &[]);
    assert_refused(
        &outcome(&cloud, &peering(&cloud, "orders", "vnet-orders")),
        &["AuthorizationFailed"],
    );
}

#[test]
fn obeys_deny_assignments_and_the_delay_of_new_rights() {
    let cloud = Simulator::manual(Seed::Demo);
    grant(&cloud, cloud.vnet_id("vnet-orders"), &["*"], &[]);
    cloud.world(json!({ "add": "deny_assignment", "object": {
        "id": "deny", "scope": format!("/subscriptions/{}", cloud.url("subscription_id")), "actions": ["*/peer/action"],
    }}));
    assert_refused(
        &outcome(&cloud, &peering(&cloud, "denied", "vnet-orders")),
        &["peer/action"],
    );
    cloud.world(json!({ "remove": "deny_assignment", "id": "deny" }));
    assert_eq!(
        outcome(&cloud, &peering(&cloud, "orders", "vnet-orders"))["state"],
        "ready"
    );
}

#[test]
fn fails_where_the_network_is_missing_foreign_or_overlapping() {
    let cloud = Simulator::manual(Seed::Demo);
    grant(
        &cloud,
        &format!("/subscriptions/{}", cloud.url("subscription_id")),
        &["Microsoft.Network/*"],
        &[],
    );
    assert_refused(
        &outcome(&cloud, &peering(&cloud, "missing", "vnet-typo")),
        &["ResourceNotFound", "vnet-typo"],
    );
    assert_refused(
        &outcome(&cloud, &peering(&cloud, "overlap", "vnet-overlap")),
        &["VnetAddressSpacesOverlap", "10.64.128.0/20", "10.64.0.0/16"],
    );
    let mut foreign = peering(&cloud, "foreign", "vnet-orders");
    foreign["transit_gateway_attachment_config"]["tenant_id"] =
        json!("00000000-0000-4000-8000-000000000000");
    assert_refused(&outcome(&cloud, &foreign), &["Tenant"]);

    cloud.world(json!({ "azure_peering": { "vnet_id": cloud.vnet_id("vnet-orders"), "name": "hub", "set": {
        "remote_virtual_network_id": "/subscriptions/x/resourceGroups/y/providers/Microsoft.Network/virtualNetworks/hub",
        "remote_address_prefixes": ["10.64.7.0/24"],
    }}}));
    assert_refused(
        &outcome(&cloud, &peering(&cloud, "transitive", "vnet-orders")),
        &["AlreadyPeered", "10.64.7.0/24"],
    );
}

#[test]
fn pending_consent_heals_where_it_is_switched_on() {
    let cloud = Simulator::manual(Seed::Demo);
    cloud.settings(json!({ "konnect": { "missing_consent_state": "pending-user-action" } }));
    let gateway = outcome(&cloud, &peering(&cloud, "orders", "vnet-orders"));
    assert_eq!(gateway["state"], "pending-user-action");
    grant(&cloud, cloud.vnet_id("vnet-orders"), &PEERING_ACTIONS, &[]);
    assert_eq!(cloud.objects("transit_gateways")[0]["state"], "ready");
}

#[test]
fn virtual_hub_gets_a_connection() {
    let cloud = Simulator::manual(Seed::Demo);
    let hub = cloud.ready()["virtual_hubs"]["hub-eastus2"]
        .as_str()
        .unwrap()
        .to_owned();
    let body = |name: &str| {
        json!({ "name": name, "transit_gateway_attachment_config": {
            "kind": "azure-vhub-peering-attachment",
            "tenant_id": cloud.url("tenant_id"),
            "subscription_id": cloud.url("subscription_id"),
            "resource_group_name": "rg-wan",
            "vhub_name": "hub-eastus2",
        }})
    };
    cloud.consent();
    assert_refused(
        &outcome(&cloud, &body("refused")),
        &["hubVirtualNetworkConnections/write"],
    );
    grant(&cloud, &hub, &["Microsoft.Network/virtualHubs/*"], &[]);
    assert_eq!(outcome(&cloud, &body("orders"))["state"], "ready");
    assert_eq!(
        cloud.objects("virtual_hubs")[0]["connections"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[test]
fn hosted_zone_is_linked_and_needs_a_free_link_name() {
    let cloud = Simulator::manual(Seed::Demo);
    let zone = cloud.ready()["private_dns_zones"]["corp.example"]
        .as_str()
        .unwrap()
        .to_owned();
    grant(&cloud, &zone, &["Microsoft.Network/privateDnsZones/*"], &[]);
    let create = |name: &str| {
        let body = json!({ "name": name, "private_dns_attachment_config": {
            "kind": "azure-private-hosted-zone-attachment",
            "domain_name": "corp.example",
            "peer_tenant_id": cloud.url("tenant_id"),
            "peer_subscription_id": cloud.url("subscription_id"),
            "peer_resource_group_id": "rg-network",
            "peer_vnet_link_name": "kong-link",
        }});
        let created = cloud
            .konnect("POST", &private_dns(&cloud), Some(&body))
            .json();
        cloud.advance(60);
        format!(
            "{}/{}",
            private_dns(&cloud),
            created["id"].as_str().unwrap()
        )
    };
    let first = create("first");
    assert_eq!(cloud.konnect("GET", &first, None).json()["state"], "ready");
    assert_refused(
        &cloud.konnect("GET", &create("second"), None).json(),
        &["kong-link"],
    );
    assert_eq!(
        cloud
            .konnect("PATCH", &first, Some(&json!({ "name": "renamed" })))
            .status,
        400
    );
    assert_eq!(cloud.konnect("DELETE", &first, None).status, 204);
    cloud.advance(60);
    assert_eq!(cloud.objects("private_dns_zones")[0]["links"], json!([]));
}

#[test]
fn state_set_from_outside_stays() {
    let cloud = Simulator::manual(Seed::Demo);
    let created = cloud
        .konnect(
            "POST",
            &gateways(&cloud),
            Some(&peering(&cloud, "orders", "vnet-orders")),
        )
        .json();
    cloud.world(json!({ "patch": "transit_gateway", "id": created["id"], "set": { "state": "reticulating" } }));
    cloud.advance(24 * 60 * 60);
    assert_eq!(
        cloud.objects("transit_gateways")[0]["state"],
        "reticulating"
    );
    cloud.world(json!({ "remove": "transit_gateway", "id": created["id"] }));
    assert_eq!(cloud.objects("transit_gateways").len(), 0);
}
