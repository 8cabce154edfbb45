//! Resources and scopes of spans, each once.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "otel_sources")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// SHA-256 of the document.
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_hash: Vec<u8>,
    /// Resource and scope, as OTLP's JSON.
    #[sea_orm(column_type = "Text")]
    pub document: String,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
