//! Splits a stream of bytes into server-sent events, wherever its chunks happen to be cut.

/// Reads events (WHATWG HTML, "server-sent events"). Only `data` fields matter here; the others are skipped.
#[derive(Debug, Default)]
pub(crate) struct EventParser {
    buffer: Vec<u8>,
    /// Where the unread line starts.
    start: usize,
    /// How far the unread line was searched for its end, so that long lines are not searched again with every chunk.
    scanned: usize,
    /// The data lines of the event being read, joined by line feeds.
    data: Vec<u8>,
    event: Event,
    /// The last line ended in a carriage return; a line feed that follows belongs to it.
    after_return: bool,
    first_line_read: bool,
}

/// What `data` holds.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// Nothing yet.
    #[default]
    None,
    /// Lines of an event that goes on.
    Open,
    /// An event that was handed out; it is cleared when the next one is asked for.
    HandedOut,
}

impl EventParser {
    /// Adds bytes that arrived.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.scanned -= self.start;
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The data of the next whole event, or `None` until more bytes arrive.
    pub(crate) fn next_event(&mut self) -> Option<&[u8]> {
        self.forget_handed_out();
        while let Some((from, to)) = self.next_line() {
            if from < to {
                self.read_line(from, to);
            } else if self.event == Event::Open {
                return Some(self.hand_out());
            }
        }
        None
    }

    /// The event that the end of the stream left without its closing empty line, if any.
    pub(crate) fn last_event(&mut self) -> Option<&[u8]> {
        self.forget_handed_out();
        let (from, to) = (self.start, self.buffer.len());
        if from < to {
            self.read_line(from, to);
            (self.start, self.scanned) = (to, to);
        }
        if self.event == Event::Open {
            Some(self.hand_out())
        } else {
            None
        }
    }

    fn forget_handed_out(&mut self) {
        if self.event == Event::HandedOut {
            self.event = Event::None;
            self.data.clear();
        }
    }

    fn hand_out(&mut self) -> &[u8] {
        self.event = Event::HandedOut;
        &self.data
    }

    /// The bounds of the next whole line, without its end.
    fn next_line(&mut self) -> Option<(usize, usize)> {
        if self.after_return && self.start < self.buffer.len() {
            self.after_return = false;
            if self.buffer[self.start] == b'\n' {
                self.start += 1;
                self.scanned = self.start;
            }
        }
        let Some(length) = self.buffer[self.scanned..]
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'))
        else {
            self.scanned = self.buffer.len();
            return None;
        };
        let (from, to) = (self.start, self.scanned + length);
        self.after_return = self.buffer[to] == b'\r';
        self.start = to + 1;
        self.scanned = self.start;
        Some((from, to))
    }

    fn read_line(&mut self, from: usize, to: usize) {
        let mut line = &self.buffer[from..to];
        if !self.first_line_read {
            self.first_line_read = true;
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        let value = match line.iter().position(|byte| *byte == b':') {
            Some(colon) if &line[..colon] == b"data" => &line[colon + 1..],
            None if line == b"data" => &[],
            _ => return,
        };
        if self.event == Event::Open {
            self.data.push(b'\n');
        }
        self.data
            .extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
        self.event = Event::Open;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(chunks: &[&[u8]]) -> Vec<String> {
        let mut parser = EventParser::default();
        let mut found = Vec::new();
        let text = |data: &[u8]| String::from_utf8_lossy(data).into_owned();
        for chunk in chunks {
            parser.push(chunk);
            while let Some(data) = parser.next_event() {
                found.push(text(data));
            }
        }
        found.extend(parser.last_event().map(text));
        found
    }

    #[test]
    fn line_ends_comments_and_fields_are_read_as_the_standard_says() {
        let check = |stream: &str, expected: &[&str]| {
            assert_eq!(events(&[stream.as_bytes()]), expected, "{stream:?}");
        };
        check("data: a\n\ndata:b\n\n", &["a", "b"]);
        check("data: a\r\n\r\ndata: b\r\n\r\n", &["a", "b"]);
        check("data: a\r\rdata: b\r\r", &["a", "b"]);
        check(": ping\n\nevent: x\nid: 1\nretry: 2\ndata: a\n\n", &["a"]);
        check("data: a\ndata: b\ndata\n\n", &["a\nb\n"]);
        check("data:  two spaces\n\n", &[" two spaces"]);
        check("\u{feff}data: a\n\n", &["a"]);
        check("database: no\n\n\n\n", &[]);
        check("data: left open", &["left open"]);
        check("data: left open\n", &["left open"]);
    }

    #[test]
    fn every_cut_gives_the_same_events() {
        let stream =
            ": hello\r\ndata: ä€\r\n\r\ndata: b\ndata: c\n\nevent: x\rdata: d\r\rdata: [DONE]\n\n"
                .as_bytes();
        let whole = events(&[stream]);
        assert_eq!(whole, ["ä€", "b\nc", "d", "[DONE]"]);
        for first in 0..=stream.len() {
            for second in first..=stream.len() {
                assert_eq!(
                    events(&[&stream[..first], &stream[first..second], &stream[second..]]),
                    whole
                );
            }
        }
        let single: Vec<&[u8]> = stream.chunks(1).collect();
        assert_eq!(events(&single), whole);
    }
}
