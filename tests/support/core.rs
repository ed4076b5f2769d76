//! The part of Terraform that talks to providers: calls in its order, with its checks of every answer.
//!
//! It learns the schemas over the wire, as Terraform does, so it works with any provider.

mod checks;
mod queries;
mod schemas;

use std::collections::BTreeMap;

use konnectazure::{
    plugin::{MAX_MESSAGE_BYTES, Routes},
    tf::{
        consistency,
        provider::Provider,
        schema::{Attribute, Schema},
        types::Type,
        value::{Members, Value},
    },
    wire::{
        Server,
        generated::{self as wire, provider_client::ProviderClient},
        json, msgpack,
    },
};
use tonic::transport::Channel;

pub use checks::{checked, has_errors, texts};
pub use queries::Listed;

use super::host::{Host, Plugin};
use checks::{assert_has_type, assert_known_identity, assert_same_where_known};
use schemas::{decode_identity_schema, decode_schema};

/// What Terraform stores of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stored {
    pub state: Value,
    pub private: Vec<u8>,
    pub identity: Option<Value>,
}

/// What Terraform shows in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    NoOp,
    Create,
    Update,
    Replace,
    Delete,
}

/// A change that was planned and found consistent.
#[derive(Clone, Debug)]
pub struct Planned {
    pub action: Action,
    pub state: Value,
    pub replace: Vec<wire::AttributePath>,
    private: Vec<u8>,
    identity: Option<Value>,
}

/// Errors and warnings, in the provider's words.
pub type Diagnostics = Vec<wire::Diagnostic>;

pub struct Core {
    pub client: ProviderClient<Channel>,
    pub resources: BTreeMap<String, Schema>,
    pub data_sources: BTreeMap<String, Schema>,
    pub lists: BTreeMap<String, Schema>,
    pub provider: Schema,
    pub identities: BTreeMap<String, Type>,
    plugin: Plugin,
}

/// What a resource answered to one plan call.
struct Answer {
    planned: Value,
    replace: Vec<wire::AttributePath>,
    private: Vec<u8>,
    identity: Option<Value>,
}

impl Core {
    /// Starts a provider in this process and loads its schemas.
    pub async fn start(provider: impl Provider) -> Self {
        Self::start_server(&Server::new(provider)).await
    }

    pub async fn start_server(server: &Server) -> Self {
        let host = Host::new();
        let routes = Routes::default().add_service(server.service(MAX_MESSAGE_BYTES));
        let stopping = server.clone();
        let stop_work = move || async move { stopping.stop_work().await };
        let plugin = host
            .start_in_process_with(host.launch(), routes, stop_work)
            .await;
        Self::load(plugin).await
    }

    /// Loads the schemas of a running plugin.
    pub async fn load(plugin: Plugin) -> Self {
        let mut client = plugin.provider().await;
        let answer = client
            .get_provider_schema(wire::get_provider_schema::Request {})
            .await
            .unwrap()
            .into_inner();
        let identities = client
            .get_resource_identity_schemas(wire::get_resource_identity_schemas::Request {})
            .await
            .unwrap()
            .into_inner();
        let all = |schemas: BTreeMap<String, wire::Schema>| {
            let decoded = schemas
                .into_iter()
                .map(|(name, schema)| (name, decode_schema(schema)));
            decoded.collect()
        };
        Self {
            client,
            resources: all(answer.resource_schemas),
            data_sources: all(answer.data_source_schemas),
            lists: all(answer.list_resource_schemas),
            provider: decode_schema(answer.provider.expect("a provider schema")),
            identities: identities
                .identity_schemas
                .into_iter()
                .map(|(name, schema)| (name, decode_identity_schema(&schema)))
                .collect(),
            plugin,
        }
    }

    /// A second connection to the same process.
    pub async fn another_client(&self) -> ProviderClient<Channel> {
        self.plugin.provider().await
    }

    /// The provider's process id, where it is a process of its own.
    pub fn process_id(&self) -> Option<u32> {
        self.plugin.process_id()
    }

    /// Ends the provider, and fails if it would have to be killed.
    pub async fn shut_down(self) {
        drop(self.client);
        self.plugin.shut_down().await;
    }

    pub fn kind(&self, type_name: &str) -> Type {
        self.resources[type_name].object_type()
    }

    pub fn attributes(&self, type_name: &str) -> &[Attribute] {
        &self.resources[type_name].attributes
    }

    /// A configuration; attributes that are left out are null.
    pub fn config(&self, type_name: &str, written: &serde_json::Value) -> Value {
        json::decode_json(written.to_string().as_bytes(), &self.kind(type_name)).unwrap()
    }

    pub fn encode(&self, type_name: &str, value: &Value) -> wire::DynamicValue {
        dynamic(value, &self.kind(type_name))
    }

    pub fn decode(&self, type_name: &str, value: Option<wire::DynamicValue>) -> Value {
        undynamic(value, &self.kind(type_name))
    }

    pub async fn configure(&mut self, config: &Value) -> Diagnostics {
        let kind = self.provider.object_type();
        let validated = self
            .client
            .validate_provider_config(wire::validate_provider_config::Request {
                config: Some(dynamic(config, &kind)),
            })
            .await
            .unwrap()
            .into_inner();
        let mut diagnostics = checked(validated.diagnostics);
        if has_errors(&diagnostics) {
            return diagnostics;
        }
        let answer = self
            .client
            .configure_provider(wire::configure_provider::Request {
                terraform_version: "1.16.0".to_owned(),
                config: Some(dynamic(config, &kind)),
                client_capabilities: Some(capabilities()),
            })
            .await
            .unwrap()
            .into_inner();
        diagnostics.extend(checked(answer.diagnostics));
        diagnostics
    }

    pub async fn validate(&mut self, type_name: &str, config: &Value) -> Diagnostics {
        let answer = self
            .client
            .validate_resource_config(wire::validate_resource_config::Request {
                type_name: type_name.to_owned(),
                config: Some(self.encode(type_name, config)),
                client_capabilities: Some(capabilities()),
            })
            .await
            .unwrap();
        checked(answer.into_inner().diagnostics)
    }

    /// Validates and plans a creation, update or replacement, checking the answers as Terraform does.
    ///
    /// # Errors
    /// The provider's, which Terraform shows.
    pub async fn plan(
        &mut self,
        type_name: &str,
        prior: &Stored,
        config: &Value,
    ) -> Result<Planned, Diagnostics> {
        let found = self.validate(type_name, config).await;
        if has_errors(&found) {
            return Err(found);
        }
        let answer = self.plan_once(type_name, prior, config).await?;
        if prior.state.is_null() {
            return Ok(Planned::new(Action::Create, answer));
        }
        let before = prior.state.clone();
        let effective: Vec<_> = answer
            .replace
            .iter()
            .filter(|path| {
                let (old, new) = (step_into(&before, path), step_into(&answer.planned, path));
                assert!(old.is_some() || new.is_some(), "no attribute at {path:?}");
                old != new
            })
            .cloned()
            .collect();
        if !effective.is_empty() {
            let absent = Stored {
                state: Value::Null,
                private: answer.private,
                identity: answer.identity,
            };
            let again = self.plan_once(type_name, &absent, config).await?;
            return Ok(Planned {
                replace: effective,
                ..Planned::new(Action::Replace, again)
            });
        }
        assert_known_identity(answer.identity.as_ref());
        let action = if answer.planned == before {
            Action::NoOp
        } else {
            Action::Update
        };
        Ok(Planned::new(action, answer))
    }

    async fn plan_once(
        &mut self,
        type_name: &str,
        prior: &Stored,
        config: &Value,
    ) -> Result<Answer, Diagnostics> {
        let proposed = propose(self.attributes(type_name), &prior.state, config);
        let answer = self
            .client
            .plan_resource_change(wire::plan_resource_change::Request {
                type_name: type_name.to_owned(),
                prior_state: Some(self.encode(type_name, &prior.state)),
                proposed_new_state: Some(self.encode(type_name, &proposed)),
                config: Some(self.encode(type_name, config)),
                prior_private: prior.private.clone(),
                prior_identity: self.encode_identity(type_name, prior.identity.as_ref()),
                client_capabilities: Some(capabilities()),
                ..Default::default()
            })
            .await
            .unwrap()
            .into_inner();
        let diagnostics = checked(answer.diagnostics);
        if has_errors(&diagnostics) {
            return Err(diagnostics);
        }
        assert!(!answer.legacy_type_system);
        assert_eq!(answer.deferred, None);
        let planned = self.decode(type_name, answer.planned_state);
        let before = Some(&prior.state).filter(|state| !state.is_null());
        let attributes = self.attributes(type_name);
        assert_eq!(
            consistency::plan_faults(attributes, before, config, &planned),
            []
        );
        assert_has_type(&self.kind(type_name), &planned);
        let identity = self.decode_identity(type_name, answer.planned_identity);
        assert_known_identity(identity.as_ref());
        Ok(Answer {
            planned,
            replace: answer.requires_replace,
            private: answer.planned_private,
            identity,
        })
    }

    /// Plans a destruction.
    pub async fn plan_destroy(
        &mut self,
        type_name: &str,
        prior: &Stored,
    ) -> Result<Planned, Diagnostics> {
        let null = self.encode(type_name, &Value::Null);
        let answer = self
            .client
            .plan_resource_change(wire::plan_resource_change::Request {
                type_name: type_name.to_owned(),
                prior_state: Some(self.encode(type_name, &prior.state)),
                proposed_new_state: Some(null.clone()),
                config: Some(null),
                prior_private: prior.private.clone(),
                prior_identity: self.encode_identity(type_name, prior.identity.as_ref()),
                client_capabilities: Some(capabilities()),
                ..Default::default()
            })
            .await
            .unwrap()
            .into_inner();
        let diagnostics = checked(answer.diagnostics);
        if has_errors(&diagnostics) {
            return Err(diagnostics);
        }
        let planned = self.decode(type_name, answer.planned_state);
        assert!(planned.is_null(), "planned a non-null destroy value");
        Ok(Planned {
            action: Action::Delete,
            state: planned,
            replace: Vec::new(),
            private: answer.planned_private,
            identity: self.decode_identity(type_name, answer.planned_identity),
        })
    }

    /// Makes a plan real: plans again, as Terraform does, now with everything known, and applies. What is stored afterwards comes back
    /// together with the provider's diagnostics.
    pub async fn apply(
        &mut self,
        type_name: &str,
        prior: &Stored,
        plan: &Planned,
        config: &Value,
    ) -> (Stored, Diagnostics) {
        match plan.action {
            Action::NoOp => (prior.clone(), Vec::new()),
            Action::Delete => self.apply_once(type_name, prior, plan, &Value::Null).await,
            Action::Create | Action::Update => {
                let last = self
                    .plan(type_name, prior, config)
                    .await
                    .expect("a second plan");
                assert!(
                    last.action == plan.action || last.action == Action::NoOp,
                    "the action changed"
                );
                assert_same_where_known(&plan.state, &last.state);
                self.apply_once(type_name, prior, &last, config).await
            }
            Action::Replace => {
                // The deletion gets the private data of the creation's plan.
                let delete = Planned {
                    action: Action::Delete,
                    state: Value::Null,
                    ..plan.clone()
                };
                let (left, diagnostics) = self
                    .apply_once(type_name, prior, &delete, &Value::Null)
                    .await;
                if has_errors(&diagnostics) {
                    return (left, diagnostics);
                }
                let absent = Stored::default();
                let create = self
                    .plan(type_name, &absent, config)
                    .await
                    .expect("a plan to create");
                assert_same_where_known(&plan.state, &create.state);
                self.apply_once(type_name, &absent, &create, config).await
            }
        }
    }

    async fn apply_once(
        &mut self,
        type_name: &str,
        prior: &Stored,
        plan: &Planned,
        config: &Value,
    ) -> (Stored, Diagnostics) {
        let answer = self
            .client
            .apply_resource_change(wire::apply_resource_change::Request {
                type_name: type_name.to_owned(),
                prior_state: Some(self.encode(type_name, &prior.state)),
                planned_state: Some(self.encode(type_name, &plan.state)),
                config: Some(self.encode(type_name, config)),
                planned_private: plan.private.clone(),
                planned_identity: self.encode_identity(type_name, plan.identity.as_ref()),
                ..Default::default()
            })
            .await
            .unwrap()
            .into_inner();
        assert!(!answer.legacy_type_system);
        let diagnostics = checked(answer.diagnostics);
        let state = self.decode(type_name, answer.new_state);
        let identity = self.decode_identity(type_name, answer.new_identity);
        let attributes = self.attributes(type_name);
        if has_errors(&diagnostics) {
            if state.is_null() {
                // Nothing was made, or what there was is kept.
                return (prior.clone(), diagnostics);
            }
            assert_eq!(
                consistency::state_faults(attributes, &self.kind(type_name), &state),
                []
            );
        } else {
            assert_eq!(
                consistency::apply_faults(attributes, &self.kind(type_name), &plan.state, &state),
                []
            );
            if !state.is_null() && self.identities.contains_key(type_name) {
                assert!(identity.is_some(), "no identity after an apply");
            }
        }
        assert_known_identity(identity.as_ref());
        let stored = Stored {
            state,
            private: answer.private,
            identity,
        };
        (stored, diagnostics)
    }

    /// Loads a state from where it is stored, and refreshes it. `None` if the object is gone.
    pub async fn refresh(
        &mut self,
        type_name: &str,
        stored: &Stored,
    ) -> (Option<Stored>, Diagnostics) {
        let file = json::encode_json(&stored.state, &self.kind(type_name)).unwrap();
        let upgraded = self
            .upgrade(type_name, self.resources[type_name].version, file)
            .await
            .unwrap();
        assert_eq!(upgraded, stored.state);
        let current = Stored {
            state: upgraded,
            ..stored.clone()
        };
        self.read(type_name, &current).await
    }

    /// Brings a stored state into today's shape.
    pub async fn upgrade(
        &mut self,
        type_name: &str,
        version: i64,
        file: Vec<u8>,
    ) -> Result<Value, Diagnostics> {
        let raw_state = wire::RawState {
            json: file,
            ..Default::default()
        };
        let answer = self
            .client
            .upgrade_resource_state(wire::upgrade_resource_state::Request {
                type_name: type_name.to_owned(),
                version,
                raw_state: Some(raw_state),
            })
            .await
            .unwrap()
            .into_inner();
        let diagnostics = checked(answer.diagnostics);
        if has_errors(&diagnostics) {
            return Err(diagnostics);
        }
        let state = self.decode(type_name, answer.upgraded_state);
        assert!(!state.is_null(), "the object would silently be forgotten");
        assert_eq!(
            consistency::state_faults(self.attributes(type_name), &self.kind(type_name), &state),
            []
        );
        Ok(state)
    }

    async fn read(&mut self, type_name: &str, stored: &Stored) -> (Option<Stored>, Diagnostics) {
        let answer = self
            .client
            .read_resource(wire::read_resource::Request {
                type_name: type_name.to_owned(),
                current_state: Some(self.encode(type_name, &stored.state)),
                private: stored.private.clone(),
                current_identity: self.encode_identity(type_name, stored.identity.as_ref()),
                client_capabilities: Some(capabilities()),
                ..Default::default()
            })
            .await
            .unwrap()
            .into_inner();
        let diagnostics = checked(answer.diagnostics);
        let state = self.decode(type_name, answer.new_state);
        let identity = self.decode_identity(type_name, answer.new_identity);
        if has_errors(&diagnostics) {
            assert_eq!(state, stored.state, "a failed refresh changes nothing");
            return (Some(stored.clone()), diagnostics);
        }
        if state.is_null() {
            return (None, diagnostics);
        }
        assert_eq!(
            consistency::state_faults(self.attributes(type_name), &self.kind(type_name), &state),
            []
        );
        assert_known_identity(identity.as_ref());
        let refreshed = Stored {
            state,
            private: answer.private,
            identity,
        };
        (Some(refreshed), diagnostics)
    }

    /// Imports by id or, where that is empty, by identity, and refreshes what was found.
    ///
    /// # Errors
    /// The provider's, of import or refresh.
    pub async fn import(
        &mut self,
        type_name: &str,
        id: &str,
        identity: Option<&Value>,
    ) -> Result<Stored, Diagnostics> {
        let answer = self
            .client
            .import_resource_state(wire::import_resource_state::Request {
                type_name: type_name.to_owned(),
                id: id.to_owned(),
                identity: self.encode_identity(type_name, identity),
                client_capabilities: Some(capabilities()),
            })
            .await
            .unwrap()
            .into_inner();
        let diagnostics = checked(answer.diagnostics);
        if has_errors(&diagnostics) {
            assert!(answer.imported_resources.is_empty());
            return Err(diagnostics);
        }
        let [imported]: [_; 1] = answer
            .imported_resources
            .try_into()
            .expect("exactly one object");
        assert_eq!(imported.type_name, type_name);
        let found = Stored {
            state: self.decode(type_name, imported.state),
            private: imported.private,
            identity: self.decode_identity(type_name, imported.identity),
        };
        assert_eq!(
            consistency::state_faults(
                self.attributes(type_name),
                &self.kind(type_name),
                &found.state
            ),
            []
        );
        assert!(
            identity.is_none() || found.identity.is_some(),
            "no identity after an import by one"
        );
        match self.read(type_name, &found).await {
            (_, diagnostics) if has_errors(&diagnostics) => Err(diagnostics),
            (refreshed, _) => Ok(refreshed.expect("cannot import a non-existent remote object")),
        }
    }

    fn encode_identity(
        &self,
        type_name: &str,
        identity: Option<&Value>,
    ) -> Option<wire::ResourceIdentityData> {
        let kind = self.identities.get(type_name)?;
        Some(wire::ResourceIdentityData {
            identity_data: Some(dynamic(identity.unwrap_or(&Value::Null), kind)),
        })
    }

    fn decode_identity(
        &self,
        type_name: &str,
        data: Option<wire::ResourceIdentityData>,
    ) -> Option<Value> {
        let data = data?.identity_data;
        let kind = self
            .identities
            .get(type_name)
            .expect("an identity without a schema");
        let identity = undynamic(data, kind);
        assert_has_type(kind, &identity);
        Some(identity)
    }
}

impl Planned {
    fn new(action: Action, answer: Answer) -> Self {
        Self {
            action,
            state: answer.planned,
            replace: answer.replace,
            private: answer.private,
            identity: answer.identity,
        }
    }
}

pub fn capabilities() -> wire::ClientCapabilities {
    wire::ClientCapabilities {
        deferral_allowed: false,
        write_only_attributes_allowed: true,
        store_planned_private: true,
        computed_blocks_allowed: true,
    }
}

pub fn dynamic(value: &Value, kind: &Type) -> wire::DynamicValue {
    wire::DynamicValue {
        msgpack: msgpack::encode(value, kind).unwrap(),
        json: Vec::new(),
    }
}

pub fn undynamic(value: Option<wire::DynamicValue>, kind: &Type) -> Value {
    let Some(value) = value else {
        return Value::Null;
    };
    assert!(value.json.is_empty(), "answers are MessagePack");
    if value.msgpack.is_empty() {
        return Value::Null;
    }
    msgpack::decode(&value.msgpack, kind).unwrap()
}

/// As Terraform proposes it: configured values, and prior ones for computed attributes without configuration.
fn propose(attributes: &[Attribute], prior: &Value, config: &Value) -> Value {
    let Value::Object(members) = config else {
        return config.clone();
    };
    let mut proposed: Members = members.clone();
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.mode.is_computed())
    {
        let value = proposed.get_mut(attribute.name).unwrap();
        if value.is_null() {
            *value = prior.get(attribute.name).cloned().unwrap_or_default();
        }
    }
    Value::Object(proposed)
}

fn step_into(value: &Value, path: &wire::AttributePath) -> Option<Value> {
    use wire::attribute_path::step::Selector;

    path.steps.iter().try_fold(value.clone(), |value, step| {
        match step.selector.as_ref()? {
            Selector::AttributeName(name) | Selector::ElementKeyString(name) => {
                value.get(name).cloned()
            }
            Selector::ElementKeyInt(index) => value
                .elements()?
                .get(usize::try_from(*index).ok()?)
                .cloned(),
        }
    })
}
