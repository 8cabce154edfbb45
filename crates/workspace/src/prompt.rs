//! The system prompt: everything that does not depend on the time is put together once, when the workspace is loaded.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Days, NaiveDate};

use crate::document::Document;
use crate::session::Role;
use crate::skill::Skill;
use crate::time::TimeContext;

/// How much of the workspace a prompt tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PromptMode {
    /// Persona, rules, notes and skills.
    #[default]
    Full,
    /// Operating rules and notes on tools, for agents with a narrow task.
    Minimal,
}

/// What a system prompt is asked for.
#[derive(Debug, Clone, Copy)]
pub struct PromptRequest<'a> {
    /// The agent's role.
    pub role: &'a Role,
    /// How much it tells.
    pub mode: PromptMode,
    /// The time, which also decides which daily logs are today's and yesterday's; without it there are none.
    pub time: Option<TimeContext>,
    /// A text that takes the place of the whole prompt.
    pub replacement: Option<&'a str>,
}

impl<'a> PromptRequest<'a> {
    /// The full prompt of `role` without the time.
    #[must_use]
    pub fn new(role: &'a Role) -> Self {
        Self {
            role,
            mode: PromptMode::Full,
            time: None,
            replacement: None,
        }
    }
}

/// The texts that a prompt is made from.
pub(crate) struct Parts<'a> {
    pub soul: Option<&'a Document>,
    pub souls: &'a BTreeMap<Role, Document>,
    pub agents: Option<&'a Document>,
    pub identity: Option<&'a Document>,
    pub tools: Option<&'a Document>,
    pub heartbeat: Option<&'a Document>,
    pub user: Option<&'a Document>,
    pub skills: &'a [Skill],
}

/// Prompts up to the memory, ready to be copied.
#[derive(Debug)]
pub(crate) struct Prompts {
    by_role: BTreeMap<Role, Arc<str>>,
    /// For roles without a persona of their own.
    default: Arc<str>,
    minimal: Arc<str>,
}

impl Prompts {
    pub fn new(parts: &Parts<'_>) -> Self {
        let by_role = parts
            .souls
            .iter()
            .map(|(role, soul)| (role.clone(), full(parts, Some(soul)).into()))
            .collect();
        let minimal = [
            section("Operating Rules", parts.agents),
            section("Tools", parts.tools),
        ];
        Self {
            by_role,
            default: full(parts, parts.soul).into(),
            minimal: join(minimal).into(),
        }
    }

    pub fn base(&self, role: &Role, mode: PromptMode) -> &str {
        match mode {
            PromptMode::Full => self.by_role.get(role).unwrap_or(&self.default),
            PromptMode::Minimal => &self.minimal,
        }
    }
}

fn full(parts: &Parts<'_>, soul: Option<&Document>) -> String {
    join([
        soul.map(|soul| soul.text().to_owned()),
        section("Operating Rules", parts.agents),
        section("Identity", parts.identity),
        section("Tools", parts.tools),
        section("Heartbeat", parts.heartbeat),
        section("User", parts.user),
        skills(parts.skills),
    ])
}

fn section(heading: &str, document: Option<&Document>) -> Option<String> {
    document.map(|document| format!("## {heading}\n\n{}", document.text()))
}

fn join(parts: impl IntoIterator<Item = Option<String>>) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

fn skills(skills: &[Skill]) -> Option<String> {
    let texts: Vec<String> = skills
        .iter()
        .filter(|skill| skill.is_enabled())
        .map(skill_text)
        .collect();
    (!texts.is_empty()).then(|| format!("## Skills\n\n{}", texts.join("\n\n---\n\n")))
}

fn skill_text(skill: &Skill) -> String {
    let heading = format!("### {}", skill.name);
    let description = (!skill.description.is_empty()).then(|| skill.description.clone());
    join([
        Some(heading),
        description,
        skill
            .instructions
            .as_ref()
            .map(|document| document.text().to_owned()),
    ])
}

/// Long-term memory and daily logs.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub long_term: Option<Document>,
    pub days: BTreeMap<NaiveDate, Document>,
}

impl Memory {
    fn write(&self, out: &mut String, today: Option<NaiveDate>) {
        let mut titled: Vec<(String, &Document)> = Vec::with_capacity(3);
        titled.extend(
            self.long_term
                .iter()
                .map(|document| ("Long-term Memory".to_owned(), document)),
        );
        let yesterday = today.and_then(|day| day.checked_sub_days(Days::new(1)));
        for (name, day) in [("Yesterday", yesterday), ("Today", today)] {
            let Some(day) = day else { continue };
            titled.extend(
                self.days
                    .get(&day)
                    .map(|document| (format!("{name} ({day})"), document)),
            );
        }
        if titled.is_empty() {
            return;
        }
        append(out, "## Memory");
        for (title, document) in titled {
            append(out, "### ");
            out.push_str(&title);
            append(out, document.text());
        }
    }
}

/// Appends a paragraph.
fn append(out: &mut String, text: &str) {
    if !out.is_empty() {
        out.push_str("\n\n");
    }
    out.push_str(text);
}

/// The prompt that `request` asks for.
pub(crate) fn assemble(prompts: &Prompts, memory: &Memory, request: &PromptRequest<'_>) -> String {
    if let Some(replacement) = request.replacement {
        return replacement.to_owned();
    }
    let base = prompts.base(request.role, request.mode);
    let mut out = String::with_capacity(base.len() + 1024);
    out.push_str(base);
    if out.is_empty() {
        out.push_str("You are a helpful assistant in the role of ");
        out.push_str(request.role.as_str());
        out.push('.');
    }
    memory.write(&mut out, request.time.map(|time| time.today()));
    if let Some(time) = request.time {
        append(&mut out, "");
        time.write(&mut out);
    }
    out
}
