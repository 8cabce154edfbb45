//! JSON pointers to the member at fault, and what serde says about it, cut to a decent length.

use serde_path_to_error::{Path, Segment};

use crate::Problem;

/// The longest detail or pointer that is sent back, in characters; input may be a megabyte of one member.
const LONGEST: usize = 300;

/// The problem of a member of the wrong shape: `prefix` and `path` lead to it.
pub(crate) fn problem(prefix: &str, path: &Path, message: &str) -> Problem {
    let mut pointer = prefix.to_owned();
    for segment in path {
        match segment {
            Segment::Seq { index } => push(&mut pointer, &index.to_string()),
            Segment::Map { key } => push(&mut pointer, key),
            Segment::Enum { variant } => push(&mut pointer, variant),
            Segment::Unknown => {}
        }
    }
    // serde reports these at the parent; the member's name is only in the message.
    let named = ["missing field `", "duplicate field `"];
    if let Some(rest) = named.iter().find_map(|start| message.strip_prefix(start)) {
        push(&mut pointer, rest.split('`').next().unwrap_or_default());
    }
    Problem::invalid(clipped(&pointer), clipped(message))
}

/// `text`, cut where it is longer than anyone reads.
pub(crate) fn clipped(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn push(pointer: &mut String, token: &str) {
    pointer.push('/');
    for c in token.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c => pointer.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_escaped() {
        let mut pointer = String::new();
        push(&mut pointer, "a/b~c");
        assert_eq!(pointer, "/a~1b~0c");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        let cut = clipped(&"ü".repeat(LONGEST + 1));
        assert_eq!(cut.chars().count(), LONGEST + 1);
        assert!(cut.ends_with('…'));
    }
}
