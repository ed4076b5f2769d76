//! The half of the peering that Kong's application makes on the customer's virtual network: which one it is, and what to say about it.
//!
//! Konnect does not tell its id, and Kong chooses its name: it is known by where it leads, and by its id once it was seen.

use std::time::Duration;

use crate::azure::ids::VnetId;
use crate::azure::{PeeringState, VirtualNetwork, VnetPeering};
use crate::http::poll::Progress;
use crate::konnect::Network;
use crate::preflight::{Destination, leads_home};
use crate::resources::settle::Grace;
use crate::tf::attr::Attr;
use crate::tf::diagnostics::Diagnostic;
use crate::tf::path::Path;

use super::schema::AzurePeeringModel;

/// How long, and for how many looks at least, to wait until a half that is there is connected, once Konnect reports the peering as ready: the peering
/// is ready by what Konnect says, so that this bounds a courtesy.
const CONNECTED_GRACE: (Duration, u32) = (Duration::from_secs(5), 10);

/// The same for a half that is not there, and may never be seen.
const MISSING_GRACE: (Duration, u32) = (Duration::from_secs(2), 5);

/// What a look at the virtual network found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Half {
    /// The half is there.
    Found(Found),
    /// The virtual network was read, and has no peering that leads to the Konnect network.
    Missing,
    /// It has one that does not tell where it leads.
    Unclear,
    /// There is no such virtual network.
    NoVnet,
    /// The caller may not look.
    NotAllowed,
    /// It could not be read this time.
    NotNow,
}

/// A half that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// What is told of it.
    pub(super) half: AzurePeeringModel,
    /// Whether it tells no addresses, so that it may be somebody else's after all: nobody is advised to delete it.
    pub(super) is_silent: bool,
}

/// Whether the half of a ready peering is connected, or not worth another look.
pub(super) struct Connecting {
    connected: Grace,
    missing: Grace,
}

impl Connecting {
    pub(super) fn new() -> Self {
        Self {
            connected: Grace::of(CONNECTED_GRACE.0, CONNECTED_GRACE.1),
            missing: Grace::of(MISSING_GRACE.0, MISSING_GRACE.1),
        }
    }

    pub(super) fn judge(&mut self, half: Half) -> Progress<Half> {
        let (is_over, state) = match &half {
            Half::NotAllowed => return Progress::Done(half),
            Half::Found(found) if is_connected(&found.half) => return Progress::Done(half),
            Half::Found(found) => {
                let state = found.half.state.as_str().unwrap_or("in an unknown state");
                (self.connected.is_over(), format!("it is {state}"))
            }
            Half::Missing | Half::NoVnet => (self.missing.is_over(), "it is not there".to_owned()),
            Half::Unclear => (
                self.missing.is_over(),
                "no peering tells that it leads to the Konnect network".to_owned(),
            ),
            Half::NotNow => (self.missing.is_over(), "it cannot be read".to_owned()),
        };
        if is_over {
            Progress::Done(half)
        } else {
            Progress::NotYet(state)
        }
    }
}

/// Whether the half of a deleted peering is gone, or has stayed for so long that it has to be told of.
pub(super) fn left(half: Half, patience: &mut Grace) -> Progress<Option<Found>> {
    match half {
        Half::Found(_) if !patience.is_over() => Progress::NotYet("it is still there".to_owned()),
        Half::Found(left) => Progress::Done(Some(left)),
        Half::Missing | Half::Unclear | Half::NoVnet | Half::NotAllowed | Half::NotNow => {
            Progress::Done(None)
        }
    }
}

fn is_connected(half: &AzurePeeringModel) -> bool {
    let connected = PeeringState::Connected.to_string();
    half.state
        .as_str()
        .is_some_and(|state| state.eq_ignore_ascii_case(&connected))
}

/// The half that was known before, as it is now. What leads to a network of the customer's own, and tells no addresses, never was one.
pub(super) fn known_again<'a>(
    vnet: &'a VirtualNetwork,
    vnet_id: &VnetId,
    before: &Attr<AzurePeeringModel>,
) -> Option<&'a VnetPeering> {
    let id = before.known()?.id.as_str()?;
    vnet.peerings
        .iter()
        .filter(|peering| {
            !leads_home(peering, vnet_id) || !peering.remote_address_prefixes.is_empty()
        })
        .find(|peering| peering.id.eq_ignore_ascii_case(id))
}

/// The half among the peerings of a virtual network. `before` are the ids of those that were there before the peering was asked for: what has come since
/// and leads to the network's addresses is its half, wherever the other side lies; of those that do not tell where they lead, the only one is.
pub(super) fn find(
    vnet: &VirtualNetwork,
    vnet_id: &VnetId,
    network: &Network,
    before: Option<&[String]>,
) -> Half {
    let that_leads = |wanted: Destination| {
        let peerings = vnet.peerings.iter();
        peerings.filter(move |peering| Destination::of(peering, vnet_id, network) == wanted)
    };
    let leads_there = that_leads(Destination::Network).next();
    if let Some(half) = leads_there.or_else(|| that_leads(Destination::NetworkAndOthers).next()) {
        return Half::Found(half.into());
    }
    let is_new = |peering: &&VnetPeering| {
        before.is_none_or(|before| !before.iter().any(|id| id.eq_ignore_ascii_case(&peering.id)))
    };
    let mut since = vnet
        .peerings
        .iter()
        .filter(|_| before.is_some())
        .filter(is_new);
    if let Some(half) = since.find(|peering| {
        leads_home(peering, vnet_id)
            && Destination::by_addresses(peering, network) == Destination::Network
    }) {
        return Half::Found(half.into());
    }
    let mut silent = that_leads(Destination::Unknown).filter(is_new);
    match (silent.next(), silent.next(), before) {
        (None, ..) => Half::Missing,
        (Some(only), None, Some(_)) => Half::Found(only.into()),
        _ => Half::Unclear,
    }
}

/// What is left of a deleted peering: the half that was known, or one that leads to the network and nowhere else.
pub(super) fn remainder<'a>(
    vnet: &'a VirtualNetwork,
    vnet_id: &VnetId,
    before: &Attr<AzurePeeringModel>,
    network: Option<&Network>,
) -> Option<&'a VnetPeering> {
    known_again(vnet, vnet_id, before).or_else(|| {
        let network = network?;
        vnet.peerings
            .iter()
            .find(|peering| Destination::of(peering, vnet_id, network) == Destination::Network)
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

impl From<&VnetPeering> for Found {
    fn from(peering: &VnetPeering) -> Self {
        Self {
            half: peering.into(),
            is_silent: peering.remote_address_prefixes.is_empty(),
        }
    }
}

impl Half {
    /// The attribute's value. What could not be read this time stays as it was.
    pub(super) fn apply(self, prior: Attr<AzurePeeringModel>) -> Attr<AzurePeeringModel> {
        match self {
            Self::Found(found) => Attr::Known(found.half),
            Self::Missing | Self::Unclear | Self::NoVnet | Self::NotAllowed => Attr::Null,
            // The value must become known when it was planned as unknown.
            Self::NotNow if prior.is_unknown() => Attr::Null,
            Self::NotNow => prior,
        }
    }
}

/// A working peering by what Konnect reports.
pub(super) struct Reported<'a> {
    /// The peering's name.
    pub(super) name: &'a str,
    /// The virtual network's id.
    pub(super) vnet_id: &'a str,
    /// Its half as it was seen before.
    pub(super) before: &'a Attr<AzurePeeringModel>,
}

impl Reported<'_> {
    /// What to say where Azure does not report it as working.
    pub(super) fn warning(&self, half: &Half) -> Option<Diagnostic> {
        let warning = match half {
            Half::Found(found) => self.not_connected(found)?,
            Half::Missing => self.missing(),
            Half::NoVnet => self.no_vnet(),
            Half::Unclear | Half::NotAllowed | Half::NotNow => return None,
        };
        Some(warning.at(Path::attribute("azure_peering")))
    }

    fn not_connected(&self, found: &Found) -> Option<Diagnostic> {
        let state = found.half.state.as_str()?;
        if is_connected(&found.half) {
            return None;
        }
        let id = found.half.id.as_str().unwrap_or_default();
        let next = if state.eq_ignore_ascii_case(&PeeringState::Disconnected.to_string()) {
            format!(
                "A peering whose other half is gone cannot be repaired. {REPLACE} Where the half in Azure stays behind then: {}",
                found.removal()
            )
        } else {
            "Azure may still be at work: the next plan looks again. If it stays so, Kong's support can tell why its half is missing.".to_owned()
        };
        Some(Diagnostic::warning(
            format!(
                "The virtual network peering {:?} is {state} in Azure",
                self.name
            ),
            format!(
                "Konnect reports it as ready, but the peering on the virtual network is not connected, so that no traffic flows:\n\n  {id}\n\n{next}"
            ),
        ))
    }

    fn missing(&self) -> Diagnostic {
        let before = self.before.known().and_then(|half| half.id.as_str());
        match before {
            Some(id) => Diagnostic::warning(
                format!(
                    "The Azure side of virtual network peering {:?} is gone",
                    self.name
                ),
                format!(
                    "Konnect reports it as ready, but the peering that was seen on the virtual network before is not there any more, so that no traffic \
                     flows:\n\n  {id}\n\nKonnect does not make it anew by itself. {REPLACE}"
                ),
            ),
            None => Diagnostic::warning(
                format!(
                    "The Azure side of virtual network peering {:?} was not found",
                    self.name
                ),
                format!(
                    "Konnect reports it as ready, but no peering on the virtual network leads to the Konnect network, so that no traffic flows:\n\n  {}\n\n\
                     Azure may show it late: the next plan looks again. If it was deleted, Konnect does not make it anew by itself. {REPLACE}",
                    self.vnet_id
                ),
            ),
        }
    }

    fn no_vnet(&self) -> Diagnostic {
        Diagnostic::warning(
            format!(
                "The virtual network of virtual network peering {:?} is gone",
                self.name
            ),
            format!(
                "Konnect reports the peering as ready, but Azure has no such virtual network, so that no traffic flows:\n\n  {}\n\nTake the peering \
                 out of the configuration, or replace it once the virtual network is there again: a new one of the same name is not peered.",
                self.vnet_id
            ),
        )
    }
}

/// How a new half is made.
const REPLACE: &str = "Replace the peering, for example with `terraform apply -replace=ADDRESS`.";

/// What to say where the half of a deleted peering is still there.
pub(super) fn leftover(noun: &str, left: &Found) -> Diagnostic {
    let id = left.half.id.as_str().unwrap_or_default();
    let state = left.half.state.as_str().unwrap_or("in an unknown state");
    Diagnostic::warning(
        format!("The Azure side of {noun} was left behind"),
        format!(
            "Konnect has deleted the peering, but its half on the virtual network is still there, {state}:\n\n  {id}\n\nAs long as it is there, Azure \
             refuses to connect the two anew, and to delete the virtual network. If it does not go by itself within minutes: {}",
            left.removal()
        ),
    )
}

impl Found {
    /// How to be rid of it.
    fn removal(&self) -> String {
        let id = self.half.id.as_str().unwrap_or_default();
        if self.is_silent {
            format!(
                "it tells no addresses, so look first whether it is Kong's, and not another peering of yours.\n\n  az network vnet peering show --ids {id}"
            )
        } else {
            format!("delete it.\n\n  az network vnet peering delete --ids {id}")
        }
    }
}

#[cfg(test)]
mod tests;
