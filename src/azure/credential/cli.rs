//! The Azure CLI's login: its tokens and its tenant.

use std::ffi::OsStr;
use std::process::Output;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_identity::{AzureCliCredential, AzureCliCredentialOptions, Executor};
use serde::Deserialize;

use crate::azure::ids::{Guid, SubscriptionId};
use crate::http::Error;
use crate::http::redact::redact;

/// The command.
pub(in crate::azure) const PROGRAM: &str = "az";

/// Exit status of a shell that does not find the command.
const NOT_FOUND: i32 = 127;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    tenant_id: Guid,
}

/// Tokens of the CLI. The CLI refuses to be told tenant and subscription at once; the tenant says more.
pub(super) fn credential(
    tenant_id: Option<&Guid>,
    subscription_id: Option<&SubscriptionId>,
    executor: Arc<dyn Executor>,
) -> azure_core::Result<Arc<dyn TokenCredential>> {
    let subscription = subscription_id.filter(|_| tenant_id.is_none());
    let options = AzureCliCredentialOptions {
        subscription: subscription.map(ToString::to_string),
        tenant_id: tenant_id.map(ToString::to_string),
        executor: Some(executor),
    };
    Ok(AzureCliCredential::new(Some(options))?)
}

/// The tenant of the CLI's account: of the given subscription, else of the current one.
pub(super) async fn tenant_id(
    executor: &dyn Executor,
    subscription_id: Option<&SubscriptionId>,
) -> Result<Guid, Error> {
    let mut command = format!("{PROGRAM} account show -o json");
    if let Some(subscription_id) = subscription_id {
        // A GUID by its type, so nothing in it means anything to a shell.
        command.push_str(" --subscription ");
        command.push_str(subscription_id.as_str());
    }
    let output = run(executor, &command).await.map_err(|error| {
        Error::credential(format!(
            "the Azure CLI could not be started to learn the tenant: {error}; set tenant_id instead"
        ))
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let is_missing =
            output.status.code() == Some(NOT_FOUND) || said.contains("is not recognized");
        return Err(Error::credential(if is_missing {
            "the tenant is not known: tenant_id is not set, and the Azure CLI (az) is not installed"
                .to_owned()
        } else {
            format!(
                "the tenant is not known: tenant_id is not set, and the Azure CLI said: {}",
                redact(said.trim())
            )
        }));
    }
    serde_json::from_slice::<Account>(&output.stdout)
        .map(|account| account.tenant_id)
        .map_err(|error| {
            Error::credential(format!(
                "the Azure CLI's account could not be read: {error}; set tenant_id instead"
            ))
        })
}

/// Runs a command of the CLI, which on Windows is a script, in a directory where nobody else can have put another `az`.
async fn run(executor: &dyn Executor, command: &str) -> std::io::Result<Output> {
    let (shell, switch, line) = if cfg!(windows) {
        ("cmd", "/C", format!("cd %SYSTEMROOT% && {command}"))
    } else {
        ("/bin/sh", "-c", format!("cd /bin && {command}"))
    };
    executor
        .run(OsStr::new(shell), &[OsStr::new(switch), OsStr::new(&line)])
        .await
}
