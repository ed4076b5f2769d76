//! The examples of the registry's pages are applied: what each one refers to is made first, and the page's ids are exchanged for those of the
//! local cloud. Lists are for queries: `tests/lists.rs` and `tests/examples.rs` have them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use konnectazure::provider::KonnectAzure;
use konnectazure::tf::provider::Provider as _;
use support::pages::root;
use support::simulator::{Seed, Simulator};
use support::terraform::Workspace;

/// The subscription of the pages.
const PAGE_SUBSCRIPTION: &str = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";

const NETWORKS: &str = r#"
data "konnectazure_network" "gateways" {
  name = "eastus2-prod"
}

data "konnectazure_network" "staging" {
  name = "eastus2-staging"
}
"#;

const PRINCIPAL: &str = r#"
resource "konnectazure_service_principal" "kong" {}
"#;

/// A role with its assignment, by their name, purpose and scope.
fn grant(name: &str, purpose: &str, scope: &str) -> String {
    let subscription = scope.split('/').nth(2).unwrap();
    format!(
        r#"
resource "konnectazure_peering_role" "{name}" {{
  name              = "{name}"
  purpose           = "{purpose}"
  assignable_scopes = ["/subscriptions/{subscription}"]
}}

resource "konnectazure_role_assignment" "{name}" {{
  scope              = "{scope}"
  role_definition_id = konnectazure_peering_role.{name}.id
  principal_id       = konnectazure_service_principal.kong.object_id
}}
"#
    )
}

const PEERING: &str = r#"
resource "konnectazure_vnet_peering" "orders" {
  name       = "orders"
  network_id = data.konnectazure_network.gateways.id
  vnet_id    = konnectazure_role_assignment.kong.scope
}
"#;

const MAPPINGS: &str = r#"
resource "konnectazure_dns_mappings" "corp" {
  name       = "corp"
  network_id = konnectazure_vnet_peering.orders.network_id
  mappings   = [{ domains = ["corp.example"], target_ip_addresses = ["10.20.0.4"] }]
}
"#;

/// What the example of a page refers to and does not declare. Most refer to nothing.
fn context(simulator: &Simulator, place: &str) -> String {
    let orders = simulator.vnet_id("vnet-orders");
    let kong = [NETWORKS, PRINCIPAL, &grant("kong", "vnet_peering", orders)].concat();
    match place {
        "data-sources/konnectazure_service_principal" => PRINCIPAL.to_owned(),
        "data-sources/konnectazure_preflight" => {
            [PRINCIPAL, &grant("kong", "vnet_peering", orders)].concat()
        }
        "functions/vnet_id" => kong,
        "resources/konnectazure_vnet_peering" => {
            let billing = grant("billing", "vnet_peering", simulator.vnet_id("vnet-billing"));
            kong + &billing
        }
        "resources/konnectazure_virtual_hub_peering" => {
            let hub = simulator.ready()["virtual_hubs"]["hub-eastus2"].clone();
            let grant = grant("hub", "virtual_hub_peering", hub.as_str().unwrap());
            [NETWORKS, PRINCIPAL, &grant].concat()
        }
        "resources/konnectazure_dns_mappings" | "data-sources/konnectazure_vnet_peering" => {
            kong + PEERING
        }
        "data-sources/konnectazure_dns_mappings" => kong + PEERING + MAPPINGS,
        "resources/konnectazure_private_hosted_zone" => {
            let zone = simulator.ready()["private_dns_zones"]["corp.example"].clone();
            kong + PEERING + &grant("link", "private_dns_link", zone.as_str().unwrap())
        }
        _ => String::new(),
    }
}

/// The example as it stands on the page, with the local cloud's ids.
fn example(simulator: &Simulator, kind: &str, name: &str) -> String {
    let file = match kind {
        "resources" => "resource.tf",
        "data-sources" => "data-source.tf",
        _ => "function.tf",
    };
    let path = root().join("examples").join(kind).join(name).join(file);
    let orders = simulator.vnet_id("vnet-orders");
    let page_vnet = format!(
        "/subscriptions/{PAGE_SUBSCRIPTION}/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/orders"
    );
    std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .replace(&page_vnet, orders)
        .replace(PAGE_SUBSCRIPTION, simulator.url("subscription_id"))
        // The local cloud has one hub, and networks enough for two peerings with it.
        .replace("hub-westeurope", "hub-eastus2")
        .replace(
            "name                = \"europe\"\n  network_id          = data.konnectazure_network.gateways.id",
            "name                = \"europe\"\n  network_id          = data.konnectazure_network.staging.id",
        )
        .replace("prevent_destroy = true", "prevent_destroy = false")
}

fn apply(kind: &str, name: &str) {
    let place = format!("{kind}/{name}");
    let simulator = Simulator::start(Seed::Demo);
    // A network that becomes ready meanwhile would change what data sources show.
    simulator.advance(60 * 60);
    let context = context(&simulator, &place);
    let mut workspace = Workspace::new(simulator.env());
    let subscriptions = format!("[\"{}\"]", simulator.url("subscription_id"));
    workspace.set("TF_VAR_vnet_id", simulator.vnet_id("vnet-orders"));
    workspace.set("TF_VAR_subscription_ids", &subscriptions);
    workspace.write(&context);
    workspace
        .apply()
        .expect_success(&format!("{place}: what it refers to"));
    let example = example(&simulator, kind, name);
    let context = without_declared(&context, &example);
    workspace.write(&(context + &example));
    workspace.apply().expect_success(&format!(
        "{place} (what it refers to is said in tests/pages.rs)"
    ));
    // Terraform reads what stands in a check block anew in every apply, so that such a plan is never empty.
    if !example.contains("check \"") {
        workspace.assert_settled();
    }
    workspace
        .destroy()
        .expect_success(&format!("{place}: destroy"));
    assert_eq!(simulator.leftovers(), Vec::<String>::new(), "{place}");
}

/// The context without what the example declares itself.
fn without_declared(context: &str, example: &str) -> String {
    let header = |block: &str| {
        block
            .lines()
            .find(|line| line.ends_with('{'))
            .map(str::to_owned)
    };
    context
        .split_inclusive("\n}\n")
        .filter(|block| header(block).is_none_or(|header| !example.contains(&header)))
        .collect()
}

fn apply_all<'n>(kind: &str, names: impl Iterator<Item = &'n str>) {
    let names: Vec<&str> = names.collect();
    assert!(!names.is_empty());
    for name in names {
        apply(kind, name);
    }
}

#[test]
fn examples_of_resources_are_applied() {
    let provider = KonnectAzure::new(|_| None);
    apply_all("resources", provider.registry().resources().keys().copied());
}

#[test]
fn examples_of_data_sources_are_applied() {
    let provider = KonnectAzure::new(|_| None);
    apply_all(
        "data-sources",
        provider.registry().data_sources().keys().copied(),
    );
}

#[test]
fn examples_of_functions_are_applied() {
    let provider = KonnectAzure::new(|_| None);
    apply_all("functions", provider.registry().functions().keys().copied());
}
