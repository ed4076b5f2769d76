//! Schemas as they come over the wire, with what Terraform demands of them before it loads a provider.

use konnectazure::wire::generated::{self as wire, schema::object::NestingMode};

use super::{types::Type, values::Value};

#[derive(Clone, Debug)]
pub struct Schema {
    pub version: i64,
    pub attributes: Vec<Attribute>,
}

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "as the protocol has them")]
pub struct Attribute {
    pub name: String,
    pub kind: Type,
    /// The attributes of each of its objects, where it has some with rules of their own.
    pub nested: Option<(NestingMode, Vec<Attribute>)>,
    pub optional: bool,
    pub computed: bool,
    pub write_only: bool,
    pub sensitive: bool,
}

impl Schema {
    pub fn object_type(&self) -> Type {
        object_type(&self.attributes)
    }

    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
    }

    /// An object of which nothing is said.
    pub fn nothing(&self) -> Value {
        let attributes = self.attributes.iter();
        Value::object(attributes.map(|attribute| (attribute.name.clone(), Value::Null)))
    }
}

impl Attribute {
    /// Whether users may give a value.
    pub fn is_configurable(&self) -> bool {
        self.optional || !self.computed
    }
}

fn object_type(attributes: &[Attribute]) -> Type {
    let attributes = attributes.iter();
    Type::object(attributes.map(|attribute| (attribute.name.clone(), attribute.kind.clone())))
}

pub(super) fn decode_schema(schema: wire::Schema) -> Schema {
    let block = schema
        .block
        .expect("a schema without a block crashes Terraform");
    assert!(
        block.block_types.is_empty(),
        "nested blocks, which these rules do not cover"
    );
    assert!(schema.version >= 0);
    Schema {
        version: schema.version,
        attributes: block.attributes.into_iter().map(decode_attribute).collect(),
    }
}

fn decode_attribute(attribute: wire::schema::Attribute) -> Attribute {
    let name = attribute.name;
    let is_named = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    assert!(!name.is_empty() && name.bytes().all(is_named), "{name:?}");
    let (required, optional) = (attribute.required, attribute.optional);
    assert!(
        required || optional || attribute.computed,
        "{name}: must set Optional, Required or Computed"
    );
    assert!(
        !required || !(optional || attribute.computed),
        "{name}: required and something else"
    );
    assert!(
        !attribute.write_only || !attribute.computed,
        "{name}: write-only and computed"
    );
    assert!(
        attribute.deprecated || attribute.deprecation_message.is_empty(),
        "{name}: a deprecation message of what is not deprecated"
    );
    let (kind, nested) = match attribute.nested_type {
        None => (Type::parse(&attribute.r#type).expect(&name), None),
        Some(nested) => {
            assert!(
                attribute.r#type.is_empty(),
                "{name}: Type and NestedType cannot both be set"
            );
            let nesting = nested.nesting();
            let attributes: Vec<_> = nested
                .attributes
                .into_iter()
                .map(decode_attribute)
                .collect();
            let object = object_type(&attributes);
            let kind = match nesting {
                NestingMode::Single => object,
                NestingMode::List => Type::list(object),
                NestingMode::Map => Type::map(object),
                NestingMode::Set => {
                    let forbidden = |inner: &Attribute| inner.write_only || is_dynamic(&inner.kind);
                    assert!(
                        !attributes.iter().any(forbidden),
                        "{name}: a set of what may not be in one"
                    );
                    Type::set(object)
                }
                NestingMode::Invalid => panic!("{name}: invalid nesting"),
            };
            (kind, Some((nesting, attributes)))
        }
    };
    Attribute {
        name,
        kind,
        nested,
        optional,
        computed: attribute.computed,
        write_only: attribute.write_only,
        sensitive: attribute.sensitive,
    }
}

fn is_dynamic(kind: &Type) -> bool {
    match kind {
        Type::Dynamic => true,
        Type::String | Type::Number | Type::Bool => false,
        Type::List(element) | Type::Set(element) | Type::Map(element) => is_dynamic(element),
        Type::Tuple(elements) => elements.iter().any(is_dynamic),
        Type::Object(attributes) => attributes.values().any(is_dynamic),
    }
}

pub(super) fn decode_identity_schema(schema: &wire::ResourceIdentitySchema) -> Type {
    assert!(schema.version >= 0);
    assert!(!schema.identity_attributes.is_empty());
    let attributes = schema.identity_attributes.iter().map(|attribute| {
        assert_ne!(
            attribute.required_for_import, attribute.optional_for_import,
            "{attribute:?}"
        );
        let kind = Type::parse(&attribute.r#type).expect(&attribute.name);
        assert!(
            !matches!(kind, Type::Map(_) | Type::Set(_) | Type::Object(_)),
            "{attribute:?}"
        );
        (attribute.name.clone(), kind)
    });
    Type::object(attributes)
}
