//! Holds recorded exchanges against the published specifications, where their files lie beside the repository.
//!
//! ```ignore
//! spec::assert_journal_conforms(&cloud.requests());      // after any run against the simulator
//! ```

mod arm;
mod konnect;
mod schema;

use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;

/// The files, as far as they are there.
struct Specs {
    konnect: konnect::Konnect,
    arm: arm::Arm,
}

/// How requests are held to the specification.
#[derive(Clone, Copy, PartialEq)]
enum Requests {
    /// Each one must fit: the client under test wrote them.
    Fit,
    /// One that does not fit must have been refused: a test of the server wrote them.
    FitOrRefused,
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/specs"))
}

fn specs() -> Option<&'static Specs> {
    static SPECS: OnceLock<Option<Specs>> = OnceLock::new();
    SPECS
        .get_or_init(|| {
            let folder = folder();
            folder.is_dir().then(|| Specs {
                konnect: konnect::Konnect::read(&folder),
                arm: arm::Arm::read(&folder),
            })
        })
        .as_ref()
}

/// Whether the specifications are there; says so where they are not.
pub fn present() -> bool {
    let present = specs().is_some();
    if !present {
        use std::io::Write as _;
        let text = "skipped: the published specifications are not there";
        writeln!(std::io::stderr(), "{text}").ok();
    }
    present
}

/// Asserts that every request in a journal of the simulator, and every answer that no fault distorted, is as published.
pub fn assert_journal_conforms(journal: &[Value]) {
    assert_conforms(journal, Requests::Fit);
}

/// As [`assert_journal_conforms`], for a journal with deliberately bad requests: each of those must have been refused.
pub fn assert_bad_requests_are_refused(journal: &[Value]) {
    assert_conforms(journal, Requests::FitOrRefused);
}

fn assert_conforms(journal: &[Value], requests: Requests) {
    let Some(specs) = specs() else {
        present();
        return;
    };
    let mut findings = Vec::new();
    for entry in journal {
        let found = match entry["service"].as_str() {
            Some("konnect") => specs.konnect.check(entry, requests),
            Some("arm") => specs.arm.check(entry, requests),
            _ => Vec::new(),
        };
        let exchange = format!(
            "{} {} {}?{} -> {}",
            entry["seq"],
            entry["method"].as_str().unwrap_or_default(),
            entry["path"].as_str().unwrap_or_default(),
            entry["query"].as_str().unwrap_or_default(),
            entry["status"],
        );
        findings.extend(found.iter().map(|text| format!("{exchange}: {text}")));
    }
    assert!(
        findings.is_empty(),
        "exchanges are not as published:\n{}",
        findings.join("\n")
    );
}

/// The operations of the Konnect document that occur in a journal, as `METHOD PATH`.
pub fn konnect_operations(journal: &[Value]) -> Vec<String> {
    let operations = |specs: &Specs| {
        journal
            .iter()
            .filter(|entry| entry["service"] == "konnect")
            .filter_map(|entry| specs.konnect.operation(entry))
            .collect()
    };
    specs().map(operations).unwrap_or_default()
}

/// Every operation of the Konnect document, as `METHOD PATH`.
pub fn published_konnect_operations() -> Vec<String> {
    specs()
        .map(|specs| specs.konnect.operations())
        .unwrap_or_default()
}

/// One exchange out of a journal, unpacked.
struct Exchange<'entry> {
    method: &'entry str,
    path: &'entry str,
    query: Vec<(String, String)>,
    status: Option<u64>,
    /// A fault made this answer, so it proves nothing about the service.
    distorted: bool,
    request_body: &'entry Value,
    response_body: &'entry Value,
    content_type: &'entry str,
}

impl<'entry> Exchange<'entry> {
    fn of(entry: &'entry Value) -> Self {
        let content_type = entry["response_headers"]["content-type"]
            .as_str()
            .unwrap_or_default();
        Self {
            method: entry["method"].as_str().unwrap_or_default(),
            path: entry["path"].as_str().unwrap_or_default(),
            query: url::form_urlencoded::parse(
                entry["query"].as_str().unwrap_or_default().as_bytes(),
            )
            .into_owned()
            .collect(),
            status: entry["status"].as_u64(),
            distorted: !entry["fault"].is_null(),
            request_body: &entry["request_body"],
            response_body: &entry["response_body"],
            content_type: content_type.split(';').next().unwrap_or_default().trim(),
        }
    }

    fn refused(&self) -> bool {
        self.status.is_none_or(|status| status >= 400)
    }
}
