//! `GET /api/adapter/policies`

use std::cmp::Reverse;

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{AdapterPolicyList, AdapterPolicyView, PolicyRecordView};
use clasper_http::{
    ApiQuery, AuthenticatedAdapter, PageLimits, PageQuery, Problem, ReadProblems, Slice,
};
use serde_json::Value;

use crate::executions::adapter_caller;
use crate::policies::records;

const LIMITS: PageLimits = PageLimits {
    default: 50,
    max: 500,
};

/// List the policies that decide about an adapter
///
/// Those in force in the token's workspace, in every environment, by precedence and then by id; 50 on a page, at most 500.
#[utoipa::path(
    get,
    path = "/api/adapter/policies",
    tag = "adapters",
    params(PageQuery),
    security(("adapter_token" = [])),
    responses((status = 200, description = "A page of policies.", body = AdapterPolicyList), ReadProblems)
)]
pub(super) async fn list_adapter_policies(
    State(state): State<ApiState>,
    adapter: AuthenticatedAdapter,
    ApiQuery(page): ApiQuery<PageQuery>,
) -> Result<Json<AdapterPolicyList>, Problem> {
    if page.cursor.is_some() {
        let detail = "this list is paged by `offset` alone: leave it out";
        return Err(Problem::invalid("/query/cursor", detail));
    }
    let slice = Slice::from(page.checked(LIMITS)?);
    let caller = adapter_caller(adapter);
    let in_force = state.policies.in_force(&caller.scope()).await?;
    let principal = &caller.principal;
    let here = |policy: &PolicyRecordView| {
        let named = policy.workspace_id.as_deref();
        policy.enabled && named.is_none_or(|name| name == principal.workspace.as_str())
    };
    let bundles = in_force.policies.bundles.iter();
    let mut policies: Vec<PolicyRecordView> = bundles
        .flat_map(|active| records(&principal.tenant, active))
        .filter(here)
        .collect();
    policies.sort_by_cached_key(|policy| (Reverse(policy.precedence), policy.policy_id.clone()));
    let skipped = usize::try_from(slice.offset).unwrap_or(usize::MAX);
    let most = usize::try_from(slice.limit).unwrap_or(usize::MAX);
    Ok(Json(AdapterPolicyList {
        total: policies.len(),
        policies: policies
            .into_iter()
            .skip(skipped)
            .take(most)
            .map(summary)
            .collect(),
        limit: slice.limit,
        offset: slice.offset,
    }))
}

fn summary(policy: PolicyRecordView) -> AdapterPolicyView {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let member = |of: &Option<Value>, name: &str| text(of.as_ref().and_then(|of| of.get(name)));
    AdapterPolicyView {
        decision: member(&policy.effect, "decision"),
        subject_type: member(&policy.subject, "type"),
        tool: member(&policy.subject, "name").or_else(|| member(&policy.conditions, "tool")),
        policy_id: policy.policy_id,
        precedence: policy.precedence,
        enabled: policy.enabled,
        updated_at: policy.updated_at,
    }
}
