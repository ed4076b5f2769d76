//! The attributes of `konnectazure_peering_role`.

use crate::azure::ids::ArmId;
use crate::resources::equivalence::{
    same_arm_id_set, same_role_definition, same_set_ignoring_case, same_text_ignoring_case,
};
use crate::tf::attr::Set;
use crate::tf::schema::{Attribute, Schema};
use crate::tf::types::Type;
use crate::tf::validate::{Each, NotEmpty, OneOf, Parses};
use crate::tf::value::Value;

use super::purpose::Purpose;

crate::model! {
    /// The state of `konnectazure_peering_role`.
    pub struct PeeringRoleModel {
        /// The full Resource Manager id; it never changes, whatever scopes come and go.
        pub id: String,
        /// What the role is for.
        pub purpose: String,
        /// The name that was configured; an adopted role may have it with or without the wizard's suffix.
        pub name: String,
        /// The role's description.
        pub description: String,
        /// Where it can be assigned, as far as this resource is concerned.
        pub assignable_scopes: Set<String>,
        /// What it permits.
        pub actions: Set<String>,
        /// What it takes back from that.
        pub not_actions: Set<String>,
        /// Whether a role that exists already may be adopted.
        pub use_existing: bool,
        /// The GUID.
        pub role_definition_id: String,
        /// The name that the role really has.
        pub remote_name: String,
        /// Whether the role is this resource's own.
        pub created: bool,
        /// The scopes that an adopted role had before.
        pub existing_assignable_scopes: Set<String>,
    }
}

const DESCRIPTION: &str = "\
The Azure custom role that lets Kong's application connect to your network: step 2 of a peering, between the service \
principal and the role assignment.

Custom role names are unique within an Entra tenant. For another subscription in the same tenant, add its id to `assignable_scopes` of \
the one role. If another configuration owns that role, set `use_existing` to `true` in both: the scopes are then added to it, and a destroy \
removes only those.

The caller needs `Microsoft.Authorization/roleDefinitions/write` on every assignable scope (held by Owner and User \
Access Administrator), and `…/delete` for a destroy.";

pub(super) fn schema() -> Schema {
    let mut attributes = vec![
        Attribute::required("assignable_scopes", Type::set(Type::String))
            .describe(
                "Where the role can be assigned: ids of subscriptions (`/subscriptions/GUID`), resource groups or \
                 management groups. Updated in place. A scope below which the role is still assigned cannot be removed.",
            )
            .equivalent(same_arm_id_set)
            .validate(NotEmpty)
            .validate(Each(Parses::new("a Resource Manager id of a scope", assignable_scope))),
    ];
    attributes.extend(optional_attributes());
    attributes.extend(computed_attributes());
    Schema::new(DESCRIPTION, attributes)
}

fn optional_attributes() -> [Attribute; 6] {
    [
        Attribute::optional_computed("purpose", Type::String)
            .describe(format!(
                "What the role is for: `{}` (the default), `{}` or `{}`. It only chooses the defaults of `name`, \
                 `description` and `actions`.",
                Purpose::VnetPeering,
                Purpose::VirtualHubPeering,
                Purpose::PrivateDnsLink,
            ))
            .validate(OneOf(&Purpose::NAMES)),
        Attribute::optional_computed("name", Type::String)
            .describe(format!(
                "The role's name, unique in the tenant. Default: `{}`, or `{}` for `{}`. Updated in place. An adopted role is never \
                 renamed: with another name, this resource releases it and adopts or creates the role of that name.",
                Purpose::VnetPeering.role_name(),
                Purpose::PrivateDnsLink.role_name(),
                Purpose::PrivateDnsLink,
            ))
            .validate(Parses::new("a role name", role_name)),
        Attribute::optional_computed("description", Type::String)
            .describe(format!(
                "The role's description. Default: `{}` An adopted role keeps its own.",
                Purpose::description(),
            ))
            .validate(Parses::new("a role description", role_description)),
        Attribute::optional_computed("actions", Type::set(Type::String))
            .describe(actions_description())
            .equivalent(same_set_ignoring_case)
            .validate(NotEmpty)
            .validate(Each(Parses::new("an action", action))),
        Attribute::optional("not_actions", Type::set(Type::String))
            .describe("Actions excluded from those that `actions` permits. Default: none.")
            .default_value(Value::set(Vec::new()))
            .equivalent(same_set_ignoring_case)
            .validate(Each(Parses::new("an action", action))),
        Attribute::optional("use_existing", Type::Bool)
            .describe(
                "Whether to adopt a custom role that the tenant already has under this name, with or without the \
                 ` - Kong` that Kong's wizard appends. Its permissions must include those configured here, and are not changed. \
                 `assignable_scopes` are added to its own, and a destroy removes them again, except those below which others still use \
                 the role. Scopes that others add are neither shown nor removed, and the last configuration to go deletes the role if \
                 nothing else is left in it. Set it in every configuration that shares the role, including the one that creates it. \
                 Default: `false`, with which a name that is taken is an error.",
            )
            .default_value(false)
            .save_only(),
    ]
}

fn computed_attributes() -> [Attribute; 5] {
    [
        Attribute::computed("id", Type::String)
            .describe("The role's full Resource Manager id, for `role_definition_id` of an assignment.")
            .keep()
            .equivalent(same_role_definition),
        Attribute::computed("role_definition_id", Type::String)
            .describe("The role's GUID. It never changes.")
            .keep()
            .equivalent(same_text_ignoring_case),
        Attribute::computed("remote_name", Type::String)
            .describe(
                "The name that the role has in Azure. For an adopted role this says which of the two spellings, with \
                 or without ` - Kong`, was found.",
            )
            .keep(),
        Attribute::computed("created", Type::Bool)
            .describe(
                "Whether this resource created or imported the role, so that a destroy deletes it. \
                 `false` for an adopted role.",
            )
            .keep(),
        Attribute::computed("existing_assignable_scopes", Type::set(Type::String))
            .describe(
                "The assignable scopes that an adopted role had before this resource added any, or that others have added to a role of \
                 this resource's own. They are kept on destroy. Null if there are none.",
            )
            .keep(),
    ]
}

fn actions_description() -> String {
    let lists: Vec<String> = Purpose::ALL
        .into_iter()
        .map(|purpose| {
            let actions: Vec<String> = purpose
                .actions()
                .iter()
                .map(|action| format!("`{action}`"))
                .collect();
            format!("for `{purpose}` {}", actions.join(", "))
        })
        .collect();
    format!(
        "What the role permits. Default: {}. The list for `{}` is Kong's. Kong publishes none for the other two, \
         so they follow Microsoft's documentation; widen them here if they prove too narrow.",
        lists.join("; "),
        Purpose::VnetPeering,
    )
}

/// Scopes that Azure refuses in every custom role are refused before anything is sent.
fn assignable_scope(text: &str) -> Result<(), String> {
    let id: ArmId = text
        .parse()
        .map_err(|fault: crate::azure::ids::ParseIdError| fault.reason().to_owned())?;
    if id == ArmId::tenant() {
        return Err("a custom role cannot be assignable at the root; name subscriptions or a management group".into());
    }
    if text.contains('*') {
        return Err("wildcards are not allowed".to_owned());
    }
    Ok(())
}

/// Azure's limits on names and descriptions of custom roles, in characters.
const NAME_LIMIT: usize = 512;
const DESCRIPTION_LIMIT: usize = 2048;

fn role_name(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    at_most(NAME_LIMIT, text)
}

fn role_description(text: &str) -> Result<(), String> {
    at_most(DESCRIPTION_LIMIT, text)
}

fn at_most(limit: usize, text: &str) -> Result<(), String> {
    let length = text.chars().count();
    if length > limit {
        return Err(format!(
            "it has {length} characters, and Azure takes at most {limit}"
        ));
    }
    Ok(())
}

/// `Company.Provider/resourceType/action`, where any part may be a wildcard; `*` alone is everything.
fn action(text: &str) -> Result<(), String> {
    if text == "*" {
        return Ok(());
    }
    if text.chars().any(char::is_whitespace) {
        return Err("it holds white space".to_owned());
    }
    if !text.contains('/') || text.split('/').any(str::is_empty) {
        return Err(
            "it has not the form `Provider/resource/operation`, as in `Microsoft.Network/virtualNetworks/read`".to_owned(),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_that_no_custom_role_can_have_are_refused() {
        let subscription = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590";
        for good in [
            subscription.to_owned(),
            format!("{subscription}/resourceGroups/network"),
            "/providers/Microsoft.Management/managementGroups/platform".to_owned(),
        ] {
            assert_eq!(assignable_scope(&good), Ok(()), "{good}");
        }
        for bad in [
            "/",
            "",
            "0b1f6471-1bf0-4dda-aec3-cb9272f09590",
            "/subscriptions/x",
        ] {
            assert!(assignable_scope(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn actions_have_a_provider_and_an_operation() {
        for good in [
            "*",
            "*/read",
            "Microsoft.Network/*",
            "Microsoft.Network/virtualNetworks/read",
        ] {
            assert_eq!(action(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "read",
            "Microsoft.Network/",
            "Microsoft.Network/virtual Networks/read",
        ] {
            assert!(action(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_and_descriptions_have_azures_limits() {
        assert!(role_name("Creator").is_ok());
        assert!(role_name(" ").is_err());
        assert!(role_name(&"x".repeat(513)).is_err());
        assert!(role_description("").is_ok());
        assert!(role_description(&"é".repeat(2048)).is_ok());
        assert!(role_description(&"x".repeat(2049)).is_err());
    }
}
