//! How large a crate may grow before it is two.

use crate::tidy::Problem;

const LIMIT: usize = 10_000;
const WARNING: usize = 8_000;

/// Checks the number of lines of a crate's Rust files, tests included.
pub fn check(name: &str, lines: usize) -> Option<Problem> {
    let what = format!("{lines} lines of Rust, of at most {LIMIT}");
    let remedy =
        "split it along its vocabulary: two nouns that do not need each other are two crates";
    if lines > LIMIT {
        Some(Problem::error(name, what, remedy))
    } else {
        (lines > WARNING).then(|| Problem::warning(name, what, remedy))
    }
}

#[cfg(test)]
mod tests {
    use crate::tidy::size::check;

    #[test]
    fn a_crate_is_warned_before_it_is_refused() {
        for (lines, fails) in [
            (8_000, None),
            (8_001, Some(false)),
            (10_000, Some(false)),
            (10_001, Some(true)),
        ] {
            assert_eq!(
                check("clasper-x", lines).map(|problem| problem.fails),
                fails,
                "{lines}"
            );
        }
    }
}
