//! Reads of single objects that come in crowds: one list of their collection answers them all.
//!
//! A lone read asks for its object. Once several of one collection run, the next ones share a list of it, and so do those that come shortly
//! after: requests grow with pages instead of objects.
//!
//! What a list shows is never news. Lists lag behind their objects, pages shift while they are read, some show less than the object itself.
//! So a caller takes from it only what agrees with what it knew before, and asks for the object in every other case, above all where it is
//! missing. An incomplete, outdated or refused list then costs a request and can do no harm.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::scope::Scope;

/// So many reads of a collection ask for their objects at the same time before the next ones share a list.
const DIRECT_READS: usize = 4;
/// How long a list may be used. A refresh of thousands takes about as long, and what it sees is never of one moment.
const MOMENT: Duration = Duration::from_secs(5);
/// Readers wait no longer for a list.
const LIST_LIMIT: Duration = Duration::from_secs(15);

/// What lists of collections showed a moment ago. `Key` tells collections apart, `Id` the objects of one.
pub struct SharedReads<Key, Id, Object>(Mutex<HashMap<Key, Arc<Collection<Id, Object>>>>);

struct Collection<Id, Object> {
    reading: AtomicUsize,
    /// Counts changes: what was listed before the last one says nothing.
    changes: AtomicU64,
    /// Locked while a list is read, so that all other readers wait for that one.
    listed: tokio::sync::Mutex<Option<Listed<Id, Object>>>,
}

struct Listed<Id, Object> {
    objects: HashMap<Id, Object>,
    changes: u64,
    when: Instant,
}

/// A read that is going on, until dropped.
#[derive(Debug)]
pub struct Reading<Id, Object> {
    collection: Arc<Collection<Id, Object>>,
    /// How many others were going on when it began.
    others: usize,
}

/// A change that is going on, until dropped.
#[derive(Debug)]
#[must_use]
pub struct Changing<Id, Object>(Arc<Collection<Id, Object>>);

impl<Key: Hash + Eq, Id: Hash + Eq, Object: Clone> SharedReads<Key, Id, Object> {
    /// A read of an object in this collection begins. To be held until it has ended.
    #[must_use]
    pub fn reading(&self, key: Key) -> Reading<Id, Object> {
        let collection = self.collection(key);
        let others = collection.reading.fetch_add(1, Ordering::Relaxed);
        Reading { collection, others }
    }

    /// A change of an object in this collection begins. To be held until it has ended, in whatever way: nothing that was listed before counts
    /// after.
    pub fn changing(&self, key: Key) -> Changing<Id, Object> {
        Changing(self.collection(key))
    }

    fn collection(&self, key: Key) -> Arc<Collection<Id, Object>> {
        let mut collections = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(collections.entry(key).or_default())
    }
}

impl<Id: Hash + Eq, Object: Clone> Reading<Id, Object> {
    /// The object as a list shows it that this read shares with others. Nothing where there is no crowd, no list, or the list lacks the object:
    /// then ask for the object. `list` reads what it can of the collection within the scope that it is given.
    pub async fn listed<L>(
        &self,
        scope: &Scope,
        id: &Id,
        list: impl FnOnce(Scope) -> L,
    ) -> Option<Object>
    where
        L: Future<Output = HashMap<Id, Object>>,
    {
        let collection = &self.collection;
        let is_crowd = self.others >= DIRECT_READS;
        let mut listed = if is_crowd {
            scope.bound(collection.listed.lock()).await.ok()?
        } else {
            collection.listed.try_lock().ok()?
        };
        let changes = collection.changes.load(Ordering::Acquire);
        let is_current = |listed: &Listed<Id, Object>| {
            listed.changes == changes && listed.when.elapsed() < MOMENT
        };
        if !listed.as_ref().is_some_and(is_current) {
            *listed = None;
            if !is_crowd {
                return None;
            }
            let objects = scope.bound(list(scope.at_most(LIST_LIMIT))).await.ok()?;
            // A list that failed is empty, and not tried again by each reader.
            *listed = Some(Listed {
                objects,
                changes,
                when: Instant::now(),
            });
        }
        let is_outdated = collection.changes.load(Ordering::Acquire) != changes;
        let listed = listed.as_ref().filter(|_| !is_outdated)?;
        listed.objects.get(id).cloned()
    }
}

impl<Id, Object> Drop for Reading<Id, Object> {
    fn drop(&mut self) {
        self.collection.reading.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<Id, Object> Drop for Changing<Id, Object> {
    fn drop(&mut self) {
        self.0.changes.fetch_add(1, Ordering::Release);
    }
}

impl<Key, Id, Object> Default for SharedReads<Key, Id, Object> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<Id, Object> Default for Collection<Id, Object> {
    fn default() -> Self {
        Self {
            reading: AtomicUsize::default(),
            changes: AtomicU64::default(),
            listed: tokio::sync::Mutex::default(),
        }
    }
}

impl<Key, Id, Object> fmt::Debug for SharedReads<Key, Id, Object> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SharedReads")
            .finish_non_exhaustive()
    }
}

impl<Id, Object> fmt::Debug for Collection<Id, Object> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Collection").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use futures_util::future::join_all;
    use tokio::time::{advance, sleep};
    use tokio_util::sync::CancellationToken;

    use super::*;

    const LATENCY: Duration = Duration::from_millis(50);

    /// A service with one collection: the object of each id is its version.
    #[derive(Default)]
    struct Service {
        shared: SharedReads<&'static str, u32, u64>,
        version: AtomicU64,
        /// What lists show; 0 shows nothing.
        listed_version: AtomicU64,
        lists: AtomicU32,
        gets: AtomicU32,
    }

    impl Service {
        fn at(version: u64) -> Self {
            let service = Self::default();
            service.version.store(version, Ordering::Relaxed);
            service.listed_version.store(version, Ordering::Relaxed);
            service
        }

        async fn list(&self) -> HashMap<u32, u64> {
            self.lists.fetch_add(1, Ordering::Relaxed);
            let version = self.listed_version.load(Ordering::Relaxed);
            sleep(LATENCY).await;
            (0..10_000)
                .filter(|_| version > 0)
                .map(|id| (id, version))
                .collect()
        }

        /// As a caller that had `known` before.
        async fn read(&self, scope: &Scope, id: u32, known: u64) -> u64 {
            let reading = self.shared.reading("mappings");
            let listed = reading.listed(scope, &id, |_| self.list()).await;
            if let Some(seen) = listed.filter(|seen| *seen == known) {
                return seen;
            }
            self.gets.fetch_add(1, Ordering::Relaxed);
            sleep(LATENCY).await;
            self.version.load(Ordering::Relaxed)
        }

        /// Many reads, ten at a time.
        async fn refresh(&self, count: u32, known: u64) -> Vec<u64> {
            let next = AtomicU32::default();
            let worker = async || {
                let mut seen = Vec::new();
                loop {
                    let id = next.fetch_add(1, Ordering::Relaxed);
                    if id >= count {
                        return seen;
                    }
                    seen.push(self.read(&scope(), id, known).await);
                }
            };
            join_all((0..10).map(|_| worker())).await.concat()
        }

        fn requests(&self) -> (u32, u32) {
            (
                self.gets.load(Ordering::Relaxed),
                self.lists.load(Ordering::Relaxed),
            )
        }
    }

    fn scope() -> Scope {
        Scope::detached(Duration::from_secs(300))
    }

    #[tokio::test(start_paused = true)]
    async fn few_reads_ask_for_their_objects() {
        let service = Service::at(1);
        assert_eq!(service.refresh(4, 1).await, [1; 4]);
        assert_eq!(service.requests(), (4, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn one_after_the_other_never_makes_a_crowd() {
        let service = Service::at(1);
        for id in 0..20 {
            assert_eq!(service.read(&scope(), id, 1).await, 1);
        }
        assert_eq!(service.requests(), (20, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_shares_one_list() {
        let service = Service::at(1);
        assert_eq!(service.refresh(1_000, 1).await, vec![1; 1_000]);
        assert_eq!(service.requests(), (4, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_list_shows_otherwise_is_looked_at_itself() {
        let lagging = Service::at(2);
        lagging.listed_version.store(1, Ordering::Relaxed);
        // The caller knows version 2, which it wrote in a run before; the list has not caught up.
        assert_eq!(lagging.refresh(30, 2).await, vec![2; 30]);
        assert_eq!(lagging.requests().0, 30);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_list_lacks_is_looked_at_itself() {
        let service = Service::at(1);
        service.listed_version.store(0, Ordering::Relaxed);
        assert_eq!(service.refresh(30, 1).await, vec![1; 30]);
        assert_eq!(service.requests(), (30, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_is_used_for_a_moment_only() {
        let service = Service::at(1);
        service.refresh(20, 1).await;
        assert_eq!(service.requests(), (4, 1));
        // A lone read soon after still shares it; a later one does not.
        service.read(&scope(), 7, 1).await;
        assert_eq!(service.requests(), (4, 1));
        advance(MOMENT).await;
        service.read(&scope(), 7, 1).await;
        assert_eq!(service.requests(), (5, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_listed_before_a_change_counts_after_it() {
        let service = Service::at(1);
        service.refresh(20, 1).await;
        drop(service.shared.changing("mappings"));
        service.read(&scope(), 7, 1).await;
        assert_eq!(service.requests(), (5, 1));
        // Of another collection it still counts.
        service.refresh(20, 1).await;
        drop(service.shared.changing("peerings"));
        service.read(&scope(), 7, 1).await;
        assert_eq!(service.requests(), (9, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_during_a_list_spoils_it() {
        let service = Service::at(1);
        let change = async {
            let _changing = service.shared.changing("mappings");
            sleep(LATENCY / 2).await;
        };
        let (seen, ()) = tokio::join!(service.refresh(10, 1), change);
        assert_eq!(seen, [1; 10]);
        let (gets, lists) = service.requests();
        // The reader whose list was spoiled asks for its object, and the next one lists anew.
        assert_eq!((gets, lists), (5, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_is_interrupted_holds_up_nobody() {
        let service = Service::at(1);
        let interrupted = Scope::new(Duration::from_secs(300), CancellationToken::new());
        let crowd = join_all((0..4).map(|_| service.shared.reading("mappings")).map(
            async |reading| {
                let _reading = reading;
                sleep(LATENCY * 10).await;
            },
        ));
        let first = async {
            let reading = service.shared.reading("mappings");
            reading.listed(&interrupted, &7, |_| service.list()).await
        };
        let second = async {
            sleep(LATENCY / 5).await;
            let scope = scope();
            let read = service.read(&scope, 8, 1);
            let cancel = async {
                sleep(LATENCY / 5).await;
                interrupted.cancel.cancel();
            };
            tokio::join!(read, cancel).0
        };
        let (_, first, second) = tokio::join!(crowd, first, second);
        assert_eq!((first, second), (None, 1));
        assert_eq!(service.requests(), (0, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_long_for_a_list() {
        let service = Service::at(1);
        let _crowd: Vec<_> = (0..4).map(|_| service.shared.reading("mappings")).collect();
        let reading = service.shared.reading("mappings");
        let started = Instant::now();
        let list = async |scope: Scope| {
            let endless = scope.bound(std::future::pending()).await;
            endless.unwrap_or_default()
        };
        let seen = reading.listed(&scope(), &7, list).await;
        assert_eq!((seen, started.elapsed()), (None, LIST_LIMIT));
        // Nor does the next one try.
        assert_eq!(service.read(&scope(), 8, 1).await, 1);
        assert_eq!(service.requests(), (1, 0));
    }
}
