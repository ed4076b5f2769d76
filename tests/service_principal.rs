//! `konnectazure_service_principal`, resource and data source, under real Terraform.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::time::Instant;

use serde_json::{Value as Json, json};
use support::patience::PATIENCE;
use support::simulator::{Seed, Simulator};
use support::terraform::{Case, Workspace, folded};

const ADDRESS: &str = "konnectazure_service_principal.kong";
const CONFIGURATION: &str = "resource \"konnectazure_service_principal\" \"kong\" {}";
const DATA: &str = "data \"konnectazure_service_principal\" \"kong\" {}";
const KONG: &str = "207b296f-cf25-4d23-9eba-9a2c41dc62ca";

fn with(arguments: &str) -> String {
    format!("resource \"konnectazure_service_principal\" \"kong\" {{\n{arguments}\n}}")
}

/// Service principals of Kong's application in the local tenant.
fn principals(simulator: &Simulator) -> Vec<Json> {
    let all = simulator.objects("service_principals").into_iter();
    all.filter(|principal| principal["app_id"] == KONG)
        .collect()
}

fn consent_url(simulator: &Simulator) -> String {
    format!(
        "{}/{}/adminconsent?client_id={KONG}",
        simulator.url("active_directory").trim_end_matches('/'),
        simulator.url("tenant_id")
    )
}

fn sent(simulator: &Simulator, method: &str) -> usize {
    simulator
        .requests_matching("graph", method, "/servicePrincipals")
        .len()
}

// Row 6 of docs/user-pains.md.
#[test]
fn it_is_made_and_a_destroy_deletes_it() {
    let simulator = Simulator::start(Seed::Empty);
    Case::new(simulator.env())
        .apply(CONFIGURATION, &[(ADDRESS, "create")], |state| {
            let kong = &state[ADDRESS];
            assert_eq!(kong["created"], true);
            assert_eq!(kong["client_id"], KONG);
            assert_eq!(kong["object_id"], principals(&simulator)[0]["id"]);
            assert_eq!(kong["id"], kong["object_id"]);
            assert_eq!(kong["tenant_id"], simulator.url("tenant_id"));
            assert_eq!(kong["display_name"], "kong-cgw-azure-vnet-peering-app");
            assert_eq!(kong["admin_consent_url"], consent_url(&simulator));
        })
        .run();
    assert!(principals(&simulator).is_empty());
    assert_eq!(
        (sent(&simulator, "POST"), sent(&simulator, "PATCH")),
        (1, 0)
    );
}

// Row 7 of docs/user-pains.md.
// Row 10 of docs/user-pains.md.
#[test]
fn one_that_consent_made_is_adopted_unchanged_and_left_in_the_tenant() {
    let simulator = Simulator::start(Seed::Empty);
    simulator.consent();
    let before = principals(&simulator);
    Case::new(simulator.env())
        .apply(CONFIGURATION, &[(ADDRESS, "create")], |state| {
            assert_eq!(state[ADDRESS]["created"], false);
        })
        .run();
    assert_eq!(principals(&simulator), before);
    let writes = ["POST", "PATCH", "DELETE"].map(|method| sent(&simulator, method));
    assert_eq!(writes, [0, 0, 0]);
}

#[test]
fn whoever_must_not_adopt_is_told_what_exists_and_how_to_import_it() {
    // Row 76 of docs/user-pains.md.
    let simulator = Simulator::start(Seed::Empty);
    simulator.consent();
    let id = principals(&simulator)[0]["id"].as_str().unwrap().to_owned();
    let import = format!("id = \"{id}\"");
    Case::new(simulator.env())
        .apply_fails(
            with("use_existing = false"),
            &[
                "use_existing",
                &id,
                "to = konnectazure_service_principal.NAME",
                &import,
            ],
        )
        .run();
}

/// A laptop and CI may spell the tenant differently.
#[test]
fn letter_case_of_the_tenant_is_no_other_tenant() {
    let simulator = Simulator::start(Seed::Empty);
    let mut workspace = Workspace::new(simulator.env());
    let output = format!("output \"url\" {{ value = {ADDRESS}.admin_consent_url }}");
    workspace.write(&format!("{CONFIGURATION}\n{output}"));
    workspace.apply().expect_success("apply");
    let before = workspace.state();
    let tenant = simulator.url("tenant_id").to_uppercase();
    workspace.set("ARM_TENANT_ID", &tenant);
    workspace.assert_settled();
    workspace.apply().expect_success("apply elsewhere");
    assert_eq!(workspace.state(), before);
    workspace.destroy().expect_success("destroy elsewhere");
    assert!(principals(&simulator).is_empty());
}

#[test]
fn an_import_takes_either_id_and_owns_nothing() {
    let simulator = Simulator::start(Seed::Empty);
    Case::new(simulator.env())
        .apply(CONFIGURATION, &[(ADDRESS, "create")], |_| {})
        .reimport(ADDRESS, |kong| {
            kong["object_id"].as_str().unwrap().to_uppercase()
        })
        .reimport(ADDRESS, |_| KONG.to_owned())
        .outside(|workspace| assert_eq!(workspace.state()[ADDRESS]["created"], false))
        .run();
    assert_eq!(principals(&simulator).len(), 1);
}

#[test]
fn a_bad_import_id_is_told_with_the_form() {
    let simulator = Simulator::start(Seed::Empty);
    let workspace = Workspace::new(simulator.env());
    workspace.write(CONFIGURATION);
    for (id, says) in [
        (
            "kong",
            "Give the service principal's object id, or the application's client id.",
        ),
        (KONG, "has no service principal with this object id"),
    ] {
        let said = workspace.run(&["import", "-no-color", ADDRESS, id]);
        let said = said.expect_failure("import");
        assert!(said.contains(says), "{said}");
    }
}

#[test]
fn one_deleted_outside_is_made_again() {
    let simulator = Simulator::start(Seed::Empty);
    Case::new(simulator.env())
        .apply(CONFIGURATION, &[(ADDRESS, "create")], |_| {})
        .outside(|_| {
            let id = principals(&simulator)[0]["id"].clone();
            simulator.world(json!({ "remove": "service_principal", "id": id }));
        })
        .apply(CONFIGURATION, &[(ADDRESS, "create")], |_| {})
        .outside(|_| {
            let id = principals(&simulator)[0]["id"].clone();
            simulator.world(json!({ "remove": "service_principal", "id": id }));
        })
        .run();
}

// Row 2 of docs/user-pains.md.
// Row 4 of docs/user-pains.md.
// Row 5 of docs/user-pains.md.
// Row 11 of docs/user-pains.md.
#[test]
fn without_the_right_to_make_it_the_consent_link_is_in_the_error() {
    let simulator = Simulator::start(Seed::Empty);
    simulator.settings(json!({ "rights": { "graph_create": false } }));
    let url = consent_url(&simulator);
    let started = Instant::now();
    Case::new(simulator.env())
        .apply_fails(
            CONFIGURATION,
            &[
                "Cannot create service principal of application",
                "Authorization_RequestDenied",
                &url,
                "Application Administrator",
                "wait_for_consent",
            ],
        )
        .run();
    assert!(started.elapsed() < PATIENCE);
    assert_eq!(sent(&simulator, "POST"), 1, "a 403 is final");
}

// Row 11 of docs/user-pains.md.
// Row 12 of docs/user-pains.md.
#[test]
fn without_the_right_to_look_the_error_says_which_right() {
    let simulator = Simulator::start(Seed::Empty);
    simulator.settings(json!({ "rights": { "graph_read": false } }));
    let url = consent_url(&simulator);
    let says = ["Application.Read.All", "principal_id", url.as_str()];
    Case::new(simulator.env())
        .apply_fails(CONFIGURATION, &says)
        .plan_fails(DATA, &says)
        .run();
}

#[test]
fn an_application_that_the_cloud_does_not_know_is_an_error_on_its_id() {
    let simulator = Simulator::start(Seed::Empty);
    Case::new(simulator.env())
        .plan_fails(
            with("client_id = \"kong\""),
            &["Invalid client_id", "with konnectazure"],
        )
        .apply_fails(
            with("client_id = \"0b6f5d1c-7a83-4e29-9d40-c3b2a1f0e987\""),
            &[
                "client_id = \"0b6f5d1c",
                "Leave client_id out to take Kong's own",
            ],
        )
        .run();
}

#[test]
fn an_answer_that_is_lost_makes_no_second_one() {
    let simulator = Simulator::start(Seed::Empty);
    simulator.fault(json!({
        "service": "graph", "method": "POST", "path": "/servicePrincipals", "reset": "after"
    }));
    Case::new(simulator.env())
        .apply(CONFIGURATION, &[(ADDRESS, "create")], |state| {
            assert_eq!(state[ADDRESS]["created"], true);
            assert_eq!(principals(&simulator).len(), 1);
        })
        .run();
    assert!(principals(&simulator).is_empty());
}

#[test]
fn the_client_id_may_be_spelled_in_capitals() {
    let simulator = Simulator::start(Seed::Empty);
    let capitals = with(&format!("client_id = \"{}\"", KONG.to_uppercase()));
    Case::new(simulator.env())
        .apply(capitals, &[(ADDRESS, "create")], |state| {
            assert_eq!(state[ADDRESS]["client_id"], KONG.to_uppercase());
            assert_eq!(state[ADDRESS]["admin_consent_url"], consent_url(&simulator));
        })
        .run();
}

// Row 9 of docs/user-pains.md.
#[test]
fn replicas_that_lag_are_waited_for() {
    let simulator = Simulator::start(Seed::Empty);
    simulator.settings(json!({ "lag": { "service_principal": 3600 } }));
    Case::new(simulator.env())
        .apply(CONFIGURATION, &[(ADDRESS, "create")], |_| {})
        .run();
    assert!(principals(&simulator).is_empty());
}

// Row 9 of docs/user-pains.md.
#[test]
fn consent_that_lists_are_late_to_show_is_adopted() {
    let simulator = Simulator::start(Seed::Empty);
    simulator.consent();
    simulator.fault(json!({
        "service": "graph", "method": "GET", "path": "/servicePrincipals?", "times": 4, "status": 200, "body": { "value": [] }
    }));
    Case::new(simulator.env())
        .apply(CONFIGURATION, &[(ADDRESS, "create")], |state| {
            assert_eq!(state[ADDRESS]["created"], false);
        })
        .run();
    assert_eq!(principals(&simulator).len(), 1);
}

// Row 16 of docs/user-pains.md.
#[test]
fn two_applications_stand_side_by_side_and_one_can_be_named_twice() {
    let simulator = Simulator::start(Seed::Empty);
    let other = "54aeca8a-ec61-4737-9a1a-99ca4fed32da";
    simulator.world(json!({ "add": "application", "object": {
        "id": "1c2d3e4f-5a6b-4c7d-8e9f-0a1b2c3d4e5f", "app_id": other, "display_name": "dns",
        "owner_tenant_id": "9f8e7d6c-5b4a-4392-8170-6f5e4d3c2b1a",
    } }));
    let dns = "konnectazure_service_principal.dns";
    let both = format!(
        "{CONFIGURATION}\nresource \"konnectazure_service_principal\" \"dns\" {{\n  client_id = \"{other}\"\n}}"
    );
    let again = "konnectazure_service_principal.again";
    let twice = format!("{both}\nresource \"konnectazure_service_principal\" \"again\" {{}}");
    Case::new(simulator.env())
        .apply(both, &[(dns, "create"), (ADDRESS, "create")], |state| {
            assert_eq!(state[dns]["display_name"], "dns");
            assert_ne!(state[dns]["object_id"], state[ADDRESS]["object_id"]);
        })
        .apply(twice, &[(again, "create")], |state| {
            assert_eq!(state[again]["created"], false);
        })
        .run();
    assert!(
        simulator.leftovers().is_empty(),
        "{:?}",
        simulator.leftovers()
    );
}

// Row 8 of docs/user-pains.md.
#[test]
fn a_refused_deletion_is_looked_after() {
    let simulator = Simulator::start(Seed::Empty);
    simulator.settings(json!({ "rights": { "graph_delete": false } }));
    let workspace = Workspace::new(simulator.env());
    workspace.write(CONFIGURATION);
    workspace.apply().expect_success("apply");
    let said = workspace.destroy().expect_failure("a refused deletion");
    assert!(
        said.contains("Deleting it needs the same rights")
            && said.contains("It is still in the tenant"),
        "{said}"
    );
    // The other way round: refused, and gone all the same.
    let id = principals(&simulator)[0]["id"].clone();
    let path = format!("/servicePrincipals/{}", id.as_str().unwrap());
    simulator.fault(json!({
        "service": "graph", "method": "GET", "path": path, "nth": 2, "times": 0, "status": 404,
        "body": { "error": { "code": "Request_ResourceNotFound", "message": "Resource does not exist." } }
    }));
    workspace
        .destroy()
        .expect_success("a deletion that was carried out");
    assert!(workspace.state().is_empty());
}

#[test]
fn how_it_may_be_adopted_changes_without_a_request() {
    let simulator = Simulator::start(Seed::Empty);
    let strict = with(&format!(
        "client_id = \"{}\"\nuse_existing = false",
        KONG.to_uppercase()
    ));
    Case::new(simulator.env())
        .apply(CONFIGURATION, &[(ADDRESS, "create")], |_| {
            simulator.clear_requests();
        })
        .apply(strict, &[(ADDRESS, "update")], |state| {
            assert_eq!(state[ADDRESS]["use_existing"], false);
            assert_eq!(state[ADDRESS]["client_id"], KONG);
        })
        .outside(|_| {
            let writes = ["POST", "PATCH", "DELETE"].map(|method| sent(&simulator, method));
            assert_eq!(writes, [0, 0, 0]);
        })
        .run();
}

#[test]
fn another_tenant_is_an_error_and_not_a_disappearance() {
    let simulator = Simulator::start(Seed::Empty);
    let mut workspace = Workspace::new(simulator.env());
    workspace.write(CONFIGURATION);
    workspace.apply().expect_success("apply");
    let own = simulator.url("tenant_id").to_owned();
    workspace.set("ARM_TENANT_ID", "0b6f5d1c-7a83-4e29-9d40-c3b2a1f0e987");
    let Err(failed) = workspace.try_plan(&[]) else {
        panic!("the plan should have failed");
    };
    let said = folded(&failed.text);
    assert!(
        said.contains(&format!("It belongs to tenant {own}")),
        "{said}"
    );
    workspace.set("ARM_TENANT_ID", &own);
    workspace.assert_settled();
    workspace.destroy().expect_success("destroy");
}

// Row 13 of docs/user-pains.md.
#[test]
fn sign_in_that_is_switched_off_and_a_foreign_cloud_are_warned_of() {
    let simulator = Simulator::start(Seed::Empty);
    let id = simulator.consent()["id"].clone();
    simulator.world(json!({
        "patch": "service_principal", "id": id, "set": { "account_enabled": false }
    }));
    let mut workspace = Workspace::new(simulator.env());
    workspace.set("ARM_ENVIRONMENT", "usgovernment");
    workspace.write(CONFIGURATION);
    let text = folded(&workspace.apply().expect_success("apply"));
    assert!(
        text.contains("Sign-in is switched off for service principal"),
        "{text}"
    );
    assert!(
        text.contains("known in Azure's public cloud only"),
        "{text}"
    );
    workspace.destroy().expect_success("destroy");
}

// Row 2 of docs/user-pains.md.
// Row 12 of docs/user-pains.md.
#[test]
fn the_data_source_reads_it_or_gives_the_link() {
    let simulator = Simulator::start(Seed::Empty);
    let url = consent_url(&simulator);
    let impatient = DATA.replace("{}", "{\nwait_for_consent = \"90ms\"\n}");
    Case::new(simulator.env())
        .plan_fails(DATA, &["nobody has given consent yet", &url])
        .plan_fails(impatient, &["Nobody has given consent within 90ms", &url])
        .plan_fails(
            DATA.replace("{}", "{\nwait_for_consent = \"soon\"\n}"),
            &["Invalid wait_for_consent"],
        )
        .outside(|_| {
            simulator.consent();
        })
        .apply(DATA, &[], |state| {
            let kong = &state["data.konnectazure_service_principal.kong"];
            assert_eq!(kong["object_id"], principals(&simulator)[0]["id"]);
            assert_eq!(kong["client_id"], KONG);
            assert_eq!(kong["account_enabled"], true);
            assert_eq!(kong["admin_consent_url"], url);
        })
        .run();
}

// Row 6 of docs/user-pains.md.
// Row 12 of docs/user-pains.md.
#[test]
fn the_data_source_waits_for_an_administrator() {
    let simulator = Simulator::start(Seed::Empty);
    let workspace = Workspace::new(simulator.env());
    workspace.write(&DATA.replace("{}", "{\nwait_for_consent = \"10m\"\n}"));
    let running = workspace.start(&["plan", "-no-color"]);
    let started = Instant::now();
    while sent(&simulator, "GET") < 3 {
        assert!(started.elapsed() < PATIENCE, "nobody looks for the consent");
        std::thread::yield_now();
    }
    simulator.consent();
    running
        .finish()
        .status
        .success()
        .then_some(())
        .expect("a plan after consent");
}
