//! Parsed identifiers of Azure objects.
//!
//! Resource Manager compares ids without regard to case and answers with a spelling of its own, so every type here
//! keeps the text it was parsed from for display and compares by a folded form.

mod arm;
mod authorization;
mod guid;
mod network;

pub use arm::{ArmId, ArmKind};
pub use authorization::{RoleAssignmentId, RoleDefinitionId};
pub use guid::Guid;
pub use network::{PrivateDnsZoneId, VhubId, VnetId};

/// A subscription is named by its GUID.
pub type SubscriptionId = Guid;

/// Why a text is not the identifier that was expected; the message shows the form with an example.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not {what}: {reason}. Expected {form}, for example {example}")]
pub struct ParseIdError {
    what: &'static str,
    form: &'static str,
    example: &'static str,
    given: String,
    reason: String,
}

impl ParseIdError {
    /// What stands in the way, without the expected form.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The expected form, with capitals for the parts to fill in.
    #[must_use]
    pub fn form(&self) -> &'static str {
        self.form
    }

    /// An id of that form.
    #[must_use]
    pub fn example(&self) -> &'static str {
        self.example
    }
}

/// What an id type is called and looks like, for its errors.
struct Shape {
    what: &'static str,
    form: &'static str,
    example: &'static str,
}

impl Shape {
    /// Longest text repeated in an error: beyond it a paste of something else only hides the message.
    const SHOWN_CHARACTERS: usize = 300;

    fn refuse(&self, given: &str, reason: impl Into<String>) -> ParseIdError {
        let mut shown: String = given.chars().take(Self::SHOWN_CHARACTERS).collect();
        if shown.len() < given.len() {
            shown.push('…');
        }
        ParseIdError {
            what: self.what,
            form: self.form,
            example: self.example,
            given: shown,
            reason: reason.into(),
        }
    }
}

/// Whether two texts name the same Resource Manager object: letter case and a trailing slash do not count.
#[must_use]
pub fn same_arm_id(left: &str, right: &str) -> bool {
    let fold = |id: &str| id.trim_end_matches('/').to_lowercase();
    fold(left) == fold(right)
}

/// Whether two role definition ids name the same role.
///
/// A role belongs to the tenant; the scope before its GUID is only the view it was read through, and the service
/// changes it at will. So the trailing GUIDs decide; texts without one are compared as plain ids.
#[must_use]
pub fn same_role_definition(left: &str, right: &str) -> bool {
    match (trailing_guid(left), trailing_guid(right)) {
        (Some(left), Some(right)) => left == right,
        _ => same_arm_id(left, right),
    }
}

fn trailing_guid(id: &str) -> Option<Guid> {
    id.trim_end_matches('/').rsplit('/').next()?.parse().ok()
}

#[cfg(test)]
mod tests;
