//! How the outcome of the checks before a creation is told.

use crate::preflight::{Report, Subject};
use crate::tf::context::Context;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;

/// Warnings go to the user, and failures stop the creation of `noun`. `target` is the attribute that names the Azure side.
pub(crate) fn tell(
    context: &Context,
    report: &Report,
    noun: &str,
    target: &str,
) -> Result<(), Diagnostics> {
    let told = report.diagnostics(|subject, diagnostic| {
        let path = match subject {
            Subject::Network => Path::attribute("network_id"),
            Subject::Vnet => Path::attribute(target),
            Subject::Principal => Path::root(),
        };
        let summary = if diagnostic.is_error() {
            format!("Cannot create {noun}: {}", diagnostic.summary)
        } else {
            format!("{} ({noun})", diagnostic.summary)
        };
        Diagnostic {
            summary,
            ..diagnostic
        }
        .at(path)
    });
    let (errors, warnings): (Vec<_>, Vec<_>) = told.into_iter().partition(Diagnostic::is_error);
    for warning in warnings {
        context.warn(warning);
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors.into_iter().collect())
    }
}
