//! Plan, apply, refresh and destroy, as Terraform orders them.

use serde_json::json;

use crate::{
    support::core::{Action, Core, Planned, Refinement, Stored, Value, has_errors, texts},
    toy::{THING, Toy, World},
};

async fn make(core: &mut Core, config: &Value) -> Stored {
    let plan = core.plan(THING, &Stored::default(), config).await.unwrap();
    assert_eq!(plan.action, Action::Create);
    let (stored, diagnostics) = core.apply(THING, &Stored::default(), &plan, config).await;
    assert_eq!(texts(&diagnostics), Vec::<String>::new());
    stored
}

async fn change(
    core: &mut Core,
    stored: &Stored,
    config: &Value,
    action: Action,
) -> (Planned, Stored) {
    let plan = core.plan(THING, stored, config).await.unwrap();
    assert_eq!(plan.action, action);
    let (changed, diagnostics) = core.apply(THING, stored, &plan, config).await;
    assert_eq!(texts(&diagnostics), Vec::<String>::new());
    (plan, changed)
}

/// A refresh and a second plan find nothing to do.
async fn assert_settled(core: &mut Core, stored: &Stored, config: &Value) {
    let (refreshed, diagnostics) = core.refresh(THING, stored).await;
    assert_eq!(texts(&diagnostics), Vec::<String>::new());
    assert_eq!(refreshed.as_ref(), Some(stored));
    let plan = core.plan(THING, stored, config).await.unwrap();
    assert_eq!(plan.action, Action::NoOp);
}

fn full() -> serde_json::Value {
    json!({
        "name": "Lamp",
        "place": "attic",
        "amount": 12.5,
        "tags": ["b", "a"],
        "parts": [{"label": "bulb"}, {"label": "wire"}],
        "finish": {"colour": "red"},
        "secret": "hidden",
        "timeouts": {"create": "5m"},
    })
}

async fn start() -> (Core, std::sync::Arc<World>) {
    let (toy, world) = Toy::new();
    (Core::start(toy).await, world)
}

#[tokio::test]
async fn an_object_lives_from_creation_to_destruction() {
    let (mut core, world) = start().await;
    let config = core.config(THING, &full());
    let stored = make(&mut core, &config).await;
    assert_eq!(
        stored.state.get("name"),
        Some(&"Lamp".into()),
        "the user's spelling"
    );
    assert_settled(&mut core, &stored, &config).await;

    let mut written = full();
    written["name"] = json!("Desk lamp");
    let config = core.config(THING, &written);
    let (_, updated) = change(&mut core, &stored, &config, Action::Update).await;
    assert_eq!(updated.state.get("revision"), Some(&2.into()));
    assert_eq!(updated.identity, stored.identity);
    assert_settled(&mut core, &updated, &config).await;

    let plan = core.plan_destroy(THING, &updated).await.unwrap();
    let (gone, diagnostics) = core.apply(THING, &updated, &plan, &Value::Null).await;
    assert!(diagnostics.is_empty());
    assert!(gone.state.is_null());
    assert!(world.things().is_empty());
    core.shut_down().await;
}

#[tokio::test]
async fn the_least_configuration_settles_too() {
    let (mut core, _) = start().await;
    let config = core.config(THING, &json!({"name": "lamp", "place": "attic"}));
    let stored = make(&mut core, &config).await;
    assert_settled(&mut core, &stored, &config).await;
    let with_empty_tags = core.config(
        THING,
        &json!({"name": "lamp", "place": "attic", "tags": []}),
    );
    let stored = make(&mut core, &with_empty_tags).await;
    assert_settled(&mut core, &stored, &with_empty_tags).await;
}

#[tokio::test]
async fn another_spelling_is_no_change() {
    let (mut core, _) = start().await;
    let config = core.config(THING, &json!({"name": "lamp", "place": "attic"}));
    let stored = make(&mut core, &config).await;
    let respelt = core.config(THING, &json!({"name": "LAMP", "place": "attic"}));
    assert_settled(&mut core, &stored, &respelt).await;
}

#[tokio::test]
async fn a_replacement_deletes_before_it_creates() {
    let (mut core, world) = start().await;
    let config = core.config(THING, &json!({"name": "lamp", "place": "attic"}));
    let stored = make(&mut core, &config).await;
    world.calls();
    let moved = core.config(THING, &json!({"name": "lamp", "place": "cellar"}));
    let (plan, replaced) = change(&mut core, &stored, &moved, Action::Replace).await;
    assert_eq!(plan.replace.len(), 1);
    assert_eq!(world.calls(), ["delete", "create"]);
    assert_ne!(replaced.identity, stored.identity);
    assert_settled(&mut core, &replaced, &moved).await;
}

#[tokio::test]
async fn a_change_of_what_is_only_saved_sends_nothing() {
    let (mut core, world) = start().await;
    let config = core.config(THING, &json!({"name": "lamp", "place": "attic"}));
    let stored = make(&mut core, &config).await;
    world.calls();
    let patient =
        json!({"name": "lamp", "place": "attic", "wait": false, "timeouts": {"delete": "1h"}});
    let patient = core.config(THING, &patient);
    let (_, saved) = change(&mut core, &stored, &patient, Action::Update).await;
    assert_eq!(world.calls(), Vec::<String>::new());
    assert_settled(&mut core, &saved, &patient).await;
}

#[tokio::test]
async fn values_that_become_known_in_apply_are_planned_twice() {
    let (mut core, _) = start().await;
    let mut unknown = core.config(THING, &json!({"place": "attic"}));
    let Value::Object(members) = &mut unknown else {
        panic!("an object");
    };
    let promise = Refinement {
        null: Some(false),
        prefix: Some("x-".to_owned()),
        ..Refinement::default()
    };
    members.insert("name".to_owned(), Value::Unknown(promise));
    members.insert("parts".to_owned(), Value::unknown());
    let plan = core
        .plan(THING, &Stored::default(), &unknown)
        .await
        .unwrap();
    let known = json!({"name": "x-1", "place": "attic", "parts": [{"label": "bulb"}]});
    let known = core.config(THING, &known);
    let (stored, diagnostics) = core.apply(THING, &Stored::default(), &plan, &known).await;
    assert!(diagnostics.is_empty());
    assert_settled(&mut core, &stored, &known).await;
}

#[tokio::test]
async fn numbers_keep_every_digit() {
    let (mut core, _) = start().await;
    for digits in [
        "0.1",
        "12345678901234567890123",
        "0.3333333333333333333333333333333333",
        "1e30",
        "-7",
    ] {
        let amount: serde_json::Number = serde_json::from_str(digits).unwrap();
        let config = core.config(
            THING,
            &json!({"name": "lamp", "place": "attic", "amount": amount}),
        );
        let stored = make(&mut core, &config).await;
        assert_eq!(
            stored.state.get("amount"),
            Some(&Value::Number(digits.parse().unwrap()))
        );
        assert_settled(&mut core, &stored, &config).await;
    }
}

#[tokio::test]
async fn parts_that_come_and_go_are_updates() {
    let (mut core, _) = start().await;
    let with = |labels: &[&str]| {
        let parts: Vec<_> = labels.iter().map(|label| json!({"label": label})).collect();
        json!({"name": "lamp", "place": "attic", "parts": parts})
    };
    let mut config = core.config(THING, &with(&["bulb"]));
    let mut stored = make(&mut core, &config).await;
    for labels in [&["bulb", "wire"][..], &["wire"], &[]] {
        config = core.config(THING, &with(labels));
        (_, stored) = change(&mut core, &stored, &config, Action::Update).await;
        assert_settled(&mut core, &stored, &config).await;
    }
}

#[tokio::test]
async fn write_only_values_are_sent_and_never_come_back() {
    let (mut core, _) = start().await;
    let config = core.config(
        THING,
        &json!({"name": "lamp", "place": "attic", "secret": "hidden"}),
    );
    let stored = make(&mut core, &config).await;
    assert_eq!(stored.state.get("secret"), Some(&Value::Null));
    assert_settled(&mut core, &stored, &config).await;
}

#[tokio::test]
async fn drift_is_seen_and_repaired() {
    let (mut core, world) = start().await;
    let config = core.config(THING, &json!({"name": "lamp", "place": "attic"}));
    let stored = make(&mut core, &config).await;
    world.things().get_mut("id-0").unwrap().name = "chair".into();
    let (drifted, _) = core.refresh(THING, &stored).await;
    let drifted = drifted.unwrap();
    assert_eq!(drifted.state.get("name"), Some(&"chair".into()));
    let (_, repaired) = change(&mut core, &drifted, &config, Action::Update).await;
    assert_settled(&mut core, &repaired, &config).await;
}

#[tokio::test]
async fn an_object_deleted_elsewhere_is_made_anew() {
    let (mut core, world) = start().await;
    let config = core.config(THING, &json!({"name": "lamp", "place": "attic"}));
    let stored = make(&mut core, &config).await;
    world.things().clear();
    let (refreshed, diagnostics) = core.refresh(THING, &stored).await;
    assert!(diagnostics.is_empty());
    assert_eq!(refreshed, None);
    make(&mut core, &config).await;
}

#[tokio::test]
async fn states_beyond_the_usual_message_size_pass() {
    let (mut core, _) = start().await;
    let large = "x".repeat(6 * 1024 * 1024);
    let config = core.config(THING, &json!({"name": "lamp", "place": large}));
    let stored = make(&mut core, &config).await;
    assert_settled(&mut core, &stored, &config).await;
}

#[tokio::test]
async fn warnings_do_not_stop_a_plan() {
    let (mut core, _) = start().await;
    let config = core.config(THING, &json!({"name": "odd", "place": "attic"}));
    let stored = make(&mut core, &config).await;
    assert!(!stored.state.is_null());
}

#[tokio::test]
async fn bad_configurations_are_refused_at_the_attribute() {
    let (mut core, _) = start().await;
    let cases = [
        (json!({"name": "", "place": "attic"}), "name: Invalid name"),
        (
            json!({"name": "a", "place": "b", "finish": {"colour": "green"}}),
            "finish: Invalid finish.colour",
        ),
        (
            json!({"name": "a", "place": "b", "timeouts": {"create": "soon"}}),
            "timeouts: Invalid timeouts.create",
        ),
        (json!({"name": "a"}), "place: Missing value"),
        (
            json!({"name": "a", "place": "b", "id": "mine"}),
            "id: Value for a read-only attribute",
        ),
        (json!({"name": "invalid", "place": "b"}), "Invalid together"),
    ];
    for (written, expected) in cases {
        let config = core.config(THING, &written);
        let found = core.validate(THING, &config).await;
        assert!(has_errors(&found));
        assert_eq!(texts(&found), [expected]);
    }
}
