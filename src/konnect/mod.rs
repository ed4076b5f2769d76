//! Kong Konnect's Cloud Gateways API: networks, transit gateways, private DNS.
//!
//! Everything is read leniently: unknown keys are ignored, absent and `null` are the same, numbers may come as `10.0`, and a
//! state that this version does not know keeps its text.
//!
//! One host serves every geography: `https://global.api.konghq.com/v2/cloud-gateways/…`.
//! <https://developer.konghq.com/api/konnect/cloud-gateways/v2/>

mod access;
mod availability;
mod client;
mod create;
pub mod domains;
mod error;
#[cfg(test)]
mod hostile;
mod ids;
mod lenient;
mod networks;
mod page;
mod private_dns;
mod provider_accounts;
mod server_url;
mod state;
mod transit_gateways;

pub use access::{Access, Settings};
pub use availability::{Availability, AvailableProvider, AvailableRegion};
pub use client::Client;
pub use error::Error;
pub use ids::{InvalidId, NetworkId, PrivateDnsId, ProviderAccountId, TransitGatewayId};
pub use networks::{Network, NetworkFilter, ProviderMetadata};
pub use page::List;
pub use private_dns::{NewPrivateDns, PrivateDns, PrivateDnsConfig, is_same_forwarding};
pub use provider_accounts::{CloudProvider, ProviderAccount};
pub use server_url::{DEFAULT_SERVER_URL, InvalidServerUrl, server_url};
pub use state::{NetworkState, PrivateDnsState, StateMetadata, TransitGatewayState};
pub use transit_gateways::{
    Attachment, DnsConfig, NewTransitGateway, TransitGateway, is_same_dns_config,
};
