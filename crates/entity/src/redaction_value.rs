//! The values behind the tokens of a trace, sealed.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "redaction_values")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// The trace that has the tokens.
    #[sea_orm(primary_key, auto_increment = false)]
    pub trace_id: Uuid,
    /// The values, sealed for this tenant and trace.
    pub sealed: Vec<u8>,
    /// When the run ended.
    pub created_at: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
