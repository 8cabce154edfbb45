//! What adapters report of what they did, over the store.

use std::sync::Arc;

use chrono::TimeDelta;
use clasper_core::{Clock, IdSource};
use clasper_privacy::Redactions;
use clasper_reports::{Reports, ReportsDeps, SignatureMode, SignaturePolicy, TelemetryKeys};
use clasper_store::Store;

use crate::config::{ReportSection, ReportSignatures};

/// Puts the parts together.
pub fn reports(
    section: &ReportSection,
    store: &Arc<Store>,
    redactions: &Redactions,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn IdSource>,
) -> (Reports, TelemetryKeys) {
    let policy = SignaturePolicy {
        mode: match section.signatures {
            ReportSignatures::Off => SignatureMode::Off,
            ReportSignatures::Warn => SignatureMode::Warn,
            ReportSignatures::Enforce => SignatureMode::Enforce,
        },
        max_skew: TimeDelta::seconds(section.max_skew_secs.into()),
    };
    let deps = ReportsDeps {
        store: store.clone(),
        keys: store.clone(),
        adapters: store.clone(),
        redactions: redactions.clone(),
        clock: clock.clone(),
        ids: ids.clone(),
    };
    let keys = TelemetryKeys::new(store.clone(), store.clone(), clock.clone(), ids.clone());
    (Reports::new(deps, policy), keys)
}
