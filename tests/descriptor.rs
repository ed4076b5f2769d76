//! Our proto files against the published tables of the protocols: every message, field, enum, service and call, in both
//! directions. The tables are not part of this repository; where they are absent the comparison is skipped, in words.

#![allow(
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and says what it skips"
)]

use std::{collections::BTreeSet, fs, path::Path};

use prost::Message as _;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FieldOptions, FileDescriptorProto,
    FileDescriptorSet, MessageOptions, ServiceDescriptorProto,
    field_descriptor_proto::{Label, Type},
};

const COMPILED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
const TABLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/specs");
/// kind, owner, name, number, type, label, oneof, request, response, streaming, options.
const COLUMNS: usize = 11;

type Row = [String; COLUMNS];

#[test]
fn the_provider_protocol_is_exactly_the_published_one() {
    compare("tfplugin6", "tfplugin6.11.tsv");
}

#[test]
fn the_plugin_services_are_exactly_the_published_ones() {
    compare("plugin", "go-plugin.tsv");
}

/// The one file without a table: at least its calls have the paths that health clients use.
#[test]
fn the_health_service_is_the_standard_one() {
    let rows = compiled_rows("grpc.health.v1");
    let calls: BTreeSet<_> = rows
        .iter()
        .filter(|row| row[0] == "rpc")
        .map(|row| format!("{}/{}", row[1], row[2]))
        .collect();
    let expected = ["grpc.health.v1.Health/Check", "grpc.health.v1.Health/Watch"];
    assert_eq!(calls, expected.map(str::to_owned).into());
}

fn compare(package: &str, table: &str) {
    let path = Path::new(TABLES).join(table);
    let Ok(text) = fs::read_to_string(&path) else {
        println!("skipped: {table} is not there, so package {package} was compared with nothing");
        return;
    };
    let published = table_rows(&text);
    let compiled = compiled_rows(package);
    let missing: Vec<_> = published
        .difference(&compiled)
        .map(|row| row.join(" "))
        .collect();
    let extra: Vec<_> = compiled
        .difference(&published)
        .map(|row| row.join(" "))
        .collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "missing or different:\n{}\nnot in the table:\n{}",
        missing.join("\n"),
        extra.join("\n"),
    );
    println!("{} rows of {table} compared", published.len());
}

fn table_rows(text: &str) -> BTreeSet<Row> {
    let rows = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    rows.map(|line| {
        let mut fields = line.split('\t').map(str::to_owned);
        std::array::from_fn(|_| fields.next().unwrap_or_default())
    })
    .collect()
}

fn compiled_rows(package: &str) -> BTreeSet<Row> {
    let files = FileDescriptorSet::decode(COMPILED).unwrap().file;
    let mut rows = BTreeSet::new();
    for file in files.iter().filter(|file| file.package() == package) {
        add_file(&mut rows, file);
    }
    assert!(!rows.is_empty(), "no package {package}");
    rows
}

fn add_file(rows: &mut BTreeSet<Row>, file: &FileDescriptorProto) {
    assert_eq!(file.syntax(), "proto3");
    let name = |short: &str| format!("{}.{short}", file.package());
    for message in &file.message_type {
        add_message(rows, &name(message.name()), message);
    }
    for enumeration in &file.enum_type {
        add_enum(rows, &name(enumeration.name()), enumeration);
    }
    for service in &file.service {
        add_service(rows, &name(service.name()), service);
    }
}

fn add_message(rows: &mut BTreeSet<Row>, name: &str, message: &DescriptorProto) {
    rows.insert(row("message", name, []));
    let (entries, nested): (Vec<_>, Vec<_>) = message.nested_type.iter().partition(|nested| {
        nested
            .options
            .as_ref()
            .is_some_and(MessageOptions::map_entry)
    });
    for field in &message.field {
        let entry = entries
            .iter()
            .find(|entry| field.type_name() == format!(".{name}.{}", entry.name()));
        let (kind, label) = match entry {
            Some(entry) => (map_type(entry), "map"),
            None => (type_of(field), label_of(field)),
        };
        let number = field.number().to_string();
        let oneof = match field.oneof_index {
            Some(index) if !field.proto3_optional() => {
                message.oneof_decl[usize::try_from(index).unwrap()].name()
            }
            _ => "",
        };
        let deprecated = field.options.as_ref().is_some_and(FieldOptions::deprecated);
        let options = if deprecated { "deprecated" } else { "" };
        rows.insert(row(
            "field",
            name,
            [
                (2, field.name()),
                (3, &number),
                (4, &kind),
                (5, label),
                (6, oneof),
                (10, options),
            ],
        ));
    }
    for nested in nested {
        add_message(rows, &format!("{name}.{}", nested.name()), nested);
    }
    for enumeration in &message.enum_type {
        add_enum(rows, &format!("{name}.{}", enumeration.name()), enumeration);
    }
}

fn add_enum(rows: &mut BTreeSet<Row>, name: &str, enumeration: &EnumDescriptorProto) {
    rows.insert(row("enum", name, []));
    for value in &enumeration.value {
        rows.insert(row(
            "value",
            name,
            [(2, value.name()), (3, &value.number().to_string())],
        ));
    }
}

fn add_service(rows: &mut BTreeSet<Row>, name: &str, service: &ServiceDescriptorProto) {
    rows.insert(row("service", name, []));
    for call in &service.method {
        let streaming = match (call.client_streaming(), call.server_streaming()) {
            (false, false) => "unary",
            (false, true) => "server-stream",
            (true, false) => "client-stream",
            (true, true) => "bidi",
        };
        let (request, response) = (call.input_type(), call.output_type());
        let columns = [
            (2, call.name()),
            (7, request.trim_start_matches('.')),
            (8, response.trim_start_matches('.')),
            (9, streaming),
        ];
        rows.insert(row("rpc", name, columns));
    }
}

fn row<const N: usize>(kind: &str, owner: &str, columns: [(usize, &str); N]) -> Row {
    let mut row = Row::default();
    for (column, text) in [(0, kind), (1, owner)].into_iter().chain(columns) {
        text.clone_into(&mut row[column]);
    }
    row
}

fn map_type(entry: &DescriptorProto) -> String {
    let types: Vec<_> = entry.field.iter().map(type_of).collect();
    types.join("=>")
}

fn type_of(field: &FieldDescriptorProto) -> String {
    match field.r#type() {
        Type::Message | Type::Enum => field.type_name().trim_start_matches('.').to_owned(),
        scalar => scalar
            .as_str_name()
            .trim_start_matches("TYPE_")
            .to_lowercase(),
    }
}

fn label_of(field: &FieldDescriptorProto) -> &'static str {
    match field.label() {
        Label::Repeated => "repeated",
        Label::Required => "required",
        Label::Optional if field.proto3_optional() => "optional",
        Label::Optional => "singular",
    }
}
