//! Accounts and ledgers.

use clasper_core::TenantScope;
use clasper_entity::tenant;
use clasper_governance::{Account, UsageTotals};
use sea_orm::{ConnectionTrait, DbErr, EntityTrait};

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
