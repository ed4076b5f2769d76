//! The states of remote objects. A text that this version does not know is kept: it is neither ready nor a fault.

use std::fmt;

use serde::{Deserialize, Deserializer};

use super::lenient::or_default;

/// What the backing infrastructure reports about an object, mostly when something is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct StateMetadata {
    /// The infrastructure's own status, such as `ERROR`.
    #[serde(default, deserialize_with = "or_default")]
    pub reported_status: Option<String>,
    /// Why the object is in its state.
    #[serde(default, deserialize_with = "or_default")]
    pub reason: Option<String>,
}

impl StateMetadata {
    /// Whether the reason is a permission that Kong's application lacks in Azure, as far as the text tells: Konnect passes on what Azure said,
    /// without a code of its own. A missing service principal counts, for Azure's directories learn of a new one at different times.
    #[must_use]
    pub fn speaks_of_permission(&self) -> bool {
        let text = self.to_string().to_lowercase();
        [
            "authoriz",
            "permission",
            "forbidden",
            "denied",
            "privilege",
            "role assignment",
            "consent",
            "service principal",
        ]
        .iter()
        .any(|words| text.contains(words))
    }

    /// Absent, `null` and `{}` mean the same.
    pub(super) fn read<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Self>, D::Error> {
        let read = Option::<Self>::deserialize(deserializer)?;
        Ok(read.filter(|read| *read != Self::default()))
    }
}

impl fmt::Display for StateMetadata {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = [&self.reported_status, &self.reason].into_iter().flatten();
        if let Some(first) = parts.next() {
            formatter.write_str(first.trim())?;
        }
        parts.try_for_each(|part| write!(formatter, ": {}", part.trim()))
    }
}

macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
            /// A state that this version does not know, as the service wrote it.
            Unknown(String),
        }

        impl $name {
            /// The service's text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Unknown(text) => text,
                }
            }

            /// Being deleted or gone.
            #[must_use]
            pub fn is_ending(&self) -> bool {
                matches!(self, Self::Terminating | Self::Terminated)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => Self::$variant,)*
                    _ => Self::Unknown(text.to_owned()),
                }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::Unknown(String::new())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Option::<String>::deserialize(deserializer)?;
                Ok(text.as_deref().map_or_else(Self::default, Self::from))
            }
        }
    };
}

states! {
    /// The state of a network. There is none for failure: trouble shows in the metadata only.
    NetworkState {
        /// Made, provisioning has not begun.
        Created = "created",
        /// Being provisioned, which takes 30 to 40 minutes.
        Initializing = "initializing",
        /// Made without infrastructure.
        Offline = "offline",
        /// Usable.
        Ready = "ready",
        /// Being deleted.
        Terminating = "terminating",
        /// Gone.
        Terminated = "terminated",
    }
}

states! {
    /// The state of a transit gateway.
    TransitGatewayState {
        /// Made, not attached yet.
        Created = "created",
        /// Being set up.
        Initializing = "initializing",
        /// Somebody has to accept the request on the customer's side.
        PendingAcceptance = "pending-acceptance",
        /// The customer has to do something.
        PendingUserAction = "pending-user-action",
        /// Routes traffic.
        Ready = "ready",
        /// Being deleted.
        Terminating = "terminating",
        /// Gone.
        Terminated = "terminated",
        /// Failed; the metadata may say why.
        Error = "error",
    }
}

states! {
    /// The state of a private DNS attachment.
    PrivateDnsState {
        /// Made, not attached yet.
        Created = "created",
        /// Being set up.
        Initializing = "initializing",
        /// The cloud provider's side has to be associated first.
        PendingAssociation = "pending-association",
        /// Resolves names.
        Ready = "ready",
        /// Failed; the metadata may say why.
        Error = "error",
        /// Being deleted.
        Terminating = "terminating",
        /// Gone.
        Terminated = "terminated",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_state_keeps_its_text_and_is_not_ready() {
        let state: TransitGatewayState = serde_json::from_str("\"pending-moon-phase\"").unwrap();
        assert_eq!(state.to_string(), "pending-moon-phase");
        assert!(!state.is_ending());
        assert_ne!(state, TransitGatewayState::Ready);
        let absent: NetworkState = serde_json::from_str("null").unwrap();
        assert_eq!(absent, NetworkState::default());
    }

    #[test]
    fn known_states_are_told_by_the_services_text() {
        assert_eq!(
            TransitGatewayState::from("pending-user-action"),
            TransitGatewayState::PendingUserAction
        );
        assert_eq!(
            PrivateDnsState::PendingAssociation.as_str(),
            "pending-association"
        );
        assert!(PrivateDnsState::Terminating.is_ending());
        assert!(!PrivateDnsState::Error.is_ending());
    }

    #[test]
    fn a_lacking_permission_is_told_from_other_failures() {
        for (reason, expected) in [
            (
                "AuthorizationFailed: The client 'a' with object id 'b' does not have authorization to perform action 'c' over scope 'd'.",
                true,
            ),
            ("LinkedAuthorizationFailed", true),
            (
                "AADSTS7000229: The client application a is missing service principal in the tenant b.",
                true,
            ),
            ("Permission denied", true),
            (
                "VnetAddressSpacesOverlap: the address spaces overlap",
                false,
            ),
            ("ResourceNotFound: the virtual network was not found", false),
            ("", false),
        ] {
            let metadata = StateMetadata {
                reported_status: None,
                reason: Some(reason.to_owned()),
            };
            assert_eq!(metadata.speaks_of_permission(), expected, "{reason}");
        }
    }

    #[test]
    fn metadata_reads_as_one_line() {
        let both = StateMetadata {
            reported_status: Some("ERROR".into()),
            reason: Some("no consent\n".into()),
        };
        assert_eq!(both.to_string(), "ERROR: no consent");
        assert_eq!(StateMetadata::default().to_string(), "");
    }
}
