//! Deny assignments: what nobody may do whatever roles say, `{scope}/providers/Microsoft.Authorization/denyAssignments`.

use serde::Deserialize;

use super::client::Client;
use super::ids::{ArmId, Guid};
use super::permission::Permission;
use super::wire::{List, list, null_as_default};
use crate::http::Request;

const API_VERSION: &str = "2022-04-01";

/// Stands for everyone in a deny assignment's principals.
const EVERYONE: &str = "00000000-0000-0000-0000-000000000000";

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
    principals: Vec<String>,
    excluded: Vec<String>,
}

impl DenyAssignment {
    /// Whether it denies this action to this principal. Groups are not looked into.
    #[must_use]
    pub fn denies(&self, principal_id: &Guid, action: &str) -> bool {
        let names = |list: &[String]| {
            list.iter()
                .any(|id| id.eq_ignore_ascii_case(principal_id.as_str()) || id == EVERYONE)
        };
        let excluded = self
            .excluded
            .iter()
            .any(|id| id.eq_ignore_ascii_case(principal_id.as_str()));
        names(&self.principals)
            && !excluded
            && self.permissions.iter().any(|block| block.allows(action))
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

#[derive(Deserialize)]
struct PrincipalWire {
    #[serde(default, deserialize_with = "null_as_default")]
    id: String,
}

impl From<DenyAssignmentWire> for DenyAssignment {
    fn from(wire: DenyAssignmentWire) -> Self {
        let ids = |principals: Vec<PrincipalWire>| {
            principals
                .into_iter()
                .map(|principal| principal.id)
                .collect()
        };
        let properties = wire.properties;
        Self {
            id: wire.id,
            name: properties.deny_assignment_name,
            scope: properties.scope,
            does_not_apply_below: properties.do_not_apply_to_child_scopes,
            permissions: properties.permissions,
            principals: ids(properties.principals),
            excluded: ids(properties.exclude_principals),
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
                "excludePrincipals": [{"id": "2C2A3A15-6c8a-4b47-9a6a-6a7a4e2d7a11"}]
            }
        }))
        .unwrap();
        let excluded: Guid = "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11".parse().unwrap();
        let other: Guid = "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a12".parse().unwrap();
        assert!(deny.denies(&other, "Microsoft.Network/virtualNetworks/peer/action"));
        assert!(!deny.denies(&other, "Microsoft.Network/virtualNetworks/read"));
        assert!(!deny.denies(&excluded, "Microsoft.Network/virtualNetworks/peer/action"));
    }
}
