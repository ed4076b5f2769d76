//! Everything the provider offers: one line each, in alphabetical order.

use std::sync::Arc;

use crate::data_sources::network::NetworkDataSource;
use crate::data_sources::service_principal::ServicePrincipalDataSource;
use crate::resources::dns_mappings::DnsMappingsResource;
use crate::resources::peering_role::PeeringRoleResource;
use crate::resources::role_assignment::RoleAssignmentResource;
use crate::resources::service_principal::ServicePrincipalResource;
use crate::resources::vnet_peering::VnetPeeringResource;
use crate::tf::provider::Registry;
use crate::{azure, konnect};

/// The registry over clients that Configure fills later.
#[must_use]
pub fn registry(azure: &Arc<azure::Access>, konnect: &Arc<konnect::Access>) -> Registry {
    Registry::new()
        .data_source(NetworkDataSource::new(konnect.clone()))
        .data_source(ServicePrincipalDataSource::new(azure.clone()))
        .resource(DnsMappingsResource::new(konnect.clone()))
        .resource(PeeringRoleResource::new(azure.clone()))
        .resource(RoleAssignmentResource::new(azure.clone()))
        .resource(ServicePrincipalResource::new(azure.clone()))
        .resource(VnetPeeringResource::new(azure.clone(), konnect.clone()))
}
