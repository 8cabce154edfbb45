//! Accounts and ledgers.

use clasper_core::{Cursor, Page, TenantScope};
use clasper_entity::budget_scope::{self, Column as B};
use clasper_entity::{cost_history, price_override, tenant};
use clasper_governance::forecast::{CostHistory, HistorySubject};
use clasper_governance::{Account, BudgetScope, OwnPrice, ScopedBudget, UsageTotals};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::execution_row::scoped_budget;
use crate::row;
use crate::write::{stored_history, stored_tariff};

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

pub(crate) async fn find_scopes<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    wanted: &[BudgetScope],
) -> Result<Vec<ScopedBudget>, DbErr> {
    let rows = budget_scope::Entity::find()
        .filter(B::TenantId.eq(scope.tenant().as_str()))
        .filter(B::Scope.is_in(wanted.iter().map(ToString::to_string)))
        .all(connection)
        .await?;
    rows.iter().map(scoped_budget).collect()
}

pub(crate) async fn list_scopes<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    after: Option<&Cursor>,
    limit: u32,
) -> Result<Page<ScopedBudget>, DbErr> {
    let mut query = budget_scope::Entity::find().filter(B::TenantId.eq(scope.tenant().as_str()));
    if let Some(after) = after {
        query = query.filter(B::Scope.gt(after.id.as_str()));
    }
    let mut rows = query
        .order_by_asc(B::Scope)
        .limit(u64::from(limit) + 1)
        .all(connection)
        .await?;
    let is_last = rows.len() <= limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| !is_last).map(|row| Cursor {
        key: row.created_at,
        id: row.scope.clone(),
    });
    let items = rows.iter().map(scoped_budget).collect::<Result<_, _>>()?;
    Ok(Page { items, next })
}

pub(crate) async fn find_history<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
    subject: &HistorySubject,
) -> Result<Option<CostHistory>, DbErr> {
    let key = (scope.tenant().as_str().to_owned(), subject.to_string());
    let row = cost_history::Entity::find_by_id(key)
        .one(connection)
        .await?;
    row.map(|row| stored_history(&row.sketch)).transpose()
}

pub(crate) async fn own_prices<C: ConnectionTrait>(
    connection: &C,
    scope: &TenantScope,
) -> Result<Vec<OwnPrice>, DbErr> {
    let rows = price_override::Entity::find()
        .filter(price_override::Column::TenantId.eq(scope.tenant().as_str()))
        .order_by_asc(price_override::Column::Model)
        .all(connection)
        .await?;
    let price = |row: price_override::Model| {
        Ok(OwnPrice {
            tariff: stored_tariff(&row)?,
            model: row.model,
            updated_at: row::time(row.updated_at),
            updated_by: row.updated_by,
        })
    };
    rows.into_iter().map(price).collect()
}
