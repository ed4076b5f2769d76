//! Ids of role definitions and role assignments: `{scope}/providers/Microsoft.Authorization/{type}/{guid}`.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use super::{ArmId, Guid, ParseIdError, Shape};

const ROLE_DEFINITION: Shape = Shape {
    what: "the id of a role definition",
    form: "/subscriptions/SUBSCRIPTION_ID/providers/Microsoft.Authorization/roleDefinitions/ROLE_GUID (or the same without the subscription)",
    example: "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7",
};

const ROLE_ASSIGNMENT: Shape = Shape {
    what: "the id of a role assignment",
    form: "SCOPE/providers/Microsoft.Authorization/roleAssignments/ASSIGNMENT_GUID",
    example: "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub/providers/Microsoft.Authorization/roleAssignments/b69a9388-9488-4534-b470-7ec6d41beef9",
};

const ROLE_DEFINITIONS: &str = "Microsoft.Authorization/roleDefinitions";
const ROLE_ASSIGNMENTS: &str = "Microsoft.Authorization/roleAssignments";

/// The parts both ids share.
#[derive(Clone)]
struct AuthorizationId {
    id: ArmId,
    scope: ArmId,
    guid: Guid,
}

fn parse(text: &str, shape: &Shape, resource_type: &str) -> Result<AuthorizationId, ParseIdError> {
    let id: ArmId = text
        .parse()
        .map_err(|fault: ParseIdError| shape.refuse(text, fault.reason))?;
    if !id.is_type(resource_type) {
        let found = id.resource_type().map_or_else(
            || "it names a scope".to_owned(),
            |found| format!("it names a {found}"),
        );
        return Err(shape.refuse(text, format!("{found}, not a {resource_type}")));
    }
    let guid: Guid = id.name().parse().map_err(|fault: ParseIdError| {
        shape.refuse(text, format!("its name is no GUID: {}", fault.reason))
    })?;
    let scope = id
        .extended_scope()
        .ok_or_else(|| shape.refuse(text, "it has no scope"))?;
    Ok(AuthorizationId { id, scope, guid })
}

fn join(scope: &ArmId, resource_type: &str, guid: &Guid) -> AuthorizationId {
    let text = format!(
        "{}/providers/{resource_type}/{guid}",
        scope.as_str().trim_end_matches('/')
    );
    // The joined text is an id by construction; were it not, the scope's own text would still be shown to the user.
    let id = text.parse().unwrap_or_else(|_| scope.clone());
    AuthorizationId {
        id,
        scope: scope.clone(),
        guid: guid.clone(),
    }
}

/// A role definition, seen through a scope.
///
/// Two ids are equal when their GUIDs are: the tenant owns the role, and the service answers with another scope than
/// was asked for (the tenant's, where a management group was asked).
#[derive(Clone)]
pub struct RoleDefinitionId(AuthorizationId);

impl RoleDefinitionId {
    /// The id of a role as seen through a scope.
    #[must_use]
    pub fn new(scope: &ArmId, guid: &Guid) -> Self {
        Self(join(scope, ROLE_DEFINITIONS, guid))
    }

    /// The role's own name.
    #[must_use]
    pub fn guid(&self) -> &Guid {
        &self.0.guid
    }

    /// The view: a subscription, a management group, a resource group or the tenant.
    #[must_use]
    pub fn scope(&self) -> &ArmId {
        &self.0.scope
    }

    /// The whole id.
    #[must_use]
    pub fn as_arm_id(&self) -> &ArmId {
        &self.0.id
    }
}

impl FromStr for RoleDefinitionId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text, &ROLE_DEFINITION, ROLE_DEFINITIONS).map(Self)
    }
}

impl PartialEq for RoleDefinitionId {
    fn eq(&self, other: &Self) -> bool {
        self.0.guid == other.0.guid
    }
}

impl Eq for RoleDefinitionId {}

impl Hash for RoleDefinitionId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.guid.hash(state);
    }
}

/// A role assignment: its GUID is unique in the tenant, and it sits at one scope for good.
#[derive(Clone)]
pub struct RoleAssignmentId(AuthorizationId);

impl RoleAssignmentId {
    /// The id of an assignment at a scope.
    #[must_use]
    pub fn new(scope: &ArmId, name: &Guid) -> Self {
        Self(join(scope, ROLE_ASSIGNMENTS, name))
    }

    /// The assignment's name.
    #[must_use]
    pub fn name(&self) -> &Guid {
        &self.0.guid
    }

    /// Where the role is granted.
    #[must_use]
    pub fn scope(&self) -> &ArmId {
        &self.0.scope
    }

    /// The whole id.
    #[must_use]
    pub fn as_arm_id(&self) -> &ArmId {
        &self.0.id
    }
}

impl FromStr for RoleAssignmentId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text, &ROLE_ASSIGNMENT, ROLE_ASSIGNMENTS).map(Self)
    }
}

impl PartialEq for RoleAssignmentId {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for RoleAssignmentId {}

impl Hash for RoleAssignmentId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id.hash(state);
    }
}

macro_rules! show_as_text {
    ($($name:ident),+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.0.id.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.0.id.as_str())
            }
        }
    )+};
}

show_as_text!(RoleDefinitionId, RoleAssignmentId);
