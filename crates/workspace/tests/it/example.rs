//! The sample workspace of the repository.

use clasper_workspace::{PromptRequest, SkillTools, Workspace};

use crate::folder::role;

#[test]
fn the_sample_workspace_loads_with_its_roles() {
    let root = std::path::absolute("../../examples/workspace").expect("a folder");
    let workspace = Workspace::load(&root).expect("the sample is well formed");
    let roles: Vec<_> = workspace.roles().map(ToString::to_string).collect();
    assert_eq!(roles, ["analyst", "lead"]);
    assert_eq!(*workspace.skill_tools(), SkillTools::Unrestricted);
    let prompt = workspace.system_prompt(&PromptRequest::new(&role("lead")));
    for heading in [
        "Operating Rules",
        "Identity",
        "Tools",
        "Heartbeat",
        "User",
        "Memory",
    ] {
        assert!(
            prompt.contains(&format!("\n\n## {heading}\n\n")),
            "{heading}"
        );
    }
    assert!(prompt.len() < 8_000, "the sample stays cheap to send");
}
