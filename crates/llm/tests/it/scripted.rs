//! The scripted provider.

use std::time::Duration;

use clasper_llm::ScriptedProvider;
use clasper_runtime::model::{
    ChatMessage, FinishReason, ModelError, ModelProvider as _, ModelReply, ModelRequest, TokenUsage,
};
use serde_json::json;

use crate::fake::{self, texts_and_reply};

fn provider() -> ScriptedProvider {
    ScriptedProvider::new(Duration::ZERO, Duration::from_secs(1))
}

fn saying(text: &str) -> ModelRequest {
    let messages = vec![ChatMessage::User {
        content: text.to_owned(),
    }];
    ModelRequest {
        messages,
        ..fake::request("scripted/echo")
    }
}

async fn reply_to(text: &str) -> Result<ModelReply, ModelError> {
    provider().complete(&saying(text)).await
}

#[tokio::test]
async fn replies_say_what_they_are_and_quote_the_message() -> anyhow::Result<()> {
    let reply = reply_to("Where is it?").await?;
    let expected = "This is a scripted offline reply from scripted/echo; no model was asked. You said: \"Where is it?\"";
    assert_eq!(reply.content, expected);
    assert!(reply.scripted);
    // 9 characters of system prompt and 12 of message; 99 of reply.
    assert_eq!(
        reply.usage,
        Some(TokenUsage {
            input_tokens: 6,
            output_tokens: expected.len().div_ceil(4) as u64
        })
    );
    assert_eq!(reply, reply_to("Where is it?").await?);
    let long = reply_to(&"ü".repeat(300)).await?;
    assert_eq!(long.content.matches('ü').count(), 200);
    Ok(())
}

#[tokio::test]
async fn a_tool_directive_asks_for_the_call_and_then_quotes_its_result() -> anyhow::Result<()> {
    let mut request = saying("[[tool:get_order {\"id\": 7}]]");
    let reply = provider().complete(&request).await?;
    assert_eq!(
        (reply.content.as_str(), reply.finish_reason),
        ("", FinishReason::ToolCalls)
    );
    let [call] = reply.tool_calls.as_slice() else {
        panic!("one call was scripted")
    };
    assert_eq!(
        (call.name.as_str(), &call.arguments),
        ("get_order", &json!({"id": 7}))
    );

    let (tool_call_id, name) = (call.id.clone(), call.name.clone());
    request.messages.push(ChatMessage::Assistant {
        content: String::new(),
        tool_calls: reply.tool_calls,
    });
    request.messages.push(ChatMessage::Tool {
        tool_call_id,
        name,
        content: "it was sent".to_owned(),
    });
    let reply = provider().complete(&request).await?;
    assert!(
        reply
            .content
            .ends_with("The tool get_order returned: \"it was sent\""),
        "{}",
        reply.content
    );
    assert!(reply.tool_calls.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_fail_directive_fails() {
    let failures = [
        ("rate_limited", ModelError::RateLimited),
        ("unavailable", ModelError::Unavailable),
        ("refused", ModelError::Refused { status: 400 }),
        ("timeout", ModelError::Timeout),
        ("empty", ModelError::Empty),
        ("bad_answer", ModelError::BadAnswer),
    ];
    for (name, expected) in failures {
        let request = saying(&format!("[[fail:{name}]]"));
        assert_eq!(provider().complete(&request).await, Err(expected.clone()));
        assert_eq!(provider().stream(&request).await.err(), Some(expected));
    }
}

#[tokio::test]
async fn directives_outside_the_last_user_message_are_words() -> anyhow::Result<()> {
    let mut request = saying("[[fail:timeout]]");
    request.system = "[[fail:timeout]]".to_owned();
    request.messages.push(ChatMessage::Assistant {
        content: "[[fail:timeout]]".to_owned(),
        tool_calls: Vec::new(),
    });
    request.messages.push(ChatMessage::User {
        content: "Hello again".to_owned(),
    });
    assert!(
        provider()
            .complete(&request)
            .await?
            .content
            .contains("Hello again")
    );
    Ok(())
}

#[tokio::test]
async fn repeated_words_stream_one_by_one() -> anyhow::Result<()> {
    let stream = provider().stream(&saying("[[repeat:5]]")).await?;
    let chunks = fake::collect(stream).await?;
    let (texts, reply) = texts_and_reply(&chunks);
    assert_eq!(
        texts,
        ["scripted ", "offline ", "reply ", "scripted ", "offline"]
    );
    assert_eq!(reply.content, texts.concat());
    Ok(())
}

#[tokio::test]
async fn answers_keep_to_the_token_limit() -> anyhow::Result<()> {
    let mut request = saying("[[repeat:1000]]");
    request.max_output_tokens = 3;
    let reply = provider().complete(&request).await?;
    assert_eq!(
        (reply.content.as_str(), reply.finish_reason),
        ("scripted off", FinishReason::Length)
    );
    assert_eq!(reply.usage.map(|usage| usage.output_tokens), Some(3));
    Ok(())
}

#[tokio::test]
async fn delays_end_at_the_time_limit() {
    let provider = ScriptedProvider::new(Duration::ZERO, Duration::from_millis(20));
    assert_eq!(
        provider.complete(&saying("[[delay_ms:60000]]")).await,
        Err(ModelError::Timeout)
    );
    assert!(provider.complete(&saying("[[delay_ms:1]]")).await.is_ok());
}
