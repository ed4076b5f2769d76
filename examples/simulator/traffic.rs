//! How much each service is asked: what runs at the same time, and what it refuses for being too much.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Value, json};

use crate::exchange::{Answer, Service};
use crate::settings::Limits;

const WINDOW: Duration = Duration::from_secs(1);

#[derive(Default, Serialize)]
struct Load {
    requests: u64,
    /// Exchanges that are being answered now.
    open: u64,
    most_open: u64,
    /// Refused with 429.
    refused: u64,
    #[serde(skip)]
    recent: VecDeque<Instant>,
}

/// The load by service.
#[derive(Default)]
pub(crate) struct Traffic(BTreeMap<&'static str, Load>);

impl Traffic {
    /// An exchange begins; too many within a second are refused.
    pub(crate) fn begin(&mut self, service: Service, limits: &Limits) -> Option<Answer> {
        let load = self.0.entry(service.name()).or_default();
        load.requests += 1;
        load.open += 1;
        load.most_open = load.most_open.max(load.open);
        if limits.requests_per_second == 0 {
            return None;
        }
        let now = Instant::now();
        while load
            .recent
            .front()
            .is_some_and(|first| now.duration_since(*first) >= WINDOW)
        {
            load.recent.pop_front();
        }
        if load.recent.len() >= limits.requests_per_second {
            load.refused += 1;
            let body = json!({ "status": 429, "title": "Too Many Requests", "detail": "API rate limit exceeded" });
            return Some(Answer::json(429, &body, "too many").with_header("retry-after", "1"));
        }
        load.recent.push_back(now);
        None
    }

    pub(crate) fn end(&mut self, service: Service) {
        if let Some(load) = self.0.get_mut(service.name()) {
            load.open = load.open.saturating_sub(1);
        }
    }

    pub(crate) fn describe(&self) -> Value {
        json!(self.0)
    }
}
