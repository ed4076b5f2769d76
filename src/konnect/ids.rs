//! Konnect's ids: UUIDs, each of its own type.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

/// What a UUID looks like.
const EXAMPLE: &str = "36ae63d3-efd1-4bec-b246-62aa5d3f5695";

/// A text that is not the id it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not the id of {what}: a UUID such as {EXAMPLE} is expected")]
pub struct InvalidId {
    text: String,
    what: &'static str,
}

impl InvalidId {
    /// Why, for a sentence that has shown the text already.
    #[must_use]
    pub fn reason(&self) -> String {
        format!("{EXAMPLE} is an example of one")
    }
}

/// Only the usual spelling counts: `Uuid` would also take braces, URNs and bare digits.
fn parse(text: &str, what: &'static str) -> Result<Uuid, InvalidId> {
    let uuid = Uuid::try_parse(text).ok();
    uuid.filter(|_| text.len() == 36).ok_or_else(|| InvalidId {
        text: text.to_owned(),
        what,
    })
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident, $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse(text, $what).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }
    )*};
}

ids! {
    /// The id of a Dedicated Cloud Gateways network.
    NetworkId, "a network";
    /// The id of a transit gateway, unique within its network.
    TransitGatewayId, "a transit gateway";
    /// The id of a private DNS attachment, unique within its network.
    PrivateDnsId, "a private DNS attachment";
    /// The id under which Konnect knows a cloud account of its own.
    ProviderAccountId, "a provider account";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_uuids_are_ids() {
        let text = "36ae63d3-efd1-4bec-b246-62aa5d3f5695";
        assert_eq!(text.parse::<NetworkId>().unwrap().to_string(), text);
        assert_eq!(
            text.to_uppercase().parse::<NetworkId>().unwrap(),
            text.parse().unwrap()
        );
        for bad in [
            "",
            "x",
            "36ae63d3efd14becb24662aa5d3f5695",
            "{36ae63d3-efd1-4bec-b246-62aa5d3f5695}",
            "urn:uuid:36ae63d3-efd1-4bec-b246-62aa5d3f5695",
            "36ae63d3-efd1-4bec-b246-62aa5d3f569/",
        ] {
            let error = bad.parse::<NetworkId>().unwrap_err().to_string();
            assert!(error.contains("is not the id of a network"), "{error}");
        }
    }
}
