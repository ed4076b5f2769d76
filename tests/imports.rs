//! Objects that nobody's Terraform made: whatever spelling the portal and Konnect's pages left them in, an import and a plan after it change
//! nothing.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value as Json, json};
use support::simulator::{Seed, Simulator};
use support::terraform::{Workspace, folded};

const ROLE: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
const ASSIGNMENT: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

/// Something made by hand: its address in the configuration, ids that an import takes, and its identity.
struct Found {
    address: &'static str,
    ids: Vec<String>,
    identity: String,
}

fn network(simulator: &Simulator) -> String {
    simulator.network_id("eastus2-prod").to_owned()
}

fn created(simulator: &Simulator, kind: &str, body: &Json) -> String {
    let path = format!("/v2/cloud-gateways/networks/{}/{kind}", network(simulator));
    let answer = simulator.konnect("POST", &path, Some(body));
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// Consent, role and assignment as an administrator gave them; answers the service principal.
fn granted_by_hand(simulator: &Simulator, scope: &str, vnet_id: &str) -> Json {
    let principal = simulator.consent();
    let principal_id = principal["id"].as_str().unwrap().to_owned();
    simulator.world(
        json!({ "add": "role_definition", "object": { "id": ROLE, "content": {
            "role_name": "Kong Cloud Gateway Peering Creator - Kong",
            "description": "Perform cross-tenant network peering.",
            "actions": [
                "MICROSOFT.NETWORK/virtualnetworks/peer/action",
                "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/delete",
                "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write",
                "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/read",
                "Microsoft.Network/virtualNetworks/read",
            ],
            "assignable_scopes": [scope],
        }}}),
    );
    simulator.world(json!({ "add": "role_assignment", "object": {
        "id": ASSIGNMENT, "scope": vnet_id, "role_definition": ROLE, "principal_id": principal_id,
    }}));
    // Hub and zone need more than the role above permits.
    let more = simulator.world(json!({ "add": "role_definition", "object": { "content": {
        "role_name": "everything else", "actions": ["Microsoft.Network/*"], "assignable_scopes": [scope],
    }}}));
    simulator.world(json!({ "add": "role_assignment", "object": {
        "scope": scope, "role_definition": more["id"], "principal_id": principal_id,
    }}));
    principal
}

/// Makes one object for each type, spelt as no configuration would spell it.
fn made_by_hand(simulator: &Simulator) -> Vec<Found> {
    let subscription = simulator.url("subscription_id").to_uppercase();
    let tenant = simulator.url("tenant_id").to_uppercase();
    let scope = format!("/subscriptions/{subscription}");
    let vnet_id = simulator
        .vnet_id("vnet-orders")
        .replace("virtualNetworks", "VIRTUALNETWORKS");
    let principal = granted_by_hand(simulator, &scope, &vnet_id);
    let principal_id = principal["id"].as_str().unwrap().to_owned();
    let client_id = principal["app_id"].as_str().unwrap().to_uppercase();
    let target = |kind: &str, key: &str, group: &str, name: &str| json!({ "kind": kind, "tenant_id": tenant, "subscription_id": subscription, "resource_group_name": group, (key): name });
    let peering = json!({
        "name": "orders",
        "transit_gateway_attachment_config": target("azure-vnet-peering-attachment", "vnet_name", "RG-Network", "VNET-Orders"),
    });
    let hub_peering = json!({
        "name": "wan",
        "dns_config": [{ "remote_dns_server_ip_addresses": ["10.41.0.4"], "domain_proxy_list": ["Corp.Example", "b.example"] }],
        "transit_gateway_attachment_config": target("azure-vhub-peering-attachment", "vhub_name", "rg-wan", "HUB-eastus2"),
    });
    let server = |address: &str| json!({ "remote_dns_server_ip_addresses": [address] });
    let resolver = json!({ "name": "corp", "private_dns_attachment_config": {
        "kind": "azure-outbound-resolver",
        "dns_config": { "B.Orders.Example": server("10.20.0.4"), "a.orders.example": server("10.20.0.4") },
    }});
    let zone = json!({ "name": "zone", "private_dns_attachment_config": {
        "kind": "azure-private-hosted-zone-attachment", "domain_name": "Corp.Example", "peer_tenant_id": tenant,
        "peer_subscription_id": subscription, "peer_resource_group_id": "RG-Network", "peer_vnet_link_name": "Kong",
    }});
    let network = network(simulator);
    let in_network = |address: &'static str, id: &str| Found {
        address,
        ids: vec![
            format!("{network}/{id}"),
            format!("{}/{}", network.to_uppercase(), id.to_uppercase()),
            json!({ "network_id": network, "id": id }).to_string(),
        ],
        identity: format!("network_id = \"{network}\"\n    id = \"{id}\""),
    };
    let role_id = format!("{scope}/providers/Microsoft.Authorization/roleDefinitions/{ROLE}");
    let assignment_id =
        format!("{vnet_id}/providers/Microsoft.Authorization/roleAssignments/{ASSIGNMENT}");
    let found = vec![
        Found {
            address: "konnectazure_service_principal.kong",
            ids: vec![client_id, principal_id.to_uppercase(), principal_id.clone()],
            identity: format!(
                "tenant_id = \"{}\"\n    object_id = \"{principal_id}\"",
                simulator.url("tenant_id")
            ),
        },
        Found {
            address: "konnectazure_peering_role.kong",
            ids: vec![
                role_id.to_lowercase(),
                "KONG cloud gateway peering creator - kong".to_owned(),
                role_id.clone(),
            ],
            identity: format!("id = \"{role_id}\""),
        },
        Found {
            address: "konnectazure_role_assignment.kong",
            ids: vec![
                assignment_id.to_lowercase(),
                assignment_id.to_uppercase(),
                assignment_id.clone(),
            ],
            identity: format!("id = \"{assignment_id}\""),
        },
        in_network(
            "konnectazure_vnet_peering.orders",
            &created(simulator, "transit-gateways", &peering),
        ),
        in_network(
            "konnectazure_virtual_hub_peering.wan",
            &created(simulator, "transit-gateways", &hub_peering),
        ),
        in_network(
            "konnectazure_dns_mappings.corp",
            &created(simulator, "private-dns", &resolver),
        ),
        in_network(
            "konnectazure_private_hosted_zone.zone",
            &created(simulator, "private-dns", &zone),
        ),
    ];
    simulator.advance(2 * 60 * 60);
    found
}

/// What people write for these objects; the defaults are left out.
fn configuration(simulator: &Simulator) -> String {
    let network = network(simulator);
    let subscription = simulator.url("subscription_id");
    let vnet_id = simulator.vnet_id("vnet-orders");
    let hub_id = simulator.ready()["virtual_hubs"]["hub-eastus2"]
        .as_str()
        .unwrap();
    format!(
        r#"
resource "konnectazure_service_principal" "kong" {{}}

resource "konnectazure_peering_role" "kong" {{
  name              = "Kong Cloud Gateway Peering Creator - Kong"
  assignable_scopes = ["/subscriptions/{subscription}"]
}}

resource "konnectazure_role_assignment" "kong" {{
  scope              = "{vnet_id}"
  role_definition_id = "/providers/Microsoft.Authorization/roleDefinitions/{ROLE}"
  principal_id       = konnectazure_service_principal.kong.object_id
}}

resource "konnectazure_vnet_peering" "orders" {{
  name       = "orders"
  network_id = "{network}"
  vnet_id    = "{vnet_id}"
}}

resource "konnectazure_virtual_hub_peering" "wan" {{
  name       = "wan"
  network_id = "{network}"
  vhub_id    = "{hub_id}"
  dns_config = [{{ remote_dns_server_ip_addresses = ["10.41.0.4"], domain_proxy_list = ["corp.example.", "b.example"] }}]
}}

resource "konnectazure_dns_mappings" "corp" {{
  name       = "corp"
  network_id = "{network}"
  mappings   = [{{ domains = ["a.orders.example", "b.orders.example"], target_ip_addresses = ["10.20.0.4"] }}]
}}

resource "konnectazure_private_hosted_zone" "zone" {{
  name                = "zone"
  network_id          = "{network}"
  domain_name         = "corp.example"
  resource_group_name = "rg-network"
  vnet_link_name      = "kong"
}}
"#
    )
}

/// That a plan imports them all, changes nothing, and only reads; and that an apply keeps it so.
fn assert_imports(simulator: &Simulator, blocks: &[String]) {
    let workspace = Workspace::new(simulator.env());
    workspace.write(&format!(
        "{}\n{}",
        configuration(simulator),
        blocks.join("\n")
    ));
    simulator.clear_requests();
    let plan = workspace.plan();
    assert!(plan.actions().is_empty(), "{}", plan.text);
    let count = format!(
        "Plan: {} to import, 0 to add, 0 to change, 0 to destroy.",
        blocks.len()
    );
    assert!(folded(&plan.text).contains(&count), "{}", plan.text);
    workspace.apply().expect_success("apply");
    workspace.assert_settled();
    for request in simulator.requests() {
        let is_token = request["service"] == "entra";
        assert!(is_token || request["method"] == "GET", "{request}");
    }
    let principal = &workspace.state()["konnectazure_service_principal.kong"];
    assert_eq!(
        principal["created"], false,
        "a destroy leaves what was imported"
    );
}

// Rows 70, 71 and 73 of docs/user-pains.md: the plan after an import is empty, whoever made the objects.
#[test]
fn what_was_made_by_hand_is_imported_by_any_form_of_its_id_and_changes_nothing() {
    let simulator = Simulator::manual(Seed::Demo);
    let found = made_by_hand(&simulator);
    for form in 0..3 {
        let blocks: Vec<String> = found
            .iter()
            .map(|Found { address, ids, .. }| {
                format!(
                    "import {{\n  to = {address}\n  id = {}\n}}\n",
                    json!(ids[form])
                )
            })
            .collect();
        assert_imports(&simulator, &blocks);
    }
}

// Row 71 of docs/user-pains.md.
#[test]
fn what_was_made_by_hand_is_imported_by_its_identity_and_changes_nothing() {
    let simulator = Simulator::manual(Seed::Demo);
    let found = made_by_hand(&simulator);
    let workspace = Workspace::new(Vec::new());
    let version = workspace
        .run(&["version", "-json"])
        .expect_success("version");
    let version: Json = serde_json::from_str(&version).unwrap();
    let mut parts = version["terraform_version"]
        .as_str()
        .unwrap()
        .split('.')
        .map(str::parse::<u32>);
    let (major, minor) = (
        parts.next().unwrap().unwrap(),
        parts.next().unwrap().unwrap(),
    );
    if (major, minor) < (1, 12) {
        println!("skipped: imports by identity need Terraform 1.12, and this is {major}.{minor}");
        return;
    }
    let blocks: Vec<String> = found
        .iter()
        .map(
            |Found {
                 address, identity, ..
             }| {
                format!("import {{\n  to = {address}\n  identity = {{\n    {identity}\n  }}\n}}\n")
            },
        )
        .collect();
    assert_imports(&simulator, &blocks);
}
