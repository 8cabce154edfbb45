//! Chat Completions servers that fail.

use std::time::Duration;

use axum::body::{Body, Bytes};
use clasper_llm::{LlmConfig, Providers, http_client};
use clasper_runtime::model::{ModelError, ModelProvider as _};
use serde_json::json;

use crate::fake::{self, Fake};

const SHORT: Duration = Duration::from_millis(50);

#[tokio::test]
async fn statuses_become_the_ports_errors_whole_and_streamed() -> anyhow::Result<()> {
    let statuses = [
        (400, ModelError::Refused { status: 400 }),
        (401, ModelError::Refused { status: 401 }),
        (404, ModelError::Refused { status: 404 }),
        (408, ModelError::Timeout),
        (429, ModelError::RateLimited),
        (500, ModelError::Unavailable),
        (503, ModelError::Unavailable),
        (307, ModelError::BadAnswer),
    ];
    for (status, expected) in statuses {
        let body = json!({"error": {"message": "the prompt was: secret words", "code": "invalid_api_key"}});
        let server = Fake::start(move || fake::json(status, &body)).await?;
        for model in ["openai/m", "anthropic/m", "google/m"] {
            let whole = server
                .complete(model)
                .await?
                .expect_err("the status is no success");
            let streamed = server
                .stream(model)
                .await?
                .expect_err("the status is no success");
            assert_eq!(
                (&whole, &streamed),
                (&expected, &expected),
                "{status} from {model}"
            );
            assert!(
                !format!("{whole} {whole:?}").contains("secret"),
                "{status} from {model}"
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn answers_that_are_not_understood_are_bad() -> anyhow::Result<()> {
    let bodies = [
        "",
        "<html>",
        "{}",
        "[]",
        "{\"choices\":[]}",
        "{\"choices\":[{\"message\":{\"content\":7}}]}",
    ];
    for body in bodies {
        let server =
            Fake::start(move || fake::with_type(200, "application/json", Body::from(body))).await?;
        for model in ["openai/m", "anthropic/m"] {
            let reply = server.complete(model).await?;
            assert_eq!(reply, Err(ModelError::BadAnswer), "{body:?} from {model}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn an_error_in_a_successful_answer_is_still_an_error() -> anyhow::Result<()> {
    let server = Fake::start(|| {
        fake::json(
            200,
            &json!({"error": {"code": 429, "message": "slow down"}}),
        )
    })
    .await?;
    assert_eq!(
        server.complete("openai/m").await?,
        Err(ModelError::RateLimited)
    );
    Ok(())
}

#[tokio::test]
async fn a_server_that_never_answers_times_out() -> anyhow::Result<()> {
    let server = Fake::start_pending(std::future::pending).await?;
    let providers = server.providers_within(SHORT)?;
    for model in ["openai/m", "anthropic/m", "google/m"] {
        let whole = providers.complete(&fake::request(model)).await;
        assert_eq!(whole, Err(ModelError::Timeout), "{model}");
        let streamed = providers.stream(&fake::request(model)).await.err();
        assert_eq!(streamed, Some(ModelError::Timeout), "{model}");
    }
    Ok(())
}

#[tokio::test]
async fn a_body_that_never_ends_times_out() -> anyhow::Result<()> {
    let body = || Body::from_stream(futures::stream::pending::<Result<Bytes, std::io::Error>>());
    let server = Fake::start(move || fake::with_type(200, "application/json", body())).await?;
    let providers = server.providers_within(SHORT)?;
    for model in ["openai/m", "anthropic/m"] {
        let whole = providers.complete(&fake::request(model)).await;
        assert_eq!(whole, Err(ModelError::Timeout), "{model}");
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable() -> anyhow::Result<()> {
    // The port is free again once the server is gone.
    let address = Fake::start(|| fake::json(200, &json!({})))
        .await?
        .address
        .clone();
    let mut config = LlmConfig::default();
    config.base_urls.openai = Some(address.clone());
    config.base_urls.anthropic = Some(address);
    let providers = Providers::new(&config, &http_client(Duration::from_secs(5))?);
    for model in ["openai/m", "anthropic/m"] {
        let whole = providers.complete(&fake::request(model)).await;
        assert_eq!(whole, Err(ModelError::Unavailable), "{model}");
        let streamed = providers.stream(&fake::request(model)).await.err();
        assert_eq!(streamed, Some(ModelError::Unavailable), "{model}");
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_beyond_the_bound_is_bad() -> anyhow::Result<()> {
    let piece = Bytes::from(vec![b' '; 1024 * 1024]);
    let endless = move || {
        let piece = piece.clone();
        Body::from_stream(futures::stream::repeat_with(move || {
            Ok::<_, std::io::Error>(piece.clone())
        }))
    };
    let server = Fake::start(move || fake::with_type(200, "text/event-stream", endless())).await?;
    assert_eq!(
        server.complete("openai/m").await?,
        Err(ModelError::BadAnswer)
    );
    assert_eq!(server.stream("openai/m").await?, Err(ModelError::BadAnswer));
    Ok(())
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_bad() -> anyhow::Result<()> {
    let pieces = || {
        vec![
            Ok(Bytes::from_static(b"{\"choices\":[")),
            Err(std::io::Error::other("cut")),
        ]
    };
    let server = Fake::start(move || fake::in_pieces("application/json", pieces())).await?;
    assert_eq!(
        server.complete("openai/m").await?,
        Err(ModelError::BadAnswer)
    );
    Ok(())
}
