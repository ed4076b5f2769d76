//! What a user can do on the Azure side when Konnect waits or gives up.

use crate::azure;
use crate::preflight::consent::KONG_CLIENT_ID;

/// What a kind of object needs in Azure.
pub(crate) struct Needs {
    /// Where the role has to be assigned: `virtual network`.
    pub(crate) place: &'static str,
    /// What the role permits: `the peering actions`.
    pub(crate) actions: &'static str,
    /// How `konnectazure_peering_role` is told to make that role.
    pub(crate) role: &'static str,
    /// What else has to be so, as one item of a list.
    pub(crate) condition: &'static str,
}

/// What the texts are about.
pub(crate) struct Hints {
    needs: &'static Needs,
    /// The page on which an administrator consents, where the cloud is known.
    consent_url: Option<String>,
    tenant_id: String,
    scope: String,
}

impl Hints {
    /// For an object that needs rights at `scope`, an ARM id.
    pub(crate) fn new(
        azure: &azure::Access,
        needs: &'static Needs,
        tenant_id: &str,
        scope: String,
    ) -> Self {
        let consent_url = azure
            .client()
            .ok()
            .map(|client| client.cloud().admin_consent_url(tenant_id, KONG_CLIENT_ID));
        Self {
            needs,
            consent_url,
            tenant_id: tenant_id.to_owned(),
            scope,
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
        let Needs {
            place,
            actions,
            role,
            ..
        } = self.needs;
        format!(
            "Role: the service principal needs a role with {actions} at the {place} or above it. {role} defines it, and \
             konnectazure_role_assignment assigns it, with this scope:\n  {}",
            self.scope
        )
    }

    /// What somebody has to do while Konnect waits for them.
    pub(crate) fn waiting(&self) -> String {
        format!(
            "Konnect waits for something on the Azure side. Usually one of these is missing:\n- {}\n- {}",
            self.consent(),
            self.assignment()
        )
    }

    /// What to look at once Konnect gave up.
    pub(crate) fn failed(&self) -> String {
        format!(
            "Usually one of these is missing:\n- {}\n- {}\n- {}\n\n\
             Konnect does not try again by itself: the next apply deletes this object and makes it anew.",
            self.consent(),
            self.assignment(),
            self.needs.condition
        )
    }
}
