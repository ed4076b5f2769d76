//! The lifecycle calls that differ between resources in nothing but the object.

use std::sync::Arc;
use std::time::Duration;

use crate::http::Scope;
use crate::konnect::{self, Error};
use crate::resources::explain::Failure;
use crate::resources::{missing, scope};
use crate::tf::context::Context;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};

use super::flow::{Flow, InNetwork as _, Objects};
use super::import::{self, Place};
use super::managed::{Managed, ObjectOf};
use super::phase::{Lifecycle, Phase};

/// The course of a call on the model's object. `action` is what fails where there is no client; `advice` is what somebody has to do while Konnect waits for them.
pub(crate) fn flow<'a, M: Managed>(
    konnect: &konnect::Access,
    context: &'a Context,
    action: &'static str,
    model: &M,
    advice: String,
) -> Result<Flow<'a, M::Objects>, Diagnostics> {
    let noun = model.noun();
    let network_id = import::recorded_network(model.settings().network_id)?;
    let client = konnect
        .client()
        .map_err(|error| Failure::new(action, noun.clone()).explain(&error))?;
    Ok(Flow {
        context,
        scope: scope(context),
        step: konnect.poll_step(),
        client: Arc::clone(&client),
        network_id,
        objects: M::Objects::new(client, network_id),
        type_name: M::TYPE_NAME,
        noun,
        advice,
    })
}

/// The object of a state; nothing where it is gone.
pub(crate) async fn find<M: Managed>(
    konnect: &konnect::Access,
    context: &Context,
    state: &M,
) -> Result<Option<ObjectOf<M>>, Diagnostics> {
    let Place { network_id, id } = state.place()?;
    let failure = || Failure::new("read", state.noun());
    let client = konnect
        .client()
        .map_err(|error| failure().explain(&error))?;
    let scope = scope(context);
    let objects = M::Objects::new(client, network_id);
    let is_known = |object: &ObjectOf<M>| {
        let seen = state.clone().apply_remote(object);
        seen.is_ok_and(|seen| seen == *state)
    };
    let found = match objects.get_known(&scope, id, &is_known).await {
        Err(error) if error.is_not_found() => {
            let name = state.settings().name.as_str();
            look_again(&objects, &scope, konnect.poll_step(), id, name).await
        }
        found => found.map(Some),
    };
    let found = found.map_err(|error| failure().explain(&error))?;
    let found = found.filter(|object| object.phase() != Phase::Terminated);
    if let Some(object) = &found
        && object.phase() == Phase::Failed
    {
        context.warn(failed(&state.noun(), object));
    }
    Ok(found)
}

/// The object, after a read that did not find it. The name narrows the list, where it is known.
pub(super) async fn look_again<O: Objects>(
    objects: &O,
    scope: &Scope,
    step: Option<Duration>,
    id: O::Id,
    name: Option<&str>,
) -> Result<Option<O::Object>, Error> {
    let is_listed = async || {
        let listed = match name {
            Some(name) => objects.named(scope, name).await?,
            None => objects.all(scope).await?,
        };
        let is_it = |object: &O::Object| O::id(object) == id && !object.phase().is_ending();
        Ok(listed.iter().any(is_it))
    };
    let read = async || match objects.get(scope, id).await {
        Err(error) if error.is_not_found() => Ok(None),
        read => read.map(Some),
    };
    missing::look_again(scope, step, id, is_listed, read).await
}

/// A failure shows in no difference of the configuration, so that nothing else would tell of it.
fn failed(noun: &str, object: &impl Lifecycle) -> Diagnostic {
    Diagnostic::warning(
        format!("Konnect reports that {noun} failed"),
        format!(
            "It is in {}.\n\nIt is not usable. Fix the cause, or recreate it with `terraform apply -replace=ADDRESS` where Konnect does not \
             recover by itself.",
            object.describe()
        ),
    )
}

/// The state as the object is now; nothing where it is gone.
pub(crate) async fn read<M: Managed>(
    konnect: &konnect::Access,
    context: &Context,
    state: M,
) -> Result<Option<M>, Diagnostics> {
    match find(konnect, context, &state).await? {
        Some(object) => state.apply_remote(&object).map(Some),
        None => Ok(None),
    }
}

/// Deletes the object of a state and waits until it is gone.
pub(crate) async fn delete<M: Managed>(
    konnect: &konnect::Access,
    context: &Context,
    state: &M,
) -> Result<(), Diagnostics> {
    let Place { id, .. } = state.place()?;
    let flow = flow(konnect, context, "delete", state, String::new())?;
    flow.delete(id, "delete").await
}
