//! Attributes and model of a linked private DNS zone.

use crate::azure::ids::{ArmId, ParseIdError};
use crate::model;
use crate::resources::azure_target::guid;
use crate::resources::equivalence::{same_domain, same_text_ignoring_case};
use crate::resources::konnect_object::dns_config::domain_name;
use crate::resources::konnect_object::{StateMetadataModel, schema};
use crate::tf::schema::{Attribute, Schema};
use crate::tf::types::Type;
use crate::tf::validate::{NotEmpty, Parses};

model! {
    /// The state of a linked zone.
    pub struct PrivateHostedZoneModel {
        /// Id in Konnect.
        pub id: String,
        /// The network.
        pub network_id: String,
        /// The name in Konnect.
        pub name: String,
        /// The zone's name.
        pub domain_name: String,
        /// The zone's tenant.
        pub tenant_id: String,
        /// The zone's subscription.
        pub subscription_id: String,
        /// The name of the zone's resource group.
        pub resource_group_name: String,
        /// The name of the link that Konnect makes on the zone.
        pub vnet_link_name: String,
        /// Whether a creation waits.
        pub wait_for_ready: bool,
        /// Whether a creation checks first.
        pub preflight: bool,
        /// Whether a creation may adopt.
        pub use_existing: bool,
        /// State in Konnect.
        pub state: String,
        /// What Konnect says about the state.
        pub state_metadata: StateMetadataModel,
        /// Grows with each change.
        pub entity_version: i64,
        /// When it was made.
        pub created_at: String,
        /// When it was last changed.
        pub updated_at: String,
    }
}

/// The schema.
pub(super) fn schema() -> Schema {
    let mut attributes = vec![
        schema::network_id(),
        schema::name(
            "Name of the object in Konnect, unique in its network; a label of your choice. Changing it replaces the object.",
        )
        .replace(),
    ];
    attributes.extend(zone());
    attributes.extend([
        schema::wait_for_ready(),
        schema::preflight(
            "that the zone exists, that the name of the link is free, and that the network has no zone of this name yet. If Kong's application \
             seems to lack permissions, that is only a warning, since Kong does not publish which application it uses for zones",
        ),
        schema::use_existing(),
    ]);
    attributes.extend(schema::computed());
    Schema::new(
        "Links a zone of Azure Private DNS to a Dedicated Cloud Gateway network of Konnect, so that the gateways resolve the zone's names: a private \
         DNS object of Konnect, of the kind private hosted zone.\n\n\
         Kong's application creates the link, so its service principal needs a role on the zone: \
         `konnectazure_peering_role` with `purpose = \"private_dns_link\"`, and `konnectazure_role_assignment`. Make it depend on the \
         assignment, and on the peering over which the zone's addresses are reached.\n\n\
         Konnect cannot change such an object, not even its name: every change replaces it. For zones that cannot be linked, forward their domains \
         with `konnectazure_dns_mappings`.",
        attributes,
    )
}

fn zone() -> [Attribute; 5] {
    [
        Attribute::required("domain_name", Type::String)
            .describe(
                "Name of the private DNS zone, such as `corp.example`. Case and a trailing dot are ignored. A network can have one zone \
                 of a name only.",
            )
            .replace()
            .equivalent(same_domain)
            .validate(domain_name()),
        Attribute::optional_computed("tenant_id", Type::String)
            .describe("Entra tenant of the zone's subscription. Default: the provider's tenant at the time of creation.")
            .replace()
            .keep()
            .equivalent(same_text_ignoring_case)
            .validate(guid()),
        Attribute::optional_computed("subscription_id", Type::String)
            .describe("Subscription of the zone. Default: the provider's subscription at the time of creation.")
            .replace()
            .keep()
            .equivalent(same_text_ignoring_case)
            .validate(guid()),
        Attribute::required("resource_group_name", Type::String)
            .describe(
                "Name of the zone's resource group; not its id. Konnect calls this field `peer_resource_group_id`, but it takes the \
                 name.",
            )
            .replace()
            .equivalent(same_text_ignoring_case)
            .validate(NotEmpty)
            .validate(Parses::new("the name of a resource group", check_group_name)),
        Attribute::required("vnet_link_name", Type::String)
            .describe(
                "Name of the virtual network link that Konnect **makes** on the zone. The name must still be free; a link to a virtual \
                 network of your own is a separate one.",
            )
            .replace()
            .equivalent(same_text_ignoring_case)
            .validate(NotEmpty)
            .validate(Parses::new("the name of a virtual network link", check_link_name)),
    ]
}

/// Refuses a whole id with the name to use.
fn check_group_name(text: &str) -> Result<(), String> {
    if !text.contains('/') {
        return Ok(());
    }
    let id: Result<ArmId, ParseIdError> = text.parse();
    Err(
        match id.as_ref().ok().and_then(ArmId::resource_group_name) {
            Some(name) => {
                format!("it is a whole id. Give the name alone, resource_group_name = {name:?}")
            }
            None => "a name has no slashes".to_owned(),
        },
    )
}

fn check_link_name(text: &str) -> Result<(), &'static str> {
    if text.contains('/') {
        Err("it is the name that the link gets, and no id: a name has no slashes")
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_id_is_refused_with_the_name_to_use() {
        let id = "/subscriptions/66666666-7777-8888-9999-aaaaaaaaaaaa/resourceGroups/Rg-Dns";
        for id in [
            id.to_owned(),
            format!("{id}/providers/Microsoft.Network/privateDnsZones/corp.example"),
        ] {
            let refused = check_group_name(&id).unwrap_err();
            assert!(
                refused.contains("resource_group_name = \"Rg-Dns\""),
                "{refused}"
            );
        }
        assert!(check_group_name("some/thing").is_err());
        assert_eq!(check_group_name("rg-dns"), Ok(()));
    }
}
