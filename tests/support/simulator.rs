//! Starts the local cloud of `examples/simulator` for one test and drives it through its control port.
//!
//! ```ignore
//! let cloud = Simulator::start(Seed::Demo);
//! cloud.consent();                                                   // what an administrator would click
//! cloud.settings(json!({ "durations": { "peering_initializing": 60 } }));
//! cloud.fault(json!({ "service": "konnect", "method": "POST", "path": "/transit-gateways", "reset": "after" }));
//! // … run something with `cloud.env()` …
//! assert_eq!(cloud.requests_matching("konnect", "PATCH", "/private-dns/").len(), 1);
//! ```
//!
//! The clock runs fast enough for a peering to be ready in well under a second; [`Simulator::manual`] stops it, and
//! [`Simulator::advance`] moves it.

#![expect(
    clippy::needless_pass_by_value,
    reason = "callers write the JSON in place"
)]

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tempfile::TempDir;

/// How long the simulator may take to listen, on a machine that is busy compiling.
const START_LIMIT: Duration = Duration::from_secs(30);
const EXCHANGE_LIMIT: Duration = Duration::from_secs(30);
/// Thirty simulated minutes in about a third of a second.
const TEST_SPEED: &str = "6000";

/// What exists at start.
#[derive(Clone, Copy)]
pub enum Seed {
    /// Two subscriptions with virtual networks, a hub, a zone and three Konnect networks; no service principal of Kong's yet.
    Demo,
    /// A tenant, its subscriptions, provider accounts and credentials; nothing else.
    Empty,
}

/// A running local cloud; ends when dropped.
pub struct Simulator {
    child: Child,
    /// Held open: the simulator ends when it closes, even if this process is killed.
    stdin: Option<ChildStdin>,
    directory: TempDir,
    ready: Value,
    control: String,
}

impl Simulator {
    /// Starts one with a fast clock.
    pub fn start(seed: Seed) -> Self {
        Self::start_with(seed, &["--speed", TEST_SPEED])
    }

    /// Starts one whose objects change state only through [`Simulator::advance`].
    pub fn manual(seed: Seed) -> Self {
        Self::start_with(seed, &["--manual-clock"])
    }

    /// Starts one with further arguments; `--help` of the example lists them.
    pub fn start_with(seed: Seed, arguments: &[&str]) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let log = File::create(directory.path().join("log")).expect("a log file");
        let seed = match seed {
            Seed::Demo => "demo",
            Seed::Empty => "empty",
        };
        let mut child = Command::new(executable())
            .args([
                "--seed",
                seed,
                "--exit-with-parent",
                "--poll-interval",
                "30ms",
                "--ready-file",
                "-",
            ])
            .arg("--ca-file")
            .arg(directory.path().join("ca.pem"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the simulator starts");
        let stdin = child.stdin.take();
        let ready = ready(&mut child, &directory);
        let control = text(&ready, "control")
            .trim_start_matches("http://")
            .to_owned();
        Self {
            child,
            stdin,
            directory,
            ready,
            control,
        }
    }

    /// The ready file: addresses (`control`, `konnect_http`, `konnect_https`, `resource_manager`, `microsoft_graph`,
    /// `active_directory`), `ca_file`, `tenant_id`, `subscription_ids`, `client_id`, `client_secret`, `konnect_token`, and the ids of
    /// `networks`, `virtual_networks`, `virtual_hubs`, `private_dns_zones`, `provider_accounts` by name.
    pub fn ready(&self) -> &Value {
        &self.ready
    }

    /// One text of the ready file.
    pub fn url(&self, name: &str) -> &str {
        text(&self.ready, name)
    }

    /// The id of a seeded Konnect network.
    pub fn network_id(&self, name: &str) -> &str {
        text(&self.ready["networks"], name)
    }

    /// The ARM id of a seeded virtual network.
    pub fn vnet_id(&self, name: &str) -> &str {
        text(&self.ready["virtual_networks"], name)
    }

    /// The variables that point the provider here.
    pub fn env(&self) -> Vec<(String, String)> {
        let variables = self.ready["environment"]
            .as_object()
            .expect("the environment");
        variables
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect()
    }

    /// Everything that exists, and the settings and clock.
    pub fn state(&self) -> Value {
        self.control("GET", "/state", None)
    }

    /// What was made since the start and is still there: kind and id of each object.
    pub fn leftovers(&self) -> Vec<String> {
        let answer = self.control("GET", "/leftovers", None);
        let objects = answer["leftovers"].as_array().cloned();
        objects
            .unwrap_or_default()
            .iter()
            .filter_map(|object| object.as_str().map(str::to_owned))
            .collect()
    }

    /// One kind of object out of [`Simulator::state`], by the plural in the state, such as `transit_gateways`.
    pub fn objects(&self, kind: &str) -> Vec<Value> {
        self.state()[kind].as_array().cloned().unwrap_or_default()
    }

    /// The journal: every exchange so far, oldest first, secrets masked.
    pub fn requests(&self) -> Vec<Value> {
        self.control("GET", "/requests", None)
            .as_array()
            .cloned()
            .unwrap_or_default()
    }

    /// Journal entries of a service (`entra`, `graph`, `arm`, `konnect`) and method whose path contains `path`; empty texts match all.
    pub fn requests_matching(&self, service: &str, method: &str, path: &str) -> Vec<Value> {
        let matches = |entry: &Value| {
            (service.is_empty() || entry["service"] == service)
                && (method.is_empty() || entry["method"] == method)
                && entry["path"]
                    .as_str()
                    .is_some_and(|found| found.contains(path))
        };
        self.requests().into_iter().filter(matches).collect()
    }

    /// Asserts that everything whose path holds the one part was gone before the deletion of anything whose path holds the next was asked for.
    ///
    /// Objects of Konnect are gone when a look finds none, the others when their deletion is answered.
    #[track_caller]
    pub fn assert_destroyed_in_order(&self, parts: &[&str]) {
        let requests = self.requests();
        let is_at = |request: &Value, part: &str| {
            request["path"]
                .as_str()
                .is_some_and(|path| path.contains(part))
        };
        let places: Vec<(usize, usize)> = parts
            .iter()
            .map(|part| {
                let position = |wanted: &dyn Fn(&Value) -> bool| {
                    let all = requests.iter().enumerate();
                    all.filter(|(_, request)| is_at(request, part) && wanted(request))
                        .map(|(position, _)| position)
                        .collect::<Vec<_>>()
                };
                let asked = position(&|request| request["method"] == "DELETE");
                let gone = position(&|request| {
                    let is_of_konnect = request["service"] == "konnect";
                    let is_gone =
                        is_of_konnect && request["method"] == "GET" && request["status"] == 404;
                    is_gone || !is_of_konnect && request["method"] == "DELETE"
                });
                let first = asked.first().copied();
                let last = gone.last().copied();
                let none = || panic!("nothing was deleted at {part}");
                (first.unwrap_or_else(none), last.unwrap_or_else(none))
            })
            .collect();
        for (pair, names) in places.windows(2).zip(parts.windows(2)) {
            assert!(
                pair[0].1 < pair[1].0,
                "{} was not gone before the deletion of {}: {places:?}",
                names[0],
                names[1]
            );
        }
    }

    /// Empties the journal.
    pub fn clear_requests(&self) {
        self.control("DELETE", "/requests", None);
    }

    /// Adds a scripted fault, or each of a list. Fields: `service`, `method`, `path` (a part of path and query, `*` for any text),
    /// `nth`, `times` (0: always), `percent`; and `status` with `headers`, `body` and `handled`, `reset` (`before` or `after` handling),
    /// `delay_ms`, `body_delay_ms`, `truncate`, `garble`, `stale`, `revoke_tokens`, `extra_keys`, `decimal_numbers`, `remove_keys`,
    /// `set_keys`; see `examples/simulator/faults.rs`.
    pub fn fault(&self, fault: Value) {
        self.control("POST", "/faults", Some(&fault));
    }

    /// The scripted faults, each with how many exchanges it `matched` and how many it `hits`.
    pub fn faults(&self) -> Vec<Value> {
        self.control("GET", "/faults", None)
            .as_array()
            .cloned()
            .unwrap_or_default()
    }

    /// How much each service was asked: `requests`, `open` now, `most_open` at the same time, `refused` for being too many.
    pub fn traffic(&self) -> Value {
        self.control("GET", "/traffic", None)
    }

    /// Takes all scripted faults away.
    pub fn clear_faults(&self) {
        self.control("DELETE", "/faults", None);
    }

    /// Changes the world as an outsider would; answers what the change yielded. One of, or a list of:
    /// `{"add": KIND, "object": {…}}`, `{"patch": KIND, "id": ID, "set": {…}}`, `{"remove": KIND, "id": ID}`, `{"settings": {…}}`,
    /// `{"caller": {…}}`, `{"consent": {"app_id": ID}}`, `{"azure_peering": {"vnet_id": ID, "name": NAME, "set": {…}}}`. KIND is the
    /// singular of a key of the state; ids of Azure resources are their ARM ids.
    pub fn world(&self, change: Value) -> Value {
        self.control("POST", "/world", Some(&change))
    }

    /// Changes settings: `durations`, `lag`, `rights`, `azure`, `konnect`, `limits`; see `examples/simulator/settings.rs`.
    pub fn settings(&self, settings: Value) {
        self.world(json!({ "settings": settings }));
    }

    /// Does what an administrator's consent to Kong's application does; answers the service principal.
    pub fn consent(&self) -> Value {
        self.world(json!({ "consent": {} }))
    }

    /// Moves the clock on by so many seconds, whatever its mode.
    pub fn advance(&self, seconds: u64) {
        self.control(
            "POST",
            "/clock",
            Some(&json!({ "advance_seconds": seconds })),
        );
    }

    /// Lets the clock run at `speed` times real time from now on.
    pub fn run_clock(&self, speed: f64) {
        self.control(
            "POST",
            "/clock",
            Some(&json!({ "mode": "real", "speed": speed })),
        );
    }

    /// Stops the clock.
    pub fn stop_clock(&self) {
        self.control("POST", "/clock", Some(&json!({ "mode": "manual" })));
    }

    /// Makes every access token given out so far invalid.
    pub fn revoke_tokens(&self) {
        self.control("POST", "/tokens/revoke", Some(&json!({})));
    }

    /// The log lines so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }

    fn control(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let answer = exchange(&self.control, method, path, &[JSON], &text_of(body));
        let Answer {
            status, body: text, ..
        } = &answer;
        assert_eq!(
            *status, 200,
            "{method} {path} with {body:?} was refused: {text}"
        );
        answer.json()
    }

    /// One request to Konnect over plain HTTP with the seeded token.
    pub fn konnect(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let token = self.url("konnect_token").to_owned();
        self.call("konnect_http", method, path, Some(&token), body)
    }

    /// One request to Resource Manager over plain HTTP with a good token; the path holds the query, `api-version` included.
    pub fn arm(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let token = self.token("https://management.azure.com/.default");
        self.call("resource_manager_http", method, path, Some(&token), body)
    }

    /// One request to Microsoft Graph over plain HTTP with a good token.
    pub fn graph(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let token = self.token("https://graph.microsoft.com/.default");
        self.call("microsoft_graph_http", method, path, Some(&token), body)
    }

    /// One request to the service behind an address of the ready file (`…_http`), with or without a bearer token.
    pub fn call(
        &self,
        service: &str,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Answer {
        let authorization = token.map(|token| format!("Bearer {token}"));
        let mut headers = vec![JSON];
        headers.extend(
            authorization
                .iter()
                .map(|value| ("authorization", value.as_str())),
        );
        exchange(self.host(service), method, path, &headers, &text_of(body))
    }

    /// An access token for a scope, by the seeded client secret.
    pub fn token(&self, scope: &str) -> String {
        let answer = self.token_request(&[
            ("grant_type", "client_credentials"),
            ("client_id", self.url("client_id")),
            ("client_secret", self.url("client_secret")),
            ("scope", scope),
        ]);
        assert_eq!(answer.status, 200, "no token: {}", answer.body);
        text(&answer.json(), "access_token").to_owned()
    }

    /// One request to the token endpoint.
    pub fn token_request(&self, form: &[(&str, &str)]) -> Answer {
        let path = format!("/{}/oauth2/v2.0/token", self.url("tenant_id"));
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        exchange(
            self.host("active_directory_http"),
            "POST",
            &path,
            &headers,
            &body,
        )
    }

    /// Closes the simulator's standard input, as the death of this process would, and waits for it to end.
    pub fn ends_with_its_parent(mut self) -> bool {
        drop(self.stdin.take());
        self.child.wait().is_ok_and(|status| status.success())
    }

    fn host(&self, service: &str) -> &str {
        self.url(service).trim_start_matches("http://")
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            writeln!(std::io::stderr(), "--- log of the local cloud ---\n{log}").ok();
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn text<'value>(value: &'value Value, key: &str) -> &'value str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("the ready file has no text [{key}]"))
}

/// The example as cargo built it: tests lie in `target/PROFILE/deps`, examples in `target/PROFILE/examples`.
///
/// `cargo test` builds examples, `cargo test --test NAME` does not, so one that is older than its sources is refused.
fn executable() -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test");
    let profile = test
        .parent()
        .and_then(Path::parent)
        .expect("target/PROFILE/deps");
    let path = profile
        .join("examples")
        .join(format!("simulator{}", std::env::consts::EXE_SUFFIX));
    let advice = "build it with `cargo build --example simulator`";
    let built =
        modified(&path).unwrap_or_else(|| panic!("{} is missing; {advice}", path.display()));
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/simulator");
    let stale = newest(&sources).is_some_and(|newest| newest > built);
    assert!(
        !stale,
        "{} is older than its sources; {advice}",
        path.display()
    );
    path
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path)
        .and_then(|found| found.modified())
        .ok()
}

/// When the last source below a folder was changed; cargo tracks no other files.
fn newest(folder: &Path) -> Option<SystemTime> {
    let entries = std::fs::read_dir(folder).ok()?.flatten();
    let times = entries.filter_map(|entry| {
        let path = entry.path();
        let is_source = path
            .extension()
            .is_some_and(|extension| extension == "rs" || extension == "html");
        if path.is_dir() {
            newest(&path)
        } else {
            modified(&path).filter(|_| is_source)
        }
    });
    times.max()
}

/// The line that says where everything is; standard output ends without it when the simulator could not start.
fn ready(child: &mut Child, directory: &TempDir) -> Value {
    let stdout = child.stdout.take().expect("standard output is piped");
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).ok();
        sender.send(line).ok();
    });
    let line = receiver.recv_timeout(START_LIMIT).unwrap_or_default();
    serde_json::from_str(&line).unwrap_or_else(|_| {
        let log = std::fs::read_to_string(directory.path().join("log")).unwrap_or_default();
        panic!("the simulator did not start within {START_LIMIT:?}\n{log}")
    })
}

const JSON: (&str, &str) = ("content-type", "application/json");

fn text_of(body: Option<&Value>) -> String {
    body.map(Value::to_string).unwrap_or_default()
}

/// An answer over plain HTTP.
#[derive(Debug)]
pub struct Answer {
    /// 0 when the connection was cut before the status line was whole.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// The body is shorter than announced, or the connection was cut before it.
    pub cut: bool,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// A header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// One exchange over plain HTTP/1.1 on a connection of its own.
pub fn exchange(
    host: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut stream = TcpStream::connect(host).expect("the simulator listens");
    stream
        .set_read_timeout(Some(EXCHANGE_LIMIT))
        .expect("a read timeout");
    let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    for (name, value) in headers {
        write!(request, "{name}: {value}\r\n").expect("text can be written");
    }
    write!(request, "content-length: {}\r\n\r\n{body}", body.len()).expect("text can be written");
    stream
        .write_all(request.as_bytes())
        .expect("the request is sent");
    let mut answer = Vec::new();
    // A cut connection may end in a reset; what came before it counts.
    let ended = stream.read_to_end(&mut answer);
    parse(&String::from_utf8_lossy(&answer), ended.is_err())
}

fn parse(text: &str, reset: bool) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1)?.parse().ok())
        .unwrap_or(0);
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_lowercase(), value.trim().to_owned()))
        .collect();
    let announced = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .and_then(|(_, value)| value.parse::<usize>().ok());
    let cut = reset || status == 0 || announced.is_some_and(|length| body.len() < length);
    Answer {
        status,
        headers,
        body: body.to_owned(),
        cut,
    }
}
