//! From a typed [`Provider`] to [`DynProvider`].

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::decode::{decode, optional_object, validated};
use super::faults::guarded;
use super::{DynProvider, Shape};
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::model::Model;
use crate::tf::plan;
use crate::tf::provider::{Provider, Registry};
use crate::tf::schema::Schema;
use crate::tf::soundness;
use crate::tf::value::{Members, Value};

/// How messages call what the user wrote.
const WHAT: &str = "provider configuration";

/// The adaptor.
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

    /// The members of the provider block, defaults filled in. An absent block says as much as an empty one.
    fn members(&self, config: &Value) -> Result<Members, Diagnostic> {
        let members = optional_object(WHAT, config)?.cloned();
        let attributes = &self.shape().schema.attributes;
        Ok(plan::with_defaults(attributes, members.unwrap_or_default()))
    }
}

#[async_trait]
impl<P: Provider> DynProvider for ErasedProvider<P> {
    fn schema(&self) -> Schema {
        self.provider.schema()
    }

    fn shape(&self) -> &Shape {
        self.shape
            .get_or_init(|| Shape::new(self.schema(), Vec::new()))
    }

    fn faults(&self) -> Vec<String> {
        let schema = &self.shape().schema;
        let unlike = soundness::model_faults(schema, &P::Model::attribute_types());
        let own = soundness::schema_faults(schema).into_iter().chain(unlike);
        own.map(|fault| format!("provider: {fault}"))
            .chain(self.registry().faults())
            .collect()
    }

    fn registry(&self) -> &Registry {
        self.provider.registry()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        if config.is_unknown() {
            return Diagnostics::new();
        }
        let members = match self.members(config) {
            Ok(members) => members,
            Err(error) => return error.into(),
        };
        validated(
            WHAT,
            &self.shape().schema.attributes,
            members,
            false,
            |model, found| self.provider.validate(model, found),
        )
    }

    async fn configure(&self, config: Value, cancel: CancellationToken) -> Diagnostics {
        let is_unknown = !config.is_wholly_known();
        self.is_unknown.store(is_unknown, Ordering::Release);
        let decoded = self
            .members(&config)
            .and_then(|members| decode(WHAT, members));
        let model = match decoded {
            Ok(model) => model,
            Err(error) => return error.into(),
        };
        let work = async { Ok(self.provider.configure(model).await) };
        tokio::select! {
            biased;
            outcome = guarded("configuration", work) => outcome.unwrap_or_else(|errors| errors),
            () = cancel.cancelled() => interrupted().into(),
        }
    }

    fn is_configuration_unknown(&self) -> bool {
        self.is_unknown.load(Ordering::Acquire)
    }
}

fn interrupted() -> Diagnostic {
    Diagnostic::error(
        "The configuration of the provider was interrupted",
        "The provider still waited for something that its settings need, a file for example. Run the same command again.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tf::schema::Attribute;
    use crate::tf::types::Type;

    crate::model! {
        struct Block {
            region: String,
        }
    }

    struct Odd(Registry);

    #[async_trait]
    impl Provider for Odd {
        type Model = Block;

        fn schema(&self) -> Schema {
            let zone = Attribute::optional("zone", Type::String).describe("Where.");
            Schema::new("A provider.", vec![zone])
        }

        fn registry(&self) -> &Registry {
            &self.0
        }

        async fn configure(&self, _: Block) -> Diagnostics {
            Diagnostics::new()
        }
    }

    #[test]
    fn faults_of_the_provider_block_are_told() {
        assert_eq!(
            ErasedProvider::new(Odd(Registry::new())).faults(),
            [
                "provider: zone: the model has no such field",
                "provider: region: the schema has no such attribute",
            ]
        );
    }
}
