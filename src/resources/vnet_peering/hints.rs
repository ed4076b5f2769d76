//! What a user can do when Konnect waits or gives up.

use crate::azure;
use crate::preflight::consent::KONG_CLIENT_ID;
use crate::resources::azure_target::Target;

/// What the texts are about.
pub(super) struct Hints {
    /// The page on which an administrator consents, where the cloud is known.
    consent_url: Option<String>,
    tenant_id: String,
    vnet_id: String,
}

impl Hints {
    /// For a peering with this virtual network.
    pub(super) fn new(azure: &azure::Access, target: &Target) -> Self {
        let tenant_id = target.tenant_id.as_str().unwrap_or_default().to_owned();
        let consent_url = azure
            .client()
            .ok()
            .map(|client| client.cloud().admin_consent_url(&tenant_id, KONG_CLIENT_ID));
        Self {
            consent_url,
            tenant_id,
            vnet_id: target.id.as_str().unwrap_or_default().to_owned(),
        }
    }

    fn consent(&self) -> String {
        let Self {
            consent_url,
            tenant_id,
            ..
        } = self;
        let page = match consent_url {
            Some(url) => format!("An administrator of the tenant opens {url} once"),
            None => format!("An administrator consents to the application {KONG_CLIENT_ID} once"),
        };
        format!(
            "Consent: Kong's application needs a service principal in the tenant {tenant_id}. {page}, or konnectazure_service_principal makes it."
        )
    }

    fn assignment(&self) -> String {
        format!(
            "Role: the service principal needs a role with the peering actions at the virtual network or above it. konnectazure_peering_role defines \
             it, and konnectazure_role_assignment assigns it, with this scope:\n  {}",
            self.vnet_id
        )
    }

    /// What somebody has to do while Konnect waits for them.
    pub(super) fn waiting(&self) -> String {
        format!(
            "Konnect waits for something on the Azure side. Usually one of these is missing:\n- {}\n- {}",
            self.consent(),
            self.assignment()
        )
    }

    /// What to look at once Konnect gave up.
    pub(super) fn failed(&self) -> String {
        format!(
            "Usually one of these is missing:\n- {}\n- {}\n\
             - Virtual network: it exists under this very id, and its address space overlaps neither the Konnect network's block nor that of another \
             virtual network peered with it.\n\n\
             Konnect does not try again by itself: the next apply deletes this peering and makes it anew.",
            self.consent(),
            self.assignment()
        )
    }
}
