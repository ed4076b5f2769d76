//! The trait of list resources: what a query finds, told one object at a time while the service is still being read.

use std::marker::PhantomData;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::context::Context;
use super::diagnostics::{Diagnostic, Diagnostics};
use super::erased::DynResource;
use super::model::Model;
use super::schema::Schema;
use super::value::Value;

/// A query for the objects that a managed resource of the same name could manage.
#[async_trait]
pub trait List: Send + Sync + 'static {
    /// The query's filters.
    type Config: Model;

    /// The state of the resource that is listed.
    type Object: Model;

    /// The full type name: that of a managed resource with an identity.
    fn type_name(&self) -> &'static str;

    /// The schema of the filters. Nothing in it is computed.
    fn schema(&self) -> Schema;

    /// How long a query may take, the time included that its reader takes.
    fn timeout(&self) -> Duration {
        Duration::from_secs(30 * 60)
    }

    /// Checks that join attributes. Anything may still be unknown. The provider may not be configured.
    fn validate(&self, _config: &Self::Config, _diagnostics: &mut Diagnostics) {}

    /// Tells `found` each object as soon as it is there. The filters are wholly known. A warning on `context` goes out with the next object.
    ///
    /// # Errors
    /// What went wrong, which ends the query after what was found; or [`Ended::Enough`], passed on from `found`.
    async fn list(
        &self,
        context: &Context,
        config: Self::Config,
        found: &mut Found<'_, Self::Object>,
    ) -> Result<(), Ended>;
}

/// Why a query stops before its end.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// There are as many objects as were asked for, or nobody listens any more.
    Enough,
    /// It cannot go on.
    Failed(Diagnostics),
}

impl From<Diagnostics> for Ended {
    fn from(diagnostics: Diagnostics) -> Self {
        Self::Failed(diagnostics)
    }
}

impl From<Diagnostic> for Ended {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Failed(diagnostic.into())
    }
}

/// One message of a query: an object, or only diagnostics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ListEvent {
    /// What a person calls the object.
    pub display_name: String,
    /// The object's identity; `None` where the message is about no object.
    pub identity: Option<Value>,
    /// The object as a state, where that was asked for.
    pub object: Option<Value>,
    /// Errors and warnings.
    pub diagnostics: Diagnostics,
}

impl From<Diagnostics> for ListEvent {
    fn from(diagnostics: Diagnostics) -> Self {
        Self {
            diagnostics,
            ..Self::default()
        }
    }
}

/// Where a query puts what it finds.
pub struct Found<'a, O> {
    context: &'a Context,
    resource: &'a dyn DynResource,
    events: &'a mpsc::Sender<ListEvent>,
    remaining: u64,
    wants_objects: bool,
    object: PhantomData<fn(O)>,
}

impl<'a, O: Model> Found<'a, O> {
    pub(super) fn new(
        context: &'a Context,
        resource: &'a dyn DynResource,
        events: &'a mpsc::Sender<ListEvent>,
        limit: u64,
        wants_objects: bool,
    ) -> Self {
        Self {
            context,
            resource,
            events,
            remaining: limit,
            wants_objects,
            object: PhantomData,
        }
    }

    /// Whether the whole object is asked for. If not, only what identifies it is used, so that nothing else need be looked up.
    #[must_use]
    pub const fn wants_objects(&self) -> bool {
        self.wants_objects
    }

    /// Hands an object on, under the name by which a person knows it. Waits while the reader is behind.
    ///
    /// # Errors
    /// When this was the last one that is wanted, the query was interrupted, or the object is not what its resource's state may be.
    pub async fn send(&mut self, display_name: impl Into<String>, object: O) -> Result<(), Ended> {
        let (state, identity) = self.resource.listed(object.into_members())?;
        let event = ListEvent {
            display_name: display_name.into(),
            identity: Some(identity),
            object: self.wants_objects.then_some(state),
            diagnostics: self.context.take_warnings(),
        };
        tokio::select! {
            biased;
            () = self.context.cancel.cancelled() => return Err(interrupted().into()),
            sent = self.events.send(event) => sent.map_err(|_| Ended::Enough)?,
        }
        self.remaining = self.remaining.saturating_sub(1);
        if self.remaining == 0 {
            return Err(Ended::Enough);
        }
        Ok(())
    }
}

fn interrupted() -> Diagnostic {
    Diagnostic::error(
        "The query was interrupted",
        "What was found before is listed; there may be more. Run the same command again for all of it.",
    )
}
