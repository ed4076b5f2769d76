//! What is to be checked, and when.

use std::fmt;

use crate::azure::ids::{ArmId, Guid, PrivateDnsZoneId, VhubId, VnetId};
use crate::konnect::NetworkId;
use crate::tf::diagnostics::import_block;

use super::check::CheckId;

/// When the checks are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Before anything of this run exists: what the run may still make is no failure.
    Plan,
    /// Right before the object is created: all it needs has to be there.
    Apply,
    /// On their own, perhaps with the object there.
    Standalone,
}

/// What connects a Konnect network with Azure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A peering with a virtual network.
    VnetPeering,
    /// A peering with a virtual hub.
    VirtualHubPeering,
    /// A link to a private DNS zone.
    PrivateHostedZone,
}

impl Kind {
    /// The checks of this kind, in the order in which they are told.
    #[must_use]
    pub const fn checks(self) -> &'static [CheckId] {
        match self {
            Self::VnetPeering => &[
                CheckId::NetworkExists,
                CheckId::NetworkIsAzure,
                CheckId::NetworkReady,
                CheckId::VnetExists,
                CheckId::AddressSpace,
                CheckId::ServicePrincipal,
                CheckId::RoleAssignment,
                CheckId::VnetPeerings,
                CheckId::Quota,
                CheckId::Regions,
            ],
            Self::VirtualHubPeering => &[
                CheckId::NetworkExists,
                CheckId::NetworkIsAzure,
                CheckId::NetworkReady,
                CheckId::HubExists,
                CheckId::AddressSpace,
                CheckId::ServicePrincipal,
                CheckId::RoleAssignment,
                CheckId::Quota,
                CheckId::Regions,
            ],
            Self::PrivateHostedZone => &[
                CheckId::NetworkExists,
                CheckId::NetworkIsAzure,
                CheckId::NetworkReady,
                CheckId::ZoneExists,
                CheckId::ZoneUnique,
                CheckId::LinkName,
                CheckId::ServicePrincipal,
                CheckId::RoleAssignment,
            ],
        }
    }

    /// What lies on the Azure side.
    #[must_use]
    pub const fn place(self) -> &'static str {
        match self {
            Self::VnetPeering => "virtual network",
            Self::VirtualHubPeering => "virtual hub",
            Self::PrivateHostedZone => "private DNS zone",
        }
    }

    /// The object that is to be made.
    pub(super) const fn object(self) -> &'static str {
        match self {
            Self::VnetPeering | Self::VirtualHubPeering => "peering",
            Self::PrivateHostedZone => "hosted zone",
        }
    }

    /// The type of the resource that manages the object.
    const fn resource(self) -> &'static str {
        match self {
            Self::VnetPeering => "konnectazure_vnet_peering",
            Self::VirtualHubPeering => "konnectazure_virtual_hub_peering",
            Self::PrivateHostedZone => "konnectazure_private_hosted_zone",
        }
    }

    /// How `konnectazure_peering_role` is told to define the role.
    pub(super) const fn role(self) -> &'static str {
        match self {
            Self::VnetPeering => "konnectazure_peering_role",
            Self::VirtualHubPeering => {
                "konnectazure_peering_role with purpose = \"virtual_hub_peering\""
            }
            Self::PrivateHostedZone => {
                "konnectazure_peering_role with purpose = \"private_dns_link\""
            }
        }
    }

    /// What Kong's application does there, and needs to be permitted.
    #[must_use]
    pub const fn needed_actions(self) -> &'static [&'static str] {
        match self {
            Self::VnetPeering => &super::VNET_PEERING_ACTIONS,
            Self::VirtualHubPeering => &super::permissions::HUB_CONNECTION_ACTIONS,
            Self::PrivateHostedZone => &super::permissions::ZONE_LINK_ACTIONS,
        }
    }

    /// What to say where rights are missing of an application that may not be the one that Kong uses: for virtual networks alone it is published.
    pub(super) const fn doubt_about_application(self) -> Option<&'static str> {
        match self {
            Self::VnetPeering => None,
            Self::VirtualHubPeering => Some(
                "If Konnect shows you another application for virtual hubs, preflight = false leaves these checks out.",
            ),
            Self::PrivateHostedZone => Some(
                "Kong may use another application for private DNS: if Konnect shows you one, this does not concern it.",
            ),
        }
    }
}

/// An object on the Azure side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A virtual network.
    Vnet(VnetId),
    /// A virtual hub.
    Vhub(VhubId),
    /// A private DNS zone.
    Zone(PrivateDnsZoneId),
}

impl Place {
    /// The whole id, as a scope.
    #[must_use]
    pub fn as_arm_id(&self) -> &ArmId {
        match self {
            Self::Vnet(id) => id.as_arm_id(),
            Self::Vhub(id) => id.as_arm_id(),
            Self::Zone(id) => id.as_arm_id(),
        }
    }

    /// Its subscription.
    #[must_use]
    pub fn subscription_id(&self) -> &Guid {
        match self {
            Self::Vnet(id) => id.subscription_id(),
            Self::Vhub(id) => id.subscription_id(),
            Self::Zone(id) => id.subscription_id(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_arm_id().as_str())
    }
}

impl From<VnetId> for Place {
    fn from(id: VnetId) -> Self {
        Self::Vnet(id)
    }
}

impl From<VhubId> for Place {
    fn from(id: VhubId) -> Self {
        Self::Vhub(id)
    }
}

/// How the Azure side is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// By its whole id, which Azure makes known once the object exists.
    ById(Place),
    /// By names, which are known before the object exists.
    ByName(Place),
}

impl Target {
    /// What it is.
    #[must_use]
    pub const fn place(&self) -> &Place {
        match self {
            Self::ById(place) | Self::ByName(place) => place,
        }
    }
}

/// An object to be checked. `None` stands for what is not known yet: the checks that need it are left out.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// What is to be made.
    pub kind: Kind,
    /// The Konnect network.
    pub network_id: Option<NetworkId>,
    /// The object's own name in Konnect: what has it already may be the object of before.
    pub name: Option<String>,
    /// Whether the creation adopts an object of that name and of the whole configuration. One that it does adopt is not checked.
    pub adopts: bool,
    /// The Azure side.
    pub target: Option<Target>,
    /// Its tenant; where absent, the one that the Azure client is signed in to.
    pub tenant_id: Option<Guid>,
    /// The application that acts for Kong.
    pub client_id: Guid,
    /// The actions that it has to be permitted there.
    pub needed_actions: Vec<String>,
    /// The domain of a hosted zone.
    pub domain_name: Option<String>,
    /// The name of the link that Konnect makes on a zone.
    pub link_name: Option<String>,
    /// Ids in Konnect that do not count: the object that is checked itself, where it exists, and those that this run replaces.
    pub leaving: Vec<String>,
    /// Whether one of those is, or was until now, at the same place in Azure: what is left of it there goes, if late.
    pub is_replacement: bool,
    /// Ids in Konnect of what the state holds, as far as this run has seen: this run may delete it before it makes the object.
    pub managed: Vec<String>,
    /// When.
    pub phase: Phase,
}

impl Inputs {
    /// The check of an object that does not exist yet, by Kong's usual application and with what is known that it does.
    #[must_use]
    pub fn new(kind: Kind, phase: Phase) -> Self {
        let needed_actions = kind.needed_actions().iter();
        Self {
            kind,
            network_id: None,
            name: None,
            adopts: false,
            target: None,
            tenant_id: None,
            client_id: super::consent::kong_client_id(),
            needed_actions: needed_actions.map(|action| (*action).to_owned()).collect(),
            domain_name: None,
            link_name: None,
            leaving: Vec::new(),
            is_replacement: false,
            managed: Vec::new(),
            phase,
        }
    }

    /// The Azure side, where it is known.
    pub(super) fn place(&self) -> Option<&Place> {
        self.target.as_ref().map(Target::place)
    }

    /// The Azure side, where it is a virtual network.
    pub(super) fn vnet_id(&self) -> Option<&VnetId> {
        match self.place() {
            Some(Place::Vnet(id)) => Some(id),
            _ => None,
        }
    }

    /// Whether the state holds the object of this id, as far as this run has seen.
    pub(super) fn is_managed(&self, id: &str) -> bool {
        self.managed.iter().any(|managed| managed == id)
    }

    /// What to do where an object exists in Konnect that the one to be made would collide with. Not every call is told of what the state holds: that may
    /// not be refreshed, or be planned later.
    pub(super) fn ways_on(&self, id: impl fmt::Display) -> String {
        let network_id = self.network_id.map(|id| id.to_string()).unwrap_or_default();
        let block = import_block(self.kind.resource(), format_args!("{network_id}/{id}"));
        let adoption = if self.adopts {
            "`use_existing` does not adopt it, since its name or its configuration is not the one that is wanted."
        } else {
            "If its name and its configuration are the ones that are wanted, `use_existing = true` adopts it."
        };
        format!(
            "{adoption} To manage it here as it is, import it:\n\n{block}\n\nOtherwise delete it first. If the state holds it under another address, a \
             `moved` block keeps it. If this plan replaces it, plan without -refresh=false, and without `create_before_destroy`: the old one has to go first."
        )
    }

    /// What to say first of an object that has the very name.
    pub(super) fn name_taken(&self, name: &str) -> &'static str {
        if self.name.as_deref() == Some(name) {
            "The network holds an object of this name already. "
        } else {
            ""
        }
    }

    /// Why nothing can be said about the Azure side.
    pub(super) fn unknown_place(&self) -> String {
        format!("Which {} is meant is not known yet.", self.kind.place())
    }
}
