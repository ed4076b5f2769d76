//! How a tenant comes by the service principal of Kong's application, in words: shared by every place that misses it.

use uuid::Uuid;

use crate::azure::ids::Guid;
use crate::azure::{Cloud, Environment};

/// The application that peers with virtual networks, `kong-cgw-azure-vnet-peering-app`, as the vendor's documents name it.
pub const KONG_CLIENT_ID: &str = "207b296f-cf25-4d23-9eba-9a2c41dc62ca";

/// The same id as a value.
#[must_use]
pub fn kong_client_id() -> Guid {
    Uuid::from_u128(0x207b_296f_cf25_4d23_9eba_9a2c_41dc_62ca).into()
}

/// What a caller needs to look the service principal up, and what to do without.
pub const READ_RIGHTS: &str = "\
Looking it up needs the Microsoft Graph permission Application.Read.All or Directory.Read.All. A caller without it can leave this out and \
give the role assignment the service principal's object id as principal_id; the portal shows it under Enterprise applications.";

/// The two ways to the service principal, with the address for this very tenant.
#[must_use]
pub fn ways_to_consent(cloud: &Cloud, tenant_id: &str, client_id: &str) -> String {
    let url = cloud.admin_consent_url(tenant_id, client_id);
    format!(
        "Either someone who is Application Administrator, Cloud Application Administrator, Privileged Role Administrator \
         or Global Administrator in the tenant opens this page once and accepts:\n\n  {url}\n\n\
         (By itself that permits nothing in your subscriptions: only the role assignment does. To revoke it, delete the \
         enterprise application.) In the meantime data \"konnectazure_service_principal\" with wait_for_consent can wait for it, \
         and reads it afterwards without any right to write.\n\n\
         Or let the resource konnectazure_service_principal make it, run by a user with one of those roles or by an application \
         with the Microsoft Graph permission Application.ReadWrite.All. (Application.ReadWrite.OwnedBy does not suffice for \
         another publisher's application.)"
    )
}

/// What to say where Kong's application is looked for in a cloud that is not known to have it.
#[must_use]
pub fn foreign_cloud_warning(cloud: &Cloud, client_id: &str) -> Option<String> {
    let environment = cloud.environment();
    let is_kongs = client_id.eq_ignore_ascii_case(KONG_CLIENT_ID);
    (is_kongs && environment != Environment::Public).then(|| {
        format!(
            "Applications do not cross between Azure's clouds, and {client_id} is known to be registered in the public one only. \
             In {environment} expect it to be missing, unless Kong tells you otherwise; another id goes into client_id of konnectazure_service_principal."
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::EndpointOverrides;

    const TENANT: &str = "11111111-2222-3333-4444-555555555555";

    fn cloud(environment: Environment) -> Cloud {
        Cloud::new(environment, &EndpointOverrides::default()).unwrap()
    }

    #[test]
    fn both_forms_of_the_client_id_are_one() {
        assert_eq!(kong_client_id().as_str(), KONG_CLIENT_ID);
    }

    #[test]
    fn the_address_is_for_this_tenant_and_cloud() {
        let text = ways_to_consent(&cloud(Environment::UsGovernment), TENANT, KONG_CLIENT_ID);
        assert!(
            text.contains(&format!(
                "https://login.microsoftonline.us/{TENANT}/adminconsent?client_id={KONG_CLIENT_ID}"
            )),
            "{text}"
        );
    }

    #[test]
    fn only_kongs_own_application_outside_of_the_public_cloud_is_doubtful() {
        assert!(foreign_cloud_warning(&cloud(Environment::China), KONG_CLIENT_ID).is_some());
        assert!(foreign_cloud_warning(&cloud(Environment::Public), KONG_CLIENT_ID).is_none());
        assert!(foreign_cloud_warning(&cloud(Environment::China), TENANT).is_none());
    }
}
