//! Pairs decisions and outcomes with each other, with the open runs, and with the entries that were written with them.

use std::collections::{HashMap, HashSet};

use clasper_core::{LoggedEntry, Sha256Digest};
use clasper_entity::{decision, open_run, outcome};
use clasper_evidence::PairRole;
use sea_orm::prelude::Uuid;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QuerySelect};

use crate::detail::Detail;

struct Decided {
    id: Uuid,
    intent: Vec<u8>,
    effect: String,
    reason: String,
}

struct Closed {
    decision: Uuid,
    result: String,
    cost: i64,
}

pub(crate) struct PairCheck {
    decisions: HashMap<i64, Decided>,
    outcomes: HashMap<i64, Closed>,
    /// Decisions to run an agent that have no outcome.
    running: HashSet<Uuid>,
    open_runs: HashSet<Uuid>,
    open_decisions: u64,
    faults: Vec<String>,
}

impl PairCheck {
    pub(crate) async fn load(snapshot: &DatabaseTransaction, tenant: &str) -> Result<Self, DbErr> {
        use decision::Column as D;
        use outcome::Column as O;
        type Row = (i64, Uuid, String, Vec<u8>, String, String);
        let decided: Vec<Row> = decision::Entity::find()
            .select_only()
            .columns([
                D::AuditSeq,
                D::DecisionId,
                D::Action,
                D::IntentHash,
                D::Effect,
                D::Reason,
            ])
            .filter(D::TenantId.eq(tenant))
            .into_tuple()
            .all(snapshot)
            .await?;
        let closed: Vec<(i64, Uuid, String, i64)> = outcome::Entity::find()
            .select_only()
            .columns([O::AuditSeq, O::DecisionId, O::Result, O::CostNanos])
            .filter(O::TenantId.eq(tenant))
            .into_tuple()
            .all(snapshot)
            .await?;
        let open_runs: Vec<Uuid> = open_run::Entity::find()
            .select_only()
            .column(open_run::Column::DecisionId)
            .filter(open_run::Column::TenantId.eq(tenant))
            .into_tuple()
            .all(snapshot)
            .await?;
        let mut check = Self {
            decisions: HashMap::new(),
            outcomes: HashMap::new(),
            running: HashSet::new(),
            open_runs: open_runs.into_iter().collect(),
            open_decisions: 0,
            faults: Vec::new(),
        };
        let ids: HashSet<Uuid> = decided.iter().map(|row| row.1).collect();
        let ended: HashSet<Uuid> = closed.iter().map(|row| row.1).collect();
        check.open_decisions = ids.difference(&ended).count() as u64;
        for stray in ended.difference(&ids) {
            check
                .faults
                .push(format!("outcome {stray} has no decision"));
        }
        for (seq, id, action, intent, effect, reason) in decided {
            if action == "agent_run" && !ended.contains(&id) {
                check.running.insert(id);
            }
            let decided = Decided {
                id,
                intent,
                effect,
                reason,
            };
            if check.decisions.insert(seq, decided).is_some() {
                check
                    .faults
                    .push(format!("audit entry {seq} is claimed by two decisions"));
            }
        }
        for (seq, decision, result, cost) in closed {
            let closed = Closed {
                decision,
                result,
                cost,
            };
            if check.outcomes.insert(seq, closed).is_some() {
                check
                    .faults
                    .push(format!("audit entry {seq} is claimed by two outcomes"));
            }
        }
        Ok(check)
    }

    pub(crate) const fn open_decisions(&self) -> u64 {
        self.open_decisions
    }

    pub(crate) fn compare(
        &mut self,
        entry: &LoggedEntry,
        detail: &Detail,
        faults: &mut Vec<String>,
    ) {
        let (seq, event) = (entry.seq, entry.entry.event);
        let role = PairRole::of(event, |name| detail.text(name));
        if role.decides() {
            match self.decisions.remove(&seq) {
                None => faults.push(format!("audit entry {seq} has lost its decision")),
                Some(decided) if !decided.fits(detail) => faults.push(format!(
                    "the decision of audit entry {seq} does not say what the entry says"
                )),
                Some(_) => {}
            }
        }
        if role.closes() {
            match self.outcomes.remove(&seq) {
                None => faults.push(format!("audit entry {seq} has lost its outcome")),
                Some(closed) if !closed.fits(detail) => faults.push(format!(
                    "the outcome of audit entry {seq} does not say what the entry says"
                )),
                Some(_) => {}
            }
        }
    }

    /// What no entry and no partner justifies.
    pub(crate) fn strays(&mut self, faults: &mut Vec<String>) {
        faults.append(&mut self.faults);
        let first = self.decisions.keys().min();
        faults
            .extend(first.map(|seq| format!("a decision claims audit entry {seq}, which is none")));
        let first = self.outcomes.keys().min();
        faults
            .extend(first.map(|seq| format!("an outcome claims audit entry {seq}, which is none")));
        for lost in self.running.difference(&self.open_runs) {
            faults.push(format!(
                "the run of decision {lost} is neither open nor ended"
            ));
        }
        for stray in self.open_runs.difference(&self.running) {
            faults.push(format!("a run is open, but its decision {stray} is not"));
        }
    }
}

impl Decided {
    /// Whether the row says what the entry says of it, as far as the entry says anything.
    fn fits(&self, detail: &Detail) -> bool {
        let same = |name: &str, text: &str| detail.text(name).is_none_or(|said| said == text);
        let intent = <[u8; 32]>::try_from(self.intent.as_slice())
            .map(|bytes| Sha256Digest::from_bytes(bytes).to_string());
        same("decision_id", &self.id.to_string())
            && same("effect", &self.effect)
            && same("reason", &self.reason)
            && intent.is_ok_and(|intent| same("intent_hash", &intent))
    }
}

impl Closed {
    fn fits(&self, detail: &Detail) -> bool {
        let same = |name: &str, text: &str| detail.text(name).is_none_or(|said| said == text);
        same("decision_id", &self.decision.to_string())
            && same("outcome", &self.result)
            && detail.amount("cost_usd").unwrap_or(0) == self.cost
    }
}
