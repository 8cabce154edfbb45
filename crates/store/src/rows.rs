//! What rows say, for those who check a database without going through the ports.

use clasper_core::DecisionRecord;
use clasper_db::Database;
use clasper_entity::decision;
use sea_orm::{DatabaseTransaction, DbErr, IsolationLevel, TransactionTrait};

pub use crate::read::audit::log_rows;
pub use crate::read::evidence::keys as log_keys;
use crate::row::digest;
pub use crate::row::{chain_head, corrupt, count, logged_entry, retention, trace_row, unspeakable};
pub use crate::write::{TraceCounts, hold_scopes, labels_hash};

/// Everything a decision was computed from and came to, as its entry hashes it.
///
/// # Errors
/// When a hash in the row is none.
pub fn decision_record(row: &decision::Model) -> Result<String, DbErr> {
    let hash = |bytes: &[u8], column| digest(bytes, "decisions", column);
    let record = DecisionRecord {
        action: &row.action,
        decided_at_micros: row.decided_at,
        decision_id: row.decision_id.to_string(),
        effect: &row.effect,
        execution_id: row.execution_id.to_string(),
        grant_id: row.grant_id.map(|id| id.to_string()),
        grant_limits: row.grant_limits.as_deref(),
        inputs: &row.inputs,
        intent_hash: hash(&row.intent_hash, "intent_hash")?,
        matched_policies: &row.matched_policies,
        policy_bundle_hash: hash(&row.policy_bundle_hash, "policy_bundle_hash")?,
        reason: &row.reason,
    };
    Ok(record.to_json())
}

/// A reading transaction that sees one state of the database; on SQLite every transaction does.
///
/// # Errors
/// When the database refuses.
pub async fn begin(database: &Database) -> Result<DatabaseTransaction, DbErr> {
    match database.dialect() {
        clasper_db::Dialect::Postgres => {
            let level = Some(IsolationLevel::RepeatableRead);
            database.reader().begin_with_config(level, None).await
        }
        clasper_db::Dialect::Sqlite => database.reader().begin().await,
    }
}
