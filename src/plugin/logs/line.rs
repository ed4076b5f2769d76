//! One log line: what the host understands, and never anything it would choke on; or what a person reads.

use std::{collections::BTreeMap, fmt::Debug};

use serde_json::{Number, Value};
use time::OffsetDateTime;
use tracing::{
    Level,
    field::{Field, Visit},
};

/// The host cuts lines at 64 KiB and shows the halves raw.
const LINE_LIMIT: usize = 60 * 1024;
/// Six times this, which is what escaping can make of it, still fits into a line.
const TEXT_LIMIT: usize = 8 * 1024;
/// For names of fields and modules.
const NAME_LIMIT: usize = 256;

/// Makes a line, with its end, of an event's level, module, time and contents.
pub(super) type Form = fn(Level, &str, OffsetDateTime, Fields) -> String;

/// The message and the fields of an event or of a span around it.
#[derive(Debug, Default, Clone)]
pub(super) struct Fields {
    message: String,
    pairs: BTreeMap<String, Value>,
}

impl Fields {
    /// Adds what `inner` has; the inner one wins where both have a field.
    pub(super) fn extend(&mut self, inner: Fields) {
        self.message = inner.message;
        self.pairs.extend(inner.pairs);
    }

    fn insert(&mut self, field: &Field, value: Value) {
        // Names that start with @ are the host's: it dies of one that is not text.
        let name = field.name().trim_start_matches('@');
        self.pairs.insert(shorten(name, NAME_LIMIT), value);
    }

    fn insert_text(&mut self, field: &Field, text: &str) {
        let text = shorten(text, TEXT_LIMIT);
        if field.name() == "message" {
            self.message = text;
        } else {
            self.insert(field, Value::String(text));
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.insert_text(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.insert_text(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.insert(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.insert(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        match Number::from_f64(value) {
            Some(number) => self.insert(field, number.into()),
            None => self.insert_text(field, &value.to_string()),
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut text = value.to_string();
        let mut cause = value.source();
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        self.insert_text(field, &text);
    }
}

/// The line for a person at a terminal: level, message, fields.
pub(super) fn plain(level: Level, _: &str, _: OffsetDateTime, fields: Fields) -> String {
    let mut text = format!("{}: {}", level_name(level), fields.message);
    for (name, value) in fields.pairs {
        let value = match value {
            Value::String(value) => value,
            value => value.to_string(),
        };
        text.extend([", ", &name, ": ", &value]);
    }
    // Nothing that a service said may steer the terminal.
    let line: String = text
        .chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect();
    line + "\n"
}

/// The line for the host, with its end.
pub(super) fn line(level: Level, module: &str, time: OffsetDateTime, fields: Fields) -> String {
    let head = [
        ("@level", level_name(level).to_owned()),
        ("@message", fields.message),
        ("@module", shorten(module, NAME_LIMIT)),
        ("@timestamp", timestamp(time)),
    ];
    let head = || {
        head.iter()
            .map(|(name, text)| ((*name).to_owned(), Value::String(text.clone())))
    };
    let whole = Value::Object(head().chain(fields.pairs).collect()).to_string();
    if whole.len() < LINE_LIMIT {
        return whole + "\n";
    }
    let note = format!("{} bytes of fields were left out", whole.len());
    let short = head().chain([("truncated".to_owned(), Value::String(note))]);
    Value::Object(short.collect()).to_string() + "\n"
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::TRACE => "trace",
        Level::DEBUG => "debug",
        Level::INFO => "info",
        Level::WARN => "warn",
        Level::ERROR => "error",
    }
}

/// The host accepts exactly six digits of a second and shows the line raw otherwise.
fn timestamp(time: OffsetDateTime) -> String {
    let time = time.to_offset(time::UtcOffset::UTC);
    let (hour, minute, second, microsecond) = time.to_hms_micro();
    let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{microsecond:06}Z")
}

fn shorten(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let starts = text.char_indices().map(|(at, _)| at);
    let end = starts
        .take_while(|at| *at <= limit)
        .last()
        .unwrap_or_default();
    let (kept, cut) = text.split_at_checked(end).unwrap_or_default();
    format!("{kept}… ({} more bytes)", cut.len())
}

#[cfg(test)]
mod tests;
