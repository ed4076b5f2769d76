//! One request to an API: where, what, and whether it may be sent again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use url::Url;

use super::error::Error;

/// All but RFC 3986's unreserved characters, so that nothing can end early, climb, or start a query.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A path may hold `OData` keys as they are, `things(key='value')`: some gateways match them before they decode.
const SEGMENT: &AsciiSet = &RESERVED
    .remove(b'(')
    .remove(b')')
    .remove(b'\'')
    .remove(b'=');

/// `$filter` keeps its sign, for the same reason.
const QUERY: &AsciiSet = &RESERVED.remove(b'$');

/// A request, relative to an API's base address.
#[derive(Clone, Debug)]
pub struct Request {
    method: Method,
    target: Target,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Option<Bytes>,
    repeatable: bool,
    is_read: bool,
    /// How often it and its clones were sent, where that is counted.
    attempts: Option<Arc<AtomicU32>>,
}

#[derive(Clone, Debug)]
enum Target {
    Segments(Vec<String>),
    Absolute(String),
}

impl Request {
    /// A request to the path made of `segments`. Each one is percent-encoded by itself, so that no id can leave its place.
    #[must_use]
    pub fn new<I>(method: Method, segments: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let segments = segments
            .into_iter()
            .map(|segment| segment.as_ref().to_owned())
            .collect();
        Self::to(method, Target::Segments(segments))
    }

    /// Reads.
    #[must_use]
    pub fn get<I>(segments: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        Self::new(Method::GET, segments)
    }

    /// Creates. Not sent again unless it surely was not carried out.
    #[must_use]
    pub fn post<I>(segments: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        Self::new(Method::POST, segments)
    }

    /// Creates or replaces.
    #[must_use]
    pub fn put<I>(segments: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        Self::new(Method::PUT, segments)
    }

    /// Changes.
    #[must_use]
    pub fn patch<I>(segments: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        Self::new(Method::PATCH, segments)
    }

    /// Deletes.
    #[must_use]
    pub fn delete<I>(segments: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        Self::new(Method::DELETE, segments)
    }

    /// A request to a whole path such as a resource id that a type has already checked: `/subscriptions/…`.
    /// Its segments are encoded one by one all the same.
    #[must_use]
    pub fn raw_path(method: Method, path: &str) -> Self {
        Self::new(method, path.strip_prefix('/').unwrap_or(path).split('/'))
    }

    /// Reads the next page at the address that the service gave, whole or relative. Whatever host it names, the configured one is asked.
    #[must_use]
    pub fn absolute(url: &str) -> Self {
        Self::to(Method::GET, Target::Absolute(url.to_owned()))
    }

    fn to(method: Method, target: Target) -> Self {
        let repeatable = method != Method::POST;
        let is_read = method == Method::GET || method == Method::HEAD;
        Self {
            method,
            target,
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: None,
            repeatable,
            is_read,
            attempts: None,
        }
    }

    /// Adds one query parameter.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a query parameter where there is a value.
    #[must_use]
    pub fn query_if(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sends `body` as JSON.
    ///
    /// # Errors
    /// When `body` cannot be written as JSON, which is a fault of ours.
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Result<Self, Error> {
        let text = serde_json::to_vec(body).map_err(|error| {
            Error::unsendable(format!("the request could not be written: {error}"))
        })?;
        self.body = Some(text.into());
        self.headers.insert(
            http::header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        Ok(self)
    }

    /// Only asks, whatever its method: it may be sent twice, be dropped half way, and leaves nothing behind.
    #[must_use]
    pub fn reads(mut self) -> Self {
        self.repeatable = true;
        self.is_read = true;
        self
    }

    /// Clones of it are the same request, sent again by another call: attempts are counted on.
    #[must_use]
    pub fn counted(mut self) -> Self {
        self.attempts = Some(Arc::default());
        self
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Sending it twice has the effect of sending it once.
    pub(super) fn is_repeatable(&self) -> bool {
        self.repeatable
    }

    /// Reads may be dropped half way; changes may not.
    pub(super) fn is_read(&self) -> bool {
        self.is_read
    }

    /// How often it was sent by earlier calls.
    pub(super) fn attempts(&self) -> u32 {
        let counted = self.attempts.as_ref();
        counted.map_or(0, |counted| counted.load(Ordering::Relaxed))
    }

    /// It was sent so often by now.
    pub(super) fn note_attempts(&self, attempts: u32) {
        if let Some(counted) = &self.attempts {
            counted.store(attempts, Ordering::Relaxed);
        }
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(super) fn body(&self) -> Option<&Bytes> {
        self.body.as_ref()
    }

    /// The whole address below `base`.
    pub(super) fn url(&self, base: &Url) -> Result<Url, Error> {
        match &self.target {
            Target::Segments(segments) => self.below(base, segments),
            Target::Absolute(address) => next_page(base, address),
        }
    }

    fn below(&self, base: &Url, segments: &[String]) -> Result<Url, Error> {
        let mut path = base.path().trim_end_matches('/').to_owned();
        for segment in segments {
            // Dot segments are folded away by every URL parser, percent-encoded or not; an empty one shifts its neighbours.
            if matches!(segment.as_str(), "" | "." | "..") {
                return Err(Error::unsendable(format!(
                    "{segment:?} cannot be a part of a path"
                )));
            }
            path.push('/');
            path.extend(utf8_percent_encode(segment, SEGMENT));
        }
        let mut url = base.clone();
        url.set_path(&path);
        let query = self
            .query
            .iter()
            .map(|(name, value)| {
                let name = utf8_percent_encode(name, QUERY);
                format!("{name}={}", utf8_percent_encode(value, QUERY))
            })
            .collect::<Vec<_>>()
            .join("&");
        url.set_query(Some(query.as_str()).filter(|query| !query.is_empty()));
        url.set_fragment(None);
        if url.path() == path {
            Ok(url)
        } else {
            Err(Error::unsendable(format!(
                "{path:?} is not a path as it stands"
            )))
        }
    }
}

/// The page that `address` names, on the host and by the scheme of `base`: nothing that a service answers leads the token anywhere else.
///
/// A service behind a proxy, or one reached by another of its names, knows its own address only.
fn next_page(base: &Url, address: &str) -> Result<Url, Error> {
    let named = base.join(address).map_err(|error| {
        Error::unsendable(format!("the next page's address is no URL: {error}"))
    })?;
    if !matches!(named.scheme(), "http" | "https") {
        // The rest of the address stays out of the message: a paging token may grant access.
        return Err(Error::unsendable(format!(
            "the next page's address is one of {}, and is not followed",
            named.scheme()
        )));
    }
    let mut url = base.clone();
    let prefix = base.path().trim_end_matches('/');
    let is_elsewhere = named.origin() != base.origin();
    let is_below = named.path().strip_prefix(prefix);
    if is_elsewhere && is_below.is_none_or(|rest| !rest.starts_with('/')) {
        url.set_path(&format!("{prefix}{}", named.path()));
    } else {
        url.set_path(named.path());
    }
    url.set_query(named.query());
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::http::hostile::hostile;

    fn base() -> Url {
        Url::parse("https://api.example/base").unwrap()
    }

    #[test]
    fn query_is_encoded_and_keeps_the_odata_sign() {
        let url = Request::get(["v2", "networks"])
            .query("filter[name][eq]", "a b&c=d")
            .query("$filter", "x eq 'y'")
            .query_if("absent", None)
            .url(&base())
            .unwrap();
        assert_eq!(
            url.as_str(),
            "https://api.example/base/v2/networks?filter%5Bname%5D%5Beq%5D=a%20b%26c%3Dd&$filter=x%20eq%20%27y%27"
        );
    }

    #[test]
    fn dot_segments_and_empty_ones_are_refused() {
        for segment in ["", ".", ".."] {
            assert!(Request::get(["networks", segment]).url(&base()).is_err());
        }
    }

    #[test]
    fn raw_path_is_encoded_by_segment() {
        let url = Request::raw_path(Method::GET, "/subscriptions/a b/resourceGroups/x?y#z")
            .url(&base())
            .unwrap();
        assert_eq!(
            url.path(),
            "/base/subscriptions/a%20b/resourceGroups/x%3Fy%23z"
        );
    }

    #[test]
    fn the_next_page_is_asked_of_the_configured_host_whatever_host_is_named() {
        let base = |text: &str| Url::parse(text).unwrap();
        let proxy = "http://127.0.0.1:8080/arm/";
        let real = "https://management.azure.com";
        for (of, next, expected) in [
            (
                real,
                "https://management.azure.com/x?$skiptoken=a%2Bb",
                "https://management.azure.com/x?$skiptoken=a%2Bb",
            ),
            (real, "/x?page=2", "https://management.azure.com/x?page=2"),
            (
                real,
                "https://user:word@evil.example:8443/x?t=1#f",
                "https://management.azure.com/x?t=1",
            ),
            (
                real,
                "http://management.azure.com/x",
                "https://management.azure.com/x",
            ),
            (real, "//evil.example/x", "https://management.azure.com/x"),
            (
                "http://127.0.0.1:8080",
                "http://localhost:8080/x?t=1",
                "http://127.0.0.1:8080/x?t=1",
            ),
            // The service behind knows nothing of the proxy's prefix; the proxy does.
            (
                proxy,
                "https://management.azure.com/x?t=1",
                "http://127.0.0.1:8080/arm/x?t=1",
            ),
            (
                proxy,
                "http://localhost:8080/arm/x?t=1",
                "http://127.0.0.1:8080/arm/x?t=1",
            ),
            (
                proxy,
                "http://127.0.0.1:8080/other/x",
                "http://127.0.0.1:8080/other/x",
            ),
        ] {
            let url = Request::absolute(next).url(&base(of)).unwrap();
            assert_eq!(url.as_str(), expected, "{next} of {of}");
        }
        for odd in ["mailto:a@b", "data:,x", "https://"] {
            assert!(Request::absolute(odd).url(&base(real)).is_err(), "{odd}");
        }
    }

    #[test]
    fn only_post_is_not_repeatable() {
        assert!(!Request::post(["a"]).is_repeatable());
        assert!(Request::post(["a"]).reads().is_repeatable());
        for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
            assert!(Request::new(method, ["a"]).is_repeatable());
        }
    }

    proptest! {
        #[test]
        fn no_next_page_leads_the_token_to_another_host(address in hostile(), host in hostile()) {
            for address in [address.clone(), format!("https://{host}{address}"), format!("//{host}{address}")] {
                if let Ok(url) = Request::absolute(&address).url(&base()) {
                    prop_assert_eq!(url.origin(), base().origin());
                    prop_assert_eq!((url.username(), url.password()), ("", None));
                }
            }
        }

        #[test]
        fn no_id_reaches_another_endpoint(id in hostile()) {
            let request = Request::get(["networks", id.as_str(), "transit-gateways"]).query("name", &id);
            if let Ok(url) = request.url(&base()) {
                prop_assert_eq!(url.host_str(), Some("api.example"));
                // A server that decodes each segment once finds exactly what was meant, in its place.
                let decoded: Vec<_> = url
                    .path_segments()
                    .unwrap()
                    .map(|segment| percent_encoding::percent_decode_str(segment).decode_utf8().unwrap().into_owned())
                    .collect();
                prop_assert_eq!(decoded, ["base", "networks", id.as_str(), "transit-gateways"]);
                prop_assert_eq!(url.query_pairs().collect::<Vec<_>>(), [("name".into(), id.as_str().into())]);
                prop_assert_eq!(url.fragment(), None);
            } else {
                prop_assert!(matches!(id.as_str(), "" | "." | ".."));
            }
        }
    }
}
