//! Microsoft Graph v1.0: service principals, and as much of applications and directory objects as a diagnosis needs.

use serde_json::{Map, Value, json};

use crate::clock::{self, Moment};
use crate::cloud::Cloud;
use crate::entra::TokenFault;
use crate::exchange::{Answer, Call};
use crate::odata::{self, Term};
use crate::world::{Application, ServicePrincipal, World, new_id};

const BACKING_APPLICATION: &str = "When using this permission, the backing application of the service principal being created must in the local tenant";

pub(crate) fn handle(cloud: &mut Cloud, call: &Call) -> Answer {
    let request_id = new_id();
    let answer = match cloud.tokens.check(call) {
        Ok(()) => route(cloud, call, &request_id),
        Err(fault) => unauthorized(call, &request_id, &fault),
    };
    let client_request_id = call
        .header("client-request-id")
        .map_or_else(|| request_id.clone(), str::to_owned);
    answer
        .with_header("request-id", &request_id)
        .with_header("client-request-id", &client_request_id)
}

fn route(cloud: &mut Cloud, call: &Call, request_id: &str) -> Answer {
    let segments = call.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let now = cloud.clock.now();
    let world = &mut cloud.world;
    let fail = Failure { call, request_id };
    if ["POST", "PATCH"].contains(&call.method.as_str()) && !call.is_json() {
        let message =
            "Write requests (excluding DELETE) must contain the Content-Type header declaration.";
        return fail.answer(400, "BadRequest", message);
    }
    match (call.method.as_str(), parts.as_slice()) {
        ("GET", ["v1.0", "servicePrincipals"]) => list_principals(world, &fail, now),
        ("POST", ["v1.0", "servicePrincipals"]) => create_principal(world, &fail, now),
        (method, ["v1.0", "servicePrincipals", id]) => {
            one_principal(world, &fail, now, method, &Key::Id((*id).to_owned()))
        }
        (method, ["v1.0", name]) if app_id_key(name, "servicePrincipals").is_some() => {
            let key = app_id_key(name, "servicePrincipals").unwrap_or_default();
            one_principal(world, &fail, now, method, &Key::AppId(key))
        }
        ("GET", ["v1.0", "applications"]) => list_applications(world, &fail),
        ("GET", ["v1.0", "applications", id]) => one_application(
            world,
            &fail,
            |application| application.id.eq_ignore_ascii_case(id),
            id,
        ),
        ("GET", ["v1.0", name]) if app_id_key(name, "applications").is_some() => {
            let app_id = app_id_key(name, "applications").unwrap_or_default();
            one_application(
                world,
                &fail,
                |application| application.app_id.eq_ignore_ascii_case(&app_id),
                &app_id,
            )
        }
        ("GET", ["v1.0", "directoryObjects", id]) => directory_object(world, &fail, now, id),
        ("GET", ["v1.0", "organization"]) => organization(world, &fail),
        _ => fail.answer(
            404,
            "BadRequest",
            format!(
                "Resource not found for the segment '{}'.",
                parts.last().unwrap_or(&"")
            ),
        ),
    }
}

/// Which service principal a URL names.
enum Key {
    Id(String),
    AppId(String),
}

impl Key {
    fn names(&self, principal: &ServicePrincipal) -> bool {
        match self {
            Self::Id(id) => principal.id.eq_ignore_ascii_case(id),
            Self::AppId(id) => principal.app_id.eq_ignore_ascii_case(id),
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Id(id) | Self::AppId(id) => id,
        }
    }
}

/// The app id in `collection(appId='…')`.
fn app_id_key(segment: &str, collection: &str) -> Option<String> {
    let (name, key) = segment.split_once('(')?;
    let literal = key
        .strip_suffix(')')?
        .trim()
        .strip_prefix("appId")?
        .trim_start()
        .strip_prefix('=')?
        .trim();
    let (value, rest) = odata::parse_literal(literal).ok()?;
    (name == collection && rest.is_empty()).then_some(value)
}

struct Failure<'call> {
    call: &'call Call,
    request_id: &'call str,
}

impl Failure<'_> {
    fn answer(&self, status: u16, code: &str, message: impl Into<String>) -> Answer {
        let client_request_id = self
            .call
            .header("client-request-id")
            .unwrap_or(self.request_id);
        let body = json!({ "error": {
            "code": code,
            "message": message.into(),
            "innerError": {
                "date": clock::entra_timestamp().trim_end_matches('Z'),
                "request-id": self.request_id,
                "client-request-id": client_request_id,
            },
        }});
        Answer::json(status, &body, code)
    }

    fn not_found(&self, id: &str) -> Answer {
        let message = format!(
            "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
        );
        self.answer(404, "Request_ResourceNotFound", message)
    }

    fn denied(&self) -> Answer {
        self.answer(
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        )
    }
}

fn unauthorized(call: &Call, request_id: &str, fault: &TokenFault) -> Answer {
    let message = match fault {
        TokenFault::Missing => "Access token is empty.",
        TokenFault::Unknown => {
            "IDX14100: JWT is not well formed, there are no dots (.) or the token was not issued here."
        }
        TokenFault::Expired => "Lifetime validation failed, the token is expired.",
        TokenFault::WrongAudience => "Access token validation failure. Invalid audience.",
    };
    Failure { call, request_id }
        .answer(401, "InvalidAuthenticationToken", message)
        .with_header("www-authenticate", "Bearer realm=\"\"")
}

fn principal_body(world: &World, principal: &ServicePrincipal) -> Value {
    json!({
        "id": principal.id,
        "deletedDateTime": null,
        "accountEnabled": principal.account_enabled,
        "appId": principal.app_id,
        "appDisplayName": principal.display_name,
        "displayName": principal.display_name,
        "appOwnerOrganizationId": principal.app_owner_organization_id,
        "appRoleAssignmentRequired": false,
        "createdDateTime": principal.created_at,
        "description": principal.description,
        "notes": principal.notes,
        "servicePrincipalNames": [principal.app_id],
        "servicePrincipalType": "Application",
        "signInAudience":
            if principal.app_owner_organization_id == world.tenant_id { "AzureADMyOrg" } else { "AzureADMultipleOrgs" },
        "tags": principal.tags,
    })
}

/// Keeps the properties named in `$select`.
fn selected(call: &Call, body: Value) -> Value {
    let Some(select) = call.query_value("$select") else {
        return body;
    };
    let wanted: Vec<&str> = select.split(',').map(str::trim).collect();
    match body {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .filter(|(key, _)| key.starts_with('@') || wanted.contains(&key.as_str()))
                .collect(),
        ),
        other => other,
    }
}

fn with_context(call: &Call, entity: &str, body: Value) -> Value {
    let mut fields = Map::new();
    fields.insert(
        "@odata.context".to_owned(),
        json!(format!("{}/v1.0/$metadata#{entity}/$entity", call.base_url)),
    );
    if let Value::Object(body) = body {
        fields.extend(body);
    }
    Value::Object(fields)
}

fn list_principals(world: &World, fail: &Failure<'_>, now: Moment) -> Answer {
    let call = fail.call;
    if !world.settings.rights.graph_read {
        return fail.denied();
    }
    let terms = match odata::parse_filter(call.query_value("$filter").unwrap_or_default()) {
        Ok(terms) => terms,
        Err(error) => {
            return fail.answer(400, "BadRequest", format!("Invalid filter clause: {error}"));
        }
    };
    let mut found: Vec<&ServicePrincipal> = world
        .service_principals
        .iter()
        .filter(|principal| principal.readable_from <= now)
        .collect();
    for term in &terms {
        let Term::Equals { field, value } = term else {
            return fail.answer(
                400,
                "Request_UnsupportedQuery",
                "Unsupported or invalid query filter clause.",
            );
        };
        found.retain(|principal| match field.as_str() {
            "appId" => principal.app_id.eq_ignore_ascii_case(value),
            "id" => principal.id.eq_ignore_ascii_case(value),
            "displayName" => principal.display_name.eq_ignore_ascii_case(value),
            _ => false,
        });
        if !["appId", "id", "displayName"].contains(&field.as_str()) {
            return fail.answer(
                400,
                "Request_UnsupportedQuery",
                format!(
                    "Unsupported or invalid query filter clause specified for property '{field}'."
                ),
            );
        }
    }
    let count = found.len();
    let value: Vec<Value> = found
        .into_iter()
        .map(|principal| selected(call, principal_body(world, principal)))
        .collect();
    let context = format!("{}/v1.0/$metadata#servicePrincipals", call.base_url);
    Answer::json(
        200,
        &json!({ "@odata.context": context, "value": value }),
        format!("{count} service principal(s)"),
    )
}

fn create_principal(world: &mut World, fail: &Failure<'_>, now: Moment) -> Answer {
    let Ok(body) = fail.call.json() else {
        return fail.answer(400, "BadRequest", "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.");
    };
    let Some(app_id) = body.get("appId").and_then(Value::as_str).map(str::to_owned) else {
        return fail.answer(
            400,
            "Request_BadRequest",
            "The required property 'appId' is missing.",
        );
    };
    create(world, fail, now, &app_id, &body)
}

fn create(
    world: &mut World,
    fail: &Failure<'_>,
    now: Moment,
    app_id: &str,
    body: &Value,
) -> Answer {
    let foreign = known_application(world, app_id)
        .is_none_or(|application| application.owner_tenant_id != world.tenant_id);
    if !world.settings.rights.graph_create {
        return if foreign {
            fail.answer(403, "Authorization_RequestDenied", BACKING_APPLICATION)
        } else {
            fail.denied()
        };
    }
    if world
        .service_principals
        .iter()
        .any(|principal| principal.app_id.eq_ignore_ascii_case(app_id))
    {
        let message = format!(
            "The service principal cannot be created, updated, or restored because the service principal name {app_id} is already in use."
        );
        return fail.answer(409, "Request_MultipleObjectsWithSameKeyValue", message);
    }
    let Ok(mut principal) = instantiate(world, now, app_id) else {
        let message = format!(
            "The appId '{app_id}' of the service principal does not reference a valid application object."
        );
        return fail.answer(400, "Request_BadRequest", message);
    };
    apply_properties(&mut principal, body);
    let meaning = format!("service principal \"{}\" created", principal.display_name);
    let answer = with_context(
        fail.call,
        "servicePrincipals",
        principal_body(world, &principal),
    );
    world.service_principals.push(principal);
    Answer::json(201, &answer, meaning)
}

fn apply_properties(principal: &mut ServicePrincipal, body: &Value) {
    if let Some(enabled) = body.get("accountEnabled").and_then(Value::as_bool) {
        principal.account_enabled = enabled;
    }
    for (key, target) in [
        ("description", &mut principal.description),
        ("notes", &mut principal.notes),
    ] {
        if let Some(value) = body.get(key) {
            *target = value.as_str().map(str::to_owned);
        }
    }
    if let Some(tags) = body.get("tags").and_then(Value::as_array) {
        principal.tags = tags
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect();
    }
}

fn known_application<'world>(world: &'world World, app_id: &str) -> Option<&'world Application> {
    world
        .applications
        .iter()
        .find(|application| application.app_id.eq_ignore_ascii_case(app_id))
}

fn instantiate(world: &World, now: Moment, app_id: &str) -> Result<ServicePrincipal, String> {
    let application = known_application(world, app_id)
        .ok_or_else(|| format!("no application has the client id [{app_id}]"))?;
    let lag = &world.settings.lag;
    Ok(ServicePrincipal {
        id: new_id(),
        app_id: application.app_id.clone(),
        display_name: application.display_name.clone(),
        account_enabled: true,
        app_owner_organization_id: application.owner_tenant_id.clone(),
        description: None,
        notes: None,
        tags: Vec::new(),
        created_at: clock::entra_timestamp(),
        readable_from: now.saturating_add(lag.service_principal.saturating_mul(1000)),
        known_to_resource_manager_from: now.saturating_add(
            lag.service_principal_in_resource_manager
                .saturating_mul(1000),
        ),
    })
}

/// What an administrator's consent does to the tenant: the service principal is there afterwards.
pub(crate) fn consent(
    world: &mut World,
    now: Moment,
    app_id: &str,
) -> Result<ServicePrincipal, String> {
    if let Some(principal) = world
        .service_principals
        .iter()
        .find(|principal| principal.app_id.eq_ignore_ascii_case(app_id))
    {
        return Ok(principal.clone());
    }
    let mut principal = instantiate(world, now, app_id)?;
    principal.tags = vec!["WindowsAzureActiveDirectoryIntegratedApp".to_owned()];
    world.service_principals.push(principal.clone());
    Ok(principal)
}

fn one_principal(
    world: &mut World,
    fail: &Failure<'_>,
    now: Moment,
    method: &str,
    key: &Key,
) -> Answer {
    let rights = &world.settings.rights;
    let own = world
        .service_principals
        .iter()
        .any(|principal| key.names(principal) && principal.id == world.caller.object_id);
    let allowed = match method {
        "GET" => rights.graph_read || own,
        "PATCH" => rights.graph_create,
        "DELETE" => rights.graph_delete,
        _ => {
            return fail.answer(
                405,
                "Request_BadRequest",
                "Specified HTTP method is not allowed for the request target.",
            );
        }
    };
    if !allowed {
        let creating = method == "PATCH"
            && !world
                .service_principals
                .iter()
                .any(|principal| key.names(principal));
        return if creating {
            fail.answer(403, "Authorization_RequestDenied", BACKING_APPLICATION)
        } else {
            fail.denied()
        };
    }
    let position = world
        .service_principals
        .iter()
        .position(|principal| key.names(principal) && principal.readable_from <= now);
    let create_if_missing = fail
        .call
        .header("prefer")
        .is_some_and(|prefer| prefer.contains("create-if-missing"));
    match (method, position) {
        ("PATCH", None) if create_if_missing && matches!(key, Key::AppId(_)) => {
            let body = fail.call.json().unwrap_or_default();
            create(world, fail, now, key.text(), &body)
        }
        (_, None) => fail.not_found(key.text()),
        ("DELETE", Some(position)) => {
            let removed = world.service_principals.remove(position);
            Answer::empty(
                204,
                format!("service principal \"{}\" deleted", removed.display_name),
            )
        }
        ("PATCH", Some(position)) => {
            let body = fail.call.json().unwrap_or_default();
            let Some(principal) = world.service_principals.get_mut(position) else {
                return fail.not_found(key.text());
            };
            apply_properties(principal, &body);
            Answer::empty(
                204,
                format!("service principal \"{}\" updated", principal.display_name),
            )
        }
        (_, Some(position)) => match world.service_principals.get(position) {
            Some(principal) => {
                let body = selected(
                    fail.call,
                    with_context(
                        fail.call,
                        "servicePrincipals",
                        principal_body(world, principal),
                    ),
                );
                Answer::json(
                    200,
                    &body,
                    format!("service principal \"{}\"", principal.display_name),
                )
            }
            None => fail.not_found(key.text()),
        },
    }
}

fn application_body(application: &Application) -> Value {
    json!({ "id": application.id, "appId": application.app_id, "displayName": application.display_name })
}

/// Registrations are visible in their own tenant only.
fn list_applications(world: &World, fail: &Failure<'_>) -> Answer {
    if !world.settings.rights.graph_read {
        return fail.denied();
    }
    let Ok(terms) = odata::parse_filter(fail.call.query_value("$filter").unwrap_or_default())
    else {
        return fail.answer(400, "BadRequest", "Invalid filter clause.");
    };
    let matches = |application: &&Application| {
        terms.iter().all(|term| match term {
            Term::Equals { field, value } if field == "appId" => {
                application.app_id.eq_ignore_ascii_case(value)
            }
            Term::Equals { field, value } if field == "id" => {
                application.id.eq_ignore_ascii_case(value)
            }
            _ => false,
        })
    };
    let value: Vec<Value> = world
        .applications
        .iter()
        .filter(|application| application.owner_tenant_id == world.tenant_id)
        .filter(matches)
        .map(|application| selected(fail.call, application_body(application)))
        .collect();
    Answer::json(
        200,
        &json!({ "value": value }),
        format!("{} application(s)", value.len()),
    )
}

fn one_application(
    world: &World,
    fail: &Failure<'_>,
    meant: impl Fn(&Application) -> bool,
    id: &str,
) -> Answer {
    if !world.settings.rights.graph_read {
        return fail.denied();
    }
    let found = world
        .applications
        .iter()
        .find(|application| application.owner_tenant_id == world.tenant_id && meant(application));
    match found {
        Some(application) => {
            let body = selected(
                fail.call,
                with_context(fail.call, "applications", application_body(application)),
            );
            Answer::json(
                200,
                &body,
                format!("application \"{}\"", application.display_name),
            )
        }
        None => fail.not_found(id),
    }
}

fn directory_object(world: &World, fail: &Failure<'_>, now: Moment, id: &str) -> Answer {
    if !world.settings.rights.graph_read {
        return fail.denied();
    }
    let typed = |kind: &str, mut body: Value| {
        if let Some(fields) = body.as_object_mut() {
            fields.insert(
                "@odata.type".to_owned(),
                json!(format!("#microsoft.graph.{kind}")),
            );
        }
        Answer::json(
            200,
            &with_context(fail.call, "directoryObjects", body),
            kind,
        )
    };
    let principal = world
        .service_principals
        .iter()
        .find(|object| object.id.eq_ignore_ascii_case(id) && object.readable_from <= now);
    if let Some(principal) = principal {
        return typed("servicePrincipal", principal_body(world, principal));
    }
    let mut own = world
        .applications
        .iter()
        .filter(|application| application.owner_tenant_id == world.tenant_id);
    if let Some(application) = own.find(|application| application.id.eq_ignore_ascii_case(id)) {
        return typed("application", application_body(application));
    }
    match world
        .directory_objects
        .iter()
        .find(|object| object.id.eq_ignore_ascii_case(id))
    {
        Some(object) => typed(
            &object.kind.to_lowercase(),
            json!({ "id": object.id, "displayName": object.display_name }),
        ),
        None => fail.not_found(id),
    }
}

fn organization(world: &World, fail: &Failure<'_>) -> Answer {
    if !world.settings.rights.graph_read {
        return fail.denied();
    }
    let domains = json!([{ "name": world.tenant_domain, "isDefault": true, "isInitial": true }]);
    Answer::json(
        200,
        &json!({ "value": [{ "id": world.tenant_id, "displayName": "Local tenant", "verifiedDomains": domains }] }),
        "the tenant",
    )
}
