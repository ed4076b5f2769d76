//! The resources as the fault matrix sees them: what they need, how they are configured, what must be true of them.

use serde_json::{Value as Json, json};

use crate::support::simulator::Simulator;

const NETWORK: &str = "eastus2-prod";
const VNET: &str = "vnet-orders";
const HUB: &str = "hub-eastus2";
const ZONE: &str = "corp.example";
const ROLE: &str = "Kong Cloud Gateway Peering Creator";

/// One resource, or one way of using it.
pub(crate) struct Subject {
    /// In messages and figures.
    pub(crate) name: &'static str,
    pub(crate) type_name: &'static str,
    /// What others have done before.
    pub(crate) prepare: fn(&Simulator),
    pub(crate) config: fn(&Simulator) -> Json,
    /// The same object with another configuration, where it can be changed in place.
    pub(crate) changed: Option<fn(&Simulator) -> Json>,
    /// Where the local cloud keeps such objects.
    pub(crate) kind: &'static str,
    pub(crate) import_id: fn(&Json) -> String,
    /// Whether the remote object is what the configuration says.
    pub(crate) is_true: fn(&Json, &Json) -> bool,
    /// Whether the object was there before and stays after a destruction.
    pub(crate) adopted: bool,
}

pub(crate) const SUBJECTS: [Subject; 8] = [
    Subject {
        name: "service_principal",
        type_name: "konnectazure_service_principal",
        prepare: |_| {},
        config: |_| json!({}),
        changed: None,
        adopted: false,
        kind: "service_principals",
        import_id: own_id,
        is_true: |remote, _| remote["account_enabled"] == true,
    },
    Subject {
        name: "peering_role",
        type_name: "konnectazure_peering_role",
        prepare: |_| {},
        config: |cloud| json!({ "assignable_scopes": [subscription(cloud)] }),
        changed: Some(
            |cloud| json!({ "assignable_scopes": [subscription(cloud)], "description": "Peers our networks with Kong's." }),
        ),
        adopted: false,
        kind: "role_definitions",
        import_id: own_id,
        is_true: is_role,
    },
    Subject {
        name: "peering_role, adopted",
        type_name: "konnectazure_peering_role",
        prepare: |cloud| {
            let subscriptions = cloud.ready()["subscription_ids"]
                .as_array()
                .unwrap()
                .clone();
            let other = format!("/subscriptions/{}", subscriptions[1].as_str().unwrap());
            cloud.world(json!({ "add": "role_definition", "object": { "content": {
                "role_name": ROLE, "actions": ["Microsoft.Network/*"], "assignable_scopes": [other],
            }}}));
        },
        config: |cloud| json!({ "assignable_scopes": [subscription(cloud)], "use_existing": true }),
        changed: Some(|cloud| {
            let group = format!("{}/resourceGroups/rg-network", subscription(cloud));
            json!({ "assignable_scopes": [group], "use_existing": true })
        }),
        adopted: true,
        kind: "role_definitions",
        import_id: own_id,
        is_true: |remote, config| {
            let scopes = remote["content"]["assignable_scopes"].as_array().unwrap();
            scopes.len() == 2 && scopes.contains(&config["assignable_scopes"][0])
        },
    },
    Subject {
        name: "role_assignment",
        type_name: "konnectazure_role_assignment",
        prepare: |cloud| {
            cloud.consent();
            add_role(cloud, &vnet(cloud));
        },
        config: |cloud| assignment(cloud, "for the gateways"),
        changed: Some(|cloud| assignment(cloud, "for the gateways in production")),
        adopted: false,
        kind: "role_assignments",
        import_id: own_id,
        is_true: |remote, config| {
            remote["description"] == config["description"]
                && remote["principal_id"] == config["principal_id"]
        },
    },
    Subject {
        name: "vnet_peering",
        type_name: "konnectazure_vnet_peering",
        prepare: |cloud| grant(cloud, &vnet(cloud)),
        config: |cloud| json!({ "name": "orders", "network_id": cloud.network_id(NETWORK), "vnet_id": vnet(cloud) }),
        changed: None,
        adopted: false,
        kind: "transit_gateways",
        import_id: network_and_id,
        is_true: is_ready,
    },
    Subject {
        name: "virtual_hub_peering",
        type_name: "konnectazure_virtual_hub_peering",
        prepare: |cloud| grant(cloud, &hub(cloud)),
        config: |cloud| json!({ "name": "wan", "network_id": cloud.network_id(NETWORK), "vhub_id": hub(cloud) }),
        changed: None,
        adopted: false,
        kind: "transit_gateways",
        import_id: network_and_id,
        is_true: is_ready,
    },
    Subject {
        name: "dns_mappings",
        type_name: "konnectazure_dns_mappings",
        prepare: |_| {},
        config: |cloud| mappings(cloud, "10.20.0.4"),
        changed: Some(|cloud| mappings(cloud, "10.20.0.5")),
        adopted: false,
        kind: "private_dns",
        import_id: network_and_id,
        is_true: |remote, config| {
            let held = &remote["private_dns_attachment_config"]["dns_config"]["corp.example"];
            is_ready(remote, config)
                && held["remote_dns_server_ip_addresses"]
                    == config["mappings"][0]["target_ip_addresses"]
        },
    },
    Subject {
        name: "private_hosted_zone",
        type_name: "konnectazure_private_hosted_zone",
        prepare: |cloud| grant(cloud, &zone(cloud)),
        config: |cloud| {
            json!({ "name": "corp", "network_id": cloud.network_id(NETWORK), "domain_name": ZONE,
                    "resource_group_name": "rg-network", "vnet_link_name": "kong" })
        },
        changed: None,
        adopted: false,
        kind: "private_dns",
        import_id: network_and_id,
        is_true: is_ready,
    },
];

fn own_id(state: &Json) -> String {
    state["id"].as_str().unwrap().to_owned()
}

fn network_and_id(state: &Json) -> String {
    format!(
        "{}/{}",
        state["network_id"].as_str().unwrap(),
        own_id(state)
    )
}

fn is_ready(remote: &Json, config: &Json) -> bool {
    remote["state"] == "ready" && remote["name"] == config["name"]
}

fn is_role(remote: &Json, config: &Json) -> bool {
    let content = &remote["content"];
    content["assignable_scopes"] == config["assignable_scopes"]
        && content["role_name"] == ROLE
        && (config["description"].is_null() || content["description"] == config["description"])
}

fn subscription(cloud: &Simulator) -> String {
    format!("/subscriptions/{}", cloud.url("subscription_id"))
}

fn vnet(cloud: &Simulator) -> String {
    cloud.vnet_id(VNET).to_owned()
}

fn hub(cloud: &Simulator) -> String {
    cloud.ready()["virtual_hubs"][HUB]
        .as_str()
        .unwrap()
        .to_owned()
}

fn zone(cloud: &Simulator) -> String {
    cloud.ready()["private_dns_zones"][ZONE]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Consent, and every right at a scope.
pub(crate) fn grant(cloud: &Simulator, scope: &str) {
    let principal = cloud.consent()["id"].clone();
    let role = add_role(cloud, scope);
    cloud.world(json!({ "add": "role_assignment", "object": {
        "scope": scope, "role_definition": role["id"], "principal_id": principal,
    }}));
}

fn add_role(cloud: &Simulator, scope: &str) -> Json {
    cloud.world(json!({ "add": "role_definition", "object": { "content": {
        "role_name": "peering", "actions": ["Microsoft.Network/*"], "assignable_scopes": [scope],
    }}}))
}

fn assignment(cloud: &Simulator, description: &str) -> Json {
    let state = cloud.state();
    let roles = state["role_definitions"].as_array().unwrap();
    let role = roles
        .iter()
        .find(|role| role["content"]["role_name"] == "peering")
        .unwrap();
    let application = cloud.url("kong_application_id");
    let principals = state["service_principals"].as_array().unwrap();
    let principal = principals
        .iter()
        .find(|principal| principal["app_id"] == application)
        .unwrap();
    json!({
        "scope": vnet(cloud),
        "role_definition_id": format!(
            "{}/providers/Microsoft.Authorization/roleDefinitions/{}",
            subscription(cloud),
            role["id"].as_str().unwrap()
        ),
        "principal_id": principal["id"],
        "description": description,
    })
}

fn mappings(cloud: &Simulator, address: &str) -> Json {
    json!({
        "name": "corp",
        "network_id": cloud.network_id(NETWORK),
        "mappings": [{ "domains": ["corp.example"], "target_ip_addresses": [address] }],
    })
}
