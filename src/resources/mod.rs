//! The managed resources, one file or folder each.

pub mod consent;
pub mod equivalence;
