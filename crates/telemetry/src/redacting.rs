//! A last look at every line of the log: what must not be in one is taken out before it is written.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use clasper_redaction::{Entity, Redactor};
use tracing_subscriber::fmt::MakeWriter;

/// What stands for a line that could not be looked at.
const WITHHELD: &[u8] = b"a line of the log could not be redacted and was withheld\n";

/// What is looked for: what never belongs in a log and looks like nothing else. Addresses of machines do belong there, and
/// durations and ids look too much like telephone numbers.
const KINDS: [Entity; 10] = [
    Entity::PrivateKey,
    Entity::ConnectionString,
    Entity::UrlCredentials,
    Entity::Jwt,
    Entity::ApiKey,
    Entity::Secret,
    Entity::Email,
    Entity::CreditCard,
    Entity::Iban,
    Entity::UsSsn,
];

/// Writes to another writer what is left of each line.
pub(crate) struct Redacting<W> {
    inner: W,
    redactor: Redactor,
}

impl<W> Redacting<W> {
    pub(crate) fn new(inner: W) -> Self {
        Self {
            inner,
            redactor: Redactor::standard().only(&KINDS),
        }
    }
}

impl<'w, W: MakeWriter<'w>> MakeWriter<'w> for Redacting<W> {
    type Writer = Line<W::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        Line {
            inner: self.inner.make_writer(),
            redactor: self.redactor.clone(),
            event: Vec::new(),
        }
    }
}

/// One event; it is written when it is whole.
pub(crate) struct Line<W: Write> {
    inner: W,
    redactor: Redactor,
    event: Vec<u8>,
}

impl<W: Write> Write for Line<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.event.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let line = std::mem::take(&mut self.event);
        if line.is_empty() {
            return self.inner.flush();
        }
        let text = String::from_utf8_lossy(&line);
        let clear = catch_unwind(AssertUnwindSafe(|| self.redactor.redact(&text).text));
        match clear {
            Ok(clear) => self.inner.write_all(clear.as_bytes())?,
            Err(_) => self.inner.write_all(WITHHELD)?,
        }
        self.inner.flush()
    }
}

impl<W: Write> Drop for Line<W> {
    fn drop(&mut self) {
        // Nobody is left to be told that a log cannot be written.
        let _ = self.flush();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0
                .lock()
                .expect("not poisoned")
                .extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_secret_is_taken_out_of_a_line_however_it_is_written() {
        let kept = Kept::default();
        let made = kept.clone();
        let writer = Redacting::new(move || made.clone());
        let mut line = writer.make_writer();
        line.write_all(br#"{"message":"refused bob@exa"#)
            .expect("kept");
        line.write_all(br#"mple.com","url":"postgres://app:hunter22@db/x","took_ms":41}"#)
            .expect("kept");
        drop(line);
        let written = kept.0.lock().expect("not poisoned").clone();
        let written: serde_json::Value = serde_json::from_slice(&written).expect("JSON");
        assert_eq!(written["message"], "refused [EMAIL]");
        assert_eq!(written["url"], "[CONNECTION_STRING]");
        assert_eq!(written["took_ms"], 41);
    }
}
