//! Between the state and the assignment in Azure, as pure functions.

use crate::azure::guid::role_assignment_name;
use crate::azure::ids::{ArmId, Guid, RoleAssignmentId, RoleDefinitionId};
use crate::azure::{RoleAssignment, RoleAssignmentBody};
use crate::resources::planned::{known, parsed};
use crate::tf::attr::Attr;
use crate::tf::diagnostics::Diagnostics;

use super::schema::RoleAssignmentModel;

/// What a plan asks for.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) scope: ArmId,
    pub(super) role: RoleDefinitionId,
    pub(super) principal_id: Guid,
    /// The name that was planned; none where an equal assignment of any name will do.
    pub(super) name: Option<Guid>,
    pub(super) description: String,
    pub(super) may_adopt: bool,
    pub(super) waits: bool,
}

impl Wanted {
    /// # Errors
    /// If a value is missing, or was unknown while the configuration was checked and is malformed.
    pub(super) fn of(planned: &RoleAssignmentModel) -> Result<Self, Diagnostics> {
        let name = match &planned.name {
            Attr::Known(_) => Some(parsed(&planned.name, "name")?),
            Attr::Null | Attr::Unknown => None,
        };
        Ok(Self {
            scope: parsed(&planned.scope, "scope")?,
            role: parsed(&planned.role_definition_id, "role_definition_id")?,
            principal_id: parsed(&planned.principal_id, "principal_id")?,
            name,
            description: planned.description.as_str().unwrap_or_default().to_owned(),
            may_adopt: *known(&planned.use_existing, "use_existing")?,
            waits: planned.skip_propagation_wait != Attr::Known(true),
        })
    }

    /// The id under which the assignment is made.
    pub(super) fn id(&self) -> RoleAssignmentId {
        let derived = || role_assignment_name(&self.scope, &self.principal_id, self.role.guid());
        RoleAssignmentId::new(&self.scope, &self.name.clone().unwrap_or_else(derived))
    }

    /// The whole assignment; `twin` is one whose condition has to survive.
    pub(super) fn to_body(&self, twin: Option<&RoleAssignment>) -> RoleAssignmentBody {
        RoleAssignmentBody {
            role_definition_id: self.role.clone(),
            principal_id: self.principal_id.clone(),
            description: self.description.clone(),
            condition: twin.and_then(|twin| twin.condition.clone()),
            condition_version: twin.and_then(|twin| twin.condition_version.clone()),
        }
    }

    /// Whether it grants the same to the same at the same place.
    pub(super) fn is_granted_by(&self, assignment: &RoleAssignment) -> bool {
        assignment.scope == self.scope
            && assignment.role_definition_id == self.role
            && assignment.principal_id == self.principal_id
    }
}

/// What can be told before anything is sent. With `use_existing` the name may become that of an assignment that is found.
pub(super) fn fill_for_creation(config: &RoleAssignmentModel, planned: &mut RoleAssignmentModel) {
    let derivable = config.name.is_null()
        && config.use_existing != Attr::Known(true)
        && !config.use_existing.is_unknown();
    if derivable && let Some(name) = derived_name(planned) {
        planned.name = name.as_str().into();
    }
    let scope = parse::<ArmId>(&planned.scope);
    if let (Some(scope), Some(name)) = (scope, parse::<Guid>(&planned.name)) {
        planned.id = Attr::Known(RoleAssignmentId::new(&scope, &name).to_string());
    }
}

/// The name of an assignment that is given none. `None` while a part of it is unknown.
fn derived_name(model: &RoleAssignmentModel) -> Option<Guid> {
    let scope = parse::<ArmId>(&model.scope)?;
    let role = parse::<RoleDefinitionId>(&model.role_definition_id)?;
    let principal_id = parse::<Guid>(&model.principal_id)?;
    Some(role_assignment_name(&scope, &principal_id, role.guid()))
}

/// A generated configuration needs no name that follows from the rest.
pub(super) fn leave_out_derived_name(config: &mut RoleAssignmentModel) {
    let name = parse::<Guid>(&config.name);
    if name.is_some() && name == derived_name(config) {
        config.name = Attr::Null;
    }
}

fn parse<T: std::str::FromStr>(attribute: &Attr<String>) -> Option<T> {
    attribute.as_str()?.parse().ok()
}

/// The state after the assignment was made or found under `id`.
pub(super) fn applied(planned: &RoleAssignmentModel, id: &RoleAssignmentId) -> RoleAssignmentModel {
    RoleAssignmentModel {
        id: Attr::Known(id.to_string()),
        name: id.name().as_str().into(),
        ..planned.clone()
    }
}

/// Whether the assignment is what a refresh found before, in whatever spelling.
pub(super) fn is_as_stored(state: &RoleAssignmentModel, assignment: &RoleAssignment) -> bool {
    let scope = state.scope.as_str().map(str::parse::<ArmId>);
    let role = state
        .role_definition_id
        .as_str()
        .map(str::parse::<RoleDefinitionId>);
    let principal_id = state.principal_id.as_str().map(str::parse::<Guid>);
    matches!(scope, Some(Ok(scope)) if scope == assignment.scope)
        && matches!(role, Some(Ok(role)) if role.guid() == assignment.role_definition_id.guid())
        && matches!(principal_id, Some(Ok(id)) if id == assignment.principal_id)
        && state.description.as_str().unwrap_or_default() == assignment.description
}

/// The state as the assignment now is. The id keeps the spelling by which it is known.
pub(super) fn read_into(
    state: RoleAssignmentModel,
    assignment: &RoleAssignment,
) -> RoleAssignmentModel {
    RoleAssignmentModel {
        scope: assignment.scope.as_str().into(),
        role_definition_id: assignment.role_definition_id.as_arm_id().as_str().into(),
        principal_id: assignment.principal_id.as_str().into(),
        name: assignment.id.name().as_str().into(),
        description: assignment.description.as_str().into(),
        ..state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCOPE: &str = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/net";
    const ROLE: &str =
        "/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7";
    const PRINCIPAL: &str = "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11";
    const NAME: &str = "b69a9388-9488-4534-b470-7ec6d41beef9";

    fn config() -> RoleAssignmentModel {
        RoleAssignmentModel {
            scope: SCOPE.into(),
            role_definition_id: ROLE.into(),
            principal_id: PRINCIPAL.into(),
            ..RoleAssignmentModel::default()
        }
    }

    fn planned(config: &RoleAssignmentModel) -> RoleAssignmentModel {
        let mut planned = RoleAssignmentModel {
            use_existing: Attr::Known(config.use_existing == Attr::Known(true)),
            name: if config.name.is_null() {
                Attr::Unknown
            } else {
                config.name.clone()
            },
            id: Attr::Unknown,
            ..config.clone()
        };
        fill_for_creation(config, &mut planned);
        planned
    }

    fn assignment() -> RoleAssignment {
        RoleAssignment {
            id: format!("{SCOPE}/providers/Microsoft.Authorization/roleAssignments/{NAME}")
                .parse()
                .unwrap(),
            scope: SCOPE
                .to_uppercase()
                .replace("/SUBSCRIPTIONS", "/subscriptions")
                .parse()
                .unwrap(),
            role_definition_id: format!(
                "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590{ROLE}"
            )
            .parse()
            .unwrap(),
            principal_id: PRINCIPAL.parse().unwrap(),
            principal_type: None,
            description: String::new(),
            condition: Some("true".to_owned()),
            condition_version: Some("2.0".to_owned()),
        }
    }

    #[test]
    fn the_derived_name_is_planned_and_applied() {
        let planned = planned(&config());
        let wanted = Wanted::of(&planned).unwrap();
        assert_eq!(planned.id.as_str(), Some(wanted.id().to_string().as_str()));
        assert_eq!(applied(&planned, &wanted.id()), planned);
        let unplanned = RoleAssignmentModel {
            name: Attr::Unknown,
            ..planned
        };
        assert_eq!(Wanted::of(&unplanned).unwrap().id(), wanted.id());
    }

    #[test]
    fn a_name_that_may_be_another_ones_stays_unknown() {
        let may_adopt = RoleAssignmentModel {
            use_existing: Attr::Known(true),
            ..config()
        };
        assert!(planned(&may_adopt).name.is_unknown() && planned(&may_adopt).id.is_unknown());
        let named = RoleAssignmentModel {
            name: NAME.into(),
            ..may_adopt
        };
        assert!(planned(&named).id.as_str().unwrap().ends_with(NAME));
        let unknown_role = RoleAssignmentModel {
            role_definition_id: Attr::Unknown,
            ..config()
        };
        assert!(planned(&unknown_role).name.is_unknown());
    }

    #[test]
    fn an_equal_assignment_is_known_in_any_spelling() {
        let wanted = Wanted::of(&planned(&config())).unwrap();
        assert!(wanted.is_granted_by(&assignment()));
        let other = RoleAssignment {
            principal_id: NAME.parse().unwrap(),
            ..assignment()
        };
        assert!(!wanted.is_granted_by(&other));
        let body = wanted.to_body(Some(&assignment()));
        assert_eq!(body.condition.as_deref(), Some("true"));
    }
    #[test]
    fn a_list_confirms_a_state_in_any_spelling_and_nothing_else() {
        assert!(is_as_stored(&config(), &assignment()));
        let others = [
            RoleAssignment {
                description: "changed outside".to_owned(),
                ..assignment()
            },
            RoleAssignment {
                principal_id: NAME.parse().unwrap(),
                ..assignment()
            },
            RoleAssignment {
                scope: "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590"
                    .parse()
                    .unwrap(),
                ..assignment()
            },
        ];
        for other in others {
            assert!(!is_as_stored(&config(), &other), "{other:?}");
        }
        assert!(!is_as_stored(
            &RoleAssignmentModel::default(),
            &assignment()
        ));
    }
}
