//! Between the state and the role in Azure, as pure functions.

use crate::azure::ids::{ArmId, same_arm_id};
use crate::azure::{RoleDefinition, RoleDefinitionBody};
use crate::resources::planned::known;
use crate::tf::attr::{Attr, Set};
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;

use super::permissions::{Permissions, missing_actions};
use super::plan::texts;
use super::purpose::{Purpose, is_same_name};
use super::schema::PeeringRoleModel;

/// What a plan asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) scopes: Vec<String>,
    pub(super) actions: Vec<String>,
    pub(super) not_actions: Vec<String>,
}

impl Wanted {
    /// # Errors
    /// If a value is missing, or was unknown while the configuration was checked and is malformed.
    pub(super) fn of(planned: &PeeringRoleModel) -> Result<Self, Diagnostics> {
        known(&planned.assignable_scopes, "assignable_scopes")?;
        known(&planned.actions, "actions")?;
        let wanted = Self {
            name: known(&planned.name, "name")?.clone(),
            description: known(&planned.description, "description")?.clone(),
            scopes: texts(&planned.assignable_scopes),
            actions: texts(&planned.actions),
            not_actions: texts(&planned.not_actions),
        };
        for text in &wanted.scopes {
            text.parse::<ArmId>().map_err(|fault| {
                Diagnostic::error("Invalid assignable_scopes", format!("{fault}."))
                    .at(Path::attribute("assignable_scopes"))
            })?;
        }
        Ok(wanted)
    }

    pub(super) fn permissions(&self) -> Permissions<'_> {
        Permissions {
            actions: &self.actions,
            not_actions: &self.not_actions,
        }
    }

    /// Those of the actions that the role does not permit.
    pub(super) fn missing_in(&self, role: &RoleDefinition) -> Vec<&str> {
        missing_actions(self.permissions(), &granted(role))
    }

    /// A role with nothing but this.
    pub(super) fn to_body(&self) -> RoleDefinitionBody {
        RoleDefinitionBody {
            role_name: self.name.clone(),
            description: self.description.clone(),
            assignable_scopes: self.scopes.clone(),
            actions: self.actions.clone(),
            not_actions: self.not_actions.clone(),
            ..RoleDefinitionBody::default()
        }
    }
}

fn granted(role: &RoleDefinition) -> Vec<Permissions<'_>> {
    let first = Permissions {
        actions: &role.actions,
        not_actions: &role.not_actions,
    };
    let further = role.further_permissions.iter().map(|block| Permissions {
        actions: &block.actions,
        not_actions: &block.not_actions,
    });
    std::iter::once(first).chain(further).collect()
}

/// The view in which the service shows a role that is assignable at `scope`: the subscription, or else the tenant.
pub(super) fn view(scope: &ArmId) -> ArmId {
    scope
        .subscription_id()
        .map_or_else(ArmId::tenant, |subscription| {
            ArmId::subscription(&subscription)
        })
}

/// The scopes that parse, as ids.
pub(super) fn parsed_scopes(scopes: &[String]) -> Vec<ArmId> {
    scopes.iter().filter_map(|text| text.parse().ok()).collect()
}

/// Whether others may have scopes in the role, which are then neither shown nor removed.
pub(super) fn is_shared(state: &PeeringRoleModel) -> bool {
    is_adopted(state) || state.use_existing == Attr::Known(true)
}

/// Whether someone else made the role.
pub(super) fn is_adopted(state: &PeeringRoleModel) -> bool {
    state.created == Attr::Known(false)
}

/// The state as the role now is. What belongs to an adopted role's owner stays as configured.
pub(super) fn read_into(state: PeeringRoleModel, role: &RoleDefinition) -> PeeringRoleModel {
    let scopes = shown_scopes(&state, role);
    let foreign = if is_shared(&state) {
        state.existing_assignable_scopes.clone()
    } else {
        foreign_scopes(&state, role)
    };
    let purpose = match &state.purpose {
        Attr::Known(_) => state.purpose.clone(),
        // An import: the purpose is only in the actions.
        Attr::Null | Attr::Unknown => {
            let actions = role.actions.iter().map(String::as_str);
            let purpose = Purpose::of_actions(actions).unwrap_or_default();
            purpose.as_str().into()
        }
    };
    let common = PeeringRoleModel {
        purpose,
        assignable_scopes: set(scopes),
        role_definition_id: role.name.as_str().into(),
        remote_name: role.role_name.as_str().into(),
        ..state
    };
    if is_adopted(&common) {
        let actions = still_granted(&common, role);
        return PeeringRoleModel {
            actions: set(actions),
            ..common
        };
    }
    PeeringRoleModel {
        name: role.role_name.as_str().into(),
        description: role.description.as_str().into(),
        actions: set(blocks(role, |block| block.actions)),
        not_actions: set(blocks(role, |block| block.not_actions)),
        created: Attr::Known(true),
        existing_assignable_scopes: foreign,
        ..common
    }
}

/// One list of all blocks: what a further block permits is drift of what the state holds.
fn blocks<'r>(
    role: &'r RoleDefinition,
    list: impl Fn(&Permissions<'r>) -> &'r [String],
) -> Vec<String> {
    granted(role)
        .iter()
        .flat_map(|block| list(block).to_vec())
        .collect()
}

/// The scopes in a role that others put there, as far as is known: what a refresh first sees that no apply wrote.
fn foreign_scopes(state: &PeeringRoleModel, role: &RoleDefinition) -> Attr<Set<String>> {
    let known = texts(&state.existing_assignable_scopes);
    let before = texts(&state.assignable_scopes);
    let is_foreign = |scope: &&String| !contains(&before, scope) || contains(&known, scope);
    let scopes = role.assignable_scopes.iter();
    let foreign: Vec<String> = scopes.filter(is_foreign).cloned().collect();
    if foreign.is_empty() || state.assignable_scopes.is_null() {
        Attr::Null
    } else {
        set(foreign)
    }
}

/// Whether both are known to hold the same scopes.
pub(super) fn is_same_scopes(left: &Attr<Set<String>>, right: &Attr<Set<String>>) -> bool {
    let are_known = left.known().is_some() && right.known().is_some();
    are_known && is_same_set(&texts(left), &texts(right))
}

/// What others had put into the role before, without what has gone since and is now added by this resource.
pub(super) fn existing_scopes(
    prior: &PeeringRoleModel,
    wanted: &Wanted,
    role: &RoleDefinition,
) -> Attr<Set<String>> {
    let added = without(&wanted.scopes, &role.assignable_scopes);
    set(without(&texts(&prior.existing_assignable_scopes), &added))
}

/// The scopes that this resource names, and that stay in the role all the same, for they were there before it.
pub(super) fn kept_scopes(state: &PeeringRoleModel, role: &RoleDefinition) -> Vec<String> {
    let existing = texts(&state.existing_assignable_scopes);
    let mut kept = texts(&state.assignable_scopes);
    kept.retain(|scope| contains(&existing, scope) && contains(&role.assignable_scopes, scope));
    kept
}

fn shown_scopes(state: &PeeringRoleModel, role: &RoleDefinition) -> Vec<String> {
    let ours = texts(&state.assignable_scopes);
    if !is_shared(state) || state.assignable_scopes.is_null() {
        return role.assignable_scopes.clone();
    }
    ours.into_iter()
        .filter(|scope| contains(&role.assignable_scopes, scope))
        .collect()
}

fn still_granted(state: &PeeringRoleModel, role: &RoleDefinition) -> Vec<String> {
    let actions = texts(&state.actions);
    let not_actions = texts(&state.not_actions);
    let wanted = Permissions {
        actions: &actions,
        not_actions: &not_actions,
    };
    let granted = granted(role);
    let missing = missing_actions(wanted, &granted);
    let kept = actions
        .iter()
        .filter(|action| !missing.contains(&action.as_str()));
    kept.cloned().collect()
}

/// A set attribute of these texts.
pub(super) fn set(texts: Vec<String>) -> Attr<Set<String>> {
    Attr::Known(texts.into_iter().collect())
}

/// Whether one of the ids is this one in any spelling.
pub(super) fn contains(ids: &[String], id: &str) -> bool {
    ids.iter().any(|own| same_arm_id(own, id))
}

/// Those of `ids` that are not among `others`.
pub(super) fn without(ids: &[String], others: &[String]) -> Vec<String> {
    ids.iter()
        .filter(|id| !contains(others, id))
        .cloned()
        .collect()
}

/// A change of a role that others may be changing at the same time, as a function of what the role is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// Name, description and permissions, where they are ours to set.
    pub(super) definition: Option<Wanted>,
    /// The assignable scopes that it has to have. Others stay, as one that no plan showed is not this change's to take away.
    pub(super) add: Vec<String>,
    /// Those that it must not have.
    pub(super) remove: Vec<String>,
}

impl Change {
    /// The update from one state to the planned one.
    pub(super) fn update(
        prior: &PeeringRoleModel,
        planned: &PeeringRoleModel,
        wanted: Wanted,
    ) -> Self {
        let dropped = without(&texts(&prior.assignable_scopes), &wanted.scopes);
        let remove = if is_shared(planned) {
            without(&dropped, &texts(&prior.existing_assignable_scopes))
        } else {
            dropped
        };
        Self {
            add: wanted.scopes.clone(),
            remove,
            definition: (!is_adopted(prior)).then_some(wanted),
        }
    }

    /// The adding of scopes to a role of someone else's.
    pub(super) fn adding(scopes: Vec<String>) -> Self {
        Self {
            definition: None,
            add: scopes,
            remove: Vec::new(),
        }
    }

    /// The taking away of scopes.
    pub(super) fn removing(scopes: Vec<String>) -> Self {
        Self {
            definition: None,
            add: Vec::new(),
            remove: scopes,
        }
    }

    /// This change and then the next one, as one.
    pub(super) fn followed_by(self, next: &Self) -> Self {
        let joined = |ours: &[String], undone: &[String], theirs: &[String]| {
            let mut kept = without(&without(ours, undone), theirs);
            kept.extend(theirs.iter().cloned());
            kept
        };
        Self {
            add: joined(&self.add, &next.remove, &next.add),
            remove: joined(&self.remove, &next.add, &next.remove),
            definition: next.definition.clone().or(self.definition),
        }
    }

    /// The role once it is changed.
    pub(super) fn applied(&self, role: RoleDefinition) -> RoleDefinition {
        let body = self.body(&role);
        RoleDefinition {
            role_name: body.role_name,
            description: body.description,
            assignable_scopes: body.assignable_scopes,
            actions: body.actions,
            not_actions: body.not_actions,
            further_permissions: body.further_permissions,
            ..role
        }
    }

    /// The name that the role does not have yet.
    pub(super) fn new_name(&self, role: &RoleDefinition) -> Option<&str> {
        let name = self.definition.as_ref()?.name.as_str();
        (!is_same_name(name, &role.role_name)).then_some(name)
    }

    /// Whether it only takes scopes away, which a role that is gone has lost as well.
    pub(super) fn is_removal(&self) -> bool {
        self.definition.is_none() && self.add.is_empty()
    }

    /// What has to be sent to change this role.
    pub(super) fn body(&self, role: &RoleDefinition) -> RoleDefinitionBody {
        let mut body = role.to_body();
        if let Some(wanted) = &self.definition {
            body.role_name.clone_from(&wanted.name);
            body.description.clone_from(&wanted.description);
            body.actions.clone_from(&wanted.actions);
            body.not_actions.clone_from(&wanted.not_actions);
            // Blocks that another tool added would permit more than the state shows.
            body.further_permissions.clear();
        }
        let missing = without(&self.add, &body.assignable_scopes);
        body.assignable_scopes = without(&body.assignable_scopes, &self.remove);
        body.assignable_scopes.extend(missing);
        body
    }

    /// Whether the role is as the change wants it.
    pub(super) fn is_done(&self, role: &RoleDefinition) -> bool {
        let body = self.body(role);
        body.role_name == role.role_name
            && body.description == role.description
            && body.further_permissions == role.further_permissions
            && is_same_set(&body.actions, &role.actions)
            && is_same_set(&body.not_actions, &role.not_actions)
            && is_same_set(&body.assignable_scopes, &role.assignable_scopes)
    }

    /// The scopes that the role has and would lose.
    pub(super) fn removed(&self, role: &RoleDefinition) -> Vec<String> {
        without(&role.assignable_scopes, &self.body(role).assignable_scopes)
    }
}

/// Whether both hold the same texts or ids, in any order, letter case and number.
pub(super) fn is_same_set(left: &[String], right: &[String]) -> bool {
    without(left, right).is_empty() && without(right, left).is_empty()
}

/// What a destroy does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Removal {
    /// Nobody else has a scope in it, and Azure allows no role without one.
    Delete,
    /// Others have scopes in it: only these go.
    Scopes(Vec<String>),
    /// Nothing of ours is in it.
    Nothing,
}

impl Removal {
    pub(super) fn of(state: &PeeringRoleModel, role: &RoleDefinition) -> Self {
        let not_ours = texts(&state.existing_assignable_scopes);
        let added = without(&texts(&state.assignable_scopes), &not_ours);
        let left = without(&role.assignable_scopes, &added);
        if left.len() == role.assignable_scopes.len() {
            // A role of our own that only others use any more is theirs now.
            return Self::Nothing;
        }
        if left.is_empty() {
            Self::Delete
        } else {
            Self::Scopes(added)
        }
    }
}
