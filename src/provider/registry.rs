//! Everything the provider offers: one line each, in alphabetical order.

use std::sync::Arc;

use crate::data_sources::service_principal::ServicePrincipalDataSource;
use crate::resources::peering_role::PeeringRoleResource;
use crate::resources::role_assignment::RoleAssignmentResource;
use crate::resources::service_principal::ServicePrincipalResource;
use crate::tf::provider::Registry;
use crate::{azure, konnect};

/// The registry over clients that Configure fills later.
#[must_use]
#[expect(unused_variables, reason = "the Konnect types are not here yet")]
pub fn registry(azure: &Arc<azure::Access>, konnect: &Arc<konnect::Access>) -> Registry {
    Registry::new()
        .data_source(ServicePrincipalDataSource::new(Arc::clone(azure)))
        .resource(PeeringRoleResource::new(Arc::clone(azure)))
        .resource(RoleAssignmentResource::new(Arc::clone(azure)))
        .resource(ServicePrincipalResource::new(Arc::clone(azure)))
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
