//! `POST /api/policies/check`

use axum::Json;
use clasper_api_types::{BundleBody, PolicyCheckReply, PolicyFaultView};
use clasper_core::Permission;
use clasper_http::{ApiJson, Authenticated, Problem, WriteProblems, require};
use clasper_policy::CompiledBundle;

use crate::bundles::source;

/// Check policies without saving them
///
/// They are compiled as they would be when saved; every fault is named. Needs the permission `policy:view`.
#[utoipa::path(
    post,
    path = "/api/policies/check",
    tag = "policies",
    request_body = BundleBody,
    responses((status = 200, description = "Whether they could be saved.", body = PolicyCheckReply), WriteProblems)
)]
pub(super) async fn check_policies(
    authenticated: Authenticated,
    ApiJson(body): ApiJson<BundleBody>,
) -> Result<Json<PolicyCheckReply>, Problem> {
    let caller = authenticated.caller(body.tenant_id.as_ref())?;
    require(&caller, Permission::PolicyView)?;
    let source = source::source(&body, "")?;
    Ok(Json(match CompiledBundle::compile(&source) {
        Ok(compiled) => PolicyCheckReply {
            valid: true,
            faults: Vec::new(),
            policy_bundle_hash: Some(compiled.bundle_hash().to_string()),
        },
        Err(faults) => PolicyCheckReply {
            valid: false,
            faults: faults
                .into_iter()
                .map(|fault| PolicyFaultView {
                    pointer: source::pointer(&body, "", &fault),
                    policy_id: fault.policy_id,
                    line: fault.line,
                    detail: fault.detail,
                })
                .collect(),
            policy_bundle_hash: None,
        },
    }))
}
