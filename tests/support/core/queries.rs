//! What only looks: `terraform query`, a stream of what exists, and data sources; read as Terraform reads them.

use konnectazure::wire::generated::{self as wire, list_resource};
use tonic::Streaming;

use super::{
    Core, Diagnostics, capabilities, checked,
    checks::{assert_identity, assert_none},
    dynamic, has_errors,
    rules::state_faults,
    undynamic,
    values::Value,
};

/// An object that a query found.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub display_name: String,
    pub identity: Value,
    pub object: Option<Value>,
}

impl Core {
    /// A query's configuration; filters that are left out are null.
    pub fn filters(&self, type_name: &str, written: &serde_json::Value) -> Value {
        let kind = self.lists[type_name].object_type();
        Value::from_json(written, &kind)
    }

    pub async fn validate_query(&mut self, type_name: &str, filters: &Value) -> Diagnostics {
        let kind = self.lists[type_name].object_type();
        let answer = self
            .client
            .validate_list_resource_config(wire::validate_list_resource_config::Request {
                type_name: type_name.to_owned(),
                config: Some(dynamic(filters, &kind)),
                // Terraform sends neither of the two others.
                ..Default::default()
            })
            .await
            .unwrap();
        checked(answer.into_inner().diagnostics)
    }

    /// Asks, without reading the answers.
    pub async fn start_query(
        &mut self,
        type_name: &str,
        filters: &Value,
        limit: i64,
        include_resource_object: bool,
    ) -> Streaming<list_resource::Event> {
        let kind = self.lists[type_name].object_type();
        let request = list_resource::Request {
            type_name: type_name.to_owned(),
            config: Some(dynamic(filters, &kind)),
            include_resource_object,
            limit,
        };
        let answer = self.client.list_resource(request).await.unwrap();
        answer.into_inner()
    }

    /// Validates and asks; reads until there are as many as wanted, or an error comes.
    pub async fn query(
        &mut self,
        type_name: &str,
        filters: &Value,
        limit: usize,
        include_resource_object: bool,
    ) -> (Vec<Listed>, Diagnostics) {
        let mut diagnostics = self.validate_query(type_name, filters).await;
        if has_errors(&diagnostics) {
            return (Vec::new(), diagnostics);
        }
        let wanted = i64::try_from(limit).unwrap();
        let mut events = self
            .start_query(type_name, filters, wanted, include_resource_object)
            .await;
        let mut all = Vec::new();
        while all.len() < limit {
            let Some(event) = events.message().await.unwrap() else {
                break;
            };
            let (listed, found) = self.listed(type_name, event, include_resource_object);
            let failed = has_errors(&found);
            diagnostics.extend(found);
            if failed {
                break;
            }
            all.extend(listed);
        }
        (all, diagnostics)
    }

    /// Validates and reads a data source; nothing where that fails.
    pub async fn read_data(
        &mut self,
        type_name: &str,
        written: &serde_json::Value,
    ) -> (Option<Value>, Diagnostics) {
        let schema = &self.data_sources[type_name];
        let kind = schema.object_type();
        let config = Value::from_json(written, &kind);
        let request = wire::validate_data_resource_config::Request {
            type_name: type_name.to_owned(),
            config: Some(dynamic(&config, &kind)),
        };
        let answer = self.client.validate_data_resource_config(request).await;
        let mut diagnostics = checked(answer.unwrap().into_inner().diagnostics);
        if has_errors(&diagnostics) {
            return (None, diagnostics);
        }
        let request = wire::read_data_source::Request {
            type_name: type_name.to_owned(),
            config: Some(dynamic(&config, &kind)),
            client_capabilities: Some(capabilities()),
            ..Default::default()
        };
        let answer = self.client.read_data_source(request).await;
        let answer = answer.unwrap().into_inner();
        diagnostics.extend(checked(answer.diagnostics));
        if has_errors(&diagnostics) {
            return (None, diagnostics);
        }
        let state = undynamic(answer.state, &kind);
        assert!(!state.is_null(), "Provider produced null object");
        let attributes = &self.data_sources[type_name].attributes;
        assert_none(
            &state_faults(attributes, &state),
            "Provider produced invalid object",
        );
        (Some(state), diagnostics)
    }

    /// One answer; without an object it has to say something.
    pub fn listed(
        &self,
        type_name: &str,
        event: list_resource::Event,
        include_resource_object: bool,
    ) -> (Option<Listed>, Diagnostics) {
        let diagnostics = checked(event.diagnostic);
        let identity = self.decode_identity(type_name, event.identity);
        let Some(identity) = identity else {
            assert!(!diagnostics.is_empty(), "missing identity data");
            assert_eq!(event.resource_object, None);
            return (None, diagnostics);
        };
        assert_identity(None, Some(&identity), "in a list");
        assert!(!event.display_name.is_empty());
        assert_eq!(event.resource_object.is_some(), include_resource_object);
        let kind = self.kind(type_name);
        let object = event
            .resource_object
            .map(|object| undynamic(Some(object), &kind));
        if let Some(object) = &object {
            self.assert_state(type_name, object, "an invalid listed object");
        }
        let listed = Listed {
            display_name: event.display_name,
            identity,
            object,
        };
        (Some(listed), diagnostics)
    }
}
