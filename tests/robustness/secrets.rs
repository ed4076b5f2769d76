//! Secrets stay where they are.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::support::simulator::{Seed, Simulator};
use super::support::terraform::Workspace;
use super::{everything, workspace};

/// Everything that the working directory holds, as text.
fn files(folder: &Path, into: &mut String) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        if entry.path().is_dir() {
            files(&entry.path(), into);
        } else {
            into.push_str(&String::from_utf8_lossy(
                &fs::read(entry.path()).unwrap_or_default(),
            ));
        }
    }
}

#[track_caller]
fn assert_silent(workspace: &Workspace, said: &str, secrets: &[String]) {
    let mut all = said.to_owned();
    files(workspace.folder(), &mut all);
    for secret in secrets {
        let hit = all.find(secret.as_str());
        assert!(
            hit.is_none(),
            "{secret} in …{}…",
            hit.and_then(|at| all.get(at.saturating_sub(300)..at + 20))
                .unwrap_or_default()
        );
    }
}

#[test]
fn no_secret_reaches_logs_state_plan_or_errors_on_the_good_or_the_bad_way() {
    let simulator = Simulator::start(Seed::Demo);
    let mut workspace = workspace(&simulator, &everything(&simulator));
    let log = workspace.folder().join("trace.log");
    workspace.set("TF_LOG", "TRACE");
    workspace.set("TF_LOG_PATH", log.to_str().unwrap());
    let token = simulator.url("konnect_token").to_owned();
    let secret = simulator.url("client_secret").to_owned();
    let mut secrets = vec![token.clone(), secret.clone()];
    // Access tokens are JSON Web Tokens, which all begin like this one.
    let issued = simulator.token("https://management.azure.com/.default");
    secrets.push(issued.split('.').next().unwrap().to_owned());

    let mut said = workspace
        .run(&["plan", "-no-color", "-out=plan.bin"])
        .expect_success("plan");
    said += &workspace
        .run(&["show", "-json", "plan.bin"])
        .expect_success("show of the plan");
    said += &workspace.apply().expect_success("apply");
    said += &workspace.run(&["show", "-json"]).expect_success("show");
    assert!(
        fs::read_to_string(&log).unwrap().contains("konnectazure"),
        "the log is written"
    );
    assert_silent(&workspace, &said, &secrets);

    // Services that throw the request back.
    let echo = json!({ "message": format!("you sent Authorization: Bearer {token} and client_secret={secret} and {issued}") });
    for (service, status) in [
        ("konnect", 401),
        ("konnect", 400),
        ("arm", 403),
        ("graph", 500),
        ("entra", 401),
    ] {
        simulator.fault(json!({ "service": service, "times": 0, "status": status, "body": echo }));
        let said = workspace.run(&["plan", "-no-color"]).text;
        assert_silent(&workspace, &said, &secrets);
        simulator.clear_faults();
    }
    workspace.set("KONNECT_TOKEN", "kpat_broken\u{7}token0that0cannot0be0sent");
    let said = workspace
        .run(&["plan", "-no-color"])
        .expect_failure("a token that cannot be sent");
    assert_silent(&workspace, &said, &["token0that0cannot".to_owned()]);
    workspace.set("KONNECT_TOKEN", &token);
    workspace.set("ARM_CLIENT_SECRET", "wrong~secret~that~is~refused");
    let said = workspace
        .run(&["plan", "-no-color"])
        .expect_failure("a wrong secret");
    assert_silent(
        &workspace,
        &said,
        &["wrong~secret~that~is~refused".to_owned()],
    );
}
