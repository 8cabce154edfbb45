//! The example in each schema is what the type reads and writes.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use clasper_api_types::{
    AccessMetadata, AccessQuestion, AccessQuestions, AccessSearchBody, AccessSearchReply,
    AdapterPolicyView, AnnotateTraceBody, AnnotateTraceReply, AnnotationList, ApiKeyList,
    ApiKeyReply, AuditList, AuthorizeToolBody, AuthorizeToolReply, BacktestBody, BudgetCheckBody,
    BudgetCheckView, BudgetReply, BundleBody, BundleView, ChangePolicyBody, CompatibilityView,
    CompletenessReply, ConsistencyReply, ConsumeToolBody, ConsumeToolReply, CreateExportBody,
    CreateKeyBody, CreateTenantBody, CreatedKeyReply, DeletePolicyBody, DeletedReply,
    DiffTracesBody, DiffTracesReply, EnforceRetentionBody, EnforceRetentionReply, EvaluateBody,
    EvaluationReply, ExportView, ForecastBody, ForecastReply, HealthView, IngestAuditBody,
    IngestBatchReply, IngestCostBody, IngestReply, IngestViolationBody, LabelTraceBody,
    LabelTraceReply, LiveEventView, LogKeyList, OriginalReply, OtlpTraceReply, OtlpTraceRequest,
    PackView, PolicyCheckReply, PolicyRecordView, PostureView, PreviewBody, PreviewReply,
    PriceList, PriceView, PutRedactionBody, ReadinessView, RedactionReply, ReplayContextView,
    RetentionReply, RetentionStatsReply, RevokeTelemetryKeyBody, RiskScoreBody, RiskScoreReply,
    ScopeBudgetList, SendMessageBody, SendMessageReply, SetBudgetBody, SetBudgetReply,
    SetPriceBody, SetRetentionBody, SetRetentionReply, SetTelemetryKeyBody, TelemetryKeyView,
    TenantReply, ToolAuthorizationView, ToolView, TraceStatsReply, TraceView, UsageView,
    VersionView,
};

fn example<T: ToSchema>() -> Value {
    let schema = serde_json::to_value(T::schema()).expect("a schema");
    schema["example"].clone()
}

fn survives<T: ToSchema + Serialize + DeserializeOwned>() {
    let name = T::name();
    let example = example::<T>();
    assert!(example.is_object(), "{name} has no example");
    let value: T =
        serde_json::from_value(example.clone()).unwrap_or_else(|e| panic!("{name}: {e}"));
    let written = serde_json::to_value(&value).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(written, example, "{name}");
}

#[test]
fn every_example_is_read_and_written_again() {
    survives::<SetRetentionBody>();
    survives::<SetRetentionReply>();
    survives::<RetentionReply>();
    survives::<EnforceRetentionBody>();
    survives::<EnforceRetentionReply>();
    survives::<RetentionStatsReply>();
    survives::<AuthorizeToolBody>();
    survives::<AuthorizeToolReply>();
    survives::<ConsumeToolBody>();
    survives::<ConsumeToolReply>();
    survives::<ToolAuthorizationView>();
    survives::<ToolView>();
    survives::<PostureView>();
    survives::<AdapterPolicyView>();
    survives::<SendMessageBody>();
    survives::<SendMessageReply>();
    survives::<TraceView>();
    survives::<ReplayContextView>();
    survives::<OtlpTraceRequest>();
    survives::<OtlpTraceReply>();
    survives::<LiveEventView>();
    survives::<AnnotateTraceBody>();
    survives::<AnnotateTraceReply>();
    survives::<AnnotationList>();
    survives::<DiffTracesBody>();
    survives::<DiffTracesReply>();
    survives::<LabelTraceBody>();
    survives::<LabelTraceReply>();
    survives::<TraceStatsReply>();
    survives::<AuditList>();
    survives::<ConsistencyReply>();
    survives::<LogKeyList>();
    survives::<CompletenessReply>();
    survives::<BudgetReply>();
    survives::<SetBudgetBody>();
    survives::<SetBudgetReply>();
    survives::<ScopeBudgetList>();
    survives::<SetPriceBody>();
    survives::<PriceList>();
    survives::<PriceView>();
    survives::<PutRedactionBody>();
    survives::<RedactionReply>();
    survives::<PreviewBody>();
    survives::<PreviewReply>();
    survives::<OriginalReply>();
    survives::<BudgetCheckBody>();
    survives::<BudgetCheckView>();
    survives::<UsageView>();
    survives::<CreateTenantBody>();
    survives::<TenantReply>();
    survives::<CreateKeyBody>();
    survives::<CreatedKeyReply>();
    survives::<ApiKeyReply>();
    survives::<ApiKeyList>();
    survives::<HealthView>();
    survives::<ReadinessView>();
    survives::<VersionView>();
    survives::<CompatibilityView>();
    survives::<AccessMetadata>();
    survives::<AccessQuestion>();
    survives::<AccessQuestions>();
    survives::<AccessSearchBody>();
    survives::<AccessSearchReply>();
    survives::<BacktestBody>();
    survives::<BundleBody>();
    survives::<BundleView>();
    survives::<ChangePolicyBody>();
    survives::<DeletePolicyBody>();
    survives::<DeletedReply>();
    survives::<CreateExportBody>();
    survives::<ExportView>();
    survives::<EvaluateBody>();
    survives::<EvaluationReply>();
    survives::<ForecastBody>();
    survives::<ForecastReply>();
    survives::<PackView>();
    survives::<PolicyCheckReply>();
    survives::<PolicyRecordView>();
    survives::<RiskScoreBody>();
    survives::<RiskScoreReply>();
    survives::<IngestAuditBody>();
    survives::<IngestCostBody>();
    survives::<IngestViolationBody>();
    survives::<IngestReply>();
    survives::<IngestBatchReply>();
    survives::<SetTelemetryKeyBody>();
    survives::<RevokeTelemetryKeyBody>();
    survives::<TelemetryKeyView>();
}
