//! Errors and warnings as a user sees them.

use std::fmt::Display;

use super::path::Path;

/// Whether a diagnostic stops the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The operation did not do what was asked.
    Error,
    /// It did, and the user should know something.
    Warning,
}

/// What to do about a fault of the provider's own.
const REPORT: &str = "The configuration is not at fault. Please report this to the provider's developers: this text, the versions of the \
    provider and of what runs it, and the log that the same command writes with `TF_LOG=debug`. Look through the log first: not all of it is \
    the provider's.";

/// One message: a headline, the details below it, and the attribute it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// The headline: action and object, one line, no full stop.
    pub summary: String,
    /// What happened, what now exists, what to do. Paragraphs are separated by empty lines.
    pub detail: String,
    /// The attribute, or the root for the whole block.
    pub path: Path,
}

impl Diagnostic {
    /// An error about the whole block.
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            summary: summary.into(),
            detail: detail.into(),
            path: Path::root(),
        }
    }

    /// An error that is the provider's own fault: `what` is wrong as a headline says it, `happened` as sentences do. What to do about it is
    /// the same wherever it is found.
    pub fn bug(what: impl Display, happened: impl Display) -> Self {
        Self::error(
            format!("Bug in the provider: {what}"),
            format!("{happened}\n\n{REPORT}"),
        )
    }

    /// A warning about the whole block.
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(summary, detail)
        }
    }

    /// The same, about the attribute at `path`.
    #[must_use]
    pub fn at(self, path: Path) -> Self {
        Self { path, ..self }
    }

    /// Whether it stops the operation.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// An import block, ready to be pasted; the name is the user's to choose.
#[must_use]
pub fn import_block(type_name: &str, id: impl Display) -> String {
    format!("import {{\n  to = {type_name}.NAME\n  id = \"{id}\"\n}}")
}

/// Diagnostics in the order in which they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all of `others`.
    pub fn extend(&mut self, others: impl IntoIterator<Item = Diagnostic>) {
        self.0.extend(others);
    }

    /// Whether one of them is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(Diagnostic::is_error)
    }

    /// Whether there are none at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(diagnostics: I) -> Self {
        Self(diagnostics.into_iter().collect())
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_alone_are_no_errors() {
        let mut diagnostics = Diagnostics::new();
        assert!(diagnostics.is_empty());
        diagnostics.push(Diagnostic::warning("Slow", ""));
        assert!(!diagnostics.has_errors());
        diagnostics.extend(Diagnostics::from(Diagnostic::error("Failed", "")));
        assert!(diagnostics.has_errors());
    }

    #[test]
    fn order_is_that_of_discovery_in_every_way_through() {
        let summaries = ["b", "a", "c"];
        let diagnostics: Diagnostics = summaries
            .iter()
            .map(|summary| Diagnostic::error(*summary, ""))
            .collect();
        let seen: Vec<&str> = diagnostics.iter().map(|one| one.summary.as_str()).collect();
        assert_eq!(seen, summaries);
        let owned: Vec<String> = diagnostics.into_iter().map(|one| one.summary).collect();
        assert_eq!(owned, summaries);
    }

    #[test]
    fn diagnostic_is_about_the_whole_block_until_placed() {
        let diagnostic = Diagnostic::error("Failed", "Because.");
        assert!(diagnostic.path.is_root());
        let placed = diagnostic.clone().at(Path::attribute("name"));
        assert_eq!(placed.path, Path::attribute("name"));
        assert_eq!(placed.detail, diagnostic.detail);
    }

    #[test]
    fn a_bug_is_told_apart_and_says_what_to_report() {
        let bug = Diagnostic::bug("a thing without a name", "It has none.");
        assert!(bug.is_error());
        assert_eq!(bug.summary, "Bug in the provider: a thing without a name");
        let paragraphs: Vec<&str> = bug.detail.split("\n\n").collect();
        assert_eq!(paragraphs, ["It has none.", REPORT]);
    }

    #[test]
    fn an_import_block_can_be_pasted() {
        assert_eq!(
            import_block("example_thing", "a/b"),
            "import {\n  to = example_thing.NAME\n  id = \"a/b\"\n}"
        );
    }
}
