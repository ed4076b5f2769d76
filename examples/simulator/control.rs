//! The control port: the status page for people, and for tests the state, the journal, faults, changes and the clock.

use serde_json::{Value, json};

use crate::change;
use crate::cloud::{Cloud, Shared};
use crate::exchange::{Answer, Call};
use crate::faults::Fault;

const PAGE: &str = include_str!("page.html");

pub(crate) fn handle(shared: &Shared, call: &Call) -> Answer {
    let mut cloud = shared.lock();
    cloud.settle();
    let outcome = match (call.method.as_str(), call.path.as_str()) {
        ("GET", "/") => return Answer::html(200, PAGE, "page"),
        ("GET", "/state") => Ok(cloud.state()),
        ("GET", "/leftovers") => Ok(json!({ "leftovers": cloud.leftovers() })),
        ("GET", "/requests") => Ok(requests(&cloud, call)),
        ("DELETE", "/requests") => {
            cloud.journal.clear();
            Ok(json!({}))
        }
        ("GET", "/faults") => Ok(json!(cloud.faults)),
        ("POST", "/faults") => body(call).and_then(|body| add_faults(&mut cloud, body)),
        ("DELETE", "/faults") => {
            cloud.faults.clear();
            Ok(json!([]))
        }
        ("POST", "/world") => body(call).and_then(|body| {
            let now = cloud.clock.now();
            change::apply(&mut cloud.world, now, &body)
        }),
        ("GET", "/traffic") => Ok(cloud.traffic.describe()),
        ("GET", "/clock") => Ok(cloud.clock.describe()),
        ("POST", "/clock") => body(call).and_then(|body| set_clock(&mut cloud, &body)),
        ("POST", "/tokens/revoke") => {
            cloud.tokens.revoke_all();
            Ok(json!({}))
        }
        _ => return Answer::json(404, &json!({ "error": "no such control" }), "not found"),
    };
    cloud.settle();
    match outcome {
        Ok(body) => Answer::json(200, &body, "done"),
        Err(error) => Answer::json(400, &json!({ "error": error }), "refused"),
    }
}

fn body(call: &Call) -> Result<Value, String> {
    call.json()
        .map_err(|error| format!("the body is not JSON: {error}"))
}

/// The journal, from after `since`, of one `service`, the last `limit` entries; all of it by default.
fn requests(cloud: &Cloud, call: &Call) -> Value {
    let number = |name: &str| {
        call.query_value(name)
            .and_then(|text| text.parse::<u64>().ok())
    };
    let since = number("since").unwrap_or(0);
    let service = call.query_value("service");
    let entries: Vec<_> = cloud
        .journal
        .entries()
        .filter(|entry| {
            entry.seq > since && service.is_none_or(|service| entry.service.name() == service)
        })
        .collect();
    let limit = number("limit")
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(entries.len());
    json!(
        entries
            .iter()
            .skip(entries.len().saturating_sub(limit))
            .collect::<Vec<_>>()
    )
}

fn add_faults(cloud: &mut Cloud, body: Value) -> Result<Value, String> {
    let added = match body {
        Value::Array(items) => items,
        item => vec![item],
    };
    for item in added {
        let fault: Fault = serde_json::from_value(item).map_err(|error| error.to_string())?;
        cloud.faults.push(fault);
    }
    Ok(json!(cloud.faults))
}

/// `{"mode": "manual"}`, `{"mode": "real", "speed": 600}`, `{"advance_seconds": 60}`, or a mode and an advance together.
fn set_clock(cloud: &mut Cloud, body: &Value) -> Result<Value, String> {
    match body.get("mode").and_then(Value::as_str) {
        Some("manual") => cloud.clock.stop(),
        Some("real") => cloud
            .clock
            .run_at(body.get("speed").and_then(Value::as_f64).unwrap_or(1.0)),
        Some(other) => return Err(format!("the clock's mode is manual or real, not [{other}]")),
        None => {}
    }
    if let Some(seconds) = body.get("advance_seconds") {
        let milliseconds = seconds
            .as_i64()
            .and_then(|seconds| seconds.checked_mul(1000))
            .filter(|milliseconds| *milliseconds >= 0);
        cloud.clock.advance(
            milliseconds.ok_or("advance_seconds is a whole number of seconds, not negative")?,
        );
    }
    Ok(cloud.clock.describe())
}
