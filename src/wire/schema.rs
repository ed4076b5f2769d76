//! Schemas, outwards: what the host asks for before anything else.

use super::generated::{
    self, ResourceIdentitySchema, Schema, ServerCapabilities, StringKind, function, get_functions,
    get_metadata, get_provider_schema, get_resource_identity_schemas, resource_identity_schema,
    schema,
};
use super::type_json;
use crate::tf::function::{Function, Parameter};
use crate::tf::schema::{Attribute, AttributeKind, IdentityAttribute, Mode, Nesting};
use crate::tf::{self, erased::DynProvider};

/// The version of every identity. Hosts do not ask for an upgrade of identities of version 0, nor of objects that have none yet.
const IDENTITY_VERSION: i64 = 0;

const CAPABILITIES: ServerCapabilities = ServerCapabilities {
    plan_destroy: true,
    get_provider_schema_optional: true,
    move_resource_state: true,
    generate_resource_config: true,
};

pub(super) fn metadata(provider: &dyn DynProvider) -> get_metadata::Response {
    let registry = provider.registry();
    let name = |name: &&'static str| (*name).to_owned();
    get_metadata::Response {
        server_capabilities: Some(CAPABILITIES),
        resources: registry
            .resources()
            .keys()
            .map(|key| get_metadata::ResourceMetadata {
                type_name: name(key),
            })
            .collect(),
        data_sources: registry
            .data_sources()
            .keys()
            .map(|key| get_metadata::DataSourceMetadata {
                type_name: name(key),
            })
            .collect(),
        list_resources: registry
            .lists()
            .keys()
            .map(|key| get_metadata::ListResourceMetadata {
                type_name: name(key),
            })
            .collect(),
        functions: registry
            .functions()
            .keys()
            .map(|key| get_metadata::FunctionMetadata { name: name(key) })
            .collect(),
        ..get_metadata::Response::default()
    }
}

/// The provider's schema in parts. Encoded one after the other they are the whole message: protobuf merges what follows. So no more than one type is
/// in memory at a time, in a process that ends soon after.
pub(super) fn provider_schema(
    provider: &dyn DynProvider,
) -> impl Iterator<Item = get_provider_schema::Response> {
    use get_provider_schema::Response;

    let registry = provider.registry();
    let mut own = encode(&provider.schema());
    // Nobody computes a provider block: there, a default is a fallback and no more.
    for attribute in own.block.iter_mut().flat_map(|block| &mut block.attributes) {
        attribute.computed = false;
    }
    let first = Response {
        provider: Some(own),
        functions: functions(provider).functions,
        server_capabilities: Some(CAPABILITIES),
        ..Response::default()
    };
    let one = |name: &&str, schema| [((*name).to_owned(), encode(&schema))].into();
    let resources = registry.resources().iter();
    let resources = resources.map(move |(name, resource)| Response {
        resource_schemas: one(name, resource.schema()),
        ..Response::default()
    });
    let data_sources = registry.data_sources().iter();
    let data_sources = data_sources.map(move |(name, source)| Response {
        data_source_schemas: one(name, source.schema()),
        ..Response::default()
    });
    let lists = registry.lists().iter();
    let lists = lists.map(move |(name, list)| Response {
        list_resource_schemas: one(name, list.schema()),
        ..Response::default()
    });
    std::iter::once(first)
        .chain(resources)
        .chain(data_sources)
        .chain(lists)
}

pub(super) fn identity_schemas(
    provider: &dyn DynProvider,
) -> get_resource_identity_schemas::Response {
    let resources = provider.registry().resources().iter();
    let identity_schemas = resources
        .map(|(name, resource)| (name, resource.identity()))
        .filter(|(_, identity)| !identity.is_empty())
        .map(|(name, identity)| {
            let schema = ResourceIdentitySchema {
                version: IDENTITY_VERSION,
                identity_attributes: identity.iter().map(identity_attribute).collect(),
            };
            ((*name).to_owned(), schema)
        })
        .collect();
    get_resource_identity_schemas::Response {
        identity_schemas,
        diagnostics: Vec::new(),
    }
}

pub(super) fn functions(provider: &dyn DynProvider) -> get_functions::Response {
    let functions = provider
        .registry()
        .functions()
        .iter()
        .map(|(name, function)| ((*name).to_owned(), encode_function(function.as_ref())))
        .collect();
    get_functions::Response {
        functions,
        diagnostics: Vec::new(),
    }
}

fn encode(schema: &tf::schema::Schema) -> Schema {
    Schema {
        version: schema.version,
        block: Some(schema::Block {
            attributes: schema.attributes.iter().map(attribute).collect(),
            description: schema.description.clone().into_owned(),
            description_kind: StringKind::Markdown.into(),
            ..schema::Block::default()
        }),
    }
}

fn attribute(attribute: &Attribute) -> schema::Attribute {
    let (kind, nested_type) = match &attribute.kind {
        AttributeKind::Type(kind) => (type_json::write(kind), None),
        AttributeKind::Nested(nesting, attributes) => {
            (Vec::new(), Some(object(*nesting, attributes)))
        }
    };
    schema::Attribute {
        name: attribute.name.to_owned(),
        r#type: kind,
        nested_type,
        description: attribute.description.clone().into_owned(),
        description_kind: StringKind::Markdown.into(),
        required: attribute.mode == Mode::Required,
        optional: matches!(attribute.mode, Mode::Optional | Mode::OptionalComputed),
        computed: attribute.mode.is_computed(),
        sensitive: attribute.sensitive,
        write_only: attribute.write_only,
        ..schema::Attribute::default()
    }
}

fn object(nesting: Nesting, attributes: &[Attribute]) -> schema::Object {
    let nesting = match nesting {
        Nesting::Single => schema::object::NestingMode::Single,
        Nesting::List => schema::object::NestingMode::List,
        Nesting::Set => schema::object::NestingMode::Set,
        Nesting::Map => schema::object::NestingMode::Map,
    };
    schema::Object {
        attributes: attributes.iter().map(attribute).collect(),
        nesting: nesting.into(),
        ..schema::Object::default()
    }
}

fn identity_attribute(
    attribute: &IdentityAttribute,
) -> resource_identity_schema::IdentityAttribute {
    resource_identity_schema::IdentityAttribute {
        name: attribute.name.to_owned(),
        r#type: type_json::write(&attribute.kind),
        required_for_import: attribute.required_for_import,
        optional_for_import: !attribute.required_for_import,
        description: attribute.description.to_owned(),
    }
}

fn encode_function(function: &dyn Function) -> generated::Function {
    generated::Function {
        parameters: function.parameters().iter().map(parameter).collect(),
        variadic_parameter: function.variadic().as_ref().map(parameter),
        r#return: Some(function::Return {
            r#type: type_json::write(&function.return_type()),
        }),
        summary: function.summary().to_owned(),
        description: function.description().to_owned(),
        description_kind: StringKind::Markdown.into(),
        deprecation_message: String::new(),
    }
}

fn parameter(parameter: &Parameter) -> function::Parameter {
    function::Parameter {
        name: parameter.name.to_owned(),
        r#type: type_json::write(&parameter.kind),
        allow_null_value: parameter.allow_null,
        allow_unknown_values: false,
        description: parameter.description.to_owned(),
        description_kind: StringKind::Markdown.into(),
    }
}
