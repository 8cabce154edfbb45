//! Forged accounts and movements of money.

use anyhow::Result;
use clasper_entity::{ledger_entry, open_run, tenant};
use clasper_testkit::{TestDatabase, both};
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Value};

use crate::forgery::{BUDGET_SET, CALLED, COMPLETED, EXTENDED, History, STARTED};

both!(
    every_forged_movement_of_money_is_noticed,
    every_changed_column_of_an_account_is_noticed,
    an_account_that_is_gone_is_noticed,
    spending_moved_out_of_the_period_is_noticed,
);

async fn set_movement(
    history: &History,
    seq: i64,
    column: ledger_entry::Column,
    value: Value,
) -> Result<()> {
    ledger_entry::Entity::update_many()
        .col_expr(column, Expr::value(value))
        .filter(ledger_entry::Column::TenantId.eq("acme"))
        .filter(ledger_entry::Column::AuditSeq.eq(seq))
        .exec(history.db.database().writer())
        .await?;
    Ok(())
}

async fn set_account(history: &History, column: tenant::Column, value: Value) -> Result<()> {
    tenant::Entity::update_many()
        .col_expr(column, Expr::value(value))
        .filter(tenant::Column::TenantId.eq("acme"))
        .exec(history.db.database().writer())
        .await?;
    Ok(())
}

async fn every_forged_movement_of_money_is_noticed(db: TestDatabase) -> Result<()> {
    use ledger_entry::Column as L;
    let history = History::write(db).await?;
    let changes: [(i64, L, Value, &str); 9] = [
        (
            STARTED,
            L::HeldDeltaNanos,
            1i64.into(),
            "ledger row 3 does not say",
        ),
        (
            STARTED,
            L::SpentDeltaNanos,
            1i64.into(),
            "ledger row 3 does not say",
        ),
        (
            EXTENDED,
            L::HeldDeltaNanos,
            1i64.into(),
            "ledger row 4 does not say",
        ),
        (
            EXTENDED,
            L::ExecutionId,
            Uuid::from_u128(7).into(),
            "ledger row 4 does not say",
        ),
        (
            COMPLETED,
            L::SpentDeltaNanos,
            1i64.into(),
            "ledger row 7 does not say",
        ),
        (
            COMPLETED,
            L::HeldDeltaNanos,
            0i64.into(),
            "ledger row 7 does not say",
        ),
        (
            COMPLETED,
            L::Kind,
            "carry".into(),
            "ledger row 7 is justified by an entry of another",
        ),
        (
            COMPLETED,
            L::PeriodStart,
            Value::BigInt(None),
            "money spent in the budget's period",
        ),
        (
            COMPLETED,
            L::AuditSeq,
            1000i64.into(),
            "audit entry 7 has no movement",
        ),
    ];
    for (seq, column, value, expected) in changes {
        let what = format!("row {seq}: {column:?} = {value:?}");
        let change = set_movement(&history, seq, column, value);
        history.notices(&what, change, expected).await?;
    }
    for (seq, kind, expected) in [
        (1000, "settle", "ledger row 1000 has no audit entry"),
        (
            BUDGET_SET,
            "carry",
            "ledger row 2 is justified by an entry of another kind",
        ),
        (
            CALLED,
            "settle",
            "ledger row 6 is justified by an entry of another kind",
        ),
    ] {
        let forge = async {
            let mut row = ledger_entry::Entity::find_by_id(("acme".to_owned(), COMPLETED))
                .one(history.db.database().writer())
                .await?
                .ok_or_else(|| anyhow::anyhow!("the row is there"))?;
            (row.audit_seq, row.kind) = (seq, kind.to_owned());
            let insert = ledger_entry::Entity::insert(row.into_active_model());
            insert
                .exec_without_returning(history.db.database().writer())
                .await?;
            Ok(())
        };
        history.notices("a forged row", forge, expected).await?;
    }
    history.end().await
}

async fn every_changed_column_of_an_account_is_noticed(db: TestDatabase) -> Result<()> {
    use tenant::Column as T;
    let history = History::write(db).await?;
    let changes: [(T, Value, &str); 13] = [
        (
            T::HeadSeq,
            8i64.into(),
            "the log ends at entry 9, but its head says 8",
        ),
        (T::HeadHash, vec![7u8; 32].into(), "the log ends at entry 9"),
        (T::HeadHash, vec![7u8; 3].into(), "tenants.head_hash"),
        (T::Runs, 7i64.into(), "runs: the account says 7, the log 1"),
        (T::InputTokens, 7i64.into(), "input tokens"),
        (T::OutputTokens, 7i64.into(), "output tokens"),
        (T::SpentNanos, 0i64.into(), "nano-dollars spent"),
        (T::HeldNanos, 0i64.into(), "held money"),
        (
            T::BudgetSpentNanos,
            0i64.into(),
            "nano-dollars spent in the period",
        ),
        (
            T::BudgetLimitNanos,
            9_000_000_000i64.into(),
            "nano-dollars of the budget",
        ),
        (
            T::BudgetHardLimit,
            false.into(),
            "whether the limit refuses",
        ),
        (
            T::BudgetAlertBasisPoints,
            10_000i64.into(),
            "the alert's basis points",
        ),
        (T::BudgetPeriodEnd, 1i64.into(), "when the period ends"),
    ];
    for (column, value, expected) in changes {
        let what = format!("{column:?} = {value:?}");
        let change = set_account(&history, column, value);
        history.notices(&what, change, expected).await?;
    }
    // Even when account and run agree, the ledger knows better.
    let conspiracy = async {
        set_account(&history, T::HeldNanos, 0i64.into()).await?;
        open_run::Entity::update_many()
            .col_expr(open_run::Column::HoldNanos, Expr::value(0i64))
            .filter(open_run::Column::TenantId.eq("acme"))
            .exec(history.db.database().writer())
            .await?;
        Ok(())
    };
    history
        .notices("a hold taken away", conspiracy, "held money")
        .await?;
    history.end().await
}

async fn spending_moved_out_of_the_period_is_noticed(db: TestDatabase) -> Result<()> {
    let history = History::write(db).await?;
    let conspiracy = async {
        let period = ledger_entry::Column::PeriodStart;
        set_movement(&history, COMPLETED, period, Value::BigInt(None)).await?;
        set_account(&history, tenant::Column::BudgetSpentNanos, 0i64.into()).await
    };
    let expected = "nano-dollars spent in the period";
    history
        .notices("spending made to look old", conspiracy, expected)
        .await?;
    history.end().await
}

async fn an_account_that_is_gone_is_noticed(db: TestDatabase) -> Result<()> {
    let history = History::write(db).await?;
    let gone = async {
        let delete = tenant::Entity::delete_by_id("acme");
        delete.exec(history.db.database().writer()).await?;
        Ok(())
    };
    history
        .notices("no account", gone, "the tenant's account is gone")
        .await?;
    history.end().await
}
