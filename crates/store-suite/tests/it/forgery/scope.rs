//! Forged budgets within the tenant's.

use anyhow::Result;
use clasper_entity::budget_scope::{self, Column as B};
use clasper_entity::open_run;
use clasper_governance::BudgetSettings;
use clasper_testkit::{TestDatabase, both, usd};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Value};

use crate::forgery::History;
use crate::forgery::backup::Backup;
use crate::scopes::workspace;
use crate::support::spend;

both!(
    every_changed_column_of_a_part_is_noticed,
    a_budget_of_a_part_that_is_gone_or_made_up_is_noticed,
    a_hold_moved_out_of_its_part_is_noticed,
);

/// The usual history, and a budget of the workspace in which something was spent and something is held.
async fn history(db: TestDatabase) -> Result<History> {
    let mut history = History::write(db).await?;
    let acme = clasper_core::TenantScope::system(clasper_core::TenantId::new("acme")?);
    let settings = BudgetSettings::limited_to(usd("5"));
    let db = &history.db;
    db.set_budget(&acme, &settings).await?;
    db.set_scope(&acme, &workspace(), &settings).await?;
    spend(db, &acme, usd("0.1")).await?;
    db.ensure_whole().await?;
    history.backup = Backup::of(db.database()).await?;
    Ok(history)
}

async fn every_changed_column_of_a_part_is_noticed(db: TestDatabase) -> Result<()> {
    let history = history(db).await?;
    let changes: [(B, Value, &str); 7] = [
        (
            B::SpentNanos,
            0i64.into(),
            "nano-dollars spent of workspace:support",
        ),
        (B::HeldNanos, 0i64.into(), "held money of workspace:support"),
        (
            B::LimitNanos,
            9_000_000_000i64.into(),
            "nano-dollars of workspace:support",
        ),
        (B::Runs, 7i64.into(), "runs charged of workspace:support"),
        (
            B::HardLimit,
            false.into(),
            "whether the limit refuses of workspace:support",
        ),
        (
            B::AlertBasisPoints,
            10_000i64.into(),
            "alert's basis points of workspace:support",
        ),
        (
            B::PeriodEnd,
            1i64.into(),
            "end of the period of workspace:support",
        ),
    ];
    for (column, value, expected) in changes {
        let what = format!("{column:?} = {value:?}");
        let change = async {
            let update = budget_scope::Entity::update_many().col_expr(column, Expr::value(value));
            update.exec(history.db.database().writer()).await?;
            Ok(())
        };
        history.notices(&what, change, expected).await?;
    }
    history.end().await
}

async fn a_budget_of_a_part_that_is_gone_or_made_up_is_noticed(db: TestDatabase) -> Result<()> {
    let history = history(db).await?;
    let writer = history.db.database().writer();
    let gone = async {
        budget_scope::Entity::delete_many().exec(writer).await?;
        Ok(())
    };
    let expected = "the budget of workspace:support is gone";
    history.notices("no budget", gone, expected).await?;
    let made_up = async {
        let found = budget_scope::Entity::find().one(writer).await?;
        let mut row = found.ok_or_else(|| anyhow::anyhow!("the row is there"))?;
        (row.scope, row.held_nanos) = ("workspace:sales".to_owned(), 0);
        let insert = budget_scope::Entity::insert(row.into_active_model());
        insert.exec_without_returning(writer).await?;
        Ok(())
    };
    let expected = "the budget of workspace:sales is in no audit entry";
    history.notices("a budget", made_up, expected).await?;
    history.end().await
}

async fn a_hold_moved_out_of_its_part_is_noticed(db: TestDatabase) -> Result<()> {
    let history = history(db).await?;
    let moved = async {
        open_run::Entity::update_many()
            .col_expr(open_run::Column::HoldScopes, Expr::value("[]"))
            .filter(open_run::Column::TenantId.eq("acme"))
            .exec(history.db.database().writer())
            .await?;
        Ok(())
    };
    let expected = "held money of workspace:support";
    history
        .notices("a hold without scopes", moved, expected)
        .await?;
    history.end().await
}
