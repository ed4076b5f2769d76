//! Answers of both clouds by path, and clients that get them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::super::*;
use crate::azure::{self, Cloud, CredentialSettings, EndpointOverrides, Environment};
use crate::http::transport::scripted::Exchange;
use crate::http::transport::{Broken, Outgoing, Response};
use crate::http::{Interruption, InterruptionKind, Secret, Transport};
use crate::konnect;

pub(super) const TENANT: &str = "11111111-2222-3333-4444-555555555555";
pub(super) const APPLICATION: &str = "207b296f-cf25-4d23-9eba-9a2c41dc62ca";
pub(super) const PRINCIPAL: &str = "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11";
pub(super) const SUBSCRIPTION: &str = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";
pub(super) const ROLE: &str = "4d97b98b-1d4f-4787-a291-c67834d212e7";
pub(super) const NETWORK: &str = "36ae63d3-efd1-4bec-b246-62aa5d3f5695";
pub(super) const ACCOUNT: &str = "929b2449-c69f-44c4-b6ad-9ecec6f811ae";
pub(super) const OWN: &str = "0da2a7a4-7d0d-4f0e-9b7e-6d7a3d3d0001";
pub(super) const SIBLING: &str = "0da2a7a4-7d0d-4f0e-9b7e-6d7a3d3d0002";
pub(super) const KONGS_VNET: &str = "/subscriptions/3f1d2b8c-0a9e-47d6-8c5b-e4a7f6091d23/resourceGroups/kong/providers/Microsoft.Network/virtualNetworks/k";

pub(super) fn network_path() -> String {
    format!("/v2/cloud-gateways/networks/{NETWORK}")
}

pub(super) fn account_path() -> String {
    format!("/v2/cloud-gateways/provider-accounts/{ACCOUNT}")
}

pub(super) fn gateways_path() -> String {
    format!("{}/transit-gateways", network_path())
}

pub(super) const AVAILABILITY: &str = "/v2/cloud-gateways/availability.json";
pub(super) const PRINCIPALS: &str = "/v1.0/servicePrincipals";

pub(super) fn vnet_id(name: &str) -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/{name}"
    )
}

pub(super) fn hub_id() -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network/virtualHubs/wan"
    )
}

pub(super) fn zone_id() -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network/privateDnsZones/corp.example"
    )
}

pub(super) fn private_dns_path() -> String {
    format!("{}/private-dns", network_path())
}

pub(super) fn link_path() -> String {
    format!("{}/virtualNetworkLinks/kong", zone_id())
}

pub(super) fn below(place: &str, kind: &str) -> String {
    format!("{place}/providers/Microsoft.Authorization/{kind}")
}

pub(super) fn below_vnet(kind: &str) -> String {
    below(&vnet_id("orders"), kind)
}

/// The Azure side of what is checked in this world.
pub(super) fn place_of(kind: Kind) -> Place {
    match kind {
        Kind::VnetPeering => Place::Vnet(vnet_id("orders").parse().unwrap()),
        Kind::VirtualHubPeering => Place::Vhub(hub_id().parse().unwrap()),
        Kind::PrivateHostedZone => Place::Zone(zone_id().parse().unwrap()),
    }
}

pub(super) fn hub(prefix: &str) -> Value {
    json!({"id": hub_id(), "location": "eastus2", "properties": {"addressPrefix": prefix, "routingState": "Provisioned"}})
}

pub(super) fn private_dns(state: &str, config: &Value) -> Value {
    json!({"id": OWN, "name": "other", "state": state, "private_dns_attachment_config": config})
}

pub(super) fn role_path() -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{ROLE}"
    )
}

pub(super) fn vnet(prefixes: &[&str], peerings: &Value) -> Value {
    json!({"id": "v", "location": "eastus2", "properties": {
        "addressSpace": {"addressPrefixes": prefixes}, "virtualNetworkPeerings": peerings}})
}

pub(super) fn half(name: &str, remote: &str, state: &str, level: &str, prefixes: &[&str]) -> Value {
    json!({"id": format!("{}/virtualNetworkPeerings/{name}", vnet_id("orders")), "name": name, "properties": {
        "peeringState": state, "peeringSyncLevel": level, "remoteVirtualNetwork": {"id": remote},
        "remoteAddressSpace": {"addressPrefixes": prefixes}}})
}

pub(super) fn gateway(id: &str, vnet: &str, state: &str) -> Value {
    json!({"id": id, "name": format!("to-{vnet}"), "state": state, "transit_gateway_attachment_config": {
        "kind": "azure-vnet-peering-attachment", "tenant_id": TENANT, "subscription_id": SUBSCRIPTION,
        "resource_group_name": "NET", "vnet_name": vnet}})
}

pub(super) fn page(objects: &Value) -> Value {
    let total = objects.as_array().map_or(0, Vec::len);
    json!({"data": objects, "meta": {"page": {"number": 1, "size": 100, "total": total}}})
}

/// What the answer to each path is; what is not here does not exist.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) answers: BTreeMap<String, (u16, Value)>,
    /// Nothing answers.
    pub(super) is_down: bool,
}

impl World {
    /// Where everything is as it should be.
    pub(super) fn sound() -> Self {
        let mut world = Self {
            answers: BTreeMap::new(),
            is_down: false,
        };
        world.network(&json!({}));
        world.set(
            account_path(),
            json!({"id": ACCOUNT, "provider": "azure", "provider_account_id": "x"}),
        );
        world.set(
            AVAILABILITY,
            json!({"providers": [{"provider": "azure", "regions": [{"region": "eastus2", "reserved_cidr_blocks": ["10.100.0.0/16"]}]}]}),
        );
        world.set(
            gateways_path(),
            page(&json!([gateway(SIBLING, "billing", "ready")])),
        );
        world.set(vnet_id("billing"), vnet(&["10.2.0.0/16"], &json!([])));
        world.set(
            vnet_id("orders"),
            vnet(&["10.1.0.0/16", "fd00::/48"], &json!([])),
        );
        world.set(hub_id(), hub("10.3.0.0/23"));
        world.connections(&[&vnet_id("billing"), KONGS_VNET]);
        world.set(zone_id(), json!({"id": zone_id(), "name": "corp.example"}));
        world.set(private_dns_path(), page(&json!([])));
        world.principal(true);
        for place in [vnet_id("orders"), hub_id(), zone_id()] {
            world.set(
                below(&place, "roleAssignments"),
                json!({"value": [{
                    "id": format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments/{OWN}"),
                    "properties": {"roleDefinitionId": role_path(), "principalId": PRINCIPAL, "scope": format!("/subscriptions/{SUBSCRIPTION}")}}]}),
            );
            world.set(below(&place, "denyAssignments"), json!({"value": []}));
        }
        let kinds = [
            Kind::VnetPeering,
            Kind::VirtualHubPeering,
            Kind::PrivateHostedZone,
        ];
        let needed: Vec<_> = kinds
            .iter()
            .flat_map(|kind| kind.needed_actions())
            .copied()
            .collect();
        world.role(&needed);
        world
    }

    pub(super) fn set(&mut self, path: impl Into<String>, body: Value) {
        self.refuse(path, 200, body);
    }

    pub(super) fn refuse(&mut self, path: impl Into<String>, status: u16, body: Value) {
        self.answers
            .insert(path.into().to_lowercase(), (status, body));
    }

    /// Refuses requests whose filter holds `word`; others get the answer to the path.
    pub(super) fn refuse_filter(&mut self, path: &str, word: &str, body: Value) {
        self.refuse(format!("{path}?{word}"), 400, body);
    }

    pub(super) fn network(&mut self, changes: &Value) {
        let mut network = json!({"id": NETWORK, "name": "prod", "state": "ready", "cidr_block": "10.64.0.0/16", "region": "eastus2",
            "cloud_gateway_provider_account_id": ACCOUNT, "transit_gateway_count": 1});
        let changes = changes.as_object().unwrap().clone();
        network.as_object_mut().unwrap().extend(changes);
        self.set(network_path(), network);
    }

    pub(super) fn principal(&mut self, is_enabled: bool) {
        let principal = json!({"id": PRINCIPAL, "appId": APPLICATION, "displayName": "kong", "accountEnabled": is_enabled});
        self.set(PRINCIPALS, json!({"value": [principal]}));
    }

    pub(super) fn role(&mut self, actions: &[&str]) {
        self.set(
            role_path(),
            json!({"id": role_path(), "properties": {"roleName": "Kong Peering", "type": "CustomRole", "permissions": [{"actions": actions}]}}),
        );
    }

    pub(super) fn gateways(&mut self, gateways: &Value) {
        self.set(gateways_path(), page(gateways));
        for gateway in gateways.as_array().unwrap() {
            let id = gateway["id"].as_str().unwrap();
            self.set(format!("{}/{id}", gateways_path()), gateway.clone());
        }
    }

    /// The networks that the hub is connected with.
    pub(super) fn connections(&mut self, vnets: &[&str]) {
        let connections: Vec<_> = vnets
            .iter()
            .map(|vnet| json!({"id": "c", "name": "c", "properties": {"remoteVirtualNetwork": {"id": vnet}}}))
            .collect();
        let path = format!("{}/hubVirtualNetworkConnections", hub_id());
        self.set(path, json!({"value": connections}));
    }

    pub(super) fn vnet(&mut self, prefixes: &[&str], peerings: &Value) {
        self.set(vnet_id("orders"), vnet(prefixes, peerings));
    }
}

#[derive(Clone, Debug)]
pub(super) struct FakeCloud {
    world: World,
    pub(super) calls: Arc<Mutex<Vec<String>>>,
}

#[async_trait::async_trait]
impl Exchange for FakeCloud {
    async fn exchange(&self, outgoing: Outgoing) -> Result<Response, Broken> {
        let path = outgoing.url.path().to_owned();
        let (status, body) = if self.world.is_down {
            return Err(Broken::Interrupted(Interruption {
                kind: InterruptionKind::NotConnected,
                message: "no route".into(),
            }));
        } else if path.ends_with("/token") {
            (
                200,
                json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "t"}),
            )
        } else {
            // Changes have answers of their own.
            let call = match outgoing.method {
                ::http::Method::GET => path,
                method => format!("{method} {path}"),
            };
            self.calls.lock().unwrap().push(call.clone());
            let call = call.to_lowercase();
            let query = outgoing.url.query().unwrap_or_default().to_lowercase();
            let refused = self.world.answers.iter().find(|(key, _)| {
                let filter = key.split_once('?');
                filter.is_some_and(|(path, word)| path == call && query.contains(word))
            });
            let answer = refused.map(|(_, answer)| answer.clone());
            let answer = answer.or_else(|| self.world.answers.get(&call).cloned());
            answer.unwrap_or_else(|| {
                (
                    404,
                    json!({"error": {"code": "ResourceNotFound", "message": "not there"}}),
                )
            })
        };
        Ok(Response {
            status: ::http::StatusCode::from_u16(status).unwrap(),
            headers: ::http::HeaderMap::new(),
            body: body.to_string().into(),
        })
    }
}

pub(super) struct Both {
    pub(super) azure: azure::Access,
    pub(super) konnect: konnect::Access,
    pub(super) calls: Arc<Mutex<Vec<String>>>,
}

pub(super) fn clients(world: World) -> Both {
    let calls = Arc::default();
    let transport = Transport::scripted(FakeCloud {
        world,
        calls: Arc::clone(&calls),
    });
    let azure = azure::Access::default();
    azure.configure(azure::Settings {
        transport: transport.clone(),
        cloud: Cloud::new(Environment::Public, &EndpointOverrides::default()).unwrap(),
        tenant_id: Some(TENANT.parse().unwrap()),
        subscription_id: None,
        credential: CredentialSettings {
            client_id: Some("app".into()),
            client_secret: Some(Secret::new("s")),
            ..CredentialSettings::default()
        },
        correlation_request_id: None,
        max_retries: 1,
        max_concurrent_requests: 8,
        poll_step: None,
        unknown: false,
    });
    let konnect = konnect::Access::default();
    konnect.configure(konnect::Settings {
        transport,
        server_url: konnect::DEFAULT_SERVER_URL.parse().unwrap(),
        token: Some(Secret::new("kpat_1")),
        token_source: "KONNECT_TOKEN".into(),
        unknown: false,
        max_retries: 1,
        max_concurrent_requests: 8,
        poll_step: None,
    });
    Both {
        azure,
        konnect,
        calls,
    }
}

pub(super) fn inputs(phase: Phase) -> Inputs {
    inputs_of(Kind::VnetPeering, phase)
}

pub(super) fn inputs_of(kind: Kind, phase: Phase) -> Inputs {
    Inputs {
        network_id: Some(NETWORK.parse().unwrap()),
        target: Some(Target::ById(place_of(kind))),
        domain_name: Some("Corp.example.".into()),
        link_name: Some("kong".into()),
        ..Inputs::new(kind, phase)
    }
}

pub(super) async fn run_both(both: &Both, inputs: &Inputs) -> Report {
    let clients = Clients {
        azure: &both.azure,
        konnect: &both.konnect,
    };
    let scope = Scope::new(Duration::from_secs(3600), CancellationToken::new());
    let report = run(inputs, clients, &scope).await;
    assert_eq!(
        report
            .checks
            .iter()
            .map(|check| check.id)
            .collect::<Vec<_>>(),
        inputs.kind.checks()
    );
    report
}

pub(super) async fn run_in(world: World, inputs: &Inputs) -> Report {
    run_both(&clients(world), inputs).await
}
