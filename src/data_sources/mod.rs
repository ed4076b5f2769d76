//! The data sources, one file each: the provider offers what the `data_source` of each makes.

pub mod dns_mappings;
pub mod network;
pub mod networks;
pub mod preflight;
pub mod service_principal;
pub mod vnet_peering;
