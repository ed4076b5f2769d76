//! `dns_mapping_type(mappings)`: which of Konnect's documented kinds DNS mappings are.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::konnect::domains::{DomainName, MappingType};
use crate::tf::function::{Function, FunctionError, Parameter};
use crate::tf::types::Type;
use crate::tf::value::Value;

use super::elements;

const DOMAINS: &str = "domains";
const ADDRESSES: &str = "target_ip_addresses";

const DESCRIPTION: &str = "\
Which of the documented types DNS mappings are, as `mapping_type` of `konnectazure_dns_mappings` reports it: `M-to-N` if a domain has \
several addresses, otherwise `N-to-1` if several domains share an address, otherwise `1-to-1`. The rules are those of the resource: a \
domain may appear in one mapping only, and each mapping has at least one domain and one address.";

/// The function.
#[derive(Clone, Copy, Debug)]
pub struct DnsMappingType;

/// The function, which needs no client.
#[must_use]
pub const fn function() -> DnsMappingType {
    DnsMappingType
}

impl Function for DnsMappingType {
    fn name(&self) -> &'static str {
        "dns_mapping_type"
    }

    fn summary(&self) -> &'static str {
        "Determines the type of DNS mappings"
    }

    fn description(&self) -> &'static str {
        DESCRIPTION
    }

    fn parameters(&self) -> Vec<Parameter> {
        // Terraform converts the resource's set, and sets of domains, to lists, and keeps the order of what is written as a list: so
        // that an error can name the element.
        vec![Parameter::new(
            "mappings",
            Type::list(Type::object([
                (DOMAINS, Type::list(Type::String)),
                (ADDRESSES, Type::list(Type::String)),
            ])),
            "Objects with `domains` and `target_ip_addresses`, both lists or sets of strings: a list, or the `mappings` of a \
             `konnectazure_dns_mappings`.",
        )]
    }

    fn return_type(&self) -> Type {
        Type::String
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let addresses = addresses_by_domain(elements(&arguments, 0)?)
            .map_err(|reason| FunctionError::at(0, reason))?;
        Ok(Value::string(MappingType::of(&addresses).to_string()))
    }
}

fn addresses_by_domain(mappings: &[Value]) -> Result<BTreeMap<DomainName, Vec<IpAddr>>, String> {
    if mappings.is_empty() {
        return Err("there is no mapping in it".to_owned());
    }
    let mut places: BTreeMap<DomainName, usize> = BTreeMap::new();
    let mut found = BTreeMap::new();
    for (place, mapping) in mappings.iter().enumerate() {
        let refuse = |reason: String| format!("element {place}: {reason}");
        if mapping.is_null() {
            return Err(refuse("it must not be null".to_owned()));
        }
        let addresses: Vec<IpAddr> = parsed(mapping, ADDRESSES, "an IP address").map_err(refuse)?;
        let domains: Vec<DomainName> = parsed(mapping, DOMAINS, "a domain").map_err(refuse)?;
        for domain in domains {
            let first = *places.entry(domain.clone()).or_insert(place);
            if first != place {
                return Err(refuse(format!(
                    "the domain {domain} stands in element {first} as well; a domain has one mapping"
                )));
            }
            found.insert(domain, addresses.clone());
        }
    }
    Ok(found)
}

/// The parsed elements of one attribute of a mapping; at least one.
fn parsed<T>(mapping: &Value, attribute: &str, what: &str) -> Result<Vec<T>, String>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let texts = mapping
        .get(attribute)
        .and_then(Value::elements)
        .ok_or_else(|| format!("{attribute} must not be null"))?;
    if texts.is_empty() {
        return Err(format!("{attribute} is empty"));
    }
    let parse = |element: &Value| {
        let text = element
            .as_str()
            .ok_or_else(|| format!("{attribute} holds a null"))?;
        text.parse()
            .map_err(|fault| format!("{text:?} in {attribute} is not {what}: {fault}"))
    };
    texts.iter().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tf::function::call;

    fn list(texts: &[&str]) -> Value {
        Value::List(texts.iter().map(|text| (*text).into()).collect())
    }

    fn mapping(domains: Value, addresses: Value) -> Value {
        Value::object([(DOMAINS, domains), (ADDRESSES, addresses)])
    }

    fn kind(mappings: Vec<Value>) -> Result<Value, FunctionError> {
        call(&DnsMappingType, vec![Value::List(mappings)])
    }

    fn kind_of(mappings: &[(&[&str], &[&str])]) -> Result<Value, FunctionError> {
        let mappings = mappings
            .iter()
            .map(|(domains, addresses)| mapping(list(domains), list(addresses)));
        kind(mappings.collect())
    }

    #[test]
    fn the_kind_follows_the_documents_definitions() {
        for (mappings, expected) in [
            (
                &[(&["a.example"] as &[&str], &["10.0.0.4"] as &[&str])] as &[(&[&str], &[&str])],
                "1-to-1",
            ),
            (
                &[
                    (&["a.example"], &["10.0.0.4"]),
                    (&["b.example"], &["10.0.0.5"]),
                ],
                "1-to-1",
            ),
            (&[(&["a.example", "b.example"], &["10.0.0.4"])], "N-to-1"),
            (
                &[
                    (&["a.example"], &["fd00::4"]),
                    (&["b.example"], &["FD00:0::4"]),
                ],
                "N-to-1",
            ),
            (&[(&["a.example"], &["10.0.0.4", "10.0.0.5"])], "M-to-N"),
            (&[(&["a.example", "A.Example."], &["10.0.0.4"])], "1-to-1"),
        ] {
            assert_eq!(kind_of(mappings), Ok(expected.into()), "{mappings:?}");
        }
    }

    #[test]
    fn a_refusal_names_element_attribute_and_reason() {
        let good = || mapping(list(&["a.example"]), list(&["10.0.0.4"]));
        for (mappings, reason) in [
            (vec![], "no mapping"),
            (vec![good(), Value::Null], "element 1: it must not be null"),
            (
                vec![mapping(Value::Null, list(&["10.0.0.4"]))],
                "element 0: domains must not be null",
            ),
            (
                vec![mapping(list(&["a.example"]), list(&[]))],
                "element 0: target_ip_addresses is empty",
            ),
            (
                vec![mapping(Value::List(vec![Value::Null]), list(&["10.0.0.4"]))],
                "element 0: domains holds a null",
            ),
            (
                vec![good(), mapping(list(&["*.example"]), list(&["10.0.0.4"]))],
                "element 1: \"*.example\" in domains is not a domain: wildcards",
            ),
            (
                vec![mapping(list(&["b.example"]), list(&["10.0.0.256"]))],
                "element 0: \"10.0.0.256\" in target_ip_addresses is not an IP address",
            ),
            (
                vec![good(), mapping(list(&["A.example."]), list(&["10.0.0.5"]))],
                "element 1: the domain a.example stands in element 0 as well",
            ),
        ] {
            let fault = kind(mappings).unwrap_err();
            assert_eq!(fault.argument, Some(0));
            assert!(fault.text.contains(reason), "{fault}");
        }
    }
}
