//! From the types of Kong's own provider.
//!
//! Its states hold each object twice: as it was configured, and in a twin named `…_response` as the API answered. The configured half is null
//! after an import there, so that the twin goes first.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use crate::konnect::{NetworkId, PrivateDns, TransitGateway};
use crate::resources::moved::{Peer, PeerState};
use crate::tf::diagnostics::Diagnostics;
use crate::tf::resource::MoveSource;

use super::flow::Objects;
use super::managed::Managed;

const GATEWAY: Peer = Peer {
    provider: "kong/konnect",
    type_name: "konnect_cloud_gateway_transit_gateway",
    newest_schema: 0,
};

const PRIVATE_DNS: Peer = Peer {
    provider: "kong/konnect",
    type_name: "konnect_cloud_gateway_private_dns",
    newest_schema: 0,
};

const GATEWAY_CONFIG: &str = "transit_gateway_attachment_config";
const PRIVATE_DNS_CONFIG: &str = "private_dns_attachment_config";

/// An object of Kong's own provider, as it was last known there. It may be of a kind that the target does not manage.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Moved<O> {
    /// The network.
    pub(crate) network_id: NetworkId,
    /// The object.
    pub(crate) object: O,
}

impl<O> Moved<O> {
    /// The state for it.
    pub(crate) fn listed<M>(self) -> Result<M, Diagnostics>
    where
        M: Managed<Objects: Objects<Object = O>>,
    {
        M::listed(self.network_id, &self.object)
    }
}

/// The transit gateway to move to the type `target`; `None` for a source of another type.
pub(crate) fn gateway(
    source: &MoveSource,
    target: &'static str,
) -> Option<Result<Moved<TransitGateway>, Diagnostics>> {
    let state = GATEWAY.state(source, target)?;
    Some(state.and_then(|state| {
        let block = blocks(state.json()).find(|block| block.contains_key(GATEWAY_CONFIG));
        read(&state, block.cloned())
    }))
}

/// The private DNS object to move to the type `target`; `None` for a source of another type.
pub(crate) fn private_dns(
    source: &MoveSource,
    target: &'static str,
) -> Option<Result<Moved<PrivateDns>, Diagnostics>> {
    let state = PRIVATE_DNS.state(source, target)?;
    Some(state.and_then(|state| {
        let answered = blocks(state.json()).find(|block| block.contains_key(PRIVATE_DNS_CONFIG));
        let block = answered.cloned().or_else(|| configured(state.json()));
        read(&state, block)
    }))
}

/// The objects at the root of a state, the API's answers first.
fn blocks(state: &Json) -> impl Iterator<Item = &Map<String, Json>> {
    let members = state.as_object().into_iter().flatten();
    let mut blocks: Vec<_> = members
        .filter_map(|(name, value)| Some((name, value.as_object()?)))
        .collect();
    blocks.sort_by_key(|(name, _)| !name.ends_with("_response"));
    blocks.into_iter().map(|(_, block)| block)
}

/// The configured half of a private DNS object: one block for each kind, of which one is set.
fn configured(state: &Json) -> Option<Map<String, Json>> {
    let kinds = state.get(PRIVATE_DNS_CONFIG)?.as_object()?;
    let config = kinds.values().find(|config| config.is_object())?;
    Some(
        [(PRIVATE_DNS_CONFIG.to_owned(), config.clone())]
            .into_iter()
            .collect(),
    )
}

/// The object as the API would answer it: the block, and around it what the root holds besides.
fn read<O: DeserializeOwned>(
    state: &PeerState<'_>,
    block: Option<Map<String, Json>>,
) -> Result<Moved<O>, Diagnostics> {
    let network_id: NetworkId = state.parsed("network_id", state.text("network_id"))?;
    let block = block.ok_or_else(|| {
        state.refuse("Its state holds neither a configuration nor an answer of Konnect. Refresh it with its own provider first.")
    })?;
    let root = state.json().as_object().into_iter().flatten();
    let around = root.filter(|(name, value)| {
        !value.is_object() && !value.is_array() && name.as_str() != "network_id"
    });
    let mut answer: Map<String, Json> = around
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    answer.extend(block.into_iter().filter(|(_, value)| !value.is_null()));
    answer.retain(|_, value| !value.is_null());
    let object = serde_json::from_value(Json::Object(answer))
        .map_err(|fault| state.refuse(format!("Its state cannot be understood: {fault}.")))?;
    Ok(Moved { network_id, object })
}

#[cfg(test)]
pub(crate) mod samples {
    //! States of Kong's own provider, for the tests of every type that can be moved to.

    use serde_json::json;

    use super::*;
    use crate::resources::moved::samples::source;

    pub(crate) const NETWORK: &str = "6b5e4a6c-32a7-4f0b-9c6e-1f1b0d9f7a21";
    pub(crate) const OBJECT: &str = "d2c1b0a9-8f7e-4d6c-b5a4-938271605f4e";

    /// What the root of every state holds, and the given members besides.
    fn state(members: &[(&str, Json)]) -> Json {
        let mut state = json!({
            "id": OBJECT,
            "network_id": NETWORK,
            "name": "orders",
            "state": "initializing",
            "entity_version": 1,
            "created_at": "2026-08-21T10:00:00.000Z",
            "updated_at": "2026-08-21T10:00:00.000Z",
        });
        for (name, value) in members {
            state[*name] = value.clone();
        }
        state
    }

    /// A transit gateway with these members.
    pub(crate) fn gateway_source(members: &[(&str, Json)]) -> MoveSource {
        source(&GATEWAY, state(members))
    }

    /// A private DNS object with these members.
    pub(crate) fn private_dns_source(members: &[(&str, Json)]) -> MoveSource {
        source(&PRIVATE_DNS, state(members))
    }

    /// The answer of the API to which an attachment belongs.
    pub(crate) fn answer(config: &str, attachment: &Json) -> Json {
        json!({
            "id": OBJECT,
            "name": "orders",
            "state": "ready",
            "state_metadata": { "reported_status": "READY", "reason": null },
            "entity_version": 3,
            "created_at": "2026-08-21T10:00:00.000Z",
            "updated_at": "2026-08-21T10:30:00.000Z",
            (config): attachment,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::samples::{NETWORK, OBJECT, answer, gateway_source, private_dns_source};
    use super::*;
    use crate::konnect::{Attachment, PrivateDnsConfig};
    use crate::resources::moved::samples::{any_state, refusal, source};

    const TARGET: &str = "konnectazure_vnet_peering";

    fn hub(name: &str) -> Json {
        json!({
            "kind": "azure-vhub-peering-attachment",
            "tenant_id": "11111111-2222-3333-4444-555555555555",
            "subscription_id": "66666666-7777-8888-9999-aaaaaaaaaaaa",
            "resource_group_name": "rg-net",
            "vhub_name": name,
        })
    }

    fn zone() -> Json {
        json!({
            "kind": "azure-private-hosted-zone-attachment",
            "domain_name": "corp.example",
            "peer_tenant_id": "11111111-2222-3333-4444-555555555555",
            "peer_subscription_id": "66666666-7777-8888-9999-aaaaaaaaaaaa",
            "peer_resource_group_id": "rg-dns",
            "peer_vnet_link_name": "kong",
        })
    }

    #[test]
    fn what_konnect_answered_goes_before_what_was_configured() {
        let configured =
            json!({ "name": "orders", "dns_config": null, (GATEWAY_CONFIG): hub("Hub") });
        let both = gateway_source(&[
            ("azure_vhub_peering_gateway", configured.clone()),
            (
                "azure_vhub_peering_gateway_response",
                answer(GATEWAY_CONFIG, &hub("hub")),
            ),
        ]);
        let moved = gateway(&both, TARGET).unwrap().unwrap();
        assert_eq!(moved.network_id.to_string(), NETWORK);
        assert_eq!(moved.object.id.to_string(), OBJECT);
        assert_eq!(moved.object.state.to_string(), "ready");
        assert_eq!(moved.object.entity_version, 3);
        let name = |object: &TransitGateway| match &object.attachment {
            Attachment::AzureVhub { vhub_name, .. } => vhub_name.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(name(&moved.object), "hub");

        let alone = gateway_source(&[
            ("azure_vhub_peering_gateway", configured),
            ("azure_vhub_peering_gateway_response", Json::Null),
            ("aws_transit_gateway", Json::Null),
        ]);
        let moved = gateway(&alone, TARGET).unwrap().unwrap();
        assert_eq!(name(&moved.object), "Hub");
        assert_eq!(moved.object.id.to_string(), OBJECT, "from the root");
        assert_eq!(
            moved.object.state.to_string(),
            "initializing",
            "from the root"
        );
    }

    #[test]
    fn both_halves_of_a_private_dns_object_are_understood() {
        let configured = json!({
            "azure_private_dns_resolver_attachment_config": null,
            "azure_private_hosted_zone_attachment_config": zone(),
        });
        for members in [
            [
                (PRIVATE_DNS_CONFIG, configured),
                ("azure_private_hosted_zone_response", Json::Null),
            ],
            [
                (PRIVATE_DNS_CONFIG, Json::Null),
                (
                    "azure_private_hosted_zone_response",
                    answer(PRIVATE_DNS_CONFIG, &zone()),
                ),
            ],
        ] {
            let moved = private_dns(&private_dns_source(&members), TARGET)
                .unwrap()
                .unwrap();
            assert_eq!(moved.object.name, "orders");
            let PrivateDnsConfig::AzureHostedZone { domain_name, .. } = moved.object.config else {
                panic!("{:?}", moved.object.config);
            };
            assert_eq!(domain_name, "corp.example");
        }
    }

    #[test]
    fn objects_of_other_clouds_are_told_by_their_kind() {
        let attachment =
            json!({ "kind": "aws-transit-gateway-attachment", "ram_share_arn": "arn" });
        let aws = gateway_source(&[(
            "aws_transit_gateway_response",
            answer(GATEWAY_CONFIG, &attachment),
        )]);
        let moved = gateway(&aws, TARGET).unwrap().unwrap();
        assert_eq!(
            moved.object.attachment,
            Attachment::Other("aws-transit-gateway-attachment".into())
        );
        let config = json!({ "aws_private_hosted_zone_attachment_config": { "kind": "aws-private-hosted-zone-attachment" } });
        let aws = private_dns_source(&[(PRIVATE_DNS_CONFIG, config)]);
        let moved = private_dns(&aws, TARGET).unwrap().unwrap();
        assert_eq!(
            moved.object.config.kind(),
            "aws-private-hosted-zone-attachment"
        );
    }

    #[test]
    fn states_without_an_object_are_refused() {
        let text = refusal(gateway(&gateway_source(&[]), TARGET));
        assert!(
            text.contains("neither a configuration nor an answer"),
            "{text}"
        );
        let no_network = gateway_source(&[("network_id", Json::Null)]);
        let text = refusal(gateway(&no_network, TARGET));
        assert!(text.contains("holds no network_id"), "{text}");
        let odd = gateway_source(&[("x_response", json!({ "id": "x", (GATEWAY_CONFIG): {} }))]);
        let text = refusal(gateway(&odd, TARGET));
        assert!(text.contains("cannot be understood"), "{text}");
        assert!(gateway(&private_dns_source(&[]), TARGET).is_none());
        assert!(private_dns(&gateway_source(&[]), TARGET).is_none());
    }

    const NAMES: &[&str] = &[
        "id",
        "network_id",
        "name",
        "state",
        "state_metadata",
        "entity_version",
        "dns_config",
        "kind",
        "remote_dns_server_ip_addresses",
        "azure_transit_gateway_response",
        "transit_gateway_attachment_config",
        "private_dns_attachment_config",
        "azure_private_dns_resolver_attachment_config",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_state_is_too_odd(state in any_state(NAMES)) {
            prop_assert!(gateway(&source(&GATEWAY, state.clone()), TARGET).is_some());
            prop_assert!(private_dns(&source(&PRIVATE_DNS, state), TARGET).is_some());
        }
    }
}
