//! `list "konnectazure_peering_role"`: the custom roles of a subscription that serve Kong's application.
//!
//! Needs `Microsoft.Authorization/roleDefinitions/read` at the subscription.

use std::sync::Arc;

use async_trait::async_trait;

use crate::azure::ids::{ArmId, Guid};
use crate::azure::{Access, Error, RoleType};
use crate::resources::azure_target::guid;
use crate::resources::clients::Clients;
use crate::resources::explain::Failure;
use crate::resources::peering_role::{self, PeeringRoleModel};
use crate::resources::scope;
use crate::tf::attr::Attr;
use crate::tf::context::Context;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::list::{Ended, Found, List};
use crate::tf::path::Path;
use crate::tf::schema::{Attribute, Schema};
use crate::tf::types::Type;

crate::model! {
    /// The filters of the list of peering roles.
    pub struct PeeringRoleFilterModel {
        /// Where to look.
        pub subscription_id: String,
    }
}

const DESCRIPTION: &str = "\
Finds the custom roles that can be assigned in a subscription and serve Kong's application: those that permit all that a peering, a virtual hub \
peering or a private DNS link needs, and those with the names that Kong's documents and set-up wizard give. Needs \
`Microsoft.Authorization/roleDefinitions/read`, which Reader holds.";

/// The list of peering roles.
#[derive(Debug)]
pub struct PeeringRoleList {
    azure: Arc<Access>,
}

/// The list over clients that are configured later.
#[must_use]
pub fn list(clients: &Clients) -> PeeringRoleList {
    PeeringRoleList {
        azure: Arc::clone(&clients.azure),
    }
}

#[async_trait]
impl List for PeeringRoleList {
    type Config = PeeringRoleFilterModel;
    type Object = PeeringRoleModel;

    fn type_name(&self) -> &'static str {
        "konnectazure_peering_role"
    }

    fn schema(&self) -> Schema {
        let subscription_id = Attribute::optional("subscription_id", Type::String)
            .describe("The subscription to look in. Default: the provider's.")
            .validate(guid());
        Schema::new(DESCRIPTION, vec![subscription_id])
    }

    async fn list(
        &self,
        context: &Context,
        config: PeeringRoleFilterModel,
        found: &mut Found<'_, PeeringRoleModel>,
    ) -> Result<(), Ended> {
        let failure = Failure::new("list", "Azure roles").at(Path::attribute("subscription_id"));
        let client = self.azure.client();
        let client = client.map_err(|error| Failure::new("list", "Azure roles").explain(&error))?;
        let subscription_id: Guid = match &config.subscription_id {
            Attr::Known(text) => text
                .parse()
                .map_err(|fault| failure.because(format!("{fault}.")))?,
            _ => client.subscription_id().cloned().ok_or_else(|| {
                failure.because("No subscription is given, neither here nor in the provider block or ARM_SUBSCRIPTION_ID.")
            })?,
        };
        let scope = scope(context);
        let view = ArmId::subscription(&subscription_id);
        let mut roles = client.list_role_definitions(&view, Some("type eq 'CustomRole'"));
        let mut page = roles.next(&scope).await;
        if page
            .as_ref()
            .is_err_and(|error| matches!(error.status(), Some(400 | 501)))
        {
            // Without the filter, which only spares pages of built-in roles.
            roles = client.list_role_definitions(&view, None);
            page = roles.next(&scope).await;
        }
        loop {
            let Some(found_now) = page.map_err(|error| refused(&failure, &Error::from(error)))?
            else {
                return Ok(());
            };
            for role in &found_now {
                if role.role_type != RoleType::BuiltIn && peering_role::serves(role) {
                    found
                        .send(role.role_name.as_str(), peering_role::listed(role))
                        .await?;
                }
            }
            page = roles.next(&scope).await;
        }
    }
}

fn refused(failure: &Failure<'_>, error: &Error) -> Diagnostics {
    let failure = failure.clone();
    if error.is_forbidden() {
        return failure
            .next("This needs Microsoft.Authorization/roleDefinitions/read at the subscription, which Reader holds.")
            .explain(error);
    }
    if error.is_scope_missing() {
        return failure
            .next("Check the id, and that the provider's credential sees this subscription.")
            .explain(error);
    }
    failure.explain(error)
}
