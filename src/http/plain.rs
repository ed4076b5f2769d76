//! What a refusal says when its body is not in the service's own form.

use std::borrow::Cow;

use url::Url;

use super::redact::redact;
use super::transport::Response;

/// How much of a body is kept, in characters.
const EXCERPT_LIMIT: usize = 600;

/// The longest text of a service that is shown, in bytes: more than any says of its own accord, less than fills a screen twice.
const TEXT_LIMIT: usize = 4000;

/// A service's text, cut where nobody reads on. A word is not cut in two, for half a token would no longer look like one.
pub(crate) fn shortened(text: &str) -> Cow<'_, str> {
    if text.len() <= TEXT_LIMIT {
        return Cow::Borrowed(text);
    }
    let end = (0..=TEXT_LIMIT)
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    let head = text.get(..end).unwrap_or_default();
    let whole = head
        .rfind(char::is_whitespace)
        .and_then(|end| head.get(..end))
        .unwrap_or_default();
    let rest = text.len() - whole.len();
    Cow::Owned(
        format!("{whole} … ({rest} more bytes)")
            .trim_start()
            .to_owned(),
    )
}

/// A message for a refusal whose body says nothing in the service's own form: a gateway's page, plain text, nothing.
pub(super) fn plain_message(response: &Response, excerpt: &str) -> String {
    let reason = response
        .status
        .canonical_reason()
        .unwrap_or("no reason given");
    if response.status.is_redirection() {
        let location = response.headers.get(http::header::LOCATION);
        let host = location
            .and_then(|location| location.to_str().ok())
            .and_then(|location| Url::parse(location).ok())
            .and_then(|url| url.host_str().map(str::to_owned));
        let host = host.map_or_else(|| "elsewhere".to_owned(), |host| format!("to {host}"));
        return format!("it redirects {host}, which is not followed; check the configured address");
    }
    let text = without_markup(excerpt);
    if text.is_empty() {
        format!("{reason}, and nothing more")
    } else {
        text.chars().take(200).collect()
    }
}

/// The beginning of a body as text, redacted.
pub(super) fn excerpt(body: &[u8]) -> String {
    // A character takes at most four bytes; a token cut in two would no longer be recognised, hence the larger cut first.
    let head = body.get(..EXCERPT_LIMIT * 8).unwrap_or(body);
    let text = String::from_utf8_lossy(head);
    redact(&text).chars().take(EXCERPT_LIMIT).collect()
}

/// Text of a page, in one line. Heads and tags go; good enough for a gateway's error page.
fn without_markup(text: &str) -> String {
    let body = text
        .find("<body")
        .and_then(|start| text.get(start..))
        .unwrap_or(text);
    let mut plain = String::new();
    let mut in_tag = false;
    for c in body.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                plain.push(' ');
            }
            _ if in_tag => {}
            _ => plain.push(c),
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_end_at_a_word() {
        let text = "word ".repeat(10_000);
        let short = shortened(&text);
        assert!(short.len() < TEXT_LIMIT + 40, "{}", short.len());
        assert!(short.ends_with("word … (46001 more bytes)"), "{short}");
        assert_eq!(shortened("as it is"), "as it is");
        // One word that is too long is left out whole, whatever its letters are.
        assert_eq!(shortened(&"é".repeat(TEXT_LIMIT)), "… (8000 more bytes)");
    }
}
