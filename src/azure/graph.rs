//! Microsoft Graph: service principals, and what a directory object's GUID stands for.
//!
//! Graph reads from replicas: a created object may be missing on the next read for seconds to minutes. Objects are looked
//! up by application id with a filter, which answers with an empty list where there is none.

use ::http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Error;
use super::client::{Client, optional};
use super::ids::Guid;
use super::wire::{list, null_as_default, odata_literal};
use crate::http::{Poll, Progress, Request, Scope, Waited};

const VERSION: &str = "v1.0";

/// Only what is read: some of the other fields, the credentials above all, have tight limits of their own.
const SERVICE_PRINCIPAL_FIELDS: &str = "id,appId,displayName,accountEnabled";

/// How often a create is sent again after its answer was lost and nothing was found.
const LOST_CREATE_LIMIT: u32 = 3;

/// An application's presence in the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePrincipal {
    /// The object id, which role assignments name.
    pub id: Guid,
    /// The application's own id, the same in every tenant.
    pub app_id: Guid,
    /// The name shown in the portal; may be empty.
    #[serde(default, deserialize_with = "null_as_default")]
    pub display_name: String,
    /// `Some(false)`: sign-in is switched off, so the application gets no token here.
    pub account_enabled: Option<bool>,
}

/// What a GUID that was given as a principal stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    /// What it should be: a service principal's object id.
    ServicePrincipal(ServicePrincipal),
    /// An application's client id.
    ApplicationClientId {
        /// That id.
        app_id: Guid,
        /// The object id of its service principal, where it has one in this tenant.
        object_id: Option<Guid>,
        /// The application's name.
        display_name: String,
    },
    /// The object id of an application registration, not of its service principal.
    ApplicationObject {
        /// The application's client id.
        app_id: Guid,
        /// The object id of its service principal, where it has one in this tenant.
        object_id: Option<Guid>,
        /// The application's name.
        display_name: String,
    },
    /// Some other directory object.
    Other {
        /// `user`, `group`, `device`…
        kind: String,
        /// Its name.
        display_name: String,
    },
    /// The directory does not know it, as far as the caller can see.
    Unknown,
    /// The caller may not look.
    NotAllowed,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Application {
    app_id: Guid,
    #[serde(default, deserialize_with = "null_as_default")]
    display_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DirectoryObject {
    #[serde(default, rename = "@odata.type", deserialize_with = "null_as_default")]
    odata_type: String,
    #[serde(default, deserialize_with = "null_as_default")]
    display_name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewServicePrincipal<'a> {
    app_id: &'a str,
}

/// Gives the call an id of its own that Graph's support can find.
fn traced(request: Request) -> Request {
    match HeaderValue::from_str(&Uuid::new_v4().to_string()) {
        Ok(id) => request.header(HeaderName::from_static("client-request-id"), id),
        Err(_) => request,
    }
}

fn service_principal(object_id: &Guid) -> Request {
    let request = Request::get([VERSION, "servicePrincipals", object_id.as_str()]);
    traced(request.query("$select", SERVICE_PRINCIPAL_FIELDS))
}

/// By the alternate key, which needs no filter and answers 404 where there is none.
fn service_principal_of(app_id: &Guid) -> Request {
    let key = format!(
        "servicePrincipals(appId={})",
        odata_literal(app_id.as_str())
    );
    let request = Request::get([VERSION, key.as_str()]);
    traced(request.query("$select", SERVICE_PRINCIPAL_FIELDS))
}

fn by_application_id(collection: &str, app_id: &Guid, fields: &str) -> Request {
    let filter = format!("appId eq {}", odata_literal(app_id.as_str()));
    let request = Request::get([VERSION, collection]);
    traced(request.query("$filter", &filter).query("$select", fields))
}

impl Client {
    /// The service principal of an application, if it has one in this tenant.
    ///
    /// # Errors
    /// [`Error::is_forbidden`] where the caller may not read the directory.
    pub async fn find_service_principal(
        &self,
        scope: &Scope,
        app_id: &Guid,
    ) -> Result<Option<ServicePrincipal>, Error> {
        let request = by_application_id("servicePrincipals", app_id, SERVICE_PRINCIPAL_FIELDS);
        let found = list::<ServicePrincipal>(self.graph(), request)
            .collect(scope)
            .await
            .map_err(Error::from);
        match found {
            Ok(found) => Ok(found
                .into_iter()
                .find(|principal| principal.app_id == *app_id)),
            // A directory behind a proxy of the user's may know objects by their keys only.
            Err(error) if matches!(error.status(), Some(400 | 404 | 405 | 501)) => {
                tracing::debug!(%error, "service principals cannot be filtered; asking by key");
                let request = service_principal_of(app_id);
                optional(self.graph().json(scope, request).await)
            }
            Err(error) => Err(error),
        }
    }

    /// The service principal with this object id.
    ///
    /// # Errors
    /// Any refusal but "not found".
    pub async fn get_service_principal(
        &self,
        scope: &Scope,
        object_id: &Guid,
    ) -> Result<Option<ServicePrincipal>, Error> {
        optional(self.graph().json(scope, service_principal(object_id)).await)
    }

    /// Creates the service principal of an application that the caller knows to have none. What consent makes besides
    /// it, the grants for API permissions, is not made.
    ///
    /// When the answer is lost, the object is looked for before the request is sent again; one that appears then is ours.
    ///
    /// # Errors
    /// [`Error::is_forbidden`], [`Error::is_unknown_application`], [`Error::is_service_principal_taken`].
    pub async fn create_service_principal(
        &self,
        scope: &Scope,
        app_id: &Guid,
    ) -> Result<ServicePrincipal, Error> {
        let principal = self.create_or_find_created(scope, app_id).await?;
        self.recent().note_principal(&principal);
        Ok(principal)
    }

    async fn create_or_find_created(
        &self,
        scope: &Scope,
        app_id: &Guid,
    ) -> Result<ServicePrincipal, Error> {
        let request = Request::post([VERSION, "servicePrincipals"])
            .json(&NewServicePrincipal {
                app_id: app_id.as_str(),
            })?
            .counted();
        let mut lost = 0;
        loop {
            let error = match self.graph().json(scope, traced(request.clone())).await {
                Ok(principal) => return Ok(principal),
                Err(error) => Error::from(error),
            };
            let is_ours = lost > 0 && error.is_service_principal_taken();
            // A success that does not show the object says no more than a lost answer does.
            let is_lost = error.is_outcome_unknown() || error.is_undecodable();
            if !(is_lost || is_ours) || lost >= LOST_CREATE_LIMIT {
                return Err(error);
            }
            lost += 1;
            tracing::info!(%app_id, "the answer to creating the service principal was lost; looking for it");
            if let Some(principal) = self.await_created(scope, app_id, is_ours).await? {
                return Ok(principal);
            }
            if is_ours {
                // It exists, but no replica shows it in time.
                return Err(error);
            }
        }
    }

    /// Looks for what a lost create may have made; longer when it surely exists.
    async fn await_created(
        &self,
        scope: &Scope,
        app_id: &Guid,
        surely: bool,
    ) -> Result<Option<ServicePrincipal>, Error> {
        let patience = std::time::Duration::from_secs(if surely { 120 } else { 8 });
        let bounded = scope.at_most(patience);
        let poll = Poll::new(
            format!("looking for the service principal of application {app_id}"),
            self.poll_step(),
        );
        let look = || self.find_service_principal(&bounded, app_id);
        let looked = poll
            .until(&bounded, None, look, |found| {
                Ok::<_, Error>(match found? {
                    Some(principal) => Progress::Done(principal),
                    None => Progress::NotYet("it is not in the directory yet".to_owned()),
                })
            })
            .await;
        match looked {
            Ok(principal) => Ok(Some(principal)),
            Err(Waited::Failed(error)) if error.is_deadline() && scope.check().is_ok() => Ok(None),
            Err(Waited::Failed(error)) => Err(error),
            Err(Waited::Never(_) | Waited::Deadline { .. } | Waited::Cancelled { .. }) => {
                match scope.check() {
                    Ok(()) => Ok(None),
                    Err(ended) => {
                        let doing =
                            format!("creating the service principal of application {app_id}");
                        Err(crate::http::Error::ended(ended, doing, patience).into())
                    }
                }
            }
        }
    }

    /// Deletes a service principal; one that is not there is deleted already. Every role assignment to it is orphaned,
    /// as a new one of the same application has another object id.
    ///
    /// # Errors
    /// [`Error::is_forbidden`] when it is still there; Graph also refuses to delete what is already gone.
    pub async fn delete_service_principal(
        &self,
        scope: &Scope,
        object_id: &Guid,
    ) -> Result<(), Error> {
        let request = traced(Request::delete([
            VERSION,
            "servicePrincipals",
            object_id.as_str(),
        ]));
        self.delete(scope, self.graph(), request, service_principal(object_id))
            .await?;
        self.recent().forget(object_id);
        Ok(())
    }

    /// Finds out what a GUID given as a principal really is, so that a mistake can be named.
    ///
    /// # Errors
    /// Any failure but a missing right, which is an answer here.
    pub async fn classify_principal(
        &self,
        scope: &Scope,
        guid: &Guid,
    ) -> Result<PrincipalKind, Error> {
        let mut may_look = Looked::default();
        let principal = may_look
            .at(self.get_service_principal(scope, guid).await)?
            .flatten();
        if let Some(principal) = principal {
            return Ok(PrincipalKind::ServicePrincipal(principal));
        }
        let principal = may_look
            .at(self.find_service_principal(scope, guid).await)?
            .flatten();
        if let Some(principal) = principal {
            return Ok(PrincipalKind::ApplicationClientId {
                app_id: principal.app_id,
                object_id: Some(principal.id),
                display_name: principal.display_name,
            });
        }
        if let Some(application) = may_look
            .at(self.application_object(scope, guid).await)?
            .flatten()
        {
            let principal = may_look
                .at(self
                    .find_service_principal(scope, &application.app_id)
                    .await)?
                .flatten();
            return Ok(PrincipalKind::ApplicationObject {
                app_id: application.app_id,
                object_id: principal.map(|principal| principal.id),
                display_name: application.display_name,
            });
        }
        if let Some(application) = may_look
            .at(self.application_by_client_id(scope, guid).await)?
            .flatten()
        {
            return Ok(PrincipalKind::ApplicationClientId {
                app_id: application.app_id,
                object_id: None,
                display_name: application.display_name,
            });
        }
        if let Some(object) = may_look
            .at(self.directory_object(scope, guid).await)?
            .flatten()
        {
            return Ok(PrincipalKind::Other {
                kind: object
                    .odata_type
                    .trim_start_matches("#microsoft.graph.")
                    .to_owned(),
                display_name: object.display_name,
            });
        }
        Ok(may_look.verdict())
    }

    async fn application_object(
        &self,
        scope: &Scope,
        object_id: &Guid,
    ) -> Result<Option<Application>, Error> {
        let request = Request::get([VERSION, "applications", object_id.as_str()])
            .query("$select", "appId,displayName");
        optional(self.graph().json(scope, traced(request)).await)
    }

    async fn application_by_client_id(
        &self,
        scope: &Scope,
        app_id: &Guid,
    ) -> Result<Option<Application>, Error> {
        let request = by_application_id("applications", app_id, "appId,displayName");
        let found = list::<Application>(self.graph(), request)
            .collect(scope)
            .await?;
        Ok(found
            .into_iter()
            .find(|application| application.app_id == *app_id))
    }

    async fn directory_object(
        &self,
        scope: &Scope,
        id: &Guid,
    ) -> Result<Option<DirectoryObject>, Error> {
        let request = Request::get([VERSION, "directoryObjects", id.as_str()]);
        optional(self.graph().json(scope, traced(request)).await)
    }
}

/// Keeps in mind which looks were allowed.
#[derive(Default)]
struct Looked {
    service_principals: Option<bool>,
}

impl Looked {
    /// `None` where the look was not allowed, or only would have added detail and was refused for whatever else that does not pass.
    fn at<T>(&mut self, answer: Result<T, Error>) -> Result<Option<T>, Error> {
        let is_detail = self.service_principals.is_some();
        let (allowed, answer) = match answer {
            Ok(found) => (true, Some(found)),
            Err(error) if error.is_forbidden() => (false, None),
            Err(error) if is_detail && error.refusal().is_some() && !error.is_passing() => {
                tracing::debug!(%error, "a look into the directory was refused");
                (false, None)
            }
            Err(error) => return Err(error),
        };
        // The first look is at service principals; the others only add detail.
        self.service_principals.get_or_insert(allowed);
        Ok(answer)
    }

    fn verdict(&self) -> PrincipalKind {
        if self.service_principals == Some(true) {
            PrincipalKind::Unknown
        } else {
            PrincipalKind::NotAllowed
        }
    }
}
