//! Whom and what a search asks about: what policies name, and what the registry knows.

use clasper_api_state::ApiState;
use std::collections::BTreeSet;

use clasper_core::{Caller, Permission};
use clasper_delegated::adapter::Adapter;
use clasper_http::Problem;
use clasper_policy::Mentions;

/// Everything that is known here.
pub(super) struct Known {
    mentions: Mentions,
    adapters: Vec<Adapter>,
}

impl Known {
    /// The registry is read by the server for itself: whoever may ask about policies may ask about every adapter.
    pub(super) async fn new(
        state: &ApiState,
        caller: &Caller,
        mentions: Mentions,
    ) -> Result<Self, Problem> {
        let mut ours = caller.clone();
        ours.principal.permissions = ours.principal.permissions.with(Permission::AdapterView);
        Ok(Self {
            mentions,
            adapters: state.adapters.list(&ours).await?,
        })
    }

    /// Subjects of a type, by id.
    pub(super) fn subjects(&self, kind: &str) -> BTreeSet<String> {
        match kind {
            "user" => self.named("User", &["actor"]),
            "agent" => self.named("Agent", &["agent_id", "actor"]),
            "operator" => self.named("Operator", &[]),
            "adapter" => self.adapters.iter().map(|a| a.id.to_string()).collect(),
            other => self.prefixed("Subject", other),
        }
    }

    /// Resources of a type, by id.
    pub(super) fn resources(&self, kind: &str) -> BTreeSet<String> {
        let mut found = self.prefixed("Resource", kind);
        let texts = self.mentions.texts_of("resource_name");
        found.extend(texts.map(str::to_owned));
        let adapters = self.adapters.iter();
        match kind {
            "tool" => {
                found.extend(self.named("Tool", &["tool"]));
                found.extend(adapters.flat_map(|a| a.tool_capabilities.iter().cloned()));
            }
            "capability" => {
                found.extend(self.named("AdapterCapability", &["requested_capabilities"]));
                found.extend(adapters.flat_map(|a| a.capabilities.iter().cloned()));
            }
            "model" => found.extend(self.named("Model", &["model"])),
            "workspace" => found.extend(self.named("Workspace", &["workspace_id"])),
            _ => {}
        }
        found
    }

    /// Actions on resources of a type.
    pub(super) fn actions(&self, kind: &str) -> BTreeSet<String> {
        let ours: &[&str] = match kind {
            "tool" => &["call", "execute"],
            "capability" => &["use"],
            "model" => &["call"],
            "workspace" => &["operate"],
            _ => &[],
        };
        let texts = self.mentions.texts_of("action");
        texts
            .chain(ours.iter().copied())
            .map(str::to_owned)
            .collect()
    }

    fn named(&self, entity: &str, attributes: &[&str]) -> BTreeSet<String> {
        let texts = attributes
            .iter()
            .flat_map(|attribute| self.mentions.texts_of(attribute));
        let entities = self.mentions.entities_of(entity);
        entities.chain(texts).map(str::to_owned).collect()
    }

    /// Entities whose id begins with their type in the words of the other system.
    fn prefixed(&self, entity: &str, kind: &str) -> BTreeSet<String> {
        let entities = self.mentions.entities_of(entity);
        let own = entities.filter_map(|id| id.strip_prefix(kind)?.strip_prefix('/'));
        own.map(str::to_owned).collect()
    }
}
