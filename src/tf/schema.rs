//! Schemas: what a block may hold, and what the runtime does for each attribute.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use super::types::Type;
use super::validate::Validate;
use super::value::Value;

/// The attributes of a provider, resource or data source.
///
/// There are attributes only: nested blocks are the older form of nested attributes, and nothing here needs them.
#[derive(Debug, Default)]
pub struct Schema {
    /// The version of the state's shape, from 0.
    pub version: i64,
    /// What the block is for, in Markdown.
    pub description: Cow<'static, str>,
    /// The attributes, in the order in which the docs show them.
    pub attributes: Vec<Attribute>,
}

impl Schema {
    /// A schema of version 0.
    pub fn new(description: impl Into<Cow<'static, str>>, attributes: Vec<Attribute>) -> Self {
        Self {
            version: 0,
            description: description.into(),
            attributes,
        }
    }

    /// The attribute of this name at the root.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
    }

    /// The attribute that a change is put off for, see [`Attribute::defers_while_unknown`], if `config` does not know one.
    #[must_use]
    pub fn deferring(&self, config: &Value) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| {
            let value = config.get(attribute.name);
            attribute.defers && value.is_some_and(|value| !value.is_wholly_known())
        })
    }

    /// The type of the whole block.
    #[must_use]
    pub fn object_type(&self) -> Type {
        object_type(&self.attributes)
    }
}

fn object_type(attributes: &[Attribute]) -> Type {
    Type::object(
        attributes
            .iter()
            .map(|attribute| (attribute.name, attribute.kind.value_type())),
    )
}

/// Who may give an attribute its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The configuration must.
    Required,
    /// The configuration may; otherwise it is null.
    Optional,
    /// The configuration may; otherwise the provider does.
    OptionalComputed,
    /// The provider does.
    Computed,
}

impl Mode {
    /// Whether the configuration may set it.
    #[must_use]
    pub const fn is_configurable(self) -> bool {
        !matches!(self, Self::Computed)
    }

    /// Whether the provider may set it.
    #[must_use]
    pub const fn is_computed(self) -> bool {
        matches!(self, Self::Computed | Self::OptionalComputed)
    }
}

/// How the objects of a nested attribute are arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// One object.
    Single,
    /// A list of objects.
    List,
    /// A set of objects.
    Set,
    /// A map of objects.
    Map,
}

/// What an attribute holds.
#[derive(Debug)]
pub enum AttributeKind {
    /// A value of this type.
    Type(Type),
    /// Objects with attributes of their own.
    Nested(Nesting, Vec<Attribute>),
}

impl AttributeKind {
    /// The type of the value.
    #[must_use]
    pub fn value_type(&self) -> Type {
        match self {
            Self::Type(kind) => kind.clone(),
            Self::Nested(nesting, attributes) => {
                let object = object_type(attributes);
                match nesting {
                    Nesting::Single => object,
                    Nesting::List => Type::list(object),
                    Nesting::Set => Type::set(object),
                    Nesting::Map => Type::map(object),
                }
            }
        }
    }
}

impl From<Type> for AttributeKind {
    fn from(kind: Type) -> Self {
        Self::Type(kind)
    }
}

/// Whether two known values mean the same to the remote service, such as two spellings of one id.
pub type Equivalence = fn(&Value, &Value) -> bool;

/// What planning does with an attribute beyond its mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OnChange {
    /// A change is an update in place.
    #[default]
    Update,
    /// A change replaces the object.
    Replace,
    /// A change concerns only the provider's own behaviour: it is saved, and nothing is sent.
    SaveOnly,
}

/// What a computed attribute without configuration is planned as while something else changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OnUpdate {
    /// Unknown, since the update may change it.
    #[default]
    Recompute,
    /// Its prior value, since it never changes in an object's life.
    Keep,
}

/// One attribute.
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: AttributeKind,
    /// Who sets it.
    pub mode: Mode,
    /// What it is, in Markdown.
    pub description: Cow<'static, str>,
    /// Whether user interfaces hide its value.
    pub sensitive: bool,
    /// Whether it is sent to the provider but never stored.
    pub write_only: bool,
    /// The value where the configuration has none. The attribute is then [`Mode::OptionalComputed`].
    pub default: Option<Value>,
    /// What a change leads to.
    pub on_change: OnChange,
    /// What an update of something else does to it.
    pub on_update: OnUpdate,
    /// Whether a change is put off while its value is unknown, where the host can do that.
    pub defers: bool,
    /// When a different spelling is no change.
    pub equivalence: Option<Equivalence>,
    /// What a known value must fulfil.
    pub validators: Vec<Box<dyn Validate>>,
}

impl fmt::Debug for Attribute {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Attribute")
            .field("name", &self.name)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

impl Attribute {
    fn new(name: &'static str, kind: impl Into<AttributeKind>, mode: Mode) -> Self {
        Self {
            name,
            kind: kind.into(),
            mode,
            description: Cow::default(),
            sensitive: false,
            write_only: false,
            default: None,
            on_change: OnChange::default(),
            on_update: OnUpdate::default(),
            defers: false,
            equivalence: None,
            validators: Vec::new(),
        }
    }

    /// One that the configuration must set.
    pub fn required(name: &'static str, kind: impl Into<AttributeKind>) -> Self {
        Self::new(name, kind, Mode::Required)
    }

    /// One that the configuration may set.
    pub fn optional(name: &'static str, kind: impl Into<AttributeKind>) -> Self {
        Self::new(name, kind, Mode::Optional)
    }

    /// One that the configuration may set, and the provider sets otherwise.
    pub fn optional_computed(name: &'static str, kind: impl Into<AttributeKind>) -> Self {
        Self::new(name, kind, Mode::OptionalComputed)
    }

    /// One that the provider sets.
    pub fn computed(name: &'static str, kind: impl Into<AttributeKind>) -> Self {
        Self::new(name, kind, Mode::Computed)
    }

    /// What it is, in Markdown; the docs and `terraform providers schema` show it.
    #[must_use]
    pub fn describe(mut self, description: impl Into<Cow<'static, str>>) -> Self {
        self.description = description.into();
        self
    }

    /// User interfaces hide its value.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// It is never stored.
    #[must_use]
    pub fn write_only(mut self) -> Self {
        self.write_only = true;
        self
    }

    /// The value where the configuration has none.
    #[must_use]
    pub fn default_value(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self.mode = Mode::OptionalComputed;
        self
    }

    /// A change replaces the object.
    #[must_use]
    pub fn replace(mut self) -> Self {
        self.on_change = OnChange::Replace;
        self
    }

    /// A change is saved, and nothing is sent.
    #[must_use]
    pub fn save_only(mut self) -> Self {
        self.on_change = OnChange::SaveOnly;
        self
    }

    /// Never changes in an object's life.
    #[must_use]
    pub fn keep(mut self) -> Self {
        self.on_update = OnUpdate::Keep;
        self
    }

    /// Little can be told of a change without it: where the host can put a change off until the value is known, it does.
    #[must_use]
    pub fn defers_while_unknown(mut self) -> Self {
        self.defers = true;
        self
    }

    /// A spelling that the service treats as equal is no change; the user's stays.
    #[must_use]
    pub fn equivalent(mut self, equivalence: Equivalence) -> Self {
        self.equivalence = Some(equivalence);
        self
    }

    /// A known value must fulfil this.
    #[must_use]
    pub fn validate(mut self, validator: impl Validate + 'static) -> Self {
        self.validators.push(Box::new(validator));
        self
    }
}

/// One attribute of a resource's identity; every one is also an attribute of the resource, with the same type.
#[derive(Clone, Debug)]
pub struct IdentityAttribute {
    /// Its name, in the identity and in the resource.
    pub name: &'static str,
    /// Its type: a scalar or a list of scalars.
    pub kind: Type,
    /// What it is.
    pub description: &'static str,
    /// Whether an import by identity must give it.
    pub required_for_import: bool,
}

impl IdentityAttribute {
    /// A string that an import by identity must give.
    #[must_use]
    pub const fn required(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            kind: Type::String,
            description,
            required_for_import: true,
        }
    }

    /// A string that an import by identity may leave out.
    #[must_use]
    pub const fn optional(name: &'static str, description: &'static str) -> Self {
        Self {
            name,
            kind: Type::String,
            description,
            required_for_import: false,
        }
    }
}

/// The type of an identity.
#[must_use]
pub fn identity_type(attributes: &[IdentityAttribute]) -> Type {
    Type::Object(
        attributes
            .iter()
            .map(|attribute| (attribute.name.to_owned(), attribute.kind.clone()))
            .collect::<BTreeMap<_, _>>(),
    )
}
