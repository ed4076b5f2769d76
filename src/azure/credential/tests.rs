use std::collections::HashMap;
use std::ffi::OsStr;
use std::io;
use std::process::{ExitStatus, Output};
use std::sync::Mutex as StdMutex;

use url::form_urlencoded;

use super::*;
use crate::http::transport::scripted::{Answer, Script};
use crate::http::{Authorize, InterruptionKind, Scope};

const TENANT: &str = "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11";
const AUDIENCE: &str = "https://management.azure.com/.default";

fn token(text: &str) -> Answer {
    Answer::json(
        200,
        format!(
            r#"{{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"{text}"}}"#
        ),
    )
}

fn refusal(status: u16, error: &str, code: u32, description: &str) -> Answer {
    let body = serde_json::json!({
        "error": error,
        "error_description": format!("AADSTS{code}: {description}\r\nTrace ID: tttt\r\nCorrelation ID: cccc\r\nTimestamp: now"),
        "error_codes": [code],
        "timestamp": "now",
        "trace_id": "tttt",
        "correlation_id": "cccc",
        "error_uri": "https://login.example/error?code=1"
    });
    Answer::json(status, body.to_string())
}

fn with_secret() -> CredentialSettings {
    CredentialSettings {
        client_id: Some("app".into()),
        client_secret: Some(Secret::new("hunter2\n")),
        ..CredentialSettings::default()
    }
}

fn with_oidc() -> CredentialSettings {
    CredentialSettings {
        client_id: Some("app".into()),
        use_oidc: true,
        ..CredentialSettings::default()
    }
}

fn credentials(settings: CredentialSettings, script: &Script) -> Arc<Credentials> {
    Arc::new(Credentials::new(
        settings,
        Some(TENANT.parse().unwrap()),
        None,
        Url::parse("https://login.example").unwrap(),
        Transport::scripted(script.clone()),
    ))
}

async fn issue(settings: CredentialSettings, script: &Script) -> Result<Issued, Error> {
    credentials(settings, script)
        .issuer(AUDIENCE.into())
        .issue()
        .await
}

#[tokio::test]
async fn a_token_is_taken_from_whatever_answer_holds_one() {
    for answer in [
        r#"{"access_token":"t","token_type":"Bearer","expires_in":3599}"#,
        r#"{"access_token":"t","token_type":"Bearer","expires_in":"3599","ext_expires_in":null}"#,
        r#"{"access_token":"t","token_type":"Bearer","expires_in":3599.0,"ext_expires_in":"3599"}"#,
        r#"{"access_token":"t","expires_in":3599}"#,
        r#"{"access_token":"t"}"#,
    ] {
        let script = Script::new([Answer::json(200, answer)]);
        let issued = issue(with_secret(), &script).await;
        assert_eq!(
            issued.err().map(|error| error.to_string()),
            None,
            "{answer}"
        );
    }
}

/// The form fields of a token request.
fn form(script: &Script, index: usize) -> HashMap<String, String> {
    let seen = script.seen();
    let body = seen[index].body.clone().unwrap();
    form_urlencoded::parse(&body).into_owned().collect()
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_exchanged_at_the_tenants_endpoint() {
    let script = Script::new([token("t")]);
    let issued = issue(with_secret(), &script).await.unwrap();
    assert_eq!(issued.token.expose(), "t");
    assert!(
        issued.lifetime > Duration::from_secs(3500) && issued.lifetime < Duration::from_secs(3700)
    );
    assert_eq!(
        script.calls(),
        [format!("POST /{TENANT}/oauth2/v2.0/token")]
    );
    assert_eq!(script.seen()[0].url.host_str(), Some("login.example"));
    let form = form(&script, 0);
    assert_eq!(form["client_secret"], "hunter2");
    assert_eq!(form["client_id"], "app");
    assert_eq!(form["scope"], AUDIENCE);
    assert_eq!(form["grant_type"], "client_credentials");
}

#[tokio::test(start_paused = true)]
async fn no_token_is_issued_twice() {
    let script = Script::new([token("one"), token("two")]);
    let issuer = credentials(with_secret(), &script).issuer(AUDIENCE.into());
    assert_eq!(issuer.issue().await.unwrap().token.expose(), "one");
    assert_eq!(issuer.issue().await.unwrap().token.expose(), "two");
}

#[tokio::test(start_paused = true)]
async fn entras_refusals_keep_their_words_and_get_a_hint() {
    // The line breaks in Entra's text are what the credential library cannot read by itself.
    let table = [
        (
            401,
            "invalid_client",
            7_000_215,
            "Invalid client secret provided. Ensure the \"value\" is sent.",
            "not its id",
        ),
        (
            400,
            "unauthorized_client",
            700_016,
            "Application with identifier 'app' was not found.",
            "check client_id",
        ),
        (
            401,
            "invalid_client",
            7_000_229,
            "The client application is missing service principal.",
            "consent",
        ),
        (
            400,
            "invalid_client",
            700_213,
            "No matching federated identity record found.",
            "No federated credential",
        ),
        (
            401,
            "invalid_client",
            700_024,
            "Client assertion is not within its valid time range.",
            "outside its time",
        ),
        (
            400,
            "invalid_request",
            90_002,
            "Tenant not found.",
            "check tenant_id",
        ),
    ];
    for (status, error, code, description, hint) in table {
        let script = Script::new([refusal(status, error, code, description)]);
        let failure = issue(with_secret(), &script).await.err().unwrap();
        assert!(failure.is_credential(), "{failure}");
        let text = failure.to_string();
        for part in [
            "https://management.azure.com could be had with the client secret",
            error,
            &format!("AADSTS{code}"),
            "trace id: tttt",
            "correlation id: cccc",
            hint,
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(
            !text.contains("hunter2") && !text.contains("borrowed"),
            "{text}"
        );
        assert_eq!(text.matches("tttt").count(), 1, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_gateways_page_shows_its_text() {
    let page = "<html><head><title>Blocked by \"policy\"</title></head></html>";
    let script = Script::new([Answer::json(403, page)]);
    let text = issue(with_secret(), &script)
        .await
        .err()
        .unwrap()
        .to_string();
    assert!(
        text.contains("403") && text.contains("Blocked by 'policy'"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn passing_failures_are_tried_again_within_bounds() {
    let busy = || Answer::Status(429, vec![("retry-after", "3600".to_owned())], String::new());
    let script = Script::new([
        busy(),
        Answer::json(503, ""),
        Answer::Broken(InterruptionKind::NotConnected),
        token("t"),
    ]);
    let started = tokio::time::Instant::now();
    assert_eq!(
        issue(with_secret(), &script).await.unwrap().token.expose(),
        "t"
    );
    assert!(started.elapsed() < Duration::from_secs(40));

    let down: Vec<Answer> = (0..5).map(|_| Answer::json(503, "")).collect();
    let failure = issue(with_secret(), &Script::new(down))
        .await
        .err()
        .unwrap();
    assert!(
        failure.is_passing() && failure.status() == Some(503),
        "{failure}"
    );

    let cut: Vec<Answer> = (0..5)
        .map(|_| Answer::Broken(InterruptionKind::Lost))
        .collect();
    assert!(
        issue(with_secret(), &Script::new(cut))
            .await
            .err()
            .unwrap()
            .is_passing()
    );
}

#[tokio::test(start_paused = true)]
async fn an_untrusted_entra_is_final_and_says_so() {
    let script = Script::new([Answer::Broken(InterruptionKind::Untrusted)]);
    let failure = issue(with_secret(), &script).await.err().unwrap();
    assert!(
        !failure.is_passing() && failure.is_credential(),
        "{failure}"
    );
    assert_eq!(script.left(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_token_file_is_read_again_and_trimmed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("token");
    let script = Script::new([token("one"), token("two")]);
    let settings = CredentialSettings {
        oidc_token_file_path: Some(path.clone()),
        ..with_oidc()
    };
    let issuer = credentials(settings, &script).issuer(AUDIENCE.into());
    let missing = issuer.issue().await.err().unwrap();
    assert!(missing.to_string().contains("cannot be read"), "{missing}");
    std::fs::write(&path, "first\n").unwrap();
    issuer.issue().await.unwrap();
    std::fs::write(&path, "second\n").unwrap();
    issuer.issue().await.unwrap();
    assert_eq!(form(&script, 0)["client_assertion"], "first");
    assert_eq!(form(&script, 1)["client_assertion"], "second");
}

#[tokio::test(start_paused = true)]
async fn github_is_asked_for_an_assertion_for_every_token() {
    let script = Script::new([
        Answer::json(200, r#"{"value":"a1","count":1}"#),
        token("one"),
        Answer::json(500, ""),
        Answer::json(200, r#"{"value":"a2"}"#),
        token("two"),
    ]);
    let settings = CredentialSettings {
        oidc_request_url: Some(
            "https://ci.example/token/a%20b/idtoken?api-version=2.0&audience=other".into(),
        ),
        oidc_request_token: Some(Secret::new("hunter3")),
        ..with_oidc()
    };
    let issuer = credentials(settings, &script).issuer(AUDIENCE.into());
    issuer.issue().await.unwrap();
    issuer.issue().await.unwrap();
    assert_eq!(
        script.calls()[0],
        "GET /token/a%20b/idtoken?api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange"
    );
    let asked = &script.seen()[0].headers;
    assert_eq!(asked["authorization"], "Bearer hunter3");
    assert_eq!(form(&script, 1)["client_assertion"], "a1");
    assert_eq!(form(&script, 4)["client_assertion"], "a2");
}

#[tokio::test(start_paused = true)]
async fn azure_pipelines_is_asked_with_its_connection() {
    let script = Script::new([Answer::json(200, r#"{"oidcToken":"a1"}"#), token("one")]);
    let settings = CredentialSettings {
        oidc_request_url: Some("https://dev.example/org/_apis/oidctoken".into()),
        oidc_request_token: Some(Secret::new("hunter3")),
        ado_pipeline_service_connection_id: Some("conn-1".into()),
        ..with_oidc()
    };
    issue(settings, &script).await.unwrap();
    assert_eq!(
        script.calls()[0],
        "POST /org/_apis/oidctoken?api-version=7.1&serviceConnectionId=conn-1"
    );
    assert_eq!(
        script.seen()[0].headers["x-tfs-fedauthredirect"],
        "Suppress"
    );
    assert_eq!(form(&script, 1)["client_assertion"], "a1");
}

#[tokio::test(start_paused = true)]
async fn a_job_without_the_right_to_tokens_is_told_which() {
    let script = Script::new([Answer::json(
        403,
        r#"{"message":"Resource not accessible by integration"}"#,
    )]);
    let settings = CredentialSettings {
        oidc_request_url: Some("https://ci.example/idtoken".into()),
        oidc_request_token: Some(Secret::new("hunter3")),
        ..with_oidc()
    };
    let failure = issue(settings, &script).await.err().unwrap();
    let text = failure.to_string();
    assert!(
        failure.is_credential() && text.contains("id-token: write"),
        "{text}"
    );
    assert!(
        text.contains("not accessible") && !text.contains("hunter3"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_service_in_the_clear_is_refused() {
    let settings = CredentialSettings {
        oidc_request_url: Some("http://ci.example/idtoken".into()),
        oidc_request_token: Some(Secret::new("hunter3")),
        ..with_oidc()
    };
    let failure = issue(settings, &Script::default()).await.err().unwrap();
    assert!(
        failure.is_not_configured() && failure.to_string().contains("oidc_request_url"),
        "{failure}"
    );
}

/// Plays the shell that starts the CLI.
#[derive(Debug, Default)]
struct Shell {
    stdout: &'static str,
    stderr: &'static str,
    status: i32,
    lines: StdMutex<Vec<String>>,
}

#[async_trait]
impl Executor for Shell {
    async fn run(&self, _program: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let line = args.last().unwrap().to_string_lossy().into_owned();
        self.lines.lock().unwrap().push(line);
        Ok(Output {
            status: exit_status(self.status),
            stdout: self.stdout.into(),
            stderr: self.stderr.into(),
        })
    }
}

#[cfg(unix)]
fn exit_status(code: i32) -> ExitStatus {
    std::os::unix::process::ExitStatusExt::from_raw(code << 8)
}

#[cfg(windows)]
fn exit_status(code: i32) -> ExitStatus {
    std::os::windows::process::ExitStatusExt::from_raw(u32::try_from(code).unwrap())
}

fn with_shell(
    tenant_id: Option<&str>,
    subscription_id: Option<&str>,
    shell: &Arc<Shell>,
) -> Arc<Credentials> {
    let bare = Credentials::new(
        CredentialSettings::default(),
        tenant_id.map(|id| id.parse().unwrap()),
        subscription_id.map(|id| id.parse().unwrap()),
        Url::parse("https://login.example").unwrap(),
        Transport::scripted(Script::default()),
    );
    let shell: Arc<dyn Executor> = Arc::<Shell>::clone(shell);
    Arc::new(bare.with_executor(shell))
}

const SUBSCRIPTION: &str = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";

#[tokio::test]
async fn the_cli_is_told_tenant_or_subscription_but_not_both() {
    for (tenant, subscription, present, absent) in [
        (Some(TENANT), Some(SUBSCRIPTION), TENANT, SUBSCRIPTION),
        (None, Some(SUBSCRIPTION), SUBSCRIPTION, "--tenant"),
        (None, None, AUDIENCE, "--tenant"),
    ] {
        let shell = Arc::new(Shell {
            stdout: r#"{"accessToken":"t","expires_on":4102444800,"tokenType":"Bearer"}"#,
            ..Shell::default()
        });
        let issuer = with_shell(tenant, subscription, &shell).issuer(AUDIENCE.into());
        assert_eq!(issuer.issue().await.unwrap().token.expose(), "t");
        let lines = shell.lines.lock().unwrap();
        assert!(
            lines[0].contains(present) && !lines[0].contains(absent),
            "{lines:?}"
        );
    }
}

#[tokio::test]
async fn a_cli_that_is_not_logged_in_or_not_there_is_told_apart() {
    for (status, stderr, expected) in [
        (
            1,
            "ERROR: Please run 'az login' to setup account.",
            "Please run 'az login'",
        ),
        (127, "/bin/sh: az: not found", "Install the Azure CLI"),
    ] {
        let shell = Arc::new(Shell {
            stderr,
            status,
            ..Shell::default()
        });
        let failure = with_shell(None, None, &shell)
            .issuer(AUDIENCE.into())
            .issue()
            .await
            .err()
            .unwrap();
        assert!(
            failure.is_credential() && failure.to_string().contains(expected),
            "{failure}"
        );
    }
}

#[tokio::test]
async fn the_tenant_is_the_clis_only_where_the_cli_is_used() {
    let shell = Arc::new(Shell {
        stdout: r#"{"id":"0b1f6471-1bf0-4dda-aec3-cb9272f09590","tenantId":"2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11","name":"x"}"#,
        ..Shell::default()
    });
    let credentials = with_shell(None, Some(SUBSCRIPTION), &shell);
    assert_eq!(credentials.cli_tenant_id().await.unwrap().as_str(), TENANT);
    assert!(shell.lines.lock().unwrap()[0].ends_with(&format!(
        "az account show -o json --subscription {SUBSCRIPTION}"
    )));

    let broken = Arc::new(Shell {
        status: 1,
        stderr: "ERROR: Please run 'az login'",
        ..Shell::default()
    });
    let failure = with_shell(None, None, &broken)
        .cli_tenant_id()
        .await
        .unwrap_err();
    assert!(failure.to_string().contains("az login"), "{failure}");

    let machine = CredentialSettings {
        use_msi: true,
        ..CredentialSettings::default()
    };
    let failure = credentials_of(machine).cli_tenant_id().await.unwrap_err();
    assert!(failure.to_string().contains("ARM_TENANT_ID"), "{failure}");
}

fn credentials_of(settings: CredentialSettings) -> Arc<Credentials> {
    credentials(settings, &Script::default())
}

#[tokio::test(start_paused = true)]
async fn what_was_passed_over_is_told_when_the_chosen_way_fails() {
    let settings = CredentialSettings {
        client_secret: None,
        ..with_secret()
    };
    let settings = CredentialSettings {
        client_certificate: Some(Secret::new("AAAA")),
        client_id: None,
        ..settings
    };
    let shell = Arc::new(Shell {
        status: 1,
        stderr: "ERROR: not logged in",
        ..Shell::default()
    });
    let bare = Credentials::new(
        settings,
        None,
        None,
        Url::parse("https://login.example").unwrap(),
        Transport::scripted(Script::default()),
    );
    let shell: Arc<dyn Executor> = shell;
    let failure = Arc::new(bare.with_executor(shell))
        .issuer(AUDIENCE.into())
        .issue()
        .await
        .err()
        .unwrap();
    let text = failure.to_string();
    assert!(
        text.contains("client_certificate is set, but tenant_id and client_id is not"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn no_secret_shows_in_any_debug_output() {
    let settings = CredentialSettings {
        client_id: Some("hunter0".into()),
        oidc_token: Some(Secret::new("hunter1")),
        client_certificate_password: Some(Secret::new("hunter2")),
        ..with_secret()
    };
    let shown = format!("{settings:?} {:?}", credentials_of(settings.clone()));
    assert!(!shown.contains("hunter"), "{shown}");
}

/// Row 77 of docs/user-pains.md: a wait outlives the pipeline's first assertion, which holds for minutes only.
#[tokio::test(start_paused = true)]
async fn a_wait_of_hours_asks_for_a_fresh_assertion_with_each_token() {
    const HOURS: u64 = 3;
    // A token holds for an hour, and is renewed five minutes before.
    const EXCHANGES: usize = 4;
    let answers = (1..=EXCHANGES).flat_map(|number| {
        let assertion = format!(r#"{{"value":"assertion{number}"}}"#);
        [
            Answer::json(200, assertion),
            token(&format!("token{number}")),
        ]
    });
    let script = Script::new(answers);
    let settings = CredentialSettings {
        oidc_request_url: Some("https://ci.example/idtoken".into()),
        oidc_request_token: Some(Secret::new("hunter3")),
        ..with_oidc()
    };
    let source = crate::azure::token::TokenSource::new(
        credentials(settings, &script).issuer(AUDIENCE.into()),
    );
    let started = tokio::time::Instant::now();
    let mut used = Vec::new();
    while started.elapsed() < Duration::from_secs(HOURS * 3600) {
        let header = source.authorization(None).await.unwrap();
        let header = header.to_str().unwrap().to_owned();
        if used.last() != Some(&header) {
            used.push(header);
        }
        tokio::time::advance(Duration::from_secs(15)).await;
    }
    assert_eq!(script.left(), 0);
    for number in 1..=EXCHANGES {
        assert_eq!(used[number - 1], format!("Bearer token{number}"));
        let sent = form(&script, 2 * number - 1);
        assert_eq!(sent["client_assertion"], format!("assertion{number}"));
    }
}

/// Two audiences never wait for each other: a hanging token request holds up its own alone.
#[tokio::test(start_paused = true)]
async fn audiences_have_credentials_of_their_own() {
    let script = Script::new([Answer::Silence, token("graph")]);
    let credentials = credentials(with_secret(), &script);
    let arm = crate::azure::token::TokenSource::new(credentials.issuer(AUDIENCE.into()));
    let graph = crate::azure::token::TokenSource::new(
        credentials.issuer("https://graph.microsoft.com/.default".into()),
    );
    let hanging = tokio::spawn(async move {
        let scope = Scope::detached(Duration::from_secs(5));
        scope.bound(arm.authorization(None)).await.is_err()
    });
    tokio::task::yield_now().await;
    assert_eq!(graph.authorization(None).await.unwrap(), "Bearer graph");
    assert!(hanging.await.unwrap());
}
