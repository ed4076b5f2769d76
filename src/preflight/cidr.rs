//! Blocks of IP addresses, and whether two lists of them have an address in common.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

/// A block of IPv4 or IPv6 addresses in CIDR notation.
///
/// Keeps the spelling. Bits behind the prefix may be set, as Azure and Konnect allow them: they do not count.
#[derive(Clone)]
pub struct Cidr {
    text: String,
    block: IpNet,
}

/// A text that is not a block of addresses; the message shows the form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{given:?} is not an address block in CIDR notation, such as 10.1.0.0/16 or fd00:1::/48{hint}"
)]
pub struct InvalidCidr {
    given: String,
    hint: String,
}

impl Cidr {
    /// Whether both blocks have an address in common. Blocks of different families never have.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        // Of two blocks that share an address, one holds the other.
        self.block.contains(&other.block.trunc()) || other.block.contains(&self.block.trunc())
    }

    /// Whether every address of `other` is in this block.
    #[must_use]
    pub fn holds(&self, other: &Self) -> bool {
        self.block.contains(&other.block.trunc())
    }

    /// Whether an address lies in this block.
    #[must_use]
    pub fn has(&self, address: IpAddr) -> bool {
        self.block.contains(&address)
    }

    /// The text as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Cidr {
    type Err = InvalidCidr;

    fn from_str(text: &str) -> Result<Self, InvalidCidr> {
        parse(text)
            .map(|block| Self {
                text: text.to_owned(),
                block,
            })
            .ok_or_else(|| InvalidCidr {
                given: text.to_owned(),
                hint: hint(text),
            })
    }
}

/// By the standard library's strict reading of addresses: others take `010` for ten, or for eight.
fn parse(text: &str) -> Option<IpNet> {
    let (address, length) = text.split_once('/')?;
    let is_plain = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    let length = length.parse().ok().filter(|_| is_plain)?;
    IpNet::new(address.parse().ok()?, length).ok()
}

/// What a near miss lacks.
fn hint(text: &str) -> String {
    match text.parse::<IpAddr>() {
        Ok(address) if address.is_ipv4() => format!("; for this address alone write {text}/32"),
        Ok(_) => format!("; for this address alone write {text}/128"),
        Err(_) if text.trim() != text => "; it has blanks around it".to_owned(),
        Err(_) => String::new(),
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Debug for Cidr {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl PartialEq for Cidr {
    fn eq(&self, other: &Self) -> bool {
        self.block.trunc() == other.block.trunc()
    }
}

impl Eq for Cidr {}

/// Every pair of blocks, one of each list, that have an address in common.
pub fn overlaps<'a>(
    left: &'a [Cidr],
    right: &'a [Cidr],
) -> impl Iterator<Item = (&'a Cidr, &'a Cidr)> {
    left.iter().flat_map(move |one| {
        right
            .iter()
            .filter(move |other| one.overlaps(other))
            .map(move |other| (one, other))
    })
}

/// The blocks of a service's list. What cannot be read as a block is left out: it can neither be compared nor corrected here.
#[must_use]
pub fn readable(texts: &[String]) -> Vec<Cidr> {
    texts
        .iter()
        .filter_map(|text| match text.trim().parse() {
            Ok(block) => Some(block),
            Err(fault) => {
                tracing::debug!("left out an address block: {fault}");
                None
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn blocks(texts: &[&str]) -> Vec<Cidr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn overlap(left: &str, right: &str) -> bool {
        let (left, right): (Cidr, Cidr) = (left.parse().unwrap(), right.parse().unwrap());
        let found = left.overlaps(&right);
        assert_eq!(found, right.overlaps(&left), "{left} {right}");
        found
    }

    #[test]
    fn blocks_overlap_where_they_share_an_address() {
        for (left, right, expected) in [
            ("10.0.0.0/16", "10.0.0.0/16", true),
            ("10.0.0.0/8", "10.200.3.0/24", true),
            ("10.0.0.0/16", "10.1.0.0/16", false),
            ("10.0.0.0/17", "10.0.128.0/17", false),
            ("10.0.0.0/15", "10.1.255.255/32", true),
            ("0.0.0.0/0", "203.0.113.7/32", true),
            // The vendor's own example has bits behind the prefix: it is 10.99.96.0/21.
            ("10.99.98.0/21", "10.99.97.0/24", true),
            ("10.99.98.0/21", "10.99.104.0/24", false),
            ("10.1.2.3/16", "10.1.99.99/24", true),
            ("fd00::/48", "fd00:0:0:1::/64", true),
            ("fd00::/48", "fd00:0:1::/48", false),
            ("::/0", "0.0.0.0/0", false),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8", false),
        ] {
            assert_eq!(overlap(left, right), expected, "{left} {right}");
        }
    }

    #[test]
    fn every_offending_pair_is_named_in_the_users_spelling() {
        let left = blocks(&["10.0.0.0/16", "192.168.0.0/24", "fd00::/48"]);
        let right = blocks(&["10.0.9.9/24", "172.16.0.0/12", "FD00::/64", "10.0.0.0/8"]);
        let named: Vec<_> = overlaps(&left, &right)
            .map(|(one, other)| format!("{one} {other}"))
            .collect();
        assert_eq!(
            named,
            [
                "10.0.0.0/16 10.0.9.9/24",
                "10.0.0.0/16 10.0.0.0/8",
                "fd00::/48 FD00::/64"
            ]
        );
        assert_eq!(overlaps(&left, &[]).count(), 0);
    }

    #[test]
    fn a_block_holds_what_lies_wholly_inside() {
        let network: Cidr = "10.0.0.0/16".parse().unwrap();
        assert!(network.holds(&"10.0.4.0/22".parse().unwrap()));
        assert!(network.holds(&network));
        assert!(!network.holds(&"10.0.0.0/8".parse().unwrap()));
        assert!(!network.holds(&"10.1.0.0/24".parse().unwrap()));
    }

    #[test]
    fn a_refusal_shows_the_form_and_what_is_missing() {
        for (text, hint) in [
            ("10.0.0.0", "write 10.0.0.0/32"),
            ("fd00::1", "write fd00::1/128"),
            (" 10.0.0.0/8", "blanks"),
            ("10.0.0.0/33", "such as 10.1.0.0/16"),
            ("10.0.0/8", "such as 10.1.0.0/16"),
            ("010.0.0.0/8", "such as 10.1.0.0/16"),
            ("10.0.0.0/+8", "such as 10.1.0.0/16"),
            ("", "such as 10.1.0.0/16"),
        ] {
            let fault = text.parse::<Cidr>().unwrap_err().to_string();
            assert!(fault.contains(hint), "{fault}");
        }
    }

    #[test]
    fn what_a_service_writes_oddly_is_left_out() {
        let read = readable(&["10.0.0.0/16 ".into(), String::new(), "pool:3".into()]);
        assert_eq!(read, blocks(&["10.0.0.0/16"]));
    }

    proptest! {
        #[test]
        fn overlap_is_what_counting_addresses_says(
            left in any::<u8>(), left_length in 24_u8..=32, right in any::<u8>(), right_length in 24_u8..=32,
        ) {
            let range = |address: u8, length: u8| {
                let size = 1_u16 << (32 - length);
                let first = u16::from(address) / size * size;
                first..first + size
            };
            let (one, other) = (range(left, left_length), range(right, right_length));
            let expected = one.start < other.end && other.start < one.end;
            prop_assert_eq!(
                overlap(&format!("10.0.0.{left}/{left_length}"), &format!("10.0.0.{right}/{right_length}")),
                expected
            );
        }
    }
}
