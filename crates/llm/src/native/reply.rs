//! Genai's answers and errors in the port's words.

use clasper_runtime::model::{FinishReason, ModelError, TokenUsage, ToolCallRequest};
use genai::Error;
use genai::chat::{ChatResponse, StopReason, StreamEnd, ToolCall, Usage};
use genai::webc::StreamTimeout;

use crate::draft::{self, Draft};
use crate::failure;

/// A whole answer. `turn` sets apart made-up ids of different turns.
pub(crate) fn draft(answer: ChatResponse, turn: usize) -> Draft {
    let usage = usage(&answer.usage);
    let finish = answer.stop_reason.map(|reason| finish_reason(&reason));
    let content = answer.content.texts().concat();
    Draft {
        content,
        tool_calls: tool_calls(answer.content.into_tool_calls(), turn),
        usage,
        finish,
    }
}

/// A streamed answer at its end.
pub(crate) fn draft_of_stream(content: String, end: StreamEnd, turn: usize) -> Draft {
    Draft {
        content,
        usage: end.captured_usage.as_ref().and_then(usage),
        finish: end.captured_stop_reason.as_ref().map(finish_reason),
        tool_calls: tool_calls(end.captured_into_tool_calls().unwrap_or_default(), turn),
    }
}

fn finish_reason(reason: &StopReason) -> FinishReason {
    match reason {
        StopReason::Completed(_) | StopReason::StopSequence(_) => FinishReason::Stop,
        StopReason::MaxTokens(_) => FinishReason::Length,
        StopReason::ToolCall(_) => FinishReason::ToolCalls,
        StopReason::ContentFilter(_) => FinishReason::ContentFilter,
        StopReason::Other(_) => FinishReason::Other,
    }
}

fn usage(usage: &Usage) -> Option<TokenUsage> {
    let count = |tokens: Option<i32>| tokens.map(|tokens| u64::try_from(tokens).unwrap_or(0));
    draft::usage(
        count(usage.prompt_tokens),
        count(usage.completion_tokens),
        count(usage.total_tokens),
    )
}

fn tool_calls(calls: Vec<ToolCall>, turn: usize) -> Vec<ToolCallRequest> {
    let convert = |(index, call): (usize, ToolCall)| ToolCallRequest {
        id: unique_id(call.call_id, turn, index),
        name: call.fn_name,
        arguments: draft::arguments_from_value(call.fn_arguments),
    };
    calls.into_iter().enumerate().map(convert).collect()
}

/// Gemini gives calls no ids; genai makes up `call#name#n`, counting anew in every chunk. The count is replaced by one
/// that is unique in the conversation; the form stays, because genai knows its own ids by it and does not send them.
fn unique_id(id: String, turn: usize, index: usize) -> String {
    match id
        .strip_prefix("call#")
        .and_then(|rest| rest.rsplit_once('#'))
    {
        Some((name, count)) if count.parse::<usize>().is_ok() => {
            format!("call#{name}#{}", turn * 1000 + index)
        }
        _ => id,
    }
}

/// What went wrong. Genai's own texts contain bodies of requests and answers and are never passed on.
pub(crate) fn error(error: &Error) -> ModelError {
    match error {
        Error::HttpError { status, .. } => failure::from_status(status.as_u16()),
        Error::WebModelCall { webc_error, .. } | Error::WebAdapterCall { webc_error, .. } => {
            of_web_call(webc_error)
        }
        Error::WebStream { error, .. } => {
            if let Some(error) = error.downcast_ref::<Error>() {
                self::error(error)
            } else if let Some(error) = error.downcast_ref::<reqwest::Error>() {
                failure::from_http(error)
            } else if error.downcast_ref::<StreamTimeout>().is_some() {
                ModelError::Timeout
            } else {
                ModelError::BadAnswer
            }
        }
        Error::ChatResponse { body, .. } => match body.get("error") {
            Some(error) => failure::from_error_object(error),
            // An answer without candidates, as Gemini gives to a prompt that it blocks.
            None => ModelError::Empty,
        },
        _ => ModelError::BadAnswer,
    }
}

fn of_web_call(error: &genai::webc::Error) -> ModelError {
    match error {
        genai::webc::Error::ResponseFailedStatus { status, .. } => {
            failure::from_status(status.as_u16())
        }
        genai::webc::Error::Reqwest(error) => failure::from_http(error),
        _ => ModelError::BadAnswer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_ids_become_unique_and_others_stay() {
        let check = |id: &str, expected: &str| assert_eq!(unique_id(id.to_owned(), 3, 1), expected);
        check("call#get_order#0", "call#get_order#3001");
        check("call#a#b#2", "call#a#b#3001");
        check("toolu_01", "toolu_01");
        check("call#x", "call#x");
    }
}
