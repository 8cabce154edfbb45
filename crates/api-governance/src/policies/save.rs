//! `POST /ops/api/policies`

use axum::Json;
use axum::extract::State;
use clasper_api_state::ApiState;
use clasper_api_types::{PolicyBody, SavedPolicyReply};
use clasper_http::{Authenticated, Problem, WriteProblems};
use clasper_policy::{BundleSource, CompiledBundle, PolicyEdit, PolicyFault};

use crate::policies::document::PolicyDocument;
use crate::policies::{refused, view};

/// Save a policy and put it in force
///
/// A rule, or `{policy_id, cedar}`; in JSON one of them, in YAML (`application/yaml`) one or a list. One of the same id is
/// replaced. Each is saved and put in force in a commit of its own, after all of them were checked. Nothing that is pending
/// is resolved by it. Needs the permission `policy:manage`.
#[utoipa::path(
    post,
    path = "/ops/api/policies",
    tag = "policies",
    request_body(content(
        (PolicyBody = "application/json", example = json!({
            "policy_id": "look-around", "subject": {"type": "tool", "name": "exec"},
            "conditions": {"context.exec.argv0": {"in": ["ls", "pwd"]}}, "effect": {"decision": "allow"}, "precedence": 10
        })),
        (String = "application/yaml", example = "policy_id: look-around\nsubject: {type: tool, name: exec}\neffect: {decision: allow}\n"),
    )),
    responses(
        (status = 200, description = "The policy as it is in force.", body = SavedPolicyReply),
        (status = 409, description = "Others kept changing policies at the same time.", body = Problem, content_type = "application/problem+json"),
        WriteProblems,
    )
)]
pub(super) async fn save_policy(
    State(state): State<ApiState>,
    authenticated: Authenticated,
    document: PolicyDocument,
) -> Result<Json<SavedPolicyReply>, Problem> {
    let caller = authenticated.caller(document.tenant.as_ref())?;
    let pointer = |fault: &PolicyFault| {
        let place = document.place(&fault.policy_id);
        format!("{place}{}", fault.pointer)
    };
    // A list is checked as a whole before the first of it is saved.
    let whole = BundleSource {
        name: "default".to_owned(),
        members: document.policies.clone(),
        ..BundleSource::default()
    };
    if let Err(faults) = CompiledBundle::compile(&whole) {
        return Err(refused(clasper_policy::Error::Faults(faults), pointer));
    }
    let mut saved = Vec::with_capacity(document.policies.len());
    for policy in &document.policies {
        let edit = PolicyEdit::Put(policy.clone());
        let bundle = state.policies.edit(&caller, &edit).await;
        let bundle = bundle.map_err(|error| refused(error, pointer))?;
        let tenant = &caller.principal.tenant;
        saved.extend(view::of_id(tenant, &bundle, policy.policy_id()));
    }
    let first = saved.first().cloned().ok_or_else(Problem::internal)?;
    Ok(Json(SavedPolicyReply {
        policy: first,
        policies: saved,
        source_decision: None,
        resolved_decision_ids: Vec::new(),
        resolved_decision_count: 0,
    }))
}
