//! From `azurerm_role_definition`.

use serde_json::Value as Json;

use crate::azure::ids::RoleDefinitionId;
use crate::resources::moved::{Peer, PeerState, texts};
use crate::tf::attr::Attr;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::resource::MoveSource;

use super::TYPE_NAME;
use super::convert::set;
use super::purpose::Purpose;
use super::schema::PeeringRoleModel;

/// Version 0 has the role's own id as `id`; version 1 has it with `|` and the scope behind it.
const PEER: Peer = Peer {
    provider: "hashicorp/azurerm",
    type_name: "azurerm_role_definition",
    newest_schema: 1,
};

/// The state for the role of another provider; `None` for any other object.
pub(super) fn model(source: &MoveSource) -> Option<Result<PeeringRoleModel, Diagnostics>> {
    let state = PEER.state(source, TYPE_NAME)?;
    Some(state.and_then(|state| from_state(&state)))
}

fn from_state(state: &PeerState<'_>) -> Result<PeeringRoleModel, Diagnostics> {
    let first_of_id = || state.text("id")?.split('|').next();
    let id: RoleDefinitionId = state.parsed(
        "role_definition_resource_id",
        state
            .text("role_definition_resource_id")
            .or_else(first_of_id),
    )?;
    let scopes = match texts(state.json().get("assignable_scopes")) {
        scopes if scopes.is_empty() => state.text("scope").map(str::to_owned).into_iter().collect(),
        scopes => scopes,
    };
    // Of a role with several blocks of permissions the first is taken over; the refresh that follows shows what the others permit.
    let permissions = |name: &str| {
        let first = state
            .json()
            .get("permissions")
            .and_then(|blocks| blocks.get(0));
        texts(first.and_then(|block: &Json| block.get(name)))
    };
    let actions = permissions("actions");
    let purpose = Purpose::of_actions(actions.iter().map(String::as_str)).unwrap_or_default();
    let name: Attr<String> = state.text("name").map(str::to_owned).into();
    Ok(PeeringRoleModel {
        id: Attr::Known(id.to_string()),
        role_definition_id: id.guid().as_str().into(),
        purpose: purpose.as_str().into(),
        remote_name: name.clone(),
        name,
        description: state.text("description").unwrap_or_default().into(),
        assignable_scopes: set(scopes),
        actions: set(actions),
        not_actions: set(permissions("not_actions")),
        created: Attr::Known(true),
        ..PeeringRoleModel::default()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::resources::moved::samples::{any_state, refusal, source};

    const SUBSCRIPTION: &str = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590";
    const GUID: &str = "4d97b98b-1d4f-4787-a291-c67834d212e7";

    fn id() -> String {
        format!("{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{GUID}")
    }

    /// As release 4 stores it.
    fn state() -> Json {
        json!({
            "id": format!("{}|{SUBSCRIPTION}", id()),
            "role_definition_id": GUID,
            "role_definition_resource_id": id(),
            "name": "Kong Cloud Gateway Peering Creator",
            "scope": SUBSCRIPTION,
            "description": "Perform cross-tenant network peering.",
            "permissions": [{
                "actions": Purpose::VirtualHubPeering.actions(),
                "not_actions": ["Microsoft.Network/virtualNetworks/delete"],
                "data_actions": [],
                "not_data_actions": [],
            }],
            "assignable_scopes": [SUBSCRIPTION, "/providers/Microsoft.Management/managementGroups/platform"],
            "timeouts": null,
        })
    }

    fn texts_of(set: &Attr<crate::tf::attr::Set<String>>) -> Vec<String> {
        super::super::plan::texts(set)
    }

    #[test]
    fn the_whole_role_is_taken_over_and_owned() {
        let model = model(&source(&PEER, state())).unwrap().unwrap();
        assert_eq!(model.id, Attr::Known(id()));
        assert_eq!(model.role_definition_id, GUID.into());
        assert_eq!(model.name, "Kong Cloud Gateway Peering Creator".into());
        assert_eq!(model.remote_name, model.name);
        assert_eq!(
            model.description,
            "Perform cross-tenant network peering.".into()
        );
        assert_eq!(model.purpose, "virtual_hub_peering".into());
        assert_eq!(
            texts_of(&model.actions),
            Purpose::VirtualHubPeering.actions()
        );
        assert_eq!(
            texts_of(&model.not_actions),
            ["Microsoft.Network/virtualNetworks/delete"]
        );
        assert_eq!(texts_of(&model.assignable_scopes).len(), 2);
        assert_eq!(model.created, Attr::Known(true));
        assert_eq!(model.existing_assignable_scopes, Attr::Null);
    }

    #[test]
    fn the_id_is_found_in_every_version() {
        for (version, ids) in [
            (0, json!({ "id": id() })),
            (1, json!({ "id": format!("{}|{SUBSCRIPTION}", id()) })),
            (
                1,
                json!({ "id": "gone", "role_definition_resource_id": id() }),
            ),
        ] {
            let source = MoveSource {
                schema_version: version,
                ..source(&PEER, ids.clone())
            };
            let model = model(&source).unwrap().unwrap();
            assert_eq!(model.id, Attr::Known(id()), "{ids}");
        }
    }

    #[test]
    fn the_scope_is_the_assignable_one_where_no_other_is_stored() {
        let state = json!({ "id": id(), "scope": SUBSCRIPTION, "assignable_scopes": [] });
        let model = model(&source(&PEER, state)).unwrap().unwrap();
        assert_eq!(texts_of(&model.assignable_scopes), [SUBSCRIPTION]);
    }

    #[test]
    fn an_id_of_something_else_is_refused() {
        let assignment = id().replace("roleDefinitions", "roleAssignments");
        let text = refusal(model(&source(&PEER, json!({ "id": assignment }))));
        assert!(
            text.contains("not a Microsoft.Authorization/roleDefinitions"),
            "{text}"
        );
        let text = refusal(model(&source(&PEER, json!([]))));
        assert!(
            text.contains("holds no role_definition_resource_id"),
            "{text}"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_state_is_too_odd(
            state in any_state(&["id", "role_definition_resource_id", "permissions", "actions", "assignable_scopes", "scope", "name"]),
        ) {
            prop_assert!(model(&source(&PEER, state)).is_some());
        }
    }
}
