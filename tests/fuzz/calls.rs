//! Whole messages: whatever still is one is answered, and never by a gRPC error, which would throw a state away.

use std::future::Future;

use konnectazure::provider::KonnectAzure;
use konnectazure::tf::provider::Provider as _;
use konnectazure::tf::value::Value;
use konnectazure::wire::generated::provider_server::Provider as Service;
use konnectazure::wire::generated::{
    DynamicValue, RawState, ResourceIdentityData, apply_resource_change, generate_resource_config,
    import_resource_state, move_resource_state, plan_resource_change, read_resource,
    upgrade_resource_identity, upgrade_resource_state, validate_resource_config,
};
use konnectazure::wire::{Server, msgpack};
use proptest::test_runner::{Config, TestRunner};
use prost::Message;
use tonic::{Request, Response, Status};

use super::mutate::{bytes_like, config};

/// A resource type, an object of it whose values are all absent, and one whose texts are there.
fn objects() -> Vec<(String, DynamicValue)> {
    let provider = KonnectAzure::new(|_| None);
    let resources = provider.registry().resources().iter();
    resources
        .flat_map(|(name, resource)| {
            let shape = resource.shape();
            let attributes = &shape.schema.attributes;
            [Value::Null, "10.0.0.0/8".into()].map(|text| {
                let members = attributes.iter().map(|attribute| {
                    let is_text =
                        attribute.kind.value_type() == konnectazure::tf::types::Type::String;
                    let value = if is_text { text.clone() } else { Value::Null };
                    (attribute.name, value)
                });
                let object = Value::object(members.collect::<Vec<_>>());
                let value = DynamicValue {
                    msgpack: msgpack::encode(&object, shape.object_type()).unwrap(),
                    json: Vec::new(),
                };
                ((*name).to_owned(), value)
            })
        })
        .collect()
}

/// Sends messages that resemble these for as long as they can be read as one.
fn send<M, A, F>(seeds: &[M], call: impl Fn(Server, Request<M>) -> F)
where
    M: Message + Default,
    F: Future<Output = Result<Response<A>, Status>>,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let server = Server::new(KonnectAzure::new(|_| None));
    let answered = |bytes: &[u8]| {
        if let Ok(message) = M::decode(bytes) {
            let answer = runtime.block_on(call(server.clone(), Request::new(message)));
            assert!(answer.is_ok(), "{:?}", answer.err());
        }
    };
    let seeds: Vec<Vec<u8>> = seeds.iter().map(Message::encode_to_vec).collect();
    for seed in &seeds {
        answered(seed);
    }
    let bounded = Config {
        cases: 128,
        ..config()
    };
    TestRunner::new(bounded)
        .run(&bytes_like(seeds), |bytes| {
            answered(&bytes);
            Ok(())
        })
        .unwrap();
}

/// A message for each object.
fn messages<M>(make: impl Fn(String, DynamicValue) -> M) -> Vec<M> {
    objects()
        .into_iter()
        .map(|(name, value)| make(name, value))
        .collect()
}

#[test]
fn validations() {
    let seeds = messages(|type_name, value| validate_resource_config::Request {
        type_name,
        config: Some(value),
        ..Default::default()
    });
    send(&seeds, async |server: Server, request| {
        server.validate_resource_config(request).await
    });
}

#[test]
fn plans() {
    let seeds = messages(|type_name, value| plan_resource_change::Request {
        type_name,
        prior_state: Some(value.clone()),
        proposed_new_state: Some(value.clone()),
        config: Some(value),
        prior_private: b"private".to_vec(),
        ..Default::default()
    });
    send(&seeds, async |server: Server, request| {
        server.plan_resource_change(request).await
    });
}

#[test]
fn applies() {
    let seeds = messages(|type_name, value| apply_resource_change::Request {
        type_name,
        prior_state: Some(value.clone()),
        planned_state: Some(value.clone()),
        config: Some(value),
        ..Default::default()
    });
    send(&seeds, async |server: Server, request| {
        server.apply_resource_change(request).await
    });
}

#[test]
fn refreshes() {
    let seeds = messages(|type_name, value| read_resource::Request {
        type_name,
        current_state: Some(value),
        ..Default::default()
    });
    send(&seeds, async |server: Server, request| {
        server.read_resource(request).await
    });
}

#[test]
fn imports() {
    let seeds = messages(|type_name, value| import_resource_state::Request {
        type_name,
        id: String::new(),
        identity: Some(ResourceIdentityData {
            identity_data: Some(value),
        }),
        ..Default::default()
    });
    let by_id = messages(|type_name, _| import_resource_state::Request {
        type_name,
        id: "36ae63d3-efd1-4bec-b246-62aa5d3f5695/d2c1b0a9-8f7e-4d6c-b5a4-938271605f4e".to_owned(),
        ..Default::default()
    });
    let seeds: Vec<_> = seeds.into_iter().chain(by_id).collect();
    send(&seeds, async |server: Server, request| {
        server.import_resource_state(request).await
    });
}

fn stored(json: &str) -> RawState {
    RawState {
        json: json.as_bytes().to_vec(),
        ..Default::default()
    }
}

#[test]
fn upgrades_moves_and_written_configuration() {
    const STATE: &str = r#"{"id": "1", "network_id": "2", "mappings": [{"domains": ["a.example"]}], "created": true}"#;
    let seeds = messages(|type_name, _| upgrade_resource_state::Request {
        type_name,
        version: 0,
        raw_state: Some(stored(STATE)),
    });
    send(&seeds, async |server: Server, request| {
        server.upgrade_resource_state(request).await
    });
    let seeds = messages(|type_name, _| upgrade_resource_identity::Request {
        type_name,
        version: 0,
        raw_identity: Some(stored(
            r#"{"id": "1", "network_id": "2", "object_id": "3"}"#,
        )),
    });
    send(&seeds, async |server: Server, request| {
        server.upgrade_resource_identity(request).await
    });
    let seeds = messages(|target_type_name, _| move_resource_state::Request {
        source_provider_address: "registry.terraform.io/hashicorp/azurerm".to_owned(),
        source_type_name: "azurerm_role_assignment".to_owned(),
        source_state: Some(stored(STATE)),
        target_type_name,
        ..Default::default()
    });
    send(&seeds, async |server: Server, request| {
        server.move_resource_state(request).await
    });
    let seeds = messages(|type_name, value| generate_resource_config::Request {
        type_name,
        state: Some(value),
    });
    send(&seeds, async |server: Server, request| {
        server.generate_resource_config(request).await
    });
}
