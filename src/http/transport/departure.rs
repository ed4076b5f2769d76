//! Whether a request has left: as long as it is not handed to a connection, nothing can have come of it.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    static CURRENT: Departure;
}

/// Tells of one exchange whether its request has left.
#[derive(Clone, Debug, Default)]
pub(crate) struct Departure(Arc<AtomicBool>);

impl Departure {
    /// Whether the request may have reached the service.
    pub(crate) fn has_left(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Makes the exchange that this one tells of.
    pub(crate) async fn of<T>(&self, exchange: impl Future<Output = T>) -> T {
        CURRENT.scope(self.clone(), exchange).await
    }
}

/// Says of the exchange that is being made whether its request has left. One that nobody asks of may be made, too.
pub(super) fn mark(has_left: bool) {
    let marked = CURRENT.try_with(|departure| departure.0.store(has_left, Ordering::Relaxed));
    if marked.is_err() {
        tracing::trace!("an exchange outside of a call");
    }
}

/// Marks requests as not left while a connection is made for them.
#[derive(Clone, Debug)]
pub(super) struct Watch;

impl<S> Layer<S> for Watch {
    type Service = Connecting<S>;

    fn layer(&self, connector: S) -> Self::Service {
        Connecting(connector)
    }
}

/// A connector whose work is seen by [`Departure`]. It is done within the exchange that wants the connection.
#[derive(Clone, Debug)]
pub(super) struct Connecting<S>(S);

impl<S, R> Service<R> for Connecting<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, destination: R) -> Self::Future {
        let connecting = self.0.call(destination);
        Box::pin(async move {
            mark(false);
            let connection = connecting.await;
            mark(true);
            connection
        })
    }
}
