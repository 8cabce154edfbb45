//! `GET /ops/api/policies`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{PolicyList, PolicyQuery, PolicyRecordView};
use clasper_core::{Cursor, WorkspaceId};
use clasper_http::{
    ApiQuery, PageLimits, PageQuery, Problem, ReadProblems, Slice, TenantCaller, TenantQuery,
};

use crate::policies::view;

const LIMITS: PageLimits = PageLimits {
    default: 200,
    max: 1000,
};

/// List policies in force
///
/// By bundle and id, switched off ones included; 200 on a page, at most 1000. Needs the permission `policy:view`.
#[utoipa::path(
    get,
    path = "/ops/api/policies",
    tag = "policies",
    params(TenantQuery, PolicyQuery, PageQuery),
    responses(
        (status = 200, description = "A page of policies.", body = PolicyList),
        (status = 404, description = "The credential may not read the tenant that is named.", body = Problem, content_type = "application/problem+json"),
        ReadProblems,
    )
)]
pub(super) async fn list_policies(
    State(state): State<ApiState>,
    TenantCaller(caller): TenantCaller,
    ApiQuery(query): ApiQuery<PolicyQuery>,
    ApiQuery(page): ApiQuery<PageQuery>,
) -> Result<Json<PolicyList>, Problem> {
    let slice = Slice::from(page.checked(LIMITS)?);
    let in_force = state.policies.active(&caller).await?;
    let tenant = &caller.principal.tenant;
    let bundles = in_force.bundles.iter();
    let mut policies: Vec<PolicyRecordView> = bundles
        .flat_map(|active| view::policies(tenant, active))
        .filter(|policy| is_asked_for(policy, &query))
        .collect();
    policies.sort_by_cached_key(place);
    let first = match &slice.cursor {
        Some(cursor) => policies.partition_point(|policy| place(policy) <= cursor.id),
        None => usize::try_from(slice.offset).unwrap_or(usize::MAX),
    };
    let limit = usize::try_from(slice.limit).unwrap_or(usize::MAX);
    let total = policies.len();
    let policies: Vec<_> = policies.into_iter().skip(first).take(limit).collect();
    let has_more = first.saturating_add(policies.len()) < total && !policies.is_empty();
    let next = policies.last().filter(|_| has_more).map(|last| Cursor {
        key: 0,
        id: place(last),
    });
    Ok(Json(PolicyList {
        next_cursor: next.as_ref().map(Cursor::encode),
        has_more,
        limit: slice.limit,
        policies,
    }))
}

/// What the list is ordered by. Bundles of one name may stand in several scopes, so their id is part of it.
fn place(policy: &PolicyRecordView) -> String {
    format!(
        "{}\u{1}{}\u{1}{}",
        policy.bundle, policy.bundle_id, policy.policy_id
    )
}

fn is_asked_for(policy: &PolicyRecordView, query: &PolicyQuery) -> bool {
    let fits = |own: &Option<String>, asked: Option<&str>| match (own, asked) {
        (Some(own), Some(asked)) => own == asked,
        _ => true,
    };
    fits(
        &policy.workspace_id,
        query.workspace_id.as_ref().map(WorkspaceId::as_str),
    ) && fits(&policy.environment, query.environment.as_deref())
        && query
            .enabled
            .is_none_or(|enabled| enabled == policy.enabled)
}
