//! A state that one release stored is read by every later one, so that no upgrade of the provider recreates an object (row 75).
//!
//! The shapes of states and identities are frozen in `tests/data/schema`, one file for each resource and version of its schema. An attribute may
//! be added: a state from before it holds null. Any other change needs a higher `Schema::version` and an upgrade from the versions below. Then, or
//! with a new attribute or resource, `UPDATE_SCHEMAS=1 cargo test --test schema` writes what is new; what is frozen it never changes.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[path = "schema/boxes.rs"]
mod boxes;
mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;

use konnectazure::provider::KonnectAzure;
use konnectazure::tf::provider::Provider as _;
use konnectazure::tf::schema::{Attribute, AttributeKind};
use konnectazure::tf::spelling::equivalent;
use konnectazure::tf::types;
use konnectazure::tf::value::Value;
use serde_json::{Value as Json, json};
use support::core::{Core, Type, texts};

/// The shapes of what is stored of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shapes {
    state: Type,
    identity: Type,
}

/// Frozen shapes by type name and version.
type Frozen = BTreeMap<(String, i64), Shapes>;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/schema")
}

fn frozen() -> Frozen {
    let entries = std::fs::read_dir(folder()).into_iter().flatten().flatten();
    entries
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            let (type_name, version) = name
                .strip_suffix(".json")
                .unwrap()
                .split_once(".v")
                .unwrap();
            let json: Json = serde_json::from_slice(&std::fs::read(entry.path()).unwrap()).unwrap();
            let shape = |part: &str| Type::from_json(&json[part]).unwrap();
            let shapes = Shapes {
                state: shape("state"),
                identity: shape("identity"),
            };
            ((type_name.to_owned(), version.parse().unwrap()), shapes)
        })
        .collect()
}

fn freeze(type_name: &str, version: i64, shapes: &Shapes) {
    let json = json!({ "state": shapes.state.to_json(), "identity": shapes.identity.to_json() });
    std::fs::create_dir_all(folder()).unwrap();
    let path = folder().join(format!("{type_name}.v{version}.json"));
    std::fs::write(path, format!("{json:#}\n")).unwrap();
}

fn current(core: &Core, type_name: &str) -> Shapes {
    Shapes {
        state: core.kind(type_name),
        identity: core.identities[type_name].clone(),
    }
}

/// What of a frozen shape today's cannot hold.
fn breaks(frozen: &Type, today: &Type, place: &str) -> Vec<String> {
    match (frozen, today) {
        (Type::Object(before), Type::Object(now)) => before
            .iter()
            .flat_map(|(name, kind)| {
                let place = format!("{place}.{name}");
                match now.get(name) {
                    Some(today) => breaks(kind, today, &place),
                    None => vec![format!("{place} is gone")],
                }
            })
            .collect(),
        (Type::List(before), Type::List(now))
        | (Type::Set(before), Type::Set(now))
        | (Type::Map(before), Type::Map(now)) => breaks(before, now, &format!("{place}[]")),
        _ if frozen == today => Vec::new(),
        _ => vec![format!("{place} is of another type")],
    }
}

/// A state of this type, with something in every place.
fn sample(kind: &Type) -> Json {
    match kind {
        Type::String | Type::Dynamic => json!("6b5e4a6c-32a7-4f0b-9c6e-1f1b0d9f7a21"),
        Type::Number => json!(1),
        Type::Bool => json!(true),
        Type::List(element) | Type::Set(element) => json!([sample(element)]),
        Type::Map(element) => json!({ "key": sample(element) }),
        Type::Tuple(elements) => elements.iter().map(sample).collect(),
        Type::Object(attributes) => attributes
            .iter()
            .map(|(name, kind)| (name.clone(), sample(kind)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

/// Why states of earlier releases could not be read.
async fn faults(core: &mut Core, frozen: &Frozen) -> Vec<String> {
    let mut faults = Vec::new();
    for (type_name, version) in frozen.keys() {
        match core.resources.get(type_name) {
            None => faults.push(format!("{type_name} is gone, and states hold it")),
            Some(schema) if schema.version < *version => {
                faults.push(format!("{type_name} went back from version {version}"));
            }
            Some(_) => {}
        }
    }
    let versions: Vec<(String, i64)> = core
        .resources
        .iter()
        .map(|(name, schema)| (name.clone(), schema.version))
        .collect();
    for (type_name, newest) in versions {
        let today = current(core, &type_name);
        for version in 0..=newest {
            let Some(shapes) = frozen.get(&(type_name.clone(), version)) else {
                faults.push(format!("{type_name} version {version} is not frozen"));
                continue;
            };
            faults.extend(breaks(
                &shapes.identity,
                &today.identity,
                &format!("the identity of {type_name}"),
            ));
            if version == newest {
                faults.extend(breaks(&shapes.state, &today.state, &type_name));
            }
            let stored = sample(&shapes.state).to_string().into_bytes();
            if let Err(errors) = core.upgrade(&type_name, version, stored).await {
                faults.push(format!(
                    "{type_name} version {version} cannot be read: {:?}",
                    texts(&errors)
                ));
            }
        }
    }
    faults
}

#[tokio::test]
async fn every_state_that_was_ever_stored_can_be_read() {
    // Row 75 of docs/user-pains.md.
    let mut core = Core::start(KonnectAzure::new(|_| None)).await;
    let mut files = frozen();
    if std::env::var_os("UPDATE_SCHEMAS").is_some() {
        for (type_name, schema) in &core.resources {
            let today = current(&core, type_name);
            let key = (type_name.clone(), schema.version);
            let compatible = files
                .get(&key)
                .is_none_or(|shapes| breaks(&shapes.state, &today.state, "").is_empty());
            if compatible && files.get(&key) != Some(&today) {
                freeze(type_name, schema.version, &today);
                files.insert(key, today);
            }
        }
    }
    let found = faults(&mut core, &files).await;
    assert!(
        found.is_empty(),
        "raise the version of the schema and upgrade from the one before; `UPDATE_SCHEMAS=1 cargo test --test schema` freezes what is new:\n{found:#?}"
    );
    for (type_name, schema) in &core.resources {
        let file = &files[&(type_name.clone(), schema.version)];
        let advice = "something was added: run `UPDATE_SCHEMAS=1 cargo test --test schema`";
        assert_eq!(*file, current(&core, type_name), "{type_name}: {advice}");
    }
    core.shut_down().await;
}

/// Strings that name an object or its place, at any depth.
fn ids<'a>(attributes: &'a [Attribute], found: &mut Vec<&'a Attribute>) {
    for attribute in attributes {
        match &attribute.kind {
            AttributeKind::Type(types::Type::String) => {
                if attribute.name == "id" || attribute.name.ends_with("_id") {
                    found.push(attribute);
                }
            }
            AttributeKind::Type(_) => {}
            AttributeKind::Nested(_, inner) => ids(inner, found),
        }
    }
}

/// GUIDs and Resource Manager ids have no letter case: CI and a laptop may spell a tenant differently, and Azure answers either way.
#[test]
fn no_id_changes_with_its_letter_case() {
    let id = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7";
    let [id, spelled] = [id.to_lowercase(), id.to_uppercase()].map(Value::String);
    let provider = KonnectAzure::new(|_| None);
    let mut checked = 0;
    for (type_name, resource) in provider.registry().resources() {
        let shape = resource.shape();
        let mut found = Vec::new();
        ids(&shape.schema.attributes, &mut found);
        found.extend(
            shape
                .identity
                .iter()
                .filter_map(|part| shape.schema.attribute(part.name)),
        );
        for attribute in found {
            let name = attribute.name;
            assert!(equivalent(attribute, &id, &spelled), "{type_name}.{name}");
            checked += 1;
        }
    }
    assert!(checked > 20, "{checked} ids");
}

/// A check that cannot fail is none.
mod self_checks {
    use super::*;
    use crate::boxes::{BOX, Boxes};

    fn shapes(state: &[(&str, Type)]) -> Shapes {
        Shapes {
            state: Type::object(state.iter().cloned()),
            identity: Type::object([("id", Type::String)]),
        }
    }

    /// What is said of a provider of boxes with these frozen shapes, the versions counted from 0. Timeouts go without saying.
    async fn said(version: i64, upgrades: bool, frozen: &[&[(&str, Type)]]) -> Vec<String> {
        let frozen = frozen
            .iter()
            .zip(0..)
            .map(|(state, version)| ((BOX.to_owned(), version), shapes(state)))
            .collect();
        let mut core = Core::start(Boxes::new(version, upgrades)).await;
        let found = faults(&mut core, &frozen).await;
        core.shut_down().await;
        found
    }

    fn id() -> (&'static str, Type) {
        ("id", Type::String)
    }

    fn label() -> (&'static str, Type) {
        ("label", Type::String)
    }

    fn title() -> (&'static str, Type) {
        ("title", Type::String)
    }

    #[tokio::test]
    async fn what_is_frozen_and_what_is_added_is_well() {
        assert_eq!(
            said(0, false, &[&[id(), label()]]).await,
            Vec::<String>::new()
        );
        assert_eq!(said(0, false, &[&[id()]]).await, Vec::<String>::new());
    }

    #[tokio::test]
    async fn a_change_without_a_new_version_is_found() {
        assert_eq!(
            said(0, false, &[&[id(), title()]]).await,
            ["toy_box.title is gone"]
        );
        let numbered = said(0, false, &[&[id(), ("label", Type::Number)]]).await;
        assert_eq!(numbered[0], "toy_box.label is of another type");
        assert_eq!(
            said(0, false, &[]).await,
            ["toy_box version 0 is not frozen"]
        );
    }

    #[tokio::test]
    async fn a_new_version_needs_a_way_from_the_old_one() {
        // Row 75 of docs/user-pains.md.
        let frozen: [&[(&str, Type)]; 2] = [&[id(), title()], &[id(), label()]];
        assert_eq!(said(1, true, &frozen).await, Vec::<String>::new());
        let stuck = said(1, false, &frozen).await;
        assert_eq!(
            stuck,
            ["toy_box version 0 cannot be read: [\"Cannot upgrade the state of toy_box\"]"]
        );
        assert_eq!(
            said(1, true, &frozen[..1]).await,
            ["toy_box version 1 is not frozen"]
        );
        let back = said(0, false, &frozen).await;
        assert_eq!(
            back,
            ["toy_box went back from version 1", "toy_box.title is gone"]
        );
    }

    #[tokio::test]
    async fn an_upgrade_keeps_what_was_stored() {
        let mut core = Core::start(Boxes::new(1, true)).await;
        let upgraded = core
            .upgrade(BOX, 0, br#"{"id": "7", "title": "books"}"#.to_vec())
            .await
            .unwrap();
        assert_eq!(upgraded.get("label"), Some(&"books".into()));
        assert_eq!(upgraded.get("id"), Some(&"7".into()));
        core.shut_down().await;
    }

    #[test]
    fn breaks_are_found_at_any_depth() {
        let nested = |kind: Type| {
            Type::list(Type::object([(
                "rules",
                Type::set(Type::object([("port", kind)])),
            )]))
        };
        let found = breaks(&nested(Type::Number), &nested(Type::String), "wall");
        assert_eq!(found, ["wall[].rules[].port is of another type"]);
        assert_eq!(
            breaks(&Type::list(Type::Bool), &Type::set(Type::Bool), "x"),
            ["x is of another type"]
        );
        assert_eq!(
            breaks(&nested(Type::Bool), &nested(Type::Bool), "x"),
            Vec::<String>::new()
        );
    }
}
