//! Turns what is traced into log lines.

use time::OffsetDateTime;
use tracing::{
    Event, Metadata, Subscriber,
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    layer::Context,
    registry::{LookupSpan, Scope},
};

use super::line::{Fields, Form};

/// This crate's modules: their events follow the host's level.
const OWN: &str = env!("CARGO_CRATE_NAME");
/// Libraries are kept to this: below it HTTP libraries log whole frames, and credentials are in those.
const FOREIGN_LEVEL: LevelFilter = LevelFilter::INFO;

/// Hands a line for every event to `write`, in this form, with the fields of the spans around it.
pub(super) struct HostLayer<W> {
    level: LevelFilter,
    form: Form,
    write: W,
}

impl<W: Fn(&str) + 'static> HostLayer<W> {
    pub(super) fn new(level: LevelFilter, form: Form, write: W) -> Self {
        Self { level, form, write }
    }
}

impl<S, W> Layer<S> for HostLayer<W>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: Fn(&str) + 'static,
{
    fn enabled(&self, metadata: &Metadata<'_>, _context: Context<'_, S>) -> bool {
        let limit = if is_own(metadata.target()) {
            self.level
        } else {
            self.level.min(FOREIGN_LEVEL)
        };
        *metadata.level() <= limit
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().replace(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(Scope::from_root)
        {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.extend(outer.clone());
            }
        }
        let mut own = Fields::default();
        event.record(&mut own);
        fields.extend(own);
        let metadata = event.metadata();
        (self.write)(&(self.form)(
            *metadata.level(),
            metadata.target(),
            OffsetDateTime::now_utc(),
            fields,
        ));
    }
}

fn is_own(target: &str) -> bool {
    target
        .strip_prefix(OWN)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}
