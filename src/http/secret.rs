//! Text that must never be shown.

use std::fmt;

/// A token, password or key. Its content leaves only through [`Secret::expose`]; it is neither displayed nor serialised.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the text into custody.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that puts it on the wire.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_does_not_show_the_content() {
        let secret = Secret::new("kpat_abc");
        assert_eq!(format!("{secret:?}"), "Secret");
        assert_eq!(secret.expose(), "kpat_abc");
    }
}
