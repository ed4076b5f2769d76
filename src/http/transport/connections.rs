//! How many connections exchanges need, against a real HTTPS server.

use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use base64::Engine as _;
use futures_util::future::join_all;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use rustls::{HandshakeKind, ServerConfig};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

/// A server on this machine, for as long as the test runs.
struct Server {
    url: Url,
    transport: Transport,
    /// Connections made, and those of them that took up an earlier session.
    made: Arc<[AtomicUsize; 2]>,
    _bundle: tempfile::NamedTempFile,
}

impl Server {
    async fn start(protocols: &[&str], closes: bool) -> Self {
        let (pem, config) = identity(protocols);
        let mut bundle = tempfile::NamedTempFile::new().unwrap();
        bundle.write_all(pem.as_bytes()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let made: Arc<[AtomicUsize; 2]> = Arc::default();
        tokio::spawn(serve(listener, config, Arc::clone(&made), closes));
        Self {
            url: Url::parse(&format!("https://localhost:{port}/")).unwrap(),
            transport: Transport::new(TransportSettings {
                ca_bundle: Some(CaBundle {
                    path: bundle.path().to_owned(),
                    named_by: "ca_certificate_path",
                    is_optional: false,
                }),
                ..TransportSettings::default()
            }),
            made,
            _bundle: bundle,
        }
    }

    async fn ask(&self) {
        let answer = self.transport.exchange(Outgoing {
            method: Method::GET,
            url: self.url.clone(),
            headers: HeaderMap::new(),
            body: None,
        });
        assert_eq!(answer.await.unwrap().status, StatusCode::OK);
    }

    async fn ask_at_once(&self, count: usize) {
        join_all((0..count).map(|_| self.ask())).await;
    }

    fn made(&self) -> (usize, usize) {
        let [all, resumed] = &*self.made;
        (all.load(Ordering::Relaxed), resumed.load(Ordering::Relaxed))
    }
}

fn identity(protocols: &[&str]) -> (String, ServerConfig) {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let text = base64::engine::general_purpose::STANDARD.encode(certificate.der());
    let mut config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
    config.alpn_protocols = protocols
        .iter()
        .map(|name| name.as_bytes().to_vec())
        .collect();
    let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
    (pem, config)
}

async fn serve(
    listener: TcpListener,
    config: ServerConfig,
    made: Arc<[AtomicUsize; 2]>,
    closes: bool,
) {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let router = Router::new().fallback(move || async move {
        // Long enough for all requests of a burst to be there at the same time.
        tokio::time::sleep(Duration::from_millis(30)).await;
        let connection = if closes { "close" } else { "keep-alive" };
        ([("connection", connection)], "")
    });
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (acceptor, made, router) = (acceptor.clone(), Arc::clone(&made), router.clone());
        tokio::spawn(async move {
            let stream = acceptor.accept(stream).await.unwrap();
            let [all, resumed] = &*made;
            all.fetch_add(1, Ordering::Relaxed);
            if stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed) {
                resumed.fetch_add(1, Ordering::Relaxed);
            }
            let service = TowerToHyperService::new(router);
            drop(
                auto::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .await,
            );
        });
    }
}

#[tokio::test]
async fn where_http2_is_offered_everything_goes_over_one_connection() {
    let server = Server::start(&["h2", "http/1.1"], false).await;
    server.ask_at_once(32).await;
    server.ask_at_once(32).await;
    assert_eq!(server.made(), (1, 0));
}

#[tokio::test]
async fn where_it_is_not_connections_are_kept_for_the_next_requests() {
    let server = Server::start(&["http/1.1"], false).await;
    server.ask_at_once(8).await;
    let (first, _) = server.made();
    assert!(first <= 8, "{first} connections for 8 requests");
    for _ in 0..5 {
        server.ask_at_once(first).await;
    }
    assert_eq!(server.made().0, first);
}

#[tokio::test]
async fn a_new_connection_takes_up_the_session_of_an_earlier_one() {
    let server = Server::start(&["http/1.1"], true).await;
    for _ in 0..3 {
        server.ask().await;
    }
    assert_eq!(server.made(), (3, 2));
}
