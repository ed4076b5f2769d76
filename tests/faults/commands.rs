//! Kills under real Terraform, in the wait for a peering.

#![cfg(target_os = "linux")]

use serde_json::Value as Json;

use crate::subjects::grant;
use crate::support::patience::found;
use crate::support::simulator::{Seed, Simulator};
use crate::support::terraform::{Running, Workspace};

const ADDRESS: &str = "konnectazure_vnet_peering.this";

/// An apply that waits for its peering, and the peering's id.
fn waiting(cloud: &Simulator, workspace: &Workspace) -> (Running, String) {
    let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
    let made: Json = found("the peering", || {
        cloud.objects("transit_gateways").first().cloned()
    });
    let id = made["id"].as_str().unwrap().to_owned();
    found("a look at the peering", || {
        let looks = cloud.requests_matching("konnect", "GET", &id);
        (!looks.is_empty()).then_some(())
    });
    (apply, id)
}

fn prepared() -> (Simulator, Workspace) {
    let cloud = Simulator::manual(Seed::Demo);
    grant(&cloud, cloud.vnet_id("vnet-orders"));
    let workspace = Workspace::new(cloud.env());
    workspace.write(&configuration(&cloud, ""));
    (cloud, workspace)
}

fn configuration(cloud: &Simulator, more: &str) -> String {
    format!(
        "resource \"konnectazure_vnet_peering\" \"this\" {{\n  name = \"orders\"\n  network_id = \"{}\"\n  vnet_id = \"{}\"\n  {more}\n}}\n",
        cloud.network_id("eastus2-prod"),
        cloud.vnet_id("vnet-orders")
    )
}

/// What the next apply says is what gets the user on.
fn recovers_as_told(cloud: &Simulator, workspace: &Workspace, id: &str) {
    cloud.run_clock(6000.0);
    let said = workspace
        .apply()
        .expect_failure("an apply that meets what was left");
    assert!(said.contains(id) && said.contains("import {"), "{said}");
    let import = format!("{}/{id}", cloud.network_id("eastus2-prod"));
    workspace
        .run(&["import", "-no-color", ADDRESS, &import])
        .expect_success("import");
    workspace.apply().expect_success("the next apply");
    workspace.assert_settled();
    assert_eq!(cloud.objects("transit_gateways").len(), 1);
    workspace.destroy().expect_success("destroy");
    assert!(cloud.objects("transit_gateways").is_empty());
}

#[test]
fn a_killed_terraform_leaves_a_peering_that_the_next_apply_tells() {
    let (cloud, workspace) = prepared();
    let (apply, id) = waiting(&cloud, &workspace);
    apply.signal("KILL");
    apply.finish().expect_failure("a killed apply");
    recovers_as_told(&cloud, &workspace, &id);
}

#[test]
fn a_killed_provider_leaves_a_peering_that_the_next_apply_tells() {
    let (cloud, workspace) = prepared();
    let (apply, id) = waiting(&cloud, &workspace);
    apply.signal_plugin("KILL");
    apply
        .finish()
        .expect_failure("an apply whose provider was killed");
    recovers_as_told(&cloud, &workspace, &id);
}

#[test]
fn what_a_kill_left_is_adopted_where_the_user_allows_it() {
    let (cloud, workspace) = prepared();
    let (apply, id) = waiting(&cloud, &workspace);
    apply.signal("KILL");
    apply.finish().expect_failure("a killed apply");
    cloud.run_clock(6000.0);
    workspace.write(&configuration(&cloud, "use_existing = true"));
    workspace.apply().expect_success("the next apply");
    assert_eq!(workspace.state()[ADDRESS]["id"], id);
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
    assert!(cloud.objects("transit_gateways").is_empty());
}
