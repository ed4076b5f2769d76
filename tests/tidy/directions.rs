//! Who may use whom. `docs/architecture.md` gives the reasons; a change here is a change there.

use std::collections::{BTreeMap, BTreeSet};

use crate::Finding;
use crate::source::Source;

/// Each floor, and what of ours it may use: a floor, or a part of one.
const FLOORS: &[(&str, &[&str])] = &[
    ("plugin", &[]),
    ("tf", &[]),
    ("http", &[]),
    ("wire", &["tf"]),
    ("azure", &["http"]),
    ("konnect", &["http"]),
    (
        "preflight",
        &[
            "azure",
            "konnect",
            "http::error",
            "http::poll",
            "http::scope",
            "tf::diagnostics",
        ],
    ),
    ("resources", LIFECYCLE),
    ("data_sources", LIFECYCLE),
    ("lists", LIFECYCLE),
    (
        "functions",
        &[
            "tf",
            "azure::cloud",
            "azure::ids",
            "konnect::domains",
            "preflight::cidr",
            "preflight::consent",
        ],
    ),
    (
        "provider",
        &[
            "tf",
            "http",
            "azure",
            "konnect",
            "preflight",
            "resources",
            "data_sources",
            "functions",
            "lists",
        ],
    ),
];

/// Modules of the binary beside `main`: like it, they compose and may use anything.
const PROGRAM: &[&str] = &["doctor"];

const LIFECYCLE: &[&str] = &[
    "tf",
    "http::error",
    "http::lately",
    "http::poll",
    "http::scope",
    "azure",
    "konnect",
    "preflight",
];

/// Floors that hold one file or folder per Terraform type, none of which uses another.
const APART: &[&str] = &["resources", "data_sources", "lists", "functions"];

/// What lies directly in `src/resources` without being a resource, for all of them and for data sources, lists and functions.
pub(crate) const SHARED: &[&str] = &[
    "azure_target",
    "clients",
    "equivalence",
    "explain",
    "konnect_object",
    "missing",
    "moved",
    "of_command",
    "planned",
    "scope",
    "settle",
    "turns",
];

/// Macros live at the crate's root, wherever they are written.
const MACROS: &[(&str, &str)] = &[("model", "tf")];

/// Every use that leads the wrong way.
pub(crate) fn findings(sources: &[Source]) -> Vec<Finding> {
    let map = Map::new(sources);
    let mut findings = Vec::new();
    for source in sources
        .iter()
        .filter(|source| source.path.starts_with("src/"))
    {
        let from = source.module();
        let Some(floor) = from.first() else {
            continue;
        };
        if PROGRAM.contains(&floor.as_str()) {
            continue;
        }
        if !FLOORS.iter().any(|(name, _)| name == floor) {
            findings.push(Finding::new(
                source,
                0,
                format!("`{floor}` has no place among the floors: add it to FLOORS"),
            ));
            continue;
        }
        for (offset, path) in source.references() {
            if let Some(fault) = map.fault(&from, &path, source.is_test(offset)) {
                findings.push(Finding::new(source, offset, fault));
            }
        }
    }
    findings
}

/// What the conformance client may know of the crate: the messages, and how to start a provider. Values, codec and rules are its own, or it
/// could not contradict the server's.
const CLIENTS: &[&str] = &[
    "plugin",
    "tf::provider::Provider",
    "wire::Server",
    "wire::generated",
];

/// Every use by which the conformance client would agree with the server because it is the server.
pub(crate) fn accomplices(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources
        .iter()
        .filter(|source| source.path.starts_with("tests/support/core"))
    {
        // From outside, the crate's root is its name.
        let inside = Source::new(
            &source.path,
            &source.text.replace("konnectazure::", "crate::"),
        );
        for (offset, path) in inside.references() {
            let path = path.join("::");
            let is_ours = FLOORS
                .iter()
                .any(|(floor, _)| path.split("::").next() == Some(floor));
            let is_allowed = CLIENTS
                .iter()
                .any(|allowed| path == *allowed || path.starts_with(&format!("{allowed}::")));
            if is_ours && !is_allowed {
                findings.push(Finding::new(&inside, offset, format!("uses `{path}`")));
            }
        }
    }
    findings
}

/// What the sources say about the crate: which modules a floor has, and what it passes on.
struct Map {
    modules: BTreeSet<Vec<String>>,
    reexports: BTreeMap<Vec<String>, Vec<String>>,
}

impl Map {
    fn new(sources: &[Source]) -> Self {
        let mut modules = BTreeSet::new();
        let mut reexports = BTreeMap::new();
        for source in sources {
            let module = source.module();
            if let [floor, ..] = module.as_slice() {
                modules.insert(vec![floor.clone()]);
            }
            if let [floor, part, ..] = module.as_slice() {
                modules.insert(vec![floor.clone(), part.clone()]);
            }
            if module.len() == 1 {
                for (name, path) in source.reexports() {
                    reexports.insert([module.clone(), vec![name]].concat(), path);
                }
            }
        }
        Self { modules, reexports }
    }

    /// The path by the module that really holds the item.
    fn resolve(&self, path: &[String]) -> Vec<String> {
        let head: Vec<String> = path.iter().take(2).cloned().collect();
        match self.reexports.get(&head) {
            Some(target) if !self.modules.contains(&head) => target.clone(),
            _ => path.to_vec(),
        }
    }

    /// What is wrong with using `path` from the module `from`.
    fn fault(&self, from: &[String], path: &[String], in_test: bool) -> Option<String> {
        let floor = from.first()?;
        let path = self.resolve(path);
        let target = path.first()?;
        let target = MACROS
            .iter()
            .find(|(name, _)| path.len() == 1 && name == target)
            .map_or(target.as_str(), |(_, home)| home);
        if target == floor {
            return self.sibling_fault(from, &path);
        }
        let shared = target == "resources"
            && APART.contains(&floor.as_str())
            && path
                .get(1)
                .is_some_and(|part| SHARED.contains(&part.as_str()));
        // What a query finds are states of the resource of the same name. Only that resource's own conversion makes them, so that an import
        // gives what the query showed.
        let is_namesake = target == "resources"
            && floor == "lists"
            && path.get(1).is_some_and(|part| from.contains(part));
        let (_, allowed) = FLOORS.iter().find(|(name, _)| name == floor)?;
        let is_allowed = allowed
            .iter()
            .any(|allowed| match allowed.split_once("::") {
                None => *allowed == target,
                // Tests build what the code is only handed.
                Some((home, _)) if in_test => home == target,
                Some((home, part)) => {
                    home == target && path.get(1).is_some_and(|name| name == part)
                }
            });
        if shared || is_namesake || is_allowed {
            return None;
        }
        let allowed = match *allowed {
            [] => "nothing of ours".to_owned(),
            allowed => allowed.join(", "),
        };
        Some(format!(
            "uses `{}`, but `{floor}` may use {allowed}",
            path.join("::")
        ))
    }

    fn sibling_fault(&self, from: &[String], path: &[String]) -> Option<String> {
        let [floor, part, ..] = from else {
            return None;
        };
        let [_, other, ..] = path else {
            return None;
        };
        let is_shared = floor == "resources" && SHARED.contains(&other.as_str());
        let is_module = self
            .modules
            .contains([floor.clone(), other.clone()].as_slice());
        if !APART.contains(&floor.as_str()) || part == other || is_shared || !is_module {
            return None;
        }
        Some(format!(
            "uses `{}`, but no type uses another: move what both need into a shared file and list it in SHARED",
            path.join("::")
        ))
    }
}

#[test]
fn wrong_ways_are_found() {
    let wrong = [
        ("src/tf/value.rs", "use crate::wire::json;"),
        ("src/tf/value.rs", "fn f() { crate::http::Error::new(); }"),
        (
            "src/http/poll.rs",
            "use crate::{\n    http::error,\n    tf::{value::Value},\n};",
        ),
        ("src/azure/client.rs", "use crate::konnect::Client;"),
        ("src/konnect/mod.rs", "use super::azure::ids;"),
        (
            "src/plugin/tls/pin.rs",
            "use super::super::super::wire::server;",
        ),
        (
            "src/http/poll.rs",
            "mod inner { use super::super::super::azure; }",
        ),
        ("src/preflight/mod.rs", "use crate::tf::value::Value;"),
        (
            "src/resources/peering/mod.rs",
            "use crate::http::transport::Transport;",
        ),
        (
            "src/resources/peering/mod.rs",
            "use crate::http::Transport;",
        ),
        (
            "src/resources/peering/flow.rs",
            "use crate::resources::mappings::Model;",
        ),
        (
            "src/resources/peering/flow.rs",
            "use super::super::mappings::Model;",
        ),
        ("src/resources/explain.rs", "use super::mappings::Model;"),
        (
            "src/data_sources/network.rs",
            "use crate::resources::mappings::Model;",
        ),
        ("src/lists/mappings.rs", "use crate::provider::Clients;"),
        (
            "src/lists/peering.rs",
            "use crate::resources::mappings::Model;",
        ),
        ("src/functions/ids.rs", "use crate::azure::client::Client;"),
        ("src/provider/mod.rs", "use crate::wire::server;"),
        (
            "src/wire/server.rs",
            "#[cfg(test)]\nmod tests { use crate::plugin::serve; }",
        ),
        ("src/attic/mod.rs", ""),
    ];
    for (path, text) in wrong {
        let found = findings(&crate_with(path, text));
        assert_eq!(found.len(), 1, "{path}: {text}: {found:?}");
    }
}

#[test]
fn right_ways_are_not_found() {
    let right = [
        (
            "src/tf/value.rs",
            "use crate::tf::{number::Number, types::Type};",
        ),
        (
            "src/tf/value.rs",
            "// crate::wire::json\nconst A: &str = \"crate::wire::json\";",
        ),
        (
            "src/wire/server.rs",
            "use crate::tf::resource::Resource; crate::model! { struct A {} }",
        ),
        (
            "src/azure/client.rs",
            "use crate::http::Transport;\npub(in crate::azure) fn f() {}",
        ),
        (
            "src/preflight/mod.rs",
            "use crate::tf::diagnostics::{self, Diagnostic};",
        ),
        (
            "src/resources/peering/mod.rs",
            "use crate::http::{Error, poll::Poll};",
        ),
        (
            "src/resources/peering/flow.rs",
            "use super::model::Model;\nuse super::super::explain::Failure;",
        ),
        (
            "src/resources/peering/flow.rs",
            "#[cfg(test)]\nmod tests { use super::*; use crate::http::Transport; }",
        ),
        (
            "src/data_sources/network.rs",
            "use crate::resources::explain::Failure;",
        ),
        (
            "src/lists/mappings.rs",
            "use crate::resources::mappings::Model;",
        ),
        (
            "src/lists/konnect_object/mappings.rs",
            "use crate::resources::{explain::Failure, mappings};",
        ),
        ("src/functions/ids.rs", "use crate::azure::VnetId;"),
        ("src/resources/mod.rs", "pub use self::peering::Peering;"),
        (
            "src/provider/registry.rs",
            "use crate::resources::{mappings, peering};",
        ),
        (
            "src/main.rs",
            "use konnectazure::plugin; mod doctor; use crate::doctor::run;",
        ),
    ];
    for (path, text) in right {
        let found = findings(&crate_with(path, text));
        assert!(found.is_empty(), "{path}: {text}: {found:?}");
    }
}

#[cfg(test)]
fn crate_with(path: &str, text: &str) -> Vec<Source> {
    let others = [
        (
            "src/http/mod.rs",
            "pub use error::{Error, Refusal};\npub use transport::Transport;",
        ),
        ("src/http/error.rs", ""),
        ("src/http/transport.rs", ""),
        ("src/azure/mod.rs", "pub use self::ids::VnetId;"),
        ("src/azure/ids.rs", ""),
        ("src/resources/mappings/mod.rs", ""),
        ("src/resources/explain.rs", ""),
        ("src/resources/peering/model.rs", ""),
    ];
    others
        .into_iter()
        .filter(|(other, _)| *other != path)
        .chain([(path, text)])
        .map(|(path, text)| Source::new(path, text))
        .collect()
}

#[test]
fn accomplices_are_found() {
    let found =
        |text: &str| accomplices(&[Source::new("tests/support/core/checks.rs", text)]).len();
    assert_eq!(found("use konnectazure::tf::consistency;"), 1);
    assert_eq!(
        found("fn f() { konnectazure::wire::msgpack::decode(); }"),
        1
    );
    assert_eq!(
        found(
            "use konnectazure::{\n    tf::{provider::Provider, value::Value},\n    wire::{generated::Schema, json},\n};"
        ),
        2
    );
    assert_eq!(
        found(
            "use konnectazure::wire::{Server, generated::{self as wire}};\nuse super::{types::Type, values::Value};"
        ),
        0
    );
}
