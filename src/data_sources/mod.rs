//! The data sources, one file each.

pub mod network;
pub mod service_principal;
