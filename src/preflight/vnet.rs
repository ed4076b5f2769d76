//! The Azure side: is the virtual network there, and is nothing left on it that blocks?

use crate::azure::{PeeringState, PeeringSyncLevel, VirtualNetwork, VnetPeering};

use super::address::{self, is_kongs_half};
use super::check::{CheckId, Checked, Outcome, Status};
use super::half::Destination;
use super::inputs::{Inputs, Phase, Target};
use super::observations::{Found as _, Observations};

pub(super) fn exists(inputs: &Inputs, seen: &Observations) -> Checked {
    let vnet = seen.vnet.as_ref()?;
    let Some(target) = &inputs.target else {
        return Ok(Outcome::skipped(inputs.unknown_place()));
    };
    let id = target.place();
    let missing = match vnet {
        Some(vnet) if is_in_state(vnet, "Deleting") => {
            Outcome::failed(format!("The virtual network {id} is being deleted.")).fix(
                "Choose another one, or make it anew once it is gone. A virtual network that this very configuration makes has to be referred to by its \
                 id, so that it is made first.",
            )
        }
        Some(vnet) if is_in_state(vnet, "Failed") => {
            return Ok(Outcome::warning(format!(
                "The virtual network {id} exists, but its provisioning state is Failed: Azure may refuse to peer with it."
            ))
            .fix(format!(
                "Repeat the change that failed, or save it once more as it is:\n\n  az network vnet update --ids {id}"
            )));
        }
        Some(vnet) => {
            return Ok(Outcome::passed(format!(
                "The virtual network {id} exists, with the address space {}.",
                listed(&vnet.address_prefixes)
            )));
        }
        None => Outcome::failed(format!("There is no virtual network {id}.")).fix(
            "Check its subscription, resource group and name, and that the identity running this belongs to its tenant. A virtual network that this \
             very configuration makes has to be referred to by its id, so that it is made first.",
        ),
    };
    Ok(match target {
        Target::ById(_) => missing,
        Target::ByName(_) => missing.lenient_at_plan(inputs.phase, "This run may still make it."),
    })
}

fn is_in_state(vnet: &VirtualNetwork, state: &str) -> bool {
    let told = vnet.provisioning_state.as_deref();
    told.is_some_and(|told| told.eq_ignore_ascii_case(state))
}

fn listed(prefixes: &[String]) -> String {
    if prefixes.is_empty() {
        "(empty)".to_owned()
    } else {
        prefixes.join(", ")
    }
}

/// What a peering on the virtual network means for a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remains {
    /// Nothing.
    Fine,
    /// Its other half is gone, and it leads to the Konnect network: Azure makes no second one beside it.
    Blocks,
    /// The same, but it may go with a peering that is replaced.
    MayBlock,
    /// It leads to the Konnect network, but does not know its present addresses, or the other way round.
    OutOfSync,
    /// It works, and leads to the Konnect network's addresses, although Konnect shows no peering with the virtual network.
    Unclaimed,
    /// Its other half is gone, and it does not tell where it led.
    DeadUnknown,
    /// Its other half is gone, and it leads elsewhere.
    DeadElsewhere,
}

pub(super) fn peerings(inputs: &Inputs, seen: &Observations) -> Checked {
    let vnet = seen.vnet.require(CheckId::VnetExists)?;
    let findings: Vec<_> = vnet
        .peerings
        .iter()
        .map(|peering| (judge(inputs, seen, peering), peering))
        .filter(|(remains, _)| *remains != Remains::Fine)
        .collect();
    if findings.is_empty() {
        return Ok(Outcome::passed(sound(vnet)));
    }
    let status = if findings.iter().any(|(found, _)| *found == Remains::Blocks) {
        Status::Failed
    } else {
        Status::Warning
    };
    let (details, fixes): (Vec<_>, Vec<_>) = findings
        .into_iter()
        .map(|(remains, peering)| (tell(remains, peering), mend(remains, peering)))
        .unzip();
    Ok(Outcome {
        status,
        headline: None,
        detail: details.join("\n"),
        fix: fixes.join("\n"),
    })
}

fn sound(vnet: &VirtualNetwork) -> String {
    match vnet.peerings.len() {
        0 => "The virtual network has no peerings.".to_owned(),
        1 => "The virtual network's one peering is not in the way.".to_owned(),
        count => format!("None of the virtual network's {count} peerings is in the way."),
    }
}

fn judge(inputs: &Inputs, seen: &Observations, peering: &VnetPeering) -> Remains {
    let destination = address::destination(inputs, seen, peering);
    let is_kongs =
        destination == Some(Destination::Network) || is_kongs_half(inputs, seen, peering);
    if peering.state == Some(PeeringState::Disconnected) {
        let may_go =
            inputs.phase == Phase::Plan && (inputs.is_replacement || may_be_replaced(inputs, seen));
        let blocks = is_kongs || destination == Some(Destination::NetworkAndOthers);
        return match destination {
            // Before it is made anew, the old peering is deleted, and takes its half along.
            _ if blocks && may_go => Remains::MayBlock,
            _ if blocks => Remains::Blocks,
            Some(Destination::Unknown) => Remains::DeadUnknown,
            // Someone else's remains are told to who asks, not to everyone who applies.
            Some(_) if inputs.phase == Phase::Standalone => Remains::DeadElsewhere,
            _ => Remains::Fine,
        };
    }
    let is_in_sync = matches!(
        peering.sync_level,
        None | Some(PeeringSyncLevel::FullyInSync)
    );
    if is_kongs && !is_in_sync {
        Remains::OutOfSync
    } else if is_kongs && is_unclaimed(inputs, seen, peering) {
        Remains::Unclaimed
    } else {
        Remains::Fine
    }
}

/// Whether no peering of the network accounts for this one, as far as they may be listed.
fn is_unclaimed(inputs: &Inputs, seen: &Observations, peering: &VnetPeering) -> bool {
    seen.gateways.is_ok()
        && !may_be_replaced(inputs, seen)
        && address::may_be_a_remainder(inputs, seen, peering)
}

/// Whether Konnect has a peering with this virtual network, in whatever state.
fn may_be_replaced(inputs: &Inputs, seen: &Observations) -> bool {
    inputs
        .place()
        .is_some_and(|place| seen.peerings_with(place).next().is_some())
}

fn tell(remains: Remains, peering: &VnetPeering) -> String {
    let id = &peering.id;
    let level = peering
        .sync_level
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    match remains {
        Remains::Fine => String::new(),
        Remains::Blocks | Remains::MayBlock => format!(
            "The peering {id} leads to {} and is Disconnected: its other half was deleted. Azure refuses to connect anew while it exists \
             (RemotePeeringIsDisconnected).",
            reached(peering)
        ),
        Remains::DeadUnknown => format!(
            "The peering {id} is Disconnected: its other half was deleted. It tells no addresses, so that it is not known where it led. If that was \
             the Konnect network, Azure refuses to connect anew while it exists (RemotePeeringIsDisconnected)."
        ),
        Remains::OutOfSync => format!(
            "The peering {id} leads to the Konnect network and is {level}: an address space changed since it was made, and part of it is not \
             reachable."
        ),
        Remains::Unclaimed => format!(
            "The peering {id} leads to {}, the addresses of the Konnect network, although Konnect shows no peering with this virtual network. It is \
             the remainder of an earlier peering, or leads to another network of the same addresses.",
            peering.remote_address_prefixes.join(", ")
        ),
        Remains::DeadElsewhere => {
            format!(
                "The peering {id} is Disconnected: its other half was deleted. It leads elsewhere."
            )
        }
    }
}

/// What a peering that leads to the network reaches there.
fn reached(peering: &VnetPeering) -> String {
    match peering.remote_address_prefixes.as_slice() {
        [] => "the Konnect network".to_owned(),
        prefixes => format!("addresses of the Konnect network ({})", prefixes.join(", ")),
    }
}

fn mend(remains: Remains, peering: &VnetPeering) -> String {
    let id = &peering.id;
    let delete = format!("az network vnet peering delete --ids {id}");
    match remains {
        Remains::Fine => String::new(),
        Remains::Blocks => {
            format!("Delete it; no traffic flows through it any more:\n\n  {delete}\n")
        }
        Remains::MayBlock => format!(
            "It should go with the peering that is replaced. If it does not, delete it:\n\n  {delete}\n"
        ),
        Remains::DeadUnknown => format!(
            "Look which network it led to, before anything is done about it:\n\n  az network vnet peering show --ids {id}\n"
        ),
        Remains::OutOfSync => {
            format!("Synchronise it:\n\n  az network vnet peering sync --ids {id}\n")
        }
        Remains::Unclaimed => format!(
            "Azure refuses to peer with two networks of the same addresses. If it is a remainder, delete it:\n\n  {delete}\n"
        ),
        Remains::DeadElsewhere => {
            format!("It does not hinder this peering. If nobody needs it:\n\n  {delete}\n")
        }
    }
}
