//! The schemas of the OpenAPI document.

use std::collections::{BTreeMap, BTreeSet};

use clasper_api_types::{
    AccessDecision, AccessDecisions, AccessMetadata, AccessQuestion, AccessQuestions,
    AccessSearchBody, AccessSearchReply, AdapterDecisionList, AdapterDecisionReply,
    AdapterExplanationView, AdapterKeyList, AdapterList, AdapterPolicyList, AllowAlwaysBody,
    AllowAlwaysProposal, AllowAlwaysReply, AnnotateTraceBody, AnnotateTraceReply, AnnotationList,
    ApiKeyList, ApiKeyReply, AuditList, AuthorizeToolBody, AuthorizeToolReply, BacktestBody,
    BacktestLine, BatchResolveBody, BatchResolveReply, BudgetCheckBody, BudgetCheckView,
    BudgetReply, BundleBody, BundleList, BundleReply, ChangeAdapterBody, ChangePolicyBody,
    ChangeWebhookBody, CompatibilityView, CompletenessReply, ConsistencyReply, ConsumeReply,
    ConsumeToolBody, ConsumeToolReply, CreateExportBody, CreateKeyBody, CreateTenantBody,
    CreateWebhookBody, CreatedKeyReply, CreatedWebhookReply, DecisionList, DecisionReply,
    DeletePolicyBody, DeletedReply, DiffTracesBody, DiffTracesReply, EnforceRetentionBody,
    EnforceRetentionReply, EvaluateBody, EvaluationReply, ExecutionReply, ExecutionRequestBody,
    ExecutionStateView, ExportList, ExportView, ForecastBody, ForecastReply, HealthView, HoldList,
    IngestAuditBody, IngestBatchBody, IngestBatchReply, IngestCostBody, IngestMetricsBody,
    IngestReply, IngestTraceBody, IngestViolationBody, IssueAdapterKeyBody, IssuedAdapterKeyReply,
    LabelTraceBody, LabelTraceReply, LabelledTraceList, LinkedTraceList, LiveEventView, LogKeyList,
    OriginalReply, OtlpTraceReply, OtlpTraceRequest, OverrideDecisionBody, OwnDecisionView,
    PackList, PolicyBody, PolicyCheckReply, PolicyList, PolicyReply, PostureView, PreviewBody,
    PreviewReply, PriceList, PutRedactionBody, QueuedMessageReply, ReadinessView, RedactionReply,
    RegisterAdapterBody, RegisteredAdapterReply, ReplayContextView, ResolveDecisionBody,
    RetentionReply, RetentionStatsReply, RevokeTelemetryKeyBody, RiskScoreBody, RiskScoreReply,
    RotateWebhookBody, SavedPolicyReply, ScopeBudgetList, SendMessageBody, SendMessageReply,
    SetBudgetBody, SetBudgetReply, SetPriceBody, SetRetentionBody, SetRetentionReply,
    SetTelemetryKeyBody, SignedEnvelopeBody, StreamEvent, TelemetryKeyList, TelemetryKeyReply,
    TenantReply, ToolAuthorizationList, ToolAuthorizationReply, ToolHistory, ToolList, TraceList,
    TraceReply, TraceStatsReply, UsageView, VersionView, WebhookDeliveryList, WebhookList,
};
use clasper_http::Problem;
use serde_json::Value;
use utoipa::ToSchema;

use crate::document::document;

/// Adds the schemas that `T` brings, and refuses another one of the same name: the document would keep only one of them.
fn collect<T: ToSchema>(known: &mut BTreeMap<String, Value>) {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    for (name, schema) in schemas {
        let schema = serde_json::to_value(schema).expect("a schema");
        let first = known.entry(name.clone()).or_insert_with(|| schema.clone());
        assert_eq!(*first, schema, "two schemas have the name {name}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one line for each type")]
fn every_schema_has_a_name_of_its_own() {
    let mut known = BTreeMap::new();
    collect::<Problem>(&mut known);
    collect::<RotateWebhookBody>(&mut known);
    collect::<SetRetentionBody>(&mut known);
    collect::<SetRetentionReply>(&mut known);
    collect::<RetentionReply>(&mut known);
    collect::<EnforceRetentionBody>(&mut known);
    collect::<EnforceRetentionReply>(&mut known);
    collect::<RetentionStatsReply>(&mut known);
    collect::<AuthorizeToolBody>(&mut known);
    collect::<AuthorizeToolReply>(&mut known);
    collect::<ConsumeToolBody>(&mut known);
    collect::<ConsumeToolReply>(&mut known);
    collect::<ToolAuthorizationList>(&mut known);
    collect::<ToolAuthorizationReply>(&mut known);
    collect::<ToolList>(&mut known);
    collect::<ToolHistory>(&mut known);
    collect::<PostureView>(&mut known);
    collect::<AdapterPolicyList>(&mut known);
    collect::<SendMessageBody>(&mut known);
    collect::<SendMessageReply>(&mut known);
    collect::<StreamEvent>(&mut known);
    collect::<TraceReply>(&mut known);
    collect::<TraceList>(&mut known);
    collect::<AnnotateTraceBody>(&mut known);
    collect::<AnnotateTraceReply>(&mut known);
    collect::<AnnotationList>(&mut known);
    collect::<DiffTracesBody>(&mut known);
    collect::<DiffTracesReply>(&mut known);
    collect::<LabelTraceBody>(&mut known);
    collect::<LabelTraceReply>(&mut known);
    collect::<LabelledTraceList>(&mut known);
    collect::<LinkedTraceList>(&mut known);
    collect::<TraceStatsReply>(&mut known);
    collect::<ReplayContextView>(&mut known);
    collect::<OtlpTraceRequest>(&mut known);
    collect::<OtlpTraceReply>(&mut known);
    collect::<AuditList>(&mut known);
    collect::<ConsistencyReply>(&mut known);
    collect::<LogKeyList>(&mut known);
    collect::<LiveEventView>(&mut known);
    collect::<CompletenessReply>(&mut known);
    collect::<BudgetReply>(&mut known);
    collect::<SetBudgetBody>(&mut known);
    collect::<SetBudgetReply>(&mut known);
    collect::<ScopeBudgetList>(&mut known);
    collect::<SetPriceBody>(&mut known);
    collect::<PriceList>(&mut known);
    collect::<PutRedactionBody>(&mut known);
    collect::<RedactionReply>(&mut known);
    collect::<PreviewBody>(&mut known);
    collect::<PreviewReply>(&mut known);
    collect::<OriginalReply>(&mut known);
    collect::<BudgetCheckBody>(&mut known);
    collect::<BudgetCheckView>(&mut known);
    collect::<UsageView>(&mut known);
    collect::<CreateTenantBody>(&mut known);
    collect::<TenantReply>(&mut known);
    collect::<CreateKeyBody>(&mut known);
    collect::<CreatedKeyReply>(&mut known);
    collect::<ApiKeyReply>(&mut known);
    collect::<ApiKeyList>(&mut known);
    collect::<HealthView>(&mut known);
    collect::<ReadinessView>(&mut known);
    collect::<VersionView>(&mut known);
    collect::<CompatibilityView>(&mut known);
    collect::<ExecutionRequestBody>(&mut known);
    collect::<ExecutionReply>(&mut known);
    collect::<ExecutionStateView>(&mut known);
    collect::<DecisionList>(&mut known);
    collect::<DecisionReply>(&mut known);
    collect::<OwnDecisionView>(&mut known);
    collect::<ResolveDecisionBody>(&mut known);
    collect::<BatchResolveBody>(&mut known);
    collect::<BatchResolveReply>(&mut known);
    collect::<OverrideDecisionBody>(&mut known);
    collect::<ConsumeReply>(&mut known);
    collect::<AdapterDecisionList>(&mut known);
    collect::<AdapterDecisionReply>(&mut known);
    collect::<AdapterExplanationView>(&mut known);
    collect::<RegisterAdapterBody>(&mut known);
    collect::<RegisteredAdapterReply>(&mut known);
    collect::<IssueAdapterKeyBody>(&mut known);
    collect::<IssuedAdapterKeyReply>(&mut known);
    collect::<AdapterKeyList>(&mut known);
    collect::<ChangeAdapterBody>(&mut known);
    collect::<AdapterList>(&mut known);
    collect::<HoldList>(&mut known);
    collect::<AccessDecision>(&mut known);
    collect::<AccessDecisions>(&mut known);
    collect::<AccessMetadata>(&mut known);
    collect::<AccessQuestion>(&mut known);
    collect::<AccessQuestions>(&mut known);
    collect::<AccessSearchBody>(&mut known);
    collect::<AccessSearchReply>(&mut known);
    collect::<AllowAlwaysBody>(&mut known);
    collect::<AllowAlwaysProposal>(&mut known);
    collect::<AllowAlwaysReply>(&mut known);
    collect::<BacktestBody>(&mut known);
    collect::<BacktestLine>(&mut known);
    collect::<BundleBody>(&mut known);
    collect::<BundleList>(&mut known);
    collect::<BundleReply>(&mut known);
    collect::<ChangePolicyBody>(&mut known);
    collect::<DeletePolicyBody>(&mut known);
    collect::<DeletedReply>(&mut known);
    collect::<EvaluateBody>(&mut known);
    collect::<EvaluationReply>(&mut known);
    collect::<ForecastBody>(&mut known);
    collect::<ForecastReply>(&mut known);
    collect::<PackList>(&mut known);
    collect::<PolicyBody>(&mut known);
    collect::<PolicyCheckReply>(&mut known);
    collect::<PolicyList>(&mut known);
    collect::<PolicyReply>(&mut known);
    collect::<RiskScoreBody>(&mut known);
    collect::<RiskScoreReply>(&mut known);
    collect::<SavedPolicyReply>(&mut known);
    collect::<CreateWebhookBody>(&mut known);
    collect::<CreatedWebhookReply>(&mut known);
    collect::<ChangeWebhookBody>(&mut known);
    collect::<WebhookList>(&mut known);
    collect::<QueuedMessageReply>(&mut known);
    collect::<WebhookDeliveryList>(&mut known);
    collect::<IngestTraceBody>(&mut known);
    collect::<IngestAuditBody>(&mut known);
    collect::<IngestCostBody>(&mut known);
    collect::<IngestMetricsBody>(&mut known);
    collect::<IngestViolationBody>(&mut known);
    collect::<IngestBatchBody>(&mut known);
    collect::<IngestBatchReply>(&mut known);
    collect::<IngestReply>(&mut known);
    collect::<SignedEnvelopeBody>(&mut known);
    collect::<SetTelemetryKeyBody>(&mut known);
    collect::<RevokeTelemetryKeyBody>(&mut known);
    collect::<TelemetryKeyList>(&mut known);
    collect::<TelemetryKeyReply>(&mut known);
    collect::<CreateExportBody>(&mut known);
    collect::<ExportList>(&mut known);
    collect::<ExportView>(&mut known);
    let document = document();
    let schemas = document["components"]["schemas"].as_object();
    let listed: BTreeSet<&String> = schemas.expect("schemas").keys().collect();
    assert_eq!(listed, known.keys().collect(), "a type is missing above");
}
