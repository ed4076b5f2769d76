//! What the GUID given as principal really is, found out before a role is assigned to it.
//!
//! An assignment that says that its principal is a service principal is accepted without a look, so a client id in its place
//! would become an assignment without effect.

use std::time::Duration;

use crate::azure::ids::Guid;
use crate::azure::{Client, PrincipalKind};
use crate::http::Scope;
use crate::http::poll::{Poll, Progress, Waited};
use crate::preflight::consent::ways_to_consent;
use crate::resources::explain::Failure;
use crate::resources::settle::Grace;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::path::Path;

/// What the look at the principal gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Principal {
    /// It is a service principal.
    Seen,
    /// The caller may not look, or Graph cannot be reached.
    Unseen,
}

/// How long the directory may take to answer one look: where it cannot be reached at all, the role is assigned without one.
const LOOK_LIMIT: Duration = Duration::from_secs(30);

/// Looks the principal up, and again for a while if it is unknown.
///
/// # Errors
/// If it is something else than a service principal, or stays unknown for longer than replicas need.
pub(super) async fn check(
    client: &Client,
    scope: &Scope,
    principal_id: &Guid,
    failure: &Failure<'_>,
) -> Result<Principal, Diagnostics> {
    let mut grace = Grace::new();
    let look = || async {
        let bounded = scope.at_most(LOOK_LIMIT);
        client.classify_principal(&bounded, principal_id).await
    };
    let doing = format!("waiting until the directory knows principal {principal_id}");
    let ended = Poll::new(doing, client.poll_step())
        .until(scope, None, look, |kind| {
            match kind {
                // What this process made exists, however long replicas take.
                Ok(PrincipalKind::Unknown)
                    if client.has_just_made(principal_id) || !grace.is_over() =>
                {
                    Ok(Progress::NotYet("it is unknown".to_owned()))
                }
                Ok(kind) => Ok(Progress::Done(kind)),
                Err(error) if scope.check().is_err() => Err(crate::http::Error::from(error)),
                Err(error) => {
                    tracing::debug!(%error, "the principal cannot be looked up, and is taken as given");
                    Ok(Progress::Done(PrincipalKind::NotAllowed))
                }
            }
        })
        .await;
    let failure = failure.clone().at(Path::attribute("principal_id"));
    match ended {
        Ok(kind) => verdict(client, scope, principal_id, kind, &failure).await,
        Err(
            ended @ (Waited::Failed(_)
            | Waited::Never(_)
            | Waited::Deadline { .. }
            | Waited::Cancelled { .. }),
        ) => Err(failure.waited(&ended)),
    }
}

async fn verdict(
    client: &Client,
    scope: &Scope,
    principal_id: &Guid,
    kind: PrincipalKind,
    failure: &Failure<'_>,
) -> Result<Principal, Diagnostics> {
    let (what, app_id, object_id) = match kind {
        PrincipalKind::ServicePrincipal(_) => return Ok(Principal::Seen),
        PrincipalKind::NotAllowed => return Ok(Principal::Unseen),
        PrincipalKind::ApplicationClientId {
            app_id,
            object_id,
            display_name,
        } => (
            format!("the client id of application {display_name:?}"),
            app_id,
            object_id,
        ),
        PrincipalKind::ApplicationObject {
            app_id,
            object_id,
            display_name,
        } => (
            format!("the object id of the registration of application {display_name:?}"),
            app_id,
            object_id,
        ),
        PrincipalKind::Other { kind, display_name } => {
            return Err(failure.because(format!(
                "{principal_id} is the {kind} {display_name:?}, and Kong's application is a service principal.\n\n{}",
                where_to_find_it()
            )));
        }
        PrincipalKind::Unknown => {
            return Err(failure.because(format!(
                "The directory of this tenant knows no object {principal_id}. A service principal that was deleted and made again has another \
                 object id.\n\n{}",
                where_to_find_it()
            )));
        }
    };
    let Some(object_id) = object_id else {
        let tenant_id = client.tenant_id(scope).await;
        let ways = tenant_id
            .map(|tenant_id| ways_to_consent(client.cloud(), tenant_id.as_str(), app_id.as_str()));
        return Err(failure.because(format!(
            "{principal_id} is {what}, and a role is given to the object id of its service principal, which this tenant does not have yet.\n\n{}",
            ways.unwrap_or_default()
        )));
    };
    Err(failure.because(format!(
        "{principal_id} is {what}, and a role is given to the object id of its service principal. In this tenant that is {object_id}:\n\n  \
         principal_id = \"{object_id}\"\n\n{}",
        where_to_find_it()
    )))
}

fn where_to_find_it() -> &'static str {
    "The right id is object_id of the resource or data source konnectazure_service_principal."
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::azure::scripted;
    use crate::http::transport::scripted::Answer;

    const PRINCIPAL: &str = "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a12";

    // Row 36 of docs/user-pains.md.
    #[tokio::test(start_paused = true)]
    async fn a_directory_that_does_not_answer_holds_nothing_up_for_long() {
        let (client, _) = scripted::client([Answer::Silence]);
        let scope = Scope::detached(Duration::from_secs(300));
        let started = Instant::now();
        let failure = Failure::new("create", "role assignment");
        let seen = check(&client, &scope, &PRINCIPAL.parse().unwrap(), &failure).await;
        assert_eq!(seen, Ok(Principal::Unseen));
        assert!(started.elapsed() <= LOOK_LIMIT + Duration::from_secs(1));
    }
}
