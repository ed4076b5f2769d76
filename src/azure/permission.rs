//! Which actions a role or a deny assignment is about.

use serde::{Deserialize, Serialize};

use super::wire::null_as_default;

/// One block of allowed actions and the exceptions from them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Permission {
    /// Allowed management actions.
    #[serde(deserialize_with = "null_as_default")]
    pub actions: Vec<String>,
    /// Exceptions from `actions`.
    #[serde(deserialize_with = "null_as_default")]
    pub not_actions: Vec<String>,
    /// Allowed data actions.
    #[serde(deserialize_with = "null_as_default")]
    pub data_actions: Vec<String>,
    /// Exceptions from `data_actions`.
    #[serde(deserialize_with = "null_as_default")]
    pub not_data_actions: Vec<String>,
}

impl Permission {
    /// Whether this block allows a management action.
    #[must_use]
    pub fn allows(&self, action: &str) -> bool {
        matches_any(&self.actions, action) && !matches_any(&self.not_actions, action)
    }
}

pub(super) fn matches_any(patterns: &[String], action: &str) -> bool {
    patterns
        .iter()
        .any(|pattern| matches_action(pattern, action))
}

/// Whether a pattern with `*` for any text covers an action; letter case does not count.
#[must_use]
pub fn matches_action(pattern: &str, action: &str) -> bool {
    let pattern = pattern.to_lowercase();
    let action = action.to_lowercase();
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = action.strip_prefix(first) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        match rest.find(part).and_then(|at| rest.get(at + part.len()..)) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_azure_matches() {
        let peer = "Microsoft.Network/virtualNetworks/peer/action";
        for (pattern, action, expected) in [
            ("*", peer, true),
            ("microsoft.network/VIRTUALNETWORKS/peer/action", peer, true),
            ("Microsoft.Network/*", peer, true),
            ("Microsoft.Network/*/action", peer, true),
            ("*/action", peer, true),
            ("*/read", peer, false),
            ("Microsoft.Network/virtualNetworks", peer, false),
            ("Microsoft.Network/virtualNetworks/peer", peer, false),
            ("Microsoft.Network/*/peer/*", peer, true),
            ("Microsoft.Network/*/peer/*/x", peer, false),
            ("a*a", "a", false),
            ("a**b", "ab", true),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(
                matches_action(pattern, action),
                expected,
                "{pattern} {action}"
            );
        }
    }
}
