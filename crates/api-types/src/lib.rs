#![doc = include_str!("../README.md")]
// The example of a whole trace is one `json!`, which takes a step per token.
#![recursion_limit = "256"]

mod access;
mod adapter;
mod adapter_decision;
mod agent;
mod agent_trace;
mod allow_always;
mod amount;
mod audit;
mod backtest;
mod budget;
mod bundle;
mod claims;
mod decision;
mod evaluation;
mod evidence;
mod execution;
mod export;
mod forecast;
mod health;
mod hold;
mod ingest;
mod ingest_reply;
mod key;
mod live;
mod meta;
mod otlp;
mod policy;
mod posture;
mod price;
mod redaction;
mod retention;
mod risk;
mod status;
mod stream;
mod telemetry_key;
mod tenant;
mod time;
mod tool;
mod trace;
mod trace_diff;
mod trace_note;
mod trace_replay;
mod usage;
mod webhook;

pub use access::{
    AccessAction, AccessDecision, AccessDecisionList, AccessDecisions, AccessEntity, AccessFound,
    AccessMetadata, AccessOptions, AccessPageBody, AccessPageView, AccessQuestion, AccessQuestions,
    AccessSearchBody, AccessSearchReply, EvaluationsSemantic, Properties,
};
pub use adapter::{
    AdapterKeyList, AdapterKeyView, AdapterList, AdapterView, CertificationTierName,
    ChangeAdapterBody, IssueAdapterKeyBody, IssuedAdapterKeyReply, RegisterAdapterBody,
    RegisteredAdapterReply, RiskClassName,
};
pub use adapter_decision::{
    AdapterDecisionList, AdapterDecisionQuery, AdapterDecisionReply, AdapterDecisionView,
    AdapterExplanationView, ConsumeReply, InputSummaryView, OwnDecisionView,
};
pub use agent::{
    CostView, DeliveryView, HistoryMessageBody, MessageMetadataBody, MessageRole, ReplyMetadata,
    SendMessageBody, SendMessageReply, TokenUsageView,
};
pub use agent_trace::{
    AgentTraceBody, AgentTraceInputBody, AgentTraceOutputBody, AgentTraceUsageBody,
    AgentTraceUsedBody, IngestTraceBody,
};
pub use allow_always::{AllowAlwaysBody, AllowAlwaysProposal, AllowAlwaysQuery, AllowAlwaysReply};
pub use amount::Amount;
pub use audit::{AuditEntryView, AuditList, AuditQuery, ExportFormat, ExportQuery};
pub use backtest::{BacktestErrorLine, BacktestLine, FlipLine, SummaryLine};
pub use budget::{
    BudgetCheckBody, BudgetCheckQuery, BudgetCheckView, BudgetPeriodKind, BudgetQuery, BudgetReply,
    BudgetStatsView, BudgetView, ScopeBudgetList, SetBudgetBody, SetBudgetReply,
};
pub use bundle::{
    BacktestBody, BundleBody, BundleList, BundlePolicyBody, BundlePolicyView, BundleQuery,
    BundleReply, BundleView, CombiningName, PackList, PackView, PolicyCheckReply, PolicyFaultView,
    SlotQuery,
};
pub use claims::{
    DataSensitivityName, EditedClaimsBody, ExecutionContextBody, ProgramBody, ProvenanceBody,
    ProvenanceSourceName, SideEffectsBody, SkillStateName, TargetKindsBody, TargetsBody,
};
pub use decision::{
    BatchResolveBody, BatchResolveItem, BatchResolveReply, BatchResolveResult, DecisionList,
    DecisionQuery, DecisionReply, DecisionStatusName, DecisionView, OverrideDecisionBody,
    OverrideReasonName, ResolutionView, ResolveAction, ResolveDecisionBody, ResolveStatus,
    VoteView,
};
pub use evaluation::{EvaluateBody, EvaluationReply, ExplainView};
pub use evidence::{
    CompletenessReply, ConsistencyQuery, ConsistencyReply, LogKeyList, LogKeyView,
    OpenDecisionView, PairFaultView,
};
pub use execution::{
    ExecutionEffect, ExecutionReply, ExecutionRequestBody, ExecutionScopeView, ExecutionStateView,
    ExplainQuery, WaitQuery,
};
pub use export::{
    CreateExportBody, ExportArchiveView, ExportErrorView, ExportList, ExportProgressView,
    ExportScopeView, ExportView,
};
pub use forecast::{ForecastBody, ForecastDetailsView, ForecastReply, ForecastView, IntervalView};
pub use health::{
    CheckState, CheckView, DatabaseState, HealthQuery, HealthState, HealthView, ReadinessChecks,
    ReadinessState, ReadinessView,
};
pub use hold::{HoldList, HoldView};
pub use ingest::{IngestAuditBody, IngestCostBody, IngestMetricsBody, IngestViolationBody};
pub use ingest_reply::{
    FoundView, IngestBatchBody, IngestBatchReply, IngestReply, IngestResultStatus,
    IngestResultView, IngestStatus, SignedEnvelopeBody,
};
pub use key::{ApiKeyList, ApiKeyReply, ApiKeyView, CreateKeyBody, CreatedKeyReply, RoleName};
pub use live::{LiveEventView, LiveQuery};
pub use meta::{CompatibilityView, VersionView};
pub use otlp::{OtlpPartialSuccess, OtlpTraceReply, OtlpTraceRequest};
pub use policy::{
    ChangePolicyBody, DeletePolicyBody, DeletedReply, PolicyBody, PolicyList, PolicyQuery,
    PolicyRecordView, PolicyReply, SavedPolicyReply,
};
pub use posture::{
    AdapterPolicyList, AdapterPolicyView, CanaryView, EnforcementStatusName, GovernanceModeName,
    PostureView,
};
pub use price::{PriceList, PriceView, SetPriceBody};
pub use redaction::{
    FindingView, OriginalReply, PreviewBody, PreviewReply, PutRedactionBody, RedactionReply,
    RedactionStrategy,
};
pub use retention::{
    EnforceRetentionBody, EnforceRetentionReply, EnforcedRetentionView, NeedsCleanupView,
    RetentionPolicyView, RetentionReply, RetentionStatsReply, RetentionStatsView, SamplingStrategy,
    SetRetentionBody, SetRetentionReply, TraceStorageMode,
};
pub use risk::{RiskFactorsView, RiskScoreBody, RiskScoreReply};
pub use status::OkStatus;
pub use stream::{StreamChunk, StreamDone, StreamError, StreamEvent, StreamStart};
pub use telemetry_key::{
    RevokeTelemetryKeyBody, SetTelemetryKeyBody, TelemetryKeyList, TelemetryKeyQuery,
    TelemetryKeyReply, TelemetryKeyView,
};
pub use tenant::{CreateTenantBody, TenantReply, TenantView};
pub use time::{DateOrTime, WireTime};
pub use tool::{
    AuthorizeToolBody, AuthorizeToolReply, ConsumeToolBody, ConsumeToolReply,
    ToolAuthorizationList, ToolAuthorizationQuery, ToolAuthorizationReply, ToolAuthorizationView,
    ToolDecisionName, ToolHistory, ToolList, ToolPolicyView, ToolView,
};
pub use trace::{
    GrantedScopeView, IntegrityStatus, ReducedTraceView, ReportedView, TraceInputView, TraceList,
    TraceOutputView, TraceQuery, TraceReply, TraceSourceView, TraceStatus, TraceStepView,
    TraceTrust, TraceUsageView, TraceView, UsedScopeView, ViolationView,
};
pub use trace_diff::{
    CallsDiffView, ChangedCallView, DiffCallView, DiffContextView, DiffSummaryView, DiffTracesBody,
    DiffTracesReply, DivergenceView, NumberDiffView, OutputDiffView, SkillsDiffView,
    StepDifferenceView, StepsDiffView, TextDiffView, TraceDiffView, UsageDiffView,
};
pub use trace_note::{
    AnnotateTraceBody, AnnotateTraceReply, AnnotationList, AnnotationView, LabelTraceBody,
    LabelTraceReply, LabelledTraceList, LinkedTraceList, TraceEntityQuery, TraceLabelQuery,
    TraceStatsQuery, TraceStatsReply, TraceStatsView,
};
pub use trace_replay::{RecordedResultView, ReplayContextView};
pub use usage::UsageView;
pub use webhook::{
    ChangeWebhookBody, CreateWebhookBody, CreatedWebhookReply, QueuedMessageReply,
    RotateWebhookBody, WebhookDeliveryList, WebhookDeliveryView, WebhookList, WebhookSignatureName,
    WebhookView,
};
