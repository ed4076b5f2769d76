//! From `konnect_cloud_gateway_transit_gateway`.

use crate::resources::konnect_object::managed::Managed as _;
use crate::resources::konnect_object::moved::{self, Moved};
use crate::tf::diagnostics::Diagnostics;
use crate::tf::resource::MoveSource;

use super::schema::VnetPeeringModel;

/// The state for the peering of Kong's own provider; `None` for any other object.
pub(super) fn model(source: &MoveSource) -> Option<Result<VnetPeeringModel, Diagnostics>> {
    let moved = moved::gateway(source, VnetPeeringModel::TYPE_NAME)?;
    Some(moved.and_then(Moved::listed))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::resources::konnect_object::moved::samples::{
        NETWORK, OBJECT, answer, gateway_source,
    };
    use crate::resources::moved::samples::{any_state, refusal};
    use crate::tf::attr::Attr;

    const CONFIG: &str = "transit_gateway_attachment_config";

    fn attachment() -> Json {
        json!({
            "kind": "azure-vnet-peering-attachment",
            "tenant_id": "11111111-2222-3333-4444-555555555555",
            "subscription_id": "66666666-7777-8888-9999-aaaaaaaaaaaa",
            "resource_group_name": "rg-net",
            "vnet_name": "orders",
        })
    }

    fn configured() -> Json {
        json!({
            "name": "orders",
            "dns_config": [{ "remote_dns_server_ip_addresses": ["10.0.0.4"], "domain_proxy_list": ["corp.example"] }],
            (CONFIG): attachment(),
        })
    }

    #[test]
    fn the_whole_peering_is_taken_over_from_either_half() {
        let mut answered = answer(CONFIG, &attachment());
        answered["dns_config"] = configured()["dns_config"].clone();
        for members in [
            [("azure_transit_gateway", configured())],
            [("azure_transit_gateway_response", answered)],
        ] {
            let model = model(&gateway_source(&members)).unwrap().unwrap();
            assert_eq!(model.id, OBJECT.into());
            assert_eq!(model.network_id, NETWORK.into());
            assert_eq!(model.name, "orders".into());
            assert_eq!(
                model.vnet_id,
                "/subscriptions/66666666-7777-8888-9999-aaaaaaaaaaaa/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/orders".into()
            );
            assert_eq!(
                model.tenant_id,
                "11111111-2222-3333-4444-555555555555".into()
            );
            let entries = model.dns_config.known().unwrap().all_known().unwrap();
            let [entry] = entries.as_slice() else {
                panic!("one entry");
            };
            assert_eq!(
                entry.domain_proxy_list,
                Attr::Known(["corp.example".to_owned()].into_iter().collect())
            );
        }
    }

    #[test]
    fn other_kinds_are_refused_with_the_type_for_them() {
        for (kind, expected) in [
            (
                "azure-vhub-peering-attachment",
                "konnectazure_virtual_hub_peering",
            ),
            ("aws-transit-gateway-attachment", "another cloud"),
        ] {
            let other = answer(CONFIG, &json!({ "kind": kind }));
            let text = refusal(model(&gateway_source(&[("other_response", other)])));
            assert!(text.contains(expected), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_attachment_is_too_odd(
            config in any_state(&["kind", "tenant_id", "subscription_id", "resource_group_name", "vnet_name", "dns_config"]),
        ) {
            let answered = answer(CONFIG, &config);
            prop_assert!(model(&gateway_source(&[("azure_transit_gateway_response", answered)])).is_some());
        }
    }
}
