//! The loop of a run: the task and the tools, then model calls and tool calls until there is an answer.

use std::fmt::Write;

use clasper_governance::matches_any;
use futures::join;

use crate::backend::{BackendError, BackendTask};
use crate::model::{ChatMessage, ModelReply, ToolCallRequest, ToolSpec};
use crate::service::ending::Ending;
use crate::service::request::TaskPlan;
use crate::service::session::Session;
use crate::service::window::tokens_of_tools;

/// With fewer steps than these, tools are not offered: the call itself, a tool call, and the answer after it.
const STEPS_FOR_TOOLS: u32 = 3;

impl Session<'_> {
    /// Works until there is an answer, which is then in `text`.
    pub(crate) async fn converse(&mut self) -> Result<(), Ending> {
        let now = self.engine.now();
        if !self.admission.grant.covers(&self.plan.opening.intent, now) {
            return Err(Ending::Grant);
        }
        self.plan.mask.check()?;
        self.prepare().await?;
        loop {
            if self.steps_left() == 0 {
                return self.out_of_steps();
            }
            // Nothing goes to the provider that could not be redacted.
            self.plan.mask.check()?;
            if self.steps_left() < STEPS_FOR_TOOLS && !self.plan.request.tools.is_empty() {
                self.withhold_tools();
            }
            let reply = match self.call_model().await {
                // What was said so far is the answer; the trace holds the violation.
                Err(Ending::Budget(_)) if self.has_answer() => return Ok(()),
                other => other?,
            };
            if reply.tool_calls.is_empty() {
                return Ok(());
            }
            if self.plan.request.tools.is_empty() && self.steps_left() < STEPS_FOR_TOOLS {
                return self.out_of_steps();
            }
            self.use_tools(reply).await?;
        }
    }

    /// Looks up the task and the tools, both at once.
    async fn prepare(&mut self) -> Result<(), Ending> {
        let (task, tools) = self
            .leash
            .hold(async { join!(self.find_task(), self.list_tools()) })
            .await?;
        match task {
            Ok(Some(task)) => self.task = TaskPlan::Id(task.id),
            Ok(None) => {}
            Err(BackendError::Unavailable) => {
                self.trouble(
                    "backend_unavailable",
                    "the task is looked up when the answer is delivered",
                    true,
                );
            }
            Err(error) => {
                self.trouble("backend_refused", &error.to_string(), false);
                return Err(Ending::Backend(error));
            }
        }
        match tools {
            Ok(tools) => self.offer(tools),
            Err(error) => self.trouble("tools_unavailable", &error.to_string(), true),
        }
        Ok(())
    }

    async fn find_task(&self) -> Result<Option<BackendTask>, BackendError> {
        match &self.task {
            TaskPlan::Id(_) => Ok(None),
            TaskPlan::Find(task) => {
                let (backend, agent) = (&self.engine.deps.backend, &self.plan.facts.agent);
                backend.find_or_create_task(agent, task).await.map(Some)
            }
        }
    }

    async fn list_tools(&self) -> Result<Vec<ToolSpec>, BackendError> {
        let closed = |patterns: &Option<Vec<String>>| patterns.as_ref().is_some_and(Vec::is_empty);
        if closed(&self.plan.skill_tools) || closed(&self.plan.allowed_tools) {
            return Ok(Vec::new());
        }
        let agent = &self.plan.facts.agent;
        self.engine.deps.backend.tools(agent).await
    }

    /// Offers the model what both layers permit.
    fn offer(&mut self, tools: Vec<ToolSpec>) {
        let layers = [&self.plan.skill_tools, &self.plan.allowed_tools];
        let permits = |tool: &&ToolSpec| {
            let mut rules = layers.iter().filter_map(|layer| layer.as_ref());
            rules.all(|patterns| matches_any(patterns, &tool.name))
        };
        self.plan.request.tools = tools.iter().filter(permits).cloned().collect();
        self.plan.mask.tools(&mut self.plan.request.tools);
        let tokens = tokens_of_tools(&self.plan.request.tools);
        self.plan.tool_tokens = tokens;
        let agent = &self.plan.facts.agent;
        self.engine.remember_tool_tokens(agent, tokens);
        self.offered = tools;
    }

    async fn use_tools(&mut self, reply: ModelReply) -> Result<(), Ending> {
        let mut results = Vec::with_capacity(reply.tool_calls.len());
        for call in &reply.tool_calls {
            results.push(ChatMessage::Tool {
                tool_call_id: call.id.clone(),
                name: call.name.clone(),
                content: self.use_tool(call).await?,
            });
        }
        let messages = &mut self.plan.request.messages;
        messages.push(ChatMessage::Assistant {
            content: reply.content,
            tool_calls: reply.tool_calls,
        });
        messages.append(&mut results);
        Ok(())
    }

    /// Takes the tools away for the last answer, and tells what was done with them as plain text: providers refuse
    /// messages about tools in a request without tools.
    fn withhold_tools(&mut self) {
        if self.tool_calls > 0 {
            self.violation("step_limit", "the run used up its steps for tools");
        }
        let request = &mut self.plan.request;
        request.tools.clear();
        for message in &mut request.messages {
            *message = without_tools(std::mem::replace(
                message,
                ChatMessage::System {
                    content: String::new(),
                },
            ));
        }
    }

    fn has_answer(&self) -> bool {
        !self.text.trim().is_empty()
    }

    fn out_of_steps(&mut self) -> Result<(), Ending> {
        self.violation("step_limit", "the run used up its steps");
        if self.has_answer() {
            Ok(())
        } else {
            Err(Ending::StepLimit)
        }
    }
}

fn without_tools(message: ChatMessage) -> ChatMessage {
    match message {
        ChatMessage::Assistant {
            mut content,
            tool_calls,
        } => {
            for ToolCallRequest {
                name, arguments, ..
            } in &tool_calls
            {
                let _ = write!(content, "\n[called {name} with {arguments}]");
            }
            ChatMessage::Assistant {
                content,
                tool_calls: Vec::new(),
            }
        }
        ChatMessage::Tool { name, content, .. } => ChatMessage::User {
            content: format!("[{name} answered] {content}"),
        },
        other => other,
    }
}
