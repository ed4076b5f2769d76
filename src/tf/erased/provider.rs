//! From a typed [`Provider`] to [`DynProvider`].

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::faults::{guarded, guarded_now};
use super::resource::{decode, optional_object};
use super::{DynProvider, Shape};
use crate::tf::config;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::model::Model;
use crate::tf::plan;
use crate::tf::provider::{Provider, Registry};
use crate::tf::schema::Schema;
use crate::tf::soundness;
use crate::tf::value::{Members, Value};

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

    fn decode(&self, config: &Value) -> Result<(P::Model, Members), Diagnostics> {
        // An absent provider block says as much as an empty one.
        let members = optional_object("provider configuration", config)?.cloned();
        let attributes = &self.shape().schema.attributes;
        let members = plan::with_defaults(attributes, members.unwrap_or_default());
        let model = decode("provider configuration", members.clone())?;
        Ok((model, members))
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
        let outcome = guarded_now("validation", || {
            let mut found = Diagnostics::new();
            self.provider.validate(&model, &mut found);
            Ok(found)
        });
        diagnostics.extend(outcome.unwrap_or_else(|errors| errors));
        diagnostics
    }

    async fn configure(&self, config: Value, cancel: CancellationToken) -> Diagnostics {
        let is_unknown = !config.is_wholly_known();
        self.is_unknown.store(is_unknown, Ordering::Release);
        let model = match self.decode(&config) {
            Ok((model, _)) => model,
            Err(errors) => return errors,
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
