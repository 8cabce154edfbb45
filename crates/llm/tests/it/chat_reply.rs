//! Whole answers of Chat Completions servers.

use clasper_runtime::model::{FinishReason, ModelError, ModelReply, TokenUsage, ToolCallRequest};
use serde_json::{Value, json};

use crate::fake::{self, Fake};

async fn reply_to(answer: Value) -> anyhow::Result<Result<ModelReply, ModelError>> {
    Fake::start(move || fake::json(200, &answer))
        .await?
        .complete("openai/m")
        .await
}

/// An answer with this message.
fn message(message: &Value, finish_reason: &Value) -> Value {
    json!({"choices": [{"index": 0, "message": message, "finish_reason": finish_reason}]})
}

#[tokio::test]
async fn text_usage_and_reason_are_read() -> anyhow::Result<()> {
    let mut answer = message(
        &json!({"role": "assistant", "content": "Hi", "refusal": null}),
        &json!("length"),
    );
    answer["usage"] = json!({"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15});
    let expected = ModelReply {
        content: "Hi".to_owned(),
        tool_calls: Vec::new(),
        usage: Some(TokenUsage {
            input_tokens: 12,
            output_tokens: 3,
        }),
        finish_reason: FinishReason::Length,
        scripted: false,
    };
    assert_eq!(reply_to(answer).await?, Ok(expected));
    Ok(())
}

#[tokio::test]
async fn a_server_that_counts_nothing_gives_no_usage() -> anyhow::Result<()> {
    for usage in [Value::Null, json!({}), json!({"prompt_tokens": 5})] {
        let mut answer = message(&json!({"content": "Hi"}), &Value::Null);
        answer["usage"] = usage.clone();
        let reply = reply_to(answer).await??;
        assert_eq!(
            (reply.usage, reply.finish_reason),
            (None, FinishReason::Stop),
            "{usage}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn tool_calls_are_read_in_every_form() -> anyhow::Result<()> {
    let calls = json!([
        {"id": "call_a", "type": "function", "function": {"name": "good", "arguments": "{\"n\":1}"}},
        {"id": "call_b", "type": "function", "function": {"name": "bad", "arguments": "{\"n\":"}},
        {"id": "call_c", "type": "function", "function": {"name": "none", "arguments": ""}},
        {"type": "function", "function": {"name": "object", "arguments": {"n": 2}}},
    ]);
    let reply = reply_to(message(
        &json!({"content": null, "tool_calls": calls}),
        &json!("stop"),
    ))
    .await??;
    let call = |id: &str, name: &str, arguments: Value| ToolCallRequest {
        id: id.to_owned(),
        name: name.to_owned(),
        arguments,
    };
    let expected = [
        call("call_a", "good", json!({"n": 1})),
        call("call_b", "bad", json!("{\"n\":")),
        call("call_c", "none", json!({})),
        call("call_1_3", "object", json!({"n": 2})),
    ];
    assert_eq!(reply.tool_calls, expected);
    assert_eq!(
        (reply.content.as_str(), reply.finish_reason),
        ("", FinishReason::ToolCalls)
    );
    Ok(())
}

#[tokio::test]
async fn text_in_parts_is_joined() -> anyhow::Result<()> {
    let parts = json!([{"type": "thinking", "thinking": [{"text": "hm"}]}, {"type": "text", "text": "Hi"}, "!"]);
    assert_eq!(
        reply_to(message(&json!({"content": parts}), &json!("stop")))
            .await??
            .content,
        "Hi!"
    );
    Ok(())
}

#[tokio::test]
async fn a_refusal_is_an_answer_that_the_filter_stopped() -> anyhow::Result<()> {
    let refusal = json!({"content": null, "refusal": "I cannot help with that."});
    let reply = reply_to(message(&refusal, &json!("stop"))).await??;
    assert_eq!(reply.content, "I cannot help with that.");
    assert_eq!(reply.finish_reason, FinishReason::ContentFilter);
    Ok(())
}

#[tokio::test]
async fn an_empty_answer_is_an_error() -> anyhow::Result<()> {
    for empty in [
        json!({"content": ""}),
        json!({"content": null, "tool_calls": []}),
        json!({"content": " \n"}),
    ] {
        let reply = reply_to(message(&empty, &json!("stop"))).await?;
        assert_eq!(reply, Err(ModelError::Empty), "{empty}");
    }
    Ok(())
}
