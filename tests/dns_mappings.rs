//! `konnectazure_dns_mappings` under real Terraform.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use support::patience::eventually;
use support::simulator::{Seed, Simulator};
use support::spec;
use support::terraform::{Case, Workspace, folded};

const MAPPINGS: &str = "konnectazure_dns_mappings.this";
const NETWORK: &str = "eastus2-prod";

/// Each mapping as `domain,domain=address,address`.
fn mappings(cloud: &Simulator, mappings: &[&str]) -> String {
    with(cloud, mappings, "")
}

fn with(cloud: &Simulator, mappings: &[&str], more: &str) -> String {
    let list = |texts: &str| {
        let quoted: Vec<String> = texts.split(',').map(|text| format!("{text:?}")).collect();
        quoted.join(", ")
    };
    let mappings: Vec<String> = mappings
        .iter()
        .map(|mapping| {
            let (domains, addresses) = mapping.split_once('=').unwrap();
            format!(
                "    {{ domains = [{}], target_ip_addresses = [{}] }},\n",
                list(domains),
                list(addresses)
            )
        })
        .collect();
    format!(
        "resource \"konnectazure_dns_mappings\" \"this\" {{\n  name = \"corp\"\n  network_id = \"{}\"\n  mappings = [\n{}  ]\n{more}}}\n",
        cloud.network_id(NETWORK),
        mappings.concat()
    )
}

fn sent(cloud: &Simulator, method: &str) -> usize {
    cloud
        .requests_matching("konnect", method, "/private-dns")
        .len()
}

/// What Konnect holds of the one object: addresses by domain.
fn stored(cloud: &Simulator) -> Json {
    let config = cloud.objects("private_dns")[0]["private_dns_attachment_config"].clone();
    let domains = config["dns_config"].as_object().unwrap();
    domains
        .iter()
        .map(|(domain, target)| {
            (
                domain.clone(),
                target["remote_dns_server_ip_addresses"].clone(),
            )
        })
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Which of two answers is not published, so that it is no error.
#[test]
fn a_domain_that_two_objects_of_a_network_map_is_warned_of() {
    let cloud = Simulator::start(Seed::Demo);
    made_outside(
        &cloud,
        &json!({ "kind": "azure-outbound-resolver", "dns_config": { "a.example": { "remote_dns_server_ip_addresses": ["10.20.0.9"] } } }),
    );
    let workspace = Workspace::new(cloud.env());
    let both = format!(
        "{}{}",
        mappings(&cloud, &["a.example,b.example=10.20.0.4"]).replace("\"corp\"", "\"first\""),
        mappings(&cloud, &["b.example=10.20.0.5"])
            .replace("\"corp\"", "\"second\"")
            .replace("\"this\"", "\"second\""),
    );
    workspace.write(&both);
    let said = folded(&workspace.run(&["plan", "-no-color"]).expect_success("plan"));
    for part in [
        "a.example is mapped twice in this network",
        "b.example is mapped twice in this network",
        "which this run makes or changes",
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
}

/// Makes an object as the Konnect UI would; its id.
fn made_outside(cloud: &Simulator, config: &Json) -> String {
    let path = format!(
        "/v2/cloud-gateways/networks/{}/private-dns",
        cloud.network_id(NETWORK)
    );
    let body = json!({ "name": "corp", "private_dns_attachment_config": config });
    let answer = cloud.konnect("POST", &path, Some(&body));
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()["id"].as_str().unwrap().to_owned()
}

fn resolver(domains: &[(&str, &[&str])]) -> Json {
    let domains: serde_json::Map<_, _> = domains
        .iter()
        .map(|(domain, addresses)| {
            let target = json!({ "remote_dns_server_ip_addresses": addresses });
            ((*domain).to_owned(), target)
        })
        .collect();
    json!({ "kind": "azure-outbound-resolver", "dns_config": domains })
}

#[test]
fn the_three_kinds_of_mapping_are_made_changed_in_place_imported_and_destroyed() {
    // Rows 61 and 63 of docs/user-pains.md: an edit is no outage, and the kind is told.
    let cloud = Simulator::start(Seed::Demo);
    let network = cloud.network_id(NETWORK);
    let one_to_one = mappings(&cloud, &["a.example=10.20.0.4", "b.example=10.20.0.5"]);
    let many_to_one = mappings(&cloud, &["a.example,b.example=10.20.0.4"]);
    let many_to_many = mappings(
        &cloud,
        &[
            "a.example,b.example=10.20.0.4,10.20.0.5",
            "C.Example.=10.20.0.6",
        ],
    );
    let id = |made: &Json| format!("{network}/{}", made["id"].as_str().unwrap());
    Case::new(cloud.env())
        .apply(&one_to_one, &[(MAPPINGS, "create")], |state| {
            let made = &state[MAPPINGS];
            assert_eq!(
                (&made["state"], &made["mapping_type"], &made["domain_count"]),
                (&json!("ready"), &json!("1-to-1"), &json!(2))
            );
            assert_eq!(
                stored(&cloud),
                json!({ "a.example": ["10.20.0.4"], "b.example": ["10.20.0.5"] })
            );
        })
        .reimport(MAPPINGS, id)
        .outside(|_| cloud.clear_requests())
        .apply(&many_to_one, &[(MAPPINGS, "update")], |state| {
            let made = &state[MAPPINGS];
            assert_eq!(
                (&made["state"], &made["mapping_type"], &made["domain_count"]),
                (&json!("ready"), &json!("N-to-1"), &json!(2))
            );
            assert_eq!(
                (
                    sent(&cloud, "PATCH"),
                    sent(&cloud, "POST"),
                    sent(&cloud, "DELETE")
                ),
                (1, 0, 0)
            );
        })
        .reimport(MAPPINGS, id)
        .outside(|_| cloud.clear_requests())
        .apply(&many_to_many, &[(MAPPINGS, "update")], |state| {
            assert_eq!(state[MAPPINGS]["mapping_type"], "M-to-N");
            assert_eq!(
                stored(&cloud),
                json!({
                    "a.example": ["10.20.0.4", "10.20.0.5"],
                    "b.example": ["10.20.0.4", "10.20.0.5"],
                    "c.example": ["10.20.0.6"],
                })
            );
            assert_eq!(sent(&cloud, "PATCH"), 1);
        })
        .reimport(MAPPINGS, |made| {
            json!({ "id": made["id"], "network_id": network }).to_string()
        })
        .run();
    assert_eq!(cloud.objects("private_dns"), [] as [Json; 0]);
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn only_what_means_something_else_is_a_change() {
    // Rows 48 and 91 of docs/user-pains.md: order counts among servers only, spelling nowhere.
    let cloud = Simulator::start(Seed::Demo);
    Case::new(cloud.env())
        .apply(
            mappings(&cloud, &["a.example,b.example=10.20.0.4,fd00::5"]),
            &[(MAPPINGS, "create")],
            |_| {},
        )
        // Other groups, letter case, a trailing dot, another spelling of an address.
        .apply(
            mappings(
                &cloud,
                &[
                    "B.example.=10.20.0.4,FD00::5",
                    "A.Example=10.20.0.4,fd00:0::5",
                ],
            ),
            &[],
            |_| {},
        )
        // Switches of our own.
        .apply(
            with(
                &cloud,
                &["a.example,b.example=10.20.0.4,fd00::5"],
                "  wait_for_ready = false\n",
            ),
            &[(MAPPINGS, "update")],
            |_| assert_eq!(sent(&cloud, "PATCH"), 0),
        )
        // The order in which servers are asked.
        .apply(
            mappings(&cloud, &["a.example,b.example=fd00::5,10.20.0.4"]),
            &[(MAPPINGS, "update")],
            |_| assert_eq!(sent(&cloud, "PATCH"), 1),
        )
        // The name, which Konnect changes only together with the whole configuration.
        .apply(
            mappings(&cloud, &["a.example,b.example=fd00::5,10.20.0.4"])
                .replace("\"corp\"", "\"office\""),
            &[(MAPPINGS, "update")],
            |state| {
                assert_eq!(state[MAPPINGS]["name"], "office");
                assert_eq!(sent(&cloud, "PATCH"), 2);
            },
        )
        .run();
    assert_eq!((sent(&cloud, "POST"), sent(&cloud, "DELETE")), (1, 1));
}

#[test]
fn a_change_whose_answer_was_lost_is_not_refused_by_itself() {
    let cloud = Simulator::start(Seed::Demo);
    let busy = json!({ "status": 409, "title": "Conflict", "detail": "It is in transition.", "instance": "kong:trace:8" });
    Case::new(cloud.env())
        .apply(
            mappings(&cloud, &["a.example=10.20.0.4"]),
            &[(MAPPINGS, "create")],
            |_| {},
        )
        .outside(|_| {
            cloud.fault(json!({ "service": "konnect", "method": "PATCH", "reset": "after" }));
            // What has just begun refuses the same request when it is sent again.
            cloud.fault(json!({ "service": "konnect", "method": "PATCH", "nth": 2, "status": 409, "body": busy }));
        })
        .apply(
            mappings(&cloud, &["a.example=10.20.0.5"]),
            &[(MAPPINGS, "update")],
            |_| {
                assert_eq!(stored(&cloud), json!({ "a.example": ["10.20.0.5"] }));
                assert_eq!(sent(&cloud, "PATCH"), 2);
            },
        )
        .run();
}

#[test]
fn a_refusal_by_a_transition_that_ended_since_is_tried_again() {
    let cloud = Simulator::start(Seed::Demo);
    let busy = json!({ "status": 409, "title": "Conflict", "detail": "It is in transition.", "instance": "kong:trace:8" });
    Case::new(cloud.env())
        .apply(
            mappings(&cloud, &["a.example=10.20.0.4"]),
            &[(MAPPINGS, "create")],
            |_| {},
        )
        .outside(|_| {
            cloud.fault(
                json!({ "service": "konnect", "method": "PATCH", "status": 409, "body": busy }),
            );
        })
        .apply(
            mappings(&cloud, &["a.example=10.20.0.5"]),
            &[(MAPPINGS, "update")],
            |_| assert_eq!(stored(&cloud), json!({ "a.example": ["10.20.0.5"] })),
        )
        .run();
}

#[test]
fn changes_and_deletions_outside_are_seen() {
    let cloud = Simulator::start(Seed::Demo);
    let configuration = mappings(&cloud, &["a.example=10.20.0.4"]);
    Case::new(cloud.env())
        .apply(&configuration, &[(MAPPINGS, "create")], |_| {})
        .outside(|_| {
            let id = cloud.objects("private_dns")[0]["id"].clone();
            let config = resolver(&[("a.example", &["10.20.0.9"])]);
            cloud.world(json!({ "patch": "private_dns", "id": id, "set": { "private_dns_attachment_config": config } }));
        })
        .apply(&configuration, &[(MAPPINGS, "update")], |_| {
            assert_eq!(stored(&cloud), json!({ "a.example": ["10.20.0.4"] }));
        })
        .outside(|_| {
            let id = cloud.objects("private_dns")[0]["id"].clone();
            cloud.world(json!({ "remove": "private_dns", "id": id }));
        })
        .apply(&configuration, &[(MAPPINGS, "create")], |_| {})
        .run();
}

#[test]
fn a_bad_configuration_is_refused_before_anything_is_sent() {
    let cloud = Simulator::start(Seed::Demo);
    Case::new(cloud.env())
        .plan_fails(
            mappings(&cloud, &["a.example=10.20.0.4", "A.example.=10.20.0.5"]),
            &["The domain a.example appears in more than one mapping"],
        )
        .plan_fails(
            mappings(&cloud, &["a.example=dns.example"]),
            &["an IPv4 or IPv6 address"],
        )
        .plan_fails(
            mappings(&cloud, &["a b.example=10.20.0.4"]),
            &["a domain name"],
        )
        .plan_fails(
            mappings(&cloud, &["*.example=10.20.0.4"]),
            &["wildcards are not supported"],
        )
        .plan_fails(
            mappings(&cloud, &[]),
            &["Invalid mappings", "It must not be empty"],
        )
        .plan_fails(
            mappings(&cloud, &["a.example=10.20.0.4"]).replace("[\"10.20.0.4\"]", "[]"),
            &["target_ip_addresses", "It must not be empty"],
        )
        // What cannot be planned cannot be destroyed either.
        .outside(|workspace| workspace.write(""))
        .run();
    assert_eq!(cloud.requests_matching("konnect", "", ""), [] as [Json; 0]);
}

#[test]
fn odd_addresses_are_warned_of() {
    // Row 62 of docs/user-pains.md.
    let cloud = Simulator::start(Seed::Demo);
    let workspace = Workspace::new(cloud.env());
    workspace.write(&mappings(&cloud, &["a.example=8.8.8.8,168.63.129.16"]));
    let said = folded(&workspace.run(&["plan", "-no-color"]).expect_success("plan"));
    assert!(
        said.contains("The DNS server 8.8.8.8 has a public address"),
        "{said}"
    );
    assert!(
        said.contains("168.63.129.16 is Azure's own DNS service"),
        "{said}"
    );
}

#[test]
fn what_the_network_answers_itself_or_does_not_reach_is_warned_of() {
    // Rows 62 and 66 of docs/user-pains.md.
    let cloud = Simulator::start(Seed::Demo);
    let network = cloud.network_id(NETWORK);
    cloud.world(json!({ "add": "transit_gateway", "object": {
        "network_id": network, "name": "orders", "state": "ready",
        "transit_gateway_attachment_config": {
            "kind": "azure-vnet-peering-attachment", "tenant_id": cloud.url("tenant_id"),
            "subscription_id": cloud.url("subscription_id"), "resource_group_name": "rg-network", "vnet_name": "vnet-orders",
        },
    }}));
    cloud.world(json!({ "add": "private_dns", "object": {
        "network_id": network, "name": "zone", "state": "ready",
        "private_dns_attachment_config": {
            "kind": "azure-private-hosted-zone-attachment", "domain_name": "corp.example", "peer_tenant_id": cloud.url("tenant_id"),
            "peer_subscription_id": cloud.url("subscription_id"), "peer_resource_group_id": "rg-network", "peer_vnet_link_name": "kong",
        },
    }}));
    let workspace = Workspace::new(cloud.env());
    workspace.write(&mappings(
        &cloud,
        &["db.corp.example=10.20.0.4", "a.example=10.99.0.4"],
    ));
    let said = folded(&workspace.apply().expect_success("apply"));
    for part in [
        "db.corp.example is answered by the zone corp.example that the network is linked to",
        "The DNS server 10.99.0.4 is outside every peered virtual network",
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
    assert!(!said.contains("The DNS server 10.20.0.4"), "{said}");
    // What is as it was is not looked at again.
    cloud.clear_requests();
    let planned = workspace.plan();
    assert!(
        !planned.text.contains("is answered by the zone"),
        "{}",
        planned.text
    );
    assert_eq!(cloud.requests_matching("arm", "", ""), [] as [Json; 0]);
    workspace.destroy().expect_success("destroy");
}

#[test]
fn what_exists_is_an_error_with_its_import_or_adopted_where_it_is_the_same() {
    let cloud = Simulator::start(Seed::Demo);
    let id = made_outside(&cloud, &resolver(&[("a.example", &["10.20.0.4"])]));
    let place = format!("{}/{id}", cloud.network_id(NETWORK));
    let adopting = "  use_existing = true\n";
    Case::new(cloud.env())
        .apply_fails(
            mappings(&cloud, &["a.example=10.20.0.4"]),
            &[
                "holds an object of this name already",
                &place,
                "to = konnectazure_dns_mappings.NAME",
            ],
        )
        .apply_fails(
            with(&cloud, &["a.example=10.20.0.5"], adopting),
            &["`use_existing` does not adopt it"],
        )
        .apply(
            with(&cloud, &["A.example=10.20.0.4"], adopting),
            &[(MAPPINGS, "create")],
            |state| {
                assert_eq!(state[MAPPINGS]["id"], *id);
                assert_eq!(sent(&cloud, "POST"), 1, "the one of before");
            },
        )
        .run();
}

#[test]
fn a_hosted_zone_is_not_imported_as_mappings() {
    let cloud = Simulator::start(Seed::Demo);
    let zone = json!({
        "kind": "azure-private-hosted-zone-attachment",
        "domain_name": "corp.example",
        "peer_tenant_id": cloud.url("tenant_id"),
        "peer_subscription_id": cloud.url("subscription_id"),
        "peer_resource_group_id": "rg-network",
        "peer_vnet_link_name": "kong",
    });
    let id = made_outside(&cloud, &zone);
    let workspace = Workspace::new(cloud.env());
    workspace.write(&mappings(&cloud, &["a.example=10.20.0.4"]));
    let place = format!("{}/{id}", cloud.network_id(NETWORK));
    let said = workspace
        .run(&["import", "-no-color", MAPPINGS, &place])
        .expect_failure("import of a zone");
    assert!(said.contains("konnectazure_private_hosted_zone"), "{said}");
}

#[test]
fn a_change_waits_for_a_stable_state_and_is_sent_once() {
    let cloud = Simulator::manual(Seed::Demo);
    let workspace = Workspace::new(cloud.env());
    let quick = "  wait_for_ready = false\n";
    workspace.write(&with(&cloud, &["a.example=10.20.0.4"], quick));
    workspace.apply().expect_success("apply");
    workspace.write(&mappings(&cloud, &["a.example=10.20.0.5"]));
    let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
    let looks = |cloud: &Simulator| sent(cloud, "GET");
    let before = looks(&cloud);
    eventually("looks at the object", || looks(&cloud) > before + 3);
    assert_eq!(sent(&cloud, "PATCH"), 0);
    cloud.advance(3 * 60);
    eventually("the change", || sent(&cloud, "PATCH") == 1);
    cloud.advance(60);
    apply.finish().expect_success("apply");
    assert_eq!(workspace.state()[MAPPINGS]["state"], "ready");
    assert_eq!(sent(&cloud, "PATCH"), 1);
}

#[test]
fn a_deletion_that_is_refused_in_transition_waits_and_goes_on() {
    let cloud = Simulator::manual(Seed::Demo);
    let workspace = Workspace::new(cloud.env());
    let quick = "  wait_for_ready = false\n";
    workspace.write(&with(&cloud, &["a.example=10.20.0.4"], quick));
    workspace.apply().expect_success("apply");
    let destroy = workspace.start(&["destroy", "-auto-approve", "-no-color"]);
    eventually("the refusal", || sent(&cloud, "DELETE") == 1);
    cloud.advance(3 * 60);
    eventually("the deletion", || sent(&cloud, "DELETE") == 2);
    cloud.advance(60);
    destroy.finish().expect_success("destroy");
}

#[test]
fn mappings_that_fail_stay_in_the_state_with_the_reason() {
    let cloud = Simulator::start(Seed::Demo);
    let configuration = mappings(&cloud, &["a.example=10.20.0.4"]);
    cloud.settings(json!({ "konnect": { "private_dns_outcome": "error" } }));
    Case::new(cloud.env())
        .apply_fails(
            &configuration,
            &[
                "Cannot create DNS mappings \"corp\"",
                "state \"error\"",
                "stays in the state",
            ],
        )
        .outside(|_| cloud.settings(json!({ "konnect": { "private_dns_outcome": "judged" } })))
        .apply(&configuration, &[(MAPPINGS, "replace")], |_| {})
        .run();
}

/// So many objects in one network that Terraform reads them in crowds.
const MANY: usize = 30;

fn many(cloud: &Simulator) -> String {
    format!(
        "resource \"konnectazure_dns_mappings\" \"this\" {{\n  count = {MANY}\n  name = \"corp-${{count.index}}\"\n  network_id = \"{}\"\n  \
         mappings = [{{ domains = [\"a${{count.index}}.example\"], target_ip_addresses = [\"10.20.0.4\"] }}]\n}}\n",
        cloud.network_id(NETWORK),
    )
}

/// How often objects were asked for one by one, and how often lists of them.
fn reads(cloud: &Simulator) -> (usize, usize) {
    let all = cloud.requests_matching("konnect", "GET", "/private-dns");
    let single = cloud.requests_matching("konnect", "GET", "/private-dns/");
    (single.len(), all.len() - single.len())
}

#[test]
fn many_that_are_read_together_share_requests_and_each_change_outside_is_seen() {
    let cloud = Simulator::start(Seed::Demo);
    let workspace = Workspace::new(cloud.env());
    workspace.write(&many(&cloud));
    workspace.apply().expect_success("apply");
    // What all creations ask alike is asked for a few times at most, even where they take longer than a moment.
    let network = format!("networks/{}", cloud.network_id("eastus2-prod"));
    for alike in [network.as_str(), "provider-accounts/"] {
        let asked = cloud.requests_matching("konnect", "GET", alike);
        let asked = asked
            .iter()
            .filter(|request| !request["path"].to_string().contains("private-dns"));
        let count = asked.count();
        assert!((1..MANY / 2).contains(&count), "{count} of {alike}");
    }

    // Long enough that the reads which Terraform sends together overlap on a busy machine, too.
    cloud.fault(
        json!({ "service": "konnect", "method": "GET", "path": "/private-dns", "times": 0, "delay_ms": 700 }),
    );
    cloud.clear_requests();
    assert_eq!(workspace.plan().actions(), BTreeMap::new());
    let (single, lists) = reads(&cloud);
    assert!(
        lists > 0 && single + lists < MANY / 2,
        "{MANY} objects were read with {single} requests of their own and {lists} of lists"
    );

    let objects = cloud.objects("private_dns");
    let id = |name: &str| {
        let named = objects.iter().find(|object| object["name"] == name);
        named.expect("it was made")["id"].clone()
    };
    let config = resolver(&[("a3.example", &["10.20.0.9"])]);
    cloud.world(json!([
        { "patch": "private_dns", "id": id("corp-3"), "set": { "private_dns_attachment_config": config } },
        { "remove": "private_dns", "id": id("corp-4") },
    ]));
    let actions = workspace.plan().actions();
    let expected = [
        ("konnectazure_dns_mappings.this[3]", "update"),
        ("konnectazure_dns_mappings.this[4]", "create"),
    ];
    let expected = expected.map(|(address, action)| (address.to_owned(), action.to_owned()));
    assert_eq!(actions, expected.into());

    // A service whose lists fail is no hindrance.
    cloud.clear_faults();
    cloud.fault(json!({ "service": "konnect", "method": "GET", "path": "/private-dns?", "times": 0, "status": 403,
        "body": "{\"status\":403,\"title\":\"Forbidden\",\"detail\":\"Permission denied\",\"instance\":\"kong:trace:1\"}" }));
    cloud.fault(
        json!({ "service": "konnect", "method": "GET", "path": "/private-dns/", "times": 0, "delay_ms": 200 }),
    );
    assert_eq!(workspace.plan().actions(), actions);
}
