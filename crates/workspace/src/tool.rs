//! Which tools the skills of a workspace permit: the first of the two layers of tool permission.

use clasper_core::{Classify, ErrorKind};

/// A set of tools by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ToolPattern {
    /// Every tool (`*`).
    Any,
    /// One tool.
    Exact(String),
    /// Every tool of a namespace (`orders:*`); the text ends with the colon.
    Namespace(String),
}

impl ToolPattern {
    /// The pattern, or nothing if it is none: a star anywhere else would look like a rule and match nothing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "*" => Some(Self::Any),
            "" | ":*" => None,
            _ => match text.strip_suffix('*') {
                Some(prefix) if prefix.ends_with(':') && !prefix.contains('*') => {
                    Some(Self::Namespace(prefix.to_owned()))
                }
                None if !text.contains('*') && text.trim() == text => {
                    Some(Self::Exact(text.to_owned()))
                }
                _ => None,
            },
        }
    }

    /// Whether `tool` is in the set.
    #[must_use]
    pub fn matches(&self, tool: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(name) => name == tool,
            Self::Namespace(prefix) => tool
                .strip_prefix(prefix.as_str())
                .is_some_and(|rest| !rest.is_empty()),
        }
    }
}

/// What the skills permit together.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkillTools {
    /// The workspace has no skills, so nothing is limited by them.
    Unrestricted,
    /// What the enabled skills list; nothing if none of them lists anything.
    Only(Vec<ToolPattern>),
}

impl SkillTools {
    /// Whether the skills permit `tool`.
    ///
    /// # Errors
    /// [`ToolRefusal`] when no enabled skill lists it.
    pub fn permits(&self, tool: &str) -> Result<(), ToolRefusal> {
        match self {
            Self::Unrestricted => Ok(()),
            Self::Only(patterns) if patterns.iter().any(|pattern| pattern.matches(tool)) => Ok(()),
            Self::Only(_) => Err(ToolRefusal {
                tool: tool.to_owned(),
            }),
        }
    }
}

/// No enabled skill lists the tool.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no enabled skill of the workspace permits this tool")]
pub struct ToolRefusal {
    /// The tool that was asked for.
    pub tool: String,
}

impl ToolRefusal {
    /// The stable reason, as traces and answers show it.
    pub const REASON: &'static str = "not_in_skill_manifest";

    /// The stable reason.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        Self::REASON
    }
}

impl Classify for ToolRefusal {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Forbidden
    }

    fn code(&self) -> &'static str {
        Self::REASON
    }
}

#[cfg(test)]
mod tests {
    use super::{SkillTools, ToolPattern};

    #[test]
    fn patterns_match_everything_a_name_or_a_namespace() {
        let matches =
            |pattern: &str, tool: &str| ToolPattern::parse(pattern).map(|p| p.matches(tool));
        assert_eq!(matches("*", "anything"), Some(true));
        assert_eq!(matches("search", "search"), Some(true));
        assert_eq!(matches("search", "search2"), Some(false));
        assert_eq!(matches("orders:*", "orders:find"), Some(true));
        assert_eq!(matches("orders:*", "orders:"), Some(false));
        assert_eq!(matches("orders:*", "orders"), Some(false));
        for wrong in ["", "a*", "*a", "a*:*", ":*", " a"] {
            assert_eq!(matches(wrong, "a"), None, "{wrong}");
        }
    }

    #[test]
    fn an_empty_list_permits_nothing() {
        let refusal = SkillTools::Only(vec![])
            .permits("search")
            .expect_err("nothing is listed");
        assert_eq!(refusal.reason(), "not_in_skill_manifest");
        assert!(SkillTools::Unrestricted.permits("search").is_ok());
    }
}
