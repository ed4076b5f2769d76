//! How the host process starts a plugin and talks to it: handshake, mutual TLS, services, logs, shutdown.
//!
//! The host (Terraform or `OpenTofu`) starts the binary with a cookie and its own certificate in the environment, reads one
//! line from stdout that says where to connect, and speaks gRPC there. This floor is handed ready-made gRPC routes and
//! knows nothing of what they do. A `main` needs these calls, on a runtime with I/O and time enabled:
//!
//! 1. [`logs::install`] with [`process_environment`], so that everything traced reaches the host; then [`forbid_core_dumps`].
//! 2. [`Launch::from_environment`]; where that is [`LaunchError::NotAPlugin`], show [`by_hand_message`] and exit with 1.
//! 3. [`serve`] with the launch, the routes, and a closure that cancels running calls and waits for them;
//!    or [`debug::serve`] for a user who wants to attach a host to a running process.
//! 4. `shutdown_background` on the runtime, and exit with 0: the host waits two seconds for that and then kills the
//!    process, and a stuck blocking task would hold it.

mod connection;
mod core_dumps;
pub mod debug;
pub mod generated;
mod handshake;
mod listener;
pub mod logs;
mod p521;
mod routes;
mod server;
mod services;
mod shutdown;
mod tls;

pub use core_dumps::forbid_core_dumps;
pub use handshake::{Launch, LaunchError, by_hand_message};
pub use listener::ListenError;
pub use routes::Routes;
pub use server::{ServeError, Server, serve};
pub use shutdown::Ending;
pub use tls::{Secured, TlsError, secure};

/// The largest message to accept, in bytes: what Go providers accept. The default of tonic, 4 MiB, is too small for
/// large states. Whoever builds the routes sets it on the provider service.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024 * 1024;

/// Looks up an environment variable; a function, so that tests need not change the process's own.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The environment of this process. A variable that is not UTF-8 counts as absent.
#[must_use]
pub fn process_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
