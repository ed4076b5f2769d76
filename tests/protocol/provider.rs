//! Schemas, the provider block, data sources, functions, and what this provider has none of.

use std::sync::Arc;

use konnectazure::{
    wire::Server,
    wire::generated::provider_server::Provider as Service,
    wire::generated::{
        self as wire, call_function, get_functions, get_metadata, get_provider_schema,
        read_data_source,
    },
};
use tonic::Code;

use crate::{
    support::core::{
        Core, Type, Value, capabilities, checked, dynamic, has_errors, texts, undynamic,
    },
    toy::{COUNT, THING, Toy, World},
};

async fn start() -> (Core, Arc<World>) {
    let (toy, world) = Toy::new();
    (Core::start(toy).await, world)
}

#[tokio::test]
async fn schema_metadata_and_functions_tell_the_same() {
    let (mut core, _) = start().await;
    let schema = core
        .client
        .get_provider_schema(get_provider_schema::Request {})
        .await
        .unwrap()
        .into_inner();
    let metadata = core
        .client
        .get_metadata(get_metadata::Request {})
        .await
        .unwrap()
        .into_inner();
    let functions = core
        .client
        .get_functions(get_functions::Request {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(schema.functions, functions.functions);
    assert_eq!(schema.server_capabilities, metadata.server_capabilities);
    assert_eq!(
        schema.server_capabilities,
        Some(wire::ServerCapabilities {
            plan_destroy: true,
            get_provider_schema_optional: true,
            move_resource_state: true,
            generate_resource_config: true,
        })
    );
    let names: Vec<_> = metadata
        .resources
        .into_iter()
        .map(|resource| resource.type_name)
        .collect();
    assert_eq!(names, [THING]);
    assert_eq!(
        schema.resource_schemas.into_keys().collect::<Vec<_>>(),
        names
    );
    let names: Vec<_> = metadata
        .data_sources
        .into_iter()
        .map(|source| source.type_name)
        .collect();
    assert_eq!(names, [COUNT]);
    assert_eq!(
        schema.data_source_schemas.into_keys().collect::<Vec<_>>(),
        names
    );
    assert_eq!(
        functions.functions.into_keys().collect::<Vec<_>>(),
        ["repeat"]
    );
}

#[tokio::test]
async fn the_schema_holds_what_the_runtime_adds() {
    let (core, _) = start().await;
    let thing = &core.resources[THING];
    assert_eq!(thing.version, 1);
    assert!(thing.attribute("timeouts").is_some());
    assert!(
        thing
            .attribute("secret")
            .is_some_and(|secret| secret.write_only && secret.sensitive)
    );
    // Nobody computes a provider block.
    assert!(
        core.provider
            .attributes
            .iter()
            .all(|attribute| !attribute.computed)
    );
    assert!(core.provider.attribute("retries").is_some());
}

fn block(region: impl Into<Value>, retries: impl Into<Value>) -> Value {
    Value::object([("region", region.into()), ("retries", retries.into())])
}

#[tokio::test]
async fn the_provider_can_be_configured_again() {
    let (mut core, world) = start().await;
    for config in [
        block("north", Value::Null),
        block(Value::Null, 5),
        block(Value::unknown(), Value::unknown()),
    ] {
        assert_eq!(texts(&core.configure(&config).await), Vec::<String>::new());
    }
    let configured = world.configured.lock().unwrap();
    let retries: Vec<_> = configured
        .iter()
        .map(|config| config.retries.known().copied())
        .collect();
    assert_eq!(retries, [Some(3), Some(5), None]);
    assert!(configured[2].region.is_unknown());
}

#[tokio::test]
async fn bad_provider_blocks_are_refused() {
    let (mut core, world) = start().await;
    let cases = [
        (block("west", Value::Null), "region: Invalid region"),
        (block(Value::Null, 0), "No retries"),
    ];
    for (config, expected) in cases {
        assert_eq!(texts(&core.configure(&config).await), [expected]);
    }
    assert!(world.configured.lock().unwrap().is_empty());
    let warned = core.configure(&block(Value::Null, 99)).await;
    assert!(!has_errors(&warned));
    assert_eq!(texts(&warned), ["Many retries"]);
}

async fn count(core: &mut Core, place: impl Into<Value>) -> (Value, Vec<String>) {
    let kind = core.data_sources[COUNT].object_type();
    let config = Value::object([("place", place.into()), ("things", Value::Null)]);
    let validated = core
        .client
        .validate_data_resource_config(wire::validate_data_resource_config::Request {
            type_name: COUNT.to_owned(),
            config: Some(dynamic(&config, &kind)),
        })
        .await
        .unwrap()
        .into_inner();
    if has_errors(&checked(validated.diagnostics.clone())) {
        return (Value::Null, texts(&validated.diagnostics));
    }
    let answer = core
        .client
        .read_data_source(read_data_source::Request {
            type_name: COUNT.to_owned(),
            config: Some(dynamic(&config, &kind)),
            client_capabilities: Some(capabilities()),
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner();
    (
        undynamic(answer.state, &kind),
        texts(&checked(answer.diagnostics)),
    )
}

#[tokio::test]
async fn a_data_source_answers_its_configuration_and_more() {
    let (mut core, _) = start().await;
    let nothing = Value::object([("place", "attic".into()), ("things", 0.into())]);
    assert_eq!(count(&mut core, "attic").await, (nothing, vec![]));
    let (odd, warnings) = count(&mut core, "odd").await;
    assert!(!odd.is_null());
    assert_eq!(warnings, ["Odd"]);
    assert_eq!(
        count(&mut core, "nowhere").await,
        (Value::Null, vec!["No such place".to_owned()])
    );
    assert_eq!(
        count(&mut core, "").await,
        (Value::Null, vec!["place: Invalid place".to_owned()])
    );
}

async fn repeat(core: &mut Core, text: Value, times: &[Value]) -> call_function::Response {
    let texts = [dynamic(&text, &Type::String)];
    let times = times.iter().map(|times| dynamic(times, &Type::Number));
    let arguments = texts.into_iter().chain(times).collect();
    call(core, "repeat", arguments).await
}

async fn call(
    core: &mut Core,
    name: &str,
    arguments: Vec<wire::DynamicValue>,
) -> call_function::Response {
    let request = call_function::Request {
        name: name.to_owned(),
        arguments,
    };
    core.client
        .call_function(request)
        .await
        .unwrap()
        .into_inner()
}

#[tokio::test]
async fn functions_work_without_configuration() {
    let (mut core, _) = start().await;
    let answer = repeat(&mut core, "ab".into(), &[1.into(), 2.into()]).await;
    assert_eq!(answer.error, None);
    assert_eq!(undynamic(answer.result, &Type::String), "ababab".into());
}

#[tokio::test]
async fn functions_blame_the_very_argument() {
    let (mut core, _) = start().await;
    let blamed =
        |answer: call_function::Response| answer.error.expect("an error").function_argument;
    assert_eq!(
        blamed(
            repeat(
                &mut core,
                "a".into(),
                &[1.into(), Value::Number("0.5".parse().unwrap())]
            )
            .await
        ),
        Some(2)
    );
    assert_eq!(blamed(repeat(&mut core, Value::Null, &[]).await), Some(0));
    // OpenTofu sends null as a value without content.
    let empty = vec![wire::DynamicValue::default()];
    assert_eq!(blamed(call(&mut core, "repeat", empty).await), Some(0));
    let odd = vec![dynamic(&"a".into(), &Type::String); 2];
    let odd = call(&mut core, "repeat", odd)
        .await
        .error
        .expect("an error");
    assert_eq!(
        (odd.text.as_str(), odd.function_argument),
        ("\"a\" is not a number", Some(1))
    );
    assert_eq!(blamed(call(&mut core, "repeat", Vec::new()).await), None);
    assert_eq!(
        blamed(call(&mut core, "unheard_of", Vec::new()).await),
        None
    );
}

#[tokio::test]
async fn what_this_provider_has_none_of_is_answered_as_absent() {
    let (core, _) = start().await;
    let mut client = core.client.clone();
    let name = "toy_ghost".to_owned();
    let opened = client
        .open_ephemeral_resource(wire::open_ephemeral_resource::Request {
            type_name: name.clone(),
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner();
    let closed = client
        .close_ephemeral_resource(wire::close_ephemeral_resource::Request {
            type_name: name.clone(),
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner();
    let planned = client
        .plan_action(wire::plan_action::Request {
            action_type: name.clone(),
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner();
    for diagnostics in [opened.diagnostics, closed.diagnostics, planned.diagnostics] {
        assert!(has_errors(&checked(diagnostics)));
    }

    let mut listed = client
        .list_resource(wire::list_resource::Request {
            type_name: name.clone(),
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner();
    let event = listed.message().await.unwrap().unwrap();
    assert!(has_errors(&checked(event.diagnostic)));
    assert_eq!(listed.message().await.unwrap(), None);

    let mut invoked = client
        .invoke_action(wire::invoke_action::Request {
            action_type: name.clone(),
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner();
    let event = invoked.message().await.unwrap().unwrap();
    let Some(wire::invoke_action::event::Type::Completed(completed)) = event.r#type else {
        panic!("an action has to complete");
    };
    assert!(has_errors(&checked(completed.diagnostics)));

    let stores = client
        .get_states(wire::get_states::Request { type_name: name })
        .await;
    assert_eq!(stores.unwrap_err().code(), Code::Unimplemented);
}

#[tokio::test]
async fn every_call_about_what_is_absent_is_answered() {
    let (core, _) = start().await;
    let mut client = core.client.clone();
    let ghost = || "toy_ghost".to_owned();
    let validated = client
        .validate_ephemeral_resource_config(wire::validate_ephemeral_resource_config::Request {
            type_name: ghost(),
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner();
    let renewed = client
        .renew_ephemeral_resource(wire::renew_ephemeral_resource::Request {
            type_name: ghost(),
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner();
    let action = client
        .validate_action_config(wire::validate_action_config::Request {
            type_name: ghost(),
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner();
    for diagnostics in [
        validated.diagnostics,
        renewed.diagnostics,
        action.diagnostics,
    ] {
        let found = checked(diagnostics);
        assert!(has_errors(&found) && found[0].detail.contains("toy_ghost"));
    }

    // State stores are told apart from errors by their calls not being there.
    let chunks = tokio_stream::iter([wire::write_state_bytes::RequestChunk::default()]);
    let codes = [
        client
            .validate_state_store_config(wire::validate_state_store::Request::default())
            .await
            .map(drop),
        client
            .configure_state_store(wire::configure_state_store::Request::default())
            .await
            .map(drop),
        client
            .read_state_bytes(wire::read_state_bytes::Request::default())
            .await
            .map(drop),
        client.write_state_bytes(chunks).await.map(drop),
        client
            .lock_state(wire::lock_state::Request::default())
            .await
            .map(drop),
        client
            .unlock_state(wire::unlock_state::Request::default())
            .await
            .map(drop),
        client
            .delete_state(wire::delete_state::Request::default())
            .await
            .map(drop),
    ]
    .map(|answer| answer.unwrap_err().code());
    assert_eq!(codes, [Code::Unimplemented; 7]);
}

/// Terraform keeps schemas of other processes of the same provider.
#[tokio::test]
async fn a_server_that_nobody_asked_for_its_schema_works() {
    let knowing = start().await.0;
    let (toy, world) = Toy::new();
    let server = Server::new(toy);
    let kind = knowing.kind(THING);
    let config = knowing.config(
        THING,
        &serde_json::json!({"name": "lamp", "place": "attic"}),
    );
    let planned = Service::plan_resource_change(
        &server,
        tonic::Request::new(wire::plan_resource_change::Request {
            type_name: THING.to_owned(),
            proposed_new_state: Some(dynamic(&config, &kind)),
            config: Some(dynamic(&config, &kind)),
            ..Default::default()
        }),
    )
    .await
    .unwrap()
    .into_inner();
    let applied = Service::apply_resource_change(
        &server,
        tonic::Request::new(wire::apply_resource_change::Request {
            type_name: THING.to_owned(),
            planned_state: planned.planned_state,
            config: Some(dynamic(&config, &kind)),
            planned_private: planned.planned_private,
            planned_identity: planned.planned_identity,
            ..Default::default()
        }),
    )
    .await
    .unwrap()
    .into_inner();
    assert!(checked(applied.diagnostics).is_empty());
    assert!(applied.new_identity.is_some());
    assert_eq!(world.things().len(), 1);
}
