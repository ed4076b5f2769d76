//! Whatever is given as an id or a name: a request goes to the endpoint that was meant, or nowhere.

use std::str::FromStr;

use proptest::prelude::*;

use super::client::tests::{NETWORK, client, network, scope};
use super::*;
use crate::http::hostile::{hostile, hostile_around, pairs, segments};
use crate::http::transport::Outgoing;
use crate::http::transport::scripted::{Answer, Script};

/// What goes out for the calls that this makes, each of which is answered alike.
fn sent<F: Future<Output = ()>>(
    status: u16,
    body: &str,
    calls: impl FnOnce(Client) -> F,
) -> Vec<Outgoing> {
    let script = Script::new((0..16).map(|_| Answer::json(status, body)));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(calls(client(&script)));
    script.seen()
}

fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

proptest! {
    #[test]
    fn no_id_reaches_another_endpoint(text in hostile_around(NETWORK)) {
        let (network, gateway) = (parsed::<NetworkId>(&text), parsed::<TransitGatewayId>(&text));
        let (private_dns, account) = (parsed::<PrivateDnsId>(&text), parsed::<ProviderAccountId>(&text));
        let seen = sent(404, "{}", async |client| {
            let scope = scope();
            if let Some(id) = network {
                drop(client.get_network(&scope, &id).await);
                drop(client.list_transit_gateways(&scope, &id, None).await);
                drop(client.list_private_dns(&scope, &id, None).await);
            }
            let network = NETWORK.parse().unwrap();
            if let Some(id) = gateway {
                drop(client.get_transit_gateway(&scope, &network, &id).await);
                drop(client.delete_transit_gateway(&scope, &network, &id).await);
            }
            if let Some(id) = private_dns {
                drop(client.get_private_dns(&scope, &network, &id).await);
                drop(client.delete_private_dns(&scope, &network, &id).await);
            }
            if let Some(id) = account {
                drop(client.get_provider_account(&scope, &id).await);
            }
        });
        prop_assert_eq!(seen.is_empty(), network.is_none());
        for outgoing in seen {
            let url = outgoing.url;
            prop_assert_eq!(url.host_str(), Some("global.api.konghq.com"));
            let path = segments(&url);
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let is_meant = match path.as_slice() {
                ["v2", "cloud-gateways", "networks", NETWORK, rest @ ..] => matches!(
                    rest,
                    [] | ["transit-gateways" | "private-dns"]
                        | ["transit-gateways" | "private-dns", NETWORK]
                ),
                ["v2", "cloud-gateways", "provider-accounts", NETWORK] => true,
                _ => false,
            };
            prop_assert!(is_meant, "{}", url);
        }
    }

    #[test]
    fn no_name_reaches_another_endpoint_or_adds_to_the_question(name in hostile(), state in hostile()) {
        let filter = NetworkFilter {
            name_eq: Some(name.clone()),
            state: Some(NetworkState::from(state.as_str())),
            ..NetworkFilter::default()
        };
        let part = NetworkFilter { name_contains: Some(name.clone()), ..NetworkFilter::default() };
        let seen = sent(200, r#"{"data":[]}"#, async |client| {
            let (scope, network) = (scope(), network());
            client.list_networks(&scope, &filter).await.unwrap();
            client.list_networks(&scope, &part).await.unwrap();
            client.list_transit_gateways(&scope, &network, Some(&name)).await.unwrap();
            client.list_private_dns(&scope, &network, Some(&name)).await.unwrap();
        });
        prop_assert_eq!(seen.len(), 4);
        for (outgoing, last) in seen.iter().zip(["networks", "networks", "transit-gateways", "private-dns"]) {
            let url = &outgoing.url;
            prop_assert_eq!(url.host_str(), Some("global.api.konghq.com"));
            prop_assert_eq!(url.fragment(), None);
            let path = segments(url);
            prop_assert_eq!(path.last().map(String::as_str), Some(last));
            prop_assert_eq!(path.len(), if last == "networks" { 3 } else { 5 });
            for (key, value) in pairs(url) {
                match key.as_str() {
                    "filter[name][eq]" | "filter[name][contains]" => prop_assert_eq!(&value, &name),
                    "filter[state][eq]" => prop_assert_eq!(value, NetworkState::from(state.as_str()).to_string()),
                    "page[size]" | "page[number]" => prop_assert!(value.parse::<u32>().is_ok()),
                    _ => prop_assert!(false, "{} was added: {}", key, url),
                }
            }
        }
    }
}
