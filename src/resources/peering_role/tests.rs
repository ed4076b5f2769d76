use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::azure::{Client, Permission, RoleDefinition, RoleType, scripted};
use crate::http::Scope;
use crate::http::transport::scripted::{Answer, Script};
use crate::tf::attr::Attr;
use crate::tf::value::Value;

use super::blockers::Blocked;
use super::convert::{Change, Removal, Wanted, is_same_set, read_into, set};
use super::plan::texts;
use super::purpose::Purpose;
use super::remote::{Changed, Roles};
use super::schema::PeeringRoleModel;
use super::shared::Shared;

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
fn an_exclusive_role_is_read_as_it_is() {
    let read = read_into(state(true, false, &[OURS]), &role(&[OURS, THEIRS]));
    assert_eq!(read.name.as_str(), Some("Creator - Kong"));
    assert_eq!(read.description.as_str(), Some("theirs"));
    assert!(is_same_set(
        &texts(&read.assignable_scopes),
        &strings(&[OURS, THEIRS])
    ));
    // What was not there before is somebody else's, and stays so until an apply makes it this resource's.
    let foreign = strings(&[THEIRS]);
    assert_eq!(texts(&read.existing_assignable_scopes), foreign);
    let again = read_into(read.clone(), &role(&[OURS, THEIRS]));
    assert_eq!(texts(&again.existing_assignable_scopes), foreign);
    assert!(
        read_into(read, &role(&[OURS]))
            .existing_assignable_scopes
            .is_null()
    );
    let imported = PeeringRoleModel {
        assignable_scopes: Attr::Null,
        ..state(true, false, &[])
    };
    assert!(
        read_into(imported, &role(&[OURS]))
            .existing_assignable_scopes
            .is_null()
    );
}

#[test]
fn what_a_further_block_permits_is_shown() {
    let mut widened = role(&[OURS]);
    widened.further_permissions = vec![Permission {
        actions: strings(&["*"]),
        ..Permission::default()
    }];
    let read = read_into(state(true, false, &[OURS]), &widened);
    assert!(texts(&read.actions).contains(&"*".to_owned()));
}

#[test]
fn one_who_begins_to_share_leaves_what_others_added() {
    let seen = read_into(state(true, false, &[OURS]), &role(&[OURS, THEIRS]));
    for (use_existing, removed) in [(true, vec![]), (false, strings(&[THEIRS]))] {
        let planned = state(true, use_existing, &[OURS]);
        let wanted = Wanted::of(&planned).unwrap();
        let change = Change::update(&seen, &planned, wanted);
        assert_eq!(change.removed(&role(&[OURS, THEIRS])), removed);
    }
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
    let planned = state(true, false, &[SECOND]);
    let wanted = Wanted::of(&planned).unwrap();
    let change = Change::update(&state(true, false, &[OURS]), &planned, wanted);
    let before = role(&[OURS, THEIRS]);
    assert_eq!(change.removed(&before), strings(&[OURS]));
    let body = change.body(&before);
    // The plan did not know of it, so it is not for this apply to take it away.
    assert_eq!(body.assignable_scopes, strings(&[THEIRS, SECOND]));
    assert_eq!(
        (body.role_name.as_str(), body.description.as_str()),
        ("Creator", "ours")
    );
    assert_eq!(body.data_actions, before.data_actions);
}

#[test]
fn an_update_of_a_shared_role_moves_only_our_scopes() {
    let prior = adopted(&[OURS, THEIRS], &[THEIRS]);
    let planned = adopted(&[SECOND], &[THEIRS]);
    let wanted = Wanted::of(&planned).unwrap();
    let change = Change::update(&prior, &planned, wanted);
    assert_eq!(
        change,
        Change {
            definition: None,
            add: strings(&[SECOND]),
            remove: strings(&[OURS]),
        }
    );
    let planned = state(true, true, &[SECOND]);
    let wanted = Wanted::of(&planned).unwrap();
    let owner = Change::update(&state(true, true, &[OURS]), &planned, wanted);
    let body = owner.body(&role(&[OURS, THEIRS]));
    assert_eq!(body.assignable_scopes, strings(&[THEIRS, SECOND]));
    assert_eq!(body.role_name, "Creator");
}

#[test]
fn a_destroy_takes_away_what_this_resource_brought() {
    let table = [
        (state(true, false, &[OURS]), role(&[OURS]), Removal::Delete),
        // Without a refresh, and after one that saw what somebody else added.
        (
            state(true, false, &[OURS]),
            role(&[OURS, THEIRS]),
            Removal::Scopes(strings(&[OURS])),
        ),
        (
            read_into(state(true, false, &[OURS]), &role(&[OURS, THEIRS])),
            role(&[OURS, THEIRS]),
            Removal::Scopes(strings(&[OURS])),
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
        (adopted(&[OURS], &[THEIRS]), role(&[OURS]), Removal::Delete),
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

fn roles(client: Arc<Client>, shared: &Shared, step: Option<Duration>) -> Roles<'_> {
    Roles {
        client,
        scope: Scope::detached(Duration::from_secs(3600)),
        step,
        shared,
    }
}

fn wire(scopes: &[&str]) -> String {
    let scopes = serde_json::to_string(scopes).unwrap();
    let actions = serde_json::to_string(&actions()).unwrap();
    format!(
        r#"{{"id":"{OURS}/providers/Microsoft.Authorization/roleDefinitions/{GUID}","properties":{{"roleName":"Creator - Kong","description":"theirs",
            "type":"CustomRole","assignableScopes":{scopes},"permissions":[{{"actions":{actions}}}]}}}}"#
    )
}

// Row 23 of docs/user-pains.md.
#[tokio::test(start_paused = true)]
async fn reads_that_never_show_a_change_are_lag_and_ones_that_show_anothers_are_not() {
    let steps = Duration::from_secs(16);
    for (shown, expected) in [
        // Two reads within the usual lag, two after it, for each of five writes.
        (wire(&[THEIRS]), Some(Changed::NotShown)),
        (wire(&[THEIRS, SECOND]), None),
    ] {
        let writes_and_reads = std::iter::repeat_n(Answer::json(200, shown), 25);
        let (client, script) = scripted::client(writes_and_reads);
        let shared = Shared::default();
        let roles = roles(client, &shared, Some(steps));
        let change = Change::adding(strings(&[OURS]));
        let sent = AtomicU32::new(0);
        let count = || {
            sent.fetch_add(1, Ordering::Relaxed);
        };
        let changed = roles.change(role(&[THEIRS]), &change, count).await;
        assert_eq!(changed.ok(), expected, "{:?}", script.calls());
        assert_eq!(sent.into_inner(), 5);
    }
}

/// The scopes in the body of each write.
fn written(script: &Script) -> Vec<Vec<String>> {
    let writes = script.seen().into_iter();
    let writes = writes.filter(|sent| sent.method == ::http::Method::PUT);
    let scopes = writes.map(|sent| {
        let body: serde_json::Value = serde_json::from_slice(&sent.body.unwrap()).unwrap();
        serde_json::from_value(body["properties"]["assignableScopes"].clone()).unwrap()
    });
    scopes.collect()
}

#[tokio::test(start_paused = true)]
async fn a_change_keeps_what_this_run_changed_before_although_a_replica_does_not_show_it() {
    let (before, first, both) = (
        wire(&[THEIRS]),
        wire(&[THEIRS, OURS]),
        wire(&[THEIRS, OURS, SECOND]),
    );
    let shown = [&first, &first, &first];
    // The base of the second change is from before the first, for longer than replicas usually need.
    let lagging = [&before; 4];
    // A look of the second wait, too: it shows the first change and not the second, and then neither.
    let second = [&both, &first, &before, &both, &both];
    let answers = shown.into_iter().chain(lagging).chain(second);
    let answers = answers.map(|text| Answer::json(200, text.clone()));
    let (client, script) = scripted::client(answers);
    let shared = Shared::default();
    let roles = roles(client, &shared, Some(Duration::from_secs(11)));
    let add = |scope: &str| Change::adding(strings(&[scope]));
    let changed = roles.change(role(&[THEIRS]), &add(OURS), || {}).await;
    assert_eq!(changed.ok(), Some(Changed::Shown));

    let (guid, scopes) = (GUID.parse().unwrap(), strings(&[THEIRS]));
    let base = roles
        .base(&guid, &scopes, "Creator")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(base.assignable_scopes, strings(&[THEIRS]));
    let left = roles.as_left(base.clone()).assignable_scopes;
    assert_eq!(left, strings(&[THEIRS, OURS]));
    let changed = roles.change(base, &add(SECOND), || {}).await;
    assert_eq!(changed.ok(), Some(Changed::Shown));
    let both = strings(&[THEIRS, OURS, SECOND]);
    assert_eq!(written(&script), [strings(&[THEIRS, OURS]), both]);
    assert_eq!(script.left(), 0);
}

#[test]
fn changes_one_after_the_other_are_one() {
    let moved = Change {
        add: strings(&[SECOND]),
        remove: strings(&[OURS]),
        ..Change::default()
    };
    let joined = Change::adding(strings(&[OURS, THEIRS])).followed_by(&moved);
    assert_eq!(joined.add, strings(&[THEIRS, SECOND]));
    assert_eq!(joined.remove, strings(&[OURS]));
    let back = joined.followed_by(&Change::adding(strings(&[&OURS.to_uppercase()])));
    assert!(back.remove.is_empty());
    assert!(back.is_done(&role(&[THEIRS, SECOND, OURS])));
    assert!(!back.is_done(&role(&[THEIRS, OURS])));
}

/// Azure says that the role is assigned, and after each refusal, as many looks as there were refusals show no assignment.
fn refusals_without_a_cause(rounds: usize) -> impl Iterator<Item = Answer> {
    let refused = r#"{"error":{"code":"RoleDefinitionHasAssignments","message":"m"}}"#;
    (1..=rounds).flat_map(move |round| {
        let looks = std::iter::repeat_n(Answer::json(200, r#"{"value":[]}"#), round.min(10));
        std::iter::once(Answer::json(400, refused)).chain(looks)
    })
}

// Row 25 of docs/user-pains.md.
#[tokio::test(start_paused = true)]
async fn a_refusal_without_a_cause_is_believed_soon_unless_this_run_took_an_assignment_away() {
    let assignment = format!("{OURS}/providers/Microsoft.Authorization/roleAssignments/{GUID}");
    for (takes_away, minimum, maximum) in [(false, 20, 60), (true, 240, 400)] {
        let deletion = takes_away.then(|| Answer::json(200, "{}"));
        let answers = deletion.into_iter().chain(refusals_without_a_cause(60));
        let (client, _) = scripted::client(answers);
        let shared = Shared::default();
        let roles = roles(Arc::clone(&client), &shared, None);
        if takes_away {
            let id = assignment.parse().unwrap();
            let deleted = client.delete_role_assignment(&roles.scope, &id).await;
            deleted.unwrap();
        }
        let started = Instant::now();
        let (name, scopes) = (GUID.parse().unwrap(), strings(&[OURS]));
        let role = role(&[OURS]);
        let deleted = roles
            .while_assignments_disappear(&name, &scopes, || roles.delete(&role))
            .await;
        assert!(matches!(deleted, Err(Blocked::Refused(_))));
        let seconds = started.elapsed().as_secs();
        assert!((minimum..=maximum).contains(&seconds), "{seconds} s");
    }
}
