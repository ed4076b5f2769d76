//! The half of the peering that Kong's application makes on the customer's virtual network.
//!
//! Konnect does not tell its id, and Kong chooses its name. It is known by its other side: no two networks that are peered with one virtual
//! network may overlap, so that the only peering that reaches the Konnect network's address block is Kong's. Once it is known, its id is enough.

use std::time::Duration;

use crate::azure::ids::{VnetId, same_arm_id};
use crate::azure::{self, PeeringState, VirtualNetwork, VnetPeering};
use crate::http::poll::Progress;
use crate::http::scope::Scope;
use crate::konnect::Network;
use crate::preflight::cidr::{Cidr, readable};
use crate::preflight::leads_to;
use crate::tf::attr::Attr;
use crate::tf::diagnostics::Diagnostic;
use crate::tf::path::Path;

use super::schema::AzurePeeringModel;

/// How long to look at most: the peering is Konnect's, and Azure's answer only an addition.
const LOOK_LIMIT: Duration = Duration::from_secs(20);

/// How often to look until a half that is there is connected, once Konnect reports the peering as ready: the peering is ready by what Konnect says, so
/// that this bounds a courtesy.
const CONNECTED_LOOKS: u32 = 10;

/// The same for a half that is not there, and may never be seen.
const MISSING_LOOKS: u32 = 3;

/// How often to look whether a half goes with its peering, which Konnect has deleted.
const LEFTOVER_LOOKS: u32 = 4;

/// What a look at the virtual network found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Half {
    /// The virtual network was read; there may be no half on it.
    Seen(Option<AzurePeeringModel>),
    /// The caller may not look.
    NotAllowed,
    /// It could not be read this time.
    NotNow,
}

/// Whether the half of a ready peering is connected, or not worth another look after so many.
pub(super) fn connected(half: Half, looks: u32) -> Progress<Half> {
    let (limit, state) = match &half {
        Half::NotAllowed => return Progress::Done(half),
        Half::Seen(Some(found)) if is_connected(found) => return Progress::Done(half),
        Half::Seen(Some(found)) => {
            let state = found.state.as_str().unwrap_or("in an unknown state");
            (CONNECTED_LOOKS, format!("it is {state}"))
        }
        Half::Seen(None) => (MISSING_LOOKS, "it is not there".to_owned()),
        Half::NotNow => (MISSING_LOOKS, "it cannot be read".to_owned()),
    };
    if looks < limit {
        Progress::NotYet(state)
    } else {
        Progress::Done(half)
    }
}

/// Whether the half of a deleted peering is gone, or has stayed after so many looks.
pub(super) fn left(half: Half, looks: u32) -> Progress<Option<AzurePeeringModel>> {
    match half {
        Half::NotAllowed | Half::NotNow | Half::Seen(None) => Progress::Done(None),
        Half::Seen(Some(_)) if looks < LEFTOVER_LOOKS => {
            Progress::NotYet("it is still there".to_owned())
        }
        Half::Seen(left) => Progress::Done(left),
    }
}

fn is_connected(half: &AzurePeeringModel) -> bool {
    let connected = PeeringState::Connected.to_string();
    half.state
        .as_str()
        .is_some_and(|state| state.eq_ignore_ascii_case(&connected))
}

/// The virtual network with its halves of peerings; nothing where it does not exist.
pub(super) async fn read_vnet(
    azure: &azure::Access,
    scope: &Scope,
    vnet_id: &VnetId,
) -> Result<Option<VirtualNetwork>, Half> {
    let scope = scope.at_most(LOOK_LIMIT);
    let client = azure.client().map_err(|error| {
        if error.is_not_known_yet() {
            Half::NotNow
        } else {
            Half::NotAllowed
        }
    })?;
    let read = client.get_virtual_network(&scope, vnet_id).await;
    read.map_err(|error| {
        tracing::debug!("the peerings of {vnet_id} were not read: {error}");
        let may_not_look = error.is_forbidden()
            || error.is_unauthorized()
            || error.is_credential()
            || error.is_not_configured();
        if may_not_look {
            Half::NotAllowed
        } else {
            Half::NotNow
        }
    })
}

/// The half that was known before, as it is now.
pub(super) fn known_again<'a>(
    vnet: &'a VirtualNetwork,
    before: &Attr<AzurePeeringModel>,
) -> Option<&'a VnetPeering> {
    let id = before.known()?.id.as_str()?;
    vnet.peerings
        .iter()
        .find(|peering| peering.id.eq_ignore_ascii_case(id))
}

/// The peering of a virtual network that leads to a Konnect network: by its address block, or else by the id that Konnect tells of it at times, or else
/// because it alone tells no addresses.
pub(super) fn find<'a>(vnet: &'a VirtualNetwork, network: &Network) -> Option<&'a VnetPeering> {
    let block = network.cidr_block.parse::<Cidr>().ok();
    let leads_there = |peering: &&VnetPeering| {
        block.as_ref().is_some_and(|block| {
            readable(&peering.remote_address_prefixes)
                .iter()
                .any(|prefix| prefix.overlaps(block))
        })
    };
    let other_side = network.provider_metadata.vpc_id.as_deref();
    let is_named = |peering: &&VnetPeering| {
        let remote = peering.remote_vnet_id.as_deref();
        remote
            .zip(other_side)
            .is_some_and(|(remote, named)| same_arm_id(remote, named))
    };
    let peerings = vnet.peerings.iter();
    let mut silent = peerings
        .clone()
        .filter(|peering| peering.remote_address_prefixes.is_empty());
    peerings
        .clone()
        .find(leads_there)
        .or_else(|| peerings.clone().find(is_named))
        .or_else(|| silent.next().filter(|_| silent.next().is_none()))
}

/// What is left of a deleted peering: the half that was known, or one that leads to the network and nowhere else.
pub(super) fn remainder<'a>(
    vnet: &'a VirtualNetwork,
    before: &Attr<AzurePeeringModel>,
    network: Option<&Network>,
) -> Option<&'a VnetPeering> {
    known_again(vnet, before).or_else(|| {
        let network = network?;
        vnet.peerings
            .iter()
            .find(|peering| leads_to(peering, network))
    })
}

impl From<&VnetPeering> for AzurePeeringModel {
    fn from(peering: &VnetPeering) -> Self {
        Self {
            id: Attr::Known(peering.id.clone()),
            state: peering.state.as_ref().map(ToString::to_string).into(),
            sync_level: peering.sync_level.as_ref().map(ToString::to_string).into(),
        }
    }
}

impl Half {
    /// The attribute's value. What could not be read this time stays as it was.
    pub(super) fn apply(self, prior: Attr<AzurePeeringModel>) -> Attr<AzurePeeringModel> {
        match self {
            Self::Seen(found) => found.into(),
            Self::NotAllowed => Attr::Null,
            // The value must become known when it was planned as unknown.
            Self::NotNow if prior.is_unknown() => Attr::Null,
            Self::NotNow => prior,
        }
    }
}

/// What to say where Konnect reports a working peering and Azure does not.
pub(super) fn warning(name: &str, half: &AzurePeeringModel) -> Option<Diagnostic> {
    let state = half.state.as_str()?;
    if is_connected(half) {
        return None;
    }
    let id = half.id.as_str().unwrap_or_default();
    let next = if state.eq_ignore_ascii_case(&PeeringState::Disconnected.to_string()) {
        format!(
            "A peering whose other half is gone cannot be repaired. Replace it, for example with `terraform apply -replace=ADDRESS`; where the half in \
             Azure stays behind, delete it first:\n\n  {}",
            delete_command(id)
        )
    } else {
        "Azure may still be at work: the next plan looks again. If it stays so, Kong's support can tell why its half is missing.".to_owned()
    };
    Some(
        Diagnostic::warning(
            format!("The virtual network peering {name:?} is {state} in Azure"),
            format!(
                "Konnect reports it as ready, but the peering on the virtual network is not connected, so that no traffic flows:\n\n  {id}\n\n{next}"
            ),
        )
        .at(Path::attribute("azure_peering")),
    )
}

/// What to say where the half of a deleted peering is still there.
pub(super) fn leftover(noun: &str, half: &AzurePeeringModel) -> Diagnostic {
    let id = half.id.as_str().unwrap_or_default();
    let state = half.state.as_str().unwrap_or("in an unknown state");
    Diagnostic::warning(
        format!("The Azure side of {noun} was left behind"),
        format!(
            "Konnect has deleted the peering, but its half on the virtual network is still there, {state}:\n\n  {id}\n\nAs long as it is there, Azure \
             refuses to connect the two anew, and to delete the virtual network. If it does not go by itself within minutes, delete it:\n\n  {}",
            delete_command(id)
        ),
    )
}

fn delete_command(id: &str) -> String {
    format!("az network vnet peering delete --ids {id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vnet(peerings: &[(&str, &str, &[&str])]) -> VirtualNetwork {
        let peerings: Vec<_> = peerings
            .iter()
            .map(|(name, state, prefixes)| {
                serde_json::json!({
                    "id": format!("/vnet/virtualNetworkPeerings/{name}"),
                    "name": name,
                    "properties": {"peeringState": state, "remoteAddressSpace": {"addressPrefixes": prefixes}},
                })
            })
            .collect();
        serde_json::from_value(serde_json::json!({
            "id": "/vnet",
            "properties": {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}, "virtualNetworkPeerings": peerings},
        }))
        .unwrap()
    }

    fn network(block: &str, vpc_id: Option<&str>) -> Network {
        serde_json::from_value(serde_json::json!({
            "id": "36ae63d3-efd1-4bec-b246-62aa5d3f5695",
            "cidr_block": block,
            "provider_metadata": {"vpc_id": vpc_id},
        }))
        .unwrap()
    }

    #[test]
    fn without_a_block_the_half_is_known_by_the_other_sides_id() {
        let vnet: VirtualNetwork = serde_json::from_value(serde_json::json!({
            "id": "/vnet",
            "properties": {"virtualNetworkPeerings": [
                {"id": "/a", "name": "other", "properties": {"remoteVirtualNetwork": {"id": "/other"}}},
                {"id": "/b", "name": "kong", "properties": {"remoteVirtualNetwork": {"id": "/Kong"}}},
                {"id": "/c", "name": "odd"},
            ]},
        }))
        .unwrap();
        for (vpc_id, expected) in [
            (Some("/kong"), Some("kong")),
            (Some("/x"), None),
            (None, None),
        ] {
            let network = network("10.64.0.0/16", vpc_id);
            let found = find(&vnet, &network).map(|peering| peering.name.as_str());
            assert_eq!(found, expected, "{vpc_id:?}");
        }
    }

    /// Rows 50 and 51.
    #[test]
    fn a_remainder_is_the_half_that_was_known_or_leads_to_the_network_alone() {
        let vnet = vnet(&[
            ("transit", "Connected", &["10.64.0.0/12"]),
            ("kong", "Disconnected", &["10.64.0.0/16"]),
        ]);
        let name = |before: &Attr<AzurePeeringModel>, network: Option<&Network>| {
            remainder(&vnet, before, network).map(|peering| peering.name.clone())
        };
        let network = network("10.64.0.0/16", None);
        assert_eq!(name(&Attr::Null, Some(&network)).as_deref(), Some("kong"));
        assert_eq!(name(&Attr::Null, None), None);
        let known = Attr::Known(AzurePeeringModel {
            id: "/vnet/virtualNetworkPeerings/kong".into(),
            ..AzurePeeringModel::default()
        });
        assert_eq!(name(&known, None).as_deref(), Some("kong"));
    }

    #[test]
    fn a_half_is_waited_for_a_bounded_while_and_its_absence_a_shorter_one() {
        let half = |state: &str| {
            Half::Seen(Some(AzurePeeringModel {
                state: state.into(),
                ..AzurePeeringModel::default()
            }))
        };
        let looks = |half: &Half| {
            (1..=100)
                .find(|looks| matches!(connected(half.clone(), *looks), Progress::Done(_)))
                .unwrap()
        };
        for (half, expected) in [
            (half("connected"), 1),
            (half("Initiated"), CONNECTED_LOOKS),
            (Half::Seen(None), MISSING_LOOKS),
            (Half::NotNow, MISSING_LOOKS),
            (Half::NotAllowed, 1),
        ] {
            assert_eq!(looks(&half), expected, "{half:?}");
        }
        let stayed = |looks| left(half("Connected"), looks);
        assert!(matches!(stayed(1), Progress::NotYet(_)));
        assert!(matches!(stayed(LEFTOVER_LOOKS), Progress::Done(Some(_))));
        assert_eq!(left(Half::Seen(None), 1), Progress::Done(None));
    }

    #[test]
    fn what_was_known_before_is_known_again_by_its_id() {
        let vnet = vnet(&[("other", "Connected", &[]), ("kong", "Disconnected", &[])]);
        let before = |id: &str| {
            Attr::Known(AzurePeeringModel {
                id: id.into(),
                ..AzurePeeringModel::default()
            })
        };
        let found = known_again(&vnet, &before("/VNET/virtualNetworkPeerings/KONG"));
        assert_eq!(found.map(|peering| peering.name.as_str()), Some("kong"));
        for before in [before("/gone"), Attr::Null, Attr::Unknown] {
            assert!(known_again(&vnet, &before).is_none());
        }
    }

    #[test]
    fn the_half_is_known_by_the_block_that_it_leads_to() {
        let vnet = vnet(&[
            ("other", "Connected", &["10.2.0.0/16", "fd00::/48"]),
            ("kong", "Connected", &["10.64.0.0/16"]),
        ]);
        for (block, expected) in [
            ("10.64.0.0/16", Some("kong")),
            ("10.64.128.0/18", Some("kong")),
            ("10.0.0.0/8", Some("other")),
            ("10.65.0.0/16", None),
            ("nonsense", None),
        ] {
            let found = find(&vnet, &network(block, None)).map(|peering| peering.name.as_str());
            assert_eq!(found, expected, "{block}");
        }
    }

    #[test]
    fn a_look_that_failed_keeps_what_was_seen_before() {
        let prior = || {
            Attr::Known(AzurePeeringModel {
                state: "Connected".into(),
                ..AzurePeeringModel::default()
            })
        };
        assert_eq!(Half::NotNow.apply(prior()), prior());
        assert_eq!(Half::NotNow.apply(Attr::Unknown), Attr::Null);
        assert_eq!(Half::NotAllowed.apply(prior()), Attr::Null);
        assert_eq!(Half::Seen(None).apply(prior()), Attr::Null);
    }

    #[test]
    fn only_what_is_not_connected_is_warned_of() {
        for (state, warned) in [
            ("Connected", false),
            ("Initiated", true),
            ("Disconnected", true),
        ] {
            let vnet = vnet(&[("kong", state, &["10.64.0.0/16"])]);
            let half =
                AzurePeeringModel::from(find(&vnet, &network("10.64.0.0/16", None)).unwrap());
            assert_eq!(warning("orders", &half).is_some(), warned, "{state}");
        }
    }
}
