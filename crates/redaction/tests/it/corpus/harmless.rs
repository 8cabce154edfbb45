//! What only looks like a value.

use super::source::Source;
use super::values::HEX;

/// What only looks like a value.
pub(crate) fn harmless(s: &mut Source) -> String {
    let hex = |s: &mut Source, n| s.text(n, HEX);
    match s.number() % 22 {
        0 => format!(
            "{}-{}-4{}-a{}-{}",
            hex(s, 8),
            hex(s, 4),
            hex(s, 3),
            hex(s, 3),
            hex(s, 12)
        ),
        1 => hex(s, 40),
        2 => format!("commit {}", hex(s, 7)),
        3 => format!(
            "v{}.{}.{}",
            s.between(0, 20),
            s.between(0, 40),
            s.between(0, 99)
        ),
        4 => format!(
            "version {}.{}.{}.{}",
            s.between(1, 20),
            s.between(0, 40),
            s.between(0, 99),
            s.between(0, 9)
        ),
        5 => s.shape("ISBN 978-3-16-######-#"),
        6 => s.shape("2026-11-2#T10:3#:16.397Z"),
        7 => format!("{}", s.between(1_700_000_000, 1_799_999_999)),
        8 => format!("{}", s.between(1_700_000_000_000, 1_799_999_999_999)),
        9 => s.shape("$1,2##.##"),
        10 => s.shape("EUR ##.###,##"),
        11 => s.shape("order 10########"),
        12 => s.shape("invoice INV-2026-0####"),
        13 => s.shape("ticket #48###"),
        14 => s.shape("tracking number 1Z####W#########"),
        15 => s.shape("3.14159265358####"),
        16 => s.shape("192.168.1"),
        17 => format!("sha256:{}", hex(s, 64)),
        18 => s.shape("2#:3#:0#"),
        19 => s
            .pick(&[
                "std::vec::Vec",
                "react@18.2.0",
                "foo::bar",
                "@alice",
                "page 12-34",
                "Main Street",
                "Bank of America",
                "New York",
                "task-list-and-risk-assessment-notes",
                "https://example.com/a/b?x=1",
                "max_tokens=4096",
                "a token was refused",
                "the password was changed",
                "sk-learn",
                "#1234567",
            ])
            .to_owned(),
        20 => s.shape("order number 4###-####-####"),
        _ => s.shape("build 2026112#.1"),
    }
}
