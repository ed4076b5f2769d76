//! What the local cloud holds at start. All ids are fixed, so that documents and examples can name them.

use serde_json::{Map, json};

use crate::settings::{KONG_APPLICATION, Settings};
use crate::world::{
    Application, Caller, DirectoryObject, KonnectToken, Network, PrivateDnsZone, ProviderAccount,
    ResourceGroup, RoleContent, RoleDefinition, ServicePrincipal, Subnet, Subscription, VirtualHub,
    VirtualNetwork, World,
};

pub(crate) const KONNECT_TOKEN: &str = "kpat_local0cloud0token0that0opens0nothing0elsewhere";
pub(crate) const CLIENT_SECRET: &str = "local~secret.of-the_local~cloud";

const TENANT: &str = "7d3f9c1e-52a4-4b8e-9a60-1f2e3d4c5b6a";
const KONG_TENANT: &str = "3f1d2b8c-0a9e-47d6-8c5b-e4a7f6091d23";
const SUBSCRIPTION: &str = "a4c1d0e2-9b3f-4c7a-8e51-6d2f0b9c8a17";
const SECOND_SUBSCRIPTION: &str = "b8e2f1a3-4d6c-4f80-9a27-7c5e1d0b3f94";
const CALLER_APPLICATION: &str = "5e0a7c46-1d2b-4e9f-b3a8-90c4d7f1e265";
const CALLER_OBJECT: &str = "91b6d3f8-2c4e-4a70-8d15-e7f09a3b6c52";
const AZURE_ACCOUNT: &str = "c27f3f1a-6e0b-4d57-9c84-2b1a0d9e8f73";
const AWS_ACCOUNT: &str = "d9a04b6e-3c15-4f28-8b7d-5e6f1c2a3b40";
const READY_NETWORK: &str = "0b6f5d1c-7a83-4e29-9d40-c3b2a1f0e987";
const INITIALIZING_NETWORK: &str = "1c7a6e2d-8b94-4f3a-8e51-d4c3b2a1f098";
const AWS_NETWORK: &str = "2d8b7f3e-9ca5-404b-9f62-e5d4c3b2a109";
/// The portal's `Reader`, a built-in role.
const READER: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const NETWORK_CONTRIBUTOR: &str = "4d97b98b-1d4f-4787-a291-c67834d212e7";

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Seed {
    Demo,
    Empty,
}

impl Seed {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "demo" => Some(Self::Demo),
            "empty" => Some(Self::Empty),
            _ => None,
        }
    }
}

pub(crate) fn world(seed: Seed) -> World {
    let mut world = empty();
    if seed == Seed::Demo {
        furnish(&mut world);
    }
    world
}

fn empty() -> World {
    let subscription = |id: &str, name: &str| Subscription {
        id: id.to_owned(),
        display_name: name.to_owned(),
    };
    let application = |id: &str, app_id: &str, name: &str, owner: &str| Application {
        id: id.to_owned(),
        app_id: app_id.to_owned(),
        display_name: name.to_owned(),
        owner_tenant_id: owner.to_owned(),
    };
    let account = |id: &str, provider: &str| ProviderAccount {
        id: id.to_owned(),
        provider: provider.to_owned(),
        provider_account_id: format!("kong-{provider}-account"),
        created_at: "2026-01-05T09:00:00.000Z".to_owned(),
        updated_at: "2026-01-05T09:00:00.000Z".to_owned(),
    };
    World {
        tenant_id: TENANT.to_owned(),
        tenant_domain: "local-cloud.onmicrosoft.com".to_owned(),
        kong_tenant_id: KONG_TENANT.to_owned(),
        caller: Caller {
            client_id: CALLER_APPLICATION.to_owned(),
            object_id: CALLER_OBJECT.to_owned(),
            display_name: "terraform".to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            certificates: Vec::new(),
            federated_credentials: Vec::new(),
        },
        subscriptions: vec![
            subscription(SUBSCRIPTION, "Orders"),
            subscription(SECOND_SUBSCRIPTION, "Billing"),
        ],
        applications: vec![
            application(
                "e10c2d3b-4f5a-4b6c-8d7e-0f1a2b3c4d5e",
                CALLER_APPLICATION,
                "terraform",
                TENANT,
            ),
            application(
                "f21d3e4c-5a6b-4c7d-9e8f-1a2b3c4d5e6f",
                KONG_APPLICATION,
                "kong-cgw-azure-vnet-peering-app",
                KONG_TENANT,
            ),
        ],
        directory_objects: vec![DirectoryObject {
            id: "62a5b4c3-d2e1-4f00-9a8b-7c6d5e4f3a2b".to_owned(),
            kind: "User".to_owned(),
            display_name: "Ada Admin".to_owned(),
        }],
        service_principals: vec![caller_principal()],
        role_definitions: vec![
            built_in(
                READER,
                "Reader",
                "View all resources, but does not allow you to make any changes.",
                &["*/read"],
            ),
            built_in(
                NETWORK_CONTRIBUTOR,
                "Network Contributor",
                "Lets you manage networks, but not access to them.",
                &["Microsoft.Authorization/*/read", "Microsoft.Network/*"],
            ),
        ],
        konnect_tokens: vec![KonnectToken {
            id: "demo".to_owned(),
            token: KONNECT_TOKEN.to_owned(),
            role: "network-admin".to_owned(),
        }],
        provider_accounts: vec![account(AZURE_ACCOUNT, "azure"), account(AWS_ACCOUNT, "aws")],
        settings: Settings::default(),
        ..World::default()
    }
}

fn caller_principal() -> ServicePrincipal {
    ServicePrincipal {
        id: CALLER_OBJECT.to_owned(),
        app_id: CALLER_APPLICATION.to_owned(),
        display_name: "terraform".to_owned(),
        account_enabled: true,
        app_owner_organization_id: TENANT.to_owned(),
        description: None,
        notes: None,
        tags: Vec::new(),
        created_at: "2026-01-05T09:00:00Z".to_owned(),
        readable_from: 0,
        known_to_resource_manager_from: 0,
    }
}

fn built_in(id: &str, name: &str, description: &str, actions: &[&str]) -> RoleDefinition {
    RoleDefinition {
        id: id.to_owned(),
        content: RoleContent {
            role_name: name.to_owned(),
            description: description.to_owned(),
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
            assignable_scopes: vec!["/".to_owned()],
            ..RoleContent::default()
        },
        built_in: true,
        created_on: "2015-02-02T21:55:09.8806423Z".to_owned(),
        updated_on: "2021-11-11T20:13:47.8628684Z".to_owned(),
        readable_from: 0,
        stale: None,
        deleted: None,
    }
}

fn furnish(world: &mut World) {
    let group = |subscription: &str, name: &str| ResourceGroup {
        subscription_id: subscription.to_owned(),
        name: name.to_owned(),
        location: "eastus2".to_owned(),
    };
    world.resource_groups = vec![
        group(SUBSCRIPTION, "rg-network"),
        group(SUBSCRIPTION, "rg-wan"),
        group(SECOND_SUBSCRIPTION, "rg-network"),
    ];
    let network =
        |subscription: &str, name: &str, guid: &str, prefix: &str, subnet: &str| VirtualNetwork {
            subscription_id: subscription.to_owned(),
            resource_group: "rg-network".to_owned(),
            name: name.to_owned(),
            location: "eastus2".to_owned(),
            address_prefixes: vec![prefix.to_owned()],
            subnets: vec![Subnet {
                name: "default".to_owned(),
                address_prefix: subnet.to_owned(),
            }],
            peerings: Vec::new(),
            resource_guid: guid.to_owned(),
        };
    world.virtual_networks = vec![
        network(
            SUBSCRIPTION,
            "vnet-orders",
            "70b1c2d3-e4f5-4a6b-8c7d-9e0f1a2b3c4d",
            "10.20.0.0/16",
            "10.20.0.0/24",
        ),
        network(
            SUBSCRIPTION,
            "vnet-overlap",
            "81c2d3e4-f5a6-4b7c-9d8e-0f1a2b3c4d5e",
            "10.64.128.0/20",
            "10.64.128.0/24",
        ),
        network(
            SECOND_SUBSCRIPTION,
            "vnet-billing",
            "92d3e4f5-a6b7-4c8d-8e9f-1a2b3c4d5e6f",
            "10.30.0.0/16",
            "10.30.0.0/24",
        ),
    ];
    world.virtual_hubs = vec![VirtualHub {
        subscription_id: SUBSCRIPTION.to_owned(),
        resource_group: "rg-wan".to_owned(),
        name: "hub-eastus2".to_owned(),
        location: "eastus2".to_owned(),
        address_prefix: "10.40.0.0/23".to_owned(),
        connections: Vec::new(),
    }];
    world.private_dns_zones = vec![PrivateDnsZone {
        subscription_id: SUBSCRIPTION.to_owned(),
        resource_group: "rg-network".to_owned(),
        name: "corp.example".to_owned(),
        links: Vec::new(),
    }];
    world.networks = networks();
}

fn networks() -> Vec<Network> {
    let azure = |id: &str, name: &str, cidr_block: &str, state: &str, reported: &str| {
        let mut state_metadata = Map::new();
        state_metadata.insert("reported_status".to_owned(), json!(reported));
        Network {
            id: id.to_owned(),
            name: name.to_owned(),
            default: false,
            cloud_gateway_provider_account_id: AZURE_ACCOUNT.to_owned(),
            region: "eastus2".to_owned(),
            availability_zones: vec!["eastus2-az2".to_owned(), "eastus2-az3".to_owned()],
            cidr_block: cidr_block.to_owned(),
            provider_metadata: Map::new(),
            state: state.to_owned(),
            state_metadata,
            entity_version: 3,
            created_at: "2026-01-05T10:00:00.000Z".to_owned(),
            updated_at: "2026-01-05T10:35:00.000Z".to_owned(),
            next: None,
        }
    };
    vec![
        azure(
            READY_NETWORK,
            "eastus2-prod",
            "10.64.0.0/16",
            "ready",
            "READY",
        ),
        azure(
            INITIALIZING_NETWORK,
            "eastus2-staging",
            "10.72.0.0/16",
            "initializing",
            "CREATING",
        ),
        Network {
            cloud_gateway_provider_account_id: AWS_ACCOUNT.to_owned(),
            region: "us-east-2".to_owned(),
            availability_zones: vec!["use2-az1".to_owned(), "use2-az2".to_owned()],
            ..azure(
                AWS_NETWORK,
                "us-east-2-prod",
                "10.80.0.0/16",
                "ready",
                "READY",
            )
        },
    ]
}
