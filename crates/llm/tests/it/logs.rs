//! What reaches the logs: nothing that a provider or a user wrote, and no keys.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::Response;
use clasper_runtime::model::{ChatMessage, ModelProvider as _};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber as _;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::fake::{self, Fake, KEY};

/// Keeps every value of every event and span, of all levels.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<String>>);

impl Recorder {
    fn text(&self) -> String {
        self.0
            .lock()
            .expect("no test panics while holding it")
            .clone()
    }
}

impl Visit for Recorder {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = self.0.lock().expect("no test panics while holding it");
        writeln!(text, "{field}: {value:?}").expect("writing to a string succeeds");
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, _metadata: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _span: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _span: &Id, _follows: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _span: &Id) {}

    fn exit(&self, _span: &Id) {}
}

/// What is logged while each provider is asked, whole and streamed, and answers this.
async fn logged(
    answer: impl Fn() -> Response<Body> + Clone + Send + Sync + 'static,
) -> anyhow::Result<String> {
    let recorder = Recorder::default();
    let server = Fake::start(answer).await?;
    let providers = server.providers()?;
    for model in ["openai/m", "anthropic/m", "google/m"] {
        let mut request = fake::request(model);
        request.messages = vec![ChatMessage::User {
            content: "the user's secret".to_owned(),
        }];
        let asking = async {
            let _ = providers.complete(&request).await;
            if let Ok(stream) = providers.stream(&request).await {
                let _ = fake::collect(stream).await;
            }
        };
        asking.with_subscriber(recorder.clone()).await;
    }
    Ok(recorder.text())
}

#[tokio::test]
async fn neither_keys_nor_words_are_logged() -> anyhow::Result<()> {
    let error = "event: error\ndata: {\"type\":\"error\",\"error\":{\"message\":\"the provider's secret\"}}\n\n";
    let refused = json!({"error": {"message": "the provider's secret"}});
    let logs = [
        logged(|| fake::events("event: content_block_delta\ndata: the provider's secret\n\n"))
            .await?,
        logged(|| fake::with_type(200, "application/json", Body::from("the provider's secret")))
            .await?,
        logged(move || fake::events(error)).await?,
        logged(move || fake::json(400, &refused)).await?,
    ]
    .concat();
    assert!(
        logs.contains("connect"),
        "the recorder sees at least that connections are made"
    );
    assert!(!logs.contains("secret"), "{logs}");
    assert!(!logs.contains(KEY), "{logs}");
    Ok(())
}
