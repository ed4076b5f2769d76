//! What a role grants, with the wildcards of Azure's permission texts: `*` stands for any text, also across slashes.

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

/// Whether everything that `narrow` matches is matched by `wide` as well.
///
/// A `*` in `narrow` is matched by a `*` in `wide` only, which is exact for patterns as they occur: a star at the end
/// or between slashes.
fn covers(wide: &str, narrow: &str) -> bool {
    meet(&folded(wide), &folded(narrow), Match::Covers)
}

/// Whether some action is matched by both patterns.
fn overlaps(left: &str, right: &str) -> bool {
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
