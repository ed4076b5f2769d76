//! Exchanges without a network, so that time can be paused.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex};

use super::{Broken, Outgoing, Response};
use crate::http::error::{Interruption, InterruptionKind};

/// Answers requests.
#[async_trait::async_trait]
pub(crate) trait Exchange: Send + Sync + fmt::Debug {
    async fn exchange(&self, outgoing: Outgoing) -> Result<Response, Broken>;
}

/// Answers in the order given, and remembers what was asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    seen: Arc<Mutex<Vec<Outgoing>>>,
}

/// One scripted answer.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Status, headers, body.
    Status(u16, Vec<(&'static str, String)>, String),
    /// The exchange breaks off.
    Broken(InterruptionKind),
    /// No answer ever comes.
    Silence,
    /// The answer takes this long.
    Slow(std::time::Duration, Box<Answer>),
}

impl Answer {
    pub(crate) fn json(status: u16, body: impl Into<String>) -> Self {
        Self::Status(status, Vec::new(), body.into())
    }
}

impl Script {
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let script = Self::default();
        script.answers.lock().unwrap().extend(answers);
        script
    }

    /// What was sent, as `METHOD path?query`.
    pub(crate) fn calls(&self) -> Vec<String> {
        let line = |outgoing: &Outgoing| {
            let query = outgoing.url.query().map(|query| format!("?{query}"));
            format!(
                "{} {}{}",
                outgoing.method,
                outgoing.url.path(),
                query.unwrap_or_default()
            )
        };
        self.seen.lock().unwrap().iter().map(line).collect()
    }

    /// What was sent.
    pub(crate) fn seen(&self) -> Vec<Outgoing> {
        self.seen.lock().unwrap().clone()
    }

    /// How many answers were not asked for.
    pub(crate) fn left(&self) -> usize {
        self.answers.lock().unwrap().len()
    }
}

#[async_trait::async_trait]
impl Exchange for Script {
    async fn exchange(&self, outgoing: Outgoing) -> Result<Response, Broken> {
        let call = format!("{} {}", outgoing.method, outgoing.url);
        self.seen.lock().unwrap().push(outgoing);
        let answer = self.answers.lock().unwrap().pop_front();
        let mut answer = answer.unwrap_or_else(|| panic!("nothing is scripted for {call}"));
        loop {
            match answer {
                Answer::Slow(time, then) => {
                    tokio::time::sleep(time).await;
                    answer = *then;
                }
                Answer::Silence => std::future::pending::<()>().await,
                Answer::Broken(kind) => {
                    let message = "scripted".to_owned();
                    return Err(Broken::Interrupted(Interruption { kind, message }));
                }
                Answer::Status(status, headers, body) => {
                    let headers = headers
                        .into_iter()
                        .map(|(name, value)| {
                            (http::HeaderName::from_static(name), value.parse().unwrap())
                        })
                        .collect();
                    return Ok(Response {
                        status: http::StatusCode::from_u16(status).unwrap(),
                        headers,
                        body: body.into(),
                    });
                }
            }
        }
    }
}
