//! Role definitions: one per tenant and name, seen through every scope they may be assigned at.

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Fault, Outcome, Request, authorize, fault, page, scope};
use crate::clock::{self, Moment};
use crate::exchange::Answer;
use crate::odata::{self, Term};
use crate::world::{DeletedRole, RoleContent, RoleDefinition, World};

const WRITE: &str = "Microsoft.Authorization/roleDefinitions/write";
const DELETE: &str = "Microsoft.Authorization/roleDefinitions/delete";
const READ: &str = "Microsoft.Authorization/roleDefinitions/read";
const NAME_LIMIT: usize = 512;
const SCOPE_LIMIT: usize = 2000;

pub(super) fn handle(world: &mut World, request: &Request<'_>, rest: &[&str]) -> Outcome {
    match (request.call.method.as_str(), rest) {
        ("GET", []) => list(world, request),
        ("GET", [id]) => read(world, request, id),
        ("PUT", [id]) => put(world, request, id),
        ("DELETE", [id]) => delete(world, request, id),
        _ => Err(fault(
            405,
            "HttpMethodNotAllowed",
            "The request method is not allowed on this resource.",
        )),
    }
}

impl RoleDefinition {
    fn is_readable(&self, now: Moment) -> bool {
        self.readable_from <= now
            && self
                .deleted
                .as_ref()
                .is_none_or(|deleted| now < deleted.readable_until)
    }

    /// What a read shows: the old content while an update replicates.
    fn shown(&self, now: Moment) -> &RoleContent {
        match &self.stale {
            Some((until, content)) if now < *until => content,
            _ => &self.content,
        }
    }

    /// Whether the role can be used at the scope, and so is seen from there.
    fn is_visible_at(&self, at: &str) -> bool {
        self.built_in
            || scope::is_tenant(at)
            || self
                .content
                .assignable_scopes
                .iter()
                .any(|outer| scope::covers(outer, at))
    }
}

/// The id that answers carry: through a subscription, or the tenant's form.
pub(super) fn role_id(at: &str, guid: &str) -> String {
    match scope::subscription(at) {
        Some(subscription) => format!(
            "/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{guid}"
        ),
        None => format!("/providers/Microsoft.Authorization/roleDefinitions/{guid}"),
    }
}

fn body(role: &RoleDefinition, content: &RoleContent, at: &str) -> Value {
    json!({
        "id": role_id(at, &role.id),
        "name": role.id,
        "type": "Microsoft.Authorization/roleDefinitions",
        "properties": {
            "roleName": content.role_name,
            "type": if role.built_in { "BuiltInRole" } else { "CustomRole" },
            "description": content.description,
            "assignableScopes": content.assignable_scopes,
            "permissions": [{
                "actions": content.actions,
                "notActions": content.not_actions,
                "dataActions": content.data_actions,
                "notDataActions": content.not_data_actions,
            }],
            "createdOn": role.created_on,
            "updatedOn": role.updated_on,
            "createdBy": null,
            "updatedBy": null,
        },
    })
}

fn missing(id: &str) -> Fault {
    fault(
        404,
        "RoleDefinitionDoesNotExist",
        format!(
            "The specified role definition with ID '{}' does not exist.",
            id.replace('-', "")
        ),
    )
}

fn list(world: &World, request: &Request<'_>) -> Outcome {
    authorize(world, READ, request.scope)?;
    let terms = odata::parse_filter(request.call.query_value("$filter").unwrap_or_default())
        .map_err(|error| {
            fault(
                400,
                "BadRequest",
                format!("The filter is not valid: {error}."),
            )
        })?;
    let below = terms.iter().any(|term| matches!(term, Term::Function { name, .. } if name.eq_ignore_ascii_case("atScopeAndBelow")));
    let now = request.now;
    let mut roles: Vec<&RoleDefinition> = world
        .role_definitions
        .iter()
        .filter(|role| role.is_readable(now))
        .filter(|role| {
            role.is_visible_at(request.scope)
                || (below
                    && role
                        .content
                        .assignable_scopes
                        .iter()
                        .any(|inner| scope::covers(request.scope, inner)))
        })
        .collect();
    for term in &terms {
        match term {
            Term::Equals { field, value } if field.eq_ignore_ascii_case("roleName") => {
                roles.retain(|role| role.shown(now).role_name.eq_ignore_ascii_case(value));
            }
            Term::Equals { field, value } if field.eq_ignore_ascii_case("type") => {
                roles.retain(|role| {
                    value.eq_ignore_ascii_case(if role.built_in {
                        "BuiltInRole"
                    } else {
                        "CustomRole"
                    })
                });
            }
            Term::Function {
                name,
                argument: None,
            } if name.eq_ignore_ascii_case("atScopeAndBelow") => {}
            Term::Function {
                name,
                argument: None,
            } if name.eq_ignore_ascii_case("atScope") => {}
            _ => {
                return Err(fault(
                    400,
                    "UnsupportedQuery",
                    "The filter is not supported.",
                ));
            }
        }
    }
    let items: Vec<Value> = roles
        .iter()
        .map(|role| body(role, role.shown(now), request.scope))
        .collect();
    Ok(Answer::json(
        200,
        &page(world, request.call, &items),
        format!("{} role definition(s)", items.len()),
    ))
}

fn read(world: &World, request: &Request<'_>, id: &str) -> Outcome {
    authorize(world, READ, request.scope)?;
    let role = world
        .role_definitions
        .iter()
        .find(|role| {
            role.id.eq_ignore_ascii_case(id)
                && role.is_readable(request.now)
                && role.is_visible_at(request.scope)
        })
        .ok_or_else(|| missing(id))?;
    let content = role.shown(request.now);
    Ok(Answer::json(
        200,
        &body(role, content, request.scope),
        format!("role \"{}\"", content.role_name),
    ))
}

fn put(world: &mut World, request: &Request<'_>, id: &str) -> Outcome {
    authorize(world, WRITE, request.scope)?;
    if Uuid::try_parse(id).is_err() {
        return Err(fault(
            400,
            "InvalidRoleDefinitionId",
            format!(
                "The role definition ID '{id}' is not valid. The role definition ID must be a GUID."
            ),
        ));
    }
    let content = content_of(&request.json()?)?;
    check_scopes(world, &content.assignable_scopes)?;
    let now = request.now;
    let name_taken = world.role_definitions.iter().any(|role| {
        !role.id.eq_ignore_ascii_case(id)
            && role
                .content
                .role_name
                .eq_ignore_ascii_case(&content.role_name)
            && role
                .deleted
                .as_ref()
                .is_none_or(|deleted| now < deleted.name_taken_until)
    });
    let position = world
        .role_definitions
        .iter()
        .position(|role| role.id.eq_ignore_ascii_case(id) && role.deleted.is_none());
    if name_taken {
        let text = if position.is_some() {
            "A role definition cannot be updated with a name that already exists."
        } else {
            "A custom role with the same name already exists in this directory. Use a different name."
        };
        return Err(fault(409, "RoleDefinitionWithSameNameExists", text));
    }
    if let Some(role) = position.and_then(|position| world.role_definitions.get(position)) {
        check_update(world, request, role, &content)?;
    }
    let lag = world.settings.lag.clone();
    let name = content.role_name.clone();
    if let Some(role) = position.and_then(|position| world.role_definitions.get_mut(position)) {
        let old = std::mem::replace(&mut role.content, content);
        role.stale = (lag.role_definition_update > 0)
            .then(|| (now.saturating_add(lag.role_definition_update * 1000), old));
        role.updated_on = clock::azure_timestamp();
        return Ok(Answer::json(
            201,
            &body(role, &role.content, request.scope),
            format!("role \"{name}\" updated"),
        ));
    }

    // A deleted role of the same GUID is replaced for good.
    world
        .role_definitions
        .retain(|role| !role.id.eq_ignore_ascii_case(id));
    let stamp = clock::azure_timestamp();
    let role = RoleDefinition {
        id: id.to_lowercase(),
        content,
        built_in: false,
        created_on: stamp.clone(),
        updated_on: stamp,
        readable_from: now.saturating_add(lag.role_definition.saturating_mul(1000)),
        stale: None,
        deleted: None,
    };
    let answer = Answer::json(
        201,
        &body(&role, &role.content, request.scope),
        format!("role \"{name}\" created"),
    );
    world.role_definitions.push(role);
    Ok(answer)
}

fn content_of(request: &Value) -> Result<RoleContent, Fault> {
    let properties = request
        .get("properties")
        .filter(|properties| properties.is_object());
    let properties = properties.ok_or_else(|| {
        fault(
            400,
            "InvalidRequestContent",
            "The request content has no 'properties'.",
        )
    })?;
    let strings = |value: Option<&Value>| -> Vec<String> {
        value
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let role_name = properties
        .get("roleName")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    if role_name.is_empty() || role_name.chars().count() > NAME_LIMIT {
        return Err(fault(
            400,
            "InvalidRoleDefinitionName",
            format!("The role name must have between 1 and {NAME_LIMIT} characters."),
        ));
    }
    if properties
        .get("type")
        .and_then(Value::as_str)
        .is_some_and(|kind| !kind.eq_ignore_ascii_case("CustomRole"))
    {
        return Err(fault(
            400,
            "InvalidRoleDefinitionType",
            "The role definition type must be 'CustomRole'.",
        ));
    }
    let permissions = properties
        .get("permissions")
        .and_then(Value::as_array)
        .cloned()
        .unwrap_or_default();
    let all = |key: &str| -> Vec<String> {
        permissions
            .iter()
            .flat_map(|permission| strings(permission.get(key)))
            .collect()
    };
    let content = RoleContent {
        role_name,
        description: properties
            .get("description")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        actions: all("actions"),
        not_actions: all("notActions"),
        data_actions: all("dataActions"),
        not_data_actions: all("notDataActions"),
        assignable_scopes: strings(properties.get("assignableScopes")),
    };
    let actions = content.actions.iter().chain(&content.not_actions);
    if let Some(action) = actions
        .into_iter()
        .find(|action| *action != "*" && !action.contains('/'))
    {
        let text =
            format!("'{action}' does not match any of the actions supported by the providers.");
        return Err(fault(400, "InvalidActionOrNotAction", text));
    }
    Ok(content)
}

fn check_scopes(world: &World, scopes: &[String]) -> Result<(), Fault> {
    if scopes.is_empty() || scopes.len() > SCOPE_LIMIT {
        let text =
            format!("The role definition must have between 1 and {SCOPE_LIMIT} assignable scopes.");
        return Err(fault(400, "InvalidAssignableScopes", text));
    }
    if scopes
        .iter()
        .filter(|at| scope::is_management_group(at))
        .count()
        > 1
    {
        return Err(fault(
            400,
            "InvalidAssignableScopes",
            "Only one management group is allowed in the assignable scopes of a custom role.",
        ));
    }
    for at in scopes {
        if scope::is_management_group(at) {
            continue;
        }
        let Some(subscription) = scope::subscription(at).filter(|_| !at.contains('*')) else {
            return Err(fault(
                400,
                "InvalidAssignableScopes",
                format!("The assignable scope '{at}' is not valid for a custom role."),
            ));
        };
        if !world.has_subscription(subscription) {
            let text = format!(
                "The client has permission to perform action '{WRITE}' on the scope, however it does not have permission to perform it on the \
                 linked scope(s) '{at}' or the linked scope(s) are invalid."
            );
            return Err(fault(403, "LinkedAuthorizationFailed", text));
        }
        authorize(world, WRITE, at).map_err(|denied| {
            let text = format!("{} The linked scope(s) are '{at}'.", denied.message);
            fault(403, "LinkedAuthorizationFailed", text)
        })?;
    }
    Ok(())
}

fn check_update(
    world: &World,
    request: &Request<'_>,
    role: &RoleDefinition,
    content: &RoleContent,
) -> Result<(), Fault> {
    if role.built_in {
        return Err(fault(
            403,
            "RoleDefinitionIsBuiltIn",
            "A built-in role cannot be changed.",
        ));
    }
    // The scope in the URL is where the role is looked up, so an update goes through a scope the role already has.
    if !role.is_visible_at(request.scope) {
        return Err(fault(
            409,
            "RoleDefinitionExists",
            "A role definition with this ID exists in another scope of this directory.",
        ));
    }
    let stranded = world.role_assignments.iter().find(|assignment| {
        assignment.role_definition.eq_ignore_ascii_case(&role.id)
            && !content
                .assignable_scopes
                .iter()
                .any(|outer| scope::covers(outer, &assignment.scope))
    });
    match stranded {
        Some(assignment) => Err(fault(
            400,
            "RoleDefinitionHasAssignments",
            format!(
                "The assignable scopes cannot be reduced: the role is assigned at scope '{}'.",
                assignment.scope
            ),
        )),
        None => Ok(()),
    }
}

fn delete(world: &mut World, request: &Request<'_>, id: &str) -> Outcome {
    authorize(world, DELETE, request.scope)?;
    let now = request.now;
    let found = world.role_definitions.iter().find(|role| {
        role.id.eq_ignore_ascii_case(id)
            && role.deleted.is_none()
            && role.is_visible_at(request.scope)
    });
    let Some(role) = found.cloned() else {
        return Ok(Answer::empty(204, "no such role"));
    };
    if role.built_in {
        return Err(fault(
            403,
            "RoleDefinitionIsBuiltIn",
            "A built-in role cannot be deleted.",
        ));
    }
    let assigned = world
        .role_assignments
        .iter()
        .filter(|assignment| assignment.role_definition.eq_ignore_ascii_case(id))
        .count();
    if assigned > 0 {
        let text = format!(
            "There are existing role assignments referencing role (code: RoleDefinitionHasAssignments). {assigned} assignment(s) must be removed first."
        );
        return Err(fault(400, "RoleDefinitionHasAssignments", text));
    }
    let lag = world.settings.lag.clone();
    let readable_until = now.saturating_add(lag.role_definition_deletion.saturating_mul(1000));
    let name_taken_until = now.saturating_add(lag.role_name_reservation.saturating_mul(1000));
    if let Some(stored) = world
        .role_definitions
        .iter_mut()
        .find(|stored| stored.id == role.id)
    {
        stored.deleted = Some(DeletedRole {
            readable_until,
            name_taken_until,
        });
    }
    world.role_definitions.retain(|role| {
        role.deleted
            .as_ref()
            .is_none_or(|deleted| now < deleted.readable_until || now < deleted.name_taken_until)
    });
    Ok(Answer::json(
        200,
        &body(&role, &role.content, request.scope),
        format!("role \"{}\" deleted", role.content.role_name),
    ))
}
