//! Models: a resource's, data source's or provider's attributes as a plain struct.

use std::collections::BTreeMap;

use super::attr::ConversionError;
use super::path::Path;
use super::types::Type;
use super::value::{Members, Value};

/// A struct of [`Attr`](super::attr::Attr) fields that stands for an object; made with [`model!`](crate::model).
pub trait Model: Clone + Default + Send + Sync + 'static {
    /// The attributes' types by name, for the check against the schema.
    fn attribute_types() -> BTreeMap<String, Type>;

    /// From an object's attributes. Attributes that the model has not are ignored, missing ones are null.
    ///
    /// # Errors
    /// If an attribute is of another type.
    fn from_members(members: Members, path: &Path) -> Result<Self, ConversionError>;

    /// To an object's attributes.
    fn into_members(self) -> Members;

    /// From an object.
    ///
    /// # Errors
    /// If the value is not a known object, or an attribute is of another type.
    fn from_object(value: Value) -> Result<Self, ConversionError> {
        match value {
            Value::Object(members) => Self::from_members(members, &Path::root()),
            _ => Err(ConversionError {
                path: Path::root(),
                expected: "an object",
            }),
        }
    }

    /// To an object.
    fn into_object(self) -> Value {
        Value::Object(self.into_members())
    }
}

/// Declares a model: a struct whose fields are attributes of the same name.
///
/// Field types are what [`Attr`](crate::tf::attr::Attr) holds; a model may be a field of another (a nested attribute).
///
/// ```
/// konnectazure::model! {
///     /// A greeting.
///     pub struct Greeting {
///         /// Whom to greet.
///         pub name: String,
///         /// How often.
///         pub times: i64,
///     }
/// }
/// let greeting = Greeting { name: "world".into(), ..Greeting::default() };
/// assert!(greeting.times.is_null());
/// ```
#[macro_export]
macro_rules! model {
    ($(#[$meta:meta])* $visibility:vis struct $name:ident { $($(#[$field_meta:meta])* $field_visibility:vis $field:ident: $kind:ty),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        $visibility struct $name {
            $($(#[$field_meta])* $field_visibility $field: $crate::tf::attr::Attr<$kind>,)*
        }

        impl $crate::tf::model::Model for $name {
            fn attribute_types() -> ::std::collections::BTreeMap<String, $crate::tf::types::Type> {
                [$((stringify!($field).to_owned(), <$kind as $crate::tf::attr::AttrValue>::attr_type()),)*].into()
            }

            fn from_members(
                mut members: $crate::tf::value::Members,
                path: &$crate::tf::path::Path,
            ) -> Result<Self, $crate::tf::attr::ConversionError> {
                Ok(Self {
                    $($field: $crate::tf::attr::Attr::from_value(
                        members.remove(stringify!($field)).unwrap_or_default(),
                        &path.child(stringify!($field)),
                    )?,)*
                })
            }

            fn into_members(self) -> $crate::tf::value::Members {
                [$((stringify!($field).to_owned(), self.$field.into_value()),)*].into()
            }
        }

        impl $crate::tf::attr::AttrValue for $name {
            fn attr_type() -> $crate::tf::types::Type {
                $crate::tf::types::Type::Object(<Self as $crate::tf::model::Model>::attribute_types())
            }

            fn from_known(
                value: $crate::tf::value::Value,
                path: &$crate::tf::path::Path,
            ) -> Result<Self, $crate::tf::attr::ConversionError> {
                match value {
                    $crate::tf::value::Value::Object(members) => <Self as $crate::tf::model::Model>::from_members(members, path),
                    _ => Err($crate::tf::attr::ConversionError { path: path.clone(), expected: "an object" }),
                }
            }

            fn into_known_value(self) -> $crate::tf::value::Value {
                <Self as $crate::tf::model::Model>::into_object(self)
            }
        }
    };
}
