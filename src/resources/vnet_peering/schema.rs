//! Attributes and model of the peering with a virtual network.

use crate::azure::ids::VnetId;
use crate::model;
use crate::resources::azure_target;
use crate::resources::equivalence::same_arm_id;
use crate::resources::konnect_object::dns_config::{self, DnsConfigModel};
use crate::resources::konnect_object::{StateMetadataModel, schema};
use crate::tf::attr::List;
use crate::tf::schema::{Attribute, AttributeKind, Nesting, Schema};
use crate::tf::types::Type;

model! {
    /// The half of the peering that Kong's application made on the customer's virtual network.
    pub struct AzurePeeringModel {
        /// Its ARM id.
        pub id: String,
        /// `Initiated`, `Connected` or `Disconnected`.
        pub state: String,
        /// Whether both sides know the same address spaces.
        pub sync_level: String,
    }
}

model! {
    /// The state of a peering.
    pub struct VnetPeeringModel {
        /// Id in Konnect.
        pub id: String,
        /// The network.
        pub network_id: String,
        /// The name in Konnect.
        pub name: String,
        /// The virtual network's ARM id.
        pub vnet_id: String,
        /// The virtual network's tenant.
        pub tenant_id: String,
        /// The virtual network's subscription.
        pub subscription_id: String,
        /// The virtual network's resource group.
        pub resource_group_name: String,
        /// The virtual network's name.
        pub vnet_name: String,
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
        /// The half in Azure.
        pub azure_peering: AzurePeeringModel,
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
    attributes.extend(azure_target::attributes::<VnetId>());
    attributes.extend([
        dns_config::attribute(),
        schema::wait_for_ready(),
        schema::preflight(
            "the network, the virtual network, its address space, and the permissions of Kong's application",
        ),
        schema::use_existing(),
    ]);
    attributes.extend(schema::computed());
    attributes.push(azure_peering());
    Schema::new(
        "Connects a Dedicated Cloud Gateway network of Konnect with an Azure virtual network, as a virtual network peering.\n\n\
         A creation waits for the network to become `ready`, checks for anything that would make the peering fail, sends it, and waits \
         until the peering itself is `ready`, which can take 30 to 40 minutes. Konnect cannot change an Azure peering, so every change \
         to its configuration replaces it.\n\n\
         Kong's application creates the half on your virtual network, so its service principal needs a role there: see \
         `konnectazure_service_principal`, `konnectazure_peering_role` and `konnectazure_role_assignment`. Make the peering depend on \
         the assignment, so that the assignment is destroyed after it.",
        attributes,
    )
}

fn azure_peering() -> Attribute {
    let attributes = vec![
        Attribute::computed("id", Type::String)
            .describe("ARM id of the peering on the virtual network.")
            .equivalent(same_arm_id),
        Attribute::computed("state", Type::String)
            .describe("`Initiated`, `Connected` or `Disconnected`."),
        Attribute::computed("sync_level", Type::String)
            .describe("Whether both sides have the same address spaces: `FullyInSync` if they do."),
    ];
    Attribute::computed(
        "azure_peering",
        AttributeKind::Nested(Nesting::Single, attributes),
    )
    .describe(
        "The half of the peering that Kong's application created on the virtual network, read through Azure Resource Manager. Null if \
         there is none, or if the caller cannot read the virtual network.",
    )
}
