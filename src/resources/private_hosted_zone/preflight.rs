//! What is checked before anything is sent: what would otherwise end in `error` minutes later.

use crate::azure;
use crate::azure::ids::PrivateDnsZoneId;
use crate::http::scope::Scope;
use crate::konnect::{PrivateDns, PrivateDnsConfig};
use crate::resources::konnect_object::findings::{Findings, client_of_tenant, look_scope};
use crate::resources::konnect_object::phase::{Lifecycle, Phase};
use crate::tf::path::Path;

use super::convert::canonical;
use super::schema::PrivateHostedZoneModel;

/// All zones of a network hang on one virtual network of Kong's, and Azure links none to two zones of one name.
pub(super) fn twin<'a>(
    model: &PrivateHostedZoneModel,
    others: &'a [PrivateDns],
) -> Option<&'a PrivateDns> {
    let wanted = canonical(model.domain_name.as_str()?);
    others.iter().find(|other| {
        let is_ending = matches!(other.phase(), Phase::Terminating | Phase::Terminated);
        match &other.config {
            PrivateDnsConfig::AzureHostedZone { domain_name, .. } => {
                !is_ending && canonical(domain_name) == wanted
            }
            _ => false,
        }
    })
}

/// Says that the network has a zone of this name already.
pub(super) fn refuse_twin(
    findings: &mut Findings<'_>,
    model: &PrivateHostedZoneModel,
    others: &[PrivateDns],
) {
    if let Some(twin) = twin(model, others) {
        findings.fault(
            Path::attribute("domain_name"),
            &format!(
                "The network is linked to a zone of this name already, by the private DNS object {:?} with id {}.",
                twin.name, twin.id
            ),
            "Azure links a virtual network to one zone of a name only, and all zones of a Konnect network hang on one. Delete the other link first, or \
             merge the two zones.",
        );
    }
}

/// Looks at the zone and at the link's name.
pub(super) async fn check_zone(
    findings: &mut Findings<'_>,
    azure: &azure::Access,
    scope: &Scope,
    model: &PrivateHostedZoneModel,
    zone_id: &PrivateDnsZoneId,
) {
    let scope = look_scope(scope);
    let tenant_id = model.tenant_id.as_str().unwrap_or_default();
    let client = match client_of_tenant(azure, &scope, tenant_id).await {
        Ok(client) => client,
        Err(why) => return findings.unseen("Azure", &why),
    };
    match client.get_private_dns_zone(&scope, zone_id).await {
        Ok(Some(_)) => {}
        Ok(None) => {
            return findings.fault(
                Path::attribute("domain_name"),
                &format!("There is no private DNS zone {zone_id}."),
                "Check its name, resource group and subscription. A zone that this very configuration makes must be referred to, so that it is made \
                 first.",
            );
        }
        Err(error) => return findings.unseen(&format!("The private DNS zone {zone_id}"), &error),
    }
    let link = model.vnet_link_name.as_str().unwrap_or_default();
    match client
        .get_private_dns_zone_link(&scope, zone_id, link)
        .await
    {
        Ok(None) => {}
        Ok(Some(taken)) => {
            let linked = taken.vnet_id.as_deref().unwrap_or("an unknown network");
            findings.fault(
                Path::attribute("vnet_link_name"),
                &format!("The zone has a link named {link:?} already, to {linked}."),
                "Konnect makes a link of its own, whose name must be free: choose another. The link to your own virtual network is not the one that \
                 Konnect needs.",
            );
        }
        Err(error) => findings.unseen(&format!("The links of the zone {zone_id}"), &error),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn other(state: &str, config: &serde_json::Value) -> PrivateDns {
        serde_json::from_value(json!({
            "id": "d2c1b0a9-8f7e-4d6c-b5a4-938271605f4e",
            "name": "other",
            "state": state,
            "private_dns_attachment_config": config,
        }))
        .unwrap()
    }

    #[test]
    fn a_network_takes_one_zone_of_a_name() {
        let model = PrivateHostedZoneModel {
            domain_name: "Corp.Example".into(),
            ..PrivateHostedZoneModel::default()
        };
        let zone = |domain: &str| json!({"kind": "azure-private-hosted-zone-attachment", "domain_name": domain});
        let resolver =
            json!({"kind": "azure-outbound-resolver", "dns_config": {"corp.example": {}}});
        for (state, config, expected) in [
            ("ready", zone("corp.example."), true),
            ("error", zone("corp.example"), true),
            ("terminating", zone("corp.example"), false),
            ("ready", zone("db.corp.example"), false),
            ("ready", resolver, false),
        ] {
            let others = [other(state, &config)];
            assert_eq!(
                twin(&model, &others).is_some(),
                expected,
                "{state} {config}"
            );
        }
    }
}
