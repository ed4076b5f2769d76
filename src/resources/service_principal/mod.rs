//! `konnectazure_service_principal`: the service principal (enterprise application) of Kong's multi-tenant application.
//!
//! Remote object: `servicePrincipals` of Microsoft Graph v1.0, looked up by the application's id before anything is made.
//! Reading needs `Application.Read.All`; making it for another publisher's application needs `Application.ReadWrite.All`
//! or one of the administrator roles, and a 403 is final, although its text speaks of a missing backing application.
//! Graph reads from replicas, so an object may be missing for some seconds after it was made, and only then.
//! Import id: the object id, or the application's client id.
//!
//! What was there before is shared with whoever put it there: it is never written to, and never deleted.
//! Source: <https://learn.microsoft.com/graph/api/serviceprincipal-post-serviceprincipals>.

mod moved;
mod schema;
mod session;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::azure::ids::Guid;
use crate::azure::{Access, Cloud, ServicePrincipal};
use crate::http::Scope;
use crate::preflight::consent::{foreign_cloud_warning, ways_to_consent};
use crate::resources::clients::Clients;
use crate::resources::explain::Failure;
use crate::resources::planned::{known, parsed};
use crate::resources::scope;
use crate::tf::attr::Attr;
use crate::tf::context::Context;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;
use crate::tf::resource::{ImportId, MoveSource, Planned, Resource, Save, Timeouts};
use crate::tf::schema::{IdentityAttribute, Schema};

pub use schema::ServicePrincipalModel;
use session::Session;

const TYPE_NAME: &str = "konnectazure_service_principal";

/// The handler of `konnectazure_service_principal`.
#[derive(Debug)]
pub struct ServicePrincipalResource {
    azure: Arc<Access>,
}

/// The resource over clients that are configured later.
#[must_use]
pub fn resource(clients: &Clients) -> ServicePrincipalResource {
    ServicePrincipalResource {
        azure: Arc::clone(&clients.azure),
    }
}

impl ServicePrincipalResource {
    async fn session(
        &self,
        scope: &Scope,
        failure: &Failure<'_>,
        state: &ServicePrincipalModel,
    ) -> Result<Session, Diagnostics> {
        Session::open(&self.azure, scope, failure, state.tenant_id.as_str()).await
    }
}

#[async_trait]
impl Resource for ServicePrincipalResource {
    type Model = ServicePrincipalModel;

    fn type_name(&self) -> &'static str {
        TYPE_NAME
    }

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn identity(&self) -> Vec<IdentityAttribute> {
        vec![
            IdentityAttribute::optional("tenant_id", "The tenant; where left out, the provider's."),
            IdentityAttribute::required("object_id", "The service principal's object id."),
        ]
    }

    fn timeouts(&self) -> Timeouts {
        const TEN_MINUTES: Duration = Duration::from_secs(10 * 60);
        Timeouts {
            create: TEN_MINUTES,
            read: Duration::from_secs(5 * 60),
            update: TEN_MINUTES,
            delete: TEN_MINUTES,
        }
    }

    async fn plan(
        &self,
        context: &Context,
        plan: &mut Planned<Self::Model>,
    ) -> Result<(), Diagnostics> {
        if plan.prior.is_some() {
            return Ok(());
        }
        let planned = &mut plan.planned;
        // The provider may get its settings only during apply; all of this is then filled in there.
        let client_id = planned.client_id.as_str();
        let client_id = client_id.and_then(|text| text.parse::<Guid>().ok());
        let (Ok(client), Some(client_id)) = (self.azure.client(), client_id) else {
            return Ok(());
        };
        if let Some(doubt) = foreign_cloud_warning(client.cloud(), client_id.as_str()) {
            let summary = "Kong's application is known in Azure's public cloud only";
            context.warn(Diagnostic::warning(summary, doubt).at(Path::attribute("client_id")));
        }
        if let Ok(tenant_id) = client.tenant_id(&scope(context)).await {
            let url = consent_url(client.cloud(), &tenant_id, &client_id);
            planned.admin_consent_url = Attr::Known(url);
            planned.tenant_id = tenant_id.as_str().into();
        }
        Ok(())
    }

    async fn create(
        &self,
        context: &Context,
        planned: Self::Model,
        save: &Save<Self::Model>,
    ) -> Result<Self::Model, Diagnostics> {
        let scope = scope(context);
        let client_id: Guid = parsed(&planned.client_id, "client_id")?;
        let may_adopt = *known(&planned.use_existing, "use_existing")?;
        let object = format!("service principal of application {client_id}");
        let failure = Failure::new("create", object);
        // The tenant was planned from the same settings, so a difference is one between plan and apply.
        let session = self.session(&scope, &failure, &planned).await?;

        let found = session.find(&scope, &client_id, &failure).await?;
        // Another resource of this run may have made it, where replicas do not show it yet.
        let found = found.or_else(|| session.client.just_made_service_principal(&client_id));
        let is_new = found.is_none();
        let (principal, created) = match found {
            Some(principal) => (session.adopt(principal, may_adopt, &failure)?, false),
            None => {
                session
                    .make(&scope, &client_id, may_adopt, &failure)
                    .await?
            }
        };
        let model = filled(planned, &session, &principal, created);
        save.save(&model);
        warn_if_disabled(context, &principal);
        if is_new {
            session.settle(context, &scope, &principal).await;
        }
        Ok(model)
    }

    fn not_known_yet(&self) -> Option<String> {
        self.azure.not_known_yet()
    }

    async fn read(
        &self,
        context: &Context,
        state: Self::Model,
    ) -> Result<Option<Self::Model>, Diagnostics> {
        let scope = scope(context);
        let object_id: Guid = parsed(&state.object_id, "object_id")?;
        let failure = Failure::new("read", format!("service principal {object_id}"));
        let session = self.session(&scope, &failure, &state).await?;
        let client_id = state.client_id.as_str().and_then(|id| id.parse().ok());
        let found = session
            .get_known(&scope, &object_id, client_id.as_ref(), &failure)
            .await?;
        Ok(found.map(|principal| {
            warn_if_disabled(context, &principal);
            let created = state.created == Attr::Known(true);
            filled(state, &session, &principal, created)
        }))
    }

    /// There is nothing to send: the client id replaces, and the rest is computed or the provider's own behaviour.
    async fn update(
        &self,
        _context: &Context,
        _prior: Self::Model,
        planned: Self::Model,
        _save: &Save<Self::Model>,
    ) -> Result<Self::Model, Diagnostics> {
        Ok(planned)
    }

    async fn delete(&self, context: &Context, state: Self::Model) -> Result<(), Diagnostics> {
        if state.created != Attr::Known(true) {
            tracing::info!(
                "the service principal was there before this resource, and is left in the tenant"
            );
            return Ok(());
        }
        let scope = scope(context);
        let object_id: Guid = parsed(&state.object_id, "object_id")?;
        let failure = Failure::new("delete", format!("service principal {object_id}"));
        let session = self.session(&scope, &failure, &state).await?;
        session.delete(&scope, &object_id, &failure).await?;
        session.await_gone(&scope, &object_id, &failure).await
    }

    async fn import(&self, context: &Context, id: ImportId) -> Result<Self::Model, Diagnostics> {
        let scope = scope(context);
        let (text, tenant_id) = import_parts(&id);
        let failure = Failure::new("import", format!("service principal {text:?}"));
        let given: Guid = text.parse().map_err(|fault| {
            failure.because(format!(
                "{fault}.\n\nGive the service principal's object id, or the application's client id."
            ))
        })?;
        let wanted = ServicePrincipalModel {
            tenant_id,
            ..Default::default()
        };
        let session = self.session(&scope, &failure, &wanted).await?;
        let found = match session.get(&scope, &given, &failure).await? {
            Some(principal) => Some(principal),
            None => session.find(&scope, &given, &failure).await?,
        };
        let principal = found.ok_or_else(|| {
            failure.because(format!(
                "Tenant {} has no service principal with this object id, nor one of an application with this client \
                 id.\n\n{}",
                session.tenant_id,
                ways_to_consent(
                    session.client.cloud(),
                    session.tenant_id.as_str(),
                    given.as_str()
                ),
            ))
        })?;
        Ok(filled(wanted, &session, &principal, false))
    }

    fn move_from(&self, source: &MoveSource) -> Option<Result<Self::Model, Diagnostics>> {
        moved::model(source)
    }
}

/// The object id or client id, and the tenant where an identity names one.
fn import_parts(id: &ImportId) -> (String, Attr<String>) {
    let text = id.text("object_id");
    // As azuread writes it.
    let text = text.strip_prefix("/servicePrincipals/").unwrap_or(text);
    let tenant_id = id.member("tenant_id").map(str::to_owned);
    (text.to_owned(), tenant_id.into())
}

/// The same address however the ids are spelled: it is planned from the user's spelling and made of Graph's.
fn consent_url(cloud: &Cloud, tenant_id: &Guid, client_id: &Guid) -> String {
    cloud.admin_consent_url(
        tenant_id.as_str(),
        &client_id.as_uuid().as_hyphenated().to_string(),
    )
}

fn filled(
    model: ServicePrincipalModel,
    session: &Session,
    principal: &ServicePrincipal,
    created: bool,
) -> ServicePrincipalModel {
    let tenant_id = session.tenant_id.as_str();
    let app_id = principal.app_id.as_str();
    let url = consent_url(
        session.client.cloud(),
        &session.tenant_id,
        &principal.app_id,
    );
    ServicePrincipalModel {
        id: principal.id.as_str().into(),
        client_id: app_id.into(),
        use_existing: model.use_existing,
        tenant_id: tenant_id.into(),
        object_id: principal.id.as_str().into(),
        display_name: principal.display_name.as_str().into(),
        admin_consent_url: Attr::Known(url),
        created: Attr::Known(created),
    }
}

fn warn_if_disabled(context: &Context, principal: &ServicePrincipal) {
    if principal.account_enabled == Some(false) {
        context.warn(Diagnostic::warning(
            format!(
                "Sign-in is switched off for service principal {}",
                principal.id
            ),
            "The application cannot get a token for this tenant, so peerings with it will fail although the role is \
             assigned. An Application Administrator can switch it on in the portal: Enterprise applications, the \
             application, Properties, \"Enabled for users to sign-in\".",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tf::value::Value;

    #[test]
    fn an_import_takes_a_bare_id_or_an_identity() {
        for text in [" x ", "/servicePrincipals/x"] {
            assert_eq!(
                import_parts(&ImportId::Id(text.into())),
                ("x".to_owned(), Attr::Null)
            );
        }
        let identity = [
            ("object_id".to_owned(), Value::from("x")),
            ("tenant_id".to_owned(), Value::Null),
        ];
        assert_eq!(
            import_parts(&ImportId::Identity(identity.into())),
            ("x".to_owned(), Attr::Null)
        );
    }
}
