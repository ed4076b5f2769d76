//! Transit gateways: the peerings of a network, one shape for each kind.

use serde_json::{Map, Value, json};

use super::check::{self, Check};
use super::paging::{self, Filterable};
use super::problem::Problem;
use super::{Outcome, Request};
use crate::clock;
use crate::exchange::Answer;
use crate::progress;
use crate::world::{TransitGateway, World, new_id};

const STATES: [&str; 8] = [
    "created",
    "initializing",
    "pending-acceptance",
    "pending-user-action",
    "ready",
    "terminating",
    "terminated",
    "error",
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
        bare: true,
    },
];
/// The API's own word is "transitional"; the pending ones wait for the user and may be given up.
const TRANSITIONAL: [&str; 4] = ["created", "initializing", "terminating", "terminated"];

/// What the attachment of one kind holds.
struct Kind {
    name: &'static str,
    provider: &'static str,
    required: &'static [&'static str],
    needs_cidr_blocks: bool,
}

const KINDS: [Kind; 6] = [
    Kind {
        name: "azure-vnet-peering-attachment",
        provider: "azure",
        required: &[
            "tenant_id",
            "subscription_id",
            "resource_group_name",
            "vnet_name",
        ],
        needs_cidr_blocks: false,
    },
    Kind {
        name: "azure-vhub-peering-attachment",
        provider: "azure",
        required: &[
            "tenant_id",
            "subscription_id",
            "resource_group_name",
            "vhub_name",
        ],
        needs_cidr_blocks: false,
    },
    Kind {
        name: "aws-transit-gateway-attachment",
        provider: "aws",
        required: &["transit_gateway_id", "ram_share_arn"],
        needs_cidr_blocks: true,
    },
    Kind {
        name: "aws-vpc-peering-attachment",
        provider: "aws",
        required: &["peer_account_id", "peer_vpc_id", "peer_vpc_region"],
        needs_cidr_blocks: true,
    },
    Kind {
        name: "aws-resource-endpoint-attachment",
        provider: "aws",
        required: &["ram_share_arn"],
        needs_cidr_blocks: false,
    },
    Kind {
        name: "gcp-vpc-peering-attachment",
        provider: "gcp",
        required: &["peer_project_id", "peer_vpc_name"],
        needs_cidr_blocks: false,
    },
];

pub(crate) fn body(world: &World, gateway: &TransitGateway) -> Value {
    let mut body = json!({
        "id": gateway.id,
        "name": gateway.name,
        "state": gateway.state,
        "dns_config": gateway.dns_config,
        "transit_gateway_attachment_config": gateway.transit_gateway_attachment_config,
        "entity_version": gateway.entity_version,
        "created_at": gateway.created_at,
        "updated_at": gateway.updated_at,
    });
    if let Some(fields) = body.as_object_mut() {
        if let Some(blocks) = &gateway.cidr_blocks {
            fields.insert("cidr_blocks".to_owned(), json!(blocks));
        }
        if !world.settings.konnect.omit_state_metadata && !gateway.state_metadata.is_empty() {
            fields.insert("state_metadata".to_owned(), json!(gateway.state_metadata));
        }
    }
    body
}

fn find<'world>(
    world: &'world World,
    network_id: &str,
    id: &str,
) -> Result<&'world TransitGateway, Problem> {
    world
        .transit_gateways
        .iter()
        .find(|gateway| gateway.network_id == network_id && gateway.id.eq_ignore_ascii_case(id))
        .ok_or_else(Problem::not_found)
}

pub(super) fn list(world: &World, request: &Request<'_>, network_id: &str) -> Outcome {
    let items = world
        .transit_gateways
        .iter()
        .filter(|gateway| gateway.network_id == network_id)
        .map(|gateway| body(world, gateway))
        .collect();
    paging::list(world, request, items, &FILTERS, "transit gateway(s)")
}

pub(super) fn read(world: &World, network_id: &str, id: &str) -> Outcome {
    let gateway = find(world, network_id, id)?;
    Ok(Answer::json(
        200,
        &body(world, gateway),
        format!("peering \"{}\" is {}", gateway.name, gateway.state),
    ))
}

pub(super) fn create(world: &mut World, request: &Request<'_>, network_id: &str) -> Outcome {
    let fields = check::body(request)?;
    let network = world.network(network_id).ok_or_else(Problem::not_found)?;
    let provider = world.provider_of(network).unwrap_or_default().to_owned();
    let mut check = Check::default();
    let name = check.name(&fields);
    let config = attachment(&mut check, &fields, &provider);
    let dns_config = dns_config(&mut check, &fields);
    let cidr_blocks = match &config {
        Some((kind, _)) if kind.needs_cidr_blocks => check.strings(&fields, "", "cidr_blocks"),
        _ => None,
    };
    check.finish()?;
    let name = name.unwrap_or_default();
    if network.state != "ready" {
        let reason = format!(
            "network '{}' is not ready: its state is '{}'",
            network.name, network.state
        );
        return Err(Problem::not_now("networkId", &reason));
    }
    if world
        .transit_gateways
        .iter()
        .any(|other| other.network_id == network_id && other.name == name)
    {
        return Err(Problem::duplicate_name(
            world.settings.konnect.duplicate_name_status,
            &name,
            "transit gateway",
        ));
    }
    let state = world.settings.konnect.peering_first_state.clone();
    let stamp = clock::konnect_timestamp();
    let gateway = TransitGateway {
        id: new_id(),
        network_id: network_id.to_owned(),
        name,
        dns_config,
        cidr_blocks,
        transit_gateway_attachment_config: config.map(|(_, config)| config).unwrap_or_default(),
        next: Some(progress::first_peering_step(world, &state, request.now)),
        state,
        state_metadata: Map::new(),
        entity_version: 1,
        created_at: stamp.clone(),
        updated_at: stamp,
    };
    let answer = body(world, &gateway);
    let meaning = format!("peering \"{}\" created, {}", gateway.name, gateway.state);
    world.transit_gateways.push(gateway);
    Ok(Answer::json(201, &answer, meaning))
}

fn attachment(
    check: &mut Check,
    fields: &Map<String, Value>,
    provider: &str,
) -> Option<(&'static Kind, Map<String, Value>)> {
    let path = "transit_gateway_attachment_config";
    let config = check.object(fields, "", path)?;
    let name = check.string(&config, path, "kind")?;
    let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let field = format!("{path}.kind");
    if !check.choice(&field, &name, &names) {
        return None;
    }
    let kind = KINDS.iter().find(|kind| kind.name == name)?;
    if kind.provider != provider {
        check.refuse(
            &field,
            "invalid",
            format!("{name} is not supported on a network of provider '{provider}'"),
        );
    }
    let mut allowed = vec!["kind"];
    allowed.extend(kind.required);
    if name == "aws-resource-endpoint-attachment" {
        allowed.push("resource_config");
    }
    check.closed(&config, path, &allowed);
    for key in kind.required {
        check.string(&config, path, key);
    }
    Some((kind, config))
}

/// Left out and empty are the same; answers always carry the list.
fn dns_config(check: &mut Check, fields: &Map<String, Value>) -> Vec<Value> {
    let items = match fields.get("dns_config") {
        None | Some(Value::Null) => return Vec::new(),
        Some(Value::Array(items)) => items,
        Some(_) => {
            check.refuse("dns_config", "is_array", "dns_config must be an array");
            return Vec::new();
        }
    };
    for (index, item) in items.iter().enumerate() {
        let path = format!("dns_config.{index}");
        let Some(entry) = item.as_object() else {
            check.refuse(&path, "is_object", format!("{path} must be an object"));
            continue;
        };
        check.closed(
            entry,
            &path,
            &["remote_dns_server_ip_addresses", "domain_proxy_list"],
        );
        check.strings(entry, &path, "remote_dns_server_ip_addresses");
        check.strings(entry, &path, "domain_proxy_list");
    }
    items.clone()
}

pub(super) fn update(
    world: &mut World,
    request: &Request<'_>,
    network_id: &str,
    id: &str,
) -> Outcome {
    let gateway = find(world, network_id, id)?.clone();
    let fields = check::body(request)?;
    let mut check = Check::default();
    match gateway.config("kind") {
        "aws-transit-gateway-attachment" => {
            let blocks = check.strings(&fields, "", "cidr_blocks");
            check.finish()?;
            if let Some(stored) = world
                .transit_gateways
                .iter_mut()
                .find(|stored| stored.id == gateway.id)
            {
                stored.cidr_blocks = blocks;
            }
        }
        "aws-resource-endpoint-attachment" => {
            let path = "transit_gateway_attachment_config";
            let config = check.object(&fields, "", path).unwrap_or_default();
            check.closed(&config, path, &["kind", "resource_config"]);
            let resource_config = check.required(&config, path, "resource_config");
            check.finish()?;
            if let (Some(stored), Some(value)) = (
                world
                    .transit_gateways
                    .iter_mut()
                    .find(|stored| stored.id == gateway.id),
                resource_config,
            ) {
                stored
                    .transit_gateway_attachment_config
                    .insert("resource_config".to_owned(), value);
            }
        }
        kind => {
            let field = "transit_gateway_attachment_config.kind";
            check.refuse(
                field,
                "invalid",
                format!("a transit gateway of kind '{kind}' cannot be updated"),
            );
            return Err(check.into_problem());
        }
    }
    if let Some(stored) = world
        .transit_gateways
        .iter_mut()
        .find(|stored| stored.id == gateway.id)
    {
        stored.entity_version += 1;
        stored.updated_at = clock::konnect_timestamp();
    }
    let gateway = find(world, network_id, &gateway.id)?;
    Ok(Answer::json(
        200,
        &body(world, gateway),
        format!("transit gateway \"{}\" updated", gateway.name),
    ))
}

pub(super) fn delete(
    world: &mut World,
    request: &Request<'_>,
    network_id: &str,
    id: &str,
) -> Outcome {
    let gateway = find(world, network_id, id)?.clone();
    if TRANSITIONAL.contains(&gateway.state.as_str()) {
        let reason = format!(
            "transit gateway cannot be deleted in transitional state '{}'",
            gateway.state
        );
        return Err(Problem::not_now("transitGatewayId", &reason));
    }
    progress::terminate_transit_gateway(world, &gateway.id, request.now);
    Ok(Answer::empty(
        204,
        format!("peering \"{}\" terminating", gateway.name),
    ))
}
