//! `GET /api/execution/{execution_id}`

use clasper_api_state::ApiState;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use clasper_api_types::{ExecutionStateView, WaitQuery};
use clasper_core::ExecutionKey;
use clasper_http::{ApiPath, ApiQuery, AuthenticatedAdapter, Problem, ReadProblems};

use crate::executions::{adapter_caller, view};

const LONGEST: Duration = Duration::from_mins(1);

/// Read where an execution stands
///
/// With `wait`, the answer comes once people have resolved it, or when the time is over. `effect: allow` says that people
/// agreed; the grant is claimed by asking again, or with `POST /api/decisions/{decision_id}/consume`.
#[utoipa::path(
    get,
    path = "/api/execution/{execution_id}",
    tag = "executions",
    params(("execution_id" = String, Path, description = "The adapter's name for the execution"), WaitQuery),
    security(("adapter_token" = [])),
    responses(
        (status = 200, description = "Where it stands.", body = ExecutionStateView),
        (status = 404, description = "The adapter has asked for no such execution.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn get_execution(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    ApiPath(key): ApiPath<ExecutionKey>,
    ApiQuery(query): ApiQuery<WaitQuery>,
) -> Result<Json<ExecutionStateView>, Problem> {
    let wait = query.wait.as_deref().map_or(Ok(Duration::ZERO), wait)?;
    let caller = adapter_caller(adapter);
    let execution = state.executions.by_key(&caller, &key, wait).await?;
    Ok(Json(view::state(&execution, state.clock.now())?))
}

fn wait(text: &str) -> Result<Duration, Problem> {
    let parts = [("ms", 1), ("s", 1_000), ("m", 60_000)];
    let read = parts.into_iter().find_map(|(unit, millis)| {
        let number = text.strip_suffix(unit)?;
        let is_plain = number.bytes().all(|byte| byte.is_ascii_digit());
        let number: u64 = is_plain.then(|| number.parse().ok())??;
        Some(Duration::from_millis(number.checked_mul(millis)?))
    });
    read.filter(|wait| *wait <= LONGEST).ok_or_else(|| {
        Problem::invalid(
            "/query/wait",
            "must be a time such as 500ms, 30s or 1m, at most a minute",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_times_of_at_most_a_minute() {
        for (text, millis) in [("0s", 0), ("500ms", 500), ("30s", 30_000), ("1m", 60_000)] {
            assert_eq!(
                wait(text).ok(),
                Some(Duration::from_millis(millis)),
                "{text}"
            );
        }
        for text in [
            "",
            "s",
            "30",
            "-1s",
            "+1s",
            "1h",
            "61s",
            "2m",
            "99999999999999999999s",
        ] {
            assert!(wait(text).is_err(), "{text}");
        }
    }
}
