//! Proxies, from the environment only.

use super::error::Error;
use super::error::chain;

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
        |exceptions| format!("{NEVER_PROXIED},{}", without_ports(&exceptions)),
    );
    let mut proxies = Vec::new();
    let mut add = |names: [&'static str; 2],
                   make: fn(String) -> reqwest::Result<reqwest::Proxy>|
     -> Result<(), Error> {
        let Some(address) = first(names) else {
            return Ok(());
        };
        let [name, _] = names;
        check_scheme(name, &address)?;
        let proxy = make(address).map_err(|error| {
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

/// Refuses what would fail with every request only.
fn check_scheme(variable: &str, address: &str) -> Result<(), Error> {
    let Some((scheme, _)) = address.trim().split_once("://") else {
        return Ok(());
    };
    if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") {
        return Ok(());
    }
    Err(Error::not_configured(format!(
        "{variable} is not a proxy address that can be used: the provider speaks to proxies over http and https, not over {scheme}; \
         name another proxy, or except the hosts of Konnect and Azure with NO_PROXY"
    )))
}

/// The exceptions that hold for HTTPS. Programs in Go read a port with a host; the library knows hosts only.
fn without_ports(exceptions: &str) -> String {
    let hosts = exceptions.split(',').map(str::trim).filter_map(|entry| {
        let Some((host, port)) = entry.rsplit_once(':') else {
            return Some(entry);
        };
        // An IPv6 address without brackets has no port.
        if host.contains(':') && !host.ends_with(']') {
            return Some(entry);
        }
        (port == "443").then(|| host.trim_start_matches('[').trim_end_matches(']'))
    });
    hosts.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_with_a_port_hold_for_that_port() {
        assert_eq!(
            without_ports(
                "a.example:443, .corp.example ,b.example:8080,10.0.0.0/8,::1,fd00::/8,[fd00::2]:443,*"
            ),
            "a.example,.corp.example,10.0.0.0/8,::1,fd00::/8,fd00::2,*"
        );
    }

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
        let refused = count(&[("ALL_PROXY", "socks5://user:secret@proxy.example")]).unwrap_err();
        assert!(
            refused.contains("ALL_PROXY")
                && refused.contains("socks5")
                && !refused.contains("secret"),
            "{refused}"
        );
        let refused = count(&[("HTTPS_PROXY", "http://user:secret@[oops")]).unwrap_err();
        assert!(
            refused.contains("HTTPS_PROXY") && !refused.contains("secret"),
            "{refused}"
        );
    }
}
