//! Every type of the provider is sent what no Terraform sends; each answers that it does not understand, and the next call works.

use std::collections::BTreeMap;

use konnectazure::{
    provider::KonnectAzure,
    wire::generated::{self as wire, DynamicValue, RawState, ResourceIdentityData},
};

use crate::support::core::{
    Core, Diagnostics, Schema, Type, Value, checked, dynamic, has_errors, texts,
};

/// At most so many places at which a message is cut.
const CUTS: usize = 12;

/// Where a message came from, for a failure.
type Named = (String, DynamicValue);

fn raw(msgpack: Vec<u8>) -> DynamicValue {
    DynamicValue {
        msgpack,
        json: Vec::new(),
    }
}

/// A type that no value of `kind` has, and a value of it.
fn another(kind: &Type) -> (Type, Value) {
    match kind {
        Type::String | Type::Number | Type::Bool => {
            (Type::list(Type::String), Value::List(vec!["odd".into()]))
        }
        _ => (Type::String, "odd".into()),
    }
}

/// Values that are none of this object type: cut, with one attribute of another type, one missing, one too many.
fn nonsense(kind: &Type) -> Vec<Named> {
    let Type::Object(attributes) = kind else {
        panic!("schemas are objects");
    };
    let null: Vec<_> = attributes
        .keys()
        .map(|name| (name.clone(), Value::Null))
        .collect();
    let nothing = Value::object(null.clone());
    let whole = dynamic(&nothing, kind).msgpack;
    let step = whole.len().div_ceil(CUTS);
    let mut all: Vec<Named> = (1..whole.len())
        .step_by(step)
        .map(|length| {
            (
                format!("cut after {length} bytes"),
                raw(whole[..length].to_vec()),
            )
        })
        .collect();
    for (name, of) in attributes {
        let (odd_type, odd) = another(of);
        let mut types = attributes.clone();
        types.insert(name.clone(), odd_type);
        let mut members = null.clone();
        members.retain(|(known, _)| known != name);
        let without = Value::object(members.clone());
        members.push((name.clone(), odd));
        let odd = dynamic(&Value::object(members), &Type::Object(types.clone()));
        all.push((format!("{name} of another type"), odd));
        types.remove(name);
        all.push((
            format!("without {name}"),
            dynamic(&without, &Type::Object(types)),
        ));
    }
    let mut types = attributes.clone();
    types.insert("unheard_of".to_owned(), Type::String);
    let mut members = null;
    members.push(("unheard_of".to_owned(), "odd".into()));
    let more = dynamic(&Value::object(members), &Type::Object(types));
    all.push(("an attribute too many".to_owned(), more));
    all.push(("a list".to_owned(), raw(b"\x91\xc0".to_vec())));
    all.push(("text".to_owned(), raw(b"\xa4text".to_vec())));
    all.push(("no message at all".to_owned(), raw(b"\xc1".to_vec())));
    all
}

async fn start() -> Core {
    Core::start(KonnectAzure::new(|_| None)).await
}

#[track_caller]
fn assert_refused(diagnostics: Diagnostics, name: &str, what: &str) {
    assert!(
        has_errors(&checked(diagnostics)),
        "{name}: {what} was taken"
    );
}

/// As Terraform's first call of every command.
async fn assert_alive(core: &mut Core) {
    let request = wire::get_provider_schema::Request {};
    let schema = core
        .client
        .get_provider_schema(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(schema.resource_schemas.len(), core.resources.len());
}

#[tokio::test]
async fn every_resource_type_refuses_values_that_are_none_of_its() {
    let mut core = start().await;
    let names: Vec<String> = core.resources.keys().cloned().collect();
    assert!(!names.is_empty());
    for name in &names {
        let kind = core.kind(name);
        for (what, value) in nonsense(&kind) {
            let type_name = || name.clone();
            let some = || Some(value.clone());
            let client = &mut core.client;
            let validate = wire::validate_resource_config::Request {
                type_name: type_name(),
                config: some(),
                client_capabilities: None,
            };
            let validated = client.validate_resource_config(validate).await.unwrap();
            assert_refused(validated.into_inner().diagnostics, name, &what);
            let read = wire::read_resource::Request {
                type_name: type_name(),
                current_state: some(),
                private: b"kept".to_vec(),
                ..Default::default()
            };
            let read = client.read_resource(read).await.unwrap().into_inner();
            assert_eq!((read.new_state, read.private), (some(), b"kept".to_vec()));
            assert_refused(read.diagnostics, name, &what);
            for place in 0..3 {
                let at = |wanted: usize| some().filter(|_| place == wanted);
                let plan = wire::plan_resource_change::Request {
                    type_name: type_name(),
                    prior_state: at(0),
                    proposed_new_state: at(1),
                    config: at(2),
                    ..Default::default()
                };
                let planned = client.plan_resource_change(plan).await.unwrap();
                assert_refused(planned.into_inner().diagnostics, name, &what);
                let apply = wire::apply_resource_change::Request {
                    type_name: type_name(),
                    prior_state: at(0),
                    planned_state: at(1),
                    config: at(2),
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
                    (at(0), b"kept".to_vec())
                );
                assert_refused(applied.diagnostics, name, &what);
            }
            let generate = wire::generate_resource_config::Request {
                type_name: type_name(),
                state: some(),
            };
            let generated = client.generate_resource_config(generate).await.unwrap();
            assert_refused(generated.into_inner().diagnostics, name, &what);
        }
    }
    assert_alive(&mut core).await;
}

#[tokio::test]
async fn every_identity_that_is_none_is_refused() {
    let mut core = start().await;
    let identities = core.identities.clone();
    assert_eq!(identities.len(), core.resources.len());
    for (name, kind) in &identities {
        for (what, value) in nonsense(kind) {
            let import = wire::import_resource_state::Request {
                type_name: name.clone(),
                identity: Some(ResourceIdentityData {
                    identity_data: Some(value),
                }),
                ..Default::default()
            };
            let imported = core
                .client
                .import_resource_state(import)
                .await
                .unwrap()
                .into_inner();
            assert!(imported.imported_resources.is_empty());
            assert_refused(imported.diagnostics, name, &what);
        }
    }
    assert_alive(&mut core).await;
}

#[tokio::test]
async fn every_stored_state_and_move_that_makes_no_sense_is_refused_and_not_forgotten() {
    let mut core = start().await;
    let names: Vec<String> = core.resources.keys().cloned().collect();
    let texts: [&[u8]; 6] = [
        b"",
        b"{",
        b"null",
        b"[]",
        br#"{"id": {"odd": 1}}"#,
        b"\xff\xfe",
    ];
    for name in &names {
        let version = core.resources[name].version;
        for json in texts {
            let what = String::from_utf8_lossy(json).into_owned();
            assert!(
                core.upgrade(name, version, json.to_vec()).await.is_err(),
                "{name}: {what}"
            );
            assert!(
                core.upgrade(name, version + 1, json.to_vec())
                    .await
                    .is_err(),
                "{name}: {what}"
            );
            let request = wire::move_resource_state::Request {
                source_provider_address: "registry.terraform.io/hashicorp/null".to_owned(),
                source_type_name: "null_resource".to_owned(),
                source_state: Some(RawState {
                    json: json.to_vec(),
                    ..Default::default()
                }),
                target_type_name: name.clone(),
                ..Default::default()
            };
            let moved = core
                .client
                .move_resource_state(request)
                .await
                .unwrap()
                .into_inner();
            assert_eq!(moved.target_state, None, "{name}: {what}");
            assert_refused(moved.diagnostics, name, &what);
        }
    }
    assert_alive(&mut core).await;
}

/// Terraform reads a data source once its configuration is known.
#[tokio::test]
async fn every_data_source_refuses_filters_that_are_not_known_yet() {
    let mut core = start().await;
    let sources: Vec<(String, Type)> = core
        .data_sources
        .iter()
        .map(|(name, schema)| (name.clone(), schema.object_type()))
        .collect();
    for (type_name, kind) in &sources {
        let attributes = core.data_sources[type_name].attributes.iter();
        let filters: Vec<&str> = attributes
            .filter(|attribute| attribute.is_configurable())
            .map(|attribute| attribute.name.as_str())
            .collect();
        assert!(!filters.is_empty(), "{type_name}");
        for filter in filters {
            let Type::Object(attributes) = kind else {
                panic!("schemas are objects");
            };
            let config = attributes.keys().map(|name| {
                let value = if name == filter {
                    Value::unknown()
                } else {
                    Value::Null
                };
                (name.clone(), value)
            });
            let read = wire::read_data_source::Request {
                type_name: type_name.clone(),
                config: Some(dynamic(&Value::object(config), kind)),
                ..Default::default()
            };
            let answer = core.client.read_data_source(read).await.unwrap();
            let said = texts(&checked(answer.into_inner().diagnostics));
            assert_eq!(said, [format!("{filter}: Cannot read {type_name}")]);
        }
    }
}

#[tokio::test]
async fn every_data_source_and_list_refuses_filters_that_are_none_of_its() {
    let mut core = start().await;
    let types = |schemas: &BTreeMap<String, Schema>| -> Vec<(String, Type)> {
        let types = schemas.iter();
        types
            .map(|(name, schema)| (name.clone(), schema.object_type()))
            .collect()
    };
    let (sources, lists) = (types(&core.data_sources), types(&core.lists));
    assert!(!sources.is_empty() && !lists.is_empty());
    for (name, kind) in &sources {
        for (what, value) in nonsense(kind) {
            let validate = wire::validate_data_resource_config::Request {
                type_name: name.clone(),
                config: Some(value.clone()),
            };
            let validated = core
                .client
                .validate_data_resource_config(validate)
                .await
                .unwrap();
            assert_refused(validated.into_inner().diagnostics, name, &what);
            let read = wire::read_data_source::Request {
                type_name: name.clone(),
                config: Some(value),
                ..Default::default()
            };
            let read = core.client.read_data_source(read).await.unwrap();
            assert_refused(read.into_inner().diagnostics, name, &what);
        }
    }
    for (name, kind) in &lists {
        for (what, value) in nonsense(kind) {
            let validate = wire::validate_list_resource_config::Request {
                type_name: name.clone(),
                config: Some(value.clone()),
                ..Default::default()
            };
            let validated = core
                .client
                .validate_list_resource_config(validate)
                .await
                .unwrap();
            assert_refused(validated.into_inner().diagnostics, name, &what);
            let list = wire::list_resource::Request {
                type_name: name.clone(),
                config: Some(value),
                limit: 10,
                ..Default::default()
            };
            let mut events = core.client.list_resource(list).await.unwrap().into_inner();
            let event = events.message().await.unwrap().unwrap();
            assert_refused(event.diagnostic, name, &what);
            assert_eq!(events.message().await.unwrap(), None);
        }
    }
    assert_alive(&mut core).await;
}
