//! Terraform in plain Rust: values, types, schema, diagnostics, plan order and the traits that resources implement.

pub mod attr;
pub mod context;
pub mod data_source;
pub mod diagnostics;
pub mod model;
pub mod number;
pub mod path;
pub mod resource;
pub mod schema;
pub mod types;
pub mod validate;
pub mod value;

#[cfg(test)]
pub(crate) mod arbitrary;
