//! The models of objects in a Konnect network, as the shared course of their life sees them.

use std::str::FromStr;

use crate::konnect::NetworkId;
use crate::resources::explain::Failure;
use crate::tf::attr::Attr;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::model::Model;
use crate::tf::path::Path;
use crate::tf::resource::ImportId;

use super::StateMetadataModel;
use super::flow::{InNetwork, Objects};
use super::import::{self, Place};
use super::phase::{Facts, Lifecycle};
use super::schema::state_metadata;

/// The id of the object that a model describes.
pub(crate) type IdOf<M> = <<M as Managed>::Objects as Objects>::Id;

/// The object that a model describes.
pub(crate) type ObjectOf<M> = <<M as Managed>::Objects as Objects>::Object;

/// What is sent to make such an object.
pub(crate) type BodyOf<M> = <<M as Managed>::Objects as Objects>::Body;

/// The attributes that steer a lifecycle call, in every model under the same names.
pub(crate) struct Settings<'a> {
    /// The object.
    pub(crate) id: &'a Attr<String>,
    /// Its network.
    pub(crate) network_id: &'a Attr<String>,
    /// Its name.
    pub(crate) name: &'a Attr<String>,
    /// Whether to wait until it works.
    pub(crate) wait_for_ready: &'a Attr<bool>,
    /// Whether a creation may adopt.
    pub(crate) use_existing: &'a Attr<bool>,
}

/// The attributes that Konnect tells of every object, in every model under the same names.
pub(crate) struct Told<'a> {
    /// The object.
    pub(crate) id: &'a mut Attr<String>,
    /// Its name.
    pub(crate) name: &'a mut Attr<String>,
    /// Its state.
    pub(crate) state: &'a mut Attr<String>,
    /// What Konnect says about the state.
    pub(crate) state_metadata: &'a mut Attr<StateMetadataModel>,
    /// Grows with each change.
    pub(crate) entity_version: &'a mut Attr<i64>,
    /// When it was made.
    pub(crate) created_at: &'a mut Attr<String>,
    /// When it was last changed.
    pub(crate) updated_at: &'a mut Attr<String>,
}

impl Told<'_> {
    /// Takes over what Konnect tells.
    pub(crate) fn fill(self, object: &impl Lifecycle) {
        let Facts {
            id,
            name,
            entity_version,
            created_at,
            updated_at,
        } = object.facts();
        *self.id = Attr::Known(id);
        take_over(self.name, name);
        *self.state = Attr::Known(object.state());
        *self.state_metadata = state_metadata(object.state_metadata());
        *self.entity_version = Attr::Known(entity_version);
        take_over(self.created_at, created_at);
        take_over(self.updated_at, updated_at);
    }
}

/// What Konnect leaves out it says nothing about: what was before stays.
fn take_over(attribute: &mut Attr<String>, told: String) {
    if !told.is_empty() {
        *attribute = Attr::Known(told);
    } else if attribute.is_unknown() {
        *attribute = Attr::Null;
    }
}

/// A resource's model of an object in a Konnect network.
pub(crate) trait Managed: Model + PartialEq {
    /// The kind of object in the API.
    type Objects: InNetwork<Id: FromStr>;
    /// The resource's type name.
    const TYPE_NAME: &'static str;
    /// What the object is called.
    const WHAT: &'static str;

    /// The attributes that steer a lifecycle call.
    fn settings(&self) -> Settings<'_>;

    /// The attributes that Konnect tells of every object.
    fn told(&mut self) -> Told<'_>;

    /// The object of this place, of which nothing is known yet. What Konnect does not hold has its default, so that the plan after an import is empty.
    fn at(place: Place<IdOf<Self>>) -> Self;

    /// What is sent to make the object, always whole. `None` while something is unknown.
    fn to_body(&self) -> Option<BodyOf<Self>>;

    /// The model with everything that Konnect tells, nothing of it unknown, in the user's spelling where that means the same.
    fn apply_remote(self, object: &ObjectOf<Self>) -> Result<Self, Diagnostics>;

    /// The model after Konnect accepted what was asked for. That stays as it was asked, for an answer may still show what was before, and Konnect may
    /// make something else of it; a difference that lasts is seen by the next refresh.
    fn accepted(self, object: &ObjectOf<Self>) -> Result<Self, Diagnostics>;

    /// The attribute of a field that Konnect objects to.
    fn attribute_of_field(field: &str) -> Option<Path>;

    /// The object in messages.
    fn noun(&self) -> String {
        let Settings { id, name, .. } = self.settings();
        let name = name.as_str().or(id.as_str()).unwrap_or_default();
        format!("{} {name:?}", Self::WHAT)
    }

    /// Where the object of a state is.
    fn place(&self) -> Result<Place<IdOf<Self>>, Diagnostics> {
        let Settings { id, network_id, .. } = self.settings();
        import::recorded(network_id, id)
    }

    /// The least state from which an import's refresh finds the object.
    fn imported(id: &ImportId) -> Result<Self, Diagnostics> {
        import::place(Self::WHAT, id).map(Self::at)
    }

    /// What an import followed by a refresh makes of an object.
    fn listed(network_id: NetworkId, object: &ObjectOf<Self>) -> Result<Self, Diagnostics> {
        let id = <Self::Objects as Objects>::id(object);
        Self::at(Place { network_id, id }).apply_remote(object)
    }

    /// What to say where the object is gone that was to be changed.
    fn missing(&self) -> Diagnostics {
        Failure::new("update", self.noun())
            .next("The next plan finds it missing and makes it anew.")
            .because("It does not exist in Konnect any more.")
    }
}

/// The two methods of [`Managed`] that reach into a model.
macro_rules! common_attributes {
    () => {
        fn settings(&self) -> $crate::resources::konnect_object::managed::Settings<'_> {
            $crate::resources::konnect_object::managed::Settings {
                id: &self.id,
                network_id: &self.network_id,
                name: &self.name,
                wait_for_ready: &self.wait_for_ready,
                use_existing: &self.use_existing,
            }
        }

        fn told(&mut self) -> $crate::resources::konnect_object::managed::Told<'_> {
            $crate::resources::konnect_object::managed::Told {
                id: &mut self.id,
                name: &mut self.name,
                state: &mut self.state,
                state_metadata: &mut self.state_metadata,
                entity_version: &mut self.entity_version,
                created_at: &mut self.created_at,
                updated_at: &mut self.updated_at,
            }
        }
    };
}

pub(crate) use common_attributes;
