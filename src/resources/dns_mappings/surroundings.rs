//! What mappings do not get along with on their network: linked zones that answer first, other mappings of the same domains, and servers that no
//! peering leads to.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::http::scope::Scope;
use crate::konnect::domains::DomainName;
use crate::konnect::{NetworkId, PrivateDns, PrivateDnsConfig, PrivateDnsId};
use crate::preflight::cidr::Cidr;
use crate::resources::konnect_object::mappings::{Addresses, is_worth_a_warning};
use crate::tf::diagnostics::Diagnostic;
use crate::tf::path::Path;

/// How long to look at most: it is for warnings only.
const LOOK_LIMIT: Duration = Duration::from_secs(20);

/// How long a look serves the other objects of a plan. Each look reads whole lists, which grow with these objects.
pub(super) const MOMENT: Duration = Duration::from_secs(10);

/// What there is on a network, as it is asked for: a plan of many mappings looks once, and then up.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    zones: Vec<(DomainName, Holder)>,
    mapped: HashMap<DomainName, Vec<Holder>>,
    /// The address spaces that its peerings lead to, where all are known.
    pub(super) reachable: Option<Vec<Cidr>>,
}

/// A private DNS object of the network.
#[derive(Clone, Debug)]
struct Holder {
    id: PrivateDnsId,
    name: String,
}

impl Surroundings {
    /// Of the network's private DNS objects, of every kind.
    pub(super) fn new(private_dns: Vec<PrivateDns>, reachable: Option<Vec<Cidr>>) -> Self {
        let mut around = Self {
            reachable,
            ..Self::default()
        };
        for object in private_dns {
            if object.state.is_ending() {
                continue;
            }
            let holder = Holder {
                id: object.id,
                name: object.name,
            };
            match &object.config {
                PrivateDnsConfig::AzureHostedZone { domain_name, .. } => {
                    let zone = parsed([domain_name]).map(|zone| (zone, holder.clone()));
                    around.zones.extend(zone);
                }
                PrivateDnsConfig::AzureOutboundResolver { dns_config } => {
                    for domain in parsed(dns_config.keys()) {
                        let holders = around.mapped.entry(domain).or_default();
                        holders.push(holder.clone());
                    }
                }
                PrivateDnsConfig::Other(_) => {}
            }
        }
        around
    }
}

/// The domains of the mappings that this command has planned: those of one run do not see each other in Konnect yet.
#[derive(Debug, Default)]
pub(super) struct PlannedDomains(Mutex<HashMap<NetworkId, Plan>>);

/// The mappings of one network, both ways.
#[derive(Debug, Default)]
struct Plan {
    domains: HashMap<String, BTreeSet<DomainName>>,
    names: HashMap<DomainName, BTreeSet<String>>,
}

impl PlannedDomains {
    /// Keeps the domains of one object in mind.
    pub(super) fn note(&self, network: NetworkId, name: &str, wanted: &Addresses) {
        let mut networks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Plan { domains, names } = networks.entry(network).or_default();
        let now: BTreeSet<_> = parsed(wanted.keys()).collect();
        for domain in &now {
            names
                .entry(domain.clone())
                .or_default()
                .insert(name.to_owned());
        }
        let before = domains.insert(name.to_owned(), now.clone());
        for domain in before.unwrap_or_default().difference(&now) {
            if let Some(names) = names.get_mut(domain) {
                names.remove(name);
            }
        }
    }

    /// The mapped domains that other mappings of the network hold as well. `own` tells the object itself by id and name. Those that this run plans
    /// count as they will be.
    pub(super) fn repeated(
        &self,
        network: NetworkId,
        wanted: &Addresses,
        around: &Surroundings,
        own: (Option<&str>, &str),
    ) -> Vec<Diagnostic> {
        let (own_id, own_name) = own;
        let mut networks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Plan { domains, names } = &*networks.entry(network).or_default();
        // Those in Konnect come first, each with what it shares.
        let mut others: BTreeMap<(bool, String), Vec<String>> = BTreeMap::new();
        for domain in parsed(wanted.keys()) {
            let in_konnect = around.mapped.get(&domain).into_iter().flatten();
            let in_konnect = in_konnect
                .filter(|other| own_id != Some(other.id.to_string().as_str()))
                .filter(|other| other.name != own_name && !domains.contains_key(&other.name))
                .map(|other| (false, format!("{:?} with id {}", other.name, other.id)));
            let in_this_run = names.get(&domain).into_iter().flatten();
            let in_this_run = in_this_run
                .filter(|name| *name != own_name)
                .map(|name| (true, format!("{name:?}, which this run makes or changes")));
            for whom in in_konnect.chain(in_this_run) {
                others.entry(whom).or_default().push(domain.to_string());
            }
        }
        others
            .into_iter()
            .map(|((_, whom), shared)| twice(&shared, &whom))
            .collect()
    }
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

/// A shorter scope for looking only.
pub(super) fn scope(scope: &Scope) -> Scope {
    scope.at_most(LOOK_LIMIT)
}

/// The mapped domains that a zone answers for which the network is linked to.
pub(super) fn shadowed(wanted: &Addresses, around: &Surroundings) -> Vec<Diagnostic> {
    parsed(wanted.keys())
        .filter_map(|domain| {
            let mut zones = around.zones.iter();
            let (zone, object) = zones.find(|(zone, _)| domain.is_within(zone))?;
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

    fn around(object: PrivateDns) -> Surroundings {
        Surroundings::new(vec![object], None)
    }

    fn summaries(warnings: &[Diagnostic]) -> Vec<&str> {
        warnings.iter().map(|one| one.summary.as_str()).collect()
    }

    /// Row 66.
    #[test]
    fn a_domain_below_a_linked_zone_is_warned_of() {
        let wanted = wanted(&[("db.corp.example", "10.0.0.4"), ("example", "10.0.0.4")]);
        let warnings = shadowed(&wanted, &around(zone("Corp.example.", "ready")));
        assert_eq!(
            summaries(&warnings),
            ["db.corp.example is answered by the zone corp.example that the network is linked to"]
        );
        for other in [
            zone("corp.example", "terminating"),
            zone("b.corp.example", "ready"),
        ] {
            assert!(shadowed(&wanted, &around(other)).is_empty());
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
        let network: NetworkId = "6b5e4a6c-32a7-4f0b-9c6e-1f1b0d9f7a21".parse().unwrap();
        let planned = PlannedDomains::default();
        let told = |other: PrivateDns, id: Option<&str>| {
            let warnings = planned.repeated(network, &wanted, &around(other), (id, "corp"));
            summaries(&warnings).join("; ")
        };
        let other = || mappings("other", "A.example.", "ready");
        let twice = "a.example is mapped twice in this network";
        assert_eq!(told(other(), None), twice);
        let own_id = other().id.to_string();
        assert_eq!(told(other(), Some(&own_id)), "");
        for other in [
            mappings("corp", "a.example", "ready"),
            mappings("other", "a.example", "terminating"),
            mappings("other", "sub.a.example", "ready"),
        ] {
            assert_eq!(told(other, None), "");
        }
        // What this run takes out, or puts in, counts as it will be.
        planned.note(network, "other", &wanted);
        planned.note(network, "other", &Addresses::default());
        planned.note(network, "corp", &wanted);
        assert_eq!(told(other(), None), "");
        let nothing = Surroundings::default();
        let warnings = planned.repeated(network, &wanted, &nothing, (None, "third"));
        let both = "a.example, b.example is mapped twice in this network";
        assert_eq!(summaries(&warnings), [both]);
        assert!(
            warnings[0]
                .detail
                .contains("\"corp\", which this run makes or changes")
        );
        let elsewhere: NetworkId = "d2c1b0a9-8f7e-4d6c-b5a4-938271605f4e".parse().unwrap();
        let warnings = planned.repeated(elsewhere, &wanted, &nothing, (None, "third"));
        assert!(warnings.is_empty());
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
