//! One after the other, where two calls of this process at the same time would meet in one object of a service.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;

use crate::http::error::Error;
use crate::http::scope::Scope;

/// Whose turn it is on each object, in this process, and what those whose turn it was leave to the next.
#[derive(Debug)]
pub(crate) struct Turns<K, V = ()>(Mutex<HashMap<K, Arc<tokio::sync::Mutex<V>>>>);

impl<K, V> Default for Turns<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Default> Turns<K, V> {
    /// Waits until nobody else works on the object; the turn ends when what is given is dropped. `doing` is what the wait is told as.
    ///
    /// # Errors
    /// When the scope ends before.
    pub(crate) async fn take(
        &self,
        scope: &Scope,
        of: K,
        doing: &str,
    ) -> Result<OwnedMutexGuard<V>, Error> {
        let place = {
            let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(places.entry(of).or_default())
        };
        if let Ok(turn) = Arc::clone(&place).try_lock_owned() {
            return Ok(turn);
        }
        tracing::info!("{doing}");
        let started = Instant::now();
        let turn = scope.bound(place.lock_owned()).await;
        turn.map_err(|ended| Error::ended(ended, doing, started.elapsed()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::azure::ids::PrivateDnsZoneId;

    /// Row 65.
    #[tokio::test(start_paused = true)]
    async fn one_object_is_taken_in_turns_and_others_are_not() {
        let turns: Turns<PrivateDnsZoneId> = Turns::default();
        let zone = |name: &str| -> PrivateDnsZoneId {
            let subscription = "0b1f6471-1bf0-4dda-aec3-cb9272f09590".parse().unwrap();
            PrivateDnsZoneId::new(&subscription, "net", name).unwrap()
        };
        let scope = Scope::detached(Duration::from_secs(60));
        let take = async |scope, name| turns.take(scope, zone(name), "waiting").await;
        let first = take(&scope, "a.example").await.unwrap();
        assert!(take(&scope, "b.example").await.is_ok());
        let (second, ()) = tokio::join!(take(&scope, "A.Example"), async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            drop(first);
        });
        assert!(second.is_ok() && scope.remaining() <= Duration::from_secs(55));
        let short = Scope::detached(Duration::from_secs(1));
        let third = take(&short, "a.example").await;
        assert!(third.is_err_and(|error| error.is_deadline()));
    }
}
