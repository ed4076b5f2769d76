//! Proxies, from the environment only.

use super::error::Error;
use super::transport::chain;

/// Hosts that no proxy can reach for us: this machine and its own link, where Azure gives a machine its identity, in the clear.
const NEVER_PROXIED: &str = "localhost,127.0.0.0/8,::1,169.254.0.0/16";

/// The proxies that the environment names, as curl reads it, except that loopback is always reached directly.
pub(super) fn proxies(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Vec<reqwest::Proxy>, Error> {
    let first = |names: [&str; 2]| {
        let mut set = names.iter().filter_map(|name| variable(name));
        set.find(|value| !value.trim().is_empty())
    };
    // Under CGI a client could set HTTP_PROXY through a request header.
    if variable("REQUEST_METHOD").is_some() {
        return Ok(Vec::new());
    }
    let exceptions = first(["NO_PROXY", "no_proxy"]).map_or_else(
        || NEVER_PROXIED.to_owned(),
        |exceptions| format!("{NEVER_PROXIED},{exceptions}"),
    );
    let mut proxies = Vec::new();
    let mut add = |names: [&'static str; 2],
                   make: fn(String) -> reqwest::Result<reqwest::Proxy>|
     -> Result<(), Error> {
        let Some(address) = first(names) else {
            return Ok(());
        };
        let proxy = make(address).map_err(|error| {
            let [name, _] = names;
            Error::not_configured(format!("{name} is not a proxy address: {}", chain(&error)))
        })?;
        proxies.push(proxy.no_proxy(reqwest::NoProxy::from_string(&exceptions)));
        Ok(())
    };
    add(["HTTPS_PROXY", "https_proxy"], reqwest::Proxy::https)?;
    add(["HTTP_PROXY", "http_proxy"], reqwest::Proxy::http)?;
    add(["ALL_PROXY", "all_proxy"], reqwest::Proxy::all)?;
    Ok(proxies)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_come_from_the_environment() {
        // Row 79 of docs/user-pains.md.
        let count = |set: &[(&str, &str)]| {
            let found = proxies(|name| {
                let mut set = set.iter();
                set.find(|(set, _)| *set == name)
                    .map(|(_, value)| (*value).to_owned())
            });
            found
                .map(|found| found.len())
                .map_err(|error| error.to_string())
        };
        assert_eq!(count(&[]), Ok(0));
        assert_eq!(
            count(&[
                ("https_proxy", "http://proxy.example:3128"),
                ("HTTP_PROXY", " ")
            ]),
            Ok(1)
        );
        assert_eq!(
            count(&[
                ("ALL_PROXY", "proxy.example:3128"),
                ("NO_PROXY", "*.internal")
            ]),
            Ok(1)
        );
        assert_eq!(
            count(&[
                ("HTTP_PROXY", "http://p.example"),
                ("REQUEST_METHOD", "GET")
            ]),
            Ok(0)
        );
        let refused = count(&[("HTTPS_PROXY", "http://user:secret@[oops")]).unwrap_err();
        assert!(
            refused.contains("HTTPS_PROXY") && !refused.contains("secret"),
            "{refused}"
        );
    }
}
