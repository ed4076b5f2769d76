//! What a lifecycle call is given besides its values: a deadline, cancellation and a place for warnings.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Span;

use super::diagnostics::{Diagnostic, Diagnostics};
use super::value::Value;

/// Names the object that a call is about in the further log lines of its span, which the wire opened with a place for it.
pub fn about(span: &Span, object: &Value) {
    if let Some(id) = object.get("id").and_then(Value::as_str) {
        span.record("object_id", id);
    }
}

/// One call of one resource or data source.
#[derive(Debug)]
pub struct Context {
    /// When the user's timeout for this operation ends.
    pub deadline: Instant,
    /// The timeout that led to the deadline, for messages.
    pub timeout: Duration,
    /// Cancelled when the user interrupts the run. Waits end; a write in flight does not.
    pub cancel: CancellationToken,
    warnings: Mutex<Diagnostics>,
}

impl Context {
    /// A call that may take `timeout` from now.
    #[must_use]
    pub fn new(timeout: Duration, cancel: CancellationToken) -> Self {
        Self {
            deadline: Instant::now() + timeout,
            timeout,
            cancel,
            warnings: Mutex::default(),
        }
    }

    /// Tells the user something without failing. What was said in this call is not said again.
    pub fn warn(&self, warning: Diagnostic) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        if !warnings.iter().any(|told| *told == warning) {
            warnings.push(warning);
        }
    }

    /// The warnings so far; they are given away once.
    #[must_use]
    pub fn take_warnings(&self) -> Diagnostics {
        std::mem::take(&mut self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
