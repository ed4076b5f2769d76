//! From `konnect_cloud_gateway_private_dns`.

use crate::resources::konnect_object::managed::Managed as _;
use crate::resources::konnect_object::moved::{self, Moved};
use crate::tf::diagnostics::Diagnostics;
use crate::tf::resource::MoveSource;

use super::schema::DnsMappingsModel;

/// The state for the resolver of Kong's own provider; `None` for any other object.
pub(super) fn model(source: &MoveSource) -> Option<Result<DnsMappingsModel, Diagnostics>> {
    let moved = moved::private_dns(source, DnsMappingsModel::TYPE_NAME)?;
    Some(moved.and_then(Moved::listed))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::resources::konnect_object::moved::samples::{
        NETWORK, OBJECT, answer, private_dns_source,
    };
    use crate::resources::moved::samples::{any_state, refusal};
    use crate::tf::attr::Attr;

    const CONFIG: &str = "private_dns_attachment_config";

    fn resolver() -> Json {
        json!({
            "kind": "azure-outbound-resolver",
            "dns_config": {
                "a.example": { "remote_dns_server_ip_addresses": ["10.0.0.4"] },
                "b.example": { "remote_dns_server_ip_addresses": ["10.0.0.4"] },
            },
        })
    }

    #[test]
    fn every_domain_is_taken_over_from_either_half() {
        let configured = json!({ "azure_private_dns_resolver_attachment_config": resolver() });
        for members in [
            [(CONFIG, configured)],
            [(
                "azure_private_dns_resolver_response",
                answer(CONFIG, &resolver()),
            )],
        ] {
            let model = model(&private_dns_source(&members)).unwrap().unwrap();
            assert_eq!(model.id, OBJECT.into());
            assert_eq!(model.network_id, NETWORK.into());
            assert_eq!(model.name, "orders".into());
            assert_eq!(model.domain_count, Attr::Known(2));
            assert_eq!(model.mapping_type, "N-to-1".into());
        }
    }

    #[test]
    fn other_kinds_are_refused_with_the_type_for_them() {
        for (kind, expected) in [
            (
                "azure-private-hosted-zone-attachment",
                "konnectazure_private_hosted_zone",
            ),
            ("aws-outbound-resolver", "another cloud"),
        ] {
            let other = answer(CONFIG, &json!({ "kind": kind }));
            let text = refusal(model(&private_dns_source(&[("other_response", other)])));
            assert!(text.contains(expected), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_attachment_is_too_odd(
            config in any_state(&["kind", "dns_config", "a.example", "remote_dns_server_ip_addresses"]),
        ) {
            let answered = answer(CONFIG, &config);
            prop_assert!(model(&private_dns_source(&[("azure_private_dns_resolver_response", answered)])).is_some());
        }
    }
}
