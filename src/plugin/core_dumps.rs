//! No file of this process's memory, which holds tokens, is left when it dies.

/// Forbids core dumps, for good and for processes started from here too. Where the system has none, or does not let us, nothing changes.
pub fn forbid_core_dumps() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};

        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        if let Err(error) = setrlimit(Resource::Core, none) {
            tracing::debug!(%error, "core dumps could not be forbidden");
        }
    }
}
