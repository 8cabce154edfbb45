//! Skills: conditions, tools and malformed files.

use clasper_workspace::{Error, Gate, Host, Options, PromptRequest, SkillTools, Workspace};

use crate::folder::{Folder, role};

fn load(folder: &Folder, os: &str, env: &[&str]) -> Workspace {
    let options = Options {
        host: Host::new(os, env.iter().copied()),
        ..Options::default()
    };
    Workspace::load_with(folder.path(), &options).expect("the workspace is well formed")
}

fn permitted(workspace: &Workspace, tools: &[&str]) -> Vec<bool> {
    tools
        .iter()
        .map(|tool| workspace.skill_tools().permits(tool).is_ok())
        .collect()
}

#[test]
fn without_skills_every_tool_is_permitted() {
    let workspace = Folder::new(&[("SOUL.md", "s"), ("skills/readme.md", "no skill")]).load();
    assert_eq!(*workspace.skill_tools(), SkillTools::Unrestricted);
}

#[test]
fn with_skills_the_enabled_ones_permit_what_they_list() {
    let folder = Folder::new(&[
        (
            "skills/a/SKILL.md",
            "---\nname: alpha\npermissions: {tools: [search, 'orders:*']}\n---\nDo.",
        ),
        (
            "skills/b/SKILL.md",
            "---\nmetadata: {\"openclaw\": {\"requires\": {\"env\": [\"KEY\"]}}}\n---\nDo b.",
        ),
        (
            "skills/b/skill.yaml",
            "name: beta\nversion: 1.0.0\npermissions:\n  tools: ['mail']\n  maxTokens: 5\n",
        ),
        ("skills/c/SKILL.md", "Only instructions."),
    ]);
    let tools = ["search", "orders:find", "mail", "other"];
    let without = load(&folder, "linux", &[]);
    assert_eq!(permitted(&without, &tools), [true, true, false, false]);
    assert_eq!(
        without.skills()[1].gate,
        Some(Gate::Env {
            missing: "KEY".to_owned()
        })
    );
    assert!(
        !without
            .system_prompt(&PromptRequest::new(&role("lead")))
            .contains("Do b.")
    );
    let with = load(&folder, "linux", &["KEY"]);
    assert_eq!(permitted(&with, &tools), [true, true, true, false]);
    assert!(
        with.system_prompt(&PromptRequest::new(&role("lead")))
            .contains("### beta\n\nDo b.\n\n---\n\n### c")
    );
}

#[test]
fn skills_are_switched_off_on_other_systems_unless_always_on() {
    let folder = Folder::new(&[
        (
            "skills/a/SKILL.md",
            "---\nmetadata:\n  openclaw: {os: [darwin]}\n---\n",
        ),
        (
            "skills/b/SKILL.md",
            "---\nmetadata: {openclaw: {os: [darwin], always: true, emoji: x}}\nhomepage: y\n---\n",
        ),
        (
            "skills/c/skill.yaml",
            "gates: {os: [linux]}\ninstructions: Do c.\n",
        ),
    ]);
    let enabled = |os| {
        load(&folder, os, &[])
            .skills()
            .iter()
            .map(clasper_workspace::Skill::is_enabled)
            .collect::<Vec<_>>()
    };
    assert_eq!(enabled("linux"), [false, true, true]);
    assert_eq!(enabled("macos"), [true, true, false]);
}

#[test]
fn skills_that_list_nothing_permit_nothing() {
    let workspace = Folder::new(&[("skills/a/SKILL.md", "Just text.")]).load();
    let refusal = workspace
        .skill_tools()
        .permits("search")
        .expect_err("nothing is listed");
    assert_eq!(
        (refusal.reason(), refusal.tool.as_str()),
        ("not_in_skill_manifest", "search")
    );
}

#[test]
fn malformed_skills_are_errors_that_name_the_file() {
    let check = |file: &str, text: &str, fits: fn(&Error) -> bool| {
        let error = Folder::new(&[(file, text)]).try_load().expect_err(text);
        assert!(fits(&error), "{error:?}");
        assert!(error.to_string().contains(file), "{error}");
    };
    check("skills/a/SKILL.md", "---\nname: [\n---\n", |e| {
        matches!(e, Error::Skill { .. })
    });
    check("skills/a/SKILL.md", "---\nname: a\n", |e| {
        matches!(e, Error::FrontMatter { .. })
    });
    check("skills/a/skill.yml", "permissions: {tool: [a]}", |e| {
        matches!(e, Error::Skill { .. })
    });
    check(
        "skills/a/SKILL.md",
        "---\npermissions: {tools: ['a*']}\n---\n",
        |e| matches!(e, Error::ToolPattern { .. }),
    );
}

#[test]
fn an_empty_front_matter_and_windows_line_ends_are_accepted() {
    let folder = Folder::new(&[
        (
            "skills/a/SKILL.md",
            "---\r\nname: alpha\r\n---\r\nText.\r\n",
        ),
        ("skills/b/SKILL.md", "---\n---\nText."),
    ]);
    let names: Vec<_> = folder
        .load()
        .skills()
        .iter()
        .map(|skill| skill.name.clone())
        .collect();
    assert_eq!(names, ["alpha", "b"]);
}
