//! What a clerk asks for, what is executed, and what came of it.

use clasper_core::{ExecutionId, TraceId, Usd, UserId};
use clasper_governance::{Action, Intent};
use serde::{Deserialize, Serialize};

/// What a clerk asks for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundRequest {
    /// Who asks. This sample believes it; a real service takes it from its own authentication.
    pub clerk: UserId,
    /// Why, for the record. Personal data in it is masked before it is stored.
    pub reason: String,
    /// The order.
    pub order_id: String,
    /// The most to pay back, as a decimal string.
    pub amount_usd: Usd,
}

impl RefundRequest {
    /// What is to be executed.
    #[must_use]
    pub fn refund(&self) -> Refund {
        Refund {
            order_id: self.order_id.clone(),
            amount_usd: self.amount_usd,
        }
    }
}

/// The effect: exactly this is decided, and exactly this is handed to the cashier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refund {
    /// The order.
    pub order_id: String,
    /// The most to pay back.
    pub amount_usd: Usd,
}

impl Refund {
    /// The intent to make this refund. The decision is bound to its hash.
    ///
    /// # Errors
    /// Never for a refund: it is made of texts.
    pub fn intent(&self) -> Result<Intent, serde_json::Error> {
        // The store opens executions under the action `agent_run`; see "What the vocabulary says" in the README.
        Intent::of(Action::AgentRun, self)
    }
}

/// A refund that was made. It is also what a repeated request is answered with, so it says nothing personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paid {
    /// The order.
    pub order_id: String,
    /// What was paid back; less than was asked when less was left of the order.
    pub paid_usd: Usd,
    /// Finds the record: `GET /traces/{trace_id}`.
    pub trace_id: TraceId,
    /// The governed execution.
    pub execution_id: ExecutionId,
}
