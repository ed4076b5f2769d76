//! `konnectazure_peering_role`: the custom role that Kong's application is given.
//!
//! Remote object: `Microsoft.Authorization/roleDefinitions`, API version 2022-04-01. Writing needs
//! `Microsoft.Authorization/roleDefinitions/write` on all assignable scopes. The tenant owns the role: its name is unique
//! there, its GUID never changes, and the scope in a path or an id is only a view. There are no etags, so a change of a
//! shared role is read, merged, written and read again. Reads, lists and the checks on removal lag behind writes.
//! Import id: the Resource Manager id, or the role's name.
//!
//! An adopted role stays its owner's: only scopes are added, and only those are taken away again.
//! Source: <https://learn.microsoft.com/azure/role-based-access-control/custom-roles>.

mod blockers;
mod conflict;
mod convert;
mod create;
mod moved;
mod permissions;
mod plan;
mod purpose;
mod remote;
mod remove;
mod schema;
mod shared;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::azure::ids::{ArmId, RoleDefinitionId};
use crate::azure::{Access, RoleDefinition};
use crate::resources::clients::Clients;
use crate::resources::explain::Failure;
use crate::resources::planned::{known, parsed};
use crate::resources::{scope, settle};
use crate::tf::attr::Attr;
use crate::tf::context::Context;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::resource::{ImportId, MoveSource, Planned, Resource, Save, Timeouts};
use crate::tf::schema::{IdentityAttribute, Schema};

use convert::{Change, Wanted};
use create::Creation;
use purpose::Purpose;
use remote::{Changed, Found, NotChanged, Roles};
use remove::Destruction;
pub use schema::PeeringRoleModel;
use shared::Shared;

const TYPE_NAME: &str = "konnectazure_peering_role";

/// A plan is not held up for longer than this by a look that only serves a warning.
const LOOK_AHEAD_LIMIT: Duration = Duration::from_secs(15);

/// The handler of `konnectazure_peering_role`.
#[derive(Debug)]
pub struct PeeringRoleResource {
    azure: Arc<Access>,
    shared: Shared,
}

/// The resource over clients that are configured later.
#[must_use]
pub fn resource(clients: &Clients) -> PeeringRoleResource {
    PeeringRoleResource {
        azure: Arc::clone(&clients.azure),
        shared: Shared::default(),
    }
}

impl PeeringRoleResource {
    fn roles(&self, context: &Context, failure: &Failure<'_>) -> Result<Roles<'_>, Diagnostics> {
        let client = self.azure.client();
        Ok(Roles {
            client: client.map_err(|error| failure.explain(&error))?,
            scope: scope(context),
            step: self.azure.poll_step(),
            shared: &self.shared,
        })
    }

    /// Tells already in the plan that a name is taken. No more than a warning: this same run may still remove the role that has it.
    async fn warn_if_taken(&self, context: &Context, planned: &PeeringRoleModel) {
        let (Ok(wanted), Ok(client)) = (Wanted::of(planned), self.azure.client()) else {
            return;
        };
        let roles = Roles {
            client,
            scope: scope(context).at_most(LOOK_AHEAD_LIMIT),
            step: None,
            shared: &self.shared,
        };
        if let Ok(Found::Custom(role)) = roles.find(&wanted.name, &wanted.scopes, false).await {
            context.warn(conflict::taken_warning(&role));
        }
    }
}

#[async_trait]
impl Resource for PeeringRoleResource {
    type Model = PeeringRoleModel;

    fn type_name(&self) -> &'static str {
        TYPE_NAME
    }

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn identity(&self) -> Vec<IdentityAttribute> {
        vec![IdentityAttribute::required(
            "id",
            "The role's full Resource Manager id.",
        )]
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
        plan::fill(plan);
        if plan.prior.is_none() && plan.planned.use_existing == Attr::Known(false) {
            self.warn_if_taken(context, &plan.planned).await;
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
        let failure = Failure::new("create", object(&wanted.name));
        let creation = Creation {
            context,
            roles: &self.roles(context, &failure)?,
            planned: &planned,
            wanted: &wanted,
            may_adopt: *known(&planned.use_existing, "use_existing")?,
            failure: &failure,
            save,
        };
        creation.run().await
    }

    fn not_known_yet(&self) -> Option<String> {
        self.azure.not_known_yet()
    }

    async fn read(
        &self,
        context: &Context,
        state: Self::Model,
    ) -> Result<Option<Self::Model>, Diagnostics> {
        let id: RoleDefinitionId = parsed(&state.id, "id")?;
        let failure = Failure::new("read", format!("Azure role {id}"));
        let roles = self.roles(context, &failure)?;
        let (scopes, name) = (known_scopes(&state, &id), name_of(&state, &id));
        let found = roles.get_known(id.guid(), &scopes, name).await;
        let found = found.map_err(|error| failure.explain(&error))?;
        Ok(found.map(|role| convert::read_into(state, &role)))
    }

    async fn update(
        &self,
        context: &Context,
        prior: Self::Model,
        planned: Self::Model,
        save: &Save<Self::Model>,
    ) -> Result<Self::Model, Diagnostics> {
        let id: RoleDefinitionId = parsed(&prior.id, "id")?;
        let wanted = Wanted::of(&planned)?;
        let failure = Failure::new("update", object(name_of(&prior, &id)));
        let roles = self.roles(context, &failure)?;
        let turn = roles.turn(id.guid()).await;
        let _turn = turn.map_err(|error| failure.explain(&error))?;
        let (scopes, name) = (known_scopes(&prior, &id), name_of(&prior, &id));
        let role = roles.base(id.guid(), &scopes, name).await;
        let role = role.map_err(|error| failure.explain(&error))?;
        let role = role.ok_or_else(|| conflict::not_changed(&failure, &NotChanged::Gone))?;
        if convert::is_adopted(&prior) {
            let missing = wanted.missing_in(&role);
            if !missing.is_empty() {
                return Err(conflict::too_narrow(&failure, &role, &missing));
            }
        }
        let mut planned = planned;
        if planned.existing_assignable_scopes.is_unknown() {
            planned.existing_assignable_scopes =
                convert::existing_scopes(&prior, &wanted, &roles.as_left(role.clone()));
        }
        let change = Change::update(&prior, &planned, wanted);
        if let Some(name) = change.new_name(&role) {
            // Whoever has the name is told of by the same words as in a creation, before anything is sent.
            match roles.find(name, &role.assignable_scopes, false).await {
                Ok(Found::Custom(holder)) if holder.name != role.name => {
                    return Err(conflict::name_taken(&failure, &holder));
                }
                // Azure's own check sees what this one does not.
                _ => {}
            }
        }
        // A write whose answer is lost may have changed nothing: what was added before must not be forgotten.
        let scopes = [&prior, &planned].map(|model| plan::texts(&model.assignable_scopes));
        let either = PeeringRoleModel {
            assignable_scopes: convert::set(scopes.concat()),
            ..planned.clone()
        };
        let saved = || save.save(&either);
        let changed = remove::change_unassigned(&roles, role, &change, &failure, &saved).await?;
        settle::warn_unless_shown(context, changed == Changed::Shown);
        Ok(planned)
    }

    async fn delete(&self, context: &Context, state: Self::Model) -> Result<(), Diagnostics> {
        let id: RoleDefinitionId = parsed(&state.id, "id")?;
        let failure = Failure::new("delete", object(name_of(&state, &id)));
        let roles = self.roles(context, &failure)?;
        let turn = roles.turn(id.guid()).await;
        let _turn = turn.map_err(|error| failure.explain(&error))?;
        let (scopes, name) = (known_scopes(&state, &id), name_of(&state, &id));
        let role = roles.base(id.guid(), &scopes, name).await;
        let Some(role) = role.map_err(|error| failure.explain(&error))? else {
            return Ok(());
        };
        let destruction = Destruction {
            context,
            roles: &roles,
            state: &state,
            failure: &failure,
        };
        destruction.run(roles.as_left(role)).await
    }

    async fn import(&self, context: &Context, id: ImportId) -> Result<Self::Model, Diagnostics> {
        let text = id.text("id");
        let failure = Failure::new("import", format!("Azure role {text:?}"));
        let id: RoleDefinitionId = if text.starts_with('/') {
            // azurerm writes the scope behind it.
            let id = text.split('|').next().unwrap_or_default().parse();
            id.map_err(|fault| failure.because(format!("{fault}.")))?
        } else {
            let roles = self.roles(context, &failure)?;
            id_of_name(&roles, text, &failure).await?
        };
        Ok(imported(&id))
    }

    fn move_from(&self, source: &MoveSource) -> Option<Result<Self::Model, Diagnostics>> {
        moved::model(source)
    }

    fn tidy_generated(&self, config: &mut Self::Model) {
        plan::leave_out_defaults(config);
    }
}

/// The least state from which a refresh finds the role.
fn imported(id: &RoleDefinitionId) -> PeeringRoleModel {
    PeeringRoleModel {
        id: Attr::Known(id.to_string()),
        role_definition_id: id.guid().as_str().into(),
        use_existing: Attr::Known(false),
        created: Attr::Known(true),
        ..PeeringRoleModel::default()
    }
}

/// What an import followed by a refresh makes of a role.
pub(crate) fn listed(role: &RoleDefinition) -> PeeringRoleModel {
    convert::read_into(imported(&role.id), role)
}

/// Whether a role serves Kong's application: it permits all that one of the purposes needs, or bears one of the vendor's names.
pub(crate) fn serves(role: &RoleDefinition) -> bool {
    Purpose::ALL.into_iter().any(|purpose| {
        purpose.actions().iter().all(|action| role.allows(action))
            || purpose::is_either_spelling(purpose.role_name(), &role.role_name)
    })
}

/// All scopes through which the role in the state may be seen: its id's, and any that it is known to have or to have had.
fn known_scopes(state: &PeeringRoleModel, id: &RoleDefinitionId) -> Vec<String> {
    let mut scopes = vec![id.scope().to_string()];
    scopes.extend(plan::texts(&state.assignable_scopes));
    scopes.extend(plan::texts(&state.existing_assignable_scopes));
    scopes
}

async fn id_of_name(
    roles: &Roles<'_>,
    name: &str,
    failure: &Failure<'_>,
) -> Result<RoleDefinitionId, Diagnostics> {
    let Some(subscription) = roles.client.subscription_id() else {
        return Err(failure.because(
            "A role's name is looked up in the provider's subscription, and none is configured. Set the provider's subscription_id (or \
             ARM_SUBSCRIPTION_ID), or import by the full id: \
             /subscriptions/SUBSCRIPTION_ID/providers/Microsoft.Authorization/roleDefinitions/ROLE_GUID, for example \
             /subscriptions/11111111-2222-3333-4444-555555555555/providers/Microsoft.Authorization/roleDefinitions/\
             66666666-7777-8888-9999-aaaaaaaaaaaa.",
        ));
    };
    let view = ArmId::subscription(subscription).to_string();
    let views = [view];
    let found = match roles.find(name, &views, false).await {
        Ok(Found::None) => roles.find_elsewhere(name, &views, false).await,
        found => found,
    };
    match found.map_err(|error| failure.explain(&error))? {
        Found::Custom(role) => Ok(role.id),
        Found::BuiltIn(role) => Err(conflict::built_in(failure, &role)),
        Found::None => Err(failure.because(format!(
            "Neither subscription {subscription} nor what else is readable of the tenant has a custom role of this name. Check the spelling, the \
             provider's subscription_id and its rights, or import by the full id: \
             /subscriptions/SUBSCRIPTION_ID/providers/Microsoft.Authorization/roleDefinitions/ROLE_GUID, for example \
             {}/providers/Microsoft.Authorization/roleDefinitions/66666666-7777-8888-9999-aaaaaaaaaaaa.",
            ArmId::subscription(subscription)
        ))),
    }
}

fn object(name: &str) -> String {
    format!("Azure role {name:?}")
}

fn name_of<'a>(state: &'a PeeringRoleModel, id: &'a RoleDefinitionId) -> &'a str {
    state.remote_name.as_str().unwrap_or(id.guid().as_str())
}
