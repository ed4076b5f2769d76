//! The attributes of `konnectazure_service_principal`.

use crate::preflight::consent::KONG_CLIENT_ID;
use crate::resources::azure_target::guid;
use crate::resources::equivalence::same_text_ignoring_case;
use crate::tf::schema::{Attribute, Schema};
use crate::tf::types::Type;

crate::model! {
    /// The state of `konnectazure_service_principal`.
    pub struct ServicePrincipalModel {
        /// The object id.
        pub id: String,
        /// The application's client id.
        pub client_id: String,
        /// Whether a service principal that exists already may be adopted.
        pub use_existing: bool,
        /// The tenant that holds the service principal.
        pub tenant_id: String,
        /// The id by which roles are assigned to it.
        pub object_id: String,
        /// The application's name.
        pub display_name: String,
        /// The page on which an administrator gives consent.
        pub admin_consent_url: String,
        /// Whether this resource made the service principal.
        pub created: bool,
    }
}

const DESCRIPTION: &str = "\
The service principal of Kong's peering application in your Entra tenant: step 1 of a peering, instead of opening the admin consent \
link in a browser. By itself it grants no access; the role assignment decides what the application may do.

Creating it needs one of the Entra roles Application Administrator, Cloud Application Administrator or Global \
Administrator, or, for an application, the Microsoft Graph permission `Application.ReadWrite.All`. If consent was already given, the \
service principal is adopted, which needs only `Application.Read.All`, never changes it, and leaves it in the tenant on destroy. A \
caller without these permissions gets an error with the link to pass to an administrator; the data \
source of the same name can wait for them.";

pub(super) fn schema() -> Schema {
    let [client_id, use_existing] = configurable();
    let mut attributes = vec![client_id, use_existing];
    attributes.extend(computed());
    Schema::new(DESCRIPTION, attributes)
}

fn configurable() -> [Attribute; 2] {
    [
        Attribute::optional("client_id", Type::String)
            .describe(format!(
                "The application's client id. Default: `{KONG_CLIENT_ID}`, Kong's app for virtual network peering."
            ))
            .default_value(KONG_CLIENT_ID)
            .replace()
            .equivalent(same_text_ignoring_case)
            .validate(guid()),
        Attribute::optional("use_existing", Type::Bool)
            .describe(
                "Whether to adopt the service principal if the tenant already has it, without changing it. With `false`, that is an \
                 error. Default: `true`.",
            )
            .default_value(true)
            .save_only(),
    ]
}

fn computed() -> [Attribute; 6] {
    [
        Attribute::computed("id", Type::String)
            .describe("The same as `object_id`.")
            .keep()
            .equivalent(same_text_ignoring_case),
        Attribute::computed("tenant_id", Type::String)
            .describe("The tenant that holds the service principal: the provider's.")
            .keep()
            .equivalent(same_text_ignoring_case),
        Attribute::computed("object_id", Type::String)
            .describe("The service principal's object id, for `principal_id` of a role assignment.")
            .keep()
            .equivalent(same_text_ignoring_case),
        Attribute::computed("display_name", Type::String).describe("The application's name."),
        Attribute::computed("admin_consent_url", Type::String)
            .describe("The page on which an administrator gives consent.")
            .keep()
            // The tenant's id is in it.
            .equivalent(same_text_ignoring_case),
        Attribute::computed("created", Type::Bool)
            .describe(
                "Whether this resource created the service principal. Only then does a destroy delete it; otherwise it stays in the \
                 tenant. `false` after an import.",
            )
            .keep(),
    ]
}
