//! Between the model and Konnect's transit gateways of the kind for virtual networks.

use crate::azure::ids::VnetId;
use crate::konnect::{Attachment, NewTransitGateway, TransitGateway};
use crate::resources::azure_target::KnownTarget;
use crate::resources::konnect_object::gateways::Gateways;
use crate::resources::konnect_object::import::Place;
use crate::resources::konnect_object::managed::{IdOf, Managed, common_attributes};
use crate::resources::konnect_object::peering::{self, Peering, target_attributes};
use crate::tf::attr::Attr;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::path::Path;

use super::schema::VnetPeeringModel;

impl Managed for VnetPeeringModel {
    type Objects = Gateways;
    const TYPE_NAME: &'static str = "konnectazure_vnet_peering";
    const WHAT: &'static str = "virtual network peering";

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
        let mut model = peering::apply_remote(self, gateway)?;
        if model.azure_peering.is_unknown() {
            // Konnect does not tell of it.
            model.azure_peering = Attr::Null;
        }
        Ok(model)
    }

    fn accepted(self, gateway: &TransitGateway) -> Result<Self, Diagnostics> {
        peering::accepted(self, gateway)
    }

    fn attribute_of_field(field: &str) -> Option<Path> {
        peering::attribute_of_field::<Self>(field)
    }
}

impl Peering for VnetPeeringModel {
    type TargetId = VnetId;

    target_attributes!(vnet_id, vnet_name);

    fn attachment(target: &KnownTarget<'_>) -> Attachment {
        Attachment::AzureVnet {
            tenant_id: target.tenant_id.to_owned(),
            subscription_id: target.subscription_id.to_owned(),
            resource_group_name: target.resource_group_name.to_owned(),
            vnet_name: target.name.to_owned(),
        }
    }

    fn attached(attachment: &Attachment) -> Option<KnownTarget<'_>> {
        match attachment {
            Attachment::AzureVnet {
                tenant_id,
                subscription_id,
                resource_group_name,
                vnet_name,
            } => Some(KnownTarget {
                tenant_id,
                subscription_id,
                resource_group_name,
                name: vnet_name,
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

    fn model() -> VnetPeeringModel {
        VnetPeeringModel {
            name: "orders".into(),
            tenant_id: TENANT.into(),
            subscription_id: SUBSCRIPTION.into(),
            resource_group_name: "Rg-Net".into(),
            vnet_name: "orders".into(),
            wait_for_ready: Attr::Known(false),
            ..VnetPeeringModel::default()
        }
    }

    fn gateway(attachment: &serde_json::Value) -> TransitGateway {
        serde_json::from_value(json!({
            "id": "d2c1b0a9-8f7e-4d6c-b5a4-938271605f4e",
            "name": "orders",
            "state": "ready",
            "state_metadata": {"reported_status": "READY"},
            "dns_config": [],
            "transit_gateway_attachment_config": attachment,
            "entity_version": 3.0,
            "created_at": "2026-08-21T10:00:00.000Z",
            "updated_at": "2026-08-21T10:30:00.000Z",
        }))
        .unwrap()
    }

    fn attachment() -> serde_json::Value {
        json!({
            "kind": "azure-vnet-peering-attachment",
            "tenant_id": TENANT,
            "subscription_id": SUBSCRIPTION,
            "resource_group_name": "rg-net",
            "vnet_name": "orders",
        })
    }

    #[test]
    fn what_konnect_leaves_out_stays_as_it_was_and_is_never_an_empty_text() {
        let mut sparse =
            gateway(&json!({"kind": "azure-vnet-peering-attachment", "vnet_name": "ORDERS"}));
        sparse.created_at.clear();
        sparse.updated_at.clear();
        let before = VnetPeeringModel {
            created_at: Attr::Unknown,
            updated_at: "2026-08-21T10:00:00.000Z".into(),
            ..model()
        };
        let read = before.clone().apply_remote(&sparse).unwrap();
        assert_eq!(read.created_at, Attr::Null);
        assert_eq!(read.updated_at, before.updated_at);
        assert_eq!(
            (
                &read.subscription_id,
                &read.resource_group_name,
                &read.vnet_name
            ),
            (
                &before.subscription_id,
                &before.resource_group_name,
                &before.vnet_name
            )
        );
        let imported = VnetPeeringModel::default().apply_remote(&sparse).unwrap();
        assert_eq!(
            (imported.tenant_id, imported.vnet_id),
            (Attr::Null, Attr::Null)
        );
    }

    #[test]
    fn the_body_holds_the_users_spelling_and_no_empty_list() {
        let body = serde_json::to_value(model().to_body().unwrap()).unwrap();
        assert_eq!(
            body,
            json!({
                "name": "orders",
                "transit_gateway_attachment_config": {
                    "kind": "azure-vnet-peering-attachment",
                    "tenant_id": TENANT,
                    "subscription_id": SUBSCRIPTION,
                    "resource_group_name": "Rg-Net",
                    "vnet_name": "orders",
                },
            })
        );
        let unknown = VnetPeeringModel {
            tenant_id: Attr::Unknown,
            ..model()
        };
        assert!(unknown.to_body().is_none());
    }

    #[test]
    fn reading_keeps_what_konnect_does_not_hold_and_the_users_spelling() {
        let read = model().apply_remote(&gateway(&attachment())).unwrap();
        assert_eq!(read.resource_group_name, "Rg-Net".into());
        assert_eq!(read.wait_for_ready, Attr::Known(false));
        assert_eq!(read.state, "ready".into());
        assert_eq!(read.entity_version, Attr::Known(3));
        let reported = read.state_metadata.known().unwrap();
        assert_eq!(
            (&reported.reported_status, &reported.reason),
            (&"READY".into(), &Attr::Null)
        );
    }

    #[test]
    fn what_konnect_makes_of_a_creation_waits_for_the_next_refresh() {
        let mut other = attachment();
        other["resource_group_name"] = json!("elsewhere");
        let asked = VnetPeeringModel {
            vnet_id: Attr::Known(format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/Rg-Net/providers/Microsoft.Network/virtualNetworks/orders"
            )),
            name: "Orders".into(),
            dns_config: Attr::Null,
            ..model()
        };
        let made = asked.clone().accepted(&gateway(&other)).unwrap();
        assert_eq!(made.target(), asked.target());
        assert_eq!(
            (&made.name, &made.dns_config),
            (&asked.name, &asked.dns_config)
        );
        assert_eq!(made.state, "ready".into());
        let read = made.apply_remote(&gateway(&other)).unwrap();
        assert_eq!(read.resource_group_name, "elsewhere".into());
        assert_eq!(read.name, "orders".into());
    }

    #[test]
    fn an_import_fills_every_configurable_attribute() {
        let read = VnetPeeringModel::default()
            .apply_remote(&gateway(&attachment()))
            .unwrap();
        assert_eq!(
            read.vnet_id,
            Attr::Known(format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/orders"
            ))
        );
        assert_eq!(read.tenant_id, TENANT.into());
        assert!(
            read.dns_config
                .known()
                .is_some_and(|list| list.0.is_empty())
        );
    }

    #[test]
    fn an_object_of_another_kind_is_refused_with_the_resource_for_it() {
        for (kind, expected) in [
            (
                "azure-vhub-peering-attachment",
                "konnectazure_virtual_hub_peering",
            ),
            ("aws-transit-gateway-attachment", "another cloud"),
        ] {
            let other = gateway(&json!({ "kind": kind }));
            let refused = VnetPeeringModel::default()
                .apply_remote(&other)
                .unwrap_err();
            let detail = &refused.iter().next().unwrap().detail;
            assert!(detail.contains(expected), "{kind}: {detail}");
        }
    }

    #[test]
    fn fields_are_found_on_their_attributes() {
        for (field, expected) in [
            ("name", Some("name")),
            (
                "transit_gateway_attachment_config.vnet_name",
                Some("vnet_name"),
            ),
            (
                "transit_gateway_attachment_config.tenant_id",
                Some("tenant_id"),
            ),
            ("transit_gateway_attachment_config.kind", None),
            (
                "dns_config.0.domain_proxy_list.1",
                Some("dns_config[0].domain_proxy_list[1]"),
            ),
            ("dns_config", Some("dns_config")),
            ("networkId", None),
            ("", None),
        ] {
            let found = VnetPeeringModel::attribute_of_field(field).map(|path| path.to_string());
            assert_eq!(found.as_deref(), expected, "{field}");
        }
    }
}
