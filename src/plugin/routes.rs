//! Which service answers a call.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc, task};

use futures_util::FutureExt as _;
use tonic::{
    Status,
    body::Body,
    codegen::{
        BoxFuture, Service,
        http::{Request, Response},
    },
    server::NamedService,
};

type Answer = BoxFuture<Response<Body>, Infallible>;
type Handler = Arc<dyn Fn(Request<Body>) -> Answer + Send + Sync>;

/// gRPC services by their names. A call whose service is not among them is answered as unimplemented.
///
/// Stands for tonic's router of the same name, which brings a web framework for what is one look into a map.
#[derive(Clone, Default)]
pub struct Routes {
    handlers: BTreeMap<&'static str, Handler>,
}

impl Routes {
    /// As these, with one more service. It has to be ready for calls at any time, as those that tonic generates are.
    #[must_use]
    pub fn add_service<S>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        let handler = move |request| service.clone().call(request).boxed();
        self.handlers.insert(S::NAME, Arc::new(handler));
        self
    }

    fn handler(&self, path: &str) -> Option<&Handler> {
        // gRPC over HTTP/2: the path is `/service/method`.
        let (service, _) = path.strip_prefix('/')?.split_once('/')?;
        self.handlers.get(service)
    }
}

impl Service<Request<Body>> for Routes {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> task::Poll<Result<(), Infallible>> {
        task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match self.handler(request.uri().path()) {
            Some(handler) => handler(request),
            None => std::future::ready(Ok(Status::unimplemented("").into_http())).boxed(),
        }
    }
}
