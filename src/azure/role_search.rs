//! The search for custom roles by their name.
//!
//! Names are unique in a tenant, but a list shows only the roles that can be assigned at its scope. So a name may be taken by a role that
//! one's own scopes do not show, and is then looked for from every other scope that the caller can see.

use std::collections::HashSet;

use super::Error;
use super::client::Client;
use super::ids::{ArmId, Guid};
use super::role_definitions::RoleDefinition;
use super::wire::odata_literal;
use crate::http::Scope;

/// The filter for the custom roles of a tenant, the only one that is documented for its list.
const CUSTOM: &str = "type eq 'CustomRole'";

/// The filter for the roles that can be assigned somewhere below a scope, too, such as in one of its resource groups.
const BELOW: &str = "atScopeAndBelow()";

/// In how many other scopes a role is looked for at most.
const ELSEWHERE_LIMIT: usize = 200;

/// What a search by name found, and where it could not look.
#[derive(Debug, Default)]
pub struct RolesByName {
    /// Each role once, however many views show it.
    pub roles: Vec<RoleDefinition>,
    /// Views that the caller may not list, each with the refusal. A role can hide there.
    pub unseen: Vec<(ArmId, Error)>,
}

/// One search.
struct Search<'a> {
    client: &'a Client,
    scope: &'a Scope,
    role_name: &'a str,
    found: RolesByName,
    known: HashSet<Guid>,
    seen: HashSet<ArmId>,
}

impl<'a> Search<'a> {
    fn new(client: &'a Client, scope: &'a Scope, role_name: &'a str) -> Self {
        Self {
            client,
            scope,
            role_name,
            found: RolesByName::default(),
            known: HashSet::new(),
            seen: HashSet::new(),
        }
    }

    fn by_name(&self) -> String {
        format!("roleName eq {}", odata_literal(self.role_name))
    }

    /// Looks through a view, unless that was done before. Letter case does not count, as it does not for the service's own check.
    ///
    /// `filters` are tried in turn while the service refuses them as such.
    async fn look(&mut self, view: &ArmId, filters: &[Option<&str>]) -> Result<(), Error> {
        if !self.seen.insert(view.clone()) {
            return Ok(());
        }
        let mut refused = None;
        for filter in filters {
            let listed = self.client.list_role_definitions(view, *filter);
            match listed.collect(self.scope).await.map_err(Error::from) {
                Ok(roles) => {
                    let wanted = self.role_name.to_lowercase();
                    let known = &mut self.known;
                    self.found.roles.extend(roles.into_iter().filter(|role| {
                        role.role_name.to_lowercase() == wanted && known.insert(role.name.clone())
                    }));
                    return Ok(());
                }
                Err(error) if matches!(error.status(), Some(400 | 501)) => refused = Some(error),
                Err(error) => {
                    refused = Some(error);
                    break;
                }
            }
        }
        refused.map_or(Ok(()), Err)
    }

    /// As [`Search::look`], where a refusal only means that nothing is to be seen.
    async fn peek(&mut self, view: &ArmId, filters: &[Option<&str>]) -> Result<(), Error> {
        match self.look(view, filters).await {
            Err(error) if error.refusal().is_some() => {
                self.found.unseen.push((view.clone(), error));
                Ok(())
            }
            looked => looked,
        }
    }
}

impl Client {
    /// All roles of this display name that the given views show, or the tenant as a whole.
    ///
    /// # Errors
    /// Any refusal but a missing right, or one of the tenant's view, which is told in the answer.
    pub async fn find_role_definitions_by_name(
        &self,
        scope: &Scope,
        views: &[ArmId],
        role_name: &str,
    ) -> Result<RolesByName, Error> {
        let mut search = Search::new(self, scope, role_name);
        let by_name = search.by_name();
        for view in views {
            match search.look(view, &[Some(&by_name), None]).await {
                Err(error) if error.is_forbidden() => {
                    search.found.unseen.push((view.clone(), error));
                }
                // A view that does not exist shows nothing.
                Err(error) if error.is_not_found() => {}
                looked => looked?,
            }
        }
        search.peek(&ArmId::tenant(), &[Some(CUSTOM)]).await?;
        Ok(search.found)
    }

    /// The roles of this display name that can be assigned elsewhere: in the other subscriptions and the management groups that the caller
    /// can see, or only somewhere below these or the given views.
    ///
    /// # Errors
    /// When there is no answer; a refusal is told in what is returned.
    pub async fn find_role_definitions_elsewhere(
        &self,
        scope: &Scope,
        views: &[ArmId],
        role_name: &str,
    ) -> Result<RolesByName, Error> {
        let mut visible = self.visible_scopes(scope).await?;
        if visible.len() > ELSEWHERE_LIMIT {
            tracing::warn!(
                visible = visible.len(),
                looked_at = ELSEWHERE_LIMIT,
                "the caller sees too many scopes to look for the role in each"
            );
            visible.truncate(ELSEWHERE_LIMIT);
        }
        let mut search = Search::new(self, scope, role_name);
        search.seen.extend(views.iter().cloned());
        let by_name = search.by_name();
        for view in &visible {
            search.peek(view, &[Some(&by_name), None]).await?;
            if !search.found.roles.is_empty() {
                return Ok(search.found);
            }
        }
        search.seen.clear();
        let own = views.iter().map(|view| {
            let subscription = view.subscription_id();
            subscription.map_or_else(|| view.clone(), |id| ArmId::subscription(&id))
        });
        for view in own.chain(visible) {
            search.peek(&view, &[Some(BELOW)]).await?;
            if !search.found.roles.is_empty() {
                break;
            }
        }
        Ok(search.found)
    }
}
