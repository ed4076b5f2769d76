use super::super::client::tests::{NETWORK, client, network, scope};
use super::*;
use crate::http::InterruptionKind;
use crate::http::transport::scripted::{Answer, Script};

const ID: &str = "1850820b-c69f-4a2a-b9be-bbcdbc5cd618";

fn resolver(domains: &[(&str, &[&str])]) -> NewPrivateDns {
    let dns_config = domains
        .iter()
        .map(|(domain, addresses)| {
            let addresses = addresses.iter().map(|address| (*address).to_owned());
            ((*domain).to_owned(), addresses.collect())
        })
        .collect();
    NewPrivateDns {
        name: "corp-dns".into(),
        config: PrivateDnsConfig::AzureOutboundResolver { dns_config },
    }
}

fn corp() -> NewPrivateDns {
    resolver(&[
        ("corp.example", &["10.20.0.4", "10.20.0.5"]),
        ("db.corp.example", &["10.20.0.4"]),
    ])
}

fn body(state: &str) -> String {
    format!(
        r#"{{"id":"{ID}","name":"corp-dns","state":"{state}","state_metadata":{{}},"entity_version":2,
        "private_dns_attachment_config":{{"kind":"azure-outbound-resolver","dns_config":{{
        "db.corp.example":{{"remote_dns_server_ip_addresses":["10.20.0.4"],"ttl":30}},
        "Corp.example":{{"remote_dns_server_ip_addresses":["10.20.0.4","10.20.0.5"]}}}}}}}}"#
    )
}

fn sent(script: &Script) -> Value {
    serde_json::from_slice(script.seen()[0].body.as_ref().unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_resolver_is_created_and_read_as_a_map_of_domains() {
    let script = Script::new([Answer::json(201, body("initializing"))]);
    let made = client(&script)
        .create_private_dns(&scope(), &network(), &corp())
        .await
        .unwrap();
    assert!(made.is_same(&corp()));
    assert_eq!(made.state_metadata, None);
    assert_eq!(
        sent(&script),
        json!({"name": "corp-dns", "private_dns_attachment_config": {"kind": "azure-outbound-resolver", "dns_config": {
            "corp.example": {"remote_dns_server_ip_addresses": ["10.20.0.4", "10.20.0.5"]},
            "db.corp.example": {"remote_dns_server_ip_addresses": ["10.20.0.4"]}}}})
    );
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_found_by_name() {
    let page = format!(
        r#"{{"data":[{}],"meta":{{"page":{{"total":1}}}}}}"#,
        body("initializing")
    );
    let script = Script::new([
        Answer::Broken(InterruptionKind::Lost),
        Answer::json(200, page),
    ]);
    let made = client(&script)
        .create_private_dns(&scope(), &network(), &corp())
        .await
        .unwrap();
    assert_eq!(made.id.to_string(), ID);
    assert_eq!(script.calls().len(), 2);
}

/// Six reads at the same time, of a service that takes a moment; each expects `state`.
async fn read_together(client: &Client, state: PrivateDnsState) -> Vec<PrivateDns> {
    let id: PrivateDnsId = ID.parse().unwrap();
    let read = async || {
        let is_known = |found: &PrivateDns| found.state == state;
        client
            .get_known_private_dns(&scope(), &network(), &id, &is_known)
            .await
            .unwrap()
    };
    futures_util::future::join_all((0..6).map(|_| read())).await
}

fn slow(status: u16, body: String) -> Answer {
    Answer::Slow(
        std::time::Duration::from_millis(50),
        Box::new(Answer::json(status, body)),
    )
}

fn slow_page(state: &str) -> Answer {
    slow(
        200,
        format!(
            r#"{{"data":[{}],"meta":{{"page":{{"total":1}}}}}}"#,
            body(state)
        ),
    )
}

fn lists(script: &Script) -> usize {
    let calls = script.calls();
    calls.iter().filter(|call| call.contains("page")).count()
}

#[tokio::test(start_paused = true)]
async fn reads_that_come_together_share_a_list_until_something_is_changed() {
    let single = || slow(200, body("ready"));
    let mut answers: Vec<Answer> = (0..4).map(|_| single()).collect();
    answers.push(slow_page("ready"));
    answers.push(slow(200, body("updating")));
    // Nothing of what was listed before counts now.
    answers.extend((0..4).map(|_| single()));
    answers.push(slow_page("ready"));
    let script = Script::new(answers);
    let client = client(&script);
    assert_eq!(
        read_together(&client, PrivateDnsState::Ready).await.len(),
        6
    );
    assert_eq!((script.calls().len(), lists(&script)), (5, 1));
    let id = ID.parse().unwrap();
    client
        .patch_private_dns(&scope(), &network(), &id, &corp())
        .await
        .unwrap();
    assert_eq!(
        read_together(&client, PrivateDnsState::Ready).await.len(),
        6
    );
    assert_eq!((script.calls().len(), lists(&script)), (11, 2));
}

#[tokio::test(start_paused = true)]
async fn a_list_that_shows_something_unexpected_is_not_believed() {
    let mut answers: Vec<Answer> = (0..4).map(|_| slow(200, body("ready"))).collect();
    answers.push(slow_page("initializing"));
    answers.extend((0..2).map(|_| slow(200, body("ready"))));
    let script = Script::new(answers);
    let seen = read_together(&client(&script), PrivateDnsState::Ready).await;
    assert!(seen.iter().all(|seen| seen.state == PrivateDnsState::Ready));
    assert_eq!((script.left(), lists(&script)), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_change_sends_name_and_whole_map_and_survives_a_lost_answer() {
    let script = Script::new([
        Answer::Broken(InterruptionKind::Lost),
        Answer::json(200, body("initializing")),
    ]);
    let id = ID.parse().unwrap();
    let changed = client(&script)
        .patch_private_dns(&scope(), &network(), &id, &corp())
        .await
        .unwrap();
    assert_eq!(changed.state, PrivateDnsState::Initializing);
    let call = format!("PATCH /v2/cloud-gateways/networks/{NETWORK}/private-dns/{ID}");
    assert_eq!(script.calls(), [call.clone(), call]);
    assert_eq!(sent(&script)["name"], "corp-dns");
    assert_eq!(
        sent(&script)["private_dns_attachment_config"]["dns_config"]
            .as_object()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn order_of_addresses_counts_and_case_of_domains_does_not() {
    let is_same =
        |ours: &NewPrivateDns, theirs: &NewPrivateDns| ours.config.is_same(&theirs.config);
    let base = resolver(&[("a.example", &["10.0.0.1", "10.0.0.2"])]);
    assert!(is_same(
        &base,
        &resolver(&[("A.Example.", &["10.0.0.1", "10.0.0.2"])])
    ));
    assert!(!is_same(
        &base,
        &resolver(&[("a.example", &["10.0.0.2", "10.0.0.1"])])
    ));
    assert!(!is_same(&base, &resolver(&[("a.example", &["10.0.0.1"])])));
    assert!(is_same(
        &resolver(&[("a.example", &["FD00:0::4"])]),
        &resolver(&[("a.example", &["fd00::4"])])
    ));
}

#[test]
fn a_hosted_zone_round_trips() {
    let text = r#"{"kind":"azure-private-hosted-zone-attachment","domain_name":"corp.example","peer_tenant_id":"t",
        "peer_subscription_id":"s","peer_resource_group_id":"rg-dns","peer_vnet_link_name":"kong-link"}"#;
    let zone: PrivateDnsConfig = serde_json::from_str(text).unwrap();
    assert_eq!(zone.kind(), "azure-private-hosted-zone-attachment");
    assert_eq!(
        serde_json::to_value(&zone).unwrap(),
        serde_json::from_str::<Value>(text).unwrap()
    );
    let shouted: PrivateDnsConfig = serde_json::from_str(
        &text
            .replace("rg-dns", "RG-DNS")
            .replace("corp.example", "Corp.Example."),
    )
    .unwrap();
    assert!(zone.is_same(&shouted));
    let other: PrivateDnsConfig = serde_json::from_str(&text.replace("rg-dns", "rg-dns.")).unwrap();
    assert!(!zone.is_same(&other));
    let foreign: PrivateDnsConfig =
        serde_json::from_str(r#"{"kind":"aws-outbound-resolver","dns_config":{}}"#).unwrap();
    assert_eq!(
        foreign,
        PrivateDnsConfig::Other("aws-outbound-resolver".into())
    );
    assert!(!foreign.is_same(&zone));
}

#[tokio::test(start_paused = true)]
async fn odd_resolvers_are_still_read() {
    for config in [
        r#"{"kind":"azure-outbound-resolver"}"#,
        r#"{"kind":"azure-outbound-resolver","dns_config":null}"#,
        r#"{"kind":"azure-outbound-resolver","dns_config":{}}"#,
    ] {
        let read: PrivateDnsConfig = serde_json::from_str(config).unwrap();
        assert!(
            matches!(read, PrivateDnsConfig::AzureOutboundResolver { dns_config } if dns_config.is_empty())
        );
    }
    let read: PrivateDnsConfig = serde_json::from_str(
        r#"{"kind":"azure-outbound-resolver","dns_config":{"a.example":null}}"#,
    )
    .unwrap();
    let expected = BTreeMap::from([("a.example".to_owned(), Vec::new())]);
    assert_eq!(
        read,
        PrivateDnsConfig::AzureOutboundResolver {
            dns_config: expected
        }
    );
}
