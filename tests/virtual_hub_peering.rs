//! `konnectazure_virtual_hub_peering` under real Terraform.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value as Json, json};
use support::simulator::{Seed, Simulator};
use support::spec;
use support::terraform::{Case, Workspace, folded};

const PEERING: &str = "konnectazure_virtual_hub_peering.this";
const NETWORK: &str = "eastus2-prod";
const HUB: &str = "hub-eastus2";

/// Consent, and every right on the hub, as an administrator would give who does not care.
fn grant(cloud: &Simulator) {
    let scope = hub_id(cloud);
    let principal = cloud.consent()["id"].clone();
    let role = cloud.world(json!({ "add": "role_definition", "object": { "content": {
        "role_name": "peering", "actions": ["Microsoft.Network/*"], "assignable_scopes": [scope],
    }}}));
    cloud.world(json!({ "add": "role_assignment", "object": {
        "scope": scope, "role_definition": role["id"], "principal_id": principal,
    }}));
}

/// A local cloud in which a peering with the hub works.
fn granted() -> Simulator {
    let cloud = Simulator::start(Seed::Demo);
    grant(&cloud);
    cloud
}

fn hub_id(cloud: &Simulator) -> String {
    cloud.ready()["virtual_hubs"][HUB]
        .as_str()
        .unwrap()
        .to_owned()
}

fn peering(cloud: &Simulator, attributes: &str) -> String {
    format!(
        "resource \"konnectazure_virtual_hub_peering\" \"this\" {{\n  name = \"orders\"\n  network_id = \"{}\"\n{attributes}\n}}\n",
        cloud.network_id(NETWORK)
    )
}

fn by_id(cloud: &Simulator) -> String {
    format!("  vhub_id = \"{}\"\n", hub_id(cloud))
}

fn by_parts(cloud: &Simulator) -> String {
    format!(
        "  subscription_id = \"{}\"\n  resource_group_name = \"RG-Wan\"\n  vhub_name = \"{HUB}\"\n",
        cloud.url("subscription_id")
    )
}

fn sent(cloud: &Simulator, method: &str) -> usize {
    cloud
        .requests_matching("konnect", method, "/transit-gateways")
        .len()
}

#[test]
fn a_peering_is_made_kept_imported_replaced_and_destroyed() {
    let cloud = granted();
    let network = cloud.network_id(NETWORK);
    let dns = format!(
        "{}  dns_config = [{{ remote_dns_server_ip_addresses = [\"10.41.0.4\"], domain_proxy_list = [\"Corp.example.\"] }}]\n",
        by_id(&cloud)
    );
    Case::new(cloud.env())
        .apply(
            peering(&cloud, &by_id(&cloud)),
            &[(PEERING, "create")],
            |state| {
                let made = &state[PEERING];
                assert_eq!(made["state"], "ready");
                assert_eq!(made["vhub_name"], HUB);
                assert_eq!(made["resource_group_name"], "rg-wan");
                assert_eq!(made["subscription_id"], cloud.url("subscription_id"));
                assert_eq!(made["tenant_id"], cloud.url("tenant_id"));
                assert_eq!(made["dns_config"], json!([]));
                let held = &cloud.objects("transit_gateways")[0];
                assert_eq!(
                    held["transit_gateway_attachment_config"]["kind"],
                    "azure-vhub-peering-attachment"
                );
                let connections = cloud.objects("virtual_hubs")[0]["connections"].clone();
                assert_eq!(connections.as_array().map(Vec::len), Some(1));
            },
        )
        // The other way of naming the same hub, in another spelling, and a switch of our own: nothing is sent.
        .apply(peering(&cloud, &by_parts(&cloud)), &[], |state| {
            assert_eq!(state[PEERING]["resource_group_name"], "rg-wan");
        })
        .apply(
            peering(
                &cloud,
                &format!("{}  wait_for_ready = false\n", by_id(&cloud)),
            ),
            &[(PEERING, "update")],
            |_| {
                assert_eq!(
                    ["POST", "PATCH", "DELETE"].map(|method| sent(&cloud, method)),
                    [1, 0, 0]
                );
            },
        )
        .apply(
            peering(&cloud, &by_id(&cloud)),
            &[(PEERING, "update")],
            |_| {},
        )
        .reimport(PEERING, |made| {
            format!("{network}/{}", made["id"].as_str().unwrap())
        })
        .reimport(PEERING, |made| {
            json!({ "id": made["id"], "network_id": network }).to_string()
        })
        .apply(peering(&cloud, &dns), &[(PEERING, "replace")], |state| {
            assert_eq!(
                state[PEERING]["dns_config"][0]["domain_proxy_list"],
                json!(["Corp.example."])
            );
            assert_eq!((sent(&cloud, "POST"), sent(&cloud, "DELETE")), (2, 1));
        })
        .apply(
            peering(&cloud, &dns).replace("\"orders\"", "\"orders-hub\""),
            &[(PEERING, "replace")],
            |state| assert_eq!(state[PEERING]["name"], "orders-hub"),
        )
        .outside(|_| {
            let id = cloud.objects("transit_gateways")[0]["id"].clone();
            cloud.world(json!({ "remove": "transit_gateway", "id": id }));
        })
        .apply(
            peering(&cloud, &by_id(&cloud)),
            &[(PEERING, "create")],
            |_| {},
        )
        .run();
    assert_eq!(cloud.objects("transit_gateways"), [] as [Json; 0]);
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn a_bad_configuration_is_refused_on_its_attribute_before_anything_is_sent() {
    let cloud = Simulator::start(Seed::Demo);
    let hub = by_id(&cloud);
    let vnet = cloud.vnet_id("vnet-orders").to_owned();
    Case::new(cloud.env())
        .plan_fails(
            peering(&cloud, ""),
            &[
                "No virtual hub is specified",
                "Name the virtual hub either by `vhub_id`",
            ],
        )
        .plan_fails(
            peering(&cloud, &format!("{hub}{}", by_parts(&cloud))),
            &["`vhub_id` and `subscription_id` exclude each other"],
        )
        .plan_fails(
            peering(&cloud, &format!("  vhub_id = \"{vnet}\"\n")),
            &["Invalid vhub_id", "not a Microsoft.Network/virtualHubs"],
        )
        .plan_fails(
            peering(&cloud, "  vhub_name = \"hub\"\n"),
            &[
                "`subscription_id` is missing",
                "`resource_group_name` is missing",
            ],
        )
        .plan_fails(
            peering(&cloud, &format!("{hub}  tenant_id = \"contoso\"\n")),
            &["Invalid tenant_id", "a GUID"],
        )
        // What cannot be planned cannot be destroyed either.
        .outside(|workspace| workspace.write(""))
        .run();
    assert_eq!(cloud.requests_matching("konnect", "", ""), [] as [Json; 0]);
}

fn by_a_later_id(id: &str) -> String {
    format!("resource \"terraform_data\" \"later\" {{\n  input = \"{id}\"\n}}\n")
}

/// Each fault of the Azure side: whether it fails the plan, or only the apply since the run may still mend it.
#[test]
fn what_would_fail_later_is_refused_as_soon_as_it_is_known() {
    let cloud = Simulator::start(Seed::Demo);
    let consent = format!(
        "/{}/adminconsent?client_id=207b296f-cf25-4d23-9eba-9a2c41dc62ca",
        cloud.url("tenant_id")
    );
    let nowhere = hub_id(&cloud).replace(HUB, "hub-nowhere");
    let missing = "Cannot create virtual hub peering \"orders\": Azure has no such virtual hub";
    let later = |id: &str| {
        let peering = peering(&cloud, "  vhub_id = terraform_data.later.output\n");
        format!("{}{peering}", by_a_later_id(id))
    };
    Case::new(cloud.env())
        .apply_fails(
            peering(&cloud, &by_id(&cloud)),
            &[
                "Kong's application cannot act in the tenant",
                &consent,
                "preflight = false",
                "Nothing was sent.",
            ],
        )
        .outside(|_| drop(cloud.consent()))
        .apply_fails(
            peering(&cloud, &by_id(&cloud)),
            &[
                "Kong's application may not connect to the virtual hub",
                "It has no role at the virtual hub",
                "- Microsoft.Network/virtualHubs/hubVirtualNetworkConnections/write",
                "purpose = \"virtual_hub_peering\"",
                &hub_id(&cloud),
            ],
        )
        .outside(|_| grant(&cloud))
        .plan_fails(
            peering(&cloud, &format!("  vhub_id = \"{nowhere}\"\n")),
            &[missing, "hub-nowhere"],
        )
        .apply_fails(later(&nowhere), &[missing])
        .outside(|_| {
            let id = hub_id(&cloud);
            cloud.world(json!({ "patch": "virtual_hub", "id": id, "set": { "address_prefix": "10.64.8.0/23" } }));
        })
        .plan_fails(
            peering(&cloud, &by_id(&cloud)),
            &["Address spaces overlap", "10.64.8.0/23 of the virtual hub overlaps 10.64.0.0/16"],
        )
        .apply_fails(later(&hub_id(&cloud)), &["Address spaces overlap"])
        .outside(|workspace| workspace.write(""))
        .run();
    assert_eq!(sent(&cloud, "POST"), 0);
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn what_may_not_be_looked_at_is_a_warning_and_the_creation_goes_on() {
    let cloud = granted();
    cloud.settings(json!({ "rights": { "graph_read": false, "network_read": false } }));
    let workspace = Workspace::new(cloud.env());
    workspace.write(&peering(&cloud, &by_id(&cloud)));
    let said = folded(&workspace.apply().expect_success("apply"));
    for part in [
        "Could not verify that the virtual hub exists and works (virtual hub peering \"orders\")",
        "Microsoft.Network/virtualHubs/read",
        "Application.Read.All",
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    assert_eq!(workspace.state()[PEERING]["state"], "ready");
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
}

#[test]
fn a_failed_peering_says_why_and_is_replaced_by_the_next_apply() {
    let cloud = Simulator::start(Seed::Demo);
    cloud.consent();
    let unchecked = format!("{}  preflight = false\n", by_id(&cloud));
    let configuration = peering(&cloud, &unchecked);
    Case::new(cloud.env())
        .apply_fails(
            &configuration,
            &[
                "AuthorizationFailed",
                "In plain words:",
                "stays in the state, marked for replacement",
                "purpose = \"virtual_hub_peering\"",
                &hub_id(&cloud),
            ],
        )
        .outside(|_| grant(&cloud))
        .apply(&configuration, &[(PEERING, "replace")], |state| {
            assert_eq!(state[PEERING]["state"], "ready");
        })
        .run();
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn what_exists_is_an_error_with_its_import_or_adopted_where_it_is_the_same() {
    let cloud = granted();
    let path = format!(
        "/v2/cloud-gateways/networks/{}/transit-gateways",
        cloud.network_id(NETWORK)
    );
    let answer = cloud.konnect(
        "POST",
        &path,
        Some(
            &json!({ "name": "orders", "transit_gateway_attachment_config": {
                "kind": "azure-vhub-peering-attachment",
                "tenant_id": cloud.url("tenant_id"),
                "subscription_id": cloud.url("subscription_id"),
                "resource_group_name": "rg-wan",
                "vhub_name": HUB,
            }}),
        ),
    );
    assert_eq!(answer.status, 201, "{}", answer.body);
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let place = format!("{}/{id}", cloud.network_id(NETWORK));
    Case::new(cloud.env())
        .apply_fails(
            peering(&cloud, &by_id(&cloud)),
            &[
                "holds an object of this name already",
                &format!("id = \"{place}\""),
                "to = konnectazure_virtual_hub_peering.NAME",
            ],
        )
        .apply(
            peering(&cloud, &format!("{}  use_existing = true\n", by_id(&cloud))),
            &[(PEERING, "create")],
            |state| assert_eq!(state[PEERING]["id"], *id),
        )
        .run();
}

#[test]
fn a_peering_of_another_kind_is_not_imported() {
    let cloud = granted();
    let gateway = cloud.world(json!({ "add": "transit_gateway", "object": {
        "network_id": cloud.network_id(NETWORK),
        "name": "orders",
        "transit_gateway_attachment_config": {
            "kind": "azure-vnet-peering-attachment",
            "tenant_id": cloud.url("tenant_id"),
            "subscription_id": cloud.url("subscription_id"),
            "resource_group_name": "rg-network",
            "vnet_name": "vnet-orders",
        },
    }}));
    let workspace = Workspace::new(cloud.env());
    workspace.write(&peering(&cloud, &by_id(&cloud)));
    let id = format!(
        "{}/{}",
        cloud.network_id(NETWORK),
        gateway["id"].as_str().unwrap()
    );
    let said = workspace
        .run(&["import", "-no-color", PEERING, &id])
        .expect_failure("import");
    assert!(said.contains("konnectazure_vnet_peering"), "{said}");
}
