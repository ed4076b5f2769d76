//! The figures of `docs/resilience.md`, rewritten by the tests that measure them.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;

/// Set to rewrite the page.
const UPDATE: &str = "UPDATE_RESILIENCE";

static PAGE: Mutex<()> = Mutex::new(());

/// Puts a table between the page's marks of this name, where the page is to be rewritten.
pub(crate) fn figure(name: &str, rows: &[(&str, String)]) {
    if std::env::var_os(UPDATE).is_none() {
        return;
    }
    let _turn = PAGE.lock().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/resilience.md");
    let page = std::fs::read_to_string(&path).expect("the page");
    let (begin, end) = (
        format!("<!-- {name} -->\n"),
        format!("<!-- end of {name} -->"),
    );
    let (head, rest) = page.split_once(&begin).expect("the mark");
    let (_, tail) = rest.split_once(&end).expect("the second mark");
    let mut table = String::from("\n| | |\n| --- | --- |\n");
    for (what, value) in rows {
        writeln!(table, "| {what} | {value} |").unwrap();
    }
    std::fs::write(&path, format!("{head}{begin}{table}\n{end}{tail}")).expect("the page");
}
