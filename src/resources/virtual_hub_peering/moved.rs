//! From `konnect_cloud_gateway_transit_gateway`.

use crate::resources::konnect_object::managed::Managed as _;
use crate::resources::konnect_object::moved::{self, Moved};
use crate::tf::diagnostics::Diagnostics;
use crate::tf::resource::MoveSource;

use super::schema::VirtualHubPeeringModel;

/// The state for the peering of Kong's own provider; `None` for any other object.
pub(super) fn model(source: &MoveSource) -> Option<Result<VirtualHubPeeringModel, Diagnostics>> {
    let moved = moved::gateway(source, VirtualHubPeeringModel::TYPE_NAME)?;
    Some(moved.and_then(Moved::listed))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::resources::konnect_object::moved::samples::{
        NETWORK, OBJECT, answer, gateway_source,
    };
    use crate::resources::moved::samples::refusal;

    const CONFIG: &str = "transit_gateway_attachment_config";

    fn attachment(kind: &str) -> Json {
        json!({
            "kind": kind,
            "tenant_id": "11111111-2222-3333-4444-555555555555",
            "subscription_id": "66666666-7777-8888-9999-aaaaaaaaaaaa",
            "resource_group_name": "rg-wan",
            "vhub_name": "hub",
        })
    }

    #[test]
    fn the_whole_peering_is_taken_over_from_either_half() {
        let attachment = attachment("azure-vhub-peering-attachment");
        let configured = json!({ "name": "orders", (CONFIG): attachment });
        for members in [
            [("azure_vhub_peering_gateway", configured)],
            [(
                "azure_vhub_peering_gateway_response",
                answer(CONFIG, &attachment),
            )],
        ] {
            let model = model(&gateway_source(&members)).unwrap().unwrap();
            assert_eq!(model.id, OBJECT.into());
            assert_eq!(model.network_id, NETWORK.into());
            assert_eq!(model.name, "orders".into());
            assert_eq!(
                model.vhub_id,
                "/subscriptions/66666666-7777-8888-9999-aaaaaaaaaaaa/resourceGroups/rg-wan/providers/Microsoft.Network/virtualHubs/hub".into()
            );
        }
    }

    #[test]
    fn a_peering_with_a_virtual_network_is_refused_with_the_type_for_it() {
        let other = answer(CONFIG, &attachment("azure-vnet-peering-attachment"));
        let text = refusal(model(&gateway_source(&[("other_response", other)])));
        assert!(text.contains("konnectazure_vnet_peering"), "{text}");
    }
}
