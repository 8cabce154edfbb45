//! Log lines as JSON objects, with the fields of the enclosing spans at the top level.

use std::fmt::Debug;
use std::io::Write;

use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, Scope};

use clasper_core::{Clock, SystemClock, wire_time};

use crate::human::is_for_exporters;

/// Members of every line, which no field may replace.
const RESERVED: [&str; 3] = ["timestamp", "level", "target"];

/// Writes each event as one line.
pub(crate) struct JsonLog<W> {
    writer: W,
}

impl<W> JsonLog<W> {
    pub(crate) const fn new(writer: W) -> Self {
        Self { writer }
    }
}

/// Fields in the order they came; a later value replaces an earlier one.
#[derive(Debug, Default)]
struct Fields {
    values: Vec<(&'static str, Value)>,
    /// The target of an event that came through the `log` crate, whose own target is only `log`.
    log_target: Option<String>,
}

impl Fields {
    fn put(&mut self, name: &'static str, value: Value) {
        match self.values.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.values.push((name, value)),
        }
    }

    fn record(&mut self, field: &Field, value: Value) {
        let name = field.name();
        if name == "log.target" {
            self.log_target = value.as_str().map(str::to_owned);
        } else if !is_for_exporters(name) && !RESERVED.contains(&name) {
            self.put(name, value);
        }
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.record(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.record(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.record(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.record(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record(field, format!("{value:?}").into());
    }
}

impl<S, W> Layer<S> for JsonLog<W>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut own = Fields::default();
        event.record(&mut own);
        let mut all = Fields::default();
        for span in context
            .event_scope(event)
            .into_iter()
            .flat_map(Scope::from_root)
        {
            if let Some(fields) = span.extensions().get::<Fields>() {
                for (name, value) in &fields.values {
                    all.put(name, value.clone());
                }
            }
        }
        for (name, value) in own.values {
            all.put(name, value);
        }
        let target = own
            .log_target
            .as_deref()
            .unwrap_or(event.metadata().target());
        if let Ok(mut line) = line(event.metadata().level().as_str(), target, &all.values) {
            line.push(b'\n');
            // There is nowhere to report that stderr is gone.
            let _gone = self
                .writer
                .make_writer_for(event.metadata())
                .write_all(&line);
        }
    }
}

fn line(
    level: &str,
    target: &str,
    fields: &[(&'static str, Value)],
) -> Result<Vec<u8>, serde_json::Error> {
    let mut buffer = Vec::with_capacity(512);
    let mut serializer = serde_json::Serializer::new(&mut buffer);
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry("timestamp", &wire_time(SystemClock.now()))?;
    map.serialize_entry("level", level)?;
    map.serialize_entry("target", target)?;
    for (name, value) in fields {
        map.serialize_entry(name, value)?;
    }
    map.end()?;
    Ok(buffer)
}
