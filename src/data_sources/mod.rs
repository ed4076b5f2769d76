//! The data sources, one file each.

pub mod network;
pub mod preflight;
pub mod service_principal;
