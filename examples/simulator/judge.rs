//! Azure's side of a peering or a zone link: may Kong's application make it, and would it work?

use ipnet::IpNet;

use crate::arm::scope::{allows, covers};
use crate::clock::Moment;
use crate::world::{PrivateDns, ServicePrincipal, TransitGateway, World};

const VIRTUAL_NETWORK_ACTIONS: [&str; 5] = [
    "Microsoft.Network/virtualNetworks/read",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/read",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/delete",
    "Microsoft.Network/virtualNetworks/peer/action",
];
const VIRTUAL_HUB_ACTIONS: [&str; 4] = [
    "Microsoft.Network/virtualHubs/read",
    "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/read",
    "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/write",
    "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/delete",
];
const PRIVATE_DNS_ACTIONS: [&str; 4] = [
    "Microsoft.Network/privateDnsZones/read",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks/read",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks/write",
    "Microsoft.Network/privateDnsZones/virtualNetworkLinks/delete",
];

pub(crate) struct Refusal {
    pub(crate) reason: String,
    /// The application has no service principal in the tenant.
    pub(crate) missing_consent: bool,
}

impl Refusal {
    fn because(reason: String) -> Self {
        Self {
            reason,
            missing_consent: false,
        }
    }
}

/// Whether a peering can be made at `at`. Kinds of other clouds always can.
pub(crate) fn peering(world: &World, gateway: &TransitGateway, at: Moment) -> Result<(), Refusal> {
    let konnect = &world.settings.konnect;
    if let Some(id) = gateway.virtual_network_id() {
        let principal = principal(
            world,
            &konnect.vnet_application,
            gateway.config("tenant_id"),
        )?;
        let subscription = gateway.config("subscription_id");
        let found = exists(
            world,
            subscription,
            gateway.config("resource_group_name"),
            world.virtual_network(&id).is_some(),
            &id,
        );
        permitted(world, principal, &VIRTUAL_NETWORK_ACTIONS, &id, at)?;
        found?;
        return disjoint_network(world, gateway, &id);
    }
    if let Some(id) = gateway.virtual_hub_id() {
        let principal = principal(world, &konnect.hub_application, gateway.config("tenant_id"))?;
        let hub = world
            .virtual_hubs
            .iter()
            .find(|hub| hub.id().eq_ignore_ascii_case(&id));
        let subscription = gateway.config("subscription_id");
        let found = exists(
            world,
            subscription,
            gateway.config("resource_group_name"),
            hub.is_some(),
            &id,
        );
        permitted(world, principal, &VIRTUAL_HUB_ACTIONS, &id, at)?;
        found?;
        let prefixes: Vec<String> = hub
            .map(|hub| hub.address_prefix.clone())
            .into_iter()
            .collect();
        return disjoint(world, gateway, &prefixes, &format!("virtual hub [{id}]"));
    }
    Ok(())
}

/// Whether a private DNS object works at `at`.
pub(crate) fn private_dns(world: &World, object: &PrivateDns, at: Moment) -> Result<(), Refusal> {
    if let Some(id) = object.zone_id() {
        let principal = principal(
            world,
            &world.settings.konnect.dns_application,
            object.config("peer_tenant_id"),
        )?;
        let zone = world
            .private_dns_zones
            .iter()
            .find(|zone| zone.id().eq_ignore_ascii_case(&id));
        let subscription = object.config("peer_subscription_id");
        let found = exists(
            world,
            subscription,
            object.config("peer_resource_group_id"),
            zone.is_some(),
            &id,
        );
        permitted(world, principal, &PRIVATE_DNS_ACTIONS, &id, at)?;
        found?;
        let link = object.config("peer_vnet_link_name");
        let taken = zone.is_some_and(|zone| {
            zone.links.iter().any(|other| {
                other.name.eq_ignore_ascii_case(link) && other.private_dns_id != object.id
            })
        });
        if taken {
            return Err(Refusal::because(format!(
                "A virtual network link named [{link}] already exists in private DNS zone [{id}]."
            )));
        }
        let twin = world.private_dns.iter().find(|other| {
            other.id != object.id
                && other.network_id == object.network_id
                && other.state == "ready"
                && other.zone_id().is_some()
                && other
                    .config("domain_name")
                    .eq_ignore_ascii_case(object.config("domain_name"))
        });
        return twin.map_or(Ok(()), |other| {
            let domain = object.config("domain_name");
            let reason = format!("The network is already linked to a zone named [{domain}] by [{}]: overlapping namespaces.", other.name);
            Err(Refusal::because(reason))
        });
    }
    let domains = object
        .private_dns_attachment_config
        .get("dns_config")
        .and_then(serde_json::Value::as_object);
    for (domain, target) in domains.into_iter().flatten() {
        let addresses = target
            .get("remote_dns_server_ip_addresses")
            .and_then(serde_json::Value::as_array);
        let bad = addresses.into_iter().flatten().find(|address| {
            address
                .as_str()
                .is_none_or(|text| text.parse::<std::net::IpAddr>().is_err())
        });
        if let Some(address) = bad {
            return Err(Refusal::because(format!(
                "Forwarding for [{domain}] failed: {address} is not an IP address."
            )));
        }
    }
    Ok(())
}

fn principal<'world>(
    world: &'world World,
    app_id: &str,
    tenant_id: &str,
) -> Result<&'world ServicePrincipal, Refusal> {
    if !tenant_id.eq_ignore_ascii_case(&world.tenant_id) {
        return Err(Refusal::because(format!(
            "AADSTS90002: Tenant '{tenant_id}' not found."
        )));
    }
    let principal = world
        .service_principals
        .iter()
        .find(|principal| principal.app_id.eq_ignore_ascii_case(app_id));
    let Some(principal) = principal else {
        return Err(Refusal {
            reason: format!(
                "AADSTS7000229: The client application {app_id} is missing service principal in the tenant {tenant_id}. \
                 An administrator of the tenant must grant consent to the application."
            ),
            missing_consent: true,
        });
    };
    if principal.account_enabled {
        Ok(principal)
    } else {
        Err(Refusal::because(format!(
            "AADSTS7000112: Application '{app_id}' ({}) is disabled.",
            principal.display_name
        )))
    }
}

fn permitted(
    world: &World,
    principal: &ServicePrincipal,
    actions: &[&str],
    scope: &str,
    at: Moment,
) -> Result<(), Refusal> {
    let missing: Vec<&str> = actions
        .iter()
        .copied()
        .filter(|action| !allows(world, &principal.id, action, scope, at))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Refusal::because(format!(
        "AuthorizationFailed: The client '{}' with object id '{}' does not have authorization to perform action(s) '{}' over scope '{scope}'.",
        principal.app_id,
        principal.id,
        missing.join("', '"),
    )))
}

fn exists(
    world: &World,
    subscription: &str,
    resource_group: &str,
    found: bool,
    id: &str,
) -> Result<(), Refusal> {
    if !world.has_subscription(subscription) {
        return Err(Refusal::because(format!(
            "SubscriptionNotFound: The subscription '{subscription}' could not be found."
        )));
    }
    if !world.has_resource_group(subscription, resource_group) {
        return Err(Refusal::because(format!(
            "ResourceGroupNotFound: Resource group '{resource_group}' could not be found."
        )));
    }
    if found {
        Ok(())
    } else {
        Err(Refusal::because(format!(
            "ResourceNotFound: The Resource '{id}' was not found."
        )))
    }
}

fn disjoint_network(world: &World, gateway: &TransitGateway, id: &str) -> Result<(), Refusal> {
    let Some(network) = world.virtual_network(id) else {
        return Ok(());
    };
    disjoint(
        world,
        gateway,
        &network.address_prefixes,
        &format!("virtual network [{id}]"),
    )?;
    let block = world
        .network(&gateway.network_id)
        .map(|network| network.cidr_block.clone())
        .unwrap_or_default();
    let foreign = network
        .peerings
        .iter()
        .filter(|peering| peering.transit_gateway_id != gateway.id);
    for peering in foreign {
        if let Some(prefix) = peering
            .remote_address_prefixes
            .iter()
            .find(|prefix| overlap(prefix, &block))
        {
            return Err(Refusal::because(format!(
                "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet: Address space [{block}] of the network overlaps with [{prefix}] of a virtual \
                 network already peered with [{id}] by [{}].",
                peering.name
            )));
        }
    }
    Ok(())
}

/// `prefixes` against the network's own block and against everything else peered with the network.
fn disjoint(
    world: &World,
    gateway: &TransitGateway,
    prefixes: &[String],
    what: &str,
) -> Result<(), Refusal> {
    let block = world
        .network(&gateway.network_id)
        .map(|network| network.cidr_block.clone())
        .unwrap_or_default();
    if let Some(prefix) = prefixes.iter().find(|prefix| overlap(prefix, &block)) {
        return Err(Refusal::because(format!(
            "VnetAddressSpacesOverlap: Address space [{prefix}] of {what} overlaps with address space [{block}] of the network."
        )));
    }
    let others = world.transit_gateways.iter().filter(|other| {
        other.id != gateway.id && other.network_id == gateway.network_id && other.state == "ready"
    });
    for other in others {
        let Some(peered) = other
            .virtual_network_id()
            .and_then(|id| world.virtual_network(&id))
        else {
            continue;
        };
        let clash = prefixes.iter().find(|prefix| {
            peered
                .address_prefixes
                .iter()
                .any(|taken| overlap(prefix, taken))
        });
        if let Some(prefix) = clash {
            return Err(Refusal::because(format!(
                "VnetAddressSpaceOverlapsWithAlreadyPeeredVnet: Address space [{prefix}] of {what} overlaps with virtual network [{}], already \
                 peered with the network by [{}].",
                peered.name, other.name
            )));
        }
    }
    Ok(())
}

pub(crate) fn overlap(left: &str, right: &str) -> bool {
    match (left.parse::<IpNet>(), right.parse::<IpNet>()) {
        (Ok(left), Ok(right)) => {
            left.contains(&right.trunc())
                || right.contains(&left.trunc())
                || left.trunc() == right.trunc()
        }
        _ => false,
    }
}

/// Whether any lock lies at or above the scope.
pub(crate) fn locked<'world>(world: &'world World, scope: &str) -> Option<&'world str> {
    world
        .locks
        .iter()
        .find(|lock| covers(&lock.scope, scope))
        .map(|lock| lock.scope.as_str())
}
