//! Custom and built-in roles: `{scope}/providers/Microsoft.Authorization/roleDefinitions/{guid}`.
//!
//! The tenant owns a role; the scope in the path only selects a view and an authorization check. A view shows the roles
//! whose assignable scopes include it, so a role can be missing there although its name is taken. There is no etag:
//! a PUT replaces the whole role, and the later of two wins.

use std::collections::HashSet;

use ::http::Method;
use serde::{Deserialize, Serialize};

use super::Error;
use super::client::{Client, optional};
use super::ids::{ArmId, Guid, RoleDefinitionId};
use super::permission::{Permission, matches_any};
use super::wire::{List, list, null_as_default, remote_enum};
use crate::http::{Request, Scope};

/// The newest stable version; sovereign clouds know it too.
const API_VERSION: &str = "2022-04-01";

remote_enum! {
    /// Who made a role.
    RoleType {
        /// A role of this tenant.
        Custom = "CustomRole",
        /// A role of Azure's own, which cannot be changed.
        BuiltIn = "BuiltInRole",
    }
}

/// A role as the service shows it.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "RoleDefinitionWire")]
pub struct RoleDefinition {
    /// The id in the service's spelling; its scope need not be the one that was asked.
    pub id: RoleDefinitionId,
    /// The GUID: the role's own name.
    pub name: Guid,
    /// The display name, unique in the tenant.
    pub role_name: String,
    /// Empty where there is none.
    pub description: String,
    /// Custom or built in.
    pub role_type: RoleType,
    /// Where the role can be assigned, in the service's spelling.
    pub assignable_scopes: Vec<String>,
    /// Allowed management actions.
    pub actions: Vec<String>,
    /// Exceptions from `actions`.
    pub not_actions: Vec<String>,
    /// Allowed data actions.
    pub data_actions: Vec<String>,
    /// Exceptions from `data_actions`.
    pub not_data_actions: Vec<String>,
    /// Further blocks, each with its own exceptions. Roles rarely have them.
    pub further_permissions: Vec<Permission>,
}

impl RoleDefinition {
    /// Whether the role allows a management action.
    #[must_use]
    pub fn allows(&self, action: &str) -> bool {
        let first = matches_any(&self.actions, action) && !matches_any(&self.not_actions, action);
        first
            || self
                .further_permissions
                .iter()
                .any(|block| block.allows(action))
    }

    /// Whether the role can be assigned at `scope` by its assignable scopes. A management group counts only where it
    /// is the scope itself: what it holds cannot be seen from ids.
    #[must_use]
    pub fn is_assignable_at(&self, scope: &ArmId) -> bool {
        self.assignable_scopes
            .iter()
            .filter_map(|own| own.parse::<ArmId>().ok())
            .any(|own| own.contains(scope))
    }

    /// What a PUT has to send so that nothing changes.
    #[must_use]
    pub fn to_body(&self) -> RoleDefinitionBody {
        RoleDefinitionBody {
            role_name: self.role_name.clone(),
            description: self.description.clone(),
            assignable_scopes: self.assignable_scopes.clone(),
            actions: self.actions.clone(),
            not_actions: self.not_actions.clone(),
            data_actions: self.data_actions.clone(),
            not_data_actions: self.not_data_actions.clone(),
            further_permissions: self.further_permissions.clone(),
        }
    }
}

/// A custom role as it is written. A PUT replaces all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleDefinitionBody {
    /// The display name, unique in the tenant.
    pub role_name: String,
    /// May be empty.
    pub description: String,
    /// Where the role can be assigned.
    pub assignable_scopes: Vec<String>,
    /// Allowed management actions.
    pub actions: Vec<String>,
    /// Exceptions from `actions`.
    pub not_actions: Vec<String>,
    /// Allowed data actions.
    pub data_actions: Vec<String>,
    /// Exceptions from `data_actions`.
    pub not_data_actions: Vec<String>,
    /// Further blocks; see [`RoleDefinition::further_permissions`].
    pub further_permissions: Vec<Permission>,
}

#[derive(Deserialize)]
struct RoleDefinitionWire {
    id: RoleDefinitionId,
    properties: PropertiesWire,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PropertiesWire {
    #[serde(default, deserialize_with = "null_as_default")]
    role_name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    description: String,
    #[serde(rename = "type")]
    role_type: Option<RoleType>,
    #[serde(default, deserialize_with = "null_as_default")]
    assignable_scopes: Vec<String>,
    #[serde(default, deserialize_with = "null_as_default")]
    permissions: Vec<Permission>,
}

impl From<RoleDefinitionWire> for RoleDefinition {
    fn from(wire: RoleDefinitionWire) -> Self {
        let PropertiesWire {
            role_name,
            description,
            role_type,
            assignable_scopes,
            permissions,
        } = wire.properties;
        let mut blocks = permissions.into_iter();
        let first = blocks.next().unwrap_or_default();
        Self {
            name: wire.id.guid().clone(),
            id: wire.id,
            role_name,
            description,
            role_type: role_type.unwrap_or_else(|| RoleType::Unknown(String::new())),
            assignable_scopes,
            actions: first.actions,
            not_actions: first.not_actions,
            data_actions: first.data_actions,
            not_data_actions: first.not_data_actions,
            further_permissions: blocks.collect(),
        }
    }
}

#[derive(Serialize)]
struct PutWire<'a> {
    name: &'a str,
    properties: PutProperties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PutProperties<'a> {
    role_name: &'a str,
    description: &'a str,
    #[serde(rename = "type")]
    role_type: &'static str,
    assignable_scopes: &'a [String],
    permissions: Vec<Permission>,
}

fn put_wire<'a>(name: &'a Guid, body: &'a RoleDefinitionBody) -> PutWire<'a> {
    let RoleDefinitionBody {
        role_name,
        description,
        assignable_scopes,
        actions,
        not_actions,
        data_actions,
        not_data_actions,
        further_permissions,
    } = body;
    let mut permissions = vec![Permission {
        actions: actions.clone(),
        not_actions: not_actions.clone(),
        data_actions: data_actions.clone(),
        not_data_actions: not_data_actions.clone(),
    }];
    permissions.extend(further_permissions.iter().cloned());
    PutWire {
        name: name.as_str(),
        properties: PutProperties {
            role_name,
            description,
            role_type: "CustomRole",
            assignable_scopes,
            permissions,
        },
    }
}

fn definitions_at(view: &ArmId) -> Request {
    let segments =
        view.segments()
            .chain(["providers", "Microsoft.Authorization", "roleDefinitions"]);
    Request::get(segments).query("api-version", API_VERSION)
}

impl Client {
    /// The role, through the view in its id; `None` where that view does not show it.
    ///
    /// # Errors
    /// Any refusal but "not found".
    pub async fn get_role_definition(
        &self,
        scope: &Scope,
        id: &RoleDefinitionId,
    ) -> Result<Option<RoleDefinition>, Error> {
        let request = Request::raw_path(Method::GET, id.as_arm_id().as_str())
            .query("api-version", API_VERSION);
        optional(self.arm().json(scope, request).await)
    }

    /// The role, through the first of these views that shows it, and at last through the tenant's. So a role that
    /// lost one of its assignable scopes is not taken for deleted.
    ///
    /// # Errors
    /// When no view shows it and one could not be looked through.
    pub async fn find_role_definition(
        &self,
        scope: &Scope,
        name: &Guid,
        views: &[ArmId],
    ) -> Result<Option<RoleDefinition>, Error> {
        let mut refused = None;
        let tenant = ArmId::tenant();
        let mut seen = HashSet::new();
        for view in views.iter().chain([&tenant]) {
            if !seen.insert(view) {
                continue;
            }
            match self
                .get_role_definition(scope, &RoleDefinitionId::new(view, name))
                .await
            {
                Ok(Some(role)) => return Ok(Some(role)),
                Ok(None) => {}
                // The tenant's view asks for rights at its root, which few have: it can find a role, not hide one.
                Err(error) if view == &tenant && error.refusal().is_some() => {}
                Err(error) if error.is_forbidden() => refused = Some(error),
                Err(error) => return Err(error),
            }
        }
        refused.map_or(Ok(None), Err)
    }

    /// The roles that a view shows, its own and those from above.
    #[must_use]
    pub fn list_role_definitions(
        &self,
        view: &ArmId,
        filter: Option<&str>,
    ) -> List<RoleDefinition> {
        list(self.arm(), definitions_at(view).query_if("$filter", filter))
    }

    /// Creates or replaces a custom role. Safe to repeat: the GUID is in the id.
    ///
    /// # Errors
    /// See [`Error::is_role_name_taken`] and [`Error::is_limit_exceeded`].
    pub async fn put_role_definition(
        &self,
        scope: &Scope,
        id: &RoleDefinitionId,
        body: &RoleDefinitionBody,
    ) -> Result<RoleDefinition, Error> {
        let request = Request::raw_path(Method::PUT, id.as_arm_id().as_str())
            .query("api-version", API_VERSION)
            .json(&put_wire(id.guid(), body))?;
        let role = self.arm().json(scope, request).await?;
        self.recent().note_role(&role);
        Ok(role)
    }

    /// Deletes a role; one that is not there is deleted already.
    ///
    /// # Errors
    /// See [`Error::is_role_has_assignments`].
    pub async fn delete_role_definition(
        &self,
        scope: &Scope,
        id: &RoleDefinitionId,
    ) -> Result<(), Error> {
        self.delete_arm(scope, id.as_arm_id(), API_VERSION).await?;
        self.recent().forget(id.guid());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(properties: &str) -> RoleDefinition {
        serde_json::from_str(&format!(
            r#"{{"id":"/providers/Microsoft.Authorization/roleDefinitions/4D97b98b-1d4f-4787-a291-c67834d212e7","name":"ignored","properties":{properties}}}"#
        ))
        .unwrap()
    }

    #[test]
    fn absent_and_null_parts_read_as_empty() {
        for properties in [
            "{}",
            r#"{"roleName":null,"description":null,"type":null,"assignableScopes":null,"permissions":null}"#,
            r#"{"permissions":[{"actions":null,"notActions":null}],"unknown":1}"#,
        ] {
            let role = sample(properties);
            assert_eq!(
                role.to_body(),
                RoleDefinitionBody::default(),
                "{properties}"
            );
        }
    }

    #[test]
    fn a_role_read_and_written_back_keeps_everything() {
        let role = sample(
            r#"{"roleName":"r","description":"d","type":"customrole","assignableScopes":["/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590"],
               "permissions":[{"actions":["a/*"],"notActions":["a/b"],"dataActions":["x"],"notDataActions":["y"]},{"actions":["c"]}],
               "createdOn":"2024-01-01T00:00:00Z"}"#,
        );
        assert_eq!(role.role_type, RoleType::Custom);
        assert!(role.allows("A/C") && !role.allows("a/b") && role.allows("c") && !role.allows("x"));
        let body = role.to_body();
        let sent = serde_json::to_value(put_wire(&role.name, &body)).unwrap();
        assert_eq!(
            sent,
            serde_json::json!({
                "name": "4D97b98b-1d4f-4787-a291-c67834d212e7",
                "properties": {
                    "roleName": "r", "description": "d", "type": "CustomRole",
                    "assignableScopes": ["/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590"],
                    "permissions": [
                        {"actions": ["a/*"], "notActions": ["a/b"], "dataActions": ["x"], "notDataActions": ["y"]},
                        {"actions": ["c"], "notActions": [], "dataActions": [], "notDataActions": []}
                    ]
                }
            })
        );
    }

    #[test]
    fn a_role_is_assignable_below_its_scopes() {
        let role = sample(
            r#"{"assignableScopes":["/subscriptions/0B1F6471-1bf0-4dda-aec3-cb9272f09590/resourcegroups/net","garbage"]}"#,
        );
        let vnet = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v";
        assert!(role.is_assignable_at(&vnet.parse().unwrap()));
        assert!(
            !role.is_assignable_at(
                &"/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590"
                    .parse()
                    .unwrap()
            )
        );
    }
}
