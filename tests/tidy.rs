//! The house's rules, as far as a reading of the source tree can check them.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

#[path = "tidy/directions.rs"]
mod directions;
#[path = "tidy/pains.rs"]
mod pains;
#[path = "tidy/source.rs"]
mod source;

use source::{Source, words};

/// Where Rust of ours lies.
const RUST: &[&str] = &["src", "tests", "examples", "benches", "build.rs"];

/// The most lines a file may have.
const LINE_LIMIT: usize = 800;

/// Something that a rule forbids, and where.
struct Finding(String);

impl Finding {
    fn new(source: &Source, offset: usize, what: impl fmt::Display) -> Self {
        Self(format!("{}:{}: {what}", source.path, source.line(offset)))
    }
}

impl fmt::Debug for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[track_caller]
fn assert_none(findings: &[Finding], advice: &str) {
    assert!(findings.is_empty(), "{advice}\n{findings:#?}");
}

#[test]
fn modules_use_only_what_lies_below_them() {
    assert_none(
        &directions::findings(&rust()),
        "A module uses another against the map. Turn the use round, or change the map in tests/tidy/directions.rs and docs/architecture.md together, with the reason.",
    );
}

#[test]
fn the_conformance_client_is_a_second_opinion() {
    assert_none(
        &directions::accomplices(&rust()),
        "A check that asks the server's own code cannot contradict it. Write it again, from the protocol.",
    );
}

#[test]
fn each_half_is_silent_about_the_other() {
    assert_none(
        &foreign_words(&rust()),
        "Either half could be a library of its own. Say it in words that hold without the other half.",
    );
}

#[test]
fn no_file_is_too_long() {
    assert_none(
        &long_files(&rust()),
        "Split the file by what its parts are about; tests go into `tests.rs` beside it.",
    );
}

#[test]
fn nothing_is_left_for_later() {
    assert_none(
        &leftovers(&rust()),
        "Do it now, or open an issue. A test that cannot pass yet asserts today's behaviour and says so.",
    );
}

#[test]
fn no_fault_ends_the_process() {
    assert_none(
        &panics(&rust()),
        "Outside tests a fault is an error value. Return it; what cannot happen returns the error for bugs of ours.",
    );
}

#[test]
fn every_resource_has_an_example() {
    if root().join("examples/resources").is_dir() {
        assert_none(
            &resources_without_example(&rust(), &root()),
            "Add examples/resources/<type>/resource.tf, which the registry's page shows. If it is no resource, list it in SHARED.",
        );
    }
}

#[test]
fn what_the_security_page_claims_is_tested() {
    const PAGE: &str = "SECURITY.md";
    let page = fs::read_to_string(root().join(PAGE)).unwrap_or_default();
    assert!(page.contains(".rs::"), "{PAGE} names no test");
    assert_none(
        &pains::missing_tests(PAGE, &page, &rust()),
        "Name the test that holds the claim, or take the claim back.",
    );
}

#[test]
fn every_complaint_is_held_by_a_test() {
    let table = fs::read_to_string(root().join(pains::TABLE));
    let table = table.unwrap_or_else(|error| panic!("{}: {error}", pains::TABLE));
    assert_none(
        &pains::findings(&table, pains::ROWS, &rust()),
        "Each row names the tests that hold the provider to what it says, and each of those tests says so in a comment.",
    );
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Rust file of ours, with those marked that are compiled for tests only.
#[expect(clippy::panic, reason = "a tree that cannot be read is a failed test")]
fn rust() -> Vec<Source> {
    let mut sources = Vec::new();
    for place in RUST {
        if let Err(error) = read(&root(), place, &mut sources) {
            panic!("{place}: {error}");
        }
    }
    sources.sort_by(|left, right| left.path.cmp(&right.path));
    mark_tests(&mut sources);
    sources
}

/// Reads the file or folder at `place`, which need not be there.
fn read(root: &Path, place: &str, sources: &mut Vec<Source>) -> io::Result<()> {
    let full = root.join(place);
    if full.is_dir() {
        for entry in fs::read_dir(&full)? {
            let name = entry?.file_name();
            read(
                root,
                &format!("{place}/{}", name.to_string_lossy()),
                sources,
            )?;
        }
    } else if full.extension().is_some_and(|extension| extension == "rs") && full.is_file() {
        sources.push(Source::new(place, &fs::read_to_string(&full)?));
    }
    Ok(())
}

fn mark_tests(sources: &mut [Source]) {
    let modules: Vec<String> = sources.iter().flat_map(Source::test_modules).collect();
    for source in sources {
        let is_declared = modules.iter().any(|module| {
            source
                .path
                .strip_prefix(module.as_str())
                .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        });
        if is_declared || !source.path.starts_with("src/") {
            source.mark_as_test();
        }
    }
}

fn foreign_words(sources: &[Source]) -> Vec<Finding> {
    let host: &[&str] = &["plugin", "wire", "tf"];
    let remote: &[&str] = &["http", "azure", "konnect"];
    let mut findings = Vec::new();
    for source in sources {
        let module = source.module();
        let Some(floor) = module.first().filter(|_| source.path.starts_with("src/")) else {
            continue;
        };
        let foreign: &[&str] = match floor.as_str() {
            floor if host.contains(&floor) => &["azure", "kong", "konnect"],
            floor if remote.contains(&floor) => &["terraform"],
            _ => continue,
        };
        // The crate's own name is no vendor's.
        let text = source
            .text
            .to_ascii_lowercase()
            .replace("konnectazure", "            ");
        for word in foreign {
            findings.extend(
                text.match_indices(word).map(|(offset, _)| {
                    Finding::new(source, offset, format!("{word:?} in `{floor}`"))
                }),
            );
        }
    }
    findings
}

fn long_files(sources: &[Source]) -> Vec<Finding> {
    let length = |source: &Source| source.text.lines().count();
    sources
        .iter()
        .filter(|source| length(source) > LINE_LIMIT)
        .map(|source| {
            let what = format!("{} lines, {LINE_LIMIT} at most", length(source));
            Finding::new(source, source.text.len(), what)
        })
        .collect()
}

fn leftovers(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        for word in ["TODO", "FIXME", "XXX", "HACK"] {
            findings.extend(
                words(&source.remarks, word).map(|offset| Finding::new(source, offset, word)),
            );
        }
        for (word, next) in [
            ("todo", "!"),
            ("unimplemented", "!"),
            ("ignore", "]"),
            ("ignore", " ="),
        ] {
            let open = words(&source.code, word).filter(|offset| {
                let after = source.code.get(offset + word.len()..).unwrap_or_default();
                let before = source.code.get(..*offset).unwrap_or_default();
                after.starts_with(next) && (next == "!" || before.ends_with("#["))
            });
            findings.extend(open.map(|offset| Finding::new(source, offset, format!("`{word}`"))));
        }
    }
    findings
}

fn panics(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources {
        let mut report = |offset: usize, what: &str| {
            findings.push(Finding::new(source, offset, format!("`{what}`")));
        };
        for offset in words(&source.code, "unsafe") {
            report(offset, "unsafe");
        }
        let calls = [".unwrap()", ".unwrap_err()", ".expect(", ".expect_err("];
        for call in calls {
            for (offset, _) in source.code.match_indices(call) {
                if !source.is_test(offset) {
                    report(offset, call);
                }
            }
        }
        for name in ["panic", "unreachable"] {
            for offset in words(&source.code, name) {
                let after = source.code.get(offset + name.len()..).unwrap_or_default();
                if after.starts_with('!') && !source.is_test(offset) {
                    report(offset, name);
                }
            }
        }
    }
    findings
}

fn resources_without_example(sources: &[Source], root: &Path) -> Vec<Finding> {
    sources
        .iter()
        .filter_map(|source| match source.module().as_slice() {
            // `foo.rs` or `foo/mod.rs`, once for each resource.
            [floor, name] if floor == "resources" => Some((source, name.clone())),
            _ => None,
        })
        .filter(|(_, name)| !directions::SHARED.contains(&name.as_str()))
        .filter_map(|(source, name)| {
            let folder = format!("examples/resources/konnectazure_{name}");
            let is_there = root.join(&folder).join("resource.tf").is_file();
            (!is_there).then(|| Finding::new(source, 0, format!("{folder}/resource.tf is missing")))
        })
        .collect()
}

/// A check that cannot fail is none: each rule must find what it forbids, at its line, and nothing else.
mod self_checks {
    use super::*;

    fn lines(findings: &[Finding]) -> Vec<String> {
        findings
            .iter()
            .filter_map(|finding| finding.0.split(": ").next().map(str::to_owned))
            .collect()
    }

    fn only(path: &str, text: &str) -> Vec<Source> {
        vec![Source::new(path, text)]
    }

    #[test]
    fn the_whole_tree_is_read_and_tests_are_told_apart() {
        let sources = rust();
        let find = |path: &str| sources.iter().find(|source| source.path == path);
        for path in [
            "src/lib.rs",
            "src/tf/value.rs",
            "tests/tidy.rs",
            "tests/tidy/source.rs",
            "build.rs",
        ] {
            assert!(find(path).is_some(), "{path} was not read");
        }
        for path in [
            "src/tf/arbitrary.rs",
            "src/wire/json/tests.rs",
            "tests/tidy.rs",
        ] {
            assert!(
                find(path).is_some_and(|source| source.is_test(0)),
                "{path} is for tests"
            );
        }
        let value = find("src/tf/value.rs").unwrap();
        assert!(!value.is_test(0) && value.is_test(value.text.len() - 2));
        assert_eq!(value.module(), ["tf", "value"]);
        assert!(value.references().len() > 3);
    }

    #[test]
    fn foreign_words_are_found_in_comments_and_strings_too() {
        let text = "//! For Terraform.\nconst A: &str = \"TERRAFORM\";\n";
        let found = foreign_words(&only("src/http/mod.rs", text));
        assert_eq!(lines(&found), ["src/http/mod.rs:1", "src/http/mod.rs:2"]);
        assert!(foreign_words(&only("src/provider/mod.rs", text)).is_empty());

        let text = "// konnectazure\nfn ask_azure() {}\n// Kong\n";
        let found = foreign_words(&only("src/tf/value.rs", text));
        assert_eq!(lines(&found), ["src/tf/value.rs:2", "src/tf/value.rs:3"]);
    }

    #[test]
    fn length_is_limited_to_the_line() {
        assert!(long_files(&only("src/a.rs", &"\n".repeat(LINE_LIMIT))).is_empty());
        let found = long_files(&only("src/a.rs", &"\n".repeat(LINE_LIMIT + 1)));
        assert_eq!(found.len(), 1);
    }

    #[test]
    fn leftovers_are_found_but_not_in_strings() {
        let text = "// TODO: more\nfn f() { todo!() }\n#[ignore]\nfn g() {}\n#[ignore = \"slow\"]\nfn h() { \"TODO todo!()\"; ignore(); }\n";
        let found = leftovers(&only("tests/a.rs", text));
        assert_eq!(
            lines(&found),
            [
                "tests/a.rs:1",
                "tests/a.rs:2",
                "tests/a.rs:3",
                "tests/a.rs:5"
            ]
        );
    }

    #[test]
    fn panics_are_found_outside_tests_only() {
        let text = "fn f() { a.unwrap(); b.expect(\"x\"); panic!(); }\n\
                    /// a.unwrap()\n\
                    fn g<'a>() { '\"'; a.unwrap_or(0); c\n.unwrap_err(); r#\"\" .unwrap()\"#; }\n\
                    #[cfg(test)]\n#[allow(x)]\nmod tests { fn h(x: [u8; 2]) { a.unwrap(); } }\n\
                    fn i() { unreachable!() }\n";
        let mut found = lines(&panics(&only("src/a.rs", text)));
        found.sort();
        assert_eq!(
            found,
            [
                "src/a.rs:1",
                "src/a.rs:1",
                "src/a.rs:1",
                "src/a.rs:4",
                "src/a.rs:8"
            ]
        );
        // Even tests do without unsafe code.
        let text = "#[cfg(test)]\nmod tests {\n    unsafe fn f() {}\n}\n#![forbid(unsafe_code)]\n";
        assert_eq!(lines(&panics(&only("src/a.rs", text))), ["src/a.rs:3"]);
    }

    #[test]
    fn files_declared_for_tests_are_tests() {
        let mut sources = vec![
            Source::new("src/a.rs", "#[cfg(test)]\nmod tests;\nmod b;"),
            Source::new("src/a/tests.rs", "mod deep; fn f() { a.unwrap() }"),
            Source::new("src/a/tests/deep.rs", "fn f() { a.unwrap() }"),
            Source::new("src/a/b.rs", "fn f() { a.unwrap() }"),
            Source::new("src/c/mod.rs", "#[cfg(test)]\npub(crate) mod d;"),
            Source::new("src/c/d.rs", "fn f() { a.unwrap() }"),
        ];
        mark_tests(&mut sources);
        assert_eq!(lines(&panics(&sources)), ["src/a/b.rs:1"]);
    }

    #[test]
    fn resource_without_example_is_found() {
        let nowhere = Path::new("/nonexistent");
        let sources = [
            Source::new("src/resources/peering/mod.rs", ""),
            Source::new("src/resources/peering/model.rs", ""),
            Source::new("src/resources/mod.rs", ""),
            Source::new("src/resources/explain.rs", ""),
        ];
        assert_eq!(resources_without_example(&sources, nowhere).len(), 1);
    }
}
