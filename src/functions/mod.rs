//! The provider's functions, one file each: the provider offers what the `function` of each makes.
//!
//! They are pure, and run before the provider is configured, so that a configuration can be validated without any credential.
//! Error texts begin small and end without a full stop, as they stand behind `Invalid value for "…" parameter: `.

pub mod admin_consent_url;
pub mod cidrs_overlap;
pub mod dns_mapping_type;
pub mod parse_vnet_id;
pub mod vnet_id;

use crate::tf::function::FunctionError;
use crate::tf::value::Value;

/// The text that was given as the argument at this position.
fn text(arguments: &[Value], position: usize) -> Result<&str, FunctionError> {
    arguments
        .get(position)
        .and_then(Value::as_str)
        .ok_or_else(|| FunctionError::at(position, "a string is required"))
}

/// The elements that were given as the argument at this position.
fn elements(arguments: &[Value], position: usize) -> Result<&[Value], FunctionError> {
    arguments
        .get(position)
        .and_then(Value::elements)
        .ok_or_else(|| FunctionError::at(position, "a list is required"))
}
