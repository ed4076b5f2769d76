//! The part of `$filter` that the served lists take: comparisons and functions joined by `and`.

pub(crate) enum Term {
    Equals {
        field: String,
        value: String,
    },
    Function {
        name: String,
        argument: Option<String>,
    },
}

/// The terms of a filter, or what is wrong with it.
pub(crate) fn parse_filter(filter: &str) -> Result<Vec<Term>, String> {
    let mut rest = filter.trim();
    let mut terms = Vec::new();
    if rest.is_empty() {
        return Ok(terms);
    }
    loop {
        let (term, tail) = parse_term(rest)?;
        terms.push(term);
        rest = tail.trim_start();
        if rest.is_empty() {
            return Ok(terms);
        }
        rest = strip_word(rest, "and").ok_or_else(|| format!("expected 'and' before [{rest}]"))?;
    }
}

fn parse_term(text: &str) -> Result<(Term, &str), String> {
    let text = text.trim_start();
    let name: String = text
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/'))
        .collect();
    let rest = text.strip_prefix(name.as_str()).unwrap_or(text);
    if name.is_empty() {
        return Err(format!("expected a name at [{text}]"));
    }
    if let Some(inside) = rest.trim_start().strip_prefix('(') {
        let inside = inside.trim_start();
        if let Some(tail) = inside.strip_prefix(')') {
            return Ok((
                Term::Function {
                    name,
                    argument: None,
                },
                tail,
            ));
        }
        let (argument, tail) = parse_literal(inside)?;
        let tail = tail
            .trim_start()
            .strip_prefix(')')
            .ok_or_else(|| format!("expected ')' at [{tail}]"))?;
        return Ok((
            Term::Function {
                name,
                argument: Some(argument),
            },
            tail,
        ));
    }
    let after =
        strip_word(rest.trim_start(), "eq").ok_or_else(|| format!("expected 'eq' at [{rest}]"))?;
    let (value, tail) = parse_literal(after.trim_start())?;
    Ok((Term::Equals { field: name, value }, tail))
}

/// A quoted literal, in which a doubled quote stands for one.
pub(crate) fn parse_literal(text: &str) -> Result<(String, &str), String> {
    let mut rest = text
        .strip_prefix('\'')
        .ok_or_else(|| format!("expected a quoted text at [{text}]"))?;
    let mut value = String::new();
    loop {
        let (before, after) = rest
            .split_once('\'')
            .ok_or_else(|| format!("unterminated text at [{text}]"))?;
        value.push_str(before);
        match after.strip_prefix('\'') {
            Some(tail) => {
                value.push('\'');
                rest = tail;
            }
            None => return Ok((value, after)),
        }
    }
}

fn strip_word<'text>(text: &'text str, word: &str) -> Option<&'text str> {
    let (head, tail) = text.split_at_checked(word.len())?;
    (head.eq_ignore_ascii_case(word) && tail.starts_with([' ', '\t'])).then_some(tail)
}
