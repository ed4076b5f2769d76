//! Ids of the network objects a role is assigned on.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use super::arm::check_resource_group_name;
use super::{ArmId, Guid, ParseIdError, Shape};

/// The parts of a resource that lives directly in a resource group.
#[derive(Clone)]
struct GroupedId {
    id: ArmId,
    subscription_id: Guid,
    resource_group_name: String,
    name: String,
}

fn parse(text: &str, shape: &Shape, resource_type: &str) -> Result<GroupedId, ParseIdError> {
    let id: ArmId = text
        .parse()
        .map_err(|fault: ParseIdError| shape.refuse(text, fault.reason))?;
    if !id.is_type(resource_type) {
        let found = id.resource_type().map_or_else(
            || "it names a scope".to_owned(),
            |found| format!("it names a {found}"),
        );
        return Err(shape.refuse(text, format!("{found}, not a {resource_type}")));
    }
    // Exactly /subscriptions/S/resourceGroups/G/providers/N/T/NAME: an extension of the same type would be longer.
    let in_a_group = id.segments().count() == 8;
    match (id.subscription_id(), id.resource_group_name()) {
        (Some(subscription_id), Some(group)) if in_a_group => Ok(GroupedId {
            subscription_id,
            resource_group_name: group.to_owned(),
            name: id.name().to_owned(),
            id,
        }),
        _ => Err(shape.refuse(text, "it is not in a resource group")),
    }
}

fn join(
    subscription_id: &Guid,
    resource_group_name: &str,
    name: &str,
    shape: &Shape,
    resource_type: &str,
) -> Result<GroupedId, ParseIdError> {
    let text = format!(
        "/subscriptions/{subscription_id}/resourceGroups/{resource_group_name}/providers/{resource_type}/{name}"
    );
    check_resource_group_name(resource_group_name).map_err(|reason| shape.refuse(&text, reason))?;
    parse(&text, shape, resource_type)
}

macro_rules! grouped_id {
    ($(#[$doc:meta])+ $name:ident, $name_accessor:ident, $resource_type:literal, $what:literal, $placeholder:literal, $example:literal) => {
        $(#[$doc])+
        ///
        /// Keeps the user's spelling; compares without regard to case.
        #[derive(Clone)]
        pub struct $name(GroupedId);

        impl $name {
            const SHAPE: Shape = Shape {
                what: $what,
                form: concat!("/subscriptions/SUBSCRIPTION_ID/resourceGroups/RESOURCE_GROUP/providers/", $resource_type, "/", $placeholder),
                example: concat!("/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/network/providers/", $resource_type, "/", $example),
            };

            /// The full resource type.
            pub const RESOURCE_TYPE: &str = $resource_type;

            /// Builds the id from its parts.
            ///
            /// # Errors
            /// When a part cannot be the name of such an object.
            pub fn new(subscription_id: &Guid, resource_group_name: &str, name: &str) -> Result<Self, ParseIdError> {
                join(subscription_id, resource_group_name, name, &Self::SHAPE, $resource_type).map(Self)
            }

            /// The subscription.
            #[must_use]
            pub fn subscription_id(&self) -> &Guid {
                &self.0.subscription_id
            }

            /// The resource group.
            #[must_use]
            pub fn resource_group_name(&self) -> &str {
                &self.0.resource_group_name
            }

            /// The object's own name.
            #[must_use]
            pub fn $name_accessor(&self) -> &str {
                &self.0.name
            }

            /// The whole id, as a scope.
            #[must_use]
            pub fn as_arm_id(&self) -> &ArmId {
                &self.0.id
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                parse(text, &Self::SHAPE, $resource_type).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.0.id.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.0.id.as_str())
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.id == other.0.id
            }
        }

        impl Eq for $name {}

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.0.id.hash(state);
            }
        }
    };
}

grouped_id!(
    /// A virtual network.
    VnetId, vnet_name, "Microsoft.Network/virtualNetworks", "the id of a virtual network", "VNET_NAME", "hub"
);

grouped_id!(
    /// A virtual hub of a Virtual WAN.
    VhubId, vhub_name, "Microsoft.Network/virtualHubs", "the id of a virtual hub", "VHUB_NAME", "westeurope-hub"
);

grouped_id!(
    /// A private DNS zone; its name is the domain.
    PrivateDnsZoneId, zone_name, "Microsoft.Network/privateDnsZones", "the id of a private DNS zone", "ZONE_DOMAIN", "internal.example.com"
);
