//! Terraform's everyday commands and meta-arguments.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};

use super::support::attached::{self, Attached};
use super::support::simulator::{Seed, Simulator};
use super::support::terraform::{Workspace, folded};
use super::{everything, grants, mappings, peering, subscription, text, workspace};

#[test]
fn import_blocks_generate_configuration_that_is_valid_and_settled() {
    let simulator = Simulator::start(Seed::Demo);
    let first = workspace(&simulator, &everything(&simulator));
    first.apply().expect_success("apply");
    let state = first.state();
    let network = simulator.network_id("eastus2-prod");
    let id = |address: &str| text(&state, address, "id").to_owned();
    let imports = [
        (
            "konnectazure_service_principal.kong",
            id("konnectazure_service_principal.kong"),
        ),
        (
            "konnectazure_peering_role.kong",
            id("konnectazure_peering_role.kong"),
        ),
        (
            "konnectazure_role_assignment.kong",
            id("konnectazure_role_assignment.kong"),
        ),
        (
            "konnectazure_vnet_peering.orders",
            format!("{network}/{}", id("konnectazure_vnet_peering.orders")),
        ),
        (
            "konnectazure_dns_mappings.corp",
            format!(
                "{{\\\"id\\\":\\\"{}\\\",\\\"network_id\\\":\\\"{network}\\\"}}",
                id("konnectazure_dns_mappings.corp")
            ),
        ),
    ];
    let second = Workspace::new(simulator.env());
    let blocks: Vec<String> = imports
        .iter()
        .map(|(to, id)| format!("import {{\n  to = {to}\n  id = \"{id}\"\n}}"))
        .collect();
    second.write(&blocks.join("\n"));
    let generated = second.folder().join("generated.tf");
    let planned = second.run(&[
        "plan",
        "-no-color",
        "-generate-config-out=generated.tf",
        "-out=plan.bin",
    ]);
    if !planned.status.success() {
        // Before Terraform 1.14 the program, not the provider, writes the configuration, and writes both ways of naming the network.
        let said = folded(&planned.text);
        assert!(
            said.contains("In a configuration that Terraform generated, keep `vnet_id`"),
            "{said}"
        );
        let redundant = ["resource_group_name", "subscription_id", "vnet_name"];
        let kept: Vec<String> = std::fs::read_to_string(&generated)
            .unwrap()
            .lines()
            .filter(|line| {
                !redundant
                    .iter()
                    .any(|name| line.trim_start().starts_with(name))
            })
            .map(str::to_owned)
            .collect();
        std::fs::write(&generated, kept.join("\n")).unwrap();
    }
    let said = second
        .run(&["plan", "-no-color", "-out=plan.bin"])
        .expect_success("plan of the imports");
    assert!(
        said.contains("5 to import, 0 to add, 0 to change, 0 to destroy"),
        "{said}"
    );
    second
        .run(&["apply", "-no-color", "plan.bin"])
        .expect_success("import");
    second
        .run(&["validate", "-no-color"])
        .expect_success("validate");
    second.assert_settled();
    second
        .run(&["state", "rm", "konnectazure_service_principal.kong"])
        .expect_success("state rm");
    first.destroy().expect_success("destroy");
}

#[test]
fn bad_import_ids_are_answered_with_the_form() {
    // Row 72 of docs/user-pains.md.
    let simulator = Simulator::start(Seed::Demo);
    let workspace = workspace(&simulator, &everything(&simulator));
    for (address, id, form) in [
        ("konnectazure_service_principal.kong", "kong", "object id"),
        (
            "konnectazure_peering_role.kong",
            "/subscriptions/x",
            "/subscriptions/",
        ),
        (
            "konnectazure_role_assignment.kong",
            "roleAssignment",
            "/subscriptions/",
        ),
        ("konnectazure_vnet_peering.orders", "orders", "/d2c1b0a9-"),
        ("konnectazure_dns_mappings.corp", "{\"id\":1}", "/d2c1b0a9-"),
    ] {
        let said = workspace
            .run(&["import", "-no-color", address, id])
            .expect_failure(id);
        assert!(said.contains(form), "{address}: {said}");
    }
    let nobody = "d2c1b0a9-8f7e-4d6c-b5a4-938271605f4e";
    let network = simulator.network_id("eastus2-prod");
    for (address, id) in [
        (
            "konnectazure_vnet_peering.orders",
            format!("{network}/{nobody}"),
        ),
        (
            "konnectazure_dns_mappings.corp",
            format!("{network}/{nobody}"),
        ),
        (
            "konnectazure_peering_role.kong",
            format!(
                "{}/providers/Microsoft.Authorization/roleDefinitions/{nobody}",
                subscription(&simulator)
            ),
        ),
    ] {
        let said = workspace
            .run(&["import", "-no-color", address, &id])
            .expect_failure(&id);
        assert!(
            said.contains("Cannot import non-existent remote object"),
            "{said}"
        );
    }
}

#[test]
fn a_peering_created_before_its_twin_is_destroyed_is_refused_with_the_way_on() {
    let simulator = Simulator::start(Seed::Demo);
    let before = "lifecycle {\n    create_before_destroy = true\n  }";
    let workspace = workspace(
        &simulator,
        &(grants(&simulator) + &peering(&simulator, before)),
    );
    workspace.apply().expect_success("apply");
    let id = text(&workspace.state(), "konnectazure_vnet_peering.orders", "id").to_owned();
    let said = workspace
        .run(&[
            "apply",
            "-auto-approve",
            "-no-color",
            "-replace=konnectazure_vnet_peering.orders",
        ])
        .expect_failure("a second peering of the same name");
    assert!(said.contains("already") && said.contains(&id), "{said}");
    assert!(said.contains("create_before_destroy"), "{said}");
    assert_eq!(
        text(&workspace.state(), "konnectazure_vnet_peering.orders", "id"),
        id
    );
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
}

#[test]
fn each_resource_can_be_replaced_by_hand() {
    let simulator = Simulator::start(Seed::Demo);
    let workspace = workspace(&simulator, &everything(&simulator));
    workspace.apply().expect_success("apply");
    for address in [
        "konnectazure_dns_mappings.corp",
        "konnectazure_vnet_peering.orders",
        "konnectazure_role_assignment.kong",
        "konnectazure_peering_role.kong",
        "konnectazure_service_principal.kong",
    ] {
        workspace
            .run(&[
                "apply",
                "-auto-approve",
                "-no-color",
                &format!("-replace={address}"),
            ])
            .expect_success(&format!("replacement of {address}"));
        workspace.assert_settled();
    }
    workspace
        .run(&["taint", "konnectazure_dns_mappings.corp"])
        .expect_success("taint");
    workspace
        .apply()
        .expect_success("apply of a tainted object");
    workspace.destroy().expect_success("destroy");
}

#[test]
fn modules_loops_targets_and_saved_plans_work() {
    let simulator = Simulator::start(Seed::Demo);
    let workspace = workspace(
        &simulator,
        &format!(
            r#"
module "dns" {{
  source     = "./dns"
  for_each   = toset(["a", "b"])
  name       = each.key
  network_id = "{}"
}}
resource "konnectazure_dns_mappings" "counted" {{
  count      = 2
  name       = "counted-${{count.index}}"
  network_id = "{}"
  mappings   = [for n in range(2) : {{ domains = ["d${{n}}.c${{count.index}}.example"], target_ip_addresses = ["10.20.${{count.index}}.4"] }}]
  lifecycle {{
    ignore_changes = [mappings]
  }}
}}
"#,
            simulator.network_id("eastus2-prod"),
            simulator.network_id("eastus2-prod")
        ),
    );
    std::fs::create_dir(workspace.folder().join("dns")).unwrap();
    std::fs::write(
        workspace.folder().join("dns/main.tf"),
        r#"
terraform {
  required_providers {
    konnectazure = { source = "konnect-azure/konnectazure" }
  }
}
variable "name" {}
variable "network_id" {}
resource "konnectazure_dns_mappings" "this" {
  name       = var.name
  network_id = var.network_id
  mappings   = [{ domains = ["${var.name}.example"], target_ip_addresses = ["10.20.9.4"] }]
}
"#,
    )
    .unwrap();
    workspace.run(&["get", "-no-color"]).expect_success("get");
    workspace
        .run(&[
            "apply",
            "-auto-approve",
            "-no-color",
            "-target=konnectazure_dns_mappings.counted[1]",
        ])
        .expect_success("apply of one target");
    assert_eq!(simulator.objects("private_dns").len(), 1);
    workspace
        .run(&["plan", "-no-color", "-out=saved.bin"])
        .expect_success("plan");
    workspace
        .run(&["show", "-no-color", "saved.bin"])
        .expect_success("show");
    workspace
        .run(&["apply", "-no-color", "saved.bin"])
        .expect_success("apply of the saved plan");
    assert_eq!(simulator.objects("private_dns").len(), 4);
    workspace.assert_settled();
    // Someone else's change of what is ignored is no change.
    let counted = simulator
        .objects("private_dns")
        .into_iter()
        .find(|object| object["name"] == "counted-0")
        .unwrap();
    simulator.world(
        json!({ "patch": "private_dns", "id": counted["id"], "set": { "name": "counted-0" } }),
    );
    workspace
        .run(&["plan", "-no-color", "-detailed-exitcode"])
        .expect_success("plan");
    workspace.destroy().expect_success("destroy");
}

#[test]
fn two_provider_blocks_work_side_by_side() {
    let simulator = Simulator::start(Seed::Demo);
    let network = simulator.network_id("eastus2-prod");
    let token = simulator.url("konnect_token");
    let mut workspace = workspace(
        &simulator,
        &format!(
            r#"
provider "konnectazure" {{}}
provider "konnectazure" {{
  alias         = "other"
  konnect_token = "{token}"
}}
data "konnectazure_network" "here" {{
  id = "{network}"
}}
data "konnectazure_network" "there" {{
  provider = konnectazure.other
  name     = "eastus2-prod"
}}
output "same" {{
  value = data.konnectazure_network.here.id == data.konnectazure_network.there.id
}}
"#
        ),
    );
    workspace.set("TF_INPUT", "0");
    workspace.apply().expect_success("apply");
    assert_eq!(workspace.outputs()["same"]["value"], true);
}

#[test]
fn a_debugged_provider_serves_terraform_from_plan_to_destroy() {
    let simulator = Simulator::start(Seed::Demo);
    let mut workspace = workspace(&simulator, &mappings(&simulator, "10.20.0.4", ""));
    let mut provider = Attached::start(simulator.env());
    // Without a host: the default ones of Terraform and OpenTofu differ.
    assert!(
        provider
            .value
            .starts_with(r#"{"konnect-azure/konnectazure":"#),
        "{}",
        provider.value
    );
    workspace.set(attached::VARIABLE, &provider.value);
    let mut another = Workspace::new(Vec::new());
    another.write("output \"type\" {\n  value = provider::konnectazure::dns_mapping_type([{ domains = [\"a.example\"], target_ip_addresses = [\"10.20.0.4\"] }])\n}\n");
    another.set(attached::VARIABLE, &provider.value);
    // What the provider is configured by is in its own environment.
    for (name, _) in simulator.env() {
        workspace.unset(&name);
    }
    // Two hosts at once, each with connections of its own.
    std::thread::scope(|scope| {
        scope.spawn(|| {
            another
                .run(&["validate", "-no-color"])
                .expect_success("validate")
        });
        workspace.apply().expect_success("apply");
    });
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
    assert!(
        provider.is_running(),
        "the hosts' ends are not the provider's"
    );
    let ended = provider.interrupt();
    assert!(ended.success(), "{ended}");
    let value: Json = serde_json::from_str(&provider.value).unwrap();
    let address = &value["konnect-azure/konnectazure"]["Addr"];
    let socket = Path::new(address["String"].as_str().unwrap());
    assert!(!socket.exists() && !socket.parent().unwrap().exists());
    assert!(
        !simulator
            .requests_matching("konnect", "POST", "private-dns")
            .is_empty()
    );
}

#[test]
fn started_by_hand_the_program_says_what_it_is() {
    let program = env!("CARGO_BIN_EXE_terraform-provider-konnectazure");
    let run = |arguments: &[&str]| {
        Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    let by_hand = run(&[]);
    assert_eq!(by_hand.status.code(), Some(1));
    assert!(by_hand.stdout.is_empty(), "{by_hand:?}");
    let said = String::from_utf8_lossy(&by_hand.stderr).into_owned();
    for part in ["provider plugin", "Terraform", "terraform init", "--help"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    for help in [&["--help"][..], &["doctor", "--help"]] {
        let help = run(help);
        let said = String::from_utf8_lossy(&help.stdout).into_owned();
        assert_eq!(help.status.code(), Some(0), "{help:?}");
        for part in ["--debug", "--version", "doctor", "--network-id", "--json"] {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
    let version = run(&["--version"]);
    let expected = format!(
        "terraform-provider-konnectazure {}\n",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(
        (
            version.status.code(),
            String::from_utf8_lossy(&version.stdout).into_owned()
        ),
        (Some(0), expected)
    );
    let help = run(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    for option in [
        "--debug",
        "--version",
        "--help",
        "doctor --network-id",
        "TF_REATTACH_PROVIDERS",
    ] {
        assert!(help.contains(option), "{option} in {help}");
    }
    let nonsense = run(&["--nonsense"]);
    assert_eq!(nonsense.status.code(), Some(1));
    assert!(nonsense.stdout.is_empty());
    let said = String::from_utf8_lossy(&nonsense.stderr).into_owned();
    assert!(
        said.contains("--nonsense") && said.contains(&help),
        "{said}"
    );
}

#[test]
fn a_bundle_in_ssl_cert_file_is_trusted_and_an_unknown_authority_is_refused_at_once() {
    // Row 79 of docs/user-pains.md.
    let simulator = Simulator::start(Seed::Demo);
    let mut workspace = workspace(
        &simulator,
        "data \"konnectazure_service_principal\" \"kong\" {}\n",
    );
    simulator.consent();
    workspace.unset("KONNECTAZURE_CA_CERTIFICATE_PATH");
    let said = workspace
        .apply()
        .expect_failure("an authority that nobody trusts");
    assert!(said.contains("ca_certificate_path"), "{said}");
    workspace.set("SSL_CERT_FILE", simulator.url("ca_file"));
    workspace.apply().expect_success("apply");
    workspace.set("KONNECTAZURE_CA_CERTIFICATE_PATH", "/nowhere/ca.pem");
    let said = workspace
        .apply()
        .expect_failure("a bundle that is not there");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("/nowhere/ca.pem (named by KONNECTAZURE_CA_CERTIFICATE_PATH)"),
        "{said}"
    );
}
