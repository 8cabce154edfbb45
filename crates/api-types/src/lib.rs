#![doc = include_str!("../README.md")]
// The example of a whole trace is one `json!`, which takes a step per token.
#![recursion_limit = "256"]

mod agent;
mod amount;
mod audit;
mod budget;
mod health;
mod key;
mod meta;
mod status;
mod stream;
mod tenant;
mod time;
mod trace;
mod usage;

pub use agent::{
    CostView, DeliveryView, HistoryMessageBody, MessageMetadataBody, MessageRole, ReplyMetadata,
    SendMessageBody, SendMessageReply, TokenUsageView,
};
pub use amount::Amount;
pub use audit::{AuditEntryView, AuditList, AuditQuery};
pub use budget::{
    BudgetCheckBody, BudgetCheckQuery, BudgetCheckView, BudgetPeriodKind, BudgetReply,
    BudgetStatsView, BudgetView, SetBudgetBody, SetBudgetReply,
};
pub use health::{
    CheckState, CheckView, DatabaseState, HealthQuery, HealthState, HealthView, ReadinessChecks,
    ReadinessState, ReadinessView,
};
pub use key::{ApiKeyList, ApiKeyReply, ApiKeyView, CreateKeyBody, CreatedKeyReply, RoleName};
pub use meta::{CompatibilityView, VersionView};
pub use status::OkStatus;
pub use stream::{StreamChunk, StreamDone, StreamError, StreamEvent, StreamStart};
pub use tenant::{CreateTenantBody, TenantReply, TenantView};
pub use time::{DateOrTime, WireTime};
pub use trace::{
    GrantedScopeView, IntegrityStatus, TraceInputView, TraceList, TraceOutputView, TraceQuery,
    TraceReply, TraceStatus, TraceStepView, TraceUsageView, TraceView, UsedScopeView,
    ViolationView,
};
pub use usage::UsageView;
