//! What this client made a moment ago: replicas may not show it yet, so a "not found" about it may pass.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::client::Client;
use super::ids::Guid;

/// On bad days replicas need this long; what is older and missing is missing.
const REPLICATION_LIMIT: Duration = Duration::from_secs(10 * 60);

/// GUIDs of objects, each with the moment of its making.
#[derive(Debug, Default)]
pub(super) struct Recent(Mutex<HashMap<Guid, Instant>>);

impl Recent {
    pub(super) fn note(&self, id: &Guid) {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        made.insert(id.clone(), Instant::now());
    }

    fn holds_any(&self) -> bool {
        let made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        made.values().any(|when| when.elapsed() < REPLICATION_LIMIT)
    }

    fn holds(&self, id: &Guid) -> bool {
        let made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        made.get(id)
            .is_some_and(|when| when.elapsed() < REPLICATION_LIMIT)
    }
}

impl Client {
    /// Whether this client made the service principal or role of this GUID a moment ago.
    #[must_use]
    pub fn has_just_made(&self, id: &Guid) -> bool {
        self.recent().holds(id)
    }

    /// Whether this client assigned some role a moment ago, which Azure may not know of everywhere yet.
    #[must_use]
    pub fn has_just_assigned(&self) -> bool {
        self.assigned().holds_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_was_made_long_ago_is_not_recent() {
        let recent = Recent::default();
        let [made, other] = [
            "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11",
            "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a12",
        ]
        .map(|text| text.parse::<Guid>().unwrap());
        recent.note(&made);
        assert!(recent.holds(&made) && !recent.holds(&other) && recent.holds_any());
        tokio::time::advance(REPLICATION_LIMIT).await;
        assert!(!recent.holds(&made) && !recent.holds_any());
    }
}
