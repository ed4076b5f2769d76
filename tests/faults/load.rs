//! Many objects at once, over a slow and unreliable network, under real Terraform.

use std::fmt::Write as _;
use std::time::Instant;

use serde_json::{Value as Json, json};

use crate::figures::figure;
use crate::subjects::grant;
use crate::support::simulator::{Seed, Simulator};
use crate::support::terraform::Workspace;

/// How many objects; the figures are those of a thousand.
const OBJECTS: &str = "KONNECTAZURE_LOAD_OBJECTS";
const FEW: usize = 60;
const PARALLELISM: &str = "-parallelism=50";
const LATENCY_MS: u64 = 50;
/// The provider's default for each API.
const CONCURRENCY_CAP: u64 = 32;
const ROLE: &str = "Kong Cloud Gateway Peering Creator";

/// Of ten objects one is a scope that is added to a role which all of these share, one an assignment, the others are DNS mappings.
fn configuration(cloud: &Simulator, objects: usize) -> String {
    let subscription = format!("/subscriptions/{}", cloud.url("subscription_id"));
    let state = cloud.state();
    let role = find(&state["role_definitions"], |role| {
        role["content"]["role_name"] == "peering"
    });
    let application = cloud.url("kong_application_id");
    let principal = find(&state["service_principals"], |one| {
        one["app_id"] == application
    });
    let network = cloud.network_id("eastus2-prod");
    let mut text = String::new();
    for number in 0..objects {
        let group = format!("{subscription}/resourceGroups/rg-load-{number}");
        match number % 10 {
            0 => write!(
                text,
                "resource \"konnectazure_peering_role\" \"r{number}\" {{\n  assignable_scopes = [\"{group}\"]\n  use_existing = true\n}}\n"
            ),
            1 => write!(
                text,
                "resource \"konnectazure_role_assignment\" \"a{number}\" {{\n  scope = \"{group}\"\n  principal_id = {}\n  role_definition_id = \
                 \"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{}\"\n}}\n",
                principal["id"],
                role["id"].as_str().unwrap()
            ),
            _ => write!(
                text,
                "resource \"konnectazure_dns_mappings\" \"d{number}\" {{\n  name = \"load-{number}\"\n  network_id = \"{network}\"\n  mappings = [{{ \
                 domains = [\"d{number}.example\"], target_ip_addresses = [\"10.20.0.4\"] }}]\n}}\n"
            ),
        }
        .unwrap();
    }
    text
}

fn find(list: &Json, is_wanted: impl Fn(&Json) -> bool) -> Json {
    let found = list.as_array().unwrap().iter().find(|item| is_wanted(item));
    found.unwrap().clone()
}

/// Resource groups for the scopes, and the role that is shared.
fn prepare(cloud: &Simulator, objects: usize) {
    let subscription = cloud.url("subscription_id");
    grant(cloud, &format!("/subscriptions/{subscription}"));
    let groups: Vec<Json> = (0..objects)
        .filter(|number| number % 10 < 2)
        .map(|number| json!({ "add": "resource_group", "object": { "subscription_id": subscription, "name": format!("rg-load-{number}") } }))
        .collect();
    cloud.world(json!(groups));
    cloud.world(json!({ "add": "role_definition", "object": { "content": {
        "role_name": ROLE, "actions": ["Microsoft.Network/*"], "assignable_scopes": [cloud.vnet_id("vnet-orders")],
    }}}));
    cloud.settings(json!({ "limits": { "latency_ms": LATENCY_MS } }));
    // One exchange in twenty goes wrong, and one look in five at a role comes from a replica that lags.
    cloud.fault(json!([
        { "service": "arm", "method": "GET", "path": "/roleDefinitions/", "times": 0, "percent": 20, "stale": true },
        { "times": 0, "percent": 2, "status": 503, "headers": { "retry-after": "0" } },
        { "times": 0, "percent": 2, "reset": "after" },
        { "times": 0, "percent": 1, "status": 429, "headers": { "retry-after": "0" } },
    ]));
}

fn shared_scopes(cloud: &Simulator) -> usize {
    let state = cloud.state();
    let role = find(&state["role_definitions"], |role| {
        role["content"]["role_name"] == ROLE
    });
    role["content"]["assignable_scopes"]
        .as_array()
        .unwrap()
        .len()
}

#[test]
fn many_objects_at_once_are_made_kept_and_destroyed() {
    let objects = std::env::var(OBJECTS)
        .ok()
        .map_or(FEW, |text| text.parse().expect("a number"));
    let cloud = Simulator::start_with(Seed::Demo, &["--speed", "6000", "--quiet"]);
    prepare(&cloud, objects);
    let before = cloud.leftovers();
    let workspace = Workspace::new(cloud.env());
    workspace.write(&configuration(&cloud, objects));
    let timed = |arguments: &[&str]| {
        let began = Instant::now();
        workspace.run(arguments).expect_success(arguments[0]);
        began.elapsed().as_secs()
    };

    let applied = timed(&["apply", "-auto-approve", "-no-color", PARALLELISM]);
    assert_eq!(
        cloud.objects("private_dns").len(),
        (0..objects).filter(|number| number % 10 > 1).count()
    );
    let sharing = objects.div_ceil(10);
    assert_eq!(shared_scopes(&cloud), sharing + 1, "a scope was lost");
    let planned = timed(&["plan", "-no-color", "-detailed-exitcode", PARALLELISM]);
    let traffic = cloud.traffic();
    let destroyed = timed(&["destroy", "-auto-approve", "-no-color", PARALLELISM]);
    assert_eq!(cloud.leftovers(), before, "left behind");
    assert_eq!(shared_scopes(&cloud), 1, "a scope was left");

    let hits: u64 = cloud
        .faults()
        .iter()
        .filter_map(|fault| fault["hits"].as_u64())
        .sum();
    assert!(hits > 0, "nothing went wrong");
    let most = |service: &str| traffic[service]["most_open"].as_u64().unwrap_or_default();
    for service in ["arm", "graph", "konnect"] {
        assert!(most(service) <= CONCURRENCY_CAP, "{service}: {traffic}");
    }
    assert!(most("konnect") > 1, "one after the other: {traffic}");
    if objects == FEW {
        return;
    }
    figure(
        "load",
        &[
            (
                "Objects in one configuration, with `-parallelism=50`",
                objects.to_string(),
            ),
            (
                "Exchanges, each 50 ms late",
                (traffic["arm"]["requests"].as_u64().unwrap()
                    + traffic["konnect"]["requests"].as_u64().unwrap())
                .to_string(),
            ),
            (
                "of all exchanges, destruction included, went wrong",
                hits.to_string(),
            ),
            (
                "Most exchanges at the same time, Konnect and Resource Manager",
                format!("{} and {}", most("konnect"), most("arm")),
            ),
            (
                "Scopes added to one role by parallel resources, lost",
                format!("{sharing}, 0"),
            ),
            (
                "Apply, plan, destroy",
                format!("{applied} s, {planned} s, {destroyed} s"),
            ),
            ("Objects left", "0".to_owned()),
        ],
    );
}
