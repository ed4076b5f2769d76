//! The registry pages under `docs/` are what the schema and the examples say. `UPDATE_DOCS=1 cargo test --test docs` rewrites them.

#[allow(unreachable_pub, reason = "it is written for the library")]
#[path = "docs/note.rs"]
mod note;
mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;

use konnectazure::provider::KonnectAzure;
use konnectazure::resources::clients::Clients;
use konnectazure::tf::provider::{Provider as _, Registry};
use support::pages::{self, Kind};
use support::{quotes, snippets};

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
    for guide in snippets::files(&pages::root(), "docs/guides", "md") {
        files.insert(PathBuf::from(guide.place), pages::guide(&guide.text));
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
        let listed = page
            .split("\n## ")
            .filter(|section| section.starts_with("Schema") || section.starts_with("Arguments"));
        for line in listed
            .flat_map(str::lines)
            .filter(|line| line.starts_with("- `") || line.starts_with("1. `"))
        {
            let described = line
                .split_once(") ")
                .is_some_and(|(_, description)| description.len() > 10);
            assert!(described, "{}: {line}", path.display());
        }
    }
}

#[test]
fn every_page_tells_who_may_do_it_and_what_can_go_wrong() {
    let mut incomplete = Vec::new();
    for (path, page) in generated() {
        let folder = path.parent().and_then(|folder| folder.file_name());
        let wanted: &[&str] = match folder.and_then(|folder| folder.to_str()) {
            Some("resources") => &["## Timeouts", "## Import", "## Permissions", "## Errors"],
            // Functions call nobody.
            Some("functions") => &["## Errors"],
            Some("guides") => &[],
            _ => &["## Permissions", "## Errors"],
        };
        let missing = wanted
            .iter()
            .filter(|section| !page.lines().any(|line| line == **section));
        incomplete.extend(missing.map(|section| format!("{}: {section}", path.display())));
    }
    assert!(
        incomplete.is_empty(),
        "write them into templates/:\n{}",
        incomplete.join("\n")
    );
}

#[test]
fn every_template_is_for_a_page() {
    let files = generated();
    for template in snippets::files(&pages::root(), "templates", "md") {
        let page = template.place.replacen("templates", "docs", 1);
        assert!(
            files.contains_key(&PathBuf::from(&page)),
            "{} is for nothing that is registered",
            template.place
        );
    }
}

#[test]
fn every_error_that_a_page_quotes_is_worded_so() {
    let texts = quotes::texts(&pages::root().join("src"));
    let mut wrong = Vec::new();
    let mut count = 0;
    for (path, page) in generated() {
        let place = path.display();
        for (line, quoted) in quotes::quoted(&page) {
            count += 1;
            for part in quotes::invented(&quoted, &texts) {
                wrong.push(format!("{place}:{line}: {part}"));
            }
        }
    }
    assert!(wrong.is_empty(), "no error says:\n{}", wrong.join("\n"));
    assert!(count > 50, "only {count} errors are quoted");
}

#[test]
fn an_error_that_is_worded_otherwise_is_found() {
    let page = "## Errors\n\n- `The role … is taken`, `Other`: do that.\n- plain\n\n## More\n\n- `no error`\n\n### `A heading`\n";
    let texts = ["The role {name:?} is taken".to_owned()];
    let invented: Vec<(usize, Vec<String>)> = quotes::quoted(page)
        .into_iter()
        .map(|(line, quoted)| (line, quotes::invented(&quoted, &texts)))
        .collect();
    let expected = [
        (3, vec![]),
        (3, vec!["Other".to_owned()]),
        (10, vec!["A heading".to_owned()]),
    ];
    assert_eq!(invented, expected);
}

/// What the registry demands of a folder of pages: where they lie, their front matter, their size, and that links between them lead somewhere.
#[test]
fn pages_are_laid_out_as_the_registry_wants_them() {
    const LARGEST: usize = 500_000;
    let root = pages::root();
    let mut faults = Vec::new();
    for (path, page) in generated() {
        let place = path.display().to_string();
        if page.len() >= LARGEST {
            faults.push(format!("{place}: too large"));
        }
        let front = page.strip_prefix("---\n");
        let Some((front, _)) = front.and_then(|text| text.split_once("\n---\n")) else {
            faults.push(format!("{place}: no front matter"));
            continue;
        };
        let keys: Vec<&str> = front
            .lines()
            .filter(|line| !line.starts_with(' '))
            .filter_map(|line| line.split_once(':').map(|(key, _)| key))
            .collect();
        if !keys.contains(&"page_title") || !keys.contains(&"description") {
            faults.push(format!("{place}: page_title and description are wanted"));
        }
        for key in keys {
            let is_known = matches!(key, "page_title" | "description")
                || key == "subcategory" && place != "docs/index.md";
            if !is_known {
                faults.push(format!("{place}: the registry refuses {key}"));
            }
        }
        for target in links(&page) {
            let folder = place.rsplit_once('/').map_or("", |(folder, _)| folder);
            // The registry takes the ending of the file's name away, and repositories need it.
            let is_page = target
                .rsplit_once('.')
                .is_some_and(|(_, ending)| ending == "md");
            if !is_page || !root.join(folder).join(target).is_file() {
                faults.push(format!("{place}: the link to {target} leads nowhere"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn links_of_the_repository_lead_somewhere() {
    let root = pages::root();
    let mut texts = snippets::files(&root, "docs/decisions", "md");
    for name in [
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
        "CHANGELOG.md",
        "docs/architecture.md",
        "docs/user-pains.md",
    ] {
        texts.push(snippets::Snippet {
            place: name.to_owned(),
            text: std::fs::read_to_string(root.join(name)).expect(name),
        });
    }
    let mut lost = Vec::new();
    let mut count = 0;
    for text in &texts {
        let folder = text.place.rsplit_once('/').map_or("", |(folder, _)| folder);
        for target in links(&text.text) {
            count += 1;
            if !root.join(folder).join(target).exists() {
                lost.push(format!("{}: {target}", text.place));
            }
        }
    }
    assert!(lost.is_empty(), "these lead nowhere:\n{}", lost.join("\n"));
    assert!(count > 20, "only {count} links were found");
}

/// The file that `CONTRIBUTING.md` shows compiles, and its schema and model are sound.
#[test]
fn the_resource_that_contributors_begin_with_is_sound() {
    let shown = std::fs::read_to_string(pages::root().join("CONTRIBUTING.md")).expect("a text");
    let file = include_str!("docs/note.rs").replace("konnectazure::", "crate::");
    assert!(
        shown.contains(&format!("```rust\n{file}```\n")),
        "CONTRIBUTING.md shows another file than tests/docs/note.rs"
    );
    let registry = Registry::new().resource(note::resource(&Clients::default()));
    assert_eq!(registry.faults(), Vec::<String>::new());
}

/// Where links lead within the documentation.
fn links(markdown: &str) -> Vec<&str> {
    markdown
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
        .filter(|target| !target.starts_with('#') && !target.contains("://"))
        .map(|target| target.split('#').next().unwrap_or(target))
        .collect()
}
