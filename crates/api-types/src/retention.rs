//! How long a tenant's traces are kept, which are, and how much of them.

use clasper_core::TenantId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{OkStatus, WireTime};

/// Which traces are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SamplingStrategy {
    /// All.
    Full,
    /// A share of them, decided from their ids; and all that failed, were refused or went beyond their grant.
    Sampled,
    /// Those that failed, were refused or went beyond their grant.
    ErrorsOnly,
}

/// How much of a trace is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TraceStorageMode {
    /// Everything.
    Full,
    /// Everything but texts, of which the hashes are kept.
    Summary,
    /// What lists show, without messages and steps.
    Minimal,
}

/// What is to change in a retention policy; what is absent stays. A tenant's first policy starts from 90 days and everything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "retention_days": 30, "sampling_strategy": "sampled", "sampling_rate": 0.25, "storage_mode": "summary", "expected_revision": 3
}))]
pub struct SetRetentionBody {
    /// The tenant to act for. Needed with the daemon key only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
    /// How many days traces are kept from their start, 1 to 3650.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 3650)]
    pub retention_days: Option<u32>,
    /// Which traces are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    pub sampling_strategy: Option<SamplingStrategy>,
    /// The share of traces that `sampled` keeps, 0 to 1, in steps of a millionth; a tenth where nothing was set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 1)]
    pub sampling_rate: Option<f64>,
    /// How much of a trace is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(inline)]
    pub storage_mode: Option<TraceStorageMode>,
    /// Whether nothing may be dropped or left out, whatever the rest says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legal_hold: Option<bool>,
    /// The revision that was read, 0 for none: another one that counts by now is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_revision: Option<i64>,
}

/// A tenant's retention policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RetentionPolicyView {
    /// Whose.
    #[schema(value_type = String)]
    pub tenant_id: TenantId,
    /// Counted from 1.
    pub revision: i64,
    /// How many days traces are kept from their start.
    pub retention_days: u32,
    /// Which traces are kept.
    pub sampling_strategy: SamplingStrategy,
    /// The share of traces that `sampled` keeps.
    pub sampling_rate: f64,
    /// How much of a trace is kept.
    pub storage_mode: TraceStorageMode,
    /// Whether nothing may be dropped or left out.
    pub legal_hold: bool,
    /// When it was first set.
    pub created_at: WireTime,
    /// When it was last set.
    pub updated_at: WireTime,
    /// By whom.
    pub updated_by: String,
}

/// The policy that counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"policy": {
    "tenant_id": "acme", "revision": 4, "retention_days": 30, "sampling_strategy": "sampled", "sampling_rate": 0.25,
    "storage_mode": "summary", "legal_hold": false, "created_at": "2026-11-20T10:03:16.397Z",
    "updated_at": "2026-11-21T09:00:00.000Z", "updated_by": "api_key:0190c7a2"
}}))]
pub struct RetentionReply {
    /// The policy.
    pub policy: RetentionPolicyView,
}

/// The policy that counts now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"status": "ok", "policy": {
    "tenant_id": "acme", "revision": 4, "retention_days": 30, "sampling_strategy": "sampled", "sampling_rate": 0.25,
    "storage_mode": "summary", "legal_hold": false, "created_at": "2026-11-20T10:03:16.397Z",
    "updated_at": "2026-11-21T09:00:00.000Z", "updated_by": "api_key:0190c7a2"
}}))]
pub struct SetRetentionReply {
    /// It was done.
    pub status: OkStatus,
    /// The policy.
    pub policy: RetentionPolicyView,
}

/// Whose traces are to be dropped now that are past their days.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"tenant_id": "acme"}))]
pub struct EnforceRetentionBody {
    /// The tenant; the credential's own when absent, and with the daemon key alone every tenant that has a policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "acme")]
    pub tenant_id: Option<TenantId>,
}

/// What was dropped of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EnforcedRetentionView {
    /// The tenant.
    #[schema(value_type = String)]
    pub tenant_id: TenantId,
    /// How many traces were dropped. The entries `traces_dropped` of the log name them.
    pub traces_deleted: u64,
    /// What began before this was past its days.
    pub cutoff_date: WireTime,
    /// How long it took.
    pub duration_ms: u64,
    /// Whether nothing is left that is past its days. Else the clock goes on, or ask again.
    pub complete: bool,
}

/// What was dropped: of one tenant `result`, of all `results` and `total_deleted`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"status": "ok", "result": {
    "tenant_id": "acme", "traces_deleted": 812, "cutoff_date": "2026-10-21T10:03:16.397Z", "duration_ms": 94, "complete": true
}}))]
pub struct EnforceRetentionReply {
    /// It was done.
    pub status: OkStatus,
    /// Of the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<EnforcedRetentionView>,
    /// Of each tenant that has a policy and no legal hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results: Option<Vec<EnforcedRetentionView>>,
    /// How many traces altogether.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_deleted: Option<u64>,
}

/// Numbers over the policies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RetentionStatsView {
    /// How many tenants have a policy.
    pub total_policies: u64,
    /// The mean of their days; zero without any.
    pub avg_retention_days: f64,
    /// How many of them have traces that are past their days.
    pub tenants_needing_cleanup: u64,
}

/// A tenant with traces that are past their days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NeedsCleanupView {
    /// The tenant.
    #[schema(value_type = String)]
    pub tenant_id: TenantId,
    /// How many traces are past their days.
    pub old_trace_count: u64,
    /// How many days they are kept.
    pub retention_days: u32,
}

/// How the policies stand: the tenant's own, or with the daemon key alone all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "stats": {"totalPolicies": 1, "avgRetentionDays": 30.0, "tenantsNeedingCleanup": 1},
    "tenants_needing_cleanup": [{"tenant_id": "acme", "old_trace_count": 812, "retention_days": 30}]
}))]
pub struct RetentionStatsReply {
    /// Numbers.
    pub stats: RetentionStatsView,
    /// Tenants with traces that are past their days.
    pub tenants_needing_cleanup: Vec<NeedsCleanupView>,
}
