//! Telemetry from the outside: lines that were written, spans that were received.

mod export;
mod log;

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use clasper_telemetry::{Color, LogFormat, TelemetryConfig};

/// Keeps what is written to it.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn config(filter: &str, format: LogFormat) -> TelemetryConfig {
    TelemetryConfig {
        filter: filter.to_owned(),
        format,
        color: Color::Auto,
        stderr_is_terminal: false,
        otlp: None,
        service_name: "clasper-test".to_owned(),
        service_version: "1.2.3".to_owned(),
    }
}
