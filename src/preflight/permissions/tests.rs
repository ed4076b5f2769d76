use serde_json::{Value, json};

use super::*;
use crate::preflight::inputs::Kind;
use crate::preflight::observations::Grants;

const VNET: &str = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/orders";
const PRINCIPAL: &str = "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11";
const OTHER: &str = "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a12";
const EVERYONE: &str = "00000000-0000-0000-0000-000000000000";

fn role(permissions: &Value) -> RoleDefinition {
    serde_json::from_value(json!({
        "id": "/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7",
        "properties": {"roleName": "r", "type": "CustomRole", "permissions": permissions}
    }))
    .unwrap()
}

fn allowing(actions: &[&str], not_actions: &[&str]) -> RoleDefinition {
    role(&json!([{"actions": actions, "notActions": not_actions}]))
}

fn denial(
    scope: &str,
    whom: &str,
    but: &[&str],
    permissions: &Value,
    only_there: bool,
) -> DenyAssignment {
    let excluded: Vec<_> = but
        .iter()
        .map(|id| json!({"id": id, "type": "ServicePrincipal"}))
        .collect();
    serde_json::from_value(json!({"id": "/deny/1", "properties": {
        "denyAssignmentName": "Managed", "scope": scope, "doNotApplyToChildScopes": only_there, "permissions": permissions,
        "principals": [{"id": whom, "type": "ServicePrincipal"}], "excludePrincipals": excluded
    }}))
    .unwrap()
}

fn needed() -> Vec<String> {
    VNET_PEERING_ACTIONS.map(str::to_owned).to_vec()
}

fn lacking(roles: Vec<(&str, RoleDefinition)>, denials: &[DenyAssignment]) -> Lack {
    let roles: Vec<_> = roles
        .into_iter()
        .map(|(scope, role)| (scope.parse().unwrap(), role))
        .collect();
    lack(
        &needed(),
        &VNET.parse().unwrap(),
        &PRINCIPAL.parse().unwrap(),
        &roles,
        denials,
    )
}

/// The last parts of what is missing, for reading.
fn short(actions: &[String]) -> Vec<&str> {
    actions
        .iter()
        .map(|action| action.split_once("virtualNetworks/").unwrap().1)
        .collect()
}

#[test]
fn wildcards_and_exceptions_decide_without_regard_to_case() {
    let table: &[(&[&str], &[&str], &[&str])] = &[
        (&VNET_PEERING_ACTIONS, &[], &[]),
        (&["*"], &[], &[]),
        (&["MICROSOFT.network/VirtualNetworks/*"], &[], &[]),
        (
            &["Microsoft.Network/*"],
            &["*/delete"],
            &["virtualNetworkPeerings/delete"],
        ),
        (
            &["*"],
            &["Microsoft.Network/virtualNetworks/PEER/*"],
            &["peer/action"],
        ),
        (
            &["*/read"],
            &[],
            &[
                "virtualNetworkPeerings/write",
                "virtualNetworkPeerings/delete",
                "peer/action",
            ],
        ),
        (
            &["Microsoft.Network/virtualNetworks/virtualNetworkPeerings/*"],
            &[],
            &["read", "peer/action"],
        ),
        (
            &["Microsoft.Network/virtualNetworks/*/action", "*/read"],
            &[],
            &[
                "virtualNetworkPeerings/write",
                "virtualNetworkPeerings/delete",
            ],
        ),
        (
            &[],
            &[],
            &[
                "read",
                "virtualNetworkPeerings/read",
                "virtualNetworkPeerings/write",
                "virtualNetworkPeerings/delete",
                "peer/action",
            ],
        ),
    ];
    for (actions, not_actions, missing) in table {
        let lack = lacking(vec![(VNET, allowing(actions, not_actions))], &[]);
        assert_eq!(
            short(&lack.missing),
            *missing,
            "{actions:?} {not_actions:?}"
        );
    }
}

#[test]
fn an_assignment_counts_at_the_network_and_above_it_only() {
    let subscription = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590";
    for (scope, counts) in [
        (VNET.to_owned(), true),
        (
            VNET.to_uppercase()
                .replace("/SUBSCRIPTIONS", "/subscriptions"),
            true,
        ),
        (format!("{subscription}/resourcegroups/NET"), true),
        (subscription.to_owned(), true),
        (
            "/providers/Microsoft.Management/managementGroups/root".to_owned(),
            true,
        ),
        ("/".to_owned(), true),
        (format!("{VNET}/subnets/a"), false),
        (format!("{VNET}2"), false),
        (format!("{subscription}/resourceGroups/ne"), false),
        (
            "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09591".to_owned(),
            false,
        ),
    ] {
        let lack = lacking(vec![(&scope, allowing(&["*"], &[]))], &[]);
        assert_eq!(lack.missing.is_empty(), counts, "{scope}");
    }
}

#[test]
fn several_roles_add_up_and_an_exception_is_only_its_own_roles() {
    let parts = vec![
        (VNET, allowing(&["*/read"], &[])),
        (
            VNET,
            allowing(
                &["Microsoft.Network/virtualNetworks/virtualNetworkPeerings/*"],
                &[],
            ),
        ),
        (VNET, allowing(&["*/peer/action"], &[])),
    ];
    assert_eq!(lacking(parts, &[]), Lack::default());
    let excepted = vec![
        (VNET, allowing(&["*"], &["*/peer/action"])),
        (
            VNET,
            allowing(&["Microsoft.Network/virtualNetworks/peer/action"], &[]),
        ),
    ];
    assert_eq!(lacking(excepted, &[]), Lack::default());
    let blocks =
        role(&json!([{"actions": ["*/read"]}, {"actions": ["*"], "notActions": ["*/read"]}]));
    assert_eq!(lacking(vec![(VNET, blocks)], &[]), Lack::default());
    assert_eq!(lacking(Vec::new(), &[]).missing, needed());
}

#[test]
fn data_actions_grant_nothing_here() {
    let data = role(&json!([{"actions": null, "dataActions": ["*"]}]));
    assert_eq!(lacking(vec![(VNET, data)], &[]).missing, needed());
}

#[test]
fn deny_assignments_win_over_every_role() {
    let write = json!([{"actions": ["*/write", "*/delete"], "notActions": ["*/delete"]}]);
    let everything = json!([{"actions": ["*"]}]);
    let subscription = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590";
    let elsewhere = format!("{subscription}/resourceGroups/other");
    let group = "/providers/Microsoft.Management/managementGroups/root";
    let table: &[(DenyAssignment, usize)] = &[
        (denial(VNET, PRINCIPAL, &[], &write, false), 1),
        (denial(subscription, EVERYONE, &[], &write, false), 1),
        (denial(group, EVERYONE, &[], &write, false), 1),
        (
            denial(subscription, EVERYONE, &[PRINCIPAL], &write, false),
            0,
        ),
        (
            denial(subscription, EVERYONE, &[OTHER], &everything, false),
            5,
        ),
        // Listed by a service that does not know the filter.
        (denial(&elsewhere, EVERYONE, &[], &everything, false), 0),
        (
            denial(
                &format!("{VNET}/subnets/a"),
                EVERYONE,
                &[],
                &everything,
                false,
            ),
            0,
        ),
        (denial(VNET, OTHER, &[], &everything, false), 0),
        // Holds at its own scope alone.
        (denial(subscription, EVERYONE, &[], &everything, true), 0),
        (
            denial(&VNET.to_lowercase(), EVERYONE, &[], &everything, true),
            5,
        ),
        (denial(VNET, EVERYONE, &[], &json!([]), false), 0),
    ];
    for (denial, count) in table {
        let lack = lacking(
            vec![(VNET, allowing(&["*"], &[]))],
            std::slice::from_ref(denial),
        );
        assert!(lack.missing.is_empty());
        assert_eq!(lack.denied.len(), *count, "{denial:?}");
        assert!(
            lack.denied
                .iter()
                .all(|(_, by)| by == "\"Managed\" (/deny/1)")
        );
    }
}

#[test]
fn what_is_denied_counts_first_and_what_is_not_seen_is_no_lack() {
    let action = || "a".to_owned();
    let (missing, denied) = (vec![action()], vec![(action(), action())]);
    let lack = |is_missing: bool, is_denied: bool, is_perhaps_denied: bool| Lack {
        missing: missing.iter().filter(|_| is_missing).cloned().collect(),
        denied: denied.iter().filter(|_| is_denied).cloned().collect(),
        perhaps_denied: denied
            .iter()
            .filter(|_| is_perhaps_denied)
            .cloned()
            .collect(),
    };
    let none = Grants::default();
    let unread = Grants {
        unread: vec![action()],
        is_without_groups: true,
        ..Grants::default()
    };
    let without_groups = Grants {
        is_without_groups: true,
        ..Grants::default()
    };
    let some = Grants {
        roles: vec![(VNET.parse().unwrap(), allowing(&["*/read"], &[]))],
        ..Grants::default()
    };
    let (vnet, hub) = (Kind::VnetPeering, Kind::VirtualHubPeering);
    for (kind, grants, lack, expected) in [
        (vnet, &some, lack(false, false, false), Verdict::Allowed),
        (vnet, &unread, lack(false, false, false), Verdict::Allowed),
        (
            vnet,
            &some,
            lack(false, false, true),
            Verdict::AllowedUnlessDeniedByGroup,
        ),
        (vnet, &some, lack(false, true, true), Verdict::Denied),
        (vnet, &unread, lack(true, true, true), Verdict::Denied),
        (
            vnet,
            &unread,
            lack(true, false, false),
            Verdict::LackingUnlessUnread,
        ),
        (
            vnet,
            &without_groups,
            lack(true, false, true),
            Verdict::LackingUnlessByGroup,
        ),
        (vnet, &some, lack(true, false, true), Verdict::Lacking),
        (vnet, &none, lack(true, false, false), Verdict::Lacking),
        (
            hub,
            &some,
            lack(true, false, false),
            Verdict::PerhapsLacking,
        ),
        (hub, &none, lack(true, false, false), Verdict::Lacking),
    ] {
        assert_eq!(
            Verdict::of(kind, grants, &lack),
            expected,
            "{kind:?} {grants:?} {lack:?}"
        );
    }
}
