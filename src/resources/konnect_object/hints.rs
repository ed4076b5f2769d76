//! What a user can do on the Azure side when Konnect waits or gives up.

use crate::azure::{self, Denial};
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

    /// What Azure said, and Konnect passes on, in plain words: who lacks what, where. Nothing where it is no sentence about a missing right.
    pub(crate) fn decode(&self, reason: &str) -> Option<String> {
        let Denial {
            principal_id,
            action,
            scope,
            tenant_id,
        } = Denial::parse(reason)?;
        let who = principal_id.map_or_else(
            || "Kong's application".to_owned(),
            |id| format!("the service principal {id} of Kong's application"),
        );
        let scope = scope.as_deref().unwrap_or("the scope that Azure names");
        let told = match (action, tenant_id) {
            (Some(action), _) => {
                format!("{who} may not do {action} on {scope}. Its role has to permit that there.")
            }
            (None, Some(tenant_id)) => format!(
                "Two tenants are involved: signed in to the tenant {tenant_id}, {who} is not let into {scope}. It needs a service principal and the \
                 role in the tenant that this belongs to; check that tenant_id, here {}, is that tenant.",
                self.tenant_id
            ),
            (None, None) => format!("{who} lacks a right on {scope}."),
        };
        Some(format!("In plain words: {told}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDS: Needs = Needs {
        place: "virtual network",
        actions: "the peering actions",
        role: "konnectazure_peering_role",
        condition: "",
    };

    /// Row 55: two tenants, two scopes and two actions in one line.
    #[test]
    fn what_azure_says_of_a_missing_right_is_told_in_plain_words() {
        let azure = azure::Access::default();
        let hints = Hints::new(&azure, &NEEDS, "11111111-tenant", "/vnet".to_owned());
        for (reason, expected) in [
            (
                "LinkedAuthorizationFailed: The client 'kong' with object id 'sp-1' has permission to perform action \
                 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write' on scope '/a'; however, it does not have permission to perform \
                 action(s) 'Microsoft.Network/virtualNetworks/peer/action' on the linked scope(s) '/b' (respectively) or the linked scope(s) are invalid.",
                "the service principal sp-1 of Kong's application may not do Microsoft.Network/virtualNetworks/peer/action on /b.",
            ),
            (
                "The client has permission to perform action 'Microsoft.Network/virtualNetworks/peer/action' on scope '/a', however the current \
                 tenant '2222-tenant' is not authorized to access linked subscription '3333-sub'.",
                "signed in to the tenant 2222-tenant, Kong's application is not let into 3333-sub.",
            ),
            (
                "The client 'kong' with object id 'sp-1' does not have authorization to perform action 'X/read' over scope '/a' or the scope is invalid.",
                "may not do X/read on /a.",
            ),
        ] {
            let told = hints.decode(reason).unwrap();
            assert!(told.contains(expected), "{told}");
        }
        assert_eq!(hints.decode("The address spaces overlap."), None);
    }
}
