//! The local cloud answers as the published APIs do, and judges as Azure would.

#![allow(
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and writes its JSON in place"
)]

#[path = "simulator/arm.rs"]
mod arm;
#[path = "simulator/fate.rs"]
mod fate;
#[path = "simulator/faults.rs"]
mod faults;
#[path = "simulator/graph.rs"]
mod graph;
#[path = "simulator/konnect.rs"]
mod konnect;
mod support;

use serde_json::{Value, json};
use support::simulator::Simulator;

/// The body that asks for a peering with a virtual network of the first subscription.
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

fn gateways(cloud: &Simulator) -> String {
    format!(
        "/v2/cloud-gateways/networks/{}/transit-gateways",
        cloud.network_id("eastus2-prod")
    )
}

fn private_dns(cloud: &Simulator) -> String {
    format!(
        "/v2/cloud-gateways/networks/{}/private-dns",
        cloud.network_id("eastus2-prod")
    )
}

fn resolver(name: &str, domain: &str, address: &str) -> Value {
    json!({
        "name": name,
        "private_dns_attachment_config": {
            "kind": "azure-outbound-resolver",
            "dns_config": { domain: { "remote_dns_server_ip_addresses": [address] } },
        },
    })
}

/// Consents to Kong's application and gives it actions at a scope; answers the principal's id.
fn grant(cloud: &Simulator, scope: &str, actions: &[&str], not_actions: &[&str]) -> String {
    let principal = cloud.consent()["id"].as_str().unwrap().to_owned();
    let role = cloud.world(json!({ "add": "role_definition", "object": { "content": {
        "role_name": format!("role {}", cloud.objects("role_definitions").len()),
        "actions": actions,
        "not_actions": not_actions,
        "assignable_scopes": [scope],
    }}}))["id"]
        .clone();
    cloud.world(json!({ "add": "role_assignment", "object": {
        "scope": scope, "role_definition": role, "principal_id": principal,
    }}));
    principal
}

const PEERING_ACTIONS: [&str; 5] = [
    "Microsoft.Network/virtualNetworks/read",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/read",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/delete",
    "Microsoft.Network/virtualNetworks/peer/action",
];
