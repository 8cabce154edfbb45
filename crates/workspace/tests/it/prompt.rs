//! The system prompt.

use chrono::{DateTime, Utc};
use clasper_workspace::{PromptMode, PromptRequest, TimeContext, parse_time_zone};

use crate::folder::{Folder, role};

fn time(now: &str, zone: &str) -> TimeContext {
    let now: DateTime<Utc> = now.parse().expect("a valid time");
    let time_zone = parse_time_zone(zone).expect("a valid zone");
    TimeContext { now, time_zone }
}

fn full_folder() -> Folder {
    Folder::new(&[
        ("SOUL.md", "The soul.\n"),
        ("souls/lead.md", "The lead."),
        ("AGENTS.md", "The rules."),
        ("IDENTITY.md", "The name."),
        ("TOOLS.md", "The tools."),
        ("HEARTBEAT.md", "The checks."),
        ("USER.md", "The user."),
        ("BOOT.md", "First things first."),
        ("MEMORY.md", "Long ago."),
        ("memory/2026-01-31.md", "Saturday."),
        ("memory/2026-02-01.md", "Sunday."),
        ("memory/2026-02-02.md", "Monday."),
        ("memory/notes.md", "Not a day."),
        (
            "skills/greet/SKILL.md",
            "---\ndescription: Says hello\n---\nSay hello.",
        ),
    ])
}

#[test]
fn the_full_prompt_has_all_parts_in_order() {
    let role = role("lead");
    let request = PromptRequest {
        time: Some(time("2026-02-02T03:15:00Z", "America/Los_Angeles")),
        ..PromptRequest::new(&role)
    };
    let prompt = full_folder().load().system_prompt(&request);
    let expected = [
        "The lead.",
        "## Operating Rules",
        "The rules.",
        "## Identity",
        "The name.",
        "## Tools",
        "The tools.",
        "## Heartbeat",
        "The checks.",
        "## User",
        "The user.",
        "## Skills",
        "### greet",
        "Says hello",
        "Say hello.",
        "## Memory",
        "### Long-term Memory",
        "Long ago.",
        "### Yesterday (2026-01-31)",
        "Saturday.",
        "### Today (2026-02-01)",
        "Sunday.",
        "## Current Time",
        "- **Date:** Sunday, February 1, 2026\n- **Time:** 7:15 PM\n- **Timezone:** America/Los_Angeles",
    ];
    assert_eq!(prompt, expected.join("\n\n"));
}

#[test]
fn the_days_of_the_log_are_those_of_the_time_zone() {
    let role = role("lead");
    let request = PromptRequest {
        time: Some(time("2026-02-02T03:15:00Z", "Asia/Tokyo")),
        ..PromptRequest::new(&role)
    };
    let prompt = full_folder().load().system_prompt(&request);
    assert!(
        prompt
            .contains("### Yesterday (2026-02-01)\n\nSunday.\n\n### Today (2026-02-02)\n\nMonday.")
    );
}

#[test]
fn the_minimal_prompt_has_rules_and_tools() {
    let role = role("lead");
    let folder = Folder::new(&[
        ("SOUL.md", "s"),
        ("AGENTS.md", "a"),
        ("TOOLS.md", "t"),
        ("USER.md", "u"),
    ]);
    let request = PromptRequest {
        mode: PromptMode::Minimal,
        ..PromptRequest::new(&role)
    };
    assert_eq!(
        folder.load().system_prompt(&request),
        "## Operating Rules\n\na\n\n## Tools\n\nt"
    );
}

#[test]
fn a_role_without_a_persona_gets_the_default_one() {
    let workspace = full_folder().load();
    assert!(workspace.has_role(&role("lead")) && !workspace.has_role(&role("other")));
    assert!(
        workspace
            .system_prompt(&PromptRequest::new(&role("other")))
            .starts_with("The soul.\n\n## Operating Rules")
    );
    assert_eq!(
        workspace
            .roles()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        ["lead"]
    );
}

#[test]
fn an_empty_workspace_still_says_who_the_agent_is() {
    let role = role("scout");
    let workspace = Folder::new(&[]).load();
    assert_eq!(
        workspace.system_prompt(&PromptRequest::new(&role)),
        "You are a helpful assistant in the role of scout."
    );
}

#[test]
fn a_replacement_takes_the_place_of_everything() {
    let role = role("lead");
    let request = PromptRequest {
        time: Some(time("2026-02-02T03:15:00Z", "UTC")),
        replacement: Some("Only this."),
        ..PromptRequest::new(&role)
    };
    assert_eq!(full_folder().load().system_prompt(&request), "Only this.");
}

#[test]
fn long_files_are_cut_in_the_prompt() {
    let folder = Folder::new(&[("SOUL.md", &"x".repeat(30_000))]);
    let workspace = folder.load();
    let prompt = workspace.system_prompt(&PromptRequest::new(&role("lead")));
    assert!(prompt.len() < 20_100 && prompt.ends_with("[truncated: 20000 of 30000 characters]"));
    assert!(
        workspace
            .document("SOUL.md")
            .is_some_and(clasper_workspace::Document::is_truncated)
    );
}
