//! What Terraform demands of every answer.

use konnectazure::{
    tf::{consistency, path::Path, types::Type, value::Value},
    wire::generated as wire,
};

use super::Diagnostics;

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

pub(super) fn assert_has_type(kind: &Type, value: &Value) {
    let mut faults = Vec::new();
    consistency::type_faults(kind, value, &Path::root(), &mut faults);
    assert_eq!(faults, []);
}

pub(super) fn assert_known_identity(identity: Option<&Value>) {
    assert!(
        identity.is_none_or(Value::is_wholly_known),
        "an identity that is not known"
    );
}

/// The rule for a second plan: what the first one knew has not changed.
pub(super) fn assert_same_where_known(first: &Value, second: &Value) {
    match (first, second) {
        (Value::Unknown(_), _) => {}
        (Value::Object(first), Value::Object(second)) => {
            for (name, first) in first {
                assert_same_where_known(first, &second[name]);
            }
        }
        (Value::List(first), Value::List(second)) if first.len() == second.len() => {
            for (first, second) in first.iter().zip(second) {
                assert_same_where_known(first, second);
            }
        }
        (Value::Set(_), Value::Set(_)) if !first.is_wholly_known() => {}
        (first, second) => assert_eq!(first, second, "inconsistent final plan"),
    }
}
