//! `vnet_id(subscription_id, resource_group_name, vnet_name)`: the id of a virtual network from its parts.

use crate::azure::ids::{Guid, VnetId};
use crate::tf::function::{Function, FunctionError, Parameter};
use crate::tf::types::Type;
use crate::tf::value::Value;

use super::text;

/// A name that every virtual network could have, to judge the other parts of an id by themselves.
const ANY_NAME: &str = "any";

/// The function.
#[derive(Clone, Copy, Debug)]
pub struct MakeVnetId;

/// The function, which needs no client.
#[must_use]
pub const fn function() -> MakeVnetId {
    MakeVnetId
}

impl Function for MakeVnetId {
    fn name(&self) -> &'static str {
        "vnet_id"
    }

    fn summary(&self) -> &'static str {
        "Builds the id of a virtual network from its parts"
    }

    fn description(&self) -> &'static str {
        "The Azure Resource Manager id of a virtual network, as `scope` of `konnectazure_role_assignment` and `vnet_id` of \
         `konnectazure_vnet_peering` take it. Whether the virtual network exists is not checked. `parse_vnet_id` does the reverse."
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::new(
                "subscription_id",
                Type::String,
                "The GUID of the subscription, without `/subscriptions/`.",
            ),
            Parameter::new(
                "resource_group_name",
                Type::String,
                "The name of the resource group.",
            ),
            Parameter::new(
                "vnet_name",
                Type::String,
                "The name of the virtual network.",
            ),
        ]
    }

    fn return_type(&self) -> Type {
        Type::String
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let subscription_id: Guid =
            subscription_id(text(&arguments, 0)?).map_err(|reason| FunctionError::at(0, reason))?;
        let group = text(&arguments, 1)?;
        VnetId::new(&subscription_id, group, ANY_NAME)
            .map_err(|fault| FunctionError::at(1, fault.reason()))?;
        let name = text(&arguments, 2)?;
        let id = VnetId::new(&subscription_id, group, name).map_err(|fault| {
            FunctionError::at(
                2,
                format!("{name:?} cannot be a virtual network: {}", fault.reason()),
            )
        })?;
        Ok(Value::string(id.to_string()))
    }
}

fn subscription_id(given: &str) -> Result<Guid, String> {
    given.parse().map_err(|fault| {
        // The attribute `id` of a subscription in azurerm is this longer form.
        let alone: Option<Guid> = given
            .strip_prefix("/subscriptions/")
            .and_then(|rest| rest.parse().ok());
        match alone {
            Some(alone) => {
                format!("{given:?} is not a GUID: give it without /subscriptions/, as {alone}")
            }
            None => format!("{fault}"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tf::function::call;

    const SUBSCRIPTION: &str = "a4c1d0e2-9b3f-4c7a-8e51-6d2f0b9c8a17";

    fn id(subscription_id: &str, group: &str, name: &str) -> Result<Value, FunctionError> {
        call(
            &MakeVnetId,
            vec![subscription_id.into(), group.into(), name.into()],
        )
    }

    #[test]
    fn the_parts_make_the_id_in_their_spelling() {
        assert_eq!(
            id(&SUBSCRIPTION.to_uppercase(), "RG-Network", "vnet.orders_1"),
            Ok(Value::string(format!(
                "/subscriptions/{}/resourceGroups/RG-Network/providers/Microsoft.Network/virtualNetworks/vnet.orders_1",
                SUBSCRIPTION.to_uppercase()
            )))
        );
    }

    #[test]
    fn each_bad_part_is_refused_by_itself() {
        let whole = format!("/subscriptions/{SUBSCRIPTION}");
        for (subscription_id, group, name, position, reason) in [
            ("prod", "rg", "hub", 0, "\"prod\" is not a GUID"),
            (&whole, "rg", "hub", 0, "without /subscriptions/"),
            (SUBSCRIPTION, "", "hub", 1, "name is empty"),
            (
                SUBSCRIPTION,
                "rg/hub",
                "hub",
                1,
                "cannot be a resource group",
            ),
            (SUBSCRIPTION, "rg.", "hub", 1, "cannot be a resource group"),
            (
                SUBSCRIPTION,
                "rg",
                "",
                2,
                "\"\" cannot be a virtual network",
            ),
            (
                SUBSCRIPTION,
                "rg",
                "hub/subnets/a",
                2,
                "cannot be a virtual network",
            ),
            (
                SUBSCRIPTION,
                "rg",
                "a/providers/b",
                2,
                "cannot be a virtual network",
            ),
            (SUBSCRIPTION, "rg", "a?b", 2, "character '?'"),
            (SUBSCRIPTION, "rg", " hub", 2, "cannot be a name"),
        ] {
            let fault = id(subscription_id, group, name).unwrap_err();
            assert_eq!(fault.argument, Some(position), "{fault}");
            assert!(fault.text.contains(reason), "{fault}");
        }
    }
}
