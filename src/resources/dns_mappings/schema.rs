//! Attributes and model of a network's DNS mappings.

use crate::model;
use crate::resources::konnect_object::dns_config::{domain_name, ip_address};
use crate::resources::konnect_object::mappings;
use crate::resources::konnect_object::{DnsMapping, StateMetadataModel, schema};
use crate::tf::attr::Set;
use crate::tf::schema::{Attribute, AttributeKind, Nesting, Schema};
use crate::tf::types::Type;
use crate::tf::validate::{Each, NotEmpty};

model! {
    /// The state of DNS mappings.
    pub struct DnsMappingsModel {
        /// Id in Konnect.
        pub id: String,
        /// The network.
        pub network_id: String,
        /// The name in Konnect.
        pub name: String,
        /// Which servers answer for which domains.
        pub mappings: Set<DnsMapping>,
        /// The kind of mapping, as Konnect's documentation names it.
        pub mapping_type: String,
        /// How many domains there are.
        pub domain_count: i64,
        /// Whether a creation or update waits.
        pub wait_for_ready: bool,
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
        schema::name("Name of the object in Konnect, unique in its network. Updated in place."),
        mappings(),
        schema::wait_for_ready(),
        schema::use_existing(),
    ];
    attributes.extend(schema::computed());
    attributes.extend([
        Attribute::computed("mapping_type", Type::String).describe(
            "Which of the documented types the mappings are: `M-to-N` if a domain has several addresses, otherwise `N-to-1` if several domains share \
             an address, otherwise `1-to-1`.",
        ),
        Attribute::computed("domain_count", Type::Number).describe("How many domains are mapped."),
    ]);
    Schema::new(
        "Forwards DNS queries for domains from a Dedicated Cloud Gateway network of Konnect to DNS servers that it reaches over a peering: a private \
         DNS object of Konnect, of the kind outbound resolver.\n\n\
         Updated in place, with one request for the whole configuration. Make it depend on the peering that the servers are behind.",
        attributes,
    )
}

fn mappings() -> Attribute {
    let domains = Attribute::required("domains", Type::set(Type::String))
        .describe(
            "Domains to forward, including all names below them. Case and a trailing dot are ignored. A domain may appear in one \
             mapping only.",
        )
        .validate(NotEmpty)
        .validate(Each(domain_name()));
    let target_ip_addresses = Attribute::required("target_ip_addresses", Type::list(Type::String))
        .describe(
            "Addresses of DNS servers that answer for these domains and are reached over the peering, in the order in which they are asked. For zones in \
             Azure Private DNS: the inbound endpoint of an Azure DNS Private Resolver in the peered virtual network.",
        )
        .validate(NotEmpty)
        .validate(Each(ip_address()));
    Attribute::required(
        "mappings",
        AttributeKind::Nested(Nesting::Set, vec![domains, target_ip_addresses]),
    )
    .describe(
        "Which servers answer for which domains. How domains are grouped makes no difference.",
    )
    .equivalent(mappings::is_equivalent)
    .validate(NotEmpty)
}
