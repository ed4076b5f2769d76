//! The address of the API, from whatever users already have in their configuration.

use url::Url;

use crate::http::{InvalidAddress, base_address};

/// The one host that serves this API for every geography.
pub const DEFAULT_SERVER_URL: &str = "https://global.api.konghq.com";

const GLOBAL_HOST: &str = "global.api.konghq.com";
const DOMAIN: &str = ".api.konghq.com";

/// A text that is no usable address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{:?} cannot be used as Konnect's address: {}", .0.given, .0.reason)]
pub struct InvalidServerUrl(InvalidAddress);

/// Reads a server address. A trailing `/` or `/v2` is dropped. A geo host (`us.api.konghq.com`) becomes the global one, because
/// geo hosts do not serve this API although other Konnect settings name them.
///
/// # Errors
/// When the text is no `https` address; `http` is taken on this machine only.
pub fn server_url(text: &str) -> Result<Url, InvalidServerUrl> {
    let mut url = base_address(text).map_err(InvalidServerUrl)?;
    if is_geo_host(&url) {
        tracing::debug!(
            given = url.host_str().unwrap_or_default(),
            used = GLOBAL_HOST,
            "geo hosts do not serve the Cloud Gateways API"
        );
        url.set_host(Some(GLOBAL_HOST))
            .map_err(|error| InvalidServerUrl(InvalidAddress::new(text, error.to_string())))?;
    }
    let path = url.path().trim_end_matches('/');
    let path = path
        .strip_suffix("/v2")
        .unwrap_or(path)
        .trim_end_matches('/')
        .to_owned();
    url.set_path(&path);
    Ok(url)
}

/// Geographies have two letters: us, eu, au, me, in, sg so far.
fn is_geo_host(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host.strip_suffix(DOMAIN)
        .is_some_and(|geo| geo.len() == 2 && geo.bytes().all(|byte| byte.is_ascii_alphabetic()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_spellings_lead_to_the_global_host() {
        // Row 78 of docs/user-pains.md.
        for text in [
            DEFAULT_SERVER_URL,
            "https://global.api.konghq.com/",
            "https://global.api.konghq.com/v2",
            "https://global.api.konghq.com/v2/",
            " https://US.api.konghq.com ",
            "https://eu.api.konghq.com/v2",
            "https://sg.api.konghq.com/",
        ] {
            assert_eq!(
                server_url(text).unwrap().as_str(),
                "https://global.api.konghq.com/",
                "{text}"
            );
        }
    }

    #[test]
    fn other_hosts_are_taken_as_given() {
        for (text, url) in [
            (
                "https://konnect.corp.example/kong/v2/",
                "https://konnect.corp.example/kong",
            ),
            (
                "https://us.api.konghq.com.example",
                "https://us.api.konghq.com.example/",
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080/"),
            ("http://localhost:9/v2", "http://localhost:9/"),
            (
                "https://xn--kng-sna.example",
                "https://xn--kng-sna.example/",
            ),
        ] {
            assert_eq!(server_url(text).unwrap().as_str(), url);
        }
    }

    #[test]
    fn unusable_addresses_say_why() {
        let refused = |text: &str| server_url(text).unwrap_err().to_string();
        for text in ["", "global.api.konghq.com", "localhost:8080"] {
            assert!(refused(text).contains("https://"), "{text}");
        }
        for text in [
            "http://us.api.konghq.com",
            "ftp://x.example",
            "https://",
            "https://x.example/?a=1",
        ] {
            assert!(!refused(text).is_empty(), "{text}");
        }
        assert!(refused("https://k\u{f6}ng.example").contains("xn--"));
        assert!(!refused("https://me:secret@x.example").contains("secret"));
    }
}
