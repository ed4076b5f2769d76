//! Lists of objects in Konnect networks: of one network, or of all of them, one page after the other.

pub mod dns_mappings;
pub mod private_hosted_zone;
pub mod virtual_hub_peering;
pub mod vnet_peering;

use std::sync::Arc;

use async_trait::async_trait;
use serde::de::DeserializeOwned;

use crate::http::scope::Scope;
use crate::konnect::{self, Client, Error, Network, NetworkId};
use crate::resources::explain::Failure;
use crate::resources::scope;
use crate::tf::attr::Attr;
use crate::tf::context::Context;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::list::{Ended, Found, List};
use crate::tf::model::Model;
use crate::tf::path::Path;
use crate::tf::schema::{Attribute, Schema};
use crate::tf::types::Type;
use crate::tf::validate::Parses;

crate::model! {
    /// The filters of a list of objects in Konnect networks.
    pub struct NetworkFilterModel {
        /// The only network to look in.
        pub network_id: String,
    }
}

/// One kind of object in Konnect networks.
#[async_trait]
pub trait Listing: Send + Sync + 'static {
    /// The object as the API serves it.
    type Remote: DeserializeOwned + Send + Sync;
    /// The state of its resource.
    type Object: Model;

    /// The resource's type name.
    const TYPE_NAME: &'static str;
    /// The objects in messages: `virtual network peerings`.
    const NOUN: &'static str;
    /// What the list is for, in Markdown.
    const DESCRIPTION: &'static str;

    /// The objects of a network, perhaps with others of the same API.
    fn pages<'c>(client: &'c Client, network_id: &NetworkId) -> konnect::List<'c, Self::Remote>;

    /// Name and state of the object; `None` if it is of another kind, or gone although still shown.
    ///
    /// # Errors
    /// If it cannot be read.
    fn object(
        &self,
        network_id: NetworkId,
        remote: &Self::Remote,
    ) -> Result<Option<(String, Self::Object)>, Diagnostics>;

    /// The state with what only further calls tell, and whether they told it.
    async fn complete(
        &self,
        _scope: &Scope,
        _network: &Network,
        object: Self::Object,
    ) -> (Self::Object, bool) {
        (object, true)
    }
}

/// The list of one kind of object.
pub struct NetworkObjects<L> {
    konnect: Arc<konnect::Access>,
    listing: L,
}

/// Why the objects of a network were not all found.
enum Stopped {
    /// Konnect refused.
    Refused(Error),
    /// The query is over.
    Ended(Ended),
}

impl From<Ended> for Stopped {
    fn from(ended: Ended) -> Self {
        Self::Ended(ended)
    }
}

/// Networks whose objects the token may not read.
#[derive(Default)]
struct Refusals {
    networks: Vec<String>,
    first: Option<Error>,
}

impl<L: Listing> NetworkObjects<L> {
    const fn over(konnect: Arc<konnect::Access>, listing: L) -> Self {
        Self { konnect, listing }
    }

    fn failure() -> Failure<'static> {
        Failure::new("list", L::NOUN)
    }

    /// Everything in one network. `gaps` gets the names of those that are not told whole.
    async fn in_network(
        &self,
        client: &Client,
        scope: &Scope,
        network: &Network,
        found: &mut Found<'_, L::Object>,
        gaps: &mut Vec<String>,
    ) -> Result<(), Stopped> {
        let mut pages = L::pages(client, &network.id);
        while let Some(page) = pages.next(scope).await.map_err(Stopped::Refused)? {
            for remote in &page {
                let object = self.listing.object(network.id, remote);
                let Some((name, object)) = object.map_err(Ended::Failed)? else {
                    continue;
                };
                let display_name = format!("{name} ({})", network.name);
                let (object, is_whole) = if found.wants_objects() {
                    self.listing.complete(scope, network, object).await
                } else {
                    (object, true)
                };
                if !is_whole {
                    gaps.push(display_name.clone());
                }
                found.send(display_name, object).await?;
            }
        }
        Ok(())
    }

    /// Everything in all networks. One that is gone meanwhile has nothing; one that may not be read is told, and the others go on.
    async fn in_all_networks(
        &self,
        context: &Context,
        client: &Client,
        found: &mut Found<'_, L::Object>,
        gaps: &mut Vec<String>,
    ) -> Result<(), Ended> {
        let scope = scope(context);
        let refused = |error: &Error| Self::failure().explain(error);
        let mut refusals = Refusals::default();
        let mut count = 0_usize;
        let mut networks = client.networks_in_pages();
        while let Some(page) = networks
            .next(&scope)
            .await
            .map_err(|error| refused(&error))?
        {
            count += page.len();
            for network in &page {
                match self.in_network(client, &scope, network, found, gaps).await {
                    Ok(()) => {}
                    Err(Stopped::Refused(error)) if error.is_not_found() => {}
                    Err(Stopped::Refused(error)) if error.is_forbidden() => {
                        refusals.networks.push(network.name.clone());
                        refusals.first.get_or_insert(error);
                    }
                    Err(Stopped::Refused(error)) => return Err(refused(&error).into()),
                    Err(Stopped::Ended(ended)) => return Err(ended),
                }
            }
        }
        match refusals.first {
            Some(error) if refusals.networks.len() == count => Err(refused(&error).into()),
            Some(error) => {
                context.warn(Self::incomplete(&refusals.networks, &error));
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Everything that the filters let through.
    async fn find(
        &self,
        context: &Context,
        config: NetworkFilterModel,
        found: &mut Found<'_, L::Object>,
        gaps: &mut Vec<String>,
    ) -> Result<(), Ended> {
        let client = self.konnect.client();
        let client = client.map_err(|error| Self::failure().explain(&error))?;
        let Attr::Known(text) = &config.network_id else {
            return self.in_all_networks(context, &client, found, gaps).await;
        };
        let failure = Self::failure().at(Path::attribute("network_id"));
        let network_id: NetworkId = text
            .parse()
            .map_err(|fault| failure.because(format!("{fault}.")))?;
        let scope = scope(context);
        let refused = |error: &Error| {
            let failure = failure.clone();
            if error.is_not_found() {
                failure.next("Konnect has no such network, or the token may not see it. Without network_id every network is looked in.").explain(error)
            } else {
                failure.explain(error)
            }
        };
        let network = client.get_network(&scope, &network_id).await;
        let network = network.map_err(|error| refused(&error))?;
        let asked = self.in_network(&client, &scope, &network, found, gaps);
        match asked.await {
            Ok(()) => Ok(()),
            Err(Stopped::Refused(error)) => Err(refused(&error).into()),
            Err(Stopped::Ended(ended)) => Err(ended),
        }
    }

    fn incomplete(networks: &[String], error: &Error) -> Diagnostic {
        let advice = error.advice().unwrap_or_default();
        Diagnostic::warning(
            format!("Not all {} are listed", L::NOUN),
            format!(
                "Konnect refuses to list those of these networks:\n\n  {}\n\n{}. {advice}",
                networks.join("\n  "),
                error.http()
            ),
        )
    }
}

#[async_trait]
impl<L: Listing> List for NetworkObjects<L> {
    type Config = NetworkFilterModel;
    type Object = L::Object;

    fn type_name(&self) -> &'static str {
        L::TYPE_NAME
    }

    fn schema(&self) -> Schema {
        let network_id = Attribute::optional("network_id", Type::String)
            .describe(
                "Id of the Dedicated Cloud Gateway network to look in. Default: every network that the token may see.",
            )
            .validate(Parses::new("a UUID", |text: &str| {
                let id = text.parse::<NetworkId>();
id.map(drop).map_err(|fault| fault.reason())
            }));
        Schema::new(L::DESCRIPTION, vec![network_id])
    }

    async fn list(
        &self,
        context: &Context,
        config: NetworkFilterModel,
        found: &mut Found<'_, L::Object>,
    ) -> Result<(), Ended> {
        let mut gaps = Vec::new();
        let ended = self.find(context, config, found, &mut gaps).await;
        if !gaps.is_empty() {
            context.warn(Diagnostic::warning(
                format!("Some {} are not told whole", L::NOUN),
                format!(
                    "What another service knows of these could not be read this time; the provider's log at level debug says why:\n\n  {}",
                    gaps.join("\n  ")
                ),
            ));
        }
        ended
    }
}

/// What a person calls the object: its name, or its id where it has none.
fn name_or_id(name: &str, id: &impl ToString) -> String {
    if name.is_empty() {
        id.to_string()
    } else {
        name.to_owned()
    }
}
