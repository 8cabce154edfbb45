//! How tasks speak on a terminal: colours where they help, durations people can read.

use std::{
    io::{IsTerminal as _, stdout},
    time::Duration,
};

use crate::environment;

/// Whether to colour what is printed.
#[derive(Clone, Copy)]
pub struct Style {
    coloured: bool,
}

impl Style {
    /// Colours on a terminal, unless `NO_COLOR` is set.
    pub fn detect() -> Self {
        Self {
            coloured: stdout().is_terminal() && environment::read("NO_COLOR").is_none(),
        }
    }

    /// Good news, in green.
    pub fn good(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// A warning, in yellow.
    pub fn caution(self, text: &str) -> String {
        self.paint("33", text)
    }

    /// Bad news, in red.
    pub fn bad(self, text: &str) -> String {
        self.paint("31", text)
    }

    /// A heading, in bold.
    pub fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.coloured {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// A duration to a tenth of a second, in minutes from one minute on.
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 59.95 {
        format!("{seconds:.1} s")
    } else {
        let whole = (duration + Duration::from_millis(500)).as_secs();
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::report::{Style, duration};

    #[test]
    fn durations_read_well_on_both_sides_of_a_minute() {
        for (millis, text) in [
            (0, "0.0 s"),
            (1_240, "1.2 s"),
            (59_949, "59.9 s"),
            (59_990, "1 min 00 s"),
            (125_000, "2 min 05 s"),
        ] {
            assert_eq!(duration(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn without_a_terminal_nothing_is_painted() {
        assert_eq!(Style { coloured: false }.bad("error"), "error");
        assert_eq!(
            Style { coloured: true }.bad("error"),
            "\u{1b}[31merror\u{1b}[0m"
        );
    }
}
