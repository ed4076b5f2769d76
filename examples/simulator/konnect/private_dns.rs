//! Private DNS objects: outbound resolvers, which can be updated, and hosted zones, which cannot.

use serde_json::{Map, Value, json};

use super::check::{self, Check};
use super::paging::{self, Filterable};
use super::problem::Problem;
use super::{Outcome, Request};
use crate::clock;
use crate::exchange::Answer;
use crate::progress;
use crate::world::{PrivateDns, World, new_id};

const STATES: [&str; 7] = [
    "created",
    "initializing",
    "pending-association",
    "ready",
    "error",
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
        bare: true,
    },
];
/// The states in which the published text allows a deletion; updates are held to the same.
const STABLE: [&str; 2] = ["ready", "error"];

struct Kind {
    name: &'static str,
    provider: &'static str,
    required: &'static [&'static str],
}

/// Resolvers hold `dns_config`, an object; everything else required is a string.
const KINDS: [Kind; 5] = [
    Kind {
        name: "azure-outbound-resolver",
        provider: "azure",
        required: &[],
    },
    Kind {
        name: "azure-private-hosted-zone-attachment",
        provider: "azure",
        required: &[
            "domain_name",
            "peer_tenant_id",
            "peer_subscription_id",
            "peer_resource_group_id",
            "peer_vnet_link_name",
        ],
    },
    Kind {
        name: "aws-outbound-resolver",
        provider: "aws",
        required: &[],
    },
    Kind {
        name: "aws-private-hosted-zone-attachment",
        provider: "aws",
        required: &["hosted_zone_id"],
    },
    Kind {
        name: "gcp-private-hosted-zone-attachment",
        provider: "gcp",
        required: &["domain_name", "peer_project_id", "peer_vpc_name"],
    },
];

fn is_resolver(kind: &str) -> bool {
    kind.ends_with("outbound-resolver")
}

/// `state_metadata` is always there: this schema requires it, unlike that of transit gateways.
pub(crate) fn body(object: &PrivateDns) -> Value {
    json!({
        "id": object.id,
        "name": object.name,
        "state": object.state,
        "state_metadata": object.state_metadata,
        "private_dns_attachment_config": object.private_dns_attachment_config,
        "entity_version": object.entity_version,
        "created_at": object.created_at,
        "updated_at": object.updated_at,
    })
}

fn find<'world>(
    world: &'world World,
    network_id: &str,
    id: &str,
) -> Result<&'world PrivateDns, Problem> {
    world
        .private_dns
        .iter()
        .find(|object| object.network_id == network_id && object.id.eq_ignore_ascii_case(id))
        .ok_or_else(Problem::not_found)
}

pub(super) fn list(world: &World, request: &Request<'_>, network_id: &str) -> Outcome {
    let items = world
        .private_dns
        .iter()
        .filter(|object| object.network_id == network_id)
        .map(body)
        .collect();
    paging::list(world, request, items, &FILTERS, "private DNS object(s)")
}

pub(super) fn read(world: &World, network_id: &str, id: &str) -> Outcome {
    let object = find(world, network_id, id)?;
    Ok(Answer::json(
        200,
        &body(object),
        format!("private DNS \"{}\" is {}", object.name, object.state),
    ))
}

fn attachment(
    check: &mut Check,
    fields: &Map<String, Value>,
    provider: &str,
) -> Option<Map<String, Value>> {
    let path = "private_dns_attachment_config";
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
    if is_resolver(&name) {
        allowed.push("dns_config");
        check_mappings(check, &config, path);
    }
    allowed.extend(kind.required);
    check.closed(&config, path, &allowed);
    for key in kind.required {
        check.string(&config, path, key);
    }
    Some(config)
}

fn check_mappings(check: &mut Check, config: &Map<String, Value>, path: &str) {
    let Some(mappings) = check.object(config, path, "dns_config") else {
        return;
    };
    for (domain, target) in &mappings {
        let path = format!("{path}.dns_config.{domain}");
        match target.as_object() {
            Some(target) => {
                check.strings(target, &path, "remote_dns_server_ip_addresses");
            }
            None => check.refuse(&path, "is_object", format!("{path} must be an object")),
        }
    }
}

pub(super) fn create(world: &mut World, request: &Request<'_>, network_id: &str) -> Outcome {
    let fields = check::body(request)?;
    let network = world.network(network_id).ok_or_else(Problem::not_found)?;
    let provider = world.provider_of(network).unwrap_or_default().to_owned();
    let mut check = Check::default();
    // The published schema forgets to require these two; nothing can be made without them.
    let name = check.name(&fields);
    let config = attachment(&mut check, &fields, &provider);
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
        .private_dns
        .iter()
        .any(|other| other.network_id == network_id && other.name == name)
    {
        return Err(Problem::duplicate_name(
            world.settings.konnect.duplicate_name_status,
            &name,
            "private DNS",
        ));
    }
    let state = world.settings.konnect.private_dns_first_state.clone();
    let config = config.unwrap_or_default();
    let kind = config
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let stamp = clock::konnect_timestamp();
    let object = PrivateDns {
        id: new_id(),
        network_id: network_id.to_owned(),
        name,
        next: Some(progress::first_private_dns_step(
            world,
            &state,
            kind,
            request.now,
        )),
        private_dns_attachment_config: config,
        state,
        state_metadata: Map::new(),
        entity_version: 1,
        created_at: stamp.clone(),
        updated_at: stamp,
    };
    let answer = body(&object);
    let meaning = format!("private DNS \"{}\" created, {}", object.name, object.state);
    world.private_dns.push(object);
    Ok(Answer::json(201, &answer, meaning))
}

pub(super) fn update(
    world: &mut World,
    request: &Request<'_>,
    network_id: &str,
    id: &str,
) -> Outcome {
    let object = find(world, network_id, id)?.clone();
    let kind = object.config("kind").to_owned();
    let provider = KINDS
        .iter()
        .find(|known| known.name == kind)
        .map(|known| known.provider)
        .unwrap_or_default();
    let fields = check::body(request)?;
    let mut check = Check::default();
    if !is_resolver(&kind) {
        let reason = format!("a private DNS of kind '{kind}' cannot be updated");
        check.refuse("private_dns_attachment_config.kind", "invalid", reason);
        return Err(check.into_problem());
    }
    let name = if fields.contains_key("name") {
        check.name(&fields)
    } else {
        None
    };
    // A bare name fits both alternatives of the published `oneOf` and so is refused by it: the configuration is always needed.
    let config = attachment(&mut check, &fields, provider);
    if let Some(config) = &config
        && config.get("kind").and_then(Value::as_str) != Some(kind.as_str())
    {
        check.refuse(
            "private_dns_attachment_config.kind",
            "invalid",
            format!("kind cannot be changed from '{kind}'"),
        );
    }
    check.finish()?;
    if !STABLE.contains(&object.state.as_str()) {
        return Err(Problem::not_now(
            "privateDnsId",
            &format!("private DNS cannot be updated in state '{}'", object.state),
        ));
    }
    let taken = |name: &String| {
        world.private_dns.iter().any(|other| {
            other.network_id == network_id && other.name == *name && other.id != object.id
        })
    };
    if let Some(name) = name.as_ref().filter(|name| taken(name)) {
        return Err(Problem::duplicate_name(
            world.settings.konnect.duplicate_name_status,
            name,
            "private DNS",
        ));
    }
    let next = progress::step(
        request.now,
        world.settings.durations.private_dns_updating,
        "ready",
    );
    let Some(stored) = world
        .private_dns
        .iter_mut()
        .find(|stored| stored.id == object.id)
    else {
        return Err(Problem::not_found());
    };
    if let Some(name) = name {
        stored.name = name;
    }
    if let Some(config) = config {
        stored.private_dns_attachment_config = config;
    }
    "initializing".clone_into(&mut stored.state);
    stored.state_metadata = Map::new();
    stored.next = Some(next);
    stored.entity_version += 1;
    stored.updated_at = clock::konnect_timestamp();
    Ok(Answer::json(
        200,
        &body(stored),
        format!("private DNS \"{}\" updated", stored.name),
    ))
}

pub(super) fn delete(
    world: &mut World,
    request: &Request<'_>,
    network_id: &str,
    id: &str,
) -> Outcome {
    let object = find(world, network_id, id)?.clone();
    if !STABLE.contains(&object.state.as_str()) {
        return Err(Problem::not_now(
            "privateDnsId",
            &format!("private DNS cannot be deleted in state '{}'", object.state),
        ));
    }
    progress::terminate_private_dns(world, &object.id, request.now);
    Ok(Answer::empty(
        204,
        format!("private DNS \"{}\" terminating", object.name),
    ))
}
