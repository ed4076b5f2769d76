//! Konnect: every operation as published, refusals, states and pages.

use serde_json::{Value, json};

use crate::support::simulator::{Seed, Simulator};
use crate::support::spec;
use crate::{PEERING_ACTIONS, gateways, grant, peering, private_dns, resolver};

/// Published, and no business of the provider's.
const NOT_SERVED: [&str; 5] = [
    "/cloud-gateways/configurations",
    "/cloud-gateways/custom-domains",
    "/cloud-gateways/add-ons",
    "/cloud-gateways/default-resource-configurations",
    "/cloud-gateways/resource-configurations",
];

fn created(cloud: &Simulator, path: &str, body: Value) -> String {
    let answer = cloud.konnect("POST", path, Some(&body));
    assert_eq!(answer.status, 201, "{}", answer.body);
    format!("{path}/{}", answer.json()["id"].as_str().unwrap())
}

fn status(cloud: &Simulator, method: &str, path: &str, body: Option<Value>) -> u16 {
    cloud.konnect(method, path, body.as_ref()).status
}

fn network(cloud: &Simulator, name: &str) -> Value {
    json!({
        "name": name,
        "cloud_gateway_provider_account_id": cloud.ready()["provider_accounts"]["azure"],
        "region": "eastus2",
        "availability_zones": ["eastus2-az1"],
        "cidr_block": "10.96.0.0/16",
    })
}

#[test]
fn every_served_operation_is_as_published() {
    if !spec::present() {
        return;
    }
    let cloud = Simulator::manual(Seed::Demo);
    grant(&cloud, cloud.vnet_id("vnet-orders"), &PEERING_ACTIONS, &[]);
    drive_accounts(&cloud);
    drive_networks(&cloud);
    drive_transit_gateways(&cloud);
    drive_private_dns(&cloud);

    let journal = cloud.requests();
    spec::assert_bad_requests_are_refused(&journal);
    let driven = spec::konnect_operations(&journal);
    let served = spec::published_konnect_operations()
        .into_iter()
        .filter(|operation| {
            let path = operation.split(' ').nth(1).unwrap_or_default();
            !NOT_SERVED.iter().any(|prefix| path.starts_with(prefix))
        });
    for operation in served {
        assert!(driven.contains(&operation), "{operation} was not driven");
    }
}

fn drive_accounts(cloud: &Simulator) {
    let root = "/v2/cloud-gateways";
    let list_of = |path: &str| cloud.konnect("GET", path, None).json()["data"].clone();

    assert_eq!(
        status(cloud, "GET", &format!("{root}/availability.json"), None),
        200
    );
    let accounts = list_of(&format!(
        "{root}/provider-accounts?filter%5Bprovider%5D%5Beq%5D=azure"
    ));
    let account = accounts[0]["id"].as_str().unwrap();
    assert_eq!(
        status(
            cloud,
            "GET",
            &format!("{root}/provider-accounts/{account}"),
            None
        ),
        200
    );
    assert_eq!(
        status(
            cloud,
            "GET",
            &format!("{root}/default-resource-quotas"),
            None
        ),
        200
    );
    let quotas = list_of(&format!("{root}/resource-quotas"));
    let quota = quotas[0]["id"].as_str().unwrap();
    assert_eq!(
        status(
            cloud,
            "GET",
            &format!("{root}/resource-quotas/{quota}"),
            None
        ),
        200
    );
}

fn drive_networks(cloud: &Simulator) {
    let networks = "/v2/cloud-gateways/networks";
    let fresh = created(cloud, networks, network(cloud, "fresh"));
    let offline = {
        let mut body = network(cloud, "offline");
        body["state"] = json!("offline");
        created(cloud, networks, body)
    };
    assert_eq!(
        cloud.konnect("GET", &offline, None).json()["state"],
        "offline"
    );
    assert_eq!(
        status(
            cloud,
            "GET",
            &format!(
                "{networks}?filter%5Bname%5D%5Bcontains%5D=east&page%5Bsize%5D=1&page%5Bnumber%5D=2"
            ),
            None
        ),
        200
    );
    assert_eq!(status(cloud, "GET", &fresh, None), 200);
    assert_eq!(
        status(cloud, "PATCH", &fresh, Some(json!({ "name": "renamed" }))),
        200
    );
    assert_eq!(
        status(cloud, "DELETE", &fresh, None),
        400,
        "it is initializing"
    );
    cloud.advance(35 * 60);
    assert_eq!(cloud.konnect("GET", &fresh, None).json()["state"], "ready");
    assert_eq!(
        status(
            cloud,
            "GET",
            &format!("{fresh}/configuration-references"),
            None
        ),
        200
    );
    assert_eq!(status(cloud, "DELETE", &fresh, None), 204);
    assert_eq!(status(cloud, "GET", &fresh, None), 200);
    cloud.advance(10 * 60);
    assert_eq!(status(cloud, "GET", &fresh, None), 404);
}

fn drive_transit_gateways(cloud: &Simulator) {
    let gateways = gateways(cloud);
    let gateway = created(cloud, &gateways, peering(cloud, "orders", "vnet-orders"));
    let refused = created(cloud, &gateways, peering(cloud, "overlap", "vnet-overlap"));
    assert_eq!(status(cloud, "GET", &gateway, None), 200);
    assert_eq!(
        status(
            cloud,
            "PATCH",
            &gateway,
            Some(json!({ "cidr_blocks": ["10.0.0.0/8"] }))
        ),
        400
    );
    cloud.advance(30 * 60);
    assert_eq!(
        cloud.konnect("GET", &refused, None).json()["state"],
        "error"
    );
    assert_eq!(
        status(
            cloud,
            "GET",
            &format!("{gateways}?filter%5Bstate%5D=ready"),
            None
        ),
        200
    );
    assert_eq!(status(cloud, "DELETE", &gateway, None), 204);

    let aws_network = format!(
        "/v2/cloud-gateways/networks/{}",
        cloud.network_id("us-east-2-prod")
    );
    let aws = created(
        cloud,
        &format!("{aws_network}/transit-gateways"),
        json!({
            "name": "aws",
            "cidr_blocks": ["10.0.0.0/8"],
            "transit_gateway_attachment_config": {
                "kind": "aws-transit-gateway-attachment", "transit_gateway_id": "tgw-1", "ram_share_arn": "arn:aws:ram:::share",
            },
        }),
    );
    assert_eq!(
        status(
            cloud,
            "PATCH",
            &aws,
            Some(json!({ "cidr_blocks": ["172.16.0.0/12"] }))
        ),
        200
    );
}

fn drive_private_dns(cloud: &Simulator) {
    let private_dns = private_dns(cloud);
    let dns = created(
        cloud,
        &private_dns,
        resolver("corp", "corp.example", "10.20.0.4"),
    );
    cloud.advance(3 * 60);
    assert_eq!(
        status(
            cloud,
            "PATCH",
            &dns,
            Some(resolver("corp", "corp.example", "10.20.0.5"))
        ),
        200
    );
    assert_eq!(
        cloud.konnect("GET", &dns, None).json()["state"],
        "initializing"
    );
    cloud.advance(60);
    assert_eq!(status(cloud, "GET", &private_dns, None), 200);
    assert_eq!(status(cloud, "DELETE", &dns, None), 204);
}

#[test]
fn every_bad_request_is_refused_with_the_field_at_fault() {
    let cloud = Simulator::start(Seed::Demo);
    let gateways = gateways(&cloud);
    let good = || peering(&cloud, "orders", "vnet-orders");
    let changed = |pointer: &str, value: Value| {
        let mut body = good();
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    let without = |key: &str| {
        let mut body = good();
        body["transit_gateway_attachment_config"]
            .as_object_mut()
            .unwrap()
            .remove(key);
        body
    };
    let with_unknown_key = {
        let mut body = good();
        body["transit_gateway_attachment_config"]["vhub_name"] = json!("hub");
        body
    };
    let config = "transit_gateway_attachment_config";
    let cases = [
        (
            changed("/name", json!("n".repeat(121))),
            "name".to_owned(),
            "max_length",
        ),
        (changed("/name", json!(7)), "name".to_owned(), "is_string"),
        (
            json!({ config: good()[config] }),
            "name".to_owned(),
            "required",
        ),
        (json!({ "name": "orders" }), config.to_owned(), "required"),
        (
            changed(
                "/transit_gateway_attachment_config/kind",
                json!("azure-vnet"),
            ),
            format!("{config}.kind"),
            "enum",
        ),
        (
            without("vnet_name"),
            format!("{config}.vnet_name"),
            "required",
        ),
        (
            with_unknown_key,
            format!("{config}.vhub_name"),
            "unknown_property",
        ),
    ];
    for (body, field, rule) in cases {
        let answer = cloud.konnect("POST", &gateways, Some(&body));
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (400, Some("application/problem+json")),
            "{body}"
        );
        let parameter = answer.json()["invalid_parameters"][0].clone();
        assert_eq!(
            (&parameter["field"], &parameter["rule"]),
            (&json!(field), &json!(rule)),
            "{body}"
        );
    }
    assert_eq!(cloud.objects("transit_gateways").len(), 0);
    spec::assert_bad_requests_are_refused(&cloud.requests());
}

#[test]
fn network_that_is_not_ready_refuses_peerings_without_blaming_the_body() {
    let cloud = Simulator::manual(Seed::Demo);
    let path = format!(
        "/v2/cloud-gateways/networks/{}/transit-gateways",
        cloud.network_id("eastus2-staging")
    );
    let answer = cloud.konnect(
        "POST",
        &path,
        Some(&peering(&cloud, "orders", "vnet-orders")),
    );
    let parameter = answer.json()["invalid_parameters"][0].clone();
    assert_eq!((answer.status, &parameter["source"]), (400, &json!("path")));
    cloud.advance(35 * 60);
    assert_eq!(
        cloud
            .konnect(
                "POST",
                &path,
                Some(&peering(&cloud, "orders", "vnet-orders"))
            )
            .status,
        201
    );
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn taken_name_is_refused_as_switched() {
    let cloud = Simulator::start(Seed::Demo);
    let body = peering(&cloud, "orders", "vnet-orders");
    created(&cloud, &gateways(&cloud), body.clone());
    let answer = cloud.konnect("POST", &gateways(&cloud), Some(&body));
    assert_eq!(
        (
            answer.status,
            &answer.json()["invalid_parameters"][0]["field"]
        ),
        (400, &json!("name"))
    );
    cloud.settings(json!({ "konnect": { "duplicate_name_status": 409 } }));
    assert_eq!(status(&cloud, "POST", &gateways(&cloud), Some(body)), 409);
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn deletion_passes_through_terminating_and_is_refused_meanwhile() {
    let cloud = Simulator::manual(Seed::Demo);
    cloud.settings(json!({ "durations": { "terminated": 30 } }));
    let object = created(
        &cloud,
        &private_dns(&cloud),
        resolver("corp", "corp.example", "10.20.0.4"),
    );
    assert_eq!(
        status(&cloud, "DELETE", &object, None),
        400,
        "it is initializing"
    );
    cloud.advance(3 * 60);
    assert_eq!(status(&cloud, "DELETE", &object, None), 204);
    assert_eq!(
        status(&cloud, "DELETE", &object, None),
        400,
        "it is terminating"
    );
    cloud.advance(60);
    assert_eq!(
        cloud.konnect("GET", &object, None).json()["state"],
        "terminated"
    );
    cloud.advance(30);
    assert_eq!(status(&cloud, "GET", &object, None), 404);

    cloud.settings(json!({ "konnect": { "delete_immediately": true } }));
    let object = created(
        &cloud,
        &private_dns(&cloud),
        resolver("corp", "corp.example", "10.20.0.4"),
    );
    cloud.advance(3 * 60);
    assert_eq!(status(&cloud, "DELETE", &object, None), 204);
    assert_eq!(status(&cloud, "GET", &object, None), 404);
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn resolver_update_needs_the_whole_configuration_and_replaces_it() {
    let cloud = Simulator::manual(Seed::Demo);
    let object = created(
        &cloud,
        &private_dns(&cloud),
        resolver("corp", "corp.example", "10.20.0.4"),
    );
    cloud.advance(3 * 60);
    assert_eq!(
        status(&cloud, "PATCH", &object, Some(json!({ "name": "renamed" }))),
        400
    );
    assert_eq!(
        status(
            &cloud,
            "PATCH",
            &object,
            Some(resolver("renamed", "db.corp.example", "10.20.0.5"))
        ),
        200
    );
    let config =
        cloud.konnect("GET", &object, None).json()["private_dns_attachment_config"].clone();
    assert_eq!(
        config,
        resolver("", "db.corp.example", "10.20.0.5")["private_dns_attachment_config"]
    );
    spec::assert_bad_requests_are_refused(&cloud.requests());
}

#[test]
fn lists_come_in_pages_and_refuse_unknown_filters() {
    let cloud = Simulator::start(Seed::Empty);
    for number in 0..23 {
        cloud.world(json!({ "add": "network", "object": {
            "name": format!("network-{number:02}"),
            "cloud_gateway_provider_account_id": cloud.ready()["provider_accounts"]["azure"],
            "region": "eastus2", "availability_zones": ["eastus2-az1"], "cidr_block": "10.64.0.0/16",
        }}));
    }
    let list =
        |query: &str| cloud.konnect("GET", &format!("/v2/cloud-gateways/networks?{query}"), None);
    let page = list("page%5Bnumber%5D=3").json();
    assert_eq!(page["data"].as_array().unwrap().len(), 3);
    assert_eq!(
        page["meta"]["page"],
        json!({ "number": 3, "size": 10, "total": 23 })
    );
    let found = list("filter%5Bname%5D%5Boeq%5D=network-01,network-02").json();
    assert_eq!(found["meta"]["page"]["total"], 2);
    for query in [
        "filter%5Bname%5D%5Blike%5D=x",
        "filter%5Bregion%5D%5Beq%5D=x",
        "filter%5Bstate%5D%5Beq%5D=up",
        "sort=name",
    ] {
        assert_eq!(list(query).status, 400, "{query}");
    }
    spec::assert_bad_requests_are_refused(&cloud.requests());
}

#[test]
fn tokens_and_roles_are_checked() {
    let cloud = Simulator::start(Seed::Demo);
    let networks = "/v2/cloud-gateways/networks";
    assert_eq!(
        cloud
            .call("konnect_http", "GET", networks, None, None)
            .status,
        401
    );
    assert_eq!(
        cloud
            .call("konnect_http", "GET", networks, Some("kpat_other"), None)
            .status,
        401
    );
    cloud.world(json!({ "add": "konnect_token", "object": { "token": "spat_viewer", "role": "network-viewer" } }));
    assert_eq!(
        cloud
            .call("konnect_http", "GET", networks, Some("spat_viewer"), None)
            .status,
        200
    );
    assert_eq!(
        cloud
            .call(
                "konnect_http",
                "GET",
                &private_dns(&cloud),
                Some("spat_viewer"),
                None
            )
            .status,
        403
    );
    assert_eq!(
        cloud
            .call(
                "konnect_http",
                "GET",
                "/v2/cloud-gateways/availability.json",
                None,
                None
            )
            .status,
        200
    );
    cloud.settings(json!({ "konnect": { "active_network_quota": 3 } }));
    let refused = cloud.konnect("POST", networks, Some(&network(&cloud, "one too many")));
    assert_eq!(
        (refused.status, &refused.json()["title"]),
        (403, &json!("Quota Exceeded"))
    );
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn network_block_must_be_one_that_the_region_offers() {
    let cloud = Simulator::start(Seed::Demo);
    for block in [
        "10.96.0.0/22",
        "10.96.0.0/15",
        "8.8.0.0/16",
        "10.100.0.0/16",
        "172.17.0.0/20",
        "10.96.0.0",
    ] {
        let mut body = network(&cloud, "badly placed");
        body["cidr_block"] = json!(block);
        let answer = cloud.konnect("POST", "/v2/cloud-gateways/networks", Some(&body));
        let parameter = answer.json()["invalid_parameters"][0].clone();
        assert_eq!(
            (answer.status, &parameter["rule"]),
            (400, &json!("is_supported_network_cidr_block")),
            "{block}"
        );
    }
    spec::assert_journal_conforms(&cloud.requests());
}

#[test]
fn validation_notices_what_is_not_as_published() {
    if !spec::present() {
        return;
    }
    let cloud = Simulator::start(Seed::Demo);
    let gateways = gateways(&cloud);
    created(&cloud, &gateways, peering(&cloud, "orders", "vnet-orders"));
    cloud.arm(
        "GET",
        &format!("{}?api-version=2024-05-01", cloud.vnet_id("vnet-orders")),
        None,
    );
    let journal: Vec<Value> = cloud
        .requests()
        .into_iter()
        .filter(|entry| entry["service"] != "entra")
        .collect();
    spec::assert_journal_conforms(&journal);
    let tampered: [(usize, &str, Value); 9] = [
        (0, "/request_body/name", json!(7)),
        (
            0,
            "/request_body/transit_gateway_attachment_config/vhub_name",
            json!("hub"),
        ),
        (0, "/response_body/id", json!("not a uuid")),
        (0, "/response_body/state", json!("up")),
        (0, "/response_body/vpc_id", json!("undeclared")),
        (0, "/status", json!(202)),
        (0, "/query", json!("sort=name")),
        (
            1,
            "/response_body/properties/virtualNetworkPeerings",
            json!({}),
        ),
        (1, "/query", json!("api-version=2020-01-01")),
    ];
    for (index, pointer, value) in tampered {
        let mut journal = journal.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        journal[index].pointer_mut(parent).unwrap()[key] = value;
        let outcome = std::panic::catch_unwind(|| spec::assert_journal_conforms(&journal));
        assert!(outcome.is_err(), "{pointer} went unnoticed");
    }
}
