//! Masks secrets that a service or proxy echoes in its text.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::{PoisonError, RwLock};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::form_urlencoded;

use super::secret::Secret;

/// What an address may hold as it is (RFC 3986, unreserved characters) is not escaped.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

const MASK: &str = "[redacted]";

/// A secret with fewer characters is not looked for: it would be found in ordinary words.
const LEAST_LENGTH: usize = 8;

/// How many spellings of secrets are looked for, of each origin: those of several configurations, and the latest tokens.
const MOST_REMEMBERED: usize = 64;

/// Where a secret is from. Those of one origin never push out those of the other: in a long life there are many tokens, and all along the
/// configured secrets are in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The user's configuration or environment.
    Configured,
    /// A service that issues tokens.
    Issued,
}

static CONFIGURED: RwLock<Remembered> = RwLock::new(Remembered::NONE);
static ISSUED: RwLock<Remembered> = RwLock::new(Remembered::NONE);

/// From now on masks this very text wherever it is echoed, whatever it looks like, as well as the way it is written in forms and addresses.
pub fn remember(secret: &Secret, origin: Origin) {
    let remembered = match origin {
        Origin::Configured => &CONFIGURED,
        Origin::Issued => &ISSUED,
    };
    let mut remembered = remembered.write().unwrap_or_else(PoisonError::into_inner);
    remembered.add(secret);
}

/// Secrets, those that were last given at the end.
struct Remembered(Vec<Secret>);

impl Remembered {
    const NONE: Self = Self(Vec::new());

    fn add(&mut self, secret: &Secret) {
        let text = secret.expose().trim();
        if text.chars().count() < LEAST_LENGTH {
            return;
        }
        let in_forms: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
        let in_addresses = utf8_percent_encode(text, ESCAPED).to_string();
        for spelling in [text, &in_forms, &in_addresses] {
            let secret = Secret::new(spelling);
            self.0.retain(|known| *known != secret);
            if self.0.len() >= MOST_REMEMBERED {
                self.0.remove(0);
            }
            self.0.push(secret);
        }
    }

    fn find(&self, text: &str) -> Vec<Range<usize>> {
        let find = |secret: &Secret| -> Vec<Range<usize>> {
            let found = text.match_indices(secret.expose());
            found
                .map(|(start, secret)| start..start + secret.len())
                .collect()
        };
        self.0.iter().flat_map(find).collect()
    }
}

/// Names whose values are secret, in forms, query strings and JSON.
const SECRET_NAMES: &[&str] = &[
    "access_token",
    "api_key",
    "apikey",
    "assertion",
    "client_assertion",
    "client_secret",
    "clientsecret",
    "id_token",
    "password",
    "refresh_token",
    "secrettext",
    "sharedaccesssignature",
    "sig",
];

/// Beginnings of tokens: Konnect's personal and system account tokens, and base64 of `{"`, with which every JWT begins.
const TOKEN_BEGINNINGS: &[&str] = &["kpat_", "spat_", "eyJ"];

/// Authorization schemes; the word after one is secret.
const SCHEMES: &[&str] = &["bearer", "basic"];

/// `text` with everything that looks like a secret masked.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    let mut spans = remembered_secrets(text);
    spans.extend(secret_words(text));
    spans.extend(named_values(text));
    spans.extend(user_infos(text));
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    spans.sort_by_key(|span| span.start);
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    for span in spans {
        if span.start >= done {
            masked.push_str(text.get(done..span.start).unwrap_or_default());
            masked.push_str(MASK);
        }
        done = done.max(span.end);
    }
    masked.push_str(text.get(done..).unwrap_or_default());
    Cow::Owned(masked)
}

fn remembered_secrets(text: &str) -> Vec<Range<usize>> {
    [&CONFIGURED, &ISSUED]
        .into_iter()
        .flat_map(|remembered| {
            let remembered = remembered.read().unwrap_or_else(PoisonError::into_inner);
            remembered.find(text)
        })
        .collect()
}

/// Tokens by their look or by the scheme before them.
fn secret_words(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut follows_scheme = false;
    for word in words(text) {
        let content = text.get(word.clone()).unwrap_or_default();
        let is_token = TOKEN_BEGINNINGS
            .iter()
            .any(|beginning| content.starts_with(beginning) && content.len() > beginning.len());
        // Prose such as "a bearer token is missing" is no secret; credentials are longer than words.
        let is_credential = follows_scheme && content.len() >= 16;
        if is_token || is_credential {
            spans.push(word);
        }
        follows_scheme = SCHEMES
            .iter()
            .any(|scheme| scheme.eq_ignore_ascii_case(content));
    }
    spans
}

/// Runs of the characters that tokens are made of.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_token_char = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = text.get(from..)?;
        let start = from + rest.find(is_token_char)?;
        let tail = text.get(start..)?;
        let end = start + tail.find(|c| !is_token_char(c)).unwrap_or(tail.len());
        from = end;
        Some(start..end)
    })
}

/// Values behind a secret name: `name=value`, `name: value`, `"name":"value"`.
fn named_values(text: &str) -> Vec<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let mut spans = Vec::new();
    for name in SECRET_NAMES {
        for (start, _) in lower.match_indices(name) {
            let before = lower.get(..start).and_then(|head| head.chars().next_back());
            // `sig` inside `design` is no name.
            if before.is_some_and(|c| c.is_ascii_alphanumeric()) {
                continue;
            }
            spans.extend(value_after(text, start + name.len()));
        }
    }
    spans
}

/// The value after a name that ends at `end`, if `=` or `:` follows.
fn value_after(text: &str, end: usize) -> Option<Range<usize>> {
    let tail = text.get(end..)?;
    // Inside JSON text that is itself quoted in JSON, every quote has a backslash.
    let separator = tail.trim_start_matches(['"', '\'', '\\', ' ']);
    let value = separator.strip_prefix(['=', ':'])?.trim_start();
    let quoted = value.trim_start_matches('\\');
    let (start, stop) = match quoted.strip_prefix(['"', '\'']) {
        Some(inner) => (inner, quoted_end(inner)),
        None => (
            value,
            value.find(|c: char| c.is_whitespace() || "&,;<>\"'})]".contains(c)),
        ),
    };
    let from = text.len() - start.len();
    let length = stop.unwrap_or(start.len());
    (length > 0).then_some(from..from + length)
}

/// Where a quoted text ends; an escaped quote does not end it.
fn quoted_end(inner: &str) -> Option<usize> {
    let mut escaped = false;
    inner
        .char_indices()
        .find(|&(_, c)| {
            let ends = !escaped && (c == '"' || c == '\'');
            escaped = c == '\\' && !escaped;
            ends
        })
        .map(|(index, _)| index)
}

/// User and password in a URL: `https://user:password@proxy`.
fn user_infos(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    for (start, _) in text.match_indices("://") {
        let from = start + 3;
        let Some(tail) = text.get(from..) else {
            continue;
        };
        let authority_end = tail
            .find(|c: char| c.is_whitespace() || "/?#\"'<>".contains(c))
            .unwrap_or(tail.len());
        let authority = tail.get(..authority_end).unwrap_or_default();
        if let Some(at) = authority.rfind('@') {
            spans.push(from..from + at);
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tokens_are_masked_wherever_they_stand() {
        let cases = [
            ("token kpat_AbC123 expired", "token [redacted] expired"),
            ("spat_x", "[redacted]"),
            ("jwt eyJhbGciOi.eyJz.c2ln!", "jwt [redacted]!"),
            (
                "Authorization: Bearer abcdefghij0123456789",
                "Authorization: Bearer [redacted]",
            ),
            (
                "client_id=a&client_secret=b%21c~d&scope=e",
                "client_id=a&client_secret=[redacted]&scope=e",
            ),
            (
                r#"{"client_secret": "a\"b", "x": 1}"#,
                r#"{"client_secret": "[redacted]", "x": 1}"#,
            ),
            (
                "proxy http://me:secret@proxy.example:8080/ failed",
                "proxy http://[redacted]@proxy.example:8080/ failed",
            ),
            (
                "https://x.example/?sv=1&sig=abc%3D",
                "https://x.example/?sv=1&sig=[redacted]",
            ),
        ];
        for (text, masked) in cases {
            assert_eq!(redact(text), masked);
        }
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        for text in [
            "",
            "The bearer token is missing or expired.",
            "a design: signature of the password policy",
            "https://global.api.konghq.com/v2/cloud-gateways",
            "role 'Owner' at /subscriptions/6666/resourceGroups/x@y",
        ] {
            assert!(
                matches!(redact(text), Cow::Borrowed(same) if same == text),
                "{text}"
            );
        }
    }

    #[test]
    fn a_remembered_secret_is_masked_whatever_it_looks_like() {
        let echoed = "the value 'Tr0ub4dor & 3 ü' is wrong";
        assert_eq!(redact(echoed), echoed);
        remember(&Secret::new("Tr0ub4dor & 3 ü\n"), Origin::Configured);
        assert_eq!(redact(echoed), "the value '[redacted]' is wrong");
        for spelling in ["Tr0ub4dor+%26+3+%C3%BC", "Tr0ub4dor%20%26%203%20%C3%BC"] {
            let echoed = format!("sent {spelling} to us");
            assert_eq!(redact(&echoed), "sent [redacted] to us");
        }
        remember(&Secret::new("value"), Origin::Configured);
        assert_eq!(redact("another value"), "another value");
    }

    #[test]
    fn a_secret_that_is_given_again_outlives_those_that_are_not() {
        let mut remembered = Remembered::NONE;
        let used = Secret::new("in use all along & ever");
        remembered.add(&used);
        for number in 0..MOST_REMEMBERED * 3 {
            remembered.add(&Secret::new(format!("another-one-{number}")));
            if number % (MOST_REMEMBERED / 2) == 0 {
                remembered.add(&used);
            }
        }
        for masked in [
            "in use all along & ever",
            "in+use+all+along+%26+ever",
            "another-one-191",
        ] {
            assert_eq!(remembered.find(masked).len(), 1, "{masked}");
        }
        assert!(remembered.find("another-one-0!").is_empty());
        assert!(remembered.0.len() <= MOST_REMEMBERED);
    }

    #[test]
    fn any_number_of_tokens_leaves_the_configured_secrets_masked() {
        remember(&Secret::new("configured once, first"), Origin::Configured);
        for number in 0..MOST_REMEMBERED * 2 {
            let token = Secret::new(format!("token number {number} of many"));
            remember(&token, Origin::Issued);
        }
        assert_eq!(redact("sent configured once, first"), "sent [redacted]");
        assert_eq!(redact("token number 127 of many"), "[redacted]");
    }

    proptest! {
        #[test]
        fn redacting_never_panics_and_hides_tokens(before in "\\PC{0,20}", token in "[A-Za-z0-9]{10,30}", after in "\\PC{0,20}") {
            let secret = format!("kpat_{token}");
            let masked = redact(&format!("{before} {secret} {after}")).into_owned();
            prop_assert!(!masked.contains(&secret));
        }

        #[test]
        fn any_text_is_survived(text in "([a-z_=:\"'\\\\&@/ é]|client_secret|sig|eyJ){0,30}") {
            prop_assert!(redact(&text).len() < 10_000);
        }
    }
}
