//! Spans that foreign instrumentation sent.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "otel_spans")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// The trace.
    #[sea_orm(primary_key, auto_increment = false)]
    pub trace_id: Uuid,
    /// The span: eight bytes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub span_id: Vec<u8>,
    /// When it began, in nanoseconds since 1970.
    pub started_nanos: i64,
    /// When it ended.
    pub ended_nanos: i64,
    /// Its resource and scope.
    pub source_hash: Vec<u8>,
    /// It as it came, as OTLP's JSON.
    #[sea_orm(column_type = "Text")]
    pub document: String,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
