//! What Terraform demands of every answer.

use konnectazure::wire::generated as wire;

use super::{Diagnostics, rules::Faults, values::Value};

pub fn has_errors(diagnostics: &[wire::Diagnostic]) -> bool {
    diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity() == wire::diagnostic::Severity::Error)
}

/// Each as `attribute: summary`.
pub fn texts(diagnostics: &[wire::Diagnostic]) -> Vec<String> {
    let first_step = |diagnostic: &wire::Diagnostic| {
        let path = diagnostic.attribute.as_ref()?;
        match path.steps.first()?.selector.as_ref()? {
            wire::attribute_path::step::Selector::AttributeName(name) => Some(format!("{name}: ")),
            _ => None,
        }
    };
    diagnostics
        .iter()
        .map(|diagnostic| first_step(diagnostic).unwrap_or_default() + &diagnostic.summary)
        .collect()
}

/// What Terraform needs to show a diagnostic, and to know whether to stop.
pub fn checked(diagnostics: Diagnostics) -> Diagnostics {
    for diagnostic in &diagnostics {
        assert_ne!(
            diagnostic.severity(),
            wire::diagnostic::Severity::Invalid,
            "{diagnostic:?}"
        );
        assert!(!diagnostic.summary.is_empty(), "{diagnostic:?}");
        if let Some(path) = &diagnostic.attribute {
            assert!(!path.steps.is_empty(), "{diagnostic:?}");
            assert!(
                path.steps.iter().all(|step| step.selector.is_some()),
                "{diagnostic:?}"
            );
        }
    }
    diagnostics
}

#[track_caller]
pub(super) fn assert_none(faults: &Faults, what: &str) {
    assert!(faults.is_empty(), "{what}: {faults:#?}");
}

/// Of an object that exists: it has an identity, which is known and the one that it had, if it had one.
#[track_caller]
pub(super) fn assert_identity(before: Option<&Value>, identity: Option<&Value>, when: &str) {
    let Some(identity) = identity.filter(|identity| !identity.is_null()) else {
        panic!("no identity {when}");
    };
    assert!(
        identity.is_wholly_known(),
        "Provider produced invalid identity {when}: {identity:?}"
    );
    if let Some(before) = before.filter(|before| !before.is_null()) {
        assert_eq!(before, identity, "Unexpected Identity Change {when}");
    }
}
