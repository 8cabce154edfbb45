//! Reads: confined to the tenant, and complete page by page while others write.

use anyhow::Result;
use chrono::TimeDelta;
use clasper_core::{ChainHead, TenantScope, TraceId, WorkspaceId};
use clasper_evidence::{AuditFilter, AuditStore};
use clasper_runtime::run::{Charge, RunStore};
use clasper_testkit::{TestDatabase, both, usd};
use clasper_tracing::{TraceFilter, TraceStore};

both!(
    another_tenant_finds_nothing,
    traces_are_listed_completely_while_others_are_written,
    the_log_is_listed_completely_while_others_are_written,
    traces_are_filtered_by_workspace_role_and_time,
    an_offset_skips_the_newest,
    two_tenants_have_chains_of_their_own,
);

async fn settled(db: &TestDatabase, scope: &TenantScope) -> Result<TraceId> {
    let (run, _) = db.admit(scope, usd("0.01")).await?;
    let end = db.make.settlement(&run, Charge::Actual(usd("0.01")));
    db.store.settle_run(end).await?;
    Ok(run.trace)
}

fn first(limit: u32) -> TraceFilter {
    TraceFilter {
        limit,
        ..TraceFilter::default()
    }
}

async fn another_tenant_finds_nothing(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let globex = db.tenant("globex").await?;
    let trace = settled(&db, &acme).await?;
    assert!(db.store.find_trace(&acme, trace).await?.is_some());
    assert!(db.store.find_trace(&globex, trace).await?.is_none());
    assert!(
        db.store
            .list_traces(&globex, &first(100))
            .await?
            .items
            .is_empty()
    );
    let of_trace = AuditFilter {
        trace: Some(trace),
        limit: 100,
        ..AuditFilter::default()
    };
    assert_eq!(db.store.list_audit(&acme, &of_trace).await?.items.len(), 2);
    assert!(
        db.store
            .list_audit(&globex, &of_trace)
            .await?
            .items
            .is_empty()
    );
    let log = db.store.read_log(&globex, 0, 100).await?;
    assert!(
        log.iter()
            .all(|entry| entry.entry.tenant == *globex.tenant())
    );
    assert_eq!(log.len(), 1);
    Ok(())
}

async fn traces_are_listed_completely_while_others_are_written(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let mut expected = Vec::new();
    for n in 0..20 {
        // Five at a time begin at the same moment: the id has to break the tie.
        if n % 5 == 0 {
            db.make.clock.advance(TimeDelta::seconds(1));
        }
        expected.push(settled(&db, &acme).await?);
    }
    expected.reverse();
    let mut seen = Vec::new();
    let mut filter = first(7);
    loop {
        let page = db.store.list_traces(&acme, &filter).await?;
        assert!(page.items.len() <= 7);
        seen.extend(page.items.iter().map(|trace| trace.id));
        settled(&db, &acme).await?;
        filter.cursor = page.next;
        if filter.cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, expected);
    Ok(())
}

async fn the_log_is_listed_completely_while_others_are_written(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    for _ in 0..10 {
        settled(&db, &acme).await?;
    }
    let expected: Vec<i64> = (1..=21).rev().collect();
    let mut seen = Vec::new();
    let mut filter = AuditFilter {
        limit: 7,
        ..AuditFilter::default()
    };
    loop {
        let page = db.store.list_audit(&acme, &filter).await?;
        seen.extend(page.items.iter().map(|entry| entry.seq));
        settled(&db, &acme).await?;
        filter.cursor = page.next;
        if filter.cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, expected);
    Ok(())
}

async fn traces_are_filtered_by_workspace_role_and_time(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let early = db.make.now();
    settled(&db, &acme).await?;
    db.make.clock.advance(TimeDelta::hours(1));
    let late = db.make.now();
    settled(&db, &acme).await?;
    let count = async |filter: TraceFilter| -> Result<usize> {
        Ok(db.store.list_traces(&acme, &filter).await?.items.len())
    };
    assert_eq!(count(first(10)).await?, 2);
    let from = TraceFilter {
        started_from: Some(late),
        ..first(10)
    };
    assert_eq!(count(from).await?, 1);
    let to = TraceFilter {
        started_to: Some(early),
        ..first(10)
    };
    assert_eq!(count(to).await?, 1);
    let here = TraceFilter {
        workspace: Some(WorkspaceId::new("support")?),
        ..first(10)
    };
    assert_eq!(count(here).await?, 2);
    let elsewhere = TraceFilter {
        workspace: Some(WorkspaceId::new("sales")?),
        ..first(10)
    };
    assert_eq!(count(elsewhere).await?, 0);
    let role = TraceFilter {
        agent_role: Some("nobody".to_owned()),
        ..first(10)
    };
    assert_eq!(count(role).await?, 0);
    Ok(())
}

async fn an_offset_skips_the_newest(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let oldest = settled(&db, &acme).await?;
    settled(&db, &acme).await?;
    let filter = TraceFilter {
        offset: 1,
        ..first(10)
    };
    let page = db.store.list_traces(&acme, &filter).await?;
    assert_eq!(
        page.items.iter().map(|t| t.id).collect::<Vec<_>>(),
        [oldest]
    );
    let filter = AuditFilter {
        offset: 4,
        limit: 10,
        ..AuditFilter::default()
    };
    let page = db.store.list_audit(&acme, &filter).await?;
    assert_eq!(page.items.iter().map(|e| e.seq).collect::<Vec<_>>(), [1]);
    Ok(())
}

async fn two_tenants_have_chains_of_their_own(db: TestDatabase) -> Result<()> {
    let acme = db.tenant("acme").await?;
    let globex = db.tenant("globex").await?;
    settled(&db, &acme).await?;
    let before = db.store.head(&globex).await?;
    settled(&db, &acme).await?;
    assert_eq!(db.store.head(&globex).await?, before);
    for scope in [&acme, &globex] {
        let mut head = ChainHead::EMPTY;
        for entry in db.store.read_log(scope, 0, 100).await? {
            assert_eq!((entry.seq, entry.prev_hash), (head.seq + 1, head.hash));
            assert!(entry.is_intact());
            head = entry.head();
        }
        assert_eq!(db.store.head(scope).await?, head);
    }
    db.ensure_whole().await
}
