use crate::azure::{RoleDefinition, RoleType};
use crate::tf::attr::Attr;
use crate::tf::model::Model as _;
use crate::tf::schema::Schema;
use crate::tf::value::Value;

use super::convert::{Change, Removal, ScopeChange, Wanted, is_same_set, read_into, set};
use super::plan::texts;
use super::purpose::Purpose;
use super::schema::{PeeringRoleModel, schema};

const OURS: &str = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590";
const THEIRS: &str = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09591";
const SECOND: &str = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09592";
const GUID: &str = "4d97b98b-1d4f-4787-a291-c67834d212e7";

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn actions() -> Vec<String> {
    strings(Purpose::VnetPeering.actions())
}

fn role(scopes: &[&str]) -> RoleDefinition {
    RoleDefinition {
        id: format!("{OURS}/providers/Microsoft.Authorization/roleDefinitions/{GUID}")
            .parse()
            .unwrap(),
        name: GUID.parse().unwrap(),
        role_name: "Creator - Kong".to_owned(),
        description: "theirs".to_owned(),
        role_type: RoleType::Custom,
        assignable_scopes: strings(scopes),
        actions: actions(),
        not_actions: Vec::new(),
        data_actions: strings(&["Microsoft.Storage/x/read"]),
        not_data_actions: Vec::new(),
        further_permissions: Vec::new(),
        created_on: None,
        updated_on: None,
    }
}

fn state(created: bool, use_existing: bool, scopes: &[&str]) -> PeeringRoleModel {
    PeeringRoleModel {
        id: "id".into(),
        purpose: "vnet_peering".into(),
        name: "Creator".into(),
        description: "ours".into(),
        assignable_scopes: set(strings(scopes)),
        actions: set(actions()),
        not_actions: set(Vec::new()),
        use_existing: Attr::Known(use_existing),
        created: Attr::Known(created),
        ..PeeringRoleModel::default()
    }
}

fn adopted(scopes: &[&str], existing: &[&str]) -> PeeringRoleModel {
    PeeringRoleModel {
        existing_assignable_scopes: set(strings(existing)),
        ..state(false, true, scopes)
    }
}

#[test]
fn model_and_schema_agree() {
    let schema: Schema = schema();
    let types = PeeringRoleModel::attribute_types();
    assert_eq!(types.len(), schema.attributes.len());
    for attribute in &schema.attributes {
        assert_eq!(
            types.get(attribute.name),
            Some(&attribute.kind.value_type()),
            "{}",
            attribute.name
        );
        assert!(!attribute.description.is_empty(), "{}", attribute.name);
    }
}

#[test]
fn an_exclusive_role_is_read_as_it_is() {
    let read = read_into(state(true, false, &[OURS]), &role(&[OURS, THEIRS]));
    assert_eq!(read.name.as_str(), Some("Creator - Kong"));
    assert_eq!(read.description.as_str(), Some("theirs"));
    assert!(is_same_set(
        &texts(&read.assignable_scopes),
        &strings(&[OURS, THEIRS])
    ));
}

#[test]
fn of_a_shared_role_only_our_scopes_are_shown() {
    for state in [state(true, true, &[OURS]), adopted(&[OURS], &[THEIRS])] {
        let read = read_into(
            state.clone(),
            &role(&[THEIRS, &OURS.to_uppercase(), SECOND]),
        );
        assert_eq!(read.assignable_scopes, state.assignable_scopes);
        let lost = read_into(state, &role(&[THEIRS]));
        assert!(texts(&lost.assignable_scopes).is_empty());
    }
}

#[test]
fn an_adopted_role_keeps_its_owners_name_out_of_the_state() {
    let read = read_into(adopted(&[OURS], &[THEIRS]), &role(&[OURS]));
    assert_eq!(read.name.as_str(), Some("Creator"));
    assert_eq!(read.description.as_str(), Some("ours"));
    assert_eq!(read.remote_name.as_str(), Some("Creator - Kong"));
    assert!(is_same_set(&texts(&read.actions), &actions()));
}

#[test]
fn what_an_adopted_role_grants_no_more_is_drift() {
    let mut narrowed = role(&[OURS]);
    narrowed.not_actions = strings(&["*/peer/action"]);
    let read = read_into(adopted(&[OURS], &[THEIRS]), &narrowed);
    assert_eq!(texts(&read.actions).len(), 4);
}

#[test]
fn an_import_takes_everything_from_the_role() {
    let imported = PeeringRoleModel {
        id: "id".into(),
        use_existing: Attr::Known(false),
        created: Attr::Known(true),
        ..PeeringRoleModel::default()
    };
    let mut zone = role(&[OURS, THEIRS]);
    zone.actions = strings(Purpose::PrivateDnsLink.actions());
    let read = read_into(imported, &zone);
    assert_eq!(read.purpose.as_str(), Some("private_dns_link"));
    assert_eq!(texts(&read.assignable_scopes).len(), 2);
    assert_eq!(read.not_actions, set(Vec::new()));
    assert!(read.existing_assignable_scopes.is_null());
    assert_eq!(read.role_definition_id.as_str(), Some(GUID));
}

#[test]
fn adding_scopes_leaves_everything_else_of_the_role() {
    let change = Change::adding(strings(&[OURS, &THEIRS.to_uppercase()]));
    let before = role(&[THEIRS]);
    assert!(!change.is_done(&before));
    let body = change.body(&before);
    assert_eq!(body.assignable_scopes, strings(&[THEIRS, OURS]));
    assert_eq!(body.role_name, before.role_name);
    assert_eq!(body.data_actions, before.data_actions);
    assert!(change.is_done(&role(&[OURS, THEIRS, SECOND])));
}

#[test]
fn an_update_of_an_exclusive_role_sets_everything_but_data_actions() {
    let wanted = Wanted::of(&PeeringRoleModel {
        assignable_scopes: set(strings(&[SECOND])),
        ..state(true, false, &[OURS])
    })
    .unwrap();
    let change = Change::update(&state(true, false, &[OURS]), wanted);
    let before = role(&[OURS, THEIRS]);
    assert!(is_same_set(
        &change.removed(&before),
        &strings(&[OURS, THEIRS])
    ));
    let body = change.body(&before);
    assert_eq!(body.assignable_scopes, strings(&[SECOND]));
    assert_eq!(
        (body.role_name.as_str(), body.description.as_str()),
        ("Creator", "ours")
    );
    assert_eq!(body.data_actions, before.data_actions);
}

#[test]
fn an_update_of_a_shared_role_moves_only_our_scopes() {
    let prior = adopted(&[OURS, THEIRS], &[THEIRS]);
    let wanted = Wanted::of(&adopted(&[SECOND], &[THEIRS])).unwrap();
    let change = Change::update(&prior, wanted);
    assert_eq!(
        change,
        Change {
            definition: None,
            scopes: ScopeChange::Delta {
                add: strings(&[SECOND]),
                remove: strings(&[OURS]),
            },
        }
    );
    let owner = Change::update(
        &state(true, true, &[OURS]),
        Wanted::of(&state(true, true, &[SECOND])).unwrap(),
    );
    let body = owner.body(&role(&[OURS, THEIRS]));
    assert_eq!(body.assignable_scopes, strings(&[THEIRS, SECOND]));
    assert_eq!(body.role_name, "Creator");
}

#[test]
fn a_destroy_takes_away_what_this_resource_brought() {
    let table = [
        (
            state(true, false, &[OURS]),
            role(&[OURS, THEIRS]),
            Removal::Delete,
        ),
        (
            state(true, true, &[OURS]),
            role(&[&OURS.to_uppercase()]),
            Removal::Delete,
        ),
        (
            state(true, true, &[OURS]),
            role(&[OURS, THEIRS]),
            Removal::Scopes(strings(&[OURS])),
        ),
        (
            state(true, true, &[OURS]),
            role(&[THEIRS]),
            Removal::Nothing,
        ),
        (
            adopted(&[OURS], &[THEIRS]),
            role(&[OURS, THEIRS]),
            Removal::Scopes(strings(&[OURS])),
        ),
        (
            adopted(&[OURS, THEIRS], &[THEIRS]),
            role(&[OURS, THEIRS]),
            Removal::Scopes(strings(&[OURS])),
        ),
        (
            adopted(&[THEIRS], &[THEIRS]),
            role(&[THEIRS]),
            Removal::Nothing,
        ),
        (
            adopted(&[OURS], &[THEIRS]),
            role(&[OURS]),
            Removal::LeaveLast,
        ),
        (
            adopted(&[OURS], &[THEIRS]),
            role(&[SECOND]),
            Removal::Nothing,
        ),
    ];
    for (state, role, expected) in table {
        assert_eq!(Removal::of(&state, &role), expected, "{state:?} {role:?}");
    }
}

#[test]
fn a_scope_that_became_known_late_is_still_checked() {
    let planned = PeeringRoleModel {
        assignable_scopes: set(strings(&["not an id"])),
        ..state(true, false, &[])
    };
    let refused = Wanted::of(&planned).unwrap_err();
    assert_eq!(
        refused.iter().next().unwrap().path.to_string(),
        "assignable_scopes"
    );
    let unknown = PeeringRoleModel {
        actions: Attr::Unknown,
        ..state(true, false, &[OURS])
    };
    assert!(Wanted::of(&unknown).is_err());
    assert_eq!(set(Vec::new()).into_value(), Value::set(Vec::new()));
}
