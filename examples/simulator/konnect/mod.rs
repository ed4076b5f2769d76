//! Konnect Cloud Gateways v2: routing and authorisation.

mod accounts;
mod check;
mod networks;
mod paging;
mod private_dns;
mod problem;
mod transit_gateways;

use uuid::Uuid;

use crate::clock::Moment;
use crate::cloud::Cloud;
use crate::exchange::{Answer, Call};
use crate::konnect::problem::Problem;
use crate::world::World;

pub(crate) type Outcome = Result<Answer, Problem>;

/// A request on the organisation's objects.
pub(crate) struct Request<'call> {
    pub(crate) call: &'call Call,
    pub(crate) now: Moment,
}

pub(crate) fn handle(cloud: &mut Cloud, call: &Call) -> Answer {
    let now = cloud.clock.now();
    let request = Request { call, now };
    let outcome = route(&mut cloud.world, &request);
    cloud.traces += 1;
    outcome.unwrap_or_else(|problem| {
        problem.into_answer(cloud.traces, cloud.world.settings.konnect.problem_charset)
    })
}

fn route(world: &mut World, request: &Request<'_>) -> Outcome {
    let segments = request.call.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let Some(parts) = parts.strip_prefix(&["v2", "cloud-gateways"]) else {
        return Err(Problem::not_found());
    };
    let method = request.call.method.as_str();
    if (method, parts) == ("GET", &["availability.json"]) {
        return Ok(accounts::availability());
    }
    authorize(world, request.call, method, parts)?;
    match (method, parts) {
        ("GET", ["provider-accounts"]) => accounts::list(world, request),
        ("GET", ["provider-accounts", id]) => accounts::read(world, id),
        ("GET", ["default-resource-quotas"]) => accounts::default_quotas(world, request),
        ("GET", ["resource-quotas"]) => accounts::quotas(world, request),
        ("GET", ["resource-quotas", id]) => accounts::quota(world, id),
        ("GET", ["networks"]) => networks::list(world, request),
        ("POST", ["networks"]) => networks::create(world, request),
        ("GET", ["networks", id]) => networks::read(world, id),
        ("PATCH", ["networks", id]) => networks::update(world, request, id),
        ("DELETE", ["networks", id]) => networks::delete(world, request, id),
        ("GET", ["networks", id, "configuration-references"]) => {
            networks::references(world, request, id)
        }
        (_, ["networks", id, rest @ ..]) => {
            // Names the network before the object, so that a wrong network id is a 404 of its own.
            let network_id = world
                .network(id)
                .map(|network| network.id.clone())
                .ok_or_else(Problem::not_found)?;
            below_network(world, request, method, &network_id, rest)
        }
        _ => Err(Problem::not_found()),
    }
}

fn below_network(
    world: &mut World,
    request: &Request<'_>,
    method: &str,
    network_id: &str,
    rest: &[&str],
) -> Outcome {
    match (method, rest) {
        ("GET", ["transit-gateways"]) => transit_gateways::list(world, request, network_id),
        ("POST", ["transit-gateways"]) => transit_gateways::create(world, request, network_id),
        ("GET", ["transit-gateways", id]) => transit_gateways::read(world, network_id, id),
        ("PATCH", ["transit-gateways", id]) => {
            transit_gateways::update(world, request, network_id, id)
        }
        ("DELETE", ["transit-gateways", id]) => {
            transit_gateways::delete(world, request, network_id, id)
        }
        ("GET", ["private-dns"]) => private_dns::list(world, request, network_id),
        ("POST", ["private-dns"]) => private_dns::create(world, request, network_id),
        ("GET", ["private-dns", id]) => private_dns::read(world, network_id, id),
        ("PATCH", ["private-dns", id]) => private_dns::update(world, request, network_id, id),
        ("DELETE", ["private-dns", id]) => private_dns::delete(world, request, network_id, id),
        _ => Err(Problem::not_found()),
    }
}

fn authorize(world: &World, call: &Call, method: &str, parts: &[&str]) -> Result<(), Problem> {
    let token = call.bearer_token().and_then(|token| {
        world
            .konnect_tokens
            .iter()
            .find(|known| known.token == token)
    });
    let role = token.ok_or_else(Problem::unauthorized)?.role.as_str();
    // Ids in the path are UUIDs; anything else names nothing.
    let ids = parts.iter().skip(1).step_by(2);
    if ids.into_iter().any(|id| Uuid::try_parse(id).is_err()) {
        return Err(Problem::not_found());
    }
    let allowed = match role {
        "network-admin" => true,
        "network-viewer" => method == "GET" && !parts.contains(&"private-dns"),
        _ => false,
    };
    if allowed {
        Ok(())
    } else {
        Err(Problem::forbidden())
    }
}
