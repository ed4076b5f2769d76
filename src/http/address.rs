//! Addresses of services, as people write them into settings.

use std::net::Ipv4Addr;

use url::{Host, ParseError, Url};

/// A text that cannot be used as the address of a service.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} cannot be used: {reason}")]
pub struct InvalidAddress {
    /// What was written, without what may be a user's name and password.
    pub given: String,
    /// What is wrong with it, as the end of a sentence.
    pub reason: String,
}

impl InvalidAddress {
    /// This text, for this reason.
    #[must_use]
    pub fn new(text: &str, reason: impl Into<String>) -> Self {
        let text = text.trim();
        let given = text.rsplit_once('@').map_or(text, |(_, given)| given);
        Self {
            given: given.to_owned(),
            reason: reason.into(),
        }
    }
}

/// Reads the address of a service: `https`, or `http` on this machine only.
///
/// # Errors
/// When the text is no such address.
pub fn address(text: &str) -> Result<Url, InvalidAddress> {
    let url = Url::parse(text.trim()).map_err(|fault| {
        let reason = match fault {
            ParseError::RelativeUrlWithoutBase => "it has to begin with https://".to_owned(),
            // This build reads no other hosts: see `idna_adapter` in Cargo.toml.
            ParseError::IdnaError => {
                "its host has to be written in ASCII, a name in another alphabet in its xn-- form"
                    .to_owned()
            }
            fault => format!("it is no URL ({fault})"),
        };
        InvalidAddress::new(text, reason)
    })?;
    check_url(&url).map_err(|reason| InvalidAddress::new(text, reason))?;
    Ok(url)
}

/// Reads an address to which paths are added: an [`address`] without query, fragment, user name or password.
///
/// # Errors
/// When the text is no such address.
pub fn base_address(text: &str) -> Result<Url, InvalidAddress> {
    let url = address(text)?;
    let reason = if !url.username().is_empty() || url.password().is_some() {
        "it must not hold a user name or password"
    } else if url.query().is_some() || url.fragment().is_some() {
        "it must not hold a query or fragment"
    } else {
        return Ok(url);
    };
    Err(InvalidAddress::new(text, reason))
}

/// Whether an address may be used: `https`, or `http` on this machine only, so that no token crosses a network in the clear.
///
/// # Errors
/// Says what is wrong with the address.
pub(super) fn check_url(url: &Url) -> Result<(), String> {
    let is_loopback = match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let host = url.host_str().unwrap_or_default();
    match url.scheme() {
        "https" if !host.is_empty() => Ok(()),
        "http" if is_loopback => Ok(()),
        "http" => Err(format!(
            "http://{host} would send credentials in the clear; use https (http is allowed on this machine only, as in http://localhost)"
        )),
        scheme => Err(format!(
            "{scheme:?} addresses cannot be used; it has to begin with https://"
        )),
    }
}

/// Whether an address lies on this machine's own link (169.254.0.0/16): no router passes it on, and no proxy is asked to.
pub(crate) fn is_link_local(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Ipv4(address)) if Ipv4Addr::is_link_local(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_in_another_alphabet_are_asked_for_in_their_ascii_form() {
        for text in [
            "https://k\u{f6}ng.example",
            "https://U\u{a1}.",
            "https://U%C2%A1.",
        ] {
            let fault = address(text).unwrap_err();
            assert!(fault.reason.contains("xn--"), "{fault}");
        }
        for text in [
            "https://xn--kng-sna.example",
            "https://example/k\u{f6}ng?k\u{f6}ng",
            "HTTPS://Example/%C2%A1",
        ] {
            assert!(address(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn only_this_machine_may_be_reached_in_the_clear() {
        for good in [
            "https://global.api.konghq.com",
            "https://127.0.0.1:8443/x",
            "http://localhost:8080",
            "http://LOCALHOST",
            "http://127.0.0.1",
            "http://127.9.9.9",
            "http://[::1]:99",
        ] {
            assert!(address(good).is_ok(), "{good}");
        }
        for bad in [
            "http://global.api.konghq.com",
            "http://localhost.example",
            "http://10.0.0.1",
            "http://169.254.169.254",
            "http://[::2]",
        ] {
            assert!(
                address(bad).is_err_and(|fault| fault.reason.contains("in the clear")),
                "{bad}"
            );
        }
        for other in ["ftp://localhost", "file:///etc/passwd"] {
            let url = Url::parse(other).unwrap();
            assert!(check_url(&url).is_err(), "{other}");
            assert!(
                address(other).is_err_and(|fault| fault.reason.contains("https://")),
                "{other}"
            );
        }
    }

    #[test]
    fn only_the_machines_own_link_is_plain() {
        for (url, expected) in [
            ("http://169.254.169.254/metadata", true),
            ("http://169.254.129.2:8081/msi/token", true),
            ("http://169.255.0.1/", false),
            ("http://localhost/", false),
            ("https://login.microsoftonline.com/", false),
        ] {
            assert_eq!(is_link_local(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }

    #[test]
    fn paths_are_added_to_bare_addresses_only() {
        assert!(base_address("https://example/a").is_ok());
        for text in ["https://example?a=b", "https://example#a"] {
            assert!(address(text).is_ok(), "{text}");
            assert!(base_address(text).is_err_and(|fault| fault.reason.contains("query")));
        }
    }

    #[test]
    fn a_password_is_not_repeated() {
        for text in [
            "https://me:hunter2@example?a=b",
            "https://me:hunter2@exa mple",
            "http://me:hunter2@example",
            "me:hunter2@example",
            "https://me:hunter2@example:99999",
        ] {
            let fault = base_address(text).unwrap_err();
            assert!(!fault.to_string().contains("hunter2"), "{fault}");
        }
    }
}
