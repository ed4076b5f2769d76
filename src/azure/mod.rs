//! Azure Resource Manager, Microsoft Graph and Entra: clouds, credentials, ids and typed calls.

mod cloud;
pub mod guid;
pub mod ids;

pub use cloud::{
    Cloud, EndpointError, EndpointOverrides, Environment, Service, UnknownEnvironment,
    admin_consent_url,
};
