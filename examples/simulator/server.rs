//! Listeners and connections: HTTP/1.1 and HTTP/2, plain or over TLS, with the power to cut a connection at the worst moment.

use std::convert::Infallible;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Response, StatusCode};
use futures_util::StreamExt as _;
use futures_util::stream;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;

use crate::cloud::Shared;
use crate::control;
use crate::exchange::{Answer, Call, Service};
use crate::faults::{self, Fault, Reset};
use crate::journal::Entry;

const BODY_LIMIT: usize = 16 * 1024 * 1024;
/// Time for the first half of a truncated body to reach the client before the connection goes.
const TRUNCATION_PAUSE: Duration = Duration::from_millis(30);

/// One listening service.
pub(crate) struct Endpoint {
    pub(crate) service: Service,
    pub(crate) base_url: String,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) log: Log,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Log {
    Text,
    Json,
    Off,
}

#[derive(Clone)]
struct Connection {
    endpoint: Arc<Endpoint>,
    cut: Arc<Notify>,
}

/// Accepts connections for as long as the program runs.
pub(crate) async fn serve(listener: TcpListener, endpoint: Endpoint) {
    let endpoint = Arc::new(endpoint);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        // Answers are small and clients wait for each of them.
        stream.set_nodelay(true).ok();
        let endpoint = Arc::clone(&endpoint);
        tokio::spawn(async move {
            match &endpoint.tls {
                Some(acceptor) => {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        converse(stream, Arc::clone(&endpoint)).await;
                    }
                }
                None => converse(stream, Arc::clone(&endpoint)).await,
            }
        });
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    endpoint: Arc<Endpoint>,
) {
    let cut = Arc::new(Notify::new());
    let router = Router::new().fallback(answer).with_state(Connection {
        endpoint,
        cut: Arc::clone(&cut),
    });
    let builder = auto::Builder::new(TokioExecutor::new());
    let conversation =
        builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::select! {
        // A connection that the client broke off is not worth a word.
        outcome = conversation => drop(outcome),
        () = cut.notified() => {}
    }
}

async fn answer(State(connection): State<Connection>, request: Request) -> Response<Body> {
    let endpoint = &connection.endpoint;
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return respond(Answer::empty(413, "body too large"));
    };
    let raw_query = parts.uri.query().unwrap_or_default().to_owned();
    let call = Call {
        service: endpoint.service,
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: url::form_urlencoded::parse(raw_query.as_bytes())
            .into_owned()
            .collect(),
        raw_query,
        headers: parts.headers,
        body: body.to_vec(),
        base_url: endpoint.base_url.clone(),
    };
    if call.service == Service::Control {
        return respond(control::handle(&endpoint.shared, &call));
    }
    let exchange = run(&endpoint.shared, &call);
    let _open = Open(&endpoint.shared, call.service);
    log(endpoint.log, &exchange.entry);
    if exchange.delay > Duration::ZERO {
        tokio::time::sleep(exchange.delay).await;
    }
    match exchange.answer {
        Some(answer) if exchange.truncate => truncated(answer, Arc::clone(&connection.cut)),
        Some(answer) if exchange.body_delay > Duration::ZERO => {
            halting(answer, exchange.body_delay)
        }
        Some(answer) => respond(answer),
        None => {
            connection.cut.notify_one();
            std::future::pending().await
        }
    }
}

/// An exchange that is being answered; over when dropped, also because the client went away.
struct Open<'a>(&'a Shared, Service);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.lock().traffic.end(self.1);
    }
}

struct Exchange {
    /// None when the connection is to be cut instead.
    answer: Option<Answer>,
    entry: Entry,
    delay: Duration,
    body_delay: Duration,
    truncate: bool,
}

/// Handles one call, through whichever fault hits it, and takes it down.
fn run(shared: &Shared, call: &Call) -> Exchange {
    let mut guard = shared.lock();
    let cloud = &mut *guard;
    let limits = cloud.world.settings.limits.clone();
    let too_many = cloud.traffic.begin(call.service, &limits);
    let fault = match &too_many {
        Some(_) => Fault::default(),
        None => faults::hitting(&mut cloud.faults, call).unwrap_or_default(),
    };
    let description = Some(fault.describe()).filter(|text| !text.is_empty());
    if fault.revoke_tokens {
        cloud.tokens.revoke_all();
    }
    let scripted = too_many.or_else(|| fault.scripted_answer());
    let mut answer = match (fault.reset, scripted) {
        (Some(Reset::Before), _) => None,
        (_, Some(scripted)) => {
            if fault.handled {
                cloud.handle(call);
            }
            Some(scripted)
        }
        (_, None) if fault.stale => Some(cloud.handle_stale(call)),
        (_, None) => Some(cloud.handle(call)),
    };
    let meaning = answer.as_ref().map_or_else(
        || "connection cut".to_owned(),
        |answer| answer.meaning.clone(),
    );
    if let Some(answer) = &mut answer {
        fault.distort(answer);
    }
    if fault.reset == Some(Reset::After) {
        answer = None;
    }
    let entry = cloud
        .journal
        .record(call, answer.as_ref(), &meaning, description);
    Exchange {
        answer,
        entry,
        delay: Duration::from_millis(limits.latency_ms.saturating_add(fault.delay_ms)),
        body_delay: Duration::from_millis(fault.body_delay_ms),
        truncate: fault.truncate,
    }
}

fn respond(answer: Answer) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() =
        StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    *response.headers_mut() = answer.headers;
    response
}

/// Sends half of the body, and the rest after a pause.
fn halting(mut answer: Answer, pause: Duration) -> Response<Body> {
    let mut body = Bytes::from(std::mem::take(&mut answer.body));
    let answer = answer.with_header("content-length", &body.len().to_string());
    let half = body.split_to(body.len() / 2);
    let first = stream::once(async move { Ok::<_, Infallible>(half) });
    let rest = stream::once(async move {
        tokio::time::sleep(pause).await;
        Ok(body)
    });
    let mut response = respond(answer);
    *response.body_mut() = Body::from_stream(first.chain(rest));
    response
}

/// Announces the whole body, sends half of it, and cuts the connection.
fn truncated(mut answer: Answer, cut: Arc<Notify>) -> Response<Body> {
    let body = std::mem::take(&mut answer.body);
    let answer = answer.with_header("content-length", &body.len().to_string());
    let half: Vec<u8> = body.iter().take(body.len() / 2).copied().collect();
    let first = stream::once(async move { Ok::<_, Infallible>(Bytes::from(half)) });
    let rest = stream::once(async move {
        tokio::time::sleep(TRUNCATION_PAUSE).await;
        cut.notify_one();
        std::future::pending().await
    });
    let mut response = respond(answer);
    *response.body_mut() = Body::from_stream(first.chain(rest));
    response
}

fn log(log: Log, entry: &Entry) {
    let line = match log {
        Log::Off => return,
        Log::Json => serde_json::json!(entry).to_string(),
        Log::Text => {
            let clock = entry
                .time
                .split_once('T')
                .map_or(entry.time.as_str(), |(_, clock)| {
                    clock.trim_end_matches('Z')
                });
            let status = entry
                .status
                .map_or_else(|| "cut".to_owned(), |status| status.to_string());
            let fault = entry
                .fault
                .as_ref()
                .map(|fault| format!("  [fault: {fault}]"))
                .unwrap_or_default();
            format!(
                "{clock} {service:<7} {method:<6} {status:<3} {path}  {meaning}{fault}",
                service = entry.service.name(),
                method = entry.method,
                path = entry.path,
                meaning = entry.meaning,
            )
        }
    };
    // With nobody left to read the log there is nobody to tell either.
    writeln!(std::io::stderr(), "{line}").ok();
}
