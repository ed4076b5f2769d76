use super::*;

const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const OTHER_TENANT: &str = "21111111-2222-3333-4444-555555555555";
const SUBSCRIPTION: &str = "66666666-7777-8888-9999-aaaaaaaaaaaa";

fn vnet_id(name: &str) -> String {
    format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/{name}"
    )
}

fn by_id(id: &str) -> Target {
    Target {
        id: id.into(),
        ..Target::default()
    }
}

fn by_parts(name: &str) -> Target {
    Target {
        subscription_id: SUBSCRIPTION.into(),
        resource_group_name: "rg-net".into(),
        name: name.into(),
        ..Target::default()
    }
}

fn whole(name: &str) -> Target {
    Target {
        id: vnet_id(name).as_str().into(),
        tenant_id: TENANT.into(),
        ..by_parts(name)
    }
}

/// The planned value as the runtime hands it over after a change: the configuration, and unknown where it has nothing.
fn changed(config: &Target) -> Target {
    let unknown = |attr: &Attr<String>| match attr {
        Attr::Null => Attr::Unknown,
        given => given.clone(),
    };
    Target {
        id: unknown(&config.id),
        tenant_id: unknown(&config.tenant_id),
        subscription_id: unknown(&config.subscription_id),
        resource_group_name: unknown(&config.resource_group_name),
        name: unknown(&config.name),
    }
}

fn fill(config: &Target, prior: Option<&Target>, default_tenant: Option<&str>) -> Target {
    TargetPlan {
        config,
        planned: &changed(config),
        prior,
        default_tenant,
    }
    .fill::<VnetId>()
}

fn attributes(paths: &[Path]) -> Vec<String> {
    paths.iter().map(ToString::to_string).collect()
}

#[test]
fn the_id_gives_the_parts() {
    assert_eq!(
        fill(&by_id(&vnet_id("orders")), None, Some(TENANT)),
        whole("orders")
    );
}

#[test]
fn the_parts_give_the_id() {
    assert_eq!(
        fill(&by_parts("orders"), None, Some(TENANT)),
        whole("orders")
    );
}

#[test]
fn an_unknown_id_leaves_the_parts_unknown() {
    let config = Target {
        id: Attr::Unknown,
        ..Target::default()
    };
    let filled = fill(&config, None, None);
    assert_eq!(filled, changed(&config));
}

#[test]
fn an_unknown_part_leaves_the_id_unknown_and_keeps_the_rest() {
    let config = Target {
        name: Attr::Unknown,
        ..by_parts("orders")
    };
    let filled = fill(&config, None, Some(TENANT));
    assert!(filled.id.is_unknown());
    assert_eq!(filled.subscription_id, SUBSCRIPTION.into());
    assert_eq!(filled.tenant_id, TENANT.into());
}

#[test]
fn a_configured_tenant_wins_over_the_providers() {
    let config = Target {
        tenant_id: OTHER_TENANT.into(),
        ..by_id(&vnet_id("orders"))
    };
    assert_eq!(
        fill(&config, None, Some(TENANT)).tenant_id,
        OTHER_TENANT.into()
    );
}

#[test]
fn another_tenant_of_the_provider_does_not_move_an_object_that_stays() {
    let prior = whole("orders");
    let filled = fill(&by_id(&vnet_id("orders")), Some(&prior), Some(OTHER_TENANT));
    assert_eq!(filled, prior);
    let moved = fill(
        &by_id(&vnet_id("billing")),
        Some(&prior),
        Some(OTHER_TENANT),
    );
    assert_eq!(moved.tenant_id, OTHER_TENANT.into());
}

#[test]
fn going_over_to_the_other_way_is_no_change() {
    let prior = whole("orders");
    for config in [
        by_parts("ORDERS"),
        by_id(&vnet_id("Orders").to_uppercase().replace("ORDERS", "Orders")),
    ] {
        let filled = fill(&config, Some(&prior), None);
        assert_eq!(
            replaced_attributes::<VnetId>(&prior, &filled),
            [],
            "{config:?}"
        );
    }
}

#[test]
fn another_object_is_replaced_in_either_way() {
    let prior = whole("orders");
    for config in [by_parts("billing"), by_id(&vnet_id("billing"))] {
        let filled = fill(&config, Some(&prior), None);
        let paths = replaced_attributes::<VnetId>(&prior, &filled);
        assert_eq!(attributes(&paths), ["vnet_name", "vnet_id", "tenant_id"]);
    }
}

#[test]
fn another_tenant_alone_is_another_object() {
    let planned = Target {
        tenant_id: OTHER_TENANT.into(),
        ..whole("orders")
    };
    let paths = replaced_attributes::<VnetId>(&whole("orders"), &planned);
    assert_eq!(attributes(&paths), ["tenant_id"]);
}

#[test]
fn an_id_that_is_not_known_yet_may_be_another_object() {
    let prior = whole("orders");
    let config = Target {
        id: Attr::Unknown,
        ..Target::default()
    };
    let filled = fill(&config, Some(&prior), Some(TENANT));
    let paths = replaced_attributes::<VnetId>(&prior, &filled);
    assert_eq!(
        attributes(&paths),
        [
            "subscription_id",
            "resource_group_name",
            "vnet_name",
            "vnet_id"
        ]
    );
}

#[test]
fn exactly_one_way_is_taken() {
    let both = Target {
        id: vnet_id("orders").as_str().into(),
        ..by_parts("orders")
    };
    let half = Target {
        name: Attr::Null,
        ..by_parts("orders")
    };
    let unknown_id = Target {
        id: Attr::Unknown,
        name: "orders".into(),
        ..Target::default()
    };
    for (config, expected) in [
        (Target::default(), vec!["vnet_id"]),
        (
            both,
            vec!["subscription_id", "resource_group_name", "vnet_name"],
        ),
        (half, vec!["vnet_name"]),
        (by_parts("a/b"), vec!["vnet_name"]),
        (by_parts("orders"), vec![]),
        (by_id(&vnet_id("orders")), vec![]),
        (unknown_id, vec![]),
        (
            Target {
                name: "billing".into(),
                ..whole("orders")
            },
            vec!["subscription_id", "resource_group_name", "vnet_name"],
        ),
    ] {
        let found: Vec<String> = check::<VnetId>(&config)
            .iter()
            .map(|diagnostic| diagnostic.path.to_string())
            .collect();
        assert_eq!(found, expected, "{config:?}");
    }
}

#[test]
fn what_older_hosts_generate_says_everything_twice_and_is_taken() {
    let generated = Target {
        name: "Orders".into(),
        ..whole("orders")
    };
    let found = check::<VnetId>(&generated);
    assert!(!found.has_errors());
    assert_eq!(found.iter().count(), 1);
    assert_eq!(fill(&generated, None, None), generated);
    let paths = replaced_attributes::<VnetId>(&whole("orders"), &generated);
    assert_eq!(attributes(&paths), [""; 0]);
}

#[test]
fn reading_keeps_the_users_spelling() {
    let prior = Target {
        id: vnet_id("Orders").as_str().into(),
        name: "Orders".into(),
        ..whole("orders")
    };
    let read = from_remote::<VnetId>(&prior, whole("orders").known().unwrap());
    assert_eq!(read, prior);
}

#[test]
fn reading_after_an_import_fills_everything() {
    let read = from_remote::<VnetId>(&Target::default(), whole("orders").known().unwrap());
    assert_eq!(read, whole("orders"));
}

#[test]
fn parts_that_make_no_id_are_read_without_one() {
    let odd = whole("a/b");
    let read = from_remote::<VnetId>(&Target::default(), odd.known().unwrap());
    assert_eq!((read.id, read.name), (Attr::Null, "a/b".into()));
}
