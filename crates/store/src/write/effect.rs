//! Decisions about effects within a run, and what came of them.

use async_trait::async_trait;
use clasper_db::WriteTransaction;
use clasper_entity::outcome;
use clasper_governance::Effect;
use clasper_runtime::run::{EffectDecision, EffectOutcome, Recorded};
use sea_orm::DbErr;

use crate::row;
use crate::write::batch::Batch;
use crate::write::{Needs, WriteOp};

pub(crate) struct DecideEffect(pub(crate) EffectDecision);

#[async_trait]
impl WriteOp for DecideEffect {
    type Answer = Recorded;

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.0.scope.tenant());
        needs.open_run(self.0.execution);
    }

    async fn apply(&self, batch: &mut Batch, _: &WriteTransaction) -> Result<Recorded, DbErr> {
        let EffectDecision {
            scope,
            execution,
            decision,
            grant,
            entry,
        } = &self.0;
        let tenant = scope.tenant();
        let open = batch.open_runs.get(&execution.as_uuid());
        if open.is_none_or(|run| run.tenant_id != tenant.as_str()) {
            return Ok(Recorded::Closed);
        }
        let seq = batch.append(entry.clone())?;
        let row =
            row::decision_row(tenant, decision, grant.as_ref(), seq).map_err(row::unspeakable)?;
        batch.decisions.push(row);
        if decision.effect != Effect::Allow {
            batch.outcomes.push(outcome::Model {
                decision_id: decision.id.as_uuid(),
                tenant_id: tenant.as_str().to_owned(),
                result: "denied".to_owned(),
                reason: Some(decision.reason.code().to_owned()),
                cost_nanos: 0,
                occurred_at: decision.decided_at.timestamp_micros(),
                audit_seq: seq,
            });
        }
        Ok(Recorded::Recorded)
    }
}

pub(crate) struct RecordEffect(pub(crate) EffectOutcome);

#[async_trait]
impl WriteOp for RecordEffect {
    type Answer = ();

    fn needs(&self, needs: &mut Needs) {
        needs.tenant(self.0.scope.tenant());
    }

    async fn apply(&self, batch: &mut Batch, _: &WriteTransaction) -> Result<(), DbErr> {
        let EffectOutcome {
            scope,
            decision,
            success,
            entry,
            now,
        } = &self.0;
        let seq = batch.append(entry.clone())?;
        batch.outcomes.push(outcome::Model {
            decision_id: decision.as_uuid(),
            tenant_id: scope.tenant().as_str().to_owned(),
            result: if *success { "succeeded" } else { "failed" }.to_owned(),
            reason: None,
            cost_nanos: 0,
            occurred_at: now.timestamp_micros(),
            audit_seq: seq,
        });
        Ok(())
    }
}
