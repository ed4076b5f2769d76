//! One fault at a time: which check finds it, and how hard it is judged when.

use serde_json::json;

use super::super::*;
use super::told;
use super::world::*;

/// A world with one fault, and what is said of it when.
pub(super) struct Fault {
    pub(super) name: &'static str,
    pub(super) change: fn(&mut World),
    pub(super) check: CheckId,
    pub(super) at_plan: Status,
    pub(super) at_apply: Status,
    pub(super) standalone: Status,
    pub(super) says: &'static [&'static str],
}

pub(super) const fn always(
    name: &'static str,
    check: CheckId,
    change: fn(&mut World),
    says: &'static [&'static str],
) -> Fault {
    Fault {
        name,
        change,
        check,
        at_plan: Status::Failed,
        at_apply: Status::Failed,
        standalone: Status::Failed,
        says,
    }
}

const fn waited_out(
    name: &'static str,
    check: CheckId,
    change: fn(&mut World),
    says: &'static [&'static str],
) -> Fault {
    Fault {
        at_apply: Status::Warning,
        ..only_at_apply(name, check, change, says)
    }
}

pub(super) const fn only_at_apply(
    name: &'static str,
    check: CheckId,
    change: fn(&mut World),
    says: &'static [&'static str],
) -> Fault {
    Fault {
        at_plan: Status::Warning,
        ..always(name, check, change, says)
    }
}

/// Told, and never in the way.
pub(super) const fn only_warned_of(
    name: &'static str,
    check: CheckId,
    change: fn(&mut World),
    says: &'static [&'static str],
) -> Fault {
    Fault {
        at_plan: Status::Warning,
        at_apply: Status::Warning,
        standalone: Status::Warning,
        ..always(name, check, change, says)
    }
}

fn of_existence() -> Vec<Fault> {
    vec![
        always(
            "no network",
            CheckId::NetworkExists,
            |world| world.refuse(network_path(), 404, json!({"title": "Not Found"})),
            &[NETWORK],
        ),
        always(
            "network elsewhere",
            CheckId::NetworkIsAzure,
            |world| world.set(account_path(), json!({"id": ACCOUNT, "provider": "aws"})),
            &["aws", "eastus2"],
        ),
        only_warned_of(
            "network in a cloud and a region to come",
            CheckId::NetworkIsAzure,
            |world| {
                world.set(account_path(), json!({"id": ACCOUNT, "provider": "nimbus"}));
                world.network(&json!({"region": "moon1"}));
            },
            &["nimbus", "moon1"],
        ),
        always(
            "network going",
            CheckId::NetworkReady,
            |world| world.network(&json!({"state": "terminating"})),
            &["terminating"],
        ),
        waited_out(
            "network initializing",
            CheckId::NetworkReady,
            |world| {
                world.network(&json!({"state": "initializing", "state_metadata": {"reported_status": "INVALID", "reason": "zone"}}));
            },
            &["initializing", "INVALID: zone", "30 to 40 minutes"],
        ),
        waited_out(
            "network in a state to come",
            CheckId::NetworkReady,
            |world| world.network(&json!({"state": "dreaming"})),
            &["dreaming"],
        ),
        waited_out(
            "network offline",
            CheckId::NetworkReady,
            |world| world.network(&json!({"state": "offline"})),
            &["offline", "no infrastructure"],
        ),
        always(
            "no virtual network",
            CheckId::VnetExists,
            |world| drop(world.answers.remove(&vnet_id("orders").to_lowercase())),
            &["virtualNetworks/orders"],
        ),
        always(
            "virtual network going",
            CheckId::VnetExists,
            |world| {
                let mut going = vnet(&["10.1.0.0/16"], &json!([]));
                going["properties"]["provisioningState"] = json!("Deleting");
                world.set(vnet_id("orders"), going);
            },
            &["virtualNetworks/orders", "being deleted"],
        ),
        only_warned_of(
            "virtual network in a failed state",
            CheckId::VnetExists,
            |world| {
                let mut failed = vnet(&["10.1.0.0/16"], &json!([]));
                failed["properties"]["provisioningState"] = json!("Failed");
                world.set(vnet_id("orders"), failed);
            },
            &[
                "provisioning state is Failed",
                "az network vnet update --ids /subscriptions/",
            ],
        ),
    ]
}

fn of_addresses() -> Vec<Fault> {
    vec![
        // Row 54: the default block of both sides is the same one.
        always(
            "overlap with the network",
            CheckId::AddressSpace,
            |world| {
                world.network(&json!({"cidr_block": "10.0.0.0/16"}));
                world.vnet(&["192.168.0.0/24", "10.0.0.0/16"], &json!([]));
            },
            &[
                "10.0.0.0/16 of the virtual network overlaps 10.0.0.0/16 of the Konnect network \"prod\"",
                "other addresses",
            ],
        ),
        only_warned_of(
            "overlap with a reserved range",
            CheckId::AddressSpace,
            |world| world.vnet(&["10.100.4.0/24"], &json!([])),
            &["10.100.4.0/24", "10.100.0.0/16", "reserves"],
        ),
        always(
            "overlap with a reserved range and with the network",
            CheckId::AddressSpace,
            |world| world.vnet(&["10.100.4.0/24", "10.64.0.0/24"], &json!([])),
            &["10.64.0.0/24", "10.100.4.0/24", "other addresses"],
        ),
        // Row 53.
        always(
            "overlap with a sibling",
            CheckId::AddressSpace,
            |world| world.vnet(&["10.2.128.0/17"], &json!([])),
            &[
                "10.2.128.0/17",
                "10.2.0.0/16",
                "billing",
                "addresses of their own",
            ],
        ),
        always(
            "overlap with a peer of the virtual network",
            CheckId::AddressSpace,
            |world| {
                world.vnet(
                    &["10.1.0.0/16"],
                    &json!([half(
                        "hub",
                        "/other",
                        "Connected",
                        "FullyInSync",
                        &["10.64.0.0/12"]
                    )]),
                );
            },
            &[
                "10.64.0.0/16",
                "10.64.0.0/12",
                "/other",
                "virtualNetworkPeerings/hub",
            ],
        ),
        always(
            "a network of the customer's own with the same addresses",
            CheckId::AddressSpace,
            |world| {
                let own = vnet_id("hub");
                let halves = json!([half(
                    "hub",
                    &own,
                    "Connected",
                    "FullyInSync",
                    &["10.64.0.0/16"]
                )]);
                world.vnet(&["10.1.0.0/16"], &halves);
            },
            &[
                "10.64.0.0/16",
                "virtualNetworkPeerings/hub",
                "other addresses",
            ],
        ),
    ]
}

fn of_the_same_two() -> Vec<Fault> {
    vec![
        Fault {
            standalone: Status::Passed,
            ..always(
                "peered already",
                CheckId::AddressSpace,
                |world| world.gateways(&json!([gateway(OWN, "Orders", "ready")])),
                &[
                    "to-Orders",
                    "state ready",
                    "to = konnectazure_vnet_peering.NAME\n  id = \"36ae63d3-efd1-4bec-b246-62aa5d3f5695/0da2a7a4-7d0d-4f0e-9b7e-6d7a3d3d0001\"",
                ],
            )
        },
        Fault {
            standalone: Status::Warning,
            ..always(
                "peered already, and not well",
                CheckId::AddressSpace,
                |world| world.gateways(&json!([gateway(OWN, "Orders", "pending-acceptance")])),
                &["to-Orders", OWN, "state pending-acceptance"],
            )
        },
    ]
}

fn of_rights() -> Vec<Fault> {
    vec![
        // Row 14: what this run may still make does not fail the plan.
        only_at_apply(
            "no service principal",
            CheckId::ServicePrincipal,
            |world| world.set(PRINCIPALS, json!({"value": []})),
            &[
                "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/adminconsent?client_id=207b296f-cf25-4d23-9eba-9a2c41dc62ca",
                "Application Administrator",
            ],
        ),
        always(
            "disabled service principal",
            CheckId::ServicePrincipal,
            |world| world.principal(false),
            &[PRINCIPAL, "disabled"],
        ),
        only_at_apply(
            "no assignment",
            CheckId::RoleAssignment,
            |world| world.set(below_vnet("roleAssignments"), json!({"value": []})),
            &[
                "no role",
                PRINCIPAL,
                "virtualNetworks/orders",
                "konnectazure_role_assignment",
            ],
        ),
        // Row 43: which one is missing.
        only_at_apply(
            "an action too few",
            CheckId::RoleAssignment,
            |world| {
                world.role(&[
                    "*/read",
                    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/*",
                ]);
            },
            &[
                "- Microsoft.Network/virtualNetworks/peer/action\n",
                "\"Kong Peering\" at /subscriptions/",
            ],
        ),
        always(
            "denied",
            CheckId::RoleAssignment,
            |world| {
                world.set(below_vnet("denyAssignments"), json!({"value": [{"id": "/deny/1", "properties": {
                    "denyAssignmentName": "stack", "scope": format!("/subscriptions/{SUBSCRIPTION}"), "permissions": [{"actions": ["*/write"]}],
                    "principals": [{"id": "00000000-0000-0000-0000-000000000000"}]}}]}));
            },
            &["virtualNetworkPeerings/write, by \"stack\" (/deny/1)"],
        ),
    ]
}

fn of_peerings() -> Vec<Fault> {
    vec![
        // Row 50.
        always(
            "dead half",
            CheckId::VnetPeerings,
            |world| {
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
            },
            &[
                "Disconnected",
                "az network vnet peering delete --ids /subscriptions/",
                "virtualNetworkPeerings/kong",
            ],
        ),
        // A peering that was deleted outside has to show as to be made again, although its half may still be there.
        Fault {
            at_plan: Status::Warning,
            at_apply: Status::Warning,
            standalone: Status::Warning,
            ..always(
                "a half that no peering accounts for",
                CheckId::VnetPeerings,
                |world| {
                    let halves = json!([half(
                        "kong",
                        KONGS_VNET,
                        "Connected",
                        "FullyInSync",
                        &["10.64.0.0/16"]
                    )]);
                    world.vnet(&["10.1.0.0/16"], &halves);
                },
                &[
                    "virtualNetworkPeerings/kong",
                    "shows no peering",
                    "az network vnet peering delete",
                ],
            )
        },
        // Row 52.
        Fault {
            at_plan: Status::Warning,
            at_apply: Status::Warning,
            standalone: Status::Warning,
            ..always(
                "half out of sync",
                CheckId::VnetPeerings,
                |world| {
                    world.network(
                        &json!({"provider_metadata": {"vpc_id": KONGS_VNET.to_uppercase()}}),
                    );
                    world.vnet(
                        &["10.1.0.0/16"],
                        &json!([half(
                            "kong",
                            KONGS_VNET,
                            "Connected",
                            "LocalNotInSync",
                            &["10.64.0.0/16"]
                        )]),
                    );
                },
                &["LocalNotInSync", "az network vnet peering sync"],
            )
        },
        Fault {
            at_plan: Status::Passed,
            at_apply: Status::Passed,
            standalone: Status::Warning,
            ..always(
                "someone else's dead half",
                CheckId::VnetPeerings,
                |world| {
                    world.vnet(
                        &["10.1.0.0/16"],
                        &json!([half(
                            "hub",
                            "/other",
                            "Disconnected",
                            "FullyInSync",
                            &["10.7.0.0/16"]
                        )]),
                    );
                },
                &[],
            )
        },
    ]
}

fn of_dead_halves() -> Vec<Fault> {
    vec![
        always(
            "dead half of a network that has grown since",
            CheckId::VnetPeerings,
            |world| {
                let prefixes = ["10.64.0.0/16", "10.65.0.0/16"];
                let dead = half("kong", KONGS_VNET, "Disconnected", "FullyInSync", &prefixes);
                world.vnet(&["10.1.0.0/16"], &json!([dead]));
            },
            &[
                "10.64.0.0/16, 10.65.0.0/16",
                "az network vnet peering delete --ids /subscriptions/",
            ],
        ),
        Fault {
            at_plan: Status::Warning,
            at_apply: Status::Warning,
            standalone: Status::Warning,
            ..always(
                "dead half that does not tell where it led",
                CheckId::VnetPeerings,
                |world| {
                    let dead = half("kong", KONGS_VNET, "Disconnected", "FullyInSync", &[]);
                    world.vnet(&["10.1.0.0/16"], &json!([dead]));
                },
                &[
                    "not known where it led",
                    "az network vnet peering show --ids /subscriptions/",
                ],
            )
        },
        Fault {
            at_plan: Status::Passed,
            at_apply: Status::Passed,
            standalone: Status::Warning,
            ..always(
                "dead half that led to the customer's own hub",
                CheckId::VnetPeerings,
                |world| {
                    let dead = half("hub", &vnet_id("hub"), "Disconnected", "FullyInSync", &[]);
                    world.vnet(&["10.1.0.0/16"], &json!([dead]));
                },
                &["It leads elsewhere"],
            )
        },
    ]
}

/// Rows 43, 50, 52, 53 and 54 of docs/user-pains.md.
#[tokio::test(start_paused = true)]
async fn every_fault_is_found_by_its_check_and_by_no_other() {
    let all = [
        of_existence(),
        of_addresses(),
        of_the_same_two(),
        of_rights(),
        of_peerings(),
        of_dead_halves(),
    ];
    for fault in all.into_iter().flatten() {
        assert_found(&fault, Kind::VnetPeering).await;
    }
}

/// Whether the fault is found by its check, and by no other, and judged as it should be when.
pub(super) async fn assert_found(fault: &Fault, kind: Kind) {
    for (phase, expected) in [
        (Phase::Plan, fault.at_plan),
        (Phase::Apply, fault.at_apply),
        (Phase::Standalone, fault.standalone),
    ] {
        let mut world = World::sound();
        (fault.change)(&mut world);
        let report = run_in(world, &inputs_of(kind, phase)).await;
        let name = fault.name;
        let found = report.check(fault.check).unwrap();
        assert_eq!(found.status, expected, "{name} at {phase:?}: {found:?}");
        assert_eq!(
            report.passed(),
            expected != Status::Failed,
            "{name} at {phase:?}"
        );
        let text = told(&report, fault.check);
        if expected != Status::Passed {
            for part in fault.says {
                assert!(
                    text.contains(part),
                    "{name} at {phase:?}: {part:?} is not in {text}"
                );
            }
        }
        let others: Vec<_> = report
            .checks
            .iter()
            .filter(|check| {
                check.id != fault.check && matches!(check.status, Status::Failed | Status::Warning)
            })
            .collect();
        assert!(others.is_empty(), "{name} at {phase:?}: {others:#?}");
    }
}
