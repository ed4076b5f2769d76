//! Which actions a role or a deny assignment is about: in its patterns `*` stands for any text, also across slashes, and letter case does not count.

use ::http::Method;
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

/// The action that a request to Azure Resource Manager takes, such as `Microsoft.Network/virtualNetworks/read`, by its method and path. Nothing where
/// the path leads to no provider's resource.
#[must_use]
pub fn action_of_request(method: &Method, path: &str) -> Option<String> {
    let segments: Vec<_> = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    let is_mark = |segment: &&str| segment.eq_ignore_ascii_case("providers");
    let mark = segments.iter().rposition(is_mark)?;
    let (namespace, rest) = segments.get(mark + 1..)?.split_first()?;
    // Types and names take turns.
    let types: Vec<_> = rest.iter().step_by(2).copied().collect();
    let what = (!types.is_empty()).then(|| format!("{namespace}/{}", types.join("/")))?;
    let verb = match *method {
        Method::GET | Method::HEAD => "read",
        Method::PUT | Method::PATCH => "write",
        Method::DELETE => "delete",
        _ => return None,
    };
    Some(format!("{what}/{verb}"))
}

pub(super) fn matches_any(patterns: &[String], action: &str) -> bool {
    patterns.iter().any(|pattern| covers(pattern, action))
}

/// Whether everything that `narrow` matches is matched by `wide` as well.
///
/// A `*` in `narrow` is matched by a `*` in `wide` only, which is exact for patterns as they occur: a star at the end
/// or between slashes.
#[must_use]
pub fn covers(wide: &str, narrow: &str) -> bool {
    meet(&folded(wide), &folded(narrow), Match::Covers)
}

/// Whether some action is matched by both patterns.
#[must_use]
pub fn overlaps(left: &str, right: &str) -> bool {
    meet(&folded(left), &folded(right), Match::Overlaps)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Match {
    Covers,
    Overlaps,
}

fn folded(pattern: &str) -> Vec<char> {
    pattern.to_lowercase().chars().collect()
}

/// Walks both patterns at once, one row for each character of `left`, so that no input takes more than the product of
/// the lengths. A row holds for each prefix of `right` whether the prefixes so far meet.
fn meet(left: &[char], right: &[char], how: Match) -> bool {
    let is_star = |character: char| character == '*';
    let right_star = |character: char| how == Match::Overlaps && is_star(character);
    let mut row: Vec<bool> = std::iter::once(true)
        .chain(right.iter().scan(true, |empty, character| {
            *empty = *empty && right_star(*character);
            Some(*empty)
        }))
        .collect();
    for &one in left {
        let mut next = Vec::with_capacity(row.len());
        let mut previous = is_star(one) && row.first().copied().unwrap_or(false);
        next.push(previous);
        for (pair, &other) in row.windows(2).zip(right) {
            let &[diagonal, above] = pair else { continue };
            let meets = if is_star(one) {
                above || previous
            } else if right_star(other) {
                above || previous || diagonal
            } else {
                diagonal && one == other
            };
            next.push(meets);
            previous = meets;
        }
        row = next;
    }
    row.last().copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requests_action_follows_from_method_and_path() {
        let vnet =
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v";
        let role = "providers/Microsoft.Authorization/roleAssignments";
        for (method, path, action) in [
            (
                Method::GET,
                vnet.to_owned(),
                "Microsoft.Network/virtualNetworks/read",
            ),
            (
                Method::PUT,
                format!("{vnet}/virtualNetworkPeerings/p"),
                "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write",
            ),
            (
                Method::PUT,
                format!("{vnet}/{role}/r"),
                "Microsoft.Authorization/roleAssignments/write",
            ),
            (
                Method::GET,
                format!("{vnet}/{role}"),
                "Microsoft.Authorization/roleAssignments/read",
            ),
            (
                Method::DELETE,
                format!("/{role}/r"),
                "Microsoft.Authorization/roleAssignments/delete",
            ),
        ] {
            assert_eq!(action_of_request(&method, &path).as_deref(), Some(action));
        }
        for path in [
            "/subscriptions/s/resourceGroups/g",
            "/providers",
            "/providers/Microsoft.Network",
            "",
        ] {
            assert_eq!(action_of_request(&Method::GET, path), None, "{path}");
        }
    }

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
            assert_eq!(covers(pattern, action), expected, "{pattern} {action}");
        }
    }
}
