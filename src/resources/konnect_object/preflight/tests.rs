use super::*;
use crate::preflight::Kind;

const ZONE: &str = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/net/providers/Microsoft.Network/privateDnsZones/corp.example";

fn report(checks: &[(CheckId, Status)]) -> Report {
    let checks = checks.iter().map(|(id, status)| Check {
        id: *id,
        status: *status,
        headline: None,
        detail: String::new(),
        fix: String::new(),
    });
    Report {
        kind: Kind::VnetPeering,
        phase: Phase::Apply,
        checks: checks.collect(),
    }
}

/// How many seconds a report that stays as it is is looked at again.
async fn seconds(is_replacement: bool, checks: &[(CheckId, Status)]) -> u64 {
    let mut patience = Patience::new(is_replacement);
    let mut seconds = 0;
    while patience.waits_for(&report(checks)).is_some() {
        tokio::time::advance(Duration::from_secs(1)).await;
        seconds += 1;
    }
    seconds
}

#[tokio::test(start_paused = true)]
async fn what_goes_with_a_deleted_object_is_waited_for_and_nothing_else() {
    use CheckId::{AddressSpace, LinkName, RoleAssignment, VnetPeerings};
    use Status::{Failed, Passed, Warning};
    for (checks, alone, replaced) in [
        (vec![(VnetPeerings, Failed), (AddressSpace, Passed)], 0, 30),
        (vec![(LinkName, Failed)], 0, 30),
        (vec![(LinkName, Warning)], 0, 0),
        // A half that still looks alive.
        (vec![(VnetPeerings, Warning)], 0, 30),
        (
            vec![(VnetPeerings, Failed), (RoleAssignment, Failed)],
            0,
            30,
        ),
        (vec![(VnetPeerings, Failed), (AddressSpace, Failed)], 0, 0),
        (vec![(RoleAssignment, Failed)], 5, 5),
        (vec![(AddressSpace, Failed)], 0, 0),
        (vec![(RoleAssignment, Passed)], 0, 0),
    ] {
        assert_eq!(seconds(false, &checks).await, alone, "{checks:?}");
        assert_eq!(seconds(true, &checks).await, replaced, "{checks:?}");
    }
}

#[test]
fn a_deleted_object_counts_where_it_was() {
    let place = || Place::Zone(ZONE.parse().unwrap());
    let inputs = |target: Option<Place>, link: &str| Inputs {
        target: target.map(Target::ByName),
        link_name: Some(link.to_owned()),
        ..Inputs::new(Kind::PrivateHostedZone, Phase::Apply)
    };
    let leaving = Leaving::default();
    let of = |inputs| leaving.complete(inputs);
    assert!(!of(inputs(Some(place()), "kong")).is_replacement);
    leaving.note(Left {
        id: "d2c1b0a9".to_owned(),
        place: Some(place()),
        link_name: Some("Kong".to_owned()),
    });
    let again = of(inputs(Some(place()), "kong"));
    assert!(again.is_replacement);
    assert_eq!(again.leaving, ["d2c1b0a9"]);
    let elsewhere = ZONE.replace("corp", "other").parse().unwrap();
    for other in [
        inputs(Some(place()), "other"),
        inputs(Some(Place::Zone(elsewhere)), "kong"),
        inputs(None, "kong"),
    ] {
        let other = of(other);
        assert!(!other.is_replacement);
        assert_eq!(other.leaving, ["d2c1b0a9"]);
    }
}
