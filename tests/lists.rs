//! Queries over gRPC against the local cloud. The Terraform at hand may be older than `terraform query`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use konnectazure::provider::KonnectAzure;
use konnectazure::wire::generated::stop_provider;
use serde_json::{Value as Json, json};
use support::core::{Core, Diagnostics, Listed, checked, texts};
use support::simulator::{Seed, Simulator};

const PEERING: &str = "konnectazure_vnet_peering";
const MAPPINGS: &str = "konnectazure_dns_mappings";
const ROLE: &str = "konnectazure_peering_role";
const ASSIGNMENT: &str = "konnectazure_role_assignment";

/// Longer than any test runs: what waits for it never ends by itself.
const FOR_EVER_MS: u64 = 600_000;

/// The provider, configured by the simulator's environment and what a test changes in it.
async fn start_with(cloud: &Simulator, changes: &[(&str, &str)]) -> Core {
    let mut environment: BTreeMap<String, String> = cloud.env().into_iter().collect();
    for (name, value) in changes {
        environment.insert((*name).to_owned(), (*value).to_owned());
    }
    let provider = KonnectAzure::new(move |name| environment.get(name).cloned());
    let mut core = Core::start(provider).await;
    let config = core.provider.nothing();
    assert_eq!(texts(&core.configure(&config).await), [""; 0]);
    core
}

async fn start(cloud: &Simulator) -> Core {
    start_with(cloud, &[]).await
}

fn gateway(cloud: &Simulator, network: &str, name: &str, attachment: &Json) -> Json {
    json!({ "add": "transit_gateway", "object": {
        "network_id": cloud.network_id(network),
        "name": name,
        "transit_gateway_attachment_config": attachment,
    }})
}

fn vnet(cloud: &Simulator, name: &str) -> Json {
    json!({
        "kind": "azure-vnet-peering-attachment",
        "tenant_id": cloud.url("tenant_id"),
        "subscription_id": cloud.url("subscription_id"),
        "resource_group_name": "rg-network",
        "vnet_name": name,
    })
}

/// So many peerings that they come on several pages.
fn add_peerings(cloud: &Simulator, network: &str, count: usize) {
    let added = (0..count).map(|number| {
        let attachment = vnet(cloud, &format!("vnet-{number:03}"));
        gateway(cloud, network, &format!("peering-{number:03}"), &attachment)
    });
    cloud.world(added.collect());
}

fn mappings(cloud: &Simulator, network: &str, name: &str) -> Json {
    json!({ "add": "private_dns", "object": {
        "network_id": cloud.network_id(network),
        "name": name,
        "private_dns_attachment_config": {
            "kind": "azure-outbound-resolver",
            "dns_config": { "corp.example": { "remote_dns_server_ip_addresses": ["10.20.0.4"] } },
        },
    }})
}

/// Refuses or delays the second page of a list in Konnect.
fn hold_second_page(cloud: &Simulator, what: &Json) {
    let mut fault = json!({ "service": "konnect", "path": "page%5Bnumber%5D=2", "times": 0 });
    let fields = fault.as_object_mut().unwrap();
    fields.extend(what.as_object().unwrap().clone());
    cloud.fault(fault);
}

fn forbidden() -> Json {
    let body =
        json!({ "status": 403, "title": "Forbidden", "detail": "no", "instance": "kong:trace:1" });
    json!({ "status": 403, "body": body, "headers": { "content-type": "application/problem+json" } })
}

async fn query(core: &mut Core, type_name: &str, filters: Json) -> (Vec<Listed>, Diagnostics) {
    let filters = core.filters(type_name, &filters);
    core.query(type_name, &filters, 1000, false).await
}

fn names(found: &[Listed]) -> Vec<&str> {
    found.iter().map(|one| one.display_name.as_str()).collect()
}

/// Each object as the query told it and as an import by its identity gives it.
async fn assert_like_imported(core: &mut Core, type_name: &str, filters: Json) -> Vec<Listed> {
    let filters = core.filters(type_name, &filters);
    let (found, diagnostics) = core.query(type_name, &filters, 1000, true).await;
    assert_eq!(texts(&diagnostics), [""; 0]);
    assert!(!found.is_empty());
    for listed in &found {
        let imported = core.import(type_name, "", Some(&listed.identity)).await;
        let imported = imported.unwrap();
        assert_eq!(listed.object.as_ref(), Some(&imported.state));
        assert_eq!(imported.identity.as_ref(), Some(&listed.identity));
    }
    found
}

#[tokio::test]
async fn every_page_is_found_once_and_only_what_is_ours() {
    // Row 85 of docs/user-pains.md.
    let cloud = Simulator::start(Seed::Demo);
    add_peerings(&cloud, "eastus2-prod", 130);
    let transit = json!({ "kind": "aws-transit-gateway-attachment", "transit_gateway_id": "tgw-1", "ram_share_arn": "arn:aws:ram:1" });
    cloud.world(gateway(&cloud, "us-east-2-prod", "other-cloud", &transit));
    add_peerings(&cloud, "eastus2-staging", 1);
    let mut core = start(&cloud).await;

    let (all, diagnostics) = query(&mut core, PEERING, json!({})).await;
    assert_eq!(texts(&diagnostics), [""; 0]);
    assert_eq!(all.len(), 131);
    assert!(names(&all).contains(&"peering-129 (eastus2-prod)"));
    assert!(names(&all).contains(&"peering-000 (eastus2-staging)"));
    let ids: BTreeSet<&str> = all
        .iter()
        .map(|one| one.identity.get("id").unwrap().as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), 131);

    let one = json!({ "network_id": cloud.network_id("eastus2-staging") });
    let (staging, _) = query(&mut core, PEERING, one).await;
    assert_eq!(names(&staging), ["peering-000 (eastus2-staging)"]);
}

#[tokio::test]
async fn objects_of_a_page_arrive_although_the_next_page_never_does() {
    let cloud = Simulator::start(Seed::Demo);
    add_peerings(&cloud, "eastus2-prod", 130);
    hold_second_page(&cloud, &json!({ "delay_ms": FOR_EVER_MS }));
    let mut core = start(&cloud).await;
    let filters = json!({ "network_id": cloud.network_id("eastus2-prod") });
    let filters = core.filters(PEERING, &filters);

    // Left by a host that has enough: nothing is waited for.
    let mut events = core.start_query(PEERING, &filters, 1000, false).await;
    for _ in 0..100 {
        events.message().await.unwrap().unwrap();
    }
    drop(events);

    // Interrupted by the user: the stream says so.
    let mut events = core.start_query(PEERING, &filters, 1000, false).await;
    for _ in 0..100 {
        let event = events.message().await.unwrap().unwrap();
        assert_eq!(checked(event.diagnostic), []);
    }
    let stop = stop_provider::Request {};
    core.client.stop_provider(stop).await.unwrap();
    let event = events.message().await.unwrap().unwrap();
    assert_eq!(
        texts(&checked(event.diagnostic)),
        ["network_id: Cannot list virtual network peerings"]
    );
    assert_eq!(events.message().await.unwrap(), None);
    core.shut_down().await;
}

#[tokio::test]
async fn no_page_is_asked_for_beyond_the_limit() {
    let cloud = Simulator::start(Seed::Demo);
    add_peerings(&cloud, "eastus2-prod", 130);
    let mut core = start(&cloud).await;
    let filters = json!({ "network_id": cloud.network_id("eastus2-prod") });
    let filters = core.filters(PEERING, &filters);
    for (limit, pages) in [(0, 0), (5, 1), (100, 1), (101, 2)] {
        cloud.clear_requests();
        let mut events = core.start_query(PEERING, &filters, limit, false).await;
        let mut count = 0;
        while events.message().await.unwrap().is_some() {
            count += 1;
        }
        assert_eq!(count, limit);
        let asked = cloud.requests_matching("konnect", "GET", "/transit-gateways");
        assert_eq!(asked.len(), pages, "limit {limit}");
    }
}

#[tokio::test]
async fn a_refusal_is_told_after_what_was_found() {
    let cloud = Simulator::start(Seed::Demo);
    add_peerings(&cloud, "eastus2-prod", 130);
    hold_second_page(&cloud, &forbidden());
    let mut core = start(&cloud).await;
    let filters = json!({ "network_id": cloud.network_id("eastus2-prod") });
    let (found, diagnostics) = query(&mut core, PEERING, filters).await;
    assert_eq!(found.len(), 100);
    assert_eq!(
        texts(&diagnostics),
        ["network_id: Cannot list virtual network peerings"]
    );
    let detail = &diagnostics[0].detail;
    assert!(
        detail.contains("403") && detail.contains("Network Admin"),
        "{detail}"
    );
}

#[tokio::test]
async fn networks_that_may_not_be_read_are_named_and_the_others_are_listed() {
    let cloud = Simulator::start(Seed::Demo);
    let networks = ["eastus2-prod", "eastus2-staging"];
    cloud.world(
        networks
            .map(|network| mappings(&cloud, network, "corp"))
            .into_iter()
            .collect(),
    );
    let mut fault = forbidden();
    fault["path"] = json!(format!("{}/private-dns", cloud.network_id("eastus2-prod")));
    fault["times"] = json!(0);
    cloud.fault(fault);
    let mut core = start(&cloud).await;
    let (found, diagnostics) = query(&mut core, MAPPINGS, json!({})).await;
    assert_eq!(names(&found), ["corp (eastus2-staging)"]);
    assert_eq!(texts(&diagnostics), ["Not all DNS mappings are listed"]);
    assert!(diagnostics[0].detail.contains("\n  eastus2-prod\n"));
}

#[tokio::test]
async fn a_token_that_may_read_no_private_dns_is_an_error_in_the_stream() {
    let cloud = Simulator::start(Seed::Demo);
    cloud.world(json!({ "add": "konnect_token", "object": { "token": "spat_viewer", "role": "network-viewer" } }));
    cloud.world(mappings(&cloud, "eastus2-prod", "corp"));
    let mut core = start_with(&cloud, &[("KONNECT_TOKEN", "spat_viewer")]).await;
    for filters in [
        json!({}),
        json!({ "network_id": cloud.network_id("eastus2-prod") }),
    ] {
        let (found, diagnostics) = query(&mut core, MAPPINGS, filters).await;
        assert_eq!(found, []);
        assert_eq!(diagnostics.len(), 1);
        let diagnostic = &diagnostics[0];
        assert_eq!(diagnostic.summary, "Cannot list DNS mappings");
        assert!(
            diagnostic.detail.contains("Network Admin"),
            "{}",
            diagnostic.detail
        );
        assert!(!diagnostic.detail.contains("spat_viewer"));
    }
}

#[tokio::test]
async fn a_network_that_is_not_there_is_the_filters_fault() {
    let cloud = Simulator::start(Seed::Demo);
    let mut core = start(&cloud).await;
    let missing = json!({ "network_id": "6b5e4a6c-32a7-4f0b-9c6e-1f1b0d9f7a21" });
    let (_, diagnostics) = query(&mut core, PEERING, missing).await;
    assert_eq!(
        texts(&diagnostics),
        ["network_id: Cannot list virtual network peerings"]
    );
    cloud.clear_requests();
    let malformed = json!({ "network_id": "eastus2-prod" });
    let (_, diagnostics) = query(&mut core, PEERING, malformed).await;
    assert_eq!(texts(&diagnostics), ["network_id: Invalid network_id"]);
    assert_eq!(cloud.requests(), [Json::Null; 0]);
}

#[tokio::test]
async fn peerings_and_mappings_are_told_as_an_import_reads_them() {
    let cloud = Simulator::start(Seed::Demo);
    cloud.world(gateway(
        &cloud,
        "eastus2-prod",
        "orders",
        &vnet(&cloud, "vnet-orders"),
    ));
    cloud.world(
        json!({ "azure_peering": { "vnet_id": cloud.vnet_id("vnet-orders"), "name": "kong", "set": {
            "remote_address_prefixes": ["10.64.0.0/16"],
        }}}),
    );
    cloud.world(mappings(&cloud, "eastus2-prod", "corp"));
    let mut core = start(&cloud).await;

    let found = assert_like_imported(&mut core, PEERING, json!({})).await;
    assert_eq!(names(&found), ["orders (eastus2-prod)"]);
    let peering = found[0].object.as_ref().unwrap();
    assert_eq!(peering.get("vnet_name"), Some(&"vnet-orders".into()));
    let half = peering.get("azure_peering").unwrap();
    assert_eq!(half.get("state"), Some(&"Connected".into()));

    let found = assert_like_imported(&mut core, MAPPINGS, json!({})).await;
    assert_eq!(names(&found), ["corp (eastus2-prod)"]);
}

#[tokio::test]
async fn azure_is_asked_about_its_half_only_where_the_object_is_wanted() {
    let cloud = Simulator::start(Seed::Demo);
    cloud.world(gateway(
        &cloud,
        "eastus2-prod",
        "orders",
        &vnet(&cloud, "vnet-orders"),
    ));
    let mut core = start(&cloud).await;
    let (found, _) = query(&mut core, PEERING, json!({})).await;
    assert_eq!(found.len(), 1);
    assert_eq!(cloud.requests_matching("arm", "", ""), [Json::Null; 0]);
}

fn add_role(cloud: &Simulator, id: &str, name: &str, actions: &[&str]) {
    cloud.world(
        json!({ "add": "role_definition", "object": { "id": id, "content": {
            "role_name": name,
            "actions": actions,
            "assignable_scopes": [format!("/subscriptions/{}", cloud.url("subscription_id"))],
        }}}),
    );
}

const PEER: [&str; 5] = [
    "Microsoft.Network/virtualNetworks/read",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/read",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/delete",
    "Microsoft.Network/virtualNetworks/peer/action",
];
const OWN_ROLE: &str = "5b1f4f3e-3f0c-4d0e-9c3a-1a2b3c4d5e01";
const WIZARD_ROLE: &str = "5b1f4f3e-3f0c-4d0e-9c3a-1a2b3c4d5e02";
const OTHER_ROLE: &str = "5b1f4f3e-3f0c-4d0e-9c3a-1a2b3c4d5e03";

fn add_roles(cloud: &Simulator) {
    add_role(cloud, OWN_ROLE, "Peers for Kong", &PEER);
    add_role(
        cloud,
        WIZARD_ROLE,
        "Kong Cloud Gateway Peering Creator - Kong",
        &PEER[..2],
    );
    add_role(
        cloud,
        OTHER_ROLE,
        "Reads zones",
        &["Microsoft.Network/privateDnsZones/read"],
    );
}

#[tokio::test]
async fn roles_that_serve_kong_are_listed_over_pages_and_told_as_an_import_reads_them() {
    let cloud = Simulator::start(Seed::Demo);
    add_roles(&cloud);
    cloud.settings(json!({ "azure": { "page_size": 1 } }));
    let mut core = start(&cloud).await;
    let found = assert_like_imported(&mut core, ROLE, json!({})).await;
    assert_eq!(
        names(&found).into_iter().collect::<BTreeSet<_>>(),
        [
            "Kong Cloud Gateway Peering Creator - Kong",
            "Peers for Kong"
        ]
        .into()
    );
    let subscription = json!({ "subscription_id": cloud.url("subscription_id") });
    let (same, _) = query(&mut core, ROLE, subscription).await;
    assert_eq!(names(&same), names(&found));
}

#[tokio::test]
async fn assignments_of_service_principals_at_a_scope_and_below_are_listed() {
    let cloud = Simulator::start(Seed::Demo);
    add_roles(&cloud);
    let principal = cloud.consent()["id"].as_str().unwrap().to_owned();
    let vnet_id = cloud.vnet_id("vnet-orders").to_owned();
    let subscription = format!("/subscriptions/{}", cloud.url("subscription_id"));
    let assignment = |scope: &str, kind: &str| {
        json!({ "add": "role_assignment", "object": {
            "scope": scope, "role_definition": OWN_ROLE, "principal_id": principal, "principal_type": kind,
        }})
    };
    cloud.world(json!([
        assignment(&vnet_id, "ServicePrincipal"),
        assignment(&subscription, "ServicePrincipal"),
        assignment(cloud.vnet_id("vnet-overlap"), "User"),
    ]));
    cloud.settings(json!({ "azure": { "page_size": 1 } }));
    let mut core = start(&cloud).await;

    let group = format!("{subscription}/resourceGroups/rg-network");
    let found = assert_like_imported(&mut core, ASSIGNMENT, json!({ "scope": group })).await;
    assert_eq!(
        names(&found),
        ["Peers for Kong for kong-cgw-azure-vnet-peering-app (vnet-orders)"]
    );
    let all = json!({ "scope": subscription, "principal_id": principal });
    assert_eq!(query(&mut core, ASSIGNMENT, all).await.0.len(), 2);

    // Without names there are ids.
    cloud.settings(json!({ "rights": { "graph_read": false } }));
    let (found, diagnostics) = query(&mut core, ASSIGNMENT, json!({ "scope": group })).await;
    assert_eq!(texts(&diagnostics), [""; 0]);
    assert_eq!(
        names(&found),
        [format!("Peers for Kong for {principal} (vnet-orders)")]
    );
}

#[tokio::test]
async fn a_right_that_is_missing_in_azure_is_told_in_the_stream() {
    let cloud = Simulator::start(Seed::Demo);
    cloud.settings(json!({ "rights": { "role_read": false } }));
    let mut core = start(&cloud).await;
    let scope = cloud.vnet_id("vnet-orders").to_owned();
    let cases = [
        (ROLE, json!({}), "subscription_id: Cannot list Azure roles"),
        (
            ASSIGNMENT,
            json!({ "scope": scope }),
            "scope: Cannot list role assignments at",
        ),
    ];
    for (type_name, filters, expected) in cases {
        let (found, diagnostics) = query(&mut core, type_name, filters).await;
        assert_eq!(found, []);
        let told = texts(&diagnostics);
        assert!(told.len() == 1 && told[0].starts_with(expected), "{told:?}");
        assert!(diagnostics[0].detail.contains("which Reader holds"));
    }
    let (_, diagnostics) = query(&mut core, ASSIGNMENT, json!({ "scope": "vnet-orders" })).await;
    assert_eq!(texts(&diagnostics), ["scope: Invalid scope"]);
}

#[tokio::test]
async fn hub_peerings_and_linked_zones_are_told_as_an_import_reads_them() {
    let cloud = Simulator::start(Seed::Demo);
    let hub = json!({
        "kind": "azure-vhub-peering-attachment",
        "tenant_id": cloud.url("tenant_id"),
        "subscription_id": cloud.url("subscription_id"),
        "resource_group_name": "rg-wan",
        "vhub_name": "hub-eastus2",
    });
    let zone = json!({ "add": "private_dns", "object": {
        "network_id": cloud.network_id("eastus2-prod"),
        "name": "zone",
        "private_dns_attachment_config": {
            "kind": "azure-private-hosted-zone-attachment",
            "domain_name": "corp.example",
            "peer_tenant_id": cloud.url("tenant_id"),
            "peer_subscription_id": cloud.url("subscription_id"),
            "peer_resource_group_id": "rg-network",
            "peer_vnet_link_name": "kong",
        },
    }});
    cloud.world(json!([
        gateway(&cloud, "eastus2-prod", "hub", &hub),
        gateway(&cloud, "eastus2-prod", "vnet", &vnet(&cloud, "vnet-orders")),
        zone,
        mappings(&cloud, "eastus2-prod", "resolver"),
    ]));
    let mut core = start(&cloud).await;
    for (type_name, expected) in [
        ("konnectazure_virtual_hub_peering", "hub (eastus2-prod)"),
        ("konnectazure_private_hosted_zone", "zone (eastus2-prod)"),
    ] {
        let found = assert_like_imported(&mut core, type_name, json!({})).await;
        assert_eq!(names(&found), [expected]);
    }
}
