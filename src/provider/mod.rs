//! The provider itself: schema, configuration and its environment, clients, the registry.

use std::sync::Arc;

use async_trait::async_trait;

use crate::tf::diagnostics::Diagnostics;
use crate::tf::provider::{Host, Provider, Registry};
use crate::tf::schema::Schema;
use crate::{azure, konnect};

pub mod configuration;
pub mod environment;
pub mod registry;
pub mod schema;

/// The provider. Its clients are configured late, and again whenever the host says so.
pub struct KonnectAzure {
    azure: Arc<azure::Access>,
    konnect: Arc<konnect::Access>,
    registry: Registry,
    variables: Box<environment::Lookup>,
}

impl KonnectAzure {
    /// A provider that is not configured yet; `variables` reads the environment.
    pub fn new(variables: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        let azure = Arc::new(azure::Access::default());
        let konnect = Arc::new(konnect::Access::default());
        let registry = registry::registry(&azure, &konnect);
        Self {
            azure,
            konnect,
            registry,
            variables: Box::new(variables),
        }
    }
}

#[async_trait]
impl Provider for KonnectAzure {
    type Model = schema::ProviderModel;

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn registry(&self) -> &Registry {
        &self.registry
    }

    async fn configure(&self, config: Self::Model, _host: Host) -> Diagnostics {
        match configuration::resolve(&config, &self.variables) {
            Ok(settings) => {
                self.azure.configure(settings.azure);
                self.konnect.configure(settings.konnect);
                Diagnostics::new()
            }
            Err(diagnostics) => diagnostics,
        }
    }
}
