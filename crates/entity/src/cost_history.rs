//! What runs of a model cost and how long their answers were, as sketches.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cost_histories")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: String,
    /// `provider/model`, or `adapter:<id>`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub subject: String,
    /// The sketch, as JSON.
    #[sea_orm(column_type = "Text")]
    pub sketch: String,
    /// When it was last added to.
    pub updated_at: i64,
}

/// No relations: joins are by tenant-scoped queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
