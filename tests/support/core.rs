//! The part of Terraform that talks to providers: calls in its order, with its checks of every answer.
//!
//! It learns the schemas over the wire, as Terraform does, so it works with any provider. Values, their encoding and the rules are its own,
//! from the published formats: what the server gets wrong on both sides of its own codec, or leaves out of its own checks, shows here.

mod changes;
mod checks;
pub mod msgpack;
mod numbers;
mod objects;
mod queries;
pub mod rules;
mod schemas;
mod types;
mod values;

use std::collections::BTreeMap;

use konnectazure::{
    plugin::{MAX_MESSAGE_BYTES, Routes},
    tf::provider::Provider,
    wire::{
        Server,
        generated::{self as wire, provider_client::ProviderClient},
    },
};
use tonic::transport::Channel;

pub use changes::{Action, Planned};
pub use checks::{checked, has_errors, texts};
pub use numbers::Number;
pub use queries::Listed;
pub use schemas::{Attribute, Schema};
pub use types::Type;
pub use values::{Members, Refinement, Value};

use super::host::{Host, Plugin};
use schemas::{decode_identity_schema, decode_schema};

/// What Terraform stores of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stored {
    pub state: Value,
    pub private: Vec<u8>,
    pub identity: Option<Value>,
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
        Value::from_json(written, &self.kind(type_name))
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
        Some(undynamic(data, kind))
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
        msgpack: msgpack::encode(value, kind),
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
    let decoded = msgpack::decode(&value.msgpack, kind);
    decoded.unwrap_or_else(|error| panic!("{error}: {value:?} is no {kind:?}"))
}
