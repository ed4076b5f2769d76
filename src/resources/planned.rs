//! Attributes of a plan that is being applied, as values: validation and planning promise that they are there.

use std::fmt::Display;
use std::str::FromStr;

use crate::tf::attr::Attr;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;

/// The value of an attribute that cannot be null or unknown any more.
///
/// # Errors
/// If it is, which is a fault of ours.
pub(crate) fn known<'a, T>(value: &'a Attr<T>, name: &str) -> Result<&'a T, Diagnostics> {
    value.known().ok_or_else(|| {
        Diagnostic::bug(
            format_args!("{name} has no value"),
            "It should have been filled in before now.",
        )
        .at(Path::attribute(name))
        .into()
    })
}

/// The same, parsed. A value that was unknown while the configuration was checked may still be malformed.
///
/// # Errors
/// If there is no value, or it has not the form; at the attribute.
pub(crate) fn parsed<T>(value: &Attr<String>, name: &str) -> Result<T, Diagnostics>
where
    T: FromStr<Err: Display>,
{
    known(value, name)?.parse().map_err(|fault: T::Err| {
        Diagnostic::error(format!("Invalid {name}"), format!("{fault}."))
            .at(Path::attribute(name))
            .into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_value_is_our_fault_and_a_malformed_one_is_not() {
        let place = |diagnostics: Diagnostics| {
            diagnostics
                .into_iter()
                .map(|diagnostic| (diagnostic.summary, diagnostic.path))
                .next()
                .unwrap()
        };
        let (summary, path) = place(known(&Attr::<bool>::Unknown, "created").unwrap_err());
        assert!(summary.contains("Bug"), "{summary}");
        assert_eq!(path, Path::attribute("created"));
        let (summary, path) = place(parsed::<u8>(&"x".into(), "count").unwrap_err());
        assert_eq!(summary, "Invalid count");
        assert_eq!(path, Path::attribute("count"));
        assert_eq!(parsed::<u8>(&"7".into(), "count"), Ok(7));
    }
}
