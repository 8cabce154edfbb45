//! Exports: made from one snapshot, of the whole log or a part, by one maker at a time, and removed in their time.

pub(crate) mod bench;

use std::io::Write as _;

use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use clasper_core::{Clock, ExportId, SystemIds, WorkspaceId};
use clasper_evidence::{AuditFilter, AuditStore as _, MemoryBundle, TlogProof};
use clasper_exports::{
    Archives as _, Error, ExportJobs as _, ExportScope, ExportSource as _, ExportState,
    ExportStore as _, Failure, Progress,
};
use clasper_runtime::run::{Charge, RunStore as _};
use clasper_store::Snapshots;
use clasper_testkit::{TestDatabase, both, usd};
use sea_orm::ConnectionTrait as _;

use crate::evidence::{caller, grow};
use crate::exports::bench::Bench;
use crate::support::spend;

both!(
    a_bundle_holds_everything_that_was_acknowledged_before_it_was_asked_for,
    a_workspace_or_a_trace_is_shown_and_the_rest_withheld_and_proven,
    a_stretch_of_time_is_proven_against_the_whole_log,
    a_job_whose_maker_died_is_made_by_another_and_given_up_after_three,
    what_is_called_off_while_it_is_made_is_thrown_away,
    an_archive_is_removed_when_its_time_is_over,
    a_log_that_was_changed_is_not_passed_off_as_signed,
    what_is_written_while_it_is_made_is_not_in_it,
);

async fn a_bundle_holds_everything_that_was_acknowledged_before_it_was_asked_for(
    db: TestDatabase,
) -> Result<()> {
    let bench = Bench::over(db).await?;
    for _ in 0..40 {
        spend(&bench.db, &bench.acme, usd("0.1")).await?;
    }
    let open = bench.db.admit(&bench.acme, usd("0.2")).await?.0;
    let other = bench.db.tenant_with_budget("globex", usd("1")).await?;
    spend(&bench.db, &other, usd("0.1")).await?;
    let (export, report) = bench.make(ExportScope::default()).await?;
    // Tenant, budget, 40 runs, an open one, and the request itself.
    assert_eq!(export.audit_seq, 2 + 80 + 1 + 1);
    assert_eq!((report.entries, report.withheld), (export.audit_seq, 0));
    assert_eq!((report.traces, report.decisions), (40, 41));
    assert_eq!(report.proofs, report.entries);
    let pairs = report.completeness.context("walked")?;
    assert_eq!((pairs.paired, pairs.open_count), (40, 1));
    assert_eq!(pairs.open[0].decision, open.decision.to_string());
    let bundle = bench.shelf.bundle(export.id);
    let proof = &bundle.0["proofs/7.tlog-proof"];
    let proof = TlogProof::parse(std::str::from_utf8(proof)?)?;
    assert_eq!(proof.index, 6);
    let (again, report) = bench.make(ExportScope::default()).await?;
    assert_eq!(report.entries, again.audit_seq);
    ensure!(
        again.audit_seq > export.audit_seq + 1,
        "making is an entry too"
    );
    Ok(())
}

async fn a_workspace_or_a_trace_is_shown_and_the_rest_withheld_and_proven(
    db: TestDatabase,
) -> Result<()> {
    let bench = Bench::over(db).await?;
    grow(&bench.db, &bench.acme, 300).await?;
    let (run, _) = bench.db.admit(&bench.acme, usd("0.05")).await?;
    for _ in 0..3 {
        spend(&bench.db, &bench.acme, usd("0.01")).await?;
    }
    let end = bench.db.make.settlement(&run, Charge::Actual(usd("0.05")));
    bench.db.store.settle_run(end).await?;
    grow(&bench.db, &bench.acme, 5).await?;
    let trace = ExportScope {
        trace: Some(run.trace),
        ..ExportScope::default()
    };
    let (_, report) = bench.make(trace).await?;
    assert_eq!((report.entries, report.withheld), (2, 6));
    assert_eq!((report.traces, report.decisions, report.proofs), (1, 1, 2));
    let workspace = ExportScope {
        workspace: Some(run.workspace.clone()),
        ..ExportScope::default()
    };
    let (export, report) = bench.make(workspace).await?;
    assert_eq!((report.entries, report.withheld), (8, 0));
    let text = bench.shelf.bundle(export.id).0["audit/entries.jsonl"].clone();
    ensure!(
        !String::from_utf8(text)?.contains("budget_changed"),
        "others' entries"
    );
    let nobodys = ExportScope {
        workspace: Some(WorkspaceId::new("nobodys")?),
        ..ExportScope::default()
    };
    let export = bench.request(nobodys).await?;
    bench.worker(true)?.work().await?;
    let state = bench.state(&export).await?;
    ensure!(
        matches!(
            state,
            ExportState::Failed {
                failure: Failure::NothingSelected,
                ..
            }
        ),
        "{state:?}"
    );
    assert_eq!(bench.shelf.bundle(export.id), MemoryBundle::default());
    bench.db.ensure_whole().await
}

async fn a_stretch_of_time_is_proven_against_the_whole_log(db: TestDatabase) -> Result<()> {
    let bench = Bench::over(db).await?;
    grow(&bench.db, &bench.acme, 260).await?;
    let noon = bench.db.make.now();
    bench.db.make.clock.advance(TimeDelta::hours(1));
    spend(&bench.db, &bench.acme, usd("0.1")).await?;
    let later = bench.db.make.now();
    bench.db.make.clock.advance(TimeDelta::hours(1));
    grow(&bench.db, &bench.acme, 40).await?;
    let hour = ExportScope {
        from: Some(noon + TimeDelta::minutes(1)),
        to: Some(later),
        ..ExportScope::default()
    };
    let (_, report) = bench.make(hour).await?;
    assert_eq!((report.entries, report.withheld), (2, 0));
    assert_eq!(report.log_size, Some(2 + 260 + 2 + 40 + 1));
    let open_end = ExportScope {
        from: Some(later),
        ..ExportScope::default()
    };
    let (_, report) = bench.make(open_end).await?;
    ensure!(report.entries >= 42, "{report}");
    let backwards = ExportScope {
        from: Some(later),
        to: Some(noon),
        ..ExportScope::default()
    };
    let refused = bench.exports.request(&bench.caller(), backwards).await;
    ensure!(matches!(refused, Err(Error::Dates)), "{refused:?}");
    Ok(())
}

async fn a_job_whose_maker_died_is_made_by_another_and_given_up_after_three(
    db: TestDatabase,
) -> Result<()> {
    let bench = Bench::over(db).await?;
    let export = bench.request(ExportScope::default()).await?;
    let (first, second) = (bench.worker(false)?, bench.worker(false)?);
    let lost = bench.taken(&first).await?;
    ensure!(second.take().await?.is_none(), "a job has two makers");
    // What the dead maker left would be in the way.
    bench
        .shelf
        .create(export.id, "checkpoint")?
        .write_all(b"half")?;
    bench.clock.advance(TimeDelta::seconds(61));
    let job = bench.taken(&second).await?;
    assert_eq!((job.export.id, job.attempt), (export.id, 2));
    let store = &bench.db.store;
    let until = bench.clock.now() + TimeDelta::seconds(60);
    let told = store
        .report_export(&lost, Progress::default(), until)
        .await?;
    ensure!(!told, "a maker that lost its job reports on it");
    second.make(&job).await?;
    ensure!(bench.verify(&export)?.holds(), "{}", bench.verify(&export)?);
    // One that was thought dead comes back: what the other made stays.
    first.make(&lost).await?;
    let state = bench.state(&export).await?;
    ensure!(matches!(state, ExportState::Ready { .. }), "{state:?}");
    // On a database of one process, whoever held a job before is dead.
    let export = bench.request(ExportScope::default()).await?;
    for _ in 0..3 {
        bench.taken(&bench.worker(true)?).await?;
    }
    bench.worker(true)?.work().await?;
    let state = bench.state(&export).await?;
    ensure!(
        matches!(
            state,
            ExportState::Failed {
                failure: Failure::Interrupted,
                ..
            }
        ),
        "{state:?}"
    );
    bench.db.ensure_whole().await
}

async fn what_is_called_off_while_it_is_made_is_thrown_away(db: TestDatabase) -> Result<()> {
    let bench = Bench::over(db).await?;
    let export = bench.request(ExportScope::default()).await?;
    let worker = bench.worker(true)?;
    let job = bench.taken(&worker).await?;
    bench.exports.cancel(&bench.caller(), export.id).await?;
    worker.make(&job).await?;
    assert_eq!(bench.shelf.bundle(export.id), MemoryBundle::default());
    let state = bench.state(&export).await?;
    ensure!(matches!(state, ExportState::Cancelled { .. }), "{state:?}");
    let waiting = bench.request(ExportScope::default()).await?;
    bench.exports.cancel(&bench.caller(), waiting.id).await?;
    ensure!(
        worker.take().await?.is_none(),
        "what was called off is made"
    );
    let again = bench.exports.cancel(&bench.caller(), waiting.id).await;
    ensure!(matches!(again, Err(Error::Over("cancelled"))), "{again:?}");
    let other = caller(&bench.db.tenant("globex").await?);
    let theirs = bench.exports.cancel(&other, export.id).await;
    ensure!(matches!(theirs, Err(Error::NotFound)), "{theirs:?}");
    bench.db.ensure_whole().await
}

async fn an_archive_is_removed_when_its_time_is_over(db: TestDatabase) -> Result<()> {
    let bench = Bench::over(db).await?;
    let (export, _) = bench.make(ExportScope::default()).await?;
    let worker = bench.worker(true)?;
    let stray = ExportId::generate(&SystemIds);
    bench.shelf.create(stray, "checkpoint")?;
    worker.sweep().await?;
    assert_eq!(bench.shelf.list().await?, [export.id]);
    bench.exports.download(&bench.caller(), export.id).await?;
    bench.clock.advance(TimeDelta::hours(24));
    let late = bench.exports.download(&bench.caller(), export.id).await;
    ensure!(matches!(late, Err(Error::Gone("expired"))), "{late:?}");
    worker.sweep().await?;
    assert_eq!(bench.shelf.list().await?, []);
    let state = bench.state(&export).await?;
    ensure!(matches!(state, ExportState::Expired { .. }), "{state:?}");
    bench.clock.advance(TimeDelta::days(31));
    worker.sweep().await?;
    let store = &bench.db.store;
    let found = store.find_export(&bench.acme, export.id).await?;
    ensure!(found.is_none(), "{found:?}");
    let events = AuditFilter {
        target: Some(format!("export:{}", export.id)),
        limit: 10,
        ..AuditFilter::default()
    };
    let log = store.list_audit(&bench.acme, &events).await?;
    let told: Vec<&str> = log.items.iter().map(|e| e.entry.event.name()).collect();
    assert_eq!(
        told,
        [
            "export_expired",
            "export_downloaded",
            "export_completed",
            "export_requested"
        ]
    );
    bench.db.ensure_whole().await
}

async fn a_log_that_was_changed_is_not_passed_off_as_signed(db: TestDatabase) -> Result<()> {
    let bench = Bench::over(db).await?;
    grow(&bench.db, &bench.acme, 20).await?;
    let export = bench.request(ExportScope::default()).await?;
    let sql = "DELETE FROM audit_entries WHERE tenant_id = 'acme' AND seq = 9";
    let writer = bench.db.database().writer();
    writer.execute_unprepared(sql).await?;
    bench.worker(true)?.work().await?;
    let state = bench.state(&export).await?;
    ensure!(
        matches!(
            state,
            ExportState::Failed {
                failure: Failure::LogDamaged,
                ..
            }
        ),
        "{state:?}"
    );
    assert_eq!(bench.shelf.bundle(export.id), MemoryBundle::default());
    Ok(())
}

async fn what_is_written_while_it_is_made_is_not_in_it(db: TestDatabase) -> Result<()> {
    let bench = Bench::over(db).await?;
    grow(&bench.db, &bench.acme, 3).await?;
    bench.signer.sign_all().await?;
    let source = Snapshots::of(bench.db.database().clone());
    let view = source.open(&bench.acme).await?;
    let before = view.checkpoint().await?.context("signed")?;
    grow(&bench.db, &bench.acme, 3).await?;
    bench.signer.sign_all().await?;
    assert_eq!(view.checkpoint().await?, Some(before.clone()));
    assert_eq!(view.entries(0, 100).await?.len() as u64, before.size);
    let now = source.open(&bench.acme).await?;
    let newest = now.checkpoint().await?.context("signed")?;
    assert_eq!(newest.size, before.size + 3);
    Ok(())
}
