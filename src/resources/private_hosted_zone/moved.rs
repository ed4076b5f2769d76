//! From `konnect_cloud_gateway_private_dns`.

use crate::resources::konnect_object::managed::Managed as _;
use crate::resources::konnect_object::moved::{self, Moved};
use crate::tf::diagnostics::Diagnostics;
use crate::tf::resource::MoveSource;

use super::schema::PrivateHostedZoneModel;

/// The state for the hosted zone of Kong's own provider; `None` for any other object.
pub(super) fn model(source: &MoveSource) -> Option<Result<PrivateHostedZoneModel, Diagnostics>> {
    let moved = moved::private_dns(source, PrivateHostedZoneModel::TYPE_NAME)?;
    Some(moved.and_then(Moved::listed))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::resources::konnect_object::moved::samples::{
        NETWORK, OBJECT, answer, private_dns_source,
    };
    use crate::resources::moved::samples::refusal;

    const CONFIG: &str = "private_dns_attachment_config";

    fn zone() -> Json {
        json!({
            "kind": "azure-private-hosted-zone-attachment",
            "domain_name": "corp.example",
            "peer_tenant_id": "11111111-2222-3333-4444-555555555555",
            "peer_subscription_id": "66666666-7777-8888-9999-aaaaaaaaaaaa",
            "peer_resource_group_id": "rg-dns",
            "peer_vnet_link_name": "kong",
        })
    }

    #[test]
    fn the_whole_zone_is_taken_over_from_either_half() {
        let configured = json!({ "azure_private_hosted_zone_attachment_config": zone() });
        for members in [
            [(CONFIG, configured)],
            [(
                "azure_private_hosted_zone_response",
                answer(CONFIG, &zone()),
            )],
        ] {
            let model = model(&private_dns_source(&members)).unwrap().unwrap();
            assert_eq!(model.id, OBJECT.into());
            assert_eq!(model.network_id, NETWORK.into());
            assert_eq!(model.domain_name, "corp.example".into());
            assert_eq!(model.resource_group_name, "rg-dns".into());
            assert_eq!(model.vnet_link_name, "kong".into());
        }
    }

    #[test]
    fn mappings_are_refused_with_the_type_for_them() {
        let other = answer(CONFIG, &json!({ "kind": "azure-outbound-resolver" }));
        let text = refusal(model(&private_dns_source(&[("other_response", other)])));
        assert!(text.contains("konnectazure_dns_mappings"), "{text}");
    }
}
