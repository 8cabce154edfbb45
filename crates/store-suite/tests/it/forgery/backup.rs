//! Keeps the rows of an untouched database, to undo what a test did to them.

use anyhow::Result;
use clasper_db::Database;
use clasper_entity::{
    audit_entry, budget_scope, decision, ledger_entry, open_run, outcome, tenant, trace,
};
use sea_orm::{EntityTrait, IntoActiveModel};

macro_rules! backup {
    ($($table:ident),+) => {
        /// Every row that verification looks at.
        pub(crate) struct Backup { $($table: Vec<$table::Model>,)+ }

        impl Backup {
            pub(crate) async fn of(database: &Database) -> Result<Self> {
                Ok(Self { $($table: $table::Entity::find().all(database.reader()).await?,)+ })
            }

            pub(crate) async fn restore(&self, database: &Database) -> Result<()> {
                $(
                    $table::Entity::delete_many().exec(database.writer()).await?;
                    let rows = self.$table.iter().cloned().map(IntoActiveModel::into_active_model);
                    if rows.len() > 0 {
                        $table::Entity::insert_many(rows).exec_without_returning(database.writer()).await?;
                    }
                )+
                Ok(())
            }
        }
    };
}

backup!(
    tenant,
    audit_entry,
    budget_scope,
    ledger_entry,
    decision,
    outcome,
    open_run,
    trace
);
