//! Log lines for people: fields without the ones that only exporters read, and nothing that moves a terminal's cursor.

use std::fmt::{self, Debug};

use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use clasper_core::{Clock, SystemClock, wire_time};

/// Whether a field is an instruction to an exporter rather than something to read.
pub(crate) fn is_for_exporters(name: &str) -> bool {
    name.starts_with("otel.") || name.starts_with("log.")
}

/// The time in UTC with milliseconds.
pub(crate) struct UtcTime;

impl FormatTime for UtcTime {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        writer.write_str(&wire_time(SystemClock.now()))
    }
}

/// Writes the message, then `name=value`.
pub(crate) struct HumanFields;

impl<'w> FormatFields<'w> for HumanFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut visitor = Visitor {
            writer,
            separator: "",
            result: Ok(()),
        };
        fields.record(&mut visitor);
        visitor.result
    }
}

struct Visitor<'w> {
    writer: Writer<'w>,
    separator: &'static str,
    result: fmt::Result,
}

impl Visitor<'_> {
    fn put(&mut self, field: &Field, text: &str) {
        if is_for_exporters(field.name()) {
            return;
        }
        self.result = self.result.and_then(|()| {
            self.writer.write_str(self.separator)?;
            self.separator = " ";
            if field.name() == "message" {
                return write_harmless(&mut self.writer, text);
            }
            write!(self.writer, "{}=", field.name())?;
            if text.is_empty() || text.contains([' ', '"']) {
                write!(self.writer, "{text:?}")
            } else {
                write_harmless(&mut self.writer, text)
            }
        });
    }
}

/// Writes `text` with its control characters escaped.
fn write_harmless(writer: &mut Writer<'_>, text: &str) -> fmt::Result {
    for c in text.chars() {
        if c.is_control() {
            write!(writer, "{}", c.escape_default())?;
        } else {
            writer.write_char(c)?;
        }
    }
    Ok(())
}

impl Visit for Visitor<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.put(field, &format!("{value:?}"));
    }
}
