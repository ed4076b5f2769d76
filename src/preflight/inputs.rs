//! What is to be checked, and when.

use crate::azure::ids::{Guid, VnetId};
use crate::konnect::{NetworkId, TransitGatewayId};

/// When the checks are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Before anything of this run exists: what the run may still make is no failure.
    Plan,
    /// Right before the peering is created: all it needs has to be there.
    Apply,
    /// On their own, perhaps with the peering there.
    Standalone,
}

/// How the virtual network is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// By its whole id, which Azure makes known once the virtual network exists.
    ById(VnetId),
    /// By names, which are known before the virtual network exists.
    ByName(VnetId),
}

impl Target {
    /// The id.
    #[must_use]
    pub const fn id(&self) -> &VnetId {
        match self {
            Self::ById(id) | Self::ByName(id) => id,
        }
    }
}

/// A peering to be checked. `None` stands for what is not known yet: the checks that need it are left out.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// The Konnect network.
    pub network_id: Option<NetworkId>,
    /// The virtual network.
    pub target: Option<Target>,
    /// The virtual network's tenant; where absent, the one that the Azure client is signed in to.
    pub tenant_id: Option<Guid>,
    /// The application that peers.
    pub client_id: Guid,
    /// The actions that it has to be permitted at the virtual network.
    pub needed_actions: Vec<String>,
    /// Peerings that do not count: the one that is checked itself, where it exists, and those that this run replaces.
    pub leaving: Vec<TransitGatewayId>,
    /// When.
    pub phase: Phase,
}

impl Inputs {
    /// The check of a peering that does not exist yet, by Kong's usual application and with what the vendor documents for it.
    #[must_use]
    pub fn new(phase: Phase) -> Self {
        Self {
            network_id: None,
            target: None,
            tenant_id: None,
            client_id: super::consent::kong_client_id(),
            needed_actions: super::permissions::VNET_PEERING_ACTIONS
                .map(str::to_owned)
                .to_vec(),
            leaving: Vec::new(),
            phase,
        }
    }
}
