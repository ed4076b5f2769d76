//! One pause for all callers of an API, after the service asked for it.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// Closed until the service is ready for more.
#[derive(Debug, Default)]
pub(super) struct Gate(Mutex<Option<Instant>>);

impl Gate {
    /// Keeps everyone waiting until `until`; a later time that was set before stays.
    pub(super) fn close_until(&self, until: Instant) {
        let mut closed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *closed = Some(closed.map_or(until, |before| before.max(until)));
    }

    /// When the gate opens, if it is closed now.
    pub(super) fn opens_at(&self) -> Option<Instant> {
        let closed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        closed.filter(|until| *until > Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_longest_pause_wins_and_then_it_opens() {
        let gate = Gate::default();
        assert_eq!(gate.opens_at(), None);
        let now = Instant::now();
        gate.close_until(now + Duration::from_secs(9));
        gate.close_until(now + Duration::from_secs(3));
        assert_eq!(gate.opens_at(), Some(now + Duration::from_secs(9)));
        tokio::time::advance(Duration::from_secs(9)).await;
        assert_eq!(gate.opens_at(), None);
    }
}
