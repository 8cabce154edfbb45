//! JSON bodies, as the specification wants them refused.

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use clasper_http::{ApiJson, Problem};
use serde::de::DeserializeOwned;

/// A JSON body. What is not declared as JSON is 400, like everything else that is wrong with it.
pub(super) struct AccessJson<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for AccessJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match ApiJson::from_request(request, state).await {
            Ok(ApiJson(body)) => Ok(Self(body)),
            Err(problem) if problem.status() == StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                let code = problem.code().to_owned();
                Err(Problem::new(
                    StatusCode::BAD_REQUEST,
                    code,
                    problem.detail(),
                ))
            }
            Err(problem) => Err(problem),
        }
    }
}
