//! The data sources that find networks, peerings and DNS mappings of others, under real Terraform.

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
use support::terraform::{Case, Workspace};

const NETWORK: &str = "eastus2-prod";

/// Reads one data source; its attributes.
fn read(cloud: &Simulator, type_name: &str, attributes: &str) -> Json {
    let workspace = Workspace::new(cloud.env());
    workspace.write(&data(type_name, attributes));
    workspace.apply().expect_success("apply");
    workspace.assert_settled();
    workspace.state()[&format!("data.{type_name}.this")].clone()
}

fn data(type_name: &str, attributes: &str) -> String {
    format!("data \"{type_name}\" \"this\" {{\n{attributes}\n}}\n")
}

fn names(read: &Json) -> Vec<&str> {
    let networks = read["networks"].as_array().unwrap();
    networks
        .iter()
        .filter_map(|network| network["name"].as_str())
        .collect()
}

fn gateway(cloud: &Simulator, name: &str, kind: &str) -> String {
    let made = cloud.world(json!({ "add": "transit_gateway", "object": {
        "network_id": cloud.network_id(NETWORK),
        "name": name,
        "dns_config": [{ "remote_dns_server_ip_addresses": ["10.20.0.4"], "domain_proxy_list": ["corp.example"] }],
        "transit_gateway_attachment_config": {
            "kind": kind,
            "tenant_id": cloud.url("tenant_id"),
            "subscription_id": cloud.url("subscription_id"),
            "resource_group_name": "rg-network",
            (if kind.contains("vnet") { "vnet_name" } else { "vhub_name" }): "orders",
        },
    }}));
    made["id"].as_str().unwrap().to_owned()
}

fn mappings(cloud: &Simulator, name: &str) -> String {
    let made = cloud.world(json!({ "add": "private_dns", "object": {
        "network_id": cloud.network_id(NETWORK),
        "name": name,
        "private_dns_attachment_config": {
            "kind": "azure-outbound-resolver",
            "dns_config": {
                "a.example": { "remote_dns_server_ip_addresses": ["10.20.0.4", "10.20.0.5"] },
                "b.example": { "remote_dns_server_ip_addresses": ["10.20.0.4", "10.20.0.5"] },
                "c.example": { "remote_dns_server_ip_addresses": ["10.20.0.6"] },
            },
        },
    }}));
    made["id"].as_str().unwrap().to_owned()
}

#[test]
fn networks_pass_every_given_filter() {
    // A network that is being set up stays so while the clock stands.
    let cloud = Simulator::manual(Seed::Demo);
    let type_name = "konnectazure_networks";
    let all = read(&cloud, type_name, "");
    assert_eq!(
        names(&all),
        ["eastus2-prod", "eastus2-staging", "us-east-2-prod"]
    );
    let first = &all["networks"][0];
    assert_eq!(first["id"], cloud.network_id(NETWORK));
    assert_eq!(first["cidr_block"], "10.64.0.0/16");
    assert_eq!(first["cloud_provider"], "azure");
    assert_eq!(first["state_metadata"]["reported_status"], "READY");
    for (filter, expected) in [
        (
            "name_contains = \"prod\"",
            &["eastus2-prod", "us-east-2-prod"][..],
        ),
        ("state = \"ready\"", &["eastus2-prod", "us-east-2-prod"]),
        ("cloud_provider = \"aws\"", &["us-east-2-prod"]),
        (
            "name_contains = \"prod\"\n  cloud_provider = \"azure\"",
            &["eastus2-prod"],
        ),
        ("name_contains = \"nothing\"", &[]),
    ] {
        assert_eq!(
            names(&read(&cloud, type_name, filter)),
            expected,
            "{filter}"
        );
    }
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn networks_of_an_unreadable_cloud_are_left_out_with_a_warning() {
    let cloud = Simulator::start(Seed::Demo);
    cloud.fault(json!({ "service": "konnect", "method": "GET", "path": "/provider-accounts/", "times": 0, "status": 403,
        "body": "{\"status\":403,\"title\":\"Forbidden\",\"instance\":\"kong:trace:1\",\"detail\":\"no\"}" }));
    let workspace = Workspace::new(cloud.env());
    workspace.write(&data("konnectazure_networks", "cloud_provider = \"azure\""));
    let said = workspace.apply().expect_success("apply");
    assert!(
        said.contains("The cloud of some networks is not known"),
        "{said}"
    );
    let found = workspace.state()["data.konnectazure_networks.this"].clone();
    assert_eq!(found["networks"], json!([]));
}

#[test]
fn a_peering_is_found_by_id_and_by_name() {
    // Row 74 of docs/user-pains.md.
    let cloud = Simulator::start(Seed::Demo);
    let id = gateway(&cloud, "orders", "azure-vnet-peering-attachment");
    let network = cloud.network_id(NETWORK);
    for way in [format!("id = \"{id}\""), "name = \"orders\"".to_owned()] {
        let found = read(
            &cloud,
            "konnectazure_vnet_peering",
            &format!("  network_id = \"{network}\"\n  {way}"),
        );
        assert_eq!(
            (&found["id"], &found["name"]),
            (&json!(id), &json!("orders"))
        );
        assert_eq!(found["state"], "ready");
        assert_eq!(found["vnet_name"], "orders");
        assert!(
            found["vnet_id"]
                .as_str()
                .is_some_and(|id| id.ends_with("/virtualNetworks/orders"))
        );
        assert_eq!(
            found["dns_config"][0]["domain_proxy_list"],
            json!(["corp.example"])
        );
    }
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn a_peering_that_is_not_the_one_is_an_error_that_says_why() {
    let cloud = Simulator::start(Seed::Demo);
    let kind = "azure-vnet-peering-attachment";
    let twins = [gateway(&cloud, "twin", kind), gateway(&cloud, "twin", kind)];
    let hub = gateway(&cloud, "hub", "azure-vhub-peering-attachment");
    let network = cloud.network_id(NETWORK);
    let peering = |way: &str| {
        let attributes = format!("  network_id = \"{network}\"\n  {way}");
        data("konnectazure_vnet_peering", &attributes)
    };
    Case::new(cloud.env())
        .plan_fails(
            peering("name = \"twin\""),
            &["2 objects have this name", &twins[0], &twins[1]],
        )
        .plan_fails(
            peering("name = \"hub\""),
            &["is no virtual network peering", &hub],
        )
        .plan_fails(
            peering(&format!("id = \"{hub}\"")),
            &["konnectazure_virtual_hub_peering"],
        )
        .plan_fails(
            peering("name = \"nobody\""),
            &["Konnect has no such object"],
        )
        .plan_fails(
            peering("id = \"6b5e4a6c-32a7-4f0b-9c6e-1f1b0d9f7a21\""),
            &["404", "Konnect has no such object"],
        )
        .plan_fails(peering(""), &["No peering is specified"])
        .plan_fails(
            peering(&format!("id = \"{hub}\"\n  name = \"hub\"")),
            &["`id` and `name` exclude each other"],
        )
        .plan_fails(peering("id = \"orders\""), &["Invalid id"])
        // What cannot be planned cannot be destroyed either.
        .outside(|workspace| workspace.write(""))
        .run();
}

#[test]
fn mappings_are_found_by_id_and_by_name() {
    let cloud = Simulator::start(Seed::Demo);
    let id = mappings(&cloud, "corp");
    let network = cloud.network_id(NETWORK);
    for way in [format!("id = \"{id}\""), "name = \"corp\"".to_owned()] {
        let found = read(
            &cloud,
            "konnectazure_dns_mappings",
            &format!("  network_id = \"{network}\"\n  {way}"),
        );
        assert_eq!((&found["id"], &found["name"]), (&json!(id), &json!("corp")));
        assert_eq!(found["mapping_type"], "M-to-N");
        assert_eq!(found["domain_count"], 3);
        assert_eq!(found["mappings"].as_array().map(Vec::len), Some(2));
    }
    let twin = mappings(&cloud, "corp");
    let attributes = format!("  network_id = \"{network}\"\n  name = \"corp\"");
    Case::new(cloud.env())
        .plan_fails(
            data("konnectazure_dns_mappings", &attributes),
            &["2 objects have this name", &id, &twin],
        )
        .outside(|workspace| workspace.write(""))
        .run();
    spec::assert_journal_conforms(&cloud.requests());
}
