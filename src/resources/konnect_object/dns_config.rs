//! The DNS servers that a peering is made with: an ordered list, unlike the mappings of private DNS.

use std::net::IpAddr;

use crate::konnect::domains::DomainName;
use crate::konnect::{DnsConfig, is_same_dns_config};
use crate::model;
use crate::tf::attr::{Attr, List};
use crate::tf::path::Path;
use crate::tf::schema::{Attribute, AttributeKind, Nesting};
use crate::tf::types::Type;
use crate::tf::validate::{Each, Parses, Validate};
use crate::tf::value::Value;

model! {
    /// DNS servers on the other side of the peering, and the domains that they answer for.
    pub struct DnsConfigModel {
        /// The servers' addresses, in the order in which they are asked.
        pub remote_dns_server_ip_addresses: List<String>,
        /// The domains.
        pub domain_proxy_list: List<String>,
    }
}

/// The attribute of a peering.
pub(crate) fn attribute() -> Attribute {
    let addresses = Attribute::required("remote_dns_server_ip_addresses", Type::list(Type::String))
        .describe("Addresses of DNS servers that are reached over the peering, in the order in which they are asked.")
        .validate(Each(ip_address()));
    let domains = Attribute::required("domain_proxy_list", Type::list(Type::String))
        .describe("Domains that these servers answer for.")
        .validate(Each(domain_name()));
    Attribute::optional(
        "dns_config",
        AttributeKind::Nested(Nesting::List, vec![addresses, domains]),
    )
    .default_value(Value::List(Vec::new()))
    .replace()
    .equivalent(is_equivalent)
    .describe(
        "DNS servers to create the peering with. Konnect cannot change them later, so a change **replaces the peering**; prefer \
         `konnectazure_dns_mappings`, which is updated in place. Do not configure a domain in both.",
    )
}

/// The attribute of a data source.
pub(crate) fn computed_attribute() -> Attribute {
    let lists = [
        (
            "remote_dns_server_ip_addresses",
            "Addresses of DNS servers that are reached over the peering, in the order in which they are asked.",
        ),
        (
            "domain_proxy_list",
            "Domains that these servers answer for.",
        ),
    ]
    .map(|(name, description)| {
        Attribute::computed(name, Type::list(Type::String)).describe(description)
    });
    Attribute::computed(
        "dns_config",
        AttributeKind::Nested(Nesting::List, lists.into()),
    )
    .describe("DNS servers that the peering was made with.")
}

/// An address literal.
pub(crate) fn ip_address() -> impl Validate {
    Parses::new("an IPv4 or IPv6 address", |text: &str| {
        text.parse::<IpAddr>().map(drop)
    })
}

/// A domain name.
pub(crate) fn domain_name() -> impl Validate {
    Parses::new("a domain name", |text: &str| {
        text.parse::<DomainName>().map(drop)
    })
}

/// What is sent to Konnect. `None` while something is unknown.
pub(crate) fn to_body(model: &Attr<List<DnsConfigModel>>) -> Option<Vec<DnsConfig>> {
    let entries = match model {
        Attr::Known(entries) => entries.all_known()?,
        Attr::Null => Vec::new(),
        Attr::Unknown => return None,
    };
    entries
        .into_iter()
        .map(|entry| {
            Some(DnsConfig {
                remote_dns_server_ip_addresses: texts(&entry.remote_dns_server_ip_addresses)?,
                domain_proxy_list: texts(&entry.domain_proxy_list)?,
            })
        })
        .collect()
}

fn texts(list: &Attr<List<String>>) -> Option<Vec<String>> {
    Some(list.known()?.all_known()?.into_iter().cloned().collect())
}

/// The model of what Konnect holds, in the spelling of before where it means the same.
pub(crate) fn from_remote(
    prior: &Attr<List<DnsConfigModel>>,
    remote: &[DnsConfig],
) -> Attr<List<DnsConfigModel>> {
    if prior.known().is_some()
        && to_body(prior).is_some_and(|prior| is_same_dns_config(&prior, remote))
    {
        return prior.clone();
    }
    let entries = remote.iter().map(|entry| DnsConfigModel {
        remote_dns_server_ip_addresses: Attr::Known(
            entry
                .remote_dns_server_ip_addresses
                .iter()
                .cloned()
                .collect(),
        ),
        domain_proxy_list: Attr::Known(entry.domain_proxy_list.iter().cloned().collect()),
    });
    Attr::Known(entries.collect())
}

fn is_equivalent(left: &Value, right: &Value) -> bool {
    let read = |value: &Value| {
        let model = Attr::<List<DnsConfigModel>>::from_value(value.clone(), &Path::root());
        model.ok().and_then(|model| to_body(&model))
    };
    match (read(left), read(right)) {
        (Some(left), Some(right)) => is_same_dns_config(&left, &right),
        _ => false,
    }
}

/// The attribute of a field below `dns_config` that Konnect objects to, given the path's steps after that.
pub(crate) fn attribute_of_field<'a>(steps: impl Iterator<Item = &'a str>) -> Path {
    steps.fold(Path::attribute("dns_config"), |path, step| {
        match step.parse() {
            Ok(index) => path.index(index),
            Err(_) => path.child(step),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(addresses: &[&str], domains: &[&str]) -> DnsConfig {
        DnsConfig {
            remote_dns_server_ip_addresses: addresses.iter().map(ToString::to_string).collect(),
            domain_proxy_list: domains.iter().map(ToString::to_string).collect(),
        }
    }

    fn model(entries: &[DnsConfig]) -> Attr<List<DnsConfigModel>> {
        from_remote(&Attr::Null, entries)
    }

    #[test]
    fn models_and_bodies_hold_the_same() {
        let entries = [
            entry(&["10.0.0.4", "10.0.0.5"], &["corp.example"]),
            entry(&["fd00::4"], &["b.example", "a.example"]),
        ];
        assert_eq!(to_body(&model(&entries)).as_deref(), Some(&entries[..]));
        assert_eq!(to_body(&Attr::Null), Some(Vec::new()));
        assert_eq!(to_body(&Attr::Unknown), None);
    }

    #[test]
    fn order_counts_and_spelling_does_not() {
        let base = [entry(&["10.0.0.4", "fd00::5"], &["a.example", "b.example"])];
        for (other, expected) in [
            (
                entry(&["10.0.0.4", "FD00:0::5"], &["A.example", "b.example."]),
                true,
            ),
            (
                entry(&["fd00::5", "10.0.0.4"], &["a.example", "b.example"]),
                false,
            ),
            (
                entry(&["10.0.0.4", "fd00::5"], &["b.example", "a.example"]),
                false,
            ),
            (entry(&["10.0.0.4"], &["a.example", "b.example"]), false),
        ] {
            let other = [other];
            assert_eq!(is_same_dns_config(&base, &other), expected, "{other:?}");
            let values = (model(&base).into_value(), model(&other).into_value());
            assert_eq!(is_equivalent(&values.0, &values.1), expected, "{other:?}");
        }
    }

    #[test]
    fn nothing_and_an_empty_list_are_the_same() {
        assert!(is_equivalent(&Value::Null, &Value::List(Vec::new())));
        assert!(!is_equivalent(&Value::unknown(), &Value::List(Vec::new())));
    }

    #[test]
    fn reading_keeps_the_users_spelling() {
        let prior = model(&[entry(&["FD00::4"], &["Corp.Example."])]);
        let remote = [entry(&["fd00::4"], &["corp.example"])];
        assert_eq!(from_remote(&prior, &remote), prior);
        assert_eq!(from_remote(&Attr::Null, &[]), Attr::Known(List(Vec::new())));
    }

    #[test]
    fn a_field_is_found_in_its_place() {
        let path = attribute_of_field("0.domain_proxy_list.1".split('.'));
        assert_eq!(path.to_string(), "dns_config[0].domain_proxy_list[1]");
    }
}
