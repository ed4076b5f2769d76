//! The configurations that people read: example files, and fenced blocks in Markdown; each made whole enough for `terraform validate`.
//!
//! A fenced block counts where it is marked `hcl` or `terraform` and begins with a top-level block (`resource`, `import`, …): a few attributes
//! shown alone are no configuration. Not validated are blocks that name types of other providers, which are not at hand here; such a type
//! may stand in the `from` of a `moved` or `removed` block, where its provider is not asked. Blocks that begin with `list` belong into query files, which
//! Terraform reads from 1.14 on: they are validated where the program does.
//!
//! Pages show parts, so that a snippet may refer to what it does not declare: a variable, a local value, or an object of ours. What is
//! missing is declared with unknown values, so everything that the snippet does say is checked against the schema.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use konnectazure::tf::provider::Registry;
use konnectazure::tf::schema::{Mode, Schema};

use super::terraform::SOURCE;

/// What a configuration file can begin with.
const TOP_LEVEL: [&str; 12] = [
    "check",
    "data",
    "import",
    "locals",
    "module",
    "moved",
    "output",
    "provider",
    "removed",
    "resource",
    "terraform",
    "variable",
];

/// How the types of providers begin that are named beside ours.
const FOREIGN: [&str; 5] = [
    "azapi_",
    "azuread_",
    "azurerm_",
    "konnect_cloud_",
    "konnect_gateway_",
];

/// Stands for what a page leaves out: a variable without a value is unknown to `terraform validate`.
const LEFT_OUT: &str = "what_the_page_leaves_out";

/// A configuration and where it stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Snippet {
    /// Path of the file, and the line of a fenced block.
    pub place: String,
    /// As people read it.
    pub text: String,
}

/// The blocks of a Markdown text that count.
pub fn fenced(path: &str, markdown: &str) -> Vec<Snippet> {
    let mut found = blocks(path, markdown);
    found.retain(|snippet| is_configuration(&snippet.text));
    found
}

/// The blocks of a Markdown text that belong into a query file.
pub fn queries(path: &str, markdown: &str) -> Vec<Snippet> {
    let mut found = blocks(path, markdown);
    found.retain(|snippet| first_word(&snippet.text) == "list");
    found
}

fn blocks(path: &str, markdown: &str) -> Vec<Snippet> {
    let mut found = Vec::new();
    let mut open: Option<(usize, bool, String)> = None;
    for (index, line) in markdown.lines().enumerate() {
        let marker = line.trim_start().strip_prefix("```");
        match (&mut open, marker) {
            (None, Some(info)) => {
                let counts = ["hcl", "terraform"].contains(&info.trim());
                open = Some((index + 1, counts, String::new()));
            }
            (Some((_, _, text)), None) => {
                text.push_str(line);
                text.push('\n');
            }
            (Some(_), Some(_)) => {
                let block = open.take();
                found.extend(
                    block
                        .filter(|(_, counts, _)| *counts)
                        .map(|(number, _, text)| Snippet {
                            place: format!("{path}:{number}"),
                            text,
                        }),
                );
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{path}: a fenced block does not end");
    found
}

/// Whether the text begins as a whole configuration does.
pub fn is_configuration(text: &str) -> bool {
    TOP_LEVEL.contains(&first_word(text))
}

fn first_word(text: &str) -> &str {
    let first = code_lines(text).next().unwrap_or_default();
    first.split([' ', '{']).next().unwrap_or_default()
}

/// Whether the text needs another provider.
pub fn is_foreign(text: &str) -> bool {
    code_lines(text)
        .filter(|line| !line.trim_start().starts_with("from "))
        .flat_map(words)
        .map(|word| word.strip_prefix("data.").unwrap_or(word))
        .any(|word| FOREIGN.iter().any(|prefix| word.starts_with(prefix)))
}

/// The text with declarations of everything that it refers to and does not declare.
pub fn complete(text: &str, registry: &Registry) -> String {
    let mut whole = text.to_owned();
    if !text.contains("required_providers") {
        write!(
            whole,
            "\nterraform {{\n  required_providers {{\n    konnectazure = {{\n      source = \"{SOURCE}\"\n    }}\n  }}\n}}\n"
        )
        .unwrap();
    }
    let mut missing = BTreeSet::new();
    for word in code_lines(text).flat_map(words) {
        let parts: Vec<&str> = word.split('.').collect();
        match parts.as_slice() {
            ["var", name, ..] if !declares(text, &format!("variable \"{name}\"")) => {
                missing.insert(format!("variable \"{name}\" {{}}\n"));
            }
            ["local", name, ..] if !declares_local(text, name) => {
                missing.insert(format!("locals {{\n  {name} = var.{LEFT_OUT}\n}}\n"));
            }
            ["data", kind, name, ..] if !declares(text, &format!("data \"{kind}\" \"{name}\"")) => {
                if let Some(source) = registry.data_sources().get(kind) {
                    missing.insert(declaration("data", kind, name, &source.shape().schema));
                }
            }
            [kind, name, ..] if !declares(text, &format!("resource \"{kind}\" \"{name}\"")) => {
                if let Some(resource) = registry.resources().get(kind) {
                    missing.insert(declaration(
                        "resource",
                        kind,
                        name,
                        &resource.shape().schema,
                    ));
                }
            }
            _ => {}
        }
    }
    if missing.iter().any(|block| block.contains(LEFT_OUT)) {
        missing.insert(format!("variable \"{LEFT_OUT}\" {{}}\n"));
    }
    for block in missing {
        write!(whole, "\n{block}").unwrap();
    }
    whole
}

/// An object of which nothing is known but that it is there.
fn declaration(block: &str, kind: &str, name: &str, schema: &Schema) -> String {
    let mut text = format!("{block} \"{kind}\" \"{name}\" {{\n");
    let attributes = schema.attributes.iter();
    for attribute in attributes.filter(|attribute| attribute.mode != Mode::Computed) {
        writeln!(text, "  {} = var.{LEFT_OUT}", attribute.name).unwrap();
    }
    text.push_str("}\n");
    text
}

fn declares(text: &str, header: &str) -> bool {
    code_lines(text).any(|line| line.starts_with(header))
}

/// Local values stand in a block of their own, indented by one step.
fn declares_local(text: &str, name: &str) -> bool {
    let assigned = |line: &str| {
        line.strip_prefix("  ")
            .and_then(|rest| rest.strip_prefix(name))
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    text.contains("locals {") && code_lines(text).any(assigned)
}

/// The lines that are more than a comment.
fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| {
        let line = line.trim_start();
        !(line.is_empty() || line.starts_with('#') || line.starts_with("//"))
    })
}

/// The names of a line with the attributes behind them; what is quoted is taken as well, for what is interpolated there.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character: char| !(character.is_ascii_alphanumeric() || "_.-".contains(character)))
}

/// The files of a kind below a folder of the repository, in order, as snippets.
pub fn files(root: &Path, folder: &str, extension: &str) -> Vec<Snippet> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(root.join(folder))
        .into_iter()
        .flatten()
        .flatten();
    for entry in entries {
        let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            found.extend(files(root, &name, extension));
        } else if entry
            .path()
            .extension()
            .is_some_and(|found| found == extension)
        {
            let text = std::fs::read_to_string(entry.path()).expect("a text");
            found.push(Snippet { place: name, text });
        }
    }
    found.sort();
    found
}
