//! Between the model and Konnect's private DNS objects of the kind for hosted zones.

use crate::azure::ids::{Guid, PrivateDnsZoneId};
use crate::konnect::domains::DomainName;
use crate::konnect::{NewPrivateDns, PrivateDns, PrivateDnsConfig};
use crate::preflight::{self, CheckId, Inputs, Kind, Phase};
use crate::resources::azure_target::keep_unless_told;
use crate::resources::konnect_object::import::Place;
use crate::resources::konnect_object::is_set;
use crate::resources::konnect_object::managed::{IdOf, Managed, common_attributes};
use crate::resources::konnect_object::preflight::Checked;
use crate::resources::konnect_object::private_dns::{PrivateDnsObjects, other_kind};
use crate::tf::attr::Attr;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::path::Path;

use super::schema::PrivateHostedZoneModel;

impl PrivateHostedZoneModel {
    /// The zone's ARM id. `None` while a part is unknown, or where the parts make none.
    pub(super) fn zone_id(&self) -> Option<PrivateDnsZoneId> {
        let subscription: Guid = self.subscription_id.as_str()?.parse().ok()?;
        let group = self.resource_group_name.as_str()?;
        PrivateDnsZoneId::new(&subscription, group, &canonical(self.domain_name.as_str()?)).ok()
    }
}

/// The domain as Azure names its zone; what is not a domain stays as it is, for Konnect to complain about.
pub(super) fn canonical(domain: &str) -> String {
    domain
        .parse::<DomainName>()
        .map_or_else(|_| domain.to_owned(), |name| name.to_string())
}

impl Checked for PrivateHostedZoneModel {
    fn wants_checks(&self) -> bool {
        is_set(&self.preflight)
    }

    /// A zone is named by what is known before it exists.
    fn inputs(&self, _config: &Self, phase: Phase) -> Inputs {
        let text = |attribute: &Attr<String>| attribute.as_str().map(str::to_owned);
        Inputs {
            network_id: self.network_id.as_str().and_then(|id| id.parse().ok()),
            name: text(&self.name),
            adopts: is_set(&self.use_existing),
            target: self
                .zone_id()
                .map(|id| preflight::Target::ByName(preflight::Place::Zone(id))),
            tenant_id: self.tenant_id.as_str().and_then(|id| id.parse().ok()),
            domain_name: text(&self.domain_name),
            link_name: text(&self.vnet_link_name),
            ..Inputs::new(Kind::PrivateHostedZone, phase)
        }
    }

    fn attribute_of_check(_config: &Self, check: CheckId) -> Option<&'static str> {
        Some(match check {
            CheckId::LinkName => "vnet_link_name",
            _ => "domain_name",
        })
    }

    fn is_replaced(prior: &Self, planned: &Self) -> bool {
        let parts = |model: &Self| {
            [
                &model.domain_name,
                &model.tenant_id,
                &model.subscription_id,
                &model.resource_group_name,
                &model.vnet_link_name,
            ]
            .map(Clone::clone)
        };
        parts(prior) != parts(planned)
    }
}

impl Managed for PrivateHostedZoneModel {
    type Objects = PrivateDnsObjects;
    const TYPE_NAME: &'static str = "konnectazure_private_hosted_zone";
    const WHAT: &'static str = "private hosted zone";

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

    fn to_body(&self) -> Option<NewPrivateDns> {
        Some(NewPrivateDns {
            name: self.name.as_str()?.to_owned(),
            config: PrivateDnsConfig::AzureHostedZone {
                domain_name: canonical(self.domain_name.as_str()?),
                peer_tenant_id: self.tenant_id.as_str()?.to_owned(),
                peer_subscription_id: self.subscription_id.as_str()?.to_owned(),
                peer_resource_group_id: self.resource_group_name.as_str()?.to_owned(),
                peer_vnet_link_name: self.vnet_link_name.as_str()?.to_owned(),
            },
        })
    }

    fn apply_remote(mut self, object: &PrivateDns) -> Result<Self, Diagnostics> {
        let PrivateDnsConfig::AzureHostedZone {
            domain_name,
            peer_tenant_id,
            peer_subscription_id,
            peer_resource_group_id,
            peer_vnet_link_name,
        } = &object.config
        else {
            return Err(other_kind(object.id, &object.config));
        };
        self.told().fill(object);
        let is_same_domain = self
            .domain_name
            .as_str()
            .is_some_and(|prior| canonical(prior) == canonical(domain_name));
        if !is_same_domain && !domain_name.is_empty() {
            self.domain_name = Attr::Known(domain_name.clone());
        }
        for (attribute, told) in [
            (&mut self.tenant_id, peer_tenant_id),
            (&mut self.subscription_id, peer_subscription_id),
            (&mut self.resource_group_name, peer_resource_group_id),
            (&mut self.vnet_link_name, peer_vnet_link_name),
        ] {
            *attribute = keep_unless_told(attribute, told);
        }
        Ok(self)
    }

    fn accepted(self, object: &PrivateDns) -> Result<Self, Diagnostics> {
        let asked = self.clone();
        Ok(Self {
            name: asked.name,
            domain_name: asked.domain_name,
            tenant_id: asked.tenant_id,
            subscription_id: asked.subscription_id,
            resource_group_name: asked.resource_group_name,
            vnet_link_name: asked.vnet_link_name,
            ..self.apply_remote(object)?
        })
    }

    fn attribute_of_field(field: &str) -> Option<Path> {
        let attribute = match field {
            "name" => "name",
            "private_dns_attachment_config.domain_name" => "domain_name",
            "private_dns_attachment_config.peer_tenant_id" => "tenant_id",
            "private_dns_attachment_config.peer_subscription_id" => "subscription_id",
            "private_dns_attachment_config.peer_resource_group_id" => "resource_group_name",
            "private_dns_attachment_config.peer_vnet_link_name" => "vnet_link_name",
            _ => return None,
        };
        Some(Path::attribute(attribute))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::resources::konnect_object::preflight::attribute;
    use crate::resources::konnect_object::replaced::replaced_object;
    use crate::tf::resource::Planned;

    const TENANT: &str = "11111111-2222-3333-4444-555555555555";
    const SUBSCRIPTION: &str = "66666666-7777-8888-9999-aaaaaaaaaaaa";

    fn model() -> PrivateHostedZoneModel {
        PrivateHostedZoneModel {
            name: "corp".into(),
            domain_name: "Corp.Example.".into(),
            tenant_id: TENANT.into(),
            subscription_id: SUBSCRIPTION.into(),
            resource_group_name: "Rg-Dns".into(),
            vnet_link_name: "kong".into(),
            ..PrivateHostedZoneModel::default()
        }
    }

    #[test]
    fn what_is_checked_of_a_zone_is_told_on_its_attributes() {
        let inputs = model().inputs(&model(), Phase::Plan);
        assert!(matches!(inputs.target, Some(preflight::Target::ByName(_))));
        assert_eq!(
            (inputs.kind, inputs.link_name.as_deref()),
            (Kind::PrivateHostedZone, Some("kong"))
        );
        for (check, expected) in [
            (CheckId::ZoneExists, "domain_name"),
            (CheckId::ZoneUnique, "domain_name"),
            (CheckId::LinkName, "vnet_link_name"),
        ] {
            assert_eq!(attribute(&model(), check), Some(expected), "{check}");
        }
    }

    #[test]
    fn every_attribute_of_the_zone_makes_another_object_of_it() {
        let before = || PrivateHostedZoneModel {
            id: "0da2a7a4-7d0d-4f0e-9b7e-6d7a3d3d0001".into(),
            ..model()
        };
        let replaced = |planned: PrivateHostedZoneModel| {
            let plan = Planned {
                config: planned.clone(),
                prior: Some(before()),
                planned,
                replace: Vec::new(),
            };
            replaced_object(&plan).cloned()
        };
        assert_eq!(replaced(before()), None);
        let relinked = PrivateHostedZoneModel {
            vnet_link_name: "other".into(),
            ..before()
        };
        assert!(replaced(relinked).is_some());
    }

    fn config() -> serde_json::Value {
        json!({
            "kind": "azure-private-hosted-zone-attachment",
            "domain_name": "corp.example",
            "peer_tenant_id": TENANT,
            "peer_subscription_id": SUBSCRIPTION,
            "peer_resource_group_id": "rg-dns",
            "peer_vnet_link_name": "kong",
        })
    }

    fn object(config: &serde_json::Value) -> PrivateDns {
        serde_json::from_value(json!({
            "id": "d2c1b0a9-8f7e-4d6c-b5a4-938271605f4e",
            "name": "corp",
            "state": "pending-association",
            "state_metadata": {},
            "private_dns_attachment_config": config,
            "entity_version": 2,
            "created_at": "2026-08-21T10:00:00.000Z",
            "updated_at": "2026-08-21T10:01:00.000Z",
        }))
        .unwrap()
    }

    #[test]
    fn the_body_takes_the_groups_name_for_what_konnect_calls_its_id() {
        let body = serde_json::to_value(model().to_body().unwrap()).unwrap();
        let mut expected = config();
        expected["peer_resource_group_id"] = json!("Rg-Dns");
        assert_eq!(
            body,
            json!({ "name": "corp", "private_dns_attachment_config": expected })
        );
        let unknown = PrivateHostedZoneModel {
            subscription_id: Attr::Unknown,
            ..model()
        };
        assert!(unknown.to_body().is_none());
    }

    #[test]
    fn reading_keeps_the_users_spelling_and_an_import_fills_everything() {
        let read = model().apply_remote(&object(&config())).unwrap();
        assert_eq!(read.domain_name, "Corp.Example.".into());
        assert_eq!(read.resource_group_name, "Rg-Dns".into());
        let imported = PrivateHostedZoneModel::default()
            .apply_remote(&object(&config()))
            .unwrap();
        assert_eq!(imported.domain_name, "corp.example".into());
        assert_eq!(imported.tenant_id, TENANT.into());
        assert_eq!(imported.subscription_id, SUBSCRIPTION.into());
        assert_eq!(imported.vnet_link_name, "kong".into());
        assert_eq!(imported.state, "pending-association".into());
    }

    #[test]
    fn what_konnect_makes_of_a_creation_waits_for_the_next_refresh() {
        let mut other = config();
        other["peer_vnet_link_name"] = json!("kong-1");
        let made = model().accepted(&object(&other)).unwrap();
        assert_eq!(made.vnet_link_name, "kong".into());
        assert_eq!(made.state, "pending-association".into());
        let read = made.apply_remote(&object(&other)).unwrap();
        assert_eq!(read.vnet_link_name, "kong-1".into());
    }

    #[test]
    fn an_object_of_another_kind_is_refused_with_the_resource_for_it() {
        let resolver = json!({ "kind": "azure-outbound-resolver", "dns_config": {} });
        let refused = PrivateHostedZoneModel::default()
            .apply_remote(&object(&resolver))
            .unwrap_err();
        let detail = &refused.iter().next().unwrap().detail;
        assert!(detail.contains("konnectazure_dns_mappings"), "{detail}");
    }

    #[test]
    fn the_parts_make_the_zones_id() {
        let id = model().zone_id().unwrap().to_string();
        assert_eq!(
            id,
            format!(
                "/subscriptions/{SUBSCRIPTION}/resourceGroups/Rg-Dns/providers/Microsoft.Network/privateDnsZones/corp.example"
            )
        );
    }

    #[test]
    fn every_field_is_found_on_its_attribute() {
        let fields = config();
        for key in fields.as_object().unwrap().keys() {
            let field = format!("private_dns_attachment_config.{key}");
            let found = PrivateHostedZoneModel::attribute_of_field(&field);
            assert_eq!(found.is_some(), key != "kind", "{field}");
        }
    }
}
