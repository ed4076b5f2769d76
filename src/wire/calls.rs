//! Running calls: each in a task of its own, cancelled together, counted.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use futures_util::FutureExt as _;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tonic::{Response, Status};
use tracing::Instrument as _;

use super::diagnostics::Answer;
use crate::tf::context;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::erased::{DynDataSource, DynList, DynProvider, DynResource, panicked};
use crate::tf::value::Value;

/// How many answers of a stream may wait for the host.
const STREAM_BUFFER: usize = 16;

/// What a handler of a call works with.
pub(super) struct Call {
    pub(super) provider: Arc<dyn DynProvider>,
    /// Cancelled when the host asks to stop.
    pub(super) cancel: CancellationToken,
}

impl Call {
    pub(super) fn resource(&self, type_name: &str) -> Result<Arc<dyn DynResource>, Diagnostic> {
        let resources = self.provider.registry().resources();
        resources
            .get(type_name)
            .cloned()
            .ok_or_else(|| unknown_type("resource type", type_name))
    }

    pub(super) fn data_source(
        &self,
        type_name: &str,
    ) -> Result<Arc<dyn DynDataSource>, Diagnostic> {
        let sources = self.provider.registry().data_sources();
        sources
            .get(type_name)
            .cloned()
            .ok_or_else(|| unknown_type("data source", type_name))
    }

    pub(super) fn list(&self, type_name: &str) -> Result<Arc<dyn DynList>, Diagnostic> {
        let lists = self.provider.registry().lists();
        lists
            .get(type_name)
            .cloned()
            .ok_or_else(|| unknown_type("list resource", type_name))
    }
}

pub(super) fn unknown_type(what: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Unknown {what}"),
        format!("This provider has no {what} named {name:?}."),
    )
}

/// The calls of one server.
pub(super) struct Calls {
    cancel: Mutex<CancellationToken>,
    running: watch::Sender<usize>,
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            cancel: Mutex::default(),
            running: watch::Sender::new(0),
        }
    }
}

impl Calls {
    /// Cancels what runs now. Later calls are not affected.
    pub(super) fn stop(&self) {
        let mut current = self.cancel.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *current).cancel();
    }

    /// Waits until nothing runs.
    pub(super) async fn ended(&self) {
        let mut running = self.running.subscribe();
        // It fails only when the sender is gone, which lives as long as we do.
        drop(running.wait_for(|count| *count == 0).await);
    }

    /// Runs `handler` to its end, even if the host no longer listens: a write in flight must not be cut.
    ///
    /// `fallback` is answered, with the errors, where the handler has no answer of its own.
    pub(super) async fn run<A, H, F>(
        self: &Arc<Self>,
        name: &CallName,
        provider: Arc<dyn DynProvider>,
        fallback: A,
        handler: H,
    ) -> Result<Response<A>, Status>
    where
        A: Answer,
        H: FnOnce(Call) -> F + Send + 'static,
        F: Future<Output = Result<A, Diagnostics>> + Send + 'static,
    {
        let span = name.span();
        let call = self.call(provider);
        let counted = Counted::new(Arc::clone(self));
        let work = async move {
            let _counted = counted;
            let started = Instant::now();
            tracing::trace!("call begins");
            let outcome = handler(call).await;
            log_end(started, outcome.as_ref().map_or(true, Answer::has_errors));
            outcome
        };
        let errors = match tokio::spawn(work.instrument(span)).await {
            Ok(Ok(answer)) => return Ok(Response::new(answer)),
            Ok(Err(errors)) => errors,
            Err(failure) => crashed(name.rpc, &failure).into(),
        };
        let mut answer = fallback;
        answer.add(errors);
        Ok(Response::new(answer))
    }

    /// Runs `handler`, which sends one answer after the other, and closes with the diagnostics that it returns, or with its panic.
    pub(super) fn stream<T, H, F>(
        self: &Arc<Self>,
        name: &CallName,
        provider: Arc<dyn DynProvider>,
        handler: H,
    ) -> mpsc::Receiver<T>
    where
        T: From<Diagnostics> + Send + 'static,
        H: FnOnce(Call, mpsc::Sender<T>) -> F + Send + 'static,
        F: Future<Output = Diagnostics> + Send + 'static,
    {
        let (sender, receiver) = mpsc::channel(STREAM_BUFFER);
        // Held back now, so that the last word never waits for a host that reads no more.
        let last_word = sender.clone().try_reserve_owned();
        let call = self.call(provider);
        let counted = Counted::new(Arc::clone(self));
        let (rpc, span) = (name.rpc, name.span());
        let work = async move {
            let _counted = counted;
            let started = Instant::now();
            tracing::trace!("call begins");
            let guarded = AssertUnwindSafe(async move { handler(call, sender).await });
            let outcome = guarded.catch_unwind().await;
            let diagnostics = outcome.unwrap_or_else(|panic| panicked(rpc, panic.as_ref()).into());
            log_end(started, diagnostics.has_errors());
            if let (Ok(last_word), false) = (last_word, diagnostics.is_empty()) {
                drop(last_word.send(T::from(diagnostics)));
            }
        };
        drop(tokio::spawn(work.instrument(span)));
        receiver
    }

    fn call(&self, provider: Arc<dyn DynProvider>) -> Call {
        let cancel = self.cancel.lock().unwrap_or_else(PoisonError::into_inner);
        Call {
            provider,
            cancel: cancel.clone(),
        }
    }
}

/// What a call is named in the log.
pub(super) struct CallName {
    rpc: &'static str,
    type_name: String,
}

impl CallName {
    /// `type_name` is empty where a call is about no type.
    pub(super) fn new(rpc: &'static str, type_name: &str) -> Self {
        Self {
            rpc,
            type_name: type_name.to_owned(),
        }
    }

    fn span(&self) -> tracing::Span {
        tracing::info_span!(
            "rpc",
            tf_rpc = self.rpc,
            tf_resource_type = self.type_name,
            tf_req_id = %uuid::Uuid::new_v4(),
            object_id = tracing::field::Empty,
        )
    }
}

/// Names the object that the running call is about in its further log lines.
pub(super) fn about(object: &Value) {
    context::about(&tracing::Span::current(), object);
}

/// Gives an answer that needs no waiting, in a span like that of any other call.
pub(super) fn at_once<A>(name: &CallName, refused: bool, answer: impl FnOnce() -> A) -> A {
    name.span().in_scope(|| {
        let started = Instant::now();
        tracing::trace!("call begins");
        let answer = answer();
        log_end(started, refused);
        answer
    })
}

fn log_end(started: Instant, failed: bool) {
    let duration = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(tf_req_duration_ms = duration, failed, "call ended");
}

struct Counted(Arc<Calls>);

impl Counted {
    fn new(calls: Arc<Calls>) -> Self {
        calls.running.send_modify(|count| *count += 1);
        Self(calls)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0
            .running
            .send_modify(|count| *count = count.saturating_sub(1));
    }
}

fn crashed(rpc: &str, failure: &tokio::task::JoinError) -> Diagnostic {
    let what = if failure.is_panic() {
        "panicked"
    } else {
        "was cut off"
    };
    Diagnostic::bug(
        format_args!("{rpc} {what}"),
        "The provider failed in a way that it should not.",
    )
}
