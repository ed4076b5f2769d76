//! What is checked before anything is sent: what would otherwise end in `error` after half an hour.

use crate::azure::ids::{ParseIdError, VnetId};
use crate::azure::{self, VirtualNetwork};
use crate::http::scope::Scope;
use crate::konnect::Network;
use crate::resources::consent::{KONG_CLIENT_ID, ways_to_consent};
use crate::tf::context::Context;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;

use super::azure_half;

/// What is to be peered.
pub(super) struct Checks<'a> {
    /// The peering in messages.
    pub(super) noun: &'a str,
    /// The Konnect side, which is ready.
    pub(super) network: &'a Network,
    /// The Azure side.
    pub(super) vnet_id: &'a VnetId,
    /// The tenant of the Azure side.
    pub(super) tenant_id: &'a str,
}

/// Checks everything that can be checked; each fault is an error of its own. What the caller may not look at is one warning.
pub(super) async fn preflight(
    azure: &azure::Access,
    context: &Context,
    scope: &Scope,
    checks: &Checks<'_>,
) -> Result<(), Diagnostics> {
    let mut faults = Diagnostics::new();
    let mut unchecked = Vec::new();
    match azure.client() {
        Err(error) => unchecked.push(format!("Azure: {error}")),
        Ok(client) => {
            match checks.service_principal(&client, scope).await {
                Ok(fault) => faults.extend(fault),
                Err(error) => unchecked.push(format!(
                    "The service principal of Kong's application: {error}"
                )),
            }
            match client.get_virtual_network(scope, checks.vnet_id).await {
                Ok(None) => faults.push(checks.missing_vnet()),
                Ok(Some(vnet)) => faults.extend(checks.overlaps(&vnet)),
                Err(error) => {
                    unchecked.push(format!("The virtual network {}: {error}", checks.vnet_id));
                }
            }
        }
    }
    if !unchecked.is_empty() {
        context.warn(Diagnostic::warning(
            format!("Not everything that {} needs could be checked", checks.noun),
            format!(
                "The creation goes on. If something is missing, Konnect says so later, with the state `error`.\n\n{}",
                unchecked.join("\n\n")
            ),
        ));
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

impl Checks<'_> {
    fn fault(&self, what: &str, fix: &str) -> Diagnostic {
        Diagnostic::error(
            format!("Cannot create {}", self.noun),
            format!("{what}\n\nNothing was created.\n\n{fix}"),
        )
    }

    async fn service_principal(
        &self,
        client: &azure::Client,
        scope: &Scope,
    ) -> Result<Option<Diagnostic>, String> {
        let signed_in = client
            .tenant_id(scope)
            .await
            .map_err(|error| error.to_string())?;
        if !signed_in.as_str().eq_ignore_ascii_case(self.tenant_id) {
            return Err(format!(
                "the provider is signed in to tenant {signed_in}, and the virtual network is in tenant {}",
                self.tenant_id
            ));
        }
        let application = KONG_CLIENT_ID
            .parse()
            .map_err(|error: ParseIdError| error.to_string())?;
        let principal = client
            .find_service_principal(scope, &application)
            .await
            .map_err(|error| error.to_string())?;
        let consent = || ways_to_consent(client.cloud(), self.tenant_id, KONG_CLIENT_ID);
        Ok(match principal {
            None => Some(self.fault(
                &format!(
                    "Kong's application {KONG_CLIENT_ID} has no service principal in the tenant {}: nobody has consented to it there.",
                    self.tenant_id
                ),
                &consent(),
            )),
            Some(principal) if principal.account_enabled == Some(false) => Some(self.fault(
                &format!(
                    "The service principal {} of Kong's application is disabled in the tenant {}, so that Kong cannot sign in.",
                    principal.id, self.tenant_id
                ),
                "An administrator can enable it: in the Entra admin center, Enterprise applications, Properties, \"Enabled for users to sign in\".",
            )),
            Some(_) => None,
        })
    }

    fn missing_vnet(&self) -> Diagnostic {
        self.fault(
            &format!("There is no virtual network {}.", self.vnet_id),
            "Check its subscription, resource group and name. One that this very configuration makes must be referred to, so that it is made first.",
        )
        .at(Path::attribute("vnet_id"))
    }

    /// Azure never peers networks whose address spaces overlap, be it directly or through another peering of the same network.
    fn overlaps(&self, vnet: &VirtualNetwork) -> Vec<Diagnostic> {
        let block = &self.network.cidr_block;
        let Ok(parsed) = block.parse() else {
            return Vec::new();
        };
        let overlapping = |prefixes: &[String]| -> Vec<String> {
            let hits = |prefix: &&String| {
                prefix
                    .parse()
                    .is_ok_and(|prefix| azure_half::overlap(&prefix, &parsed))
            };
            prefixes.iter().filter(hits).cloned().collect()
        };
        let fix = "Azure refuses to peer networks whose address spaces overlap, and a Konnect network's block cannot be changed: peer a virtual \
                   network with other addresses, or make the Konnect network anew with another block.";
        let mut faults = Vec::new();
        let own = overlapping(&vnet.address_prefixes);
        if !own.is_empty() {
            let what = format!(
                "The address space {} of the virtual network overlaps the block {block} of the Konnect network {:?}.",
                own.join(", "),
                self.network.name
            );
            faults.push(self.fault(&what, fix).at(Path::attribute("vnet_id")));
        }
        faults
    }
}
