//! The trait of managed resources, with a typed face for those who write one.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::context::Context;
use super::diagnostics::Diagnostics;
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
    /// If the id has not the right form, with an example of it, or must be looked up and is not found.
    async fn import(&self, context: &Context, id: ImportId) -> Result<Self::Model, Diagnostics>;
}

/// What an import names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportId {
    /// The text after `terraform import ADDRESS`, or of an import block's `id`.
    Id(String),
    /// An import block's `identity`: attributes of the identity schema, optional ones perhaps null.
    Identity(Members),
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
pub struct Save<M>(Mutex<Option<M>>);

impl<M: Clone> Default for Save<M> {
    fn default() -> Self {
        Self(Mutex::new(None))
    }
}

impl<M: Clone> Save<M> {
    /// Stores the model: from now on nothing that fails loses it.
    pub fn save(&self, model: &M) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(model.clone());
    }

    /// What was saved last.
    #[must_use]
    pub fn last(&self) -> Option<M> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
