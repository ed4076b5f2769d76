//! Looks at both clouds: each thing once, and as much as possible at the same time. Decides nothing.

use std::sync::Arc;
use std::time::Duration;

use crate::http::error::{Error, Failure, UNREACHABLE, chain};
use crate::http::scope::Scope;

use super::inputs::{Inputs, Phase};
use super::observations::{Look, Observations, Unseen};

mod azure;
mod konnect;
mod places;

use azure::{Azure, Rights};
use konnect::Konnect;
use places::Places;

/// How long to look at most: the checks are a help, and must not use up the time for the work itself.
const LOOK_LIMIT: Duration = Duration::from_secs(5 * 60);
/// The same while planning, where somebody waits.
const PLAN_LOOK_LIMIT: Duration = Duration::from_secs(60);

const OF_NO_USE: &str = "Nothing that is to be made depends on it.";

/// The ways to both clouds.
#[derive(Clone, Copy, Debug)]
pub struct Clients<'a> {
    /// Azure, configured or not.
    pub azure: &'a crate::azure::Access,
    /// Konnect, configured or not.
    pub konnect: &'a crate::konnect::Access,
}

pub(super) async fn gather(inputs: &Inputs, clients: Clients<'_>, scope: &Scope) -> Observations {
    let limit = match inputs.phase {
        Phase::Plan => PLAN_LOOK_LIMIT,
        Phase::Apply | Phase::Standalone => LOOK_LIMIT,
    };
    let scope = scope.at_most(limit);
    let konnect = usable(inputs, "Konnect", clients.konnect.client());
    let azure = usable(inputs, "Azure", clients.azure.client());
    let konnect = Konnect {
        client: konnect.as_ref(),
        inputs,
        scope: &scope,
    };
    let azure = Azure {
        client: azure.as_ref(),
        inputs,
        scope: &scope,
    };
    let ((network, provider), availability, (gateways, siblings), private_dns, places, rights) = tokio::join!(
        konnect.network_and_provider(),
        konnect.availability(),
        async {
            let gateways = konnect.gateways().await;
            let siblings = azure
                .siblings(gateways.as_deref().unwrap_or_default())
                .await;
            (gateways, siblings)
        },
        konnect.private_dns(),
        azure.places(),
        azure.rights(),
    );
    let Rights {
        tenant,
        principal,
        grants,
        denials,
        elsewhere,
    } = rights;
    let Places {
        vnet,
        hub,
        behind,
        zone,
        link,
    } = places;
    Observations {
        network,
        provider,
        availability,
        gateways,
        siblings,
        vnet: missing_here(vnet, elsewhere.as_deref(), "virtual network"),
        hub: missing_here(hub, elsewhere.as_deref(), "virtual hub"),
        behind,
        zone: missing_here(zone, elsewhere.as_deref(), "private DNS zone"),
        link,
        private_dns,
        tenant,
        principal,
        grants,
        denials,
    }
}

/// From another tenant, what exists looks as if it did not.
fn missing_here<T>(seen: Look<Option<T>>, elsewhere: Option<&str>, what: &str) -> Look<Option<T>> {
    match (seen, elsewhere) {
        (Ok(None), Some(why)) => Err(Unseen::blind(format!("The {what} was not found. {why}"))),
        (seen, _) => seen,
    }
}

/// A client, or why there is none.
fn usable<T>(inputs: &Inputs, whom: &str, client: Result<Arc<T>, Error>) -> Look<Arc<T>> {
    client.map_err(|error| {
        if error.is_not_known_yet() || inputs.phase == Phase::Plan {
            Unseen::NotAsked(format!("{whom} cannot be asked yet: {error}."))
        } else {
            Unseen::blind(format!("{whom} was not asked: {error}."))
        }
    })
}

/// A look that failed. A missing right is told by its name.
fn blind(what: &str, right: &str, error: &Error) -> Unseen {
    let why = match error.status() {
        Some(403) => format!("The caller may not look at {what}; this needs {right}."),
        _ => format!("It was not possible to look at {what}."),
    };
    Unseen::Blind {
        why: format!("{why}\n{}", chain(error)),
        fix: fix(error),
    }
}

/// What helps against an error, where that does not depend on what was looked at.
fn fix(error: &Error) -> String {
    match unreached(error) {
        Some(api) => format!(
            "{UNREACHABLE} Where it is looked for: {}.",
            settings_of(api)
        ),
        None => error.advice().unwrap_or_default().to_owned(),
    }
}

/// The service to which there was no way, also where the time for the look was over meanwhile.
fn unreached(error: &Error) -> Option<&'static str> {
    match error.failure() {
        Failure::NotSent { api, .. } => Some(api),
        _ => unreached(error.last()?),
    }
}

/// The settings that a service's address depends on, with their variables: the command line knows only those.
fn settings_of(api: &str) -> &'static str {
    match api {
        "Konnect" => "konnect_server_url (KONNECT_SERVER_URL)",
        "Azure Resource Manager" => {
            "environment (ARM_ENVIRONMENT) and endpoints.resource_manager (KONNECTAZURE_RESOURCE_MANAGER_URL)"
        }
        "Microsoft Graph" => {
            "environment (ARM_ENVIRONMENT) and endpoints.microsoft_graph (KONNECTAZURE_MICROSOFT_GRAPH_URL)"
        }
        "Microsoft Entra" => {
            "environment (ARM_ENVIRONMENT) and endpoints.active_directory (KONNECTAZURE_ACTIVE_DIRECTORY_URL)"
        }
        _ => "the provider's settings",
    }
}

fn look<T, E: Into<Error>>(what: &str, right: &str, answer: Result<T, E>) -> Look<T> {
    answer.map_err(|error| blind(what, right, &error.into()))
}
