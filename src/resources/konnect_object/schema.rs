//! The attributes that all objects in a Konnect network have.

use crate::konnect::{NetworkId, StateMetadata};
use crate::model;
use crate::resources::equivalence::same_text_ignoring_case;
use crate::tf::attr::Attr;
use crate::tf::schema::{Attribute, AttributeKind, IdentityAttribute, Nesting};
use crate::tf::types::Type;
use crate::tf::validate::Parses;

/// Most characters in a name, as Konnect's published errors say.
const NAME_LIMIT: usize = 120;

model! {
    /// What Konnect says about a state.
    pub struct StateMetadataModel {
        /// The status that the infrastructure reported.
        pub reported_status: String,
        /// Why it is so.
        pub reason: String,
    }
}

impl From<&StateMetadata> for StateMetadataModel {
    fn from(metadata: &StateMetadata) -> Self {
        Self {
            reported_status: metadata.reported_status.clone().into(),
            reason: metadata.reason.clone().into(),
        }
    }
}

/// The attribute's value: null where Konnect says nothing.
pub(crate) fn state_metadata(metadata: Option<&StateMetadata>) -> Attr<StateMetadataModel> {
    metadata.map(StateMetadataModel::from).into()
}

/// The network that holds the object.
pub(crate) fn network_id() -> Attribute {
    Attribute::required("network_id", Type::String)
        .describe("Id of the Dedicated Cloud Gateway network in Konnect. Changing it replaces the object.")
        .replace()
        .defers_while_unknown()
        .equivalent(same_text_ignoring_case)
        .validate(Parses::new("a UUID", |text: &str| {
            let id = text.parse::<NetworkId>();
id.map(drop).map_err(|fault| fault.reason())
        }))
}

/// The object's name.
pub(crate) fn name(description: &'static str) -> Attribute {
    Attribute::required("name", Type::String)
        .describe(description)
        .validate(Parses::new("a name that Konnect takes", check_name))
}

fn check_name(name: &str) -> Result<(), String> {
    match name.chars().count() {
        0 => Err("it is empty".to_owned()),
        1..=NAME_LIMIT => Ok(()),
        count => Err(format!(
            "it has {count} characters, and {NAME_LIMIT} are allowed"
        )),
    }
}

/// Whether a creation or update waits.
pub(crate) fn wait_for_ready() -> Attribute {
    Attribute::optional("wait_for_ready", Type::Bool)
        .default_value(true)
        .save_only()
        .describe(
            "Whether to wait until Konnect reports `ready`. With `false`, dependent resources may start before it works.",
        )
}

/// Whether a creation checks first. `what` lists what it looks at.
pub(crate) fn preflight(what: &str) -> Attribute {
    Attribute::optional("preflight", Type::Bool)
        .default_value(true)
        .save_only()
        .describe(format!(
            "Whether to check, before anything is sent, for what would make it fail much later: {what}. \
             A check that the caller lacks permission for is a warning."
        ))
}

/// Whether a creation may adopt.
pub(crate) fn use_existing() -> Attribute {
    Attribute::optional("use_existing", Type::Bool)
        .default_value(false)
        .save_only()
        .describe(
            "Whether to adopt an existing object with the same network, name and configuration instead of failing. \
             An adopted object is deleted on destroy like any other.",
        )
}

/// What Konnect tells of every such object, `id` first.
pub(crate) fn computed() -> Vec<Attribute> {
    vec![
        Attribute::computed("id", Type::String)
            .keep()
            .equivalent(same_text_ignoring_case)
            .describe("Id in Konnect."),
        Attribute::computed("state", Type::String).describe(
            "State as Konnect reports it, such as `initializing`, `ready` or `error`. Informational: Konnect may add states.",
        ),
        Attribute::computed("state_metadata", state_metadata_kind())
            .describe("What Konnect says about the state. Null if it says nothing."),
        Attribute::computed("entity_version", Type::Number)
            .describe("Version of the object, which grows with each change in Konnect."),
        Attribute::computed("created_at", Type::String)
            .keep()
            .describe("When it was created, in RFC 3339."),
        Attribute::computed("updated_at", Type::String)
            .describe("When it was last changed, in RFC 3339."),
    ]
}

/// The same for data sources, which give the id by themselves.
pub(crate) fn shown() -> Vec<Attribute> {
    let mut attributes = computed();
    attributes.retain(|attribute| attribute.name != "id");
    attributes
}

/// The object in `state_metadata`.
pub(crate) fn state_metadata_kind() -> AttributeKind {
    AttributeKind::Nested(
        Nesting::Single,
        vec![
            Attribute::computed("reported_status", Type::String)
                .describe("Status reported by the infrastructure."),
            Attribute::computed("reason", Type::String)
                .describe("Reason for the state, in Konnect's words."),
        ],
    )
}

/// What identifies such an object for ever.
pub(crate) fn identity() -> Vec<IdentityAttribute> {
    vec![
        IdentityAttribute::required("network_id", "Id of the network in Konnect."),
        IdentityAttribute::required("id", "Id of the object in Konnect."),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_counted_in_characters() {
        assert!(check_name(&"ü".repeat(NAME_LIMIT)).is_ok());
        let long = check_name(&"u".repeat(NAME_LIMIT + 1)).unwrap_err();
        assert_eq!(long, "it has 121 characters, and 120 are allowed");
        assert!(check_name("").is_err());
    }
}
