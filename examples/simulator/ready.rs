//! What a client needs to know once everything listens, as JSON and as lines for a shell.

use std::io;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::options::Options;
use crate::seed::{CLIENT_SECRET, KONNECT_TOKEN};
use crate::world::World;

pub(crate) struct Addresses {
    pub(crate) control: String,
    pub(crate) konnect_http: String,
    pub(crate) konnect_https: String,
    pub(crate) resource_manager: String,
    pub(crate) microsoft_graph: String,
    pub(crate) active_directory: String,
    /// The last three without TLS, for clients too small for it.
    pub(crate) resource_manager_http: String,
    pub(crate) microsoft_graph_http: String,
    pub(crate) active_directory_http: String,
}

pub(crate) fn describe(world: &World, addresses: &Addresses, options: &Options) -> Value {
    let ids = |pairs: Vec<(String, String)>| -> Map<String, Value> {
        pairs
            .into_iter()
            .map(|(name, id)| (name, json!(id)))
            .collect()
    };
    let subscription_ids: Vec<&str> = world
        .subscriptions
        .iter()
        .map(|subscription| subscription.id.as_str())
        .collect();
    let environment: Map<String, Value> = environment(world, addresses, options)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    json!({
        "pid": std::process::id(),
        "control": addresses.control,
        "konnect_http": addresses.konnect_http,
        "konnect_https": addresses.konnect_https,
        "resource_manager": addresses.resource_manager,
        "microsoft_graph": addresses.microsoft_graph,
        "active_directory": addresses.active_directory,
        "resource_manager_http": addresses.resource_manager_http,
        "microsoft_graph_http": addresses.microsoft_graph_http,
        "active_directory_http": addresses.active_directory_http,
        "ca_file": options.ca_file,
        "tenant_id": world.tenant_id,
        "kong_application_id": world.settings.konnect.vnet_application,
        "subscription_id": subscription_ids.first(),
        "subscription_ids": subscription_ids,
        "client_id": world.caller.client_id,
        "client_object_id": world.caller.object_id,
        "client_secret": CLIENT_SECRET,
        "konnect_token": KONNECT_TOKEN,
        "provider_accounts": ids(world.provider_accounts.iter().map(|found| (found.provider.clone(), found.id.clone())).collect()),
        "networks": ids(world.networks.iter().map(|found| (found.name.clone(), found.id.clone())).collect()),
        "virtual_networks": ids(world.virtual_networks.iter().map(|found| (found.name.clone(), found.id())).collect()),
        "virtual_hubs": ids(world.virtual_hubs.iter().map(|found| (found.name.clone(), found.id())).collect()),
        "private_dns_zones": ids(world.private_dns_zones.iter().map(|found| (found.name.clone(), found.id())).collect()),
        "environment": environment,
    })
}

/// The variables that point the provider at the local cloud.
fn environment(
    world: &World,
    addresses: &Addresses,
    options: &Options,
) -> Vec<(&'static str, String)> {
    let subscription = world
        .subscriptions
        .first()
        .map(|found| found.id.clone())
        .unwrap_or_default();
    vec![
        ("KONNECT_TOKEN", KONNECT_TOKEN.to_owned()),
        ("KONNECT_SERVER_URL", addresses.konnect_https.clone()),
        ("ARM_TENANT_ID", world.tenant_id.clone()),
        ("ARM_SUBSCRIPTION_ID", subscription),
        ("ARM_CLIENT_ID", world.caller.client_id.clone()),
        ("ARM_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
        (
            "KONNECTAZURE_RESOURCE_MANAGER_URL",
            addresses.resource_manager.clone(),
        ),
        (
            "KONNECTAZURE_MICROSOFT_GRAPH_URL",
            addresses.microsoft_graph.clone(),
        ),
        (
            "KONNECTAZURE_ACTIVE_DIRECTORY_URL",
            addresses.active_directory.clone(),
        ),
        (
            "KONNECTAZURE_CA_CERTIFICATE_PATH",
            options.ca_file.display().to_string(),
        ),
        ("KONNECTAZURE_POLL_INTERVAL", options.poll_interval.clone()),
    ]
}

/// `export` lines: the provider's variables, and the control port's address for whoever wants to look.
pub(crate) fn shell_lines(world: &World, addresses: &Addresses, options: &Options) -> String {
    let mut lines = environment(world, addresses, options);
    lines.push(("SIMULATOR_URL", addresses.control.clone()));
    let mut text = String::new();
    for (name, value) in lines {
        let quoted = value.replace('\'', r"'\''");
        for piece in ["export ", name, "='", &quoted, "'\n"] {
            text.push_str(piece);
        }
    }
    text
}

/// Writes a file so that a reader sees all of it or nothing.
pub(crate) fn write_whole(path: &Path, content: &str) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".draft");
    std::fs::write(&draft, content)?;
    std::fs::rename(&draft, path)
}
