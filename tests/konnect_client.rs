//! The Konnect client against the local cloud, over real connections, when answers are lost, late, cut or odd.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use konnectazure::http::{CaBundle, Poll, Progress, Scope, Secret, Transport, TransportSettings};
use konnectazure::konnect::{
    Access, Attachment, Client, CloudProvider, NetworkFilter, NetworkId, NetworkState,
    NewPrivateDns, NewTransitGateway, PrivateDnsConfig, PrivateDnsState, Settings,
    TransitGatewayState, server_url,
};
use serde_json::{Value, json};
use support::simulator::{Seed, Simulator};

const NETWORK: &str = "eastus2-prod";

fn client(cloud: &Simulator) -> Arc<Client> {
    let environment: BTreeMap<_, _> = cloud.env().into_iter().collect();
    let access = Access::default();
    access.configure(Settings {
        transport: Transport::new(TransportSettings {
            ca_bundle: environment
                .get("KONNECTAZURE_CA_CERTIFICATE_PATH")
                .map(|path| CaBundle {
                    path: path.into(),
                    named_by: "KONNECTAZURE_CA_CERTIFICATE_PATH",
                    is_optional: false,
                }),
            ..TransportSettings::default()
        }),
        server_url: server_url(&environment["KONNECT_SERVER_URL"]).unwrap(),
        token: Some(Secret::new(&*environment["KONNECT_TOKEN"])),
        token_source: "KONNECT_TOKEN".to_owned(),
        unknown: false,
        max_retries: 4,
        max_concurrent_requests: 8,
        poll_step: Some(Duration::from_millis(20)),
    });
    access.client().unwrap()
}

fn scope() -> Scope {
    Scope::detached(Duration::from_secs(60))
}

fn network(cloud: &Simulator) -> NetworkId {
    cloud.network_id(NETWORK).parse().unwrap()
}

fn peering(cloud: &Simulator) -> NewTransitGateway {
    NewTransitGateway {
        name: "orders".to_owned(),
        attachment: Attachment::AzureVnet {
            tenant_id: cloud.url("tenant_id").to_owned(),
            subscription_id: cloud.url("subscription_id").to_owned(),
            resource_group_name: "rg-network".to_owned(),
            vnet_name: "vnet-orders".to_owned(),
        },
        dns_config: Vec::new(),
    }
}

fn mappings(address: &str) -> NewPrivateDns {
    NewPrivateDns {
        name: "corp".to_owned(),
        config: PrivateDnsConfig::AzureOutboundResolver {
            dns_config: BTreeMap::from([("corp.example".to_owned(), vec![address.to_owned()])]),
        },
    }
}

fn fault(cloud: &Simulator, method: &str, path: &str, what: &Value) {
    let mut fault = json!({ "service": "konnect", "method": method, "path": path });
    fault
        .as_object_mut()
        .unwrap()
        .extend(what.as_object().unwrap().clone());
    cloud.fault(fault);
}

fn posts(cloud: &Simulator) -> usize {
    cloud
        .requests_matching("konnect", "POST", "/networks/")
        .len()
}

#[tokio::test]
async fn what_the_service_offers_is_read_even_when_it_is_written_oddly() {
    let cloud = Simulator::manual(Seed::Demo);
    let client = client(&cloud);
    fault(
        &cloud,
        "GET",
        "",
        &json!({ "extra_keys": true, "decimal_numbers": true, "times": 0 }),
    );
    let network = client
        .get_network(&scope(), &network(&cloud))
        .await
        .unwrap();
    assert_eq!(
        (network.name.as_str(), &network.state),
        (NETWORK, &NetworkState::Ready)
    );
    let account = network.cloud_gateway_provider_account_id.unwrap();
    let account = client
        .get_provider_account(&scope(), &account)
        .await
        .unwrap();
    assert_eq!(account.provider, CloudProvider::Azure);
    let named = NetworkFilter {
        name_eq: Some(NETWORK.to_owned()),
        ..NetworkFilter::default()
    };
    let found = client.list_networks(&scope(), &named).await.unwrap();
    assert_eq!(found, std::slice::from_ref(&network));
    assert_eq!(
        client
            .list_networks(&scope(), &NetworkFilter::default())
            .await
            .unwrap()
            .len(),
        3
    );
    let availability = client.availability(&scope()).await.unwrap();
    assert!(
        availability
            .region(&account.provider, &network.region)
            .is_some()
    );
}

#[tokio::test]
async fn a_create_makes_one_object_however_its_answer_is_lost() {
    // Row 80 of docs/user-pains.md.
    for lost in [json!({ "reset": "after" }), json!({ "truncate": true })] {
        let cloud = Simulator::manual(Seed::Demo);
        let (client, network) = (client(&cloud), network(&cloud));
        fault(&cloud, "POST", "/transit-gateways", &lost);
        let made = client
            .create_transit_gateway(&scope(), &network, &peering(&cloud))
            .await
            .unwrap();
        assert_eq!(made.state, TransitGatewayState::Initializing);
        let all = client
            .list_transit_gateways(&scope(), &network, Some("orders"))
            .await
            .unwrap();
        assert_eq!(all, [made]);
        assert_eq!(posts(&cloud), 1);
    }
}

#[tokio::test]
async fn a_create_that_never_arrived_is_sent_again() {
    for lost in [
        json!({ "reset": "before" }),
        json!({ "status": 502, "body": "<html><body>bad gateway</body></html>" }),
        json!({ "status": 429, "headers": { "retry-after": "0" } }),
    ] {
        let cloud = Simulator::manual(Seed::Demo);
        let (client, network) = (client(&cloud), network(&cloud));
        fault(&cloud, "POST", "/private-dns", &lost);
        let made = client
            .create_private_dns(&scope(), &network, &mappings("10.1.0.4"))
            .await
            .unwrap();
        assert!(made.is_same(&mappings("10.1.0.4")));
        assert_eq!(
            client
                .list_private_dns(&scope(), &network, None)
                .await
                .unwrap()
                .len(),
            1
        );
        assert_eq!(posts(&cloud), 2);
    }
}

#[tokio::test]
async fn refusals_answer_the_questions_that_callers_ask() {
    let cloud = Simulator::manual(Seed::Demo);
    let (client, network) = (client(&cloud), network(&cloud));
    let mut new = peering(&cloud);
    let made = client
        .create_transit_gateway(&scope(), &network, &new)
        .await
        .unwrap();
    let taken = client
        .create_transit_gateway(&scope(), &network, &new)
        .await
        .unwrap_err();
    assert!(taken.is_name_taken(), "{taken}");
    let busy = client
        .delete_transit_gateway(&scope(), &network, &made.id)
        .await
        .unwrap_err();
    assert!(busy.is_bad_request() && !busy.is_field_fault(), "{busy}");
    let refusal = busy.refusal().unwrap();
    assert!(!refusal.trace.is_empty(), "{busy}");
    new.name = "x".repeat(121);
    let long = client
        .create_transit_gateway(&scope(), &network, &new)
        .await
        .unwrap_err();
    assert!(long.is_field_fault() && !long.is_name_taken(), "{long}");
    assert_eq!(long.field_faults()[0].field, "name");
    let nowhere = "00000000-0000-4000-8000-000000000000".parse().unwrap();
    assert!(
        client
            .get_transit_gateway(&scope(), &network, &nowhere)
            .await
            .unwrap_err()
            .is_not_found()
    );
    assert!(
        client
            .delete_transit_gateway(&scope(), &network, &nowhere)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_resolver_is_changed_in_place_and_deleted_when_it_rests() {
    let cloud = Simulator::start(Seed::Demo);
    let (client, network) = (client(&cloud), network(&cloud));
    let made = client
        .create_private_dns(&scope(), &network, &mappings("10.1.0.4"))
        .await
        .unwrap();
    let ready = async || {
        let poll = Poll::new("waiting for the mappings", Some(Duration::from_millis(20)));
        let scope = scope();
        let look = || client.get_private_dns(&scope, &network, &made.id);
        poll.until(&scope, None, look, |found| {
            let found = found?;
            Ok::<_, konnectazure::konnect::Error>(match found.state {
                PrivateDnsState::Ready => Progress::Done(found),
                state => Progress::NotYet(state.to_string()),
            })
        })
        .await
        .unwrap()
    };
    ready().await;
    fault(&cloud, "PATCH", "/private-dns/", &json!({ "status": 503 }));
    client
        .patch_private_dns(&scope(), &network, &made.id, &mappings("10.1.0.5"))
        .await
        .unwrap();
    assert!(ready().await.is_same(&mappings("10.1.0.5")));
    client
        .delete_private_dns(&scope(), &network, &made.id)
        .await
        .unwrap();
}
