//! Query strings and path parameters, refused precisely.

use std::borrow::Cow;
use std::error::Error;
use std::marker::PhantomData;

use axum::extract::path::ErrorKind as PathErrorKind;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequestParts, Path, Query, RawPathParams};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde_path_to_error::Segment;

use crate::Problem;
use crate::pointer::{self, clipped};

/// The query string. A parameter at fault is named as `/query/<name>`.
#[derive(Debug, Clone, Copy)]
pub struct ApiQuery<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for ApiQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        check_text(parts.uri.query().unwrap_or_default(), "/query")?;
        Query::try_from_uri(&parts.uri)
            .map(|Query(value)| Self(value))
            .map_err(|rejection| refused_query(&rejection))
    }
}

/// Path parameters. A parameter at fault is named as `/path/<name>`.
#[derive(Debug, Clone, Copy)]
pub struct ApiPath<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for ApiPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        check_text(parts.uri.path(), "/path")?;
        match Path::from_request_parts(parts, state).await {
            Ok(Path(value)) => Ok(Self(value)),
            Err(rejection) => {
                let name = parameter_at_fault::<T>(parts).await;
                Err(refused_path(rejection, name))
            }
        }
    }
}

/// Refuses what decodes to something other than text, before it is replaced by U+FFFD or reaches a database.
fn check_text(encoded: &str, place: &str) -> Result<(), Problem> {
    let decoded = percent_decoded(encoded.as_bytes());
    if decoded.contains(&0) {
        return Err(Problem::invalid(
            place,
            "must not contain the character U+0000",
        ));
    }
    match std::str::from_utf8(&decoded) {
        Ok(_) => Ok(()),
        Err(_) => Err(Problem::invalid(
            place,
            "must be UTF-8 when percent-decoded",
        )),
    }
}

fn percent_decoded(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.contains(&b'%') {
        return Cow::Borrowed(bytes);
    }
    let digit = |at: usize| bytes.get(at).and_then(|byte| (*byte as char).to_digit(16));
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.extend(u8::try_from(high * 16 + low));
                at += 3;
            }
            (byte, ..) => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    Cow::Owned(decoded)
}

fn refused_query(rejection: &QueryRejection) -> Problem {
    let mut cause: Option<&(dyn Error + 'static)> = Some(rejection);
    while let Some(error) = cause {
        // axum keeps serde's own error, with the path, at the end of the chain.
        if let Some(error) =
            error.downcast_ref::<serde_path_to_error::Error<serde::de::value::Error>>()
        {
            return pointer::problem("/query", error.path(), &error.inner().to_string());
        }
        cause = error.source();
    }
    Problem::invalid("/query", clipped(&rejection.body_text()))
}

fn refused_path(rejection: PathRejection, name: Option<String>) -> Problem {
    let PathRejection::FailedToDeserializePathParams(error) = rejection else {
        tracing::error!("a handler reads path parameters on a route that has none");
        return Problem::internal();
    };
    if error.status() != StatusCode::BAD_REQUEST {
        tracing::error!(error = %error.body_text(), "a handler reads parameters its route does not have");
        return Problem::internal();
    }
    let detail = match error.into_kind() {
        PathErrorKind::ParseErrorAtKey { expected_type, .. }
        | PathErrorKind::ParseErrorAtIndex { expected_type, .. }
        | PathErrorKind::ParseError { expected_type, .. } => format!("expected {expected_type}"),
        PathErrorKind::DeserializeError { message, .. } => message,
        other => other.to_string(),
    };
    let pointer = name.map_or_else(|| "/path".to_owned(), |name| format!("/path/{name}"));
    Problem::invalid(pointer, clipped(&detail))
}

/// The name of the parameter that could not be read: axum's error has it for some types only, so this reads again.
async fn parameter_at_fault<T: DeserializeOwned + Send>(parts: &mut Parts) -> Option<String> {
    let Path(Failing(found, _)) = Path::<Failing<T>>::from_request_parts(parts, &())
        .await
        .ok()?;
    if found.is_some() {
        return found;
    }
    // A type that is a single value has no members, but its route has the one parameter.
    let all = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    let mut names = all.iter().map(|(name, _)| name.to_owned());
    names.next().filter(|_| names.next().is_none())
}

/// Reads a `T` only to learn which of its members fails.
struct Failing<T>(Option<String>, PhantomData<T>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Failing<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = match serde_path_to_error::deserialize::<_, T>(deserializer) {
            Ok(_) => None,
            Err(error) => error.path().iter().find_map(|segment| match segment {
                Segment::Map { key } => Some(key.clone()),
                _ => None,
            }),
        };
        Ok(Self(name, PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_decodes_to_no_text_is_refused() {
        for bad in ["a=%00", "a=%ff", "%C3", "%c3%28"] {
            assert!(check_text(bad, "/query").is_err(), "{bad}");
        }
        for good in ["", "a=%C3%BC", "a=100%", "a=%zz", "a=%2500"] {
            assert!(check_text(good, "/query").is_ok(), "{good}");
        }
    }
}
