//! The data source `konnectazure_network` under real Terraform.

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
use support::terraform::Case;

const NETWORK: &str = "data.konnectazure_network.this";

fn network(attributes: &str) -> String {
    format!("data \"konnectazure_network\" \"this\" {{\n  {attributes}\n}}\n")
}

#[test]
fn a_network_is_found_by_name_and_by_id_with_all_that_konnect_tells() {
    let cloud = Simulator::start(Seed::Demo);
    let id = cloud.network_id("eastus2-prod");
    let check = |state: &std::collections::BTreeMap<String, Json>| {
        let found = &state[NETWORK];
        for (name, expected) in [
            ("id", json!(id)),
            ("name", json!("eastus2-prod")),
            ("region", json!("eastus2")),
            ("cidr_block", json!("10.64.0.0/16")),
            ("state", json!("ready")),
            (
                "state_metadata",
                json!({ "reported_status": "READY", "reason": null }),
            ),
            ("cloud_provider", json!("azure")),
            ("availability_zones", json!(["eastus2-az2", "eastus2-az3"])),
            ("default", json!(false)),
            ("transit_gateway_count", json!(0)),
            ("configuration_reference_count", json!(0)),
            ("entity_version", json!(3)),
            ("created_at", json!("2026-01-05T10:00:00.000Z")),
            ("updated_at", json!("2026-01-05T10:35:00.000Z")),
        ] {
            assert_eq!(found[name], expected, "{name}");
        }
    };
    Case::new(cloud.env())
        .apply(network("name = \"eastus2-prod\""), &[], check)
        .apply(network(&format!("id = \"{id}\"")), &[], check)
        .run();
}

#[test]
fn a_network_of_another_cloud_tells_which() {
    let cloud = Simulator::start(Seed::Demo);
    Case::new(cloud.env())
        .apply(network("name = \"us-east-2-prod\""), &[], |state| {
            assert_eq!(state[NETWORK]["cloud_provider"], "aws");
        })
        .run();
}

#[test]
fn a_token_that_may_not_read_accounts_leaves_the_cloud_unknown() {
    let cloud = Simulator::start(Seed::Demo);
    cloud.fault(json!({ "service": "konnect", "method": "GET", "path": "/provider-accounts", "times": 0, "status": 403,
        "body": "{\"status\":403,\"title\":\"Forbidden\",\"detail\":\"Permission denied\",\"instance\":\"kong:trace:1\"}" }));
    Case::new(cloud.env())
        .apply(network("name = \"eastus2-prod\""), &[], |state| {
            assert_eq!(state[NETWORK]["cloud_provider"], Json::Null);
        })
        .run();
}

#[test]
fn none_and_several_are_errors_that_say_so() {
    // Row 74 of docs/user-pains.md.
    let cloud = Simulator::start(Seed::Demo);
    let [first, second] =
        ["eastus2-prod", "eastus2-staging"].map(|name| cloud.network_id(name).to_owned());
    Case::new(cloud.env())
        .plan_fails(
            network("name = \"nowhere\""),
            &[
                "Cannot read network \"nowhere\"",
                "Konnect has no such network",
            ],
        )
        .plan_fails(
            network("id = \"6b5e4a6c-32a7-4f0b-9c6e-1f1b0d9f7a21\""),
            &[
                "Cannot read network 6b5e4a6c-32a7-4f0b-9c6e-1f1b0d9f7a21",
                "Konnect has no such network",
            ],
        )
        .outside(|_| {
            cloud.world(
                json!({ "patch": "network", "id": second, "set": { "name": "eastus2-prod" } }),
            );
        })
        .plan_fails(
            network("name = \"eastus2-prod\""),
            &["2 networks have this name", &first, &second],
        )
        .outside(|workspace| workspace.write(""))
        .run();
}

#[test]
fn exactly_one_way_is_taken() {
    let cloud = Simulator::start(Seed::Demo);
    Case::new(cloud.env())
        .plan_fails(network(""), &["No network is specified"])
        .plan_fails(
            network("name = \"a\"\n  id = \"6b5e4a6c-32a7-4f0b-9c6e-1f1b0d9f7a21\""),
            &["`id` and `name` exclude each other"],
        )
        .plan_fails(network("id = \"prod\""), &["Invalid id"])
        .outside(|workspace| workspace.write(""))
        .run();
}
