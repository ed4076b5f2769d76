//! `data "konnectazure_service_principal"`: the service principal of Kong's application, by client id; can wait for consent.
//!
//! Reading needs the Microsoft Graph permission `Application.Read.All`, and nothing is ever written.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::azure::ids::Guid;
use crate::azure::{Access, Client, Error, ServicePrincipal};
use crate::http::Scope;
use crate::http::poll::{Poll, Progress, Waited, tolerate};
use crate::preflight::consent::{
    KONG_CLIENT_ID, READ_RIGHTS, foreign_cloud_warning, ways_to_consent,
};
use crate::resources::azure_target::guid;
use crate::resources::clients::Clients;
use crate::resources::explain::Failure;
use crate::tf::attr::Attr;
use crate::tf::context::Context;
use crate::tf::data_source::DataSource;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::duration;
use crate::tf::path::Path;
use crate::tf::schema::{Attribute, Schema};
use crate::tf::types::Type;
use crate::tf::validate::Parses;

crate::model! {
    /// Configuration and result of `konnectazure_service_principal`.
    pub struct ServicePrincipalDataModel {
        /// The object id.
        pub id: String,
        /// The application's client id.
        pub client_id: String,
        /// How long to wait until an administrator has given consent.
        pub wait_for_consent: String,
        /// The tenant that holds the service principal.
        pub tenant_id: String,
        /// The id by which roles are assigned to it.
        pub object_id: String,
        /// The application's name.
        pub display_name: String,
        /// Whether the application can sign in to the tenant.
        pub account_enabled: bool,
        /// The page on which an administrator gives consent.
        pub admin_consent_url: String,
    }
}

const DESCRIPTION: &str = "\
The service principal of Kong's peering application in your Entra tenant, for when someone else gives the consent: it only needs \
permission to read (`Application.Read.All`), and writes nothing. If consent is missing, the error contains the link for an \
administrator; with `wait_for_consent`, the data source waits for it first.";

/// The handler of `data \"konnectazure_service_principal\"`.
#[derive(Debug)]
pub struct ServicePrincipalDataSource {
    azure: Arc<Access>,
}

/// The data source over clients that are configured later.
#[must_use]
pub fn data_source(clients: &Clients) -> ServicePrincipalDataSource {
    ServicePrincipalDataSource {
        azure: Arc::clone(&clients.azure),
    }
}

#[async_trait]
impl DataSource for ServicePrincipalDataSource {
    type Model = ServicePrincipalDataModel;

    fn type_name(&self) -> &'static str {
        "konnectazure_service_principal"
    }

    fn schema(&self) -> Schema {
        let mut attributes = vec![client_id(), wait_for_consent()];
        attributes.extend(computed());
        Schema::new(DESCRIPTION, attributes)
    }

    async fn read(
        &self,
        context: &Context,
        config: Self::Model,
    ) -> Result<Self::Model, Diagnostics> {
        let text = config.client_id.as_str().unwrap_or(KONG_CLIENT_ID);
        let failure = Failure::new("read", format!("service principal of application {text}"));
        let client_id: Guid = text.parse().map_err(|fault| {
            let failure = failure.clone().at(Path::attribute("client_id"));
            failure.because(format!("{fault}."))
        })?;
        let patience = patience(&config.wait_for_consent)?;
        // The user's own limit for the consent comes on top of the time for looking it up.
        let scope = Scope {
            deadline: context.deadline + patience,
            cancel: context.cancel.clone(),
        };
        let client = self.azure.client();
        let client = client.map_err(|error| failure.explain(&error))?;
        let tenant_id = client.tenant_id(&scope).await;
        let tenant_id = tenant_id.map_err(|error| failure.explain(&error))?;
        if let Some(doubt) = foreign_cloud_warning(client.cloud(), text) {
            let summary = "Kong's application is known in Azure's public cloud only";
            context.warn(Diagnostic::warning(summary, doubt).at(Path::attribute("client_id")));
        }
        let lookup = Lookup {
            client: &client,
            scope: &scope,
            tenant_id: &tenant_id,
            client_id: &client_id,
            failure: &failure,
        };
        let principal = lookup.wait(patience).await?;
        let url = lookup.url();
        Ok(ServicePrincipalDataModel {
            id: principal.id.as_str().into(),
            client_id: text.into(),
            wait_for_consent: config.wait_for_consent,
            tenant_id: tenant_id.as_str().into(),
            object_id: principal.id.as_str().into(),
            display_name: principal.display_name.as_str().into(),
            account_enabled: principal.account_enabled.into(),
            admin_consent_url: Attr::Known(url),
        })
    }
}

fn client_id() -> Attribute {
    Attribute::optional("client_id", Type::String)
        .describe(format!(
            "The application's client id. Default: `{KONG_CLIENT_ID}`, Kong's app for virtual network peering."
        ))
        .default_value(KONG_CLIENT_ID)
        .validate(guid())
}

fn wait_for_consent() -> Attribute {
    Attribute::optional("wait_for_consent", Type::String)
        .describe(
            "How long to wait until an administrator has accepted on `admin_consent_url`, such as `30m`. The log repeats the link \
             meanwhile; `provider::konnectazure::admin_consent_url` can print it beforehand. Default: `0s`, with which a missing service \
             principal is an error at once.",
        )
        .default_value("0s")
        .validate(Parses::new("a duration such as `90s` or `1h30m`", |text: &str| {
            duration::parse(text).map(drop)
        }))
}

fn computed() -> [Attribute; 6] {
    [
        Attribute::computed("id", Type::String).describe("The same as `object_id`."),
        Attribute::computed("tenant_id", Type::String)
            .describe("The tenant that holds the service principal: the provider's."),
        Attribute::computed("object_id", Type::String)
            .describe("The service principal's object id, for `principal_id` of a role assignment."),
        Attribute::computed("display_name", Type::String).describe("The application's name."),
        Attribute::computed("account_enabled", Type::Bool).describe(
            "Whether the application can sign in to the tenant; while it cannot, peerings with it fail.",
        ),
        Attribute::computed("admin_consent_url", Type::String)
            .describe("The page on which an administrator gives consent."),
    ]
}

fn patience(wait_for_consent: &Attr<String>) -> Result<Duration, Diagnostics> {
    let text = wait_for_consent.as_str().unwrap_or("0s");
    duration::parse(text).map_err(|fault| {
        Diagnostic::error("Invalid wait_for_consent", format!("{fault}."))
            .at(Path::attribute("wait_for_consent"))
            .into()
    })
}

/// One search for the service principal.
struct Lookup<'a> {
    client: &'a Client,
    scope: &'a Scope,
    tenant_id: &'a Guid,
    client_id: &'a Guid,
    failure: &'a Failure<'a>,
}

impl Lookup<'_> {
    async fn wait(&self, patience: Duration) -> Result<ServicePrincipal, Diagnostics> {
        if patience.is_zero() {
            let found = self.look().await.map_err(|error| self.refused(&error))?;
            return found
                .ok_or_else(|| self.missing("It is not there: nobody has given consent yet."));
        }
        let limited = Scope::new(patience, self.scope.cancel.clone());
        let waiting = format!("nobody has opened {} and accepted yet", self.url());
        let poll = Poll::new(
            "waiting for an administrator's consent",
            self.client.poll_step(),
        );
        let ended = poll
            .until(
                &limited,
                None,
                || self.look(),
                |found| match found {
                    Ok(Some(principal)) => Ok(Progress::Done(principal)),
                    Ok(None) => Ok(Progress::NotYet(waiting.clone())),
                    Err(error) => tolerate(error.into()),
                },
            )
            .await;
        match ended {
            Ok(principal) => Ok(principal),
            Err(Waited::Deadline { .. }) => Err(self.missing(&format!(
                "Nobody has given consent within {}.",
                duration::format(patience)
            ))),
            Err(Waited::Failed(error)) => Err(self.refused(&error.into())),
            Err(ended) => Err(self.failure.waited(&ended)),
        }
    }

    /// Replicas lag: what a resource of this very run made is there, although it is not shown yet.
    async fn look(&self) -> Result<Option<ServicePrincipal>, Error> {
        let client = self.client;
        let found = client.find_service_principal(self.scope, self.client_id);
        let found = found.await?;
        Ok(found.or_else(|| client.just_made_service_principal(self.client_id)))
    }

    fn refused(&self, error: &Error) -> Diagnostics {
        if error.is_forbidden() {
            let next = format!("{READ_RIGHTS}\n\n{}", self.ways());
            return self.failure.clone().next(next).explain(error);
        }
        self.failure.explain(error)
    }

    fn missing(&self, what: &str) -> Diagnostics {
        self.failure.because(format!(
            "Tenant {}: {what}\n\n{}",
            self.tenant_id,
            self.ways()
        ))
    }

    fn ways(&self) -> String {
        ways_to_consent(
            self.client.cloud(),
            self.tenant_id.as_str(),
            self.client_id.as_str(),
        )
    }

    fn url(&self) -> String {
        let cloud = self.client.cloud();
        cloud.admin_consent_url(self.tenant_id.as_str(), self.client_id.as_str())
    }
}
