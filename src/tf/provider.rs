//! The provider itself: its configuration, and the list of what it offers.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::data_source::DataSource;
use super::diagnostics::Diagnostics;
use super::erased::{
    DynDataSource, DynList, DynResource, ErasedDataSource, ErasedList, ErasedResource,
};
use super::function::Function;
use super::list::List;
use super::model::Model;
use super::resource::Resource;
use super::schema::Schema;

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
    /// need it fail. The answer may hold warnings only, errors only, or both. Dropped, where it waits, when the user interrupts the run.
    async fn configure(&self, config: Self::Model) -> Diagnostics;
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
