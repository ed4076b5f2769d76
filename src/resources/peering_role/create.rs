//! The creation of a role, or the adoption of one that is there.

use uuid::Uuid;

use crate::azure::ids::{ArmId, Guid, RoleDefinitionId};
use crate::azure::{Error, RoleDefinition};
use crate::http::poll::{Poll, Progress, Waited};
use crate::resources::explain::Failure;
use crate::resources::settle::{self, Grace};
use crate::tf::attr::Attr;
use crate::tf::context::Context;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::resource::Save;

use super::conflict;
use super::convert::{self, Change, Wanted, parsed_scopes, view};
use super::remote::{Changed, Found, Roles};
use super::schema::PeeringRoleModel;

/// How far a search goes.
#[derive(Clone, Copy)]
enum Reach {
    /// The role's future scopes, and the list of the tenant.
    Own,
    /// All other scopes that the caller can see.
    Elsewhere,
}

/// What a creation works with.
pub(super) struct Creation<'a> {
    pub(super) context: &'a Context,
    pub(super) roles: &'a Roles<'a>,
    pub(super) planned: &'a PeeringRoleModel,
    pub(super) wanted: &'a Wanted,
    pub(super) may_adopt: bool,
    pub(super) failure: &'a Failure<'a>,
    pub(super) save: &'a Save<PeeringRoleModel>,
}

impl Creation<'_> {
    pub(super) async fn run(&self) -> Result<PeeringRoleModel, Diagnostics> {
        if let Some(role) = self.find(Reach::Own).await? {
            return self.adopt(role).await;
        }
        // Who is ready to share looks further, as Azure itself only knows the one spelling of the name.
        if self.may_adopt
            && let Some(role) = self.find(Reach::Elsewhere).await?
        {
            return self.adopt(role).await;
        }
        // Random, and chosen before anything is sent, so that a repetition after a lost answer meets itself. One derived from tenant and
        // name, as an assignment has, would make the PUT an update of a role that exists but cannot be seen from here, and take its scopes
        // away from whoever made it with this same tool.
        let guid = Guid::from(Uuid::new_v4());
        let error = match self.make(&guid).await? {
            Ok(model) => return Ok(model),
            Err(name_taken) => name_taken,
        };
        match self.holder().await? {
            // Its own, of an attempt whose answer was lost.
            Some(role) if role.name == guid => Ok(self.settled(&guid).await),
            Some(role) => self.adopt(role).await,
            None => Err(conflict::invisible(self.failure, self.wanted, &error)),
        }
    }

    async fn find(&self, reach: Reach) -> Result<Option<RoleDefinition>, Diagnostics> {
        let Wanted { name, scopes, .. } = self.wanted;
        let found = match reach {
            Reach::Own => self.roles.find(name, scopes, self.may_adopt).await,
            Reach::Elsewhere => {
                self.roles
                    .find_elsewhere(name, scopes, self.may_adopt)
                    .await
            }
        };
        match found.map_err(|error| self.failure.explain(&error))? {
            Found::Custom(role) => Ok(Some(role)),
            Found::BuiltIn(role) => Err(conflict::built_in(self.failure, &role)),
            Found::None => Ok(None),
        }
    }

    /// The role that has the name: one that was made since it was looked for and that lists may not show yet, one of scopes that
    /// were not looked at, or one that cannot be seen.
    async fn holder(&self) -> Result<Option<RoleDefinition>, Diagnostics> {
        let mut grace = Grace::new();
        let mut reach = Reach::Elsewhere;
        let look = || {
            let now = std::mem::replace(&mut reach, Reach::Own);
            self.find(now)
        };
        Poll::new("looking for the role that has the name", self.roles.step)
            .until(&self.roles.scope, None, look, |found| match found {
                Ok(None) if !grace.is_over() => Ok(Progress::NotYet("no list shows it".to_owned())),
                Ok(found) => Ok(Progress::Done(found)),
                Err(diagnostics) => Err(diagnostics),
            })
            .await
            .or_else(|ended| match ended {
                Waited::Failed(diagnostics) => Err(diagnostics),
                // The refusal that led here says more than the end of the search.
                _ => Ok(None),
            })
    }

    /// Sends the role. The inner error is that the name is taken.
    async fn make(&self, guid: &Guid) -> Result<Result<PeeringRoleModel, Error>, Diagnostics> {
        let body = self.wanted.to_body();
        match self.roles.put_new(guid, &body).await {
            Ok(_) => Ok(Ok(self.settled(guid).await)),
            Err(error) if error.is_role_name_taken() => Ok(Err(error)),
            Err(error) => {
                if error.may_have_happened() {
                    self.save.save(&self.made(guid));
                }
                Err(conflict::refused(self.failure, &error))
            }
        }
    }

    /// The state of the role that was made, once reads show it.
    async fn settled(&self, guid: &Guid) -> PeeringRoleModel {
        let model = self.made(guid);
        self.save.save(&model);
        let doing = format!("waiting until role {:?} can be read", self.wanted.name);
        let poll = Poll::new(doing, self.roles.step).agreements(settle::AGREEING_READS);
        let scope = settle::limited(&self.roles.scope);
        let roles = Roles {
            scope: scope.clone(),
            client: self.roles.client.clone(),
            ..*self.roles
        };
        let read = || roles.get(guid, &self.wanted.scopes);
        settle::until_readable(self.context, &scope, poll, read).await;
        model
    }

    async fn adopt(&self, role: RoleDefinition) -> Result<PeeringRoleModel, Diagnostics> {
        if !self.may_adopt {
            return Err(conflict::taken(self.failure, &role));
        }
        let missing = self.wanted.missing_in(&role);
        if !missing.is_empty() {
            return Err(conflict::too_narrow(self.failure, &role, &missing));
        }
        tracing::info!(wanted = self.wanted.name, found = role.role_name, id = %role.id, "adopting the role that exists");
        let turn = self.roles.turn(&role.name).await;
        let _turn = turn.map_err(|error| self.failure.explain(&error))?;
        // Another resource of this run may have added its scopes while this one waited for its turn.
        let (scopes, name) = (&role.assignable_scopes, &role.role_name);
        let read = self.roles.base(&role.name, scopes, name).await;
        let read = read.map_err(|error| self.failure.explain(&error))?;
        let role = read.unwrap_or(role);
        let model = self.adopted(&self.roles.as_left(role.clone()));
        let change = Change::adding(self.wanted.scopes.clone());
        let changed = self
            .roles
            .change(role, &change, || self.save.save(&model))
            .await;
        let changed = changed.map_err(|fault| conflict::not_changed(self.failure, &fault))?;
        self.save.save(&model);
        settle::warn_unless_shown(self.context, changed == Changed::Shown);
        Ok(model)
    }

    fn made(&self, guid: &Guid) -> PeeringRoleModel {
        PeeringRoleModel {
            id: Attr::Known(self.id_of(guid).to_string()),
            role_definition_id: guid.as_str().into(),
            remote_name: self.wanted.name.as_str().into(),
            created: Attr::Known(true),
            existing_assignable_scopes: Attr::Null,
            ..self.planned.clone()
        }
    }

    fn adopted(&self, role: &RoleDefinition) -> PeeringRoleModel {
        PeeringRoleModel {
            id: Attr::Known(self.id_of(&role.name).to_string()),
            role_definition_id: role.name.as_str().into(),
            remote_name: role.role_name.as_str().into(),
            created: Attr::Known(false),
            existing_assignable_scopes: convert::set(role.assignable_scopes.clone()),
            ..self.planned.clone()
        }
    }

    /// The id through the first of our own scopes: there it can be read even by callers who see nothing else of the tenant.
    fn id_of(&self, guid: &Guid) -> RoleDefinitionId {
        let scopes = parsed_scopes(&self.wanted.scopes);
        let own = scopes.first().map_or_else(ArmId::tenant, view);
        RoleDefinitionId::new(&own, guid)
    }
}
