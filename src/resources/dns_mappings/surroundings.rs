//! What mappings do not get along with on their network: linked zones that answer first, other mappings of the same domains, and servers that no
//! peering leads to.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::http::scope::Scope;
use crate::konnect::domains::DomainName;
use crate::konnect::{NetworkId, PrivateDns, PrivateDnsConfig, PrivateDnsState};
use crate::preflight::cidr::Cidr;
use crate::resources::konnect_object::mappings::{Addresses, is_worth_a_warning};
use crate::tf::diagnostics::Diagnostic;
use crate::tf::path::Path;

/// How long to look at most: it is for warnings only.
const LOOK_LIMIT: Duration = Duration::from_secs(20);

/// How long a look serves the other objects of a plan. Each look reads whole lists, which grow with these objects.
pub(super) const MOMENT: Duration = Duration::from_secs(10);

/// What there is on a network.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    /// The private DNS objects, of every kind.
    pub(super) private_dns: Vec<PrivateDns>,
    /// The address spaces that its peerings lead to, where all are known.
    pub(super) reachable: Option<Vec<Cidr>>,
}

/// The domains of the mappings that this process has planned, by network and name: those of one run do not see each other in Konnect yet.
#[derive(Debug, Default)]
pub(super) struct PlannedDomains(Mutex<HashMap<NetworkId, BTreeMap<String, BTreeSet<String>>>>);

impl PlannedDomains {
    /// Keeps the domains of one object in mind; those of the network's others that were planned before.
    pub(super) fn note(
        &self,
        network: NetworkId,
        name: &str,
        wanted: &Addresses,
    ) -> BTreeMap<String, BTreeSet<String>> {
        let mut networks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let planned = networks.entry(network).or_default();
        planned.insert(name.to_owned(), wanted.keys().cloned().collect());
        let mut others = planned.clone();
        others.remove(name);
        others
    }
}

/// The mapped domains that other mappings of the network hold as well. `own` tells the object itself by id and name; `planned` are the domains of those
/// that this run plans, whatever they hold now.
pub(super) fn repeated(
    wanted: &Addresses,
    others: &[PrivateDns],
    own: (Option<&str>, &str),
    planned: &BTreeMap<String, BTreeSet<String>>,
) -> Vec<Diagnostic> {
    let (own_id, own_name) = own;
    let in_konnect = others
        .iter()
        .filter(|other| is_there(other))
        .filter(|other| own_id != Some(other.id.to_string().as_str()) && other.name != own_name)
        .filter(|other| !planned.contains_key(&other.name))
        .filter_map(|other| match &other.config {
            PrivateDnsConfig::AzureOutboundResolver { dns_config } => {
                let whom = format!("{:?} with id {}", other.name, other.id);
                Some((whom, dns_config.keys().collect::<Vec<_>>()))
            }
            PrivateDnsConfig::AzureHostedZone { .. } | PrivateDnsConfig::Other(_) => None,
        });
    let in_this_run = planned.iter().map(|(name, domains)| {
        let whom = format!("{name:?}, which this run makes or changes");
        (whom, domains.iter().collect())
    });
    let wanted: BTreeSet<DomainName> = parsed(wanted.keys()).collect();
    in_konnect
        .chain(in_this_run)
        .filter_map(|(whom, domains)| {
            let shared: Vec<_> = parsed(domains)
                .filter(|domain| wanted.contains(domain))
                .map(|domain| domain.to_string())
                .collect();
            (!shared.is_empty()).then(|| twice(&shared, &whom))
        })
        .collect()
}

fn twice(domains: &[String], whom: &str) -> Diagnostic {
    Diagnostic::warning(
        format!("{} is mapped twice in this network", domains.join(", ")),
        format!(
            "The DNS mappings {whom} hold it as well. Which servers are asked then, or whether Konnect takes both, is not published. Unless this run takes \
             it out there, keep all addresses of a domain in one object."
        ),
    )
    .at(Path::attribute("mappings"))
}

fn parsed<'a>(domains: impl IntoIterator<Item = &'a String>) -> impl Iterator<Item = DomainName> {
    domains.into_iter().filter_map(|domain| domain.parse().ok())
}

fn is_there(object: &PrivateDns) -> bool {
    !matches!(
        object.state,
        PrivateDnsState::Terminating | PrivateDnsState::Terminated
    )
}

/// A shorter scope for looking only.
pub(super) fn scope(scope: &Scope) -> Scope {
    scope.at_most(LOOK_LIMIT)
}

/// The mapped domains that a zone answers for which the network is linked to.
pub(super) fn shadowed(wanted: &Addresses, others: &[PrivateDns]) -> Vec<Diagnostic> {
    let zones: Vec<(DomainName, &PrivateDns)> = others
        .iter()
        .filter(|other| is_there(other))
        .filter_map(|other| match &other.config {
            PrivateDnsConfig::AzureHostedZone { domain_name, .. } => {
                Some((domain_name.parse().ok()?, other))
            }
            PrivateDnsConfig::AzureOutboundResolver { .. } | PrivateDnsConfig::Other(_) => None,
        })
        .collect();
    parsed(wanted.keys())
        .filter_map(|domain| {
            let (zone, object) = zones.iter().find(|(zone, _)| domain.is_within(zone))?;
            let warning = Diagnostic::warning(
                format!("{domain} is answered by the zone {zone} that the network is linked to"),
                format!(
                    "The private hosted zone {:?} with id {} answers before mappings are looked at, so that this one has no effect. Take the domain out of \
                     the one or the other.",
                    object.name, object.id
                ),
            );
            Some(warning.at(Path::attribute("mappings")))
        })
        .collect()
}

/// The servers that lie in none of the virtual networks that the network is peered with, where all of those are known.
pub(super) fn unreachable(wanted: &Addresses, reachable: Option<&[Cidr]>) -> Vec<Diagnostic> {
    let Some(reachable) = reachable else {
        return Vec::new();
    };
    let servers: BTreeSet<IpAddr> = wanted
        .values()
        .flatten()
        .filter_map(|address| address.parse().ok())
        .collect();
    let spaces: Vec<_> = reachable.iter().map(Cidr::as_str).collect();
    servers
        .into_iter()
        // What is odd by itself has been told.
        .filter(|server| !is_worth_a_warning(*server))
        .filter(|server| !reachable.iter().any(|space| space.has(*server)))
        .map(|server| {
            Diagnostic::warning(
                format!("The DNS server {server} is outside every peered virtual network"),
                format!(
                    "The network reaches {} over its peerings. A server elsewhere answers only if one of these networks routes to it, which a peering \
                     alone does not. For zones in Azure Private DNS give the address of an inbound endpoint of a DNS Private Resolver in a peered network.",
                    spaces.join(", ")
                ),
            )
            .at(Path::attribute("mappings"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wanted(mappings: &[(&str, &str)]) -> Addresses {
        mappings
            .iter()
            .map(|(domain, address)| ((*domain).to_owned(), vec![(*address).to_owned()]))
            .collect()
    }

    fn zone(domain: &str, state: &str) -> PrivateDns {
        serde_json::from_value(json!({
            "id": "d2c1b0a9-8f7e-4d6c-b5a4-938271605f4e",
            "name": "zone",
            "state": state,
            "private_dns_attachment_config": {"kind": "azure-private-hosted-zone-attachment", "domain_name": domain},
        }))
        .unwrap()
    }

    fn summaries(warnings: &[Diagnostic]) -> Vec<&str> {
        warnings.iter().map(|one| one.summary.as_str()).collect()
    }

    /// Row 66.
    #[test]
    fn a_domain_below_a_linked_zone_is_warned_of() {
        let wanted = wanted(&[("db.corp.example", "10.0.0.4"), ("example", "10.0.0.4")]);
        let warnings = shadowed(&wanted, &[zone("Corp.example.", "ready")]);
        assert_eq!(
            summaries(&warnings),
            ["db.corp.example is answered by the zone corp.example that the network is linked to"]
        );
        for other in [
            zone("corp.example", "terminating"),
            zone("b.corp.example", "ready"),
        ] {
            assert!(shadowed(&wanted, &[other]).is_empty());
        }
    }

    fn mappings(name: &str, domain: &str, state: &str) -> PrivateDns {
        serde_json::from_value(json!({
            "id": "e1c1b0a9-8f7e-4d6c-b5a4-938271605f4e",
            "name": name,
            "state": state,
            "private_dns_attachment_config": {"kind": "azure-outbound-resolver", "dns_config": {domain: {"remote_dns_server_ip_addresses": ["10.0.0.4"]}}},
        }))
        .unwrap()
    }

    #[test]
    fn a_domain_that_other_mappings_hold_is_warned_of() {
        let wanted = wanted(&[("a.example", "10.0.0.4"), ("b.example", "10.0.0.4")]);
        let nothing = BTreeMap::new();
        let told = |other: PrivateDns, id: Option<&str>, planned| {
            let warnings = repeated(&wanted, &[other], (id, "corp"), planned);
            summaries(&warnings).join("; ")
        };
        let other = || mappings("other", "A.example.", "ready");
        let twice = "a.example is mapped twice in this network";
        assert_eq!(told(other(), None, &nothing), twice);
        let own_id = other().id.to_string();
        assert_eq!(told(other(), Some(&own_id), &nothing), "");
        for other in [
            mappings("corp", "a.example", "ready"),
            mappings("other", "a.example", "terminating"),
            mappings("other", "sub.a.example", "ready"),
        ] {
            assert_eq!(told(other, None, &nothing), "");
        }
        // What this run takes out, or puts in, counts as it will be.
        let network: NetworkId = "6b5e4a6c-32a7-4f0b-9c6e-1f1b0d9f7a21".parse().unwrap();
        let planned = PlannedDomains::default();
        planned.note(network, "other", &Addresses::default());
        let others = planned.note(network, "corp", &wanted);
        assert_eq!(told(other(), None, &others), "");
        let others = planned.note(network, "third", &wanted);
        let warnings = repeated(&wanted, &[], (None, "third"), &others);
        let both = "a.example, b.example is mapped twice in this network";
        assert_eq!(summaries(&warnings), [both]);
        assert!(
            warnings[0]
                .detail
                .contains("\"corp\", which this run makes or changes")
        );
    }

    /// Row 62.
    #[test]
    fn a_server_outside_of_every_peered_network_is_warned_of_where_all_are_known() {
        let wanted = wanted(&[
            ("a.example", "10.1.0.4"),
            ("b.example", "10.9.0.4"),
            ("c.example", "168.63.129.16"),
            ("d.example", "8.8.8.8"),
        ]);
        let spaces: Vec<Cidr> = vec!["10.1.0.0/16".parse().unwrap(), "fd00::/48".parse().unwrap()];
        let warnings = unreachable(&wanted, Some(&spaces));
        assert_eq!(
            summaries(&warnings),
            ["The DNS server 10.9.0.4 is outside every peered virtual network"]
        );
        assert!(unreachable(&wanted, None).is_empty());
    }
}
