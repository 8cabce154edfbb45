//! Accounts and ledgers.

use clasper_core::TenantScope;
use clasper_entity::{ledger_entry, tenant};
use clasper_governance::{Account, UsageTotals};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use crate::row;

pub(crate) async fn find<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
) -> Result<Option<Account>, DbErr> {
    let row = tenant::Entity::find_by_id(scope.tenant().as_str())
        .one(connection)
        .await?;
    row.map(|row| {
        let usage = UsageTotals {
            runs: row.runs,
            input_tokens: row.input_tokens,
            output_tokens: row.output_tokens,
            cost: row::usd(row.spent_nanos, "tenants", "spent_nanos")?,
            held: row::usd(row.held_nanos, "tenants", "held_nanos")?,
        };
        Ok(Account {
            usage,
            budget: row::budget(&row)?,
        })
    })
    .transpose()
}

/// What the ledger says was spent in the period that begins at `period_start`.
pub(crate) async fn spent_in_period<C: ConnectionTrait>(
    connection: &C,
    tenant: &str,
    period_start: i64,
) -> Result<i64, DbErr> {
    use ledger_entry::Column as L;
    let rows: Vec<i64> = ledger_entry::Entity::find()
        .select_only()
        .column_as(
            L::SpentDeltaNanos.into_expr().sum().cast_as("BIGINT"),
            "spent",
        )
        .filter(L::TenantId.eq(tenant))
        .filter(L::PeriodStart.eq(period_start))
        .filter(L::SpentDeltaNanos.ne(0))
        .group_by(L::TenantId)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(rows.first().copied().unwrap_or(0))
}
