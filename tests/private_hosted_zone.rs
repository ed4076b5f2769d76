//! `konnectazure_private_hosted_zone` under real Terraform.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::{Value as Json, json};
use support::patience::eventually;
use support::simulator::{Seed, Simulator};
use support::spec;
use support::terraform::{Case, Workspace, folded};

const ZONE: &str = "konnectazure_private_hosted_zone.this";
const NETWORK: &str = "eastus2-prod";
const DOMAIN: &str = "corp.example";

/// Consent, and every right on the zone, as an administrator would give who does not care.
fn grant(cloud: &Simulator) {
    let scope = zone_id(cloud);
    let principal = cloud.consent()["id"].clone();
    let role = cloud.world(json!({ "add": "role_definition", "object": { "content": {
        "role_name": "linking", "actions": ["Microsoft.Network/*"], "assignable_scopes": [scope],
    }}}));
    cloud.world(json!({ "add": "role_assignment", "object": {
        "scope": scope, "role_definition": role["id"], "principal_id": principal,
    }}));
}

/// A local cloud in which the zone can be linked.
fn granted() -> Simulator {
    let cloud = Simulator::start(Seed::Demo);
    grant(&cloud);
    cloud
}

fn zone_id(cloud: &Simulator) -> String {
    cloud.ready()["private_dns_zones"][DOMAIN]
        .as_str()
        .unwrap()
        .to_owned()
}

fn zone(cloud: &Simulator, more: &str) -> String {
    format!(
        "resource \"konnectazure_private_hosted_zone\" \"this\" {{\n  name = \"corp\"\n  network_id = \"{}\"\n  domain_name = \"{DOMAIN}\"\n  \
         resource_group_name = \"rg-network\"\n  vnet_link_name = \"kong\"\n{more}}}\n",
        cloud.network_id(NETWORK)
    )
}

fn sent(cloud: &Simulator, method: &str) -> usize {
    cloud
        .requests_matching("konnect", method, "/private-dns")
        .len()
}

/// The old object is gone by then: a failure would leave nothing.
#[test]
fn a_replacement_waits_for_the_link_that_azure_deletes_late() {
    let cloud = granted();
    let workspace = Workspace::new(cloud.env());
    workspace.write(&zone(&cloud, ""));
    workspace.apply().expect_success("apply");
    let id = format!("{}/virtualNetworkLinks/kong", zone_id(&cloud));
    let link = json!({ "id": id, "name": "kong", "properties": { "virtualNetwork": { "id": "/subscriptions/x/kong" } } });
    cloud.fault(json!({ "service": "arm", "method": "GET", "path": "/virtualNetworkLinks/kong", "times": 0, "status": 200, "body": link }));
    workspace.write(&zone(&cloud, "").replace("\"corp\"", "\"corporation\""));
    let replace = workspace.start(&["apply", "-auto-approve", "-no-color"]);
    eventually("the deletion", || sent(&cloud, "DELETE") == 1);
    let looks = || {
        cloud
            .requests_matching("arm", "GET", "/virtualNetworkLinks/kong")
            .len()
    };
    let before = looks();
    eventually("the checks before the creation", || looks() >= before + 4);
    assert_eq!(sent(&cloud, "POST"), 1);
    cloud.clear_faults();
    replace.finish().expect_success("apply of the replacement");
    assert_eq!(sent(&cloud, "POST"), 2);
    workspace.assert_settled();
}

#[test]
fn a_zone_is_linked_kept_imported_replaced_and_destroyed() {
    let cloud = granted();
    let network = cloud.network_id(NETWORK);
    let plain = zone(&cloud, "");
    let spelled = plain
        .replace("\"corp.example\"", "\"Corp.Example.\"")
        .replace("\"rg-network\"", "\"RG-Network\"");
    Case::new(cloud.env())
        .apply(&plain, &[(ZONE, "create")], |state| {
            let made = &state[ZONE];
            assert_eq!(made["state"], "ready");
            assert_eq!(made["subscription_id"], cloud.url("subscription_id"));
            assert_eq!(made["tenant_id"], cloud.url("tenant_id"));
            let held = &cloud.objects("private_dns")[0]["private_dns_attachment_config"];
            assert_eq!(held["peer_resource_group_id"], "rg-network");
            assert_eq!(held["kind"], "azure-private-hosted-zone-attachment");
            let links = cloud.objects("private_dns_zones")[0]["links"].clone();
            assert_eq!(links[0]["name"], "kong");
        })
        // Another spelling of the same, the defaults written down, and a switch of our own: nothing is sent.
        .apply(&spelled, &[], |_| {})
        .apply(
            zone(
                &cloud,
                &format!(
                    "  subscription_id = \"{}\"\n  tenant_id = \"{}\"\n  wait_for_ready = false\n",
                    cloud.url("subscription_id").to_uppercase(),
                    cloud.url("tenant_id"),
                ),
            ),
            &[(ZONE, "update")],
            |_| {
                assert_eq!(
                    ["POST", "PATCH", "DELETE"].map(|method| sent(&cloud, method)),
                    [1, 0, 0]
                );
            },
        )
        .apply(&plain, &[(ZONE, "update")], |_| {})
        .reimport(ZONE, |made| {
            format!("{network}/{}", made["id"].as_str().unwrap())
        })
        .reimport(ZONE, |made| {
            json!({ "id": made["id"], "network_id": network }).to_string()
        })
        // Konnect cannot change anything of it, not even its name.
        .apply(
            plain.replace("\"corp\"", "\"corp-zone\""),
            &[(ZONE, "replace")],
            |state| assert_eq!(state[ZONE]["name"], "corp-zone"),
        )
        .apply(
            plain.replace("\"kong\"", "\"konnect\""),
            &[(ZONE, "replace")],
            |_| {
                assert_eq!(
                    ["POST", "PATCH", "DELETE"].map(|method| sent(&cloud, method)),
                    [3, 0, 2]
                );
            },
        )
        .outside(|_| {
            let id = cloud.objects("private_dns")[0]["id"].clone();
            cloud.world(json!({ "remove": "private_dns", "id": id }));
        })
        .apply(&plain, &[(ZONE, "create")], |_| {})
        .run();
    assert_eq!(cloud.objects("private_dns"), [] as [Json; 0]);
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn every_attribute_of_the_zone_replaces_it() {
    let cloud = granted();
    let other = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";
    let plain = zone(&cloud, "");
    let workspace = Workspace::new(cloud.env());
    workspace.write(&plain);
    workspace.apply().expect_success("apply");
    for configuration in [
        plain.replace("\"corp.example\"", "\"other.example\""),
        plain.replace("\"rg-network\"", "\"rg-dns\""),
        plain.replace(
            cloud.network_id(NETWORK),
            cloud.network_id("eastus2-staging"),
        ),
        zone(&cloud, &format!("  subscription_id = \"{other}\"\n")),
        zone(&cloud, &format!("  tenant_id = \"{other}\"\n")),
    ] {
        workspace.write(&configuration);
        let changed = workspace.plan();
        assert_eq!(
            changed.actions().get(ZONE).map(String::as_str),
            Some("replace"),
            "{}",
            changed.text
        );
    }
    workspace.destroy().expect_success("destroy");
}

#[test]
fn a_bad_configuration_is_refused_on_its_attribute_before_anything_is_sent() {
    let cloud = Simulator::start(Seed::Demo);
    let plain = zone(&cloud, "");
    let group = format!(
        "/subscriptions/{}/resourceGroups/rg-network",
        cloud.url("subscription_id")
    );
    Case::new(cloud.env())
        // Row 69: the API's field is called an id and takes the name.
        .plan_fails(
            plain.replace("\"rg-network\"", &format!("{group:?}")),
            &[
                "Invalid resource_group_name",
                "Give the name alone, resource_group_name = \"rg-network\"",
            ],
        )
        .plan_fails(
            plain.replace("\"corp.example\"", "\"corp example\""),
            &["Invalid domain_name"],
        )
        .plan_fails(
            plain.replace("\"kong\"", "\"a/b\""),
            &["Invalid vnet_link_name", "a name has no slashes"],
        )
        .plan_fails(
            zone(&cloud, "  subscription_id = \"orders\"\n"),
            &["Invalid subscription_id", "a GUID"],
        )
        // What cannot be planned cannot be destroyed either.
        .outside(|workspace| workspace.write(""))
        .run();
    assert_eq!(cloud.requests_matching("konnect", "", ""), [] as [Json; 0]);
}

/// Row 64.
#[test]
fn what_would_fail_later_is_refused_before_anything_is_sent() {
    let cloud = granted();
    let plain = zone(&cloud, "");
    let link = |zone: &str| {
        let id = zone_id(&cloud);
        let links: Vec<Json> = if zone.is_empty() {
            Vec::new()
        } else {
            vec![json!({ "name": zone, "virtual_network_id": cloud.vnet_id("vnet-orders") })]
        };
        cloud.world(json!({ "patch": "private_dns_zone", "id": id, "set": { "links": links } }));
    };
    let later = format!(
        "resource \"terraform_data\" \"later\" {{\n  input = \"{DOMAIN}\"\n}}\n{}",
        plain.replace("\"corp.example\"", "terraform_data.later.output")
    );
    Case::new(cloud.env())
        // A zone is named by what is known before it exists: the plan only warns.
        .apply_fails(
            plain.replace("\"corp.example\"", "\"other.example\""),
            &[
                "Could not verify that the private DNS zone exists",
                "Azure has no such private DNS zone",
                "privateDnsZones/other.example",
                "Nothing was sent.",
            ],
        )
        .outside(|_| link("Kong"))
        .plan_fails(
            &plain,
            &[
                "The name of the link is taken",
                "has a link named \"kong\" already",
                "vnet-orders",
            ],
        )
        .apply_fails(&later, &["has a link named \"kong\" already"])
        .outside(|_| {
            link("");
            cloud.world(json!({ "add": "private_dns", "object": {
                "network_id": cloud.network_id(NETWORK),
                "name": "twin",
                "private_dns_attachment_config": {
                    "kind": "azure-private-hosted-zone-attachment",
                    "domain_name": "CORP.example",
                    "peer_tenant_id": cloud.url("tenant_id"),
                    "peer_subscription_id": cloud.url("subscription_id"),
                    "peer_resource_group_id": "rg-elsewhere",
                    "peer_vnet_link_name": "twin",
                },
            }}));
        })
        .plan_fails(
            &plain,
            &["linked to a zone of this name already", "\"twin\""],
        )
        .apply_fails(&later, &["linked to a zone of this name already"])
        .outside(|workspace| workspace.write(""))
        .run();
    assert_eq!(sent(&cloud, "POST"), 0);
    spec::assert_journal_conforms(&cloud.requests());
}

/// Row 67.
#[test]
fn a_missing_right_is_named_with_the_zone_and_the_next_apply_replaces() {
    let cloud = Simulator::start(Seed::Demo);
    cloud.consent();
    let plain = zone(&cloud, "");
    Case::new(cloud.env())
        .apply_fails(
            &plain,
            &[
                "AuthorizationFailed",
                "virtualNetworkLinks/write",
                &zone_id(&cloud),
                "purpose = \"private_dns_link\"",
                "stays in the state, marked for replacement",
            ],
        )
        .outside(|_| grant(&cloud))
        .apply(&plain, &[(ZONE, "replace")], |state| {
            assert_eq!(state[ZONE]["state"], "ready");
        })
        .run();
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn what_may_not_be_looked_at_is_a_warning_and_the_creation_goes_on() {
    let cloud = granted();
    cloud.settings(json!({ "rights": { "graph_read": false, "network_read": false } }));
    let workspace = Workspace::new(cloud.env());
    workspace.write(&zone(&cloud, ""));
    let said = folded(&workspace.apply().expect_success("apply"));
    for part in [
        "Could not verify that the private DNS zone exists (private hosted zone \"corp\")",
        "Microsoft.Network/privateDnsZones/read",
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    assert_eq!(workspace.state()[ZONE]["state"], "ready");
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
}

#[test]
fn a_pending_association_is_waited_for_with_one_warning() {
    let cloud = granted();
    cloud.settings(json!({ "konnect": { "private_dns_outcome": "pending-association" } }));
    let workspace = Workspace::new(cloud.env());
    workspace.write(&zone(&cloud, ""));
    let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
    let state = || {
        cloud
            .objects("private_dns")
            .first()
            .map(|object| object["state"].clone())
    };
    eventually("the pending association", || {
        state() == Some(json!("pending-association"))
    });
    let id = cloud.objects("private_dns")[0]["id"].clone();
    let path = format!("/private-dns/{}", id.as_str().unwrap());
    let looks = || cloud.requests_matching("konnect", "GET", &path).len();
    let before = looks();
    eventually("several looks at it", || looks() > before + 3);
    cloud.world(json!({ "patch": "private_dns", "id": id, "set": { "state": "ready", "state_metadata": {} } }));
    let said = folded(&apply.finish().expect_success("apply"));
    let warning = "Konnect waits for you to finish private hosted zone \"corp\"";
    assert_eq!(said.matches(warning).count(), 1, "{said}");
    assert!(said.contains("konnectazure_role_assignment"), "{said}");
    assert_eq!(workspace.state()[ZONE]["state"], "ready");
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
}

#[test]
fn a_pending_association_that_stays_fails_at_the_timeout_with_what_to_do() {
    let cloud = granted();
    cloud.settings(json!({ "konnect": { "private_dns_outcome": "pending-association" } }));
    Case::new(cloud.env())
        .apply_fails(
            zone(&cloud, "  timeouts = {\n    create = \"4s\"\n  }\n"),
            &[
                "state \"pending-association\"",
                "konnectazure_role_assignment",
                "stays in the state",
            ],
        )
        .outside(|_| {
            let id = cloud.objects("private_dns")[0]["id"].clone();
            cloud.world(json!({ "patch": "private_dns", "id": id, "set": { "state": "ready" } }));
        })
        .run();
    assert_eq!(cloud.objects("private_dns"), [] as [Json; 0]);
}

#[test]
fn what_exists_is_an_error_with_its_import_or_adopted_where_it_is_the_same() {
    let cloud = granted();
    let path = format!(
        "/v2/cloud-gateways/networks/{}/private-dns",
        cloud.network_id(NETWORK)
    );
    let answer = cloud.konnect(
        "POST",
        &path,
        Some(&json!({ "name": "corp", "private_dns_attachment_config": {
            "kind": "azure-private-hosted-zone-attachment",
            "domain_name": DOMAIN,
            "peer_tenant_id": cloud.url("tenant_id"),
            "peer_subscription_id": cloud.url("subscription_id"),
            "peer_resource_group_id": "rg-network",
            "peer_vnet_link_name": "kong",
        }})),
    );
    assert_eq!(answer.status, 201, "{}", answer.body);
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    Case::new(cloud.env())
        .apply_fails(
            zone(&cloud, ""),
            &[
                "holds an object of this name already",
                &format!("id = \"{}/{id}\"", cloud.network_id(NETWORK)),
                "to = konnectazure_private_hosted_zone.NAME",
            ],
        )
        .apply(
            zone(&cloud, "  use_existing = true\n"),
            &[(ZONE, "create")],
            |state| assert_eq!(state[ZONE]["id"], *id),
        )
        .run();
}

#[test]
fn without_any_subscription_the_attribute_to_give_is_named() {
    let cloud = granted();
    let mut workspace = Workspace::new(cloud.env());
    workspace.unset("ARM_SUBSCRIPTION_ID");
    workspace.write(&zone(&cloud, ""));
    let said = workspace.apply().expect_failure("apply");
    assert!(said.contains("Give subscription_id"), "{said}");
    assert_eq!(sent(&cloud, "POST"), 0);
}
