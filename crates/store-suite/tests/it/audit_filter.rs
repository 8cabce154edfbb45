//! Finding entries: by who, what, risk, words and time, the same on both databases.

use anyhow::Result;
use chrono::TimeDelta;
use clasper_core::{AuditEvent, TenantScope, canonical_json};
use clasper_evidence::{AuditFilter, AuditStore};
use clasper_identity::IdentityStore;
use clasper_testkit::{TestDatabase, both};
use serde_json::{Value, json};

both!(
    entries_are_found_by_what_they_say,
    letters_that_mean_something_to_a_database_are_only_letters,
);

/// Writes an entry that says what it is told to.
async fn write(
    db: &TestDatabase,
    scope: &TenantScope,
    actor: &str,
    target: &str,
    detail: &Value,
) -> Result<()> {
    let mut entry = db.make.entry(scope, AuditEvent::ApiKeyCreated, detail);
    entry.actor = actor.to_owned();
    entry.target = Some(target.to_owned());
    entry.detail = canonical_json(detail)?;
    let key = db
        .make
        .api_key(scope, &format!("{}{actor}{target}", scope.tenant()));
    db.store.create_api_key(scope, key, entry).await?;
    db.make.clock.advance(TimeDelta::seconds(1));
    Ok(())
}

/// The places of the entries found after the first, which creates the tenant; newest first.
async fn found(db: &TestDatabase, scope: &TenantScope, filter: AuditFilter) -> Result<Vec<i64>> {
    let filter = AuditFilter {
        limit: 100,
        ..filter
    };
    let page = db.store.list_audit(scope, &filter).await?;
    let places = page.items.into_iter().map(|entry| entry.seq);
    Ok(places.filter(|seq| *seq > 1).collect())
}

fn text(text: &str) -> AuditFilter {
    AuditFilter {
        text: Some(text.to_owned()),
        ..AuditFilter::default()
    }
}

async fn entries_are_found_by_what_they_say(db: TestDatabase) -> Result<()> {
    let (acme, globex) = (db.tenant("acme").await?, db.tenant("globex").await?);
    let start = db.make.now();
    let high = json!({"risk_level": "high", "tool": "Web_Fetch"});
    let told = json!({"said": "\"risk_level\":\"high\"", "risk_level": "low"});
    write(&db, &acme, "user:ann", "decision:1", &high).await?;
    write(&db, &acme, "user:bob", "decision:2", &told).await?;
    write(
        &db,
        &acme,
        "user:ann",
        "budget:acme",
        &json!({"note": "Größe"}),
    )
    .await?;
    write(&db, &globex, "user:ann", "decision:1", &high).await?;
    let actor = |name: &str| AuditFilter {
        actor: Some(name.to_owned()),
        ..AuditFilter::default()
    };
    let target = |name: &str| AuditFilter {
        target: Some(name.to_owned()),
        ..AuditFilter::default()
    };
    let risk = |level: &str| AuditFilter {
        risk_level: Some(level.to_owned()),
        ..AuditFilter::default()
    };
    let later = AuditFilter {
        from: Some(start + TimeDelta::milliseconds(1)),
        to: Some(start + TimeDelta::seconds(1)),
        ..AuditFilter::default()
    };
    let both = AuditFilter {
        actor: Some("user:ann".to_owned()),
        ..target("decision:")
    };
    for (filter, expected) in [
        (actor("user:ann"), vec![4, 2]),
        (actor("user:"), vec![]),
        (target("decision:1"), vec![2]),
        (target("decision:"), vec![3, 2]),
        (target("decision"), vec![]),
        (risk("high"), vec![2]),
        (risk("low"), vec![3]),
        (text("web_fetch"), vec![2]),
        (text("BOB"), vec![3]),
        (text("Größe"), vec![4]),
        (text("nothing of it"), vec![]),
        (later, vec![3]),
        (both, vec![2]),
    ] {
        let shown = format!("{filter:?}");
        assert_eq!(found(&db, &acme, filter).await?, expected, "{shown}");
    }
    Ok(())
}

async fn letters_that_mean_something_to_a_database_are_only_letters(
    db: TestDatabase,
) -> Result<()> {
    let acme = db.tenant("acme").await?;
    for (n, note) in ["100%", "1000", "a_b", "axb", "c\\d", "it's"]
        .into_iter()
        .enumerate()
    {
        write(
            &db,
            &acme,
            "user:ann",
            &format!("note:{n}"),
            &json!({"note": note}),
        )
        .await?;
    }
    for (searched, expected) in [
        ("100%", vec![2]),
        ("a_b", vec![4]),
        ("it's", vec![7]),
        ("%", vec![2]),
    ] {
        assert_eq!(
            found(&db, &acme, text(searched)).await?,
            expected,
            "{searched}"
        );
    }
    let all = AuditFilter {
        target: Some("n_te:".to_owned()),
        ..AuditFilter::default()
    };
    assert_eq!(found(&db, &acme, all).await?, Vec::<i64>::new());
    Ok(())
}
