//! The configurations that people read: example files, and fenced blocks in Markdown; each made whole enough for `terraform validate`.
//!
//! Every fenced block that is marked `hcl` or `terraform` is of one [`Kind`], and each kind has its test; there are no exceptions. Types of
//! other providers are not at hand here, so that a block that needs one fails; they may stand in the `from` of a `moved` or `removed` block,
//! where their provider is not asked.
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

/// The file that a block belongs into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `main.tf`: it begins with a top-level block.
    Configuration,
    /// `main.tfquery.hcl`, which Terraform reads from 1.14 on: it begins with a `list` block.
    Query,
    /// `terraform.tfvars`: assignments alone.
    Values,
}

/// What a block is; `None` for what could not be validated.
pub fn kind(text: &str) -> Option<Kind> {
    let first = code_lines(text).next()?;
    let word = first.split([' ', '{']).next()?;
    if word == "list" {
        Some(Kind::Query)
    } else if TOP_LEVEL.contains(&word) {
        Some(Kind::Configuration)
    } else if assigned(text).is_some() {
        Some(Kind::Values)
    } else {
        None
    }
}

/// The names that a text of single-line assignments gives values to; `None` for any other text.
pub fn assigned(text: &str) -> Option<BTreeSet<String>> {
    code_lines(text)
        .map(|line| {
            let (name, _) = line.split_once('=')?;
            let name = name.trim_end();
            let is_name = !name.is_empty() && words(name).eq([name]);
            is_name.then(|| name.to_owned())
        })
        .collect()
}

/// The blocks of a Markdown text of one kind.
pub fn fenced(path: &str, markdown: &str, wanted: Kind) -> Vec<Snippet> {
    let mut found = blocks(path, markdown);
    found.retain(|snippet| kind(&snippet.text) == Some(wanted));
    found
}

/// Every block of a Markdown text that is marked as HCL.
pub fn blocks(path: &str, markdown: &str) -> Vec<Snippet> {
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

/// Data may be declared within a `check` block.
fn declares(text: &str, header: &str) -> bool {
    code_lines(text).any(|line| line.trim_start().starts_with(header))
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
