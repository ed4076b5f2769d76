//! Objects that come from elsewhere: imported, moved, stored by older versions; and configuration written from state.

use std::sync::Arc;

use konnectazure::wire::generated::{self as wire, RawState};

use crate::{
    support::core::{Action, Core, Stored, Value, checked, has_errors, texts},
    toy::{THING, Toy, World},
};

const WRITTEN: &str = r#"{"name": "lamp", "place": "attic", "tags": ["a"]}"#;

/// A provider with one thing that nobody has in a state.
async fn start() -> (Core, Arc<World>, Value) {
    let (toy, world) = Toy::new();
    let mut core = Core::start(toy).await;
    let config = core.config(THING, &serde_json::from_str(WRITTEN).unwrap());
    let plan = core.plan(THING, &Stored::default(), &config).await.unwrap();
    let (_, diagnostics) = core.apply(THING, &Stored::default(), &plan, &config).await;
    assert!(diagnostics.is_empty());
    (core, world, config)
}

fn identity(id: &str, place: Value) -> Value {
    Value::object([("id", Value::from(id)), ("place", place)])
}

#[tokio::test]
async fn an_import_by_id_plans_nothing() {
    let (mut core, _, config) = start().await;
    let stored = core.import(THING, "id-0", None).await.unwrap();
    assert_eq!(stored.private, b"");
    assert_eq!(stored.identity, Some(identity("id-0", "attic".into())));
    let plan = core.plan(THING, &stored, &config).await.unwrap();
    // The service spells the name its own way, and here is no earlier spelling to keep.
    assert_eq!(plan.action, Action::NoOp);
}

#[tokio::test]
async fn an_import_by_identity_may_leave_out_optional_parts() {
    let (mut core, _, config) = start().await;
    for place in ["attic".into(), Value::Null] {
        let stored = core
            .import(THING, "", Some(&identity("id-0", place)))
            .await
            .unwrap();
        assert_eq!(stored.identity, Some(identity("id-0", "attic".into())));
        assert_eq!(
            core.plan(THING, &stored, &config).await.unwrap().action,
            Action::NoOp
        );
    }
}

#[tokio::test]
async fn impossible_imports_are_refused() {
    let (mut core, _, _) = start().await;
    let by_id = core.import(THING, "no id", None).await.unwrap_err();
    assert_eq!(texts(&by_id), ["Not an id"]);
    let nothing = core.import(THING, "", None).await.unwrap_err();
    assert_eq!(texts(&nothing), ["Invalid import"]);
    let incomplete = Value::object([("id", Value::Null), ("place", "attic".into())]);
    let incomplete = core.import(THING, "", Some(&incomplete)).await.unwrap_err();
    assert_eq!(texts(&incomplete), ["id: Invalid import"]);
    let unknown = core
        .import(THING, "", Some(&identity("id-0", Value::unknown())))
        .await
        .unwrap_err();
    assert_eq!(texts(&unknown), ["place: Invalid import"]);
}

fn move_request(source_type: &str, json: &str) -> wire::move_resource_state::Request {
    wire::move_resource_state::Request {
        source_provider_address: "registry.terraform.io/other/other".to_owned(),
        source_type_name: source_type.to_owned(),
        source_schema_version: 0,
        source_state: Some(RawState {
            json: json.as_bytes().to_vec(),
            ..Default::default()
        }),
        target_type_name: THING.to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_move_takes_an_object_over() {
    let (mut core, _, config) = start().await;
    let request = move_request("other_thing", r#"{"thing_id": "id-0", "colour": null}"#);
    let answer = core
        .client
        .move_resource_state(request)
        .await
        .unwrap()
        .into_inner();
    assert!(checked(answer.diagnostics).is_empty());
    let moved = Stored {
        state: core.decode(THING, answer.target_state),
        private: answer.target_private,
        identity: None,
    };
    let (refreshed, diagnostics) = core.refresh(THING, &moved).await;
    assert!(diagnostics.is_empty());
    let plan = core
        .plan(THING, &refreshed.unwrap(), &config)
        .await
        .unwrap();
    assert_eq!(plan.action, Action::NoOp);
}

#[tokio::test]
async fn a_move_that_makes_no_sense_is_refused() {
    let (mut core, _, _) = start().await;
    let flat = wire::move_resource_state::Request {
        source_state: Some(RawState {
            json: Vec::new(),
            flatmap: [("thing_id".to_owned(), "id-0".to_owned())].into(),
        }),
        ..move_request("other_thing", "")
    };
    let cases = [
        (move_request("other_thing", "{}"), "Not one of ours"),
        (
            move_request("other_chair", "{}"),
            "Cannot move to toy_thing",
        ),
        (
            move_request("other_thing", "{"),
            "Cannot read the state to move",
        ),
        (
            move_request("other_thing", ""),
            "Cannot read the state to move",
        ),
        (flat, "Cannot read the state to move"),
    ];
    for (request, expected) in cases {
        let answer = core
            .client
            .move_resource_state(request)
            .await
            .unwrap()
            .into_inner();
        assert!(has_errors(&answer.diagnostics));
        assert_eq!(answer.target_state, None);
        assert_eq!(texts(&checked(answer.diagnostics)), [expected]);
    }
}

#[tokio::test]
async fn stored_states_are_brought_into_todays_shape() {
    let (mut core, _, _) = start().await;
    let current =
        br#"{"id": "id-0", "name": "lamp", "place": "attic", "amount": 0.10, "long gone": true}"#;
    let state = core.upgrade(THING, 1, current.to_vec()).await.unwrap();
    assert_eq!(state.get("name"), Some(&"lamp".into()));
    assert_eq!(state.get("tags"), Some(&Value::Null));
    let old = br#"{"id": "id-0", "title": "lamp", "place": "attic"}"#;
    let state = core.upgrade(THING, 0, old.to_vec()).await.unwrap();
    assert_eq!(state.get("name"), Some(&"lamp".into()));
    // A write-only value in a state was put there by a program that should not have.
    let leaked = br#"{"id": "id-0", "name": "lamp", "secret": "hidden"}"#;
    let state = core.upgrade(THING, 1, leaked.to_vec()).await.unwrap();
    assert_eq!(state.get("secret"), Some(&Value::Null));
}

#[tokio::test]
async fn unreadable_states_are_errors_and_never_forgotten() {
    let (mut core, _, _) = start().await;
    let cases: [(i64, &[u8]); 8] = [
        (1, b""),
        (1, b"{"),
        (1, b"null"),
        (1, br#"{"id": 5, "tags": "none"}"#),
        (0, b"[]"),
        (0, b"{"),
        (0, br#"{"title": {}}"#),
        (2, b"{}"),
    ];
    for (version, json) in cases {
        let refused = core.upgrade(THING, version, json.to_vec()).await;
        assert!(
            refused.is_err(),
            "{version}: {}",
            String::from_utf8_lossy(json)
        );
    }
}

#[tokio::test]
async fn identities_need_no_upgrade() {
    let (mut core, _, _) = start().await;
    let mut upgrade = async |json: &[u8]| {
        let answer = core
            .client
            .upgrade_resource_identity(wire::upgrade_resource_identity::Request {
                type_name: THING.to_owned(),
                version: 0,
                raw_identity: Some(RawState {
                    json: json.to_vec(),
                    ..Default::default()
                }),
            })
            .await
            .unwrap()
            .into_inner();
        (
            answer.upgraded_identity.is_some(),
            has_errors(&checked(answer.diagnostics)),
        )
    };
    assert_eq!(
        upgrade(br#"{"id": "id-0", "place": "attic"}"#).await,
        (true, false)
    );
    assert_eq!(upgrade(b"").await, (false, false));
    assert_eq!(upgrade(b"{").await, (false, true));
}

#[tokio::test]
async fn configuration_written_from_state_is_valid_and_plans_nothing() {
    let (mut core, _, _) = start().await;
    let stored = core.import(THING, "id-0", None).await.unwrap();
    let answer = core
        .client
        .generate_resource_config(wire::generate_resource_config::Request {
            type_name: THING.to_owned(),
            state: Some(core.encode(THING, &stored.state)),
        })
        .await
        .unwrap()
        .into_inner();
    assert!(checked(answer.diagnostics).is_empty());
    let config = core.decode(THING, answer.config);
    let written: Vec<&String> = config
        .members()
        .unwrap()
        .iter()
        .filter_map(|(name, value)| (!value.is_null()).then_some(name))
        .collect();
    assert_eq!(written, ["name", "place", "tags"]);
    let plan = core.plan(THING, &stored, &config).await.unwrap();
    assert_eq!(plan.action, Action::NoOp);
}
