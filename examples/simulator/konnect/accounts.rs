//! Provider accounts, availability and quotas: what may be built where, and how much of it.

use serde_json::{Value, json};

use super::paging::{self, Filterable};
use super::problem::Problem;
use super::{Outcome, Request};
use crate::exchange::Answer;
use crate::world::{ProviderAccount, World};

/// Where a network's block may lie, and what it must not touch.
pub(crate) const CIDR_BLOCKS: [&str; 5] = [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "198.18.0.0/15",
];
pub(crate) const RESERVED_CIDR_BLOCKS: [&str; 2] = ["10.100.0.0/16", "172.17.0.0/16"];

const PROVIDER_FILTER: [Filterable; 1] = [Filterable {
    key: "provider",
    states: None,
    bare: false,
}];
const QUOTA_STAMP: &str = "2026-01-05T09:00:00.000Z";

pub(crate) struct Region {
    provider: &'static str,
    id: &'static str,
    name: &'static str,
    pub(crate) availability_zones: &'static [&'static str],
}

const REGIONS: [Region; 8] = [
    Region {
        provider: "azure",
        id: "eastus2",
        name: "Virginia",
        availability_zones: &["eastus2-az1", "eastus2-az2", "eastus2-az3"],
    },
    Region {
        provider: "azure",
        id: "westus2",
        name: "Washington",
        availability_zones: &["westus2-az1", "westus2-az2", "westus2-az3"],
    },
    Region {
        provider: "azure",
        id: "germanywestcentral",
        name: "Frankfurt",
        availability_zones: &[
            "germanywestcentral-az1",
            "germanywestcentral-az2",
            "germanywestcentral-az3",
        ],
    },
    Region {
        provider: "azure",
        id: "northeurope",
        name: "Ireland",
        availability_zones: &["northeurope-az1", "northeurope-az2", "northeurope-az3"],
    },
    Region {
        provider: "azure",
        id: "uksouth",
        name: "London",
        availability_zones: &["uksouth-az1", "uksouth-az2", "uksouth-az3"],
    },
    Region {
        provider: "aws",
        id: "us-east-2",
        name: "Ohio",
        availability_zones: &["use2-az1", "use2-az2", "use2-az3"],
    },
    Region {
        provider: "aws",
        id: "eu-west-1",
        name: "Ireland",
        availability_zones: &["euw1-az1", "euw1-az2", "euw1-az3"],
    },
    Region {
        provider: "gcp",
        id: "us-east4",
        name: "N. Virginia",
        availability_zones: &["us-east4-a", "us-east4-b", "us-east4-c"],
    },
];

pub(crate) fn region(provider: &str, region: &str) -> Option<&'static Region> {
    REGIONS
        .iter()
        .find(|known| known.provider == provider && known.id == region)
}

pub(super) fn availability() -> Answer {
    let providers: Vec<Value> = ["aws", "azure", "gcp"]
        .into_iter()
        .map(|provider| {
            let regions: Vec<Value> = REGIONS
                .iter()
                .filter(|region| region.provider == provider)
                .map(|region| {
                    json!({
                        "region": region.id,
                        "name": region.name,
                        "availability_zones": region.availability_zones,
                        "cidr_blocks": CIDR_BLOCKS,
                        "reserved_cidr_blocks": RESERVED_CIDR_BLOCKS,
                    })
                })
                .collect();
            json!({ "provider": provider, "regions": regions })
        })
        .collect();
    let body = json!({
        "versions": ["3.10", "3.11", "3.12"],
        "instance_types": [
            { "name": "small", "hourly_cost": "0.50", "v_cpu": "2", "gb_memory": "4" },
            { "name": "medium", "hourly_cost": "1.00", "v_cpu": "4", "gb_memory": "8" },
            { "name": "large", "hourly_cost": "2.00", "v_cpu": "8", "gb_memory": "16" },
        ],
        "providers": providers,
        "serverless_v1_providers": [{ "provider": "aws", "regions": [{ "region": "us" }, { "region": "eu" }] }],
    });
    Answer::json(200, &body, "availability")
}

fn account_body(account: &ProviderAccount) -> Value {
    json!({
        "id": account.id,
        "provider": account.provider,
        "provider_account_id": account.provider_account_id,
        "created_at": account.created_at,
        "updated_at": account.updated_at,
    })
}

pub(super) fn list(world: &World, request: &Request<'_>) -> Outcome {
    let items = world.provider_accounts.iter().map(account_body).collect();
    paging::list(
        world,
        request,
        items,
        &PROVIDER_FILTER,
        "provider account(s)",
    )
}

pub(super) fn read(world: &World, id: &str) -> Outcome {
    let account = world
        .provider_accounts
        .iter()
        .find(|account| account.id.eq_ignore_ascii_case(id))
        .ok_or_else(Problem::not_found)?;
    Ok(Answer::json(
        200,
        &account_body(account),
        format!("provider account of {}", account.provider),
    ))
}

/// The defaults: id, resource, name, description, value.
const DEFAULT_QUOTAS: [(&str, &str, &str, &str, u64); 2] = [
    (
        "0a9d4b52-7f0e-4f0c-8d3a-6a5f1c2b7e10",
        "count/networks.not-offline",
        "Active Networks",
        "Across the organization, the aggregate number of active networks cannot exceed this value.",
        2,
    ),
    (
        "1be1f6c3-9d0a-4a63-b5a1-2c7d8e9f0a11",
        "count/provider-accounts.per-provider",
        "Provider Accounts",
        "For each cloud provider, the number of provider accounts cannot exceed this value.",
        2,
    ),
];
const NETWORK_QUOTA_OVERRIDE: &str = "9678f205-49a1-47bb-82d9-d01cafa42a0d";

/// The organisation's own limit on active networks, above the default.
fn network_quota(world: &World) -> Value {
    let [(_, resource, name, description, _), _] = DEFAULT_QUOTAS;
    json!({
        "id": NETWORK_QUOTA_OVERRIDE,
        "resource": resource,
        "name": name,
        "description": description,
        "value": world.settings.konnect.active_network_quota,
        "created_at": QUOTA_STAMP,
        "updated_at": QUOTA_STAMP,
    })
}

pub(super) fn default_quotas(world: &World, request: &Request<'_>) -> Outcome {
    let items = DEFAULT_QUOTAS
        .iter()
        .map(|(id, resource, name, description, value)| {
            let overrides = if *resource == "count/networks.not-offline" {
                vec![network_quota(world)]
            } else {
                Vec::new()
            };
            json!({
                "id": id,
                "resource": resource,
                "name": name,
                "description": description,
                "value": value,
                "overrides": overrides,
                "created_at": QUOTA_STAMP,
                "updated_at": QUOTA_STAMP,
            })
        })
        .collect();
    paging::list(world, request, items, &[], "default quota(s)")
}

pub(super) fn quotas(world: &World, request: &Request<'_>) -> Outcome {
    paging::list(world, request, vec![network_quota(world)], &[], "quota(s)")
}

pub(super) fn quota(world: &World, id: &str) -> Outcome {
    if !id.eq_ignore_ascii_case(NETWORK_QUOTA_OVERRIDE) {
        return Err(Problem::not_found());
    }
    Ok(Answer::json(200, &network_quota(world), "quota"))
}
