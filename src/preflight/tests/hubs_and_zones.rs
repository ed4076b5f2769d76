//! The checks of hubs and zones: one fault at a time, and without rights.

use serde_json::json;

use super::super::*;
use super::faults::{Fault, always, assert_found, only_at_apply, only_warned_of};
use super::world::*;
use super::{faults, told};

fn of_hubs() -> Vec<Fault> {
    vec![
        always(
            "no hub",
            CheckId::HubExists,
            |world| drop(world.answers.remove(&hub_id().to_lowercase())),
            &["virtualHubs/wan", "Virtual WAN"],
        ),
        only_warned_of(
            "broken router",
            CheckId::HubExists,
            |world| {
                let mut hub = hub("10.3.0.0/23");
                hub["properties"]["routingState"] = json!("Failed");
                world.set(hub_id(), hub);
            },
            &["its routing state is Failed"],
        ),
        always(
            "hub in the network's block",
            CheckId::AddressSpace,
            |world| world.set(hub_id(), hub("10.64.8.0/23")),
            &["10.64.8.0/23 of the virtual hub overlaps 10.64.0.0/16"],
        ),
        always(
            "hub in a sibling's addresses",
            CheckId::AddressSpace,
            |world| {
                world.set(hub_id(), hub("10.2.8.0/23"));
                world.connections(&[]);
            },
            &[
                "10.2.8.0/23 of the virtual hub overlaps 10.2.0.0/16",
                "billing",
            ],
        ),
        always(
            "a network behind the hub in the network's block",
            CheckId::AddressSpace,
            |world| {
                world.vnet(&["10.64.1.0/24"], &json!([]));
                let orders = vnet_id("orders");
                world.connections(&[&orders]);
            },
            &[
                "10.64.0.0/16 of the Konnect network",
                "virtualNetworks/orders, which the hub is connected with",
            ],
        ),
        only_at_apply(
            "no service principal",
            CheckId::ServicePrincipal,
            |world| world.set(PRINCIPALS, json!({"value": []})),
            &[
                "adminconsent?client_id=",
                "another application for virtual hubs",
            ],
        ),
        only_at_apply(
            "no assignment",
            CheckId::RoleAssignment,
            |world| world.set(below(&hub_id(), "roleAssignments"), json!({"value": []})),
            &["no role", "virtualHubs/wan"],
        ),
        // The vendor shows its list of actions nowhere but in its interface.
        only_warned_of(
            "an action too few",
            CheckId::RoleAssignment,
            |world| {
                world.role(&[
                    "Microsoft.Network/virtualHubs/read",
                    "*/hubVirtualNetworkConnections/read",
                ]);
            },
            &[
                "- Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/write",
                "- Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/delete",
                "virtualHubs/wan",
                "purpose = \"virtual_hub_peering\"",
            ],
        ),
    ]
}

fn zone(domain: &str, state: &str) -> serde_json::Value {
    let config = json!({"kind": "azure-private-hosted-zone-attachment", "domain_name": domain, "peer_vnet_link_name": "Kong"});
    page(&json!([private_dns(state, &config)]))
}

fn of_zones() -> Vec<Fault> {
    vec![
        only_at_apply(
            "no zone",
            CheckId::ZoneExists,
            |world| drop(world.answers.remove(&zone_id().to_lowercase())),
            &["privateDnsZones/corp.example"],
        ),
        always(
            "link taken",
            CheckId::LinkName,
            |world| {
                world.set(
                    link_path(),
                    json!({"id": "/l", "name": "kong", "properties": {"virtualNetwork": {"id": "/mine"}}}),
                );
            },
            &["has a link named \"kong\" already, to /mine"],
        ),
        always(
            "a zone of this name",
            CheckId::ZoneUnique,
            |world| world.set(private_dns_path(), zone("CORP.example", "error")),
            &[
                "a zone of this name already",
                "to = konnectazure_private_hosted_zone.NAME\n  id = \"36ae63d3-efd1-4bec-b246-62aa5d3f5695/0da2a7a4-7d0d-4f0e-9b7e-6d7a3d3d0001\"",
            ],
        ),
        only_warned_of(
            "a mapping of a domain in the zone",
            CheckId::ZoneUnique,
            |world| {
                let config = json!({"kind": "azure-outbound-resolver", "dns_config": {"db.corp.example": {}}});
                world.set(
                    private_dns_path(),
                    page(&json!([private_dns("ready", &config)])),
                );
            },
            &["forward db.corp.example"],
        ),
        only_warned_of(
            "no service principal",
            CheckId::ServicePrincipal,
            |world| world.set(PRINCIPALS, json!({"value": []})),
            &["another application for private DNS"],
        ),
        only_warned_of(
            "an action too few",
            CheckId::RoleAssignment,
            |world| world.role(&["*/read"]),
            &[
                "- Microsoft.Network/privateDnsZones/virtualNetworkLinks/write",
                "privateDnsZones/corp.example",
                "purpose = \"private_dns_link\"",
            ],
        ),
    ]
}

/// Rows 64, 66 and 67 of docs/user-pains.md, for zones.
#[tokio::test(start_paused = true)]
async fn every_fault_is_found_by_its_check_and_by_no_other() {
    for kind in [Kind::VirtualHubPeering, Kind::PrivateHostedZone] {
        for phase in [Phase::Plan, Phase::Apply, Phase::Standalone] {
            let report = run_in(World::sound(), &inputs_of(kind, phase)).await;
            assert_eq!(faults(&report), [""; 0], "{kind:?} at {phase:?}");
        }
    }
    for fault in of_hubs() {
        assert_found(&fault, Kind::VirtualHubPeering).await;
    }
    for fault in of_zones() {
        assert_found(&fault, Kind::PrivateHostedZone).await;
    }
}

/// Whatever stands between may not know hubs or zones at all.
#[tokio::test]
async fn only_the_services_own_word_says_that_a_hub_or_a_zone_is_missing() {
    for (kind, path, check) in [
        (Kind::VirtualHubPeering, hub_id(), CheckId::HubExists),
        (Kind::PrivateHostedZone, zone_id(), CheckId::ZoneExists),
    ] {
        for body in [
            json!({}),
            json!({"error": {"code": "NotFound", "message": "no route"}}),
        ] {
            let mut world = World::sound();
            world.refuse(path.clone(), 404, body);
            let report = run_in(world, &inputs_of(kind, Phase::Apply)).await;
            assert!(report.passed(), "{path}: {:?}", faults(&report));
            assert_eq!(report.check(check).unwrap().status, Status::Warning);
        }
        let mut world = World::sound();
        let gone = json!({"error": {"code": "ResourceGroupNotFound", "message": "gone"}});
        world.refuse(path, 404, gone);
        let report = run_in(world, &inputs_of(kind, Phase::Apply)).await;
        assert_eq!(report.check(check).unwrap().status, Status::Failed);
    }
}

#[tokio::test]
async fn zones_that_go_and_other_domains_are_no_twins() {
    for other in [
        zone("corp.example", "terminating"),
        zone("db.corp.example", "ready"),
    ] {
        let mut world = World::sound();
        world.set(private_dns_path(), other);
        let report = run_in(world, &inputs_of(Kind::PrivateHostedZone, Phase::Apply)).await;
        assert_eq!(faults(&report), [""; 0]);
    }
    let mut world = World::sound();
    world.set(private_dns_path(), zone("corp.example", "ready"));
    world.set(link_path(), json!({"id": "/l", "name": "kong"}));
    let known = Inputs {
        leaving: vec![OWN.to_owned()],
        ..inputs_of(Kind::PrivateHostedZone, Phase::Plan)
    };
    // One that failed is replaced without the provider being told.
    let tainted = Inputs {
        name: Some("other".to_owned()),
        leaving: Vec::new(),
        managed: vec![OWN.to_owned()],
        ..known.clone()
    };
    for replacing in [known.clone(), tainted.clone()] {
        let report = run_in(world.clone(), &replacing).await;
        assert_eq!(faults(&report), ["link_name warning"]);
    }
    // The same name is no proof that it goes, and another one none that it stays.
    for (name, managed, status) in [
        ("other", Vec::new(), "warning"),
        ("renamed", tainted.managed.clone(), "warning"),
        ("renamed", Vec::new(), "failed"),
    ] {
        let inputs = Inputs {
            name: Some(name.to_owned()),
            managed,
            ..tainted.clone()
        };
        let report = run_in(world.clone(), &inputs).await;
        let found = report.check(CheckId::ZoneUnique).unwrap();
        assert_eq!(found.status.as_str(), status, "{name}");
    }
}

#[tokio::test]
async fn without_the_right_to_look_there_is_a_warning_with_its_name_and_never_a_failure() {
    let forbidden =
        json!({"error": {"code": "AuthorizationFailed", "message": "no"}, "title": "Forbidden"});
    let (hub, zone) = (Kind::VirtualHubPeering, Kind::PrivateHostedZone);
    for (kind, path, check, right) in [
        (hub, hub_id(), CheckId::HubExists, "virtualHubs/read"),
        (
            hub,
            below(&hub_id(), "roleAssignments"),
            CheckId::RoleAssignment,
            "roleAssignments/read",
        ),
        (zone, zone_id(), CheckId::ZoneExists, "privateDnsZones/read"),
        (
            zone,
            link_path(),
            CheckId::LinkName,
            "virtualNetworkLinks/read",
        ),
        (
            zone,
            private_dns_path(),
            CheckId::ZoneUnique,
            "Network Admin",
        ),
    ] {
        let mut world = World::sound();
        world.refuse(path.clone(), 403, forbidden.clone());
        let report = run_in(world, &inputs_of(kind, Phase::Apply)).await;
        assert!(report.passed(), "{path}: {:?}", faults(&report));
        assert_eq!(
            report.check(check).unwrap().status,
            Status::Warning,
            "{path}"
        );
        let text = told(&report, check);
        assert!(text.contains(right), "{path}: {text}");
        assert_eq!(report.diagnostics(|_, one| one).iter().count(), 1);
    }
}

/// Row 62.
#[tokio::test]
async fn what_a_network_reaches_is_known_only_where_every_peering_leads_to_a_readable_network() {
    let reached = async |world: World| {
        let both = clients(world);
        let (azure, konnect) = (both.azure.client().unwrap(), both.konnect.client().unwrap());
        let network = NETWORK.parse().unwrap();
        let scope = Scope::detached(std::time::Duration::from_secs(60));
        let reached = reachable(&azure, &konnect, &network, &scope).await;
        reached.map(|spaces| spaces.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let world = World::sound();
    assert_eq!(
        reached(world.clone()).await,
        Some(vec!["10.2.0.0/16".to_owned()])
    );
    let mut blind = world.clone();
    blind.refuse(vnet_id("billing"), 403, json!({}));
    let mut unpeered = world.clone();
    unpeered.gateways(&json!([gateway(SIBLING, "billing", "error")]));
    let mut hub = world;
    let mut attached = gateway(SIBLING, "billing", "ready");
    attached["transit_gateway_attachment_config"]["kind"] = json!("azure-vhub-peering-attachment");
    hub.gateways(&json!([gateway(OWN, "orders", "ready"), attached]));
    for world in [blind, unpeered, hub] {
        assert_eq!(reached(world).await, None);
    }
}
