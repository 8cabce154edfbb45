//! Decisions and outcomes in the order of the log, so that verification and exports walk them beside it.

use sea_orm::{DbBackend, Statement};

use crate::Migration;
use crate::table::index;

/// Creates the indexes by place in the log.
pub(crate) const MIGRATION: Migration = Migration {
    name: "m20261121_000014_evidence_places",
    statements,
};

fn statements(backend: DbBackend) -> Vec<Statement> {
    // Not unique: a record too many is for verification to name, not for a migration to fail on.
    let indexes = [
        index(
            "idx_decisions_place",
            "decisions",
            &["tenant_id", "audit_seq"],
        ),
        index(
            "idx_outcomes_place",
            "outcomes",
            &["tenant_id", "audit_seq"],
        ),
    ];
    indexes.iter().map(|index| backend.build(index)).collect()
}
