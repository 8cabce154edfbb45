//! Pairs decisions and outcomes with each other, with the open runs, and with the entries that were written with them.

use std::collections::{HashMap, HashSet};

use clasper_core::{AuditEvent, LoggedEntry, Sha256Digest};
use clasper_entity::{decision, open_run, outcome};
use clasper_evidence::PairRole;
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{
    DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};

use crate::beside::{Places, any_beyond, first};
use crate::detail::Detail;
use clasper_store::rows;

/// Rows of the database read at a time, where they are read on their own.
const PAGE: u64 = 1000;
/// Records of one kind without their partner that are named.
const MOST_NAMED: u64 = 10;

struct Closed {
    decision: Uuid,
    result: String,
    cost: i64,
    at: i64,
}

/// Compares the records of one stretch of the log after the other; memory grows with the runs that are open, and with nothing else.
pub(crate) struct PairCheck {
    /// Those of the stretch, by place.
    decisions: HashMap<i64, decision::Model>,
    outcomes: HashMap<i64, Closed>,
    open_decisions: u64,
    /// What disagrees without the log.
    faults: Vec<String>,
}

fn decisions(tenant: &str) -> Select<decision::Entity> {
    decision::Entity::find()
        .filter(Expr::col((decision::Entity, decision::Column::TenantId)).eq(tenant))
}

fn outcomes(tenant: &str) -> Select<outcome::Entity> {
    outcome::Entity::find()
        .filter(Expr::col((outcome::Entity, outcome::Column::TenantId)).eq(tenant))
}

/// The partner of the same tenant, for `EXISTS`.
fn partner(of: SelectStatement) -> Expr {
    use decision::Column as D;
    use outcome::Column as O;
    let mut of = of;
    of.expr(Expr::val(1))
        .and_where(
            Expr::col((outcome::Entity, O::DecisionId)).equals((decision::Entity, D::DecisionId)),
        )
        .and_where(
            Expr::col((outcome::Entity, O::TenantId)).equals((decision::Entity, D::TenantId)),
        );
    Expr::exists(of)
}

impl PairCheck {
    pub(crate) async fn load(snapshot: &DatabaseTransaction, tenant: &str) -> Result<Self, DbErr> {
        let mut check = Self {
            decisions: HashMap::new(),
            outcomes: HashMap::new(),
            open_decisions: 0,
            faults: Vec::new(),
        };
        check.unasked(snapshot, tenant).await?;
        check.unanswered(snapshot, tenant).await?;
        Ok(check)
    }

    /// Outcomes without a decision.
    async fn unasked(&mut self, snapshot: &DatabaseTransaction, tenant: &str) -> Result<(), DbErr> {
        let decision = Query::select().from(decision::Entity).take();
        let strays: Vec<Uuid> = outcomes(tenant)
            .filter(partner(decision).not())
            .select_only()
            .column(outcome::Column::DecisionId)
            .order_by_asc(outcome::Column::AuditSeq)
            .limit(MOST_NAMED)
            .into_tuple()
            .all(snapshot)
            .await?;
        let strays = strays.into_iter();
        let strays = strays.map(|stray| format!("outcome {stray} has no decision"));
        self.faults.extend(strays);
        Ok(())
    }

    /// Decisions without an outcome: each one to run an agent has its open run, and each open run has such a one.
    async fn unanswered(
        &mut self,
        snapshot: &DatabaseTransaction,
        tenant: &str,
    ) -> Result<(), DbErr> {
        use decision::Column as D;
        let open_runs: Vec<Uuid> = open_run::Entity::find()
            .select_only()
            .column(open_run::Column::DecisionId)
            .filter(Expr::col(open_run::Column::TenantId).eq(tenant))
            .into_tuple()
            .all(snapshot)
            .await?;
        let mut open_runs: HashSet<Uuid> = open_runs.into_iter().collect();
        let mut after: Option<(i64, Uuid)> = None;
        loop {
            let outcome = Query::select().from(outcome::Entity).take();
            let mut query = decisions(tenant).filter(partner(outcome).not());
            if let Some((seq, id)) = after {
                let place = || Expr::col((decision::Entity, D::AuditSeq));
                let further = Expr::col((decision::Entity, D::DecisionId)).gt(id);
                query = query
                    .filter(place().gte(seq))
                    .filter(place().gt(seq).or(further));
            }
            let page: Vec<(i64, Uuid, String)> = query
                .select_only()
                .columns([D::AuditSeq, D::DecisionId, D::Action])
                .order_by_asc(D::AuditSeq)
                .order_by_asc(D::DecisionId)
                .limit(PAGE)
                .into_tuple()
                .all(snapshot)
                .await?;
            let Some((seq, id, _)) = page.last() else {
                break;
            };
            after = Some((*seq, *id));
            self.open_decisions += page.len() as u64;
            for (_, id, action) in &page {
                if action == "agent_run" && !open_runs.remove(id) {
                    self.name(format!(
                        "the run of decision {id} is neither open nor ended"
                    ));
                }
            }
        }
        for stray in open_runs {
            self.name(format!("a run is open, but its decision {stray} is not"));
        }
        Ok(())
    }

    fn name(&mut self, fault: String) {
        if (self.faults.len() as u64) < 4 * MOST_NAMED {
            self.faults.push(fault);
        }
    }

    pub(crate) const fn open_decisions(&self) -> u64 {
        self.open_decisions
    }

    /// Reads the records of a stretch of the log.
    pub(crate) async fn read(
        &mut self,
        snapshot: &DatabaseTransaction,
        tenant: &str,
        places: &Places,
        faults: &mut Vec<String>,
    ) -> Result<(), DbErr> {
        use decision::Column as D;
        use outcome::Column as O;
        let rows = places.rows(decisions(tenant), D::AuditSeq);
        for row in rows.all(snapshot).await? {
            let seq = row.audit_seq;
            if self.decisions.insert(seq, row).is_some() {
                faults.push(format!("audit entry {seq} is claimed by two decisions"));
            }
        }
        let rows = places.rows(outcomes(tenant), O::AuditSeq);
        let columns = [
            O::AuditSeq,
            O::DecisionId,
            O::Result,
            O::CostNanos,
            O::OccurredAt,
        ];
        let rows = rows.select_only().columns(columns).into_tuple();
        let rows: Vec<(i64, Uuid, String, i64, i64)> = rows.all(snapshot).await?;
        for (seq, decision, result, cost, at) in rows {
            let closed = Closed {
                decision,
                result,
                cost,
                at,
            };
            if self.outcomes.insert(seq, closed).is_some() {
                faults.push(format!("audit entry {seq} is claimed by two outcomes"));
            }
        }
        Ok(())
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
                Some(decided) if !decision_fits(&decided, detail) => faults.push(format!(
                    "the decision of audit entry {seq} does not say what the entry says"
                )),
                Some(_) => {}
            }
        }
        if role.closes() {
            match self.outcomes.remove(&seq) {
                None => faults.push(format!("audit entry {seq} has lost its outcome")),
                Some(closed) if !closed.fits(entry, detail) => faults.push(format!(
                    "the outcome of audit entry {seq} does not say what the entry says"
                )),
                Some(_) => {}
            }
        }
    }

    /// What is left of the stretch is justified by no entry.
    pub(crate) fn leave(&mut self, faults: &mut Vec<String>) {
        faults.extend(first(&self.decisions).map(stray_decision));
        faults.extend(first(&self.outcomes).map(stray_outcome));
        self.decisions.clear();
        self.outcomes.clear();
    }

    /// What is behind the log's end, and what disagrees without the log.
    pub(crate) async fn finish(
        &mut self,
        snapshot: &DatabaseTransaction,
        tenant: &str,
        end: i64,
        faults: &mut Vec<String>,
    ) -> Result<(), DbErr> {
        faults.append(&mut self.faults);
        let (of_decisions, of_outcomes) = (decision::Column::AuditSeq, outcome::Column::AuditSeq);
        let stray = any_beyond(snapshot, decisions(tenant), of_decisions, end).await?;
        faults.extend(stray.map(stray_decision));
        let stray = any_beyond(snapshot, outcomes(tenant), of_outcomes, end).await?;
        faults.extend(stray.map(stray_outcome));
        Ok(())
    }
}

fn stray_decision(seq: i64) -> String {
    format!("a decision claims audit entry {seq}, which is none")
}

fn stray_outcome(seq: i64) -> String {
    format!("an outcome claims audit entry {seq}, which is none")
}

/// Whether the row says what the entry says of it, as far as the entry says anything: entries of early versions do not hash the whole.
fn decision_fits(row: &decision::Model, detail: &Detail) -> bool {
    let same = |name: &str, text: &str| detail.text(name).is_none_or(|said| said == text);
    let Ok(record) = rows::decision_record(row) else {
        return false;
    };
    let intent = <[u8; 32]>::try_from(row.intent_hash.as_slice()).map(Sha256Digest::from_bytes);
    same("decision_id", &row.decision_id.to_string())
        && same("effect", &row.effect)
        && same("reason", &row.reason)
        && intent.is_ok_and(|intent| same("intent_hash", &intent.to_string()))
        && same(
            "decision_hash",
            &Sha256Digest::of(record.as_bytes()).to_string(),
        )
}

impl Closed {
    fn fits(&self, entry: &LoggedEntry, detail: &Detail) -> bool {
        let same = |name: &str, text: &str| detail.text(name).is_none_or(|said| said == text);
        same("decision_id", &self.decision.to_string())
            && same("outcome", &self.result)
            && expected(entry.entry.event).is_none_or(|expected| expected == self.result)
            && detail.amount("cost_usd").unwrap_or(0) == self.cost
            && entry.entry.occurred_at.timestamp_micros() == self.at
    }
}

/// The outcome that the type of an entry says by itself.
const fn expected(event: AuditEvent) -> Option<&'static str> {
    match event {
        AuditEvent::ToolCallSucceeded => Some("succeeded"),
        AuditEvent::ToolCallFailed => Some("failed"),
        AuditEvent::AgentExecutionDenied
        | AuditEvent::ToolAuthorizationDenied
        | AuditEvent::ExecutionDenied => Some("denied"),
        _ => None,
    }
}
