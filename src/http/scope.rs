//! What bounds one operation: a deadline and cancellation.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long an operation may take and who may interrupt it. Every call and every wait gets one.
#[derive(Clone, Debug)]
pub struct Scope {
    /// When the operation's time is over.
    pub deadline: Instant,
    /// Cancelled when the user interrupts. Waits and reads end at once; a write in flight is let finish.
    pub cancel: CancellationToken,
}

/// Why an operation has to stop although nothing failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The deadline passed.
    Deadline,
    /// The user interrupted.
    Cancelled,
}

impl Scope {
    /// An operation that may take `timeout` from now.
    #[must_use]
    pub fn new(timeout: Duration, cancel: CancellationToken) -> Self {
        Self {
            deadline: Instant::now() + timeout,
            cancel,
        }
    }

    /// A short scope of its own, for what must still be found out after the real one was cancelled.
    #[must_use]
    pub fn detached(timeout: Duration) -> Self {
        Self::new(timeout, CancellationToken::new())
    }

    /// The same operation's part that may take `limit` from now at most.
    #[must_use]
    pub fn at_most(&self, limit: Duration) -> Self {
        Self {
            deadline: self.deadline.min(Instant::now() + limit),
            cancel: self.cancel.clone(),
        }
    }

    /// The time left; zero when the deadline has passed.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Whether work may go on.
    ///
    /// # Errors
    /// Says which bound was reached.
    pub fn check(&self) -> Result<(), Ended> {
        if self.cancel.is_cancelled() {
            Err(Ended::Cancelled)
        } else if self.remaining().is_zero() {
            Err(Ended::Deadline)
        } else {
            Ok(())
        }
    }

    /// Waits until `when`, or until a bound is reached.
    ///
    /// # Errors
    /// Says which bound ended the wait early.
    pub async fn sleep_until(&self, when: Instant) -> Result<(), Ended> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Ended::Cancelled),
            () = tokio::time::sleep_until(when.min(self.deadline)) => {
                if when > self.deadline { Err(Ended::Deadline) } else { Ok(()) }
            }
        }
    }

    /// Waits for `duration`, or until a bound is reached.
    ///
    /// # Errors
    /// Says which bound ended the wait early.
    pub async fn sleep(&self, duration: Duration) -> Result<(), Ended> {
        self.sleep_until(Instant::now() + duration).await
    }

    /// Runs `work` until it ends or a bound is reached; then `work` is dropped.
    ///
    /// # Errors
    /// Says which bound was reached.
    pub async fn bound<T>(&self, work: impl Future<Output = T>) -> Result<T, Ended> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(Ended::Cancelled),
            answer = work => Ok(answer),
            () = tokio::time::sleep_until(self.deadline) => Err(Ended::Deadline),
        }
    }
}

/// A duration for people: `850 ms`, `12 s`, `3 m 20 s`, `1 h 5 m`.
#[must_use]
pub fn in_words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes, rest) {
        (0, 0, 0) => format!("{} ms", duration.as_millis()),
        (0, 0, rest) => format!("{rest} s"),
        (0, minutes, 0) => format!("{minutes} m"),
        (0, minutes, rest) => format!("{minutes} m {rest} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn sleep_ends_at_the_deadline() {
        let scope = Scope::detached(Duration::from_secs(5));
        let started = Instant::now();
        assert_eq!(
            scope.sleep(Duration::from_secs(60)).await,
            Err(Ended::Deadline)
        );
        assert_eq!(started.elapsed(), Duration::from_secs(5));
        assert_eq!(scope.check(), Err(Ended::Deadline));
    }

    #[tokio::test(start_paused = true)]
    async fn sleep_ends_at_once_when_cancelled() {
        let scope = Scope::detached(Duration::from_secs(50));
        scope.cancel.cancel();
        let started = Instant::now();
        assert_eq!(
            scope.sleep(Duration::from_secs(10)).await,
            Err(Ended::Cancelled)
        );
        assert_eq!(started.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_part_is_bounded_by_both_limits_and_interrupted_with_the_whole() {
        let whole = Scope::detached(Duration::from_secs(50));
        let part = whole.at_most(Duration::from_secs(5));
        assert_eq!(part.remaining(), Duration::from_secs(5));
        assert_eq!(
            whole.at_most(Duration::from_secs(90)).remaining(),
            whole.remaining()
        );
        whole.cancel.cancel();
        assert_eq!(part.check(), Err(Ended::Cancelled));
    }

    #[test]
    fn durations_read_naturally() {
        let words = |millis| in_words(Duration::from_millis(millis));
        assert_eq!(words(850), "850 ms");
        assert_eq!(words(12_400), "12 s");
        assert_eq!(words(60_000), "1 m");
        assert_eq!(words(200_000), "3 m 20 s");
        assert_eq!(words(3_900_000), "1 h 5 m");
        assert_eq!(words(7_200_000), "2 h");
    }
}
