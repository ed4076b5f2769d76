//! Objects of other providers, taken over by `moved` blocks: nothing changes, and nothing is asked for but reads.
//!
//! The states have the shapes and schema versions of azuread 2 and 3, azurerm 4 and konnect 3.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and writes its JSON in place"
)]

mod support;

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value as Json, json};
use support::simulator::{Seed, Simulator};
use support::terraform::{Workspace, folded};

const ROLE: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
const ASSIGNMENT: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
const DNS_SERVER: &str = "10.20.0.4";

const ACTIONS: [&str; 5] = [
    "Microsoft.Network/virtualNetworks/read",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/read",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/delete",
    "Microsoft.Network/virtualNetworks/peer/action",
];

/// What other providers have made, as their states tell it.
struct Made {
    principal: Json,
    role: Json,
    assignment: Json,
    /// The answers of Konnect.
    gateway: Json,
    resolver: Json,
}

fn created(simulator: &Simulator, path: &str, body: &Json) -> String {
    let answer = simulator.konnect("POST", path, Some(body));
    assert_eq!(answer.status, 201, "{}", answer.body);
    format!("{path}/{}", answer.json()["id"].as_str().unwrap())
}

/// Makes everything as an administrator and other tools would.
fn made(simulator: &Simulator) -> Made {
    let ready = simulator.ready();
    let subscription = format!(
        "/subscriptions/{}",
        ready["subscription_id"].as_str().unwrap()
    );
    let vnet_id = simulator.vnet_id("vnet-orders");
    let principal = simulator.consent();
    let principal_id = principal["id"].as_str().unwrap().to_owned();
    let object_id = &principal_id;

    let role_id =
        format!("{subscription}/providers/Microsoft.Authorization/roleDefinitions/{ROLE}");
    let put = |id: &str, properties: Json| {
        let path = format!("{id}?api-version=2022-04-01");
        let answer = simulator.arm("PUT", &path, Some(&json!({ "properties": properties })));
        assert!(answer.status < 300, "{}", answer.body);
    };
    put(
        &role_id,
        json!({
            "roleName": "Kong peering",
            "description": "Lets Kong's gateways in.",
            "type": "CustomRole",
            "permissions": [{ "actions": ACTIONS, "notActions": [] }],
            "assignableScopes": [subscription],
        }),
    );
    let assignment_id =
        format!("{vnet_id}/providers/Microsoft.Authorization/roleAssignments/{ASSIGNMENT}");
    put(
        &assignment_id,
        json!({ "roleDefinitionId": role_id, "principalId": object_id, "principalType": "ServicePrincipal" }),
    );

    let (gateway, resolver) = connected(simulator);
    Made {
        principal: json!({
            "id": format!("/servicePrincipals/{object_id}"),
            "object_id": object_id,
            "client_id": principal["app_id"],
            "display_name": principal["display_name"],
            "use_existing": true,
            "account_enabled": true,
            "app_role_assignment_required": false,
            "application_tenant_id": simulator.state()["kong_tenant_id"],
            "owners": [],
            "tags": [],
            "timeouts": null,
        }),
        role: json!({
            "id": format!("{role_id}|{subscription}"),
            "role_definition_id": ROLE,
            "role_definition_resource_id": role_id,
            "name": "Kong peering",
            "description": "Lets Kong's gateways in.",
            "scope": subscription,
            "assignable_scopes": [subscription],
            "permissions": [{ "actions": ACTIONS, "not_actions": [], "data_actions": [], "not_data_actions": [] }],
            "timeouts": null,
        }),
        assignment: json!({
            "id": assignment_id,
            "name": ASSIGNMENT,
            "scope": vnet_id,
            "role_definition_id": role_id,
            "role_definition_name": "Kong peering",
            "principal_id": object_id,
            "principal_type": "ServicePrincipal",
            "skip_service_principal_aad_check": null,
            "delegated_managed_identity_resource_id": "",
            "description": "",
            "condition": "",
            "condition_version": "",
            "timeouts": null,
        }),
        gateway,
        resolver,
    }
}

/// Connects the network, lets the time pass until everything is ready, and gives Konnect's answers: peering and resolver.
fn connected(simulator: &Simulator) -> (Json, Json) {
    let ready = simulator.ready();
    let network = format!(
        "/v2/cloud-gateways/networks/{}",
        simulator.network_id("eastus2-prod")
    );
    let gateway = created(
        simulator,
        &format!("{network}/transit-gateways"),
        &json!({
            "name": "orders",
            "transit_gateway_attachment_config": {
                "kind": "azure-vnet-peering-attachment",
                "tenant_id": ready["tenant_id"],
                "subscription_id": ready["subscription_id"],
                "resource_group_name": "rg-network",
                "vnet_name": "vnet-orders",
            },
        }),
    );
    let addresses = json!({ "remote_dns_server_ip_addresses": [DNS_SERVER] });
    let resolver = created(
        simulator,
        &format!("{network}/private-dns"),
        &json!({
            "name": "corp",
            "private_dns_attachment_config": {
                "kind": "azure-outbound-resolver",
                "dns_config": { "orders.corp.example": addresses, "billing.corp.example": addresses },
            },
        }),
    );
    simulator.advance(2 * 60 * 60);
    let read = |path: &str| simulator.konnect("GET", path, None).json();
    (read(&gateway), read(&resolver))
}

/// The state of a transit gateway in Kong's own provider: `half` is the name of the block that holds it.
fn gateway_state(simulator: &Simulator, half: &str, block: &Json) -> Json {
    json!({
        "id": block["id"],
        "network_id": simulator.network_id("eastus2-prod"),
        "name": "orders",
        "state": "initializing",
        "entity_version": 1,
        "created_at": block["created_at"],
        "updated_at": block["created_at"],
        "aws_transit_gateway": null,
        "aws_transit_gateway_response": null,
        "azure_vhub_peering_gateway": null,
        "azure_vhub_peering_gateway_response": null,
        (half): block,
    })
}

fn resolver_state(simulator: &Simulator, half: &str, block: &Json, object: &Json) -> Json {
    json!({
        "id": object["id"],
        "network_id": simulator.network_id("eastus2-prod"),
        "name": "corp",
        "state": "initializing",
        "entity_version": 1,
        "created_at": object["created_at"],
        "updated_at": object["created_at"],
        "aws_private_dns_resolver_response": null,
        (half): block,
    })
}

/// One resource in a state file; the address is `TYPE.NAME`, and a provider without a host is from Terraform's own registry.
fn stored(provider: &str, address: &str, schema_version: i64, attributes: &Json) -> Json {
    let (kind, name) = address.split_once('.').unwrap();
    let host = if provider.matches('/').count() < 2 {
        "registry.terraform.io/"
    } else {
        ""
    };
    json!({
        "mode": "managed",
        "type": kind,
        "name": name,
        "provider": format!("provider[\"{host}{provider}\"]"),
        "instances": [{ "schema_version": schema_version, "attributes": attributes, "sensitive_attributes": [] }],
    })
}

/// Gives the program something to start in place of the other providers: it loads the schemas of every provider that a state names, although a
/// move asks only the one that is moved to.
fn stand_in_for_the_others(workspace: &Workspace, resources: &[Json]) {
    let mut sources: Vec<&str> = resources
        .iter()
        .map(|resource| {
            let provider = resource["provider"].as_str().unwrap();
            provider.split('"').nth(1).unwrap()
        })
        .collect();
    sources.sort_unstable();
    sources.dedup();
    let mut overrides = String::from("dev_overrides {\n");
    for (number, source) in sources.into_iter().enumerate() {
        let stand_ins = workspace.folder().join(format!("other{number}"));
        std::fs::create_dir(&stand_ins).unwrap();
        let name = Path::new(source).file_name().unwrap().to_str().unwrap();
        let program = stand_ins.join(format!(
            "terraform-provider-{name}{}",
            std::env::consts::EXE_SUFFIX
        ));
        let ours = env!("CARGO_BIN_EXE_terraform-provider-konnectazure");
        std::fs::hard_link(ours, &program)
            .or_else(|_| std::fs::copy(ours, &program).map(drop))
            .unwrap();
        writeln!(overrides, "    \"{source}\" = \"{}\"", stand_ins.display()).unwrap();
    }
    let settings = workspace.folder().join("cli.tfrc");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replacen("dev_overrides {\n", &overrides, 1)).unwrap();
}

/// A workspace with this state and no configuration yet.
fn with_state(simulator: &Simulator, resources: &[Json]) -> Workspace {
    let workspace = Workspace::new(simulator.env());
    stand_in_for_the_others(&workspace, resources);
    let state = json!({
        "version": 4,
        "terraform_version": "1.8.0",
        "serial": 7,
        "lineage": "2f1b6c1e-5c0e-4f6b-9a41-0d2b6f7a9c11",
        "outputs": {},
        "resources": resources,
    });
    std::fs::write(
        workspace.folder().join("terraform.tfstate"),
        state.to_string(),
    )
    .unwrap();
    workspace
}

/// A workspace with the example in it, and with this state.
fn migrating(simulator: &Simulator, resources: &[Json]) -> Workspace {
    let workspace = with_state(simulator, resources);
    workspace.copy_example("migrate-from-other-providers");
    let variables = format!(
        "subscription_id = {}\nresource_group_name = \"rg-network\"\nvnet_name = \"vnet-orders\"\nnetwork_id = \"{}\"\ndns_server = \"{DNS_SERVER}\"\n",
        simulator.ready()["subscription_id"],
        simulator.network_id("eastus2-prod"),
    );
    std::fs::write(workspace.folder().join("terraform.tfvars"), variables).unwrap();
    workspace
}

const MOVES: [(&str, &str); 5] = [
    (
        "azuread_service_principal.kong",
        "konnectazure_service_principal.kong",
    ),
    (
        "azurerm_role_definition.kong",
        "konnectazure_peering_role.kong",
    ),
    (
        "azurerm_role_assignment.kong",
        "konnectazure_role_assignment.kong",
    ),
    (
        "konnect_cloud_gateway_transit_gateway.orders",
        "konnectazure_vnet_peering.orders",
    ),
    (
        "konnect_cloud_gateway_private_dns.corp",
        "konnectazure_dns_mappings.corp",
    ),
];

/// That a plan moves everything, changes nothing, and only reads; and that an apply keeps it so.
fn assert_moves(simulator: &Simulator, workspace: &Workspace, moves: &[(&str, &str)]) {
    simulator.clear_requests();
    let unread = workspace
        .try_plan(&["-refresh=false"])
        .unwrap_or_else(|failed| panic!("{}", failed.text));
    assert!(unread.actions().is_empty(), "{}", unread.text);
    let plan = workspace.plan();
    assert!(plan.actions().is_empty(), "{}", plan.text);
    let said = folded(&plan.text);
    for (from, to) in moves {
        assert!(
            said.contains(&format!("{from} has moved to {to}")),
            "{said}"
        );
    }
    workspace.apply().expect_success("apply");
    workspace.assert_settled();
    for request in simulator.requests() {
        let is_token = request["service"] == "entra";
        assert!(is_token || request["method"] == "GET", "{request}");
    }
    let state = workspace.state();
    let addresses: Vec<&String> = state.keys().collect();
    let mut expected: Vec<&str> = moves.iter().map(|(_, to)| *to).collect();
    expected.sort_unstable();
    assert_eq!(addresses, expected);
}

// Row 71 of docs/user-pains.md: with Kong's own provider an import leads into a replacement.
#[test]
fn a_peering_of_the_other_providers_is_taken_over_without_a_change() {
    let simulator = Simulator::manual(Seed::Demo);
    let made = made(&simulator);
    let konnect = "kong/konnect";
    let gateway = gateway_state(&simulator, "azure_transit_gateway_response", &made.gateway);
    let half = "azure_private_dns_resolver_response";
    let resolver = resolver_state(&simulator, half, &made.resolver, &made.resolver);
    let workspace = migrating(
        &simulator,
        &[
            stored("hashicorp/azuread", MOVES[0].0, 1, &made.principal),
            stored("hashicorp/azurerm", MOVES[1].0, 1, &made.role),
            stored("hashicorp/azurerm", MOVES[2].0, 0, &made.assignment),
            stored(konnect, MOVES[3].0, 0, &gateway),
            stored(konnect, MOVES[4].0, 0, &resolver),
        ],
    );
    assert_moves(&simulator, &workspace, &MOVES);

    let state = workspace.state();
    let principal = &state["konnectazure_service_principal.kong"];
    assert_eq!(principal["object_id"], made.principal["object_id"]);
    assert_eq!(principal["created"], false, "it was adopted");
    assert_eq!(principal["tenant_id"], simulator.ready()["tenant_id"]);
    let role = &state["konnectazure_peering_role.kong"];
    assert_eq!(role["role_definition_id"], ROLE);
    assert_eq!(role["created"], true);
    assert_eq!(
        state["konnectazure_role_assignment.kong"]["name"],
        ASSIGNMENT
    );
    let peering = &state["konnectazure_vnet_peering.orders"];
    assert_eq!(peering["id"], made.gateway["id"]);
    assert_eq!(peering["state"], "ready");
    assert_eq!(peering["azure_peering"]["state"], "Connected");
    assert_eq!(state["konnectazure_dns_mappings.corp"]["domain_count"], 2);

    simulator.run_clock(6_000.0);
    simulator.clear_requests();
    workspace.destroy().expect_success("destroy");
    simulator.assert_destroyed_in_order(&[
        "/private-dns/",
        "/transit-gateways/",
        "/roleAssignments/",
        "/roleDefinitions/",
    ]);
    assert!(simulator.objects("transit_gateways").is_empty());
    assert_eq!(
        simulator.objects("service_principals").len(),
        before_us(&simulator) + 1,
        "what was adopted stays"
    );
}

/// How many service principals a tenant has from the start.
fn before_us(simulator: &Simulator) -> usize {
    let ours = simulator.ready()["kong_application_id"].clone();
    let all = simulator.objects("service_principals");
    all.iter()
        .filter(|principal| principal["app_id"] != ours)
        .count()
}

#[test]
fn states_of_earlier_releases_and_configured_halves_are_taken_over_as_well() {
    let simulator = Simulator::manual(Seed::Demo);
    let made = made(&simulator);
    let principal = json!({
        "id": made.principal["object_id"],
        "object_id": made.principal["object_id"],
        "application_id": made.principal["client_id"],
        "use_existing": null,
    });
    let mut role = made.role.clone();
    role["id"] = role["role_definition_resource_id"].take();
    let configured = json!({
        "id": made.gateway["id"],
        "name": "orders",
        "dns_config": null,
        "transit_gateway_attachment_config": made.gateway["transit_gateway_attachment_config"],
    });
    let gateway = gateway_state(&simulator, "azure_transit_gateway", &configured);
    let kinds = json!({
        "azure_private_dns_resolver_attachment_config": made.resolver["private_dns_attachment_config"],
        "azure_private_hosted_zone_attachment_config": null,
    });
    let resolver = resolver_state(
        &simulator,
        "private_dns_attachment_config",
        &kinds,
        &made.resolver,
    );
    let workspace = migrating(
        &simulator,
        &[
            stored("hashicorp/azuread", MOVES[0].0, 0, &principal),
            stored("hashicorp/azurerm", MOVES[1].0, 0, &role),
            stored("hashicorp/azurerm", MOVES[2].0, 0, &made.assignment),
            stored("kong/konnect", MOVES[3].0, 0, &gateway),
            stored("kong/konnect", MOVES[4].0, 0, &resolver),
        ],
    );
    assert_moves(&simulator, &workspace, &MOVES);
    let principal = &workspace.state()["konnectazure_service_principal.kong"];
    assert_eq!(principal["created"], true, "it was not adopted");

    simulator.run_clock(6_000.0);
    simulator.clear_requests();
    workspace.destroy().expect_success("destroy");
    simulator.assert_destroyed_in_order(&[
        "/private-dns/",
        "/transit-gateways/",
        "/roleAssignments/",
        "/roleDefinitions/",
    ]);
    assert_eq!(
        simulator.objects("service_principals").len(),
        before_us(&simulator)
    );
}

/// The block of a hub or zone as it was configured, spelt otherwise than Konnect answers.
fn shouted(mut block: Json, config: &str, key: &str) -> Json {
    let name = block[config][key].as_str().unwrap().to_uppercase();
    block[config][key] = json!(name);
    block
}

/// The states of a peering with a hub and of a zone: both halves of each, spelt differently.
fn hub_and_zone(simulator: &Simulator) -> (Json, Json) {
    let ready = simulator.ready();
    let path = format!(
        "/v2/cloud-gateways/networks/{}",
        simulator.network_id("eastus2-prod")
    );
    let gateway_config = "transit_gateway_attachment_config";
    let hub = json!({ "name": "wan", "dns_config": null, (gateway_config): {
        "kind": "azure-vhub-peering-attachment", "tenant_id": ready["tenant_id"], "subscription_id": ready["subscription_id"],
        "resource_group_name": "rg-wan", "vhub_name": "hub-eastus2",
    }});
    let zone_config = "private_dns_attachment_config";
    let zone = json!({ "name": "zone", (zone_config): {
        "kind": "azure-private-hosted-zone-attachment", "domain_name": "corp.example", "peer_tenant_id": ready["tenant_id"],
        "peer_subscription_id": ready["subscription_id"], "peer_resource_group_id": "rg-network", "peer_vnet_link_name": "kong",
    }});
    let read = |path: &str| simulator.konnect("GET", path, None).json();
    let answered_hub = read(&created(
        simulator,
        &format!("{path}/transit-gateways"),
        &hub,
    ));
    let answered_zone = read(&created(simulator, &format!("{path}/private-dns"), &zone));
    let mut gateway = gateway_state(
        simulator,
        "azure_vhub_peering_gateway_response",
        &answered_hub,
    );
    gateway["azure_vhub_peering_gateway"] = shouted(hub, gateway_config, "vhub_name");
    gateway["name"] = json!("wan");
    let mut private_dns = resolver_state(
        simulator,
        "azure_private_hosted_zone_response",
        &answered_zone,
        &answered_zone,
    );
    let zone = shouted(zone, zone_config, "domain_name");
    private_dns[zone_config] =
        json!({ "azure_private_hosted_zone_attachment_config": zone[zone_config] });
    private_dns["name"] = json!("zone");
    (gateway, private_dns)
}

#[test]
fn hubs_zones_and_timeouts_are_taken_over_from_wherever_the_providers_came() {
    const MOVES: [(&str, &str); 3] = [
        (
            "azurerm_role_assignment.kong",
            "konnectazure_role_assignment.kong",
        ),
        (
            "konnect_cloud_gateway_transit_gateway.wan",
            "konnectazure_virtual_hub_peering.wan",
        ),
        (
            "konnect_cloud_gateway_private_dns.zone",
            "konnectazure_private_hosted_zone.zone",
        ),
    ];
    let simulator = Simulator::manual(Seed::Demo);
    let made = made(&simulator);
    let ready = simulator.ready();
    let network = simulator.network_id("eastus2-prod");
    let (gateway, private_dns) = hub_and_zone(&simulator);
    let mut assignment = made.assignment.clone();
    assignment["timeouts"] =
        json!({ "create": "10m", "read": null, "update": null, "delete": "1h" });
    let workspace = with_state(
        &simulator,
        &[
            stored(
                "registry.opentofu.org/hashicorp/azurerm",
                MOVES[0].0,
                0,
                &assignment,
            ),
            stored("mirror.example:8443/kong/konnect", MOVES[1].0, 0, &gateway),
            stored(
                "registry.opentofu.org/kong/konnect",
                MOVES[2].0,
                0,
                &private_dns,
            ),
        ],
    );
    let blocks: Vec<String> = MOVES
        .iter()
        .map(|(from, to)| format!("moved {{\n  from = {from}\n  to = {to}\n}}\n"))
        .collect();
    workspace.write(&format!(
        r#"
resource "konnectazure_role_assignment" "kong" {{
  scope              = "{vnet_id}"
  role_definition_id = {role_id}
  principal_id       = {principal_id}
  timeouts           = {{ create = "10m", delete = "1h" }}
}}
resource "konnectazure_virtual_hub_peering" "wan" {{
  name                = "wan"
  network_id          = "{network}"
  subscription_id     = {subscription_id}
  resource_group_name = "rg-wan"
  vhub_name           = "hub-eastus2"
}}
resource "konnectazure_private_hosted_zone" "zone" {{
  name                = "zone"
  network_id          = "{network}"
  domain_name         = "corp.example"
  resource_group_name = "rg-network"
  vnet_link_name      = "kong"
}}
{blocks}"#,
        vnet_id = simulator.vnet_id("vnet-orders"),
        subscription_id = ready["subscription_id"],
        role_id = made.assignment["role_definition_id"],
        principal_id = made.assignment["principal_id"],
        blocks = blocks.concat(),
    ));
    assert_moves(&simulator, &workspace, &MOVES);
    let state = workspace.state();
    assert_eq!(state[MOVES[0].1]["timeouts"]["delete"], "1h");
    assert_eq!(state[MOVES[1].1]["id"], gateway["id"]);
    assert_eq!(state[MOVES[2].1]["id"], private_dns["id"]);
}

#[test]
fn an_object_of_another_cloud_is_refused_and_stays_where_it_is() {
    let simulator = Simulator::manual(Seed::Demo);
    let answer = json!({
        "id": "d2c1b0a9-8f7e-4d6c-b5a4-938271605f4e",
        "name": "orders",
        "state": "ready",
        "transit_gateway_attachment_config": { "kind": "aws-transit-gateway-attachment" },
    });
    let gateway = gateway_state(&simulator, "aws_transit_gateway_response", &answer);
    let workspace = migrating(
        &simulator,
        &[stored("kong/konnect", MOVES[3].0, 0, &gateway)],
    );
    let said = match workspace.try_plan(&[]) {
        Ok(plan) => panic!("the plan should have failed:\n{}", plan.text),
        Err(failed) => folded(&failed.text),
    };
    assert!(
        said.contains("aws-transit-gateway-attachment") && said.contains("another cloud"),
        "{said}"
    );
    let state = std::fs::read_to_string(workspace.folder().join("terraform.tfstate")).unwrap();
    assert!(
        state.contains("konnect_cloud_gateway_transit_gateway"),
        "{state}"
    );
}
