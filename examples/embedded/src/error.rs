//! Why a refund was not made, or the desk cannot work.

use clasper_core::{StoreError, TraceId};

use crate::CashierError;

/// Why a refund was not made, or the desk cannot work.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The amount is zero, or the order or the reason is missing.
    #[error("a refund needs an order, a reason and an amount above zero")]
    Input,
    /// The budget does not cover it. The refusal is recorded under the trace.
    #[error("the refund budget does not cover this")]
    Budget {
        /// A stable code: `budget_exceeded` or `budget_held`.
        code: &'static str,
        /// The record of the refusal.
        trace: TraceId,
    },
    /// The cashier did not pay.
    #[error("the refund was not paid: {source}")]
    Cashier {
        /// Why.
        source: CashierError,
        /// The record.
        trace: TraceId,
    },
    /// A request with the same `Idempotency-Key` is being worked on.
    #[error("the same request is being worked on")]
    InFlight,
    /// The `Idempotency-Key` came with another request before.
    #[error("this Idempotency-Key was used for another request")]
    KeyReused,
    /// The policies changed between being asked and the decision. Nothing was written.
    #[error("the policies have just changed; try again")]
    PoliciesChanged,
    /// What was about to be paid is not what was decided.
    #[error("the grant does not cover this refund")]
    Grant {
        /// The record.
        trace: TraceId,
    },
    /// The database failed. Whether something was paid is in the record of the trace, at the latest after a restart.
    #[error("the database failed")]
    Store(#[from] StoreError),
    /// Something has no JSON form, or a stored answer cannot be read.
    #[error("a value has no JSON form")]
    Encoding(#[from] serde_json::Error),
    /// The task of the refund ended badly; a restart settles what it held.
    #[error("the refund was interrupted")]
    Interrupted,
}
