//! Looks at the network and at what else is attached to it.

use std::sync::Arc;

use futures_util::future::join_all;

use crate::http::error::chain;
use crate::http::scope::Scope;
use crate::konnect::{
    self, Availability, CloudProvider, Network, NetworkId, PrivateDns, TransitGateway,
};

use super::super::inputs::{Inputs, Kind};
use super::super::observations::{Found as _, Look, Unseen, is_in_the_way};
use super::{OF_NO_USE, fix};

const NETWORK_UNKNOWN: &str = "Which Konnect network is meant is not known yet.";
const NETWORK_UNSEEN: &str = "The network was not seen.";
const KONNECT_RIGHT: &str = "the role Network Admin or Network Viewer in Konnect";

/// The look at Konnect.
pub(super) struct Konnect<'a> {
    pub(super) client: Result<&'a Arc<konnect::Client>, &'a Unseen>,
    pub(super) inputs: &'a Inputs,
    pub(super) scope: &'a Scope,
}

/// As [`super::look`]. That the token is not accepted is told by the check of the network, and once.
fn look<T>(what: &str, right: &str, answer: Result<T, konnect::Error>) -> Look<T> {
    match answer {
        Err(error) if error.is_unauthorized() => Err(Unseen::NotAsked(
            "Konnect does not accept the token.".to_owned(),
        )),
        answer => super::look(what, right, answer),
    }
}

impl Konnect<'_> {
    /// Client and network, or why nothing of the network can be looked at.
    fn place(&self) -> Look<(&konnect::Client, NetworkId)> {
        let Some(network_id) = self.inputs.network_id else {
            return Err(Unseen::NotAsked(NETWORK_UNKNOWN.to_owned()));
        };
        let client = self.client.map_err(Unseen::clone)?;
        Ok((client, network_id))
    }

    pub(super) async fn network_and_provider(
        &self,
    ) -> (Look<Option<Network>>, Look<CloudProvider>) {
        let network = self.network().await;
        let provider = match network.found() {
            Some(network) => self.provider(network).await,
            None => Err(Unseen::NotAsked(NETWORK_UNSEEN.to_owned())),
        };
        (network, provider)
    }

    async fn network(&self) -> Look<Option<Network>> {
        let (client, network_id) = self.place()?;
        let answer = match client.get_network(self.scope, &network_id).await {
            Ok(network) => Ok(Some(network)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) if error.is_unauthorized() => {
                return Err(Unseen::Refused {
                    why: chain(&error),
                    fix: fix(&error),
                });
            }
            Err(error) => Err(error),
        };
        look("the Konnect network", KONNECT_RIGHT, answer)
    }

    async fn provider(&self, network: &Network) -> Look<CloudProvider> {
        let client = self.client.map_err(Unseen::clone)?;
        let Some(account) = &network.cloud_gateway_provider_account_id else {
            return Err(Unseen::blind(
                "Konnect does not tell which cloud the network is in.",
            ));
        };
        let answer = client.get_provider_account(self.scope, account).await;
        let what = "the account that the network runs in, which tells its cloud";
        look(
            what,
            "the role Network Admin in Konnect",
            answer.map(|account| account.provider),
        )
    }

    pub(super) async fn availability(&self) -> Look<Availability> {
        if self.inputs.kind == Kind::PrivateHostedZone {
            return Err(Unseen::NotAsked(OF_NO_USE.to_owned()));
        }
        let (client, _) = self.place()?;
        look(
            "what Konnect offers in each region",
            "nothing but a token",
            client.availability(self.scope).await,
        )
    }

    /// What else the network resolves, for what resolves names.
    pub(super) async fn private_dns(&self) -> Look<Vec<PrivateDns>> {
        if self.inputs.kind != Kind::PrivateHostedZone {
            return Err(Unseen::NotAsked(OF_NO_USE.to_owned()));
        }
        let (client, network_id) = self.place()?;
        let answer = match client.list_private_dns(self.scope, &network_id, None).await {
            // The check of the network tells.
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            answer => answer,
        };
        look(
            "the network's other private DNS objects",
            "the role Network Admin in Konnect",
            answer,
        )
    }

    pub(super) async fn gateways(&self) -> Look<Vec<TransitGateway>> {
        if self.inputs.kind == Kind::PrivateHostedZone {
            return Err(Unseen::NotAsked(OF_NO_USE.to_owned()));
        }
        let (client, network_id) = self.place()?;
        let answer = match client
            .list_transit_gateways(self.scope, &network_id, None)
            .await
        {
            // The check of the network tells.
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            Ok(gateways) => Ok(self.confirmed(client, &network_id, gateways).await),
            Err(error) => Err(error),
        };
        look("the network's other peerings", KONNECT_RIGHT, answer)
    }

    /// A list may show for a while what is gone, or as it was: what is in the way is read itself.
    async fn confirmed(
        &self,
        client: &konnect::Client,
        network_id: &NetworkId,
        gateways: Vec<TransitGateway>,
    ) -> Vec<TransitGateway> {
        let confirmed = gateways.into_iter().map(async |gateway| {
            if !is_in_the_way(self.inputs, &gateway) {
                return Some(gateway);
            }
            let read = client.get_transit_gateway(self.scope, network_id, &gateway.id);
            match read.await {
                Ok(read) => Some(read),
                Err(error) if error.is_not_found() => None,
                Err(_) => Some(gateway),
            }
        });
        join_all(confirmed).await.into_iter().flatten().collect()
    }
}
