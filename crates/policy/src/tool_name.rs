//! The one form in which names of tools are compared.

use std::borrow::Cow;

/// Tools with this prefix belong to Clasper; policies may not name them.
pub(crate) const RESERVED_PREFIX: &str = "__clasper_";

/// The normal form of a tool's name: `-` and `_` become `.`, so `shell_exec`, `shell-exec` and `shell.exec` are one tool.
/// Letter case counts.
#[must_use]
pub fn normal_tool_name(name: &str) -> Cow<'_, str> {
    if name.contains(['-', '_']) {
        Cow::Owned(name.replace(['-', '_'], "."))
    } else {
        Cow::Borrowed(name)
    }
}

/// Whether a policy may not name this tool, in whatever form it is written.
pub(crate) fn is_reserved(name: &str) -> bool {
    normal_tool_name(name).starts_with(normal_tool_name(RESERVED_PREFIX).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_underscores_and_dots_are_the_same() {
        for name in ["shell_exec", "shell-exec", "shell.exec"] {
            assert_eq!(normal_tool_name(name), "shell.exec");
        }
        assert_ne!(normal_tool_name("Exec"), "exec");
    }

    #[test]
    fn the_reserved_prefix_is_seen_in_every_spelling() {
        assert!(is_reserved("__clasper_probe__"));
        assert!(is_reserved("--clasper.probe"));
        assert!(!is_reserved("clasper_probe"));
    }
}
