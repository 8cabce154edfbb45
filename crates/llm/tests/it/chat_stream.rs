//! Streamed answers of Chat Completions servers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use clasper_runtime::model::{
    FinishReason, ModelChunk, ModelError, ModelProvider as _, TokenUsage, ToolCallRequest,
};
use futures::StreamExt as _;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::fake::{self, Fake, texts_and_reply};

/// One event with this delta.
fn delta(delta: &Value) -> String {
    format!(
        "data: {}\n\n",
        json!({"choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
    )
}

/// The event that says why the answer ended.
fn finish(reason: &str) -> String {
    format!(
        "data: {}\n\n",
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    )
}

const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11}}\r\n\r\n";
const DONE: &str = "data: [DONE]\n\n";

fn whole_answer() -> String {
    let role = delta(&json!({"role": "assistant", "content": ""}));
    let texts = [
        delta(&json!({"content": "Grüße"})),
        delta(&json!({"content": " 🙂"})),
    ]
    .concat();
    format!(
        ": keep-alive\n\n{role}{texts}{}{USAGE}{DONE}",
        finish("stop")
    )
}

async fn streamed(text: String) -> anyhow::Result<Result<Vec<ModelChunk>, ModelError>> {
    Fake::start(move || fake::events(text.clone()))
        .await?
        .stream("openai/m")
        .await
}

#[tokio::test]
async fn texts_usage_and_reason_arrive() -> anyhow::Result<()> {
    let chunks = streamed(whole_answer()).await??;
    let (texts, reply) = texts_and_reply(&chunks);
    assert_eq!(texts, ["Grüße", " 🙂"]);
    assert_eq!(reply.content, "Grüße 🙂");
    assert_eq!(
        reply.usage,
        Some(TokenUsage {
            input_tokens: 9,
            output_tokens: 2
        })
    );
    assert_eq!(reply.finish_reason, FinishReason::Stop);
    Ok(())
}

#[tokio::test]
async fn an_answer_cut_at_every_byte_is_the_same() -> anyhow::Result<()> {
    let expected = streamed(whole_answer()).await??;
    let bytes = || {
        whole_answer()
            .into_bytes()
            .into_iter()
            .map(|byte| Ok(Bytes::from(vec![byte])))
            .collect()
    };
    let server = Fake::start(move || fake::in_pieces("text/event-stream", bytes())).await?;
    assert_eq!(server.stream("openai/m").await??, expected);
    Ok(())
}

#[tokio::test]
async fn tool_calls_are_assembled_by_index() -> anyhow::Result<()> {
    let call = |index: u32, id: Value, name: Value, arguments: &str| {
        let function = json!({"name": name, "arguments": arguments});
        delta(
            &json!({"tool_calls": [{"index": index, "id": id, "type": "function", "function": function}]}),
        )
    };
    let events = [
        call(0, json!("call_a"), json!("first"), ""),
        call(1, json!("call_b"), json!("second"), "{\"b\""),
        call(0, Value::Null, Value::Null, "{\"a\":"),
        call(1, Value::Null, Value::Null, ":2}"),
        call(0, Value::Null, Value::Null, "1}"),
        call(2, json!("call_c"), json!("third"), "{broken"),
        finish("tool_calls"),
        DONE.to_owned(),
    ];
    let chunks = streamed(events.concat()).await??;
    let (texts, reply) = texts_and_reply(&chunks);
    let expected = |id: &str, name: &str, arguments: Value| ToolCallRequest {
        id: id.to_owned(),
        name: name.to_owned(),
        arguments,
    };
    assert!(texts.is_empty());
    assert_eq!(
        reply.tool_calls,
        [
            expected("call_a", "first", json!({"a": 1})),
            expected("call_b", "second", json!({"b": 2})),
            expected("call_c", "third", json!("{broken")),
        ]
    );
    assert_eq!(
        (reply.finish_reason, reply.usage),
        (FinishReason::ToolCalls, None)
    );
    Ok(())
}

#[tokio::test]
async fn tool_calls_without_or_with_equal_indexes_are_told_apart_by_id() -> anyhow::Result<()> {
    for index in [Value::Null, json!(0)] {
        let call = |id: &str| {
            let function = json!({"name": id, "arguments": {"of": id}});
            json!({"index": index, "id": id, "function": function})
        };
        let events = [
            delta(&json!({"tool_calls": [call("a"), call("b")]})),
            finish("stop"),
            DONE.to_owned(),
        ];
        let chunks = streamed(events.concat()).await??;
        let calls = &texts_and_reply(&chunks).1.tool_calls;
        let found: Vec<_> = calls
            .iter()
            .map(|call| (call.name.as_str(), call.arguments.clone()))
            .collect();
        assert_eq!(
            found,
            [("a", json!({"of": "a"})), ("b", json!({"of": "b"}))],
            "{index}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_is_whole_once_finished_or_declared_done() -> anyhow::Result<()> {
    let text = delta(&json!({"content": "Hi"}));
    let whole = [
        format!("{text}{}", finish("stop")),
        format!("{text}{DONE}"),
        format!("{text}{}data: [DONE]", finish("stop")),
        format!("{text}{}{USAGE}", finish("length")),
    ];
    for stream in whole {
        let chunks = streamed(stream.clone()).await??;
        assert_eq!(texts_and_reply(&chunks).1.content, "Hi", "{stream}");
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_that_is_cut_off_has_no_end() -> anyhow::Result<()> {
    let text = delta(&json!({"content": "Hi"}));
    for rest in [
        Ok(Bytes::from_static(b"data: {\"choi")),
        Err("cut"),
        Ok(Bytes::new()),
    ] {
        let text = text.clone();
        let server = Fake::start(move || {
            let rest = rest.clone().map_err(std::io::Error::other);
            fake::in_pieces(
                "text/event-stream",
                vec![Ok(Bytes::from(text.clone())), rest],
            )
        });
        let server = server.await?;
        let mut stream = server
            .providers()?
            .stream(&fake::request("openai/m"))
            .await?;
        assert_eq!(
            stream.next().await,
            Some(Ok(ModelChunk::Text("Hi".to_owned())))
        );
        assert_eq!(stream.next().await, Some(Err(ModelError::BadAnswer)));
        assert_eq!(stream.next().await, None);
    }
    Ok(())
}

#[tokio::test]
async fn errors_and_nonsense_in_the_middle_end_the_stream() -> anyhow::Result<()> {
    let text = delta(&json!({"content": "Hi"}));
    let overloaded = "data: {\"error\":{\"code\":503,\"message\":\"overloaded\"}}\n\n";
    assert_eq!(
        streamed(format!("{text}{overloaded}{DONE}")).await?,
        Err(ModelError::Unavailable)
    );
    assert_eq!(
        streamed(format!("{text}data: nonsense\n\n{DONE}")).await?,
        Err(ModelError::BadAnswer)
    );
    Ok(())
}

#[tokio::test]
async fn a_stream_without_text_or_calls_is_empty() -> anyhow::Result<()> {
    assert_eq!(
        streamed(format!("{}{USAGE}{DONE}", finish("stop"))).await?,
        Err(ModelError::Empty)
    );
    Ok(())
}

#[tokio::test]
async fn a_refusal_streams_as_text_that_the_filter_stopped() -> anyhow::Result<()> {
    let refusal = [
        delta(&json!({"refusal": "I can"})),
        delta(&json!({"refusal": "not."})),
        finish("stop"),
    ]
    .concat();
    let chunks = streamed(refusal).await??;
    let (texts, reply) = texts_and_reply(&chunks);
    assert_eq!(texts, ["I can", "not."]);
    assert_eq!(reply.finish_reason, FinishReason::ContentFilter);
    Ok(())
}

#[tokio::test]
async fn a_server_that_cannot_stream_is_read_whole() -> anyhow::Result<()> {
    let answer = json!({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]});
    let chunks = Fake::start(move || fake::json(200, &answer))
        .await?
        .stream("openai/m")
        .await??;
    let (texts, reply) = texts_and_reply(&chunks);
    assert_eq!((texts, reply.content.as_str()), (vec!["Hi"], "Hi"));
    Ok(())
}

#[tokio::test]
async fn a_stream_that_falls_silent_times_out() -> anyhow::Result<()> {
    let first = delta(&json!({"content": "Hi"}));
    let silent = move || {
        let first = futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from(first.clone()))]);
        Body::from_stream(first.chain(futures::stream::pending()))
    };
    let server = Fake::start(move || fake::with_type(200, "text/event-stream", silent())).await?;
    let providers = server.providers_within(Duration::from_millis(50))?;
    // On a busy machine the limit may strike before the first piece; the error is the same.
    let end = match providers.stream(&fake::request("openai/m")).await {
        Ok(stream) => fake::collect(stream).await,
        Err(error) => Err(error),
    };
    assert_eq!(end, Err(ModelError::Timeout));
    Ok(())
}

#[tokio::test]
async fn dropping_the_stream_ends_the_response() -> anyhow::Result<()> {
    for (model, first) in [
        ("openai/m", delta(&json!({"content": "Hi"}))),
        (
            "google/m",
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hi\"}]}}]}\n\n".to_owned(),
        ),
    ] {
        let (dropped, was_dropped) = oneshot::channel::<()>();
        let dropped = Arc::new(Mutex::new(Some(dropped)));
        let body = move || {
            // The sender lives as long as the response's body does.
            let sender = dropped
                .lock()
                .expect("no test panics while holding it")
                .take();
            let first =
                futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from(first.clone()))]);
            let rest = futures::stream::pending().map(move |item| {
                let _kept = &sender;
                item
            });
            Body::from_stream(first.chain(rest))
        };
        let server = Fake::start(move || fake::with_type(200, "text/event-stream", body())).await?;
        let mut stream = server.providers()?.stream(&fake::request(model)).await?;
        assert_eq!(
            stream.next().await,
            Some(Ok(ModelChunk::Text("Hi".to_owned()))),
            "{model}"
        );
        drop(stream);
        assert!(
            was_dropped.await.is_err(),
            "the body was dropped and its sender with it"
        );
    }
    Ok(())
}
