//! How a run ends when it does not end with an answer.

use clasper_core::{StoreError, TraceId};
use clasper_governance::Refusal;
use clasper_privacy::RedactionFailed;

use crate::backend::BackendError;
use crate::model::ModelError;
use crate::run::RunEnd;
use crate::send::Error;
use crate::service::leash::Stop;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Ending {
    /// It was ended from outside.
    Stopped(Stop),
    /// Every model failed; this was the last failure.
    Model(ModelError),
    /// The backend refused what the run needs.
    Backend(BackendError),
    /// The money does not buy another call.
    Budget(Refusal),
    /// The steps are used up.
    StepLimit,
    /// The grant does not cover what was about to be executed.
    Grant,
    /// Recovery closed the run: nothing may be written or done any more.
    Closed,
    /// The policies cannot be used: nothing is allowed.
    Policies(clasper_policy::Error),
    /// The database failed.
    Store(StoreError),
    /// Something could not be redacted.
    Redaction(RedactionFailed),
    /// Something has no JSON form.
    Encoding,
    /// Our own code failed.
    Panicked,
}

impl Ending {
    /// The outcome.
    pub(crate) const fn end(&self) -> RunEnd {
        match self {
            Self::Stopped(Stop::Cancelled) => RunEnd::Cancelled,
            _ => RunEnd::Failed,
        }
    }

    /// The reason code.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::Stopped(Stop::Cancelled) | Self::Closed => "run_cancelled",
            Self::Stopped(Stop::Timeout) => "run_timeout",
            Self::Model(_) => "model_failed",
            Self::Backend(_) => "backend_refused",
            Self::Budget(refusal) => refusal.code(),
            Self::StepLimit => "step_limit",
            Self::Policies(_) => "policies_unusable",
            Self::Grant => "grant_mismatch",
            Self::Store(_) => "database_failed",
            Self::Redaction(_) => RedactionFailed::CODE,
            Self::Encoding | Self::Panicked => "internal_error",
        }
    }

    /// What the caller is told.
    pub(crate) fn into_error(self, trace: TraceId) -> Error {
        match self {
            Self::Stopped(Stop::Cancelled) | Self::Closed => Error::Cancelled { trace },
            Self::Stopped(Stop::Timeout) => Error::Timeout { trace },
            Self::Model(source) => Error::Model { source, trace },
            Self::Backend(source) => Error::Backend { source, trace },
            Self::Budget(refusal) => Error::Budget {
                code: refusal.code(),
                detail: "the budget does not cover another model call of this run: what it used is charged, the rest is free again".to_owned(),
                trace,
            },
            Self::StepLimit => Error::StepLimit { trace },
            Self::Grant => Error::GrantMismatch { trace },
            Self::Policies(error) => Error::Policies(error),
            Self::Store(error) => Error::Store(error),
            Self::Redaction(source) => Error::Redaction { source, trace },
            Self::Encoding => Error::Encoding,
            Self::Panicked => Error::Internal { trace },
        }
    }
}

impl From<Stop> for Ending {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl From<clasper_policy::Error> for Ending {
    fn from(error: clasper_policy::Error) -> Self {
        Self::Policies(error)
    }
}

impl From<RedactionFailed> for Ending {
    fn from(failure: RedactionFailed) -> Self {
        Self::Redaction(failure)
    }
}

impl From<StoreError> for Ending {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<serde_json::Error> for Ending {
    fn from(_: serde_json::Error) -> Self {
        Self::Encoding
    }
}
