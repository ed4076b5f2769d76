//! Private DNS objects of one network, as the shared course of a lifecycle sees them.

use std::sync::Arc;

use async_trait::async_trait;

use crate::http::scope::Scope;
use crate::konnect::{
    Client, Error, NetworkId, NewPrivateDns, PrivateDns, PrivateDnsConfig, PrivateDnsId,
};
use crate::tf::diagnostics::{Diagnostic, Diagnostics};

use super::flow::{InNetwork, Objects};

/// The private DNS objects of a network.
pub(crate) struct PrivateDnsObjects {
    client: Arc<Client>,
    network_id: NetworkId,
}

impl InNetwork for PrivateDnsObjects {
    fn new(client: Arc<Client>, network_id: NetworkId) -> Self {
        Self { client, network_id }
    }
}

#[async_trait]
impl Objects for PrivateDnsObjects {
    type Id = PrivateDnsId;
    type Object = PrivateDns;
    type Body = NewPrivateDns;

    fn id(object: &PrivateDns) -> PrivateDnsId {
        object.id
    }

    fn name(body: &NewPrivateDns) -> &str {
        &body.name
    }

    fn is_same(body: &NewPrivateDns, object: &PrivateDns) -> bool {
        object.config.is_same(&body.config)
    }

    async fn all(&self, scope: &Scope) -> Result<Vec<PrivateDns>, Error> {
        self.client
            .list_private_dns(scope, &self.network_id, None)
            .await
    }

    async fn named(&self, scope: &Scope, name: &str) -> Result<Vec<PrivateDns>, Error> {
        self.client
            .list_private_dns(scope, &self.network_id, Some(name))
            .await
    }

    async fn create(&self, scope: &Scope, body: &NewPrivateDns) -> Result<PrivateDns, Error> {
        self.client
            .create_private_dns(scope, &self.network_id, body)
            .await
    }

    async fn get(&self, scope: &Scope, id: PrivateDnsId) -> Result<PrivateDns, Error> {
        self.client
            .get_private_dns(scope, &self.network_id, &id)
            .await
    }

    async fn get_known(
        &self,
        scope: &Scope,
        id: PrivateDnsId,
        is_known: &(dyn for<'o> Fn(&'o PrivateDns) -> bool + Sync),
    ) -> Result<PrivateDns, Error> {
        self.client
            .get_known_private_dns(scope, &self.network_id, &id, is_known)
            .await
    }

    async fn delete(&self, scope: &Scope, id: PrivateDnsId) -> Result<(), Error> {
        self.client
            .delete_private_dns(scope, &self.network_id, &id)
            .await
    }
}

/// An object that was imported or moved into a resource that cannot manage it.
pub(crate) fn other_kind(id: PrivateDnsId, config: &PrivateDnsConfig) -> Diagnostics {
    let advice = match config {
        PrivateDnsConfig::AzureOutboundResolver { .. } => "Use konnectazure_dns_mappings for it.",
        PrivateDnsConfig::AzureHostedZone { .. } => "Use konnectazure_private_hosted_zone for it.",
        PrivateDnsConfig::Other(_) => {
            "It belongs to another cloud, which this provider does not manage."
        }
    };
    Diagnostic::error(
        format!("The private DNS object {id} is of another kind"),
        format!("Its kind in Konnect is {:?}. {advice}", config.kind()),
    )
    .into()
}
