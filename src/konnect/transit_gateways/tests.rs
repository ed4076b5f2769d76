use std::time::Duration;

use super::super::client::tests::{NETWORK, client, network, scope};
use super::*;
use crate::http::InterruptionKind;
use crate::http::transport::scripted::{Answer, Script};

const OURS: &str = "0850820b-d153-4a2a-b9be-7d2204779139";

fn new() -> NewTransitGateway {
    NewTransitGateway {
        name: "orders-vnet".into(),
        attachment: Attachment::AzureVnet {
            tenant_id: "11111111-2222-3333-4444-555555555555".into(),
            subscription_id: "66666666-7777-8888-9999-000000000000".into(),
            resource_group_name: "rg-net".into(),
            vnet_name: "vnet-orders".into(),
        },
        dns_config: Vec::new(),
    }
}

fn body(id: &str, state: &str, vnet_name: &str) -> String {
    format!(
        r#"{{"id":"{id}","name":"orders-vnet","state":"{state}","entity_version":1.0,"dns_config":null,
        "transit_gateway_attachment_config":{{"kind":"azure-vnet-peering-attachment",
        "tenant_id":"11111111-2222-3333-4444-555555555555","subscription_id":"66666666-7777-8888-9999-000000000000",
        "resource_group_name":"RG-Net","vnet_name":"{vnet_name}"}},
        "created_at":"2026-08-21T10:00:00.000Z","updated_at":"2026-08-21T10:00:00.000Z"}}"#
    )
}

fn created() -> Answer {
    Answer::json(201, body(OURS, "initializing", "vnet-orders"))
}

fn listed(bodies: &[String]) -> Answer {
    let total = bodies.len();
    Answer::json(
        200,
        format!(
            r#"{{"data":[{}],"meta":{{"page":{{"total":{total}}}}}}}"#,
            bodies.join(",")
        ),
    )
}

fn lost() -> Answer {
    Answer::Broken(InterruptionKind::Lost)
}

async fn create(script: &Script) -> Result<TransitGateway, Error> {
    client(script)
        .create_transit_gateway(&scope(), &network(), &new())
        .await
}

fn posts(script: &Script) -> usize {
    script
        .calls()
        .iter()
        .filter(|call| call.starts_with("POST"))
        .count()
}

#[tokio::test(start_paused = true)]
async fn create_sends_exactly_the_documented_body() {
    let script = Script::new([created()]);
    let gateway = create(&script).await.unwrap();
    assert_eq!(gateway.id.to_string(), OURS);
    assert_eq!(gateway.state, TransitGatewayState::Initializing);
    assert!(gateway.dns_config.is_empty());
    assert_eq!(
        script.calls(),
        [format!(
            "POST /v2/cloud-gateways/networks/{NETWORK}/transit-gateways"
        )]
    );
    let sent: Value = serde_json::from_slice(script.seen()[0].body.as_ref().unwrap()).unwrap();
    assert_eq!(
        sent,
        serde_json::json!({"name": "orders-vnet", "transit_gateway_attachment_config": {
            "kind": "azure-vnet-peering-attachment", "tenant_id": "11111111-2222-3333-4444-555555555555",
            "subscription_id": "66666666-7777-8888-9999-000000000000", "resource_group_name": "rg-net",
            "vnet_name": "vnet-orders"}})
    );
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_found_by_name_and_nothing_is_sent_again() {
    // Row 46 of docs/user-pains.md: an unknown outcome is a state of its own.
    for answer in [lost(), Answer::json(503, ""), Answer::json(201, "{\"id\":")] {
        let script = Script::new([answer, listed(&[body(OURS, "initializing", "vnet-orders")])]);
        let gateway = create(&script).await.unwrap();
        assert_eq!(gateway.id.to_string(), OURS);
        assert_eq!(posts(&script), 1);
        assert!(script.calls()[1].contains("?filter%5Bname%5D%5Beq%5D=orders-vnet&"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_that_appears_late_is_still_found() {
    let script = Script::new([
        lost(),
        listed(&[]),
        listed(&[]),
        listed(&[body(OURS, "initializing", "vnet-orders")]),
    ]);
    assert_eq!(create(&script).await.unwrap().id.to_string(), OURS);
    assert_eq!(posts(&script), 1);
}

/// How often what a lost answer was about is looked for.
const LOOKS: usize = 5;

fn lost_and_not_found() -> impl Iterator<Item = Answer> {
    std::iter::once(lost()).chain(std::iter::repeat_n(listed(&[]), LOOKS))
}

#[tokio::test(start_paused = true)]
async fn what_was_not_made_is_sent_again() {
    let script = Script::new(lost_and_not_found().chain([created()]));
    assert!(create(&script).await.is_ok());
    assert_eq!(posts(&script), 2);
}

#[tokio::test(start_paused = true)]
async fn objects_that_are_not_from_this_call_are_not_taken() {
    let strangers = [
        body(OURS, "terminating", "vnet-orders"),
        body(OURS, "ready", "vnet-else"),
    ];
    let mut answers = vec![lost()];
    answers.extend(std::iter::repeat_n(listed(&strangers), LOOKS));
    answers.push(created());
    let script = Script::new(answers);
    assert!(create(&script).await.is_ok());
    assert_eq!(posts(&script), 2);
}

#[tokio::test(start_paused = true)]
async fn a_name_taken_after_a_lost_answer_is_taken_by_us() {
    let taken = Answer::json(
        409,
        r#"{"title":"Conflict","detail":"name must be unique"}"#,
    );
    let ours = listed(&[body(OURS, "initializing", "vnet-orders")]);
    let script = Script::new(lost_and_not_found().chain([taken.clone(), ours]));
    assert_eq!(create(&script).await.unwrap().id.to_string(), OURS);

    let script = Script::new([taken]);
    assert!(create(&script).await.unwrap_err().is_name_taken());
    assert_eq!(script.left(), 0);
}

#[tokio::test(start_paused = true)]
async fn sending_again_ends() {
    let rounds = (0..4).flat_map(|_| lost_and_not_found());
    let script = Script::new(rounds);
    let error = create(&script).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert_eq!(posts(&script), 4);
    assert_eq!(script.left(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_create_still_finds_what_it_made() {
    let slow_loss = Answer::Slow(Duration::from_secs(5), Box::new(lost()));
    let script = Script::new([
        slow_loss,
        listed(&[body(OURS, "initializing", "vnet-orders")]),
    ]);
    let scope = scope();
    let client = client(&script);
    let (network, new) = (network(), new());
    let creating = client.create_transit_gateway(&scope, &network, &new);
    let interrupting = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        scope.cancel.cancel();
    };
    let (created, ()) = tokio::join!(creating, interrupting);
    assert_eq!(created.unwrap().id.to_string(), OURS);
}

#[tokio::test(start_paused = true)]
async fn the_hub_kind_and_foreign_kinds_are_read() {
    let hub = r#"{"id":"0850820b-d153-4a2a-b9be-7d2204779139","state":"error",
        "state_metadata":{"reported_status":"ERROR","reason":"no consent"},
        "dns_config":[{"remote_dns_server_ip_addresses":["10.20.0.4"],"domain_proxy_list":["corp.example"]}],
        "transit_gateway_attachment_config":{"kind":"azure-vhub-peering-attachment","vhub_name":"hub"}}"#;
    let foreign = r#"{"id":"0850820b-d153-4a2a-b9be-7d2204779139","state":"ready",
        "transit_gateway_attachment_config":{"kind":"aws-transit-gateway-attachment","ram_share_arn":"x"}}"#;
    let script = Script::new([listed(&[hub.to_owned(), foreign.to_owned()])]);
    let found = client(&script)
        .list_transit_gateways(&scope(), &network(), None)
        .await
        .unwrap();
    assert!(
        matches!(&found[0].attachment, Attachment::AzureVhub { vhub_name, .. } if vhub_name == "hub")
    );
    assert_eq!(found[0].dns_config[0].domain_proxy_list, ["corp.example"]);
    assert_eq!(
        found[0].state_metadata.as_ref().unwrap().to_string(),
        "ERROR: no consent"
    );
    assert_eq!(found[1].attachment.kind(), "aws-transit-gateway-attachment");
}

#[tokio::test(start_paused = true)]
async fn deleting_what_is_gone_succeeds_and_a_transition_is_told() {
    let id: TransitGatewayId = OURS.parse().unwrap();
    let busy = r#"{"title":"Bad Request","detail":"must be in a non-transitional state"}"#;
    let script = Script::new([
        Answer::json(204, ""),
        Answer::json(404, "{}"),
        Answer::json(404, "{}"),
        Answer::json(400, busy),
    ]);
    let client = client(&script);
    let delete = async || {
        client
            .delete_transit_gateway(&scope(), &network(), &id)
            .await
    };
    assert!(delete().await.is_ok());
    assert!(delete().await.is_ok());
    let error = delete().await.unwrap_err();
    assert!(error.is_bad_request() && !error.is_field_fault());
    assert!(script.calls()[0].ends_with(&format!("transit-gateways/{OURS}")));
}

#[tokio::test(start_paused = true)]
async fn calls_can_run_on_any_thread() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let script = Script::new([created()]);
    let (client, scope, network, new) = (client(&script), scope(), network(), new());
    assert!(
        is_send(client.create_transit_gateway(&scope, &network, &new))
            .await
            .is_ok()
    );
}
