//! Notices that wait.

use clasper_entity::notice;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter};

use crate::write::WAITING;

pub(crate) async fn waiting<C: ConnectionTrait>(connection: &C) -> Result<u64, DbErr> {
    notice::Entity::find()
        .filter(notice::Column::State.eq(WAITING))
        .count(connection)
        .await
}
