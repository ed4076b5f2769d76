//! Waiting until replicas show what was just written.

use std::fmt::Display;
use std::time::Duration;

use tokio::time::Instant;

use crate::azure;
use crate::http::Scope;
use crate::http::error::Error as HttpError;
use crate::http::poll::{Poll, Progress, Waited, tolerate};
use crate::tf::context::Context;
use crate::tf::diagnostics::Diagnostic;

/// How long replicas usually need at most; what takes longer is not worth holding up the run for.
const REPLICATION_LIMIT: Duration = Duration::from_secs(2 * 60);

/// How long, and for how many looks at least, what nobody vouches for may be unknown: enough for what another tool made a moment ago.
const GRACE: Duration = Duration::from_secs(5);
const GRACE_LOOKS: u32 = 6;

/// How many reads in a row must agree, as each may be answered by another replica.
pub(crate) const AGREEING_READS: u32 = 2;

/// Tells a thing that replicas do not know yet from one that does not exist, where nothing else can: by time and tries.
#[derive(Debug)]
pub(crate) struct Grace {
    started: Instant,
    looks: u32,
    least_time: Duration,
    least_looks: u32,
}

impl Grace {
    pub(crate) fn new() -> Self {
        Self::of(GRACE, GRACE_LOOKS)
    }

    /// For something that usually shows after this time and so many looks.
    pub(crate) fn of(least_time: Duration, least_looks: u32) -> Self {
        Self {
            started: Instant::now(),
            looks: 0,
            least_time,
            least_looks,
        }
    }

    /// Counts a look that found nothing; whether it was the last to be patient with.
    pub(crate) fn is_over(&mut self) -> bool {
        self.looks += 1;
        self.looks >= self.least_looks && self.started.elapsed() >= self.least_time
    }
}

/// Reads until the object is there, as `read` wants it; `scope` should be a [`limited`] one.
///
/// The service has confirmed the write before this is called, so nothing here is a failure of it: a wait that ends early becomes a
/// warning at most, and the object is not marked for replacement.
pub(crate) async fn until_readable<T, L>(
    context: &Context,
    scope: &Scope,
    poll: Poll,
    read: impl FnMut() -> L,
) -> Option<T>
where
    L: Future<Output = Result<Option<T>, azure::Error>>,
{
    let ended = poll
        .until(scope, None, read, |found| match found {
            Ok(Some(object)) => Ok(Progress::Done(object)),
            Ok(None) => Ok(Progress::NotYet("reads do not show it yet".to_owned())),
            Err(error) => tolerate(error.into()),
        })
        .await;
    match ended {
        Ok(object) => Some(object),
        Err(Waited::Cancelled { .. }) => None,
        Err(ended) => {
            warn(context, ended);
            None
        }
    }
}

/// Reads until no read shows the object any more.
pub(crate) async fn until_gone<T, L>(
    scope: &Scope,
    step: Option<Duration>,
    doing: String,
    read: impl FnMut() -> L,
) -> Result<(), Waited<HttpError>>
where
    L: Future<Output = Result<Option<T>, azure::Error>>,
{
    Poll::new(doing, step)
        .agreements(AGREEING_READS)
        .until(scope, None, read, |found| match found {
            Ok(None) => Ok(Progress::Done(())),
            Ok(Some(_)) => Ok(Progress::NotYet("it can still be read".to_owned())),
            Err(error) => tolerate(error.into()),
        })
        .await
}

/// The scope, ended when replicas usually agree.
pub(crate) fn limited(scope: &Scope) -> Scope {
    scope.at_most(REPLICATION_LIMIT)
}

/// Warns of a confirmed write that reads did not come to show.
pub(crate) fn warn_unless_shown(context: &Context, is_shown: bool) {
    if !is_shown {
        warn(context, "reads go on showing what was there before");
    }
}

fn warn(context: &Context, why: impl Display) {
    context.warn(Diagnostic::warning(
        "Azure has not replicated the change everywhere yet",
        format!(
            "The service has confirmed it, but: {why}.\n\nWhat is made next and refers to it may be refused for some minutes; the same \
             command again then goes on."
        ),
    ));
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    fn poll() -> Poll {
        Poll::new("waiting until it can be read", None).agreements(2)
    }

    #[tokio::test(start_paused = true)]
    async fn reads_that_waver_are_read_again() {
        let context = Context::new(LONG, CancellationToken::new());
        let mut answers = [None, Some(1), None, Some(2), Some(3)].into_iter();
        let scope = limited(&Scope::detached(LONG));
        let read = || std::future::ready(Ok(answers.next().flatten()));
        let found = until_readable(&context, &scope, poll(), read).await;
        assert_eq!(found, Some(3));
        assert!(context.take_warnings().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_one_replica_does_not_show_is_not_gone_yet() {
        let answers = [None, Some(1), None, None, Some(2)];
        let mut left = answers.into_iter();
        let read = || std::future::ready(Ok(left.next().flatten()));
        let scope = Scope::detached(LONG);
        let gone = until_gone(&scope, None, "waiting until it is gone".to_owned(), read);
        gone.await.unwrap();
        assert_eq!(left.next(), Some(Some(2)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_replica_is_a_warning_after_two_minutes() {
        let context = Context::new(LONG, CancellationToken::new());
        let started = Instant::now();
        let scope = limited(&Scope::detached(LONG));
        let read = || std::future::ready(Ok(None::<u8>));
        let found = until_readable(&context, &scope, poll(), read).await;
        assert_eq!(found, None);
        assert_eq!(started.elapsed(), REPLICATION_LIMIT);
        let warnings = context.take_warnings();
        assert!(!warnings.is_empty() && !warnings.has_errors());
    }

    #[tokio::test(start_paused = true)]
    async fn an_interruption_ends_the_wait_without_a_word() {
        let context = Context::new(LONG, CancellationToken::new());
        let scope = Scope::detached(LONG);
        scope.cancel.cancel();
        let read = || std::future::ready(Ok(None::<u8>));
        let found = until_readable(&context, &scope, poll(), read).await;
        assert_eq!(found, None);
        assert!(context.take_warnings().is_empty());
    }
}
