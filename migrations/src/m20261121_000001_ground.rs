//! The first tables: tenants, keys, audit, decisions, ledger, traces, outbox.

use clasper_entity::{
    api_key, audit_entry, decision, idempotency_key, instance, ledger_entry, open_run,
    outbox_message, outcome, tenant, trace,
};
use sea_orm::sea_query::{Index, IndexCreateStatement, IntoIden};
use sea_orm::{EntityName, EntityTrait, Schema};
use sea_orm_migration::{DbErr, MigrationName, MigrationTrait, SchemaManager, async_trait};

/// Creates every table and index.
#[derive(Debug)]
pub struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261121_000001_ground"
    }
}

async fn create<E: EntityTrait>(manager: &SchemaManager<'_>, entity: E) -> Result<(), DbErr> {
    let schema = Schema::new(manager.get_database_backend());
    manager
        .create_table(schema.create_table_from_entity(entity))
        .await
}

fn index<E: EntityName, C: IntoIden>(
    name: &str,
    entity: E,
    columns: impl IntoIterator<Item = C>,
) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table(entity.table_ref());
    for column in columns {
        index.col(column);
    }
    index
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        use audit_entry::Column as A;
        use trace::Column as T;
        create(manager, tenant::Entity).await?;
        create(manager, api_key::Entity).await?;
        create(manager, audit_entry::Entity).await?;
        create(manager, decision::Entity).await?;
        create(manager, outcome::Entity).await?;
        create(manager, open_run::Entity).await?;
        create(manager, ledger_entry::Entity).await?;
        create(manager, trace::Entity).await?;
        create(manager, outbox_message::Entity).await?;
        create(manager, idempotency_key::Entity).await?;
        create(manager, instance::Entity).await?;
        let indexes = [
            index(
                "idx_api_keys_tenant",
                api_key::Entity,
                [api_key::Column::TenantId],
            ),
            index(
                "idx_audit_trace",
                audit_entry::Entity,
                [A::TenantId, A::TraceId, A::Seq],
            ),
            index(
                "idx_audit_type",
                audit_entry::Entity,
                [A::TenantId, A::EventType, A::Seq],
            ),
            index(
                "idx_decisions_execution",
                decision::Entity,
                [decision::Column::TenantId, decision::Column::ExecutionId],
            ),
            index(
                "idx_open_runs_tenant",
                open_run::Entity,
                [open_run::Column::TenantId],
            ),
            index(
                "idx_traces_started",
                trace::Entity,
                [T::TenantId, T::StartedAt, T::TraceId],
            ),
            index(
                "idx_outbox_due",
                outbox_message::Entity,
                [
                    outbox_message::Column::GivenUp,
                    outbox_message::Column::NextAttemptAt,
                ],
            ),
            index(
                "idx_idempotency_created",
                idempotency_key::Entity,
                [idempotency_key::Column::CreatedAt],
            ),
        ];
        for index in indexes {
            manager.create_index(index).await?;
        }
        Ok(())
    }
}
