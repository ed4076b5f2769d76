//! Creating exactly once, although the answer to a POST can be lost and the API has no idempotency keys.

use std::time::Duration;

use async_trait::async_trait;
use serde::de::DeserializeOwned;

use super::client::Client;
use super::error::Error;
use crate::http::{self as rest, Poll, Progress, Request, Scope, Waited};

/// How often an object whose answer was lost is looked for before nothing counts as made: the service may still be making it.
const LOOKS: u32 = 5;
/// How many times a POST is sent again after nothing was found.
const RESENDS: u32 = 3;
/// The time for a last look after the user interrupted, so that what was made is not lost.
const LAST_LOOK: Duration = Duration::from_secs(3);

/// One object to be created.
#[async_trait]
pub(super) trait Creation: Sync {
    type Object: DeserializeOwned + Send;

    /// The POST.
    fn request(&self) -> Result<Request, rest::Error>;

    /// Looks for an equal object that did not exist before.
    async fn find(&self, scope: &Scope) -> Result<Option<Self::Object>, Error>;
}

/// Creates, and when an answer is lost, looks for the object before anything is sent again.
pub(super) async fn once<C: Creation>(
    client: &Client,
    scope: &Scope,
    creation: &C,
) -> Result<C::Object, Error> {
    let request = creation.request().map_err(|error| client.explain(error))?;
    let request = request.counted();
    let mut resends = 0;
    loop {
        let error = match client.api().json(scope, request.clone()).await {
            Ok(object) => return Ok(object),
            Err(error) => error,
        };
        let is_unclear = error.is_outcome_unknown() || error.is_undecodable();
        // After a lost answer, a refusal can mean that the lost request went through after all: the name is taken, by us.
        let may_be_ours = resends > 0 && matches!(error.status(), Some(400 | 409));
        if !is_unclear && !may_be_ours {
            return Err(client.explain(error));
        }
        tracing::info!(%error, "looking for the object, which may have been made all the same");
        let found = look(client, scope, creation).await;
        match found {
            Ok(Some(object)) => return Ok(object),
            Ok(None) if error.is_outcome_unknown() && resends < RESENDS => {}
            // What is known for sure is the first failure; a failed search adds nothing that the user could act on.
            Ok(None) | Err(_) => return Err(client.explain(error)),
        }
        if scope.check().is_err() {
            return Err(client.explain(error));
        }
        resends += 1;
        tracing::info!("nothing was made, sending the request again");
    }
}

async fn look<C: Creation>(
    client: &Client,
    scope: &Scope,
    creation: &C,
) -> Result<Option<C::Object>, Error> {
    let mut looks = 0;
    let ended = Poll::new("looking for what a lost answer was about", client.poll_step)
        .until(
            scope,
            None,
            || creation.find(scope),
            |found| {
                looks += 1;
                Ok(match found? {
                    None if looks < LOOKS => Progress::NotYet("it is not shown".to_owned()),
                    found => Progress::Done(found),
                })
            },
        )
        .await;
    match ended {
        Ok(found) => Ok(found),
        Err(Waited::Failed(error)) => Err(error),
        Err(Waited::Never(_) | Waited::Deadline { .. } | Waited::Cancelled { .. }) => {
            creation.find(&Scope::detached(LAST_LOOK)).await
        }
    }
}
