//! Google's `generateContent` API.

use clasper_runtime::model::{
    ChatMessage, FinishReason, ModelError, ModelProvider as _, TokenUsage, ToolCallRequest,
    ToolSpec,
};
use serde_json::{Value, json};

use crate::fake::{self, Fake, KEY, texts_and_reply};

const MODEL: &str = "google/gemini-2.5-flash";

/// An answer with these parts.
fn answer(parts: &Value, finish: &Value) -> Value {
    json!({
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": finish, "index": 0}],
        "usageMetadata": {"promptTokenCount": 30, "candidatesTokenCount": 5, "totalTokenCount": 35},
    })
}

fn call_part(id: u32) -> Value {
    json!({"functionCall": {"name": "get_order", "args": {"id": id}}})
}

fn whole_answer() -> Value {
    answer(
        &json!([{"text": "Let me look."}, call_part(7)]),
        &json!("STOP"),
    )
}

#[tokio::test]
async fn the_request_has_the_providers_form() -> anyhow::Result<()> {
    let server = Fake::start(|| fake::json(200, &whole_answer())).await?;
    let mut request = fake::request(MODEL);
    let call = ToolCallRequest {
        id: "call#get_order#1000".to_owned(),
        name: "get_order".to_owned(),
        arguments: json!({"id": 7}),
    };
    request.messages.push(ChatMessage::Assistant {
        content: "Let me look.".to_owned(),
        tool_calls: vec![call],
    });
    request.messages.push(ChatMessage::Tool {
        tool_call_id: "call#get_order#1000".to_owned(),
        name: "get_order".to_owned(),
        content: "sent".to_owned(),
    });
    let parameters = json!({"type": "object", "properties": {"id": {"type": "integer"}}});
    let (name, description) = ("get_order".to_owned(), "Reads an order.".to_owned());
    request.tools = vec![ToolSpec {
        name,
        description,
        parameters: parameters.clone().into(),
    }];
    server.providers()?.complete(&request).await?;

    let asked = server.last();
    assert_eq!(
        asked.path,
        "/v1beta/models/gemini-2.5-flash:generateContent"
    );
    assert_eq!(asked.headers["x-goog-api-key"], KEY);
    assert_eq!(
        asked.body["systemInstruction"]["parts"][0]["text"],
        "Be brief."
    );
    assert_eq!(asked.body["generationConfig"]["maxOutputTokens"], 100);
    assert_eq!(asked.body["generationConfig"]["temperature"], 0.5);
    let declaration = json!({"name": "get_order", "description": "Reads an order.", "parametersJsonSchema": parameters});
    assert_eq!(
        asked.body["tools"],
        json!([{"functionDeclarations": [declaration]}])
    );
    let response =
        json!({"name": "get_order", "response": {"name": "get_order", "content": "sent"}});
    let expected = json!([
        {"role": "user", "parts": [{"text": "Hello"}]},
        {"role": "model", "parts": [{"text": "Let me look."}, call_part(7)]},
        {"role": "user", "parts": [{"functionResponse": response}]},
    ]);
    assert_eq!(asked.body["contents"], expected);
    Ok(())
}

#[tokio::test]
async fn the_answer_is_read() -> anyhow::Result<()> {
    let reply = Fake::start(|| fake::json(200, &whole_answer()))
        .await?
        .complete(MODEL)
        .await??;
    assert_eq!(reply.content, "Let me look.");
    assert_eq!(reply.tool_calls.len(), 1);
    assert_eq!(reply.tool_calls[0].name, "get_order");
    assert_eq!(reply.tool_calls[0].arguments, json!({"id": 7}));
    assert_eq!(
        reply.usage,
        Some(TokenUsage {
            input_tokens: 30,
            output_tokens: 5
        })
    );
    assert_eq!(reply.finish_reason, FinishReason::ToolCalls);
    Ok(())
}

/// The events of a streamed answer, one by one. Only the last says why it ended.
fn events() -> Vec<String> {
    let event = |parts: Value, finish: Value| format!("data: {}\r\n\r\n", answer(&parts, &finish));
    vec![
        event(json!([{"text": "Let me"}]), Value::Null),
        event(json!([{"text": " look."}]), Value::Null),
        event(json!([call_part(7)]), Value::Null),
        event(json!([call_part(8)]), json!("STOP")),
    ]
}

#[tokio::test]
async fn the_streamed_answer_is_read_with_different_ids_for_its_calls() -> anyhow::Result<()> {
    let server = Fake::start(|| fake::events(events().concat())).await?;
    let chunks = server.stream(MODEL).await??;
    assert_eq!(
        server.last().path,
        "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"
    );
    let (texts, reply) = texts_and_reply(&chunks);
    assert_eq!(texts, ["Let me", " look."]);
    assert_eq!(
        reply.usage,
        Some(TokenUsage {
            input_tokens: 30,
            output_tokens: 5
        })
    );
    let arguments: Vec<_> = reply
        .tool_calls
        .iter()
        .map(|call| call.arguments.clone())
        .collect();
    assert_eq!(arguments, [json!({"id": 7}), json!({"id": 8})]);
    assert_ne!(reply.tool_calls[0].id, reply.tool_calls[1].id);
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
async fn a_filtered_answer_says_so() -> anyhow::Result<()> {
    let filtered = answer(&json!([{"text": "I would"}]), &json!("SAFETY"));
    let reply = Fake::start(move || fake::json(200, &filtered))
        .await?
        .complete(MODEL)
        .await??;
    assert_eq!(reply.finish_reason, FinishReason::ContentFilter);
    Ok(())
}
