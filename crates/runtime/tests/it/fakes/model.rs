//! A model that follows a script.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use clasper_runtime::model::{
    FinishReason, ModelChunk, ModelError, ModelProvider, ModelRef, ModelReply, ModelRequest,
    ModelStream, TokenUsage, ToolCallRequest,
};
use futures::{StreamExt, stream};
use serde_json::Value;
use tokio::sync::Notify;

/// What a call does.
pub enum Scripted {
    Reply(ModelReply),
    Fail(ModelError),
    /// Says this, cut so if streamed.
    Pieces(Vec<String>),
    /// Says this, if streamed, and never ends.
    Hang(&'static [&'static str]),
    /// Says this, if streamed, and fails.
    Break(&'static str, ModelError),
    /// Answers when it is let go.
    Held(Arc<Notify>, ModelReply),
    /// A bug.
    Panic,
}

pub struct FakeModel {
    script: Mutex<VecDeque<Scripted>>,
    pub asked: Mutex<Vec<ModelRequest>>,
    pub called: Notify,
}

pub fn reply(text: &str, input_tokens: u64, output_tokens: u64) -> Scripted {
    Scripted::Reply(whole(text, Vec::new(), input_tokens, output_tokens))
}

pub fn whole(text: &str, tool_calls: Vec<ToolCallRequest>, input: u64, output: u64) -> ModelReply {
    ModelReply {
        content: text.into(),
        finish_reason: if tool_calls.is_empty() {
            FinishReason::Stop
        } else {
            FinishReason::ToolCalls
        },
        tool_calls,
        usage: Some(TokenUsage {
            input_tokens: input,
            output_tokens: output,
        }),
        scripted: false,
    }
}

/// A reply that asks for tools.
pub fn calls(text: &str, asked: &[(&str, Value)]) -> Scripted {
    let tool_calls = asked
        .iter()
        .enumerate()
        .map(|(n, (name, arguments))| ToolCallRequest {
            id: format!("call-{n}"),
            name: (*name).into(),
            arguments: arguments.clone(),
        });
    Scripted::Reply(whole(text, tool_calls.collect(), 100, 10))
}

impl FakeModel {
    pub fn new(script: impl IntoIterator<Item = Scripted>) -> Self {
        Self {
            script: Mutex::new(script.into_iter().collect()),
            asked: Mutex::default(),
            called: Notify::new(),
        }
    }

    pub fn calls(&self) -> usize {
        self.asked.lock().expect("not poisoned").len()
    }

    pub fn request(&self, n: usize) -> ModelRequest {
        self.asked.lock().expect("not poisoned")[n].clone()
    }

    fn next(&self, request: &ModelRequest) -> Scripted {
        self.asked
            .lock()
            .expect("not poisoned")
            .push(request.clone());
        self.called.notify_one();
        let next = self.script.lock().expect("not poisoned").pop_front();
        next.unwrap_or(Scripted::Fail(ModelError::Unavailable))
    }
}

#[async_trait]
impl ModelProvider for FakeModel {
    fn check(&self, model: &ModelRef) -> Result<(), ModelError> {
        if model.provider == "anthropic" {
            return Err(ModelError::NotConfigured {
                provider: "anthropic".into(),
                advice: "set ANTHROPIC_API_KEY".into(),
            });
        }
        Ok(())
    }

    async fn complete(&self, request: &ModelRequest) -> Result<ModelReply, ModelError> {
        match self.next(request) {
            Scripted::Reply(reply) => Ok(reply),
            Scripted::Pieces(pieces) => Ok(whole(&pieces.concat(), Vec::new(), 1, 1)),
            Scripted::Fail(error) | Scripted::Break(_, error) => Err(error),
            Scripted::Hang(_) => std::future::pending().await,
            Scripted::Held(go, reply) => {
                go.notified().await;
                Ok(reply)
            }
            Scripted::Panic => panic!("a bug"),
        }
    }

    async fn stream(&self, request: &ModelRequest) -> Result<ModelStream, ModelError> {
        let said = |text: &str| Ok(ModelChunk::Text(text.to_owned()));
        match self.next(request) {
            Scripted::Reply(reply) => {
                let words: Vec<_> = reply.content.split_inclusive(' ').map(said).collect();
                let done = stream::iter([Ok(ModelChunk::Done(reply))]);
                Ok(stream::iter(words).chain(done).boxed())
            }
            Scripted::Pieces(pieces) => {
                let done = whole(&pieces.concat(), Vec::new(), 1, 1);
                let pieces: Vec<_> = pieces.iter().map(|piece| said(piece)).collect();
                let done = stream::iter([Ok(ModelChunk::Done(done))]);
                Ok(stream::iter(pieces).chain(done).boxed())
            }
            Scripted::Break(text, error) => Ok(stream::iter([said(text), Err(error)]).boxed()),
            Scripted::Hang(words) => {
                let words: Vec<_> = words.iter().map(|word| said(word)).collect();
                Ok(stream::iter(words).chain(stream::pending()).boxed())
            }
            Scripted::Fail(error) => Err(error),
            Scripted::Held(..) | Scripted::Panic => Err(ModelError::BadAnswer),
        }
    }
}
