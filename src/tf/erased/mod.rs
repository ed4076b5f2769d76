//! The provider, resources, data sources and list resources as the wire sees them: over plain values, each trait with one adaptor from its
//! typed face.

mod apply;
mod data_source;
mod decode;
mod faults;
mod list;
mod provider;
mod resource;
mod state;

use std::sync::OnceLock;

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use data_source::ErasedDataSource;
pub(crate) use faults::panicked;
pub use list::ErasedList;
pub use provider::ErasedProvider;
pub use resource::ErasedResource;

use super::diagnostics::Diagnostics;
use super::list::ListEvent;
use super::path::Path;
use super::provider::Registry;
use super::resource::{ImportId, MoveSource};
use super::schema::{IdentityAttribute, Schema, identity_type};
use super::types::Type;
use super::value::{Members, Value};

/// A schema with what follows from it, worked out once, and not before it is wanted: most lives of a process end with the schema told.
#[derive(Debug)]
pub struct Shape {
    /// The whole schema, `timeouts` included.
    pub schema: Schema,
    /// The identity's attributes; empty where there is none.
    pub identity: Vec<IdentityAttribute>,
    object_type: OnceLock<Type>,
    identity_type: OnceLock<Type>,
}

impl Shape {
    const fn new(schema: Schema, identity: Vec<IdentityAttribute>) -> Self {
        Self {
            schema,
            identity,
            object_type: OnceLock::new(),
            identity_type: OnceLock::new(),
        }
    }

    /// The schema's type.
    pub fn object_type(&self) -> &Type {
        self.object_type.get_or_init(|| self.schema.object_type())
    }

    /// The identity's type.
    pub fn identity_type(&self) -> &Type {
        let made = || identity_type(&self.identity);
        self.identity_type.get_or_init(made)
    }
}

/// A change to be planned. Null stands for an object that is not there.
#[derive(Debug)]
pub struct PlanRequest {
    /// The state before.
    pub prior: Value,
    /// Whether the host proposes that the object be gone. What else it proposes follows from state and configuration.
    pub destroys: bool,
    /// The configuration.
    pub config: Value,
    /// What was stored beside the state.
    pub private: Vec<u8>,
    /// The stored identity.
    pub identity: Option<Value>,
    /// Cancelled when the user interrupts the run.
    pub cancel: CancellationToken,
}

/// A planned change.
#[derive(Debug, Default)]
pub struct PlanAnswer {
    /// The state to come; null for a destruction.
    pub planned: Value,
    /// The attributes whose change replaces the object.
    pub replace: Vec<Path>,
    /// To be handed to apply.
    pub private: Vec<u8>,
    /// The identity to come.
    pub identity: Option<Value>,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}

/// A planned change to be made real. Null stands for an object that is not there.
#[derive(Debug)]
pub struct ApplyRequest {
    /// The state before.
    pub prior: Value,
    /// The planned state.
    pub planned: Value,
    /// The configuration, by now wholly known.
    pub config: Value,
    /// What the plan handed over.
    pub private: Vec<u8>,
    /// The planned identity.
    pub identity: Option<Value>,
    /// Cancelled when the user interrupts the run.
    pub cancel: CancellationToken,
}

/// A state to be refreshed.
#[derive(Debug)]
pub struct ReadRequest {
    /// The state.
    pub state: Value,
    /// What was stored beside it.
    pub private: Vec<u8>,
    /// The stored identity.
    pub identity: Option<Value>,
    /// Cancelled when the user interrupts the run.
    pub cancel: CancellationToken,
}

/// A state with what is stored beside it.
#[derive(Debug, Default)]
pub struct StateAnswer {
    /// The state; null if the object is not there.
    pub state: Value,
    /// To be stored beside the state.
    pub private: Vec<u8>,
    /// The identity, where all of it is known.
    pub identity: Option<Value>,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}

/// A managed resource over plain values.
#[async_trait]
pub trait DynResource: Send + Sync {
    /// The full type name.
    fn type_name(&self) -> &'static str;

    /// The schema with the timeouts, made anew for each call: what only tells it to a host need not keep it.
    fn schema(&self) -> Schema;

    /// The attributes of the identity; none where there is no identity.
    fn identity(&self) -> Vec<IdentityAttribute>;

    /// Schema and identity, kept.
    fn shape(&self) -> &Shape;

    /// What the model and the schema disagree about, and other faults of the schema. Empty for a sound resource.
    fn schema_faults(&self) -> Vec<String>;

    /// Checks a configuration.
    fn validate(&self, config: &Value, write_only_allowed: bool) -> Diagnostics;

    /// Plans a change.
    async fn plan(&self, request: PlanRequest) -> PlanAnswer;

    /// Makes a planned change real. Whatever happens, the answer holds what there is now.
    async fn apply(&self, request: ApplyRequest) -> StateAnswer;

    /// Looks at the object again.
    async fn read(&self, request: ReadRequest) -> StateAnswer;

    /// Finds an object to import.
    async fn import(&self, id: ImportId, cancel: CancellationToken) -> StateAnswer;

    /// Completes what a query found, a model's members, to the state that a refresh would give, and its identity.
    ///
    /// # Errors
    /// If it is not what a state may be, or has no identity, which are faults of ours.
    fn listed(&self, members: Members) -> Result<(Value, Value), Diagnostics>;

    /// Takes over an object from another resource type.
    fn move_from(&self, source: &MoveSource) -> StateAnswer;

    /// Brings a stored state of another schema version into today's shape.
    ///
    /// # Errors
    /// If there is no way from that version.
    fn upgrade(
        &self,
        version: i64,
        state: serde_json::Value,
    ) -> Result<serde_json::Value, Diagnostics>;

    /// Completes a state that was just decoded from what is stored.
    fn stored(&self, state: Value) -> Value;

    /// Writes a configuration that leads to this state.
    fn generate_config(&self, state: &Value) -> (Value, Diagnostics);
}

/// A data source over plain values.
#[async_trait]
pub trait DynDataSource: Send + Sync {
    /// The full type name.
    fn type_name(&self) -> &'static str;

    /// As [`DynResource::schema`].
    fn schema(&self) -> Schema;

    /// The schema, kept.
    fn shape(&self) -> &Shape;

    /// As [`DynResource::schema_faults`].
    fn schema_faults(&self) -> Vec<String>;

    /// Checks a configuration.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Reads; the value is null after an error.
    async fn read(&self, config: Value, cancel: CancellationToken) -> (Value, Diagnostics);
}

/// A provider over plain values, as the wire sees it.
#[async_trait]
pub trait DynProvider: Send + Sync {
    /// The schema of the provider block. As [`DynResource::schema`].
    fn schema(&self) -> Schema;

    /// The schema, kept.
    fn shape(&self) -> &Shape;

    /// Faults in the schemas and models of the provider block and of everything registered, in words. For a test that demands none.
    fn faults(&self) -> Vec<String>;

    /// What the provider offers.
    fn registry(&self) -> &Registry;

    /// Checks a configuration.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Takes a configuration. `cancel` is cancelled when the user interrupts the run.
    async fn configure(&self, config: Value, cancel: CancellationToken) -> Diagnostics;

    /// Whether something in the last configuration was not known yet.
    fn is_configuration_unknown(&self) -> bool;
}

/// A query.
#[derive(Debug)]
pub struct ListRequest {
    /// The filters; null where there are none.
    pub config: Value,
    /// The most objects to find.
    pub limit: u64,
    /// Whether the whole objects are asked for besides their identities.
    pub include_object: bool,
    /// Cancelled when the user interrupts the run.
    pub cancel: CancellationToken,
}

/// A list resource over plain values.
#[async_trait]
pub trait DynList: Send + Sync {
    /// The full type name, which is that of the resource it lists.
    fn type_name(&self) -> &'static str;

    /// The schema of the filters. As [`DynResource::schema`].
    fn schema(&self) -> Schema;

    /// The schema, kept.
    fn shape(&self) -> &Shape;

    /// As [`DynResource::schema_faults`], and where it disagrees with the resource of its name.
    fn schema_faults(&self, resource: Option<&dyn DynResource>) -> Vec<String>;

    /// Checks a configuration.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Sends what is found while it is being found, and stops when nobody listens any more. The answer is what is left to say.
    async fn list(
        &self,
        request: ListRequest,
        resource: &dyn DynResource,
        events: mpsc::Sender<ListEvent>,
    ) -> Diagnostics;
}

#[cfg(test)]
mod tests;
