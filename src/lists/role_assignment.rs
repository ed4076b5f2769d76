//! `list "konnectazure_role_assignment"`: the roles of service principals at a scope and below it.
//!
//! Needs `Microsoft.Authorization/roleAssignments/read` at the scope. What the assignments are called is made of names that are looked
//! up once each; where the caller may not, ids stand in their place.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;

use crate::azure::ids::{ArmId, Guid, ParseIdError, RoleDefinitionId};
use crate::azure::{Access, Client, Error, PrincipalType, RoleAssignment, RoleAssignmentFilter};
use crate::http::scope::Scope;
use crate::resources::clients::Clients;
use crate::resources::explain::Failure;
use crate::resources::role_assignment::{self, RoleAssignmentModel};
use crate::resources::scope;
use crate::tf::attr::Attr;
use crate::tf::context::Context;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::list::{Ended, Found, List};
use crate::tf::path::Path;
use crate::tf::schema::{Attribute, Schema};
use crate::tf::types::Type;
use crate::tf::validate::Parses;

crate::model! {
    /// The filters of the list of role assignments.
    pub struct RoleAssignmentFilterModel {
        /// Where to look.
        pub scope: String,
        /// Whose assignments.
        pub principal_id: String,
    }
}

const DESCRIPTION: &str = "\
Finds the role assignments of service principals at a scope and below it; those that are inherited from above belong to those scopes. Needs \
`Microsoft.Authorization/roleAssignments/read`, which Reader holds.";

/// The list of role assignments.
#[derive(Debug)]
pub struct RoleAssignmentList {
    azure: Arc<Access>,
}

/// The list over clients that are configured later.
#[must_use]
pub fn list(clients: &Clients) -> RoleAssignmentList {
    RoleAssignmentList {
        azure: Arc::clone(&clients.azure),
    }
}

#[async_trait]
impl List for RoleAssignmentList {
    type Config = RoleAssignmentFilterModel;
    type Object = RoleAssignmentModel;

    fn type_name(&self) -> &'static str {
        "konnectazure_role_assignment"
    }

    fn schema(&self) -> Schema {
        let scope = Attribute::required("scope", Type::String)
            .describe(
                "Where to look: the id of a virtual network, virtual hub, private DNS zone, resource group or subscription.",
            )
            .validate(Parses::new("a Resource Manager id", role_assignment::id_form::<ArmId>));
        let principal_id = Attribute::optional("principal_id", Type::String)
            .describe(
                "Only the assignments of this service principal: its object id, such as `object_id` of `konnectazure_service_principal`.",
            )
            .validate(Parses::new("a GUID", role_assignment::id_form::<Guid>));
        Schema::new(DESCRIPTION, vec![scope, principal_id])
    }

    async fn list(
        &self,
        context: &Context,
        config: RoleAssignmentFilterModel,
        found: &mut Found<'_, RoleAssignmentModel>,
    ) -> Result<(), Ended> {
        let at: ArmId = parsed("scope", config.scope.as_str().unwrap_or_default())?;
        let filter = match &config.principal_id {
            Attr::Known(text) => RoleAssignmentFilter::Principal(parsed("principal_id", text)?),
            _ => RoleAssignmentFilter::All,
        };
        let failure = Failure::new("list", format!("role assignments at {at}"));
        let client = self.azure.client();
        let client = client.map_err(|error| failure.explain(&error))?;
        let scope = scope(context);
        let mut names = Names::new(&client, &scope);
        let mut assignments = client.list_role_assignments(&at, &filter);
        loop {
            let page = assignments.next(&scope).await;
            let page = page.map_err(|error| refused(&failure, &Error::from(error)))?;
            let Some(page) = page else {
                return Ok(());
            };
            for assignment in page.iter().filter(|assignment| is_listed(&at, assignment)) {
                let display_name = names.display(assignment).await;
                found
                    .send(display_name, role_assignment::listed(assignment))
                    .await?;
            }
        }
    }
}

/// Whether it is the scope's own or below it, and a service principal's: the resource assigns to no others.
fn is_listed(at: &ArmId, assignment: &RoleAssignment) -> bool {
    let is_ours = matches!(
        assignment.principal_type,
        None | Some(PrincipalType::ServicePrincipal)
    );
    is_ours && at.contains(&assignment.scope)
}

fn parsed<T: std::str::FromStr<Err = ParseIdError>>(
    name: &str,
    text: &str,
) -> Result<T, Diagnostic> {
    text.parse().map_err(|fault| {
        Diagnostic::error(format!("Invalid {name}"), format!("{fault}.")).at(Path::attribute(name))
    })
}

fn refused(failure: &Failure<'_>, error: &Error) -> Diagnostics {
    let next = if error.is_forbidden() {
        "This needs Microsoft.Authorization/roleAssignments/read at the scope, which Reader holds."
    } else if error.is_scope_missing() {
        "Check the id, and that the provider's credential sees this subscription."
    } else {
        return failure.explain(error);
    };
    let failure = failure.clone().at(Path::attribute("scope"));
    failure.next(next).explain(error)
}

/// The names of roles and principals, each asked for once.
struct Names<'a> {
    client: &'a Client,
    scope: &'a Scope,
    roles: HashMap<Guid, String>,
    principals: HashMap<Guid, String>,
    may_read_roles: bool,
    may_read_principals: bool,
}

impl<'a> Names<'a> {
    fn new(client: &'a Client, scope: &'a Scope) -> Self {
        Self {
            client,
            scope,
            roles: HashMap::new(),
            principals: HashMap::new(),
            may_read_roles: true,
            may_read_principals: true,
        }
    }

    /// Such as `Kong Cloud Gateway Peering Creator for kong-cgw-azure-vnet-peering-app (vnet-orders)`.
    async fn display(&mut self, assignment: &RoleAssignment) -> String {
        let role = self.role(&assignment.role_definition_id).await;
        let principal = self.principal(&assignment.principal_id).await;
        format!("{role} for {principal} ({})", assignment.scope.name())
    }

    async fn role(&mut self, id: &RoleDefinitionId) -> String {
        if let Some(name) = self.roles.get(id.guid()) {
            return name.clone();
        }
        let mut name = None;
        if self.may_read_roles {
            match self.client.get_role_definition(self.scope, id).await {
                Ok(role) => name = role.map(|role| role.role_name),
                Err(error) => {
                    tracing::debug!("names of roles are not read: {error}");
                    self.may_read_roles = false;
                }
            }
        }
        let name = name.unwrap_or_else(|| id.guid().to_string());
        self.roles.insert(id.guid().clone(), name.clone());
        name
    }

    async fn principal(&mut self, id: &Guid) -> String {
        if let Some(name) = self.principals.get(id) {
            return name.clone();
        }
        let mut name = None;
        if self.may_read_principals {
            match self.client.get_service_principal(self.scope, id).await {
                Ok(principal) => name = principal.map(|principal| principal.display_name),
                Err(error) => {
                    tracing::debug!("names of service principals are not read: {error}");
                    self.may_read_principals = false;
                }
            }
        }
        let name = name
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| id.to_string());
        self.principals.insert(id.clone(), name.clone());
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBSCRIPTION: &str = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590";
    const GUID: &str = "b69a9388-9488-4534-b470-7ec6d41beef9";

    fn assignment(scope: &str, principal_type: Option<PrincipalType>) -> RoleAssignment {
        let authorization = format!("{scope}/providers/Microsoft.Authorization");
        RoleAssignment {
            id: format!("{authorization}/roleAssignments/{GUID}")
                .parse()
                .unwrap(),
            scope: scope.parse().unwrap(),
            role_definition_id: format!("{authorization}/roleDefinitions/{GUID}")
                .parse()
                .unwrap(),
            principal_id: GUID.parse().unwrap(),
            principal_type,
            description: String::new(),
            condition: None,
            condition_version: None,
        }
    }

    #[test]
    fn only_service_principals_at_the_scope_and_below_are_listed() {
        let group = format!("{SUBSCRIPTION}/resourceGroups/net");
        let at: ArmId = group.parse().unwrap();
        let below = format!("{group}/providers/Microsoft.Network/virtualNetworks/orders");
        let cases = [
            (group.as_str(), None, true),
            (&below, Some(PrincipalType::ServicePrincipal), true),
            (&below, Some(PrincipalType::User), false),
            (SUBSCRIPTION, None, false),
        ];
        for (scope, principal_type, expected) in cases {
            let found = is_listed(&at, &assignment(scope, principal_type));
            assert_eq!(found, expected, "{scope}");
        }
    }

    #[test]
    fn a_malformed_filter_is_refused_with_an_example() {
        assert!(role_assignment::id_form::<ArmId>(SUBSCRIPTION).is_ok());
        assert!(
            role_assignment::id_form::<ArmId>("orders")
                .unwrap_err()
                .contains("/subscriptions/")
        );
        let refused = parsed::<Guid>("principal_id", "orders").unwrap_err();
        assert_eq!(refused.path, Path::attribute("principal_id"));
    }
}
