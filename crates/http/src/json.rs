//! JSON bodies, refused precisely; and bodies of other kinds.

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::context::BodyLimit;
use crate::pointer::{self, clipped};
use crate::{Problem, layer};

/// A JSON body. What is wrong with a body is named by line and column, or by the pointer of the member.
///
/// Unknown members are refused where `T` is `#[serde(deny_unknown_fields)]`.
#[derive(Debug, Clone, Copy)]
pub struct ApiJson<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for ApiJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "send the body as JSON, with `Content-Type: application/json`",
            ));
        }
        let limit = request.extensions().get().copied();
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|rejection| unread(&rejection, limit))?;
        parse(&bytes).map(Self)
    }
}

/// A body of any kind, up to the limit.
#[derive(Debug, Clone)]
pub struct ApiBytes(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for ApiBytes {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let limit = request.extensions().get().copied();
        let bytes = Bytes::from_request(request, state).await;
        bytes
            .map(Self)
            .map_err(|rejection| unread(&rejection, limit))
    }
}

/// Reads a part of a body that was read as JSON before. `pointer` leads to the part: what is wrong with it is named from there.
///
/// # Errors
/// A problem with the pointer of the member at fault.
pub fn read_part<T: DeserializeOwned>(text: &str, pointer: &str) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().clone();
        pointer::problem(pointer, &path, &without_place(&error.into_inner()))
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()) else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim();
    let Some((kind, subtype)) = essence.split_once('/') else {
        return false;
    };
    let suffix = subtype.rsplit('+').next().unwrap_or_default();
    kind.eq_ignore_ascii_case("application") && suffix.eq_ignore_ascii_case("json")
}

fn unread(rejection: &BytesRejection, limit: Option<BodyLimit>) -> Problem {
    match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
            layer::too_large(limit)
        }
        _ => Problem::new(
            StatusCode::BAD_REQUEST,
            "incomplete_body",
            "the body ended before it was complete",
        ),
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        malformed(
            "invalid_utf8",
            format!("the body is not UTF-8: byte {offset} is not part of a character"),
        )
    })?;
    if let Some(offset) = escaped_nul(text) {
        // The databases do not store it, and nothing that people write contains it.
        let detail = format!("the body contains the character U+0000, at byte {offset}");
        return Err(malformed("invalid_character", detail));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().clone();
        refused(&path, &error.into_inner())
    })?;
    deserializer.end().map_err(|error| syntax(&error))?;
    Ok(value)
}

fn refused(path: &serde_path_to_error::Path, error: &serde_json::Error) -> Problem {
    match error.classify() {
        Category::Data => pointer::problem("", path, &without_place(error)),
        Category::Syntax | Category::Eof | Category::Io => syntax(error),
    }
}

fn syntax(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    let what = without_place(error);
    malformed(
        "malformed_json",
        format!("the body is not JSON: {what}, at line {line} column {column}"),
    )
    .with("line", line)
    .with("column", column)
}

fn malformed(code: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, code, detail)
}

/// The message without the place that `serde_json` appends: the pointer says it better, or we say it ourselves.
fn without_place(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    clipped(message.strip_suffix(&place).unwrap_or(&message))
}

/// Where `text` has the escape `\u0000`, the only way for a NUL into a JSON string.
fn escaped_nul(text: &str) -> Option<usize> {
    text.match_indices("\\u0000").map(|(at, _)| at).find(|at| {
        let before = text.as_bytes()[..*at].iter().rev();
        // An odd number of backslashes before it would make this one the end of `\\`.
        before.take_while(|byte| **byte == b'\\').count() % 2 == 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escaped_nul_is_told_from_an_escaped_backslash() {
        for (text, expected) in [
            (r#""a\u0000""#, Some(2)),
            (r#""a\\u0000""#, None),
            (r#""a\\\u0000""#, Some(4)),
            (r#""u0000""#, None),
        ] {
            assert_eq!(escaped_nul(text), expected, "{text}");
        }
    }

    #[test]
    fn only_json_is_json() {
        let check = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, axum::http::HeaderValue::from_static(value));
            is_json(&headers)
        };
        for good in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/cloudevents+json",
        ] {
            assert!(check(good), "{good}");
        }
        for bad in [
            "text/plain",
            "application/jsonp",
            "json",
            "text/json+xml",
            "",
        ] {
            assert!(!check(bad), "{bad}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
