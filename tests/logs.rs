//! What the program writes to the log, as a user reads it who runs real Terraform with `TF_LOG`: each line says which call and which
//! object it belongs to, each exchange with a service is there with its ids, and levels are kept.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use support::simulator::{Seed, Simulator};
use support::terraform::Workspace;

const MAPPINGS: &str = "konnectazure_dns_mappings";

/// A role in Azure and mappings in Konnect, so that every service is met.
fn workspace(cloud: &Simulator) -> Workspace {
    let workspace = Workspace::new(cloud.env());
    workspace.write(&format!(
        r#"
resource "konnectazure_peering_role" "kong" {{
  assignable_scopes = ["/subscriptions/{}"]
}}
resource "konnectazure_service_principal" "kong" {{}}
resource "{MAPPINGS}" "corp" {{
  name       = "corp"
  network_id = "{}"
  mappings   = [{{ domains = ["corp.example"], target_ip_addresses = ["10.20.0.4"] }}]
}}
"#,
        cloud.url("subscription_id"),
        cloud.network_id("eastus2-prod")
    ));
    workspace
}

/// Lines of the provider in Terraform's log.
fn logged(
    workspace: &mut Workspace,
    variables: &[(&str, &str)],
    arguments: &[&str],
) -> Vec<String> {
    let log = workspace.folder().join("log");
    // Terraform appends.
    std::fs::write(&log, "").unwrap();
    workspace.set("TF_LOG_PATH", log.to_str().unwrap());
    for (name, value) in variables {
        workspace.set(name, value);
    }
    workspace.run(arguments).expect_success("the command");
    for (name, _) in variables {
        workspace.unset(name);
    }
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    text.lines()
        .filter(|line| line.contains("konnectazure::"))
        .map(str::to_owned)
        .collect()
}

fn text<'a>(line: &'a Json, field: &str) -> &'a str {
    line[field]
        .as_str()
        .unwrap_or_else(|| panic!("no {field} in {line}"))
}

/// The lines that say this.
fn named<'a>(lines: &'a [Json], message: &str) -> Vec<&'a Json> {
    lines
        .iter()
        .filter(|line| line["@message"] == message)
        .collect()
}

/// What is known of an object from its creation on names it: looks, waits and the end of the call.
fn assert_objects_are_named(lines: &[Json], state: &BTreeMap<String, Json>) {
    for (address, attributes) in state {
        let id = attributes["id"].as_str().unwrap();
        let type_name = address.split('.').next().unwrap();
        let looks: Vec<_> = named(lines, "exchange")
            .into_iter()
            .filter(|line| {
                line["tf_rpc"] == "ApplyResourceChange"
                    && line["tf_resource_type"] == type_name
                    && line["method"] == "GET"
                    && text(line, "path").ends_with(id)
            })
            .collect();
        assert!(!looks.is_empty(), "{address} is waited for");
        for line in looks {
            assert_eq!(line["object_id"], id, "{line}");
        }
    }
    for address in [
        "konnectazure_dns_mappings.corp",
        "konnectazure_peering_role.kong",
    ] {
        let id = state[address]["id"].as_str().unwrap();
        let type_name = address.split('.').next().unwrap();
        let applied = named(lines, "call ended").into_iter().any(|line| {
            line["object_id"] == id
                && line["tf_rpc"] == "ApplyResourceChange"
                && line["tf_resource_type"] == type_name
        });
        assert!(applied, "no apply names {id}");
    }
    let mut waits = lines
        .iter()
        .filter(|line| {
            line["@level"] == "info"
                && line["elapsed"].is_string()
                && line["tf_rpc"] == "ApplyResourceChange"
                // What a lost answer was about is not found yet, so that nobody knows its id.
                && !text(line, "@message").starts_with("looking for what a lost answer")
        })
        .peekable();
    assert!(waits.peek().is_some(), "what is waited for is said");
    for line in waits {
        let address = state.keys().find(|address| {
            let type_name = text(line, "tf_resource_type");
            address.split('.').next() == Some(type_name)
        });
        assert_eq!(line["object_id"], state[address.unwrap()]["id"], "{line}");
    }
}

#[test]
fn every_exchange_can_be_traced_to_its_call_and_its_object() {
    let cloud = Simulator::start(Seed::Demo);
    cloud.fault(json!({ "service": "konnect", "method": "GET", "path": "/private-dns", "status": 503, "headers": { "retry-after": "0" } }));
    cloud.fault(json!({ "service": "konnect", "method": "POST", "path": "/private-dns", "status": 503, "times": 2 }));
    let mut workspace = workspace(&cloud);
    let lines = logged(
        &mut workspace,
        &[("TF_LOG", "JSON")],
        &["apply", "-auto-approve", "-no-color"],
    );
    let lines: Vec<Json> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let named = |message: &str| named(&lines, message);

    let ended = named("call ended");
    let mut calls = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for line in &ended {
        assert_eq!(line["@level"], "debug");
        assert!(
            line["tf_req_duration_ms"].is_u64() && line["failed"] == "false",
            "{line}"
        );
        calls.insert((text(line, "tf_rpc"), text(line, "tf_resource_type")));
        assert!(
            ids.insert(text(line, "tf_req_id")),
            "an id of two calls: {line}"
        );
    }
    for rpc in [
        "ValidateResourceConfig",
        "PlanResourceChange",
        "ApplyResourceChange",
    ] {
        assert!(calls.contains(&(rpc, MAPPINGS)), "{rpc} in {calls:?}");
    }
    for rpc in ["GetProviderSchema", "ConfigureProvider"] {
        assert!(calls.contains(&(rpc, "")), "{rpc} in {calls:?}");
    }

    let mut services = BTreeSet::new();
    for line in named("exchange") {
        assert_eq!(line["@level"], "debug");
        assert!(ids.contains(text(line, "tf_req_id")), "of no call: {line}");
        assert!(
            text(line, "tf_resource_type").starts_with("konnectazure_"),
            "{line}"
        );
        assert!(
            text(line, "path").starts_with('/') && !text(line, "method").is_empty(),
            "{line}"
        );
        assert!(line["status"].is_u64() && line["ms"].is_u64(), "{line}");
        let api = text(line, "api");
        services.insert(api);
        // Entra's client sends again by itself, and Konnect's ids are in the bodies of its refusals.
        if api != "Microsoft Entra" {
            assert!(line["attempt"].is_u64(), "{line}");
        }
        if api == "Azure Resource Manager" || api == "Microsoft Graph" {
            assert!(!text(line, "request_id").is_empty(), "{line}");
        }
    }
    assert_eq!(
        services.len(),
        4,
        "Entra, Graph, Resource Manager and Konnect: {services:?}"
    );
    let again = named("exchange")
        .into_iter()
        .find(|line| line["attempt"] == 2)
        .expect("an exchange that was repeated");
    assert_eq!(again["status"], 200);
    let refused = named("failed in passing, will be sent again");
    assert_eq!(text(refused[0], "tf_req_id"), text(again, "tf_req_id"));
    assert!(text(refused[0], "error").contains("503"));

    // What is looked for before it is sent again is the same request all the same.
    let posts: Vec<_> = named("exchange")
        .into_iter()
        .filter(|line| line["method"] == "POST" && text(line, "path").ends_with("/private-dns"))
        .map(|line| (line["status"].as_u64(), line["attempt"].as_u64()))
        .collect();
    assert_eq!(
        posts,
        [(503, 1), (503, 2), (201, 3)].map(|(status, attempt)| (Some(status), Some(attempt)))
    );

    assert_objects_are_named(&lines, &workspace.state());
}

#[test]
fn levels_are_those_that_the_user_chose() {
    let cloud = Simulator::start(Seed::Demo);
    let mut workspace = workspace(&cloud);
    let plan = ["plan", "-no-color"];
    let mut count = |variables: &[(&str, &str)]| {
        let lines = logged(&mut workspace, variables, &plan);
        let of = |level: &str| lines.iter().filter(|line| line.contains(level)).count();
        (of("[DEBUG]") > 0, of("[TRACE]") > 0)
    };
    assert_eq!(count(&[]), (false, false));
    assert_eq!(count(&[("TF_LOG_PROVIDER", "INFO")]), (false, false));
    assert_eq!(count(&[("TF_LOG_PROVIDER", "DEBUG")]), (true, false));
    assert_eq!(count(&[("TF_LOG_PROVIDER", "TRACE")]), (true, true));
    let own = "TF_LOG_PROVIDER_KONNECTAZURE";
    assert_eq!(
        count(&[("TF_LOG_PROVIDER", "TRACE"), (own, "DEBUG")]),
        (true, false)
    );
    assert_eq!(count(&[("TF_LOG", "TRACE"), (own, "WARN")]), (false, false));
    // Terraform's own lines are not the provider's to write.
    assert_eq!(count(&[("TF_LOG_CORE", "TRACE")]), (false, false));
}
