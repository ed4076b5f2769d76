//! `konnectazure_note`: a text that is kept in the state.
//!
//! Remote object: none. Rights: none. Import id: the text.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use konnectazure::resources::clients::Clients;
use konnectazure::tf::attr::Attr;
use konnectazure::tf::context::Context;
use konnectazure::tf::diagnostics::Diagnostics;
use konnectazure::tf::resource::{ImportId, Resource, Save, Timeouts};
use konnectazure::tf::schema::{Attribute, IdentityAttribute, Schema};
use konnectazure::tf::types::Type;

konnectazure::model! {
    /// The state of `konnectazure_note`.
    pub struct NoteModel {
        /// The same as the text.
        pub id: String,
        /// What is noted.
        pub text: String,
    }
}

/// The handler of `konnectazure_note`. One that calls a service holds `Arc::clone(&clients.azure)` or `Arc::clone(&clients.konnect)`,
/// and asks there in place of `deleted`.
#[derive(Debug, Default)]
pub struct NoteResource {
    deleted: Mutex<BTreeSet<String>>,
}

impl NoteResource {
    fn deleted(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.deleted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The resource over clients that are configured later.
#[must_use]
pub fn resource(_clients: &Clients) -> NoteResource {
    NoteResource::default()
}

#[async_trait]
impl Resource for NoteResource {
    type Model = NoteModel;

    fn type_name(&self) -> &'static str {
        "konnectazure_note"
    }

    fn schema(&self) -> Schema {
        let id = Attribute::computed("id", Type::String).describe("The same as `text`.");
        let text = Attribute::required("text", Type::String).describe("What is noted.");
        Schema::new(
            "A text that is kept in the state.",
            vec![id.keep(), text.replace()],
        )
    }

    fn identity(&self) -> Vec<IdentityAttribute> {
        vec![IdentityAttribute::required("text", "The text.")]
    }

    fn timeouts(&self) -> Timeouts {
        const EACH: Duration = Duration::from_secs(5 * 60);
        Timeouts {
            create: EACH,
            read: EACH,
            update: EACH,
            delete: EACH,
        }
    }

    async fn create(
        &self,
        _context: &Context,
        planned: NoteModel,
        save: &Save<NoteModel>,
    ) -> Result<NoteModel, Diagnostics> {
        let id = planned.text.clone();
        self.deleted().retain(|deleted| Some(deleted) != id.known());
        let made = NoteModel { id, ..planned };
        save.save(&made);
        Ok(made)
    }

    async fn read(
        &self,
        _context: &Context,
        state: NoteModel,
    ) -> Result<Option<NoteModel>, Diagnostics> {
        let is_gone = state
            .id
            .as_str()
            .is_some_and(|id| self.deleted().contains(id));
        Ok((!is_gone).then_some(state))
    }

    async fn update(
        &self,
        _context: &Context,
        _prior: NoteModel,
        planned: NoteModel,
        _save: &Save<NoteModel>,
    ) -> Result<NoteModel, Diagnostics> {
        Ok(planned)
    }

    async fn delete(&self, _context: &Context, state: NoteModel) -> Result<(), Diagnostics> {
        self.deleted().extend(state.id.into_known());
        Ok(())
    }

    async fn import(&self, _context: &Context, id: ImportId) -> Result<NoteModel, Diagnostics> {
        let text: Attr<String> = match id {
            ImportId::Id(text) => Attr::Known(text),
            ImportId::Identity(members) => members
                .get("text")
                .and_then(|text| Some(text.as_str()?.to_owned()))
                .into(),
        };
        Ok(NoteModel {
            id: text.clone(),
            text,
        })
    }
}
