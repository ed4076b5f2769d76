//! Transit gateways of one network, as the shared course of a lifecycle sees them.

use std::sync::Arc;

use async_trait::async_trait;

use crate::http::scope::Scope;
use crate::konnect::{
    Attachment, Client, Error, NetworkId, NewTransitGateway, TransitGateway, TransitGatewayId,
    is_same_dns_config,
};
use crate::tf::diagnostics::{Diagnostic, Diagnostics};

use super::flow::{InNetwork, Objects};

/// The transit gateways of a network.
pub(crate) struct Gateways {
    client: Arc<Client>,
    network_id: NetworkId,
}

impl InNetwork for Gateways {
    fn new(client: Arc<Client>, network_id: NetworkId) -> Self {
        Self { client, network_id }
    }
}

#[async_trait]
impl Objects for Gateways {
    type Id = TransitGatewayId;
    type Object = TransitGateway;
    type Body = NewTransitGateway;

    fn id(object: &TransitGateway) -> TransitGatewayId {
        object.id
    }

    fn name(body: &NewTransitGateway) -> &str {
        &body.name
    }

    fn is_same(body: &NewTransitGateway, object: &TransitGateway) -> bool {
        body.attachment.is_same(&object.attachment)
            && is_same_dns_config(&body.dns_config, &object.dns_config)
    }

    async fn all(&self, scope: &Scope) -> Result<Vec<TransitGateway>, Error> {
        self.client
            .list_transit_gateways(scope, &self.network_id, None)
            .await
    }

    async fn named(&self, scope: &Scope, name: &str) -> Result<Vec<TransitGateway>, Error> {
        self.client
            .list_transit_gateways(scope, &self.network_id, Some(name))
            .await
    }

    async fn create(
        &self,
        scope: &Scope,
        body: &NewTransitGateway,
    ) -> Result<TransitGateway, Error> {
        self.client
            .create_transit_gateway(scope, &self.network_id, body)
            .await
    }

    async fn get(&self, scope: &Scope, id: TransitGatewayId) -> Result<TransitGateway, Error> {
        self.client
            .get_transit_gateway(scope, &self.network_id, &id)
            .await
    }

    async fn get_known(
        &self,
        scope: &Scope,
        id: TransitGatewayId,
        is_known: &(dyn for<'o> Fn(&'o TransitGateway) -> bool + Sync),
    ) -> Result<TransitGateway, Error> {
        self.client
            .get_known_transit_gateway(scope, &self.network_id, &id, is_known)
            .await
    }

    async fn delete(&self, scope: &Scope, id: TransitGatewayId) -> Result<(), Error> {
        self.client
            .delete_transit_gateway(scope, &self.network_id, &id)
            .await
    }
}

/// An object that was imported or moved into a resource that cannot manage it.
pub(crate) fn other_kind(id: TransitGatewayId, attachment: &Attachment) -> Diagnostics {
    let advice = match attachment {
        Attachment::AzureVnet { .. } => "Use konnectazure_vnet_peering for it.",
        Attachment::AzureVhub { .. } => "Use konnectazure_virtual_hub_peering for it.",
        Attachment::Other(_) => {
            "It connects to another cloud, which this provider does not manage."
        }
    };
    Diagnostic::error(
        format!("The transit gateway {id} is of another kind"),
        format!("Its kind in Konnect is {:?}. {advice}", attachment.kind()),
    )
    .into()
}
