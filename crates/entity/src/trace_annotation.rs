//! Remarks on traces; never changed.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "trace_annotations")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// The annotation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub annotation_id: Uuid,
    /// The trace.
    pub trace_id: Uuid,
    /// What it is about.
    #[sea_orm(column_type = "Text")]
    pub annotation_key: String,
    /// The remark.
    #[sea_orm(column_type = "Text")]
    pub annotation_value: String,
    /// Who is said to have made it.
    #[sea_orm(column_type = "Text")]
    pub created_by: String,
    /// Who has proved to have written it.
    #[sea_orm(column_type = "Text")]
    pub actor: String,
    /// When.
    pub created_at: i64,
    /// The entry that justifies it.
    pub audit_seq: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
