//! Postures as they are sent.

use clasper_api_types::{CanaryView, EnforcementStatusName, GovernanceModeName, PostureView};
use clasper_core::AdapterId;
use clasper_delegated::{AdapterPosture, EnforcementStatus, GovernanceMode};

pub(super) fn posture(adapter: AdapterId, found: AdapterPosture, version: &str) -> PostureView {
    PostureView {
        adapter,
        mode: match found.mode {
            GovernanceMode::Permissive => GovernanceModeName::Permissive,
            GovernanceMode::Guarded => GovernanceModeName::Guarded,
            GovernanceMode::Strict => GovernanceModeName::Strict,
        },
        status: match found.status {
            EnforcementStatus::Enforced => EnforcementStatusName::Enforced,
            EnforcementStatus::Degraded => EnforcementStatusName::Degraded,
            EnforcementStatus::Disabled => EnforcementStatusName::Disabled,
        },
        reasons: found
            .reasons
            .into_iter()
            .map(|reason| reason.code().to_owned())
            .collect(),
        engine_version: version.to_owned(),
        fallback_present: found.is_fallback_present,
        fallback_enabled: found.is_fallback_present,
        policy_count: found.policy_count,
        covered_tools: found.covered_tools,
        uncovered_tools: found.uncovered_tools,
        canary: found.canary.map(|canary| CanaryView {
            decision_id: canary.decision,
            asked_at: canary.asked_at.into(),
            denied: canary.is_denied,
        }),
        canary_window_secs: found.window.num_seconds(),
    }
}
