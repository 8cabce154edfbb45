//! Two-layer permission of tool calls: what the workspace's skills name, and what the tenant's credential allows.

use crate::decision::Reason;

/// One layer's rule about tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolRule<'a> {
    /// The layer does not restrict tools.
    Unrestricted,
    /// Only tools matching one of these patterns: `*`, an exact name, or `ns:*`.
    Only(&'a [String]),
}

impl ToolRule<'_> {
    fn permits(self, tool: &str) -> bool {
        match self {
            Self::Unrestricted => true,
            Self::Only(patterns) => matches_any(patterns, tool),
        }
    }
}

/// Whether `tool` matches one of `patterns` (`*`, an exact name, or `ns:*`).
#[must_use]
pub fn matches_any(patterns: &[String], tool: &str) -> bool {
    patterns.iter().any(|pattern| {
        pattern == "*"
            || pattern == tool
            || pattern.strip_suffix(":*").is_some_and(|ns| {
                tool.strip_prefix(ns)
                    .is_some_and(|rest| rest.starts_with(':'))
            })
    })
}

/// What the two layers say about a tool call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolVerdict {
    /// Both layers permit it.
    Permitted,
    /// A layer refuses it.
    Refused(Reason),
}

/// Judges a tool call: offered by the backend, named by a skill, allowed by the tenant, within the steps. The first
/// refusal counts.
#[must_use]
pub fn judge_tool(
    tool: &str,
    offered: bool,
    skills: ToolRule<'_>,
    tenant: ToolRule<'_>,
    steps_left: u32,
) -> ToolVerdict {
    let refusal = if !offered {
        Some(Reason::UnknownTool)
    } else if !skills.permits(tool) {
        Some(Reason::NotInSkillManifest)
    } else if !tenant.permits(tool) {
        Some(Reason::NotInTenantPermissions)
    } else if steps_left == 0 {
        Some(Reason::StepLimit)
    } else {
        None
    };
    refusal.map_or(ToolVerdict::Permitted, ToolVerdict::Refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_layers_must_permit() {
        let (reads, all) = (["crm:*".to_owned(), "count".to_owned()], ["*".to_owned()]);
        let check = |tool, skills, tenant| judge_tool(tool, true, skills, tenant, 1);
        assert_eq!(
            check("crm:read", ToolRule::Only(&reads), ToolRule::Only(&all)),
            ToolVerdict::Permitted
        );
        assert_eq!(
            check("crmx", ToolRule::Only(&reads), ToolRule::Only(&all)),
            ToolVerdict::Refused(Reason::NotInSkillManifest)
        );
        assert_eq!(
            check("crmx", ToolRule::Unrestricted, ToolRule::Only(&reads)),
            ToolVerdict::Refused(Reason::NotInTenantPermissions)
        );
        assert_eq!(
            check("crm:read", ToolRule::Only(&[]), ToolRule::Unrestricted),
            ToolVerdict::Refused(Reason::NotInSkillManifest)
        );
    }

    #[test]
    fn unknown_tools_and_spent_steps_refuse_whatever_the_layers_say() {
        let free = ToolRule::Unrestricted;
        assert_eq!(
            judge_tool("x", false, free, free, 1),
            ToolVerdict::Refused(Reason::UnknownTool)
        );
        assert_eq!(
            judge_tool("x", true, free, free, 0),
            ToolVerdict::Refused(Reason::StepLimit)
        );
    }
}
