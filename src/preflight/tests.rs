//! Whole runs against a cloud of fixed answers.

mod faults;
mod hubs_and_zones;
mod world;

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::{azure, konnect};
use world::*;

/// What did not pass, as `id status`.
fn faults(report: &Report) -> Vec<String> {
    report
        .checks
        .iter()
        .filter(|check| check.status != Status::Passed && check.id != CheckId::Quota)
        .map(|check| format!("{} {}", check.id, check.status))
        .collect()
}

fn told(report: &Report, id: CheckId) -> String {
    let check = report.check(id).unwrap();
    format!("{}\n{}", check.detail, check.fix)
}

#[tokio::test]
async fn all_pass_where_all_is_well_and_everything_is_read_once() {
    let both = clients(World::sound());
    let report = run_both(&both, &inputs(Phase::Apply)).await;
    assert!(report.passed());
    assert_eq!(faults(&report), [""; 0]);
    assert_eq!(
        report.check(CheckId::Quota).unwrap().status,
        Status::Skipped
    );
    assert!(report.diagnostics(|_, diagnostic| diagnostic).is_empty());
    let mut calls = both.calls.lock().unwrap().clone();
    calls.sort();
    let count = calls.len();
    calls.dedup();
    assert_eq!((calls.len(), count), (10, 10), "{calls:#?}");
}

#[tokio::test]
async fn a_failed_prerequisite_leaves_out_what_needs_it() {
    let mut world = World::sound();
    world.refuse(network_path(), 404, json!({"title": "Not Found"}));
    world.set(PRINCIPALS, json!({"value": []}));
    let report = run_in(world, &inputs(Phase::Apply)).await;
    assert_eq!(
        faults(&report),
        [
            "network_exists failed",
            "network_is_azure skipped",
            "network_ready skipped",
            "address_space skipped",
            "service_principal failed",
            "role_assignment skipped",
            "regions skipped"
        ]
    );
    assert!(told(&report, CheckId::AddressSpace).contains("network_exists did not pass"));
}

#[tokio::test]
async fn without_the_right_to_look_there_is_a_warning_with_its_name_and_never_a_failure() {
    let forbidden =
        json!({"error": {"code": "AuthorizationFailed", "message": "no"}, "title": "Forbidden"});
    let table: &[(String, CheckId, &str)] = &[
        (network_path(), CheckId::NetworkExists, "Network Viewer"),
        (gateways_path(), CheckId::AddressSpace, "Network Viewer"),
        (
            vnet_id("orders"),
            CheckId::VnetExists,
            "Microsoft.Network/virtualNetworks/read",
        ),
        (
            vnet_id("billing"),
            CheckId::AddressSpace,
            "Microsoft.Network/virtualNetworks/read",
        ),
        (
            PRINCIPALS.into(),
            CheckId::ServicePrincipal,
            "Application.Read.All",
        ),
        (
            below_vnet("roleAssignments"),
            CheckId::RoleAssignment,
            "Microsoft.Authorization/roleAssignments/read",
        ),
        (role_path(), CheckId::RoleAssignment, "Not read"),
    ];
    for (path, check, right) in table {
        let mut world = World::sound();
        world.refuse(path.clone(), 403, forbidden.clone());
        let report = run_in(world, &inputs(Phase::Apply)).await;
        assert!(report.passed(), "{path}: {:?}", faults(&report));
        assert_eq!(
            report.check(*check).unwrap().status,
            Status::Warning,
            "{path}"
        );
        let text = told(&report, *check);
        assert!(text.contains(right), "{path}: {text}");
        let warnings = report.diagnostics(|_, diagnostic| diagnostic);
        assert!(
            !warnings.has_errors() && warnings.iter().count() == 1,
            "{warnings:?}"
        );
    }
}

#[tokio::test]
async fn a_half_that_may_be_kongs_is_no_collision_where_the_peerings_may_not_be_listed() {
    let mut world = World::sound();
    let halves = json!([half(
        "kong",
        KONGS_VNET,
        "Connected",
        "FullyInSync",
        &["10.64.0.0/16"]
    )]);
    world.vnet(&["10.1.0.0/16"], &halves);
    world.refuse(gateways_path(), 403, json!({"title": "Forbidden"}));
    let report = run_in(world, &inputs(Phase::Standalone)).await;
    assert_eq!(faults(&report), ["address_space warning"]);
}

#[tokio::test]
async fn what_others_hold_does_not_count_where_the_filter_is_ignored() {
    let mut world = World::sound();
    let other = "99999999-6c8a-4b47-9a6a-6a7a4e2d7a11";
    for (principal_type, status) in [
        ("ServicePrincipal", "role_assignment failed"),
        ("User", "role_assignment failed"),
        ("Group", ""),
    ] {
        let assignment = json!({"id": format!("{}/{OWN}", below_vnet("roleAssignments")), "properties": {
            "roleDefinitionId": role_path(), "principalId": other, "principalType": principal_type}});
        world.set(
            below_vnet("roleAssignments"),
            json!({ "value": [assignment] }),
        );
        let report = run_in(world.clone(), &inputs(Phase::Apply)).await;
        assert_eq!(faults(&report).join(""), status, "{principal_type}");
    }
}

#[tokio::test]
async fn the_region_tells_the_cloud_where_the_account_may_not_be_read() {
    let mut world = World::sound();
    world.refuse(account_path(), 403, json!({"title": "Forbidden"}));
    let report = run_in(world.clone(), &inputs(Phase::Apply)).await;
    assert_eq!(faults(&report), [""; 0]);
    world.network(&json!({"region": "moon-1"}));
    let report = run_in(world, &inputs(Phase::Apply)).await;
    assert_eq!(faults(&report), ["network_is_azure warning"]);
}

#[tokio::test]
async fn deny_assignments_that_are_not_listed_are_told_and_a_missing_right_is_warned_of() {
    for (status, code, expected) in [
        (403, "AuthorizationFailed", "role_assignment warning"),
        // Not every Azure has them.
        (404, "InvalidResourceType", ""),
        (501, "NotSupported", ""),
    ] {
        let mut world = World::sound();
        world.refuse(
            below_vnet("denyAssignments"),
            status,
            json!({"error": {"code": code, "message": "no"}}),
        );
        let report = run_in(world, &inputs(Phase::Apply)).await;
        assert_eq!(faults(&report).join(""), expected, "{status}");
        let text = told(&report, CheckId::RoleAssignment);
        assert!(text.contains("could not be seen"), "{text}");
        assert_eq!(
            text.contains("Microsoft.Authorization/denyAssignments/read"),
            status == 403,
            "{text}"
        );
    }
}

/// Which groups Kong's principal is in is not looked up.
#[tokio::test]
async fn what_depends_on_groups_is_a_warning() {
    let (everyone, group) = (
        json!({"id": "00000000-0000-0000-0000-000000000000", "type": "SystemDefined"}),
        json!({"id": "99999999-6c8a-4b47-9a6a-6a7a4e2d7a11", "type": "Group"}),
    );
    for (denied, excluded) in [(vec![&group], vec![]), (vec![&everyone], vec![&group])] {
        let mut world = World::sound();
        world.set(below_vnet("denyAssignments"), json!({"value": [{"id": "/deny/1", "properties": {
            "denyAssignmentName": "stack", "scope": format!("/subscriptions/{SUBSCRIPTION}"), "permissions": [{"actions": ["*/write"]}],
            "principals": denied, "excludePrincipals": excluded}}]}));
        let report = run_in(world, &inputs(Phase::Apply)).await;
        assert_eq!(faults(&report), ["role_assignment warning"]);
        let text = told(&report, CheckId::RoleAssignment);
        let line = "- Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write, by \"stack\" (/deny/1)";
        assert!(text.lines().any(|told| told == line), "{text}");
    }
    // A service that does not look into groups.
    for phase in [Phase::Plan, Phase::Apply, Phase::Standalone] {
        let mut world = World::sound();
        world.refuse_filter(
            &below_vnet("roleAssignments"),
            "assignedTo",
            json!({"error": {"code": "UnsupportedFilter", "message": "no"}}),
        );
        world.set(below_vnet("roleAssignments"), json!({"value": []}));
        let report = run_in(world, &inputs(phase)).await;
        assert_eq!(faults(&report), ["role_assignment warning"], "{phase:?}");
        let text = told(&report, CheckId::RoleAssignment);
        assert!(text.contains("No role is assigned to itself"), "{text}");
        assert!(
            text.contains("a group that it is in may have a role"),
            "{text}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn services_that_do_not_answer_are_warnings_and_do_not_use_up_the_time() {
    let world = World {
        is_down: true,
        ..World::sound()
    };
    let started = tokio::time::Instant::now();
    let report = run_in(world, &inputs(Phase::Apply)).await;
    assert!(started.elapsed() <= Duration::from_secs(300));
    assert!(report.passed(), "{:?}", faults(&report));
    for id in [
        CheckId::NetworkExists,
        CheckId::VnetExists,
        CheckId::ServicePrincipal,
    ] {
        assert_eq!(report.check(id).unwrap().status, Status::Warning, "{id}");
    }
    for (id, settings) in [
        (CheckId::NetworkExists, "konnect_server_url"),
        (CheckId::VnetExists, "endpoints.active_directory"),
    ] {
        let fix = &report.check(id).unwrap().fix;
        for named in ["HTTPS_PROXY", "ca_certificate_path", settings] {
            assert!(fix.contains(named), "{named} is missing in {fix:?}");
        }
    }
}

#[tokio::test]
async fn a_token_that_konnect_does_not_accept_is_a_failure_and_told_once() {
    // Row 82 of docs/user-pains.md.
    for phase in [Phase::Plan, Phase::Apply, Phase::Standalone] {
        let mut world = World::sound();
        for path in [
            network_path(),
            gateways_path(),
            account_path(),
            AVAILABILITY.to_owned(),
        ] {
            world.refuse(path, 401, json!({"title": "Unauthorized"}));
        }
        let report = run_in(world, &inputs(phase)).await;
        let others = faults(&report).split_off(1);
        assert_eq!(faults(&report)[0], "network_exists failed");
        assert!(
            others.iter().all(|other| other.ends_with("skipped")),
            "{others:?}"
        );
        let text = told(&report, CheckId::NetworkExists);
        assert!(
            text.contains("the token, which comes from") && !text.contains("may not look"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn what_is_not_known_yet_is_left_out_and_nobody_is_asked() {
    let both = clients(World::sound());
    let unknown = Inputs {
        network_id: None,
        target: None,
        ..inputs(Phase::Plan)
    };
    let report = run_both(&both, &unknown).await;
    let passed: Vec<_> = report
        .checks
        .iter()
        .filter(|check| check.status != Status::Skipped)
        .map(|check| check.id)
        .collect();
    assert_eq!(passed, [CheckId::ServicePrincipal]);
    assert_eq!(*both.calls.lock().unwrap(), [PRINCIPALS]);
}

#[tokio::test]
async fn each_side_is_checked_without_the_other() {
    let without_network = Inputs {
        network_id: None,
        ..inputs(Phase::Plan)
    };
    let report = run_in(World::sound(), &without_network).await;
    assert_eq!(
        faults(&report),
        [
            "network_exists skipped",
            "network_is_azure skipped",
            "network_ready skipped",
            "address_space skipped",
            "regions skipped"
        ]
    );
    let without_vnet = Inputs {
        target: None,
        ..inputs(Phase::Plan)
    };
    let report = run_in(World::sound(), &without_vnet).await;
    assert_eq!(
        faults(&report),
        [
            "vnet_exists skipped",
            "address_space skipped",
            "role_assignment skipped",
            "vnet_peerings skipped",
            "regions skipped"
        ]
    );
}

#[tokio::test]
async fn without_clients_a_plan_says_nothing_and_an_apply_warns() {
    let both = Both {
        azure: azure::Access::default(),
        konnect: konnect::Access::default(),
        calls: Arc::default(),
    };
    let planned = run_both(&both, &inputs(Phase::Plan)).await;
    assert!(planned.diagnostics(|_, diagnostic| diagnostic).is_empty());
    let applied = run_both(&both, &inputs(Phase::Apply)).await;
    assert!(applied.passed());
    assert!(told(&applied, CheckId::NetworkExists).contains("Konnect was not asked"));
    assert!(!applied.diagnostics(|_, diagnostic| diagnostic).is_empty());
}

#[tokio::test]
async fn a_virtual_network_given_by_name_may_still_be_made_by_this_run() {
    let mut world = World::sound();
    world.answers.remove(&vnet_id("orders").to_lowercase());
    for (phase, expected) in [
        (Phase::Plan, Status::Warning),
        (Phase::Apply, Status::Failed),
    ] {
        let by_name = Inputs {
            target: Some(Target::ByName(Place::Vnet(
                vnet_id("orders").parse().unwrap(),
            ))),
            ..inputs(phase)
        };
        let report = run_in(world.clone(), &by_name).await;
        assert_eq!(report.check(CheckId::VnetExists).unwrap().status, expected);
    }
}

#[tokio::test]
async fn a_peering_does_not_collide_with_itself() {
    let mut world = World::sound();
    world.gateways(&json!([
        gateway(OWN, "orders", "ready"),
        gateway(SIBLING, "billing", "ready")
    ]));
    world.vnet(
        &["10.1.0.0/16"],
        &json!([half(
            "kong",
            KONGS_VNET,
            "Connected",
            "FullyInSync",
            &["10.64.0.0/16"]
        )]),
    );
    let own = Inputs {
        leaving: vec![OWN.to_owned()],
        ..inputs(Phase::Apply)
    };
    let report = run_in(world.clone(), &own).await;
    assert_eq!(faults(&report), [""; 0]);
    let report = run_in(world, &inputs(Phase::Standalone)).await;
    assert_eq!(faults(&report), [""; 0]);
    assert!(told(&report, CheckId::AddressSpace).contains("peered already"));
}

/// What is replaced without a difference is not told to the provider: whether the state holds it, and under which name, has to do. In the apply of a
/// replacement nothing has been read, so that one of the same name is only warned of.
#[tokio::test]
async fn a_peering_of_the_state_may_go_before_another_is_made() {
    let mut world = World::sound();
    world.gateways(&json!([gateway(OWN, "orders", "initializing")]));
    for (name, is_managed, status) in [
        ("to-orders", true, Status::Passed),
        ("renamed", true, Status::Warning),
        ("to-orders", false, Status::Warning),
        ("renamed", false, Status::Failed),
    ] {
        let planned = Inputs {
            name: Some(name.to_owned()),
            managed: is_managed.then(|| OWN.to_owned()).into_iter().collect(),
            ..inputs(Phase::Plan)
        };
        let report = run_in(world.clone(), &planned).await;
        let found = report.check(CheckId::AddressSpace).unwrap();
        assert_eq!(found.status, status, "{name} {is_managed}: {found:?}");
        let told = report.diagnostics(|_, diagnostic| diagnostic);
        let summaries: Vec<_> = told.iter().map(|one| one.summary.as_str()).collect();
        assert!(
            status == Status::Passed || summaries == ["The two networks are peered already"],
            "{summaries:?}"
        );
    }
}

#[tokio::test]
async fn a_peering_that_is_listed_although_it_is_gone_is_in_nobodys_way() {
    let mut world = World::sound();
    world.gateways(&json!([gateway(OWN, "orders", "ready")]));
    world
        .answers
        .remove(&format!("{}/{OWN}", gateways_path()).to_lowercase());
    for phase in [Phase::Plan, Phase::Apply, Phase::Standalone] {
        let report = run_in(world.clone(), &inputs(phase)).await;
        assert_eq!(faults(&report), [""; 0], "{phase:?}");
    }
}

/// Another tenant's, or one of a subscription that the caller does not see, looks as if it did not exist.
#[tokio::test]
async fn a_sibling_that_is_not_found_is_not_taken_as_compared() {
    let mut world = World::sound();
    world.answers.remove(&vnet_id("billing").to_lowercase());
    let report = run_in(world, &inputs(Phase::Apply)).await;
    assert_eq!(faults(&report), ["address_space warning"]);
    let text = told(&report, CheckId::AddressSpace);
    assert!(text.contains("\"to-billing\": /subscriptions/"), "{text}");
    assert!(text.contains("cannot see"), "{text}");
}

#[tokio::test]
async fn the_half_of_a_peering_about_to_be_replaced_fails_no_plan() {
    let mut world = World::sound();
    world.gateways(&json!([gateway(OWN, "orders", "error")]));
    world.vnet(
        &["10.1.0.0/16"],
        &json!([half(
            "kong",
            KONGS_VNET,
            "Disconnected",
            "FullyInSync",
            &["10.64.0.0/16"]
        )]),
    );
    let own = Inputs {
        leaving: vec![OWN.to_owned()],
        ..inputs(Phase::Plan)
    };
    let report = run_in(world, &own).await;
    assert_eq!(faults(&report), ["vnet_peerings warning"]);
}

#[tokio::test]
async fn peerings_that_failed_or_go_do_not_occupy_addresses() {
    let mut world = World::sound();
    world.vnet(&["10.2.0.0/16"], &json!([]));
    for state in ["error", "terminating", "terminated"] {
        world.gateways(&json!([gateway(SIBLING, "billing", state)]));
        let report = run_in(world.clone(), &inputs(Phase::Apply)).await;
        assert_eq!(faults(&report), [""; 0], "{state}");
    }
}

#[tokio::test]
async fn from_another_tenant_nothing_is_said_to_be_missing() {
    let mut world = World::sound();
    world.answers.remove(&vnet_id("orders").to_lowercase());
    let elsewhere = Inputs {
        tenant_id: Some("99999999-2222-3333-4444-555555555555".parse().unwrap()),
        ..inputs(Phase::Apply)
    };
    let report = run_in(world, &elsewhere).await;
    assert!(report.passed());
    let text = told(&report, CheckId::ServicePrincipal);
    assert!(text.contains(TENANT) && text.contains("99999999"), "{text}");
    assert_eq!(
        report.check(CheckId::VnetExists).unwrap().status,
        Status::Warning
    );
}

#[tokio::test]
async fn an_interrupted_run_ends_at_once() {
    let both = clients(World::sound());
    let scope = Scope::detached(Duration::from_secs(60));
    scope.cancel.cancel();
    let clients = Clients {
        azure: &both.azure,
        konnect: &both.konnect,
    };
    assert!(run(&inputs(Phase::Apply), clients, &scope).await.passed());
    assert_eq!(*both.calls.lock().unwrap(), [""; 0]);
}

#[tokio::test]
async fn what_this_run_made_a_moment_ago_counts_before_replicas_show_it() {
    let mut world = World::sound();
    let assignment = format!("{}/{OWN}", below_vnet("roleAssignments"));
    for path in [below_vnet("roleAssignments"), PRINCIPALS.to_owned()] {
        world.set(path, json!({"value": []}));
    }
    let role = world.answers.remove(&role_path().to_lowercase()).unwrap().1;
    world.set(
        format!("POST {PRINCIPALS}"),
        json!({"id": PRINCIPAL, "appId": APPLICATION}),
    );
    world.set(format!("PUT {}", role_path()), role);
    world.set(
        format!("PUT {assignment}"),
        json!({"id": assignment, "properties": {"roleDefinitionId": role_path(), "principalId": PRINCIPAL}}),
    );
    let both = clients(world);
    let report = run_both(&both, &inputs(Phase::Apply)).await;
    assert_eq!(
        faults(&report),
        ["service_principal failed", "role_assignment skipped"]
    );

    let client = both.azure.client().unwrap();
    let scope = Scope::detached(Duration::from_secs(60));
    let principal = client
        .create_service_principal(&scope, &APPLICATION.parse().unwrap())
        .await
        .unwrap();
    let report = run_both(&both, &inputs(Phase::Apply)).await;
    assert_eq!(faults(&report), ["role_assignment failed"]);

    let role_id = role_path().parse().unwrap();
    let body = azure::RoleDefinitionBody::default();
    client
        .put_role_definition(&scope, &role_id, &body)
        .await
        .unwrap();
    let body = azure::RoleAssignmentBody {
        role_definition_id: role_id,
        principal_id: principal.id,
        description: String::new(),
        condition: None,
        condition_version: None,
    };
    let assignment_id = assignment.parse().unwrap();
    client
        .put_role_assignment(&scope, &assignment_id, &body)
        .await
        .unwrap();
    let report = run_both(&both, &inputs(Phase::Apply)).await;
    assert_eq!(faults(&report), [""; 0]);
}
