//! Terraform in plain Rust: values, types, schema, diagnostics, plan order and the traits that resources implement.
