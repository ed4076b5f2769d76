//! Dedicated Cloud Gateway networks.

use ipnet::IpNet;
use serde_json::{Map, Value, json};

use super::accounts::{self, Region};
use super::check::{self, Check};
use super::paging::{self, Filterable};
use super::problem::Problem;
use super::{Outcome, Request};
use crate::clock;
use crate::exchange::Answer;
use crate::judge::overlap;
use crate::progress;
use crate::world::{Network, World, new_id};

const STATES: [&str; 6] = [
    "created",
    "initializing",
    "offline",
    "ready",
    "terminating",
    "terminated",
];
const FILTERS: [Filterable; 2] = [
    Filterable {
        key: "name",
        states: None,
        bare: false,
    },
    Filterable {
        key: "state",
        states: Some(&STATES),
        bare: false,
    },
];

pub(crate) fn body(world: &World, network: &Network) -> Value {
    let gateways = world
        .transit_gateways
        .iter()
        .filter(|gateway| gateway.network_id == network.id)
        .count();
    let references = world
        .configuration_references
        .iter()
        .filter(|reference| reference.network_id == network.id)
        .count();
    let mut body = json!({
        "id": network.id,
        "name": network.name,
        "default": network.default,
        "cloud_gateway_provider_account_id": network.cloud_gateway_provider_account_id,
        "region": network.region,
        "availability_zones": network.availability_zones,
        "cidr_block": network.cidr_block,
        "provider_metadata": network.provider_metadata,
        "state": network.state,
        "transit_gateway_count": gateways,
        "configuration_reference_count": references,
        "entity_version": network.entity_version,
        "created_at": network.created_at,
        "updated_at": network.updated_at,
    });
    if !world.settings.konnect.omit_state_metadata
        && !network.state_metadata.is_empty()
        && let Some(fields) = body.as_object_mut()
    {
        fields.insert("state_metadata".to_owned(), json!(network.state_metadata));
    }
    body
}

fn find<'world>(world: &'world World, id: &str) -> Result<&'world Network, Problem> {
    world.network(id).ok_or_else(Problem::not_found)
}

pub(super) fn list(world: &World, request: &Request<'_>) -> Outcome {
    let items = world
        .networks
        .iter()
        .map(|network| body(world, network))
        .collect();
    paging::list(world, request, items, &FILTERS, "network(s)")
}

pub(super) fn read(world: &World, id: &str) -> Outcome {
    let network = find(world, id)?;
    Ok(Answer::json(
        200,
        &body(world, network),
        format!("network \"{}\" is {}", network.name, network.state),
    ))
}

pub(super) fn references(world: &World, request: &Request<'_>, id: &str) -> Outcome {
    let network = find(world, id)?;
    let items = world
        .configuration_references
        .iter()
        .filter(|reference| reference.network_id == network.id)
        .map(|reference| {
            let stamp = &network.created_at;
            json!({
                "id": reference.id,
                "control_plane_id": reference.control_plane_id,
                "control_plane_geo": "us",
                "dataplane_group_config": [],
                "dataplane_groups": [],
                "entity_version": 1,
                "created_at": stamp,
                "updated_at": stamp,
            })
        })
        .collect();
    paging::list(world, request, items, &[], "configuration(s)")
}

pub(super) fn create(world: &mut World, request: &Request<'_>) -> Outcome {
    let fields = check::body(request)?;
    let network = checked(world, &fields)?;
    let active = world
        .networks
        .iter()
        .filter(|network| network.state != "offline")
        .count();
    let quota = world.settings.konnect.active_network_quota;
    if network.state != "offline" && active >= quota {
        return Err(Problem::quota_exceeded("Active Networks", quota));
    }
    if world
        .networks
        .iter()
        .any(|other| other.name == network.name)
    {
        return Err(Problem::duplicate_name(
            world.settings.konnect.duplicate_name_status,
            &network.name,
            "network",
        ));
    }
    let mut network = network;
    progress::start_network(world, &mut network, request.now);
    let answer = body(world, &network);
    let meaning = format!("network \"{}\" created", network.name);
    world.networks.push(network);
    Ok(Answer::json(201, &answer, meaning))
}

fn checked(world: &World, fields: &Map<String, Value>) -> Result<Network, Problem> {
    let mut check = Check::default();
    let keys = [
        "name",
        "cloud_gateway_provider_account_id",
        "region",
        "availability_zones",
        "cidr_block",
        "state",
    ];
    check.closed(fields, "", &keys);
    let name = check.name(fields);
    let account_id = check.string(fields, "", "cloud_gateway_provider_account_id");
    let region = check.string(fields, "", "region");
    let zones = check.strings(fields, "", "availability_zones");
    let cidr_block = check.string(fields, "", "cidr_block");
    let state = fields
        .get("state")
        .map(|state| state.as_str().unwrap_or_default().to_owned());
    if let Some(state) = &state {
        check.choice("state", state, &["initializing", "offline"]);
    }
    if let (Some(account_id), Some(region), Some(zones), Some(cidr_block)) =
        (&account_id, &region, &zones, &cidr_block)
    {
        check_place(&mut check, world, account_id, region, zones, cidr_block);
    }
    check.finish()?;
    let first_state = world.settings.konnect.network_first_state.clone();
    let stamp = clock::konnect_timestamp();
    Ok(Network {
        id: new_id(),
        name: name.unwrap_or_default(),
        default: false,
        cloud_gateway_provider_account_id: account_id.unwrap_or_default(),
        region: region.unwrap_or_default(),
        availability_zones: zones.unwrap_or_default(),
        cidr_block: cidr_block.unwrap_or_default(),
        provider_metadata: Map::new(),
        state: if state.as_deref() == Some("offline") {
            "offline".to_owned()
        } else {
            first_state
        },
        state_metadata: Map::new(),
        entity_version: 1,
        created_at: stamp.clone(),
        updated_at: stamp,
        next: None,
    })
}

/// Region, zones and block must fit each other and the account.
fn check_place(
    check: &mut Check,
    world: &World,
    account_id: &str,
    region: &str,
    zones: &[String],
    cidr_block: &str,
) {
    let Some(account) = world
        .provider_accounts
        .iter()
        .find(|account| account.id.eq_ignore_ascii_case(account_id))
    else {
        let field = "cloud_gateway_provider_account_id";
        check.refuse(
            field,
            "missing_reference",
            format!("{field} references a provider account that does not exist"),
        );
        return;
    };
    let Some(known) = accounts::region(&account.provider, region) else {
        let reason = format!(
            "region '{region}' is not supported for provider '{}'",
            account.provider
        );
        check.refuse("region", "is_supported_provider_region", reason);
        return;
    };
    let Region {
        availability_zones, ..
    } = known;
    if zones.is_empty()
        || zones
            .iter()
            .any(|zone| !availability_zones.contains(&zone.as_str()))
    {
        let reason = format!(
            "availability_zones must be chosen from {}",
            availability_zones.join(", ")
        );
        check.refuse(
            "availability_zones",
            "is_supported_network_availability_zone_list",
            reason,
        );
    }
    check_block(check, &account.provider, cidr_block);
}

fn check_block(check: &mut Check, provider: &str, cidr_block: &str) {
    let rule = "is_supported_network_cidr_block";
    let Ok(block) = cidr_block.parse::<IpNet>() else {
        check.refuse(
            "cidr_block",
            rule,
            format!("cidr_block '{cidr_block}' is not a CIDR block"),
        );
        return;
    };
    let longest = if provider == "azure" { 21 } else { 23 };
    if !(16..=longest).contains(&block.prefix_len()) {
        check.refuse(
            "cidr_block",
            rule,
            format!("cidr_block must have a prefix length between 16 and {longest}"),
        );
    }
    let allowed = accounts::CIDR_BLOCKS
        .iter()
        .filter_map(|outer| outer.parse::<IpNet>().ok())
        .any(|outer| outer.contains(&block));
    if !allowed {
        check.refuse(
            "cidr_block",
            rule,
            format!(
                "cidr_block must lie within one of {}",
                accounts::CIDR_BLOCKS.join(", ")
            ),
        );
    }
    if let Some(reserved) = accounts::RESERVED_CIDR_BLOCKS
        .iter()
        .find(|reserved| overlap(reserved, cidr_block))
    {
        check.refuse(
            "cidr_block",
            rule,
            format!("cidr_block must not overlap the reserved block {reserved}"),
        );
    }
}

pub(super) fn update(world: &mut World, request: &Request<'_>, id: &str) -> Outcome {
    let id = find(world, id)?.id.clone();
    let fields = check::body(request)?;
    let mut check = Check::default();
    check.closed(&fields, "", &["name"]);
    let name = if fields.contains_key("name") {
        check.name(&fields)
    } else {
        None
    };
    check.finish()?;
    if let Some(name) = name {
        if world
            .networks
            .iter()
            .any(|other| other.name == name && other.id != id)
        {
            return Err(Problem::duplicate_name(
                world.settings.konnect.duplicate_name_status,
                &name,
                "network",
            ));
        }
        if let Some(network) = world.networks.iter_mut().find(|network| network.id == id) {
            network.name = name;
            network.entity_version += 1;
            network.updated_at = clock::konnect_timestamp();
        }
    }
    let network = find(world, &id)?;
    Ok(Answer::json(
        200,
        &body(world, network),
        format!("network renamed to \"{}\"", network.name),
    ))
}

pub(super) fn delete(world: &mut World, request: &Request<'_>, id: &str) -> Outcome {
    let network = find(world, id)?.clone();
    if world
        .configuration_references
        .iter()
        .any(|reference| reference.network_id == network.id)
    {
        return Err(Problem::not_now(
            "networkId",
            "network is referenced by an active configuration",
        ));
    }
    let gateways = world
        .transit_gateways
        .iter()
        .any(|gateway| gateway.network_id == network.id);
    if gateways && world.settings.konnect.gateways_block_network_delete {
        return Err(Problem::not_now(
            "networkId",
            "network still has transit gateways attached",
        ));
    }
    if !["ready", "offline"].contains(&network.state.as_str()) {
        return Err(Problem::not_now(
            "networkId",
            &format!("network cannot be deleted in state '{}'", network.state),
        ));
    }
    progress::terminate_network(world, &network.id, request.now);
    Ok(Answer::empty(
        204,
        format!("network \"{}\" terminating", network.name),
    ))
}
