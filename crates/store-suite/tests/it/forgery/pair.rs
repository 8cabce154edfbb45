//! Forged and lost decisions, outcomes and open runs.

use anyhow::{Context, Result};
use clasper_entity::{audit_entry, decision, open_run, outcome, trace};
use clasper_testkit::{TestDatabase, both};
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, Value};

use crate::forgery::{CALLED, COMPLETED, DENIED, GRANTED, History, STARTED};

both!(
    every_lost_decision_and_outcome_is_noticed,
    every_forged_decision_is_noticed,
    every_forged_outcome_is_noticed,
    an_open_run_that_is_gone_is_noticed,
    a_changed_or_lost_trace_is_noticed,
);

async fn every_lost_decision_and_outcome_is_noticed(db: TestDatabase) -> Result<()> {
    let history = History::write(db).await?;
    for seq in [STARTED, GRANTED, DENIED] {
        let gone = async {
            decision::Entity::delete_many()
                .filter(decision::Column::TenantId.eq("acme"))
                .filter(decision::Column::AuditSeq.eq(seq))
                .exec(history.db.database().writer())
                .await?;
            Ok(())
        };
        let expected = format!("audit entry {seq} has lost its decision");
        history.notices("a lost decision", gone, &expected).await?;
    }
    for seq in [CALLED, COMPLETED, DENIED] {
        let gone = async {
            outcome::Entity::delete_many()
                .filter(outcome::Column::TenantId.eq("acme"))
                .filter(outcome::Column::AuditSeq.eq(seq))
                .exec(history.db.database().writer())
                .await?;
            Ok(())
        };
        let expected = format!("audit entry {seq} has lost its outcome");
        history.notices("a lost outcome", gone, &expected).await?;
    }
    history.end().await
}

async fn every_forged_decision_is_noticed(db: TestDatabase) -> Result<()> {
    use decision::Column as D;
    let history = History::write(db).await?;
    let changes: [(i64, D, Value); 4] = [
        (DENIED, D::Effect, "allow".into()),
        (DENIED, D::Reason, "permitted".into()),
        (GRANTED, D::IntentHash, vec![7u8; 32].into()),
        (GRANTED, D::DecisionId, Uuid::from_u128(7).into()),
    ];
    for (seq, column, value) in changes {
        let what = format!("{column:?} = {value:?}");
        let change = async {
            decision::Entity::update_many()
                .col_expr(column, Expr::value(value))
                .filter(D::TenantId.eq("acme"))
                .filter(D::AuditSeq.eq(seq))
                .exec(history.db.database().writer())
                .await?;
            Ok(())
        };
        let expected = format!("the decision of audit entry {seq} does not say");
        history.notices(&what, change, &expected).await?;
    }
    let stray = async {
        let writer = history.db.database().writer();
        let known = decision::Entity::find()
            .filter(D::TenantId.eq("acme"))
            .one(writer)
            .await?;
        let forged = decision::Model {
            decision_id: Uuid::from_u128(7),
            action: "tool_call".to_owned(),
            audit_seq: COMPLETED,
            ..known.context("there is one")?
        };
        let insert = decision::Entity::insert(forged.into_active_model());
        insert.exec_without_returning(writer).await?;
        Ok(())
    };
    let expected = "a decision claims audit entry 7";
    history
        .notices("a forged decision", stray, expected)
        .await?;
    history.end().await
}

async fn every_forged_outcome_is_noticed(db: TestDatabase) -> Result<()> {
    use outcome::Column as O;
    let history = History::write(db).await?;
    let changes: [(i64, O, Value, &str); 4] = [
        (
            COMPLETED,
            O::CostNanos,
            1i64.into(),
            "the outcome of audit entry 7 does not say",
        ),
        (
            COMPLETED,
            O::Result,
            "failed".into(),
            "the outcome of audit entry 7 does not say",
        ),
        (
            CALLED,
            O::CostNanos,
            1i64.into(),
            "the outcome of audit entry 6 does not say",
        ),
        (
            CALLED,
            O::DecisionId,
            Uuid::from_u128(7).into(),
            "the outcome of audit entry 6 does",
        ),
    ];
    for (seq, column, value, expected) in changes {
        let what = format!("{column:?} = {value:?}");
        let change = async {
            outcome::Entity::update_many()
                .col_expr(column, Expr::value(value))
                .filter(O::TenantId.eq("acme"))
                .filter(O::AuditSeq.eq(seq))
                .exec(history.db.database().writer())
                .await?;
            Ok(())
        };
        history.notices(&what, change, expected).await?;
    }
    let stray = async {
        let writer = history.db.database().writer();
        let known = outcome::Entity::find()
            .filter(O::TenantId.eq("acme"))
            .one(writer)
            .await?;
        let forged = outcome::Model {
            decision_id: Uuid::from_u128(7),
            audit_seq: 1000,
            ..known.context("there is one")?
        };
        let insert = outcome::Entity::insert(forged.into_active_model());
        insert.exec_without_returning(writer).await?;
        Ok(())
    };
    history
        .notices("a forged outcome", stray, "has no decision")
        .await?;
    history.end().await
}

async fn an_open_run_that_is_gone_is_noticed(db: TestDatabase) -> Result<()> {
    let history = History::write(db).await?;
    let gone = async {
        open_run::Entity::delete_many()
            .filter(open_run::Column::TenantId.eq("acme"))
            .exec(history.db.database().writer())
            .await?;
        Ok(())
    };
    history
        .notices("a lost run", gone, "is neither open nor ended")
        .await?;
    history.end().await
}

async fn a_changed_or_lost_trace_is_noticed(db: TestDatabase) -> Result<()> {
    use trace::Column as T;
    let history = History::write(db).await?;
    let writer = history.db.database().writer();
    let ended = audit_entry::Entity::find_by_id(("acme".to_owned(), COMPLETED))
        .one(writer)
        .await?
        .context("the entry of the end")?;
    let id = ended.trace_id.context("the trace of the run")?;
    let edit = async {
        trace::Entity::update_many()
            .col_expr(T::Document, Expr::value("{}"))
            .filter(T::TraceId.eq(id))
            .exec(writer)
            .await?;
        Ok(())
    };
    let expected = format!("trace {id} was changed after audit entry {COMPLETED}");
    history.notices("an edited trace", edit, &expected).await?;
    let loss = async {
        trace::Entity::delete_many()
            .filter(T::TraceId.eq(id))
            .exec(writer)
            .await?;
        Ok(())
    };
    let expected = format!("audit entry {COMPLETED} has lost its trace {id}");
    history.notices("a lost trace", loss, &expected).await?;
    history.end().await
}
