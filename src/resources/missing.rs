//! Whether an object that a read does not find is gone.
//!
//! To drop an object from the state that is there has a price: the next apply makes a second one, or fails because of the first. And a single
//! "not found" is also what a replica says that lags, or a service while it is deployed. So another kind of look has to agree.

use std::fmt::Display;
use std::time::Duration;

use tokio::time::Instant;

use crate::http::Scope;
use crate::http::error::Error as CallError;
use crate::http::poll::{LookError, Poll, Progress, Waited};
use crate::resources::settle::Grace;

/// What both looks say.
enum Seen<T> {
    Found(T),
    Gone,
    /// The list shows it, and the read does not.
    Contradiction,
}

/// The object, after a read that did not find it: nothing where no list shows it either, or where reads stay with it although one does. Where
/// nothing can be listed, a second read decides.
///
/// # Errors
/// Those of the reads; the end of the scope.
pub(crate) async fn look_again<T, E, L, R>(
    scope: &Scope,
    step: Option<Duration>,
    object: impl Display,
    is_listed: impl Fn() -> L,
    read: impl Fn() -> R,
) -> Result<Option<T>, E>
where
    E: Display + From<CallError> + LookError,
    L: Future<Output = Result<bool, E>>,
    R: Future<Output = Result<Option<T>, E>>,
{
    let doing = format!("looking again for {object}, which was not found");
    let started = Instant::now();
    let mut grace = Grace::new();
    let look = async || {
        let listed = is_listed().await;
        if let Ok(false) = listed {
            return Ok::<_, E>(Seen::Gone);
        }
        if let Err(error) = &listed {
            tracing::debug!(%error, "what was not found cannot be listed: reading it again");
        }
        Ok(match read().await? {
            Some(object) => Seen::Found(object),
            None if listed.is_ok() => Seen::Contradiction,
            None => Seen::Gone,
        })
    };
    let ended = Poll::new(&doing, step)
        .until(scope, None, look, |seen| {
            Ok(match seen? {
                Seen::Found(object) => Progress::Done(Some(object)),
                Seen::Contradiction if !grace.is_over() => {
                    Progress::NotYet("a list shows it".to_owned())
                }
                Seen::Contradiction | Seen::Gone => Progress::Done(None),
            })
        })
        .await;
    ended.or_else(|ended| match (ended, scope.check()) {
        (Waited::Failed(error), _) => Err(error),
        (_, Err(ended)) => Err(CallError::ended(ended, doing, started.elapsed()).into()),
        (_, Ok(())) => Ok(None),
    })
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::VecDeque;
    use std::future::ready;

    use super::*;

    fn next<T>(answers: &RefCell<VecDeque<T>>) -> T {
        answers.borrow_mut().pop_front().expect("one more look")
    }

    type Read = Result<Option<u8>, CallError>;

    /// What comes of these lists and reads, and how long it takes.
    async fn looked(
        lists: impl IntoIterator<Item = Result<bool, CallError>>,
        reads: impl IntoIterator<Item = Read>,
    ) -> (Read, Duration) {
        let lists = RefCell::new(lists.into_iter().collect());
        let reads = RefCell::new(reads.into_iter().collect());
        let started = Instant::now();
        let scope = Scope::detached(Duration::from_secs(60));
        let is_listed = || ready(next(&lists));
        let read = || ready(next(&reads));
        let found = look_again(&scope, None, "it", is_listed, read).await;
        assert!(lists.borrow().is_empty() && reads.borrow().is_empty());
        (found, started.elapsed())
    }

    fn refused() -> CallError {
        CallError::unsendable("no")
    }

    #[tokio::test(start_paused = true)]
    async fn what_no_list_shows_is_gone_at_once() {
        let (found, took) = looked([Ok(false)], []).await;
        assert!(matches!(found, Ok(None)));
        assert_eq!(took, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_list_shows_is_read_again() {
        let (found, took) = looked([Ok(true)], [Ok(Some(7))]).await;
        assert!(matches!(found, Ok(Some(7))));
        assert_eq!(took, Duration::ZERO);
        let (found, _) = looked([Ok(true), Ok(true)], [Ok(None), Ok(Some(7))]).await;
        assert!(matches!(found, Ok(Some(7))));
        let (found, _) = looked([Ok(true), Ok(false)], [Ok(None)]).await;
        assert!(matches!(found, Ok(None)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_that_goes_on_showing_it_is_outdated_in_the_end() {
        let lists = std::iter::repeat_with(|| Ok(true)).take(6);
        let reads = std::iter::repeat_with(|| Ok(None)).take(6);
        let (found, took) = looked(lists, reads).await;
        assert!(matches!(found, Ok(None)));
        assert!(took >= Duration::from_secs(5) && took < Duration::from_secs(30));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_list_a_second_read_decides_and_its_error_is_an_error() {
        let (found, _) = looked([Err(refused())], [Ok(None)]).await;
        assert!(matches!(found, Ok(None)));
        let (found, _) = looked([Err(refused())], [Ok(Some(7))]).await;
        assert!(matches!(found, Ok(Some(7))));
        let (found, _) = looked([Ok(true)], [Err(refused())]).await;
        assert!(found.is_err());
    }
}
