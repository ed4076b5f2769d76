//! What makes a schema sound: rules that hosts enforce when they load a provider, or rely on. For the tests of every registered type.

use std::collections::{BTreeMap, BTreeSet};

use super::consistency::type_faults;
use super::path::Path;
use super::schema::{Attribute, AttributeKind, IdentityAttribute, Mode, Nesting, OnChange, Schema};
use super::types::Type;

/// Faults of a schema, in words; empty for a sound one.
#[must_use]
pub fn schema_faults(schema: &Schema) -> Vec<String> {
    let mut faults = Vec::new();
    if schema.version < 0 {
        faults.push("the version is negative".to_owned());
    }
    if schema.description.is_empty() {
        faults.push("there is no description".to_owned());
    }
    attributes_faults(&schema.attributes, &Path::root(), false, &mut faults);
    faults
}

/// Where a model and its schema disagree.
#[must_use]
pub fn model_faults(schema: &Schema, model: &BTreeMap<String, Type>) -> Vec<String> {
    let mut faults = Vec::new();
    for attribute in &schema.attributes {
        match model.get(attribute.name) {
            None => faults.push(format!("{}: the model has no such field", attribute.name)),
            Some(kind) if *kind != attribute.kind.value_type() => faults.push(format!(
                "{}: the model says {kind:?}, the schema {:?}",
                attribute.name,
                attribute.kind.value_type()
            )),
            Some(_) => {}
        }
    }
    for name in model.keys().filter(|name| schema.attribute(name).is_none()) {
        faults.push(format!("{name}: the schema has no such attribute"));
    }
    faults
}

/// Where an identity disagrees with the rules for identities or with the schema.
#[must_use]
pub fn identity_faults(schema: &Schema, identity: &[IdentityAttribute]) -> Vec<String> {
    let mut faults = Vec::new();
    for part in identity {
        match schema.attribute(part.name) {
            None => faults.push(format!(
                "identity {}: not an attribute of the resource",
                part.name
            )),
            Some(attribute) if attribute.kind.value_type() != part.kind => {
                faults.push(format!(
                    "identity {}: of another type than the attribute",
                    part.name
                ));
            }
            Some(attribute) if attribute.sensitive => {
                faults.push(format!(
                    "identity {}: identities are shown, and this is a secret",
                    part.name
                ));
            }
            Some(_) => {}
        }
        if matches!(
            part.kind,
            Type::Set(_) | Type::Map(_) | Type::Object(_) | Type::Tuple(_) | Type::Dynamic
        ) {
            faults.push(format!(
                "identity {}: only scalars and lists of them identify",
                part.name
            ));
        }
    }
    faults
}

fn attributes_faults(
    attributes: &[Attribute],
    path: &Path,
    in_set: bool,
    faults: &mut Vec<String>,
) {
    let mut names = BTreeSet::new();
    for attribute in attributes {
        let path = path.child(attribute.name);
        if !names.insert(attribute.name) {
            faults.push(format!("{path}: declared twice"));
        }
        for fault in attribute_faults(attribute, in_set) {
            faults.push(format!("{path}: {fault}"));
        }
        if let AttributeKind::Nested(nesting, nested) = &attribute.kind {
            attributes_faults(nested, &path, in_set || *nesting == Nesting::Set, faults);
        }
    }
}

fn attribute_faults(attribute: &Attribute, in_set: bool) -> Vec<String> {
    let mut faults = Vec::new();
    let mut refuse = |broken: bool, fault: &str| {
        if broken {
            faults.push(fault.to_owned());
        }
    };
    refuse(
        !is_identifier(attribute.name),
        "names are lower case letters, digits and underscores",
    );
    refuse(attribute.description.is_empty(), "there is no description");
    refuse(
        attribute.write_only && (attribute.mode.is_computed() || in_set),
        "write-only attributes are neither computed nor in sets",
    );
    refuse(
        attribute.default.is_some() && attribute.mode != Mode::OptionalComputed,
        "an attribute with a default is optional and computed",
    );
    refuse(
        attribute.mode == Mode::Computed && !attribute.validators.is_empty(),
        "nobody can break the rules of a computed attribute",
    );
    refuse(
        attribute.on_change == OnChange::SaveOnly
            && attribute.mode.is_computed()
            && attribute.default.is_none(),
        "what is only saved is not computed",
    );
    refuse(
        in_set && has_dynamic(&attribute.kind),
        "sets cannot hold dynamic values",
    );
    if let Some(default) = &attribute.default {
        let mut mismatches = Vec::new();
        type_faults(
            &attribute.kind.value_type(),
            default,
            &Path::root(),
            &mut mismatches,
        );
        refuse(
            !mismatches.is_empty() || default.is_null(),
            "the default is of another type",
        );
    }
    faults
}

fn has_dynamic(kind: &AttributeKind) -> bool {
    matches!(kind, AttributeKind::Type(Type::Dynamic))
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sound_schema_has_no_faults() {
        let schema = Schema::new(
            "A thing.",
            vec![
                Attribute::required("name", Type::String).describe("Its name."),
                Attribute::optional("wait", Type::Bool)
                    .describe("Wait.")
                    .default_value(true),
            ],
        );
        assert_eq!(schema_faults(&schema), Vec::<String>::new());
    }

    #[test]
    fn what_hosts_refuse_is_a_fault() {
        let set = AttributeKind::Nested(
            Nesting::Set,
            vec![
                Attribute::optional("secret", Type::String)
                    .describe("S.")
                    .write_only(),
            ],
        );
        let cases = [
            Attribute::required("Name", Type::String).describe("Upper case."),
            Attribute::required("name", Type::String),
            Attribute::computed("secret", Type::String)
                .describe("C.")
                .write_only(),
            Attribute::required("items", set).describe("Write-only in a set."),
            Attribute::optional("count", Type::Number)
                .describe("Text.")
                .default_value("one"),
        ];
        for attribute in cases {
            let schema = Schema::new("A thing.", vec![attribute]);
            assert_eq!(schema_faults(&schema).len(), 1, "{schema:?}");
        }
    }

    #[test]
    fn a_model_must_mirror_its_schema() {
        let schema = Schema::new("A thing.", vec![Attribute::required("name", Type::String)]);
        let model = |name: &str, kind| BTreeMap::from([(name.to_owned(), kind)]);
        assert!(model_faults(&schema, &model("name", Type::String)).is_empty());
        assert_eq!(model_faults(&schema, &model("name", Type::Bool)).len(), 1);
        assert_eq!(
            model_faults(&schema, &model("title", Type::String)).len(),
            2
        );
    }
}
