//! The services every plugin offers besides the one it is for.

use std::pin::Pin;

use futures_util::{Stream, StreamExt as _, future, stream};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::{
    Routes,
    generated::{
        health::{
            HealthCheckRequest, HealthCheckResponse,
            health_check_response::ServingStatus,
            health_server::{Health, HealthServer},
        },
        plugin::{
            ConnInfo, Empty, StdioData,
            grpc_broker_server::{GrpcBroker, GrpcBrokerServer},
            grpc_controller_server::{GrpcController, GrpcControllerServer},
            grpc_stdio_server::{GrpcStdio, GrpcStdioServer},
        },
    },
};

/// What Go plugins call themselves towards the health service.
const HEALTH_NAME: &str = "plugin";

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Adds the plugin services to `routes`. `asked_to_stop` is cancelled when the host says so; the streams that stay open
/// end when `stopping` is cancelled, as otherwise they would keep their connection and so the process.
pub(super) fn add_to(
    routes: Routes,
    asked_to_stop: CancellationToken,
    stopping: CancellationToken,
) -> Routes {
    routes
        .add_service(GrpcControllerServer::new(Controller { asked_to_stop }))
        .add_service(GrpcStdioServer::new(Lasting(stopping.clone())))
        .add_service(GrpcBrokerServer::new(Lasting(stopping.clone())))
        .add_service(HealthServer::new(Lasting(stopping)))
}

struct Controller {
    asked_to_stop: CancellationToken,
}

#[tonic::async_trait]
impl GrpcController for Controller {
    async fn shutdown(&self, _request: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.asked_to_stop.cancel();
        Ok(Response::new(Empty {}))
    }
}

/// Answers with streams that last until the server stops.
struct Lasting(CancellationToken);

impl Lasting {
    fn after<T: Send + 'static>(
        &self,
        first: impl Stream<Item = Result<T, Status>> + Send + 'static,
    ) -> Answers<T> {
        let rest = stream::pending().take_until(self.0.clone().cancelled_owned());
        first.chain(rest).boxed()
    }
}

/// Nothing is ever sent: our stdout carries the handshake only, and stderr is the log, which the host reads directly.
#[tonic::async_trait]
impl GrpcStdio for Lasting {
    type StreamStdioStream = Answers<StdioData>;

    async fn stream_stdio(
        &self,
        _request: Request<()>,
    ) -> Result<Response<Self::StreamStdioStream>, Status> {
        Ok(Response::new(self.after(stream::empty())))
    }
}

/// Nothing is ever negotiated: a provider needs no second connection.
#[tonic::async_trait]
impl GrpcBroker for Lasting {
    type StartStreamStream = Answers<ConnInfo>;

    async fn start_stream(
        &self,
        request: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<Self::StartStreamStream>, Status> {
        // Kept and read, or the host would see its half of the stream break.
        let offers = request.into_inner().filter_map(|_| future::ready(None));
        Ok(Response::new(
            offers.take_until(self.0.clone().cancelled_owned()).boxed(),
        ))
    }
}

#[tonic::async_trait]
impl Health for Lasting {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        match status_of(&request.get_ref().service) {
            ServingStatus::ServiceUnknown => Err(Status::not_found("no such service")),
            known => Ok(Response::new(known.into())),
        }
    }

    type WatchStream = Answers<HealthCheckResponse>;

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let now = status_of(&request.get_ref().service).into();
        Ok(Response::new(self.after(stream::iter([Ok(now)]))))
    }
}

impl From<ServingStatus> for HealthCheckResponse {
    fn from(status: ServingStatus) -> Self {
        Self {
            status: status.into(),
        }
    }
}

/// The empty name stands for the server as a whole.
fn status_of(service: &str) -> ServingStatus {
    match service {
        "" | HEALTH_NAME => ServingStatus::Serving,
        _ => ServingStatus::ServiceUnknown,
    }
}
