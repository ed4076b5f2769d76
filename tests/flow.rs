//! The whole flow under real Terraform: one apply for everything, and what happens when it cannot go on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::{Value as Json, json};
use support::patience::{PATIENCE, found};
use support::simulator::{Seed, Simulator};
use support::spec;
use support::terraform::{Workspace, folded};

fn complete(simulator: &Simulator) -> Workspace {
    let workspace = Workspace::new(simulator.env());
    workspace.copy_example("complete");
    let variables = format!(
        "subscription_id = {}\nresource_group_name = \"rg-network\"\nvnet_name = \"vnet-orders\"\nnetwork_name = \"eastus2-prod\"\n\
         dns_server = \"10.20.0.4\"\n",
        simulator.ready()["subscription_id"]
    );
    std::fs::write(workspace.folder().join("terraform.tfvars"), variables).unwrap();
    workspace
}

fn peering_only(simulator: &Simulator, vnet: &str) -> String {
    format!(
        "resource \"konnectazure_vnet_peering\" \"this\" {{\n  name = \"orders\"\n  network_id = \"{}\"\n  vnet_id = \"{}\"\n}}\n",
        simulator.network_id("eastus2-prod"),
        simulator.vnet_id(vnet)
    )
}

fn grant_everything(simulator: &Simulator, workspace: &Workspace) {
    let subscription = format!(
        "/subscriptions/{}",
        simulator.ready()["subscription_id"].as_str().unwrap()
    );
    workspace.write(&format!(
        "resource \"konnectazure_service_principal\" \"kong\" {{}}\n\
         resource \"konnectazure_peering_role\" \"kong\" {{\n  assignable_scopes = [\"{subscription}\"]\n}}\n\
         resource \"konnectazure_role_assignment\" \"kong\" {{\n  scope = \"{}\"\n  role_definition_id = konnectazure_peering_role.kong.id\n  \
         principal_id = konnectazure_service_principal.kong.object_id\n}}\n",
        simulator.vnet_id("vnet-orders")
    ));
    workspace
        .apply()
        .expect_success("consent, role and assignment");
}

// Row 1 of docs/user-pains.md.
#[test]
fn one_apply_makes_everything_and_one_destroy_leaves_nothing() {
    // Rows 39 and 60 of docs/user-pains.md: DNS is in the first example.
    let simulator = Simulator::start(Seed::Demo);
    let before = simulator.state();
    let workspace = complete(&simulator);
    let expected: BTreeMap<String, String> = [
        "konnectazure_dns_mappings.corp",
        "konnectazure_peering_role.kong",
        "konnectazure_role_assignment.kong",
        "konnectazure_service_principal.kong",
        "konnectazure_vnet_peering.orders",
    ]
    .map(|address| (address.to_owned(), "create".to_owned()))
    .into();
    assert_eq!(workspace.plan().actions(), expected);
    workspace.apply().expect_success("apply");
    workspace.assert_settled();

    let state = workspace.state();
    assert_eq!(state["konnectazure_vnet_peering.orders"]["state"], "ready");
    assert_eq!(
        state["konnectazure_vnet_peering.orders"]["azure_peering"]["state"],
        "Connected"
    );
    assert_eq!(state["konnectazure_dns_mappings.corp"]["state"], "ready");
    assert_eq!(
        state["konnectazure_dns_mappings.corp"]["mapping_type"],
        "N-to-1"
    );
    assert_eq!(
        state["konnectazure_service_principal.kong"]["created"],
        true
    );
    assert_eq!(
        state["data.konnectazure_service_principal.kong"]["object_id"],
        state["konnectazure_service_principal.kong"]["object_id"]
    );
    assert_eq!(
        state["data.konnectazure_network.gateways"]["region"],
        "eastus2"
    );

    workspace.destroy().expect_success("destroy");
    let after = simulator.state();
    for kind in [
        "service_principals",
        "role_definitions",
        "role_assignments",
        "transit_gateways",
        "private_dns",
    ] {
        assert_eq!(after[kind], before[kind], "{kind} after destroy");
    }
    spec::assert_journal_conforms(&simulator.requests());
}

// Row 15 of docs/user-pains.md.
// Rows 49 and 51 of docs/user-pains.md.
#[test]
fn destruction_goes_against_the_order_of_creation_by_references_alone() {
    let simulator = Simulator::start(Seed::Demo);
    let workspace = complete(&simulator);
    workspace.apply().expect_success("apply");
    simulator.clear_requests();
    workspace.destroy().expect_success("destroy");
    simulator.assert_destroyed_in_order(&[
        "/private-dns/",
        "/transit-gateways/",
        "/roleAssignments/",
        "/roleDefinitions/",
    ]);
}

// Row 3 of docs/user-pains.md.
#[test]
fn missing_consent_stops_the_peering_before_anything_is_sent_and_names_the_consent_link() {
    let simulator = Simulator::manual(Seed::Demo);
    let workspace = Workspace::new(simulator.env());
    workspace.write(&peering_only(&simulator, "vnet-orders"));
    let said = workspace.apply().expect_failure("apply without consent");
    let tenant = simulator.ready()["tenant_id"].as_str().unwrap();
    let link = format!("/{tenant}/adminconsent?client_id=207b296f-cf25-4d23-9eba-9a2c41dc62ca");
    // The program breaks long words at its line width.
    assert!(said.replace(' ', "").contains(&link), "{said}");
    assert!(
        simulator
            .requests_matching("konnect", "POST", "transit-gateways")
            .is_empty()
    );
}

#[test]
fn an_interrupt_in_the_wait_ends_it_and_keeps_the_peering_in_the_state() {
    let simulator = Simulator::manual(Seed::Demo);
    let workspace = Workspace::new(simulator.env());
    grant_everything(&simulator, &workspace);
    let grants = std::fs::read_to_string(workspace.folder().join("main.tf")).unwrap();
    std::fs::write(
        workspace.folder().join("main.tf"),
        format!("{grants}\n{}", peering_only(&simulator, "vnet-orders")),
    )
    .unwrap();

    let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
    let id = found("the peering's creation", || {
        simulator
            .objects("transit_gateways")
            .first()
            .map(|object| object["id"].clone())
    });
    found("a look at the peering", || {
        let looks = simulator.requests_matching(
            "konnect",
            "GET",
            &format!("transit-gateways/{}", id.as_str().unwrap()),
        );
        (!looks.is_empty()).then_some(())
    });
    let interrupted = Instant::now();
    apply.signal("INT");
    let said = apply.finish().expect_failure("an interrupted apply");
    assert!(
        interrupted.elapsed() < PATIENCE && said.contains("Interrupted"),
        "{said}"
    );

    assert_eq!(
        workspace.state()["konnectazure_vnet_peering.this"]["id"],
        id
    );
    simulator.run_clock(5_000.0);
    workspace.apply().expect_success("the next apply");
    workspace.assert_settled();
    let peerings: Vec<Json> = simulator
        .objects("transit_gateways")
        .into_iter()
        .filter(|object| object["state"] == "ready")
        .collect();
    assert_eq!(peerings.len(), 1, "{peerings:?}");
    workspace.destroy().expect_success("destroy");
}

#[cfg(target_os = "linux")]
#[test]
fn a_provider_that_is_told_to_terminate_answers_first_so_that_the_peering_stays_in_the_state() {
    let simulator = Simulator::manual(Seed::Demo);
    let workspace = Workspace::new(simulator.env());
    grant_everything(&simulator, &workspace);
    let grants = std::fs::read_to_string(workspace.folder().join("main.tf")).unwrap();
    std::fs::write(
        workspace.folder().join("main.tf"),
        format!("{grants}\n{}", peering_only(&simulator, "vnet-orders")),
    )
    .unwrap();

    let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
    let id = found("the peering's creation", || {
        simulator
            .objects("transit_gateways")
            .first()
            .map(|object| object["id"].clone())
    });
    apply.signal_plugin("TERM");
    apply
        .finish()
        .expect_failure("an apply whose provider was terminated");
    assert_eq!(
        workspace.state()["konnectazure_vnet_peering.this"]["id"],
        id
    );
    simulator.run_clock(5_000.0);
    workspace.destroy().expect_success("destroy");
}

#[test]
fn a_token_that_konnect_refuses_is_named_by_where_it_came_from_but_never_shown() {
    // Row 82 of docs/user-pains.md.
    let simulator = Simulator::start(Seed::Demo);
    let mut workspace = Workspace::new(simulator.env());
    workspace.set("KONNECT_TOKEN", "kpat_not0the0right0one");
    workspace.write("data \"konnectazure_network\" \"this\" {\n  name = \"eastus2-prod\"\n}\n");
    let in_apply = workspace.apply().expect_failure("a wrong token");
    workspace.write(&format!(
        "resource \"konnectazure_vnet_peering\" \"this\" {{\n  name = \"orders\"\n  network_id = \"{}\"\n  vnet_id = \"{vnet}\"\n}}\n",
        simulator.network_id("eastus2-prod"),
        vnet = "/subscriptions/11111111-0000-0000-0000-000000000000/resourceGroups/app/providers/Microsoft.Network/virtualNetworks/app",
    ));
    let in_plan = workspace
        .run(&["plan", "-input=false"])
        .expect_failure("a wrong token");
    for said in [in_apply, in_plan] {
        assert!(
            said.contains("401")
                && said.contains("KONNECT_TOKEN")
                && !said.contains("may not look")
                && !said.contains("not0the0right0one"),
            "{said}"
        );
    }
}

#[test]
fn the_debug_log_tells_the_credential_and_what_became_of_a_geo_host() {
    // Row 78 of docs/user-pains.md.
    let simulator = Simulator::start(Seed::Demo);
    simulator.consent();
    let mut workspace = Workspace::new(simulator.env());
    let log = workspace.folder().join("debug.log");
    workspace.set("TF_LOG", "DEBUG");
    workspace.set("TF_LOG_PATH", log.to_str().unwrap());
    // Nothing here asks Konnect, which would not be reached.
    workspace.set("KONNECT_SERVER_URL", "https://us.api.konghq.com/v2/");
    workspace.write("data \"konnectazure_service_principal\" \"kong\" {}\n");
    workspace.apply().expect_success("apply");
    let log = std::fs::read_to_string(log).unwrap();
    let line = |text: &str| log.lines().find(|line| line.contains(text));
    let chosen = line("chose how to authenticate to Azure");
    assert!(
        chosen.is_some_and(|line| line.contains("client secret")),
        "{chosen:?}"
    );
    let mapped = line("geo hosts do not serve the Cloud Gateways API");
    assert!(
        mapped.is_some_and(
            |line| line.contains("us.api.konghq.com") && line.contains("global.api.konghq.com")
        ),
        "{mapped:?}"
    );
}

#[test]
fn malformed_provider_settings_are_refused_on_their_attribute() {
    let workspace = Workspace::new(Vec::new());
    for (name, value, says) in [
        ("tenant_id", "\"contoso\"", "GUID"),
        ("subscription_id", "\"/subscriptions/1\"", "GUID"),
        (
            "konnect_server_url",
            "\"http://konnect.example\"",
            "use https",
        ),
        (
            "konnect_server_url",
            "\"global.api.konghq.com\"",
            "https://",
        ),
        ("oidc_request_url", "\"http://ci.example\"", "use https"),
        ("oidc_request_url", "\"ci\"", "https://"),
        ("environment", "\"moon\"", "`usgovernment`"),
        ("request_timeout", "\"90\"", "unit"),
        ("request_timeout", "\"0s\"", "longer than zero"),
        ("max_retries", "-1", "from 0"),
        ("max_retries", "1.5", "whole number"),
        ("max_concurrent_requests", "0", "from 1"),
        (
            "endpoints",
            "{ resource_manager = \"http://arm.example\" }",
            "resource_manager",
        ),
        (
            "endpoints",
            "{ active_directory = \"http://localhost\" }",
            "active_directory",
        ),
    ] {
        workspace.write(&format!(
            "provider \"konnectazure\" {{\n  {name} = {value}\n}}\ndata \"konnectazure_network\" \"this\" {{\n  name = \"x\"\n}}\n"
        ));
        let said = workspace
            .run(&["validate", "-no-color"])
            .expect_failure("validate");
        let place = "in provider \"konnectazure\"";
        for part in [name, says, place] {
            assert!(said.contains(part), "{name} = {value}: {said}");
        }
    }
    // As modules pass it on where nobody set it.
    workspace.write(
        "provider \"konnectazure\" {\n  tenant_id = \"\"\n  environment = \"\"\n  konnect_server_url = \"\"\n  oidc_request_url = \"\"\n}\n\
         data \"konnectazure_network\" \"this\" {\n  name = \"x\"\n}\n",
    );
    workspace
        .run(&["validate", "-no-color"])
        .expect_success("validate");
}

#[test]
fn a_provider_setting_that_is_unknown_at_plan_does_not_fail_the_plan() {
    let simulator = Simulator::start(Seed::Demo);
    let mut workspace = Workspace::new(simulator.env());
    let token = simulator.ready()["konnect_token"]
        .as_str()
        .unwrap()
        .to_owned();
    workspace.unset("KONNECT_TOKEN");
    workspace.write(&format!(
        "resource \"terraform_data\" \"token\" {{\n  input = \"{token}\"\n}}\n\
         provider \"konnectazure\" {{\n  konnect_token = terraform_data.token.output\n}}\n\
         resource \"konnectazure_dns_mappings\" \"this\" {{\n  name = \"corp\"\n  network_id = \"{}\"\n  \
         mappings = [{{ domains = [\"corp.example\"], target_ip_addresses = [\"10.20.0.4\"] }}]\n}}\n",
        simulator.network_id("eastus2-prod")
    ));
    workspace.apply().expect_success("apply");
    assert_eq!(
        workspace.state()["konnectazure_dns_mappings.this"]["state"],
        json!("ready")
    );
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
}

#[test]
fn settings_that_become_unknown_later_leave_what_exists_as_it_was() {
    let simulator = Simulator::start(Seed::Demo);
    let mut workspace = Workspace::new(simulator.env());
    let ready = simulator.ready();
    workspace.unset("KONNECT_TOKEN");
    workspace.unset("ARM_CLIENT_SECRET");
    let configuration = |generation: u32| {
        format!(
            "resource \"terraform_data\" \"token\" {{\n  input = {}\n  triggers_replace = [{generation}]\n}}\n\
             resource \"terraform_data\" \"secret\" {{\n  input = {}\n  triggers_replace = [{generation}]\n}}\n\
             provider \"konnectazure\" {{\n  konnect_token = terraform_data.token.output\n  client_secret = terraform_data.secret.output\n}}\n\
             resource \"konnectazure_service_principal\" \"kong\" {{}}\n\
             resource \"konnectazure_dns_mappings\" \"this\" {{\n  name = \"corp\"\n  network_id = \"{}\"\n  \
             mappings = [{{ domains = [\"corp.example\"], target_ip_addresses = [\"10.20.0.4\"] }}]\n}}\n",
            ready["konnect_token"],
            ready["client_secret"],
            simulator.network_id("eastus2-prod")
        )
    };
    workspace.write(&configuration(1));
    workspace.apply().expect_success("apply");
    let before = workspace.state();
    workspace.write(&configuration(2));
    simulator.clear_requests();
    let plan = workspace.plan();
    assert!(
        folded(&plan.text).contains("Not refreshed: the provider's settings are not known yet"),
        "{}",
        plan.text
    );
    let ours = |address: &String| address.starts_with("konnectazure");
    assert!(!plan.actions().keys().any(ours), "{}", plan.text);
    assert_eq!(simulator.requests(), [] as [Json; 0]);
    workspace.apply().expect_success("apply of new settings");
    for (address, attributes) in workspace.state() {
        assert!(
            !ours(&address) || before[&address] == attributes,
            "{address}"
        );
    }
    workspace.destroy().expect_success("destroy");
}
