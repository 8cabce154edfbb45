//! What something will probably cost, and between which bounds, learnt from the tenant's own history.

mod estimate;
mod history;
mod outlook;
mod port;
mod sketch;

pub use estimate::{
    Basis, CallAsk, CallForecast, CostEstimate, ForecastDetails, estimate_operation, forecast_call,
};
pub use history::{CostHistory, HistorySubject, Observation, SubjectError};
pub use outlook::{BudgetOutlook, OutlookWarning, outlook};
pub use port::CostHistories;
pub use sketch::{COVERAGE_PERCENT, Sketch, SketchError};

#[cfg(test)]
mod tests;
