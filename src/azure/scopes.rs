//! The scopes of the tenant that the caller can see: subscriptions and management groups.
//!
//! Sources: <https://learn.microsoft.com/rest/api/resources/subscriptions/list>,
//! <https://learn.microsoft.com/rest/api/managementgroups/management-groups/list>.

use serde::Deserialize;

use super::Error;
use super::client::Client;
use super::ids::{ArmId, Guid};
use super::wire::list;
use crate::http::{Request, Scope};

const SUBSCRIPTIONS_VERSION: &str = "2022-12-01";
const MANAGEMENT_GROUPS_VERSION: &str = "2020-05-01";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopeWire {
    id: String,
    tenant_id: Option<Guid>,
}

impl Client {
    /// The subscriptions and management groups of this tenant that the caller can see. Where one of the lists is refused, the other's.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn visible_scopes(&self, scope: &Scope) -> Result<Vec<ArmId>, Error> {
        let subscriptions =
            Request::get(["subscriptions"]).query("api-version", SUBSCRIPTIONS_VERSION);
        let groups = Request::get(["providers", "Microsoft.Management", "managementGroups"])
            .query("api-version", MANAGEMENT_GROUPS_VERSION);
        let mut visible = Vec::new();
        for request in [subscriptions, groups] {
            let listed = list::<ScopeWire>(self.arm(), request).collect(scope).await;
            match listed.map_err(Error::from) {
                Ok(scopes) => visible.extend(scopes.into_iter().filter_map(|one| {
                    // A delegated subscription belongs to another tenant, which has roles of its own.
                    let is_foreign = one.tenant_id.is_some_and(|owner| {
                        self.configured_tenant().is_some_and(|own| owner != *own)
                    });
                    one.id.parse().ok().filter(|_| !is_foreign)
                })),
                Err(error) if error.refusal().is_some() => {
                    tracing::debug!(%error, "the scopes of the tenant cannot be listed");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(visible)
    }
}
