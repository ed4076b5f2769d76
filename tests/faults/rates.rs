//! Many objects at services that take only so many requests in a second.

use std::fmt::Write as _;

use serde_json::json;

use crate::support::simulator::{Seed, Simulator};
use crate::support::terraform::Workspace;

const OBJECTS: usize = 24;
/// In one second.
const LIMIT: u64 = 15;
/// At the same time, for each API.
const CAP: u64 = 3;

/// One role for each resource group, and DNS mappings: both services are asked for more than they take.
fn configuration(cloud: &Simulator) -> String {
    let network = cloud.network_id("eastus2-prod");
    let subscription = cloud.url("subscription_id");
    let mut text = format!("provider \"konnectazure\" {{\n  max_concurrent_requests = {CAP}\n}}\n");
    for number in 0..OBJECTS {
        match number % 4 {
            0 => write!(
                text,
                "resource \"konnectazure_peering_role\" \"r{number}\" {{\n  name = \"role {number}\"\n  assignable_scopes = \
                 [\"/subscriptions/{subscription}/resourceGroups/rg-network\"]\n}}\n"
            ),
            _ => write!(
                text,
                "resource \"konnectazure_dns_mappings\" \"d{number}\" {{\n  name = \"d{number}\"\n  network_id = \"{network}\"\n  mappings = [{{ \
                 domains = [\"d{number}.example\"], target_ip_addresses = [\"10.20.0.4\"] }}]\n}}\n"
            ),
        }
        .unwrap();
    }
    text
}

#[test]
fn services_that_take_only_so_much_get_no_more_and_nothing_is_lost() {
    let cloud = Simulator::start_with(Seed::Demo, &["--speed", "6000", "--quiet"]);
    let before = cloud.leftovers();
    cloud.settings(json!({ "limits": { "requests_per_second": LIMIT } }));
    let workspace = Workspace::new(cloud.env());
    workspace.write(&configuration(&cloud));
    let parallel = "-parallelism=30";
    workspace
        .run(&["apply", "-auto-approve", "-no-color", parallel])
        .expect_success("apply");
    let roles = OBJECTS.div_ceil(4);
    assert_eq!(cloud.objects("private_dns").len(), OBJECTS - roles);
    workspace
        .run(&["plan", "-no-color", "-detailed-exitcode", parallel])
        .expect_success("an empty plan");
    workspace
        .run(&["destroy", "-auto-approve", "-no-color", parallel])
        .expect_success("destroy");
    assert_eq!(cloud.leftovers(), before, "left behind");

    let traffic = cloud.traffic();
    for service in ["arm", "konnect"] {
        let figure = |name: &str| traffic[service][name].as_u64().unwrap();
        assert!(figure("most_open") <= CAP, "{service}: {traffic}");
        let refused = figure("refused");
        let taken = figure("requests") - refused;
        // Each window that is full refuses what is under way at that moment, after which everybody waits for as long as was asked.
        let windows = taken / LIMIT + 1;
        assert!(refused <= windows * CAP, "{service} is hammered: {traffic}");
    }
    assert!(
        traffic["konnect"]["refused"] != 0,
        "no limit was met: {traffic}"
    );
}
