//! The table of what users complained of: every row once, each held by tests that exist and tell its number.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use super::Finding;
use super::source::Source;

/// The table.
pub(crate) const TABLE: &str = "docs/user-pains.md";

/// The rows that have to be there.
pub(crate) const ROWS: RangeInclusive<u32> = 1..=91;

/// Row, complaint, behaviour, test.
const CELLS: usize = 4;

/// The fewest words in which a row without a test can say why it has none.
const WORDS_OF_A_REASON: usize = 5;

/// What is wrong with the table `text`, of which `demanded` has to be there.
pub(crate) fn findings(
    text: &str,
    demanded: impl IntoIterator<Item = u32>,
    sources: &[Source],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut places: BTreeMap<u32, usize> = BTreeMap::new();
    for (line, row) in rows(text) {
        let mut report = |what: &str| findings.push(Finding(format!("{TABLE}:{line}: {what}")));
        if let Some(first) = places.insert(row.number, line) {
            report(&format!("row {} is in line {first} as well", row.number));
        }
        if row.cells.len() != CELLS || row.cells.iter().any(|cell| cell.is_empty()) {
            report(&format!(
                "row {} has not four cells that say something",
                row.number
            ));
            continue;
        }
        for fault in row.faults(sources) {
            report(&fault);
        }
    }
    let missing = demanded
        .into_iter()
        .filter(|number| !places.contains_key(number));
    findings.extend(missing.map(|number| Finding(format!("{TABLE}:1: row {number} is missing"))));
    findings
}

/// Tests that the page at `path` names, as `path.rs::name` between backquotes, and that there are not.
pub(crate) fn missing_tests(path: &str, text: &str, sources: &[Source]) -> Vec<Finding> {
    let named = text
        .lines()
        .flat_map(quoted)
        .filter_map(|quoted| quoted.split_once(".rs::"));
    named
        .filter(|(file, name)| {
            let file = format!("{file}.rs");
            let source = sources.iter().find(|source| source.path == file);
            source.is_none_or(|source| source.test_function(name).is_none())
        })
        .map(|(file, name)| Finding(format!("{path}: there is no test {file}.rs::{name}")))
        .collect()
}

struct Row<'t> {
    number: u32,
    cells: Vec<&'t str>,
}

impl Row<'_> {
    fn faults(&self, sources: &[Source]) -> Vec<String> {
        let cell = self.cells.last().copied().unwrap_or_default();
        let tests: Vec<&str> = quoted(cell).filter(|text| text.contains("::")).collect();
        if tests.is_empty() && cell.split_whitespace().count() < WORDS_OF_A_REASON {
            return vec![format!(
                "row {} names no test and does not say why",
                self.number
            )];
        }
        let fault = |test: &&str| self.fault(test, sources);
        tests.iter().filter_map(fault).collect()
    }

    /// `test` is `path.rs::name`; modules within the file may stand between.
    fn fault(&self, test: &str, sources: &[Source]) -> Option<String> {
        let (path, rest) = test.split_once("::")?;
        let name = rest.rsplit("::").next().unwrap_or(rest);
        let Some(source) = sources.iter().find(|source| source.path == path) else {
            return Some(format!("row {}: there is no file {path}", self.number));
        };
        let Some(function) = source.test_function(name) else {
            return Some(format!("row {}: {path} has no test {name}", self.number));
        };
        let said = source.remarks.get(function).unwrap_or_default();
        let in_name = name.split('_').any(|part| part == self.number.to_string());
        if in_name || numbers(said).contains(&self.number) {
            return None;
        }
        let number = self.number;
        Some(format!(
            "row {number}: a comment at or in {path}::{name} has to say `Row {number} of {TABLE}.`"
        ))
    }
}

/// The rows with a number, and their lines.
fn rows(text: &str) -> impl Iterator<Item = (usize, Row<'_>)> {
    text.lines().enumerate().filter_map(|(index, line)| {
        let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
        let cells: Vec<&str> = inner.split('|').map(str::trim).collect();
        let number = cells.first()?.parse().ok()?;
        Some((index + 1, Row { number, cells }))
    })
}

/// What stands between backquotes.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// The rows that comments tell: `Row 5`, `Rows 2, 53 and 68`, `rows 70 to 73`.
fn numbers(comments: &str) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    let mut words = comments
        .split_whitespace()
        .filter(|word| !word.starts_with("//"));
    while let Some(word) = words.next() {
        if !["row", "rows"].contains(&word.to_lowercase().as_str()) {
            continue;
        }
        let mut previous: Option<u32> = None;
        let mut is_range = false;
        for word in words.by_ref() {
            if ["and", "to"].contains(&word) {
                is_range = word == "to";
                continue;
            }
            let Ok(number) = word.trim_end_matches([',', '.', ':', ';', ')']).parse() else {
                break;
            };
            let first = previous.filter(|_| is_range).unwrap_or(number);
            found.extend(first..=number);
            previous = Some(number);
            is_range = false;
            if !word.ends_with(',') && !word.ends_with(|letter: char| letter.is_ascii_digit()) {
                break;
            }
        }
    }
    found
}

mod self_checks {
    use super::*;

    const TESTS: &str = "\
        /// Row 1 of docs/user-pains.md.\n#[test]\nfn first() {}\n\n\
        #[tokio::test(start_paused = true)]\nasync fn second() {\n    // Rows 2, 3 and 5: all of them.\n    let row = \"Row 9\";\n}\n\n\
        // Row 4.\nfn no_test() {}\n\n\
        #[test]\nfn row_7_is_told_by_the_name() {}\n";

    fn found(table: &str) -> Vec<String> {
        let sources = [Source::new("tests/a.rs", TESTS)];
        let findings = findings(table, 1..=1, &sources);
        findings.into_iter().map(|finding| finding.0).collect()
    }

    #[test]
    fn a_whole_table_is_well() {
        let table = "# Title\n\n| row | complaint | behaviour | test |\n| --- | --- | --- | --- |\n\
                     | 1 | a | b | `tests/a.rs::first`, `tests/a.rs::second` |\n\
                     | 3 | a | `x` | `tests/a.rs::second` |\n\
                     | 7 | a | b | `tests/a.rs::inner::row_7_is_told_by_the_name` |\n\
                     | 8 | a | b | Does not apply: there is no such thing here. |\n";
        let told = table.replace(
            "`tests/a.rs::first`, `tests/a.rs::second`",
            "`tests/a.rs::first`",
        );
        assert_eq!(found(&told), Vec::<String>::new());
        let faults = found(table);
        assert!(
            matches!(&faults[..], [fault] if fault.starts_with("docs/user-pains.md:5: row 1: a comment")),
            "{faults:?}"
        );
    }

    #[test]
    fn each_fault_of_a_table_is_found() {
        for (row, fault) in [
            (
                "| 1 | a | b | `tests/b.rs::first` |",
                "there is no file tests/b.rs",
            ),
            ("| 1 | a | b | `tests/a.rs::third` |", "has no test third"),
            (
                "| 1 | a | b | `tests/a.rs::no_test` |",
                "has no test no_test",
            ),
            ("| 1 | a | b | nothing |", "names no test"),
            ("| 1 | a | b |  |", "four cells"),
            ("| 1 | a | b |", "four cells"),
            ("| 2 | a | b | `tests/a.rs::second` |", "row 1 is missing"),
            (
                "| 1 | a | b | `tests/a.rs::first` |\n| 1 | a | b | `tests/a.rs::first` |",
                "row 1 is in line 1 as well",
            ),
        ] {
            let faults = found(row);
            assert!(
                matches!(&faults[..], [found] if found.contains(fault)),
                "{row}: {faults:?}"
            );
        }
    }

    #[test]
    fn a_named_test_that_is_not_there_is_found() {
        let sources = [Source::new("tests/a.rs", TESTS)];
        let page = "see `tests/a.rs::first`, `tests/a.rs::third`\n`tests/b.rs::first` `a::b`";
        let found = missing_tests("x.md", page, &sources);
        let found: Vec<String> = found.into_iter().map(|finding| finding.0).collect();
        let missing = |test| format!("x.md: there is no test {test}");
        assert_eq!(
            found,
            ["tests/a.rs::third", "tests/b.rs::first"].map(missing)
        );
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, expected) in [
            ("Row 5.", &[5][..]),
            ("// Rows 2, 53 and\n    // 68: the link 7", &[2, 53, 68]),
            ("rows 90, 70 to 73, 75", &[70, 71, 72, 73, 75, 90]),
            ("Row 14: this; rows 3 and 43: that", &[3, 14, 43]),
            ("a row of 5, arrow 6, row (7", &[]),
        ] {
            let found: Vec<u32> = numbers(text).into_iter().collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
