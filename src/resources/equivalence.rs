//! When two spellings mean the same to Azure and Microsoft Graph, so that neither is a change of the other.

use crate::azure::ids;
use crate::konnect::domains::DomainName;
use crate::tf::value::Value;

/// Two Resource Manager ids: letter case and a trailing slash do not count.
#[must_use]
pub fn same_arm_id(left: &Value, right: &Value) -> bool {
    both_texts(left, right, ids::same_arm_id)
}

/// Two role definition ids: the GUID decides, the scope before it is only the view through which the role was read.
#[must_use]
pub fn same_role_definition(left: &Value, right: &Value) -> bool {
    both_texts(left, right, ids::same_role_definition)
}

/// Two texts, such as GUIDs, that differ in letter case at most.
#[must_use]
pub fn same_text_ignoring_case(left: &Value, right: &Value) -> bool {
    both_texts(left, right, |left, right| {
        left.to_lowercase() == right.to_lowercase()
    })
}

/// Two domain names: letter case and a trailing dot do not count.
#[must_use]
pub fn same_domain(left: &Value, right: &Value) -> bool {
    both_texts(left, right, |left, right| {
        match (left.parse::<DomainName>(), right.parse::<DomainName>()) {
            (Ok(left), Ok(right)) => left == right,
            _ => left == right,
        }
    })
}

/// Two sets of texts, such as permitted actions, whose elements differ in letter case at most.
#[must_use]
pub fn same_set_ignoring_case(left: &Value, right: &Value) -> bool {
    same_folded_set(left, right, str::to_lowercase)
}

/// Two sets of Resource Manager ids: letter case and trailing slashes do not count.
#[must_use]
pub fn same_arm_id_set(left: &Value, right: &Value) -> bool {
    same_folded_set(left, right, |id| id.trim_end_matches('/').to_lowercase())
}

fn both_texts(left: &Value, right: &Value, same: impl Fn(&str, &str) -> bool) -> bool {
    match (left.as_str(), right.as_str()) {
        (Some(left), Some(right)) => same(left, right),
        _ => left == right,
    }
}

fn same_folded_set(left: &Value, right: &Value, fold: impl Fn(&str) -> String) -> bool {
    let folded = |set: &Value| -> Option<Vec<String>> {
        let mut texts: Vec<String> = set
            .elements()?
            .iter()
            .map(|element| element.as_str().map(&fold))
            .collect::<Option<_>>()?;
        texts.sort();
        texts.dedup();
        Some(texts)
    };
    match (folded(left), folded(right)) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBSCRIPTION: &str = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590";

    fn set(texts: &[&str]) -> Value {
        Value::set(texts.iter().map(|text| Value::from(*text)).collect())
    }

    #[test]
    fn ids_that_differ_in_case_are_the_same() {
        let group = format!("{SUBSCRIPTION}/resourceGroups/Network");
        assert!(same_arm_id(
            &Value::string(group.as_str()),
            &Value::string(group.to_uppercase()),
        ));
        assert!(!same_arm_id(
            &Value::string(group.as_str()),
            &Value::string(SUBSCRIPTION),
        ));
    }

    #[test]
    fn domains_ignore_case_and_the_roots_dot() {
        let same = |left, right| same_domain(&Value::string(left), &Value::string(right));
        assert!(same("Corp.Example.", "corp.example"));
        assert!(!same("corp.example", "corp.example.org"));
        assert!(!same("not a domain", "not a Domain"));
    }

    #[test]
    fn a_role_is_the_same_seen_through_any_scope() {
        let role = "/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7";
        assert!(same_role_definition(
            &Value::string(role),
            &Value::string(format!("{SUBSCRIPTION}{role}")),
        ));
    }

    #[test]
    fn sets_ignore_order_case_and_elements_that_become_one() {
        assert!(same_set_ignoring_case(
            &set(&["Microsoft.Network/read", "b"]),
            &set(&["B", "microsoft.network/READ", "b"]),
        ));
        assert!(!same_set_ignoring_case(&set(&["a"]), &set(&["a", "b"])));
        assert!(same_arm_id_set(
            &set(&[SUBSCRIPTION]),
            &set(&[&format!("{}/", SUBSCRIPTION.to_uppercase())]),
        ));
    }

    #[test]
    fn what_is_not_wholly_known_equals_only_itself() {
        let unknown = Value::Set(vec![Value::unknown()]);
        assert!(!same_set_ignoring_case(&unknown, &set(&["a"])));
        assert!(same_set_ignoring_case(&unknown, &unknown));
        assert!(!same_text_ignoring_case(&Value::Null, &Value::string("")));
    }
}
