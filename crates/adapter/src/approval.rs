//! Waiting for people.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::adapter::Adapter;
use crate::blocked::{Blocked, Fault};

/// The longest that one question waits at the server.
const LONG_POLL: Duration = Duration::from_secs(25);
/// The pause after a question that was answered at once with `pending`, or not at all.
const PAUSE: Duration = Duration::from_millis(500);

#[derive(Debug, Deserialize)]
struct State {
    execution_id: String,
    effect: String,
    decision_id: String,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    edited_request: Option<Value>,
}

impl Adapter {
    /// Waits until people have agreed. The grant is not claimed yet.
    pub(crate) async fn until_approved(
        &self,
        execution_id: &str,
        decision: &str,
    ) -> Result<(), Blocked> {
        let deadline = Instant::now() + self.inner.settings.approval_wait;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Blocked::NotApproved {
                    decision: decision.to_owned(),
                });
            }
            let asked_at = Instant::now();
            match self.standing(execution_id, left.min(LONG_POLL)).await {
                Ok(state) => {
                    if is_approved(execution_id, decision, state)? {
                        return Ok(());
                    }
                }
                // It was down for a moment: people do not decide the faster for it.
                Err(fault) if fault.is_passing() => {}
                Err(fault) => return Err(fault.into()),
            }
            if asked_at.elapsed() < PAUSE {
                sleep(PAUSE.min(left)).await;
            }
        }
    }

    async fn standing(&self, execution_id: &str, wait: Duration) -> Result<State, Fault> {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let path = format!("/api/execution/{execution_id}?wait={wait_ms}ms");
        self.inner.door.get(&path, wait).await
    }
}

/// Whether people have agreed to exactly what was asked.
fn is_approved(execution_id: &str, decision: &str, state: State) -> Result<bool, Blocked> {
    if state.execution_id != execution_id || state.decision_id != decision {
        return Err(Fault::Unexpected("it is about another execution".to_owned()).into());
    }
    match state.effect.as_str() {
        "pending" => Ok(false),
        "allow" => match state.edited_request {
            None => Ok(true),
            Some(request) => Err(Blocked::Edited {
                decision: decision.to_owned(),
                request,
            }),
        },
        "deny" => Err(Blocked::Denied {
            decision: Some(decision.to_owned()),
            reason: state.reason.unwrap_or_else(|| "approval_denied".to_owned()),
        }),
        other => Err(Fault::Unexpected(format!("the effect is {other:?}")).into()),
    }
}
