//! The faults: what each does to one exchange, which exchanges it makes sense for, and what it may cost the call.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};

use crate::lab::{Call, Lab, Settings, impatient};
use crate::support::simulator::Simulator;

/// One exchange of a call, as a run without faults showed it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) call: Call,
    pub(crate) service: String,
    pub(crate) method: String,
    /// The path with its ids left out.
    pub(crate) shape: String,
    /// Its place among those of its service and method, from 1.
    pub(crate) nth: usize,
    /// Something was written before it, in the same call.
    pub(crate) after_write: bool,
}

impl Target {
    fn is_read(&self) -> bool {
        self.method == "GET"
    }

    pub(crate) fn is_write(&self) -> bool {
        !self.is_read() && !self.is("entra")
    }

    /// It asks for one object, or for its deletion.
    fn is_of_an_object(&self) -> bool {
        (self.is_read() || self.method == "DELETE")
            && !self.is("entra")
            && self.shape.ends_with("/*")
    }

    /// A look of a wait for what was written.
    fn is_in_a_wait(&self) -> bool {
        self.is_read() && self.after_write
    }

    fn is(&self, service: &str) -> bool {
        self.service == service
    }

    fn is_azure(&self) -> bool {
        self.is("arm") || self.is("graph")
    }
}

/// What a fault may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cost {
    /// Nothing: the call must succeed.
    Nothing,
    /// The call, with an error; the next one works.
    ThisCall,
    /// The same, and what was made is told by an error of the next one, which holds its id and the import block.
    ToldNext,
}

/// One kind of fault.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    /// The scripted fault's fields besides those that select the exchange; null where the settings are the fault.
    pub(crate) script: fn(&Target) -> Json,
    pub(crate) settings: fn(&Simulator, &Target) -> Settings,
    pub(crate) applies: fn(&Target) -> bool,
    pub(crate) cost: fn(&Target) -> Cost,
    /// It goes on until the call has ended, for every request to the service.
    pub(crate) lasts: bool,
    /// The call takes at least this long.
    pub(crate) pause: Duration,
    /// How long Entra's tokens are good meanwhile, in seconds.
    pub(crate) token_lifetime: Option<u32>,
}

impl Fault {
    /// Configures the provider as the fault wants it, and lets it happen to this exchange.
    pub(crate) async fn inject(&self, lab: &mut Lab, target: &Target) {
        let settings = (self.settings)(&lab.cloud, target);
        Self::issue_tokens(lab, self.token_lifetime);
        lab.configure(&settings).await;
        let mut script = (self.script)(target);
        let Some(fields) = script.as_object_mut() else {
            return;
        };
        fields.insert("service".to_owned(), target.service.clone().into());
        fields.insert("method".to_owned(), target.method.clone().into());
        fields.insert("nth".to_owned(), target.nth.into());
        if self.lasts {
            fields.insert("times".to_owned(), 0.into());
        }
        lab.cloud.fault(script);
    }

    /// What the fault changed in the world is as before.
    pub(crate) fn clear(&self, lab: &Lab) {
        lab.cloud.clear_faults();
        Self::issue_tokens(lab, self.token_lifetime.and(Some(3600)));
    }

    fn issue_tokens(lab: &Lab, lifetime: Option<u32>) {
        if let Some(seconds) = lifetime {
            lab.cloud
                .settings(json!({ "azure": { "token_lifetime_seconds": seconds } }));
        }
    }
}

const ONCE: Fault = Fault {
    name: "",
    script: |_| Json::Null,
    settings: |_, _| Settings::default(),
    applies: |_| true,
    cost: |_| Cost::Nothing,
    lasts: false,
    pause: Duration::ZERO,
    token_lifetime: None,
};

/// Less than the delays below, and enough for everything else on a busy machine.
const SHORT_TIMEOUT: &str = "500ms";
const DELAY_MS: u64 = 900;

fn hurried(_: &Simulator, _: &Target) -> Settings {
    Settings {
        block: vec![("request_timeout", json!(SHORT_TIMEOUT))],
        ..Settings::default()
    }
}

/// An error in the form of the service that is asked.
fn refusal(target: &Target, code: &str, text: &str) -> Json {
    match target.service.as_str() {
        "konnect" => {
            json!({ "status": 400, "title": code, "detail": text, "instance": "kong:trace:1" })
        }
        "entra" => {
            json!({ "error": "invalid_request", "error_description": text, "error_codes": [90_000] })
        }
        _ => json!({ "error": { "code": code, "message": text } }),
    }
}

/// That there is no such object, in the form of the service that is asked.
fn not_found(target: &Target) -> Json {
    match target.service.as_str() {
        "konnect" => {
            json!({ "status": 404, "title": "Not Found", "detail": "Not found", "instance": "kong:trace:2" })
        }
        "graph" => {
            json!({ "error": { "code": "Request_ResourceNotFound", "message": "not found" } })
        }
        _ => json!({ "error": { "code": "ResourceNotFound", "message": "not found" } }),
    }
}

/// What is to be imported is named by the user, and what a creation needs may be missing indeed: neither is looked for twice.
fn missing_costs(target: &Target) -> Cost {
    let may_be_missing = match target.call {
        Call::Create => !target.after_write,
        Call::Import => true,
        Call::Read | Call::Update | Call::Delete => false,
    };
    if may_be_missing {
        Cost::ThisCall
    } else {
        Cost::Nothing
    }
}

fn huge() -> String {
    "detail ".repeat(150_000)
}

fn final_for(target: &Target, services: &[&str]) -> Cost {
    if services.contains(&target.service.as_str()) {
        Cost::ThisCall
    } else {
        Cost::Nothing
    }
}

/// The variable that holds a service's address.
fn address(target: &Target) -> &'static str {
    match target.service.as_str() {
        "konnect" => "KONNECT_SERVER_URL",
        "arm" => "KONNECTAZURE_RESOURCE_MANAGER_URL",
        "graph" => "KONNECTAZURE_MICROSOFT_GRAPH_URL",
        _ => "KONNECTAZURE_ACTIVE_DIRECTORY_URL",
    }
}

fn elsewhere(target: &Target, url: &str) -> Settings {
    Settings {
        variables: vec![(address(target), url.to_owned())],
        ..impatient()
    }
}

/// An identity token that was good until 2001.
fn expired_assertion() -> String {
    let piece = |value: Json| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.c2lnbmF0dXJl",
        piece(json!({ "alg": "RS256", "kid": "1" })),
        piece(
            json!({ "iss": "https://token.actions.example", "sub": "repo:a/b", "aud": "api://AzureADTokenExchange", "exp": 1_000_000_000 })
        )
    )
}

#[expect(clippy::too_many_lines, reason = "one row after the other")]
pub(crate) fn table() -> Vec<Fault> {
    let status = |name, script| Fault {
        name,
        script,
        ..ONCE
    };
    vec![
        status(
            "429, Retry-After in seconds",
            |_| json!({ "status": 429, "headers": { "retry-after": "0" } }),
        ),
        status("429, Retry-After as a date", |_| {
            let now = httpdate::fmt_http_date(std::time::SystemTime::now());
            json!({ "status": 429, "headers": { "retry-after": now } })
        }),
        status(
            "429 without Retry-After",
            |target| json!({ "status": 429, "body": refusal(target, "TooManyRequests", "slow down") }),
        ),
        status("408", |_| json!({ "status": 408 })),
        status(
            "500",
            |target| json!({ "status": 500, "body": refusal(target, "InternalServerError", "oops") }),
        ),
        status(
            "502 with an HTML body",
            |_| json!({ "status": 502, "body": "<html><head><title>502</title></head><body>Bad Gateway</body></html>" }),
        ),
        status(
            "503",
            |_| json!({ "status": 503, "headers": { "retry-after": "0" } }),
        ),
        status(
            "504",
            |_| json!({ "status": 504, "body": "upstream request timeout" }),
        ),
        Fault {
            applies: Target::is_write,
            ..status(
                "500 after the effect",
                |_| json!({ "status": 500, "handled": true }),
            )
        },
        Fault {
            applies: Target::is_write,
            ..status(
                "504 with an HTML body after the effect",
                |_| json!({ "status": 504, "body": "<html></html>", "handled": true }),
            )
        },
        Fault {
            // Konnect's token is what it is; Azure's are renewed.
            cost: |target| {
                if target.is_in_a_wait() {
                    Cost::Nothing
                } else {
                    final_for(target, &["konnect", "entra"])
                }
            },
            ..status(
                "401 once",
                |target| json!({ "status": 401, "body": refusal(target, "Unauthorized", "who?") }),
            )
        },
        Fault {
            applies: Target::is_azure,
            ..status("all tokens revoked", |_| json!({ "revoke_tokens": true }))
        },
        status(
            "reset before the request is through",
            |_| json!({ "reset": "before" }),
        ),
        status("reset after the effect", |_| json!({ "reset": "after" })),
        status("body cut off", |_| json!({ "truncate": true })),
        Fault {
            cost: |target| {
                if target.is_in_a_wait() {
                    Cost::Nothing
                } else {
                    Cost::ThisCall
                }
            },
            ..status("invalid JSON", |_| json!({ "garble": true }))
        },
        status("unknown keys", |_| json!({ "extra_keys": true })),
        status("missing optional keys", |target| {
            match target.service.as_str() {
                "konnect" => json!({ "remove_keys": ["state_metadata"] }),
                "graph" => {
                    json!({ "remove_keys": ["displayName", "accountEnabled", "appOwnerOrganizationId"] })
                }
                "arm" => json!({ "remove_keys": ["type", "name"] }),
                _ => json!({ "remove_keys": ["ext_expires_in"] }),
            }
        }),
        Fault {
            applies: |target| target.is("konnect") && target.method != "DELETE",
            ..status(
                "unknown enum value",
                |_| json!({ "set_keys": { "state": "hibernating" } }),
            )
        },
        Fault {
            // Entra's answers are read by Microsoft's own library.
            cost: |target| final_for(target, &["entra"]),
            ..status(
                "10.0 for an integer",
                |_| json!({ "decimal_numbers": true }),
            )
        },
        Fault {
            cost: |_| Cost::ThisCall,
            ..status(
                "1 MiB of detail text",
                |target| json!({ "status": 400, "body": refusal(target, "Bad Request", &huge()) }),
            )
        },
        status(
            "1 MiB of text with a 503",
            |target| json!({ "status": 503, "body": refusal(target, "Unavailable", &huge()) }),
        ),
        Fault {
            settings: hurried,
            ..status("slow first byte", |_| json!({ "delay_ms": DELAY_MS }))
        },
        Fault {
            settings: hurried,
            ..status("slow body", |_| json!({ "body_delay_ms": DELAY_MS }))
        },
        Fault {
            applies: |target| target.is_read() && target.after_write,
            ..status("stale read", |_| json!({ "stale": true }))
        },
        Fault {
            applies: |target| target.is_read() && target.after_write,
            ..status(
                "three stale reads",
                |_| json!({ "stale": true, "times": 3 }),
            )
        },
        Fault {
            applies: |target| target.is_of_an_object() && target.after_write,
            ..status(
                "404 for a while after a write",
                |target| json!({ "times": 2, "status": 404, "body": not_found(target) }),
            )
        },
        Fault {
            settings: |_, _| Settings {
                block: vec![("max_retries", json!(1)), ("request_timeout", json!("5s"))],
                ..Settings::default()
            },
            applies: |target| !target.after_write,
            cost: |_| Cost::ToldNext,
            lasts: true,
            ..status("an outage from then on", |_| json!({ "status": 503 }))
        },
        Fault {
            settings: |_, _| impatient(),
            applies: |target| target.method == "POST" && target.is("konnect"),
            cost: |_| Cost::ToldNext,
            lasts: true,
            ..status(
                "an outage after the effect",
                |_| json!({ "status": 503, "handled": true }),
            )
        },
        Fault {
            settings: |_, target| elsewhere(target, &refusing()),
            applies: |target| target.nth == 1,
            cost: |_| Cost::ThisCall,
            lasts: true,
            name: "connection refused",
            ..ONCE
        },
        Fault {
            // A label of more than 63 letters is no name: the resolver refuses it without asking anybody.
            settings: |_, target| elsewhere(target, &format!("https://{}.example", "a".repeat(64))),
            applies: |target| target.nth == 1,
            cost: |_| Cost::ThisCall,
            lasts: true,
            name: "DNS failure",
            ..ONCE
        },
        Fault {
            settings: |cloud, target| {
                let secure = match target.service.as_str() {
                    "konnect" => "konnect_https",
                    "arm" => "resource_manager",
                    "graph" => "microsoft_graph",
                    _ => "active_directory",
                };
                let mut settings = elsewhere(target, cloud.url(secure));
                // The system's own roots are trusted, and nobody else.
                settings
                    .variables
                    .push(("KONNECTAZURE_CA_CERTIFICATE_PATH", String::new()));
                settings
            },
            applies: |target| target.nth == 1,
            cost: |_| Cost::ThisCall,
            lasts: true,
            name: "wrong CA",
            ..ONCE
        },
        Fault {
            settings: |_, _| Settings {
                variables: vec![
                    ("ARM_CLIENT_SECRET", String::new()),
                    ("ARM_USE_OIDC", "true".to_owned()),
                    ("ARM_OIDC_TOKEN", expired_assertion()),
                ],
                ..impatient()
            },
            applies: |target| target.nth == 1 && target.is("entra"),
            cost: |_| Cost::ThisCall,
            lasts: true,
            name: "expired client assertion",
            ..ONCE
        },
        Fault {
            pause: Duration::from_secs(1),
            ..status(
                "429, Retry-After of a second",
                |_| json!({ "status": 429, "headers": { "retry-after": "1" } }),
            )
        },
        Fault {
            applies: Target::is_in_a_wait,
            ..status(
                "403 once in a wait",
                |target| json!({ "status": 403, "body": refusal(target, "Forbidden", "not yet") }),
            )
        },
        Fault {
            applies: |target| target.is_azure() && target.is_in_a_wait(),
            // The answer to a look comes when the token is no good any more.
            token_lifetime: Some(2),
            pause: Duration::from_millis(2100),
            ..status(
                "token expires in the middle of a wait",
                |_| json!({ "delay_ms": 2100 }),
            )
        },
        Fault {
            applies: Target::is_of_an_object,
            cost: missing_costs,
            ..status(
                "404 once",
                |target| json!({ "status": 404, "body": not_found(target) }),
            )
        },
    ]
}

/// An address on this machine at which nobody listens: the port stays taken for as long as the tests run.
fn refusing() -> String {
    use std::sync::OnceLock;
    static TAKEN: OnceLock<(tokio::net::TcpSocket, u16)> = OnceLock::new();
    let (_, port) = TAKEN.get_or_init(|| {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let port = socket.local_addr().unwrap().port();
        (socket, port)
    });
    format!("https://127.0.0.1:{port}")
}
