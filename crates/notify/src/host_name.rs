//! Which names may stand in a callback URL before anything is resolved.

/// RFC 1035: the longest name as text.
const MAX_NAME_BYTES: usize = 253;
const MAX_LABEL_BYTES: usize = 63;

/// Last labels that mean the local machine or network, or nothing at all: RFC 6761, RFC 6762, RFC 8375, RFC 7686, RFC 9476,
/// ICANN's `internal`, and those that home and office networks made up (RFC 6762, appendix G).
const LOCAL_SUFFIXES: &[&str] = &[
    "alt",
    "arpa",
    "corp",
    "home",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "onion",
    "private",
];

/// Whether `name` is the name of a host in lower case ASCII: letters, digits, hyphens and underscores, with a last label
/// that is no number. Names with a final full stop are refused: each host has one name here.
pub(crate) fn is_well_formed(name: &str) -> bool {
    let last_is_a_number = name
        .rsplit('.')
        .next()
        .is_none_or(|last| !last.starts_with(|first: char| first.is_ascii_lowercase()));
    name.len() <= MAX_NAME_BYTES && !last_is_a_number && name.split('.').all(is_label)
}

/// Whether a well-formed name says itself that it is not on the public Internet.
pub(crate) fn is_local(name: &str) -> bool {
    match name.rsplit_once('.') {
        None => true,
        Some((_, last)) => LOCAL_SUFFIXES.contains(&last),
    }
}

fn is_label(label: &str) -> bool {
    let allowed = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_'
    };
    (1..=MAX_LABEL_BYTES).contains(&label.len())
        && label.bytes().all(allowed)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_ascii_with_one_spelling() {
        for name in [
            "hooks.example.com",
            "a",
            "xn--bcher-kva.example",
            "_x.a-1.dev",
        ] {
            assert!(is_well_formed(name), "{name}");
        }
        let long_label = format!("{}.com", "a".repeat(64));
        let long_name = format!("{}com", "a.".repeat(126));
        for name in [
            "",
            ".",
            "a..b",
            "example.com.",
            "-a.com",
            "a-.com",
            "a b.com",
            "A.com",
            "bücher.example",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "1.2.3.0x4",
            "a%2eb",
            "a*b.com",
            &long_label,
            &long_name,
        ] {
            assert!(!is_well_formed(name), "{name}");
        }
    }

    #[test]
    fn names_of_the_local_network_are_known() {
        for name in [
            "localhost",
            "backend",
            "a.localhost",
            "printer.local",
            "metadata.google.internal",
        ] {
            assert!(is_local(name), "{name}");
        }
        assert!(!is_local("hooks.example.com"));
        assert!(!is_local("localhost.example.com"));
    }
}
