//! The provider itself: schema, configuration and its environment, clients, the registry.

use async_trait::async_trait;

use crate::resources::clients::Clients;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::provider::{Provider, Registry};
use crate::tf::schema::Schema;

pub mod configuration;
pub mod environment;
pub mod registry;
pub mod schema;

/// The provider. Its clients are configured late, and again whenever the host says so.
pub struct KonnectAzure {
    clients: Clients,
    registry: Registry,
    variables: Box<environment::Lookup>,
}

impl KonnectAzure {
    /// A provider that is not configured yet; `variables` reads the environment.
    pub fn new(variables: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        let clients = Clients::default();
        let registry = registry::registry(&clients);
        Self {
            clients,
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

    async fn configure(&self, config: Self::Model) -> Diagnostics {
        match configuration::resolve(&config, &self.variables).await {
            Ok(settings) => {
                self.clients.azure.configure(settings.azure);
                self.clients.konnect.configure(settings.konnect);
                Diagnostics::new()
            }
            Err(diagnostics) => diagnostics,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tf::erased::{DynProvider as _, ErasedProvider};

    #[test]
    fn every_schema_and_model_is_sound() {
        let provider = ErasedProvider::new(KonnectAzure::new(|_| None));
        assert_eq!(provider.faults(), Vec::<String>::new());
    }
}
