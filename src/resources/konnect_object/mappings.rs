//! Between the user's groups of domains and Konnect's map from a domain to its addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use crate::konnect::domains::{DomainName, MappingType};
use crate::konnect::is_same_forwarding;
use crate::model;
use crate::tf::attr::{Attr, AttrValue, List, Set};
use crate::tf::path::Path;
use crate::tf::value::Value;

/// The address at which Azure's own DNS answers in every virtual network, for the network that asks
/// (<https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16>).
const AZURE_DNS: IpAddr = IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16));

model! {
    /// Domains that are resolved by the same servers.
    pub struct DnsMapping {
        /// The domains.
        pub domains: Set<String>,
        /// The servers that answer for each of them, in the order in which they are asked.
        pub target_ip_addresses: List<String>,
    }
}

/// What Konnect stores: addresses by domain.
pub(crate) type Addresses = BTreeMap<String, Vec<String>>;

/// A domain that stands in more than one mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RepeatedDomain(pub(crate) DomainName);

/// The domains of all mappings, repeated ones included; `None` while one of them is unknown.
fn domains(mappings: &Set<DnsMapping>) -> Option<Vec<String>> {
    let mut all = Vec::new();
    for mapping in mappings.all_known()? {
        all.extend(mapping.domains.known()?.all_known()?.into_iter().cloned());
    }
    Some(all)
}

/// The number of distinct domains, as soon as every domain is known.
pub(crate) fn domain_count(mappings: &Attr<Set<DnsMapping>>) -> Option<i64> {
    let distinct: BTreeSet<String> = domains(mappings.known()?)?
        .iter()
        .map(|domain| canonical_domain(domain))
        .collect();
    i64::try_from(distinct.len()).ok()
}

/// The kind of mapping, as soon as everything is known and every address is one.
pub(crate) fn mapping_type(mappings: &Attr<Set<DnsMapping>>) -> Option<MappingType> {
    let addresses = expand(mappings.known()?)?
        .into_iter()
        .map(|(domain, addresses)| {
            let addresses: Result<Vec<IpAddr>, _> =
                addresses.iter().map(|text| text.parse()).collect();
            Some((domain, addresses.ok()?))
        })
        .collect::<Option<BTreeMap<_, _>>>()?;
    Some(MappingType::of(&addresses))
}

/// The form in which Konnect stores the mappings; `None` while something is unknown.
pub(crate) fn expand(mappings: &Set<DnsMapping>) -> Option<Addresses> {
    let mut expanded = Addresses::new();
    for mapping in mappings.all_known()? {
        let addresses: Vec<String> = mapping
            .target_ip_addresses
            .known()?
            .all_known()?
            .into_iter()
            .cloned()
            .collect();
        for domain in mapping.domains.known()?.all_known()? {
            expanded.insert(canonical_domain(domain), addresses.clone());
        }
    }
    Some(expanded)
}

/// The mappings that stand for what Konnect stores: one for each list of addresses, with all domains that share it.
pub(crate) fn group(addresses: &Addresses) -> Set<DnsMapping> {
    let mut groups: BTreeMap<&Vec<String>, Vec<String>> = BTreeMap::new();
    for (domain, servers) in addresses {
        groups.entry(servers).or_default().push(domain.clone());
    }
    groups
        .into_iter()
        .map(|(servers, domains)| DnsMapping {
            domains: Attr::Known(domains.into_iter().collect()),
            target_ip_addresses: Attr::Known(servers.iter().cloned().collect()),
        })
        .collect()
}

/// What to keep in the state for what Konnect stores: the grouping of before where it still means the same.
pub(crate) fn reconcile(prior: &Attr<Set<DnsMapping>>, remote: &Addresses) -> Set<DnsMapping> {
    if let Attr::Known(prior) = prior
        && expand(prior).is_some_and(|expanded| is_same_forwarding(&expanded, remote))
    {
        return prior.clone();
    }
    group(remote)
}

/// The domain as it compares; what is not a domain stays as it is, for the validators to complain about.
fn canonical_domain(domain: &str) -> String {
    domain
        .parse::<DomainName>()
        .map_or_else(|_| domain.to_owned(), |name| name.to_string())
}

/// Whether two values of the attribute `mappings` mean the same.
pub(crate) fn is_equivalent(left: &Value, right: &Value) -> bool {
    let expanded = |value: &Value| {
        Set::<DnsMapping>::from_known(value.clone(), &Path::root())
            .ok()
            .and_then(|mappings| expand(&mappings))
    };
    match (expanded(left), expanded(right)) {
        (Some(left), Some(right)) => is_same_forwarding(&left, &right),
        _ => false,
    }
}

/// The domains that stand in more than one mapping, among those that are known.
pub(crate) fn repeated_domains(mappings: &Set<DnsMapping>) -> Vec<RepeatedDomain> {
    let mut seen = BTreeSet::new();
    let mut repeated = BTreeSet::new();
    for mapping in mappings.0.iter().filter_map(Attr::known) {
        // A set may hold one domain in two spellings; within one mapping that says nothing new.
        let domains: BTreeSet<DomainName> = known_texts(mapping.domains.known().map(|set| &set.0))
            .filter_map(|text| text.parse().ok())
            .collect();
        for domain in domains {
            if !seen.insert(domain.clone()) {
                repeated.insert(domain);
            }
        }
    }
    repeated.into_iter().map(RepeatedDomain).collect()
}

fn known_texts(elements: Option<&Vec<Attr<String>>>) -> impl Iterator<Item = &str> {
    elements.into_iter().flatten().filter_map(Attr::as_str)
}

/// What is odd about an address. The user's interface folds warnings of one summary into one, so that each summary names its address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AddressWarning {
    pub(crate) summary: String,
    pub(crate) detail: &'static str,
}

/// What is odd about the addresses, each thing said once.
pub(crate) fn address_warnings(mappings: &Set<DnsMapping>) -> BTreeSet<AddressWarning> {
    let mut warnings = BTreeSet::new();
    let mut warn = |summary: String, detail| {
        warnings.insert(AddressWarning { summary, detail });
    };
    for mapping in mappings.0.iter().filter_map(Attr::known) {
        let mut seen = BTreeSet::new();
        let texts = known_texts(mapping.target_ip_addresses.known().map(|list| &list.0));
        for address in texts.filter_map(|text| text.parse::<IpAddr>().ok()) {
            if !seen.insert(address) {
                warn(
                    format!("The DNS server {address} is listed twice"),
                    "It is asked twice, which gains nothing.",
                );
            }
            if address == AZURE_DNS {
                warn(
                    format!("{address} is Azure's own DNS service"),
                    "It answers for the virtual network that asks. Konnect asks from its own network, so that it never sees your private zones \
                     there. Give the address of an inbound endpoint of an Azure DNS Private Resolver, or of a DNS server of your own, in the \
                     peered virtual network.",
                );
            } else if is_public(address) {
                warn(
                    format!("The DNS server {address} has a public address"),
                    "Mappings are for DNS servers that are reached over the peering; a public one is asked over the Internet, if at all.",
                );
            }
        }
    }
    warnings
}

/// Whether an address is odd whatever the network reaches.
pub(crate) fn is_worth_a_warning(address: IpAddr) -> bool {
    address == AZURE_DNS || is_public(address)
}

/// Whether an address belongs to the public Internet rather than to somebody's own network.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            let is_shared = first == 100 && (64..128).contains(&second);
            let is_benchmark = first == 198 && (18..20).contains(&second);
            !(address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || is_shared
                || is_benchmark)
        }
        IpAddr::V6(address) => {
            !(address.is_unique_local() || address.is_unicast_link_local() || address.is_loopback())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(domains: &[&str], addresses: &[&str]) -> DnsMapping {
        DnsMapping {
            domains: Attr::Known(domains.iter().map(ToString::to_string).collect()),
            target_ip_addresses: Attr::Known(addresses.iter().map(ToString::to_string).collect()),
        }
    }

    fn mappings(mappings: &[(&[&str], &[&str])]) -> Set<DnsMapping> {
        mappings
            .iter()
            .map(|(domains, addresses)| mapping(domains, addresses))
            .collect()
    }

    fn remote(addresses: &[(&str, &[&str])]) -> Addresses {
        addresses
            .iter()
            .map(|(domain, servers)| {
                let servers = servers.iter().map(ToString::to_string).collect();
                ((*domain).to_owned(), servers)
            })
            .collect()
    }

    fn value(mappings: Set<DnsMapping>) -> Value {
        mappings.into_known_value()
    }

    #[test]
    fn groups_expand_to_one_entry_a_domain() {
        let expanded = expand(&mappings(&[
            (
                &["B.corp.example.", "a.corp.example"],
                &["10.0.0.4", "10.0.0.5"],
            ),
            (&["c.corp.example"], &["10.0.0.4"]),
        ]));
        let expected = remote(&[
            ("a.corp.example", &["10.0.0.4", "10.0.0.5"]),
            ("b.corp.example", &["10.0.0.4", "10.0.0.5"]),
            ("c.corp.example", &["10.0.0.4"]),
        ]);
        assert_eq!(expanded, Some(expected));
    }

    #[test]
    fn nothing_expands_while_a_part_is_unknown() {
        let unknown_address = DnsMapping {
            target_ip_addresses: Attr::Known(List(vec![Attr::Unknown])),
            ..mapping(&["a.example"], &[])
        };
        let unknown_domain = DnsMapping {
            domains: Attr::Known(Set(vec![Attr::Unknown])),
            ..mapping(&[], &["10.0.0.4"])
        };
        for mapping in [unknown_address.clone(), unknown_domain.clone()] {
            let mappings: Set<DnsMapping> = [mapping].into_iter().collect();
            assert_eq!(expand(&mappings), None);
            assert_eq!(mapping_type(&Attr::Known(mappings)), None);
        }
        let counted = Attr::Known([unknown_address].into_iter().collect());
        assert_eq!(
            domain_count(&counted),
            Some(1),
            "addresses do not matter to the count"
        );
        assert_eq!(
            domain_count(&Attr::Known([unknown_domain].into_iter().collect())),
            None
        );
        assert_eq!(domain_count(&Attr::Unknown), None);
    }

    #[test]
    fn an_import_groups_domains_by_equal_lists_of_addresses() {
        let grouped = group(&remote(&[
            ("a.example", &["10.0.0.4", "10.0.0.5"]),
            ("b.example", &["10.0.0.5", "10.0.0.4"]),
            ("c.example", &["10.0.0.4", "10.0.0.5"]),
        ]));
        let expected = mappings(&[
            (&["a.example", "c.example"], &["10.0.0.4", "10.0.0.5"]),
            (&["b.example"], &["10.0.0.5", "10.0.0.4"]),
        ]);
        assert_eq!(value(grouped), value(expected));
    }

    #[test]
    fn reading_keeps_the_users_groups_and_spelling_while_they_mean_the_same() {
        let prior = mappings(&[
            (&["A.example."], &["FD00::4"]),
            (&["b.example"], &["fd00::4"]),
        ]);
        let stored = remote(&[("a.example", &["fd00::4"]), ("b.example", &["fd00:0::4"])]);
        assert_eq!(reconcile(&Attr::Known(prior.clone()), &stored), prior);
        let changed = remote(&[("a.example", &["fd00::4"])]);
        assert_eq!(
            value(reconcile(&Attr::Known(prior), &changed)),
            value(mappings(&[(&["a.example"], &["fd00::4"])]))
        );
    }

    #[test]
    fn equivalence_looks_at_the_meaning_alone() {
        let base = || {
            value(mappings(&[(
                &["a.example", "b.example"],
                &["10.0.0.4", "10.0.0.5"],
            )]))
        };
        for (other, expected) in [
            (
                mappings(&[(&["B.example", "a.example."], &["10.0.0.4", "10.0.0.5"])]),
                true,
            ),
            (
                mappings(&[
                    (&["a.example"], &["10.0.0.4", "10.0.0.5"]),
                    (&["b.example"], &["10.0.0.4", "10.0.0.5"]),
                ]),
                true,
            ),
            (
                mappings(&[(&["a.example", "b.example"], &["10.0.0.5", "10.0.0.4"])]),
                false,
            ),
            (
                mappings(&[(&["a.example"], &["10.0.0.4", "10.0.0.5"])]),
                false,
            ),
        ] {
            assert_eq!(
                is_equivalent(&base(), &value(other.clone())),
                expected,
                "{other:?}"
            );
        }
        assert!(!is_equivalent(&base(), &Value::Null));
    }

    #[test]
    fn a_domain_in_two_mappings_is_found_in_any_spelling() {
        let found = |mappings: &Set<DnsMapping>| -> Vec<String> {
            repeated_domains(mappings)
                .into_iter()
                .map(|RepeatedDomain(domain)| domain.to_string())
                .collect()
        };
        let repeated = mappings(&[
            (&["a.example", "b.example"], &["10.0.0.4"]),
            (&["A.Example.", "c.example"], &["10.0.0.5"]),
        ]);
        assert_eq!(found(&repeated), ["a.example"]);
        let twice_in_one = mappings(&[(&["a.example", "A.example"], &["10.0.0.4"])]);
        assert!(found(&twice_in_one).is_empty());
    }

    #[test]
    fn odd_addresses_are_warned_of() {
        for (addresses, expected) in [
            (
                vec![
                    "10.0.0.4",
                    "192.168.1.1",
                    "100.64.0.9",
                    "198.18.0.1",
                    "fd00::4",
                ],
                0,
            ),
            (vec!["8.8.8.8"], 1),
            (vec!["2001:4860:4860::8888"], 1),
            (vec!["168.63.129.16"], 1),
            (vec!["10.0.0.4", "10.0.0.4"], 1),
            (vec!["FD00::4", "fd00::4"], 1),
            (vec!["8.8.8.8", "168.63.129.16", "10.0.0.4"], 2),
        ] {
            let mappings = mappings(&[(&["a.example"], &addresses)]);
            assert_eq!(address_warnings(&mappings).len(), expected, "{addresses:?}");
        }
        let azure = mappings(&[(&["a.example"], &["168.63.129.16"])]);
        let warning = address_warnings(&azure).into_iter().next().unwrap();
        assert!(warning.detail.contains("inbound endpoint"), "{warning:?}");
    }
}
