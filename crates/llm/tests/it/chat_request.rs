//! What Chat Completions servers are sent.

use clasper_llm::PROVIDERS;
use clasper_runtime::model::{
    ChatMessage, ModelProvider as _, ModelRequest, ToolCallRequest, ToolSpec,
};
use serde_json::{Value, json};

use crate::fake::{self, Fake, KEY};

/// Any answer that is no error.
fn answer() -> Value {
    json!({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]})
}

/// What is sent for a request, path and all.
async fn sent(request: ModelRequest) -> anyhow::Result<fake::Asked> {
    let server = Fake::start(|| fake::json(200, &answer())).await?;
    server.providers()?.complete(&request).await?;
    Ok(server.last())
}

#[tokio::test]
async fn a_plain_request_has_the_standard_form() -> anyhow::Result<()> {
    let asked = sent(fake::request("openai/some-model")).await?;
    assert_eq!(asked.path, "/v1/chat/completions");
    assert_eq!(asked.headers["authorization"], format!("Bearer {KEY}"));
    assert_eq!(asked.headers["content-type"], "application/json");
    let expected = json!({
        "model": "some-model",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}],
        "temperature": 0.5,
        "max_tokens": 100,
    });
    assert_eq!(asked.body, expected);
    Ok(())
}

#[tokio::test]
async fn tools_calls_and_results_keep_names_ids_and_arguments() -> anyhow::Result<()> {
    let mut request = fake::request("openai/some-model");
    let call = |id: &str, arguments| ToolCallRequest {
        id: id.to_owned(),
        name: "get_order".to_owned(),
        arguments,
    };
    request.messages.push(ChatMessage::Assistant {
        content: String::new(),
        tool_calls: vec![
            call("call_1", json!({"id": 7})),
            call("call_2", json!("{\"id\":")),
        ],
    });
    request.messages.push(ChatMessage::Tool {
        tool_call_id: "call_1".to_owned(),
        name: "get_order".to_owned(),
        content: "{\"status\":\"sent\"}".to_owned(),
    });
    let schema = json!({"type": "object", "properties": {"id": {"type": "integer"}}});
    let spec = |name: &str, parameters: Value| ToolSpec {
        name: name.to_owned(),
        description: "Reads.".to_owned(),
        parameters: parameters.into(),
    };
    request.tools = vec![spec("get_order", schema.clone()), spec("ping", Value::Null)];
    let body = sent(request).await?.body;
    let function = |arguments: &str| json!({"name": "get_order", "arguments": arguments});
    let expected_calls = json!([
        {"id": "call_1", "type": "function", "function": function("{\"id\":7}")},
        {"id": "call_2", "type": "function", "function": function("{\"invalid_arguments\":\"{\\\"id\\\":\"}")},
    ]);
    assert_eq!(
        body["messages"][2],
        json!({"role": "assistant", "content": null, "tool_calls": expected_calls})
    );
    let expected_result =
        json!({"role": "tool", "tool_call_id": "call_1", "content": "{\"status\":\"sent\"}"});
    assert_eq!(body["messages"][3], expected_result);
    let tool = |name: &str, parameters: Value| json!({"type": "function", "function": {"name": name, "description": "Reads.", "parameters": parameters}});
    let no_arguments = json!({"type": "object", "properties": {}});
    assert_eq!(
        body["tools"],
        json!([tool("get_order", schema), tool("ping", no_arguments)])
    );
    Ok(())
}

#[tokio::test]
async fn reasoning_models_get_the_limit_they_accept_and_no_temperature() -> anyhow::Result<()> {
    let body = sent(fake::request("openai/gpt-5-mini")).await?.body;
    assert_eq!(body["max_completion_tokens"], 100);
    assert!(body.get("max_tokens").is_none());
    assert!(body.get("temperature").is_none());
    Ok(())
}

#[tokio::test]
async fn usage_is_asked_for_in_streams_except_of_mistral() -> anyhow::Result<()> {
    for (model, expected) in [
        ("openai/m", json!({"include_usage": true})),
        ("mistral/m", Value::Null),
    ] {
        let server = Fake::start(|| fake::json(200, &answer())).await?;
        server.stream(model).await??;
        let body = server.last().body;
        assert_eq!(body["stream"], true, "{model}");
        assert_eq!(body["stream_options"], expected, "{model}");
    }
    Ok(())
}

#[tokio::test]
async fn every_form_of_the_base_address_reaches_the_same_path() -> anyhow::Result<()> {
    let server = Fake::start(|| fake::json(200, &answer())).await?;
    for suffix in ["", "/", "/v1", "/v1/", "/v1/chat/completions"] {
        let mut config = clasper_llm::LlmConfig::default();
        config.base_urls.openai = Some(format!("{}{suffix}", server.address));
        let http = clasper_llm::http_client(config.request_timeout)?;
        let providers = clasper_llm::Providers::new(&config, &http);
        providers.complete(&fake::request("openai/m")).await?;
        let asked = server.last();
        assert_eq!(asked.path, "/v1/chat/completions", "{suffix:?}");
        assert!(
            asked.headers.get("authorization").is_none(),
            "no key was configured"
        );
    }
    assert!(PROVIDERS.contains(&"openai"));
    Ok(())
}
