//! Evidence: the tiles of each tenant's tree, its signed checkpoints, and the keys that signed them.

use sea_orm::sea_query::{ColumnDef, Table, TableCreateStatement};
use sea_orm::{DbBackend, Statement};

use crate::Migration;
use crate::table::{bytes, index, primary_key};

/// Creates the tables of evidence, and the indexes by which entries are found.
pub(crate) const MIGRATION: Migration = Migration {
    name: "m20261121_000003_evidence",
    statements,
};

fn statements(backend: DbBackend) -> Vec<Statement> {
    let tables = [log_tiles(), log_checkpoints(), log_heads(), log_keys()];
    let entry = index(
        "idx_audit_entry",
        "audit_entries",
        &["tenant_id", "entry_id"],
    );
    let indexes = [
        entry,
        index(
            "idx_audit_time",
            "audit_entries",
            &["tenant_id", "occurred_at", "seq"],
        ),
        index(
            "idx_audit_target",
            "audit_entries",
            &["tenant_id", "target", "seq"],
        ),
    ];
    let tables = tables.iter().map(|table| backend.build(table));
    let indexes = indexes.iter().map(|index| backend.build(index));
    tables.chain(indexes).collect()
}

fn log_tiles() -> TableCreateStatement {
    Table::create()
        .table("log_tiles")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("level").big_integer().not_null())
        .col(ColumnDef::new("tile_index").big_integer().not_null())
        .col(bytes("hashes").not_null())
        .primary_key(&mut primary_key(
            "pk-log_tiles",
            &["tenant_id", "level", "tile_index"],
        ))
        .take()
}

fn log_checkpoints() -> TableCreateStatement {
    Table::create()
        .table("log_checkpoints")
        .col(ColumnDef::new("tenant_id").string().not_null())
        .col(ColumnDef::new("size").big_integer().not_null())
        .col(bytes("root_hash").not_null())
        .col(ColumnDef::new("note").text().not_null())
        .col(ColumnDef::new("signed_at").big_integer().not_null())
        .primary_key(&mut primary_key(
            "pk-log_checkpoints",
            &["tenant_id", "size"],
        ))
        .take()
}

fn log_heads() -> TableCreateStatement {
    Table::create()
        .table("log_heads")
        .col(
            ColumnDef::new("tenant_id")
                .string()
                .not_null()
                .primary_key(),
        )
        .col(ColumnDef::new("size").big_integer().not_null())
        .col(bytes("root_hash").not_null())
        .col(ColumnDef::new("note").text().not_null())
        .col(ColumnDef::new("signed_at").big_integer().not_null())
        .take()
}

fn log_keys() -> TableCreateStatement {
    Table::create()
        .table("log_keys")
        .col(
            ColumnDef::new("serial")
                .big_integer()
                .not_null()
                .primary_key(),
        )
        .col(bytes("public_key").not_null())
        .col(bytes("sealed_seed"))
        .col(ColumnDef::new("valid_from").big_integer().not_null())
        .col(ColumnDef::new("valid_until").big_integer())
        .take()
}
