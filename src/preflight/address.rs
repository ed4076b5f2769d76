//! Address spaces: Azure never peers networks whose addresses collide, be it directly or through a third one.

use crate::azure::{PeeringState, VirtualNetwork, VnetPeering};
use crate::konnect::{CloudProvider, Network};

use super::check::{CheckId, Outcome, Status};
use super::cidr::{Cidr, overlaps, readable};
use super::inputs::{Inputs, Phase};
use super::observations::{Observations, Sibling};

/// Why nothing can be said about a virtual network.
pub(super) const VNET_UNKNOWN: &str = "Which virtual network is meant is not known yet.";

/// Whether a peering on the virtual network is the half that Kong's application made there for the network.
///
/// Konnect tells neither its id nor its name. It is known by the network it leads to, or by its addresses where a peering with this virtual
/// network exists in Konnect.
pub(super) fn is_kongs_half(inputs: &Inputs, seen: &Observations, peering: &VnetPeering) -> bool {
    if let Some(remote) = &peering.remote_vnet_id
        && seen.is_kongs_vnet(remote)
    {
        return true;
    }
    let is_peered = inputs
        .target
        .as_ref()
        .is_some_and(|target| seen.peering_with(target.id()).is_some());
    is_peered
        && seen
            .network
            .found()
            .is_some_and(|network| leads_to(peering, network))
}

/// Whether a peering reaches addresses of the network, and none that are not.
pub(super) fn leads_to(peering: &VnetPeering, network: &Network) -> bool {
    let Ok(block) = network.cidr_block.trim().parse::<Cidr>() else {
        return false;
    };
    let reached = readable(&peering.remote_address_prefixes);
    !reached.is_empty() && reached.iter().all(|prefix| block.holds(prefix))
}

pub(super) fn disjoint(inputs: &Inputs, seen: &Observations) -> Outcome {
    let (network, vnet) = match (
        seen.network.require(CheckId::NetworkExists),
        seen.vnet.require(CheckId::VnetExists),
    ) {
        (Ok(network), Ok(vnet)) => (network, vnet),
        (Err(outcome), _) | (_, Err(outcome)) => return outcome,
    };
    let space = Spaces {
        network,
        block: readable(std::slice::from_ref(&network.cidr_block)),
        own: readable(&vnet.address_prefixes),
    };
    let mut collisions: Vec<_> = [
        space.with_the_network(),
        space.with_reserved_ranges(seen),
        space.with_peers(inputs, seen, vnet),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut unseen = Vec::new();
    for sibling in siblings(inputs, seen) {
        match sibling {
            Ok(sibling) => collisions.extend(space.with_sibling(sibling)),
            Err(why) => unseen.push(why),
        }
    }
    if let Some(collision) = space.peered_already(inputs, seen) {
        collisions.push(collision);
    }
    if !collisions.is_empty() {
        let (details, mut fixes): (Vec<_>, Vec<_>) = collisions
            .into_iter()
            .map(|Collision { what, fix }| (what, fix))
            .unzip();
        fixes.dedup();
        return Outcome {
            status: Status::Failed,
            detail: details.join("\n"),
            fix: fixes.join("\n"),
        };
    }
    if space.block.is_empty() || space.own.is_empty() {
        return Outcome::warning(format!(
            "There is nothing to compare: the network's block is {:?}, the virtual network's address space {:?}.",
            network.cidr_block, vnet.address_prefixes
        ));
    }
    let compared = format!(
        "The virtual network's {} and the network's {} have no address in common",
        vnet.address_prefixes.join(", "),
        network.cidr_block
    );
    if unseen.is_empty() {
        Outcome::passed(format!(
            "{compared}, nor have those of other peerings with either."
        ))
    } else {
        Outcome::warning(format!(
            "{compared}, but not everything else that is peered could be read.\n{}",
            unseen.join("\n")
        ))
    }
}

/// What the network's other peerings lead to; where it could not be seen, why.
fn siblings<'a>(
    inputs: &'a Inputs,
    seen: &'a Observations,
) -> impl Iterator<Item = Result<&'a Sibling, String>> {
    let list = match &seen.gateways.examine() {
        Err(Outcome { detail, .. }) if seen.gateways.seen().is_none() => Some(Err(detail.clone())),
        _ => None,
    };
    let own = inputs.target.as_ref().map(super::inputs::Target::id);
    let others = seen
        .siblings
        .iter()
        .filter(move |sibling| own.is_none_or(|own| *own != sibling.vnet_id));
    let others = others.map(|sibling| match sibling.vnet.examine() {
        Ok(_) => Ok(sibling),
        Err(Outcome { detail, .. }) => Err(format!("Peering {:?}: {detail}", sibling.name)),
    });
    list.into_iter().chain(others)
}

struct Collision {
    what: String,
    fix: String,
}

struct Spaces<'a> {
    network: &'a Network,
    block: Vec<Cidr>,
    own: Vec<Cidr>,
}

/// `A of ONE overlaps B of OTHER`, for each pair.
fn told(one: &str, other: &str, left: &[Cidr], right: &[Cidr]) -> Option<String> {
    let pairs: Vec<_> = overlaps(left, right)
        .map(|(left, right)| format!("{left} of {one} overlaps {right} of {other}."))
        .collect();
    (!pairs.is_empty()).then(|| pairs.join("\n"))
}

const THE_VNET: &str = "the virtual network";
const OTHER_ADDRESSES: &str = "Azure refuses to peer networks whose address spaces overlap, used or not, and a Konnect network's block cannot be \
    changed: peer a virtual network with other addresses, or have the Konnect network made anew with another block.";

impl Spaces<'_> {
    fn the_network(&self) -> String {
        format!("the Konnect network {:?}", self.network.name)
    }

    fn with_the_network(&self) -> Option<Collision> {
        Some(Collision {
            what: told(THE_VNET, &self.the_network(), &self.own, &self.block)?,
            fix: OTHER_ADDRESSES.to_owned(),
        })
    }

    /// The ranges that Konnect uses itself, in whatever region.
    fn with_reserved_ranges(&self, seen: &Observations) -> Option<Collision> {
        let region = seen
            .availability
            .seen()?
            .region(&CloudProvider::Azure, &self.network.region)?;
        let reserved = readable(&region.reserved_cidr_blocks);
        Some(Collision {
            what: told(THE_VNET, "the ranges that Konnect reserves", &self.own, &reserved)?,
            fix: "Konnect uses these ranges inside its gateways, which therefore cannot reach such addresses behind a peering. Peer a virtual \
                  network without them."
                .to_owned(),
        })
    }

    /// The other networks that the virtual network is peered with, against the Konnect network.
    fn with_peers(
        &self,
        inputs: &Inputs,
        seen: &Observations,
        vnet: &VirtualNetwork,
    ) -> Option<Collision> {
        let told: Vec<_> = vnet
            .peerings
            .iter()
            .filter(|peering| !is_kongs_half(inputs, seen, peering))
            // Whether it is Kong's half cannot be told without the network's peerings, and that is told by itself.
            .filter(|peering| seen.gateways.seen().is_some() || !leads_to(peering, self.network))
            // A dead one is told by the check of peerings.
            .filter(|peering| peering.state != Some(PeeringState::Disconnected))
            .filter_map(|peering| {
                let remote = peering
                    .remote_vnet_id
                    .as_deref()
                    .unwrap_or("a network not told");
                let other = format!(
                    "{remote}, which the virtual network is peered with by {}",
                    peering.id
                );
                let reached = readable(&peering.remote_address_prefixes);
                told(&self.the_network(), &other, &self.block, &reached)
            })
            .collect();
        (!told.is_empty()).then(|| Collision {
            what: told.join("\n"),
            fix: format!(
                "{OTHER_ADDRESSES} Only if the peering is a remainder of an earlier one with this very Konnect network, delete it, with: az network \
                 vnet peering delete --ids ID"
            ),
        })
    }

    fn with_sibling(&self, sibling: &Sibling) -> Option<Collision> {
        let vnet = sibling.vnet.found()?;
        let other = format!(
            "{}, which the Konnect network is peered with by {:?}",
            sibling.vnet_id, sibling.name
        );
        Some(Collision {
            what: told(THE_VNET, &other, &self.own, &readable(&vnet.address_prefixes))?,
            fix: "All virtual networks that one Konnect network is peered with need addresses of their own.".to_owned(),
        })
    }

    /// A second peering between the same two would collide with the first.
    fn peered_already(&self, inputs: &Inputs, seen: &Observations) -> Option<Collision> {
        let target = inputs.target.as_ref()?;
        let peering = seen.peering_with(target.id())?;
        let collides = inputs.phase == Phase::Apply && !inputs.leaving.contains(&peering.id);
        collides.then(|| Collision {
            what: format!(
                "{} is peered with this virtual network already, by {:?} with the id {} (state {}).",
                self.the_network(),
                peering.name,
                peering.id,
                peering.state
            ),
            fix: "Two networks are peered once: import that peering or take it over, or delete it first.".to_owned(),
        })
    }
}
