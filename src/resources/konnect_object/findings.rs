//! What a resource's own look at Azure found before anything is sent: faults stop a creation, and what cannot be seen is one warning.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::azure;
use crate::http::scope::Scope;
use crate::tf::context::Context;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;

/// How long to look at most: the checks are a help, and must not use up the time for the work itself.
const LOOK_LIMIT: Duration = Duration::from_secs(2 * 60);

/// The findings about one object that is to be made.
pub(crate) struct Findings<'a> {
    noun: &'a str,
    faults: Diagnostics,
    unseen: Vec<String>,
}

impl<'a> Findings<'a> {
    /// None yet. `noun` is the object in messages.
    pub(crate) const fn new(noun: &'a str) -> Self {
        Self {
            noun,
            faults: Diagnostics::new(),
            unseen: Vec::new(),
        }
    }

    /// Something that would make the object fail, at what a user would change.
    pub(crate) fn fault(&mut self, at: Path, what: &str, fix: &str) {
        let detail = format!("{what}\n\nNothing was created.\n\n{fix}");
        let fault = Diagnostic::error(format!("Cannot create {}", self.noun), detail);
        self.faults.push(fault.at(at));
    }

    /// Something that could not be looked at.
    pub(crate) fn unseen(&mut self, what: &str, why: &dyn Display) {
        self.unseen.push(format!("{what}: {why}"));
    }

    /// Warns of what could not be seen, and refuses where something is wrong.
    pub(crate) fn conclude(self, context: &Context) -> Result<(), Diagnostics> {
        if !self.unseen.is_empty() {
            context.warn(Diagnostic::warning(
                format!("Not everything that {} needs could be checked", self.noun),
                format!(
                    "The creation goes on. If something is missing, Konnect says so later, with the state `error`.\n\n{}",
                    self.unseen.join("\n\n")
                ),
            ));
        }
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(self.faults)
        }
    }
}

/// A shorter scope for looking only.
pub(crate) fn look_scope(scope: &Scope) -> Scope {
    Scope {
        deadline: scope.deadline.min(Instant::now() + LOOK_LIMIT),
        cancel: scope.cancel.clone(),
    }
}

/// A client that sees into this tenant: from another one, what exists looks as if it did not.
pub(crate) async fn client_of_tenant(
    azure: &azure::Access,
    scope: &Scope,
    tenant_id: &str,
) -> Result<Arc<azure::Client>, String> {
    let client = azure.client().map_err(|error| error.to_string())?;
    let signed_in = client.tenant_id(scope).await;
    let signed_in = signed_in.map_err(|error| error.to_string())?;
    if signed_in.as_str().eq_ignore_ascii_case(tenant_id) {
        Ok(client)
    } else {
        Err(format!(
            "the provider is signed in to the tenant {signed_in}, and not to {tenant_id}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;

    #[tokio::test]
    async fn a_fault_refuses_and_what_is_unseen_only_warns() {
        let context = Context::new(Duration::from_secs(1), CancellationToken::new());
        let mut findings = Findings::new("virtual hub peering \"orders\"");
        findings.unseen("The hub", &"no right");
        assert_eq!(findings.conclude(&context), Ok(()));
        assert_eq!(context.take_warnings().iter().count(), 1);
        let mut findings = Findings::new("virtual hub peering \"orders\"");
        let at = Path::attribute("vhub_id");
        findings.fault(at.clone(), "There is none.", "Make one.");
        let refused = findings.conclude(&context).unwrap_err();
        let fault = refused.iter().next().unwrap();
        assert_eq!(fault.path, at);
        assert!(
            fault.detail.contains("Nothing was created"),
            "{}",
            fault.detail
        );
    }
}
