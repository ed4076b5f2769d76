//! Where a peering on the customer's virtual network leads: is it the half that Kong's application made for a Konnect network?
//!
//! Konnect tells neither its id nor its name, and Kong chooses both. It is known by its other side: Azure never connects a virtual network with two
//! networks of the same addresses, and Kong's networks lie in subscriptions of Kong's own.

use crate::azure::VnetPeering;
use crate::azure::ids::{VnetId, same_arm_id};
use crate::konnect::Network;

use super::cidr::{Cidr, readable};

/// Where a peering of a virtual network leads, seen from a Konnect network and as far as the peering tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// To the Konnect network: Konnect names its other side, or it reaches the network's addresses alone.
    Network,
    /// To addresses of the Konnect network and to others: the network has grown, or another one shares them.
    NetworkAndOthers,
    /// It tells no addresses.
    Unknown,
    /// To another network.
    Elsewhere,
}

impl Destination {
    /// Of a peering of the virtual network `vnet`.
    #[must_use]
    pub fn of(peering: &VnetPeering, vnet: &VnetId, network: &Network) -> Self {
        let remote = peering.remote_vnet_id.as_deref();
        let named = network.provider_metadata.vpc_id.as_deref();
        if remote
            .zip(named)
            .is_some_and(|(remote, named)| same_arm_id(remote, named))
        {
            return Self::Network;
        }
        if leads_home(peering, vnet) || is_another(remote, named) {
            return Self::Elsewhere;
        }
        Self::by_addresses(peering, network)
    }

    /// By the addresses alone, whoever's the other side is. A network of the customer's own may have those of Konnect's.
    #[must_use]
    pub fn by_addresses(peering: &VnetPeering, network: &Network) -> Self {
        let reached = readable(&peering.remote_address_prefixes);
        let block = match network.cidr_block.trim().parse::<Cidr>() {
            Ok(block) if !reached.is_empty() => block,
            _ => return Self::Unknown,
        };
        if reached.iter().all(|prefix| block.holds(prefix)) {
            Self::Network
        } else if reached.iter().any(|prefix| block.overlaps(prefix)) {
            Self::NetworkAndOthers
        } else {
            Self::Elsewhere
        }
    }
}

/// Whether a peering's other side lies in the subscription of the virtual network itself, and so is the customer's.
#[must_use]
pub fn leads_home(peering: &VnetPeering, vnet: &VnetId) -> bool {
    parsed(peering.remote_vnet_id.as_deref())
        .is_some_and(|remote| remote.subscription_id() == vnet.subscription_id())
}

/// Whether the other side is not the one that Konnect names.
fn is_another(remote: Option<&str>, named: Option<&str>) -> bool {
    parsed(remote)
        .zip(parsed(named))
        .is_some_and(|(remote, named)| remote != named)
}

fn parsed(id: Option<&str>) -> Option<VnetId> {
    id?.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const OWN: &str = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";
    const KONGS: &str = "3f1d2b8c-0a9e-47d6-8c5b-e4a7f6091d23";

    fn id(subscription: &str, name: &str) -> String {
        format!(
            "/subscriptions/{subscription}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/{name}"
        )
    }

    fn leads(remote: &str, prefixes: &[&str], named: Option<&str>) -> Destination {
        let vnet = id(OWN, "orders").parse().unwrap();
        let peering: VnetPeering = serde_json::from_value(json!({"id": "/p", "name": "p", "properties": {
            "remoteVirtualNetwork": {"id": remote}, "remoteAddressSpace": {"addressPrefixes": prefixes}}}))
        .unwrap();
        let network: Network = serde_json::from_value(json!({
            "id": "36ae63d3-efd1-4bec-b246-62aa5d3f5695",
            "cidr_block": "10.64.0.0/16",
            "provider_metadata": {"vpc_id": named},
        }))
        .unwrap();
        Destination::of(&peering, &vnet, &network)
    }

    #[test]
    fn a_peering_is_known_by_the_addresses_that_it_reaches() {
        let kong = id(KONGS, "kong");
        for (prefixes, expected) in [
            (vec!["10.64.0.0/16"], Destination::Network),
            (vec!["10.64.0.0/17", "10.64.128.0/17"], Destination::Network),
            (
                vec!["10.64.0.0/16", "10.65.0.0/16"],
                Destination::NetworkAndOthers,
            ),
            (vec!["10.64.0.0/12"], Destination::NetworkAndOthers),
            (vec!["10.65.0.0/16", "fd00::/48"], Destination::Elsewhere),
            (vec![], Destination::Unknown),
            (vec!["nonsense"], Destination::Unknown),
        ] {
            assert_eq!(leads(&kong, &prefixes, None), expected, "{prefixes:?}");
            assert_eq!(leads("/odd", &prefixes, None), expected, "{prefixes:?}");
        }
    }

    /// The customer's own hub is not Kong's, whatever it reaches or leaves unsaid.
    #[test]
    fn what_is_surely_anothers_leads_elsewhere() {
        let own = id(&OWN.to_uppercase(), "hub");
        let named = id(KONGS, "named");
        for prefixes in [vec![], vec!["10.64.0.0/16"], vec!["10.64.0.0/12"]] {
            assert_eq!(leads(&own, &prefixes, None), Destination::Elsewhere);
            let other = leads(&id(KONGS, "other"), &prefixes, Some(&named));
            assert_eq!(other, Destination::Elsewhere, "{prefixes:?}");
        }
    }

    #[test]
    fn what_konnect_names_is_there_without_a_word_of_addresses() {
        let kong = id(KONGS, "kong");
        let named = leads(&kong, &[], Some(&kong.to_uppercase()));
        assert_eq!(named, Destination::Network);
        assert_eq!(leads("/kong", &[], Some("/Kong")), Destination::Network);
        assert_eq!(leads(&kong, &[], Some("vpc-0a1b")), Destination::Unknown);
    }
}
