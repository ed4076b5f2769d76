//! Creating exactly once, although the answer to a POST can be lost and the API has no idempotency keys.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::client::{Client, network_path};
use super::error::Error;
use super::ids::NetworkId;
use crate::http::{Poll, Progress, Request, Scope, Waited};

/// How often an object whose answer was lost is looked for before nothing counts as made: the service may still be making it.
const LOOKS: u32 = 5;
/// How many times a POST is sent again after nothing was found.
const RESENDS: u32 = 3;
/// The time for a last look after the user interrupted, so that what was made is not lost.
const LAST_LOOK: Duration = Duration::from_secs(3);

/// What is to be made in a network.
pub(super) trait New: Serialize + Sync {
    type Object: DeserializeOwned + Send;

    /// Where objects of this kind are, below their network.
    const PATH: &'static str;

    fn name(&self) -> &str;

    /// Whether the object is what this asks for, and stays.
    fn is_made(&self, object: &Self::Object) -> bool;
}

/// Creates, and when an answer is lost, looks for the object before anything is sent again. There was no equal object before.
pub(super) async fn once<N: New>(
    client: &Client,
    scope: &Scope,
    network: &NetworkId,
    new: &N,
) -> Result<N::Object, Error> {
    let request = Request::post(network_path(&network.to_string(), &[N::PATH])).json(new);
    let request = request.map_err(|error| client.explain(error))?.counted();
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
        let found = look(client, scope, network, new).await;
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

async fn look<N: New>(
    client: &Client,
    scope: &Scope,
    network: &NetworkId,
    new: &N,
) -> Result<Option<N::Object>, Error> {
    let find = async |scope: &Scope| -> Result<Option<N::Object>, Error> {
        let named = client.list_named::<N::Object>(scope, network, N::PATH, Some(new.name()));
        Ok(named.await?.into_iter().find(|found| new.is_made(found)))
    };
    let mut looks = 0;
    let ended = Poll::new("looking for what a lost answer was about", client.poll_step)
        .until(
            scope,
            None,
            || find(scope),
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
            find(&Scope::detached(LAST_LOOK)).await
        }
    }
}
