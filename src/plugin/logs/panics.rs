//! Panics in the form that hosts recognise. Rust's own words would vanish among the debug lines.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    io::{self, Write as _},
    panic::{self, PanicHookInfo},
    thread,
};

/// Writes the report of every panic to stderr. The host looks for `panic: ` at the start of a line, and shows it and what
/// follows to the user, also when the panic was caught and answered with a diagnostic.
pub(super) fn install() {
    panic::set_hook(Box::new(|panic| {
        let backtrace = Backtrace::capture();
        let wanted = backtrace.status() == BacktraceStatus::Captured;
        let location = panic.location().map(ToString::to_string);
        let thread = thread::current();
        let text = report(&message(panic, wanted), location.as_deref(), thread.name());
        let mut stderr = io::stderr().lock();
        // Frames get their names while they are written, which takes so long that the process may be gone before.
        drop(stderr.write_all(text.as_bytes()));
        if wanted {
            drop(writeln!(stderr, "{backtrace}"));
        }
    }));
}

/// A fixed text is ours. A formatted one may hold anything that was in the values, so it is shown only to those who set
/// `RUST_BACKTRACE`.
fn message(panic: &PanicHookInfo<'_>, formatted_too: bool) -> String {
    let payload = panic.payload();
    let fixed = payload
        .downcast_ref::<&'static str>()
        .map(ToString::to_string);
    let formatted = || {
        payload
            .downcast_ref::<String>()
            .filter(|_| formatted_too)
            .cloned()
    };
    fixed.or_else(formatted).unwrap_or_else(|| {
        "an invariant was broken (set RUST_BACKTRACE=1 to see the message)".to_owned()
    })
}

fn report(message: &str, location: Option<&str>, thread: Option<&str>) -> String {
    let location = location.unwrap_or("an unknown place");
    let thread = thread.unwrap_or("unnamed");
    format!(
        "panic: {message}\n\
         at {location}, thread {thread}\n\
         This is a bug in the provider. Please report it with these lines.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_starts_as_hosts_expect() {
        let text = report("out of cheese", Some("src/main.rs:1:2"), None);
        assert!(
            text.starts_with("panic: out of cheese\nat src/main.rs:1:2, thread unnamed\n"),
            "{text}"
        );
        assert!(text.ends_with('\n'));
    }
}
