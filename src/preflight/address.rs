//! Address spaces: Azure never peers networks whose addresses collide, be it directly or through a third one.

use crate::azure::ids::VnetId;
use crate::azure::{PeeringState, VnetPeering};
use crate::konnect::{CloudProvider, Network, TransitGateway, TransitGatewayState};

use super::check::{CheckId, Checked, Outcome, Status};
use super::cidr::{Cidr, overlaps, readable};
use super::half::Destination;
use super::inputs::{Inputs, Kind, Phase};
use super::observations::{Found as _, Observations, Sibling};

/// Whether a peering on the virtual network is the half that Kong's application made there for the network: Konnect names its other side, or it reaches
/// the network's addresses, and a peering with this virtual network exists in Konnect.
pub(super) fn is_kongs_half(inputs: &Inputs, seen: &Observations, peering: &VnetPeering) -> bool {
    if let Some(remote) = &peering.remote_vnet_id
        && seen.is_kongs_vnet(remote)
    {
        return true;
    }
    let is_peered = inputs
        .place()
        .is_some_and(|place| seen.peering_with(place).is_some());
    is_peered
        && matches!(
            destination(inputs, seen, peering),
            Some(Destination::Network | Destination::NetworkAndOthers)
        )
}

/// Whether a peering may be a remainder of one that Konnect does not show any more, or goes with one that this run replaces. Another network of the
/// same addresses looks just the same, unless its id tells that it cannot be Kong's.
pub(super) fn may_be_a_remainder(
    inputs: &Inputs,
    seen: &Observations,
    peering: &VnetPeering,
) -> bool {
    destination(inputs, seen, peering) == Some(Destination::Network)
}

/// Where a peering leads, where the network and the virtual network are known.
pub(super) fn destination(
    inputs: &Inputs,
    seen: &Observations,
    peering: &VnetPeering,
) -> Option<Destination> {
    let network = seen.network.found()?;
    Some(Destination::of(peering, inputs.vnet_id()?, network))
}

pub(super) fn disjoint(inputs: &Inputs, seen: &Observations) -> Checked {
    let network = seen.network.require(CheckId::NetworkExists)?;
    let own = own_prefixes(inputs, seen)?;
    let space = Spaces {
        network,
        block: readable(std::slice::from_ref(&network.cidr_block)),
        own: readable(own),
        reserved: reserved(network, seen),
        what: inputs.kind.place(),
    };
    let peered = seen.peered_already(inputs);
    let mut collisions: Vec<_> = space
        .clashes(inputs, seen)
        .iter()
        .map(|clash| space.tell(clash))
        .collect();
    collisions.extend(peered.and_then(|peering| space.with_the_same(inputs, peering)));
    collisions.extend(space.clash_with_reserved().map(|clash| space.tell(&clash)));
    if !collisions.is_empty() {
        return Ok(told_together(collisions));
    }
    let unseen = unseen(inputs, seen);
    if space.block.is_empty() || space.own.is_empty() {
        return Ok(Outcome::warning(format!(
            "There is nothing to compare: the network's block is {:?}, the {}'s address space {own:?}.",
            network.cidr_block, space.what
        )));
    }
    let compared = format!(
        "The {}'s {} and the network's {} have no address in common",
        space.what,
        own.join(", "),
        network.cidr_block
    );
    Ok(if unseen.is_empty() {
        let remark = peered.map_or_else(String::new, |peering| remark(inputs, peering));
        Outcome::passed(format!(
            "{compared}, nor have those of other peerings with either.{remark}"
        ))
    } else {
        Outcome::warning(format!(
            "{compared}, but not everything else that is peered could be read.\n{}",
            unseen.join("\n")
        ))
    })
}

fn told_together(collisions: Vec<Collision>) -> Outcome {
    let is_sure = collisions.iter().any(|one| one.status == Status::Failed);
    let headline = match collisions.as_slice() {
        [only] => only.headline,
        _ => None,
    };
    let (details, mut fixes): (Vec<_>, Vec<_>) = collisions
        .into_iter()
        .map(|Collision { what, fix, .. }| (what, fix))
        .unzip();
    fixes.dedup();
    Outcome {
        status: if is_sure {
            Status::Failed
        } else {
            Status::Warning
        },
        headline,
        detail: details.join("\n"),
        fix: fixes.join("\n\n"),
    }
}

/// What to know of a peering between the same two where nothing is to be made.
fn remark(inputs: &Inputs, peering: &TransitGateway) -> String {
    if inputs.phase != Phase::Standalone {
        return String::new();
    }
    format!(
        "\nThe two are peered already, by {:?} with the id {} (state {}): a second peering would be refused.",
        peering.name, peering.id, peering.state
    )
}

/// The addresses of the Azure side itself.
fn own_prefixes<'a>(inputs: &Inputs, seen: &'a Observations) -> Result<&'a [String], Outcome> {
    match inputs.kind {
        Kind::VirtualHubPeering => {
            let hub = seen.hub.require(CheckId::HubExists)?;
            Ok(hub.address_prefix.as_slice())
        }
        Kind::VnetPeering | Kind::PrivateHostedZone => {
            let vnet = seen.vnet.require(CheckId::VnetExists)?;
            Ok(&vnet.address_prefixes)
        }
    }
}

/// The ranges that Konnect uses itself in the network's region.
fn reserved(network: &Network, seen: &Observations) -> Vec<Cidr> {
    let region = seen.availability.as_ref().ok();
    let region = region.and_then(|all| all.region(&CloudProvider::Azure, &network.region));
    region.map_or_else(Vec::new, |region| readable(&region.reserved_cidr_blocks))
}

/// Why something else that is peered could not be compared.
fn unseen(inputs: &Inputs, seen: &Observations) -> Vec<String> {
    let list = seen.gateways.as_ref().err();
    let list = list.map(|unseen| unseen.why().to_owned());
    let others = siblings(inputs, seen).filter_map(|sibling| match &sibling.vnet {
        Ok(Some(_)) => None,
        Ok(None) => Some(format!(
            "Peering {:?}: {} was not found. It may be in a tenant or a subscription that the caller cannot see.",
            sibling.name, sibling.vnet_id
        )),
        Err(unseen) => Some(format!("Peering {:?}: {}", sibling.name, unseen.why())),
    });
    list.into_iter().chain(others).collect()
}

/// What the network's other peerings lead to.
fn siblings<'a>(inputs: &'a Inputs, seen: &'a Observations) -> impl Iterator<Item = &'a Sibling> {
    let own = inputs.vnet_id();
    let others = seen.siblings.iter();
    others.filter(move |sibling| own.is_none_or(|own| *own != sibling.vnet_id))
}

/// The virtual network's peerings with others than the Konnect network. What may be Kong's half, and a dead one, are told by the check of peerings.
fn rivals<'a>(inputs: &'a Inputs, seen: &'a Observations) -> impl Iterator<Item = &'a VnetPeering> {
    let peerings = seen
        .vnet
        .found()
        .into_iter()
        .flat_map(|vnet| &vnet.peerings);
    peerings.filter(|peering| {
        !is_kongs_half(inputs, seen, peering)
            && !may_be_a_remainder(inputs, seen, peering)
            && peering.state != Some(PeeringState::Disconnected)
    })
}

/// Addresses that two have in common who must not.
struct Clash<'a> {
    who: Who<'a>,
    /// Of the one and of the other, each as it is written.
    pairs: Vec<(Cidr, Cidr)>,
}

impl<'a> Clash<'a> {
    fn of(who: Who<'a>, one: &[Cidr], other: &[Cidr]) -> Option<Self> {
        let pairs = overlaps(one, other);
        let pairs: Vec<_> = pairs
            .map(|(one, other)| (one.clone(), other.clone()))
            .collect();
        (!pairs.is_empty()).then_some(Self { who, pairs })
    }
}

/// Who has addresses in common with whom.
#[derive(Clone, Copy, Debug)]
enum Who<'a> {
    /// The Azure side with the Konnect network.
    Both,
    /// The Konnect network with what the virtual network is peered with.
    Rival(&'a VnetPeering),
    /// The Konnect network with a virtual network behind the hub: the hub routes to it, and so never to another with the same addresses.
    Behind(&'a VnetId),
    /// The Azure side with what the Konnect network is peered with.
    Sibling(&'a Sibling),
    /// The Azure side with the ranges that Konnect uses itself in the network's region. It refuses them to its own networks; nobody says that a
    /// peering with them fails.
    Reserved,
}

struct Collision {
    status: Status,
    /// What is wrong, where it is not that address spaces overlap.
    headline: Option<&'static str>,
    what: String,
    fix: String,
}

impl Collision {
    fn sure(what: String, fix: impl Into<String>) -> Self {
        Self {
            status: Status::Failed,
            headline: None,
            what,
            fix: fix.into(),
        }
    }

    fn doubtful(what: String, fix: impl Into<String>) -> Self {
        Self {
            status: Status::Warning,
            ..Self::sure(what, fix)
        }
    }
}

struct Spaces<'a> {
    network: &'a Network,
    block: Vec<Cidr>,
    own: Vec<Cidr>,
    /// What Konnect uses itself in the network's region.
    reserved: Vec<Cidr>,
    /// What has the addresses of its own.
    what: &'static str,
}

const OTHER_ADDRESSES: &str = "Azure refuses to peer networks whose address spaces overlap, used or not, and a Konnect network's block cannot be \
    changed: connect one with other addresses, or recreate the Konnect network with another block.";

impl Spaces<'_> {
    /// Every clash with addresses that are in use, in the order in which they are told.
    fn clashes<'s>(&self, inputs: &'s Inputs, seen: &'s Observations) -> Vec<Clash<'s>> {
        let both = Clash::of(Who::Both, &self.own, &self.block);
        let rivals = rivals(inputs, seen).map(|peering| {
            let reached = readable(&peering.remote_address_prefixes);
            Clash::of(Who::Rival(peering), &self.block, &reached)
        });
        let behind = seen.behind.iter().map(|(id, vnet)| {
            let addresses = readable(&vnet.address_prefixes);
            Clash::of(Who::Behind(id), &self.block, &addresses)
        });
        let siblings = siblings(inputs, seen).map(|sibling| {
            let addresses = readable(&sibling.vnet.found()?.address_prefixes);
            Clash::of(Who::Sibling(sibling), &self.own, &addresses)
        });
        let all = std::iter::once(both)
            .chain(rivals)
            .chain(behind)
            .chain(siblings);
        all.flatten().collect()
    }

    fn clash_with_reserved(&self) -> Option<Clash<'static>> {
        Clash::of(Who::Reserved, &self.own, &self.reserved)
    }

    fn tell(&self, clash: &Clash<'_>) -> Collision {
        let target = format!("the {}", self.what);
        let network = format!("the Konnect network {:?}", self.network.name);
        let (one, other) = match clash.who {
            Who::Both => (target, network),
            Who::Rival(peering) => {
                let remote = peering.remote_vnet_id.as_deref();
                let other = format!(
                    "{}, which the virtual network is peered with by {}",
                    remote.unwrap_or("an unknown network"),
                    peering.id
                );
                (network, other)
            }
            Who::Behind(id) => (network, format!("{id}, which the hub is connected with")),
            Who::Sibling(sibling) => {
                let other = format!(
                    "{}, which the Konnect network is peered with by {:?}",
                    sibling.vnet_id, sibling.name
                );
                (target, other)
            }
            Who::Reserved => (target, "the ranges that Konnect reserves".to_owned()),
        };
        let pairs = clash.pairs.iter();
        let pairs: Vec<_> = pairs
            .map(|(left, right)| format!("{left} of {one} overlaps {right} of {other}."))
            .collect();
        let what = pairs.join("\n");
        match clash.who {
            Who::Both | Who::Rival(_) | Who::Behind(_) => Collision::sure(what, OTHER_ADDRESSES),
            Who::Sibling(_) => Collision::sure(
                what,
                "All virtual networks that one Konnect network is peered with need addresses of their own.",
            ),
            Who::Reserved => Collision::doubtful(
                what,
                "Konnect keeps these ranges for itself, so that gateways may not reach such addresses behind a peering. If they do not, give what they \
                 have to reach addresses outside of these ranges.",
            ),
        }
    }

    /// A second peering between the same two would collide with the first.
    fn with_the_same(&self, inputs: &Inputs, peering: &TransitGateway) -> Option<Collision> {
        let what = format!(
            "The Konnect network {:?} is peered with this {} already, by {:?} with the id {} (state {}).",
            self.network.name, self.what, peering.name, peering.id, peering.state
        );
        let is_managed = inputs.is_managed(&peering.id.to_string());
        let has_the_name = inputs.name.as_deref() == Some(peering.name.as_str());
        let collision = match inputs.phase {
            // Whoever asks may ask about this very peering: it is a fault only where it does not work.
            Phase::Standalone if peering.state == TransitGatewayState::Ready => return None,
            Phase::Standalone => Collision::doubtful(
                what,
                "If this is the peering that is meant, it does not work yet. A second one would be refused.",
            ),
            // What replaces it without a difference, as what is tainted is, is not told to the provider.
            Phase::Plan if is_managed && has_the_name => return None,
            Phase::Plan if is_managed => Collision::doubtful(
                what,
                "Two networks are peered once, and this configuration manages that peering: the apply fails unless it is deleted first.",
            ),
            // A replacement is planned once more in its apply, by a process that has not seen what it replaces; refused there, it would leave the old
            // object set aside in the state.
            Phase::Plan if has_the_name => Collision::doubtful(
                format!("{}{what}", inputs.name_taken(&peering.name)),
                format!(
                    "Two networks are peered once: the apply fails unless that one is deleted first. {}",
                    inputs.ways_on(peering.id)
                ),
            ),
            Phase::Plan | Phase::Apply => Collision::sure(
                format!("{}{what}", inputs.name_taken(&peering.name)),
                format!(
                    "Two networks are peered once. {}",
                    inputs.ways_on(peering.id)
                ),
            ),
        };
        Some(Collision {
            headline: Some("The two networks are peered already"),
            ..collision
        })
    }
}
