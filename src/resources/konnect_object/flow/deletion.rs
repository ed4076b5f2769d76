//! Deletion to the end: asked for, waited for where it is refused in transition, seen to be done.

use std::fmt::Display;

use crate::http::poll::{Poll, Progress, tolerate};
use crate::konnect::Error;
use crate::tf::diagnostics::Diagnostics;

use super::super::phase::{self, Deletion, Ended, Lifecycle as _, Settled};
use super::{Flow, Objects};

/// What a refused deletion may do next.
enum AfterRefusal {
    /// Try again: the object is not in transition. The flag tells whether it was when the deletion was refused.
    TryAgain { was_in_transition: bool },
    /// Somebody's deletion is under way.
    Terminating,
    /// There is nothing left to delete.
    Gone,
}

/// What an accepted or refused deletion leads to.
enum Asked {
    /// It is under way, ours or somebody else's.
    UnderWay,
    /// There is nothing left to delete.
    Gone,
}

impl<O: Objects> Flow<'_, O> {
    /// Deletes the object and waits until it is gone. `action` is what fails when this does.
    ///
    /// A deletion that Konnect accepted can fail in the background: it is asked for once more, and then Konnect's reason is told.
    pub(crate) async fn delete(&self, id: O::Id, action: &'static str) -> Result<(), Diagnostics> {
        let mut is_second = false;
        loop {
            if let Asked::Gone = self.ask_for_deletion(id, action).await? {
                return Ok(());
            }
            let back = match self.gone(id, action, &stays(id)).await? {
                Ended::Gone => return Ok(()),
                Ended::Failed(object) => object.describe(),
            };
            if is_second {
                let failure = self.failure(action).now(stays(id));
                let failure = failure.next("Remove what holds it, as far as the reason says, and run the same command again.");
                return Err(failure.because(format!(
                    "Konnect accepted the deletion twice and could not carry it out: {back}"
                )));
            }
            tracing::info!(
                "the deletion of {} failed, it is in {back}: asking for it once more",
                self.noun
            );
            is_second = true;
        }
    }

    async fn ask_for_deletion(
        &self,
        id: O::Id,
        action: &'static str,
    ) -> Result<Asked, Diagnostics> {
        let mut refused_while_stable = false;
        loop {
            let error = match self.objects.delete(&self.scope, id).await {
                Ok(()) => return Ok(Asked::UnderWay),
                Err(error) => error,
            };
            // What is in transition is refused without a code of its own: the object's state tells whether that was the reason.
            let may_pass = error.is_bad_request() || error.is_conflict();
            if refused_while_stable || !may_pass {
                let failure = self.failure(action).now(stays(id));
                return Err(failure.explain(&error));
            }
            match self.after_refusal(id, &error, action).await? {
                AfterRefusal::TryAgain { was_in_transition } => {
                    refused_while_stable = !was_in_transition;
                }
                AfterRefusal::Terminating => return Ok(Asked::UnderWay),
                AfterRefusal::Gone => return Ok(Asked::Gone),
            }
        }
    }

    async fn after_refusal(
        &self,
        id: O::Id,
        error: &Error,
        action: &'static str,
    ) -> Result<AfterRefusal, Diagnostics> {
        let mut was_in_transition = false;
        let refused = Progress::NotYet(format!("its deletion is refused: {error}"));
        let doing = format!("waiting until {} can be deleted", self.noun);
        let settled = Poll::new(doing, self.step)
            .until(
                &self.scope,
                Some(refused),
                || self.look(id),
                |looked| match looked {
                    Ok(object) => {
                        let progress = phase::settled(object);
                        was_in_transition |= matches!(progress, Progress::NotYet(_));
                        Ok(progress)
                    }
                    Err(error) => tolerate(error.into_http()),
                },
            )
            .await
            .map_err(|ended| self.failure(action).now(stays(id)).waited(&ended))?;
        Ok(match settled {
            Settled::Stable(_) => AfterRefusal::TryAgain { was_in_transition },
            Settled::Terminating => AfterRefusal::Terminating,
            Settled::Gone => AfterRefusal::Gone,
        })
    }

    /// Waits until a deletion under way has ended.
    pub(super) async fn gone(
        &self,
        id: O::Id,
        action: &'static str,
        now: &str,
    ) -> Result<Ended<O::Object>, Diagnostics> {
        let mut deletion = Deletion::accepted();
        Poll::new(format!("waiting until {} is gone", self.noun), self.step)
            .until(
                &self.scope,
                None,
                || self.look(id),
                |looked| match looked {
                    Ok(object) => Ok(deletion.judge(object)),
                    Err(error) => tolerate(error.into_http()),
                },
            )
            .await
            .map_err(|ended| self.failure(action).now(now).waited(&ended))
    }
}

fn stays(id: impl Display) -> String {
    format!("It may still exist in Konnect, with id {id}, and stays in the state.")
}
