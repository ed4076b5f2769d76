//! The search for custom roles by their name.
//!
//! Names are unique in a tenant, but a list shows only the roles that can be assigned at its scope. So a name may be taken by a role that
//! one's own scopes do not show, and is then looked for from every other scope that the caller can see.

use std::collections::HashSet;
use std::hash::Hash;

use futures_util::future::join_all;

use super::Error;
use super::client::Client;
use super::ids::ArmId;
use super::role_definitions::RoleDefinition;
use super::wire::odata_literal;
use crate::http::Scope;

/// The filter for the custom roles of a tenant, the only one that is documented for its list.
const CUSTOM: &str = "type eq 'CustomRole'";

/// The filter for the roles that can be assigned somewhere below a scope, too, such as in one of its resource groups.
const BELOW: &str = "atScopeAndBelow()";

/// In how many other scopes a role is looked for at most.
const ELSEWHERE_LIMIT: usize = 200;

/// How many scopes are looked at at the same time.
const AT_ONCE: usize = 8;

/// One search.
struct Search<'a> {
    client: &'a Client,
    scope: &'a Scope,
    /// Letter case does not count, as it does not for the service's own check.
    names: &'a [String],
}

impl Search<'_> {
    /// The roles of a view that have one of the names.
    async fn list(&self, view: &ArmId, filter: Option<&str>) -> Result<Vec<RoleDefinition>, Error> {
        let listed = self.client.list_role_definitions(view, filter);
        let mut roles = listed.collect(self.scope).await?;
        let wanted: Vec<String> = self.names.iter().map(|name| name.to_lowercase()).collect();
        roles.retain(|role| wanted.contains(&role.role_name.to_lowercase()));
        Ok(roles)
    }

    /// The same, narrowed by the service where it knows how to.
    async fn list_by_name(&self, view: &ArmId) -> Result<Vec<RoleDefinition>, Error> {
        let mut found = Vec::new();
        for name in self.names {
            let by_name = format!("roleName eq {}", odata_literal(name));
            match self.list(view, Some(&by_name)).await {
                Err(error) if error.is_filter_refused() => return self.list(view, None).await,
                roles => found.extend(roles?),
            }
        }
        Ok(found)
    }

    /// What the first views tell that show anything. A refusal only means that nothing is to be seen.
    async fn peek<'v, L>(
        &self,
        views: &'v [ArmId],
        look: impl Fn(&'v ArmId) -> L,
    ) -> Result<Vec<RoleDefinition>, Error>
    where
        L: Future<Output = Result<Vec<RoleDefinition>, Error>>,
    {
        for views in views.chunks(AT_ONCE) {
            let mut found = Vec::new();
            let mut unanswered = None;
            for looked in join_all(views.iter().map(&look)).await {
                match looked {
                    Ok(roles) => found.extend(roles),
                    Err(error) if error.refusal().is_some() => {
                        tracing::debug!(%error, "roles cannot be looked for here");
                    }
                    Err(error) => unanswered = Some(error),
                }
            }
            match unanswered {
                _ if !found.is_empty() => return Ok(found),
                Some(error) => return Err(error),
                None => {}
            }
        }
        Ok(Vec::new())
    }
}

/// Each once, in the order given.
fn once<T: Clone + Eq + Hash>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    let all = all.into_iter();
    all.filter(|one| seen.insert(one.clone())).collect()
}

/// Each role once, however many views show it.
fn each_once(mut roles: Vec<RoleDefinition>) -> Vec<RoleDefinition> {
    let mut known = HashSet::new();
    roles.retain(|role| known.insert(role.name.clone()));
    roles
}

impl Client {
    /// All roles that have one of these display names and that the given views show, or the tenant as a whole.
    ///
    /// # Errors
    /// Any refusal but a missing right, or one of the tenant's view.
    pub async fn find_role_definitions_by_name(
        &self,
        scope: &Scope,
        views: &[ArmId],
        names: &[String],
    ) -> Result<Vec<RoleDefinition>, Error> {
        let search = Search {
            client: self,
            scope,
            names,
        };
        let mut found = Vec::new();
        for view in once(views) {
            match search.list_by_name(view).await {
                // A view that does not exist shows nothing, and in one that the caller may not list, a role can hide.
                Err(error) if error.is_forbidden() || error.is_not_found() => {
                    tracing::debug!(%error, "roles cannot be looked for here");
                }
                roles => found.extend(roles?),
            }
        }
        let tenant = ArmId::tenant();
        if !views.contains(&tenant) {
            let of_tenant = search.peek(std::slice::from_ref(&tenant), |view| {
                search.list(view, Some(CUSTOM))
            });
            found.extend(of_tenant.await?);
        }
        Ok(each_once(found))
    }

    /// The roles with one of these display names that can be assigned elsewhere: in the other subscriptions and the management groups that the
    /// caller can see, or only somewhere below these or the given views.
    ///
    /// # Errors
    /// When there is no answer; a refusal only means that nothing is to be seen.
    pub async fn find_role_definitions_elsewhere(
        &self,
        scope: &Scope,
        views: &[ArmId],
        names: &[String],
    ) -> Result<Vec<RoleDefinition>, Error> {
        let mut visible = self.visible_scopes(scope).await?;
        if visible.len() > ELSEWHERE_LIMIT {
            tracing::warn!(
                visible = visible.len(),
                looked_at = ELSEWHERE_LIMIT,
                "the caller sees too many scopes to look for the role in each"
            );
            visible.truncate(ELSEWHERE_LIMIT);
        }
        let search = Search {
            client: self,
            scope,
            names,
        };
        let others = visible.iter().filter(|scope| !views.contains(scope));
        let others = once(others.cloned());
        let found = search
            .peek(&others, |view| search.list_by_name(view))
            .await?;
        if !found.is_empty() {
            return Ok(each_once(found));
        }
        let own = views.iter().map(|view| {
            let subscription = view.subscription_id();
            subscription.map_or_else(|| view.clone(), |id| ArmId::subscription(&id))
        });
        let all = once(own.chain(visible));
        let found = search.peek(&all, |view| search.list(view, Some(BELOW)));
        found.await.map(each_once)
    }
}
