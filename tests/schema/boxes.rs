//! A provider whose one resource called its label a title in version 0 of its schema.

use std::time::Duration;

use async_trait::async_trait;
use konnectazure::tf::context::Context;
use konnectazure::tf::diagnostics::{Diagnostic, Diagnostics};
use konnectazure::tf::provider::{Provider, Registry};
use konnectazure::tf::resource::{ImportId, Resource, Save, Timeouts};
use konnectazure::tf::schema::{Attribute, IdentityAttribute, Schema};
use konnectazure::tf::types::Type;

pub(crate) const BOX: &str = "toy_box";

konnectazure::model! {
    /// A box.
    pub struct BoxModel {
        pub id: String,
        pub label: String,
    }
}

konnectazure::model! {
    /// The provider block.
    pub struct Config {
        pub place: String,
    }
}

struct BoxResource {
    version: i64,
    upgrades: bool,
}

fn unused() -> Diagnostics {
    Diagnostic::error("Not for use", "Boxes are only stored.").into()
}

#[async_trait]
impl Resource for BoxResource {
    type Model = BoxModel;

    fn type_name(&self) -> &'static str {
        BOX
    }

    fn schema(&self) -> Schema {
        let id = Attribute::computed("id", Type::String).describe("The id.");
        let label = Attribute::optional("label", Type::String).describe("The label.");
        Schema {
            version: self.version,
            ..Schema::new("A box.", vec![id, label])
        }
    }

    fn identity(&self) -> Vec<IdentityAttribute> {
        vec![IdentityAttribute::required("id", "The id.")]
    }

    fn timeouts(&self) -> Timeouts {
        let minute = Duration::from_secs(60);
        Timeouts {
            create: minute,
            read: minute,
            update: minute,
            delete: minute,
        }
    }

    async fn create(
        &self,
        _: &Context,
        _: BoxModel,
        _: &Save<BoxModel>,
    ) -> Result<BoxModel, Diagnostics> {
        Err(unused())
    }

    async fn read(&self, _: &Context, _: BoxModel) -> Result<Option<BoxModel>, Diagnostics> {
        Err(unused())
    }

    async fn update(
        &self,
        _: &Context,
        _: BoxModel,
        _: BoxModel,
        _: &Save<BoxModel>,
    ) -> Result<BoxModel, Diagnostics> {
        Err(unused())
    }

    async fn delete(&self, _: &Context, _: BoxModel) -> Result<(), Diagnostics> {
        Err(unused())
    }

    async fn import(&self, _: &Context, _: ImportId) -> Result<BoxModel, Diagnostics> {
        Err(unused())
    }

    fn upgrade(
        &self,
        version: i64,
        mut state: serde_json::Value,
    ) -> Result<serde_json::Value, Diagnostics> {
        if !self.upgrades {
            return Err(Diagnostic::error(
                format!("Cannot upgrade the state of {BOX}"),
                format!("There is no way from version {version}."),
            )
            .into());
        }
        state["label"] = state["title"].take();
        Ok(state)
    }
}

/// A provider of boxes.
pub(crate) struct Boxes(Registry);

impl Boxes {
    /// With this version of the schema, and with or without an upgrade to it.
    pub(crate) fn new(version: i64, upgrades: bool) -> Self {
        Self(Registry::new().resource(BoxResource { version, upgrades }))
    }
}

#[async_trait]
impl Provider for Boxes {
    type Model = Config;

    fn schema(&self) -> Schema {
        let place = Attribute::optional("place", Type::String).describe("Where.");
        Schema::new("Boxes.", vec![place])
    }

    fn registry(&self) -> &Registry {
        &self.0
    }

    async fn configure(&self, _: Config) -> Diagnostics {
        Diagnostics::new()
    }
}
