//! The network that an object is made in.

use crate::http::poll::{Poll, Progress, tolerate};
use crate::http::scope::Scope;
use crate::konnect::{Client, CloudProvider, Error, Network};
use crate::tf::diagnostics::Diagnostics;
use crate::tf::path::Path;

use super::super::phase;
use super::{Flow, Objects};

impl<O: Objects> Flow<'_, O> {
    /// The network, once private networking can be set up in it. Nothing where the token may not read it: then Konnect has the last word.
    pub(crate) async fn network_ready(&self) -> Result<Option<Network>, Diagnostics> {
        let network = self
            .client
            .get_network_lately(&self.scope, &self.network_id);
        let network = match network.await {
            Ok(network) => network,
            Err(error) if error.is_forbidden() => {
                tracing::info!("whether the network is ready cannot be seen: {error}");
                return Ok(None);
            }
            Err(error) => return Err(self.create_failure(&error).explain(&error)),
        };
        self.check_is_azure(&network).await?;
        self.wait_for_network(network).await.map(Some)
    }

    pub(super) async fn wait_for_network(&self, first: Network) -> Result<Network, Diagnostics> {
        let doing = format!("waiting for network {:?} to become ready", first.name);
        Poll::new(doing, self.step)
            .until(
                &self.scope,
                Some(phase::network_ready(first)),
                || self.client.get_network(&self.scope, &self.network_id),
                |looked| match looked {
                    Ok(network) => Ok(phase::network_ready(network)),
                    Err(error) => tolerate(error.into_http()),
                },
            )
            .await
            .map_err(|ended| {
                self.failure("create")
                    .now("Nothing was created.")
                    .at(Path::attribute("network_id"))
                    .waited(&ended)
            })
    }

    /// A network of another cloud never reaches Azure. Who cannot read provider accounts learns it from Konnect.
    async fn check_is_azure(&self, network: &Network) -> Result<(), Diagnostics> {
        let cloud = cloud_provider(&self.client, &self.scope, network).await;
        let cloud = match cloud.unwrap_or_default() {
            None | Some(CloudProvider::Azure | CloudProvider::Unknown(_)) => return Ok(()),
            Some(cloud @ (CloudProvider::Aws | CloudProvider::Gcp)) => cloud,
        };
        Err(self
            .failure("create")
            .now("Nothing was created.")
            .at(Path::attribute("network_id"))
            .because(format!(
                "The network {:?} runs in the cloud {:?}, in region {:?}. Only networks in Azure can be connected with Azure; a network cannot \
                 move, so that this needs a network in an Azure region.",
                network.name,
                cloud.as_str(),
                network.region
            )))
    }

    /// The network if it is the reason why nothing can be made in it now.
    pub(super) async fn network_in_transition(&self) -> Option<Network> {
        let network = self
            .client
            .get_network(&self.scope, &self.network_id)
            .await
            .ok()?;
        matches!(phase::network_ready(network.clone()), Progress::NotYet(_)).then_some(network)
    }
}

/// The cloud that a network runs in; nothing where the token may not read the account that tells it.
///
/// # Errors
/// Konnect's others.
pub(crate) async fn cloud_provider(
    client: &Client,
    scope: &Scope,
    network: &Network,
) -> Result<Option<CloudProvider>, Error> {
    let Some(account) = network.cloud_gateway_provider_account_id else {
        return Ok(None);
    };
    match client.get_provider_account_lately(scope, &account).await {
        Ok(account) => Ok(Some(account.provider)),
        Err(error) => {
            tracing::debug!(
                "the cloud of network {:?} is not known: {error}",
                network.name
            );
            if error.is_forbidden() || error.is_not_found() {
                Ok(None)
            } else {
                Err(error)
            }
        }
    }
}
