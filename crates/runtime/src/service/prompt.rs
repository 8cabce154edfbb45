//! The system prompt and what else a run takes from its workspace.

use std::collections::BTreeMap;
use std::sync::Arc;

use clasper_core::Timestamp;
use clasper_workspace::{
    PromptMode, PromptRequest, SkillTools, TimeContext, ToolPattern, Workspace,
};

use crate::send::{Error, SendMetadata};
use crate::service::engine::Engine;
use crate::service::request::Checked;

/// What a run takes from its workspace, all from one state of the folder.
pub(crate) struct Prompt {
    pub(crate) system: String,
    pub(crate) workspace_hash: String,
    pub(crate) skill_versions: BTreeMap<String, String>,
    /// Tools that skills name; `None` when they do not restrict them.
    pub(crate) skill_tools: Option<Vec<String>>,
}

impl Engine {
    pub(crate) async fn prompt(
        &self,
        checked: &Checked,
        metadata: &SendMetadata,
        now: Timestamp,
    ) -> Result<Prompt, Error> {
        let workspace = self.workspace(now).await?;
        let time = self.config.include_time_context.then_some(TimeContext {
            now,
            time_zone: checked.zone,
        });
        let skills = workspace.skills().iter().filter(|skill| skill.is_enabled());
        // Skills have no versions of their own; they change with the workspace, whose hash is shown short.
        let version = workspace.version_hash().get(..16).unwrap_or_default();
        Ok(Prompt {
            system: workspace.system_prompt(&PromptRequest {
                role: &checked.role,
                mode: PromptMode::Full,
                time,
                replacement: metadata.system_prompt.as_deref(),
            }),
            workspace_hash: workspace.version_hash().to_owned(),
            skill_versions: skills
                .map(|skill| (skill.name.clone(), version.to_owned()))
                .collect(),
            skill_tools: patterns(workspace.skill_tools()),
        })
    }

    /// The workspace as it is now. The disk is touched once a second at most, and not on an async worker.
    async fn workspace(&self, now: Timestamp) -> Result<Arc<Workspace>, Error> {
        if let Some(workspace) = self.deps.workspace.fresh(now) {
            return Ok(workspace);
        }
        let cache = Arc::clone(&self.deps.workspace);
        let read = self.deps.tracker.spawn_blocking(move || cache.current(now));
        match read.await {
            Ok(read) => read.map_err(|error| Error::Workspace(error.to_string())),
            Err(_) => Err(Error::Workspace("reading it was interrupted".to_owned())),
        }
    }
}

fn patterns(tools: &SkillTools) -> Option<Vec<String>> {
    match tools {
        SkillTools::Unrestricted => None,
        SkillTools::Only(patterns) => Some(patterns.iter().filter_map(pattern).collect()),
        // A rule of a kind that is not known here lets nothing through.
        _ => Some(Vec::new()),
    }
}

fn pattern(pattern: &ToolPattern) -> Option<String> {
    match pattern {
        ToolPattern::Any => Some("*".to_owned()),
        ToolPattern::Exact(name) => Some(name.clone()),
        ToolPattern::Namespace(prefix) => Some(format!("{prefix}*")),
        _ => None,
    }
}
