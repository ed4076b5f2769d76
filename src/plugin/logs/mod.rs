//! Log lines as the host reads them from stderr: JSON in the form of hclog, one object a line.
//!
//! The host filters by level itself and would drop most lines, so while nobody asked it for logs only warnings are
//! written at all.

mod layer;
mod line;
mod panics;

use std::io::{self, Write as _};

use tracing::{level_filters::LevelFilter, subscriber::SetGlobalDefaultError};
use tracing_subscriber::{Registry, layer::SubscriberExt as _};

use self::{layer::HostLayer, line::Form};
use super::Environment;

/// Writes everything traced in this process to stderr for the host, and panics in a form it shows to the user.
/// `provider` is the provider's name, for its own variable `TF_LOG_PROVIDER_<NAME>`.
///
/// # Errors
/// When something already receives what is traced in this process.
pub fn install(environment: Environment<'_>, provider: &str) -> Result<(), SetGlobalDefaultError> {
    install_as(line::line, environment, provider)
}

/// As [`install`], where a person reads stderr: a plain line for each event.
///
/// # Errors
/// As [`install`].
pub fn install_plain(
    environment: Environment<'_>,
    provider: &str,
) -> Result<(), SetGlobalDefaultError> {
    install_as(line::plain, environment, provider)
}

fn install_as(
    form: Form,
    environment: Environment<'_>,
    provider: &str,
) -> Result<(), SetGlobalDefaultError> {
    panics::install();
    let layer = HostLayer::new(level(environment, provider), form, |line| {
        // Whole lines under one lock; a host that no longer reads them is no reason to fail.
        drop(io::stderr().lock().write_all(line.as_bytes()));
    });
    tracing::subscriber::set_global_default(Registry::default().with(layer))
}

/// The provider's own variable wins, then the one for all providers, then the one for everything.
fn level(environment: Environment<'_>, provider: &str) -> LevelFilter {
    let own = format!(
        "TF_LOG_PROVIDER_{}",
        provider.to_uppercase().replace('-', "_")
    );
    let wanted = [own.as_str(), "TF_LOG_PROVIDER", "TF_LOG"]
        .into_iter()
        .find_map(|name| environment(name).filter(|value| !value.is_empty()));
    match wanted.map(|value| value.to_uppercase()).as_deref() {
        None | Some("WARN" | "OFF") => LevelFilter::WARN,
        Some("ERROR") => LevelFilter::ERROR,
        Some("INFO") => LevelFilter::INFO,
        Some("DEBUG") => LevelFilter::DEBUG,
        // TRACE; JSON, which is TRACE in another form; and the host takes what it does not know for TRACE too.
        Some(_) => LevelFilter::TRACE,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn level_with(variables: &[(&str, &str)]) -> LevelFilter {
        let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
        level(
            &|name| variables.get(name).map(ToString::to_string),
            "two-words",
        )
    }

    #[test]
    fn only_warnings_are_written_while_nobody_asks_for_logs() {
        assert_eq!(level_with(&[]), LevelFilter::WARN);
        assert_eq!(level_with(&[("TF_LOG", "")]), LevelFilter::WARN);
        assert_eq!(level_with(&[("TF_LOG", "off")]), LevelFilter::WARN);
    }

    #[test]
    fn the_narrowest_variable_wins() {
        let all = ("TF_LOG", "ERROR");
        let providers = ("TF_LOG_PROVIDER", "info");
        let own = ("TF_LOG_PROVIDER_TWO_WORDS", "DEBUG");
        assert_eq!(level_with(&[all]), LevelFilter::ERROR);
        assert_eq!(level_with(&[all, providers]), LevelFilter::INFO);
        assert_eq!(level_with(&[all, providers, own]), LevelFilter::DEBUG);
    }

    #[test]
    fn json_and_unknown_levels_mean_everything() {
        for value in ["TRACE", "JSON", "verbose"] {
            assert_eq!(level_with(&[("TF_LOG", value)]), LevelFilter::TRACE);
        }
    }
}
