//! Retention as it is sent.

use clasper_api_types::{
    EnforcedRetentionView, NeedsCleanupView, RetentionPolicyView, RetentionStatsReply,
    RetentionStatsView, SamplingStrategy, SetRetentionBody, TraceStorageMode,
};
use clasper_core::TenantId;
use clasper_http::Problem;
use clasper_retention::{
    Enforced, PolicyChange, RetentionPolicy, SampleRate, Sampling, StorageMode, TenantStanding,
};

pub(super) fn change(body: &SetRetentionBody) -> Result<PolicyChange, Problem> {
    Ok(PolicyChange {
        days: body.retention_days,
        sampling: body.sampling_strategy.map(sampling),
        rate: body.sampling_rate.map(rate).transpose()?,
        storage: body.storage_mode.map(storage),
        legal_hold: body.legal_hold,
    })
}

fn rate(share: f64) -> Result<SampleRate, Problem> {
    let refused = || Problem::invalid("/sampling_rate", "must be between 0 and 1");
    if !(0.0..=1.0).contains(&share) {
        return Err(refused());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between nought and a million, as was looked at"
    )]
    let millionths = (share * 1e6).round() as u32;
    SampleRate::from_millionths(millionths).ok_or_else(refused)
}

const fn sampling(named: SamplingStrategy) -> Sampling {
    match named {
        SamplingStrategy::Full => Sampling::Full,
        SamplingStrategy::Sampled => Sampling::Sampled,
        SamplingStrategy::ErrorsOnly => Sampling::ErrorsOnly,
    }
}

const fn storage(named: TraceStorageMode) -> StorageMode {
    match named {
        TraceStorageMode::Full => StorageMode::Full,
        TraceStorageMode::Summary => StorageMode::Summary,
        TraceStorageMode::Minimal => StorageMode::Minimal,
    }
}

pub(super) fn policy(tenant: TenantId, policy: RetentionPolicy) -> RetentionPolicyView {
    RetentionPolicyView {
        tenant_id: tenant,
        revision: policy.revision,
        retention_days: policy.days,
        sampling_strategy: match policy.sampling {
            Sampling::Full => SamplingStrategy::Full,
            Sampling::Sampled => SamplingStrategy::Sampled,
            Sampling::ErrorsOnly => SamplingStrategy::ErrorsOnly,
        },
        sampling_rate: f64::from(policy.rate.millionths()) / 1e6,
        storage_mode: match policy.storage {
            StorageMode::Full => TraceStorageMode::Full,
            StorageMode::Summary => TraceStorageMode::Summary,
            StorageMode::Minimal => TraceStorageMode::Minimal,
        },
        legal_hold: policy.legal_hold,
        created_at: policy.created_at.into(),
        updated_at: policy.updated_at.into(),
        updated_by: policy.updated_by,
    }
}

pub(super) fn enforced(done: Enforced) -> EnforcedRetentionView {
    EnforcedRetentionView {
        tenant_id: done.tenant,
        traces_deleted: done.dropped,
        cutoff_date: done.cutoff.into(),
        duration_ms: u64::try_from(done.took.as_millis()).unwrap_or(u64::MAX),
        complete: done.complete,
    }
}

pub(super) fn stats(standings: &[TenantStanding]) -> RetentionStatsReply {
    let late = standings.iter().filter(|standing| standing.expired > 0);
    let late: Vec<_> = late
        .map(|standing| NeedsCleanupView {
            tenant_id: standing.tenant.clone(),
            old_trace_count: standing.expired,
            retention_days: standing.policy.days,
        })
        .collect();
    let days: u64 = standings.iter().map(|s| u64::from(s.policy.days)).sum();
    RetentionStatsReply {
        stats: RetentionStatsView {
            total_policies: standings.len() as u64,
            avg_retention_days: mean(days, standings.len()),
            tenants_needing_cleanup: late.len() as u64,
        },
        tenants_needing_cleanup: late,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a mean is shown, not summed")]
fn mean(sum: u64, of: usize) -> f64 {
    if of == 0 { 0.0 } else { sum as f64 / of as f64 }
}
