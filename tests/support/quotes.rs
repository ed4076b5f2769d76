//! Error texts that pages quote, held against the texts in the source, so that a page cannot tell of an error that is worded otherwise.
//!
//! A text is quoted as the code span that begins an item of a list under `## Errors`, or as a code span in a heading of the third level.
//! What an error fills in is left out as `…`; each part between has to stand in one text of the source.

use std::path::Path;

/// Parts shorter than this say nothing.
const SHORTEST_PART: usize = 4;

/// The texts that a page quotes, with their lines.
pub fn quoted(markdown: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut is_errors = false;
    for (index, line) in markdown.lines().enumerate() {
        if let Some(title) = line.strip_prefix("## ") {
            is_errors = title == "Errors";
        }
        let is_quote = is_errors && line.starts_with("- `") || line.starts_with("### `");
        if !is_quote {
            continue;
        }
        // An item may begin with several: `one`, `other`: what to do.
        let beginning = line.split("`: ").next().unwrap_or_default();
        let spans = beginning.split('`').skip(1).step_by(2);
        found.extend(spans.map(|span| (index + 1, span.to_owned())));
    }
    found
}

/// The parts of a quoted text that the source does not have.
pub fn invented(quoted: &str, texts: &[String]) -> Vec<String> {
    let parts: Vec<&str> = quoted
        .split('…')
        .map(str::trim)
        .filter(|part| part.len() >= SHORTEST_PART)
        .collect();
    assert!(!parts.is_empty(), "`{quoted}` quotes nothing");
    let is_told = |part: &&str| texts.iter().any(|text| text.contains(*part));
    parts
        .into_iter()
        .filter(|part| !is_told(part))
        .map(str::to_owned)
        .collect()
}

/// Every string literal below a folder, as it reads when it is shown, except for what it fills in.
pub fn texts(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(texts(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.extend(literals(&std::fs::read_to_string(path).expect("a text")));
        }
    }
    found
}

fn literals(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let code = source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let mut characters = code.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            // A quote as a character is no string.
            '\'' if characters.peek() == Some(&'"') => {
                characters.next();
            }
            '"' => {
                let mut text = String::new();
                while let Some(inner) = characters.next() {
                    match inner {
                        '"' => break,
                        '\\' => match characters.next() {
                            // The text goes on at the next line's first character.
                            Some('\n') => {
                                while characters.peek().is_some_and(|next| next.is_whitespace()) {
                                    characters.next();
                                }
                            }
                            Some('n') => text.push('\n'),
                            Some(escaped) => text.push(escaped),
                            None => break,
                        },
                        other => text.push(other),
                    }
                }
                found.push(text);
            }
            _ => {}
        }
    }
    found
}
