//! Scripted faults: which exchange they hit, and what they do to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use crate::exchange::{Answer, Call};

/// One fault, as `POST /faults` takes it. Everything in the first group selects exchanges, everything in the second acts.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches, each one kind of fault"
)]
pub(crate) struct Fault {
    /// `entra`, `graph`, `arm` or `konnect`; empty for any.
    pub(crate) service: String,
    /// Empty for any.
    pub(crate) method: String,
    /// Must occur in path and query as sent, without regard to case; `*` stands for any text; empty for any.
    pub(crate) path: String,
    /// The first matching exchange that is hit, counted from 1.
    pub(crate) nth: Option<u64>,
    /// How many are hit from there; 0 for all. One when left out.
    pub(crate) times: Option<u64>,

    /// Answer with this status instead of handling the request.
    pub(crate) status: Option<u16>,
    pub(crate) headers: BTreeMap<String, String>,
    /// Body of that answer: text as it is, anything else as JSON.
    pub(crate) body: Value,
    /// Handle the request all the same before that answer is given.
    pub(crate) handled: bool,
    /// Answer with a success whose body is no JSON, the request being handled.
    pub(crate) garble: bool,
    /// Answer a read from the world as it was before the last change.
    pub(crate) stale: bool,
    /// Make every access token invalid before the request is handled.
    pub(crate) revoke_tokens: bool,
    /// Of the exchanges that would be hit, only so many in a hundred are, by a fixed sequence.
    pub(crate) percent: Option<u8>,
    /// Cut the connection: `before` the request is handled, or `after`, with its effect done and no answer sent.
    pub(crate) reset: Option<Reset>,
    /// Wait this many real milliseconds before answering.
    pub(crate) delay_ms: u64,
    /// Wait this many real milliseconds in the middle of the answer's body.
    pub(crate) body_delay_ms: u64,
    /// Send only half of the answer's body and cut the connection.
    pub(crate) truncate: bool,
    /// Add unknown keys to every object in the answer.
    pub(crate) extra_keys: bool,
    /// Write every whole number in the answer as `10.0`.
    pub(crate) decimal_numbers: bool,
    /// Keys taken out of the answer's top object, or of each object in its list.
    pub(crate) remove_keys: Vec<String>,
    /// Keys set in the same places.
    pub(crate) set_keys: Map<String, Value>,

    #[serde(skip_deserializing)]
    pub(crate) matched: u64,
    #[serde(skip_deserializing)]
    pub(crate) hits: u64,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Reset {
    Before,
    After,
}

impl Fault {
    /// Whether this exchange is hit; counts it if it matches.
    fn hits(&mut self, call: &Call) -> bool {
        let address = if call.raw_query.is_empty() {
            call.path.clone()
        } else {
            format!("{}?{}", call.path, call.raw_query)
        };
        let matches = (self.service.is_empty() || self.service == call.service.name())
            && (self.method.is_empty() || self.method.eq_ignore_ascii_case(call.method.as_str()))
            && contains_pattern(&address, &self.path);
        if !matches {
            return false;
        }
        self.matched += 1;
        let first = self.nth.unwrap_or(1).max(1);
        let times = self.times.unwrap_or(1);
        let due =
            self.matched >= first && (times == 0 || self.matched < first.saturating_add(times));
        let hit = due
            && self
                .percent
                .is_none_or(|percent| scattered(self.matched) < u64::from(percent));
        self.hits += u64::from(hit);
        hit
    }

    /// The scripted answer, when the fault replaces the service's.
    pub(crate) fn scripted_answer(&self) -> Option<Answer> {
        let status = self.status?;
        let mut answer = match &self.body {
            Value::Null => Answer::empty(status, "scripted"),
            Value::String(text) if text.trim_start().starts_with('<') => {
                Answer::html(status, text.clone(), "scripted")
            }
            Value::String(text) => Answer::typed(
                status,
                "text/plain; charset=utf-8",
                text.clone(),
                "scripted",
            ),
            body => Answer::json(status, body, "scripted"),
        };
        for (name, value) in &self.headers {
            answer = answer.with_header(name, value);
        }
        Some(answer)
    }

    /// Changes a real answer's body as asked.
    pub(crate) fn distort(&self, answer: &mut Answer) {
        if self.garble && !answer.body.is_empty() {
            let half = answer.body.len() / 2;
            answer.body.truncate(half);
            answer.body.extend_from_slice(b"<!-- \"");
        }
        if !self.rewrites() {
            return;
        }
        let Some(mut body) = answer.json_body() else {
            return;
        };
        for object in listed_objects(&mut body) {
            for key in &self.remove_keys {
                object.remove(key);
            }
            for (key, value) in &self.set_keys {
                object.insert(key.clone(), value.clone());
            }
        }
        if self.extra_keys {
            add_unknown_keys(&mut body);
        }
        if self.decimal_numbers {
            write_decimals(&mut body);
        }
        answer.body = body.to_string().into_bytes();
    }

    fn rewrites(&self) -> bool {
        let keys = !self.remove_keys.is_empty() || !self.set_keys.is_empty();
        self.extra_keys || self.decimal_numbers || keys
    }

    pub(crate) fn describe(&self) -> String {
        let mut parts = Vec::new();
        if let Some(status) = self.status {
            parts.push(format!("answers {status}"));
        }
        match self.reset {
            Some(Reset::Before) => parts.push("cuts the connection before handling".to_owned()),
            Some(Reset::After) => parts.push("cuts the connection after handling".to_owned()),
            None => {}
        }
        if self.delay_ms > 0 {
            parts.push(format!("delays {} ms", self.delay_ms));
        }
        if self.body_delay_ms > 0 {
            parts.push(format!("pauses {} ms in the body", self.body_delay_ms));
        }
        let others = [
            (self.handled, "although handled"),
            (self.garble, "garbles the body"),
            (self.stale, "reads what was before"),
            (self.revoke_tokens, "revokes all tokens"),
            (self.truncate, "truncates"),
        ];
        let others = others.into_iter().filter(|(is_set, _)| *is_set);
        parts.extend(others.map(|(_, text)| text.to_owned()));
        if self.rewrites() {
            parts.push("rewrites the body".to_owned());
        }
        parts.join(", ")
    }
}

/// The first fault, in the order added, that hits this exchange.
pub(crate) fn hitting(faults: &mut [Fault], call: &Call) -> Option<Fault> {
    faults
        .iter_mut()
        .find_map(|fault| fault.hits(call).then(|| fault.clone()))
}

/// A number below a hundred for each place in a sequence, evenly spread and the same in every run.
fn scattered(place: u64) -> u64 {
    // Knuth's multiplier spreads neighbours; the upper bits are the well mixed ones.
    (place.wrapping_mul(6_364_136_223_846_793_005) >> 33) % 100
}

fn contains_pattern(text: &str, pattern: &str) -> bool {
    let text = text.to_lowercase();
    let pattern = pattern.to_lowercase();
    let mut rest = text.as_str();
    for part in pattern.split('*') {
        match rest.split_once(part) {
            Some((_, tail)) => rest = tail,
            None => return false,
        }
    }
    true
}

/// The answer's object, or the objects of its `data` or `value` list.
fn listed_objects(body: &mut Value) -> Vec<&mut Map<String, Value>> {
    let list_key = ["data", "value"]
        .into_iter()
        .find(|key| body.get(*key).is_some_and(Value::is_array));
    match list_key {
        Some(key) => body
            .get_mut(key)
            .and_then(Value::as_array_mut)
            .map(|items| items.iter_mut().filter_map(Value::as_object_mut).collect())
            .unwrap_or_default(),
        None => body.as_object_mut().into_iter().collect(),
    }
}

fn add_unknown_keys(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            // A key more in the map of domains would be a domain more.
            let others = fields.iter_mut().filter(|(key, _)| *key != "dns_config");
            others.for_each(|(_, value)| add_unknown_keys(value));
            fields.insert(
                "x_added_later".to_owned(),
                serde_json::json!({ "nested": [1, "two", null] }),
            );
        }
        Value::Array(items) => items.iter_mut().for_each(add_unknown_keys),
        _ => {}
    }
}

fn write_decimals(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(write_decimals),
        Value::Array(items) => items.iter_mut().for_each(write_decimals),
        Value::Number(number) if number.is_i64() || number.is_u64() => {
            // Numbers keep their text, so `10.0` survives to the wire.
            if let Ok(decimal) = serde_json::from_str::<Number>(&format!("{number}.0")) {
                *number = decimal;
            }
        }
        _ => {}
    }
}
