//! From a typed [`List`] to [`DynList`].

use std::sync::OnceLock;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::decode::{decode, optional_object, validated};
use super::faults::guarded;
use super::{DynList, DynResource, ListRequest, Shape};
use crate::tf::context::Context;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::list::{Ended, Found, List, ListEvent};
use crate::tf::model::Model;
use crate::tf::schema::Schema;
use crate::tf::soundness;
use crate::tf::timeouts;
use crate::tf::value::{Members, Value};

/// The adaptor.
pub struct ErasedList<L> {
    list: L,
    shape: OnceLock<Shape>,
}

impl<L: List> ErasedList<L> {
    /// Wraps a list resource. Its schema is asked for when it is first needed.
    pub const fn new(list: L) -> Self {
        Self {
            list,
            shape: OnceLock::new(),
        }
    }

    async fn try_list(
        &self,
        context: &Context,
        request: &ListRequest,
        resource: &dyn DynResource,
        events: &mpsc::Sender<ListEvent>,
    ) -> Result<(), Diagnostics> {
        if !request.config.is_wholly_known() {
            return Err(Diagnostic::error(
                format!("Cannot list {}", self.list.type_name()),
                "A filter of the query is not known yet. A query looks for what exists, so that its filters must be known before anything is made.",
            )
            .into());
        }
        let config = filters(&request.config)?;
        let config = decode::<L::Config>("configuration", config)?;
        let limit = request.limit;
        let mut found = Found::new(context, resource, events, limit, request.include_object);
        match self.list.list(context, config, &mut found).await {
            Ok(()) | Err(Ended::Enough) => Ok(()),
            Err(Ended::Failed(errors)) => Err(errors),
        }
    }
}

/// The members of a query's configuration. A block that is absent says as much as an empty one.
fn filters(config: &Value) -> Result<Members, Diagnostic> {
    let members = optional_object("configuration", config)?.cloned();
    Ok(members.unwrap_or_default())
}

#[async_trait]
impl<L: List> DynList for ErasedList<L> {
    fn type_name(&self) -> &'static str {
        self.list.type_name()
    }

    fn schema(&self) -> Schema {
        self.list.schema()
    }

    fn shape(&self) -> &Shape {
        self.shape
            .get_or_init(|| Shape::new(self.schema(), Vec::new()))
    }

    fn schema_faults(&self, resource: Option<&dyn DynResource>) -> Vec<String> {
        let schema = &self.shape().schema;
        let mut faults = soundness::schema_faults(schema);
        faults.extend(soundness::model_faults(
            schema,
            &L::Config::attribute_types(),
        ));
        for attribute in &schema.attributes {
            if attribute.mode.is_computed() || attribute.write_only {
                faults.push(format!(
                    "{}: a filter is neither computed nor write-only",
                    attribute.name
                ));
            }
        }
        let Some(resource) = resource.map(DynResource::shape) else {
            faults.push("there is no resource of this name".to_owned());
            return faults;
        };
        if resource.identity.is_empty() {
            faults.push("the resource has no identity".to_owned());
        }
        let mut object = L::Object::attribute_types();
        if let Some(attribute) = resource.schema.attribute(timeouts::NAME) {
            object.insert(timeouts::NAME.to_owned(), attribute.kind.value_type());
        }
        let unlike = soundness::model_faults(&resource.schema, &object);
        faults.extend(unlike.into_iter().map(|fault| format!("object: {fault}")));
        faults
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        if config.is_unknown() {
            return Diagnostics::new();
        }
        let members = match filters(config) {
            Ok(members) => members,
            Err(error) => return error.into(),
        };
        validated(
            "configuration",
            &self.shape().schema.attributes,
            members,
            false,
            |model, found| self.list.validate(model, found),
        )
    }

    async fn list(
        &self,
        request: ListRequest,
        resource: &dyn DynResource,
        events: mpsc::Sender<ListEvent>,
    ) -> Diagnostics {
        // Nothing was asked for. The host takes no more than that either.
        if request.limit == 0 {
            return Diagnostics::new();
        }
        let context = Context::new(self.list.timeout(), request.cancel.clone());
        let work = guarded(
            "a query",
            self.try_list(&context, &request, resource, &events),
        );
        let outcome = tokio::select! {
            outcome = work => outcome,
            // A host that has enough just stops reading. A query only reads, so that it may be dropped anywhere.
            () = events.closed() => Ok(()),
        };
        let mut diagnostics = context.take_warnings();
        if let Err(errors) = outcome {
            diagnostics.extend(errors);
        }
        diagnostics
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tf::provider::Registry;
    use crate::tf::schema::{Attribute, Schema};
    use crate::tf::types::Type;

    crate::model! {
        struct Filter {
            place: String,
        }
    }

    struct Orphan;

    #[async_trait]
    impl List for Orphan {
        type Config = Filter;
        type Object = Filter;

        fn type_name(&self) -> &'static str {
            "toy_orphan"
        }

        fn schema(&self) -> Schema {
            let place = Attribute::computed("place", Type::String).describe("Where.");
            Schema::new("Orphans.", vec![place])
        }

        async fn list(
            &self,
            _context: &Context,
            _filter: Filter,
            _found: &mut Found<'_, Filter>,
        ) -> Result<(), Ended> {
            Ok(())
        }
    }

    #[test]
    fn a_list_needs_a_resource_and_filters_that_are_given() {
        assert_eq!(
            Registry::new().list(Orphan).faults(),
            [
                "list toy_orphan: place: a filter is neither computed nor write-only",
                "list toy_orphan: there is no resource of this name",
            ]
        );
    }
}
