//! Handlers that fail, panic, wait for ever or lose their host: nothing that exists is forgotten, and the server goes on.

use std::sync::Arc;

use konnectazure::wire::generated::{self as wire, stop_provider};
use serde_json::json;

use crate::{
    support::core::{Action, Core, Stored, Value, capabilities, dynamic, texts},
    toy::{COUNT, THING, Toy, World},
};

async fn start() -> (Core, Arc<World>) {
    let (toy, world) = Toy::new();
    (Core::start(toy).await, world)
}

fn named(core: &Core, name: &str) -> Value {
    core.config(THING, &json!({"name": name, "place": "attic"}))
}

async fn try_create(core: &mut Core, name: &str) -> (Stored, Vec<String>) {
    let config = named(core, name);
    let plan = core.plan(THING, &Stored::default(), &config).await.unwrap();
    let (stored, diagnostics) = core.apply(THING, &Stored::default(), &plan, &config).await;
    (stored, texts(&diagnostics))
}

#[tokio::test]
async fn a_creation_that_fails_before_anything_exists_leaves_nothing() {
    let (mut core, _) = start().await;
    let (stored, errors) = try_create(&mut core, "refused").await;
    assert_eq!(errors, ["Refused"]);
    assert_eq!(stored, Stored::default());
}

#[tokio::test]
async fn a_creation_that_fails_or_panics_halfway_leaves_what_it_saved() {
    let (mut core, world) = start().await;
    let cases = [
        ("half", "Half made"),
        ("panics", "Bug in the provider: panic during creation"),
    ];
    for (name, error) in cases {
        let (stored, errors) = try_create(&mut core, name).await;
        assert_eq!(errors, [error]);
        let id = stored.state.get("id").and_then(Value::as_str).unwrap();
        assert!(world.things().contains_key(id));
        assert_eq!(
            stored.identity.as_ref().unwrap().get("id"),
            stored.state.get("id")
        );
        // Terraform replaces what is tainted: the object can be removed by what was saved.
        let plan = core.plan_destroy(THING, &stored).await.unwrap();
        let (gone, _) = core.apply(THING, &stored, &plan, &Value::Null).await;
        assert!(gone.state.is_null());
    }
    assert!(world.things().is_empty());
}

#[tokio::test]
async fn a_failed_update_or_deletion_keeps_state_private_and_identity() {
    let (mut core, _) = start().await;
    let (stored, _) = try_create(&mut core, "sticky").await;
    let config = named(&core, "refused");
    let plan = core.plan(THING, &stored, &config).await.unwrap();
    assert_eq!(plan.action, Action::Update);
    let (kept, diagnostics) = core.apply(THING, &stored, &plan, &config).await;
    assert_eq!(texts(&diagnostics), ["Refused"]);
    assert_eq!(kept, stored);

    let plan = core.plan_destroy(THING, &stored).await.unwrap();
    let (kept, diagnostics) = core.apply(THING, &stored, &plan, &Value::Null).await;
    assert_eq!(texts(&diagnostics), ["Sticks"]);
    assert_eq!(kept, stored);
}

#[tokio::test]
async fn stopping_ends_what_waits_and_nothing_that_comes_later() {
    let (mut core, world) = start().await;
    let mut stopper = core.another_client().await;
    let stop = async {
        world.waiting.notified().await;
        let answer = stopper
            .stop_provider(stop_provider::Request {})
            .await
            .unwrap();
        assert_eq!(answer.into_inner().error, "");
    };
    let ((stored, errors), ()) = tokio::join!(try_create(&mut core, "endless"), stop);
    assert_eq!(errors, ["Cancelled"]);
    assert_eq!(stored.state.get("id"), Some(&"id-0".into()));
    let (stored, errors) = try_create(&mut core, "lamp").await;
    assert_eq!(errors, Vec::<String>::new());
    assert!(!stored.state.is_null());
}

#[tokio::test]
async fn a_write_in_flight_outlives_its_host() {
    let (mut core, world) = start().await;
    let config = named(&core, "slow");
    let plan = core.plan(THING, &Stored::default(), &config).await.unwrap();
    {
        let stored = Stored::default();
        let applying = core.apply(THING, &stored, &plan, &config);
        tokio::select! {
            _ = applying => panic!("the gate is closed"),
            () = world.waiting.notified() => {}
        }
    }
    assert!(world.things().is_empty());
    world.gate.notify_one();
    // The server ends only when the work has.
    core.shut_down().await;
    assert!(world.things().contains_key("id-0"));
}

#[tokio::test]
async fn a_panic_outside_apply_is_an_error_and_no_more() {
    let (mut core, _) = start().await;
    let config = named(&core, "panics in validate");
    let found = core.validate(THING, &config).await;
    assert_eq!(
        texts(&found),
        ["Bug in the provider: panic during validation"]
    );

    let kind = core.data_sources[COUNT].object_type();
    let config = Value::object([("place", "panics".into()), ("things", Value::Null)]);
    let answer = core
        .client
        .read_data_source(wire::read_data_source::Request {
            type_name: COUNT.to_owned(),
            config: Some(dynamic(&config, &kind)),
            client_capabilities: Some(capabilities()),
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        texts(&answer.diagnostics),
        ["Bug in the provider: panic during reading"]
    );
    let (_, errors) = try_create(&mut core, "lamp").await;
    assert_eq!(errors, Vec::<String>::new());
}
