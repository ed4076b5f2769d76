//! The credential library's way to the network: ours.

use std::time::{Duration, Instant};

use azure_core::error::ErrorKind;
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, Body, HttpClient, Method, Request, StatusCode};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use tracing::Instrument as _;

use crate::azure::envelope::Fault;
use crate::http::address::is_link_local;
use crate::http::plain::shortened;
use crate::http::redact::redact;
use crate::http::transport::{Broken, Outgoing};
use crate::http::{Error, Failure, Interruption, InterruptionKind, Response, Transport};

/// How long the machine's identity endpoint may take. It is on the same host: silence means that it is not there.
const IDENTITY_ENDPOINT_LIMIT: Duration = Duration::from_secs(10);

/// How many seconds a token is used whose answer does not tell when it ends.
const SHORT_LIFE: i64 = 300;

const API: &str = "Microsoft Entra";
/// What Entra calls an exchange.
const REQUEST_ID: &str = "x-ms-request-id";

/// Sends the credential library's requests through our transport, so that CA bundle, proxies and limits are the same.
#[derive(Debug)]
pub(super) struct Exchange {
    transport: Transport,
}

impl Exchange {
    pub(super) fn new(transport: Transport) -> Self {
        Self { transport }
    }

    async fn send(&self, outgoing: Outgoing) -> Result<Response, Broken> {
        let sent = Instant::now();
        let answer = if is_link_local(&outgoing.url) {
            self.to_identity_endpoint(outgoing).await
        } else {
            self.transport.exchange(outgoing).await
        };
        let ms = u64::try_from(sent.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Ok(response) = &answer {
            let status = response.status.as_u16();
            let request_id = response.headers.get(REQUEST_ID);
            let request_id = request_id
                .and_then(|id| id.to_str().ok())
                .map(redact)
                .unwrap_or_default();
            tracing::debug!(status, %request_id, ms, "exchange");
        } else {
            tracing::debug!(ms, "exchange broke off");
        }
        answer
    }

    async fn to_identity_endpoint(&self, outgoing: Outgoing) -> Result<Response, Broken> {
        let limit = IDENTITY_ENDPOINT_LIMIT;
        let answer = self.transport.exchange_on_link(outgoing, limit).await;
        answer.map_err(|broken| match broken {
            Broken::Interrupted(fault) if fault.kind != InterruptionKind::TooLarge => {
                // Final: the library would ask again for more than a minute.
                Broken::Unusable(Error::credential(format!(
                    "no managed identity endpoint answers on this machine ({fault}); use_msi works on Azure machines only"
                )))
            }
            other => other,
        })
    }
}

#[async_trait::async_trait]
impl HttpClient for Exchange {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let outgoing = outgoing(request)?;
        let call = format!("{} {}", outgoing.method, outgoing.url.path());
        let (method, path) = (&outgoing.method, outgoing.url.path());
        let span = tracing::debug_span!("call", api = API, %method, path);
        let sent = self.send(outgoing).instrument(span);
        let response = sent.await.map_err(|broken| interrupted(broken, call))?;
        let status = StatusCode::from(response.status.as_u16());
        let headers = to_headers(&response.headers);
        Ok(if response.status.is_success() {
            match whole_token(&response.body) {
                Some(token) => AsyncRawResponse::from_bytes(status, headers, token),
                None => AsyncRawResponse::from_bytes(status, headers, response.body),
            }
        } else {
            AsyncRawResponse::from_bytes(status, headers, readable(&response.body))
        })
    }
}

fn outgoing(request: &Request) -> azure_core::Result<Outgoing> {
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers().iter() {
        let pair = HeaderName::from_bytes(name.as_str().as_bytes())
            .ok()
            .zip(HeaderValue::from_str(value.as_str()).ok());
        // Only a secret of the user's can hold what a header cannot.
        let (name, mut value) =
            pair.ok_or_else(|| unsendable("a header holds characters that cannot be sent"))?;
        value.set_sensitive(name == http::header::AUTHORIZATION);
        headers.insert(name, value);
    }
    let body = match request.body() {
        Body::Bytes(bytes) => Some(bytes.clone()).filter(|bytes| !bytes.is_empty()),
        Body::SeekableStream(_) => return Err(unsendable("token requests have no streams")),
    };
    Ok(Outgoing {
        method: match request.method() {
            Method::Get => http::Method::GET,
            Method::Post => http::Method::POST,
            _ => return Err(unsendable("tokens are asked for with GET and POST only")),
        },
        url: request.url().clone(),
        headers,
        body,
    })
}

fn unsendable(reason: &'static str) -> azure_core::Error {
    azure_core::Error::with_message(ErrorKind::Other, reason)
}

fn to_headers(headers: &HeaderMap) -> Headers {
    let mut converted = Headers::new();
    for (name, value) in headers {
        if let Ok(value) = value.to_str() {
            converted.insert(name.as_str().to_owned(), value.to_owned());
        }
    }
    converted
}

/// The kind tells the library whether to try again; our own error inside is taken out again by `explain`.
fn interrupted(broken: Broken, call: String) -> azure_core::Error {
    match broken {
        Broken::Unusable(error) => azure_core::Error::new(ErrorKind::Other, error),
        Broken::Interrupted(source) => {
            let kind = match source.kind {
                InterruptionKind::NotConnected => ErrorKind::Connection,
                InterruptionKind::Lost => ErrorKind::Io,
                InterruptionKind::Untrusted | InterruptionKind::TooLarge => ErrorKind::Other,
            };
            azure_core::Error::new(kind, failure(API, call, source))
        }
    }
}

fn failure(api: &'static str, call: String, source: Interruption) -> Error {
    match source.kind {
        InterruptionKind::NotConnected | InterruptionKind::Untrusted => Failure::NotSent {
            api,
            call,
            attempts: 1,
            source,
        },
        // Asking for a token changes nothing, so it is as if a read got no answer.
        InterruptionKind::Lost | InterruptionKind::TooLarge => Failure::NoAnswer {
            api,
            call,
            attempts: 1,
            source,
        },
    }
    .into()
}

/// An answer that holds a token in the one form that the library can read, if it is one.
///
/// The services write times as numbers and as texts, by endpoint and version, and the library reads of each what it has met. What an answer
/// leaves out is no reason to refuse its token, which the APIs judge themselves.
fn whole_token(body: &[u8]) -> Option<Vec<u8>> {
    let mut answer: Map<String, Value> = serde_json::from_slice(body).ok()?;
    answer.get("access_token")?.as_str()?;
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let lifetime = answer.get("expires_in").and_then(seconds);
    let end = answer.get("expires_on").and_then(seconds);
    let lifetime = lifetime
        .or_else(|| end.map(|end| end.saturating_sub(now)))
        .unwrap_or(SHORT_LIFE);
    let end = end.unwrap_or_else(|| now.saturating_add(lifetime));
    for (name, default) in [("token_type", "Bearer"), ("resource", "")] {
        answer.entry(name).or_insert_with(|| default.into());
    }
    let extended = answer.get("ext_expires_in").and_then(seconds);
    answer.extend([
        ("expires_in".to_owned(), lifetime.into()),
        (
            "ext_expires_in".to_owned(),
            extended.unwrap_or(lifetime).into(),
        ),
        ("expires_on".to_owned(), end.to_string().into()),
    ]);
    Some(Value::from(answer).to_string().into_bytes())
}

/// A number of seconds, however it is written.
fn seconds(value: &Value) -> Option<i64> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    let whole = text
        .split_once('.')
        .map_or(text.as_str(), |(whole, _)| whole);
    whole.parse().ok()
}

/// An error body in the one form that the library can read.
///
/// Its reader borrows the texts and gives up on any escape in them (Entra's descriptions hold line breaks), on other types
/// and on pages of a gateway; the user would see the reader's complaint instead of Entra's words. So the body is read here,
/// by the tolerant reader, and written anew without anything that JSON has to escape.
fn readable(body: &[u8]) -> Vec<u8> {
    let fault = Fault::read(body);
    let plain = |text: &str| -> String {
        let text = shortened(text);
        let unescaped = |character: char| match character {
            '"' => '\'',
            '\\' => '/',
            character if character.is_control() => ' ',
            character => character,
        };
        text.chars().map(unescaped).collect()
    };
    let codes: Vec<i32> = match serde_json::from_slice::<Value>(body) {
        Ok(value) => value
            .get("error_codes")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|code| i32::try_from(code.as_i64()?).ok())
            .collect(),
        Err(_) => Vec::new(),
    };
    let id = |wanted: &str| {
        let found = fault.trace.iter().find(|(label, _)| label == wanted);
        found.map(|(_, id)| plain(id))
    };
    json!({
        "error": fault.code.as_deref().map(plain),
        "error_description": plain(&fault.message),
        "error_codes": codes,
        "trace_id": id("trace id"),
        "correlation_id": id("correlation id"),
    })
    .to_string()
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::transport::scripted::{Answer, Script};

    #[test]
    fn any_error_body_becomes_one_that_can_be_borrowed() {
        for body in [
            "{\"error\":\"invalid_client\",\"error_codes\":[7000215],\"error_description\":\"AADSTS7000215: \\\"x\\\"\\r\\nTrace ID: t\\u00e9\",\"trace_id\":\"t\",\"correlation_id\":\"c\"}",
            "<html><title>Bad \"Gateway\"</title></html>",
            "",
            "{\"error\":{\"code\":\"x\",\"message\":\"a\\\\b\"}}",
            "{\"error_codes\":[99999999999]}",
        ] {
            #[derive(serde::Deserialize)]
            struct Borrowed<'a> {
                error_codes: Vec<i32>,
                error_description: &'a str,
            }
            let readable = readable(body.as_bytes());
            let read: Borrowed<'_> =
                serde_json::from_slice(&readable).unwrap_or_else(|fault| panic!("{body}: {fault}"));
            assert!(!read.error_description.contains('\n'));
            assert!(read.error_codes.len() < 2);
        }
    }

    #[test]
    fn an_answer_with_a_token_becomes_one_with_all_that_is_read() {
        let now = OffsetDateTime::now_utc().unix_timestamp();
        for (answer, lifetime) in [
            (r#"{"access_token":"t","expires_in":3599}"#, 3599),
            (r#"{"access_token":"t","expires_in":" 3599 "}"#, 3599),
            (r#"{"access_token":"t","expires_in":3599.9}"#, 3599),
            (
                r#"{"access_token":"t","expires_on":"11/27/2026 03:31:29 +00:00"}"#,
                SHORT_LIFE,
            ),
            (
                r#"{"access_token":"t","expires_in":{},"expires_on":null}"#,
                SHORT_LIFE,
            ),
            (
                &format!(r#"{{"access_token":"t","expires_on":{}}}"#, now + 600),
                600,
            ),
            (
                &format!(r#"{{"access_token":"t","expires_on":"{}"}}"#, now + 600),
                600,
            ),
        ] {
            let whole = whole_token(answer.as_bytes()).unwrap();
            let whole: Value = serde_json::from_slice(&whole).unwrap();
            // The clock may have gone on.
            let near = |seconds: Option<i64>, wanted: i64| {
                assert!(
                    seconds.is_some_and(|seconds| (wanted - seconds).abs() < 60),
                    "{answer}: {whole}"
                );
            };
            near(whole["expires_in"].as_i64(), lifetime);
            near(whole["ext_expires_in"].as_i64(), lifetime);
            near(
                whole["expires_on"].as_str().unwrap().parse().ok(),
                now + lifetime,
            );
            assert_eq!(whole["token_type"], "Bearer");
        }
        for other in ["", "[]", r#"{"access_token":7}"#, r#"{"token":"t"}"#] {
            assert_eq!(whole_token(other.as_bytes()), None, "{other}");
        }
    }

    #[tokio::test]
    async fn a_machines_identity_endpoint_is_asked_once_and_told_as_such() {
        for (kind, says) in [
            (
                InterruptionKind::NotConnected,
                "no managed identity endpoint answers",
            ),
            (
                InterruptionKind::Lost,
                "no managed identity endpoint answers",
            ),
            (InterruptionKind::TooLarge, "Microsoft Entra"),
        ] {
            let script = Script::new([Answer::Broken(kind)]);
            let exchange = Exchange::new(Transport::scripted(script.clone()));
            let url = "http://169.254.169.254/metadata/identity/oauth2/token";
            let request = Request::new(url.parse().unwrap(), Method::Get);
            let error = exchange.execute_request(&request).await.unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Other, "{error}");
            assert!(error.to_string().contains(says), "{error}");
            assert_eq!(script.calls().len(), 1);
        }
    }
}
