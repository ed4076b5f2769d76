//! The attributes of `konnectazure_role_assignment`.

use crate::azure::ids::{ArmId, Guid, ParseIdError, RoleDefinitionId};
use crate::resources::equivalence::{same_arm_id, same_role_definition, same_text_ignoring_case};
use crate::tf::schema::{Attribute, Schema};
use crate::tf::types::Type;
use crate::tf::validate::Parses;

crate::model! {
    /// The state of `konnectazure_role_assignment`.
    pub struct RoleAssignmentModel {
        /// The full Resource Manager id.
        pub id: String,
        /// Where the role is granted.
        pub scope: String,
        /// Which role.
        pub role_definition_id: String,
        /// To whom: a service principal's object id.
        pub principal_id: String,
        /// The GUID in the id.
        pub name: String,
        /// What the assignment says of itself.
        pub description: String,
        /// Whether an equal assignment under another name may be adopted.
        pub use_existing: bool,
        /// Whether to return without waiting until the assignment can be read.
        pub skip_propagation_wait: bool,
    }
}

const DESCRIPTION: &str = "\
Assigns the peering role to the service principal of Kong's application on your virtual network (or virtual hub, or private \
DNS zone): step 3 of a peering. Make the peering depend on it, so that it is created first and destroyed last: without it, Kong cannot \
change or remove its half of the peering.

The caller needs `Microsoft.Authorization/roleAssignments/write` at the scope (held by Owner, User Access Administrator \
and Role Based Access Control Administrator), and `…/delete` for a destroy. With permission to read Microsoft Graph \
(`Application.Read.All`) the principal is looked up first, so that a client id given in place of an object id is an error \
at once instead of an assignment without effect.";

pub(super) fn schema() -> Schema {
    let mut attributes = Vec::from(required());
    attributes.extend(optional());
    attributes.push(
        Attribute::computed("id", Type::String)
            .describe("The assignment's full Resource Manager id.")
            .keep()
            .equivalent(same_arm_id),
    );
    Schema::new(DESCRIPTION, attributes)
}

fn required() -> [Attribute; 3] {
    [
        Attribute::required("scope", Type::String)
            .describe(
                "Where the role is granted: the id of a virtual network, virtual hub, private DNS zone, resource group or \
                 subscription.",
            )
            .replace()
            .equivalent(same_arm_id)
            .validate(Parses::new("a Resource Manager id", id_form::<ArmId>)),
        Attribute::required("role_definition_id", Type::String)
            .describe("The role: `id` of `konnectazure_peering_role`, or any role definition's id.")
            .replace()
            .equivalent(same_role_definition)
            .validate(Parses::new("a role definition id", id_form::<RoleDefinitionId>)),
        Attribute::required("principal_id", Type::String)
            .describe(
                "The service principal's object id (`object_id` of `konnectazure_service_principal`), not the \
                 application's client id.",
            )
            .replace()
            .equivalent(same_text_ignoring_case)
            .validate(Parses::new("a GUID", id_form::<Guid>)),
    ]
}

fn optional() -> [Attribute; 4] {
    [
        Attribute::optional_computed("name", Type::String)
            .describe(
                "The assignment's own name, a GUID that is unique in the tenant. Default: derived from scope, role and \
                 principal, so that repeating a creation does not make a second assignment.",
            )
            .replace()
            .equivalent(same_text_ignoring_case)
            .validate(Parses::new("a GUID", id_form::<Guid>)),
        Attribute::optional("description", Type::String)
            .describe("The assignment's description. Updated in place. Default: none.")
            // Azure does not tell an empty text from none, and a default is the one form that survives either spelling.
            .default_value(""),
        Attribute::optional("use_existing", Type::Bool)
            .describe(
                "Whether to take over an equal assignment that exists under another name. Without it that is an error, as \
                 Azure allows only one assignment of a role to a principal at a scope. Default: `false`.",
            )
            .default_value(false)
            .save_only(),
        Attribute::optional("skip_propagation_wait", Type::Bool)
            .describe(
                "Whether to continue as soon as Azure has confirmed the assignment, without waiting until it can be read. \
                 Default: `false`.",
            )
            .default_value(false)
            .save_only(),
    ]
}

/// Why a text is not an id of the wanted kind, with an example of one.
pub(crate) fn id_form<T: std::str::FromStr<Err = ParseIdError>>(text: &str) -> Result<(), String> {
    text.parse::<T>().map(drop).map_err(|fault| {
        format!(
            "{}. Expected {}, as in {}",
            fault.reason(),
            fault.form(),
            fault.example()
        )
    })
}
