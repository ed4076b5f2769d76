//! Subscriptions, resource groups and the network objects that a peering touches; read only.

use serde_json::{Value, json};

use super::{Outcome, authorize, fault, no_such_path, page, require_scope};
use crate::exchange::{Answer, Call};
use crate::world::{
    AzurePeering, HubConnection, PrivateDnsZone, ResourceGroup, VirtualHub, VirtualNetwork,
    VirtualNetworkLink, World,
};

/// Whether the local cloud has the resource; types it knows nothing of are taken as being there.
pub(super) fn resource_exists(world: &World, id: &str) -> bool {
    let parts: Vec<&str> = id.split('/').filter(|part| !part.is_empty()).collect();
    let [_, _, _, _, _, provider, kind, ..] = parts.as_slice() else {
        return true;
    };
    if !provider.eq_ignore_ascii_case("Microsoft.Network") {
        return true;
    }
    let same = |found: String| super::scope::covers(&found, id);
    match kind.to_ascii_lowercase().as_str() {
        "virtualnetworks" => world
            .virtual_networks
            .iter()
            .any(|network| same(network.id())),
        "virtualhubs" => world.virtual_hubs.iter().any(|hub| same(hub.id())),
        "privatednszones" => world.private_dns_zones.iter().any(|zone| same(zone.id())),
        _ => true,
    }
}

pub(super) fn handle(world: &World, call: &Call, path: &str) -> Outcome {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let words: Vec<String> = parts.iter().map(|part| part.to_ascii_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if call.method != "GET" {
        let text = format!(
            "The local cloud serves [{path}] for reading only; change it through its control port."
        );
        return Err(fault(405, "HttpMethodNotAllowed", text));
    }
    let path = path.trim_end_matches('/');
    match words.as_slice() {
        ["subscriptions"] => {
            let items: Vec<Value> = world
                .subscriptions
                .iter()
                .map(|found| subscription_body(world, &found.id))
                .collect();
            Ok(Answer::json(
                200,
                &page(world, call, &items),
                "subscriptions",
            ))
        }
        ["providers", "microsoft.management", "managementgroups"] => {
            let groups = world.settings.azure.management_groups.iter();
            let items: Vec<Value> = groups.map(|name| management_group_body(name)).collect();
            Ok(Answer::json(
                200,
                &page(world, call, &items),
                "management groups",
            ))
        }
        ["subscriptions", id] => {
            require_scope(world, path)?;
            Ok(Answer::json(
                200,
                &subscription_body(world, id),
                "subscription",
            ))
        }
        ["subscriptions", id, "resourcegroups"] => {
            require_scope(world, path)?;
            let groups = world
                .resource_groups
                .iter()
                .filter(|group| group.subscription_id.eq_ignore_ascii_case(id));
            let items: Vec<Value> = groups.map(group_body).collect();
            Ok(Answer::json(
                200,
                &page(world, call, &items),
                "resource groups",
            ))
        }
        ["subscriptions", subscription, "resourcegroups", name] => {
            require_scope(world, path)?;
            let group = world
                .resource_groups
                .iter()
                .find(|group| {
                    group.subscription_id.eq_ignore_ascii_case(subscription)
                        && group.name.eq_ignore_ascii_case(name)
                })
                .ok_or_else(|| no_such_path(path))?;
            Ok(Answer::json(200, &group_body(group), "resource group"))
        }
        _ => network_objects(world, call, path, &parts, words.as_slice()),
    }
}

fn management_group_body(name: &str) -> Value {
    json!({
        "id": format!("/providers/Microsoft.Management/managementGroups/{name}"),
        "type": "Microsoft.Management/managementGroups",
        "name": name,
        "properties": { "displayName": name },
    })
}

fn network_objects(
    world: &World,
    call: &Call,
    path: &str,
    parts: &[&str],
    words: &[&str],
) -> Outcome {
    let kind_action =
        |kind: &str| authorize(world, &format!("Microsoft.Network/{kind}/read"), path);
    match words {
        [
            "subscriptions",
            subscription,
            "providers",
            "microsoft.network",
            kind,
        ] => {
            require_scope(world, &format!("/subscriptions/{subscription}"))?;
            kind_action(plain_kind(kind))?;
            list(world, call, kind, path, |owner, _| {
                owner.eq_ignore_ascii_case(subscription)
            })
        }
        [
            "subscriptions",
            subscription,
            "resourcegroups",
            group,
            "providers",
            "microsoft.network",
            kind,
        ] => {
            require_scope(
                world,
                &format!("/subscriptions/{subscription}/resourceGroups/{group}"),
            )?;
            kind_action(plain_kind(kind))?;
            list(world, call, kind, path, |owner, name| {
                owner.eq_ignore_ascii_case(subscription) && name.eq_ignore_ascii_case(group)
            })
        }
        [
            "subscriptions",
            _,
            "resourcegroups",
            _,
            "providers",
            "microsoft.network",
            kind,
            _,
            below @ ..,
        ] => {
            let action = below.first().map_or_else(
                || plain_kind(kind).to_owned(),
                |child| format!("{}/{}", plain_kind(kind), plain_kind(child)),
            );
            kind_action(&action)?;
            require_scope(world, path)?;
            let id: String = parts.iter().take(8).flat_map(|part| ["/", part]).collect();
            one(world, call, kind, &id, below, path)
        }
        _ => Err(no_such_path(path)),
    }
}

fn plain_kind(kind: &str) -> &str {
    match kind {
        "virtualnetworks" => "virtualNetworks",
        "virtualhubs" => "virtualHubs",
        "privatednszones" => "privateDnsZones",
        "virtualnetworkpeerings" => "virtualNetworkPeerings",
        "virtualnetworklinks" => "virtualNetworkLinks",
        "hubvirtualnetworkconnections" => "hubVirtualNetworkConnections",
        other => other,
    }
}

fn list(
    world: &World,
    call: &Call,
    kind: &str,
    path: &str,
    within: impl Fn(&str, &str) -> bool,
) -> Outcome {
    let items: Vec<Value> = match kind {
        "virtualnetworks" => {
            let found = world
                .virtual_networks
                .iter()
                .filter(|network| within(&network.subscription_id, &network.resource_group));
            found.map(network_body).collect()
        }
        "virtualhubs" => world
            .virtual_hubs
            .iter()
            .filter(|hub| within(&hub.subscription_id, &hub.resource_group))
            .map(hub_body)
            .collect(),
        "privatednszones" => {
            let found = world
                .private_dns_zones
                .iter()
                .filter(|zone| within(&zone.subscription_id, &zone.resource_group));
            found.map(zone_body).collect()
        }
        _ => return Err(no_such_path(path)),
    };
    Ok(Answer::json(
        200,
        &page(world, call, &items),
        format!("{} {}", items.len(), plain_kind(kind)),
    ))
}

fn one(world: &World, call: &Call, kind: &str, id: &str, below: &[&str], path: &str) -> Outcome {
    let missing = || {
        fault(
            404,
            "ResourceNotFound",
            format!("The Resource '{id}' was not found."),
        )
    };
    let (body, children, child_kind): (Value, Vec<Value>, &str) = match kind {
        "virtualnetworks" => {
            let network = world.virtual_network(id).ok_or_else(missing)?;
            let children = network
                .peerings
                .iter()
                .map(|peering| peering_body(network, peering))
                .collect();
            (network_body(network), children, "virtualnetworkpeerings")
        }
        "virtualhubs" => {
            let hub = world
                .virtual_hubs
                .iter()
                .find(|hub| hub.id().eq_ignore_ascii_case(id))
                .ok_or_else(missing)?;
            let children = hub
                .connections
                .iter()
                .map(|connection| connection_body(hub, connection))
                .collect();
            (hub_body(hub), children, "hubvirtualnetworkconnections")
        }
        "privatednszones" => {
            let zone = world
                .private_dns_zones
                .iter()
                .find(|zone| zone.id().eq_ignore_ascii_case(id))
                .ok_or_else(missing)?;
            (
                zone_body(zone),
                zone.links
                    .iter()
                    .map(|link| link_body(zone, link))
                    .collect(),
                "virtualnetworklinks",
            )
        }
        _ => return Err(no_such_path(path)),
    };
    match below {
        [] => Ok(Answer::json(
            200,
            &body,
            format!(
                "{} {}",
                plain_kind(kind),
                id.rsplit('/').next().unwrap_or_default()
            ),
        )),
        [child] if *child == child_kind => Ok(Answer::json(
            200,
            &page(world, call, &children),
            format!("{} {}", children.len(), plain_kind(child)),
        )),
        [child, name] if *child == child_kind => {
            let named = |item: &&Value| {
                item.get("name")
                    .and_then(Value::as_str)
                    .is_some_and(|found| found.eq_ignore_ascii_case(name))
            };
            let child = children
                .iter()
                .find(named)
                .ok_or_else(|| fault(404, "NotFound", format!("Resource {path} not found.")))?;
            Ok(Answer::json(200, child, (*name).to_owned()))
        }
        _ => Err(no_such_path(path)),
    }
}

fn subscription_body(world: &World, id: &str) -> Value {
    let found = world
        .subscriptions
        .iter()
        .find(|subscription| subscription.id.eq_ignore_ascii_case(id));
    json!({
        "id": format!("/subscriptions/{id}"),
        "subscriptionId": id,
        "tenantId": world.tenant_id,
        "displayName": found.map(|subscription| subscription.display_name.as_str()).unwrap_or_default(),
        "state": "Enabled",
    })
}

fn group_body(group: &ResourceGroup) -> Value {
    json!({
        "id": group.id(),
        "name": group.name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": group.location,
        "properties": { "provisioningState": "Succeeded" },
    })
}

fn network_body(network: &VirtualNetwork) -> Value {
    let id = network.id();
    let etag = format!("W/\"{}\"", network.resource_guid);
    let subnets: Vec<Value> = network
        .subnets
        .iter()
        .map(|subnet| {
            json!({
                "id": format!("{id}/subnets/{}", subnet.name),
                "name": subnet.name,
                "etag": etag,
                "type": "Microsoft.Network/virtualNetworks/subnets",
                "properties": { "provisioningState": "Succeeded", "addressPrefix": subnet.address_prefix },
            })
        })
        .collect();
    let peerings: Vec<Value> = network
        .peerings
        .iter()
        .map(|peering| peering_body(network, peering))
        .collect();
    json!({
        "id": id,
        "name": network.name,
        "type": "Microsoft.Network/virtualNetworks",
        "location": network.location,
        "etag": etag,
        "properties": {
            "provisioningState": "Succeeded",
            "resourceGuid": network.resource_guid,
            "addressSpace": { "addressPrefixes": network.address_prefixes },
            "subnets": subnets,
            "virtualNetworkPeerings": peerings,
        },
    })
}

fn peering_body(network: &VirtualNetwork, peering: &AzurePeering) -> Value {
    let remote = json!({ "addressPrefixes": peering.remote_address_prefixes });
    json!({
        "id": format!("{}/virtualNetworkPeerings/{}", network.id(), peering.name),
        "name": peering.name,
        "type": "Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
        "etag": format!("W/\"{}\"", network.resource_guid),
        "properties": {
            "provisioningState": "Succeeded",
            "peeringState": peering.state,
            "peeringSyncLevel": peering.sync_level,
            "remoteVirtualNetwork": { "id": peering.remote_virtual_network_id },
            "remoteAddressSpace": remote,
            "remoteVirtualNetworkAddressSpace": remote,
            "allowVirtualNetworkAccess": true,
            "allowForwardedTraffic": true,
            "allowGatewayTransit": false,
            "useRemoteGateways": false,
            "doNotVerifyRemoteGateways": false,
            "peerCompleteVnets": true,
        },
    })
}

fn hub_body(hub: &VirtualHub) -> Value {
    let wan = format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Network/virtualWans/wan",
        hub.subscription_id, hub.resource_group
    );
    json!({
        "id": hub.id(),
        "name": hub.name,
        "type": "Microsoft.Network/virtualHubs",
        "location": hub.location,
        "properties": {
            "provisioningState": "Succeeded",
            "routingState": "Provisioned",
            "sku": "Standard",
            "addressPrefix": hub.address_prefix,
            "virtualWan": { "id": wan },
            "virtualHubRouteTableV2s": [],
        },
    })
}

fn connection_body(hub: &VirtualHub, connection: &HubConnection) -> Value {
    json!({
        "id": format!("{}/hubVirtualNetworkConnections/{}", hub.id(), connection.name),
        "name": connection.name,
        "type": "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections",
        "properties": { "provisioningState": "Succeeded", "remoteVirtualNetwork": { "id": connection.remote_virtual_network_id } },
    })
}

fn zone_body(zone: &PrivateDnsZone) -> Value {
    json!({
        "id": zone.id(),
        "name": zone.name,
        "type": "Microsoft.Network/privateDnsZones",
        "location": "global",
        "properties": {
            "provisioningState": "Succeeded",
            "numberOfRecordSets": 1,
            "numberOfVirtualNetworkLinks": zone.links.len(),
            "numberOfVirtualNetworkLinksWithRegistration": zone.links.iter().filter(|link| link.registration_enabled).count(),
        },
    })
}

fn link_body(zone: &PrivateDnsZone, link: &VirtualNetworkLink) -> Value {
    json!({
        "id": format!("{}/virtualNetworkLinks/{}", zone.id(), link.name),
        "name": link.name,
        "type": "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
        "location": "global",
        "properties": {
            "provisioningState": "Succeeded",
            "registrationEnabled": link.registration_enabled,
            "virtualNetworkLinkState": "Completed",
            "virtualNetwork": { "id": link.virtual_network_id },
        },
    })
}
