#![doc = include_str!("../README.md")]

mod database;
mod maker;
mod postgres;

pub use database::{StoppedDatabase, TestDatabase};
pub use maker::{Maker, usd};

/// Makes two tests, `sqlite` and `postgres`, of each `async fn(TestDatabase) -> anyhow::Result<()>` it is given.
#[macro_export]
macro_rules! both {
    ($($fact:ident),+ $(,)?) => {$(
        mod $fact {
            #[::tokio::test]
            async fn sqlite() -> ::anyhow::Result<()> {
                super::$fact($crate::TestDatabase::sqlite().await?).await
            }

            #[::tokio::test]
            async fn postgres() -> ::anyhow::Result<()> {
                match $crate::TestDatabase::postgres().await? {
                    Some(database) => super::$fact(database).await,
                    None => Ok(()),
                }
            }
        }
    )+};
}

/// Hands the name of every entity to the macro `$each`: `every_entity!(count)` is `count!(tenant, api_key, …)`.
///
/// An entity that is not listed here fails the store's test of the schema, as its table is then nobody's.
#[macro_export]
macro_rules! every_entity {
    ($each:ident) => {
        $each!(
            tenant,
            api_key,
            audit_entry,
            decision,
            outcome,
            open_run,
            ledger_entry,
            trace,
            trace_label,
            trace_annotation,
            trace_entity,
            trace_total,
            trace_count,
            otel_span,
            otel_source,
            outbox_message,
            idempotency_key,
            instance,
            governance_head,
            policy_version,
            policy_bundle,
            active_bundle,
            adapter,
            execution,
            budget_scope,
            cost_history,
            price_override,
            redaction_config,
            redaction_value,
            log_tile,
            log_checkpoint,
            log_head,
            log_key,
            notice,
            reported_event,
            reported_cost,
            reported_violation,
            telemetry_key,
            webhook_endpoint,
            adapter_key,
            export,
            tool_authorization
        )
    };
}
