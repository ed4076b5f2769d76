//! Answers that never change: encoded once, then served from memory.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::OnceLock;
use std::task::{Context, Poll};

use prost::Message as _;
use prost::bytes::{Buf as _, BufMut as _, Bytes};
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::{Grpc, NamedService};
use tonic::{Request, Response, Status};

use super::calls::{CallName, at_once};
use super::schema;
use super::server::Server;
use crate::tf::erased::DynProvider;

const PROVIDER_SCHEMA: &str = "/tfplugin6.Provider/GetProviderSchema";
const IDENTITY_SCHEMAS: &str = "/tfplugin6.Provider/GetResourceIdentitySchemas";

/// What a host asks for before anything else, as it goes over the wire.
#[derive(Debug, Default)]
pub(super) struct Encoded {
    provider_schema: OnceLock<Bytes>,
    identity_schemas: OnceLock<Bytes>,
}

impl Encoded {
    /// Makes the answers before they are asked for.
    pub(super) fn prepare(&self, provider: &dyn DynProvider) {
        self.provider_schema(provider);
        self.identity_schemas(provider);
    }

    /// The answer to the call at this path, if it is one of those.
    pub(super) fn answer(&self, path: &str, provider: &dyn DynProvider) -> Option<Bytes> {
        let answer = |rpc, answer: fn(&Self, &dyn DynProvider) -> Bytes| {
            at_once(&CallName::new(rpc, ""), false, || answer(self, provider))
        };
        match path {
            PROVIDER_SCHEMA => Some(answer("GetProviderSchema", Self::provider_schema)),
            IDENTITY_SCHEMAS => Some(answer("GetResourceIdentitySchemas", Self::identity_schemas)),
            _ => None,
        }
    }

    pub(super) fn provider_schema(&self, provider: &dyn DynProvider) -> Bytes {
        let made = || {
            let mut whole = Vec::new();
            for part in schema::provider_schema(provider) {
                whole.append(&mut part.encode_to_vec());
            }
            whole.into()
        };
        self.provider_schema.get_or_init(made).clone()
    }

    fn identity_schemas(&self, provider: &dyn DynProvider) -> Bytes {
        let made = || schema::identity_schemas(provider).encode_to_vec().into();
        self.identity_schemas.get_or_init(made).clone()
    }
}

/// The provider service, with the answers that never change in front of it.
#[derive(Clone)]
pub struct ProviderService<Inner> {
    inner: Inner,
    server: Server,
    limit: usize,
}

impl<Inner> ProviderService<Inner> {
    pub(super) fn new(inner: Inner, server: Server, limit: usize) -> Self {
        Self {
            inner,
            server,
            limit,
        }
    }
}

impl<Inner: NamedService> NamedService for ProviderService<Inner> {
    const NAME: &'static str = Inner::NAME;
}

impl<Inner> Service<http::Request<Body>> for ProviderService<Inner>
where
    Inner: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>,
    Inner::Future: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let Some(answer) = self.server.encoded(request.uri().path()) else {
            return Box::pin(self.inner.call(request));
        };
        let limit = self.limit;
        Box::pin(async move {
            let mut grpc =
                Grpc::new(Verbatim).apply_max_message_size_config(Some(limit), Some(limit));
            Ok(grpc.unary(Known(answer), request).await)
        })
    }
}

/// Answers every request with the same bytes.
struct Known(Bytes);

impl Service<Request<()>> for Known {
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

/// Sends bytes as they are; what a request holds is of no interest.
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
