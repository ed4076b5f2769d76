//! The provider itself: its configuration, and the list of what it offers.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use futures_util::FutureExt as _;

use super::config;
use super::data_source::DataSource;
use super::diagnostics::{Diagnostic, Diagnostics};
use super::erased::{
    DynDataSource, DynList, DynResource, ErasedDataSource, ErasedList, ErasedResource, Shape,
    panicked,
};
use super::function::Function;
use super::list::List;
use super::model::Model;
use super::plan;
use super::resource::Resource;
use super::schema::{Schema, identity_type};
use super::soundness;
use super::value::{Members, Value};

/// Who runs the provider.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// The host's version; Terraform and `OpenTofu` each send their own.
    pub version: String,
}

/// A provider.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// The provider block.
    type Model: Model;

    /// The schema of the provider block.
    fn schema(&self) -> Schema;

    /// What the provider offers.
    fn registry(&self) -> &Registry;

    /// Checks that join attributes. Anything may still be unknown.
    fn validate(&self, _config: &Self::Model, _diagnostics: &mut Diagnostics) {}

    /// Takes the configuration, defaults filled in, in place of any earlier one. What is unknown during a plan is no fault: calls that
    /// need it fail. The answer may hold warnings only, errors only, or both.
    async fn configure(&self, config: Self::Model, host: Host) -> Diagnostics;
}

/// What a provider offers, by name.
#[derive(Default)]
pub struct Registry {
    resources: BTreeMap<&'static str, Arc<dyn DynResource>>,
    data_sources: BTreeMap<&'static str, Arc<dyn DynDataSource>>,
    lists: BTreeMap<&'static str, Arc<dyn DynList>>,
    functions: BTreeMap<&'static str, Arc<dyn Function>>,
}

impl Registry {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a managed resource.
    #[must_use]
    pub fn resource(mut self, resource: impl Resource) -> Self {
        self.resources.insert(
            resource.type_name(),
            Arc::new(ErasedResource::new(resource)),
        );
        self
    }

    /// Adds a data source.
    #[must_use]
    pub fn data_source(mut self, source: impl DataSource) -> Self {
        self.data_sources
            .insert(source.type_name(), Arc::new(ErasedDataSource::new(source)));
        self
    }

    /// Adds a list resource. The resource of its name must be there, too.
    #[must_use]
    pub fn list(mut self, list: impl List) -> Self {
        self.lists
            .insert(list.type_name(), Arc::new(ErasedList::new(list)));
        self
    }

    /// Adds a function.
    #[must_use]
    pub fn function(mut self, function: impl Function) -> Self {
        self.functions.insert(function.name(), Arc::new(function));
        self
    }

    /// The managed resources, in name order.
    #[must_use]
    pub const fn resources(&self) -> &BTreeMap<&'static str, Arc<dyn DynResource>> {
        &self.resources
    }

    /// The data sources, in name order.
    #[must_use]
    pub const fn data_sources(&self) -> &BTreeMap<&'static str, Arc<dyn DynDataSource>> {
        &self.data_sources
    }

    /// The list resources, in name order.
    #[must_use]
    pub const fn lists(&self) -> &BTreeMap<&'static str, Arc<dyn DynList>> {
        &self.lists
    }

    /// The functions, in name order.
    #[must_use]
    pub const fn functions(&self) -> &BTreeMap<&'static str, Arc<dyn Function>> {
        &self.functions
    }

    /// Faults in the schemas and models of everything registered, in words. For a test that demands none.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let resources = self
            .resources
            .iter()
            .map(|(name, item)| (*name, item.schema_faults()));
        let sources = self
            .data_sources
            .iter()
            .map(|(name, item)| (*name, item.schema_faults()));
        let named = |(name, faults): (&'static str, Vec<String>)| {
            let faults = faults.into_iter();
            faults.map(move |fault| format!("{name}: {fault}"))
        };
        let lists = self.lists.iter().flat_map(|(name, item)| {
            let faults = item.schema_faults(self.resources.get(name).map(AsRef::as_ref));
            let faults = faults.into_iter();
            faults.map(move |fault| format!("list {name}: {fault}"))
        });
        resources
            .chain(sources)
            .flat_map(named)
            .chain(lists)
            .collect()
    }
}

/// A provider over plain values, as the wire sees it.
#[async_trait]
pub trait DynProvider: Send + Sync {
    /// The schema of the provider block.
    fn shape(&self) -> &Shape;

    /// As [`DynResource::schema_faults`].
    fn schema_faults(&self) -> Vec<String>;

    /// What the provider offers.
    fn registry(&self) -> &Registry;

    /// Checks a configuration.
    fn validate(&self, config: &Value) -> Diagnostics;

    /// Takes a configuration.
    async fn configure(&self, config: Value, host: Host) -> Diagnostics;

    /// Whether something in the last configuration was not known yet.
    fn is_configuration_unknown(&self) -> bool;
}

/// The adaptor from [`Provider`] to [`DynProvider`].
pub struct ErasedProvider<P> {
    provider: P,
    shape: OnceLock<Shape>,
    is_unknown: AtomicBool,
}

impl<P: Provider> ErasedProvider<P> {
    /// Wraps a provider.
    pub const fn new(provider: P) -> Self {
        Self {
            provider,
            shape: OnceLock::new(),
            is_unknown: AtomicBool::new(false),
        }
    }

    fn decode(&self, config: &Value) -> Result<(P::Model, Members), Diagnostics> {
        let absent = Members::new();
        let members = match config {
            Value::Object(members) => members,
            // An absent provider block says as much as an empty one.
            Value::Null => &absent,
            _ => {
                return Err(Diagnostic::error(
                    "Invalid provider configuration",
                    "An object was expected.",
                )
                .into());
            }
        };
        let members = plan::with_defaults(&self.shape().schema.attributes, members.clone());
        let model = P::Model::from_object(Value::Object(members.clone())).map_err(|error| {
            Diagnostic::error("Invalid provider configuration", format!("{error}."))
                .at(error.path.clone())
        })?;
        Ok((model, members))
    }
}

#[async_trait]
impl<P: Provider> DynProvider for ErasedProvider<P> {
    fn shape(&self) -> &Shape {
        self.shape.get_or_init(|| {
            let schema = self.provider.schema();
            Shape {
                object_type: schema.object_type(),
                identity_type: identity_type(&[]),
                schema,
                identity: Vec::new(),
            }
        })
    }

    fn schema_faults(&self) -> Vec<String> {
        let schema = &self.shape().schema;
        let mut faults = soundness::schema_faults(schema);
        faults.extend(soundness::model_faults(
            schema,
            &P::Model::attribute_types(),
        ));
        faults
    }

    fn registry(&self) -> &Registry {
        self.provider.registry()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        if config.is_unknown() {
            return Diagnostics::new();
        }
        let (model, members) = match self.decode(config) {
            Ok(decoded) => decoded,
            Err(errors) => return errors,
        };
        let mut diagnostics = config::validate(&self.shape().schema.attributes, &members, false);
        let checked = catch_unwind(AssertUnwindSafe(|| {
            let mut found = Diagnostics::new();
            self.provider.validate(&model, &mut found);
            found
        }));
        match checked {
            Ok(found) => diagnostics.extend(found),
            Err(panic) => diagnostics.push(panicked("validation", panic.as_ref())),
        }
        diagnostics
    }

    async fn configure(&self, config: Value, host: Host) -> Diagnostics {
        let is_unknown = !config.is_wholly_known();
        self.is_unknown.store(is_unknown, Ordering::Release);
        let model = match self.decode(&config) {
            Ok((model, _)) => model,
            Err(errors) => return errors,
        };
        AssertUnwindSafe(self.provider.configure(model, host))
            .catch_unwind()
            .await
            .unwrap_or_else(|panic| panicked("configuration", panic.as_ref()).into())
    }

    fn is_configuration_unknown(&self) -> bool {
        self.is_unknown.load(Ordering::Acquire)
    }
}
