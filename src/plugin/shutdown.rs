//! When to stop serving, and how long running work may take to answer then.

use std::{io, time::Duration};

use super::connection::Connections;

/// Between a host's connections: its library connects again at once when one breaks.
const RECONNECT_GRACE: Duration = Duration::from_secs(2);
/// How often to ask the system who our parent is; there is no portable way to be told.
const PARENT_INTERVAL: Duration = Duration::from_secs(1);

/// Why serving ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The host is done and said so.
    AskedByHost,
    /// The system or the user asked for the process to end.
    Terminated,
    /// The host went away without a word.
    HostGone,
}

impl Ending {
    /// How long cancelled work may take to come to its end.
    pub(super) fn grace(self) -> Duration {
        match self {
            // The host kills the process two seconds after the call, mostly with nothing running.
            Self::AskedByHost => Duration::from_millis(1500),
            Self::Terminated | Self::HostGone => Duration::from_secs(3),
        }
    }
}

/// Waits until the host, whose process started us, is gone.
pub(super) async fn host_gone(connections: &Connections) -> Ending {
    tokio::select! {
        () = connections.all_closed(RECONNECT_GRACE) => {}
        () = parent_gone() => {}
    }
    Ending::HostGone
}

/// Orphans get another parent.
#[cfg(unix)]
async fn parent_gone() {
    let parent = std::os::unix::process::parent_id();
    let mut ticks = tokio::time::interval(PARENT_INTERVAL);
    while std::os::unix::process::parent_id() == parent {
        ticks.tick().await;
    }
}

#[cfg(not(unix))]
async fn parent_gone() {
    std::future::pending().await
}

/// What an interrupt from the keyboard means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interrupt {
    /// Meant for the host, which shares our terminal and will tell us what to do about it.
    Ignored,
    /// The user started us and ends us.
    Terminates,
}

/// The signals this process reacts to, from when this is made.
pub(super) struct Signals {
    interrupt: Interrupt,
    #[cfg(unix)]
    interrupted: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminated: tokio::signal::unix::Signal,
}

impl Signals {
    pub(super) fn install(interrupt: Interrupt) -> io::Result<Self> {
        #[cfg(unix)]
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt,
            #[cfg(unix)]
            interrupted: signal(SignalKind::interrupt())?,
            #[cfg(unix)]
            terminated: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for a signal that ends the process.
    pub(super) async fn ending(mut self) -> Ending {
        loop {
            let interrupted = self.next_is_interrupt().await;
            if !interrupted || self.interrupt == Interrupt::Terminates {
                return Ending::Terminated;
            }
        }
    }

    #[cfg(unix)]
    async fn next_is_interrupt(&mut self) -> bool {
        tokio::select! {
            _ = self.interrupted.recv() => true,
            _ = self.terminated.recv() => false,
        }
    }

    #[cfg(not(unix))]
    async fn next_is_interrupt(&mut self) -> bool {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The host kills the process two seconds after it asked it to end.
    #[test]
    fn asked_by_the_host_we_are_gone_before_it_kills_us() {
        assert!(Ending::AskedByHost.grace() < Duration::from_secs(2));
    }

    /// A user who ends the host in the middle of a long wait shall not find us running five seconds later.
    #[test]
    fn without_a_host_we_are_gone_within_five_seconds() {
        assert!(RECONNECT_GRACE + Ending::HostGone.grace() <= Duration::from_secs(5));
    }

    #[cfg(unix)]
    #[tokio::test(start_paused = true)]
    async fn a_living_parent_is_not_gone() {
        assert!(
            tokio::time::timeout(Duration::from_secs(60), parent_gone())
                .await
                .is_err()
        );
    }
}
