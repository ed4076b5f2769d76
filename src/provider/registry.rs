//! Everything the provider offers: one line each, in alphabetical order.

use std::sync::Arc;

use crate::data_sources::dns_mappings::DnsMappingsDataSource;
use crate::data_sources::network::NetworkDataSource;
use crate::data_sources::networks::NetworksDataSource;
use crate::data_sources::preflight::PreflightDataSource;
use crate::data_sources::service_principal::ServicePrincipalDataSource;
use crate::data_sources::vnet_peering::VnetPeeringDataSource;
use crate::functions::admin_consent_url::AdminConsentUrl;
use crate::functions::cidrs_overlap::CidrsOverlap;
use crate::functions::dns_mapping_type::DnsMappingType;
use crate::functions::parse_vnet_id::ParseVnetId;
use crate::functions::vnet_id::MakeVnetId;
use crate::lists::konnect_object::dns_mappings::DnsMappings;
use crate::lists::konnect_object::private_hosted_zone::PrivateHostedZones;
use crate::lists::konnect_object::virtual_hub_peering::VirtualHubPeerings;
use crate::lists::konnect_object::vnet_peering::VnetPeerings;
use crate::lists::peering_role::PeeringRoleList;
use crate::lists::role_assignment::RoleAssignmentList;
use crate::resources::dns_mappings::DnsMappingsResource;
use crate::resources::peering_role::PeeringRoleResource;
use crate::resources::private_hosted_zone::PrivateHostedZoneResource;
use crate::resources::role_assignment::RoleAssignmentResource;
use crate::resources::service_principal::ServicePrincipalResource;
use crate::resources::virtual_hub_peering::VirtualHubPeeringResource;
use crate::resources::vnet_peering::VnetPeeringResource;
use crate::tf::provider::Registry;
use crate::{azure, konnect};

/// The registry over clients that Configure fills later.
#[must_use]
pub fn registry(azure: &Arc<azure::Access>, konnect: &Arc<konnect::Access>) -> Registry {
    Registry::new()
        .data_source(DnsMappingsDataSource::new(Arc::clone(konnect)))
        .data_source(NetworkDataSource::new(Arc::clone(konnect)))
        .data_source(NetworksDataSource::new(Arc::clone(konnect)))
        .data_source(PreflightDataSource::new(
            Arc::clone(azure),
            Arc::clone(konnect),
        ))
        .data_source(ServicePrincipalDataSource::new(Arc::clone(azure)))
        .data_source(VnetPeeringDataSource::new(Arc::clone(konnect)))
        .function(AdminConsentUrl)
        .function(CidrsOverlap)
        .function(DnsMappingType)
        .function(MakeVnetId)
        .function(ParseVnetId)
        .list(DnsMappings::list(Arc::clone(konnect)))
        .list(PeeringRoleList::new(Arc::clone(azure)))
        .list(PrivateHostedZones::list(Arc::clone(konnect)))
        .list(RoleAssignmentList::new(Arc::clone(azure)))
        .list(VirtualHubPeerings::list(Arc::clone(konnect)))
        .list(VnetPeerings::list(Arc::clone(azure), Arc::clone(konnect)))
        .resource(DnsMappingsResource::new(
            Arc::clone(azure),
            Arc::clone(konnect),
        ))
        .resource(PeeringRoleResource::new(Arc::clone(azure)))
        .resource(PrivateHostedZoneResource::new(
            Arc::clone(azure),
            Arc::clone(konnect),
        ))
        .resource(RoleAssignmentResource::new(Arc::clone(azure)))
        .resource(ServicePrincipalResource::new(Arc::clone(azure)))
        .resource(VirtualHubPeeringResource::new(
            Arc::clone(azure),
            Arc::clone(konnect),
        ))
        .resource(VnetPeeringResource::new(
            Arc::clone(azure),
            Arc::clone(konnect),
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_and_model_is_sound() {
        assert_eq!(
            registry(&Arc::default(), &Arc::default()).faults(),
            Vec::<String>::new()
        );
    }
}
