//! Domain names and the kinds of DNS mapping that Konnect's documentation tells apart.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Most characters in a domain name (RFC 1035, 2.3.4, without the root's dot).
const NAME_LIMIT: usize = 253;

/// Most characters between two dots (RFC 1035, 2.3.4).
const LABEL_LIMIT: usize = 63;

/// A domain name in the one form in which names compare: lower case, without the root's trailing dot.
///
/// Labels are those of a host name (RFC 1123), and may begin with `_`, as the zones of Active Directory do (`_msdcs.corp.example`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(String);

/// Why a text is not a domain name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDomainName {
    /// Nothing, or only the root.
    #[error("it is empty")]
    Empty,
    /// Longer than DNS can carry.
    #[error("it has more than {NAME_LIMIT} characters")]
    TooLong,
    /// An address was given where a name belongs.
    #[error("it is an IP address")]
    Address,
    /// Two dots in a row, or one at the beginning.
    #[error("it has an empty label")]
    EmptyLabel,
    /// A label that is too long.
    #[error("the label {0:?} has more than {LABEL_LIMIT} characters")]
    LabelTooLong(String),
    /// A label with a hyphen at an end.
    #[error("the label {0:?} begins or ends with a hyphen")]
    Hyphen(String),
    /// A wildcard: a mapping covers the names below its domain by itself.
    #[error("wildcards are not supported; a domain covers the names below it")]
    Wildcard,
    /// A character that host names have not.
    #[error(
        "the label {0:?} holds the character {1:?}; letters, digits and hyphens are allowed, and other alphabets in their xn-- form"
    )]
    Character(String, char),
}

impl DomainName {
    /// Whether this is `other` or a name below it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let above = self.0.strip_suffix(&other.0);
        above.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

impl FromStr for DomainName {
    type Err = InvalidDomainName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.strip_suffix('.').unwrap_or(text);
        if name.is_empty() {
            return Err(InvalidDomainName::Empty);
        }
        if name.len() > NAME_LIMIT {
            return Err(InvalidDomainName::TooLong);
        }
        if name.parse::<IpAddr>().is_ok() {
            return Err(InvalidDomainName::Address);
        }
        name.split('.').try_for_each(check_label)?;
        Ok(Self(name.to_ascii_lowercase()))
    }
}

fn check_label(label: &str) -> Result<(), InvalidDomainName> {
    if label.is_empty() {
        return Err(InvalidDomainName::EmptyLabel);
    }
    if label == "*" {
        return Err(InvalidDomainName::Wildcard);
    }
    if label.len() > LABEL_LIMIT {
        return Err(InvalidDomainName::LabelTooLong(label.to_owned()));
    }
    let rest = label.strip_prefix('_').unwrap_or(label);
    if let Some(odd) = rest
        .chars()
        .find(|character| !character.is_ascii_alphanumeric() && *character != '-')
    {
        return Err(InvalidDomainName::Character(label.to_owned(), odd));
    }
    if rest.is_empty() {
        return Err(InvalidDomainName::Character(label.to_owned(), '_'));
    }
    if rest.starts_with('-') || rest.ends_with('-') {
        return Err(InvalidDomainName::Hyphen(label.to_owned()));
    }
    Ok(())
}

impl fmt::Display for DomainName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl AsRef<str> for DomainName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// The three kinds of mapping in Konnect's documentation.
///
/// Its sample of the third kind is really two of the first; the definitions count, not the sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MappingType {
    /// Each domain has an address of its own.
    OneToOne,
    /// Several domains share an address.
    ManyToOne,
    /// A domain has several addresses.
    ManyToMany,
}

impl MappingType {
    /// The kind of the addresses that answer for each domain.
    #[must_use]
    pub fn of<N: Ord>(mappings: &BTreeMap<N, Vec<IpAddr>>) -> Self {
        let mut seen = BTreeSet::new();
        let mut shared = false;
        for addresses in mappings.values() {
            let distinct: BTreeSet<&IpAddr> = addresses.iter().collect();
            if distinct.len() > 1 {
                return Self::ManyToMany;
            }
            for address in distinct {
                shared |= !seen.insert(address);
            }
        }
        if shared {
            Self::ManyToOne
        } else {
            Self::OneToOne
        }
    }
}

impl fmt::Display for MappingType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::OneToOne => "1-to-1",
            Self::ManyToOne => "N-to-1",
            Self::ManyToMany => "M-to-N",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping_type(mappings: &[(&str, &[&str])]) -> MappingType {
        let mappings: BTreeMap<&str, Vec<IpAddr>> = mappings
            .iter()
            .map(|(domain, addresses)| {
                let addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
                (*domain, addresses)
            })
            .collect();
        MappingType::of(&mappings)
    }

    #[test]
    fn names_compare_without_case_and_trailing_dot() {
        let plain: DomainName = "db.corp.example".parse().unwrap();
        for spelling in ["DB.Corp.Example", "db.corp.example.", "DB.CORP.EXAMPLE."] {
            assert_eq!(spelling.parse::<DomainName>().unwrap(), plain, "{spelling}");
        }
        assert_eq!(plain.to_string(), "db.corp.example");
    }

    #[test]
    fn a_name_is_within_itself_and_what_it_is_below_of() {
        let name = |text: &str| text.parse::<DomainName>().unwrap();
        let zone = name("corp.example");
        assert!(name("Corp.example.").is_within(&zone) && name("db.corp.example").is_within(&zone));
        for other in ["example", "xcorp.example", "corp.example.net"] {
            assert!(!name(other).is_within(&zone), "{other}");
        }
    }

    #[test]
    fn host_names_and_zones_of_active_directory_are_taken() {
        for name in [
            "corp",
            "a.b.c",
            "3com.example",
            "xn--bcher-kva.example",
            "_msdcs.corp.example",
            "privatelink.database.windows.net",
        ] {
            assert!(name.parse::<DomainName>().is_ok(), "{name}");
        }
    }

    #[test]
    fn what_is_no_domain_name_is_refused_with_the_reason() {
        let long_label = "a".repeat(64);
        let long_name = ["abcdefghi"; 26].join(".");
        for (text, reason) in [
            ("", InvalidDomainName::Empty),
            (".", InvalidDomainName::Empty),
            ("a..b", InvalidDomainName::EmptyLabel),
            (".a", InvalidDomainName::EmptyLabel),
            ("10.0.0.1", InvalidDomainName::Address),
            ("fd00::1", InvalidDomainName::Address),
            ("*.corp.example", InvalidDomainName::Wildcard),
            ("-a.example", InvalidDomainName::Hyphen("-a".to_owned())),
            ("a-.example", InvalidDomainName::Hyphen("a-".to_owned())),
            (
                "a b.example",
                InvalidDomainName::Character("a b".to_owned(), ' '),
            ),
            (
                "a_b.example",
                InvalidDomainName::Character("a_b".to_owned(), '_'),
            ),
            (
                "_.example",
                InvalidDomainName::Character("_".to_owned(), '_'),
            ),
            (
                "bücher.example",
                InvalidDomainName::Character("bücher".to_owned(), 'ü'),
            ),
            (
                &long_label,
                InvalidDomainName::LabelTooLong(long_label.clone()),
            ),
            (&long_name, InvalidDomainName::TooLong),
        ] {
            assert_eq!(text.parse::<DomainName>(), Err(reason), "{text:?}");
        }
    }

    #[test]
    fn the_mapping_type_follows_the_definitions() {
        let one = ("a", ["10.0.0.1"].as_slice());
        let other = ("b", ["10.0.0.2"].as_slice());
        let same = ("b", ["10.0.0.1"].as_slice());
        let several = ("c", ["10.0.0.2", "10.0.0.3"].as_slice());
        let twice = ("d", ["10.0.0.4", "10.0.0.4"].as_slice());
        for (mappings, expected) in [
            ([one].as_slice(), "1-to-1"),
            (&[one, other], "1-to-1"),
            (&[one, same], "N-to-1"),
            (&[several], "M-to-N"),
            (&[one, same, several], "M-to-N"),
            (&[twice], "1-to-1"),
        ] {
            assert_eq!(mapping_type(mappings).to_string(), expected, "{mappings:?}");
        }
    }
}
