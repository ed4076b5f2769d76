//! What is checked before anything is sent: what would otherwise end in `error` half an hour later.

use crate::azure;
use crate::azure::ids::{ParseIdError, VhubId};
use crate::http::scope::Scope;
use crate::konnect::Network;
use crate::preflight::cidr::Cidr;
use crate::preflight::consent::{KONG_CLIENT_ID, ways_to_consent};
use crate::resources::konnect_object::findings::{Findings, client_of_tenant, look_scope};
use crate::tf::path::Path;

/// What is to be connected.
pub(super) struct Wanted<'a> {
    /// The Konnect side, where it can be read.
    pub(super) network: Option<Network>,
    /// The Azure side.
    pub(super) vhub_id: &'a VhubId,
    /// The tenant of the Azure side.
    pub(super) tenant_id: &'a str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Principal {
    Enabled,
    Disabled,
    Missing,
}

async fn principal(client: &azure::Client, scope: &Scope) -> Result<Principal, String> {
    let application = KONG_CLIENT_ID
        .parse()
        .map_err(|error: ParseIdError| error.to_string())?;
    let principal = client.find_service_principal(scope, &application).await;
    Ok(match principal.map_err(|error| error.to_string())? {
        None => Principal::Missing,
        Some(principal) if principal.account_enabled == Some(false) => Principal::Disabled,
        Some(_) => Principal::Enabled,
    })
}

impl Wanted<'_> {
    /// Checks what can be checked.
    pub(super) async fn check(
        &self,
        findings: &mut Findings<'_>,
        azure: &azure::Access,
        scope: &Scope,
    ) {
        let scope = look_scope(scope);
        let client = match client_of_tenant(azure, &scope, self.tenant_id).await {
            Ok(client) => client,
            Err(why) => return findings.unseen("Azure", &why),
        };
        let (principal, hub) = tokio::join!(
            principal(&client, &scope),
            client.get_virtual_hub(&scope, self.vhub_id)
        );
        match principal {
            Ok(Principal::Enabled) => {}
            Ok(state) => self.lacks_principal(findings, &client, state),
            Err(why) => findings.unseen("The service principal of Kong's application", &why),
        }
        match hub {
            Ok(None) => findings.fault(
                Path::attribute("vhub_id"),
                &format!("There is no virtual hub {}.", self.vhub_id),
                "Check its subscription, resource group and name: they are those of the hub, which may differ from those of its Virtual WAN. A hub \
                 that this very configuration makes must be referred to, so that it is made first.",
            ),
            Ok(Some(hub)) => self.overlap(findings, hub.address_prefix.as_deref()),
            Err(error) => findings.unseen(&format!("The virtual hub {}", self.vhub_id), &error),
        }
    }

    fn lacks_principal(&self, findings: &mut Findings<'_>, client: &azure::Client, is: Principal) {
        let tenant_id = self.tenant_id;
        if is == Principal::Disabled {
            findings.fault(
                Path::root(),
                &format!("The service principal of Kong's application {KONG_CLIENT_ID} is disabled in the tenant {tenant_id}, so that Kong cannot sign in."),
                "An administrator can enable it: in the Entra admin center, Enterprise applications, Properties, \"Enabled for users to sign in\".",
            );
            return;
        }
        // Which application Kong uses for hubs is not published.
        let consent = ways_to_consent(client.cloud(), tenant_id, KONG_CLIENT_ID);
        findings.fault(
            Path::root(),
            &format!("Kong's application {KONG_CLIENT_ID} has no service principal in the tenant {tenant_id}: nobody has consented to it there."),
            &format!("{consent}\n\nIf Konnect shows you another application for virtual hubs, preflight = false leaves these checks out."),
        );
    }

    /// A hub never routes to a network whose addresses overlap its own.
    fn overlap(&self, findings: &mut Findings<'_>, prefix: Option<&str>) {
        let Some(network) = &self.network else {
            return;
        };
        let block = &network.cidr_block;
        let (Ok(own), Some(Ok(hub))) = (block.parse::<Cidr>(), prefix.map(str::parse::<Cidr>))
        else {
            return;
        };
        if own.overlaps(&hub) {
            findings.fault(
                Path::attribute("vhub_id"),
                &format!(
                    "The address prefix {hub} of the virtual hub overlaps the block {block} of the Konnect network {:?}.",
                    network.name
                ),
                "Azure refuses to connect networks whose address spaces overlap, and neither a hub's prefix nor a Konnect network's block can be \
                 changed: one of them has to be made anew.",
            );
        }
    }
}
