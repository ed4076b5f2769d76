//! What hosts say that they can do, and what they may send besides: deferral, write-only values, provider meta, planned private data.

use std::sync::Arc;

use konnectazure::{
    provider::KonnectAzure,
    wire::generated::{self as wire, ClientCapabilities, DynamicValue, deferred::Reason},
};
use serde_json::json;

use crate::{
    support::core::{
        Action, Core, Stored, Value, capabilities, checked, dynamic, has_errors, texts, undynamic,
    },
    toy::{COUNT, THING, Toy, World},
};

fn deferring() -> ClientCapabilities {
    ClientCapabilities {
        deferral_allowed: true,
        ..capabilities()
    }
}

fn block(region: impl Into<Value>) -> Value {
    Value::object([("region", region.into()), ("retries", Value::Null)])
}

/// A provider whose region is not known yet, and a thing that was made before.
async fn start() -> (Core, Arc<World>, Stored, Value) {
    let (toy, world) = Toy::new();
    let mut core = Core::start(toy).await;
    let config = core.config(THING, &json!({"name": "lamp", "place": "attic"}));
    let plan = core.plan(THING, &Stored::default(), &config).await.unwrap();
    let (stored, _) = core.apply(THING, &Stored::default(), &plan, &config).await;
    let unknown = core.configure(&block(Value::unknown())).await;
    assert_eq!(texts(&unknown), [""; 0]);
    world.calls();
    (core, world, stored, config)
}

fn reason(deferred: Option<wire::Deferred>) -> Option<Reason> {
    deferred.map(|deferred| deferred.reason())
}

async fn plan(
    core: &mut Core,
    type_name: &str,
    prior: &Value,
    config: &Value,
    client_capabilities: Option<ClientCapabilities>,
) -> (Value, Option<Reason>) {
    let answer = core
        .client
        .plan_resource_change(wire::plan_resource_change::Request {
            type_name: type_name.to_owned(),
            prior_state: Some(core.encode(type_name, prior)),
            proposed_new_state: Some(core.encode(type_name, config)),
            config: Some(core.encode(type_name, config)),
            client_capabilities,
            ..Default::default()
        })
        .await
        .unwrap()
        .into_inner();
    assert!(!has_errors(&checked(answer.diagnostics)));
    (
        core.decode(type_name, answer.planned_state),
        reason(answer.deferred),
    )
}

#[tokio::test]
async fn what_an_unknown_provider_block_hinders_is_deferred_where_that_is_allowed() {
    let (mut core, world, stored, config) = start().await;
    let because = Some(Reason::ProviderConfigUnknown);

    let (planned, deferred) =
        plan(&mut core, THING, &Value::Null, &config, Some(deferring())).await;
    assert_eq!(deferred, because);
    assert_eq!(planned.get("name"), Some(&"lamp".into()));
    assert!(planned.get("id").unwrap().is_unknown());

    let read = wire::read_resource::Request {
        type_name: THING.to_owned(),
        current_state: Some(core.encode(THING, &stored.state)),
        private: b"kept".to_vec(),
        client_capabilities: Some(deferring()),
        ..Default::default()
    };
    let read = core.client.read_resource(read).await.unwrap().into_inner();
    assert_eq!(core.decode(THING, read.new_state), stored.state);
    assert_eq!(
        (read.private, reason(read.deferred)),
        (b"kept".to_vec(), because)
    );

    let import = wire::import_resource_state::Request {
        type_name: THING.to_owned(),
        id: "id-0".to_owned(),
        client_capabilities: Some(deferring()),
        ..Default::default()
    };
    let import = core
        .client
        .import_resource_state(import)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (import.imported_resources.len(), reason(import.deferred)),
        (0, because)
    );
    assert!(checked(import.diagnostics).is_empty());

    let kind = core.data_sources[COUNT].object_type();
    let asked = Value::object([("place", "attic".into()), ("things", Value::Null)]);
    let source = wire::read_data_source::Request {
        type_name: COUNT.to_owned(),
        config: Some(dynamic(&asked, &kind)),
        client_capabilities: Some(deferring()),
        ..Default::default()
    };
    let source = core
        .client
        .read_data_source(source)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(reason(source.deferred), because);
    let expected = Value::object([("place", "attic".into()), ("things", Value::unknown())]);
    assert_eq!(undynamic(source.state, &kind), expected);
    assert_eq!(world.calls(), [""; 0], "nothing was asked");
}

#[tokio::test]
async fn nothing_is_deferred_that_the_host_did_not_allow() {
    let (mut core, world, stored, config) = start().await;
    for not_allowed in [None, Some(capabilities())] {
        let (planned, deferred) = plan(&mut core, THING, &Value::Null, &config, not_allowed).await;
        assert_eq!(deferred, None);
        assert!(planned.get("id").unwrap().is_unknown());
    }
    let (refreshed, diagnostics) = core.refresh(THING, &stored).await;
    assert_eq!((refreshed, texts(&diagnostics)), (Some(stored), vec![]));
    assert_eq!(world.calls(), ["read"]);
}

#[tokio::test]
async fn a_destruction_is_not_deferred() {
    let (mut core, _, stored, _) = start().await;
    let null = core.encode(THING, &Value::Null);
    let request = wire::plan_resource_change::Request {
        type_name: THING.to_owned(),
        prior_state: Some(core.encode(THING, &stored.state)),
        proposed_new_state: Some(null.clone()),
        config: Some(null),
        client_capabilities: Some(deferring()),
        ..Default::default()
    };
    let answer = core
        .client
        .plan_resource_change(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(reason(answer.deferred), None);
    assert!(core.decode(THING, answer.planned_state).is_null());
}

/// Terraform 1.11 allows deferrals throughout an apply, and fails on one that the plan did not have.
#[tokio::test]
async fn nothing_is_deferred_in_an_apply_where_the_provider_block_is_known() {
    let (mut core, _, _, config) = start().await;
    assert_eq!(texts(&core.configure(&block("north")).await), [""; 0]);
    let (_, deferred) = plan(&mut core, THING, &Value::Null, &config, Some(deferring())).await;
    assert_eq!(deferred, None);
}

/// A configuration of each type of object in a network, whose network is made in the same apply.
fn in_an_unknown_network(core: &Core) -> Vec<(String, Value)> {
    let place = json!({
        "name": "orders",
        "tenant_id": "11111111-2222-3333-4444-555555555555",
        "subscription_id": "0b1f6471-1bf0-4dda-aec3-cb9272f09590",
        "resource_group_name": "net",
        "vnet_name": "orders",
        "vhub_name": "hub",
        "domain_name": "corp.example",
        "vnet_link_name": "link",
        "mappings": [{ "domains": ["corp.example"], "target_ip_addresses": ["10.20.0.4"] }],
    });
    let resources = core.resources.iter();
    let in_networks = resources.filter(|(_, schema)| schema.attribute("network_id").is_some());
    in_networks
        .map(|(type_name, schema)| {
            let written: serde_json::Map<_, _> = place
                .as_object()
                .unwrap()
                .iter()
                .filter(|(name, _)| schema.attribute(name).is_some())
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect();
            let Value::Object(mut members) = core.config(type_name, &written.into()) else {
                panic!("an object");
            };
            members.insert("network_id".to_owned(), Value::unknown());
            (type_name.clone(), Value::Object(members))
        })
        .collect()
}

/// What will be is planned either way; the mark alone says that it is too early to tell.
#[tokio::test]
async fn objects_of_an_unknown_network_are_deferred_where_that_is_allowed_and_planned_as_unknown_elsewhere()
 {
    let mut core = Core::start(KonnectAzure::new(|_| None)).await;
    let configs = in_an_unknown_network(&core);
    assert_eq!(configs.len(), 4);
    for (type_name, config) in configs {
        for (allowed, expected) in [
            (Some(deferring()), Some(Reason::ResourceConfigUnknown)),
            (Some(capabilities()), None),
            (None, None),
        ] {
            let (planned, deferred) =
                plan(&mut core, &type_name, &Value::Null, &config, allowed).await;
            assert_eq!(deferred, expected, "{type_name}");
            assert!(planned.get("network_id").unwrap().is_unknown());
            assert!(planned.get("id").unwrap().is_unknown());
            assert_eq!(planned.get("name"), Some(&"orders".into()));
        }
    }
}

/// Terraform 1.11 allows deferrals throughout an apply, and fails on one that the plan did not have. Every id is known by then.
#[tokio::test]
async fn nothing_is_deferred_for_a_network_that_is_known() {
    let mut core = Core::start(KonnectAzure::new(|_| None)).await;
    for (type_name, config) in in_an_unknown_network(&core) {
        let Value::Object(mut members) = config else {
            panic!("an object");
        };
        let network = "36ae63d3-efd1-4bec-b246-62aa5d3f5695";
        members.insert("network_id".to_owned(), network.into());
        let config = Value::Object(members);
        let (_, deferred) = plan(
            &mut core,
            &type_name,
            &Value::Null,
            &config,
            Some(deferring()),
        )
        .await;
        assert_eq!(deferred, None, "{type_name}");
    }
}

/// Terraform before 1.11 would store them.
#[tokio::test]
async fn write_only_values_are_refused_where_the_host_would_store_them() {
    let mut core = Core::start(Toy::new().0).await;
    let config = core.config(
        THING,
        &json!({"name": "lamp", "place": "attic", "secret": "hidden"}),
    );
    let mut validate = async |client_capabilities| {
        let request = wire::validate_resource_config::Request {
            type_name: THING.to_owned(),
            config: Some(core.encode(THING, &config)),
            client_capabilities,
        };
        let answer = core.client.validate_resource_config(request).await.unwrap();
        checked(answer.into_inner().diagnostics)
    };
    for too_old in [None, Some(ClientCapabilities::default())] {
        let refused = validate(too_old).await;
        assert_eq!(
            texts(&refused),
            ["secret: Write-only attribute not supported"]
        );
        assert!(!refused[0].detail.contains("hidden"));
    }
    assert_eq!(texts(&validate(Some(capabilities())).await), [""; 0]);
}

/// No schema announces provider meta, so that a host has none to send; one that does is not answered otherwise. Planned private data is
/// sent since 1.16, and nothing here depends on it.
#[tokio::test]
async fn what_nobody_asked_for_changes_nothing() {
    let (mut core, _, stored, config) = start().await;
    let meta = || {
        Some(DynamicValue {
            msgpack: b"\x81\xa6module\xa4mine".to_vec(),
            json: Vec::new(),
        })
    };
    let schema = core
        .client
        .get_provider_schema(wire::get_provider_schema::Request {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!(schema.provider_meta, None);

    let read = wire::read_resource::Request {
        type_name: THING.to_owned(),
        current_state: Some(core.encode(THING, &stored.state)),
        provider_meta: meta(),
        ..Default::default()
    };
    let read = core.client.read_resource(read).await.unwrap().into_inner();
    assert_eq!(core.decode(THING, read.new_state), stored.state);
    let plan = wire::plan_resource_change::Request {
        type_name: THING.to_owned(),
        prior_state: Some(core.encode(THING, &stored.state)),
        proposed_new_state: Some(core.encode(THING, &stored.state)),
        config: Some(core.encode(THING, &config)),
        prior_private: b"prior".to_vec(),
        planned_private: b"planned".to_vec(),
        provider_meta: meta(),
        client_capabilities: Some(capabilities()),
        ..Default::default()
    };
    let plan = core
        .client
        .plan_resource_change(plan)
        .await
        .unwrap()
        .into_inner();
    assert!(checked(plan.diagnostics).is_empty());
    assert_eq!(core.decode(THING, plan.planned_state), stored.state);
    assert_eq!(plan.planned_private, b"prior");
    assert_eq!(
        core.plan(THING, &stored, &config).await.unwrap().action,
        Action::NoOp
    );
}
