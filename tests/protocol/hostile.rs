//! Messages that no Terraform sends: the answer is an error that says so, and the next call works.

use konnectazure::wire::generated::{self as wire, DynamicValue, RawState, ResourceIdentityData};
use serde_json::json;

use crate::{
    support::core::{Core, Diagnostics, Stored, Value, checked, dynamic, has_errors},
    toy::{COUNT, THING, Toy},
};

/// Bytes in place of a value, none of which are one.
fn nonsense(core: &Core) -> Vec<DynamicValue> {
    let config = core.config(
        THING,
        &json!({"name": "lamp", "place": "attic", "tags": ["a"]}),
    );
    let whole = core.encode(THING, &config).msgpack;
    let raw = |msgpack: &[u8]| DynamicValue {
        msgpack: msgpack.to_vec(),
        json: Vec::new(),
    };
    let mut all: Vec<DynamicValue> = (1..whole.len())
        .map(|length| raw(&whole[..length]))
        .collect();
    all.extend([
        raw(b"\x81\xa4name\xa4lamp"),
        raw(b"\xa4text"),
        raw(b"\x93\x01\x02\x03"),
        raw(b"\xc1"),
        raw(b"\xdf\xff\xff\xff\xff"),
        raw(b"\xc7\x05\x63hello"),
        raw(&[whole.as_slice(), b"\x00"].concat()),
        raw(&[b'\x91'; 4096]),
        DynamicValue {
            msgpack: Vec::new(),
            json: b"{".to_vec(),
        },
        DynamicValue {
            msgpack: Vec::new(),
            json: b"[[]]".to_vec(),
        },
    ]);
    all
}

async fn start() -> Core {
    Core::start(Toy::new().0).await
}

fn assert_refused(diagnostics: Diagnostics, what: &dyn std::fmt::Debug) {
    assert!(has_errors(&checked(diagnostics)), "{what:?} was taken");
}

async fn assert_alive(core: &mut Core) {
    let config = core.config(THING, &json!({"name": "lamp", "place": "attic"}));
    let plan = core.plan(THING, &Stored::default(), &config).await.unwrap();
    let (stored, diagnostics) = core.apply(THING, &Stored::default(), &plan, &config).await;
    assert!(diagnostics.is_empty());
    assert!(!stored.state.is_null());
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one message after the other")]
async fn nonsense_in_place_of_a_value_is_an_error() {
    let mut core = start().await;
    for value in nonsense(&core) {
        let name = || THING.to_owned();
        let some = || Some(value.clone());
        let client = &mut core.client;
        let validate = wire::validate_resource_config::Request {
            type_name: name(),
            config: some(),
            client_capabilities: None,
        };
        assert_refused(
            client
                .validate_resource_config(validate)
                .await
                .unwrap()
                .into_inner()
                .diagnostics,
            &value,
        );
        let read = wire::read_resource::Request {
            type_name: name(),
            current_state: some(),
            private: b"kept".to_vec(),
            ..Default::default()
        };
        let read = client.read_resource(read).await.unwrap().into_inner();
        assert_eq!(
            (read.new_state, read.private),
            (some(), b"kept".to_vec()),
            "a failed refresh changes nothing"
        );
        assert_refused(read.diagnostics, &value);
        let plan = wire::plan_resource_change::Request {
            type_name: name(),
            proposed_new_state: some(),
            config: some(),
            ..Default::default()
        };
        assert_refused(
            client
                .plan_resource_change(plan)
                .await
                .unwrap()
                .into_inner()
                .diagnostics,
            &value,
        );
        let apply = wire::apply_resource_change::Request {
            type_name: name(),
            prior_state: some(),
            planned_private: b"kept".to_vec(),
            ..Default::default()
        };
        let applied = client
            .apply_resource_change(apply)
            .await
            .unwrap()
            .into_inner();
        assert_eq!(
            (applied.new_state, applied.private),
            (some(), b"kept".to_vec())
        );
        assert_refused(applied.diagnostics, &value);
        let generate = wire::generate_resource_config::Request {
            type_name: name(),
            state: some(),
        };
        assert_refused(
            client
                .generate_resource_config(generate)
                .await
                .unwrap()
                .into_inner()
                .diagnostics,
            &value,
        );
        let import = wire::import_resource_state::Request {
            type_name: name(),
            identity: Some(ResourceIdentityData {
                identity_data: some(),
            }),
            ..Default::default()
        };
        assert_refused(
            client
                .import_resource_state(import)
                .await
                .unwrap()
                .into_inner()
                .diagnostics,
            &value,
        );
        let source = wire::read_data_source::Request {
            type_name: COUNT.to_owned(),
            config: some(),
            ..Default::default()
        };
        assert_refused(
            client
                .read_data_source(source)
                .await
                .unwrap()
                .into_inner()
                .diagnostics,
            &value,
        );
        let configure = wire::configure_provider::Request {
            config: some(),
            ..Default::default()
        };
        assert_refused(
            client
                .configure_provider(configure)
                .await
                .unwrap()
                .into_inner()
                .diagnostics,
            &value,
        );
        let call = wire::call_function::Request {
            name: "repeat".to_owned(),
            arguments: vec![value.clone(), value.clone()],
        };
        assert!(
            client
                .call_function(call)
                .await
                .unwrap()
                .into_inner()
                .error
                .is_some()
        );
    }
    assert_alive(&mut core).await;
}

/// Sends an empty message and one about an unknown type to each call; both have to be refused in words.
macro_rules! refuse_empty_and_unknown {
    ($core:ident, $($method:ident $module:ident $type_name:ident),* $(,)?) => {
        $(for type_name in ["", "toy_ghost", "toy_thing\0"] {
            let request = wire::$module::Request {
                $type_name: type_name.to_owned(),
                ..Default::default()
            };
            let answer = $core.client.$method(request).await.unwrap().into_inner();
            assert_refused(answer.diagnostics, &(stringify!($method), type_name));
        })*
    };
}

#[tokio::test]
async fn empty_messages_and_unknown_types_are_errors() {
    let mut core = start().await;
    refuse_empty_and_unknown!(
        core,
        validate_resource_config validate_resource_config type_name,
        upgrade_resource_state upgrade_resource_state type_name,
        upgrade_resource_identity upgrade_resource_identity type_name,
        read_resource read_resource type_name,
        plan_resource_change plan_resource_change type_name,
        apply_resource_change apply_resource_change type_name,
        import_resource_state import_resource_state type_name,
        move_resource_state move_resource_state target_type_name,
        generate_resource_config generate_resource_config type_name,
        validate_data_resource_config validate_data_resource_config type_name,
        read_data_source read_data_source type_name,
        validate_ephemeral_resource_config validate_ephemeral_resource_config type_name,
        open_ephemeral_resource open_ephemeral_resource type_name,
        renew_ephemeral_resource renew_ephemeral_resource type_name,
        close_ephemeral_resource close_ephemeral_resource type_name,
        validate_list_resource_config validate_list_resource_config type_name,
        validate_action_config validate_action_config type_name,
        plan_action plan_action action_type,
    );
    assert_alive(&mut core).await;
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one message after the other")]
async fn messages_without_values_are_answered() {
    let mut core = start().await;
    let client = &mut core.client;
    let name = THING.to_owned();
    // No configuration at all where one is needed.
    let validate = wire::validate_resource_config::Request {
        type_name: name.clone(),
        ..Default::default()
    };
    let validated = client
        .validate_resource_config(validate)
        .await
        .unwrap()
        .into_inner();
    assert_refused(validated.diagnostics, &"no configuration");
    let read = wire::read_data_source::Request {
        type_name: COUNT.to_owned(),
        ..Default::default()
    };
    assert_refused(
        client
            .read_data_source(read)
            .await
            .unwrap()
            .into_inner()
            .diagnostics,
        &"no configuration",
    );
    let upgrade = wire::upgrade_resource_state::Request {
        type_name: name.clone(),
        ..Default::default()
    };
    assert_refused(
        client
            .upgrade_resource_state(upgrade)
            .await
            .unwrap()
            .into_inner()
            .diagnostics,
        &"no state",
    );
    let flat = wire::upgrade_resource_state::Request {
        type_name: name.clone(),
        version: 1,
        raw_state: Some(RawState {
            json: Vec::new(),
            flatmap: [("id".to_owned(), "1".to_owned())].into(),
        }),
    };
    assert_refused(
        client
            .upgrade_resource_state(flat)
            .await
            .unwrap()
            .into_inner()
            .diagnostics,
        &"a flat state",
    );
    // Nothing before, nothing after: there is nothing to do, and nothing wrong.
    let plan = wire::plan_resource_change::Request {
        type_name: name.clone(),
        ..Default::default()
    };
    assert!(
        client
            .plan_resource_change(plan)
            .await
            .unwrap()
            .into_inner()
            .diagnostics
            .is_empty()
    );
    let apply = wire::apply_resource_change::Request {
        type_name: name.clone(),
        ..Default::default()
    };
    assert!(
        client
            .apply_resource_change(apply)
            .await
            .unwrap()
            .into_inner()
            .diagnostics
            .is_empty()
    );
    let read = wire::read_resource::Request {
        type_name: name,
        ..Default::default()
    };
    assert!(
        client
            .read_resource(read)
            .await
            .unwrap()
            .into_inner()
            .diagnostics
            .is_empty()
    );
    // An absent provider block is an empty one.
    let configure = wire::configure_provider::Request::default();
    assert!(
        client
            .configure_provider(configure)
            .await
            .unwrap()
            .into_inner()
            .diagnostics
            .is_empty()
    );
    assert_alive(&mut core).await;
}

#[tokio::test]
async fn unknowns_where_none_may_be_are_errors() {
    let mut core = start().await;
    let kind = core.kind(THING);
    let unknown = dynamic(&Value::unknown(), &kind);
    let client = &mut core.client;
    let plan = wire::plan_resource_change::Request {
        type_name: THING.to_owned(),
        prior_state: Some(unknown.clone()),
        proposed_new_state: Some(unknown.clone()),
        config: Some(unknown.clone()),
        ..Default::default()
    };
    assert_refused(
        client
            .plan_resource_change(plan)
            .await
            .unwrap()
            .into_inner()
            .diagnostics,
        &"unknown",
    );
    let apply = wire::apply_resource_change::Request {
        type_name: THING.to_owned(),
        prior_state: Some(unknown.clone()),
        planned_state: Some(unknown.clone()),
        ..Default::default()
    };
    assert_refused(
        client
            .apply_resource_change(apply)
            .await
            .unwrap()
            .into_inner()
            .diagnostics,
        &"unknown",
    );
    let read = wire::read_resource::Request {
        type_name: THING.to_owned(),
        current_state: Some(unknown),
        ..Default::default()
    };
    assert_refused(
        client
            .read_resource(read)
            .await
            .unwrap()
            .into_inner()
            .diagnostics,
        &"unknown",
    );
    assert_alive(&mut core).await;
}
