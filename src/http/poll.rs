//! The one waiter: owns interval, deadline, cancellation and the log of what a wait saw.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use super::error::Error;
use super::scope::{Ended, Scope, in_words};

/// The wait before the first re-read.
const FIRST_STEP: Duration = Duration::from_secs(1);
/// The longest wait between two reads.
const LONGEST_STEP: Duration = Duration::from_secs(15);
/// How much longer each wait is than the one before.
const GROWTH: f64 = 1.5;
/// A wait that sees no change says so this often.
const REMINDER: Duration = Duration::from_secs(60);

/// What one look at the remote object says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress<T> {
    /// The condition holds.
    Done(T),
    /// Not yet; the text says what is waited for now, and is shown in the log and in the timeout's error.
    NotYet(String),
    /// It will not come true; the text says why.
    Never(String),
}

/// One wait for a remote condition.
#[derive(Clone, Debug)]
pub struct Poll {
    /// What is going on, for log and errors: `waiting for the peering "x" to become ready`.
    pub doing: String,
    /// A fixed time between reads, instead of the growing one.
    pub step: Option<Duration>,
    /// How many looks in a row must find it done; replicas may disagree for a while. Zero counts as one.
    pub agreements: u32,
}

/// Why a wait ended without its condition.
#[derive(Debug)]
pub enum Waited<E> {
    /// Looking failed, finally.
    Failed(E),
    /// The condition will not come true; the text says why.
    Never(String),
    /// The time was over.
    Deadline {
        /// What was waited for.
        doing: String,
        /// What the last look said; empty when there was none.
        last_state: String,
        /// How long was waited.
        elapsed: Duration,
    },
    /// The user interrupted.
    Cancelled {
        /// What was waited for.
        doing: String,
        /// What the last look said; empty when there was none.
        last_state: String,
    },
}

impl Poll {
    /// A wait with growing steps that believes the first good look.
    #[must_use]
    pub fn new(doing: impl Into<String>, step: Option<Duration>) -> Self {
        Self {
            doing: doing.into(),
            step,
            agreements: 1,
        }
    }

    /// Asks for this many good looks in a row.
    #[must_use]
    pub fn agreements(mut self, agreements: u32) -> Self {
        self.agreements = agreements;
        self
    }

    /// Looks at once, then again and again until it is done, can never be, or the scope ends.
    ///
    /// # Errors
    /// See [`Waited`]. An error of `observe` is final: let it pass what may pass with [`tolerate`].
    pub async fn until<T, E>(
        &self,
        scope: &Scope,
        observe: impl AsyncFnMut() -> Result<Progress<T>, E>,
    ) -> Result<T, Waited<E>> {
        self.watch(scope, None, observe).await
    }

    /// As [`Poll::until`], for an object that was seen just now in `first`: looks again after the first step.
    ///
    /// # Errors
    /// As [`Poll::until`].
    pub async fn until_from<T, E>(
        &self,
        scope: &Scope,
        first: Progress<T>,
        observe: impl AsyncFnMut() -> Result<Progress<T>, E>,
    ) -> Result<T, Waited<E>> {
        self.watch(scope, Some(first), observe).await
    }

    async fn watch<T, E>(
        &self,
        scope: &Scope,
        mut seen: Option<Progress<T>>,
        mut observe: impl AsyncFnMut() -> Result<Progress<T>, E>,
    ) -> Result<T, Waited<E>> {
        let mut journal = Journal::new(&self.doing);
        let mut agreed = 0;
        let mut looks = 0;
        loop {
            let progress = match seen.take() {
                Some(progress) => progress,
                None => match scope.bound(observe()).await {
                    Ok(looked) => looked.map_err(Waited::Failed)?,
                    Err(ended) => return Err(journal.ended(ended)),
                },
            };
            let step = match progress {
                Progress::Never(reason) => return Err(Waited::Never(reason)),
                Progress::Done(value) => {
                    agreed += 1;
                    if agreed >= self.agreements {
                        return Ok(value);
                    }
                    // Doubtful successes are checked quickly; growing steps would make a sure thing slow.
                    self.step.unwrap_or(FIRST_STEP)
                }
                Progress::NotYet(state) => {
                    agreed = 0;
                    journal.note(state);
                    let step = self.step.unwrap_or_else(|| step(looks, fastrand::f64()));
                    looks += 1;
                    step
                }
            };
            if let Err(ended) = scope.sleep(step).await {
                return Err(journal.ended(ended));
            }
        }
    }
}

/// The wait after the given number of looks, moved by up to a fifth either way for `unit` in 0..1.
fn step(looks: u32, unit: f64) -> Duration {
    if looks == 0 {
        return FIRST_STEP;
    }
    let grown = FIRST_STEP.as_secs_f64() * GROWTH.powi(i32::try_from(looks.min(16)).unwrap_or(16));
    let capped = grown.min(LONGEST_STEP.as_secs_f64());
    Duration::from_secs_f64((capped * (0.8 + 0.4 * unit)).min(LONGEST_STEP.as_secs_f64()))
}

/// Lets a wait survive an outage: a failure that may pass counts as a look that saw nothing new.
///
/// # Errors
/// Gives back every error that is not [`Error::is_passing`].
pub fn tolerate<T>(error: Error) -> Result<Progress<T>, Error> {
    if error.is_passing() {
        let cause = StdError::source(&error).map(|source| format!(": {source}"));
        Ok(Progress::NotYet(format!(
            "{error}{}",
            cause.unwrap_or_default()
        )))
    } else {
        Err(error)
    }
}

/// Writes each change once and a reminder each minute.
struct Journal<'a> {
    doing: &'a str,
    started: Instant,
    state: String,
    noted: Instant,
}

impl<'a> Journal<'a> {
    fn new(doing: &'a str) -> Self {
        let now = Instant::now();
        Self {
            doing,
            started: now,
            state: String::new(),
            noted: now,
        }
    }

    fn note(&mut self, state: String) {
        let elapsed = in_words(self.started.elapsed());
        if self.state != state {
            tracing::info!(elapsed, "{}: {state}", self.doing);
            self.noted = Instant::now();
        } else if self.noted.elapsed() >= REMINDER {
            tracing::info!(elapsed, "{}: still {state}", self.doing);
            self.noted = Instant::now();
        }
        self.state = state;
    }

    fn ended<E>(self, ended: Ended) -> Waited<E> {
        let doing = self.doing.to_owned();
        let last_state = self.state;
        match ended {
            Ended::Cancelled => Waited::Cancelled { doing, last_state },
            Ended::Deadline => Waited::Deadline {
                doing,
                last_state,
                elapsed: self.started.elapsed(),
            },
        }
    }
}

impl<E> Waited<E> {
    /// The same end with another error type.
    pub fn map<F>(self, change: impl FnOnce(E) -> F) -> Waited<F> {
        match self {
            Self::Failed(error) => Waited::Failed(change(error)),
            Self::Never(reason) => Waited::Never(reason),
            Self::Deadline {
                doing,
                last_state,
                elapsed,
            } => Waited::Deadline {
                doing,
                last_state,
                elapsed,
            },
            Self::Cancelled { doing, last_state } => Waited::Cancelled { doing, last_state },
        }
    }
}

impl<E: fmt::Display> fmt::Display for Waited<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (doing, last_state) = match self {
            Self::Failed(error) => return error.fmt(formatter),
            Self::Never(reason) => return formatter.write_str(reason),
            Self::Deadline {
                doing,
                last_state,
                elapsed,
            } => {
                write!(
                    formatter,
                    "time ran out after {} while ",
                    in_words(*elapsed)
                )?;
                (doing, last_state)
            }
            Self::Cancelled { doing, last_state } => {
                formatter.write_str("interrupted while ")?;
                (doing, last_state)
            }
        };
        formatter.write_str(doing)?;
        if last_state.is_empty() {
            return Ok(());
        }
        write!(formatter, "; last seen: {last_state}")
    }
}

impl<E: StdError + 'static> StdError for Waited<E> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            // The message is the inner error's own, so its causes follow, not itself.
            Self::Failed(error) => error.source(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::http::error::{Failure, Interruption, InterruptionKind};

    fn poll() -> Poll {
        Poll::new("waiting for the thing to become ready", None)
    }

    fn not_yet() -> Result<Progress<u8>, Infallible> {
        Ok(Progress::NotYet("initializing".into()))
    }

    #[tokio::test(start_paused = true)]
    async fn looks_at_once_then_after_a_second_then_in_growing_steps() {
        let started = Instant::now();
        let mut looks = Vec::new();
        let ended = poll()
            .until(&Scope::detached(Duration::from_secs(300)), async || {
                looks.push(started.elapsed());
                not_yet()
            })
            .await;
        assert!(matches!(ended, Err(Waited::Deadline { .. })));
        assert_eq!(looks[0], Duration::ZERO);
        assert_eq!(looks[1], Duration::from_secs(1));
        let steps: Vec<_> = looks.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(steps.iter().all(|step| *step <= LONGEST_STEP));
        assert!(
            steps[10..]
                .iter()
                .all(|step| *step >= Duration::from_secs(12))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_fixed_step_is_kept() {
        let started = Instant::now();
        let mut looks = 0;
        let poll = Poll::new("waiting", Some(Duration::from_millis(50)));
        let found = poll
            .until(&Scope::detached(Duration::from_secs(9)), async || {
                looks += 1;
                if looks == 5 {
                    Ok(Progress::Done(7))
                } else {
                    not_yet()
                }
            })
            .await;
        assert_eq!(found.unwrap(), 7);
        assert_eq!(started.elapsed(), Duration::from_millis(200));
    }

    #[tokio::test(start_paused = true)]
    async fn an_object_seen_just_now_is_not_read_again_at_once() {
        let started = Instant::now();
        let scope = Scope::detached(Duration::from_secs(9));
        let first = Progress::NotYet("initializing".to_owned());
        let found = poll()
            .until_from(&scope, first, async || {
                Ok::<_, Infallible>(Progress::Done(()))
            })
            .await;
        assert!(found.is_ok());
        assert_eq!(started.elapsed(), FIRST_STEP);
        let done = poll()
            .until_from(&scope, Progress::Done(3), async || not_yet())
            .await;
        assert_eq!(done.unwrap(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wavering_answer_does_not_count_as_agreed() {
        let mut looks = [true, false, true, true, true].into_iter();
        let mut used = 0;
        let found = poll()
            .agreements(3)
            .until(&Scope::detached(Duration::from_secs(60)), async || {
                used += 1;
                if looks.next() == Some(true) {
                    Ok(Progress::Done(0))
                } else {
                    not_yet()
                }
            })
            .await;
        assert!(found.is_ok());
        assert_eq!(used, 5);
    }

    #[tokio::test(start_paused = true)]
    async fn the_deadline_names_what_was_seen_last() {
        let ended = poll()
            .until(&Scope::detached(Duration::from_secs(90)), async || {
                not_yet()
            })
            .await
            .unwrap_err();
        assert_eq!(
            ended.to_string(),
            "time ran out after 1 m 30 s while waiting for the thing to become ready; last seen: initializing"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn cancellation_ends_the_wait_at_once_even_inside_a_look() {
        let scope = Scope::detached(Duration::from_secs(3600));
        let cancel = scope.cancel.clone();
        let started = Instant::now();
        let mut looks = 0;
        let ended = poll()
            .until(&scope, async || {
                looks += 1;
                if looks > 1 {
                    cancel.cancel();
                    std::future::pending::<()>().await;
                }
                not_yet()
            })
            .await;
        assert!(
            matches!(ended, Err(Waited::Cancelled { ref last_state, .. }) if last_state == "initializing")
        );
        assert_eq!(started.elapsed(), FIRST_STEP);
    }

    #[tokio::test]
    async fn what_can_never_be_ends_at_once() {
        let ended = poll()
            .until(&Scope::detached(Duration::from_secs(60)), async || {
                Ok::<_, Infallible>(Progress::<()>::Never("no consent".into()))
            })
            .await;
        assert!(matches!(ended, Err(Waited::Never(reason)) if reason == "no consent"));
    }

    #[test]
    fn an_outage_is_tolerated_and_a_final_failure_is_not() {
        let lost = |kind| {
            Error::from(Failure::NotSent {
                api: "Sample",
                call: "GET /a".into(),
                attempts: 9,
                source: Interruption {
                    kind,
                    message: "connection refused".into(),
                },
            })
        };
        let passed = tolerate::<()>(lost(InterruptionKind::NotConnected)).unwrap();
        assert_eq!(
            passed,
            Progress::NotYet(
                "Sample could not be reached for GET /a, tried 9 times: connection refused".into()
            )
        );
        assert!(tolerate::<()>(lost(InterruptionKind::Untrusted)).is_err());
    }

    #[test]
    fn steps_never_leave_their_bounds() {
        for looks in 0..2000 {
            for unit in [0.0, 0.5, 0.999] {
                let step = step(looks, unit);
                assert!(step >= Duration::from_millis(800) && step <= LONGEST_STEP);
            }
        }
    }
}
