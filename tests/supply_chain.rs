//! Each direct dependency has a row in `docs/dependencies.md`, and each row a dependency.

use std::collections::BTreeSet;
use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_default()
}

/// The names below the manifest's headings that end in `dependencies]`.
fn declared(manifest: &str) -> BTreeSet<String> {
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if let Some((name, _)) = line.split_once(" = ").filter(|_| inside) {
            names.insert(name.trim().to_owned());
        }
    }
    names
}

/// The names in the first column, of rows that have something in all four.
fn noted(page: &str) -> BTreeSet<String> {
    let rows = page.lines().filter_map(|line| {
        let cells: Vec<&str> = line
            .trim()
            .trim_matches('|')
            .split(" | ")
            .map(str::trim)
            .collect();
        let is_whole = cells.len() == 4 && cells.iter().all(|cell| cell.len() > 2);
        let name = cells.first()?.strip_prefix('`')?.strip_suffix('`')?;
        is_whole.then(|| name.to_owned())
    });
    rows.collect()
}

#[test]
fn each_direct_dependency_has_a_note() {
    let (declared, noted) = (
        declared(&read("Cargo.toml")),
        noted(&read("docs/dependencies.md")),
    );
    assert!(
        declared.len() > 20,
        "the manifest is not read: {declared:?}"
    );
    let silent: Vec<_> = declared.difference(&noted).collect();
    let stale: Vec<_> = noted.difference(&declared).collect();
    assert!(
        silent.is_empty(),
        "say in docs/dependencies.md what {silent:?} are for"
    );
    assert!(
        stale.is_empty(),
        "docs/dependencies.md speaks of {stale:?}, which are no dependencies"
    );
}

#[test]
fn a_missing_or_half_note_is_noticed() {
    let manifest = "[package]\nname = \"x\"\n[dependencies]\none = \"1\"\n[dev-dependencies]\ntwo = { version = \"2\" }\n[lints.rust]\nthree = \"deny\"\n";
    assert_eq!(
        declared(manifest),
        BTreeSet::from(["one".to_owned(), "two".to_owned()])
    );
    assert_eq!(
        noted("| `one` | a use | another | somebody |\n| `two` | a use | | somebody |\n"),
        BTreeSet::from(["one".to_owned()])
    );
}
