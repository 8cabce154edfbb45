//! What went wrong at a provider, in the port's words. Nothing a provider wrote is carried along.

use clasper_runtime::model::ModelError;
use serde_json::Value;

/// The error for an HTTP status that is not a success.
pub(crate) const fn from_status(status: u16) -> ModelError {
    match status {
        408 => ModelError::Timeout,
        429 => ModelError::RateLimited,
        400..=499 => ModelError::Refused { status },
        500..=599 => ModelError::Unavailable,
        _ => ModelError::BadAnswer,
    }
}

/// The error for a request that did not get a whole answer. An answer that broke off may have been paid for, so it is
/// not the same as a provider that was never reached.
pub(crate) fn from_http(error: &reqwest::Error) -> ModelError {
    if error.is_connect() {
        ModelError::Unavailable
    } else if error.is_timeout() {
        ModelError::Timeout
    } else if error.is_body() || error.is_decode() {
        ModelError::BadAnswer
    } else {
        ModelError::Unavailable
    }
}

/// The error for an error object inside an answer whose status was a success, as in the middle of a stream.
pub(crate) fn from_error_object(error: &Value) -> ModelError {
    let number = error
        .get("code")
        .or_else(|| error.get("status"))
        .and_then(Value::as_u64);
    if let Some(status) = number
        .and_then(|code| u16::try_from(code).ok())
        .filter(|code| (400..600).contains(code))
    {
        return from_status(status);
    }
    let kinds = ["type", "code", "status"]
        .map(|name| error.get(name).and_then(Value::as_str).unwrap_or_default());
    for kind in kinds {
        match kind {
            "rate_limit_error" | "rate_limit_exceeded" | "RESOURCE_EXHAUSTED" => {
                return ModelError::RateLimited;
            }
            "timeout_error" | "DEADLINE_EXCEEDED" => return ModelError::Timeout,
            "invalid_request_error" | "INVALID_ARGUMENT" => {
                return ModelError::Refused { status: 400 };
            }
            "authentication_error" | "UNAUTHENTICATED" => {
                return ModelError::Refused { status: 401 };
            }
            "permission_error" | "PERMISSION_DENIED" => return ModelError::Refused { status: 403 },
            "not_found_error" | "NOT_FOUND" => return ModelError::Refused { status: 404 },
            _ => {}
        }
    }
    ModelError::Unavailable
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn statuses_map_to_the_ports_errors() {
        let check = |status, expected| assert_eq!(from_status(status), expected, "{status}");
        check(429, ModelError::RateLimited);
        check(408, ModelError::Timeout);
        check(400, ModelError::Refused { status: 400 });
        check(401, ModelError::Refused { status: 401 });
        check(499, ModelError::Refused { status: 499 });
        check(500, ModelError::Unavailable);
        check(529, ModelError::Unavailable);
        check(302, ModelError::BadAnswer);
    }

    #[test]
    fn error_objects_map_by_number_then_by_name() {
        let check =
            |error: Value, expected| assert_eq!(from_error_object(&error), expected, "{error}");
        check(json!({"code": 429}), ModelError::RateLimited);
        check(
            json!({"code": 502, "message": "x"}),
            ModelError::Unavailable,
        );
        check(json!({"type": "overloaded_error"}), ModelError::Unavailable);
        check(
            json!({"type": "requests", "code": "rate_limit_exceeded"}),
            ModelError::RateLimited,
        );
        check(
            json!({"type": "invalid_request_error"}),
            ModelError::Refused { status: 400 },
        );
        check(json!("broken"), ModelError::Unavailable);
    }
}
