//! `doctor`, as it is run from a command line.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

use serde_json::Value as Json;
use support::simulator::{Seed, Simulator};
use support::terraform::Workspace;

fn doctor(simulator: &Simulator, vnet: &str, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_terraform-provider-konnectazure"))
        .args([
            "doctor",
            "--network-id",
            simulator.network_id("eastus2-prod"),
        ])
        .args(["--vnet-id", vnet])
        .args(more)
        .env_clear()
        .envs(simulator.env())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn statuses(output: &Output) -> Vec<(String, String)> {
    let report: Json = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["passed"], output.status.success());
    let checks = report["checks"].as_array().unwrap().iter();
    checks
        .map(|check| {
            let [id, status] = ["id", "status"].map(|key| check[key].as_str().unwrap().to_owned());
            (id, status)
        })
        .collect()
}

// Row 85 of docs/user-pains.md: what the provider knows of a peering is told without a configuration.
#[test]
fn what_would_make_a_peering_fail_is_named_with_what_to_do() {
    let simulator = Simulator::start(Seed::Demo);
    let vnet = simulator.vnet_id("vnet-overlap");
    let output = doctor(&simulator, vnet, &[]);
    assert_eq!(output.status.code(), Some(1));
    let table = text(&output.stdout);
    let row = |name: &str| {
        let mut rows = table.lines();
        let row = rows.find(|line| line.split_whitespace().nth(1) == Some(name));
        row.unwrap_or_else(|| panic!("{name} is missing:\n{table}"))
    };
    assert!(row("network_ready").starts_with("passed"));
    for name in ["address_space", "service_principal"] {
        assert!(row(name).starts_with("failed"), "{table}");
    }
    for told in [
        "10.64.128.0/20",
        "10.64.0.0/16",
        "→ ",
        "/adminconsent?client_id=",
    ] {
        assert!(table.contains(told), "{told} is missing:\n{table}");
    }
    // Colours are for terminals.
    assert!(!table.contains('\x1b'), "{table}");
    assert!(
        table
            .trim_end()
            .lines()
            .last()
            .unwrap()
            .contains("2 failed")
    );
    assert!(text(&output.stderr).contains("Not all checks passed"));

    let json = statuses(&doctor(&simulator, vnet, &["--json"]));
    let failed: Vec<&str> = json
        .iter()
        .filter(|(_, status)| status == "failed")
        .map(|(id, _)| id.as_str())
        .collect();
    assert_eq!(failed, ["address_space", "service_principal"]);
    // Nothing is ever written.
    for service in ["graph", "arm", "konnect"] {
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let written = simulator.requests_matching(service, method, "");
            assert!(written.is_empty(), "{written:?}");
        }
    }
}

#[test]
fn a_peering_that_can_work_ends_well() {
    let simulator = Simulator::start(Seed::Demo);
    let vnet = simulator.vnet_id("vnet-orders");
    let workspace = Workspace::new(simulator.env());
    workspace.write(&format!(
        r#"
resource "konnectazure_service_principal" "kong" {{}}

resource "konnectazure_peering_role" "kong" {{
  assignable_scopes = ["/subscriptions/{}"]
}}

resource "konnectazure_role_assignment" "kong" {{
  scope              = "{vnet}"
  role_definition_id = konnectazure_peering_role.kong.id
  principal_id       = konnectazure_service_principal.kong.object_id
}}
"#,
        simulator.url("subscription_id")
    ));
    workspace.apply().expect_success("apply");
    let output = doctor(&simulator, vnet, &[]);
    assert!(output.status.success(), "{}", text(&output.stdout));
    let json = statuses(&doctor(&simulator, vnet, &["--json"]));
    assert!(
        json.iter()
            .all(|(_, status)| ["passed", "skipped"].contains(&status.as_str())),
        "{json:?}"
    );
}

#[test]
fn a_wrong_argument_is_named_and_nothing_is_asked() {
    let simulator = Simulator::start(Seed::Demo);
    let output = doctor(&simulator, "vnet-orders", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let said = text(&output.stderr);
    assert!(
        said.contains("--vnet-id") && said.contains("Usage:"),
        "{said}"
    );
    assert!(simulator.requests().is_empty());
}

#[test]
fn a_reader_that_has_seen_enough_is_no_fault() {
    for arguments in [["--help"], ["--version"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_terraform-provider-konnectazure"))
            .args(arguments)
            .stdout(writer)
            .output()
            .unwrap();
        assert_eq!(text(&output.stderr), "");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn the_argument_that_is_too_much_is_named() {
    for first in ["--debug", "--help", "--version"] {
        let output = Command::new(env!("CARGO_BIN_EXE_terraform-provider-konnectazure"))
            .args([first, "extra"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let said = text(&output.stderr);
        assert!(said.starts_with("unknown argument \"extra\""), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_no_text_is_named() {
    use std::os::unix::ffi::OsStrExt as _;
    let output = Command::new(env!("CARGO_BIN_EXE_terraform-provider-konnectazure"))
        .arg(std::ffi::OsStr::from_bytes(b"--\xff"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.starts_with("unknown argument \"--"), "{said}");
}

#[test]
fn what_a_person_reads_is_no_json() {
    let simulator = Simulator::start(Seed::Demo);
    let output = Command::new(env!("CARGO_BIN_EXE_terraform-provider-konnectazure"))
        .args(["doctor", "--network-id"])
        .arg(simulator.network_id("eastus2-prod"))
        .args(["--vnet-id", simulator.vnet_id("vnet-orders")])
        .env_clear()
        .envs(simulator.env())
        .env("TF_LOG", "DEBUG")
        .output()
        .unwrap();
    let lines = text(&output.stderr);
    assert!(
        lines.lines().any(|line| line.starts_with("debug: ")),
        "{lines}"
    );
    assert!(!lines.contains("@message"), "{lines}");
}

#[test]
fn a_proxy_of_the_environment_is_asked_for_the_connection_and_sees_no_token() {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let id = "0b6f5d1c-7a83-4e29-9d40-c3b2a1f0e987";
    let vnet = format!(
        "/subscriptions/{id}/resourceGroups/a/providers/Microsoft.Network/virtualNetworks/b"
    );
    let mut asking = Command::new(env!("CARGO_BIN_EXE_terraform-provider-konnectazure"))
        .args(["doctor", "--network-id", id, "--vnet-id", &vnet])
        .env_clear()
        .env("KONNECT_TOKEN", "kpat_for-konnect-alone")
        .env(
            "HTTPS_PROXY",
            format!("http://{}", proxy.local_addr().unwrap()),
        )
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut connection, _) = proxy.accept().unwrap();
    let mut heard = Vec::new();
    while !heard.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        connection.read_exact(&mut byte).unwrap();
        heard.extend(byte);
    }
    // What comes through the tunnel is TLS from its first byte on: a handshake's record.
    connection.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    let mut first = [0];
    connection.read_exact(&mut first).unwrap();
    asking.kill().unwrap();
    asking.wait().unwrap();
    let heard = text(&heard);
    assert!(
        heard.starts_with("CONNECT global.api.konghq.com:443 "),
        "{heard}"
    );
    assert!(!heard.contains("kpat_"), "{heard}");
    assert_eq!(first, [22]);
}
