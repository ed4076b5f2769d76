//! One call's work in Microsoft Graph, with the words for what goes wrong there.

use std::sync::Arc;
use std::time::Duration;

use crate::azure::ids::Guid;
use crate::azure::{Access, Client, Error, ServicePrincipal};
use crate::http::Scope;
use crate::http::error::Error as CallError;
use crate::http::poll::{Poll, Progress, Waited, tolerate};
use crate::preflight::consent::{READ_RIGHTS, ways_to_consent};
use crate::resources::explain::Failure;
use crate::resources::{missing, settle};
use crate::tf::context::Context;
use crate::tf::diagnostics::{Diagnostics, import_block};
use crate::tf::path::Path;

use super::TYPE_NAME;

/// A client with the tenant that it works in.
pub(super) struct Session {
    pub(super) client: Arc<Client>,
    pub(super) tenant_id: Guid,
    step: Option<Duration>,
}

impl Session {
    /// The client, which has to work in `tenant_id` if that is given: in another tenant the object would seem to be gone.
    pub(super) async fn open(
        azure: &Access,
        scope: &Scope,
        failure: &Failure<'_>,
        tenant_id: Option<&str>,
    ) -> Result<Self, Diagnostics> {
        let client = azure.client().map_err(|error| failure.explain(&error))?;
        let own = client
            .tenant_id(scope)
            .await
            .map_err(|error| failure.explain(&error))?;
        match tenant_id {
            Some(tenant_id) if !tenant_id.eq_ignore_ascii_case(own.as_str()) => {
                Err(failure.because(format!(
                    "It belongs to tenant {tenant_id}, and the provider works in tenant {own}.\n\nConfigure the \
                     provider's tenant_id (or ARM_TENANT_ID) and its credential for the tenant that holds it."
                )))
            }
            _ => Ok(Self {
                client,
                tenant_id: own,
                step: azure.poll_step(),
            }),
        }
    }

    pub(super) async fn get(
        &self,
        scope: &Scope,
        object_id: &Guid,
        failure: &Failure<'_>,
    ) -> Result<Option<ServicePrincipal>, Diagnostics> {
        let found = self.client.get_service_principal(scope, object_id).await;
        found.map_err(|error| {
            if error.is_forbidden() {
                failure.clone().next(READ_RIGHTS).explain(&error)
            } else {
                failure.explain(&error)
            }
        })
    }

    /// As [`Session::get`], for one of a state: gone only where the application's is another one, or none, as well.
    pub(super) async fn get_known(
        &self,
        scope: &Scope,
        object_id: &Guid,
        client_id: Option<&Guid>,
        failure: &Failure<'_>,
    ) -> Result<Option<ServicePrincipal>, Diagnostics> {
        if let Some(found) = self.get(scope, object_id, failure).await? {
            return Ok(Some(found));
        }
        let is_listed = async || {
            let Some(client_id) = client_id else {
                return Ok(false);
            };
            let found = self.client.find_service_principal(scope, client_id).await?;
            Ok(found.is_some_and(|found| found.id == *object_id))
        };
        let read = || self.client.get_service_principal(scope, object_id);
        missing::look_again(scope, self.step, object_id, is_listed, read)
            .await
            .map_err(|error| failure.explain(&error))
    }

    pub(super) async fn find(
        &self,
        scope: &Scope,
        client_id: &Guid,
        failure: &Failure<'_>,
    ) -> Result<Option<ServicePrincipal>, Diagnostics> {
        let found = self.client.find_service_principal(scope, client_id).await;
        found.map_err(|error| {
            if error.is_forbidden() {
                let next = format!("{READ_RIGHTS}\n\n{}", self.ways(client_id));
                failure.clone().next(next).explain(&error)
            } else {
                failure.explain(&error)
            }
        })
    }

    /// What was found, if it may be adopted.
    pub(super) fn adopt(
        &self,
        principal: ServicePrincipal,
        may_adopt: bool,
        failure: &Failure<'_>,
    ) -> Result<ServicePrincipal, Diagnostics> {
        if may_adopt {
            return Ok(principal);
        }
        Err(failure
            .clone()
            .at(Path::attribute("use_existing"))
            .because(format!(
                "Tenant {} has it already: {:?}, object id {}.\n\nEither set use_existing = true (the default), which \
                 adopts it and leaves it in the tenant on destroy, or import it:\n\n{}",
                self.tenant_id,
                principal.display_name,
                principal.id,
                import_block(TYPE_NAME, &principal.id),
            )))
    }

    /// The service principal, and whether it was this call that made it.
    pub(super) async fn make(
        &self,
        scope: &Scope,
        client_id: &Guid,
        may_adopt: bool,
        failure: &Failure<'_>,
    ) -> Result<(ServicePrincipal, bool), Diagnostics> {
        let error = match self.client.create_service_principal(scope, client_id).await {
            Ok(principal) => return Ok((principal, true)),
            Err(error) => error,
        };
        if !error.is_service_principal_taken() {
            return Err(self.not_made(client_id, failure.clone(), &error));
        }
        match self.await_found(scope, client_id).await {
            Ok(principal) => Ok((self.adopt(principal, may_adopt, failure)?, false)),
            Err(Waited::Deadline { .. }) => Err(failure
                .clone()
                .next(
                    "It exists, and cannot be read all the same. Where someone made it a moment ago, run the same command again. Where it \
                     was deleted within the last 30 days, it can be restored or deleted for good in the portal: Microsoft Entra ID, App \
                     registrations and Enterprise applications, Deleted applications.",
                )
                .explain(&error)),
            Err(ended) => Err(failure.waited(&ended)),
        }
    }

    /// Looks for what Graph says exists: someone gave consent since it was looked for, or replicas did not show it then.
    async fn await_found(
        &self,
        scope: &Scope,
        client_id: &Guid,
    ) -> Result<ServicePrincipal, Waited<CallError>> {
        let doing =
            format!("waiting until the service principal of application {client_id} can be read");
        let scope = settle::limited(scope);
        let look = || self.client.find_service_principal(&scope, client_id);
        Poll::new(doing, self.step)
            .until(&scope, None, look, |found| match found {
                Ok(Some(principal)) => Ok(Progress::Done(principal)),
                Ok(None) => Ok(Progress::NotYet("it cannot be read yet".to_owned())),
                Err(error) => tolerate(error.into()),
            })
            .await
    }

    fn not_made(&self, client_id: &Guid, failure: Failure<'_>, error: &Error) -> Diagnostics {
        if error.is_forbidden() {
            return failure
                .now("Nothing was created.")
                .next(self.ways(client_id))
                .explain(error);
        }
        if error.is_unknown_application() {
            let environment = self.client.cloud().environment();
            return failure
                .at(Path::attribute("client_id"))
                .next(format!(
                    "No application with client id {client_id} is known in the Azure cloud \"{environment}\". Leave \
                     client_id out to take Kong's own, and check the provider's environment."
                ))
                .explain(error);
        }
        failure.explain(error)
    }

    fn ways(&self, client_id: &Guid) -> String {
        let cloud = self.client.cloud();
        ways_to_consent(cloud, self.tenant_id.as_str(), client_id.as_str())
    }

    /// Waits until replicas agree that it is there.
    ///
    /// A slow replica is no failure: to mark the object for replacement would change its id and break what refers to it.
    pub(super) async fn settle(
        &self,
        context: &Context,
        scope: &Scope,
        principal: &ServicePrincipal,
    ) {
        let doing = format!(
            "waiting until service principal {} can be read",
            principal.id
        );
        let poll = Poll::new(doing, self.step).agreements(settle::AGREEING_READS);
        let scope = settle::limited(scope);
        let read = || self.client.get_service_principal(&scope, &principal.id);
        settle::until_readable(context, &scope, poll, read).await;
    }

    pub(super) async fn delete(
        &self,
        scope: &Scope,
        object_id: &Guid,
        failure: &Failure<'_>,
    ) -> Result<(), Diagnostics> {
        let deleted = self.client.delete_service_principal(scope, object_id).await;
        let error = match deleted {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if !error.is_forbidden() {
            return Err(failure.explain(&error));
        }
        Err(failure
            .clone()
            .now("It is still in the tenant, and stays in the state.")
            .next(
                "Deleting it needs the same rights as making it: Application Administrator, Cloud Application \
                 Administrator or Global Administrator, or the Microsoft Graph permission Application.ReadWrite.All. To \
                 leave it in the tenant instead, take it out of the state with a removed block or terraform state rm.",
            )
            .explain(&error))
    }

    pub(super) async fn await_gone(
        &self,
        scope: &Scope,
        object_id: &Guid,
        failure: &Failure<'_>,
    ) -> Result<(), Diagnostics> {
        let doing = format!("waiting until service principal {object_id} is gone");
        let read = || self.client.get_service_principal(scope, object_id);
        settle::until_gone(scope, self.step, doing, read)
            .await
            .map_err(|ended| failure.waited(&ended))
    }
}
