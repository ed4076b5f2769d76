//! `cidrs_overlap(cidrs, other_cidrs)`: whether two lists of address blocks have an address in common.

use crate::preflight::cidr::{Cidr, overlaps};
use crate::tf::function::{Function, FunctionError, Parameter};
use crate::tf::types::Type;
use crate::tf::value::Value;

use super::elements;

const DESCRIPTION: &str = "\
Whether any address block of the first list has an address in common with any of the second: Azure refuses to peer such networks, and Konnect \
cannot change the block of a network that exists. IPv4 and IPv6 blocks never overlap. Bits behind the prefix may be set and are \
ignored: \
`10.99.98.0/21` is `10.99.96.0/21`. Blocks within one list are not compared with each other, and an empty list overlaps nothing.";

/// The function.
#[derive(Clone, Copy, Debug)]
pub struct CidrsOverlap;

/// The function, which needs no client.
#[must_use]
pub const fn function() -> CidrsOverlap {
    CidrsOverlap
}

impl Function for CidrsOverlap {
    fn name(&self) -> &'static str {
        "cidrs_overlap"
    }

    fn summary(&self) -> &'static str {
        "Determines whether two lists of address blocks overlap"
    }

    fn description(&self) -> &'static str {
        DESCRIPTION
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![
            Parameter::new(
                "cidrs",
                Type::list(Type::String),
                "Address blocks in CIDR notation, such as the `address_space` of a virtual network.",
            ),
            Parameter::new(
                "other_cidrs",
                Type::list(Type::String),
                "The address blocks to compare them with, such as the `cidr_block` of a `konnectazure_network`.",
            ),
        ]
    }

    fn return_type(&self) -> Type {
        Type::Bool
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let cidrs = blocks(&arguments, 0)?;
        let others = blocks(&arguments, 1)?;
        let found = overlaps(&cidrs, &others).next().is_some();
        Ok(found.into())
    }
}

fn blocks(arguments: &[Value], position: usize) -> Result<Vec<Cidr>, FunctionError> {
    let parse = |(index, element): (usize, &Value)| {
        let refuse =
            |reason: &str| FunctionError::at(position, format!("element {index}: {reason}"));
        let text = element
            .as_str()
            .ok_or_else(|| refuse("it must not be null"))?;
        text.parse::<Cidr>()
            .map_err(|fault| refuse(&fault.to_string()))
    };
    elements(arguments, position)?
        .iter()
        .enumerate()
        .map(parse)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::tf::function::call;

    fn list(texts: &[impl AsRef<str>]) -> Value {
        Value::List(texts.iter().map(|text| text.as_ref().into()).collect())
    }

    fn overlap(left: &[impl AsRef<str>], right: &[impl AsRef<str>]) -> bool {
        match call(&CidrsOverlap, vec![list(left), list(right)]) {
            Ok(Value::Bool(found)) => found,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn one_pair_is_enough() {
        let space = ["10.20.0.0/16", "fd00:20::/48"];
        assert!(overlap(&space, &["192.168.0.0/24", "10.20.5.9/24"]));
        assert!(overlap(&space, &["FD00:20:0:1::/64"]));
        assert!(!overlap(&space, &["10.21.0.0/16", "fd00:21::/48"]));
        assert!(!overlap(&space, &["::ffff:10.20.0.0/112"]));
    }

    #[test]
    fn nothing_overlaps_nothing() {
        let nothing: [&str; 0] = [];
        assert!(!overlap(&nothing, &["0.0.0.0/0"]));
        assert!(!overlap(&["::/0"], &nothing));
        assert!(!overlap(&nothing, &nothing));
    }

    #[test]
    fn a_bad_element_is_refused_in_its_list_by_its_place() {
        let good = || list(&["10.0.0.0/8"]);
        for (arguments, position, reason) in [
            (
                vec![list(&["10.0.0.0/8", "10.0.0.0"]), good()],
                0,
                "element 1: \"10.0.0.0\"",
            ),
            (
                vec![good(), list(&["10.0.0.0/33"])],
                1,
                "element 0: \"10.0.0.0/33\"",
            ),
            (
                vec![good(), Value::List(vec!["10.0.0.0/8".into(), Value::Null])],
                1,
                "element 1: it must not be null",
            ),
        ] {
            let fault = call(&CidrsOverlap, arguments).unwrap_err();
            assert_eq!(fault.argument, Some(position), "{fault}");
            assert!(fault.text.contains(reason), "{fault}");
        }
    }

    fn block() -> impl Strategy<Value = String> {
        // Few bits differ, so that overlaps are as frequent as their absence.
        let v4 = (any::<[u8; 2]>(), 0_u8..=32).prop_map(|([second, last], length)| {
            format!("{}/{length}", Ipv4Addr::new(10, second % 4, 0, last))
        });
        let v6 = (any::<u16>(), 0_u8..=128).prop_map(|(group, length)| {
            format!(
                "{}/{length}",
                Ipv6Addr::new(0xfd00, group % 4, 0, 0, 0, 0, 0, group)
            )
        });
        prop_oneof![v4, v6]
    }

    proptest! {
        #[test]
        fn the_order_of_the_lists_makes_no_difference(left in vec(block(), 0..5), right in vec(block(), 0..5)) {
            prop_assert_eq!(overlap(&left, &right), overlap(&right, &left));
        }

        #[test]
        fn every_block_overlaps_itself(blocks in vec(block(), 1..5)) {
            prop_assert!(overlap(&blocks, &blocks));
        }

        #[test]
        fn a_longer_list_never_overlaps_less(left in vec(block(), 1..4), right in vec(block(), 1..4), more in block()) {
            let longer = [right.clone(), vec![more]].concat();
            prop_assert!(!overlap(&left, &right) || overlap(&left, &longer));
        }

        #[test]
        fn lists_overlap_where_one_pair_of_their_blocks_does(left in vec(block(), 0..4), right in vec(block(), 0..4)) {
            let pairs = left.iter().any(|one| right.iter().any(|other| overlap(&[one], &[other])));
            prop_assert_eq!(overlap(&left, &right), pairs);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            drop(call(&CidrsOverlap, vec![list(&[&text]), list(&[text.as_str()])]));
        }
    }
}
