//! Every resource type of the provider against the local cloud: created, refreshed, imported, written as configuration, changed, replaced
//! and destroyed, in Terraform's order of calls and with its checks of every answer.

use std::{collections::BTreeSet, path::Path};

use konnectazure::{
    preflight::consent::KONG_CLIENT_ID, provider::KonnectAzure, wire::generated as wire,
};
use serde_json::{Value as Json, json};

use crate::support::{
    core::{Action, Core, Refinement, Stored, Value, checked, has_errors, texts},
    host::Host,
    simulator::{Seed, Simulator},
};

/// How much of what a step writes is known when it is planned. When it is applied, everything is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Foresight {
    /// All of it, as where users write every value themselves.
    Everything,
    /// How each text begins and how many there are, as with `"${azurerm_resource_group.net.name}-kong"`.
    Beginnings,
    /// None of it, as with references to what the same apply creates.
    Nothing,
}

impl Foresight {
    /// The configuration as it is known when planned, `hidden` being what of it waits for something else.
    fn of(self, config: &Value, hidden: &Json) -> Value {
        let mut members = config.members().unwrap().clone();
        for name in hidden.as_object().unwrap().keys() {
            let value = members.get_mut(name).unwrap();
            *value = match self {
                Self::Everything => value.clone(),
                Self::Beginnings => beginning(value),
                Self::Nothing => Value::unknown(),
            };
        }
        Value::Object(members)
    }
}

fn beginning(value: &Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::List(elements) => Value::List(elements.iter().map(beginning).collect()),
        Value::Set(elements) => Value::set(elements.iter().map(beginning).collect()),
        Value::Map(members) | Value::Object(members) => {
            let members = members.iter();
            let members = members.map(|(name, member)| (name.clone(), beginning(member)));
            match value {
                Value::Map(_) => Value::Map(members.collect()),
                _ => Value::Object(members.collect()),
            }
        }
        _ => Value::Unknown(Refinement {
            null: Some(false),
            prefix: value
                .as_str()
                .map(|text| text.chars().take(text.chars().count() / 2).collect()),
            ..Refinement::default()
        }),
    }
}

/// Where the lives are lived.
struct Stage {
    core: Core,
    foresight: Foresight,
    /// The environment of the processes, one for each phase as Terraform starts them; none where the provider is in this process.
    processes: Option<Vec<(String, String)>>,
}

impl Stage {
    async fn in_process(cloud: &Simulator, foresight: Foresight) -> Self {
        let variables = cloud.env();
        let core = Core::start(KonnectAzure::new(move |name| {
            let found = variables.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone())
        }));
        Self {
            core: configured(core.await).await,
            foresight,
            processes: None,
        }
    }

    async fn with_the_binary(cloud: &Simulator, foresight: Foresight) -> Self {
        let variables = cloud.env();
        Self {
            core: configured(start_process(&variables).await).await,
            foresight,
            processes: Some(variables),
        }
    }

    /// What one process planned another one applies.
    async fn next_phase(&mut self) {
        if let Some(variables) = &self.processes {
            let next = configured(start_process(variables).await).await;
            std::mem::replace(&mut self.core, next).shut_down().await;
        }
    }
}

async fn start_process(variables: &[(String, String)]) -> Core {
    let binary = Path::new(env!("CARGO_BIN_EXE_terraform-provider-konnectazure"));
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    Core::load(Host::new().start_binary(binary, &variables).await).await
}

async fn configured(mut core: Core) -> Core {
    let nothing = core.provider.nothing();
    assert_eq!(texts(&core.configure(&nothing).await), [""; 0]);
    core
}

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
    async fn live(&self, stage: &mut Stage) -> Stored {
        let absent = Stored::default();
        let made = self
            .go(stage, &absent, &self.written, &self.written, Action::Create)
            .await;
        let config = stage.core.config(self.type_name, &self.written);
        self.take_over(&mut stage.core, &made, &config).await;

        // Another release may have stored private data; this one has no use for it, and is not the one to throw it away.
        let made = Stored {
            private: b"of another release".to_vec(),
            ..made
        };
        let written = merged(&self.written, &self.changed);
        let changed = self
            .go(stage, &made, &written, &self.changed, Action::Update)
            .await;
        assert_eq!(changed.private, made.private, "{}", self.type_name);
        if stage.foresight != Foresight::Everything {
            // What waits for something else may turn out to be what it was.
            let same = self
                .go(stage, &changed, &written, &self.changed, Action::Update)
                .await;
            assert_eq!(same, changed, "{}", self.type_name);
        }
        if self.replaced == json!({}) {
            return changed;
        }
        let written = merged(&written, &self.replaced);
        let replaced = self
            .go(stage, &changed, &written, &self.replaced, Action::Replace)
            .await;
        assert_ne!(replaced.identity, changed.identity, "{}", self.type_name);
        replaced
    }

    /// Plans with what is known of it and applies; afterwards a refresh and a plan find nothing to do.
    async fn go(
        &self,
        stage: &mut Stage,
        prior: &Stored,
        written: &Json,
        hidden: &Json,
        action: Action,
    ) -> Stored {
        let name = self.type_name;
        let config = stage.core.config(name, written);
        self.rehearse(stage, prior, &config, hidden, action).await;
        let known = stage.foresight.of(&config, hidden);
        let plan = stage.core.plan(name, prior, &known).await;
        let plan = plan.unwrap_or_else(|errors| panic!("{name}: {errors:#?}"));
        assert_eq!(plan.action, action, "{name}: {:?}", plan.replace);
        stage.next_phase().await;
        let (stored, diagnostics) = stage.core.apply(name, prior, &plan, &config).await;
        assert!(!has_errors(&diagnostics), "{name}: {diagnostics:#?}");
        stage.next_phase().await;
        let (refreshed, diagnostics) = stage.core.refresh(name, &stored).await;
        assert!(!has_errors(&diagnostics), "{name}: {diagnostics:#?}");
        let refreshed = refreshed.unwrap_or_else(|| panic!("{name} is gone"));
        assert_eq!(refreshed.private, stored.private, "{name}");
        self.assert_settled(&mut stage.core, &refreshed, &config)
            .await;
        refreshed
    }

    /// Whatever single thing is not known yet, what is planned without it holds when it is.
    async fn rehearse(
        &self,
        stage: &mut Stage,
        prior: &Stored,
        config: &Value,
        hidden: &Json,
        action: Action,
    ) {
        let name = self.type_name;
        if stage.foresight == Foresight::Everything {
            return;
        }
        for (attribute, value) in hidden.as_object().unwrap() {
            let one = json!({ attribute: value });
            let known = stage.foresight.of(config, &one);
            let plan = stage.core.plan(name, prior, &known).await;
            let plan = plan.unwrap_or_else(|errors| panic!("{name}.{attribute}: {errors:#?}"));
            assert_eq!(plan.action, action, "{name}.{attribute}");
            let planned = plan.state.get(attribute).unwrap();
            assert!(!planned.is_wholly_known(), "{name}.{attribute}");
            let left = match action {
                Action::Replace => &Stored::default(),
                _ => prior,
            };
            stage.core.plan_again(name, left, &plan, config).await;
        }
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

        let identity = made.identity.as_ref().unwrap().to_json();
        let request = wire::upgrade_resource_identity::Request {
            type_name: name.to_owned(),
            version: 0,
            raw_identity: Some(wire::RawState {
                json: identity.to_string().into_bytes(),
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

    async fn die(&self, stage: &mut Stage, stored: &Stored) {
        let name = self.type_name;
        let plan = stage.core.plan_destroy(name, stored).await.unwrap();
        stage.next_phase().await;
        let core = &mut stage.core;
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
    let stage = Stage::in_process(&cloud, Foresight::Everything).await;
    live_all(&cloud, stage).await;
}

#[tokio::test]
async fn every_type_lives_although_nothing_of_it_is_known_when_it_is_planned() {
    let cloud = Simulator::start(Seed::Demo);
    let stage = Stage::in_process(&cloud, Foresight::Nothing).await;
    live_all(&cloud, stage).await;
}

#[tokio::test]
async fn every_type_lives_through_a_process_for_each_phase() {
    let cloud = Simulator::start(Seed::Demo);
    let stage = Stage::with_the_binary(&cloud, Foresight::Beginnings).await;
    live_all(&cloud, stage).await;
}

async fn live_all(cloud: &Simulator, mut stage: Stage) {
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
        written: json!({ "client_id": KONG_CLIENT_ID }),
        changed: json!({ "timeouts": { "create": "20m" } }),
        replaced: json!({}),
    };
    let principal = kong.live(&mut stage).await;
    for (purpose, scope, elsewhere) in [
        ("vnet_peering", other_vnet, Some(vnet)),
        ("virtual_hub_peering", hub, None),
        ("private_dns_link", zone, None),
    ] {
        let role = role_of(&subscription, purpose);
        let stored = role.live(&mut stage).await;
        let assignment = assignment_of(scope, &stored, &principal, elsewhere);
        let assigned = assignment.live(&mut stage).await;
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
        let stored = life.live(&mut stage).await;
        lives.push((life, stored));
    }

    let types: BTreeSet<&str> = lives.iter().map(|(life, _)| life.type_name).collect();
    assert!(
        stage
            .core
            .resources
            .keys()
            .all(|name| types.contains(name.as_str())),
        "a resource type is missing here: {types:?}"
    );
    for (life, stored) in lives.iter().rev() {
        life.die(&mut stage, stored).await;
    }
    assert_eq!(cloud.leftovers(), Vec::<String>::new());
    stage.core.shut_down().await;
}
