use super::*;
use crate::preflight::{CheckId, Kind, Phase, Target};
use crate::resources::konnect_object::preflight::{Checked as _, attribute};
use crate::resources::konnect_object::replaced::replaced_object;
use crate::tf::attr::Attr;

const OBJECT: &str = "0da2a7a4-7d0d-4f0e-9b7e-6d7a3d3d0001";

fn peering() -> VnetPeeringModel {
    VnetPeeringModel {
        id: OBJECT.into(),
        network_id: "6b5e4a6c-32a7-4f0b-9c6e-1f1b0d9f7a21".into(),
        name: "orders".into(),
        subscription_id: "66666666-7777-8888-9999-aaaaaaaaaaaa".into(),
        resource_group_name: "rg-net".into(),
        vnet_name: "orders".into(),
        preflight: Attr::Known(true),
        ..VnetPeeringModel::default()
    }
}

fn named_by_id() -> VnetPeeringModel {
    VnetPeeringModel {
        vnet_id: "/subscriptions/x".into(),
        ..peering()
    }
}

#[test]
fn there_is_time_for_what_takes_half_an_hour() {
    // Row 44 of docs/user-pains.md.
    let resource = resource(&Clients::default());
    let Timeouts { create, delete, .. } = resource.timeouts();
    assert_eq!((create.as_secs(), delete.as_secs()), (60 * 60, 30 * 60));
}

#[test]
fn what_is_not_known_yet_is_not_checked() {
    let whole = peering().inputs(&peering(), Phase::Plan);
    assert!(whole.network_id.is_some() && matches!(whole.target, Some(Target::ByName(_))));
    assert!(whole.tenant_id.is_none() && whole.kind == Kind::VnetPeering);
    let unknown = VnetPeeringModel {
        network_id: Attr::Unknown,
        vnet_name: Attr::Unknown,
        ..peering()
    };
    let unknown = unknown.inputs(&unknown, Phase::Plan);
    assert!(unknown.network_id.is_none() && unknown.target.is_none());
    let by_id = peering().inputs(&named_by_id(), Phase::Plan);
    assert!(matches!(by_id.target, Some(Target::ById(_))));
}

#[test]
fn only_what_is_replaced_goes() {
    let replaced = |prior: Option<VnetPeeringModel>| {
        let plan = Planned {
            config: peering(),
            prior,
            planned: peering(),
            replace: Vec::new(),
        };
        replaced_object(&plan).and_then(|prior| prior.id.as_str().map(str::to_owned))
    };
    assert_eq!(replaced(None), None);
    let switched = VnetPeeringModel {
        wait_for_ready: Attr::Known(false),
        ..peering()
    };
    assert_eq!(replaced(Some(switched)), None);
    let renamed = VnetPeeringModel {
        name: "billing".into(),
        ..peering()
    };
    let forwarding = VnetPeeringModel {
        dns_config: Attr::Known(std::iter::empty().collect()),
        ..peering()
    };
    for prior in [renamed, forwarding] {
        assert_eq!(replaced(Some(prior)).as_deref(), Some(OBJECT));
    }
}

#[test]
fn each_check_is_told_where_the_user_would_change_something() {
    for (config, check, expected) in [
        (named_by_id(), CheckId::NetworkReady, Some("network_id")),
        (named_by_id(), CheckId::VnetExists, Some("vnet_id")),
        (named_by_id(), CheckId::RoleAssignment, None),
        (peering(), CheckId::AddressSpace, Some("vnet_name")),
    ] {
        assert_eq!(attribute(&config, check), expected, "{check}");
    }
}
