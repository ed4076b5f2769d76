//! Attributes and model of the peering with a virtual hub.

use crate::azure::ids::VhubId;
use crate::model;
use crate::resources::azure_target;
use crate::resources::konnect_object::dns_config::{self, DnsConfigModel};
use crate::resources::konnect_object::{StateMetadataModel, schema};
use crate::tf::attr::List;
use crate::tf::schema::Schema;

model! {
    /// The state of a peering.
    pub struct VirtualHubPeeringModel {
        /// Id in Konnect.
        pub id: String,
        /// The network.
        pub network_id: String,
        /// The name in Konnect.
        pub name: String,
        /// The virtual hub's ARM id.
        pub vhub_id: String,
        /// The virtual hub's tenant.
        pub tenant_id: String,
        /// The virtual hub's subscription.
        pub subscription_id: String,
        /// The virtual hub's resource group.
        pub resource_group_name: String,
        /// The virtual hub's name.
        pub vhub_name: String,
        /// DNS servers that the peering was made with.
        pub dns_config: List<DnsConfigModel>,
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
            "Name of the peering, unique in its network. Changing it replaces the peering.",
        )
        .replace(),
    ];
    attributes.extend(azure_target::attributes::<VhubId>());
    attributes.extend([
        dns_config::attribute(),
        schema::wait_for_ready(),
        schema::preflight(
            "the network, the virtual hub, its addresses and those of the networks behind it, and the permissions of Kong's application",
        ),
        schema::use_existing(),
    ]);
    attributes.extend(schema::computed());
    Schema::new(
        "Connects a Dedicated Cloud Gateway network of Konnect with the virtual hub of an Azure Virtual WAN, and so with every network that the hub \
         routes to.\n\n\
         A creation first waits for the network to be `ready`, then checks what would make the peering fail, and then waits until the peering itself \
         is `ready`. Konnect cannot change an Azure peering, so every change to its configuration replaces it.\n\n\
         Kong's application makes a connection in the hub with the rights of its service principal, which therefore needs a role at the hub: \
         `konnectazure_peering_role` with `purpose = \"virtual_hub_peering\"`, and `konnectazure_role_assignment`. Make the peering \
         depend on the assignment, so that the assignment is destroyed after it. Subscription and resource group are those of the hub, which may differ \
         from those of its Virtual WAN.",
        attributes,
    )
}
