use super::*;

const OWN: &str = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";
const KONGS: &str = "3f1d2b8c-0a9e-47d6-8c5b-e4a7f6091d23";

fn id(subscription: &str, name: &str) -> VnetId {
    VnetId::new(&subscription.parse().unwrap(), "net", name).unwrap()
}

/// The virtual network's peerings: name, state, the other side's subscription, addresses.
fn vnet(peerings: &[(&str, &str, &str, &[&str])]) -> VirtualNetwork {
    let peerings: Vec<_> = peerings
        .iter()
        .map(|(name, state, subscription, prefixes)| {
            serde_json::json!({
                "id": format!("/vnet/virtualNetworkPeerings/{name}"),
                "name": name,
                "properties": {
                    "peeringState": state,
                    "remoteVirtualNetwork": {"id": id(subscription, name).to_string()},
                    "remoteAddressSpace": {"addressPrefixes": prefixes},
                },
            })
        })
        .collect();
    serde_json::from_value(serde_json::json!({
        "id": "/vnet",
        "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}, "virtualNetworkPeerings": peerings},
    }))
    .unwrap()
}

fn network(block: &str, named: Option<&VnetId>) -> Network {
    serde_json::from_value(serde_json::json!({
        "id": "36ae63d3-efd1-4bec-b246-62aa5d3f5695",
        "cidr_block": block,
        "provider_metadata": {"vpc_id": named.map(ToString::to_string)},
    }))
    .unwrap()
}

fn found(vnet: &VirtualNetwork, network: &Network, before: Option<&[String]>) -> String {
    match find(vnet, &id(OWN, "orders"), network, before) {
        Half::Found(found) => {
            let id = found.half.id.as_str().unwrap_or_default();
            id.rsplit('/').next().unwrap_or_default().to_owned()
        }
        other => format!("{other:?}"),
    }
}

fn half(state: &str) -> Half {
    Half::Found(Found {
        half: AzurePeeringModel {
            id: "/vnet/virtualNetworkPeerings/kong".into(),
            state: state.into(),
            ..AzurePeeringModel::default()
        },
        is_silent: false,
    })
}

fn before(id: &str) -> Attr<AzurePeeringModel> {
    Attr::Known(AzurePeeringModel {
        id: id.into(),
        ..AzurePeeringModel::default()
    })
}

#[test]
fn the_half_is_known_by_the_block_that_it_leads_to() {
    let vnet = vnet(&[
        ("other", "Connected", KONGS, &["10.2.0.0/16", "fd00::/48"]),
        ("hub", "Connected", OWN, &["10.64.0.0/16"]),
        ("wide", "Connected", KONGS, &["10.64.0.0/15"]),
        ("kong", "Connected", KONGS, &["10.64.0.0/16"]),
    ]);
    for (block, expected) in [
        ("10.64.0.0/16", "kong"),
        ("10.65.128.0/18", "wide"),
        ("10.0.0.0/8", "wide"),
        ("10.66.0.0/16", "Missing"),
    ] {
        let found = found(&vnet, &network(block, None), None);
        assert_eq!(found, expected, "{block}");
    }
}

/// Azure connects no virtual network with two of the same addresses: what has come since is not the customer's.
#[test]
fn what_came_since_and_leads_there_is_the_half_wherever_the_other_side_lies() {
    let vnet = vnet(&[("kong", "Connected", OWN, &["10.64.0.0/16"])]);
    let network = network("10.64.0.0/16", None);
    assert_eq!(found(&vnet, &network, Some(&[])), "kong");
    assert_eq!(found(&vnet, &network, None), "Missing");
    let was_there = ["/vnet/virtualNetworkPeerings/kong".to_owned()];
    assert_eq!(found(&vnet, &network, Some(&was_there)), "Missing");
    let known = before("/vnet/virtualNetworkPeerings/kong");
    assert!(known_again(&vnet, &id(OWN, "orders"), &known).is_some());
}

#[test]
fn without_addresses_the_half_is_known_by_the_other_sides_id_or_not_at_all() {
    let silent = vnet(&[
        ("other", "Connected", KONGS, &[]),
        ("kong", "Connected", KONGS, &[]),
    ]);
    let named = network("10.64.0.0/16", Some(&id(KONGS, "KONG")));
    assert_eq!(found(&silent, &named, None), "kong");
    let elsewhere = network("10.64.0.0/16", Some(&id(KONGS, "x")));
    assert_eq!(found(&silent, &elsewhere, None), "Missing");
    let unnamed = network("10.64.0.0/16", None);
    assert_eq!(found(&silent, &unnamed, None), "Unclear");
    assert_eq!(found(&silent, &unnamed, Some(&[])), "Unclear");
    let was_there = ["/VNET/virtualNetworkPeerings/other".to_owned()];
    assert_eq!(found(&silent, &unnamed, Some(&was_there)), "kong");
    let alone = vnet(&[("to-hub", "Connected", KONGS, &[])]);
    assert_eq!(found(&alone, &unnamed, None), "Unclear");
    let own = vnet(&[("to-hub", "Connected", OWN, &[])]);
    for before in [None, Some(&[][..])] {
        assert_eq!(found(&own, &unnamed, before), "Missing");
    }
}

/// Rows 50 and 51.
#[test]
fn a_remainder_is_the_half_that_was_known_or_leads_to_the_network_alone() {
    let vnet = vnet(&[
        ("to-hub", "Connected", OWN, &["10.64.0.0/16"]),
        ("to-spoke", "Connected", OWN, &[]),
        ("silent", "Connected", KONGS, &[]),
        ("transit", "Connected", KONGS, &["10.64.0.0/12"]),
        ("kong", "Disconnected", KONGS, &["10.64.0.0/16"]),
    ]);
    let name = |before: &Attr<AzurePeeringModel>, network: Option<&Network>| {
        let left = remainder(&vnet, &id(OWN, "orders"), before, network);
        left.map(|peering| peering.name.clone())
    };
    let network = network("10.64.0.0/16", None);
    assert_eq!(name(&Attr::Null, Some(&network)).as_deref(), Some("kong"));
    assert_eq!(name(&Attr::Null, None), None);
    let known = before("/vnet/virtualNetworkPeerings/silent");
    assert_eq!(name(&known, None).as_deref(), Some("silent"));
    // The customer's own for all that is known.
    let own = before("/vnet/virtualNetworkPeerings/to-spoke");
    assert_eq!(name(&own, None), None);
    assert_eq!(name(&own, Some(&network)).as_deref(), Some("kong"));
}

#[test]
fn what_may_be_somebody_elses_is_not_advised_to_be_deleted() {
    let vnet = vnet(&[
        ("silent", "Disconnected", KONGS, &[]),
        ("kong", "Disconnected", KONGS, &["10.64.0.0/16"]),
    ]);
    let [silent, kong] = vnet.peerings.as_slice() else {
        panic!("two peerings")
    };
    let reported = Reported {
        name: "orders",
        vnet_id: "/vnet",
        before: &Attr::Null,
    };
    for (peering, is_deleted) in [(silent, false), (kong, true)] {
        let found = Found::from(peering);
        let left = leftover("peering", &found);
        let disconnected = reported.warning(&Half::Found(found)).unwrap();
        for warning in [left, disconnected] {
            let text = warning.detail;
            assert_eq!(text.contains("az network vnet peering delete"), is_deleted);
            assert_eq!(text.contains("az network vnet peering show"), !is_deleted);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_half_is_waited_for_a_bounded_while_and_its_absence_a_shorter_one() {
    let step = Duration::from_secs(1);
    let looks = async |half: &Half| {
        let mut connecting = Connecting::new();
        let mut looks = 1;
        while let Progress::NotYet(_) = connecting.judge(half.clone()) {
            tokio::time::advance(step).await;
            looks += 1;
        }
        looks
    };
    for (half, expected) in [
        (half("connected"), 1),
        (half("Initiated"), CONNECTED_GRACE.1),
        (Half::Missing, MISSING_GRACE.1),
        (Half::NoVnet, MISSING_GRACE.1),
        (Half::Unclear, MISSING_GRACE.1),
        (Half::NotNow, MISSING_GRACE.1),
        (Half::NotAllowed, 1),
    ] {
        assert_eq!(looks(&half).await, expected, "{half:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_half_that_stays_is_told_of_after_a_while_and_one_that_goes_is_not() {
    let mut patience = Grace::new();
    assert!(matches!(
        left(half("Connected"), &mut patience),
        Progress::NotYet(_)
    ));
    assert_eq!(left(Half::Missing, &mut patience), Progress::Done(None));
    let mut patience = Grace::new();
    let mut stayed = || left(half("Connected"), &mut patience);
    for _ in 0..100 {
        assert!(matches!(stayed(), Progress::NotYet(_)));
    }
    tokio::time::advance(Duration::from_secs(5)).await;
    assert!(matches!(stayed(), Progress::Done(Some(_))));
}

#[test]
fn what_was_known_before_is_known_again_by_its_id() {
    let vnet = vnet(&[
        ("other", "Connected", OWN, &[]),
        ("kong", "Disconnected", KONGS, &[]),
    ]);
    let again = |before| {
        let found = known_again(&vnet, &id(OWN, "orders"), &before);
        found.map(|peering| peering.name.clone())
    };
    let kong = before("/VNET/virtualNetworkPeerings/KONG");
    assert_eq!(again(kong).as_deref(), Some("kong"));
    let own = before("/vnet/virtualNetworkPeerings/other");
    for before in [before("/gone"), own, Attr::Null, Attr::Unknown] {
        assert_eq!(again(before), None);
    }
}

#[test]
fn a_look_that_failed_keeps_what_was_seen_before() {
    let prior = || before("/vnet/virtualNetworkPeerings/kong");
    assert_eq!(Half::NotNow.apply(prior()), prior());
    assert_eq!(Half::NotNow.apply(Attr::Unknown), Attr::Null);
    for half in [Half::NotAllowed, Half::Missing, Half::Unclear, Half::NoVnet] {
        assert_eq!(half.apply(prior()), Attr::Null);
    }
}

/// Null stands for what may not be looked at, so that what is surely not there has to be said.
#[test]
fn only_what_is_surely_not_connected_is_warned_of() {
    let seen = before("/vnet/virtualNetworkPeerings/kong");
    for (half, before, expected) in [
        (half("Connected"), &seen, None),
        (
            half("Initiated"),
            &seen,
            Some("\"orders\" is Initiated in Azure"),
        ),
        (
            half("Disconnected"),
            &seen,
            Some("\"orders\" is Disconnected in Azure"),
        ),
        (Half::Missing, &seen, Some("\"orders\" is gone")),
        (Half::Missing, &Attr::Null, Some("\"orders\" was not found")),
        (
            Half::NoVnet,
            &seen,
            Some("network of virtual network peering \"orders\" is gone"),
        ),
        (Half::Unclear, &seen, None),
        (Half::NotAllowed, &seen, None),
        (Half::NotNow, &seen, None),
    ] {
        let reported = Reported {
            name: "orders",
            vnet_id: "/vnet",
            before,
        };
        let summary = reported.warning(&half).map(|warning| warning.summary);
        match expected {
            Some(part) => assert!(summary.is_some_and(|text| text.ends_with(part)), "{half:?}"),
            None => assert_eq!(summary, None, "{half:?}"),
        }
    }
}
