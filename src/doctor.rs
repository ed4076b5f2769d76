//! `doctor`: the preflight checks from the command line, configured by the provider's environment variables.

use std::time::Duration;

use konnectazure::azure::ids::{Guid, VnetId};
use konnectazure::http::scope::Scope;
use konnectazure::konnect::NetworkId;
use konnectazure::preflight::consent::KONG_CLIENT_ID;
use konnectazure::preflight::{self, Check, Clients, Inputs, Kind, Phase, Report, Status, Target};
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
        let settings = configuration::resolve(&ProviderModel::default(), &variables)
            .await
            .map_err(|diagnostics| {
                let texts: Vec<String> = diagnostics
                    .iter()
                    .map(|found| format!("{}: {}", found.summary, found.detail))
                    .collect();
                texts.join("\n")
            })?;
        let (azure, konnect) = (azure::Access::default(), konnect::Access::default());
        azure.configure(settings.azure);
        konnect.configure(settings.konnect);
        let mut inputs = Inputs::new(Kind::VnetPeering, Phase::Standalone);
        inputs.client_id = self.client_id.clone();
        inputs.network_id = Some(self.network_id);
        inputs.target = Some(Target::ById(self.vnet_id.clone().into()));
        let clients = Clients {
            azure: &azure,
            konnect: &konnect,
        };
        Ok(preflight::run(&inputs, clients, &Scope::detached(TIMEOUT)).await)
    }

    /// The report as it is printed; `colours` only for a terminal, which has so many `columns`.
    pub(crate) fn render(&self, report: &Report, colours: bool, columns: Option<u16>) -> String {
        if self.json {
            as_json(report)
        } else {
            let columns = columns.map_or(TABLE_WIDTH, usize::from);
            as_table(report, colours, columns.clamp(NARROWEST, TABLE_WIDTH))
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

/// How wide the table is; ids are longer at times, and stay whole.
const TABLE_WIDTH: usize = 110;
/// Below this a column of text beside the names is no help.
const NARROWEST: usize = 60;
/// The longest name of a status is `skipped`.
const STATUS_WIDTH: usize = 7;
const GAP: usize = 2;
const ARROW: &str = "→ ";

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

fn as_table(report: &Report, colours: bool, columns: usize) -> String {
    let width = report
        .checks
        .iter()
        .map(|check| check.id.as_str().len())
        .max()
        .unwrap_or_default();
    let margin = STATUS_WIDTH + GAP + width + GAP;
    let mut text = String::new();
    for check in &report.checks {
        let status = painted(check.status, STATUS_WIDTH, colours);
        let name = check.id.as_str();
        let told = lines(check, columns.saturating_sub(margin));
        let begins = format!("{status}{:GAP$}{name:<width$}{:GAP$}", "", "");
        let rest = std::iter::repeat_with(|| " ".repeat(margin));
        let beginnings = std::iter::once(begins).chain(rest);
        for (beginning, line) in beginnings.zip(told) {
            text.push_str(format!("{beginning}{line}").trim_end());
            text.push('\n');
        }
    }
    text.push('\n');
    text.push_str(&summary(report));
    text.push('\n');
    text
}

/// What a check found, and below an arrow what to do about it.
fn lines(check: &Check, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = paragraphs(&check.detail)
        .flat_map(|line| wrapped(line, width))
        .collect();
    if lines.is_empty() {
        lines.push(String::new());
    }
    if matches!(check.status, Status::Failed | Status::Warning) {
        let inner = width.saturating_sub(ARROW.chars().count());
        let fix = paragraphs(&check.fix).flat_map(|line| wrapped(line, inner));
        let markers = std::iter::once(ARROW).chain(std::iter::repeat("  "));
        lines.extend(
            markers
                .zip(fix)
                .map(|(marker, line)| format!("{marker}{line}")),
        );
    }
    lines
}

fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim().is_empty())
}

/// Lines of at most `width` characters. What is indented is to be copied, and no word is ever cut.
fn wrapped(line: &str, width: usize) -> Vec<String> {
    if line.starts_with(char::is_whitespace) {
        return vec![line.to_owned()];
    }
    let mut lines: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        match lines.last_mut() {
            Some(last) if last.chars().count() + 1 + word.chars().count() <= width => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// How many checks ended in which way.
fn summary(report: &Report) -> String {
    let counted = [
        Status::Passed,
        Status::Failed,
        Status::Warning,
        Status::Skipped,
    ]
    .map(|status| {
        let checks = report.checks.iter();
        let count = checks.filter(|check| check.status == status).count();
        let plural = if status == Status::Warning && count > 1 {
            "s"
        } else {
            ""
        };
        (count > 0).then(|| format!("{count} {}{plural}", status.as_str()))
    });
    let counted: Vec<String> = counted.into_iter().flatten().collect();
    counted.join(", ")
}

fn painted(status: Status, width: usize, colours: bool) -> String {
    let text = format!("{:<width$}", status.as_str());
    if colours {
        format!("{}{text}\x1b[0m", colour(status))
    } else {
        text
    }
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
            headline: None,
            detail: "What was found.".into(),
            fix: "What to do.".into(),
        };
        Report {
            kind: Kind::VnetPeering,
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
        let table = as_table(&report(Status::Failed), false, TABLE_WIDTH);
        assert!(
            table.contains("failed") && table.contains("What to do.") && !table.contains('\x1b'),
            "{table}"
        );
        assert!(
            table.contains("→ What to do.") && table.ends_with("\n\n1 failed\n"),
            "{table}"
        );
        assert!(as_table(&report(Status::Failed), true, TABLE_WIDTH).contains('\x1b'));
        assert!(!as_table(&report(Status::Passed), false, TABLE_WIDTH).contains("What to do."));
    }

    #[test]
    fn long_lines_are_wrapped_and_what_is_to_be_copied_is_not() {
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(wrapped("/a/long/id two", 4), ["/a/long/id", "two"]);
        assert_eq!(wrapped("  az delete --ids x", 4), ["  az delete --ids x"]);
        let long = "word ".repeat(60);
        let mut report = report(Status::Failed);
        for check in &mut report.checks {
            check.detail.clone_from(&long);
        }
        for columns in [NARROWEST, 80, TABLE_WIDTH] {
            let table = as_table(&report, false, columns);
            let mut lines = table.lines();
            assert!(lines.all(|line| line.chars().count() <= columns), "{table}");
        }
        let table = as_table(&report, false, TABLE_WIDTH);
        let indents: Vec<usize> = table
            .lines()
            .take(3)
            .map(|line| line.find("word").unwrap())
            .collect();
        assert!(indents.windows(2).all(|pair| pair[0] == pair[1]), "{table}");
    }
}
