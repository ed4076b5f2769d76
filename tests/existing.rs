//! What exists is found, taken over and written down: queries, imports by id and by identity, and configuration that the host or the
//! provider writes for them. Under real Terraform; what only newer ones can do is skipped, in words, under older ones.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use konnectazure::provider::KonnectAzure;
use konnectazure::tf::provider::Provider as _;
use konnectazure::tf::schema::Mode;
use serde_json::{Value as Json, json};
use support::simulator::{Seed, Simulator};
use support::terraform::Workspace;
use support::version::Feature;

/// Attributes by address.
type State = BTreeMap<String, Json>;

const GENERATED: &str = "generated.tf";

/// One object at least of each type, made by another configuration; the one that is no default in each of its parts as well.
fn everything(cloud: &Simulator) -> (Workspace, State) {
    let zone = cloud.ready()["private_dns_zones"]["corp.example"].as_str();
    let configuration = format!(
        r#"
locals {{
  subscription = "/subscriptions/{subscription}"
  network_id   = "{network}"
}}
resource "konnectazure_service_principal" "kong" {{}}
resource "konnectazure_peering_role" "vnet" {{
  assignable_scopes = [local.subscription]
}}
resource "konnectazure_peering_role" "hub" {{
  purpose           = "virtual_hub_peering"
  name              = "Hubs for Kong"
  assignable_scopes = [local.subscription]
}}
resource "konnectazure_peering_role" "zone" {{
  purpose           = "private_dns_link"
  assignable_scopes = [local.subscription]
}}
resource "konnectazure_role_assignment" "vnet" {{
  scope              = "{vnet}"
  role_definition_id = konnectazure_peering_role.vnet.id
  principal_id       = konnectazure_service_principal.kong.object_id
}}
resource "konnectazure_role_assignment" "hub" {{
  name               = "8d7f1b0e-52c1-4c39-9b1f-0d8f3a4be6a1"
  description        = "For the gateways."
  scope              = "{hub}"
  role_definition_id = konnectazure_peering_role.hub.id
  principal_id       = konnectazure_service_principal.kong.object_id
}}
resource "konnectazure_role_assignment" "zone" {{
  scope              = "{zone}"
  role_definition_id = konnectazure_peering_role.zone.id
  principal_id       = konnectazure_service_principal.kong.object_id
}}
resource "konnectazure_vnet_peering" "orders" {{
  name       = "orders"
  network_id = local.network_id
  vnet_id    = konnectazure_role_assignment.vnet.scope
  dns_config = [{{ remote_dns_server_ip_addresses = ["10.20.0.4"], domain_proxy_list = ["orders.example"] }}]
}}
resource "konnectazure_virtual_hub_peering" "wan" {{
  name       = "wan"
  network_id = local.network_id
  vhub_id    = konnectazure_role_assignment.hub.scope
}}
resource "konnectazure_dns_mappings" "corp" {{
  name       = "corp"
  network_id = konnectazure_vnet_peering.orders.network_id
  mappings = [
    {{ domains = ["billing.example", "orders.example"], target_ip_addresses = ["10.20.0.4"] }},
    {{ domains = ["odd.example"], target_ip_addresses = ["10.20.0.6", "10.20.0.5"] }},
  ]
}}
resource "konnectazure_private_hosted_zone" "corp" {{
  name                = "corp zone"
  network_id          = konnectazure_vnet_peering.orders.network_id
  domain_name         = "corp.example"
  resource_group_name = "rg-network"
  vnet_link_name      = "kong"
  depends_on          = [konnectazure_role_assignment.zone]
}}
"#,
        subscription = cloud.url("subscription_id"),
        network = cloud.network_id("eastus2-prod"),
        vnet = cloud.vnet_id("vnet-orders"),
        hub = cloud.ready()["virtual_hubs"]["hub-eastus2"]
            .as_str()
            .unwrap(),
        zone = zone.unwrap(),
    );
    let workspace = Workspace::new(cloud.env());
    workspace.write(&configuration);
    workspace.apply().expect_success("apply");
    let state = workspace.state();
    let types: Vec<&str> = state
        .keys()
        .filter_map(|key| key.split('.').next())
        .collect();
    let provider = KonnectAzure::new(|_| None);
    for name in provider.registry().resources().keys() {
        assert!(types.contains(name), "there is no {name} to take over");
    }
    (workspace, state)
}

fn import_id(attributes: &Json) -> String {
    let id = attributes["id"].as_str().unwrap();
    attributes["network_id"]
        .as_str()
        .map_or_else(|| id.to_owned(), |network_id| format!("{network_id}/{id}"))
}

/// An import block for each object; `by` writes what names it.
fn import_blocks(state: &State, by: impl Fn(&str, &Json) -> String) -> String {
    let mut blocks = String::new();
    for (address, attributes) in state {
        let type_name = address.split('.').next().unwrap();
        let named = by(type_name, attributes);
        writeln!(blocks, "import {{\n  to = {address}\n  {named}\n}}").unwrap();
    }
    blocks
}

/// Plans the imports with generated configuration, applies them, and finds nothing left to do. Answers what was generated.
fn take_over(cloud: &Simulator, blocks: &str, objects: usize) -> String {
    let workspace = Workspace::new(cloud.env());
    workspace.write(blocks);
    let generate = format!("-generate-config-out={GENERATED}");
    let plan = workspace
        .try_plan(&[&generate])
        .unwrap_or_else(|failed| panic!("plan failed:\n{}", failed.text));
    assert_eq!(plan.actions(), BTreeMap::new(), "{}", plan.text);
    let counts = format!("{objects} to import, 0 to add, 0 to change, 0 to destroy");
    assert!(plan.text.contains(&counts), "{}", plan.text);
    workspace.apply().expect_success("apply of the imports");
    workspace.assert_settled();
    assert_eq!(workspace.state().len(), objects);
    let imported = workspace.folder().join(GENERATED);
    std::fs::read_to_string(imported).unwrap()
}

/// The attributes that generated configuration gives a value, by resource type.
fn written(generated: &str) -> BTreeMap<String, Vec<String>> {
    let mut written: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut type_name = String::new();
    for line in generated.lines() {
        if let Some(rest) = line.strip_prefix("resource \"") {
            rest.split('"').next().unwrap().clone_into(&mut type_name);
        } else if line.starts_with("import ") {
            type_name.clear();
        }
        // Attributes of the resource itself stand two blanks deep.
        let attribute = line
            .strip_prefix("  ")
            .filter(|rest| !rest.starts_with(' '));
        if let Some((name, value)) = attribute.and_then(|line| line.split_once('='))
            && !type_name.is_empty()
            && value.trim() != "null"
            && name.trim() != "provider"
        {
            let name = name.trim().to_owned();
            written.entry(type_name.clone()).or_default().push(name);
        }
    }
    written
}

/// What a provider that writes configuration itself leaves out: what only it sets, what is a default, what follows from the rest.
fn assert_lean(generated: &str) {
    let provider = KonnectAzure::new(|_| None);
    let mut written = written(generated);
    for (type_name, attributes) in &mut written {
        let resource = &provider.registry().resources()[type_name.as_str()];
        for name in &*attributes {
            let attribute = resource.shape().schema.attribute(name).unwrap();
            assert_ne!(attribute.mode, Mode::Computed, "{type_name}.{name}");
        }
        attributes.sort();
        // One object of each of these types differs from the defaults; of the others nothing is told but what is required.
        let told_once = |name: &str| attributes.iter().filter(|known| *known == name).count() == 1;
        match type_name.as_str() {
            "konnectazure_peering_role" => assert!(told_once("name"), "{generated}"),
            "konnectazure_role_assignment" => {
                assert!(told_once("name") && told_once("description"), "{generated}");
            }
            _ => {}
        }
        attributes.dedup();
    }
    for (type_name, attributes) in written {
        let schema = &provider.registry().resources()[type_name.as_str()]
            .shape()
            .schema;
        let required = schema
            .attributes
            .iter()
            .filter(|attribute| attribute.mode == Mode::Required);
        // What `everything` says beyond that, but for what is the provider's tenant and subscription.
        let chosen: &[&str] = match type_name.as_str() {
            "konnectazure_peering_role" => &["name", "purpose"],
            "konnectazure_role_assignment" => &["description", "name"],
            "konnectazure_virtual_hub_peering" => &["vhub_id"],
            "konnectazure_vnet_peering" => &["dns_config", "vnet_id"],
            _ => &[],
        };
        let mut expected: Vec<&str> = required
            .map(|attribute| attribute.name)
            .chain(chosen.iter().copied())
            .collect();
        expected.sort_unstable();
        assert_eq!(attributes, expected, "{type_name} in:\n{generated}");
    }
}

#[test]
fn configuration_generated_for_imports_by_id_plans_nothing() {
    let cloud = Simulator::start(Seed::Demo);
    let (_, state) = everything(&cloud);
    let by_id = |_: &str, attributes: &Json| format!("id = {:?}", import_id(attributes));
    let generated = take_over(&cloud, &import_blocks(&state, by_id), state.len());
    if Feature::Query.is_there() {
        assert_lean(&generated);
    }
}

/// The identity of an object as an import block has it.
fn identity(type_name: &str, attributes: &Json) -> String {
    let provider = KonnectAzure::new(|_| None);
    let shape = provider.registry().resources()[type_name].shape();
    let parts = shape
        .identity
        .iter()
        .filter(|part| part.required_for_import);
    let parts = parts.map(|part| format!("{} = {}", part.name, attributes[part.name]));
    format!("identity = {{ {} }}", parts.collect::<Vec<_>>().join(", "))
}

#[test]
fn objects_are_imported_by_identity() {
    if !Feature::ImportByIdentity.is_there_or_skipped() {
        return;
    }
    let cloud = Simulator::start(Seed::Demo);
    let (_, state) = everything(&cloud);
    let generated = take_over(&cloud, &import_blocks(&state, identity), state.len());
    if Feature::Query.is_there() {
        assert_lean(&generated);
    }
}

#[test]
fn an_identity_of_nothing_is_told_and_one_of_half_is_refused() {
    if !Feature::ImportByIdentity.is_there_or_skipped() {
        return;
    }
    let cloud = Simulator::start(Seed::Demo);
    let network_id = cloud.network_id("eastus2-prod");
    let nothing = "d2c1b0a9-8f7e-4d6c-b5a4-938271605f4e";
    let configuration = |identity: &str| {
        format!(
            "import {{\n  to = konnectazure_vnet_peering.orders\n  identity = {{ {identity} }}\n}}\n\
             resource \"konnectazure_vnet_peering\" \"orders\" {{\n  name = \"orders\"\n  network_id = \"{network_id}\"\n  vnet_id = \"{}\"\n}}\n",
            cloud.vnet_id("vnet-orders")
        )
    };
    let workspace = Workspace::new(cloud.env());
    for (identity, expected) in [
        (
            format!("network_id = \"{network_id}\", id = \"{nothing}\""),
            nothing,
        ),
        (
            format!("network_id = \"{network_id}\", id = \"orders\""),
            "orders",
        ),
        (format!("network_id = \"{network_id}\""), "id"),
    ] {
        workspace.write(&configuration(&identity));
        let said = workspace.run(&["plan", "-no-color"]).expect_failure("plan");
        assert!(said.contains(expected), "{said}");
    }
}

/// A query for everything, and one for the objects of one network.
fn queries(cloud: &Simulator) -> String {
    let subscription = cloud.url("subscription_id");
    let network_id = cloud.network_id("eastus2-prod");
    let mut text = String::new();
    for type_name in [
        "vnet_peering",
        "virtual_hub_peering",
        "dns_mappings",
        "private_hosted_zone",
        "peering_role",
    ] {
        writeln!(
            text,
            "list \"konnectazure_{type_name}\" \"all\" {{\n  provider = konnectazure\n}}"
        )
        .unwrap();
    }
    writeln!(
        text,
        "list \"konnectazure_role_assignment\" \"all\" {{\n  provider = konnectazure\n  config {{\n    scope = \"/subscriptions/{subscription}\"\n  }}\n}}\n\
         list \"konnectazure_dns_mappings\" \"whole\" {{\n  provider = konnectazure\n  include_resource = true\n  config {{\n    network_id = \"{network_id}\"\n  }}\n}}"
    )
    .unwrap();
    text
}

fn querying(cloud: &Simulator, queries: &str) -> Workspace {
    let workspace = Workspace::new(cloud.env());
    workspace.write("");
    std::fs::write(workspace.folder().join("all.tfquery.hcl"), queries).unwrap();
    workspace
}

/// What a query found: the address of its block, and the event.
fn found(workspace: &Workspace) -> Vec<(String, Json)> {
    let events = workspace.run(&["query", "-json"]).expect_success("query");
    let events = events
        .lines()
        .filter_map(|line| serde_json::from_str::<Json>(line).ok());
    let mut found: Vec<(String, Json)> = events
        .filter(|event| event["type"] == "list_resource_found")
        .map(|event| event["list_resource_found"].clone())
        .map(|event| (event["address"].as_str().unwrap().to_owned(), event))
        .collect();
    found.sort_by_key(|(address, event)| (address.clone(), event["display_name"].to_string()));
    found
}

#[test]
fn queries_find_what_exists_and_write_configuration_that_plans_nothing() {
    if !Feature::Query.is_there_or_skipped() {
        return;
    }
    let cloud = Simulator::start(Seed::Demo);
    let (_, state) = everything(&cloud);
    let workspace = querying(&cloud, &queries(&cloud));
    let found = found(&workspace);
    let names: Vec<(&str, &str)> = found
        .iter()
        .map(|(address, event)| {
            let address = address.strip_prefix("list.konnectazure_").unwrap();
            (address, event["display_name"].as_str().unwrap())
        })
        .collect();
    let assigned =
        |role: &str, place: &str| format!("{role} for kong-cgw-azure-vnet-peering-app ({place})");
    let (zone, hub, vnet) = (
        assigned("Kong Cloud Gateway DNS Link Creator", "corp.example"),
        assigned("Hubs for Kong", "hub-eastus2"),
        assigned("Kong Cloud Gateway Peering Creator", "vnet-orders"),
    );
    let expected = [
        ("dns_mappings.all", "corp (eastus2-prod)"),
        ("dns_mappings.whole", "corp (eastus2-prod)"),
        ("peering_role.all", "Hubs for Kong"),
        ("peering_role.all", "Kong Cloud Gateway DNS Link Creator"),
        ("peering_role.all", "Kong Cloud Gateway Peering Creator"),
        ("private_hosted_zone.all", "corp zone (eastus2-prod)"),
        ("role_assignment.all", &hub),
        ("role_assignment.all", &zone),
        ("role_assignment.all", &vnet),
        ("virtual_hub_peering.all", "wan (eastus2-prod)"),
        ("vnet_peering.all", "orders (eastus2-prod)"),
    ];
    assert_eq!(names, expected);
    for (address, event) in &found {
        let id = event["identity"]["id"].as_str().unwrap();
        assert!(
            state.values().any(|attributes| attributes["id"] == id),
            "{address}: {id}"
        );
        let is_whole = address.split('.').any(|part| part == "whole");
        assert_eq!(event["resource_object"].is_object(), is_whole, "{address}");
    }
    let whole = &found
        .iter()
        .find(|(address, _)| address.split('.').any(|part| part == "whole"))
        .unwrap()
        .1;
    assert_eq!(whole["resource_object"]["mapping_type"], "M-to-N");

    let generate = format!("-generate-config-out={GENERATED}");
    workspace
        .run(&["query", "-no-color", &generate])
        .expect_success("query with configuration");
    let generated = std::fs::read_to_string(workspace.folder().join(GENERATED)).unwrap();
    assert_lean(&generated);
    let plan = workspace.plan();
    assert_eq!(plan.actions(), BTreeMap::new(), "{}", plan.text);
    let counts = format!("{} to import, 0 to add, 0 to change", expected.len());
    assert!(plan.text.contains(&counts), "{}", plan.text);
    workspace.apply().expect_success("apply of what was found");
    workspace.assert_settled();
}

#[test]
fn a_query_stops_at_its_limit_and_tells_a_refusal() {
    if !Feature::Query.is_there_or_skipped() {
        return;
    }
    let cloud = Simulator::start(Seed::Demo);
    let peerings: Vec<Json> = (0..7)
        .map(|number| {
            json!({ "add": "transit_gateway", "object": {
                "network_id": cloud.network_id("eastus2-prod"),
                "name": format!("peering-{number}"),
                "transit_gateway_attachment_config": {
                    "kind": "azure-vnet-peering-attachment",
                    "tenant_id": cloud.url("tenant_id"),
                    "subscription_id": cloud.url("subscription_id"),
                    "resource_group_name": "rg-network",
                    "vnet_name": "vnet-orders",
                },
            }})
        })
        .collect();
    cloud.world(json!(peerings));
    let limited = "list \"konnectazure_vnet_peering\" \"some\" {\n  provider = konnectazure\n  limit = 3\n}\n";
    let mut workspace = querying(&cloud, limited);
    assert_eq!(found(&workspace).len(), 3);

    workspace.set("KONNECT_TOKEN", "kpat_refused");
    let said = workspace
        .run(&["query", "-no-color"])
        .expect_failure("query");
    assert!(
        said.contains("Cannot list virtual network peerings") && said.contains("401"),
        "{said}"
    );
    assert!(!said.contains("kpat_refused"), "{said}");
}
