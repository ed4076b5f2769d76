//! From `azuread_service_principal`.

use serde_json::Value as Json;

use crate::azure::ids::Guid;
use crate::resources::moved::{Peer, PeerState};
use crate::tf::attr::Attr;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::resource::MoveSource;

use super::TYPE_NAME;
use super::schema::ServicePrincipalModel;

/// Version 0, of provider releases before 3, has a bare object id as `id`; version 1 has `/servicePrincipals/OBJECT_ID`.
const PEER: Peer = Peer {
    provider: "hashicorp/azuread",
    type_name: "azuread_service_principal",
    newest_schema: 1,
};

/// The state for the service principal of another provider; `None` for any other object.
pub(super) fn model(source: &MoveSource) -> Option<Result<ServicePrincipalModel, Diagnostics>> {
    let state = PEER.state(source, TYPE_NAME)?;
    Some(state.and_then(|state| from_state(&state)))
}

fn from_state(state: &PeerState<'_>) -> Result<ServicePrincipalModel, Diagnostics> {
    let last_of_id = || state.text("id")?.rsplit('/').next();
    let object_id: Guid = state.parsed("object_id", state.text("object_id").or_else(last_of_id))?;
    // Releases before 3 call the client id `application_id`.
    let client_id: Guid = state.parsed(
        "client_id",
        state
            .text("client_id")
            .or_else(|| state.text("application_id")),
    )?;
    let use_existing = state.json().get("use_existing").and_then(Json::as_bool);
    Ok(ServicePrincipalModel {
        id: object_id.as_str().into(),
        object_id: object_id.as_str().into(),
        client_id: client_id.as_str().into(),
        display_name: state.text("display_name").map(str::to_owned).into(),
        use_existing: use_existing.into(),
        // That provider deletes an adopted one, too; here only what was made is deleted.
        created: Attr::Known(use_existing != Some(true)),
        ..ServicePrincipalModel::default()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::resources::moved::samples::{any_state, refusal, source};

    const OBJECT: &str = "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11";
    const CLIENT: &str = "207b296f-cf25-4d23-9eba-9a2c41dc62ca";

    /// As release 3 stores it, with what matters and some of what does not.
    fn state() -> Json {
        json!({
            "id": format!("/servicePrincipals/{OBJECT}"),
            "object_id": OBJECT,
            "client_id": CLIENT,
            "display_name": "Konnect",
            "use_existing": null,
            "account_enabled": true,
            "owners": [],
            "feature_tags": [{ "enterprise": false, "gallery": false }],
            "application_tenant_id": "11111111-2222-3333-4444-555555555555",
            "timeouts": null,
        })
    }

    fn with(changes: &Json) -> ServicePrincipalModel {
        let mut state = state();
        for (name, value) in changes.as_object().unwrap() {
            state[name] = value.clone();
        }
        model(&source(&PEER, state)).unwrap().unwrap()
    }

    #[test]
    fn the_object_and_its_application_are_taken_over() {
        let model = with(&json!({}));
        assert_eq!(model.id, OBJECT.into());
        assert_eq!(model.object_id, OBJECT.into());
        assert_eq!(model.client_id, CLIENT.into());
        assert_eq!(model.display_name, "Konnect".into());
        assert_eq!(
            model.tenant_id,
            Attr::Null,
            "the application's own tenant is another one"
        );
    }

    #[test]
    fn what_was_not_adopted_there_was_created() {
        for (use_existing, created) in [
            (json!(true), false),
            (json!(false), true),
            (json!(null), true),
        ] {
            let model = with(&json!({ "use_existing": use_existing }));
            assert_eq!(model.created, Attr::Known(created), "{use_existing}");
            assert_eq!(model.use_existing, use_existing.as_bool().into());
        }
    }

    #[test]
    fn states_of_releases_before_3_are_understood() {
        let old = json!({ "id": OBJECT, "application_id": CLIENT });
        let source = MoveSource {
            schema_version: 0,
            ..source(&PEER, old)
        };
        let model = model(&source).unwrap().unwrap();
        assert_eq!(model.object_id, OBJECT.into());
        assert_eq!(model.client_id, CLIENT.into());
    }

    #[test]
    fn a_state_without_ids_is_refused() {
        let text = refusal(model(&source(&PEER, json!({ "client_id": CLIENT }))));
        assert!(text.contains("holds no object_id"), "{text}");
        let text = refusal(model(&source(&PEER, json!({ "object_id": "x" }))));
        assert!(
            text.contains("The object_id in its state cannot be used"),
            "{text}"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_state_is_too_odd(state in any_state(&["id", "object_id", "client_id", "application_id", "use_existing"])) {
            prop_assert!(model(&source(&PEER, state)).is_some());
        }
    }
}
