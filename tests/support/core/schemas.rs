//! Schemas as they come over the wire.

use konnectazure::{
    tf::{
        schema::{Attribute, AttributeKind, Mode, Nesting, Schema},
        types::Type,
    },
    wire::{
        generated::{self as wire, schema::object::NestingMode},
        type_json,
    },
};

pub(super) fn decode_schema(schema: wire::Schema) -> Schema {
    let block = schema
        .block
        .expect("a schema without a block crashes Terraform");
    assert!(block.block_types.is_empty());
    Schema {
        version: schema.version,
        description: block.description,
        attributes: block.attributes.into_iter().map(decode_attribute).collect(),
    }
}

fn decode_attribute(attribute: wire::schema::Attribute) -> Attribute {
    let kind = match attribute.nested_type {
        None => AttributeKind::Type(type_json::parse(&attribute.r#type).unwrap()),
        Some(nested) => {
            assert!(
                attribute.r#type.is_empty(),
                "{}: both type and nested type",
                attribute.name
            );
            let nesting = match nested.nesting() {
                NestingMode::Single => Nesting::Single,
                NestingMode::List => Nesting::List,
                NestingMode::Set => Nesting::Set,
                NestingMode::Map => Nesting::Map,
                NestingMode::Invalid => panic!("{}: invalid nesting", attribute.name),
            };
            AttributeKind::Nested(
                nesting,
                nested
                    .attributes
                    .into_iter()
                    .map(decode_attribute)
                    .collect(),
            )
        }
    };
    // Schemas live as long as the test does.
    let name: &'static str = attribute.name.clone().leak();
    let mut decoded = match (attribute.required, attribute.optional, attribute.computed) {
        (true, false, false) => Attribute::required(name, kind),
        (false, true, false) => Attribute::optional(name, kind),
        (false, true, true) => Attribute::optional_computed(name, kind),
        (false, false, true) => Attribute::computed(name, kind),
        other => panic!("{name}: {other:?} is no mode"),
    };
    decoded.write_only = attribute.write_only;
    decoded.sensitive = attribute.sensitive;
    decoded.description = attribute.description;
    assert!(
        !decoded.write_only || decoded.mode != Mode::Computed,
        "{name}"
    );
    assert!(
        attribute.deprecated || attribute.deprecation_message.is_empty(),
        "{name}"
    );
    decoded
}

pub(super) fn decode_identity_schema(schema: &wire::ResourceIdentitySchema) -> Type {
    assert!(!schema.identity_attributes.is_empty());
    let attributes = schema.identity_attributes.iter().map(|attribute| {
        assert_ne!(
            attribute.required_for_import, attribute.optional_for_import,
            "{attribute:?}"
        );
        (
            attribute.name.clone(),
            type_json::parse(&attribute.r#type).unwrap(),
        )
    });
    Type::object(attributes)
}
