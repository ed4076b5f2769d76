//! GUIDs as Azure writes them.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use uuid::Uuid;

use super::{ParseIdError, Shape};

const SHAPE: Shape = Shape {
    what: "a GUID",
    form: "8-4-4-4-12 hexadecimal digits",
    example: "0b1f6471-1bf0-4dda-aec3-cb9272f09590",
};

/// A GUID in its hyphenated form: a tenant, a subscription, an application, a principal, a role.
///
/// Keeps the spelling; compares by value.
#[derive(Clone)]
pub struct Guid {
    text: String,
    value: Uuid,
}

impl Guid {
    /// The text as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The value.
    #[must_use]
    pub fn as_uuid(&self) -> Uuid {
        self.value
    }
}

impl From<Uuid> for Guid {
    fn from(value: Uuid) -> Self {
        Self {
            text: value.hyphenated().to_string(),
            value,
        }
    }
}

impl FromStr for Guid {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The uuid crate also takes braces, `urn:` and bare digits, none of which the services accept in a path.
        if text.len() != uuid::fmt::Hyphenated::LENGTH {
            let reason = match Uuid::try_parse(text) {
                Ok(value) => format!("write it as {}", value.hyphenated()),
                Err(_) => format!("it has {} characters, not 36", text.chars().count()),
            };
            return Err(SHAPE.refuse(text, reason));
        }
        match Uuid::try_parse(text) {
            Ok(value) => Ok(Self {
                text: text.to_owned(),
                value,
            }),
            Err(fault) => Err(SHAPE.refuse(text, fault.to_string())),
        }
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl PartialEq for Guid {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Guid {}

impl Hash for Guid {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl PartialOrd for Guid {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Guid {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}
