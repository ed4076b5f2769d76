//! Terraform in plain Rust: values, types, schema, diagnostics, plan order and the traits that resources implement.

pub mod attr;
pub mod config;
pub mod consistency;
pub mod context;
pub mod data_source;
pub mod diagnostics;
pub mod duration;
pub mod erased;
pub mod function;
pub mod list;
pub mod model;
pub mod number;
pub mod path;
pub mod plan;
pub mod provider;
pub mod resource;
pub mod schema;
pub mod soundness;
pub mod spelling;
pub mod timeouts;
pub mod types;
pub mod validate;
pub mod value;

#[cfg(test)]
pub(crate) mod arbitrary;
