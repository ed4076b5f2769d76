//! The checks before a creation alone: Terraform plans once more right before it applies, so that nothing else would show that they are made.

use std::collections::BTreeMap;

use konnectazure::provider::KonnectAzure;
use serde_json::{Value as Json, json};

use crate::support::core::{Core, Diagnostics, Stored, has_errors, texts};
use crate::support::simulator::{Seed, Simulator};
use crate::{disable, grant, posts};

pub(crate) const PEERING: &str = "konnectazure_vnet_peering";

/// What goes wrong between plan and apply, and what is said of it then.
type Change = (&'static str, fn(&Simulator));

const CHANGES: &[Change] = &[
    ("Konnect has no such network", |cloud| {
        let path = format!("/networks/{}", network(cloud));
        let missing = json!({ "title": "Not Found", "status": 404 });
        // The first fault that fits counts: what lies below the network is still there.
        cloud.fault(json!([
            { "service": "konnect", "method": "GET", "path": format!("{path}/"), "times": 0, "delay_ms": 1 },
            { "service": "konnect", "method": "GET", "path": path, "times": 0, "status": 404, "body": missing },
        ]));
    }),
    ("The Konnect network is not in Azure", |cloud| {
        cloud.fault(json!({ "service": "konnect", "method": "GET", "path": "/provider-accounts/", "times": 0, "status": 200,
            "body": { "id": "929b2449-c69f-44c4-b6ad-9ecec6f811ae", "provider": "aws", "provider_account_id": "1" } }));
    }),
    ("The Konnect network is not ready", |cloud| {
        cloud.world(
            json!({ "patch": "network", "id": network(cloud), "set": { "state": "terminating" } }),
        );
    }),
    ("Azure has no such virtual network", |cloud| {
        cloud.fault(json!({ "service": "arm", "method": "GET", "path": "/virtualNetworks/vnet-orders", "times": 0, "status": 404,
            "body": { "error": { "code": "ResourceNotFound", "message": "not there" } } }));
    }),
    ("Address spaces overlap", |cloud| {
        cloud.world(json!({ "patch": "network", "id": network(cloud), "set": { "cidr_block": "10.20.0.0/16" } }));
    }),
    ("The two networks are peered already", |cloud| {
        crate::peered::made_by_hand(cloud);
    }),
    ("Kong's application cannot act in the tenant", disable),
    (
        "Kong's application may not peer with the virtual network",
        |cloud| {
            cloud.world(json!({ "add": "deny_assignment", "object": {
                "scope": cloud.vnet_id("vnet-orders"), "name": "stack", "actions": ["*"],
            }}));
        },
    ),
    ("A peering on the virtual network is in the way", |cloud| {
        cloud.world(json!({ "azure_peering": { "vnet_id": cloud.vnet_id("vnet-orders"), "name": "left-over", "set": {
            "state": "Disconnected", "remote_address_prefixes": ["10.64.0.0/16"],
        }}}));
    }),
];

/// A peering with `vnet-orders` as it is written.
pub(crate) fn written(cloud: &Simulator, name: &str) -> Json {
    json!({
        "name": name, "network_id": network(cloud), "vnet_id": cloud.vnet_id("vnet-orders"), "wait_for_ready": false,
    })
}

/// Summaries and details.
pub(crate) fn whole(told: &Diagnostics) -> String {
    let lines: Vec<_> = told
        .iter()
        .flat_map(|one| [one.summary.as_str(), one.detail.as_str()])
        .collect();
    lines.join("\n")
}

fn network(cloud: &Simulator) -> &str {
    cloud.network_id("eastus2-prod")
}

pub(crate) async fn start(cloud: &Simulator) -> Core {
    let environment: BTreeMap<String, String> = cloud.env().into_iter().collect();
    let provider = KonnectAzure::new(move |name| environment.get(name).cloned());
    let mut core = Core::start(provider).await;
    let config = core.provider.nothing();
    assert_eq!(whole(&core.configure(&config).await), "");
    core
}

#[tokio::test]
async fn what_goes_wrong_after_the_plan_stops_the_creation_and_nothing_is_sent() {
    for (headline, change) in CHANGES {
        let cloud = Simulator::manual(Seed::Demo);
        grant(&cloud, "vnet-orders", &["Microsoft.Network/*"]);
        let mut core = start(&cloud).await;
        let config = core.config(PEERING, &written(&cloud, "orders"));
        let absent = Stored::default();
        let planned = core.plan(PEERING, &absent, &config).await;
        let planned = planned.unwrap_or_else(|faults| panic!("{headline}: {:?}", texts(&faults)));
        change(&cloud);
        let (stored, told) = core
            .apply_unplanned(PEERING, &absent, &planned, &config)
            .await;
        let told = whole(&told);
        assert!(stored.state.is_null(), "{headline}: {told}");
        for part in [
            format!("Cannot create virtual network peering \"orders\": {headline}"),
            "Nothing was sent.".to_owned(),
        ] {
            assert!(told.contains(&part), "{part:?} is not in {told}");
        }
        assert_eq!(posts(&cloud), 0, "{headline}");
        core.shut_down().await;
    }
}

/// The same course without a change makes the peering: what stops it above is the check.
#[tokio::test]
async fn what_is_still_well_after_the_plan_is_made() {
    let cloud = Simulator::manual(Seed::Demo);
    grant(&cloud, "vnet-orders", &["Microsoft.Network/*"]);
    let mut core = start(&cloud).await;
    let config = core.config(PEERING, &written(&cloud, "orders"));
    let absent = Stored::default();
    let planned = core.plan(PEERING, &absent, &config).await.unwrap();
    let (_, told) = core
        .apply_unplanned(PEERING, &absent, &planned, &config)
        .await;
    assert!(!has_errors(&told), "{:?}", texts(&told));
    assert_eq!(posts(&cloud), 1);
    core.shut_down().await;
}
