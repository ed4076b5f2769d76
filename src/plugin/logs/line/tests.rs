use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use serde_json::json;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Registry, layer::SubscriberExt as _};

use super::{super::layer::HostLayer, *};

/// What is written while `events` runs, as JSON.
fn written(level: LevelFilter, events: impl FnOnce()) -> Vec<Value> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let layer = HostLayer::new(level, line, move |line| {
        sink.lock().unwrap().push(line.to_owned());
    });
    tracing::subscriber::with_default(Registry::default().with(layer), events);
    let lines = lines.lock().unwrap();
    lines.iter().map(|line| checked(line)).collect()
}

/// Asserts what must hold for every line, whatever is in it.
fn checked(line: &str) -> Value {
    assert!(line.len() < 64 * 1024, "{} bytes", line.len());
    assert_eq!(
        line.find('\n'),
        Some(line.len() - 1),
        "one line, ended once"
    );
    let value: Value = serde_json::from_str(line).unwrap();
    for name in ["@message", "@level", "@timestamp"] {
        assert!(value[name].is_string(), "{name} in {line}");
    }
    let object = value.as_object().unwrap();
    assert!(
        object
            .values()
            .all(|value| value.is_string() || value.is_number()),
        "{line}"
    );
    value
}

#[test]
fn a_person_reads_a_plain_line() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let layer = HostLayer::new(LevelFilter::WARN, plain, move |line| {
        sink.lock().unwrap().push(line.to_owned());
    });
    tracing::subscriber::with_default(Registry::default().with(layer), || {
        tracing::warn!(path = "/tmp/\u{1b}[2J", count = 2, "cannot\nread");
    });
    assert_eq!(
        *lines.lock().unwrap(),
        ["warn: cannot read, count: 2, path: /tmp/ [2J\n"]
    );
}

#[test]
fn an_event_is_a_line_with_its_fields() {
    let lines = written(LevelFilter::TRACE, || {
        tracing::info!(
            attempt = 2,
            ratio = 0.5,
            ready = false,
            name = "west",
            "still {}",
            "waiting"
        );
    });
    let [line] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    assert_eq!(line["@message"], "still waiting");
    assert_eq!(line["@level"], "info");
    assert_eq!(line["attempt"].to_string(), "2");
    assert_eq!(line["ratio"].to_string(), "0.5");
    assert_eq!(line["ready"], "false");
    assert_eq!(line["name"], "west");
    assert!(
        line["@module"]
            .as_str()
            .unwrap()
            .ends_with("plugin::logs::line::tests")
    );
}

#[test]
fn fields_of_the_spans_around_are_part_of_the_line() {
    let lines = written(LevelFilter::TRACE, || {
        let call = tracing::info_span!(
            "call",
            rpc = "Apply",
            kind = "outer",
            status = tracing::field::Empty
        )
        .entered();
        let _inner = tracing::info_span!("request", kind = "inner").entered();
        call.record("status", 200);
        tracing::debug!("answered");
    });
    let [line] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    assert_eq!(
        (line["rpc"].as_str(), line["kind"].as_str()),
        (Some("Apply"), Some("inner"))
    );
    assert_eq!(line["status"].to_string(), "200");
    assert_eq!(line["@message"], "answered");
}

#[test]
fn fields_cannot_take_the_places_of_the_hosts_own() {
    let lines = written(LevelFilter::TRACE, || {
        tracing::warn!("@level" = 7, "@message" = 8, "@timestamp" = 9, message = 10);
    });
    let [line] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    assert_eq!(line["@level"], "warn");
    assert_eq!(line["level"].to_string(), "7");
}

#[test]
fn levels_are_those_of_the_host() {
    let lines = written(LevelFilter::TRACE, || {
        tracing::error!("");
        tracing::warn!("");
        tracing::info!("");
        tracing::debug!("");
        tracing::trace!("");
    });
    let levels: Vec<_> = lines
        .iter()
        .map(|line| line["@level"].as_str().unwrap())
        .collect();
    assert_eq!(levels, ["error", "warn", "info", "debug", "trace"]);
}

#[test]
fn less_than_the_level_is_not_written() {
    let lines = written(LevelFilter::WARN, || {
        tracing::error!("");
        tracing::warn!("");
        tracing::info!("");
    });
    assert_eq!(lines.len(), 2);
}

#[test]
fn libraries_cannot_log_the_frames_they_send() {
    let lines = written(LevelFilter::TRACE, || {
        tracing::debug!(target: "h2::codec", header = "secret", "send");
        tracing::info!(target: "library", "useful");
    });
    let [line] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    assert_eq!(line["@message"], "useful");
}

#[test]
fn errors_are_written_with_their_causes() {
    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] std::num::ParseIntError);
    let error = Outer("x".parse::<u8>().unwrap_err());
    let lines = written(LevelFilter::TRACE, || {
        tracing::warn!(error = &error as &dyn std::error::Error, "failed");
    });
    assert_eq!(lines[0]["error"], "outer: invalid digit found in string");
}

#[test]
fn timestamps_have_six_digits_of_a_second_and_an_offset() {
    let time = time::macros::datetime!(2026-03-04 05:06:07.000_089_123 +2);
    assert_eq!(timestamp(time), "2026-03-04T03:06:07.000089Z");
}

proptest! {
    #[test]
    fn any_text_gives_one_valid_line(message in "\\PC*|(?s).{0,50}", value in "(?s).{0,200}", repeat in 1_usize..2000) {
        let lines = written(LevelFilter::TRACE, || {
            tracing::info!(long = value.repeat(repeat), again = value.repeat(repeat), value, "{message}");
        });
        prop_assert_eq!(lines.len(), 1);
    }

    #[test]
    fn any_number_is_a_number_or_text(float in any::<f64>(), wide in any::<u128>(), whole in any::<i64>()) {
        let lines = written(LevelFilter::TRACE, || tracing::info!(float, wide, whole, "numbers"));
        prop_assert_eq!(lines[0]["whole"].to_string(), json!(whole).to_string());
    }

    #[test]
    fn shortened_text_is_a_prefix_within_the_limit(text in "\\PC{0,300}", limit in 0_usize..100) {
        let short = shorten(&text, limit);
        let kept = short.split('…').next().unwrap_or_default();
        prop_assert!(text.len() <= limit || (kept.len() <= limit && text.starts_with(kept)));
    }
}
