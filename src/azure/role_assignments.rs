//! Who holds which role where: `{scope}/providers/Microsoft.Authorization/roleAssignments/{guid}`.
//!
//! The name is unique in the tenant; scope, role and principal together are the natural key, and none of the three can
//! change. Only the description and the condition are updated in place, by the same PUT.

use std::collections::HashMap;

use ::http::Method;
use serde::{Deserialize, Serialize};

use super::Error;
use super::client::{Client, optional};
use super::ids::{ArmId, Guid, RoleAssignmentId, RoleDefinitionId};
use super::wire::{List, list, remote_enum};
use crate::http::{Request, Scope};

const API_VERSION: &str = "2022-04-01";

/// A list that only spares single reads is not read further: most of what so long a list holds is not ours.
const SHARED_PAGES: usize = 50;

remote_enum! {
    /// What a principal is.
    PrincipalType {
        /// An application's presence in the tenant.
        ServicePrincipal = "ServicePrincipal",
        /// A person.
        User = "User",
        /// A group.
        Group = "Group",
        /// A group of another tenant.
        ForeignGroup = "ForeignGroup",
    }
}

/// An assignment as the service shows it.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "RoleAssignmentWire")]
pub struct RoleAssignment {
    /// The id in the service's spelling.
    pub id: RoleAssignmentId,
    /// Where the role is granted, in the service's spelling.
    pub scope: ArmId,
    /// The role. The service may show it through another scope than it was given.
    pub role_definition_id: RoleDefinitionId,
    /// The principal's object id.
    pub principal_id: Guid,
    /// What the principal is, where the service says.
    pub principal_type: Option<PrincipalType>,
    /// Empty where there is none.
    pub description: String,
    /// Limits what the assignment grants.
    pub condition: Option<String>,
    /// The language of the condition.
    pub condition_version: Option<String>,
}

/// An assignment as it is written. The principal is always declared a service principal: the service then does not look
/// it up first (so a fresh one is no error), and delegated administrators whose own right depends on it are let through.
#[derive(Clone, Debug)]
pub struct RoleAssignmentBody {
    /// The role, as the user spelled it.
    pub role_definition_id: RoleDefinitionId,
    /// The service principal's object id.
    pub principal_id: Guid,
    /// May be empty.
    pub description: String,
    /// Sent back as it was read, so that an update does not drop it.
    pub condition: Option<String>,
    /// Goes with `condition`.
    pub condition_version: Option<String>,
}

/// Which assignments to list.
#[derive(Clone, Debug)]
pub enum RoleAssignmentFilter {
    /// Those at, above and below the scope.
    All,
    /// Those at the scope and inherited from above.
    AtScope,
    /// Those of one principal, at, above and below the scope.
    Principal(Guid),
    /// Those of one principal or its groups, at the scope and inherited from above.
    AtScopeOf(Guid),
}

impl RoleAssignmentFilter {
    fn text(&self) -> Option<String> {
        match self {
            Self::All => None,
            Self::AtScope => Some("atScope()".to_owned()),
            Self::Principal(id) => Some(format!("principalId eq '{id}'")),
            Self::AtScopeOf(id) => Some(format!("atScope() and assignedTo('{id}')")),
        }
    }
}

#[derive(Deserialize)]
struct RoleAssignmentWire {
    id: RoleAssignmentId,
    properties: PropertiesWire,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PropertiesWire {
    role_definition_id: RoleDefinitionId,
    principal_id: Guid,
    scope: Option<String>,
    principal_type: Option<PrincipalType>,
    description: Option<String>,
    condition: Option<String>,
    condition_version: Option<String>,
}

impl From<RoleAssignmentWire> for RoleAssignment {
    fn from(wire: RoleAssignmentWire) -> Self {
        let PropertiesWire {
            role_definition_id,
            principal_id,
            scope,
            principal_type,
            description,
            condition,
            condition_version,
        } = wire.properties;
        let scope = scope
            .and_then(|scope| scope.parse().ok())
            .unwrap_or_else(|| wire.id.scope().clone());
        Self {
            id: wire.id,
            scope,
            role_definition_id,
            principal_id,
            principal_type,
            description: description.unwrap_or_default(),
            condition,
            condition_version,
        }
    }
}

#[derive(Serialize)]
struct PutWire<'a> {
    properties: PutProperties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PutProperties<'a> {
    role_definition_id: &'a str,
    principal_id: &'a str,
    principal_type: &'static str,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition_version: Option<&'a str>,
}

fn put_wire(body: &RoleAssignmentBody) -> PutWire<'_> {
    let RoleAssignmentBody {
        role_definition_id,
        principal_id,
        description,
        condition,
        condition_version,
    } = body;
    PutWire {
        properties: PutProperties {
            role_definition_id: role_definition_id.as_arm_id().as_str(),
            principal_id: principal_id.as_str(),
            principal_type: "ServicePrincipal",
            description,
            condition: condition.as_deref(),
            condition_version: condition_version.as_deref(),
        },
    }
}

impl Client {
    /// The assignment; `None` where there is none of this name.
    ///
    /// # Errors
    /// Any refusal but "not found".
    pub async fn get_role_assignment(
        &self,
        scope: &Scope,
        id: &RoleAssignmentId,
    ) -> Result<Option<RoleAssignment>, Error> {
        let request = Request::raw_path(Method::GET, id.as_arm_id().as_str())
            .query("api-version", API_VERSION);
        optional(self.arm().json(scope, request).await)
    }

    /// As [`Client::get_role_assignment`], for one of which something is known: where many at one scope are read at the same time, they share a
    /// list of them, as far as what it shows is what `is_known` expects.
    ///
    /// # Errors
    /// As [`Client::get_role_assignment`].
    pub async fn get_known_role_assignment(
        &self,
        scope: &Scope,
        id: &RoleAssignmentId,
        is_known: &(dyn Fn(&RoleAssignment) -> bool + Sync),
    ) -> Result<Option<RoleAssignment>, Error> {
        let reading = self.assignments().reading(id.scope().clone());
        let list =
            async |scope: Scope| Box::pin(self.assignments_by_name(&scope, id.scope())).await;
        match reading.listed(scope, id.name(), list).await {
            Some(assignment) if is_known(&assignment) => Ok(Some(assignment)),
            _ => self.get_role_assignment(scope, id).await,
        }
    }

    /// The assignments at a scope, as many as can be read, by their names: what reads share that can do without.
    async fn assignments_by_name(
        &self,
        scope: &Scope,
        at: &ArmId,
    ) -> HashMap<Guid, RoleAssignment> {
        let mut all = HashMap::new();
        let mut pages = self.list_role_assignments(at, &RoleAssignmentFilter::AtScope);
        for _ in 0..SHARED_PAGES {
            match pages.next(scope).await {
                Ok(Some(page)) => {
                    // Those of the scopes above are in it as well, and names are unique in the whole tenant.
                    all.extend(
                        page.into_iter()
                            .map(|found| (found.id.name().clone(), found)),
                    );
                }
                Ok(None) => break,
                Err(error) => {
                    tracing::debug!(%error, "a list could not be read whole: the assignments that it lacks are read one by one");
                    break;
                }
            }
        }
        all
    }

    /// The assignments seen from a scope.
    #[must_use]
    pub fn list_role_assignments(
        &self,
        at: &ArmId,
        filter: &RoleAssignmentFilter,
    ) -> List<RoleAssignment> {
        let segments =
            at.segments()
                .chain(["providers", "Microsoft.Authorization", "roleAssignments"]);
        let first = Request::get(segments)
            .query("api-version", API_VERSION)
            .query_if("$filter", filter.text().as_deref());
        list(self.arm(), first)
    }

    /// The assignment of this role to this principal at exactly this scope, under whatever name.
    ///
    /// # Errors
    /// When the assignments cannot be listed.
    pub async fn find_role_assignment(
        &self,
        scope: &Scope,
        at: &ArmId,
        role: &Guid,
        principal_id: &Guid,
    ) -> Result<Option<RoleAssignment>, Error> {
        let all = self.role_assignments_of(scope, at, principal_id).await?;
        Ok(all.into_iter().find(|assignment| {
            assignment.scope == *at && assignment.role_definition_id.guid() == role
        }))
    }

    /// The assignments to this very principal, seen from a scope.
    ///
    /// # Errors
    /// When the assignments cannot be listed.
    pub async fn role_assignments_of(
        &self,
        scope: &Scope,
        at: &ArmId,
        principal_id: &Guid,
    ) -> Result<Vec<RoleAssignment>, Error> {
        let list = async |filter| {
            let listed = self.list_role_assignments(at, &filter).collect(scope);
            listed.await.map_err(Error::from)
        };
        let mut listed = list(RoleAssignmentFilter::Principal(principal_id.clone())).await;
        if let Err(error) = &listed
            && error.is_filter_refused()
        {
            tracing::debug!(%error, "role assignments cannot be filtered; listing all");
            listed = list(RoleAssignmentFilter::All).await;
        }
        let mut assignments = listed?;
        assignments.retain(|assignment| assignment.principal_id == *principal_id);
        Ok(assignments)
    }

    /// Creates an assignment, or updates its description. Safe to repeat: the name is in the id.
    ///
    /// # Errors
    /// See [`Error::is_role_assignment_exists`], [`Error::is_principal_not_found`], [`Error::is_role_not_found`],
    /// [`Error::is_unmatched_principal_type`], [`Error::is_assignment_update_not_permitted`].
    pub async fn put_role_assignment(
        &self,
        scope: &Scope,
        id: &RoleAssignmentId,
        body: &RoleAssignmentBody,
    ) -> Result<RoleAssignment, Error> {
        let _changing = self.assignments().changing(id.scope().clone());
        let request = Request::raw_path(Method::PUT, id.as_arm_id().as_str())
            .query("api-version", API_VERSION)
            .json(&put_wire(body))?;
        let assignment = self.arm().json(scope, request).await?;
        self.recent().note_assignment(&assignment);
        Ok(assignment)
    }

    /// Deletes an assignment; one that is not there is deleted already.
    ///
    /// # Errors
    /// See [`Error::is_scope_locked`].
    pub async fn delete_role_assignment(
        &self,
        scope: &Scope,
        id: &RoleAssignmentId,
    ) -> Result<(), Error> {
        let _changing = self.assignments().changing(id.scope().clone());
        self.delete_arm(scope, id.as_arm_id(), API_VERSION).await?;
        self.recent().forget(id.name());
        self.recent().note_unassigned();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/providers/Microsoft.Authorization/roleAssignments/b69a9388-9488-4534-b470-7ec6d41beef9";

    #[test]
    fn the_answer_with_nulls_and_another_role_scope_is_read() {
        let body = serde_json::json!({
            "id": ID, "name": "b69a9388-9488-4534-b470-7ec6d41beef9", "type": "Microsoft.Authorization/roleAssignments",
            "properties": {
                "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7",
                "principalId": "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11",
                "principalType": "AgentUser", "scope": null, "description": null, "condition": null,
                "conditionVersion": null, "createdBy": null, "delegatedManagedIdentityResourceId": null
            }
        });
        let assignment: RoleAssignment = serde_json::from_value(body).unwrap();
        assert_eq!(
            assignment.scope.as_str(),
            "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590"
        );
        assert_eq!(assignment.description, "");
        assert_eq!(
            assignment.principal_type,
            Some(PrincipalType::Unknown("AgentUser".into()))
        );
    }

    #[test]
    fn the_request_always_declares_a_service_principal() {
        let body = RoleAssignmentBody {
            role_definition_id: "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7".parse().unwrap(),
            principal_id: "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11".parse().unwrap(),
            description: "for peering".into(),
            condition: None,
            condition_version: None,
        };
        assert_eq!(
            serde_json::to_value(put_wire(&body)).unwrap(),
            serde_json::json!({ "properties": {
                "roleDefinitionId": "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7",
                "principalId": "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11",
                "principalType": "ServicePrincipal",
                "description": "for peering"
            }})
        );
        let conditional = RoleAssignmentBody {
            condition: Some("c".into()),
            condition_version: Some("2.0".into()),
            ..body
        };
        let sent = serde_json::to_value(put_wire(&conditional)).unwrap();
        assert_eq!(sent["properties"]["conditionVersion"], "2.0");
    }

    #[test]
    fn filters_read_as_the_service_wants_them() {
        let id: Guid = "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11".parse().unwrap();
        let texts = [
            (RoleAssignmentFilter::All, None),
            (RoleAssignmentFilter::AtScope, Some("atScope()")),
            (
                RoleAssignmentFilter::Principal(id.clone()),
                Some("principalId eq '2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11'"),
            ),
            (
                RoleAssignmentFilter::AtScopeOf(id),
                Some("atScope() and assignedTo('2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11')"),
            ),
        ];
        for (filter, text) in texts {
            assert_eq!(filter.text().as_deref(), text);
        }
    }
}
