//! Deny assignments: what nobody may do whatever roles say, `{scope}/providers/Microsoft.Authorization/denyAssignments`.

use serde::Deserialize;

use super::client::Client;
use super::ids::{ArmId, Guid};
use super::permission::Permission;
use super::role_assignments::PrincipalType;
use super::wire::{List, list, null_as_default};
use crate::http::Request;

const API_VERSION: &str = "2022-04-01";

/// Stands for everyone in a deny assignment's principals.
const EVERYONE: &str = "00000000-0000-0000-0000-000000000000";

/// Where a deny assignment is found below its scope.
const COLLECTION: &str = "/providers/Microsoft.Authorization/denyAssignments/";

/// Whether a deny assignment takes an action away from a principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denies {
    /// It does not.
    No,
    /// That depends on the groups that the principal is in, which are not looked into.
    ByGroup,
    /// It does.
    Yes,
}

/// A deny assignment as the service shows it.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "DenyAssignmentWire")]
pub struct DenyAssignment {
    /// The id in the service's spelling.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// Where it holds.
    pub scope: String,
    /// Whether it holds at that scope alone.
    pub does_not_apply_below: bool,
    /// What is denied; exceptions are not denied.
    pub permissions: Vec<Permission>,
    principals: Vec<PrincipalWire>,
    excluded: Vec<PrincipalWire>,
}

impl DenyAssignment {
    /// Whether it denies this action to this principal.
    #[must_use]
    pub fn denies(&self, principal_id: &Guid, action: &str) -> Denies {
        if !self.permissions.iter().any(|block| block.allows(action)) {
            return Denies::No;
        }
        let denied = named(&self.principals, principal_id);
        match (denied, named(&self.excluded, principal_id)) {
            (Denies::No, _) | (_, Denies::Yes) => Denies::No,
            (Denies::Yes, Denies::No) => Denies::Yes,
            (Denies::ByGroup, _) | (_, Denies::ByGroup) => Denies::ByGroup,
        }
    }
}

/// Whether a list of principals stands for this one.
fn named(list: &[PrincipalWire], principal_id: &Guid) -> Denies {
    let is_meant = |one: &PrincipalWire| {
        one.id.eq_ignore_ascii_case(principal_id.as_str()) || one.id == EVERYONE
    };
    if list.iter().any(is_meant) {
        Denies::Yes
    } else if list.iter().any(PrincipalWire::may_be_a_group) {
        Denies::ByGroup
    } else {
        Denies::No
    }
}

#[derive(Deserialize)]
struct DenyAssignmentWire {
    id: String,
    properties: PropertiesWire,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PropertiesWire {
    #[serde(default, deserialize_with = "null_as_default")]
    deny_assignment_name: String,
    #[serde(default, deserialize_with = "null_as_default")]
    scope: String,
    #[serde(default, deserialize_with = "null_as_default")]
    do_not_apply_to_child_scopes: bool,
    #[serde(default, deserialize_with = "null_as_default")]
    permissions: Vec<Permission>,
    #[serde(default, deserialize_with = "null_as_default")]
    principals: Vec<PrincipalWire>,
    #[serde(default, deserialize_with = "null_as_default")]
    exclude_principals: Vec<PrincipalWire>,
}

#[derive(Clone, Debug, Deserialize)]
struct PrincipalWire {
    #[serde(default, deserialize_with = "null_as_default")]
    id: String,
    r#type: Option<PrincipalType>,
}

impl PrincipalWire {
    const fn may_be_a_group(&self) -> bool {
        !matches!(
            self.r#type,
            Some(PrincipalType::ServicePrincipal | PrincipalType::User)
        )
    }
}

impl From<DenyAssignmentWire> for DenyAssignment {
    fn from(wire: DenyAssignmentWire) -> Self {
        let properties = wire.properties;
        let scope = if properties.scope.is_empty() {
            let above = wire.id.split_once(COLLECTION);
            above.map_or_else(String::new, |(scope, _)| scope.to_owned())
        } else {
            properties.scope
        };
        Self {
            id: wire.id,
            name: properties.deny_assignment_name,
            scope,
            does_not_apply_below: properties.do_not_apply_to_child_scopes,
            permissions: properties.permissions,
            principals: properties.principals,
            excluded: properties.exclude_principals,
        }
    }
}

impl Client {
    /// The deny assignments at a scope and inherited from above.
    #[must_use]
    pub fn list_deny_assignments(&self, at: &ArmId) -> List<DenyAssignment> {
        let segments =
            at.segments()
                .chain(["providers", "Microsoft.Authorization", "denyAssignments"]);
        let first = Request::get(segments)
            .query("api-version", API_VERSION)
            .query("$filter", "atScope()");
        list(self.arm(), first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everyone_but_the_excluded_is_denied() {
        let deny: DenyAssignment = serde_json::from_value(serde_json::json!({
            "id": "/x", "properties": {
                "denyAssignmentName": "Managed", "scope": "/subscriptions/s", "doNotApplyToChildScopes": null,
                "permissions": [{"actions": ["*"], "notActions": ["*/read"]}],
                "principals": [{"id": EVERYONE, "type": "SystemDefined"}],
                "excludePrincipals": [{"id": "2C2A3A15-6c8a-4b47-9a6a-6a7a4e2d7a11", "type": "ServicePrincipal"}]
            }
        }))
        .unwrap();
        let excluded: Guid = "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11".parse().unwrap();
        let other: Guid = "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a12".parse().unwrap();
        let peer = "Microsoft.Network/virtualNetworks/peer/action";
        assert_eq!(deny.denies(&other, peer), Denies::Yes);
        assert_eq!(
            deny.denies(&other, "Microsoft.Network/virtualNetworks/read"),
            Denies::No
        );
        assert_eq!(deny.denies(&excluded, peer), Denies::No);
    }

    #[test]
    fn groups_leave_it_open_unless_the_principal_itself_is_named() {
        let own: Guid = "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11".parse().unwrap();
        let (group, user) = (
            serde_json::json!({"id": "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a12", "type": "Group"}),
            serde_json::json!({"id": "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a12", "type": "User"}),
        );
        let everyone = serde_json::json!({"id": EVERYONE, "type": "SystemDefined"});
        let itself = serde_json::json!({"id": own.as_str(), "type": "ServicePrincipal"});
        for (principals, excluded, expected) in [
            (vec![&group], vec![], Denies::ByGroup),
            (vec![&user], vec![], Denies::No),
            (vec![&everyone], vec![&group], Denies::ByGroup),
            (vec![&everyone], vec![&user], Denies::Yes),
            (vec![&group], vec![&itself], Denies::No),
            (vec![&group, &itself], vec![], Denies::Yes),
            (vec![], vec![&group], Denies::No),
        ] {
            let deny: DenyAssignment = serde_json::from_value(serde_json::json!({
                "id": format!("/subscriptions/s{COLLECTION}1"),
                "properties": {"permissions": [{"actions": ["*"]}], "principals": principals, "excludePrincipals": excluded}
            }))
            .unwrap();
            assert_eq!(deny.denies(&own, "a/read"), expected, "{deny:?}");
            assert_eq!(deny.scope, "/subscriptions/s");
        }
    }
}
