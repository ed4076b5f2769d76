//! Scripted faults do what they say, to the exchanges they name and no others.

use serde_json::json;

use crate::support::simulator::{Seed, Simulator};
use crate::support::spec;
use crate::{gateways, peering};

const NETWORKS: &str = "/v2/cloud-gateways/networks";

#[test]
fn cut_before_handling_leaves_nothing_and_after_handling_leaves_the_object() {
    let cloud = Simulator::start(Seed::Demo);
    let body = peering(&cloud, "orders", "vnet-orders");
    cloud.fault(json!({ "service": "konnect", "method": "POST", "path": "/transit-gateways", "reset": "before" }));
    assert!(cloud.konnect("POST", &gateways(&cloud), Some(&body)).cut);
    assert_eq!(cloud.objects("transit_gateways").len(), 0);
    cloud.fault(json!({ "service": "konnect", "method": "POST", "path": "/transit-gateways", "reset": "after" }));
    assert!(cloud.konnect("POST", &gateways(&cloud), Some(&body)).cut);
    assert_eq!(cloud.objects("transit_gateways").len(), 1);
    let entries = cloud.requests_matching("konnect", "POST", "/transit-gateways");
    assert_eq!(
        entries
            .iter()
            .map(|entry| entry["status"].clone())
            .collect::<Vec<_>>(),
        [json!(null), json!(null)]
    );
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn scripted_answers_hit_the_nth_exchange_and_so_many_more() {
    let cloud = Simulator::start(Seed::Demo);
    cloud.fault(json!({
        "service": "konnect", "path": "/networks", "nth": 2, "times": 2,
        "status": 429, "headers": { "retry-after": "7" }, "body": { "status": 429, "title": "Too Many Requests" },
    }));
    let statuses: Vec<u16> = (0..5)
        .map(|_| cloud.konnect("GET", NETWORKS, None).status)
        .collect();
    assert_eq!(statuses, [200, 429, 429, 200, 200]);
    cloud.fault(
        json!({ "service": "arm", "status": 502, "body": "<html><h1>Bad Gateway</h1></html>" }),
    );
    let answer = cloud.arm("GET", "/subscriptions?api-version=2022-12-01", None);
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (502, Some("text/html; charset=utf-8"))
    );
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn bodies_are_truncated_and_rewritten() {
    let cloud = Simulator::start(Seed::Demo);
    let one = format!("{NETWORKS}/{}", cloud.network_id("eastus2-prod"));
    cloud.fault(json!({ "path": "/networks", "truncate": true }));
    let cut = cloud.konnect("GET", &one, None);
    assert!(
        cut.cut && cut.status == 200 && !cut.body.is_empty(),
        "{cut:?}"
    );
    cloud.fault(json!({
        "path": "/networks", "extra_keys": true, "decimal_numbers": true,
        "remove_keys": ["state_metadata"], "set_keys": { "state": "hibernating" },
    }));
    let body = cloud.konnect("GET", &one, None).body;
    assert!(body.contains("\"entity_version\":3.0"), "{body}");
    assert!(
        body.contains("\"state\":\"hibernating\"")
            && body.contains("x_added_later")
            && !body.contains("state_metadata"),
        "{body}"
    );
    assert_eq!(cloud.konnect("GET", &one, None).json()["state"], "ready");
}

#[test]
fn ends_when_standard_input_closes() {
    let cloud = Simulator::start(Seed::Empty);
    assert!(cloud.ends_with_its_parent());
}
