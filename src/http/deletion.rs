//! Deletion of what may be gone already.

use std::time::Duration;

use tokio::time::Instant;

use super::api::Api;
use super::error::Error;
use super::poll::{LookError, Poll, Progress, Waited};
use super::request::Request;
use super::scope::Scope;

/// How often a deletion is sent at most that is answered with "not found" while the object is shown.
const ATTEMPTS: u32 = 4;

/// What one attempt came to.
enum Attempt {
    Accepted,
    /// Neither deletion nor read know it.
    Gone,
    /// The deletion was answered with "not found", and a read shows it.
    StillShown,
}

/// Sends a deletion. An object that is not there counts as deleted, for the answer to an earlier attempt may have been lost. But "not found" is
/// believed only once `read` agrees: a replica that did not know the object has not deleted it, so that the deletion is sent again.
///
/// # Errors
/// The deletion's own refusal; the end of the scope.
pub async fn delete<E: From<Error> + LookError>(
    api: &Api,
    scope: &Scope,
    step: Option<Duration>,
    (delete, read): (&Request, &Request),
    is_not_found: impl Fn(&E) -> bool,
) -> Result<(), E> {
    let started = Instant::now();
    let doing = format!("the deletion at {}", api.name());
    let attempt = async || {
        match api.send(scope, delete.clone()).await.map_err(E::from) {
            Ok(_) => return Ok(Attempt::Accepted),
            Err(error) if is_not_found(&error) => {}
            Err(error) => return Err(error),
        }
        // Where nothing can be seen, the deletion's answer is all there is.
        let is_shown = api.send(scope, read.clone()).await.is_ok();
        Ok(if is_shown {
            Attempt::StillShown
        } else {
            Attempt::Gone
        })
    };
    let mut attempts = 0;
    let ended = Poll::new(&doing, step)
        .until(scope, None, attempt, |attempt| {
            attempts += 1;
            Ok(match attempt? {
                Attempt::StillShown if attempts < ATTEMPTS => Progress::NotYet(
                    "its deletion is answered with 404, and it is shown all the same".to_owned(),
                ),
                Attempt::Accepted | Attempt::Gone | Attempt::StillShown => Progress::Done(()),
            })
        })
        .await;
    match (ended, scope.check()) {
        (Err(Waited::Failed(error)), _) => Err(error),
        (Err(_), Err(ended)) => Err(Error::ended(ended, doing, started.elapsed()).into()),
        _ => Ok(()),
    }
}
