//! The one waiter: owns interval, deadline, cancellation and the log of what a wait saw.

use std::error::Error as StdError;
use std::fmt;
use std::ops::ControlFlow;
use std::time::Duration;

use tokio::time::Instant;

use super::error::{Error, chain};
use super::scope::{Ended, Scope, in_words};

/// The wait before the first re-read.
const FIRST_STEP: Duration = Duration::from_secs(1);
/// The longest wait between two reads.
const LONGEST_STEP: Duration = Duration::from_secs(15);
/// How much longer each wait is than the one before.
const GROWTH: f64 = 1.5;
/// A wait that sees no change says so this often.
const REMINDER: Duration = Duration::from_secs(60);

/// How often in a row a look may end in doubt before the wait fails with that.
const DOUBTS: u32 = 3;

/// An error of a look, as far as a wait has to know it.
pub trait LookError {
    /// What happened, where one such answer in the middle of a wait says little about the object: the wait then looks a few times more.
    fn doubt(&self) -> Option<String>;
}

impl LookError for Error {
    fn doubt(&self) -> Option<String> {
        self.is_doubtful().then(|| chain(self))
    }
}

impl LookError for std::convert::Infallible {
    fn doubt(&self) -> Option<String> {
        None
    }
}

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

    /// Looks, judges what was seen, and so on until it is done, can never be, or the scope ends. With a `first`, for an object that was seen
    /// just now, the first look comes after the first step, else at once.
    ///
    /// A look is never dropped half way, because it may change something: it has to end by itself when the scope does, as every
    /// call of [`super::Api`] does. An error that a look gives after that end counts as the end. Look and judgement are two, so that the
    /// future is `Send` wherever the look's is, which an async closure could not promise (<https://github.com/rust-lang/rust/issues/110338>).
    ///
    /// # Errors
    /// See [`Waited`]. An error of `judge` is final, but for [`LookError::doubt`]: let it pass what may pass with [`tolerate`].
    pub async fn until<L: Future, T, E: LookError>(
        &self,
        scope: &Scope,
        first: Option<Progress<T>>,
        mut look: impl FnMut() -> L,
        mut judge: impl FnMut(L::Output) -> Result<Progress<T>, E>,
    ) -> Result<T, Waited<E>> {
        let mut wait = Wait::new(self);
        let mut seen = first.map(Ok);
        loop {
            let looked = match seen.take() {
                Some(seen) => seen,
                None => judge(look().await),
            };
            match wait.weigh(scope, looked)? {
                ControlFlow::Break(value) => return Ok(value),
                ControlFlow::Continue(step) => wait.pause(scope, step).await?,
            }
        }
    }
}

/// A wait under way.
struct Wait<'a> {
    journal: Journal<'a>,
    fixed_step: Option<Duration>,
    agreements: u32,
    agreed: u32,
    looks: u32,
    doubts: u32,
}

impl<'a> Wait<'a> {
    fn new(poll: &'a Poll) -> Self {
        Self {
            journal: Journal::new(&poll.doing),
            fixed_step: poll.step,
            agreements: poll.agreements,
            agreed: 0,
            looks: 0,
            doubts: 0,
        }
    }

    /// What a look leads to: the value, or another look after a while.
    fn weigh<T, E: LookError>(
        &mut self,
        scope: &Scope,
        looked: Result<Progress<T>, E>,
    ) -> Result<ControlFlow<T, Duration>, Waited<E>> {
        let progress = match (looked, scope.check()) {
            (Ok(progress), _) => progress,
            // The look was cut short by the same bound: what it says about that is beside the point.
            (Err(_), Err(ended)) => return Err(self.journal.ended(ended)),
            (Err(error), Ok(())) => return self.doubt(error),
        };
        self.doubts = 0;
        Ok(match progress {
            Progress::Never(reason) => return Err(Waited::Never(reason)),
            Progress::Done(value) => {
                self.agreed += 1;
                if self.agreed >= self.agreements {
                    ControlFlow::Break(value)
                } else {
                    // Doubtful successes are checked quickly; growing steps would make a sure thing slow.
                    ControlFlow::Continue(self.fixed_step.unwrap_or(FIRST_STEP))
                }
            }
            Progress::NotYet(state) => {
                self.agreed = 0;
                self.tell(state);
                let step = self
                    .fixed_step
                    .unwrap_or_else(|| step(self.looks, fastrand::f64()));
                self.looks += 1;
                ControlFlow::Continue(step)
            }
        })
    }

    /// Another look soon, a few times in a row, after an answer that may be a slip of the service's or of something on the way to it.
    fn doubt<T, E: LookError>(&mut self, error: E) -> Result<ControlFlow<T, Duration>, Waited<E>> {
        match error.doubt() {
            Some(state) if self.doubts < DOUBTS => {
                self.doubts += 1;
                self.tell(state);
                Ok(ControlFlow::Continue(self.fixed_step.unwrap_or(FIRST_STEP)))
            }
            _ => Err(Waited::Failed(error)),
        }
    }

    fn tell(&mut self, state: String) {
        if let Some(line) = self.journal.note(state) {
            let elapsed = in_words(self.journal.started.elapsed());
            tracing::info!(elapsed, "{line}");
        }
    }

    async fn pause<E>(&self, scope: &Scope, step: Duration) -> Result<(), Waited<E>> {
        scope
            .sleep(step)
            .await
            .map_err(|ended| self.journal.ended(ended))
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
        Ok(Progress::NotYet(chain(&error)))
    } else {
        Err(error)
    }
}

/// Tells each change once and a reminder each minute.
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

    /// The line that what was just seen is worth, if any.
    fn note(&mut self, state: String) -> Option<String> {
        let line = if self.state != state {
            format!("{}: {state}", self.doing)
        } else if self.noted.elapsed() >= REMINDER {
            format!("{}: still {state}", self.doing)
        } else {
            return None;
        };
        self.noted = Instant::now();
        self.state = state;
        Some(line)
    }

    fn ended<E>(&self, ended: Ended) -> Waited<E> {
        let doing = self.doing.to_owned();
        let last_state = self.state.clone();
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
mod tests;
