//! Role assignments: a role, to a principal, at a scope; the triple is unique, and so is the GUID over the whole tenant.

use serde_json::{Value, json};
use uuid::Uuid;

use super::role_definitions::role_id;
use super::{Fault, Outcome, Request, authorize, fault, page, require_scope, scope};
use crate::clock::{self, Moment};
use crate::exchange::Answer;
use crate::judge;
use crate::odata::{self, Term};
use crate::world::{RoleAssignment, World};

const READ: &str = "Microsoft.Authorization/roleAssignments/read";
const WRITE: &str = "Microsoft.Authorization/roleAssignments/write";
const DELETE: &str = "Microsoft.Authorization/roleAssignments/delete";

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

fn body(world: &World, assignment: &RoleAssignment, created_by: &Value) -> Value {
    let at = if world.settings.azure.tenant_form_role_ids {
        ""
    } else {
        assignment.scope.as_str()
    };
    json!({
        "id": format!("{}/providers/Microsoft.Authorization/roleAssignments/{}", assignment.scope, assignment.id),
        "name": assignment.id,
        "type": "Microsoft.Authorization/roleAssignments",
        "properties": {
            "roleDefinitionId": role_id(at, &assignment.role_definition),
            "principalId": assignment.principal_id,
            "principalType": assignment.principal_type,
            "scope": assignment.scope,
            "description": assignment.description,
            "condition": assignment.condition,
            "conditionVersion": assignment.condition_version,
            "createdOn": assignment.created_on,
            "updatedOn": assignment.updated_on,
            "createdBy": created_by,
            "updatedBy": world.caller.object_id,
            "delegatedManagedIdentityResourceId": null,
        },
    })
}

fn missing(id: &str) -> Fault {
    fault(
        404,
        "RoleAssignmentNotFound",
        format!("The role assignment '{id}' is not found."),
    )
}

fn list(world: &World, request: &Request<'_>) -> Outcome {
    authorize(world, READ, request.scope)?;
    require_scope(world, request.scope)?;
    let terms = odata::parse_filter(request.call.query_value("$filter").unwrap_or_default())
        .map_err(|error| {
            fault(
                400,
                "BadRequest",
                format!("The filter is not valid: {error}."),
            )
        })?;
    let mut found: Vec<&RoleAssignment> = world
        .role_assignments
        .iter()
        .filter(|assignment| assignment.readable_from <= request.now)
        .filter(|assignment| {
            scope::covers(&assignment.scope, request.scope)
                || scope::covers(request.scope, &assignment.scope)
        })
        .collect();
    for term in &terms {
        match term {
            Term::Function {
                name,
                argument: None,
            } if name.eq_ignore_ascii_case("atScope") => {
                found.retain(|assignment| scope::covers(&assignment.scope, request.scope));
            }
            Term::Function {
                name,
                argument: Some(id),
            } if name.eq_ignore_ascii_case("assignedTo") => {
                found.retain(|assignment| assignment.principal_id.eq_ignore_ascii_case(id));
            }
            Term::Equals { field, value } if field.eq_ignore_ascii_case("principalId") => {
                found.retain(|assignment| assignment.principal_id.eq_ignore_ascii_case(value));
            }
            _ => {
                return Err(fault(
                    400,
                    "UnsupportedQuery",
                    "The filter is not supported.",
                ));
            }
        }
    }
    let author = json!(world.caller.object_id);
    let items: Vec<Value> = found
        .iter()
        .map(|assignment| body(world, assignment, &author))
        .collect();
    Ok(Answer::json(
        200,
        &page(world, request.call, &items),
        format!("{} role assignment(s)", items.len()),
    ))
}

fn at_scope<'world>(
    world: &'world World,
    request: &Request<'_>,
    id: &str,
) -> Option<&'world RoleAssignment> {
    world.role_assignments.iter().find(|assignment| {
        assignment.id.eq_ignore_ascii_case(id) && scope::equal(&assignment.scope, request.scope)
    })
}

fn read(world: &World, request: &Request<'_>, id: &str) -> Outcome {
    authorize(world, READ, request.scope)?;
    require_scope(world, request.scope)?;
    let assignment = at_scope(world, request, id)
        .filter(|assignment| assignment.readable_from <= request.now)
        .ok_or_else(|| missing(id))?;
    Ok(Answer::json(
        200,
        &body(world, assignment, &json!(world.caller.object_id)),
        "role assignment",
    ))
}

fn put(world: &mut World, request: &Request<'_>, id: &str) -> Outcome {
    authorize(world, WRITE, request.scope)?;
    require_scope(world, request.scope)?;
    if Uuid::try_parse(id).is_err() {
        let text = format!(
            "The role assignment ID '{id}' is not valid. The role assignment ID must be a GUID."
        );
        return Err(fault(400, "InvalidRoleAssignmentId", text));
    }
    let request_body = request.json()?;
    let properties = request_body.get("properties").unwrap_or(&Value::Null);
    let text = |key: &str| {
        properties
            .get(key)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    let (Some(role_id), Some(principal_id)) = (text("roleDefinitionId"), text("principalId"))
    else {
        return Err(fault(
            400,
            "InvalidCreateRoleAssignmentRequest",
            "The request to create role assignment is not valid.",
        ));
    };
    if Uuid::try_parse(principal_id).is_err() {
        return Err(fault(
            400,
            "InvalidPrincipalId",
            format!(
                "A valid principal ID must be provided for role assignment. '{principal_id}' is not a GUID."
            ),
        ));
    }
    let role = role_id
        .rsplit('/')
        .next()
        .unwrap_or_default()
        .to_lowercase();
    check_role(world, request, &role)?;
    let principal_type = text("principalType").unwrap_or("User");
    let principal_type = check_principal(world, principal_id, principal_type, request.now)?;

    if let Some(stored) = world
        .role_assignments
        .iter()
        .position(|assignment| assignment.id.eq_ignore_ascii_case(id))
    {
        return update(world, request, stored, &role, principal_id, properties);
    }
    let twin = world.role_assignments.iter().find(|assignment| {
        scope::equal(&assignment.scope, request.scope)
            && assignment.role_definition.eq_ignore_ascii_case(&role)
            && assignment.principal_id.eq_ignore_ascii_case(principal_id)
    });
    if let Some(twin) = twin {
        let existing = twin.id.replace('-', "");
        let text = format!(
            "The role assignment already exists. The ID of the existing role assignment is {existing}."
        );
        return Err(fault(409, "RoleAssignmentExists", text));
    }
    let lag = &world.settings.lag;
    let stamp = clock::azure_timestamp();
    let assignment = RoleAssignment {
        id: id.to_lowercase(),
        scope: request.scope.to_owned(),
        role_definition: role.clone(),
        principal_id: principal_id.to_owned(),
        principal_type,
        description: text("description").map(str::to_owned),
        condition: text("condition").map(str::to_owned),
        condition_version: text("conditionVersion").map(str::to_owned),
        created_on: stamp.clone(),
        updated_on: stamp,
        readable_from: request
            .now
            .saturating_add(lag.role_assignment.saturating_mul(1000)),
        effective_from: request
            .now
            .saturating_add(lag.authorization.saturating_mul(1000)),
    };
    let name = role_name(world, &role);
    // The service leaves the author out of the answer to the write itself.
    let answer = body(world, &assignment, &Value::Null);
    world.role_assignments.push(assignment);
    Ok(Answer::json(
        201,
        &answer,
        format!("role \"{name}\" assigned"),
    ))
}

fn role_name(world: &World, role: &str) -> String {
    world
        .role_definitions
        .iter()
        .find(|found| found.id.eq_ignore_ascii_case(role))
        .map_or_else(String::new, |found| found.content.role_name.clone())
}

fn check_role(world: &World, request: &Request<'_>, role: &str) -> Result<(), Fault> {
    let missing = || {
        fault(
            404,
            "RoleDefinitionDoesNotExist",
            format!(
                "The specified role definition with ID '{}' does not exist.",
                role.replace('-', "")
            ),
        )
    };
    let found = world
        .role_definitions
        .iter()
        .find(|found| {
            found.id.eq_ignore_ascii_case(role)
                && found.deleted.is_none()
                && found.readable_from <= request.now
        })
        .ok_or_else(missing)?;
    let assignable = found.built_in
        || found
            .content
            .assignable_scopes
            .iter()
            .any(|outer| scope::covers(outer, request.scope));
    if assignable { Ok(()) } else { Err(missing()) }
}

/// Finds out what kind of principal the id names and refuses what cannot hold a role.
fn check_principal(world: &World, id: &str, claimed: &str, now: Moment) -> Result<String, Fault> {
    let types = ["User", "Group", "ServicePrincipal", "ForeignGroup"];
    let Some(claimed) = types
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(claimed))
    else {
        return Err(fault(
            400,
            "InvalidPrincipalType",
            format!("The principal type '{claimed}' is not valid."),
        ));
    };
    let own_application = world.applications.iter().any(|application| {
        application.id.eq_ignore_ascii_case(id) && application.owner_tenant_id == world.tenant_id
    });
    if own_application {
        return Err(fault(
            400,
            "PrincipalTypeNotSupported",
            "Principals of type Application cannot validly be used in role assignments.",
        ));
    }
    let principal = world.service_principals.iter().find(|principal| {
        principal.id.eq_ignore_ascii_case(id) && principal.known_to_resource_manager_from <= now
    });
    let object = world
        .directory_objects
        .iter()
        .find(|object| object.id.eq_ignore_ascii_case(id));
    let actual = if principal.is_some() {
        Some("ServicePrincipal")
    } else {
        object.map(|object| object.kind.as_str())
    };
    match actual {
        // Writes only look at the claim of being a service principal; a missing claim counts as a user's and is corrected in silence.
        Some(actual) if actual.eq_ignore_ascii_case(claimed) || claimed == "User" => {
            Ok(actual.to_owned())
        }
        Some(actual) => Err(fault(
            400,
            "UnmatchedPrincipalType",
            format!(
                "The PrincipalId '{}' has type '{actual}', which is different from specified PrincipalType '{claimed}'.",
                id.replace('-', "")
            ),
        )),
        None if claimed == "ServicePrincipal"
            && !world.settings.azure.strict_principal_check
            && !is_replicating(world, id, now) =>
        {
            Ok(claimed.to_owned())
        }
        None => Err(fault(
            400,
            "PrincipalNotFound",
            format!(
                "Principal {} does not exist in the directory {}. Check that you have the correct principal ID. If you are creating this principal \
                 and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment \
                 principalType property to a value, such as ServicePrincipal, User, or Group.",
                id.replace('-', ""),
                world.tenant_id
            ),
        )),
    }
}

/// With a replication lag switched on, the tolerance for unknown principals is off for those on their way.
fn is_replicating(world: &World, id: &str, now: Moment) -> bool {
    world.service_principals.iter().any(|principal| {
        principal.id.eq_ignore_ascii_case(id) && principal.known_to_resource_manager_from > now
    })
}

fn update(
    world: &mut World,
    request: &Request<'_>,
    position: usize,
    role: &str,
    principal_id: &str,
    properties: &Value,
) -> Outcome {
    let text = |key: &str| {
        properties
            .get(key)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let Some(assignment) = world.role_assignments.get_mut(position) else {
        return Err(missing(""));
    };
    let same = scope::equal(&assignment.scope, request.scope)
        && assignment.role_definition.eq_ignore_ascii_case(role)
        && assignment.principal_id.eq_ignore_ascii_case(principal_id);
    if !same {
        let text =
            "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.";
        return Err(fault(400, "RoleAssignmentUpdateNotPermitted", text));
    }
    assignment.description = text("description");
    assignment.condition = text("condition");
    assignment.condition_version = text("conditionVersion");
    assignment.updated_on = clock::azure_timestamp();
    let updated = assignment.clone();
    Ok(Answer::json(
        200,
        &body(world, &updated, &Value::Null),
        "role assignment updated",
    ))
}

fn delete(world: &mut World, request: &Request<'_>, id: &str) -> Outcome {
    authorize(world, DELETE, request.scope)?;
    require_scope(world, request.scope)?;
    let Some(found) = at_scope(world, request, id).cloned() else {
        return Ok(Answer::empty(204, "no such role assignment"));
    };
    if let Some(lock) = judge::locked(world, request.scope) {
        let text = format!(
            "The scope '{}/providers/Microsoft.Authorization/roleAssignments/{id}' cannot perform delete operation because following scope(s) \
             are locked: '{lock}'. Please remove the lock and try again.",
            request.scope
        );
        return Err(fault(409, "ScopeLocked", text));
    }
    world
        .role_assignments
        .retain(|assignment| assignment.id != found.id);
    let answer = body(world, &found, &json!(world.caller.object_id));
    Ok(Answer::json(
        200,
        &answer,
        format!(
            "assignment of role \"{}\" deleted",
            role_name(world, &found.role_definition)
        ),
    ))
}
