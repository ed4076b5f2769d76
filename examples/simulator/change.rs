//! `POST /world`: changes made behind the provider's back, as an administrator, another tool or a colleague would make them.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::clock::Moment;
use crate::graph;
use crate::progress;
use crate::world::{
    Application, AzurePeering, ConfigurationReference, DenyAssignment, DirectoryObject,
    KonnectToken, Lock, Network, PrivateDns, PrivateDnsZone, ProviderAccount, ResourceGroup,
    RoleAssignment, RoleDefinition, ServicePrincipal, Subscription, TransitGateway, VirtualHub,
    VirtualNetwork, World,
};

/// What a change is addressed by: an id, compared without case.
trait Identified {
    fn identity(&self) -> String;
}

macro_rules! identified {
    ($field:ident of $($kind:ty),+) => { $(impl Identified for $kind { fn identity(&self) -> String { self.$field.clone() } })+ };
    ($method:ident() of $($kind:ty),+) => { $(impl Identified for $kind { fn identity(&self) -> String { self.$method() } })+ };
}

identified!(
    id of Subscription, Application, DirectoryObject, ServicePrincipal, RoleDefinition, RoleAssignment, DenyAssignment, Lock, KonnectToken,
    ProviderAccount, Network, ConfigurationReference, TransitGateway, PrivateDns
);
identified!(id() of ResourceGroup, VirtualNetwork, VirtualHub, PrivateDnsZone);

/// Runs `$body` with `$items` as the collection of that kind.
macro_rules! with_collection {
    ($world:expr, $kind:expr, $items:ident => $body:expr) => {
        match $kind {
            "subscription" => {
                let $items = &mut $world.subscriptions;
                $body
            }
            "resource_group" => {
                let $items = &mut $world.resource_groups;
                $body
            }
            "virtual_network" => {
                let $items = &mut $world.virtual_networks;
                $body
            }
            "virtual_hub" => {
                let $items = &mut $world.virtual_hubs;
                $body
            }
            "private_dns_zone" => {
                let $items = &mut $world.private_dns_zones;
                $body
            }
            "application" => {
                let $items = &mut $world.applications;
                $body
            }
            "directory_object" => {
                let $items = &mut $world.directory_objects;
                $body
            }
            "service_principal" => {
                let $items = &mut $world.service_principals;
                $body
            }
            "role_definition" => {
                let $items = &mut $world.role_definitions;
                $body
            }
            "role_assignment" => {
                let $items = &mut $world.role_assignments;
                $body
            }
            "deny_assignment" => {
                let $items = &mut $world.deny_assignments;
                $body
            }
            "lock" => {
                let $items = &mut $world.locks;
                $body
            }
            "konnect_token" => {
                let $items = &mut $world.konnect_tokens;
                $body
            }
            "provider_account" => {
                let $items = &mut $world.provider_accounts;
                $body
            }
            "network" => {
                let $items = &mut $world.networks;
                $body
            }
            "configuration_reference" => {
                let $items = &mut $world.configuration_references;
                $body
            }
            "transit_gateway" => {
                let $items = &mut $world.transit_gateways;
                $body
            }
            "private_dns" => {
                let $items = &mut $world.private_dns;
                $body
            }
            other => Err(format!("no kind of object is called [{other}]")),
        }
    };
}

/// Applies one change, or each of a list; answers what each one yielded, or what was wrong with it.
pub(crate) fn apply(world: &mut World, now: Moment, request: &Value) -> Result<Value, String> {
    match request {
        Value::Array(changes) => changes
            .iter()
            .map(|change| apply_one(world, now, change))
            .collect::<Result<Vec<_>, _>>()
            .map(Value::Array),
        change => apply_one(world, now, change),
    }
}

fn apply_one(world: &mut World, now: Moment, change: &Value) -> Result<Value, String> {
    let text = |key: &str| change.get(key).and_then(Value::as_str);
    let result = if let Some(settings) = change.get("settings") {
        merge(&mut world.settings, settings)
    } else if let Some(caller) = change.get("caller") {
        let secret = world.caller.client_secret.clone();
        let changed = merge(&mut world.caller, caller);
        if world.caller.client_secret.is_empty() {
            world.caller.client_secret = secret;
        }
        changed
    } else if let Some(consent) = change.get("consent") {
        let app_id = consent
            .get("app_id")
            .and_then(Value::as_str)
            .unwrap_or(&world.settings.konnect.vnet_application)
            .to_owned();
        graph::consent(world, now, &app_id).map(|principal| json!(principal))
    } else if let Some(kind) = text("add") {
        let object = change
            .get("object")
            .cloned()
            .ok_or("an addition needs an [object]")?;
        with_collection!(world, kind, items => add(items, object))
    } else if let (Some(kind), Some(id)) = (text("patch"), text("id")) {
        let set = change.get("set").ok_or("a patch needs [set]")?;
        with_collection!(world, kind, items => patch(items, id, set))
    } else if let (Some(kind), Some(id)) = (text("remove"), text("id")) {
        with_collection!(world, kind, items => remove(items, id))
    } else if let Some(peering) = change.get("azure_peering") {
        azure_peering(world, peering)
    } else {
        Err(
            "a change is one of settings, caller, consent, add, patch, remove, azure_peering"
                .to_owned(),
        )
    };
    progress::drop_orphans(world);
    result
}

fn add<T: DeserializeOwned + Serialize + Identified>(
    items: &mut Vec<T>,
    object: Value,
) -> Result<Value, String> {
    let item: T = serde_json::from_value(object).map_err(|error| error.to_string())?;
    let identity = item.identity();
    if items
        .iter()
        .any(|other| other.identity().eq_ignore_ascii_case(&identity))
    {
        return Err(format!("[{identity}] is there already"));
    }
    let added = json!(item);
    items.push(item);
    Ok(added)
}

fn patch<T: DeserializeOwned + Serialize + Identified>(
    items: &mut [T],
    id: &str,
    set: &Value,
) -> Result<Value, String> {
    let item = items
        .iter_mut()
        .find(|item| item.identity().eq_ignore_ascii_case(id))
        .ok_or_else(|| format!("nothing has the id [{id}]"))?;
    let mut set = set.clone();
    // A state set by hand stays: the step that was due no longer is, unless the change names one.
    if let Some(fields) = set.as_object_mut()
        && fields.contains_key("state")
        && !fields.contains_key("next")
    {
        fields.insert("next".to_owned(), Value::Null);
    }
    merge(item, &set)
}

fn remove<T: Serialize + Identified>(items: &mut Vec<T>, id: &str) -> Result<Value, String> {
    let position = items
        .iter()
        .position(|item| item.identity().eq_ignore_ascii_case(id))
        .ok_or_else(|| format!("nothing has the id [{id}]"))?;
    Ok(json!(items.remove(position)))
}

/// Sets, adds or takes away one peering on a virtual network: `{"vnet_id", "name", "set": {…} | "remove": true}`. Without a name,
/// the peerings that Konnect made are meant.
fn azure_peering(world: &mut World, change: &Value) -> Result<Value, String> {
    let id = change
        .get("vnet_id")
        .and_then(Value::as_str)
        .ok_or("needs a [vnet_id]")?;
    let name = change.get("name").and_then(Value::as_str);
    let network = world
        .virtual_networks
        .iter_mut()
        .find(|network| network.id().eq_ignore_ascii_case(id))
        .ok_or_else(|| format!("no virtual network has the id [{id}]"))?;
    let meant = |peering: &AzurePeering| match name {
        Some(name) => peering.name.eq_ignore_ascii_case(name),
        None => !peering.transit_gateway_id.is_empty(),
    };
    if change.get("remove") == Some(&Value::Bool(true)) {
        network.peerings.retain(|peering| !meant(peering));
        return Ok(json!(network.peerings));
    }
    let set = change.get("set").ok_or("needs [set] or [remove]")?;
    if let Some(peering) = network.peerings.iter_mut().find(|peering| meant(peering)) {
        return merge(peering, set);
    }
    let mut object = set.as_object().cloned().unwrap_or_default();
    object
        .entry("name")
        .or_insert_with(|| json!(name.unwrap_or("peering")));
    let peering: AzurePeering =
        serde_json::from_value(Value::Object(object)).map_err(|error| error.to_string())?;
    network.peerings.push(peering.clone());
    Ok(json!(peering))
}

/// Merges `change` into `target`, objects key by key, anything else whole.
fn merge<T: DeserializeOwned + Serialize>(target: &mut T, change: &Value) -> Result<Value, String> {
    let mut merged = json!(target);
    merge_values(&mut merged, change);
    *target = serde_json::from_value(merged.clone()).map_err(|error| error.to_string())?;
    Ok(merged)
}

/// Objects whose keys are the caller's data, so a new value replaces the old one whole.
const REPLACED_WHOLE: [&str; 4] = [
    "state_metadata",
    "provider_metadata",
    "transit_gateway_attachment_config",
    "private_dns_attachment_config",
];

fn merge_values(target: &mut Value, change: &Value) {
    match (target, change) {
        (Value::Object(target), Value::Object(change)) => {
            for (key, value) in change {
                if REPLACED_WHOLE.contains(&key.as_str()) {
                    target.insert(key.clone(), value.clone());
                } else {
                    merge_values(
                        target
                            .entry(key.clone())
                            .or_insert(Value::Object(Map::new())),
                        value,
                    );
                }
            }
        }
        (target, change) => *target = change.clone(),
    }
}
