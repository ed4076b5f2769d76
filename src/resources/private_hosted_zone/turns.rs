//! One link after the other: Azure refuses to make two links on one zone at the same time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;

use crate::http::error::Error;
use crate::http::poll::{Poll, Progress, Waited};
use crate::http::scope::Scope;

/// Whose turn it is on each zone, in this process.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl Turns {
    /// Waits until nobody else makes a link on the zone; the turn ends when what is given is dropped.
    pub(super) async fn take(
        &self,
        scope: &Scope,
        step: Option<Duration>,
        zone: &str,
    ) -> Result<OwnedMutexGuard<()>, Waited<Error>> {
        let place = {
            let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(places.entry(zone.to_lowercase()).or_default())
        };
        Poll::new(format!("waiting for the turn on the zone {zone}"), step)
            .until(
                scope,
                None,
                || std::future::ready(Arc::clone(&place).try_lock_owned()),
                |turn| {
                    Ok(turn.map_or_else(
                        |_| Progress::NotYet("another link on it is being made".to_owned()),
                        Progress::Done,
                    ))
                },
            )
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Row 65.
    #[tokio::test(start_paused = true)]
    async fn links_on_one_zone_take_turns_and_those_on_others_do_not() {
        let turns = Turns::default();
        let scope = Scope::detached(Duration::from_secs(60));
        let first = turns.take(&scope, None, "/zones/a").await.unwrap();
        assert!(turns.take(&scope, None, "/zones/b").await.is_ok());
        let (second, ()) = tokio::join!(turns.take(&scope, None, "/Zones/A"), async {
            tokio::time::sleep(Duration::from_secs(5)).await;
            drop(first);
        });
        assert!(second.is_ok() && scope.remaining() <= Duration::from_secs(55));
        let short = Scope::detached(Duration::from_secs(1));
        let third = turns.take(&short, None, "/zones/a").await;
        assert!(matches!(third, Err(Waited::Deadline { .. })));
    }
}
