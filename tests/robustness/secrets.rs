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
        // A success that cannot be read, whose ids are told.
        ("konnect", 200),
        ("arm", 200),
    ] {
        let thrown_back = json!({
            "service": service,
            "times": 0,
            "status": status,
            "body": echo,
            "headers": {
                "x-ms-request-id": token,
                "x-ms-correlation-request-id": issued,
                "x-kong-request-id": format!("{token} {secret}"),
            },
        });
        simulator.fault(thrown_back);
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

/// What a credential is configured by, and what of it must not be seen.
struct Kind {
    /// Who is sent it; nobody else can throw it back.
    service: &'static str,
    variables: &'static [(&'static str, &'static str)],
    secrets: &'static [&'static str],
}

/// None of these looks like a token.
const KINDS: [Kind; 5] = [
    Kind {
        service: "konnect",
        variables: &[("KONNECT_TOKEN", "correct-horse/battery+staple")],
        secrets: &["correct-horse/battery+staple"],
    },
    Kind {
        service: "entra",
        variables: &[("ARM_CLIENT_SECRET", "only some words & a sign")],
        secrets: &["only some words & a sign", "only+some+words+%26+a+sign"],
    },
    Kind {
        service: "entra",
        variables: &[
            ("ARM_CLIENT_SECRET", ""),
            ("ARM_USE_OIDC", "true"),
            ("ARM_OIDC_TOKEN", "an.assertion-of/nothing"),
        ],
        secrets: &["an.assertion-of/nothing"],
    },
    Kind {
        service: "entra",
        variables: &[
            ("ARM_CLIENT_SECRET", ""),
            ("ARM_CLIENT_CERTIFICATE", "bm90IGEgY2VydGlmaWNhdGU="),
            ("ARM_CLIENT_CERTIFICATE_PASSWORD", "open sesame, please"),
        ],
        secrets: &[
            "bm90IGEgY2VydGlmaWNhdGU=",
            "open sesame",
            "not a certificate",
        ],
    },
    Kind {
        service: "entra",
        variables: &[
            ("ARM_CLIENT_SECRET", ""),
            ("ARM_USE_OIDC", "true"),
            ("ARM_OIDC_REQUEST_URL", "https://127.0.0.1:9/token"),
            ("ARM_OIDC_REQUEST_TOKEN", "the-pipelines-own-words"),
        ],
        secrets: &["the-pipelines-own-words"],
    },
];

#[test]
fn what_is_thrown_back_is_masked_for_every_kind_of_credential_whatever_it_looks_like() {
    let simulator = Simulator::start(Seed::Demo);
    for kind in KINDS {
        let mut workspace = workspace(&simulator, &everything(&simulator));
        let log = workspace.folder().join("trace.log");
        workspace.set("TF_LOG", "TRACE");
        workspace.set("TF_LOG_PATH", log.to_str().unwrap());
        for (name, value) in kind.variables {
            workspace.unset(name);
            if !value.is_empty() {
                workspace.set(name, value);
            }
        }
        let secrets: Vec<String> = kind.secrets.iter().map(ToString::to_string).collect();
        let text = format!("you sent {}", secrets.join(" and "));
        let bodies = [
            json!({ "message": text, "title": text, "detail": text, "instance": text,
                    "invalid_parameters": [{ "field": text, "reason": text }] }),
            json!({ "error": { "code": text, "message": text } }),
            json!({ "error": text, "error_description": text, "trace_id": text }),
            json!(text),
        ];
        for (status, body) in [
            (400, &bodies[0]),
            (401, &bodies[1]),
            (400, &bodies[2]),
            (403, &bodies[3]),
        ] {
            simulator.fault(
                json!({ "service": kind.service, "times": 0, "status": status, "body": body }),
            );
            let said = workspace
                .run(&["apply", "-auto-approve", "-no-color"])
                .expect_failure("an apply whose services throw everything back");
            simulator.clear_faults();
            assert_silent(&workspace, &said, &secrets);
        }
        assert!(
            fs::read_to_string(&log).unwrap().contains("konnectazure"),
            "the log is written"
        );
    }
}
