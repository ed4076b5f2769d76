//! From a typed [`DataSource`] to [`DynDataSource`].

use std::sync::OnceLock;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::decode::{decode, object, validated};
use super::faults::guarded;
use super::{DynDataSource, Shape, state};
use crate::tf::consistency;
use crate::tf::context::Context;
use crate::tf::data_source::DataSource;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::model::Model;
use crate::tf::path::Path;
use crate::tf::plan;
use crate::tf::schema::{AttributeKind, Schema};
use crate::tf::soundness;
use crate::tf::value::{Members, Value};

/// The adaptor.
pub struct ErasedDataSource<D> {
    source: D,
    shape: OnceLock<Shape>,
}

impl<D: DataSource> ErasedDataSource<D> {
    /// Wraps a data source. Its schema is asked for when it is first needed.
    pub const fn new(source: D) -> Self {
        Self {
            source,
            shape: OnceLock::new(),
        }
    }

    async fn try_read(&self, config: &Value, context: &Context) -> Result<Value, Diagnostics> {
        let shape = self.shape();
        let attributes = &shape.schema.attributes;
        let configured = object("configuration", config)?;
        if let Some((name, _)) = configured
            .iter()
            .find(|(_, value)| !value.is_wholly_known())
        {
            return Err(Diagnostic::error(
                format!("Cannot read {}", self.source.type_name()),
                "What to look for is not known yet. A data source is read once all of its configuration is known.",
            )
            .at(Path::attribute(name))
            .into());
        }
        let configured = plan::with_defaults(attributes, configured.clone());
        let model = decode::<D::Model>("configuration", configured.clone())?;
        let model = guarded("reading", self.source.read(context, model)).await?;
        let members = state::complete(attributes, model.into_members(), &configured);
        let state = Value::Object(self.with_configuration(members, &configured));
        let faults = consistency::state_faults(attributes, shape.object_type(), &state);
        if faults.is_empty() {
            Ok(state)
        } else {
            Err(consistency::diagnostics(
                "invalid result of a data source",
                &faults,
            ))
        }
    }

    /// What the user wrote stands in the result as it was written.
    fn with_configuration(&self, members: Members, configured: &Members) -> Members {
        let attributes = &self.shape().schema.attributes;
        let mut members = state::as_planned(attributes, members, configured);
        for attribute in attributes {
            if let (AttributeKind::Type(_), Some(value)) =
                (&attribute.kind, configured.get(attribute.name))
                && !value.is_null()
            {
                members.insert(attribute.name.to_owned(), value.clone());
            }
        }
        members
    }
}

#[async_trait]
impl<D: DataSource> DynDataSource for ErasedDataSource<D> {
    fn type_name(&self) -> &'static str {
        self.source.type_name()
    }

    fn schema(&self) -> Schema {
        self.source.schema()
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
            &D::Model::attribute_types(),
        ));
        faults
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        if config.is_unknown() {
            return Diagnostics::new();
        }
        let members = match object("configuration", config) {
            Ok(members) => members,
            Err(error) => return error.into(),
        };
        validated(
            "configuration",
            &self.shape().schema.attributes,
            members.clone(),
            false,
            |model, found| self.source.validate(model, found),
        )
    }

    async fn read(&self, config: Value, cancel: CancellationToken) -> (Value, Diagnostics) {
        let context = Context::new(self.source.timeout(), cancel);
        let outcome = self.try_read(&config, &context).await;
        let mut diagnostics = context.take_warnings();
        match outcome {
            Ok(state) => (state, diagnostics),
            Err(errors) => {
                diagnostics.extend(errors);
                (Value::Null, diagnostics)
            }
        }
    }
}
