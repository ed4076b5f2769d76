//! The floor: about the least that answers a host as a provider does. A bare tonic server on a Unix socket, with the same mutual TLS as ours and
//! one resource.

#![allow(
    clippy::unwrap_used,
    reason = "a program to be measured, which fails by panicking"
)]

use std::{
    convert::Infallible,
    future::{Ready, ready},
    io::Write as _,
    sync::Arc,
    task::{Context, Poll},
};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use futures_util::stream;
use konnectazure::{
    plugin::{
        Secured,
        generated::plugin::{
            Empty,
            grpc_controller_server::{GrpcController, GrpcControllerServer},
        },
        secure,
    },
    wire::generated::{Schema, get_provider_schema, schema},
};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use tokio::{net::UnixListener, sync::Notify};
use tokio_rustls::TlsAcceptor;
use tonic::{
    Request, Response, Status,
    body::Body,
    codegen::{BoxFuture, Service, http},
    server::{Grpc, NamedService},
    transport::Server,
};
use tonic_prost::ProstCodec;

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
    let Secured {
        config,
        certificate,
    } = secure(host).unwrap();
    let line = format!(
        "1|6|unix|{}|grpc|{}\n",
        path.display(),
        STANDARD_NO_PAD.encode(&certificate)
    );
    std::io::stdout().write_all(line.as_bytes()).unwrap();

    let done = Arc::new(Notify::new());
    let incoming = stream::unfold(
        (listener, TlsAcceptor::from(config)),
        async |(listener, acceptor)| {
            let (stream, _) = listener.accept().await.ok()?;
            Some((acceptor.accept(stream).await, (listener, acceptor)))
        },
    );
    Server::builder()
        .add_service(Provider)
        .add_service(GrpcControllerServer::new(Controller(Arc::clone(&done))))
        .serve_with_incoming_shutdown(Box::pin(incoming), done.notified())
        .await
        .unwrap();
}

fn one_resource() -> get_provider_schema::Response {
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
}

struct Controller(Arc<Notify>);

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.0.notify_one();
        Ok(Response::new(Empty {}))
    }
}

/// Answers the call for its schema, and no other.
#[derive(Clone)]
struct Provider;

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
        let is_for_schema = request.uri().path().ends_with("/GetProviderSchema");
        Box::pin(async move {
            Ok(if is_for_schema {
                Grpc::new(ProstCodec::default())
                    .unary(SchemaCall, request)
                    .await
            } else {
                Status::unimplemented("").into_http()
            })
        })
    }
}

struct SchemaCall;

impl Service<Request<get_provider_schema::Request>> for SchemaCall {
    type Response = Response<get_provider_schema::Response>;
    type Error = Status;
    type Future = Ready<Result<Self::Response, Status>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<get_provider_schema::Request>) -> Self::Future {
        ready(Ok(Response::new(one_resource())))
    }
}
