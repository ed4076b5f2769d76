//! What a refusal says when its body is not in the service's own form.

use url::Url;

use super::redact::redact;
use super::transport::Response;

/// How much of a body is kept, in characters.
const EXCERPT_LIMIT: usize = 600;

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
