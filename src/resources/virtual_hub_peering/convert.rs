//! Between the model and Konnect's transit gateways of the kind for virtual hubs.

use crate::azure::ids::VhubId;
use crate::konnect::{Attachment, NewTransitGateway, TransitGateway};
use crate::resources::azure_target::KnownTarget;
use crate::resources::konnect_object::gateways::Gateways;
use crate::resources::konnect_object::import::Place;
use crate::resources::konnect_object::managed::{IdOf, Managed, common_attributes};
use crate::resources::konnect_object::peering::{self, Peering, target_attributes};
use crate::tf::attr::Attr;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::path::Path;

use super::schema::VirtualHubPeeringModel;

impl Managed for VirtualHubPeeringModel {
    type Objects = Gateways;
    const TYPE_NAME: &'static str = "konnectazure_virtual_hub_peering";
    const WHAT: &'static str = "virtual hub peering";

    common_attributes!();

    fn at(place: Place<IdOf<Self>>) -> Self {
        Self {
            id: Attr::Known(place.id.to_string()),
            network_id: Attr::Known(place.network_id.to_string()),
            wait_for_ready: Attr::Known(true),
            preflight: Attr::Known(true),
            use_existing: Attr::Known(false),
            ..Self::default()
        }
    }

    fn to_body(&self) -> Option<NewTransitGateway> {
        peering::to_body(self, &self.dns_config)
    }

    fn apply_remote(self, gateway: &TransitGateway) -> Result<Self, Diagnostics> {
        peering::apply_remote(self, gateway)
    }

    fn accepted(self, gateway: &TransitGateway) -> Result<Self, Diagnostics> {
        peering::accepted(self, gateway)
    }

    fn attribute_of_field(field: &str) -> Option<Path> {
        peering::attribute_of_field::<Self>(field)
    }
}

impl Peering for VirtualHubPeeringModel {
    type TargetId = VhubId;

    target_attributes!(vhub_id, vhub_name);

    fn attachment(target: &KnownTarget<'_>) -> Attachment {
        Attachment::AzureVhub {
            tenant_id: target.tenant_id.to_owned(),
            subscription_id: target.subscription_id.to_owned(),
            resource_group_name: target.resource_group_name.to_owned(),
            vhub_name: target.name.to_owned(),
        }
    }

    fn attached(attachment: &Attachment) -> Option<KnownTarget<'_>> {
        match attachment {
            Attachment::AzureVhub {
                tenant_id,
                subscription_id,
                resource_group_name,
                vhub_name,
            } => Some(KnownTarget {
                tenant_id,
                subscription_id,
                resource_group_name,
                name: vhub_name,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TENANT: &str = "11111111-2222-3333-4444-555555555555";
    const SUBSCRIPTION: &str = "66666666-7777-8888-9999-aaaaaaaaaaaa";

    fn model() -> VirtualHubPeeringModel {
        VirtualHubPeeringModel {
            name: "orders".into(),
            tenant_id: TENANT.into(),
            subscription_id: SUBSCRIPTION.into(),
            resource_group_name: "Rg-Wan".into(),
            vhub_name: "hub".into(),
            ..VirtualHubPeeringModel::default()
        }
    }

    fn gateway(kind: &str) -> TransitGateway {
        serde_json::from_value(json!({
            "id": "d2c1b0a9-8f7e-4d6c-b5a4-938271605f4e",
            "name": "orders",
            "state": "ready",
            "transit_gateway_attachment_config": {
                "kind": kind,
                "tenant_id": TENANT,
                "subscription_id": SUBSCRIPTION,
                "resource_group_name": "rg-wan",
                "vhub_name": "hub",
            },
        }))
        .unwrap()
    }

    #[test]
    fn the_body_is_that_of_a_hub() {
        let body = serde_json::to_value(model().to_body().unwrap()).unwrap();
        assert_eq!(
            body,
            json!({
                "name": "orders",
                "transit_gateway_attachment_config": {
                    "kind": "azure-vhub-peering-attachment",
                    "tenant_id": TENANT,
                    "subscription_id": SUBSCRIPTION,
                    "resource_group_name": "Rg-Wan",
                    "vhub_name": "hub",
                },
            })
        );
    }

    #[test]
    fn an_import_fills_the_hubs_id_and_reading_keeps_the_users_spelling() {
        let imported = VirtualHubPeeringModel::default()
            .apply_remote(&gateway("azure-vhub-peering-attachment"))
            .unwrap();
        let id = format!(
            "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-wan/providers/Microsoft.Network/virtualHubs/hub"
        );
        assert_eq!(imported.vhub_id, Attr::Known(id));
        let read = model()
            .apply_remote(&gateway("azure-vhub-peering-attachment"))
            .unwrap();
        assert_eq!(read.resource_group_name, "Rg-Wan".into());
    }

    #[test]
    fn a_peering_with_a_virtual_network_is_refused_with_the_resource_for_it() {
        let refused = VirtualHubPeeringModel::default()
            .apply_remote(&gateway("azure-vnet-peering-attachment"))
            .unwrap_err();
        let detail = &refused.iter().next().unwrap().detail;
        assert!(detail.contains("konnectazure_vnet_peering"), "{detail}");
    }

    #[test]
    fn fields_are_found_on_their_attributes() {
        for (field, expected) in [
            (
                "transit_gateway_attachment_config.vhub_name",
                Some("vhub_name"),
            ),
            ("transit_gateway_attachment_config.vnet_name", None),
            ("name", Some("name")),
        ] {
            let found =
                VirtualHubPeeringModel::attribute_of_field(field).map(|path| path.to_string());
            assert_eq!(found.as_deref(), expected, "{field}");
        }
    }
}
