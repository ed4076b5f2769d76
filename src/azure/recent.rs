//! What this client made or deleted a moment ago: replicas may not know of it yet, so a refusal because of it may pass.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::client::Client;
use super::graph::ServicePrincipal;
use super::ids::Guid;
use super::role_assignments::RoleAssignment;
use super::role_definitions::RoleDefinition;

/// On bad days replicas need this long; what is older and missing is missing.
const REPLICATION_LIMIT: Duration = Duration::from_secs(10 * 60);

/// Objects of one kind by their GUID, each with the moment of its making.
#[derive(Debug)]
struct Made<T>(Mutex<HashMap<Guid, (T, Instant)>>);

impl<T> Default for Made<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Made<T> {
    fn note(&self, id: &Guid, object: T) {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        made.insert(id.clone(), (object, Instant::now()));
    }

    fn forget(&self, id: &Guid) {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        made.remove(id);
    }

    fn those(&self, wanted: impl Fn(&T) -> bool) -> Vec<T> {
        let made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        made.values()
            .filter(|(object, when)| when.elapsed() < REPLICATION_LIMIT && wanted(object))
            .map(|(object, _)| object.clone())
            .collect()
    }

    fn holds(&self, id: &Guid) -> bool {
        let made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        made.get(id)
            .is_some_and(|(_, when)| when.elapsed() < REPLICATION_LIMIT)
    }
}

/// All that was made and not deleted again.
#[derive(Debug, Default)]
pub(super) struct Recent {
    principals: Made<ServicePrincipal>,
    roles: Made<RoleDefinition>,
    assignments: Made<RoleAssignment>,
    unassigned: Mutex<Option<Instant>>,
}

impl Recent {
    pub(super) fn note_principal(&self, principal: &ServicePrincipal) {
        self.principals.note(&principal.id, principal.clone());
    }

    pub(super) fn note_role(&self, role: &RoleDefinition) {
        self.roles.note(&role.name, role.clone());
    }

    pub(super) fn note_assignment(&self, assignment: &RoleAssignment) {
        self.assignments
            .note(assignment.id.name(), assignment.clone());
    }

    pub(super) fn note_unassigned(&self) {
        let mut unassigned = self
            .unassigned
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *unassigned = Some(Instant::now());
    }

    /// GUIDs of different kinds do not meet.
    pub(super) fn forget(&self, id: &Guid) {
        self.principals.forget(id);
        self.roles.forget(id);
        self.assignments.forget(id);
    }
}

impl Client {
    /// Whether this client made the service principal or role of this GUID a moment ago.
    #[must_use]
    pub fn has_just_made(&self, id: &Guid) -> bool {
        self.recent().principals.holds(id) || self.recent().roles.holds(id)
    }

    /// Whether this client assigned some role a moment ago, which Azure may not know of everywhere yet.
    #[must_use]
    pub fn has_just_assigned(&self) -> bool {
        !self.recent().assignments.those(|_| true).is_empty()
    }

    /// Whether this client took some role from a principal a moment ago, which Azure may not know of everywhere yet.
    #[must_use]
    pub fn has_just_unassigned(&self) -> bool {
        let unassigned = self
            .recent()
            .unassigned
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        unassigned.is_some_and(|when| when.elapsed() < REPLICATION_LIMIT)
    }

    /// The service principal that this client made for an application a moment ago.
    #[must_use]
    pub fn just_made_service_principal(&self, app_id: &Guid) -> Option<ServicePrincipal> {
        let made = self.recent().principals.those(|one| one.app_id == *app_id);
        made.into_iter().next()
    }

    /// The role as this client wrote it a moment ago.
    #[must_use]
    pub fn just_made_role_definition(&self, name: &Guid) -> Option<RoleDefinition> {
        let made = self.recent().roles.those(|one| one.name == *name);
        made.into_iter().next()
    }

    /// The assignments to a principal that this client made a moment ago, wherever.
    #[must_use]
    pub fn just_made_role_assignments(&self, principal_id: &Guid) -> Vec<RoleAssignment> {
        let assignments = &self.recent().assignments;
        assignments.those(|one| one.principal_id == *principal_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11";
    const OTHER: &str = "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a12";

    #[tokio::test(start_paused = true)]
    async fn what_was_made_long_ago_is_not_recent() {
        let recent = Made::default();
        let [made, other] = [ID, OTHER].map(|text| text.parse::<Guid>().unwrap());
        recent.note(&made, "x");
        assert!(recent.holds(&made) && !recent.holds(&other));
        assert_eq!(recent.those(|_| true), ["x"]);
        tokio::time::advance(REPLICATION_LIMIT).await;
        assert!(!recent.holds(&made) && recent.those(|_| true).is_empty());
    }

    #[test]
    fn what_was_deleted_again_is_forgotten() {
        let recent = Recent::default();
        let principal: ServicePrincipal =
            serde_json::from_value(serde_json::json!({"id": ID, "appId": OTHER})).unwrap();
        recent.note_principal(&principal);
        assert!(recent.principals.holds(&principal.id));
        recent.forget(&principal.id);
        assert!(!recent.principals.holds(&principal.id));
    }
}
