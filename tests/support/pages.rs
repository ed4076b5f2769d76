//! Registry pages, made from the schema, the example files, and the texts in `templates/` for what neither tells: rights and errors.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use konnectazure::tf::function::{Function, Parameter};
use konnectazure::tf::schema::{Attribute, AttributeKind, Mode, Nesting, OnChange, Schema};
use konnectazure::tf::types::Type;
use konnectazure::tf::value::Value;

/// What a page is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `docs/resources`.
    Resource,
    /// `docs/data-sources`.
    DataSource,
    /// `docs/functions`.
    Function,
    /// `docs/list-resources`.
    ListResource,
}

impl Kind {
    const fn folder(self) -> &'static str {
        match self {
            Self::Resource => "resources",
            Self::DataSource => "data-sources",
            Self::Function => "functions",
            Self::ListResource => "list-resources",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Resource => "Resource",
            Self::DataSource => "Data Source",
            Self::Function => "function",
            Self::ListResource => "List Resource",
        }
    }

    const fn example(self) -> &'static str {
        match self {
            Self::Resource => "resource.tf",
            Self::DataSource => "data-source.tf",
            Self::Function => "function.tf",
            Self::ListResource => "list-resource.tfquery.hcl",
        }
    }
}

/// The repository's folder.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The page's path below the repository's folder. A type's page leaves the provider's name out; a function's name has none.
pub fn path(kind: Kind, name: &str) -> PathBuf {
    let name = match kind {
        Kind::Function => name,
        Kind::Resource | Kind::DataSource | Kind::ListResource => {
            name.split_once('_').map_or(name, |(_, name)| name)
        }
    };
    Path::new("docs")
        .join(kind.folder())
        .join(format!("{name}.md"))
}

/// The provider's page.
pub fn provider_page(schema: &Schema) -> String {
    let example = read(Path::new("examples/provider/provider.tf"));
    let mut page = front_matter("konnectazure Provider", &schema.description);
    write!(
        page,
        "# konnectazure Provider\n\n{}\n\n## Example Usage\n\n{}\n",
        schema.description,
        code("terraform", &example)
    )
    .unwrap();
    page.push_str(&template("index").unwrap_or_default());
    page.push_str(&attributes(&schema.attributes));
    page
}

/// A resource's, data source's or list resource's page.
pub fn page(kind: Kind, type_name: &str, schema: &Schema, identity: &[&str]) -> String {
    let folder = Path::new("examples").join(kind.folder()).join(type_name);
    let mut page = front_matter(
        &format!("{type_name} {} - konnectazure", kind.title()),
        &schema.description,
    );
    write!(
        page,
        "# {type_name} ({})\n\n{}\n\n",
        kind.title(),
        schema.description
    )
    .unwrap();
    if kind == Kind::ListResource {
        page.push_str("For `terraform query` in Terraform 1.14 and later. Filters go in the `config` block.\n\n");
    }
    write!(
        page,
        "## Example Usage\n\n{}\n",
        code("terraform", &read(&folder.join(kind.example())))
    )
    .unwrap();
    if kind == Kind::Resource {
        page.push_str(
            "\nWhat does not say that a change replaces the object is changed in place.\n",
        );
    }
    page.push_str(&attributes(&schema.attributes));
    page.push_str(&timeouts(schema));
    if kind == Kind::Resource {
        page.push_str("\n## Import\n\nBy id, with an import block (Terraform 1.5 and later) or the command line:\n\n");
        page.push_str(&code(
            "terraform",
            &read(&folder.join("import-by-string-id.tf")),
        ));
        page.push('\n');
        page.push_str(&code("shell", &read(&folder.join("import.sh"))));
        let names: Vec<String> = identity.iter().map(|name| format!("`{name}`")).collect();
        write!(
            page,
            "\nBy identity ({}), Terraform 1.12 and later:\n\n",
            names.join(", ")
        )
        .unwrap();
        page.push_str(&code(
            "terraform",
            &read(&folder.join("import-by-identity.tf")),
        ));
    }
    let name = type_name
        .split_once('_')
        .map_or(type_name, |(_, name)| name);
    if let Some(text) = template(&format!("{}/{name}", kind.folder())) {
        write!(page, "\n{}\n", text.trim_end()).unwrap();
    }
    page
}

/// What a person wrote for a page, ending with an empty line.
fn template(name: &str) -> Option<String> {
    let path = root().join("templates").join(format!("{name}.md"));
    let text = std::fs::read_to_string(path).ok()?;
    Some(format!("{}\n\n", text.trim_end()))
}

/// How long each operation may take, where the block has `timeouts`.
fn timeouts(schema: &Schema) -> String {
    let Some(AttributeKind::Nested(_, operations)) = schema
        .attribute("timeouts")
        .map(|attribute| &attribute.kind)
    else {
        return String::new();
    };
    let mut text = String::from(
        "\n## Timeouts\n\nA duration such as `90m` or `1h30m` for each operation, in `timeouts`:\n\n| operation | default |\n| --- | --- |\n",
    );
    for operation in operations {
        let (_, default) = operation
            .description
            .split_once("Default: ")
            .expect("every operation tells its default");
        let default = default.trim_end_matches('.');
        writeln!(text, "| `{}` | {default} |", operation.name).unwrap();
    }
    text
}

/// A guide, with the example files that it names in comments in place of the blocks below them: `<!-- examples/complete/main.tf -->`.
pub fn guide(text: &str) -> String {
    let mut filled = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        filled.push_str(line);
        filled.push('\n');
        let named = line
            .strip_prefix("<!-- ")
            .and_then(|rest| rest.strip_suffix(" -->"));
        if let Some(file) = named {
            assert!(
                lines.next().is_some_and(|line| line.starts_with("```")),
                "a block follows {file}"
            );
            let end = lines.find(|line| *line == "```");
            assert!(end.is_some(), "the block of {file} ends");
            filled.push_str(&code("terraform", &read(Path::new(file))));
        }
    }
    filled
}

/// A function's page.
pub fn function_page(function: &dyn Function) -> String {
    let (name, kind) = (function.name(), Kind::Function);
    let example = Path::new("examples")
        .join(kind.folder())
        .join(name)
        .join(kind.example());
    let mut page = front_matter(
        &format!("{name} {} - konnectazure", kind.title()),
        function.summary(),
    );
    write!(
        page,
        "# {} ({})\n\n{}\n\n",
        name,
        kind.title(),
        function.description()
    )
    .unwrap();
    write!(page, "Called as `provider::konnectazure::{name}`; needs Terraform 1.8 or OpenTofu 1.7 and no credentials.\n\n").unwrap();
    write!(
        page,
        "## Example Usage\n\n{}\n",
        code("terraform", &read(&example))
    )
    .unwrap();
    let variadic = function.variadic();
    let typed = |parameter: &Parameter, more: &str| {
        format!("{}{more} {}", parameter.name, expression(&parameter.kind))
    };
    let mut parameters: Vec<String> = function
        .parameters()
        .iter()
        .map(|parameter| typed(parameter, ""))
        .collect();
    parameters.extend(variadic.iter().map(|parameter| typed(parameter, "...")));
    let signature = format!(
        "{name}({}) {}",
        parameters.join(", "),
        expression(&function.return_type())
    );
    write!(
        page,
        "## Signature\n\n{}\n## Arguments\n\n",
        code("text", &signature)
    )
    .unwrap();
    for parameter in function.parameters() {
        page.push_str(&argument(&parameter, ""));
    }
    if let Some(parameter) = variadic {
        page.push_str(&argument(&parameter, "Variadic, "));
    }
    if let Some(text) = template(&format!("{}/{name}", kind.folder())) {
        write!(page, "\n{}\n", text.trim_end()).unwrap();
    }
    page
}

fn argument(parameter: &Parameter, variadic: &str) -> String {
    let nullable = if parameter.allow_null {
        ", Nullable"
    } else {
        ""
    };
    format!(
        "1. `{}` ({variadic}{}{nullable}) {}\n",
        parameter.name,
        scalar(&parameter.kind),
        parameter.description
    )
}

/// A type as a configuration writes it.
fn expression(kind: &Type) -> String {
    let members = |of: &BTreeMap<String, Type>| {
        let members: Vec<String> = of
            .iter()
            .map(|(name, kind)| format!("{name} = {}", expression(kind)))
            .collect();
        members.join(", ")
    };
    match kind {
        Type::String => "string".to_owned(),
        Type::Number => "number".to_owned(),
        Type::Bool => "bool".to_owned(),
        Type::Dynamic => "any".to_owned(),
        Type::List(element) => format!("list({})", expression(element)),
        Type::Set(element) => format!("set({})", expression(element)),
        Type::Map(element) => format!("map({})", expression(element)),
        Type::Object(attributes) => format!("object({{{}}})", members(attributes)),
        Type::Tuple(elements) => format!(
            "tuple([{}])",
            elements
                .iter()
                .map(expression)
                .collect::<Vec<_>>()
                .join(", ")
        ),
    }
}

fn front_matter(title: &str, description: &str) -> String {
    let summary = description.split("\n\n").next().unwrap_or_default();
    format!("---\npage_title: \"{title}\"\ndescription: |-\n  {summary}\n---\n\n")
}

fn code(language: &str, text: &str) -> String {
    format!("```{language}\n{}\n```\n", text.trim_end())
}

fn read(path: &Path) -> String {
    let path = root().join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn attributes(attributes: &[Attribute]) -> String {
    let mut text = String::from("## Schema\n");
    let mut nested = BTreeMap::new();
    groups(&mut text, attributes, "", &mut nested);
    while let Some((path, inner)) = nested.pop_first() {
        write!(
            text,
            "\n<a id=\"nestedatt--{}\"></a>\n### Nested Schema for `{path}`\n",
            path.replace('.', "--")
        )
        .unwrap();
        groups(&mut text, inner, &format!("{path}."), &mut nested);
    }
    text
}

fn groups<'a>(
    text: &mut String,
    attributes: &'a [Attribute],
    prefix: &str,
    nested: &mut BTreeMap<String, &'a [Attribute]>,
) {
    let group = |mode: Mode| match mode {
        Mode::Required => "Required",
        Mode::Optional | Mode::OptionalComputed => "Optional",
        Mode::Computed => "Read-Only",
    };
    for title in ["Required", "Optional", "Read-Only"] {
        let mut members: Vec<&Attribute> = attributes
            .iter()
            .filter(|attribute| group(attribute.mode) == title)
            .collect();
        members.sort_by_key(|attribute| attribute.name);
        if members.is_empty() {
            continue;
        }
        write!(
            text,
            "\n{} {title}\n\n",
            if prefix.is_empty() { "###" } else { "####" }
        )
        .unwrap();
        for attribute in members {
            text.push_str(&line(attribute, prefix));
            if let AttributeKind::Nested(_, inner) = &attribute.kind {
                nested.insert(format!("{prefix}{}", attribute.name), inner);
            }
        }
    }
}

fn line(attribute: &Attribute, prefix: &str) -> String {
    let mut kind = type_name(&attribute.kind);
    if attribute.sensitive {
        kind.push_str(", Sensitive");
    }
    if attribute.write_only {
        kind.push_str(", Write-only");
    }
    let mut text = format!("- `{}` ({kind}) {}", attribute.name, attribute.description);
    // Where the default needs words, the description has them.
    if !attribute.description.contains("Default: ")
        && let Some(default) = attribute.default.as_ref().and_then(literal)
    {
        write!(text, " Default: `{default}`.").unwrap();
    }
    if attribute.on_change == OnChange::Replace && !attribute.description.contains("replaces") {
        text.push_str(" A change replaces the object.");
    }
    if matches!(attribute.kind, AttributeKind::Nested(..)) {
        let anchor = format!("{prefix}{}", attribute.name).replace('.', "--");
        write!(
            text,
            " (see [below for nested schema](#nestedatt--{anchor}))"
        )
        .unwrap();
    }
    text.push('\n');
    text
}

fn type_name(kind: &AttributeKind) -> String {
    match kind {
        AttributeKind::Type(kind) => scalar(kind),
        AttributeKind::Nested(Nesting::Single, _) => "Attributes".to_owned(),
        AttributeKind::Nested(Nesting::List, _) => "Attributes List".to_owned(),
        AttributeKind::Nested(Nesting::Set, _) => "Attributes Set".to_owned(),
        AttributeKind::Nested(Nesting::Map, _) => "Attributes Map".to_owned(),
    }
}

fn scalar(kind: &Type) -> String {
    match kind {
        Type::String => "String".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::Bool => "Boolean".to_owned(),
        Type::Dynamic => "Dynamic".to_owned(),
        Type::List(element) => format!("List of {}", scalar(element)),
        Type::Set(element) => format!("Set of {}", scalar(element)),
        Type::Map(element) => format!("Map of {}", scalar(element)),
        Type::Object(_) => "Object".to_owned(),
        Type::Tuple(_) => "Tuple".to_owned(),
    }
}

fn literal(value: &Value) -> Option<String> {
    match value {
        Value::Bool(value) => Some(value.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::List(elements) | Value::Set(elements) if elements.is_empty() => {
            Some("[]".to_owned())
        }
        _ => None,
    }
}
