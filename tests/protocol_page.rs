//! `docs/protocol.md` against the protocol and the tests: every call and capability has its row, and every test that a row names is there.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const PROTOCOL: &str = include_str!("../proto/tfplugin6.proto");
const PAGE: &str = include_str!("../docs/protocol.md");

/// What stands in a row besides the name: whether it is done, the versions of Terraform and `OpenTofu`, the tests as file and name.
#[derive(Debug)]
struct Row {
    done: bool,
    versions: [String; 2],
    tests: Vec<(String, String)>,
}

/// The names of the calls, and the fields of the two messages about capabilities.
fn protocol() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut in_capabilities = false;
    for line in PROTOCOL.lines().map(str::trim) {
        if let Some(call) = line.strip_prefix("rpc ") {
            names.insert(call.split('(').next().unwrap().to_owned());
        } else if line.starts_with("message ") {
            in_capabilities =
                line.contains("ServerCapabilities") || line.contains("ClientCapabilities");
        } else if in_capabilities && let Some(field) = line.strip_prefix("bool ") {
            names.insert(field.split(' ').next().unwrap().to_owned());
        }
    }
    names
}

/// Texts in backticks.
fn quoted(cell: &str) -> Vec<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

fn rows() -> BTreeMap<String, Row> {
    let mut rows = BTreeMap::new();
    for line in PAGE.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, state, terraform, tofu, tests] = cells[..] else {
            panic!("a row of other than five cells: {line}");
        };
        let tests = quoted(tests);
        let row = Row {
            done: match state {
                "done" => true,
                "absent" => false,
                other => panic!("{name} is {other}"),
            },
            versions: [terraform.to_owned(), tofu.to_owned()],
            tests: tests
                .chunks(2)
                .map(|pair| (pair[0].clone(), pair[1].clone()))
                .collect(),
        };
        let name = quoted(name).remove(0);
        assert!(
            rows.insert(name.clone(), row).is_none(),
            "{name} has two rows"
        );
    }
    rows
}

#[test]
fn every_call_and_capability_has_its_row() {
    let names = protocol();
    assert!(names.len() > 36, "the protocol was not read: {names:?}");
    let rows: BTreeSet<String> = rows().into_keys().collect();
    let missing: Vec<_> = names.difference(&rows).collect();
    let odd: Vec<_> = rows.difference(&names).collect();
    assert!(
        missing.is_empty() && odd.is_empty(),
        "missing: {missing:?}, of no protocol: {odd:?}"
    );
}

#[test]
fn every_test_that_is_named_is_there() {
    for (name, row) in rows() {
        assert!(!row.tests.is_empty(), "{name} has no test");
        for (file, test) in &row.tests {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            let source =
                std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
            let before = source.split(&format!("fn {test}()")).next().unwrap();
            assert_ne!(before.len(), source.len(), "{name}: no {test} in {file}");
            // The attributes stand between the last end of an item and the function.
            let attributes = before.rsplit("}\n").next().unwrap();
            assert!(attributes.contains("test]"), "{name}: {test} is no test");
        }
    }
}

#[test]
fn versions_are_versions() {
    let is_version = |text: &str| {
        let (major, minor) = text.split_once('.').unwrap_or_default();
        major == "1" && minor.parse::<u32>().is_ok()
    };
    for (name, row) in rows() {
        for versions in &row.versions {
            let fine = versions == "-"
                || versions
                    .split("; ")
                    .all(|part| is_version(part.rsplit(' ').next().unwrap()));
            assert!(fine, "{name}: {versions:?}");
        }
        // What a host calls without being asked to has to be done.
        let since_the_beginning = row.versions[0].starts_with("1.0");
        assert!(row.done || !since_the_beginning, "{name}");
    }
}
