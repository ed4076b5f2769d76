//! Every resource type of the provider against the local cloud: created, refreshed, imported, written as configuration, changed, replaced
//! and destroyed, in Terraform's order of calls and with its checks of every answer.

use std::collections::BTreeSet;

use konnectazure::{provider::KonnectAzure, wire::generated as wire};
use serde_json::{Value as Json, json};

use crate::support::{
    core::{Action, Core, Stored, Value, checked, has_errors, texts},
    simulator::{Seed, Simulator},
};

/// An object of one type, with the changes that it lives through.
struct Life {
    type_name: &'static str,
    written: Json,
    /// Attributes that are changed in place.
    changed: Json,
    /// Attributes whose change replaces the object; nothing where no attribute does that here.
    replaced: Json,
}

fn merged(written: &Json, more: &Json) -> Json {
    let mut merged = written.as_object().unwrap().clone();
    merged.extend(more.as_object().unwrap().clone());
    merged.into()
}

fn text(stored: &Stored, attribute: &str) -> String {
    let value = stored.state.get(attribute).and_then(Value::as_str);
    value
        .unwrap_or_else(|| panic!("{attribute} is no text"))
        .to_owned()
}

impl Life {
    /// From nothing to an object that was changed, and replaced where that is possible.
    async fn live(&self, core: &mut Core) -> Stored {
        let config = core.config(self.type_name, &self.written);
        let made = self
            .go(core, &Stored::default(), &config, Action::Create)
            .await;
        self.take_over(core, &made, &config).await;

        let written = merged(&self.written, &self.changed);
        let config = core.config(self.type_name, &written);
        let changed = self.go(core, &made, &config, Action::Update).await;
        assert_eq!(changed.identity, made.identity, "{}", self.type_name);
        if self.replaced == json!({}) {
            return changed;
        }
        let config = core.config(self.type_name, &merged(&written, &self.replaced));
        let replaced = self.go(core, &changed, &config, Action::Replace).await;
        assert_ne!(replaced.identity, changed.identity, "{}", self.type_name);
        replaced
    }

    /// Plans and applies; afterwards a refresh and a plan find nothing to do.
    async fn go(&self, core: &mut Core, prior: &Stored, config: &Value, action: Action) -> Stored {
        let name = self.type_name;
        let plan = core.plan(name, prior, config).await;
        let plan = plan.unwrap_or_else(|errors| panic!("{name}: {errors:#?}"));
        assert_eq!(plan.action, action, "{name}: {:?}", plan.replace);
        let (stored, diagnostics) = core.apply(name, prior, &plan, config).await;
        assert!(!has_errors(&diagnostics), "{name}: {diagnostics:#?}");
        let (refreshed, diagnostics) = core.refresh(name, &stored).await;
        assert!(!has_errors(&diagnostics), "{name}: {diagnostics:#?}");
        let refreshed = refreshed.unwrap_or_else(|| panic!("{name} is gone"));
        assert_eq!(refreshed.identity, stored.identity, "{name}");
        self.assert_settled(core, &refreshed, config).await;
        refreshed
    }

    async fn assert_settled(&self, core: &mut Core, stored: &Stored, config: &Value) {
        let plan = core.plan(self.type_name, stored, config).await.unwrap();
        assert_eq!(
            plan.action,
            Action::NoOp,
            "{}: {:?} of {:?}",
            self.type_name,
            plan.state,
            stored.state
        );
    }

    /// By id and by identity the same object is found, and the configuration that the provider writes for it leads to it.
    async fn take_over(&self, core: &mut Core, made: &Stored, config: &Value) {
        let name = self.type_name;
        let id = match made.state.get("network_id").and_then(Value::as_str) {
            Some(network_id) => format!("{network_id}/{}", text(made, "id")),
            None => text(made, "id"),
        };
        let by_id = core.import(name, &id, None).await.unwrap();
        let by_identity = core.import(name, "", made.identity.as_ref()).await.unwrap();
        assert_eq!(by_id, by_identity, "{name}");
        assert_eq!(by_id.identity, made.identity, "{name}");
        self.assert_settled(core, &by_id, config).await;

        let generated = self.generate(core, &by_id).await;
        let found = core.validate(name, &generated).await;
        assert_eq!(texts(&found), [""; 0], "{name}: {generated:?}");
        self.assert_settled(core, &by_id, &generated).await;

        let parts = made.identity.as_ref().unwrap().members().unwrap();
        let identity: serde_json::Map<String, Json> = parts
            .iter()
            .map(|(part, value)| {
                (
                    part.clone(),
                    value.as_str().map(Json::from).unwrap_or_default(),
                )
            })
            .collect();
        let request = wire::upgrade_resource_identity::Request {
            type_name: name.to_owned(),
            version: 0,
            raw_identity: Some(wire::RawState {
                json: Json::from(identity).to_string().into_bytes(),
                ..Default::default()
            }),
        };
        let answer = core
            .client
            .upgrade_resource_identity(request)
            .await
            .unwrap()
            .into_inner();
        assert!(checked(answer.diagnostics).is_empty(), "{name}");
        assert!(answer.upgraded_identity.is_some(), "{name}");
    }

    async fn generate(&self, core: &mut Core, stored: &Stored) -> Value {
        let request = wire::generate_resource_config::Request {
            type_name: self.type_name.to_owned(),
            state: Some(core.encode(self.type_name, &stored.state)),
        };
        let answer = core
            .client
            .generate_resource_config(request)
            .await
            .unwrap()
            .into_inner();
        assert!(checked(answer.diagnostics).is_empty(), "{}", self.type_name);
        let config = core.decode(self.type_name, answer.config);
        for attribute in core.attributes(self.type_name) {
            let value = config.get(&attribute.name).unwrap();
            assert!(
                value.is_wholly_known(),
                "{}.{}",
                self.type_name,
                attribute.name
            );
            assert!(
                value.is_null() || attribute.is_configurable(),
                "{}.{} is computed",
                self.type_name,
                attribute.name
            );
        }
        config
    }

    async fn die(&self, core: &mut Core, stored: &Stored) {
        let name = self.type_name;
        let plan = core.plan_destroy(name, stored).await.unwrap();
        let (gone, diagnostics) = core.apply(name, stored, &plan, &Value::Null).await;
        assert!(!has_errors(&diagnostics), "{name}: {diagnostics:#?}");
        assert!(gone.state.is_null(), "{name}");
        // What is gone is dropped by a refresh, and its destruction is no error.
        let (refreshed, diagnostics) = core.refresh(name, stored).await;
        assert!(!has_errors(&diagnostics), "{name}: {diagnostics:#?}");
        assert_eq!(refreshed, None, "{name}");
        let (gone, diagnostics) = core.apply(name, stored, &plan, &Value::Null).await;
        assert!(!has_errors(&diagnostics), "{name}: {diagnostics:#?}");
        assert!(gone.state.is_null(), "{name}");
    }
}

async fn start(cloud: &Simulator) -> Core {
    let variables = cloud.env();
    let mut core = Core::start(KonnectAzure::new(move |name| {
        let found = variables.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone())
    }))
    .await;
    let nothing = core.provider.nothing();
    assert_eq!(texts(&core.configure(&nothing).await), [""; 0]);
    core
}

fn role_of(subscription: &str, purpose: &str) -> Life {
    Life {
        type_name: "konnectazure_peering_role",
        written: json!({ "name": purpose, "purpose": purpose, "assignable_scopes": [subscription] }),
        changed: json!({ "description": "Lets the gateways in." }),
        replaced: json!({}),
    }
}

fn assignment_of(scope: &str, role: &Stored, principal: &Stored, elsewhere: Option<&str>) -> Life {
    Life {
        type_name: "konnectazure_role_assignment",
        written: json!({
            "scope": scope,
            "role_definition_id": text(role, "id"),
            "principal_id": text(principal, "object_id"),
        }),
        changed: json!({ "description": "For the gateways." }),
        replaced: elsewhere.map_or(json!({}), |scope| json!({ "scope": scope })),
    }
}

#[tokio::test]
async fn every_type_lives_from_creation_to_destruction_as_terraform_orders_it() {
    let cloud = Simulator::start(Seed::Demo);
    let mut core = start(&cloud).await;
    let subscription = format!("/subscriptions/{}", cloud.url("subscription_id"));
    let network_id = cloud.network_id("eastus2-prod");
    let hub = cloud.ready()["virtual_hubs"]["hub-eastus2"]
        .as_str()
        .unwrap();
    let zone = cloud.ready()["private_dns_zones"]["corp.example"]
        .as_str()
        .unwrap();
    let (vnet, other_vnet) = (cloud.vnet_id("vnet-orders"), cloud.vnet_id("vnet-overlap"));
    let mut lives: Vec<(Life, Stored)> = Vec::new();

    let kong = Life {
        type_name: "konnectazure_service_principal",
        written: json!({}),
        changed: json!({ "timeouts": { "create": "20m" } }),
        replaced: json!({}),
    };
    let principal = kong.live(&mut core).await;
    for (purpose, scope, elsewhere) in [
        ("vnet_peering", other_vnet, Some(vnet)),
        ("virtual_hub_peering", hub, None),
        ("private_dns_link", zone, None),
    ] {
        let role = role_of(&subscription, purpose);
        let stored = role.live(&mut core).await;
        let assignment = assignment_of(scope, &stored, &principal, elsewhere);
        let assigned = assignment.live(&mut core).await;
        lives.extend([(role, stored), (assignment, assigned)]);
    }
    lives.insert(0, (kong, principal));

    let wait = json!({ "wait_for_ready": false });
    let of_konnect = [
        Life {
            type_name: "konnectazure_vnet_peering",
            written: json!({ "name": "orders", "network_id": network_id, "vnet_id": vnet }),
            changed: wait.clone(),
            replaced: json!({ "name": "orders again", "wait_for_ready": true }),
        },
        Life {
            type_name: "konnectazure_virtual_hub_peering",
            written: json!({ "name": "wan", "network_id": network_id, "vhub_id": hub }),
            changed: wait.clone(),
            replaced: json!({ "name": "wan again", "wait_for_ready": true }),
        },
        Life {
            type_name: "konnectazure_dns_mappings",
            written: json!({
                "name": "corp",
                "network_id": network_id,
                "mappings": [{ "domains": ["a.example"], "target_ip_addresses": ["10.20.0.4"] }],
            }),
            changed: json!({ "mappings": [
                { "domains": ["b.example"], "target_ip_addresses": ["10.20.0.5", "10.20.0.4"] },
                { "domains": ["c.example", "d.example"], "target_ip_addresses": ["10.20.0.4"] },
            ]}),
            replaced: json!({ "network_id": cloud.network_id("eastus2-staging") }),
        },
        Life {
            type_name: "konnectazure_private_hosted_zone",
            written: json!({
                "name": "zone",
                "network_id": network_id,
                "domain_name": "corp.example",
                "resource_group_name": "rg-network",
                "vnet_link_name": "kong",
            }),
            changed: wait,
            replaced: json!({ "name": "zone again", "vnet_link_name": "kong-again", "wait_for_ready": true }),
        },
    ];
    for life in of_konnect {
        let stored = life.live(&mut core).await;
        lives.push((life, stored));
    }

    let types: BTreeSet<&str> = lives.iter().map(|(life, _)| life.type_name).collect();
    assert!(
        core.resources
            .keys()
            .all(|name| types.contains(name.as_str())),
        "a resource type is missing here: {types:?}"
    );
    for (life, stored) in lives.iter().rev() {
        life.die(&mut core, stored).await;
    }
    assert_eq!(cloud.leftovers(), Vec::<String>::new());
    core.shut_down().await;
}
