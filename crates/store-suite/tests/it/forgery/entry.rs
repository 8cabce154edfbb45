//! Forged, lost and displaced audit entries.

use anyhow::Result;
use clasper_entity::audit_entry::{Column, Entity, Model};
use clasper_testkit::{TestDatabase, both};
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Value};

use crate::forgery::{CALLED, DENIED, EXTENDED, GRANTED, History, LAST};

both!(
    every_changed_column_of_an_entry_is_noticed,
    entries_that_are_gone_swapped_or_smuggled_in_are_noticed,
);

async fn set(history: &History, seq: i64, column: Column, value: Value) -> Result<()> {
    Entity::update_many()
        .col_expr(column, Expr::value(value))
        .filter(Column::TenantId.eq("acme"))
        .filter(Column::Seq.eq(seq))
        .exec(history.db.database().writer())
        .await?;
    Ok(())
}

async fn delete(history: &History, seq: i64) -> Result<()> {
    let key = ("acme".to_owned(), seq);
    Entity::delete_by_id(key)
        .exec(history.db.database().writer())
        .await?;
    Ok(())
}

async fn entry(history: &History, seq: i64) -> Result<Model> {
    let key = ("acme".to_owned(), seq);
    let found = Entity::find_by_id(key)
        .one(history.db.database().writer())
        .await?;
    anyhow::Context::context(found, "the entry is there")
}

async fn every_changed_column_of_an_entry_is_noticed(db: TestDatabase) -> Result<()> {
    let history = History::write(db).await?;
    let original = entry(&history, EXTENDED).await?;
    let leaf = "entry 4 was changed";
    let changes: [(Column, Value, &str); 15] = [
        (Column::EntryId, Uuid::from_u128(7).into(), leaf),
        (Column::EventType, "budget_changed".into(), leaf),
        (
            Column::EventType,
            "nonsense".into(),
            "entry 4 cannot be read",
        ),
        (Column::Actor, "somebody".into(), leaf),
        (Column::WorkspaceId, "sales".into(), leaf),
        (
            Column::WorkspaceId,
            "not a name".into(),
            "entry 4 cannot be read",
        ),
        (Column::TraceId, Uuid::from_u128(7).into(), leaf),
        (Column::UserId, "mallory".into(), leaf),
        (Column::Target, "budget:acme".into(), leaf),
        (Column::Detail, "{}".into(), leaf),
        (Column::OccurredAt, (original.occurred_at + 1).into(), leaf),
        (
            Column::PrevHash,
            Value::Bytes(None),
            "entry 4 does not link",
        ),
        (
            Column::PrevHash,
            original.leaf_hash.clone().into(),
            "entry 4 does not link",
        ),
        (Column::LeafHash, vec![7u8; 32].into(), leaf),
        (
            Column::LeafHash,
            vec![7u8; 3].into(),
            "entry 4 cannot be read",
        ),
    ];
    for (column, value, expected) in changes {
        let what = format!("{column:?} = {value:?}");
        let change = set(&history, EXTENDED, column, value);
        history.notices(&what, change, expected).await?;
    }
    let moved = set(&history, EXTENDED, Column::Seq, 99i64.into());
    history
        .notices("another place", moved, "entry 4 is missing: found 5")
        .await?;
    history.end().await
}

async fn entries_that_are_gone_swapped_or_smuggled_in_are_noticed(db: TestDatabase) -> Result<()> {
    let history = History::write(db).await?;
    let gone = delete(&history, GRANTED);
    history
        .notices("deleted", gone, "entry 5 is missing: found 6")
        .await?;
    let first = delete(&history, 1);
    history
        .notices("deleted first", first, "entry 1 is missing: found 2")
        .await?;
    let tail = async {
        delete(&history, LAST).await?;
        delete(&history, DENIED).await
    };
    let expected = "the log ends at entry 7, but its head says 9";
    history.notices("truncated", tail, expected).await?;
    let swap = async {
        set(&history, GRANTED, Column::Seq, 99i64.into()).await?;
        set(&history, CALLED, Column::Seq, GRANTED.into()).await?;
        set(&history, 99, Column::Seq, CALLED.into()).await
    };
    history
        .notices("swapped", swap, "entry 5 does not link")
        .await?;
    for (seq, expected) in [
        (0, "entry 1 is missing: found 0"),
        (-1, "entry 1 is missing: found -1"),
        (LAST + 1, "entry 10 does not link"),
    ] {
        let smuggle = async {
            let forged = Model {
                seq,
                ..entry(&history, CALLED).await?
            };
            let writer = history.db.database().writer();
            Entity::insert(forged.into_active_model())
                .exec_without_returning(writer)
                .await?;
            Ok(())
        };
        history.notices("smuggled in", smuggle, expected).await?;
    }
    history.end().await
}
