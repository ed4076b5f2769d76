//! `doctor`: the preflight checks from the command line, configured by the provider's environment variables.

use std::fmt::Write as _;
use std::time::Duration;

use konnectazure::azure::ids::{Guid, VnetId};
use konnectazure::http::scope::Scope;
use konnectazure::konnect::NetworkId;
use konnectazure::preflight::consent::KONG_CLIENT_ID;
use konnectazure::preflight::{self, Check, Clients, Inputs, Phase, Report, Status, Target};
use konnectazure::provider::configuration;
use konnectazure::provider::schema::ProviderModel;
use konnectazure::{azure, konnect};
use serde_json::json;

/// All checks together.
const TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// What was asked for on the command line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Request {
    network_id: NetworkId,
    vnet_id: VnetId,
    client_id: Guid,
    json: bool,
}

impl Request {
    /// Reads `--network-id ID --vnet-id ID [--client-id ID] [--json]`; a value may also follow an equals sign.
    ///
    /// # Errors
    /// What is missing, unknown or malformed, for a person.
    pub(crate) fn parse(arguments: &[&str]) -> Result<Self, String> {
        let (mut network_id, mut vnet_id, mut client_id, mut json) = (None, None, None, false);
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (*argument, None),
            };
            let place = match name {
                "--json" => {
                    json = true;
                    continue;
                }
                "--network-id" => &mut network_id,
                "--vnet-id" => &mut vnet_id,
                "--client-id" => &mut client_id,
                _ => return Err(format!("unknown argument {argument:?}")),
            };
            let value = value.or_else(|| rest.next().copied());
            *place = Some(value.ok_or_else(|| format!("{name} needs a value"))?);
        }
        let network_id = network_id.ok_or("--network-id is missing")?;
        let vnet_id = vnet_id.ok_or("--vnet-id is missing")?;
        Ok(Self {
            network_id: network_id
                .parse()
                .map_err(|error| format!("--network-id: {error}"))?,
            vnet_id: vnet_id
                .parse()
                .map_err(|error| format!("--vnet-id: {error}"))?,
            client_id: client_id
                .unwrap_or(KONG_CLIENT_ID)
                .parse()
                .map_err(|error| format!("--client-id: {error}"))?,
            json,
        })
    }

    /// Makes the checks, with the provider's settings from `variables`.
    ///
    /// # Errors
    /// A setting that cannot be used, for a person.
    pub(crate) async fn check(
        &self,
        variables: fn(&str) -> Option<String>,
    ) -> Result<Report, String> {
        let settings = configuration::resolve(&ProviderModel::default(), &variables).map_err(
            |diagnostics| {
                let texts: Vec<String> = diagnostics
                    .iter()
                    .map(|found| format!("{}: {}", found.summary, found.detail))
                    .collect();
                texts.join("\n")
            },
        )?;
        let (azure, konnect) = (azure::Access::default(), konnect::Access::default());
        azure.configure(settings.azure);
        konnect.configure(settings.konnect);
        let mut inputs = Inputs::new(Phase::Standalone);
        inputs.client_id = self.client_id.clone();
        inputs.network_id = Some(self.network_id);
        inputs.target = Some(Target::ById(self.vnet_id.clone()));
        let clients = Clients {
            azure: &azure,
            konnect: &konnect,
        };
        Ok(preflight::run(&inputs, clients, &Scope::detached(TIMEOUT)).await)
    }

    /// The report as it is printed; `colours` only for a terminal.
    pub(crate) fn render(&self, report: &Report, colours: bool) -> String {
        if self.json {
            as_json(report)
        } else {
            as_table(report, colours)
        }
    }
}

/// Whether the peering can be expected to work: nothing failed, and nothing stayed in the dark for want of a right.
pub(crate) fn is_healthy(report: &Report) -> bool {
    !report
        .checks
        .iter()
        .any(|check| matches!(check.status, Status::Failed | Status::Warning))
}

fn as_json(report: &Report) -> String {
    let checks: Vec<_> = report
        .checks
        .iter()
        .map(|check| json!({ "id": check.id.as_str(), "status": check.status.as_str(), "detail": check.detail, "fix": check.fix }))
        .collect();
    format!(
        "{:#}\n",
        json!({ "passed": is_healthy(report), "checks": checks })
    )
}

fn as_table(report: &Report, colours: bool) -> String {
    let width = report
        .checks
        .iter()
        .map(|check| check.id.as_str().len())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    for check in &report.checks {
        let margin = " ".repeat(width + 12);
        let (colour, plain) = if colours {
            (colour(check.status), "\x1b[0m")
        } else {
            ("", "")
        };
        let mut paragraphs = check
            .detail
            .lines()
            .chain(fix(check))
            .filter(|line| !line.trim().is_empty());
        let first = paragraphs.next().unwrap_or_default();
        // Writing to a string cannot fail.
        if writeln!(
            text,
            "{colour}{:<8}{plain}  {:<width$}  {first}",
            check.status.as_str(),
            check.id.as_str()
        )
        .is_err()
        {
            return text;
        }
        for line in paragraphs {
            text.push_str(&margin);
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

fn fix(check: &Check) -> impl Iterator<Item = &str> {
    let shown = matches!(check.status, Status::Failed | Status::Warning);
    check.fix.lines().take(if shown { usize::MAX } else { 0 })
}

const fn colour(status: Status) -> &'static str {
    match status {
        Status::Passed => "\x1b[32m",
        Status::Failed => "\x1b[1;31m",
        Status::Warning => "\x1b[33m",
        Status::Skipped => "\x1b[2m",
    }
}

#[cfg(test)]
mod tests {
    use konnectazure::preflight::CheckId;

    use super::*;

    const NETWORK: &str = "0b6f5d1c-7a83-4e29-9d40-c3b2a1f0e987";
    const VNET: &str = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet";

    fn report(status: Status) -> Report {
        let check = Check {
            id: CheckId::NetworkExists,
            status,
            detail: "What was found.".into(),
            fix: "What to do.".into(),
        };
        Report {
            phase: Phase::Standalone,
            checks: vec![check],
        }
    }

    #[test]
    fn arguments_are_read_in_both_forms() {
        let spaced =
            Request::parse(&["--network-id", NETWORK, "--vnet-id", VNET, "--json"]).unwrap();
        let equals = Request::parse(&[
            &format!("--vnet-id={VNET}"),
            "--json",
            &format!("--network-id={NETWORK}"),
        ])
        .unwrap();
        assert_eq!(spaced, equals);
        assert_eq!(spaced.client_id.to_string(), KONG_CLIENT_ID);
    }

    #[test]
    fn what_is_missing_or_malformed_is_named() {
        for (arguments, named) in [
            (vec![], "--network-id"),
            (vec!["--network-id", NETWORK], "--vnet-id"),
            (vec!["--network-id"], "--network-id needs"),
            (
                vec!["--network-id", "x", "--vnet-id", VNET],
                "--network-id:",
            ),
            (
                vec!["--network-id", NETWORK, "--vnet-id", "x"],
                "--vnet-id:",
            ),
            (vec!["--colour"], "--colour"),
        ] {
            let said = Request::parse(&arguments).unwrap_err();
            assert!(said.contains(named), "{arguments:?}: {said}");
        }
    }

    #[test]
    fn only_what_passed_is_healthy() {
        assert!(is_healthy(&report(Status::Passed)) && is_healthy(&report(Status::Skipped)));
        assert!(!is_healthy(&report(Status::Failed)) && !is_healthy(&report(Status::Warning)));
    }

    #[test]
    fn the_table_has_colours_only_on_request_and_a_fix_only_where_one_is_needed() {
        let table = as_table(&report(Status::Failed), false);
        assert!(
            table.contains("failed") && table.contains("What to do.") && !table.contains('\x1b'),
            "{table}"
        );
        assert!(as_table(&report(Status::Failed), true).contains('\x1b'));
        assert!(!as_table(&report(Status::Passed), false).contains("What to do."));
    }
}
