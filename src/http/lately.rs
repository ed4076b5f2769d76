//! Reads of the same thing that come in crowds: one answer serves those that come together, and those shortly after.
//!
//! For what this process does not change itself, and where an answer of a moment ago is as good as one of now.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::scope::Scope;

/// What was read lately, by key.
pub struct Lately<Key, Value> {
    moment: Duration,
    seen: Mutex<HashMap<Key, Arc<Place<Value>>>>,
}

/// Locked while somebody reads, so that all others wait for that one.
type Place<Value> = tokio::sync::Mutex<Option<Read<Value>>>;

struct Read<Value> {
    when: Instant,
    /// Nothing where the read failed.
    value: Option<Value>,
}

impl<Key: Hash + Eq, Value: Clone> Lately<Key, Value> {
    /// Answers serve for `moment`.
    #[must_use]
    pub fn new(moment: Duration) -> Self {
        Self {
            moment,
            seen: Mutex::default(),
        }
    }

    /// What `key` stands for, by `read` where nobody else read it lately.
    ///
    /// # Errors
    /// Those of `read`. Who waited for a read that failed reads for itself, beside the others: a service that is slow to fail holds up nobody twice.
    pub async fn get<E>(
        &self,
        scope: &Scope,
        key: Key,
        read: impl Future<Output = Result<Value, E>>,
    ) -> Result<Value, E> {
        let place = {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(seen.entry(key).or_default())
        };
        let asked = Instant::now();
        let Ok(mut last) = scope.bound(place.lock()).await else {
            // Its error says which bound was reached.
            return read.await;
        };
        match &*last {
            Some(Read { when, value: None }) if *when >= asked => {
                drop(last);
                return read.await;
            }
            Some(Read {
                when,
                value: Some(value),
            }) if when.elapsed() < self.moment => return Ok(value.clone()),
            _ => {}
        }
        let answer = read.await;
        *last = Some(Read {
            when: Instant::now(),
            value: answer.as_ref().ok().cloned(),
        });
        answer
    }
}

impl<Key, Value> fmt::Debug for Lately<Key, Value> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Lately").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use futures_util::future::join_all;
    use tokio::time::{advance, sleep};
    use tokio_util::sync::CancellationToken;

    use super::*;

    const MOMENT: Duration = Duration::from_secs(5);
    const LATENCY: Duration = Duration::from_millis(50);

    /// A service that counts what it is asked.
    struct Service {
        lately: Lately<&'static str, u32>,
        reads: AtomicU32,
        fails: bool,
    }

    impl Service {
        fn new(fails: bool) -> Self {
            Self {
                lately: Lately::new(MOMENT),
                reads: AtomicU32::default(),
                fails,
            }
        }

        async fn get(&self, scope: &Scope, key: &'static str) -> Result<u32, String> {
            let read = async {
                let number = self.reads.fetch_add(1, Ordering::Relaxed);
                let bounded = scope.sleep(LATENCY).await;
                bounded.map_err(|ended| format!("{ended:?}"))?;
                if self.fails {
                    return Err(format!("failure {number}"));
                }
                Ok(number)
            };
            self.lately.get(scope, key, read).await
        }
    }

    fn scope() -> Scope {
        Scope::detached(Duration::from_secs(300))
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_reads_each_thing_once() {
        let (service, scope) = (Service::new(false), scope());
        let crowd = (0..20).map(|number| {
            let key = if number % 2 == 0 { "even" } else { "odd" };
            service.get(&scope, key)
        });
        let seen: Vec<_> = join_all(crowd).await.into_iter().flatten().collect();
        assert_eq!(seen.len(), 20);
        assert_eq!(service.reads.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_serves_for_a_moment() {
        let (service, scope) = (Service::new(false), scope());
        assert_eq!(service.get(&scope, "it").await, Ok(0));
        advance(MOMENT.saturating_sub(Duration::from_millis(1))).await;
        assert_eq!(service.get(&scope, "it").await, Ok(0));
        advance(Duration::from_millis(1)).await;
        assert_eq!(service.get(&scope, "it").await, Ok(1));
    }

    #[tokio::test(start_paused = true)]
    async fn those_that_waited_for_a_failure_try_beside_each_other() {
        let (service, scope) = (Service::new(true), scope());
        let started = Instant::now();
        let crowd = (0..10).map(|_| service.get(&scope, "it"));
        let seen = join_all(crowd).await;
        assert!(seen.iter().all(Result::is_err));
        assert_eq!(started.elapsed(), LATENCY * 2);
        // Who comes later tries first again.
        assert_eq!(
            service.get(&scope, "it").await,
            Err("failure 10".to_owned())
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_is_interrupted_takes_nobody_along() {
        let (service, patient) = (Service::new(false), scope());
        let interrupted = Scope::new(Duration::from_secs(300), CancellationToken::new());
        let second = async {
            sleep(LATENCY / 5).await;
            let cancel = async {
                sleep(LATENCY / 5).await;
                interrupted.cancel.cancel();
            };
            tokio::join!(service.get(&patient, "it"), cancel).0
        };
        let (first, second) = tokio::join!(service.get(&interrupted, "it"), second);
        assert_eq!(first, Err("Cancelled".to_owned()));
        assert_eq!(second, Ok(1));
    }

    #[tokio::test(start_paused = true)]
    async fn who_may_not_wait_for_another_learns_why_from_its_own_read() {
        let (service, patient) = (Service::new(false), scope());
        let hurried = Scope::detached(LATENCY / 2);
        let (first, second) =
            tokio::join!(service.get(&patient, "it"), service.get(&hurried, "it"));
        assert_eq!((first, second), (Ok(0), Err("Deadline".to_owned())));
    }
}
