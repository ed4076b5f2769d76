//! The floor: about the least that can answer a host as a provider does. A bare gRPC server on a Unix socket, with one resource; it looks at
//! the host's certificate and verifies no signature.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a program to be measured, which fails by panicking"
)]

use std::{
    convert::Infallible,
    future::{Ready, ready},
    io::Write as _,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use futures_util::stream;
use konnectazure::{
    plugin::{
        Routes,
        generated::plugin::{
            Empty,
            grpc_controller_server::{GrpcController, GrpcControllerServer},
        },
    },
    wire::generated::{Schema, get_provider_schema, schema},
};
use prost::{
    Message as _,
    bytes::{Buf as _, BufMut as _, Bytes},
};
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::ring,
    pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime, pem::PemObject as _},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{UnixListener, UnixStream},
    sync::Notify,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tonic::{
    Request, Response, Status,
    body::Body,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::{BoxFuture, Service, http},
    server::{Grpc, NamedService},
    transport::{Server, server::Connected},
};

fn main() {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(serve());
}

async fn serve() {
    let Ok(pem) = std::env::var("PLUGIN_CLIENT_CERT") else {
        // `cargo bench` starts every bench; this one is for the others to start.
        return;
    };
    let host = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    let (config, certificate) = secured(host);
    let line = format!(
        "1|6|unix|{}|grpc|{}\n",
        path.display(),
        STANDARD_NO_PAD.encode(&certificate)
    );
    std::io::stdout().write_all(line.as_bytes()).unwrap();

    let done = Arc::new(Notify::new());
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let incoming = stream::unfold((listener, acceptor), async |(listener, acceptor)| {
        let (stream, _) = listener.accept().await.ok()?;
        let secured = acceptor.accept(stream).await.map(Connection);
        Some((secured, (listener, acceptor)))
    });
    let routes = Routes::default()
        .add_service(Provider(one_resource()))
        .add_service(GrpcControllerServer::new(Controller(Arc::clone(&done))));
    Server::builder()
        .serve_with_incoming_shutdown(routes, Box::pin(incoming), done.notified())
        .await
        .unwrap();
}

fn one_resource() -> Bytes {
    let name = schema::Attribute {
        name: "name".to_owned(),
        r#type: b"\"string\"".to_vec(),
        required: true,
        ..schema::Attribute::default()
    };
    let schema = |attributes| Schema {
        block: Some(schema::Block {
            attributes,
            ..schema::Block::default()
        }),
        ..Schema::default()
    };
    get_provider_schema::Response {
        provider: Some(schema(Vec::new())),
        resource_schemas: [("floor_thing".to_owned(), schema(vec![name]))].into(),
        ..get_provider_schema::Response::default()
    }
    .encode_to_vec()
    .into()
}

fn secured(host: CertificateDer<'static>) -> (ServerConfig, CertificateDer<'static>) {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(["localhost".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let certificate = certificate.der().clone();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(Arc::new(Pinned(host)))
        .with_single_cert(vec![certificate.clone()], key.into())
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    (config, certificate)
}

/// Knows the host's certificate and believes that whoever shows it is the host.
#[derive(Debug)]
struct Pinned(CertificateDer<'static>);

impl ClientCertVerifier for Pinned {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        shown: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if *shown == self.0 {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(Error::General("another certificate".to_owned()))
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ECDSA_NISTP521_SHA512]
    }
}

struct Controller(Arc<Notify>);

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.0.notify_one();
        Ok(Response::new(Empty {}))
    }
}

/// Answers every call with its schema.
#[derive(Clone)]
struct Provider(Bytes);

impl NamedService for Provider {
    const NAME: &'static str = "tfplugin6.Provider";
}

impl Service<http::Request<Body>> for Provider {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let answer = Answer(self.0.clone());
        Box::pin(async move { Ok(Grpc::new(Verbatim).unary(answer, request).await) })
    }
}

struct Answer(Bytes);

impl Service<Request<()>> for Answer {
    type Response = Response<Bytes>;
    type Error = Status;
    type Future = Ready<Result<Response<Bytes>, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(self.0.clone())))
    }
}

#[derive(Clone, Copy)]
struct Verbatim;

impl Codec for Verbatim {
    type Encode = Bytes;
    type Decode = ();
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Verbatim {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put(item);
        Ok(())
    }
}

impl Decoder for Verbatim {
    type Item = ();
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<()>, Status> {
        from.advance(from.remaining());
        Ok(Some(()))
    }
}

struct Connection(TlsStream<UnixStream>);

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
