//! What a role is for, and the defaults that follow from it.

use std::collections::BTreeSet;
use std::fmt;

use crate::preflight::Kind;

/// What Kong's application does with the role. Its text is the value of the attribute `purpose`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Peers with a virtual network.
    #[default]
    VnetPeering,
    /// Connects to a virtual hub of a virtual WAN.
    VirtualHubPeering,
    /// Links a private DNS zone.
    PrivateDnsLink,
}

impl Purpose {
    /// Every purpose, the default first.
    pub(super) const ALL: [Self; 3] = [
        Self::VnetPeering,
        Self::VirtualHubPeering,
        Self::PrivateDnsLink,
    ];

    /// The values of the attribute, in the order of [`Purpose::ALL`].
    pub(super) const NAMES: [&str; 3] = ["vnet_peering", "virtual_hub_peering", "private_dns_link"];

    /// The one of this name.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|purpose| purpose.as_str() == name)
    }

    /// The one whose actions these are, in any order and letter case.
    pub(super) fn of_actions<'a>(actions: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let folded: BTreeSet<String> = actions.into_iter().map(str::to_lowercase).collect();
        Self::ALL.into_iter().find(|purpose| {
            let ours: BTreeSet<String> = purpose
                .actions()
                .iter()
                .map(|action| action.to_lowercase())
                .collect();
            ours == folded
        })
    }

    /// The value of the attribute.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::VnetPeering => "vnet_peering",
            Self::VirtualHubPeering => "virtual_hub_peering",
            Self::PrivateDnsLink => "private_dns_link",
        }
    }

    /// The role's name: the vendor's, in the form its prose uses.
    pub(super) const fn role_name(self) -> &'static str {
        match self {
            Self::VnetPeering | Self::VirtualHubPeering => "Kong Cloud Gateway Peering Creator",
            Self::PrivateDnsLink => "Kong Cloud Gateway DNS Link Creator",
        }
    }

    /// The role's description: the vendor's, for every purpose.
    pub(super) const fn description() -> &'static str {
        "Perform cross-tenant network peering."
    }

    /// What the role permits.
    ///
    /// The list for virtual networks is the vendor's. It publishes none for hubs and zones (its set-up wizard makes
    /// them), so those follow Microsoft's documents of what a hub connection and a zone link need. A hub's role permits more than the checks ask for.
    pub(super) const fn actions(self) -> &'static [&'static str] {
        match self {
            Self::VnetPeering => Kind::VnetPeering.needed_actions(),
            Self::VirtualHubPeering => &[
                "Microsoft.Network/virtualHubs/read",
                "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/read",
                "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/write",
                "Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/delete",
                "Microsoft.Network/virtualHubs/hubRouteTables/read",
                "Microsoft.Network/virtualHubs/routeMaps/read",
                "Microsoft.Network/virtualNetworks/peer/action",
            ],
            Self::PrivateDnsLink => Kind::PrivateHostedZone.needed_actions(),
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What the vendor's set-up wizard appends to the names of the roles it makes, while the prose leaves it out.
const WIZARD_SUFFIX: &str = " - Kong";

/// The same name with the wizard's suffix, or without it if it is there.
pub(super) fn other_spelling(role_name: &str) -> String {
    let split = role_name
        .len()
        .checked_sub(WIZARD_SUFFIX.len())
        .and_then(|position| role_name.split_at_checked(position));
    match split {
        Some((stem, suffix)) if suffix.eq_ignore_ascii_case(WIZARD_SUFFIX) && !stem.is_empty() => {
            stem.to_owned()
        }
        _ => format!("{role_name}{WIZARD_SUFFIX}"),
    }
}

/// Whether two role names are one to Azure, which compares them without regard to case.
pub(super) fn is_same_name(left: &str, right: &str) -> bool {
    left.to_lowercase() == right.to_lowercase()
}

/// Whether `found` is the role name wanted, or the same with or without the wizard's suffix.
pub(super) fn is_either_spelling(wanted: &str, found: &str) -> bool {
    is_same_name(wanted, found) || is_same_name(&other_spelling(wanted), found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for (purpose, name) in Purpose::ALL.into_iter().zip(Purpose::NAMES) {
            assert_eq!(purpose.as_str(), name);
            assert_eq!(Purpose::from_name(name), Some(purpose));
            assert_eq!(purpose.to_string(), name);
        }
        assert_eq!(Purpose::from_name("vnet"), None);
    }

    #[test]
    fn actions_tell_their_purpose_in_any_case_and_order() {
        for purpose in Purpose::ALL {
            let shouted: Vec<String> = purpose
                .actions()
                .iter()
                .rev()
                .map(|action| action.to_uppercase())
                .collect();
            assert_eq!(
                Purpose::of_actions(shouted.iter().map(String::as_str)),
                Some(purpose)
            );
        }
        assert_eq!(
            Purpose::of_actions(["Microsoft.Network/virtualNetworks/read"]),
            None
        );
    }

    #[test]
    fn the_wizards_suffix_is_added_or_taken_away() {
        assert_eq!(other_spelling("Creator"), "Creator - Kong");
        assert_eq!(other_spelling("Creator - Kong"), "Creator");
        assert_eq!(other_spelling(" - Kong"), " - Kong - Kong");
        assert_eq!(other_spelling("é"), "é - Kong");
        assert!(is_either_spelling("Creator", "creator - kong"));
        assert!(is_either_spelling("Creator - Kong", "CREATOR"));
        assert!(!is_either_spelling("Creator", "Creator 2"));
    }
}
