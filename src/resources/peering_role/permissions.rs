//! What a role grants, with the wildcards of Azure's permission texts.

use crate::azure::{covers, overlaps};

/// What a role permits and takes back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Permissions<'a> {
    /// Permitted actions.
    pub(super) actions: &'a [String],
    /// Taken back from them.
    pub(super) not_actions: &'a [String],
}

/// Those of the wanted actions that none of the granted blocks permits, in the order wanted.
///
/// An action that is only partly permitted counts as missing. What the wanted permissions take back themselves need
/// not be granted.
pub(super) fn missing_actions<'w>(
    wanted: Permissions<'w>,
    granted: &[Permissions<'_>],
) -> Vec<&'w str> {
    let actions = wanted.actions.iter().map(String::as_str);
    actions
        .filter(|action| {
            !granted
                .iter()
                .any(|block| permits(block, action, wanted.not_actions))
        })
        .collect()
}

fn permits(block: &Permissions<'_>, action: &str, unwanted: &[String]) -> bool {
    let taken_back = |exception: &String| {
        overlaps(exception, action) && !unwanted.iter().any(|own| covers(own, exception))
    };
    block.actions.iter().any(|pattern| covers(pattern, action))
        && !block.not_actions.iter().any(taken_back)
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: &str = "Microsoft.Network/virtualNetworks/read";
    const PEER: &str = "Microsoft.Network/virtualNetworks/peer/action";

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn missing(wanted: (&[&str], &[&str]), granted: (&[&str], &[&str])) -> Vec<String> {
        let (wanted_actions, wanted_not) = (texts(wanted.0), texts(wanted.1));
        let (granted_actions, granted_not) = (texts(granted.0), texts(granted.1));
        missing_actions(
            Permissions {
                actions: &wanted_actions,
                not_actions: &wanted_not,
            },
            &[Permissions {
                actions: &granted_actions,
                not_actions: &granted_not,
            }],
        )
        .into_iter()
        .map(str::to_owned)
        .collect()
    }

    #[test]
    fn equal_and_wider_lists_lack_nothing() {
        for granted in [
            vec![READ, PEER],
            vec![PEER, READ, "Microsoft.Compute/*"],
            vec!["*"],
            vec!["Microsoft.Network/*"],
            vec!["microsoft.network/VIRTUALNETWORKS/*"],
            vec!["*/read", "*/action"],
            vec!["Microsoft.*/virtualNetworks/*"],
        ] {
            assert_eq!(
                missing((&[READ, PEER], &[]), (&granted, &[])),
                Vec::<String>::new(),
                "{granted:?}"
            );
        }
    }

    #[test]
    fn what_is_not_granted_is_named() {
        assert_eq!(missing((&[READ, PEER], &[]), (&[READ], &[])), [PEER]);
        assert_eq!(missing((&[READ], &[]), (&["*/write"], &[])), [READ]);
        assert_eq!(missing((&[READ], &[]), (&[], &[])), [READ]);
    }

    #[test]
    fn a_wildcard_is_granted_by_a_wider_one_only() {
        let wanted = "Microsoft.Network/virtualNetworks/*";
        assert!(missing((&[wanted], &[]), (&["Microsoft.Network/*"], &[])).is_empty());
        assert_eq!(missing((&[wanted], &[]), (&[READ, PEER], &[])), [wanted]);
    }

    #[test]
    fn what_is_taken_back_is_missing_unless_ours_takes_it_back_too() {
        let wide = (&["*"][..], &["*/peer/action"][..]);
        assert_eq!(missing((&[READ, PEER], &[]), wide), [PEER]);
        let network = "Microsoft.Network/*";
        assert_eq!(missing((&[network], &[]), wide), [network]);
        assert!(missing((&[network], &["*/peer/action"]), wide).is_empty());
        assert!(missing((&[READ], &[]), wide).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn patterns_cover_and_overlap_themselves(pattern in "[ab/*]{0,12}") {
            proptest::prop_assert!(covers(&pattern, &pattern));
            proptest::prop_assert!(overlaps(&pattern, &pattern));
            proptest::prop_assert!(covers("*", &pattern));
        }

        #[test]
        fn covering_is_seen_in_every_text_that_matches(wide in "[ab*]{0,6}", narrow in "[ab*]{0,6}", filler in "[ab]{0,3}") {
            let text = narrow.replace('*', &filler);
            if covers(&wide, &narrow) {
                proptest::prop_assert!(covers(&wide, &text));
            }
            if covers(&wide, &text) {
                proptest::prop_assert!(overlaps(&wide, &narrow));
            }
        }
    }
}
