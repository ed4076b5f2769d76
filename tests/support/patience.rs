//! Waiting for what another process does: look again until it is so, for a bounded time.

use std::time::{Duration, Instant};

/// How long a test waits for something that another process does, on a machine that is busy compiling.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Looks until `condition` gives something.
#[track_caller]
pub fn found<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "{what} did not happen");
        std::thread::yield_now();
    }
}

/// Looks until `condition` holds.
#[track_caller]
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    found(what, || condition().then_some(()));
}
