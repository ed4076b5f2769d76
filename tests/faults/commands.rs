//! Kills under real Terraform.

#![cfg(target_os = "linux")]

use serde_json::{Value as Json, json};

use crate::figures::figure;
use crate::interrupts::resource;
use crate::matrix::{in_parallel, told};
use crate::subjects::{SUBJECTS, Subject, grant};
use crate::support::patience::found;
use crate::support::simulator::{Seed, Simulator};
use crate::support::terraform::{Running, Workspace};

const ADDRESS: &str = "konnectazure_vnet_peering.this";

/// An apply that waits for its peering, and the peering's id.
fn waiting(cloud: &Simulator, workspace: &Workspace) -> (Running, String) {
    let apply = workspace.start(&["apply", "-auto-approve", "-no-color"]);
    let made: Json = found("the peering", || {
        cloud.objects("transit_gateways").first().cloned()
    });
    let id = made["id"].as_str().unwrap().to_owned();
    found("a look at the peering", || {
        let looks = cloud.requests_matching("konnect", "GET", &id);
        (!looks.is_empty()).then_some(())
    });
    (apply, id)
}

fn prepared() -> (Simulator, Workspace) {
    let cloud = Simulator::manual(Seed::Demo);
    grant(&cloud, cloud.vnet_id("vnet-orders"));
    let workspace = Workspace::new(cloud.env());
    workspace.write(&configuration(&cloud, ""));
    (cloud, workspace)
}

fn configuration(cloud: &Simulator, more: &str) -> String {
    format!(
        "resource \"konnectazure_vnet_peering\" \"this\" {{\n  name = \"orders\"\n  network_id = \"{}\"\n  vnet_id = \"{}\"\n  {more}\n}}\n",
        cloud.network_id("eastus2-prod"),
        cloud.vnet_id("vnet-orders")
    )
}

/// What the next apply says is what gets the user on.
fn recovers_as_told(cloud: &Simulator, workspace: &Workspace, id: &str) {
    cloud.run_clock(6000.0);
    let said = workspace
        .apply()
        .expect_failure("an apply that meets what was left");
    assert!(said.contains(id) && said.contains("import {"), "{said}");
    let import = format!("{}/{id}", cloud.network_id("eastus2-prod"));
    workspace
        .run(&["import", "-no-color", ADDRESS, &import])
        .expect_success("import");
    workspace.apply().expect_success("the next apply");
    workspace.assert_settled();
    assert_eq!(cloud.objects("transit_gateways").len(), 1);
    workspace.destroy().expect_success("destroy");
    assert!(cloud.objects("transit_gateways").is_empty());
}

#[test]
fn a_killed_terraform_leaves_a_peering_that_the_next_apply_tells() {
    let (cloud, workspace) = prepared();
    let (apply, id) = waiting(&cloud, &workspace);
    apply.signal("KILL");
    apply.finish().expect_failure("a killed apply");
    recovers_as_told(&cloud, &workspace, &id);
}

#[test]
fn a_killed_provider_leaves_a_peering_that_the_next_apply_tells() {
    let (cloud, workspace) = prepared();
    let (apply, id) = waiting(&cloud, &workspace);
    apply.signal_plugin("KILL");
    apply
        .finish()
        .expect_failure("an apply whose provider was killed");
    recovers_as_told(&cloud, &workspace, &id);
}

#[test]
fn what_a_kill_left_is_adopted_where_the_user_allows_it() {
    let (cloud, workspace) = prepared();
    let (apply, id) = waiting(&cloud, &workspace);
    apply.signal("KILL");
    apply.finish().expect_failure("a killed apply");
    cloud.run_clock(6000.0);
    workspace.write(&configuration(&cloud, "use_existing = true"));
    workspace.apply().expect_success("the next apply");
    assert_eq!(workspace.state()[ADDRESS]["id"], id);
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
    assert!(cloud.objects("transit_gateways").is_empty());
}

/// The exchange that is under way when Terraform is killed.
struct Moment {
    name: &'static str,
    method: &'static str,
    path: String,
    nth: u32,
}

/// How a resource is made: the method of the write, and the collection that it goes to and that is looked at before and after.
const MADE: [(&str, &str, &str); 4] = [
    ("service_principal", "POST", "/servicePrincipals"),
    ("peering_role", "PUT", "/roleDefinitions"),
    ("vnet_peering", "POST", "/transit-gateways"),
    ("dns_mappings", "POST", "/private-dns"),
];

fn moments(write: &'static str, collection: &str) -> [Moment; 4] {
    let moment = |name, method, path: &str, nth| Moment {
        name,
        method,
        path: format!("{collection}{path}"),
        nth,
    };
    [
        moment("before the request", "GET", "?", 1),
        moment("before the answer", write, "", 1),
        moment("before the state is saved", "GET", "/", 1),
        moment("in the wait", "GET", "/", 2),
    ]
}

/// Kills Terraform at that moment of an apply, and does what the user does then. Whether an import was needed.
fn kill_terraform(subject: &Subject, moment: &Moment) -> Result<bool, String> {
    let cloud = Simulator::manual(Seed::Demo);
    (subject.prepare)(&cloud);
    let (before, others) = (cloud.leftovers(), cloud.objects(subject.kind).len());
    let workspace = Workspace::new(cloud.env());
    workspace.write(&resource(subject.type_name, &(subject.config)(&cloud)));
    workspace
        .run(&["plan", "-no-color", "-out=plan"])
        .expect_success("plan");
    cloud.fault(json!({
        "method": moment.method, "path": moment.path, "nth": moment.nth, "delay_ms": 60_000,
    }));
    let apply = workspace.start(&["apply", "-no-color", "plan"]);
    found("the exchange", || {
        (cloud.faults()[0]["hits"] == 1).then_some(())
    });
    apply.signal("KILL");
    apply.finish().expect_failure("a killed apply");
    cloud.clear_faults();
    cloud.run_clock(6000.0);

    let again = workspace.apply();
    let is_told = again.text.contains("import {");
    if is_told {
        let (_, block) = again.text.split_once("import {").unwrap();
        let id = block
            .split_once("id = \"")
            .and_then(|(_, rest)| rest.split_once('"'));
        let (id, _) = id.ok_or_else(|| format!("no id to import: {}", again.text))?;
        let address = format!("{}.this", subject.type_name);
        workspace
            .run(&["import", "-no-color", &address, id])
            .expect_success("import");
        workspace
            .apply()
            .expect_success("the apply after the import");
    } else {
        again.expect_success("the next apply");
    }
    workspace.assert_settled();
    let made = cloud.objects(subject.kind).split_off(others);
    let config = (subject.config)(&cloud);
    match made.as_slice() {
        [made] if (subject.is_true)(made, &config) => {}
        made => return Err(format!("not one object as configured: {made:?}")),
    }
    workspace.destroy().expect_success("destroy");
    let mut left = cloud.leftovers();
    left.retain(|one| !before.contains(one));
    // Consent that a killed apply gave is adopted by the next one, which then leaves it in the tenant, as documented.
    if left.is_empty() || subject.name == "service_principal" {
        Ok(is_told)
    } else {
        Err(format!("left behind: {left:?}"))
    }
}

#[test]
fn terraform_is_killed_at_any_moment_and_the_next_apply_recovers() {
    let kills: Vec<(&Subject, Moment)> = MADE
        .into_iter()
        .flat_map(|(name, write, collection)| {
            let subject = SUBJECTS.iter().find(|subject| subject.name == name);
            let subject = subject.expect("the subject");
            moments(write, collection).map(|moment| (subject, moment))
        })
        .collect();
    let results = in_parallel(&kills, |(subject, moment)| {
        let run = std::panic::catch_unwind(|| kill_terraform(subject, moment));
        let run = run.unwrap_or_else(|panic| Err(told(panic.as_ref())));
        run.map_err(|reason| format!("{}, {}\n    {reason}", subject.name, moment.name))
    });
    let (worked, broken): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    let broken: Vec<String> = broken.into_iter().filter_map(Result::err).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let told = worked
        .iter()
        .filter(|is_told| **is_told == Ok(true))
        .count();
    figure(
        "terraform",
        &[
            (
                "Kills of Terraform while it makes one of four resources",
                worked.len().to_string(),
            ),
            (
                "of these, the next apply simply worked",
                (worked.len() - told).to_string(),
            ),
            (
                "the next apply told the id and the import block, and the import was without changes",
                told.to_string(),
            ),
            ("Objects lost", "0".to_owned()),
        ],
    );
}
