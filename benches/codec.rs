//! What a call costs inside the process: codecs, schema, plans, the retry decision. Medians of many batches.
//!
//! Written by hand: the benches need a median and a table, and a framework would be compiled longer than they run.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a program for developers, which fails by panicking"
)]

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use konnectazure::{
    http::retry::{self, Outcome, RetrySettings},
    provider::KonnectAzure,
    tf::{
        erased::{DynResource, PlanRequest},
        provider::Provider as _,
        value::Value,
    },
    wire::{
        Server,
        generated::{get_provider_schema, provider_server::Provider as _},
        json, msgpack,
    },
};
use prost::Message as _;
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;
use tonic::Request;

const BATCHES: usize = 31;
const BATCH_TIME: Duration = Duration::from_millis(20);

fn main() {
    println!("| in the process | median |");
    println!("| --- | --- |");
    codecs();
    schemas();
    plans();
    retries();
}

/// Runs `work` in batches of about equal time, and prints the median time of one run.
fn measure(name: &str, mut work: impl FnMut()) {
    let started = Instant::now();
    work();
    let once = started.elapsed().max(Duration::from_nanos(20));
    let runs = (BATCH_TIME.as_nanos() / once.as_nanos()).clamp(1, 1_000_000);
    let runs = u32::try_from(runs).expect("bounded above");
    let mut times: Vec<Duration> = (0..BATCHES)
        .map(|_| {
            let started = Instant::now();
            for _ in 0..runs {
                work();
            }
            started.elapsed() / runs
        })
        .collect();
    times.sort_unstable();
    println!("| {name} | {:?} |", times[BATCHES / 2]);
}

fn resource(name: &str) -> Arc<dyn DynResource> {
    let provider = KonnectAzure::new(|_| None);
    Arc::clone(&provider.registry().resources()[name])
}

fn value(resource: &dyn DynResource, written: &Json) -> Value {
    json::decode_json(
        written.to_string().as_bytes(),
        resource.shape().object_type(),
    )
    .expect("it has the resource's type")
}

/// The state of a resolver with so many mappings.
fn mappings(count: usize) -> Json {
    let mappings: Vec<Json> = (0..count)
        .map(|number| {
            json!({
                "domains": [format!("service-{number}.corp.example.com")],
                "target_ip_addresses": [format!("10.20.{}.{}", number / 250, number % 250 + 1)],
            })
        })
        .collect();
    json!({
        "id": "d2c1b0a9-8f7e-4d6c-b5a4-938271605f4e",
        "network_id": "36ae63d3-efd1-4bec-b246-62aa5d3f5695",
        "name": "corp",
        "mappings": mappings,
        "mapping_type": "1-to-1",
        "domain_count": count,
        "use_existing": false,
        "wait_for_ready": true,
        "state": "ready",
        "entity_version": 3,
        "created_at": "2026-01-05T10:00:00.000Z",
        "updated_at": "2026-01-05T10:35:00.000Z",
    })
}

fn codecs() {
    let resource = resource("konnectazure_dns_mappings");
    let kind = resource.shape().object_type();
    for count in [1, 1_000] {
        let state = value(&*resource, &mappings(count));
        let bytes = msgpack::encode(&state, kind).expect("it can be encoded");
        let size = bytes.len();
        measure(
            &format!("msgpack, decode a state of {count} mapping(s), {size} bytes"),
            || drop(black_box(msgpack::decode(black_box(&bytes), kind))),
        );
        measure(
            &format!("msgpack, encode a state of {count} mapping(s)"),
            || drop(black_box(msgpack::encode(black_box(&state), kind))),
        );
    }
}

fn schemas() {
    let server = || Server::new(KonnectAzure::new(|_| None));
    let request = Request::new(get_provider_schema::Request::default());
    let answer = runtime().block_on(server().get_provider_schema(request));
    let size = answer.expect("the schema").into_inner().encoded_len();
    measure(&format!("schemas, made and encoded, {size} bytes"), || {
        black_box(server()).prepare();
    });
}

fn plans() {
    const SUBSCRIPTION: &str = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590";
    let role = format!(
        "{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7"
    );
    let vnet = format!(
        "{SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/hub"
    );
    let hub =
        format!("{SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network/virtualHubs/hub");
    let network = "36ae63d3-efd1-4bec-b246-62aa5d3f5695";
    let tenant = "8c6b4a2e-0f1d-4c3b-9a5e-7d6f8b2c4e1a";
    let configurations = [
        ("konnectazure_service_principal", json!({})),
        (
            "konnectazure_peering_role",
            json!({ "assignable_scopes": [SUBSCRIPTION] }),
        ),
        (
            "konnectazure_role_assignment",
            json!({ "scope": vnet, "role_definition_id": role, "principal_id": tenant }),
        ),
        (
            "konnectazure_vnet_peering",
            json!({ "network_id": network, "name": "hub", "vnet_id": vnet, "tenant_id": tenant, "preflight": false }),
        ),
        (
            "konnectazure_virtual_hub_peering",
            json!({ "network_id": network, "name": "hub", "vhub_id": hub, "tenant_id": tenant, "preflight": false }),
        ),
        (
            "konnectazure_private_hosted_zone",
            json!({ "network_id": network, "name": "zone", "domain_name": "corp.example.com", "tenant_id": tenant,
                "subscription_id": "0b1f6471-1bf0-4dda-aec3-cb9272f09590", "resource_group_name": "net", "vnet_link_name": "kong" }),
        ),
    ];
    for (name, configuration) in configurations {
        plan(name, name, &configuration);
    }
    for count in [1, 1_000] {
        let all = mappings(count);
        let configuration =
            json!({ "network_id": network, "name": "corp", "mappings": all["mappings"] });
        let title = format!("konnectazure_dns_mappings, {count} mapping(s)");
        plan(&title, "konnectazure_dns_mappings", &configuration);
    }
}

fn plan(title: &str, name: &str, configuration: &Json) {
    let runtime = runtime();
    let resource = resource(name);
    let config = value(&*resource, configuration);
    measure(&format!("plan of a new {title}"), || {
        let answer = runtime.block_on(resource.plan(PlanRequest {
            prior: Value::Null,
            destroys: false,
            config: config.clone(),
            private: Vec::new(),
            identity: None,
            cancel: CancellationToken::new(),
        }));
        assert!(
            !black_box(answer).planned.is_null(),
            "{name} is not planned"
        );
    });
}

fn retries() {
    let settings = RetrySettings::default();
    measure("retry decision", || {
        let outcome = Outcome::Status {
            status: black_box(503),
            code: Some("ServerBusy"),
            asked: None,
        };
        black_box(retry::decide(black_box(true), outcome, &settings));
    });
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}
