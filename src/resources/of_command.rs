//! What the calls of one command leave to its later ones.

use std::sync::{Arc, Mutex, PoisonError, Weak};

/// A store for each command that this process serves, which may be several (`--debug`): each configures a client of its own, by which it is told.
/// What one command planned, or did, says nothing to the next.
#[derive(Debug)]
pub(crate) struct OfCommand<C, T>(Mutex<Vec<(Weak<C>, Arc<T>)>>);

impl<C, T> Default for OfCommand<C, T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<C, T: Default> OfCommand<C, T> {
    /// The store of the command with this client. A command that has none yet shares its store with no other but such a one right before it.
    pub(crate) fn of(&self, client: Option<&Arc<C>>) -> Arc<T> {
        let client = client.map_or_else(Weak::new, Arc::downgrade);
        let mut stores = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A client that nobody holds any more was that of a command that has ended.
        stores.retain(|(of, _)| of.ptr_eq(&client) || of.strong_count() > 0);
        if let Some((_, store)) = stores.iter().find(|(of, _)| of.ptr_eq(&client)) {
            return Arc::clone(store);
        }
        let store = Arc::<T>::default();
        stores.push((client, Arc::clone(&store)));
        store
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Noted = Mutex<Vec<&'static str>>;

    fn noted(store: &Noted) -> Vec<&'static str> {
        store.lock().unwrap().clone()
    }

    #[test]
    fn a_command_finds_its_own_and_nothing_of_others() {
        let stores = OfCommand::<&str, Noted>::default();
        let (first, second) = (Arc::new("first"), Arc::new("second"));
        for (client, text) in [
            (None, "unconfigured"),
            (Some(&first), "one"),
            (Some(&second), "two"),
        ] {
            assert!(noted(&stores.of(client)).is_empty());
            stores.of(client).lock().unwrap().push(text);
        }
        // Both go on side by side.
        assert_eq!(noted(&stores.of(Some(&first))), ["one"]);
        assert_eq!(noted(&stores.of(Some(&second))), ["two"]);
        assert!(noted(&stores.of(None)).is_empty());
        drop(first);
        stores.of(Some(&second));
        let kept = stores.0.lock().unwrap();
        assert_eq!(kept.len(), 1, "what has ended is let go");
    }
}
