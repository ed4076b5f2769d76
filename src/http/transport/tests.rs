//! Against real sockets, in real time; every server answers a fixed number of connections and is joined.

use std::io::Write as _;

use base64::Engine as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::*;
use crate::http::api::{Api, ApiSettings, RefusalParts};
use crate::http::authorize::StaticToken;
use crate::http::request::Request;
use crate::http::scope::Scope;
use crate::http::secret::Secret;

const LIMIT: Duration = Duration::from_secs(20);

/// What a server does with one connection after it has read the request.
#[derive(Clone)]
enum Then {
    /// Sends this and closes.
    Send(Vec<u8>),
    /// Closes without a word.
    Close,
    /// Sends this and then keeps the connection open until the client gives up.
    Stall(Vec<u8>),
}

fn answer(status: &str, headers: &str, body: &str) -> Then {
    let length = body.len();
    Then::Send(
        format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}").into_bytes(),
    )
}

/// A server that handles as many connections as it has instructions; gives back the requests.
async fn serve(instructions: Vec<Then>) -> (Url, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let serving = tokio::spawn(async move {
        let mut requests = Vec::new();
        for then in instructions {
            let (mut stream, _) = listener.accept().await.unwrap();
            requests.push(read_request(&mut stream).await);
            match then {
                Then::Close => {}
                // The client may hang up first when it has read enough.
                Then::Send(bytes) => drop(stream.write_all(&bytes).await),
                Then::Stall(bytes) => {
                    stream.write_all(&bytes).await.unwrap();
                    drop(stream.read(&mut [0]).await);
                }
            }
        }
        requests
    });
    (url, serving)
}

async fn read_request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                return text;
            }
        }
        let mut chunk = [0; 4096];
        let count = stream.read(&mut chunk).await.unwrap();
        assert_ne!(count, 0, "the request was cut: {text}");
        request.extend_from_slice(&chunk[..count]);
    }
}

async fn requests(serving: JoinHandle<Vec<String>>) -> Vec<String> {
    timeout(LIMIT, serving).await.unwrap().unwrap()
}

fn transport(request_timeout: Duration) -> Transport {
    Transport::new(TransportSettings {
        request_timeout,
        user_agent: "sample/1".to_owned(),
        ..TransportSettings::default()
    })
}

fn get(url: Url) -> Outgoing {
    Outgoing {
        method: Method::GET,
        url,
        headers: HeaderMap::new(),
        body: None,
    }
}

async fn broken(url: Url, request_timeout: Duration) -> Interruption {
    match transport(request_timeout).exchange(get(url)).await {
        Err(Broken::Interrupted(interruption)) => interruption,
        other => panic!("{other:?}"),
    }
}

fn api(base: Url) -> Api {
    let token = StaticToken::bearer(&Secret::new("kpat_1")).unwrap();
    let read_refusal = |_: u16, _: &HeaderMap, _: &[u8]| RefusalParts::default();
    let mut settings = ApiSettings::new(
        "Sample",
        base,
        transport(LIMIT),
        Arc::new(token),
        read_refusal,
    );
    settings.retry.first_pause = Duration::from_millis(1);
    Api::new(settings)
}

#[tokio::test]
async fn a_request_goes_out_whole_and_its_answer_comes_back() {
    let (url, serving) = serve(vec![answer("200 OK", "x-id: 7\r\n", "{\"a\":1}")]).await;
    let request = Request::put(["v2", "a b"])
        .query("page[size]", "10")
        .json(&serde_json::json!({"name": "x"}))
        .unwrap();
    let response = api(url)
        .send(&Scope::detached(LIMIT), request)
        .await
        .unwrap();
    assert_eq!(response.headers["x-id"], "7");
    assert_eq!(&response.body[..], b"{\"a\":1}");
    let request = requests(serving).await.remove(0).to_ascii_lowercase();
    assert!(
        request.starts_with("put /v2/a%20b?page%5bsize%5d=10 http/1.1\r\n"),
        "{request}"
    );
    for header in [
        "authorization: bearer kpat_1",
        "content-type: application/json",
        "user-agent: sample/1",
        "accept-encoding: gzip",
        "accept: application/json",
    ] {
        assert!(request.contains(header), "{request}");
    }
    assert!(request.ends_with("{\"name\":\"x\"}"), "{request}");
}

#[tokio::test]
async fn a_compressed_answer_is_read() {
    let gzip = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xabV\xca\xcfV\xb2*)*M\xad\x05\x00\x90_\xd4\xa7\x0b\x00\x00\x00";
    let mut bytes = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        gzip.len()
    )
    .into_bytes();
    bytes.extend_from_slice(gzip);
    let (url, serving) = serve(vec![Then::Send(bytes)]).await;
    let response = transport(LIMIT).exchange(get(url)).await.unwrap();
    assert_eq!(&response.body[..], br#"{"ok":true}"#);
    requests(serving).await;
}

#[tokio::test]
async fn a_lost_answer_to_a_post_is_told_and_to_a_put_is_sent_again() {
    let (url, serving) = serve(vec![Then::Close]).await;
    let error = api(url)
        .send(&Scope::detached(LIMIT), Request::post(["things"]))
        .await
        .unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    assert_eq!(requests(serving).await.len(), 1);

    let (url, serving) = serve(vec![Then::Close, answer("200 OK", "", "{}")]).await;
    let answer = api(url)
        .send(&Scope::detached(LIMIT), Request::put(["things", "1"]))
        .await;
    assert!(answer.is_ok());
    assert_eq!(requests(serving).await.len(), 2);
}

#[tokio::test]
async fn a_cut_body_is_a_lost_answer() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"half\":".to_vec();
    let (url, serving) = serve(vec![Then::Send(cut)]).await;
    assert_eq!(broken(url, LIMIT).await.kind, InterruptionKind::Lost);
    requests(serving).await;
}

#[tokio::test]
async fn an_answer_that_does_not_end_in_time_is_lost() {
    for begun in [
        Vec::new(),
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec(),
    ] {
        let (url, serving) = serve(vec![Then::Stall(begun)]).await;
        let interruption = broken(url, Duration::from_millis(300)).await;
        assert_eq!(interruption.kind, InterruptionKind::Lost);
        assert!(interruption.message.contains("time"), "{interruption}");
        requests(serving).await;
    }
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_not_read() {
    let mut endless = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
    endless.resize(endless.len() + BODY_LIMIT + 1, b' ');
    let (url, serving) = serve(vec![Then::Send(endless)]).await;
    assert_eq!(broken(url, LIMIT).await.kind, InterruptionKind::TooLarge);
    requests(serving).await;
}

/// A gzip stream of nothing but zeros, which becomes more than a thousand times as long: after the first one, each 13 bits say 258 more.
fn bomb(length: usize) -> Vec<u8> {
    let mut bytes = b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec();
    // A last block of fixed codes; the zero; then each time length 258 and distance 1.
    let begin = [1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0];
    let again = [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0];
    let bits: Vec<u8> = begin
        .into_iter()
        .chain((0..length / 258).flat_map(|_| again))
        .collect();
    let byte = |bits: &[u8]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | bit);
    bytes.extend(bits.chunks(8).map(byte));
    bytes
}

#[tokio::test]
async fn an_answer_that_becomes_too_large_when_it_is_unpacked_is_not_read() {
    let body = bomb(BODY_LIMIT * 2);
    assert!(body.len() < BODY_LIMIT / 64, "{}", body.len());
    let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n";
    let (url, serving) = serve(vec![Then::Send([head.as_bytes(), &body].concat())]).await;
    assert_eq!(broken(url, LIMIT).await.kind, InterruptionKind::TooLarge);
    requests(serving).await;
}

#[tokio::test]
async fn no_connection_means_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let interruption = broken(url, LIMIT).await;
    assert_eq!(interruption.kind, InterruptionKind::NotConnected);
    assert!(
        interruption.message.to_lowercase().contains("refused"),
        "{interruption}"
    );
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (url, serving) = serve(vec![answer(
        "307 Temporary Redirect",
        "location: http://127.0.0.1:1/\r\n",
        "",
    )])
    .await;
    let response = transport(LIMIT).exchange(get(url)).await.unwrap();
    assert_eq!(response.status.as_u16(), 307);
    requests(serving).await;
}

/// An HTTPS server for one connection, and the PEM of its certificate.
async fn serve_tls() -> (Url, String, JoinHandle<bool>) {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let text = base64::engine::general_purpose::STANDARD.encode(certificate.der());
    let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let Ok(mut stream) = acceptor.accept(stream).await else {
            return false;
        };
        let mut request = [0; 4096];
        let read = stream.read(&mut request).await.unwrap_or(0);
        let answer = b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
        read > 0 && stream.write_all(answer).await.is_ok()
    });
    let url = Url::parse(&format!("https://localhost:{port}")).unwrap();
    (url, pem, serving)
}

#[tokio::test]
async fn an_unknown_certificate_is_untrusted() {
    let (url, _, serving) = serve_tls().await;
    let interruption = broken(url, LIMIT).await;
    assert_eq!(
        interruption.kind,
        InterruptionKind::Untrusted,
        "{interruption}"
    );
    assert!(!timeout(LIMIT, serving).await.unwrap().unwrap());
}

#[tokio::test]
async fn a_certificate_of_the_bundle_is_trusted() {
    let (url, pem, serving) = serve_tls().await;
    let mut bundle = tempfile::NamedTempFile::new().unwrap();
    bundle.write_all(pem.as_bytes()).unwrap();
    let transport = Transport::new(TransportSettings {
        ca_bundle: Some(CaBundle {
            path: bundle.path().to_owned(),
            named_by: "ca_certificate_path",
            is_optional: false,
        }),
        ..TransportSettings::default()
    });
    let response = transport.exchange(get(url)).await.unwrap();
    assert_eq!(response.status.as_u16(), 204);
    assert!(timeout(LIMIT, serving).await.unwrap().unwrap());
}

#[tokio::test]
async fn a_missing_bundle_fails_at_first_use() {
    let transport = Transport::new(TransportSettings {
        ca_bundle: Some(CaBundle {
            path: "/nonexistent/ca.pem".into(),
            named_by: "ca_certificate_path",
            is_optional: false,
        }),
        ..TransportSettings::default()
    });
    let url = Url::parse("https://localhost").unwrap();
    let Err(Broken::Unusable(error)) = transport.exchange(get(url)).await else {
        panic!("an exchange without a bundle");
    };
    assert!(error.is_not_configured());
    assert!(error.to_string().contains("/nonexistent/ca.pem"));
}

#[tokio::test]
async fn what_is_not_on_the_link_is_checked_and_bounded_as_everything_else() {
    let elsewhere = Url::parse("http://10.0.0.1/").unwrap();
    let transport = transport(LIMIT);
    let refused = transport.exchange_on_link(get(elsewhere), LIMIT).await;
    assert!(matches!(refused, Err(Broken::Unusable(_))));
    let mut endless = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
    endless.resize(endless.len() + BODY_LIMIT + 1, b' ');
    let (url, serving) = serve(vec![Then::Send(endless), Then::Stall(Vec::new())]).await;
    // The way that an exchange on the link goes, whose addresses a test cannot have.
    for (limit, kind) in [
        (LIMIT, InterruptionKind::TooLarge),
        (Duration::from_millis(300), InterruptionKind::Lost),
    ] {
        match transport.unchecked(get(url.clone()), Some(limit)).await {
            Err(Broken::Interrupted(interruption)) => assert_eq!(interruption.kind, kind),
            other => panic!("{other:?}"),
        }
    }
    requests(serving).await;
}

#[tokio::test]
async fn a_token_never_leaves_in_the_clear() {
    let url = Url::parse("http://api.example").unwrap();
    let error = api(url)
        .send(&Scope::detached(LIMIT), Request::get(["a"]))
        .await
        .unwrap_err();
    assert!(error.is_not_configured(), "{error}");
}

#[tokio::test]
async fn loopback_is_reached_without_the_proxy() {
    let (url, serving) = serve(vec![answer("200 OK", "", "")]).await;
    let unreachable = |name: &str| (name == "HTTP_PROXY").then(|| "http://127.0.0.1:1".to_owned());
    let mut builder = reqwest::Client::builder().no_proxy();
    for proxy in proxy::proxies(unreachable).unwrap() {
        builder = builder.proxy(proxy);
    }
    let trust = tls::trust(None).unwrap();
    let client = builder
        .tls_backend_preconfigured(trust.config)
        .build()
        .unwrap();
    let response = timeout(LIMIT, client.get(url).send()).await.unwrap();
    assert!(response.is_ok());
    requests(serving).await;
}
