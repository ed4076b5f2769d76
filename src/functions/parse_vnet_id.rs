//! `parse_vnet_id(id)`: the parts of a virtual network's id.

use crate::azure::ids::VnetId;
use crate::tf::function::{Function, FunctionError, Parameter};
use crate::tf::types::Type;
use crate::tf::value::Value;

use super::text;

/// The function.
#[derive(Clone, Copy, Debug)]
pub struct ParseVnetId;

/// The function, which needs no client.
#[must_use]
pub const fn function() -> ParseVnetId {
    ParseVnetId
}

impl Function for ParseVnetId {
    fn name(&self) -> &'static str {
        "parse_vnet_id"
    }

    fn summary(&self) -> &'static str {
        "Splits the id of a virtual network into its parts"
    }

    fn description(&self) -> &'static str {
        "An object with the attributes `subscription_id`, `resource_group_name` and `vnet_name` of a virtual network's Azure Resource \
         Manager id, each spelled as in the id. Any other id, such as a subnet's, is refused. `vnet_id` does the \
         reverse."
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::new(
            "id",
            Type::String,
            "The virtual network's id. The case of its fixed parts is ignored.",
        )]
    }

    fn return_type(&self) -> Type {
        Type::object([
            ("subscription_id", Type::String),
            ("resource_group_name", Type::String),
            ("vnet_name", Type::String),
        ])
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let id: VnetId = text(&arguments, 0)?
            .parse()
            .map_err(|fault| FunctionError::at(0, format!("{fault}")))?;
        Ok(Value::object([
            (
                "subscription_id",
                Value::string(id.subscription_id().to_string()),
            ),
            (
                "resource_group_name",
                Value::string(id.resource_group_name()),
            ),
            ("vnet_name", Value::string(id.vnet_name())),
        ]))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::azure::ids::Guid;
    use crate::tf::function::call;

    const SUBSCRIPTION: &str = "a4c1d0e2-9b3f-4c7a-8e51-6d2f0b9c8a17";

    fn parts(id: &str) -> Result<Value, FunctionError> {
        call(&ParseVnetId, vec![id.into()])
    }

    #[test]
    fn the_fixed_parts_are_taken_in_any_case() {
        let parsed = parts(&format!(
            "/SUBSCRIPTIONS/{SUBSCRIPTION}/resourcegroups/RG-Network/PROVIDERS/microsoft.network/virtualnetworks/Hub"
        ));
        let expected = Value::object([
            ("subscription_id", SUBSCRIPTION.into()),
            ("resource_group_name", "RG-Network".into()),
            ("vnet_name", "Hub".into()),
        ]);
        assert_eq!(parsed, Ok(expected));
    }

    #[test]
    fn what_is_no_virtual_network_is_refused_with_the_form() {
        let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/rg");
        for (id, reason) in [
            (String::new(), "does not begin with a slash"),
            (group.clone(), "it names a scope"),
            (
                format!("{group}/providers/Microsoft.Network/virtualNetworks/hub/subnets/a"),
                "virtualNetworks/subnets",
            ),
            (
                format!("{group}/providers/Microsoft.Network/virtualHubs/hub"),
                "names a Microsoft.Network/virtualHubs",
            ),
        ] {
            let fault = parts(&id).unwrap_err();
            assert_eq!(fault.argument, Some(0));
            assert!(
                fault.text.contains(reason) && fault.text.contains("VNET_NAME"),
                "{fault}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_vnet_id_makes_comes_apart_again(group in "[A-Za-z0-9_-]{1,40}", name in "[A-Za-z0-9][A-Za-z0-9._-]{0,40}") {
            let subscription: Guid = SUBSCRIPTION.parse().unwrap();
            let id = VnetId::new(&subscription, &group, &name).unwrap();
            let expected = Value::object([
                ("subscription_id", SUBSCRIPTION.into()),
                ("resource_group_name", group.as_str().into()),
                ("vnet_name", name.as_str().into()),
            ]);
            prop_assert_eq!(parts(&id.to_string()), Ok(expected));
        }

        #[test]
        fn no_text_makes_it_panic(id in "\\PC*") {
            drop(parts(&id));
        }
    }
}
