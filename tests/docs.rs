//! The registry pages under `docs/` are what the schema and the examples say. `UPDATE_DOCS=1 cargo test --test docs` rewrites them.

mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;

use konnectazure::provider::KonnectAzure;
use konnectazure::tf::provider::Provider as _;
use support::pages::{self, Kind};

fn generated() -> BTreeMap<PathBuf, String> {
    let provider = KonnectAzure::new(|_| None);
    let registry = provider.registry();
    let mut files = BTreeMap::from([(
        PathBuf::from("docs/index.md"),
        pages::provider_page(&provider.schema()),
    )]);
    for (name, resource) in registry.resources() {
        let shape = resource.shape();
        let identity: Vec<&str> = shape
            .identity
            .iter()
            .map(|attribute| attribute.name)
            .collect();
        files.insert(
            pages::path(Kind::Resource, name),
            pages::page(Kind::Resource, name, &shape.schema, &identity),
        );
    }
    for (name, data_source) in registry.data_sources() {
        files.insert(
            pages::path(Kind::DataSource, name),
            pages::page(Kind::DataSource, name, &data_source.shape().schema, &[]),
        );
    }
    for (name, list) in registry.lists() {
        files.insert(
            pages::path(Kind::ListResource, name),
            pages::page(Kind::ListResource, name, &list.shape().schema, &[]),
        );
    }
    for (name, function) in registry.functions() {
        files.insert(
            pages::path(Kind::Function, name),
            pages::function_page(function.as_ref()),
        );
    }
    files
}

#[test]
fn pages_are_fresh() {
    let update = std::env::var_os("UPDATE_DOCS").is_some();
    let mut stale = Vec::new();
    let files = generated();
    for (path, expected) in &files {
        let file = pages::root().join(path);
        if std::fs::read_to_string(&file).ok().as_ref() == Some(expected) {
            continue;
        }
        if update {
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("the folder");
            std::fs::write(&file, expected).expect("the page");
        } else {
            stale.push(path.display().to_string());
        }
    }
    for folder in [
        "docs/resources",
        "docs/data-sources",
        "docs/functions",
        "docs/list-resources",
    ] {
        for entry in std::fs::read_dir(pages::root().join(folder))
            .into_iter()
            .flatten()
            .flatten()
        {
            let path = PathBuf::from(folder).join(entry.file_name());
            if !files.contains_key(&path) {
                stale.push(format!(
                    "{} (nothing of this name is registered)",
                    path.display()
                ));
            }
        }
    }
    assert!(
        stale.is_empty(),
        "stale, run `UPDATE_DOCS=1 cargo test --test docs`:\n{}",
        stale.join("\n")
    );
}

#[test]
fn every_attribute_and_argument_is_described() {
    for (path, page) in generated() {
        for line in page
            .lines()
            .filter(|line| line.starts_with("- `") || line.starts_with("1. `"))
        {
            let described = line
                .split_once(") ")
                .is_some_and(|(_, description)| description.len() > 10);
            assert!(described, "{}: {line}", path.display());
        }
    }
}
