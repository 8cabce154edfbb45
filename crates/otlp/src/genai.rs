//! What a span says of models, tools and agents: the GenAI conventions of OpenTelemetry, in their present and earlier names,
//! and those of `OpenLLMetry` and `OpenInference`.

use serde_json::Value;

use crate::attributes::Attributes;

/// What a span stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A call of a model.
    Model,
    /// A call of a tool.
    Tool,
    /// An agent at work.
    Agent,
    /// Anything else.
    Other,
}

/// What a span says of models, tools and agents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenAi {
    /// What it stands for.
    pub operation: Operation,
    /// How it names that: `chat`, `execute_tool`, `invoke_agent`, …
    pub operation_name: Option<String>,
    /// Who provides the model.
    pub provider: Option<String>,
    /// The model that answered, or the one that was asked for.
    pub model: Option<String>,
    /// Tokens of the prompt.
    pub input_tokens: Option<u64>,
    /// Tokens of the answer.
    pub output_tokens: Option<u64>,
    /// Why the model stopped.
    pub finish_reason: Option<String>,
    /// The tool.
    pub tool: Option<String>,
    /// The agent.
    pub agent: Option<String>,
    /// The user.
    pub user: Option<String>,
    /// What went in.
    pub input: Option<String>,
    /// What came out.
    pub output: Option<String>,
}

/// Operations of the conventions, and kinds of spans of others, that stand for a call of a model.
const MODEL: [&str; 8] = [
    "chat",
    "text_completion",
    "completion",
    "generate_content",
    "embeddings",
    "embedding",
    "llm",
    "rerank",
];
const TOOL: [&str; 2] = ["execute_tool", "tool"];
const AGENT: [&str; 4] = ["invoke_agent", "create_agent", "agent", "workflow"];

impl GenAi {
    /// Reads `span`, as OTLP's JSON.
    #[must_use]
    pub fn of(span: &Value) -> Self {
        let found = Attributes::of(span);
        let operation_name = found.text(&[
            "gen_ai.operation.name",
            "traceloop.span.kind",
            "openinference.span.kind",
            "llm.request.type",
        ]);
        let mut read = Self {
            operation: Operation::Other,
            provider: found.text(&[
                "gen_ai.provider.name",
                "gen_ai.system",
                "llm.provider",
                "llm.system",
            ]),
            model: found.text(&[
                "gen_ai.response.model",
                "gen_ai.request.model",
                "llm.response.model",
                "llm.request.model",
                "llm.model_name",
                "embedding.model_name",
            ]),
            input_tokens: found.count(&[
                "gen_ai.usage.input_tokens",
                "gen_ai.usage.prompt_tokens",
                "llm.usage.prompt_tokens",
                "llm.token_count.prompt",
            ]),
            output_tokens: found.count(&[
                "gen_ai.usage.output_tokens",
                "gen_ai.usage.completion_tokens",
                "llm.usage.completion_tokens",
                "llm.token_count.completion",
            ]),
            finish_reason: found.first_text(&[
                "gen_ai.response.finish_reasons",
                "gen_ai.completion.0.finish_reason",
                "llm.response.finish_reason",
            ]),
            tool: found.text(&["gen_ai.tool.name", "tool.name", "tool_call.function.name"]),
            agent: found.text(&["gen_ai.agent.name", "agent.name", "traceloop.workflow.name"]),
            user: found.text(&["user.id", "enduser.id"]),
            input: found.text(&[
                "gen_ai.input.messages",
                "gen_ai.tool.call.arguments",
                "gen_ai.prompt",
                "gen_ai.prompt.0.content",
                "llm.input_messages.0.message.content",
                "input.value",
                "traceloop.entity.input",
            ]),
            output: found.text(&[
                "gen_ai.output.messages",
                "gen_ai.tool.call.result",
                "gen_ai.completion",
                "gen_ai.completion.0.content",
                "llm.output_messages.0.message.content",
                "output.value",
                "traceloop.entity.output",
            ]),
            operation_name,
        };
        read.operation = read.meaning();
        if read.operation == Operation::Tool && read.tool.is_none() {
            read.tool = found.text(&["traceloop.entity.name"]);
        }
        read
    }

    /// What it stands for: by its own word, else by what it has.
    fn meaning(&self) -> Operation {
        let named = self.operation_name.as_deref().map(str::to_ascii_lowercase);
        match named.as_deref() {
            Some(name) if MODEL.contains(&name) => Operation::Model,
            Some(name) if TOOL.contains(&name) => Operation::Tool,
            Some(name) if AGENT.contains(&name) => Operation::Agent,
            None if self.tool.is_some() => Operation::Tool,
            None if self.model.is_some() => Operation::Model,
            Some(_) | None => Operation::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(pairs: &[(&str, Value)]) -> GenAi {
        let attribute = |(key, value): &(&str, Value)| json!({"key": key, "value": value});
        let attributes: Vec<_> = pairs.iter().map(attribute).collect();
        GenAi::of(&json!({"attributes": attributes}))
    }

    fn text(value: &str) -> Value {
        json!({"stringValue": value})
    }

    #[test]
    fn a_call_of_a_model_is_known_by_the_names_of_every_time() {
        let of = |name: &'static str, system, model, input, output| {
            read(&[
                (name, text("chat")),
                (system, text("openai")),
                (model, text("gpt-4o")),
                (input, json!({"intValue": "10"})),
                (output, json!({"intValue": 5})),
            ])
        };
        for found in [
            of(
                "gen_ai.operation.name",
                "gen_ai.provider.name",
                "gen_ai.response.model",
                "gen_ai.usage.input_tokens",
                "gen_ai.usage.output_tokens",
            ),
            of(
                "gen_ai.operation.name",
                "gen_ai.system",
                "gen_ai.request.model",
                "gen_ai.usage.prompt_tokens",
                "gen_ai.usage.completion_tokens",
            ),
            of(
                "llm.request.type",
                "gen_ai.system",
                "gen_ai.request.model",
                "llm.usage.prompt_tokens",
                "llm.usage.completion_tokens",
            ),
        ] {
            assert_eq!(found.operation, Operation::Model);
            assert_eq!(found.provider.as_deref(), Some("openai"));
            assert_eq!(found.model.as_deref(), Some("gpt-4o"));
            assert_eq!(
                (found.input_tokens, found.output_tokens),
                (Some(10), Some(5))
            );
        }
        let inference = read(&[
            ("openinference.span.kind", text("LLM")),
            ("llm.model_name", text("claude")),
        ]);
        assert_eq!(inference.operation, Operation::Model);
    }

    #[test]
    fn tools_and_agents_are_told_apart() {
        let tool = read(&[
            ("gen_ai.operation.name", text("execute_tool")),
            ("gen_ai.tool.name", text("search")),
        ]);
        assert_eq!(
            (tool.operation, tool.tool.as_deref()),
            (Operation::Tool, Some("search"))
        );
        let tool = read(&[
            ("traceloop.span.kind", text("tool")),
            ("traceloop.entity.name", text("search")),
        ]);
        assert_eq!(tool.tool.as_deref(), Some("search"));
        let agent = read(&[
            ("gen_ai.operation.name", text("invoke_agent")),
            ("gen_ai.agent.name", text("lead")),
            ("gen_ai.usage.input_tokens", json!({"intValue": "9"})),
        ]);
        assert_eq!(agent.operation, Operation::Agent);
        assert_eq!(
            read(&[("http.method", text("GET"))]).operation,
            Operation::Other
        );
    }
}
