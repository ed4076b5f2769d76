//! What users and services do besides the straight way: odd answers, outages, everyday commands, under real Terraform.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "robustness/commands.rs"]
mod commands;
#[path = "robustness/secrets.rs"]
mod secrets;
#[path = "robustness/services.rs"]
mod services;
mod support;

use std::collections::BTreeMap;

use serde_json::Value as Json;
use support::simulator::Simulator;
use support::terraform::Workspace;

/// A resource's attributes by address.
type State = BTreeMap<String, Json>;

fn subscription(simulator: &Simulator) -> String {
    format!("/subscriptions/{}", simulator.url("subscription_id"))
}

/// Service principal, role and assignment on a virtual network.
fn grants(simulator: &Simulator) -> String {
    format!(
        r#"
resource "konnectazure_service_principal" "kong" {{}}
resource "konnectazure_peering_role" "kong" {{
  assignable_scopes = ["{}"]
}}
resource "konnectazure_role_assignment" "kong" {{
  scope              = "{}"
  role_definition_id = konnectazure_peering_role.kong.id
  principal_id       = konnectazure_service_principal.kong.object_id
}}
"#,
        subscription(simulator),
        simulator.vnet_id("vnet-orders")
    )
}

/// A peering after the grants; `more` are further attributes.
fn peering(simulator: &Simulator, more: &str) -> String {
    format!(
        r#"
resource "konnectazure_vnet_peering" "orders" {{
  name       = "orders"
  network_id = "{}"
  vnet_id    = konnectazure_role_assignment.kong.scope
  {more}
}}
"#,
        simulator.network_id("eastus2-prod")
    )
}

/// A peering of a VNET whose grants are not this configuration's.
fn lone_peering(simulator: &Simulator, more: &str) -> String {
    format!(
        r#"
resource "konnectazure_vnet_peering" "orders" {{
  name       = "orders"
  network_id = "{}"
  vnet_id    = "{}"
  {more}
}}
"#,
        simulator.network_id("eastus2-prod"),
        simulator.vnet_id("vnet-orders")
    )
}

fn mappings(simulator: &Simulator, address: &str, more: &str) -> String {
    format!(
        r#"
resource "konnectazure_dns_mappings" "corp" {{
  name       = "corp"
  network_id = "{}"
  mappings   = [{{ domains = ["corp.example"], target_ip_addresses = ["{address}"] }}]
  {more}
}}
"#,
        simulator.network_id("eastus2-prod")
    )
}

/// Everything in one configuration.
fn everything(simulator: &Simulator) -> String {
    grants(simulator) + &peering(simulator, "") + &mappings(simulator, "10.20.0.4", "")
}

fn workspace(simulator: &Simulator, configuration: &str) -> Workspace {
    let workspace = Workspace::new(simulator.env());
    workspace.write(configuration);
    workspace
}

fn text<'s>(state: &'s State, address: &str, attribute: &str) -> &'s str {
    state[address][attribute]
        .as_str()
        .unwrap_or_else(|| panic!("{address} has no text {attribute}"))
}
