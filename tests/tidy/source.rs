//! Rust text as the rules see it: without strings, with or without comments, and with its tests told apart.
//!
//! This is no parser. It knows enough of the language to never mistake a string, a comment or a test for code.

use std::ops::Range;

/// A file, and three readings of it. All have the same length, so that one offset is one place in each.
pub(crate) struct Source {
    /// From the crate's folder, with `/` between the parts.
    pub(crate) path: String,
    pub(crate) text: String,
    /// Neither comments nor strings: blanks instead.
    pub(crate) code: String,
    /// Comments, but no strings.
    pub(crate) remarks: String,
    tests: Vec<Range<usize>>,
    modules: Vec<(Range<usize>, String)>,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let code = blanked(text, true);
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            remarks: blanked(text, false),
            tests: test_ranges(&code),
            modules: inline_modules(&code),
            code,
        }
    }

    /// The line of an offset, from 1.
    pub(crate) fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        1 + before.filter(|byte| **byte == b'\n').count()
    }

    /// Whether this place is compiled for tests only, by this file's own account.
    pub(crate) fn is_test(&self, offset: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&offset))
    }

    /// Takes the whole file for tests, because the module that declares it says so.
    pub(crate) fn mark_as_test(&mut self) {
        self.tests.push(0..self.text.len());
    }

    /// The files that hold modules which this file declares for tests only; each may also be a folder of this name.
    pub(crate) fn test_modules(&self) -> Vec<String> {
        let Some(folder) = self.module_folder() else {
            return Vec::new();
        };
        words(&self.code, "mod")
            .filter(|offset| self.is_test(*offset))
            .filter_map(|offset| {
                let (name, end) = identifier(&self.code, offset + "mod".len())?;
                self.code
                    .get(end..)?
                    .trim_start()
                    .starts_with(';')
                    .then(|| format!("{folder}/{name}"))
            })
            .collect()
    }

    fn module_folder(&self) -> Option<&str> {
        let stem = self.path.strip_suffix(".rs")?;
        ["/mod", "/lib", "/main"]
            .iter()
            .find_map(|root| stem.strip_suffix(root))
            .or(Some(stem))
    }

    /// The file's module within the crate: `["tf", "value"]`. Empty for the crate's root.
    pub(crate) fn module(&self) -> Vec<String> {
        self.module_folder()
            .and_then(|folder| folder.strip_prefix("src/"))
            .map(|module| module.split('/').map(str::to_owned).collect())
            .unwrap_or_default()
    }

    /// The module around an offset, those written within the file included.
    fn module_at(&self, offset: usize) -> Vec<String> {
        let mut module = self.module();
        module.extend(
            self.modules
                .iter()
                .filter(|(range, _)| range.contains(&offset))
                .map(|(_, name)| name.clone()),
        );
        module
    }

    /// The test function of this name, from the comments and attributes before it to the end of its body.
    pub(crate) fn test_function(&self, name: &str) -> Option<Range<usize>> {
        words(&self.code, "fn").find_map(|offset| {
            let (found, end) = identifier(&self.code, offset + "fn".len())?;
            if found != name {
                return None;
            }
            let start = self.item_start(offset);
            let attributes = self.code.get(start..offset)?;
            words(attributes, "test").next()?;
            Some(start..item_end(&self.code, end))
        })
    }

    /// Where the comments and attributes of the item around `offset` begin: after the last line that is blank or ends another item.
    fn item_start(&self, offset: usize) -> usize {
        let line_start = |end: usize| {
            self.text
                .get(..end)
                .and_then(|text| text.rfind('\n'))
                .map_or(0, |at| at + 1)
        };
        let mut start = line_start(offset);
        while let Some(end) = start.checked_sub(1) {
            let above = line_start(end);
            let is_blank = self
                .text
                .get(above..end)
                .is_none_or(|line| line.trim().is_empty());
            let code = self.code.get(above..end).unwrap_or_default().trim_end();
            if is_blank || code.ends_with(['{', '}', ';']) {
                break;
            }
            start = above;
        }
        start
    }

    /// Every path that leads to an item of this crate, from the crate's root: `use` lines, paths in line, relative ones.
    pub(crate) fn references(&self) -> Vec<(usize, Vec<String>)> {
        let mut found = Vec::new();
        for (offset, root) in ["crate", "super", "self"]
            .into_iter()
            .flat_map(|root| words(&self.code, root).map(move |offset| (offset, root)))
        {
            let Some(rest) = after_colons(&self.code, offset + root.len()) else {
                continue;
            };
            // `super::super::x` is followed from its first `super`.
            if self
                .code
                .get(..offset)
                .is_some_and(|before| before.ends_with("super::"))
            {
                continue;
            }
            let mut base = match root {
                "crate" => Vec::new(),
                _ => self.module_at(offset),
            };
            if root == "super" {
                base.pop();
            }
            let mut paths = Vec::new();
            use_tree(&self.code, rest, base, &mut paths);
            found.extend(paths.into_iter().map(|path| (offset, path)));
        }
        found
    }

    /// What this module passes on under its own name: the name, and the path it stands for.
    pub(crate) fn reexports(&self) -> Vec<(String, Vec<String>)> {
        let mut paths = Vec::new();
        for offset in words(&self.code, "pub") {
            let end = offset + "pub".len();
            if let Some((word, end)) = identifier(&self.code, end)
                && word == "use"
            {
                let (base, start) = match identifier(&self.code, end) {
                    Some((root, end)) if root == "crate" => {
                        (Vec::new(), after_colons(&self.code, end))
                    }
                    Some((root, end)) if root == "self" => {
                        (self.module(), after_colons(&self.code, end))
                    }
                    _ => (self.module(), Some(end)),
                };
                if let Some(start) = start {
                    use_tree(&self.code, start, base, &mut paths);
                }
            }
        }
        paths
            .into_iter()
            .filter_map(|path| Some((path.last()?.clone(), path)))
            .collect()
    }
}

/// The offsets at which `word` stands alone.
pub(crate) fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    text.match_indices(word)
        .map(|(offset, _)| offset)
        .filter(move |offset| {
            let before = text
                .get(..*offset)
                .and_then(|before| before.chars().next_back());
            let after = text
                .get(offset + word.len()..)
                .and_then(|after| after.chars().next());
            !before.is_some_and(is_identifier) && !after.is_some_and(is_identifier)
        })
}

fn is_identifier(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The identifier after any space from `start`, and where it ends.
fn identifier(code: &str, start: usize) -> Option<(String, usize)> {
    let rest = code.get(start..)?;
    let trimmed = rest.trim_start();
    let name: String = trimmed
        .chars()
        .take_while(|letter| is_identifier(*letter))
        .collect();
    let end = start + (rest.len() - trimmed.len()) + name.len();
    (!name.is_empty()).then_some((name, end))
}

/// Where the path goes on, if it does.
fn after_colons(code: &str, start: usize) -> Option<usize> {
    code.get(start..)?.starts_with("::").then_some(start + 2)
}

/// Adds the paths of a use tree that starts at `start`; a path in line is a tree without branches. Returns its end.
fn use_tree(code: &str, start: usize, base: Vec<String>, paths: &mut Vec<Vec<String>>) -> usize {
    let mut path = base;
    let rest = code.get(start..).unwrap_or_default();
    let space = rest.len() - rest.trim_start().len();
    if rest.trim_start().starts_with('{') {
        let mut place = start + space + 1;
        loop {
            place = use_tree(code, place, path.clone(), paths);
            let left = code.get(place..).unwrap_or_default();
            // Renames are passed over: what counts is where the path leads.
            match left.find([',', '}']) {
                Some(stop) if left.as_bytes().get(stop) == Some(&b',') => place += stop + 1,
                Some(stop) => return place + stop + 1,
                None => return code.len(),
            }
        }
    }
    let Some((name, end)) = identifier(code, start) else {
        if rest.trim_start().starts_with('*') {
            path.push("*".to_owned());
            paths.push(path);
            return start + space + 1;
        }
        // A trailing comma before the brace leaves an empty branch.
        if !rest.trim_start().starts_with('}') {
            paths.push(path);
        }
        return start;
    };
    match name.as_str() {
        "super" => drop(path.pop()),
        "self" => {}
        _ => path.push(name),
    }
    if let Some(next) = after_colons(code, end) {
        return use_tree(code, next, path, paths);
    }
    paths.push(path);
    end
}

/// The parts that are compiled for tests only.
fn test_ranges(code: &str) -> Vec<Range<usize>> {
    let conditions = ["#[cfg(test)]", "#[cfg(all(test"];
    let inner = code.find("#![cfg(test)]").map(|_| 0..code.len());
    conditions
        .iter()
        .flat_map(|condition| code.match_indices(condition))
        .map(|(start, _)| start..item_end(code, start))
        .chain(inner)
        .collect()
}

/// The end of the item whose attributes begin at `start`: its semicolon, or the brace that closes its body.
fn item_end(code: &str, start: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, letter) in code.get(start..).unwrap_or_default().char_indices() {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            ';' if depth == 0 => return start + offset + 1,
            '{' if depth == 0 => return closing_brace(code, start + offset),
            _ => {}
        }
    }
    code.len()
}

/// The offset after the brace that closes the one at `open`.
fn closing_brace(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, letter) in code.get(open..).unwrap_or_default().char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return open + offset + 1;
        }
    }
    code.len()
}

fn inline_modules(code: &str) -> Vec<(Range<usize>, String)> {
    words(code, "mod")
        .filter_map(|offset| {
            let (name, end) = identifier(code, offset + "mod".len())?;
            let rest = code.get(end..)?;
            let open = end + (rest.len() - rest.trim_start().len());
            rest.trim_start()
                .starts_with('{')
                .then(|| (open..closing_brace(code, open), name))
        })
        .collect()
}

/// The text with blanks for the content of strings, and for comments too if asked.
fn blanked(text: &str, comments: bool) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    let mut previous = None;
    while let Some(letter) = rest.chars().next() {
        let (length, blank) = token(rest, letter, previous, comments);
        let (taken, left) = rest.split_at(length);
        if blank {
            kept.extend(
                taken
                    .bytes()
                    .map(|byte| if byte == b'\n' { '\n' } else { ' ' }),
            );
        } else {
            kept.push_str(taken);
        }
        previous = taken.chars().next_back();
        rest = left;
    }
    kept
}

/// The length of the token at the start of `rest`, and whether it is blanked.
fn token(rest: &str, letter: char, previous: Option<char>, comments: bool) -> (usize, bool) {
    let single = (letter.len_utf8(), false);
    match letter {
        '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), comments),
        '/' if rest.starts_with("/*") => (block_comment(rest), comments),
        '"' => (string(rest), true),
        'r' | 'b' | 'c' if !previous.is_some_and(is_identifier) => match raw_string(rest) {
            Some(length) => (length, true),
            None => single,
        },
        '\'' => match character(rest) {
            Some(length) => (length, true),
            None => single,
        },
        _ => single,
    }
}

fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut place = 0;
    while let Some(left) = rest.get(place..).filter(|left| !left.is_empty()) {
        if left.starts_with("/*") {
            depth += 1;
            place += 2;
        } else if left.starts_with("*/") {
            depth -= 1;
            place += 2;
            if depth == 0 {
                return place;
            }
        } else {
            place += left.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (offset, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return offset + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of `r"…"`, `br#"…"#` and their like.
fn raw_string(rest: &str) -> Option<usize> {
    let hashes_start = rest.find('r').filter(|offset| *offset <= 1)? + 1;
    let after = rest.get(hashes_start..)?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let content = after.get(hashes..)?.strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = content
        .find(&close)
        .map_or(content.len(), |offset| offset + close.len());
    Some(hashes_start + hashes + 1 + end)
}

/// The length of a character literal; `None` for a lifetime.
fn character(rest: &str) -> Option<usize> {
    let mut letters = rest.char_indices().skip(1);
    let (_, first) = letters.next()?;
    if first == '\\' {
        letters.next()?;
        return letters
            .find(|(_, letter)| *letter == '\'')
            .map(|(offset, _)| offset + 1);
    }
    letters
        .next()
        .filter(|(_, letter)| *letter == '\'')
        .map(|(offset, _)| offset + 1)
}
