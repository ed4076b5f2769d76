//! From `azurerm_role_assignment`.

use crate::azure::ids::RoleAssignmentId;
use crate::resources::moved::{Peer, PeerState};
use crate::tf::attr::Attr;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::resource::MoveSource;

use super::TYPE_NAME;
use super::schema::RoleAssignmentModel;

const PEER: Peer = Peer {
    provider: "hashicorp/azurerm",
    type_name: "azurerm_role_assignment",
    newest_schema: 0,
};

/// The state for the assignment of another provider; `None` for any other object.
pub(super) fn model(source: &MoveSource) -> Option<Result<RoleAssignmentModel, Diagnostics>> {
    let state = PEER.state(source, TYPE_NAME)?;
    Some(state.and_then(|state| from_state(&state)))
}

fn from_state(state: &PeerState<'_>) -> Result<RoleAssignmentModel, Diagnostics> {
    // The type is empty in states that were never refreshed; Azure accepts only service principals from us, and would say so.
    if let Some(kind) = state.text("principal_type")
        && !kind.eq_ignore_ascii_case("ServicePrincipal")
    {
        return Err(state.refuse(format!(
            "Its principal is of type {kind}, and a {TYPE_NAME} is for service principals only."
        )));
    }
    let stored = state.text("id");
    if let Some((_, tenant_id)) = stored.and_then(|id| id.split_once('|')) {
        return Err(state.refuse(format!(
            "It was made from another tenant ({tenant_id}) by delegation, which a {TYPE_NAME} does not support."
        )));
    }
    let id: RoleAssignmentId = state.parsed("id", stored)?;
    let text = |name: &str| Attr::from(state.text(name).map(str::to_owned));
    Ok(RoleAssignmentModel {
        id: Attr::Known(id.to_string()),
        name: id.name().as_str().into(),
        scope: text("scope"),
        role_definition_id: text("role_definition_id"),
        principal_id: text("principal_id"),
        description: state.text("description").unwrap_or_default().into(),
        ..RoleAssignmentModel::default()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::resources::moved::samples::{any_state, refusal, source};

    const SCOPE: &str = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/orders";
    const NAME: &str = "b69a9388-9488-4534-b470-7ec6d41beef9";
    const ROLE: &str = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7";
    const PRINCIPAL: &str = "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11";

    fn id() -> String {
        format!("{SCOPE}/providers/Microsoft.Authorization/roleAssignments/{NAME}")
    }

    /// As release 4 stores it.
    fn state() -> Json {
        json!({
            "id": id(),
            "name": NAME,
            "scope": SCOPE,
            "role_definition_id": ROLE,
            "role_definition_name": "Kong Cloud Gateway Peering Creator",
            "principal_id": PRINCIPAL,
            "principal_type": "ServicePrincipal",
            "skip_service_principal_aad_check": null,
            "delegated_managed_identity_resource_id": "",
            "description": "",
            "condition": "",
            "condition_version": "",
            "timeouts": null,
        })
    }

    fn with(name: &str, value: Json) -> Option<Result<RoleAssignmentModel, Diagnostics>> {
        let mut state = state();
        state[name] = value;
        model(&source(&PEER, state))
    }

    #[test]
    fn the_whole_assignment_is_taken_over() {
        let expected = RoleAssignmentModel {
            id: Attr::Known(id()),
            name: NAME.into(),
            scope: SCOPE.into(),
            role_definition_id: ROLE.into(),
            principal_id: PRINCIPAL.into(),
            description: "".into(),
            ..RoleAssignmentModel::default()
        };
        assert_eq!(with("name", json!(NAME)), Some(Ok(expected.clone())));
        assert_eq!(with("principal_type", json!(null)), Some(Ok(expected)));
        let described = with("description", json!("Kong")).unwrap().unwrap();
        assert_eq!(described.description, "Kong".into());
    }

    #[test]
    fn an_assignment_to_people_is_refused() {
        for kind in ["User", "Group"] {
            let text = refusal(with("principal_type", json!(kind)));
            assert!(text.contains(&format!("of type {kind}")), "{text}");
        }
    }

    #[test]
    fn an_assignment_across_tenants_is_refused() {
        let text = refusal(with("id", json!(format!("{}|{PRINCIPAL}", id()))));
        assert!(text.contains("another tenant"), "{text}");
    }

    #[test]
    fn an_id_of_something_else_is_refused() {
        let text = refusal(with("id", json!(ROLE)));
        assert!(
            text.contains("not a Microsoft.Authorization/roleAssignments"),
            "{text}"
        );
        let text = refusal(with("id", json!(null)));
        assert!(text.contains("holds no id"), "{text}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_state_is_too_odd(state in any_state(&["id", "principal_type", "scope", "role_definition_id", "description"])) {
            prop_assert!(model(&source(&PEER, state)).is_some());
        }
    }
}
