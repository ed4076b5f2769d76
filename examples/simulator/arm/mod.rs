//! Azure Resource Manager: routing, tokens, API versions and the shape of its errors.

mod network;
mod role_assignments;
mod role_definitions;
pub(crate) mod scope;

use serde_json::{Value, json};

use crate::clock::{Moment, azure_timestamp};
use crate::cloud::Cloud;
use crate::entra::TokenFault;
use crate::exchange::{Answer, Call, decode};
use crate::world::{World, new_id};

/// A refusal, with the service's code and text.
pub(crate) struct Fault {
    status: u16,
    code: &'static str,
    message: String,
}

pub(crate) type Outcome = Result<Answer, Fault>;

pub(crate) fn fault(status: u16, code: &'static str, message: impl Into<String>) -> Fault {
    Fault {
        status,
        code,
        message: message.into(),
    }
}

impl Fault {
    fn into_answer(self) -> Answer {
        Answer::json(
            self.status,
            &json!({ "error": { "code": self.code, "message": self.message } }),
            self.code,
        )
    }
}

pub(crate) fn handle(cloud: &mut Cloud, call: &Call) -> Answer {
    let request_id = new_id();
    let answer = match cloud.tokens.check(call) {
        Ok(()) => route(cloud, call).unwrap_or_else(Fault::into_answer),
        Err(fault) => unauthorized(&fault),
    };
    let correlation_id = call
        .header("x-ms-correlation-request-id")
        .map_or_else(|| request_id.clone(), str::to_owned);
    let routing = format!("LOCAL:{}:{request_id}", azure_timestamp());
    let answer = answer
        .with_header("x-ms-request-id", &request_id)
        .with_header("x-ms-correlation-request-id", &correlation_id)
        .with_header("x-ms-routing-request-id", &routing)
        .with_header("cache-control", "no-cache");
    match call.method.as_str() {
        "GET" => answer.with_header("x-ms-ratelimit-remaining-subscription-reads", "249"),
        "DELETE" => answer.with_header("x-ms-ratelimit-remaining-subscription-deletes", "199"),
        _ => answer.with_header("x-ms-ratelimit-remaining-subscription-writes", "199"),
    }
}

fn unauthorized(token: &TokenFault) -> Answer {
    let (code, message) = match token {
        TokenFault::Missing => (
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing.",
        ),
        TokenFault::Unknown => ("InvalidAuthenticationToken", "The access token is invalid."),
        TokenFault::Expired => (
            "ExpiredAuthenticationToken",
            "The access token expiry UTC time is earlier than current UTC time.",
        ),
        TokenFault::WrongAudience => (
            "InvalidAuthenticationToken",
            "The access token has been obtained for wrong audience or resource. It should exactly match with one of the allowed audiences.",
        ),
    };
    let challenge =
        "Bearer authorization_uri=\"https://login.windows.net/common\", error=\"invalid_token\"";
    fault(401, code, message)
        .into_answer()
        .with_header("www-authenticate", challenge)
}

fn route(cloud: &mut Cloud, call: &Call) -> Outcome {
    check_api_version(call)?;
    let path = decode(&call.path);
    let now = cloud.clock.now();
    let world = &mut cloud.world;
    if let Some((scope, tail)) = authorization_path(&path) {
        let tail: Vec<&str> = tail.split('/').filter(|part| !part.is_empty()).collect();
        let Some((kind, rest)) = tail.split_first() else {
            return Err(no_such_path(&path));
        };
        let request = Request {
            call,
            scope: scope.as_str(),
            now,
        };
        return match (kind.to_ascii_lowercase().as_str(), rest) {
            ("roledefinitions", rest) => role_definitions::handle(world, &request, rest),
            ("roleassignments", rest) => role_assignments::handle(world, &request, rest),
            ("denyassignments", []) => deny_assignments(world, &request),
            ("permissions", []) => {
                let all = json!({ "value": [{ "actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": [] }] });
                Ok(Answer::json(200, &all, "own permissions"))
            }
            _ => Err(no_such_path(&path)),
        };
    }
    network::handle(world, call, &path)
}

/// A call on objects of `Microsoft.Authorization`.
pub(crate) struct Request<'call> {
    pub(crate) call: &'call Call,
    /// Without a trailing slash; empty for the tenant.
    pub(crate) scope: &'call str,
    pub(crate) now: Moment,
}

impl Request<'_> {
    pub(crate) fn json(&self) -> Result<Value, Fault> {
        if !self.call.is_json() {
            let given = self.call.header("content-type").unwrap_or("<null>");
            let text = format!(
                "The content media type '{given}' is not supported. Only 'application/json' is supported."
            );
            return Err(fault(415, "UnsupportedMediaType", text));
        }
        self.call.json().map_err(|error| {
            fault(
                400,
                "InvalidRequestContent",
                format!(
                    "The request content was invalid and could not be deserialized: '{error}'."
                ),
            )
        })
    }
}

/// Splits a path at its last `/providers/Microsoft.Authorization/`.
fn authorization_path(path: &str) -> Option<(String, String)> {
    const PROVIDER: &str = "/providers/microsoft.authorization/";
    let at = path.to_ascii_lowercase().rfind(PROVIDER)?;
    let (scope, rest) = path.split_at_checked(at)?;
    let (_, tail) = rest.split_at_checked(PROVIDER.len())?;
    Some((scope.trim_end_matches('/').to_owned(), tail.to_owned()))
}

fn check_api_version(call: &Call) -> Result<(), Fault> {
    let Some(version) = call
        .query_value("api-version")
        .filter(|version| !version.is_empty())
    else {
        let text = "The api-version query parameter (?api-version=) is required for all requests.";
        return Err(fault(400, "MissingApiVersionParameter", text));
    };
    let date = version.strip_suffix("-preview").unwrap_or(version);
    let digits: Vec<usize> = date.split('-').map(str::len).collect();
    let well_formed = digits == [4, 2, 2] && date.chars().all(|c| c.is_ascii_digit() || c == '-');
    if well_formed {
        return Ok(());
    }
    Err(fault(
        400,
        "InvalidApiVersionParameter",
        format!("The api-version '{version}' is invalid."),
    ))
}

fn no_such_path(path: &str) -> Fault {
    fault(
        404,
        "InvalidResourceType",
        format!("The resource type could not be found for '{path}'."),
    )
}

/// Refuses unless the caller may do `action` at the scope.
pub(crate) fn authorize(world: &World, action: &str, at: &str) -> Result<(), Fault> {
    let rights = &world.settings.rights;
    let authorization =
        |kind: &str| action.starts_with("Microsoft.Authorization/") && action.contains(kind);
    let reads = action.ends_with("/read");
    let switched_off = (reads && action.starts_with("Microsoft.Network/") && !rights.network_read)
        || (reads && authorization("/role") && !rights.role_read)
        || (!reads && authorization("/roleDefinitions/") && !rights.role_write)
        || (!reads && authorization("/roleAssignments/") && !rights.assignment_write);
    let denied = rights.denied.iter().any(|denied| {
        scope::matches_action(&denied.action, action) && scope::covers(&denied.scope, at)
    });
    if !switched_off && !denied {
        return Ok(());
    }
    let at = if at.is_empty() { "/" } else { at };
    Err(fault(
        403,
        "AuthorizationFailed",
        format!(
            "The client '{}' with object id '{}' does not have authorization to perform action '{action}' over scope '{at}' or the scope is \
             invalid. If access was recently granted, please refresh your credentials.",
            world.caller.client_id, world.caller.object_id
        ),
    ))
}

/// Refuses unless the scope's subscription, group and (where the local cloud has such things) resource exist.
pub(crate) fn require_scope(world: &World, at: &str) -> Result<(), Fault> {
    let Some(subscription) = scope::subscription(at) else {
        return Ok(());
    };
    if !world.has_subscription(subscription) {
        return Err(fault(
            404,
            "SubscriptionNotFound",
            format!("The subscription '{subscription}' could not be found."),
        ));
    }
    let Some(group) = scope::resource_group(at) else {
        return Ok(());
    };
    if !world.has_resource_group(subscription, group) {
        return Err(fault(
            404,
            "ResourceGroupNotFound",
            format!("Resource group '{group}' could not be found."),
        ));
    }
    let below_group = at.split('/').filter(|part| !part.is_empty()).count() > 4;
    if below_group && !network::resource_exists(world, at) {
        return Err(fault(
            404,
            "ResourceNotFound",
            format!(
                "The Resource '{at}' was not found. For more details please go to the ARM documentation."
            ),
        ));
    }
    Ok(())
}

/// One page of a list, with a `nextLink` where there is more.
pub(crate) fn page(world: &World, call: &Call, items: &[Value]) -> Value {
    let size = world.settings.azure.page_size.max(1);
    let start = call
        .query_value("$skiptoken")
        .and_then(|token| token.parse::<usize>().ok())
        .unwrap_or(0);
    let value: Vec<&Value> = items.iter().skip(start).take(size).collect();
    let end = start.saturating_add(size);
    if end >= items.len() {
        return json!({ "value": value });
    }
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(call.query.iter().filter(|(key, _)| key != "$skiptoken"));
    query.append_pair("$skiptoken", &end.to_string());
    json!({ "value": value, "nextLink": format!("{}{}?{}", call.base_url, call.path, query.finish()) })
}

fn deny_assignments(world: &World, request: &Request<'_>) -> Outcome {
    authorize(
        world,
        "Microsoft.Authorization/denyAssignments/read",
        request.scope,
    )?;
    let related = |at: &str| scope::covers(at, request.scope) || scope::covers(request.scope, at);
    let items: Vec<Value> = world
        .deny_assignments
        .iter()
        .filter(|deny| related(&deny.scope))
        .map(|deny| {
            let permissions = json!([{
                "actions": deny.actions, "notActions": deny.not_actions, "dataActions": [], "notDataActions": [],
            }]);
            let everyone = json!([{ "id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined" }]);
            let principals: Vec<Value> = deny.principal_ids.iter().map(|id| json!({ "id": id, "type": "ServicePrincipal" })).collect();
            json!({
                "id": format!("{}/providers/Microsoft.Authorization/denyAssignments/{}", deny.scope, deny.id),
                "name": deny.id,
                "type": "Microsoft.Authorization/denyAssignments",
                "properties": {
                    "denyAssignmentName": deny.name,
                    "description": "",
                    "permissions": permissions,
                    "scope": deny.scope,
                    "doNotApplyToChildScopes": false,
                    "principals": if principals.is_empty() { everyone } else { json!(principals) },
                    "excludePrincipals": [],
                    "isSystemProtected": false,
                },
            })
        })
        .collect();
    Ok(Answer::json(
        200,
        &page(world, request.call, &items),
        format!("{} deny assignment(s)", items.len()),
    ))
}
