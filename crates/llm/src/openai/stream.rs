//! The streamed answer of Chat Completions.

use std::time::Duration;

use clasper_runtime::model::{
    FinishReason, ModelChunk, ModelError, ModelReply, ModelStream, ToolCallRequest,
};
use futures::StreamExt as _;
use reqwest::Response;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::timeout;

use crate::draft::{Draft, arguments_from_text};
use crate::failure;
use crate::openai::reply::{Usage, finish_reason, made_up_id, text};
use crate::sse::EventParser;
use crate::transport::MAX_ANSWER_BYTES;

/// How long the end of the response may take after the end of the answer, so that the connection can be used again.
const LINGER: Duration = Duration::from_millis(20);

/// Reads a response as it arrives. The response is dropped with the stream.
pub(crate) fn read(response: Response, idle: Duration, turn: usize) -> ModelStream {
    let reader = Reader {
        response,
        idle,
        parser: EventParser::default(),
        received: 0,
        answer: Assembly::default(),
        turn,
    };
    let step = |state: Option<Reader>| async move {
        let mut reader = state?;
        match reader.next().await {
            Ok(Some(text)) => Some((Ok(ModelChunk::Text(text)), Some(reader))),
            Ok(None) => Some((reader.finish().await.map(ModelChunk::Done), None)),
            Err(error) => Some((Err(error), None)),
        }
    };
    futures::stream::unfold(Some(reader), step).boxed()
}

struct Reader {
    response: Response,
    idle: Duration,
    parser: EventParser,
    received: usize,
    answer: Assembly,
    turn: usize,
}

impl Reader {
    /// The next piece of text; `None` at the end of a whole answer.
    async fn next(&mut self) -> Result<Option<String>, ModelError> {
        loop {
            while let Some(data) = self.parser.next_event() {
                if let Some(text) = self.answer.accept(data)? {
                    return Ok(Some(text));
                }
                if self.answer.ended {
                    return Ok(None);
                }
            }
            match self.receive().await {
                Ok(true) => {}
                Ok(false) => return self.at_end(),
                // The answer is whole although the rest, such as the usage, is lost.
                Err(_) if self.answer.draft.finish.is_some() => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    /// Receives more; `false` at the end of the response.
    async fn receive(&mut self) -> Result<bool, ModelError> {
        let chunk = timeout(self.idle, self.response.chunk())
            .await
            .map_err(|_| ModelError::Timeout)?;
        let Some(bytes) = chunk.map_err(|error| failure::from_http(&error))? else {
            return Ok(false);
        };
        self.received += bytes.len();
        if self.received > MAX_ANSWER_BYTES {
            return Err(ModelError::BadAnswer);
        }
        self.parser.push(&bytes);
        Ok(true)
    }

    /// An answer that neither finished nor was declared ended was cut off.
    fn at_end(&mut self) -> Result<Option<String>, ModelError> {
        if let Some(data) = self.parser.last_event()
            && let Some(text) = self.answer.accept(data)?
        {
            return Ok(Some(text));
        }
        if self.answer.ended || self.answer.draft.finish.is_some() {
            Ok(None)
        } else {
            Err(ModelError::BadAnswer)
        }
    }

    async fn finish(&mut self) -> Result<ModelReply, ModelError> {
        let reply = std::mem::take(&mut self.answer)
            .into_draft(self.turn)
            .into_reply()?;
        let _ = timeout(LINGER, self.response.chunk()).await;
        Ok(reply)
    }
}

/// The answer so far.
#[derive(Default)]
struct Assembly {
    draft: Draft,
    refused: bool,
    calls: Vec<PartialCall>,
    ended: bool,
}

struct PartialCall {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

impl Assembly {
    /// Takes in one event and returns its text, if it has any.
    fn accept(&mut self, data: &[u8]) -> Result<Option<String>, ModelError> {
        let data = data.trim_ascii();
        if data == b"[DONE]" {
            self.ended = true;
            return Ok(None);
        }
        if data.is_empty() {
            return Ok(None);
        }
        let event: Event = serde_json::from_slice(data).map_err(|_| ModelError::BadAnswer)?;
        if let Some(error) = event.error.filter(|error| !error.is_null()) {
            return Err(failure::from_error_object(&error));
        }
        let usage = event
            .usage
            .or_else(|| event.x_groq.and_then(|groq| groq.usage));
        self.draft.usage = usage.and_then(Usage::tokens).or(self.draft.usage);
        let Some(choice) = event.choices.unwrap_or_default().into_iter().next() else {
            return Ok(None);
        };
        if let Some(word) = choice.finish_reason.filter(|word| !word.is_empty()) {
            self.draft.finish = Some(finish_reason(&word));
        }
        let Some(delta) = choice.delta else {
            return Ok(None);
        };
        for call in delta.tool_calls.unwrap_or_default() {
            self.add_call(call);
        }
        self.refused |= !delta.refusal.is_empty();
        let text = if delta.content.is_empty() {
            delta.refusal
        } else {
            delta.content
        };
        self.draft.content.push_str(&text);
        Ok((!text.is_empty()).then_some(text))
    }

    fn add_call(&mut self, delta: CallDelta) {
        let id = delta.id.unwrap_or_default();
        // Some servers leave out the index, or give every call the same; a new id then starts a new call.
        let known = self
            .calls
            .iter_mut()
            .rev()
            .find(|call| delta.index.is_none() || call.index == delta.index);
        let known = known.filter(|call| id.is_empty() || call.id.is_empty() || call.id == id);
        let function = delta.function.unwrap_or_default();
        let (name, arguments) = (function.name.unwrap_or_default(), function.arguments);
        let Some(call) = known else {
            let arguments = arguments.map(Arguments::into_text).unwrap_or_default();
            self.calls.push(PartialCall {
                index: delta.index,
                id,
                name,
                arguments,
            });
            return;
        };
        if call.id.is_empty() {
            call.id = id;
        }
        if call.name.is_empty() {
            call.name = name;
        }
        if let Some(arguments) = arguments {
            call.arguments.push_str(&arguments.into_text());
        }
    }

    fn into_draft(mut self, turn: usize) -> Draft {
        if self.refused {
            self.draft.finish = Some(FinishReason::ContentFilter);
        }
        let requests = self
            .calls
            .into_iter()
            .enumerate()
            .map(|(index, call)| ToolCallRequest {
                id: if call.id.is_empty() {
                    made_up_id(turn, index)
                } else {
                    call.id
                },
                name: call.name,
                arguments: arguments_from_text(call.arguments),
            });
        self.draft.tool_calls = requests.collect();
        self.draft
    }
}

#[derive(Deserialize)]
struct Event {
    choices: Option<Vec<Choice>>,
    usage: Option<Usage>,
    x_groq: Option<XGroq>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct XGroq {
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Choice {
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    #[serde(default, deserialize_with = "text")]
    content: String,
    #[serde(default, deserialize_with = "text")]
    refusal: String,
    tool_calls: Option<Vec<CallDelta>>,
}

#[derive(Deserialize)]
struct CallDelta {
    index: Option<u64>,
    id: Option<String>,
    function: Option<FunctionDelta>,
}

#[derive(Deserialize, Default)]
struct FunctionDelta {
    name: Option<String>,
    arguments: Option<Arguments>,
}

/// Arguments: pieces of text, by the standard; some servers write the object itself.
#[derive(Deserialize)]
#[serde(untagged)]
enum Arguments {
    Text(String),
    Json(Value),
}

impl Arguments {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Json(value) => value.to_string(),
        }
    }
}
