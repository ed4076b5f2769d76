//! What all calls of this process share about roles.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::azure::Client;
use crate::azure::ids::Guid;
use crate::resources::of_command::OfCommand;
use crate::resources::turns::Turns;

use super::convert::Change;

/// How long Azure may keep the name of a deleted role taken.
const NAME_RELEASE_LIMIT: Duration = Duration::from_secs(2 * 60);

/// On bad days replicas show an old version for this long; what differs after that was changed by somebody else.
const REPLICATION_LIMIT: Duration = Duration::from_secs(10 * 60);

/// Nothing but what this process did a moment ago.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// There are no etags, so two writers of this process take turns at a role; others are noticed by reading again.
    pub(super) turns: Turns<Guid>,
    /// Folded names of roles that were deleted, and when: a replacement must not take its own old name for somebody else's.
    freed: Mutex<HashMap<String, Instant>>,
    /// What this command changed in each role: what an earlier one did may have been undone on purpose since.
    changes: OfCommand<Client, Mutex<HashMap<Guid, Noted>>>,
}

/// All changes of one role, one after the other.
#[derive(Debug)]
struct Noted {
    change: Change,
    when: Instant,
}

impl Shared {
    /// Remembers that the name was given up.
    pub(super) fn note_freed(&self, name: &str) {
        locked(&self.freed).insert(name.to_lowercase(), Instant::now());
    }

    pub(super) fn was_freed_now(&self, name: &str) -> bool {
        let freed = locked(&self.freed);
        let when = freed.get(&name.to_lowercase());
        when.is_some_and(|when| when.elapsed() < NAME_RELEASE_LIMIT)
    }

    /// Remembers a change in which those of before are contained.
    pub(super) fn note(&self, client: &Arc<Client>, role: &Guid, change: Change) {
        let noted = Noted {
            change,
            when: Instant::now(),
        };
        let changes = self.changes.of(Some(client));
        locked(&changes).insert(role.clone(), noted);
    }

    /// What this client changed in the role a moment ago.
    pub(super) fn changes(&self, client: &Arc<Client>, role: &Guid) -> Option<Change> {
        let changes = self.changes.of(Some(client));
        let changes = locked(&changes);
        let noted = changes.get(role)?;
        (noted.when.elapsed() < REPLICATION_LIMIT).then(|| noted.change.clone())
    }

    /// The role was deleted.
    pub(super) fn forget(&self, client: &Arc<Client>, role: &Guid) {
        let changes = self.changes.of(Some(client));
        locked(&changes).remove(role);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
