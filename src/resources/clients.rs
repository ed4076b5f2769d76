//! What everything that is registered may ask for.

use std::sync::Arc;

use crate::konnect::NetworkId;
use crate::resources::turns::Turns;
use crate::{azure, konnect};

/// Access to both clouds, which is configured after it was handed out.
#[derive(Clone, Debug, Default)]
pub struct Clients {
    /// Azure Resource Manager and Microsoft Graph.
    pub azure: Arc<azure::Access>,
    /// Konnect's Cloud Gateways.
    pub konnect: Arc<konnect::Access>,
    /// Who may ask for an object in a network, and how many this process has asked for there: what is checked beside others must not miss one.
    pub(crate) asked: Arc<Turns<NetworkId, u64>>,
}
