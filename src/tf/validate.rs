//! Validators: what a known value must fulfil, checked before anything is planned.

use std::fmt;

use super::diagnostics::{Diagnostic, Diagnostics};
use super::path::Path;
use super::value::Value;

/// A check of one attribute's value. It is asked about known values only; members of collections may still be unknown.
pub trait Validate: Send + Sync {
    /// What is demanded, as the docs put it: "a GUID", "one of `a`, `b`".
    fn description(&self) -> String;

    /// Adds an error or warning for each fault, at the path of the faulty part.
    fn validate(&self, value: &Value, path: &Path, diagnostics: &mut Diagnostics);
}

/// Text that must parse: the parser's error is the message.
pub struct Parses<F> {
    what: &'static str,
    parse: F,
    is_repeated: bool,
}

impl<F> Parses<F> {
    /// `what` names the form ("a UUID"); `parse` refuses with the reason.
    pub const fn new(what: &'static str, parse: F) -> Self {
        Self {
            what,
            parse,
            is_repeated: true,
        }
    }

    /// Leaves the text out of the message, as one that may hold a password; the parser's error has to say enough.
    #[must_use]
    pub const fn unrepeated(mut self) -> Self {
        self.is_repeated = false;
        self
    }
}

impl<F, E> Validate for Parses<F>
where
    F: Fn(&str) -> Result<(), E> + Send + Sync,
    E: fmt::Display,
{
    fn description(&self) -> String {
        self.what.to_owned()
    }

    fn validate(&self, value: &Value, path: &Path, diagnostics: &mut Diagnostics) {
        if let Some(text) = value.as_str()
            && let Err(reason) = (self.parse)(text)
        {
            let detail = if self.is_repeated {
                format!("{text:?} is not {}: {reason}.", self.what)
            } else {
                format!("This is not {}: {reason}.", self.what)
            };
            diagnostics.push(Diagnostic::error(format!("Invalid {path}"), detail).at(path.clone()));
        }
    }
}

/// A check that lets an empty text pass, for attributes in which it says as much as none.
pub struct UnlessEmpty<V>(pub V);

impl<V: Validate> Validate for UnlessEmpty<V> {
    fn description(&self) -> String {
        self.0.description()
    }

    fn validate(&self, value: &Value, path: &Path, diagnostics: &mut Diagnostics) {
        if value.as_str().is_none_or(|text| !text.trim().is_empty()) {
            self.0.validate(value, path, diagnostics);
        }
    }
}

/// Text that must be one of these.
pub struct OneOf(pub &'static [&'static str]);

impl Validate for OneOf {
    fn description(&self) -> String {
        let choices: Vec<String> = self.0.iter().map(|choice| format!("`{choice}`")).collect();
        format!("one of {}", choices.join(", "))
    }

    fn validate(&self, value: &Value, path: &Path, diagnostics: &mut Diagnostics) {
        if let Some(text) = value.as_str()
            && !self.0.contains(&text)
        {
            diagnostics.push(
                Diagnostic::error(
                    format!("Invalid {path}"),
                    format!("{text:?} is not {}.", self.description()),
                )
                .at(path.clone()),
            );
        }
    }
}

/// A collection that must hold something.
pub struct NotEmpty;

impl Validate for NotEmpty {
    fn description(&self) -> String {
        "at least one element".to_owned()
    }

    fn validate(&self, value: &Value, path: &Path, diagnostics: &mut Diagnostics) {
        let empty = value.elements().is_some_and(<[Value]>::is_empty)
            || value.as_str().is_some_and(str::is_empty)
            || matches!(value, Value::Map(members) if members.is_empty());
        if empty {
            diagnostics.push(
                Diagnostic::error(format!("Invalid {path}"), "It must not be empty.")
                    .at(path.clone()),
            );
        }
    }
}

/// A check of each element of a list or set.
pub struct Each<V>(pub V);

impl<V: Validate> Validate for Each<V> {
    fn description(&self) -> String {
        format!("each {}", self.0.description())
    }

    fn validate(&self, value: &Value, path: &Path, diagnostics: &mut Diagnostics) {
        for (index, element) in value.elements().unwrap_or_default().iter().enumerate() {
            if element.is_null() {
                diagnostics.push(
                    Diagnostic::error(format!("Invalid {path}"), "An element must not be null.")
                        .at(path.clone()),
                );
            } else if !element.is_unknown() {
                let place = if matches!(value, Value::Set(_)) {
                    path.clone()
                } else {
                    path.index(index)
                };
                self.0.validate(element, &place, diagnostics);
            }
        }
    }
}

/// A whole number within bounds, both included.
pub struct WholeNumber {
    /// The least that is accepted.
    pub least: i64,
    /// The greatest that is accepted.
    pub most: i64,
}

impl Validate for WholeNumber {
    fn description(&self) -> String {
        format!("a whole number from {} to {}", self.least, self.most)
    }

    fn validate(&self, value: &Value, path: &Path, diagnostics: &mut Diagnostics) {
        let Value::Number(number) = value else {
            return;
        };
        if !number
            .to_i64()
            .is_some_and(|number| (self.least..=self.most).contains(&number))
        {
            diagnostics.push(
                Diagnostic::error(
                    format!("Invalid {path}"),
                    format!("{number} is not {}.", self.description()),
                )
                .at(path.clone()),
            );
        }
    }
}
