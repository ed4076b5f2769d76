//! Between the model and Konnect's transit gateways of the kind for virtual networks.

use crate::azure::ids::VnetId;
use crate::konnect::{Attachment, NewTransitGateway, TransitGateway};
use crate::resources::azure_target::{self, KnownTarget};
use crate::resources::konnect_object::phase::Lifecycle;
use crate::resources::konnect_object::schema::state_metadata;
use crate::resources::konnect_object::{dns_config, gateways};
use crate::tf::attr::Attr;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::path::Path;

use super::schema::VnetPeeringModel;

/// What is sent to make the peering. `None` while something is unknown.
pub(super) fn to_body(model: &VnetPeeringModel) -> Option<NewTransitGateway> {
    let target = model.target();
    let KnownTarget {
        tenant_id,
        subscription_id,
        resource_group_name,
        name,
    } = target.known()?;
    Some(NewTransitGateway {
        name: model.name.as_str()?.to_owned(),
        attachment: Attachment::AzureVnet {
            tenant_id: tenant_id.to_owned(),
            subscription_id: subscription_id.to_owned(),
            resource_group_name: resource_group_name.to_owned(),
            vnet_name: name.to_owned(),
        },
        dns_config: dns_config::to_body(&model.dns_config)?,
    })
}

/// The model with everything that Konnect tells, in the user's spelling where that means the same.
pub(super) fn apply_remote(
    model: VnetPeeringModel,
    gateway: &TransitGateway,
) -> Result<VnetPeeringModel, Diagnostics> {
    let remote = match &gateway.attachment {
        Attachment::AzureVnet {
            tenant_id,
            subscription_id,
            resource_group_name,
            vnet_name,
        } => KnownTarget {
            tenant_id,
            subscription_id,
            resource_group_name,
            name: vnet_name,
        },
        other => return Err(gateways::other_kind(gateway.id, other)),
    };
    let mut model = model;
    let target = azure_target::from_remote::<VnetId>(&model.target(), remote);
    model.set_target(target);
    Ok(VnetPeeringModel {
        id: Attr::Known(gateway.id.to_string()),
        name: Attr::Known(gateway.name.clone()),
        dns_config: dns_config::from_remote(&model.dns_config, &gateway.dns_config),
        state: Attr::Known(gateway.state.to_string()),
        state_metadata: state_metadata(gateway.state_metadata()),
        entity_version: Attr::Known(gateway.entity_version),
        created_at: Attr::Known(gateway.created_at.clone()),
        updated_at: Attr::Known(gateway.updated_at.clone()),
        ..model
    })
}

/// The model after Konnect accepted what was asked for. That stays as it was asked; where Konnect made something else of it, the next refresh
/// shows the difference.
pub(super) fn accepted(
    asked: VnetPeeringModel,
    gateway: &TransitGateway,
) -> Result<VnetPeeringModel, Diagnostics> {
    let (name, dns_config) = (asked.name.clone(), asked.dns_config.clone());
    let target = asked.target();
    let mut seen = apply_remote(asked, gateway)?;
    if target.known().is_some() && target.id.known().is_some() {
        seen.set_target(target);
    }
    Ok(VnetPeeringModel {
        name,
        dns_config,
        ..seen
    })
}

/// The attribute of a field that Konnect objects to.
pub(super) fn attribute_of_field(field: &str) -> Option<Path> {
    let mut steps = field.split('.');
    match steps.next()? {
        "name" => Some(Path::attribute("name")),
        "dns_config" => Some(dns_config::attribute_of_field(steps)),
        "transit_gateway_attachment_config" => match steps.next()? {
            attribute @ ("tenant_id" | "subscription_id" | "resource_group_name" | "vnet_name") => {
                Some(Path::attribute(attribute))
            }
            _ => None,
        },
        _ => None,
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
    fn the_body_holds_the_users_spelling_and_no_empty_list() {
        let body = serde_json::to_value(to_body(&model()).unwrap()).unwrap();
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
        assert!(to_body(&unknown).is_none());
    }

    #[test]
    fn reading_keeps_what_konnect_does_not_hold_and_the_users_spelling() {
        let read = apply_remote(model(), &gateway(&attachment())).unwrap();
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
        let made = accepted(asked.clone(), &gateway(&other)).unwrap();
        assert_eq!(made.target(), asked.target());
        assert_eq!(
            (&made.name, &made.dns_config),
            (&asked.name, &asked.dns_config)
        );
        assert_eq!(made.state, "ready".into());
        let read = apply_remote(made, &gateway(&other)).unwrap();
        assert_eq!(read.resource_group_name, "elsewhere".into());
        assert_eq!(read.name, "orders".into());
    }

    #[test]
    fn an_import_fills_every_configurable_attribute() {
        let read = apply_remote(VnetPeeringModel::default(), &gateway(&attachment())).unwrap();
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
            let refused = apply_remote(VnetPeeringModel::default(), &other).unwrap_err();
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
            let found = attribute_of_field(field).map(|path| path.to_string());
            assert_eq!(found.as_deref(), expected, "{field}");
        }
    }
}
