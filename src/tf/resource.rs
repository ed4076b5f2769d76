//! The trait of managed resources, with a typed face for those who write one.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tracing::Span;

use super::context::{self, Context};
use super::diagnostics::{Diagnostic, Diagnostics};
use super::model::Model;
use super::path::Path;
use super::schema::{IdentityAttribute, Schema};
use super::value::Members;

/// Default timeouts of a resource's operations; the user overrides them in the `timeouts` attribute, which the runtime adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the object exists and is as wanted.
    pub create: Duration,
    /// For one refresh.
    pub read: Duration,
    /// Until the changed object is as wanted.
    pub update: Duration,
    /// Until the object is gone.
    pub delete: Duration,
}

/// A managed resource.
///
/// The runtime decodes values into the model, applies defaults, equivalences and modes (see `tf::plan`), keeps what was saved when a
/// call fails, and checks what is returned. A handler never sees the wire.
#[async_trait]
pub trait Resource: Send + Sync + 'static {
    /// The state. Fields equal the schema's attributes, but for `timeouts`, which the runtime owns.
    type Model: Model;

    /// The full type name.
    fn type_name(&self) -> &'static str;

    /// The schema, without `timeouts`.
    fn schema(&self) -> Schema;

    /// The attributes that identify an object for ever.
    fn identity(&self) -> Vec<IdentityAttribute>;

    /// How long operations may take by default.
    fn timeouts(&self) -> Timeouts;

    /// Checks that join attributes; single attributes have validators. Anything may still be unknown. The provider may not be configured.
    fn validate(&self, _config: &Self::Model, _diagnostics: &mut Diagnostics) {}

    /// Adjusts a planned creation or update after the runtime's own steps. Must be deterministic: it runs again in apply.
    async fn plan(
        &self,
        _context: &Context,
        _plan: &mut Planned<Self::Model>,
    ) -> Result<(), Diagnostics> {
        Ok(())
    }

    /// Makes the object. `save` is called the moment that its id is known.
    ///
    /// # Errors
    /// What went wrong; what was saved last goes to the state, marked for replacement.
    async fn create(
        &self,
        context: &Context,
        planned: Self::Model,
        save: &Save<Self::Model>,
    ) -> Result<Self::Model, Diagnostics>;

    /// Why objects cannot be looked at yet: the provider's settings hold values that become known during apply. A refresh then leaves the
    /// state as it was, so that the plan does not fail.
    fn not_known_yet(&self) -> Option<String> {
        None
    }

    /// The object as it is now, every configurable attribute included; `None` if it is gone.
    ///
    /// # Errors
    /// What went wrong; the state stays as it was.
    async fn read(
        &self,
        context: &Context,
        state: Self::Model,
    ) -> Result<Option<Self::Model>, Diagnostics>;

    /// Changes the object in place.
    ///
    /// # Errors
    /// What went wrong; what was saved last, or else the prior state, goes to the state.
    async fn update(
        &self,
        context: &Context,
        prior: Self::Model,
        planned: Self::Model,
        save: &Save<Self::Model>,
    ) -> Result<Self::Model, Diagnostics>;

    /// Removes the object and waits until it is gone. One that is gone already is success.
    ///
    /// # Errors
    /// What went wrong; the object stays in the state.
    async fn delete(&self, context: &Context, state: Self::Model) -> Result<(), Diagnostics>;

    /// The least state from which [`Resource::read`] finds the object.
    ///
    /// # Errors
    /// If the id does not have the right form (the error shows an example of it), or has to be looked up and is not found.
    async fn import(&self, context: &Context, id: ImportId) -> Result<Self::Model, Diagnostics>;

    /// Brings a state that was stored under an older version of the schema into today's shape. `timeouts` are in there, too.
    ///
    /// # Errors
    /// If there is no way from that version.
    fn upgrade(
        &self,
        version: i64,
        _state: serde_json::Value,
    ) -> Result<serde_json::Value, Diagnostics> {
        Err(Diagnostic::error(
            format!("Cannot upgrade the state of {}", self.type_name()),
            format!(
                "The state was stored under version {version} of the schema, from which there is no way to version {}.",
                self.schema().version
            ),
        )
        .into())
    }

    /// Takes over an object from another resource type's state; a refresh follows. `None` if that type has nothing to do with this one.
    /// The provider is not configured at that time.
    fn move_from(&self, _source: &MoveSource) -> Option<Result<Self::Model, Diagnostics>> {
        None
    }

    /// Takes out of a configuration that was written from state what must not be set together. Defaults and computed attributes are
    /// out already.
    fn tidy_generated(&self, _config: &mut Self::Model) {}
}

/// Where a move comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct MoveSource {
    /// The other provider's full source address, such as `registry.terraform.io/hashicorp/null`.
    pub provider_address: String,
    /// The other resource type.
    pub type_name: String,
    /// The version of its schema.
    pub schema_version: i64,
    /// Its state; attributes may be missing.
    pub state: serde_json::Value,
    /// Its identity, where one was stored.
    pub identity: Option<serde_json::Value>,
}

impl MoveSource {
    /// Whether the source is this type of a provider of this namespace and name, wherever it is hosted.
    #[must_use]
    pub fn is(&self, namespace_and_name: &str, type_name: &str) -> bool {
        let mut parts = self.provider_address.rsplitn(3, '/');
        let (name, namespace) = (parts.next(), parts.next());
        self.type_name == type_name && namespace_and_name.split_once('/') == namespace.zip(name)
    }

    /// The text at the root of the source's state.
    #[must_use]
    pub fn text(&self, attribute: &str) -> Option<&str> {
        self.state.get(attribute)?.as_str()
    }
}

/// What an import names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportId {
    /// The text after `terraform import ADDRESS`, or of an import block's `id`.
    Id(String),
    /// An import block's `identity`: attributes of the identity schema, optional ones perhaps null.
    Identity(Members),
}

impl ImportId {
    /// The id that was written, or the attribute of the identity that stands for it; empty where neither was.
    #[must_use]
    pub fn text(&self, attribute: &str) -> &str {
        match self {
            Self::Id(text) => text.trim(),
            Self::Identity(_) => self.member(attribute).unwrap_or_default(),
        }
    }

    /// An attribute of the identity.
    #[must_use]
    pub fn member(&self, attribute: &str) -> Option<&str> {
        match self {
            Self::Id(_) => None,
            Self::Identity(members) => members.get(attribute)?.as_str(),
        }
    }
}

/// A creation or update under plan.
#[derive(Debug)]
pub struct Planned<M> {
    /// What the user wrote; parts may be unknown.
    pub config: M,
    /// The state before, `None` for a creation.
    pub prior: Option<M>,
    /// What will be. The handler may fill unknown computed attributes, or mark more of them unknown.
    pub planned: M,
    /// Attributes whose change replaces the object, besides those that the schema says.
    pub replace: Vec<Path>,
}

/// The place where a lifecycle call saves its progress.
#[derive(Debug)]
pub struct Save<M> {
    last: Mutex<Option<M>>,
    /// That of the call, whose further log lines name what was saved.
    span: Span,
}

impl<M: Model> Default for Save<M> {
    fn default() -> Self {
        Self {
            last: Mutex::new(None),
            span: Span::current(),
        }
    }
}

impl<M: Model> Save<M> {
    /// Stores the model: from now on nothing that fails loses it.
    pub fn save(&self, model: &M) {
        if !self.span.is_disabled() {
            context::about(&self.span, &model.clone().into_object());
        }
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(model.clone());
    }

    /// What was saved last.
    #[must_use]
    pub fn last(&self) -> Option<M> {
        self.last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
