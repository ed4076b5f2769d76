//! The two APIs behind one client, and what their calls have in common.

use std::sync::Arc;
use std::time::Duration;

use ::http::Method;
use ::http::{HeaderName, HeaderValue};
use serde::de::DeserializeOwned;

use super::Error;
use super::access::{self, Settings};
use super::cloud::Cloud;
use super::credential::{Credentials, cli};
use super::envelope::{TRACE_HEADERS, read_refusal};
use super::ids::{ArmId, Guid, SubscriptionId};
use super::recent::Recent;
use super::role_assignments::RoleAssignment;
use super::token::TokenSource;
use crate::http::deletion;
use crate::http::{self, Api, ApiSettings, Request, RetrySettings, Scope, SharedReads};

/// Refusals below 500 by which Resource Manager says: not now.
const PASSING_CODES: &[&str] = &[
    "TooManyRequests",
    "SubscriptionRequestsThrottled",
    "RetryableError",
    "RetryableErrorDueToAnotherOperation",
];

/// Typed calls to Resource Manager and Microsoft Graph. Cheap to share; nothing is sent before the first call.
#[derive(Debug)]
pub struct Client {
    arm: Api,
    graph: Api,
    cloud: Cloud,
    tenant_id: Option<Guid>,
    cli_tenant_id: tokio::sync::OnceCell<Guid>,
    subscription_id: Option<SubscriptionId>,
    credentials: Arc<Credentials>,
    poll_step: Option<Duration>,
    recent: Recent,
    assignments: SharedReads<ArmId, Guid, RoleAssignment>,
}

impl Client {
    /// A client for these settings; see [`super::Access`].
    #[must_use]
    pub(super) fn new(settings: Settings) -> Self {
        let Settings {
            transport,
            cloud,
            tenant_id,
            subscription_id,
            credential,
            correlation_request_id,
            max_retries,
            max_concurrent_requests,
            poll_step,
            unknown: _,
        } = settings;
        let credentials = Arc::new(Credentials::new(
            credential,
            tenant_id.clone(),
            subscription_id.clone(),
            cloud.active_directory().clone(),
            transport.clone(),
        ));
        let api = |name, base: &url::Url, scope: String| {
            // One credential object each: a slow token for the one must not hold up the other.
            let authorize = Arc::new(TokenSource::new(credentials.issuer(scope)));
            let usual = ApiSettings::new(
                name,
                base.clone(),
                transport.clone(),
                authorize,
                read_refusal,
            );
            ApiSettings {
                max_concurrent_requests,
                retry: RetrySettings {
                    max_retries,
                    passing_statuses: &[424],
                    passing_codes: PASSING_CODES,
                    ..RetrySettings::default()
                },
                trace_headers: TRACE_HEADERS,
                ..usual
            }
        };
        let mut arm = api(
            "Azure Resource Manager",
            cloud.resource_manager(),
            cloud.resource_manager_scope(),
        );
        if let Ok(id) = HeaderValue::from_str(&access::correlation_request_id(
            correlation_request_id.as_deref(),
        )) {
            arm.headers
                .insert(HeaderName::from_static("x-ms-correlation-request-id"), id);
        }
        let graph = api(
            "Microsoft Graph",
            cloud.microsoft_graph(),
            cloud.microsoft_graph_scope(),
        );
        Self {
            arm: Api::new(arm),
            graph: Api::new(graph),
            cloud,
            tenant_id,
            cli_tenant_id: tokio::sync::OnceCell::new(),
            subscription_id,
            credentials,
            poll_step,
            recent: Recent::default(),
            assignments: SharedReads::default(),
        }
    }

    /// The cloud all calls go to.
    #[must_use]
    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// The subscription for what is not tied to one by its id, where one is configured.
    #[must_use]
    pub fn subscription_id(&self) -> Option<&SubscriptionId> {
        self.subscription_id.as_ref()
    }

    /// The tenant, where that can be told without asking.
    #[must_use]
    pub fn known_tenant_id(&self) -> Option<&Guid> {
        self.tenant_id.as_ref().or_else(|| self.cli_tenant_id.get())
    }

    /// The tenant, where one is configured.
    pub(super) fn configured_tenant(&self) -> Option<&Guid> {
        self.tenant_id.as_ref()
    }

    /// The fixed time between two looks of a wait, where one is configured.
    #[must_use]
    pub fn poll_step(&self) -> Option<Duration> {
        self.poll_step
    }

    /// The tenant: the configured one, else the Azure CLI's where that is the credential.
    ///
    /// # Errors
    /// When no tenant is configured and the CLI is not used or knows none.
    pub async fn tenant_id(&self, scope: &Scope) -> Result<Guid, Error> {
        if let Some(tenant_id) = &self.tenant_id {
            return Ok(tenant_id.clone());
        }
        let ask = self
            .cli_tenant_id
            .get_or_try_init(|| self.credentials.cli_tenant_id());
        match scope.bound(ask).await {
            Ok(answer) => Ok(answer.map_err(Error::from)?.clone()),
            Err(ended) => Err(http::Error::ended(
                ended,
                format!("{} account show", cli::PROGRAM),
                Duration::ZERO,
            )
            .into()),
        }
    }

    /// Role assignments by scope and name.
    pub(super) fn assignments(&self) -> &SharedReads<ArmId, Guid, RoleAssignment> {
        &self.assignments
    }

    pub(super) fn recent(&self) -> &Recent {
        &self.recent
    }

    pub(super) fn arm(&self) -> &Api {
        &self.arm
    }

    pub(super) fn graph(&self) -> &Api {
        &self.graph
    }

    pub(super) async fn delete_arm(
        &self,
        scope: &Scope,
        id: &ArmId,
        api_version: &str,
    ) -> Result<(), Error> {
        let at = |method| Request::raw_path(method, id.as_str()).query("api-version", api_version);
        self.delete(scope, &self.arm, at(Method::DELETE), at(Method::GET))
            .await
    }

    /// Deletes what may be gone already. A 403 is not believed at once: it is also the answer to deleting what somebody
    /// else just deleted, or what this very call deleted before its answer was lost.
    pub(super) async fn delete(
        &self,
        scope: &Scope,
        api: &Api,
        delete: Request,
        read: Request,
    ) -> Result<(), Error> {
        let requests = (&delete, &read);
        let deleted =
            deletion::delete(api, scope, self.poll_step, requests, Error::is_not_found).await;
        let Err(error) = deleted else {
            return Ok(());
        };
        if !error.is_forbidden() {
            return Err(error);
        }
        match api.send(scope, read).await.map_err(Error::from) {
            Err(look) if look.is_not_found() => Ok(()),
            _ => Err(error),
        }
    }
}

/// As [`optional`], for a kind of object that not everything which speaks like Resource Manager has to know: missing is only what it calls missing.
pub(super) fn optional_by_code<T: DeserializeOwned>(
    answer: Result<T, http::Error>,
) -> Result<Option<T>, Error> {
    match answer.map_err(Error::from) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_not_found() && error.is_scope_missing() => Ok(None),
        Err(error) => Err(error),
    }
}

/// An object that is not there is an answer, not a failure.
pub(super) fn optional<T: DeserializeOwned>(
    answer: Result<T, http::Error>,
) -> Result<Option<T>, Error> {
    match answer.map_err(Error::from) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}
