//! `konnectazure_role_assignment`: the peering role, given to the service principal of Kong's application on a network.
//!
//! Remote object: `Microsoft.Authorization/roleAssignments`, API version 2022-04-01. Writing needs
//! `Microsoft.Authorization/roleAssignments/write` at the scope. Scope, role and principal together are the natural key;
//! the name is a GUID of the client's choice, here one that follows from them. Only the description changes in place.
//! A role or principal made a moment ago may be unknown to the replica that answers, and the new assignment may be missing
//! on the next read. Import id: the Resource Manager id.
//! Source: <https://learn.microsoft.com/azure/role-based-access-control/role-assignments-rest>.

mod convert;
mod create;
mod explain;
mod moved;
mod principal;
mod schema;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::azure::ids::{Guid, RoleAssignmentId};
use crate::azure::{Access, Client, Error, RoleAssignment, RoleAssignmentFilter};
use crate::http::Scope;
use crate::http::poll::Poll;
use crate::resources::clients::Clients;
use crate::resources::explain::Failure;
use crate::resources::planned::parsed;
use crate::resources::{missing, scope, settle};
use crate::tf::attr::Attr;
use crate::tf::context::Context;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::resource::{ImportId, MoveSource, Planned, Resource, Save, Timeouts};
use crate::tf::schema::{IdentityAttribute, Schema};

use convert::Wanted;
use create::Creation;
pub use schema::RoleAssignmentModel;
pub(crate) use schema::id_form;

const TYPE_NAME: &str = "konnectazure_role_assignment";

/// The handler of `konnectazure_role_assignment`.
#[derive(Debug)]
pub struct RoleAssignmentResource {
    azure: Arc<Access>,
}

/// The resource over clients that are configured later.
#[must_use]
pub fn resource(clients: &Clients) -> RoleAssignmentResource {
    RoleAssignmentResource {
        azure: Arc::clone(&clients.azure),
    }
}

impl RoleAssignmentResource {
    fn client(&self, failure: &Failure<'_>) -> Result<Arc<Client>, Diagnostics> {
        self.azure.client().map_err(|error| failure.explain(&error))
    }

    /// The assignment in the state, after a read that did not find it.
    async fn look_again(
        &self,
        client: &Client,
        scope: &Scope,
        id: &RoleAssignmentId,
        state: &RoleAssignmentModel,
    ) -> Result<Option<RoleAssignment>, Error> {
        let principal_id = state.principal_id.as_str();
        let principal_id = principal_id.and_then(|text| text.parse::<Guid>().ok());
        let filter = principal_id.map_or(
            RoleAssignmentFilter::AtScope,
            RoleAssignmentFilter::Principal,
        );
        let is_listed = async || {
            let listed = client.list_role_assignments(id.scope(), &filter);
            let listed = listed.collect(scope).await?;
            Ok(listed.iter().any(|one| one.id.name() == id.name()))
        };
        let read = || client.get_role_assignment(scope, id);
        missing::look_again(scope, self.azure.poll_step(), id, is_listed, read).await
    }
}

#[async_trait]
impl Resource for RoleAssignmentResource {
    type Model = RoleAssignmentModel;

    fn type_name(&self) -> &'static str {
        TYPE_NAME
    }

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn identity(&self) -> Vec<IdentityAttribute> {
        vec![IdentityAttribute::required(
            "id",
            "The assignment's full Resource Manager id.",
        )]
    }

    fn timeouts(&self) -> Timeouts {
        const FIVE_MINUTES: Duration = Duration::from_secs(5 * 60);
        Timeouts {
            create: FIVE_MINUTES,
            read: FIVE_MINUTES,
            update: FIVE_MINUTES,
            delete: FIVE_MINUTES,
        }
    }

    async fn plan(
        &self,
        _context: &Context,
        plan: &mut Planned<Self::Model>,
    ) -> Result<(), Diagnostics> {
        if plan.prior.is_none() {
            convert::fill_for_creation(&plan.config, &mut plan.planned);
        }
        Ok(())
    }

    async fn create(
        &self,
        context: &Context,
        planned: Self::Model,
        save: &Save<Self::Model>,
    ) -> Result<Self::Model, Diagnostics> {
        let wanted = Wanted::of(&planned)?;
        let failure = Failure::new("create", format!("role assignment at {}", wanted.scope));
        let creation = Creation {
            client: self.client(&failure)?,
            scope: scope(context),
            planned: &planned,
            wanted: &wanted,
            failure: &failure,
            save,
        };
        let id = creation.run().await?;
        let model = convert::applied(&planned, &id);
        save.save(&model);
        if wanted.waits {
            let doing = "waiting until the role assignment can be read";
            let poll = Poll::new(doing, self.azure.poll_step()).agreements(settle::AGREEING_READS);
            let client = &creation.client;
            let scope = settle::limited(&creation.scope);
            let read = || shown(client, &scope, &id, &wanted.description);
            settle::until_readable(context, &scope, poll, read).await;
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
        let id: RoleAssignmentId = parsed(&state.id, "id")?;
        let failure = Failure::new("read", format!("role assignment {id}"));
        let client = self.client(&failure)?;
        let is_known = |found: &RoleAssignment| convert::is_as_stored(&state, found);
        let scope = scope(context);
        let found = client
            .get_known_role_assignment(&scope, &id, &is_known)
            .await;
        let found = match found {
            Ok(None) => self.look_again(&client, &scope, &id, &state).await,
            found => found,
        };
        let found = found.map_err(|error| explain::denied(&failure, &error, "read"))?;
        Ok(found.map(|assignment| convert::read_into(state, &assignment)))
    }

    /// Only the description can have changed.
    async fn update(
        &self,
        context: &Context,
        prior: Self::Model,
        planned: Self::Model,
        save: &Save<Self::Model>,
    ) -> Result<Self::Model, Diagnostics> {
        let id: RoleAssignmentId = parsed(&prior.id, "id")?;
        let wanted = Wanted::of(&planned)?;
        let failure = Failure::new("update", format!("role assignment {id}"));
        let client = self.client(&failure)?;
        let scope = scope(context);
        let found = match client.get_role_assignment(&scope, &id).await {
            Ok(None) => self.look_again(&client, &scope, &id, &prior).await,
            found => found,
        };
        let found = found.map_err(|error| explain::denied(&failure, &error, "read"))?;
        let Some(twin) = found else {
            return Err(failure.because("It was deleted while it was being changed. Run the same command again: it will be recreated."));
        };
        let put = client
            .put_role_assignment(&scope, &id, &wanted.to_body(Some(&twin)))
            .await;
        put.map_err(|error| explain::refused(&failure, &wanted, &error))?;
        save.save(&planned);
        if wanted.waits {
            let doing = "waiting until reads show the new description";
            let poll = Poll::new(doing, self.azure.poll_step()).agreements(settle::AGREEING_READS);
            let scope = settle::limited(&scope);
            let read = || shown(&client, &scope, &id, &wanted.description);
            settle::until_readable(context, &scope, poll, read).await;
        }
        Ok(planned)
    }

    async fn delete(&self, context: &Context, state: Self::Model) -> Result<(), Diagnostics> {
        let id: RoleAssignmentId = parsed(&state.id, "id")?;
        let failure = Failure::new("delete", format!("role assignment {id}"));
        let client = self.client(&failure)?;
        let scope = scope(context);
        let deleted = client.delete_role_assignment(&scope, &id).await;
        deleted.map_err(|error| explain::denied(&failure, &error, "delete"))?;
        if state.skip_propagation_wait == Attr::Known(true) {
            return Ok(());
        }
        let read = || client.get_role_assignment(&scope, &id);
        let doing = "waiting until the role assignment is gone".to_owned();
        settle::until_gone(&scope, self.azure.poll_step(), doing, read)
            .await
            .map_err(|ended| failure.waited(&ended))
    }

    async fn import(&self, _context: &Context, id: ImportId) -> Result<Self::Model, Diagnostics> {
        let text = id.text("id");
        let failure = Failure::new("import", format!("role assignment {text:?}"));
        let id: RoleAssignmentId = text
            .parse()
            .map_err(|fault| failure.because(format!("{fault}.")))?;
        Ok(imported(&id))
    }

    fn move_from(&self, source: &MoveSource) -> Option<Result<Self::Model, Diagnostics>> {
        moved::model(source)
    }

    fn tidy_generated(&self, config: &mut Self::Model) {
        convert::leave_out_derived_name(config);
    }
}

/// The least state from which a refresh finds the assignment.
fn imported(id: &RoleAssignmentId) -> RoleAssignmentModel {
    RoleAssignmentModel {
        id: Attr::Known(id.to_string()),
        use_existing: Attr::Known(false),
        skip_propagation_wait: Attr::Known(false),
        ..RoleAssignmentModel::default()
    }
}

/// What an import followed by a refresh makes of an assignment.
pub(crate) fn listed(assignment: &RoleAssignment) -> RoleAssignmentModel {
    convert::read_into(imported(&assignment.id), assignment)
}

/// The assignment as it was written, once a read shows it so.
async fn shown(
    client: &Client,
    scope: &Scope,
    id: &RoleAssignmentId,
    description: &str,
) -> Result<Option<RoleAssignment>, Error> {
    let found = client.get_role_assignment(scope, id).await?;
    Ok(found.filter(|assignment| assignment.description == description))
}
