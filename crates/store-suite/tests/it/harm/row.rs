//! Harm to what the log describes: decisions, outcomes, movements of money, traces, the account, tiles, checkpoints, keys.

use anyhow::{Context, Result};
use clasper_core::LoggedEntry;
use clasper_db::Database;
use clasper_evidence::PairRole;
use clasper_governance::Effect;
use serde_json::Value;

use crate::harm::kind::{Dice, Harm, run};

/// How many kinds there are.
pub(super) const KINDS: usize = 14;

/// A name for something that does not exist.
const NOBODY: &str = "X'0190000000007000bfff000000000007'";

/// One of the entries that `is` chooses.
fn some<'a>(
    log: &'a [LoggedEntry],
    dice: &mut Dice,
    is: impl Fn(PairRole, &Value) -> bool,
) -> Result<&'a LoggedEntry> {
    let mut found = Vec::new();
    for entry in log {
        let detail: Value = serde_json::from_str(entry.entry.detail.as_str())?;
        let role = PairRole::of(entry.entry.event, |name| detail[name].as_str());
        if is(role, &detail) {
            found.push(entry);
        }
    }
    let place = dice.below(found.len());
    found.get(place).copied().context("there is such an entry")
}

fn moves(_: PairRole, detail: &Value) -> bool {
    detail["hold_usd"]
        .as_str()
        .is_some_and(|amount| amount != "0")
        && detail["effect"] != Effect::Deny.name()
}

/// Harms the rows of acme in the way of `kind`.
#[expect(clippy::too_many_lines, reason = "one arm for each kind of harm")]
pub(super) async fn harm(
    database: &Database,
    log: &[LoggedEntry],
    kind: usize,
    dice: &mut Dice,
) -> Result<Harm> {
    let acme = "tenant_id = 'acme'";
    let set = async |table: &str, change: &str, place: &str| {
        run(
            database,
            &format!("UPDATE {table} SET {change} WHERE {acme} AND {place}"),
        )
        .await
    };
    let drop = async |table: &str, place: &str| {
        run(
            database,
            &format!("DELETE FROM {table} WHERE {acme} AND {place}"),
        )
        .await
    };
    let seen = |kind, said: String, entry: Option<i64>| Harm {
        kind,
        said: Some(said),
        entry: entry.and_then(|seq| u64::try_from(seq).ok()),
        is_exported: entry.is_some(),
    };
    let decides = |role: PairRole, _: &Value| role.decides();
    let closes = |role: PairRole, _: &Value| role.closes();
    Ok(match kind {
        0 => {
            let seq = some(log, dice, decides)?.seq;
            let change = [
                "effect = 'require_approval'".to_owned(),
                "reason = 'because'".to_owned(),
                "action = 'something_else'".to_owned(),
                "inputs = '{}'".to_owned(),
                "inputs = inputs || ' '".to_owned(),
                "matched_policies = '[\"forged\"]'".to_owned(),
                "grant_limits = '{\"max_steps\":1000000}'".to_owned(),
                "decided_at = decided_at + 1".to_owned(),
                format!("grant_id = {NOBODY}"),
                format!("execution_id = {NOBODY}"),
                format!("intent_hash = {}", dice.hash()),
                format!("policy_bundle_hash = {}", dice.hash()),
            ];
            let change = &change[dice.below(change.len())];
            set("decisions", change, &format!("audit_seq = {seq}")).await?;
            let said = format!("the decision of audit entry {seq} does not say");
            seen("a column of a decision", said, Some(seq))
        }
        1 => {
            let seq = some(log, dice, decides)?.seq;
            drop("decisions", &format!("audit_seq = {seq}")).await?;
            let said = format!("audit entry {seq} has lost its decision");
            seen("a decision dropped", said, Some(seq))
        }
        2 => {
            let seq = some(log, dice, decides)?.seq;
            let sql = format!(
                "INSERT INTO decisions (decision_id, tenant_id, execution_id, action, intent_hash, effect, reason, matched_policies, policy_bundle_hash, inputs, grant_id, grant_limits, decided_at, audit_seq) \
                 SELECT {NOBODY}, tenant_id, execution_id, 'tool_call', intent_hash, effect, reason, matched_policies, policy_bundle_hash, inputs, grant_id, grant_limits, decided_at, 1 \
                 FROM decisions WHERE {acme} AND audit_seq = {seq}"
            );
            run(database, &sql).await?;
            let said = "a decision claims audit entry 1".to_owned();
            seen("a decision made up", said, None)
        }
        3 => {
            let seq = some(log, dice, closes)?.seq;
            let change = [
                "result = 'fine'".to_owned(),
                "cost_nanos = cost_nanos + 1".to_owned(),
                "occurred_at = occurred_at - 1".to_owned(),
                format!("decision_id = {NOBODY}"),
            ];
            let change = &change[dice.below(change.len())];
            set("outcomes", change, &format!("audit_seq = {seq}")).await?;
            let said = format!("the outcome of audit entry {seq} does not say");
            seen("a column of an outcome", said, None)
        }
        4 => {
            let seq = some(log, dice, closes)?.seq;
            drop("outcomes", &format!("audit_seq = {seq}")).await?;
            let said = format!("audit entry {seq} has lost its outcome");
            seen("an outcome dropped", said, None)
        }
        5 => {
            let seq = some(log, dice, moves)?.seq;
            let change = [
                "held_delta_nanos = held_delta_nanos + 1".to_owned(),
                "spent_delta_nanos = spent_delta_nanos - 1".to_owned(),
                "kind = 'carry'".to_owned(),
                "occurred_at = occurred_at + 1".to_owned(),
                format!("execution_id = {NOBODY}"),
            ];
            let change = &change[dice.below(change.len())];
            set("ledger_entries", change, &format!("audit_seq = {seq}")).await?;
            seen("a column of a movement", format!("ledger row {seq} "), None)
        }
        6 => {
            let seq = some(log, dice, moves)?.seq;
            drop("ledger_entries", &format!("audit_seq = {seq}")).await?;
            let said = format!("audit entry {seq} has no movement in the ledger");
            seen("a movement dropped", said, None)
        }
        7 => {
            let seq = some(log, dice, moves)?.seq;
            let beyond = log.len() + 1 + dice.below(1000);
            let change = format!("audit_seq = {beyond}");
            set("ledger_entries", &change, &format!("audit_seq = {seq}")).await?;
            let said = format!("audit entry {seq} has no movement in the ledger");
            seen("a movement displaced", said, None)
        }
        8 => {
            let ended = some(log, dice, |_, detail| detail["trace_hash"].is_string())?;
            let trace = ended.entry.trace.context("a trace")?;
            let id = trace.to_string().replace('-', "");
            let change = ["document = document || ' '", "document = '{}'"][dice.below(2)];
            set("traces", change, &format!("trace_id = X'{id}'")).await?;
            let said = format!("trace {trace} was changed after audit entry {}", ended.seq);
            seen("a trace", said, Some(ended.seq))
        }
        9 => {
            let ended = some(log, dice, |_, detail| detail["trace_hash"].is_string())?;
            let trace = ended.entry.trace.context("a trace")?;
            let id = trace.to_string().replace('-', "");
            drop("traces", &format!("trace_id = X'{id}'")).await?;
            let said = format!("audit entry {} has lost its trace", ended.seq);
            seen("a trace dropped", said, None)
        }
        10 => {
            let column = [
                "runs",
                "input_tokens",
                "output_tokens",
                "spent_nanos",
                "held_nanos",
                "budget_limit_nanos",
                "budget_spent_nanos",
                "budget_period_end",
                "budget_alert_basis_points",
            ][dice.below(9)];
            set("tenants", &format!("{column} = {column} + 1"), "1 = 1").await?;
            seen(
                "a column of the account",
                "the account says".to_owned(),
                None,
            )
        }
        11 => {
            let change = match dice.below(2) {
                0 => format!("hashes = {} || substr(hashes, 33)", dice.hash()),
                _ => "hashes = substr(hashes, 1, 32)".to_owned(),
            };
            set("log_tiles", &change, "level = 0").await?;
            let said = "does not fit the entries".to_owned();
            seen("a tile", said, None)
        }
        12 => {
            let change = match dice.below(3) {
                0 => format!("root_hash = {}", dice.hash()),
                1 => "note = replace(note, 'log.example', 'log.elsewhere')".to_owned(),
                _ => "note = note || 'x'".to_owned(),
            };
            let place = "size = (SELECT min(size) FROM log_checkpoints WHERE tenant_id = 'acme')";
            set("log_checkpoints", &change, place).await?;
            seen("a checkpoint", "checkpoint".to_owned(), None)
        }
        _ => {
            let newest = "size = (SELECT max(size) FROM log_checkpoints WHERE tenant_id = 'acme')";
            drop("log_checkpoints", newest).await?;
            let said = "the head of the signed log is not its newest checkpoint".to_owned();
            seen("the newest checkpoint dropped", said, None)
        }
    })
}
