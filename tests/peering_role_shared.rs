//! One `konnectazure_peering_role` in Azure, several configurations, each with its own state: nobody's destroy hurts another, and the last
//! one leaves what was there before the first.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value as Json, json};
use support::simulator::{Seed, Simulator};
use support::terraform::{Workspace, folded};

const ROLE: &str = "konnectazure_peering_role.kong";
const ASSIGNMENT: &str = "konnectazure_role_assignment.kong";
const FOREIGN_ROLE: &str = "6f0e7c1a-2b3d-4c5e-8f90-a1b2c3d4e5f6";
const VNETS: [&str; 2] = ["vnet-orders", "vnet-billing"];

/// The subscription that a resource lies in.
fn subscription_of(id: &str) -> String {
    id.split('/').take(3).collect::<Vec<_>>().join("/")
}

/// The role for the network's subscription, and its assignment to Kong's application on the network.
fn configuration(simulator: &Simulator, vnet: &str, use_existing: bool) -> String {
    let vnet = simulator.vnet_id(vnet);
    format!(
        "data \"konnectazure_service_principal\" \"kong\" {{}}\n\
         resource \"konnectazure_peering_role\" \"kong\" {{\n  assignable_scopes = [\"{}\"]\n  use_existing = {use_existing}\n}}\n\
         resource \"konnectazure_role_assignment\" \"kong\" {{\n  scope = \"{vnet}\"\n  role_definition_id = konnectazure_peering_role.kong.id\n  \
         principal_id = data.konnectazure_service_principal.kong.object_id\n}}\n",
        subscription_of(vnet)
    )
}

fn applied(simulator: &Simulator, vnet: &str, use_existing: bool) -> Workspace {
    let workspace = Workspace::new(simulator.env());
    workspace.write(&configuration(simulator, vnet, use_existing));
    workspace.apply().expect_success(vnet);
    workspace
}

/// What exists of roles and assignments.
fn grants(simulator: &Simulator) -> [Json; 2] {
    let state = simulator.state();
    let roles = state["role_definitions"].as_array().unwrap().iter();
    let contents: Vec<Json> = roles
        .map(|role| json!([role["id"], role["content"]]))
        .collect();
    [json!(contents), state["role_assignments"].clone()]
}

fn consented() -> Simulator {
    let simulator = Simulator::start(Seed::Demo);
    simulator.consent();
    simulator
}

/// The role that somebody made for the second subscription with the vendor's wizard.
fn wizards_role(simulator: &Simulator) {
    simulator.world(json!({ "add": "role_definition", "object": { "id": FOREIGN_ROLE, "content": {
        "role_name": "Kong Cloud Gateway Peering Creator - Kong",
        "description": "by hand",
        "actions": ["Microsoft.Network/virtualNetworks/*"],
        "assignable_scopes": [format!("{}/resourceGroups/rg-billing", subscription_of(simulator.vnet_id("vnet-billing")))],
    } } }));
}

/// The other configuration goes on working: its assignment and its role stand, and it has nothing to do.
#[track_caller]
fn assert_works(simulator: &Simulator, workspace: &Workspace, vnet: &str) {
    workspace.assert_settled();
    let state = workspace.state();
    let assignments = simulator.objects("role_assignments");
    let stands = |assignment: &Json| assignment["id"] == state[ASSIGNMENT]["name"];
    assert!(assignments.iter().any(stands), "{vnet}: {assignments:?}");
    let roles = simulator.objects("role_definitions").into_iter();
    let role = roles
        .filter(|role| role["deleted"].is_null())
        .find(|role| role["id"] == state[ROLE]["role_definition_id"])
        .unwrap_or_else(|| panic!("{vnet}: its role is gone"));
    let scopes = role["content"]["assignable_scopes"].as_array().unwrap();
    let own = subscription_of(simulator.vnet_id(vnet));
    assert!(scopes.contains(&json!(own)), "{vnet}: {scopes:?}");
}

/// Two configurations for two subscriptions of one tenant, the first of which uses the role in the given way.
fn come_and_go(has_role: bool, first_shares: bool, first_to_go: usize) {
    let simulator = consented();
    if has_role {
        wizards_role(&simulator);
    }
    let before = grants(&simulator);
    let both = [
        applied(&simulator, VNETS[0], first_shares),
        applied(&simulator, VNETS[1], true),
    ];
    let created = |which: usize| both[which].state()[ROLE]["created"].clone();
    assert_eq!([created(0), created(1)], [json!(!has_role), json!(false)]);
    let last_to_go = 1 - first_to_go;
    both[first_to_go]
        .destroy()
        .expect_success("the first to go");
    assert_works(&simulator, &both[last_to_go], VNETS[last_to_go]);
    both[last_to_go].destroy().expect_success("the last to go");
    assert_eq!(grants(&simulator), before);
}

// Row 7 of docs/user-pains.md.
// Row 17 of docs/user-pains.md.
// Row 25 of docs/user-pains.md.
#[test]
fn two_configurations_share_a_role_that_was_there_and_leave_it_as_it_was() {
    for first_to_go in [0, 1] {
        come_and_go(true, true, first_to_go);
    }
}

#[test]
fn two_configurations_share_a_role_that_one_of_them_made_and_leave_nothing() {
    for first_to_go in [0, 1] {
        come_and_go(false, true, first_to_go);
    }
}

#[test]
fn who_made_a_role_without_a_thought_of_sharing_does_not_take_it_from_others() {
    come_and_go(false, false, 0);
}

#[test]
fn others_scopes_in_a_role_of_ones_own_are_left_once_it_is_shared() {
    let simulator = consented();
    let before = grants(&simulator);
    let owner = applied(&simulator, VNETS[0], false);
    let other = applied(&simulator, VNETS[1], true);
    let plan = owner.plan();
    assert_eq!(
        plan.actions()[ROLE],
        "update",
        "the scope is drift to the owner"
    );
    let said = owner
        .apply()
        .expect_failure("the removal of a scope that is in use");
    assert!(said.contains("set use_existing = true"), "{said}");
    owner.write(&configuration(&simulator, VNETS[0], true));
    owner.apply().expect_success("the owner shares");
    assert_works(&simulator, &owner, VNETS[0]);
    assert_works(&simulator, &other, VNETS[1]);
    other.destroy().expect_success("the other's destroy");
    assert_works(&simulator, &owner, VNETS[0]);
    owner.destroy().expect_success("the owner's destroy");
    assert_eq!(grants(&simulator), before);
}

#[test]
fn two_configurations_of_one_subscription_do_not_hurt_each_other() {
    for first_to_go in [0, 1] {
        let simulator = consented();
        let vnets = ["vnet-orders", "vnet-overlap"];
        let both = vnets.map(|vnet| applied(&simulator, vnet, true));
        let last_to_go = 1 - first_to_go;
        let said = both[first_to_go]
            .destroy()
            .expect_success("the first to go");
        assert_works(&simulator, &both[last_to_go], vnets[last_to_go]);
        let kept = folded(&said).contains("is still used by others");
        assert_eq!(kept, first_to_go == 0, "{said}");
        let said = both[last_to_go].destroy().expect_success("the last to go");
        assert!(simulator.objects("role_assignments").is_empty());
        // Only the adopter could take the role away now, and cannot know that the one who made it is gone.
        let is_told = folded(&said).contains("is left in the tenant");
        assert_eq!(is_told, first_to_go == 0, "{said}");
    }
}

#[test]
fn a_scope_that_was_there_before_and_is_added_again_by_the_resource_goes_with_it() {
    let simulator = consented();
    wizards_role(&simulator);
    let own = subscription_of(simulator.vnet_id(VNETS[0]));
    let content = |scopes: &[&str]| {
        let roles = grants(&simulator)[0].as_array().unwrap().clone();
        let role = roles.into_iter().find(|role| role[0] == FOREIGN_ROLE);
        let mut content = role.unwrap()[1].clone();
        content["assignable_scopes"] = json!(scopes);
        content
    };
    let set = |scopes: &[&str]| {
        let content = content(scopes);
        simulator.world(
            json!({ "patch": "role_definition", "id": FOREIGN_ROLE, "set": { "content": content } }),
        );
    };
    let others = format!("{own}/resourceGroups/rg-billing");
    set(&[&own, &others]);
    let workspace = applied(&simulator, VNETS[0], true);
    assert_eq!(
        workspace.state()[ROLE]["existing_assignable_scopes"],
        json!([own, others])
    );
    set(&[&others]);
    let before = grants(&simulator)[0].clone();
    workspace.apply().expect_success("the scope is added again");
    workspace.assert_settled();
    assert_eq!(
        workspace.state()[ROLE]["existing_assignable_scopes"],
        json!([others])
    );
    workspace.destroy().expect_success("destroy");
    assert_eq!(grants(&simulator)[0], before);
}

/// Several resources of one configuration that each add a scope to a role that was there.
fn siblings(simulator: &Simulator, count: usize) -> Workspace {
    let subscription = subscription_of(simulator.vnet_id(VNETS[0]));
    let groups: Vec<Json> = (0..count)
        .map(|number| {
            let subscription_id = subscription.rsplit('/').next();
            json!({ "add": "resource_group", "object": { "subscription_id": subscription_id, "name": format!("rg-{number}") } })
        })
        .collect();
    simulator.world(json!(groups));
    wizards_role(simulator);
    let resources = (0..count).map(|number| {
        format!(
            "resource \"konnectazure_peering_role\" \"r{number}\" {{\n  \
             assignable_scopes = [\"{subscription}/resourceGroups/rg-{number}\"]\n  use_existing = true\n}}\n"
        )
    });
    let workspace = Workspace::new(simulator.env());
    workspace.write(&resources.collect::<String>());
    workspace
}

/// So many of a hundred reads of a role are answered by a replica that does not know the last change yet.
fn lagging_replica(simulator: &Simulator, percent: u8) {
    simulator.fault(json!({
        "service": "arm", "method": "GET", "path": "/roleDefinitions/", "times": 0, "percent": percent, "stale": true,
    }));
}

#[test]
fn resources_of_one_run_lose_no_scope_to_replicas_that_lag() {
    const COUNT: usize = 6;
    for percent in [20, 40] {
        let simulator = consented();
        let workspace = siblings(&simulator, COUNT);
        let before = grants(&simulator);
        let scopes = || {
            let role = grants(&simulator)[0].as_array().unwrap().clone();
            let role = role.into_iter().find(|role| role[0] == FOREIGN_ROLE);
            role.unwrap()[1]["assignable_scopes"]
                .as_array()
                .unwrap()
                .len()
        };
        lagging_replica(&simulator, percent);
        workspace.apply().expect_success("apply");
        simulator.clear_faults();
        assert_eq!(
            scopes(),
            COUNT + 1,
            "lost, with {percent} of a hundred reads"
        );
        workspace.assert_settled();
        lagging_replica(&simulator, percent);
        workspace.destroy().expect_success("destroy");
        simulator.clear_faults();
        assert_eq!(
            grants(&simulator),
            before,
            "left, with {percent} of a hundred reads"
        );
    }
}
