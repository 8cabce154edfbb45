//! Anthropic's Messages API.

use clasper_runtime::model::{
    ChatMessage, FinishReason, ModelError, ModelProvider as _, TokenUsage, ToolCallRequest,
    ToolSpec,
};
use serde_json::{Value, json};

use crate::fake::{self, Fake, KEY, texts_and_reply};

const MODEL: &str = "anthropic/claude-sonnet-4-5";

fn answer() -> Value {
    json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
        "content": [
            {"type": "text", "text": "Let me look."},
            {"type": "tool_use", "id": "toolu_1", "name": "get_order", "input": {"id": 7}},
        ],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 20, "output_tokens": 8},
    })
}

fn call() -> ToolCallRequest {
    ToolCallRequest {
        id: "toolu_1".to_owned(),
        name: "get_order".to_owned(),
        arguments: json!({"id": 7}),
    }
}

#[tokio::test]
async fn the_request_has_the_providers_form() -> anyhow::Result<()> {
    let server = Fake::start(|| fake::json(200, &answer())).await?;
    let mut request = fake::request(MODEL);
    request.temperature = 1.5;
    let result = |id: &str| ChatMessage::Tool {
        tool_call_id: id.to_owned(),
        name: "get_order".to_owned(),
        content: "sent".to_owned(),
    };
    let second = ToolCallRequest {
        id: "toolu_2".to_owned(),
        arguments: json!("{bad"),
        ..call()
    };
    request.messages.push(ChatMessage::Assistant {
        content: String::new(),
        tool_calls: vec![call(), second],
    });
    request
        .messages
        .extend([result("toolu_1"), result("toolu_2")]);
    let parameters = json!({"type": "object", "properties": {"id": {"type": "integer"}}});
    let (name, description) = ("get_order".to_owned(), "Reads an order.".to_owned());
    request.tools = vec![ToolSpec {
        name,
        description,
        parameters: parameters.clone().into(),
    }];
    server.providers()?.complete(&request).await?;

    let asked = server.last();
    assert_eq!(asked.path, "/v1/messages");
    assert_eq!(asked.headers["x-api-key"], KEY);
    assert!(asked.headers.contains_key("anthropic-version"));
    assert_eq!(asked.body["model"], "claude-sonnet-4-5");
    assert_eq!(asked.body["max_tokens"], 100);
    assert_eq!(
        asked.body["temperature"], 1.0,
        "the provider's scale ends at one"
    );
    assert_eq!(asked.body["system"], "Be brief.");
    let tool =
        json!({"name": "get_order", "description": "Reads an order.", "input_schema": parameters});
    assert_eq!(asked.body["tools"], json!([tool]));
    let used = |id: &str, input: Value| json!({"type": "tool_use", "id": id, "name": "get_order", "input": input});
    let resulted = |id: &str| json!({"type": "tool_result", "tool_use_id": id, "content": "sent"});
    let expected = json!([
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": [
            used("toolu_1", json!({"id": 7})), used("toolu_2", json!({"invalid_arguments": "{bad"})),
        ]},
        {"role": "user", "content": [resulted("toolu_1"), resulted("toolu_2")]},
    ]);
    assert_eq!(asked.body["messages"], expected);
    Ok(())
}

#[tokio::test]
async fn the_answer_is_read() -> anyhow::Result<()> {
    let reply = Fake::start(|| fake::json(200, &answer()))
        .await?
        .complete(MODEL)
        .await??;
    assert_eq!(reply.content, "Let me look.");
    assert_eq!(reply.tool_calls, [call()]);
    assert_eq!(
        reply.usage,
        Some(TokenUsage {
            input_tokens: 20,
            output_tokens: 8
        })
    );
    assert_eq!(reply.finish_reason, FinishReason::ToolCalls);
    assert!(!reply.scripted);
    Ok(())
}

#[tokio::test]
async fn an_answer_without_content_is_empty() -> anyhow::Result<()> {
    let mut empty = answer();
    empty["content"] = json!([]);
    assert_eq!(
        Fake::start(move || fake::json(200, &empty))
            .await?
            .complete(MODEL)
            .await?,
        Err(ModelError::Empty)
    );
    Ok(())
}

/// The events of a streamed answer, one by one.
fn events() -> Vec<String> {
    let event = |value: Value| {
        format!(
            "event: {}\ndata: {value}\n\n",
            value["type"].as_str().unwrap_or_default()
        )
    };
    let start = |index: u32, block: Value| {
        event(json!({"type": "content_block_start", "index": index, "content_block": block}))
    };
    let delta = |index: u32, delta: Value| {
        event(json!({"type": "content_block_delta", "index": index, "delta": delta}))
    };
    let stop = |index: u32| event(json!({"type": "content_block_stop", "index": index}));
    vec![
        event(
            json!({"type": "message_start", "message": {"usage": {"input_tokens": 20, "output_tokens": 1}}}),
        ),
        start(0, json!({"type": "text", "text": ""})),
        event(json!({"type": "ping"})),
        delta(0, json!({"type": "text_delta", "text": "Let me"})),
        delta(0, json!({"type": "text_delta", "text": " look."})),
        stop(0),
        start(
            1,
            json!({"type": "tool_use", "id": "toolu_1", "name": "get_order", "input": {}}),
        ),
        delta(
            1,
            json!({"type": "input_json_delta", "partial_json": "{\"id\":"}),
        ),
        delta(
            1,
            json!({"type": "input_json_delta", "partial_json": " 7}"}),
        ),
        stop(1),
        event(
            json!({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 8}}),
        ),
        event(json!({"type": "message_stop"})),
    ]
}

#[tokio::test]
async fn the_streamed_answer_is_read() -> anyhow::Result<()> {
    let server = Fake::start(|| fake::events(events().concat())).await?;
    let chunks = server.stream(MODEL).await??;
    assert_eq!(server.last().body["stream"], true);
    let (texts, reply) = texts_and_reply(&chunks);
    assert_eq!(texts, ["Let me", " look."]);
    assert_eq!(reply.content, "Let me look.");
    assert_eq!(reply.tool_calls, [call()]);
    assert_eq!(
        reply.usage,
        Some(TokenUsage {
            input_tokens: 20,
            output_tokens: 8
        })
    );
    assert_eq!(reply.finish_reason, FinishReason::ToolCalls);
    Ok(())
}

#[tokio::test]
async fn a_stream_cut_after_any_event_but_the_last_fails() -> anyhow::Result<()> {
    for kept in 0..events().len() {
        let server = Fake::start(move || fake::events(events()[..kept].concat())).await?;
        assert_eq!(
            server.stream(MODEL).await?,
            Err(ModelError::BadAnswer),
            "after {kept} events"
        );
    }
    Ok(())
}

#[tokio::test]
async fn an_error_in_the_middle_of_a_stream_ends_it() -> anyhow::Result<()> {
    let error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"x\"}}\n\n";
    let server = Fake::start(move || fake::events(events()[..4].concat() + error)).await?;
    assert_eq!(server.stream(MODEL).await?, Err(ModelError::Unavailable));
    Ok(())
}
