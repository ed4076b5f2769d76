//! How objects move from state to state as the clock passes, and what Azure's side shows of it.

use serde_json::{Map, Value, json};

use crate::clock::{self, Moment};
use crate::judge::{self, Refusal};
use crate::world::{
    AzurePeering, HubConnection, Network, Step, TransitGateway, VirtualNetworkLink, World,
};

#[derive(Clone, Copy)]
enum Subject {
    Network,
    TransitGateway,
    PrivateDns,
}

/// A step to a moment `seconds` after `at`.
pub(crate) fn step(at: Moment, seconds: i64, to: &str) -> Step {
    Step {
        at: at.saturating_add(seconds.saturating_mul(1000)),
        to: to.to_owned(),
    }
}

/// Brings every object up to `now`, in the order in which its changes fell due.
pub(crate) fn settle(world: &mut World, now: Moment) {
    while let Some((subject, id, due)) = earliest_due(world, now) {
        match subject {
            Subject::Network => advance_network(world, &id, &due),
            Subject::TransitGateway => advance_transit_gateway(world, &id, &due),
            Subject::PrivateDns => advance_private_dns(world, &id, &due),
        }
    }
    heal(world, now);
}

fn earliest_due(world: &World, now: Moment) -> Option<(Subject, String, Step)> {
    let networks = world
        .networks
        .iter()
        .map(|object| (Subject::Network, &object.id, &object.next));
    let gateways = world
        .transit_gateways
        .iter()
        .map(|object| (Subject::TransitGateway, &object.id, &object.next));
    let private_dns = world
        .private_dns
        .iter()
        .map(|object| (Subject::PrivateDns, &object.id, &object.next));
    networks
        .chain(gateways)
        .chain(private_dns)
        .filter_map(|(subject, id, next)| next.as_ref().map(|step| (subject, id, step)))
        .filter(|(_, _, step)| step.at <= now)
        .min_by_key(|(_, _, step)| step.at)
        .map(|(subject, id, step)| (subject, id.clone(), step.clone()))
}

/// Sets the state of a network, transit gateway or private DNS object and counts the change.
macro_rules! enter {
    ($object:expr, $state:expr, $metadata:expr, $next:expr) => {{
        $object.state = $state.to_owned();
        $object.state_metadata = $metadata;
        $object.next = $next;
        $object.entity_version += 1;
        $object.updated_at = clock::konnect_timestamp();
    }};
}

fn reported(status: &str, reason: Option<&str>) -> Map<String, Value> {
    let mut metadata = Map::new();
    metadata.insert("reported_status".to_owned(), json!(status));
    if let Some(reason) = reason {
        metadata.insert("reason".to_owned(), json!(reason));
    }
    metadata
}

fn advance_network(world: &mut World, id: &str, due: &Step) {
    if due.to == "gone" {
        world.networks.retain(|network| network.id != id);
        return;
    }
    let durations = world.settings.durations.clone();
    let Some(network) = world.networks.iter_mut().find(|network| network.id == id) else {
        return;
    };
    match due.to.as_str() {
        "initializing" => {
            enter!(
                network,
                "initializing",
                reported("CREATING", None),
                Some(step(due.at, durations.network_initializing, "ready"))
            );
        }
        "terminated" => enter!(
            network,
            "terminated",
            reported("DELETED", None),
            Some(step(due.at, durations.terminated, "gone"))
        ),
        state => enter!(network, state, reported(&state.to_uppercase(), None), None),
    }
}

fn advance_transit_gateway(world: &mut World, id: &str, due: &Step) {
    if due.to == "gone" {
        world.transit_gateways.retain(|gateway| gateway.id != id);
        drop_orphans(world);
        return;
    }
    let durations = world.settings.durations.clone();
    let outcome = world.settings.konnect.peering_outcome.clone();
    let Some(gateway) = world
        .transit_gateways
        .iter()
        .find(|gateway| gateway.id == id)
        .cloned()
    else {
        return;
    };
    let verdict = if outcome == "judged" {
        judge::peering(world, &gateway, due.at)
    } else {
        Ok(())
    };
    if due.to == "check" && verdict.is_ok() {
        make_azure_half(world, &gateway, "Initiated");
    }
    if due.to == "ready" && verdict.is_ok() {
        make_azure_half(world, &gateway, "Connected");
    }
    if due.to == "terminated" {
        drop_azure_half(world, &gateway.id);
    }
    let missing_consent_state = world.settings.konnect.missing_consent_state.clone();
    let Some(gateway) = world
        .transit_gateways
        .iter_mut()
        .find(|gateway| gateway.id == id)
    else {
        return;
    };
    match (due.to.as_str(), verdict) {
        ("initializing", _) => {
            enter!(
                gateway,
                "initializing",
                reported("CREATING", None),
                Some(step(due.at, durations.peering_check, "check"))
            );
        }
        ("check" | "ready", Err(refusal)) => {
            refuse_gateway(gateway, &refusal, &missing_consent_state);
        }
        ("check", Ok(())) if outcome != "judged" && outcome != "ready" => {
            enter!(
                gateway,
                outcome,
                reported(
                    &outcome.to_uppercase(),
                    Some("Scripted outcome of the local cloud.")
                ),
                None
            );
        }
        ("check", Ok(())) => {
            let rest = durations
                .peering_initializing
                .saturating_sub(durations.peering_check)
                .max(0);
            gateway.next = Some(step(due.at, rest, "ready"));
        }
        ("terminated", _) => enter!(
            gateway,
            "terminated",
            reported("DELETED", None),
            Some(step(due.at, durations.terminated, "gone"))
        ),
        (state, _) => enter!(gateway, state, reported(&state.to_uppercase(), None), None),
    }
}

fn refuse_gateway(gateway: &mut TransitGateway, refusal: &Refusal, missing_consent_state: &str) {
    let state = if refusal.missing_consent {
        missing_consent_state
    } else {
        "error"
    };
    let status = if state == "error" { "ERROR" } else { "PENDING" };
    enter!(
        gateway,
        state,
        reported(status, Some(&refusal.reason)),
        None
    );
}

fn advance_private_dns(world: &mut World, id: &str, due: &Step) {
    if due.to == "gone" {
        world.private_dns.retain(|object| object.id != id);
        drop_orphans(world);
        return;
    }
    let durations = world.settings.durations.clone();
    let outcome = world.settings.konnect.private_dns_outcome.clone();
    let Some(object) = world
        .private_dns
        .iter()
        .find(|object| object.id == id)
        .cloned()
    else {
        return;
    };
    let verdict = if due.to == "ready" && outcome == "judged" {
        judge::private_dns(world, &object, due.at)
    } else {
        Ok(())
    };
    if due.to == "ready" && verdict.is_ok() {
        link_zone(
            world,
            &object.zone_id().unwrap_or_default(),
            object.config("peer_vnet_link_name"),
            &object.id,
            &object.network_id,
        );
    }
    let initializing = if object.config("kind").ends_with("outbound-resolver") {
        durations.resolver_initializing
    } else {
        durations.hosted_zone_initializing
    };
    let Some(object) = world.private_dns.iter_mut().find(|object| object.id == id) else {
        return;
    };
    match (due.to.as_str(), verdict) {
        ("initializing", _) => enter!(
            object,
            "initializing",
            reported("CREATING", None),
            Some(step(due.at, initializing, "ready"))
        ),
        ("ready", Err(refusal)) => enter!(
            object,
            "error",
            reported("ERROR", Some(&refusal.reason)),
            None
        ),
        ("ready", Ok(())) if outcome != "judged" && outcome != "ready" => {
            enter!(
                object,
                outcome,
                reported(
                    &outcome.to_uppercase(),
                    Some("Scripted outcome of the local cloud.")
                ),
                None
            );
        }
        ("terminated", _) => enter!(
            object,
            "terminated",
            reported("DELETED", None),
            Some(step(due.at, durations.terminated, "gone"))
        ),
        (state, _) => enter!(object, state, reported(&state.to_uppercase(), None), None),
    }
}

/// Peerings that wait for the user go on once the user has acted; those in `error` too, where that is switched on.
fn heal(world: &mut World, now: Moment) {
    let heals = |gateway: &&TransitGateway| {
        gateway.next.is_none()
            && ((gateway.state == "pending-user-action"
                && world.settings.konnect.peering_outcome == "judged")
                || (gateway.state == "error" && world.settings.konnect.error_heals))
    };
    let healed: Vec<TransitGateway> = world
        .transit_gateways
        .iter()
        .filter(heals)
        .filter(|gateway| {
            gateway.virtual_network_id().is_some() || gateway.virtual_hub_id().is_some()
        })
        .filter(|gateway| judge::peering(world, gateway, now).is_ok())
        .cloned()
        .collect();
    for gateway in healed {
        make_azure_half(world, &gateway, "Connected");
        if let Some(gateway) = world
            .transit_gateways
            .iter_mut()
            .find(|other| other.id == gateway.id)
        {
            enter!(gateway, "ready", reported("READY", None), None);
        }
    }
}

/// What a new network does next.
pub(crate) fn start_network(world: &World, network: &mut Network, now: Moment) {
    let durations = &world.settings.durations;
    match network.state.as_str() {
        "created" => network.next = Some(step(now, durations.created, "initializing")),
        "initializing" => {
            network.state_metadata = reported("CREATING", None);
            network.next = Some(step(now, durations.network_initializing, "ready"));
        }
        _ => network.next = None,
    }
}

pub(crate) fn first_peering_step(world: &World, state: &str, now: Moment) -> Step {
    match state {
        "created" => step(now, world.settings.durations.created, "initializing"),
        _ => step(now, world.settings.durations.peering_check, "check"),
    }
}

pub(crate) fn first_private_dns_step(world: &World, state: &str, kind: &str, now: Moment) -> Step {
    let durations = &world.settings.durations;
    match state {
        "created" => step(now, durations.created, "initializing"),
        _ if kind.ends_with("outbound-resolver") => {
            step(now, durations.resolver_initializing, "ready")
        }
        _ => step(now, durations.hosted_zone_initializing, "ready"),
    }
}

fn last_step(world: &World, now: Moment, seconds: i64) -> Step {
    step(
        now,
        seconds,
        if world.settings.durations.terminated > 0 {
            "terminated"
        } else {
            "gone"
        },
    )
}

pub(crate) fn terminate_network(world: &mut World, id: &str, now: Moment) {
    let next = Some(last_step(
        world,
        now,
        world.settings.durations.network_terminating,
    ));
    if world.settings.konnect.delete_immediately {
        world.networks.retain(|network| network.id != id);
    } else if let Some(network) = world.networks.iter_mut().find(|network| network.id == id) {
        enter!(network, "terminating", reported("DELETING", None), next);
    }
}

pub(crate) fn terminate_transit_gateway(world: &mut World, id: &str, now: Moment) {
    let next = Some(last_step(
        world,
        now,
        world.settings.durations.peering_terminating,
    ));
    if world.settings.konnect.delete_immediately {
        world.transit_gateways.retain(|gateway| gateway.id != id);
        drop_orphans(world);
    } else if let Some(gateway) = world
        .transit_gateways
        .iter_mut()
        .find(|gateway| gateway.id == id)
    {
        enter!(gateway, "terminating", reported("DELETING", None), next);
    }
}

pub(crate) fn terminate_private_dns(world: &mut World, id: &str, now: Moment) {
    let next = Some(last_step(
        world,
        now,
        world.settings.durations.private_dns_terminating,
    ));
    if world.settings.konnect.delete_immediately {
        world.private_dns.retain(|object| object.id != id);
        drop_orphans(world);
    } else if let Some(object) = world.private_dns.iter_mut().find(|object| object.id == id) {
        enter!(object, "terminating", reported("DELETING", None), next);
    }
}

/// Kong's virtual network behind a Konnect network, in Kong's own tenant.
pub(crate) fn kong_virtual_network_id(network_id: &str) -> String {
    let short = network_id.split('-').next().unwrap_or("network");
    format!(
        "/subscriptions/5b1f0c2e-6a77-4f0d-9f5b-0d7f3c1a9e44/resourceGroups/kong-cgw-{short}/providers/Microsoft.Network/virtualNetworks/kong-cgw-{short}"
    )
}

fn make_azure_half(world: &mut World, gateway: &TransitGateway, state: &str) {
    let remote_virtual_network_id = kong_virtual_network_id(&gateway.network_id);
    let name = format!("kong-{}", gateway.id.split('-').next().unwrap_or("peering"));
    let remote_address_prefixes: Vec<String> = world
        .network(&gateway.network_id)
        .map(|network| network.cidr_block.clone())
        .into_iter()
        .collect();
    if let Some(id) = gateway.virtual_network_id()
        && let Some(network) = world
            .virtual_networks
            .iter_mut()
            .find(|network| network.id().eq_ignore_ascii_case(&id))
    {
        network
            .peerings
            .retain(|peering| peering.transit_gateway_id != gateway.id);
        network.peerings.push(AzurePeering {
            name: name.clone(),
            state: state.to_owned(),
            sync_level: if state == "Connected" {
                "FullyInSync"
            } else {
                "RemoteNotInSync"
            }
            .to_owned(),
            remote_virtual_network_id: remote_virtual_network_id.clone(),
            remote_address_prefixes,
            transit_gateway_id: gateway.id.clone(),
        });
    }
    if let Some(id) = gateway.virtual_hub_id()
        && let Some(hub) = world
            .virtual_hubs
            .iter_mut()
            .find(|hub| hub.id().eq_ignore_ascii_case(&id))
    {
        hub.connections
            .retain(|connection| connection.transit_gateway_id != gateway.id);
        hub.connections.push(HubConnection {
            name,
            remote_virtual_network_id,
            transit_gateway_id: gateway.id.clone(),
        });
    }
}

fn drop_azure_half(world: &mut World, gateway_id: &str) {
    for network in &mut world.virtual_networks {
        network
            .peerings
            .retain(|peering| peering.transit_gateway_id != gateway_id);
    }
    for hub in &mut world.virtual_hubs {
        hub.connections
            .retain(|connection| connection.transit_gateway_id != gateway_id);
    }
}

fn link_zone(world: &mut World, zone_id: &str, name: &str, private_dns_id: &str, network_id: &str) {
    if let Some(zone) = world
        .private_dns_zones
        .iter_mut()
        .find(|zone| zone.id().eq_ignore_ascii_case(zone_id))
    {
        zone.links
            .retain(|link| link.private_dns_id != private_dns_id);
        zone.links.push(VirtualNetworkLink {
            name: name.to_owned(),
            virtual_network_id: kong_virtual_network_id(network_id),
            registration_enabled: false,
            private_dns_id: private_dns_id.to_owned(),
        });
    }
}

/// Removes what Konnect made for objects that are gone.
pub(crate) fn drop_orphans(world: &mut World) {
    let networks: Vec<String> = world
        .networks
        .iter()
        .map(|network| network.id.clone())
        .collect();
    world
        .transit_gateways
        .retain(|gateway| networks.contains(&gateway.network_id));
    world
        .private_dns
        .retain(|object| networks.contains(&object.network_id));
    let gateways: Vec<String> = world
        .transit_gateways
        .iter()
        .map(|gateway| gateway.id.clone())
        .collect();
    let private_dns: Vec<String> = world
        .private_dns
        .iter()
        .map(|object| object.id.clone())
        .collect();
    let alive = |owner: &String, owners: &[String]| owner.is_empty() || owners.contains(owner);
    for network in &mut world.virtual_networks {
        network
            .peerings
            .retain(|peering| alive(&peering.transit_gateway_id, &gateways));
    }
    for hub in &mut world.virtual_hubs {
        hub.connections
            .retain(|connection| alive(&connection.transit_gateway_id, &gateways));
    }
    for zone in &mut world.private_dns_zones {
        zone.links
            .retain(|link| alive(&link.private_dns_id, &private_dns));
    }
}
